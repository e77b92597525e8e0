"""What a schedule is of: moves of assets, tools that go, and bridges between what has moved and what has not."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from siloscope.graph.view import Graph


@dataclass(frozen=True, slots=True)
class Move:
    """One asset from one tool to another, and the days it takes."""

    asset: str
    origin: str
    target: str
    effort_days: float


@dataclass(frozen=True, slots=True)
class Leaving:
    """A tool that goes: what a year less costs, days to switch it off and bridge, months its contract still runs.

    `once` is all that is spent once to be rid of it, due in the wave in which it goes.
    """

    tool: str
    saving: float
    days: float
    contract_months: int
    once: float


@dataclass(frozen=True, slots=True)
class Bridge:
    """Ways from what left `tool` in `wave` to things it needs that leave `to` only in the wave `until`, so many."""

    tool: str
    to: str
    wave: int
    until: int
    count: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """In which wave each asset moves and each tool goes (from 1), how many waves, and how good the order is.

    `days` is what is worked in each wave; `waits` says why not before, of each asset and each tool that is not in the
    first wave.
    """

    wave: Mapping[str, int]
    off: Mapping[str, int]
    count: int
    cost: int
    bound: int
    status: str
    days: Mapping[int, float]
    waits: Mapping[str, str]
    bridges: Sequence[Bridge] = ()


def dependencies(graph: Graph, moving: Container[str]) -> set[tuple[str, str]]:
    """(needed, needing) among the assets that move."""
    found = set()
    for edge in graph.dependencies:
        if edge.source in moving and edge.target in moving and edge.source != edge.target:
            needing, needed = edge.ends
            found.add((needed, needing))
    return found
