"""Precision, recall, average precision and calibration of scored pairs against a labelled estate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.accuracy.labels import Labels, Two

BINS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
LOW_BINS = (0.0, 0.1, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs with a score in [low, high): how many, their mean score, the share that is right."""

    low: float
    high: float
    count: int
    mean: float
    right: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What a method reached on one estate at one threshold. Shares are 0..1; `recalls` and `traps` are by class.

    `recalls[class]` is (found, all); `traps[class]` is (wrongly found, all).
    """

    threshold: float
    found: int
    right: int
    same: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    recalls: Mapping[str, tuple[int, int]]
    traps: Mapping[str, tuple[int, int]]
    bins: tuple[Bin, ...]


def measure(scores: Mapping[Two, float], labels: Labels, threshold: float = 0.5) -> Measured:
    """A method's scored pairs at a threshold; pairs nobody can label are left out of every count."""
    scored = {pair: score for pair, score in scores.items() if pair not in labels.unknown}
    kept = {pair for pair, score in scored.items() if score >= threshold}
    right = len(kept & labels.same.keys())
    precision = right / len(kept) if kept else 1.0
    recall = right / len(labels.same) if labels.same else 1.0
    return Measured(
        threshold=threshold,
        found=len(kept),
        right=right,
        same=len(labels.same),
        precision=precision,
        recall=recall,
        f1=harmonic(precision, recall),
        average_precision=average_precision(scored, labels),
        recalls=_by_class(labels.same, kept),
        traps=_by_class(labels.traps, kept),
        bins=calibration(scored, labels),
    )


def harmonic(precision: float, recall: float) -> float:
    """F1."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def average_precision(scored: Mapping[Two, float], labels: Labels) -> float:
    """Mean precision at each right pair, by falling score; right pairs that were not scored count 0.

    Pairs of one score come in at once, so that the order among them says nothing.
    """
    if not labels.same:
        return 1.0
    levels: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for pair, score in scored.items():
        levels[score][0] += 1
        levels[score][1] += pair in labels.same
    seen = right = 0
    total = 0.0
    for score in sorted(levels, reverse=True):
        count, good = levels[score]
        seen, right = seen + count, right + good
        total += good * right / seen
    return total / len(labels.same)


def best_threshold(scores: Mapping[Two, float], labels: Labels) -> float:
    """The threshold of the highest F1, chosen by the truth (an *oracle*: no real user has it)."""
    levels: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for pair, score in scores.items():
        if pair not in labels.unknown:
            levels[score][0] += 1
            levels[score][1] += pair in labels.same
    best, seen, right, chosen = -1.0, 0, 0, 1.0
    for score in sorted(levels, reverse=True):
        count, good = levels[score]
        seen, right = seen + count, right + good
        f1 = harmonic(right / seen, right / len(labels.same)) if labels.same else 0.0
        if f1 > best:
            best, chosen = f1, score
    return chosen


def calibration(scored: Mapping[Two, float], labels: Labels) -> tuple[Bin, ...]:
    """For each band of scores, the share of pairs that is right; empty bands are left out."""
    edges = (*LOW_BINS[:-1], *BINS)
    held: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for pair, score in scored.items():
        place = max(n for n, edge in enumerate(edges[:-1]) if score >= edge)
        held[place].append((score, pair in labels.same))
    return tuple(
        Bin(
            edges[place],
            edges[place + 1],
            len(rows),
            sum(score for score, _ in rows) / len(rows),
            sum(good for _, good in rows) / len(rows),
        )
        for place, rows in sorted(held.items())
    )


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Expected calibration error: the mean distance of score and share that is right, weighted by pairs."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.mean - each.right) for each in bins) / total if total else 0.0


def _by_class(pairs: Mapping[Two, str], kept: set[Two]) -> dict[str, tuple[int, int]]:
    every, hit = Counter(pairs.values()), Counter(kind for pair, kind in pairs.items() if pair in kept)
    return {kind: (hit[kind], every[kind]) for kind in sorted(every)}
