"""What a report is made of: sections of a few kinds of blocks, the same for every way of writing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Tiles:
    """Headline figures: (figure, what it is, a note)."""

    tiles: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading; columns whose number stands in `right` are set flush right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing as SVG text, its caption, and the same as a table for readers without pictures.

    Without one, the table stands behind the drawing for all readers.
    """

    svg: str
    caption: str
    table: Table | None


@dataclass(frozen=True, slots=True)
class Item:
    """A finding: title, a line about it, and its evidence as (weight, sentence)."""

    title: str
    about: str
    because: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Items:
    """Findings, the most valuable first."""

    items: Sequence[Item]


Block = Text | Tiles | Table | Plot | Items


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report under its own heading; `key` is its anchor."""

    key: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole: title, what it is of, sections."""

    title: str
    subtitle: str
    sections: Sequence[Section]


def money(amount: float | None) -> str:
    """An amount to the full unit, `-` when nobody knows."""
    return "-" if amount is None else f"{amount:,.0f}"


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "-" if share is None else f"{100 * share:.1f} %"


def first(most: int, count: int) -> str:
    """What a caption adds where not all rows are shown."""
    return f" The first {most} of {count}." if count > most else ""


def clean(text: str) -> str:
    """Text on one line, without what steers terminals, reorders lines or is no XML."""
    return "".join(each if each.isprintable() else " " for each in str(text))


def short(text: str, most: int) -> str:
    """Text cut to a length, with an ellipsis."""
    told = clean(text)
    return told if len(told) <= most else told[: most - 1] + "…"
