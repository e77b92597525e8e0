"""What the cells of the fault matrix add up to, and the table that is printed and documented."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Cell:
    """One listing met by one fault; counts are observations (assets, references, descriptions).

    `deleted` were really deleted where the scan could look, `retired` of them went; `kept` vanished where it could
    not look, `later` of them went with the next scan. `held` waited for a word, `confirmed` of them went on it.
    """

    group: str
    fault: str
    known: int = 0
    wrong: int = 0
    deleted: int = 0
    retired: int = 0
    kept: int = 0
    later: int = 0
    held: int = 0
    confirmed: int = 0
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Sums:
    """Cells added up."""

    cells: int
    known: int
    wrong: int
    deleted: int
    retired: int
    kept: int
    later: int
    held: int
    confirmed: int
    recovered: int


HEAD = (
    "fault", "cells", "observations at stake", "wrongly retired", "really deleted", "retired at once",
    "vanished unseen", "retired by the next scan", "held", "retired on confirmation", "cells recovered",
)  # fmt: skip


def sums(cells: Iterable[Cell]) -> Sums:
    """The cells added up."""
    cells = list(cells)
    names = [each.name for each in fields(Sums)][1:]
    return Sums(len(cells), *(sum(getattr(each, name) for each in cells) for name in names))


def table(cells: Iterable[Cell], order: Iterable[str]) -> list[tuple[str, ...]]:
    """One row a fault, in this order, and one for all; numbers as text."""
    cells = list(cells)
    groups = [(fault, [each for each in cells if each.fault == fault]) for fault in order]
    rows = [(name, sums(some)) for name, some in [*groups, ("all", cells)] if some]
    return [(name, *(f"{getattr(row, each.name):,}" for each in fields(Sums))) for name, row in rows]


def markdown(rows: Iterable[tuple[str, ...]]) -> str:
    """The table as it stands in the documentation."""
    lines = [HEAD, ("---", *("---:" for _ in HEAD[1:])), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
