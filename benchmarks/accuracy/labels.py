"""A labelled estate: which pairs are the same, which only look like it, which nobody can say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from siloscope.graph.view import Graph

Two = tuple[str, str]


def two(a: str, b: str) -> Two:
    """A pair in its one order."""
    return (a, b) if a < b else (b, a)


@dataclass(slots=True)
class Labels:
    """`same` and `traps` by pair, with the class each belongs to; pairs in `unknown` count for nothing."""

    same: dict[Two, str] = field(default_factory=dict)
    traps: dict[Two, str] = field(default_factory=dict)
    unknown: set[Two] = field(default_factory=set)

    def add(self, family: Iterable[str], kind: str) -> None:
        """All pairs of a family are the same."""
        for a, b in combinations(family, 2):
            self.same.setdefault(two(a, b), kind)

    def trap(self, a: str, b: str, kind: str) -> None:
        """Two that look alike and are not the same."""
        self.traps[two(a, b)] = kind


@dataclass(frozen=True, slots=True)
class Estate:
    """A graph, what is true about it, and the text by which peers compare its assets."""

    name: str
    graph: Graph
    labels: Labels
    text: Mapping[str, str]
