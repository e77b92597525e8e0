"""What rules share: identity, scores that are the sum of their evidence, and coverage."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from typing import TypeVar
from weakref import ref

from siloscope.graph.commit import STALE
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding, Pair, Retirement, Slice, Visibility, digest

Made = TypeVar("Made")
POINTS = "points"
PROBABILITY = "probability"
ELSEWHERE = 0.05  # up to this share of unread slices elsewhere a claim about the whole estate is partial, not unknown


def remembered(make: Callable[[Graph], Made]) -> Callable[[Graph], Made]:
    """What a function makes of a graph, kept for the graph asked about last, so that rules in turn share it."""
    last: list[tuple[ref[Graph], Made]] = []

    @wraps(make)
    def found(graph: Graph) -> Made:
        for whose, made in last:
            if whose() is graph:
                return made
        made = make(graph)
        last[:] = [(ref(graph), made)]
        return made

    return found


def identity(rule: str, *keys: str) -> str:
    """An id that is the same from scan to scan as long as the finding is about the same thing."""
    return f"{rule}-{digest(rule, *keys)[:10]}"


def points(because: Iterable[Evidence]) -> tuple[float, tuple[Evidence, ...]]:
    """The score of evidence on the scale `points`: its sum, cut to 0..1 by trimming the last term."""
    kept: list[Evidence] = []
    total = 0.0
    for each in because:
        weight = round(min(max(each.weight, -total), 1.0 - total), 4)
        total = round(total + weight, 4)
        kept.append(Evidence(each.says, weight))
    return total, tuple(kept)


SUREST = 0.9999  # evidence is never certainty, and four digits must not say so


def probability(because: Iterable[Evidence]) -> tuple[float, tuple[Evidence, ...]]:
    """The score of log-odds evidence, the prior among it: 1 / (1 + exp(-sum)), at most `SUREST`."""
    kept = tuple(Evidence(each.says, round(each.weight, 4)) for each in because)
    return min(round(1 / (1 + math.exp(-sum(each.weight for each in kept))), 4), SUREST), kept


def finding(
    rule: str,
    key: Collection[str],
    title: str,
    subjects: Iterable[str],
    because: Iterable[Evidence],
    *,
    scale: str = POINTS,
    severity: str = "medium",
    coverage: str = "complete",
    pairs: Iterable[Pair] = (),
    annual_saving: float | None = None,
) -> Finding:
    """A finding whose score is made from its evidence."""
    score, kept = (points if scale == POINTS else probability)(because)
    return Finding(
        id=identity(rule, *key),
        rule=rule,
        severity=severity,
        score=score,
        scale=scale,
        title=title,
        subjects=tuple(subjects),
        because=kept,
        pairs=tuple(pairs),
        coverage=coverage,
        annual_saving=None if annual_saving is None else round(annual_saving, 2),
    )


class Rests:
    """On what a claim of absence rests: which slices could refute it.

    A claim about some sources is *unknown* when a slice of theirs was not read, *partial* when others'
    were not or when somebody saw less than all, and *complete* otherwise.
    """

    def __init__(self, graph: Graph) -> None:
        self._missing = tuple(each for each in graph.slices if doubtful(each))
        self._own: dict[str, list[Slice]] = defaultdict(list)
        for each in self._missing:
            self._own[each.source].append(each)
        self._dim: dict[str, list[Slice]] = defaultdict(list)
        for each in graph.slices:
            if each.visibility is not Visibility.ALL:
                self._dim[each.source].append(each)
        self._much = len(self._missing) > ELSEWHERE * len(graph.slices)

    def on(self, sources: Collection[str]) -> tuple[str, Evidence | None]:
        """(coverage, the sentence that says what would settle it)."""
        if own := _of(self._own, sources):
            return "unknown", Evidence(f"not settled: {_named(own)} not read", -0.4)
        if self._missing:
            return "partial", Evidence(f"rests on incomplete sight elsewhere: {_named(self._missing)} not read", -0.1)
        if dim := _of(self._dim, sources):
            return "partial", Evidence(f"the principal may not see everything in {_named(dim)}", 0.0)
        return "complete", None

    def around(self, sources: Collection[str]) -> tuple[str, Evidence | None]:
        """The same for a claim that nothing anywhere links to something.

        Any slice of the estate could refute it, so it is *unknown* too when more than a few elsewhere are not read.
        """
        coverage, doubt = self.on(sources)
        if coverage == "partial" and self._much:
            return "unknown", Evidence(f"not settled: {_named(self._missing)} not read, and may hold a link", -0.4)
        return coverage, doubt

    def settling(self, sources: Collection[str]) -> tuple[Slice, ...]:
        """The slices that would settle a claim about these sources: their own unread ones, else all unread ones."""
        return tuple(_of(self._own, sources)) or self._missing


def _of(slices: Mapping[str, list[Slice]], sources: Iterable[str]) -> list[Slice]:
    return [each for source in sorted(sources) for each in slices.get(source, ())]


def doubtful(row: Slice) -> bool:
    """Whether a slice may hide something: not read and not accepted, not visited by the last scan, or held."""
    return row.unread or row.retirement is Retirement.HELD or row.reason.startswith(STALE)


def named(row: Slice) -> str:
    """A slice in words: source, listing and scope."""
    return f"{row.source} {row.listing}" + (f" in {row.scope}" if row.scope else "")


def _named(slices: Collection[Slice]) -> str:
    """Up to three slices by name, and how many more."""
    shown = [named(each) for each in list(slices)[:3]]
    more = len(slices) - len(shown)
    return ", ".join(shown) + (f" and {more} more slices" if more else "")


def many(count: int, one: str, several: str = "") -> str:
    """`1 asset`, `2 assets`."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def listed(names: Iterable[str], most: int = 4) -> str:
    """`a, b, c and 4 more`."""
    names = list(names)
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
