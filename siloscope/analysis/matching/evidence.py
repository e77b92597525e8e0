"""Which records of two tables are worth comparing, and what speaks for a pair: one row of numbers each.

Signals are alike for any pair of tables: how alike the whole records are (character n-grams, words), how
much of the smaller one is in the other, the rarest word and the rarest product code they share, and for each
pair of columns how alike or how close the values are, or that one is missing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from siloscope.analysis.matching.tables import Column, Tables, folded, numbers
from siloscope.analysis.similar import pairwise, top, unit, vectors

NEIGHBOURS = 10
_LEAST = 0.01
_FREQUENT = 500
_PART = 50_000
_CODE = 4  # a code has at least as many characters, a digit among them
_LONGEST_CODE = 24
_DIGIT = re.compile(r"\d")
_Two = tuple[sparse.csr_matrix, sparse.csr_matrix]


class Evidence:
    """Two tables, ready to be compared. Rows are numbers from 0 in the order of each table."""

    def __init__(self, tables: Tables) -> None:
        left, right = ([folded(each) for each in side] for side in tables.records())
        self.rows = tables.rows
        self._grams = _split(vectors([*left, *right]), len(left))
        self._words = _Bag([*map(str.split, left), *map(str.split, right)], len(left))
        self._codes = _Bag([*map(_codes, left), *map(_codes, right)], len(left))
        self._columns = [_Column(one, tables.left[one], tables.right[other]) for one, other in tables.aligned]

    def candidates(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows (left, right) of the pairs worth comparing: every record's nearest neighbours, from both sides."""
        found: list[np.ndarray] = []
        for left, right in (self._grams, self._words.leading, self._codes.leading):
            near, back = (top(*each, NEIGHBOURS, _LEAST).tocoo() for each in ((left, right), (right, left)))
            found += [np.stack([near.row, near.col]), np.stack([back.col, back.row])]
        pairs = np.unique(np.concatenate(found, axis=1).astype(np.int64), axis=1)
        return pairs[0], pairs[1]

    def signals(self, a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
        """What speaks for each pair of rows, by name; `a` are rows of left, `b` of right."""
        found = {
            "record": pairwise(*self._grams, a, b),
            "words": pairwise(*self._words.weighed, a, b),
            "contained": self._words.contained(a, b),
            "rarest word": self._words.rarest(a, b),
            "rarest code": self._codes.rarest(a, b),
            "other codes": self._codes.disjoint(a, b),
        }
        for column in self._columns:
            found |= column.signals(a, b)
        return found


class _Column:
    """One pair of columns: how alike or how close two values are, or that one is missing."""

    def __init__(self, name: str, left: Column, right: Column) -> None:
        texts = [folded(each) for each in (*left, *right)]
        there = np.array([bool(each) for each in texts])
        self.name = name
        self.grams = _split(vectors(texts), len(left))
        self.there = there[: len(left)], there[len(left) :]
        self.numbers = (numbers(left), numbers(right)) if _numeric(left) and _numeric(right) else None

    def signals(self, a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
        """What the two columns say of each pair of rows, by name."""
        there = self.there[0][a] & self.there[1][b]
        found = {f"{self.name}: alike": pairwise(*self.grams, a, b) * there, f"{self.name}: missing": ~there}
        if self.numbers:
            found[f"{self.name}: close"] = _closeness(*self.numbers, a, b)
        return found


def _numeric(column: Column) -> bool:
    kept = [each for each in column if each]
    return bool(kept) and bool(np.isfinite(numbers(kept)).mean() > 0.8)


def _closeness(left: np.ndarray, right: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How rare it is for a number to be as close, 0 (any is) to 1 (no other is): scale plays no part."""
    known = np.sort(right[np.isfinite(right)])
    apart = np.abs(left[a] - right[b])
    there = np.isfinite(apart)
    centre, apart = np.where(there, left[a], 0), np.where(there, apart, 0)
    within = np.searchsorted(known, centre + apart, "right") - np.searchsorted(known, centre - apart, "left")
    share = np.clip(within, 1, None) / max(len(known), 1)
    return np.where(there, -np.log(share) / np.log(max(len(known), 2)), 0.0)


def _codes(text: str) -> list[str]:
    """Beginnings of product codes and numbers: `tu 1500rd` and `tu1500rd` share `tu15`, `tu150` ... `tu1500rd`.

    A code may be written in two parts and may end in a mark of colour or market, so neighbours are joined and
    every beginning that holds a digit counts.
    """
    runs = text.split()
    found: dict[str, None] = {}
    for each in (*runs, *(one + other for one, other in itertools.pairwise(runs))):
        digit = _DIGIT.search(each)
        if digit and len(each) >= _CODE:
            first = max(_CODE, digit.start() + 1)
            found |= dict.fromkeys(each[:end] for end in range(first, min(len(each), _LONGEST_CODE) + 1))
    return list(found)


class _Bag:
    """Sets of tokens of the records of both tables, weighed by rarity: 0 for what all hold, 1 for what one holds."""

    def __init__(self, texts: Sequence[list[str]], count: int) -> None:
        number: dict[str, int] = {}
        rows, columns = [], []
        for row, tokens in enumerate(texts):
            for token in dict.fromkeys(tokens):
                rows.append(row)
                columns.append(number.setdefault(token, len(number)))
        ones = np.ones(len(rows), dtype=np.float32)
        held: sparse.csr_matrix = sparse.csr_matrix((ones, (rows, columns)), shape=(len(texts), len(number)))
        often = np.asarray(held.sum(axis=0)).ravel()
        rarity = (np.log((1 + len(texts)) / (1 + often)) / np.log(max(len(texts), 2))).astype(np.float32)
        heavy = held.copy()
        heavy.data = rarity[heavy.indices]
        weighed = unit(heavy.copy())
        self.held, self.heavy, self.weighed = (_split(each, count) for each in (held, heavy, weighed))
        # What every second record holds leads to everything, at the cost of its square.
        self.leading = _split(weighed[:, np.flatnonzero(often <= _FREQUENT)].tocsr(), count)
        self.sums = [np.asarray(each.sum(axis=1)).ravel() for each in self.heavy]

    def contained(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The rarity of what is shared, over that of the smaller one."""
        shared = pairwise(self.held[0], self.heavy[1], a, b)
        found: np.ndarray = shared / np.maximum(np.minimum(self.sums[0][a], self.sums[1][b]), 1e-9)
        return found

    def rarest(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The rarity of the rarest token shared, 0 when none is."""
        found = np.zeros(len(a), dtype=np.float32)
        for start in range(0, len(a), _PART):
            part = slice(start, start + _PART)
            shared = self.held[0][a[part]].multiply(self.heavy[1][b[part]]).tocsr()
            if shared.nnz:
                found[part] = shared.max(axis=1).toarray().ravel()
        return found

    def disjoint(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether both have tokens and share none."""
        left, right = self.held
        there = (np.diff(left.indptr) > 0)[a] & (np.diff(right.indptr) > 0)[b]
        found: np.ndarray = there & (pairwise(left, right, a, b) == 0)
        return found


def _split(matrix: sparse.csr_matrix, count: int) -> _Two:
    return matrix[:count], matrix[count:]
