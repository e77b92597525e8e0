"""The public pairs of tables of records, as they are: full tables, every gold pair."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy.corpus import CORPORA

Record = dict[str, str]
Pairs = set[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Tables:
    """Two tables of records without their ids, and the pairs of rows that are the same thing."""

    name: str
    left: list[Record]
    right: list[Record]
    gold: Pairs


# name -> left, right, gold, the gold's two columns, how the files are written
_QUOTED = {"quotechar": "'", "escapechar": "\\", "skipinitialspace": True}
_PERCENT = {"delimiter": "%", "quoting": csv.QUOTE_NONE}
_SETS = {
    "Abt-Buy": ("abt-buy", "abt.csv", "buy.csv", "gt.csv", ("D1", "D2"), {"delimiter": "|"}),
    "DBLP-ACM": ("dblp-acm", "dblp.csv", "acm.csv", "gt.csv", ("D1", "D2"), _PERCENT),
    "Fodors-Zagat": (
        "fodors-zagat/datasets/fodors_zagats", "fodors.csv", "zagats.csv", "matches_fodors_zagats.csv",
        ("fodors_id", "zagats_id"), _QUOTED,
    ),
    "Amazon-Google": ("amazon-google", "amazon.csv", "gp.csv", "gt.csv", ("D1", "D2"), {"delimiter": "#"}),
}  # fmt: skip


def tables(corpora: Path = CORPORA) -> Iterator[Tables]:
    """The sets that are there, in a fixed order; a set that is not is left out."""
    for name, (folder, left, right, gold, keys, form) in _SETS.items():
        at = corpora / "er" / folder
        if at.is_dir():
            yield _read(name, at / left, at / right, at / gold, keys, form)


def half(tables: Tables) -> Tables:
    """About half of each table, chosen by a checksum of the row: most records have no partner any more."""
    kept = [
        [at for at, row in enumerate(side) if zlib.crc32(f"{mark}{sorted(map(str, row.items()))}".encode()) % 2]
        for mark, side in (("l", tables.left), ("r", tables.right))
    ]
    number = [{old: new for new, old in enumerate(rows)} for rows in kept]
    return Tables(
        f"{tables.name}, half",
        [tables.left[at] for at in kept[0]],
        [tables.right[at] for at in kept[1]],
        {(number[0][a], number[1][b]) for a, b in tables.gold if a in number[0] and b in number[1]},
    )


def _read(name: str, left: Path, right: Path, gold: Path, keys: tuple[str, str], form: dict[str, object]) -> Tables:
    sides = [_rows(left, form), _rows(right, form)]
    number = [{row["id"]: at for at, row in enumerate(side)} for side in sides]
    same = _rows(gold, {} if "quotechar" in form else form)
    return Tables(
        name,
        *([{key: value for key, value in row.items() if key and key != "id"} for row in side] for side in sides),
        {(number[0][row[keys[0]]], number[1][row[keys[1]]]) for row in same},
    )


def _rows(file: Path, form: dict[str, object]) -> list[Record]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, **form))  # type: ignore[arg-type]
