"""From a graph to scored pairs: candidates, then the log-odds of each, also of those inside a group of likely ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from siloscope.analysis.common import SUREST
from siloscope.analysis.duplicates.candidates import candidates, comparable
from siloscope.analysis.duplicates.compare import Values, against, compare
from siloscope.analysis.duplicates.table import Table, pair_keys, table
from siloscope.analysis.duplicates.weights import Weights, shipped
from siloscope.graph.view import Graph

FLOOR = 0.02  # what is less likely than this is not said to be scored
_AT_ONCE = 200_000
_FULL = 24  # groups up to this size are compared pair by pair


@dataclass(frozen=True)
class Scored:
    """Pairs of rows of `table` (a < b, in order) with their log-odds."""

    table: Table
    a: np.ndarray
    b: np.ndarray
    logit: np.ndarray
    word: np.ndarray | None = None  # what people said, in log-odds

    @cached_property
    def score(self) -> np.ndarray:
        """Probabilities, four digits."""
        said = 0.0 if self.word is None else self.word
        found: np.ndarray = np.minimum(np.round(1 / (1 + np.exp(-(self.logit + said))), 4), SUREST)
        return found


def scored(graph: Graph, weights: Weights | None = None) -> Scored:
    """All pairs of comparable assets that are not surely different, scored."""
    return scored_table(table(graph), weights or shipped())


def scored_table(rows: Table, weights: Weights) -> Scored:
    """The scored pairs of a table."""
    a, b = candidates(rows)
    logit = log_odds(rows, a, b, weights)
    more_a, more_b = _missing(rows, a, b, logit)
    if len(more_a):
        a, b = np.concatenate([a, more_a]), np.concatenate([b, more_b])
        logit = np.concatenate([logit, log_odds(rows, more_a, more_b, weights)])
    keep = logit > np.log(FLOOR / (1 - FLOOR))
    order = np.lexsort((b[keep], a[keep]))
    a, b, logit = a[keep][order], b[keep][order], logit[keep][order]
    return Scored(rows, a, b, logit)


def log_odds(rows: Table, a: np.ndarray, b: np.ndarray, weights: Weights) -> np.ndarray:
    """The log-odds of some pairs."""
    return np.concatenate([np.round(weights.total(values), 4) for values in portions(rows, a, b)])


def portions(rows: Table, a: np.ndarray, b: np.ndarray) -> Iterator[Values]:
    """Every term of some pairs, in portions that bound memory; of no pairs one that is empty."""
    for start in range(0, max(len(a), 1), _AT_ONCE):
        yield values_of(rows, a[start : start + _AT_ONCE], b[start : start + _AT_ONCE])


def values_of(rows: Table, a: np.ndarray, b: np.ndarray) -> Values:
    """Every term of some pairs, for and against."""
    return compare(rows, a, b) | against(rows, a, b)


def _missing(rows: Table, a: np.ndarray, b: np.ndarray, logit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs inside groups of likely duplicates that blocking did not bring up."""
    found = [
        pair
        for group in groups(a[logit > 0], b[logit > 0])
        if 2 < len(group) <= _FULL
        for pair in combinations(group, 2)
    ]
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    x, y = pairs[:, 0], pairs[:, 1]
    new = comparable(rows, x, y) & ~np.isin(pair_keys(x, y, len(rows)), pair_keys(a, b, len(rows)))
    return x[new], y[new]


def groups(a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    """Connected groups of pairs, each sorted, in order of their first members."""
    leader: dict[int, int] = {}

    def top(each: int) -> int:
        while leader.setdefault(each, each) != each:
            leader[each] = leader[leader[each]]
            each = leader[each]
        return each

    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        low, high = sorted((top(x), top(y)))
        leader[high] = low
    found: dict[int, list[int]] = defaultdict(list)
    for each in sorted(leader):
        found[top(each)].append(each)
    return [found[key] for key in sorted(found)]
