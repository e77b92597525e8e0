"""Two tables of records as columns of text, and which column of one speaks of the same as which of the other."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from siloscope.analysis.similar import vectors

Column = list[str]
_EMPTY = frozenset({"", "nan", "none", "null", "n/a", "na", "<na>", "nat", "-", "?"})
_GAP = re.compile(r"[\W_]+")
_ALIKE = 0.2  # columns of other names whose texts are less alike speak of different things
_SAMPLE = 2000


@dataclass(frozen=True, slots=True)
class Tables:
    """What is compared: `rows` (left, right), all columns of each side, and the pairs of columns that correspond."""

    rows: tuple[int, int]
    left: Mapping[str, Column]
    right: Mapping[str, Column]
    aligned: tuple[tuple[str, str], ...]

    def records(self) -> tuple[Column, Column]:
        """Each record as one text, its columns in their order."""
        return _joined(self.left, self.rows[0]), _joined(self.right, self.rows[1])


def tables(left: Any, right: Any) -> Tables:
    """Two tables, each a list of mappings or a mapping of columns; raises `ValueError` for anything else."""
    one, other = _columns(left, "left"), _columns(right, "right")
    rows = _length(one), _length(other)
    one, other = ({key: each for key, each in side.items() if _telling(each)} for side in (one, other))
    return Tables(rows, one, other, _aligned(one, other))


def folded(text: str) -> str:
    """Letters and digits in lower case, one blank between runs of them."""
    return _GAP.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def numbers(column: Sequence[str]) -> np.ndarray:
    """The numbers in a column, currency signs and thousands separators aside; NaN where there is none."""
    return np.array([_number(each) for each in column], dtype=np.float64)


def _number(text: str) -> float:
    try:
        value = float(text.strip(" $€£¥%").replace(",", ""))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _columns(table: Any, side: str) -> dict[str, Column]:
    if hasattr(table, "keys") and hasattr(table, "__getitem__"):  # a mapping of columns, or a data frame
        found = {str(key): [_text(each) for each in table[key]] for key in table.keys()}  # noqa: SIM118
        if len({len(each) for each in found.values()}) > 1:
            raise ValueError(f"{side}: columns of different lengths")
        return found
    if isinstance(table, str | bytes) or not isinstance(table, Iterable):
        raise ValueError(f"{side}: a list of records or a mapping of columns, not {type(table).__name__}")  # noqa: TRY004
    records = list(table)
    if any(not isinstance(each, Mapping) for each in records):
        raise ValueError(f"{side}: every record must be a mapping of column to value")
    keys = list(dict.fromkeys(key for each in records for key in each))
    return {str(key): [_text(each.get(key)) for each in records] for key in keys} or {"": [""] * len(records)}


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, list | tuple):
        value = " ".join(str(each) for each in value)
    text = str(value).strip()
    return "" if text.casefold() in _EMPTY else text


def _length(columns: Mapping[str, Column]) -> int:
    return len(next(iter(columns.values()), []))


def _telling(column: Column) -> bool:
    """Not empty, and no counter: numbers 1, 2, 3 ... tell rows of one table apart and say nothing across tables."""
    kept = [each for each in column if each]
    if not kept:
        return False
    if len(set(kept)) < len(kept) or not all(each.isascii() and each.isdigit() for each in kept):
        return True
    values = [int(each) for each in kept]
    return len(kept) < 10 or max(values) - min(values) >= 3 * len(values)


def _aligned(left: Mapping[str, Column], right: Mapping[str, Column]) -> tuple[tuple[str, str], ...]:
    """Columns of one name correspond; of the others, those whose texts are most alike."""
    names = {folded(key) or key: key for key in right}
    pairs = [(key, names[folded(key) or key]) for key in left if (folded(key) or key) in names]
    rest = [key for key in left if key not in {a for a, _ in pairs}]
    others = [key for key in right if key not in {b for _, b in pairs}]
    if rest and others:
        from scipy.optimize import linear_sum_assignment

        alike = _profiles([left[key] for key in rest], [right[key] for key in others])
        pairs += [
            (rest[a], others[b]) for a, b in zip(*linear_sum_assignment(-alike), strict=True) if alike[a, b] >= _ALIKE
        ]
    order = {key: at for at, key in enumerate(left)}
    return tuple(sorted(pairs, key=lambda pair: order[pair[0]]))


def _profiles(left: Sequence[Column], right: Sequence[Column]) -> np.ndarray:
    """Cosines of the n-gram profiles of columns, shape (left, right)."""
    samples = [[folded(each) for each in column if each][:_SAMPLE] for column in (*left, *right)]
    matrix = vectors([each for column in samples for each in column])
    ends = np.cumsum([0, *(len(each) for each in samples)])
    sums = np.vstack([np.asarray(matrix[a:b].sum(axis=0)) for a, b in itertools.pairwise(ends)])
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    found: np.ndarray = sums[: len(left)] @ sums[len(left) :].T
    return found


def _joined(columns: Mapping[str, Column], rows: int) -> Column:
    return [" ".join(each for column in columns.values() if (each := column[at])) for at in range(rows)]
