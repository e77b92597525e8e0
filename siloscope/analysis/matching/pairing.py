"""From pairs with a probability to the pairs that stand: each single record once."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from siloscope.analysis.matching.learning import Learnt

NEARLY_ALL = 0.85
_LARGEST = 10_000_000  # cells of one assignment; beyond it the best pair first, again and again


def stand(learnt: Learnt, least: float) -> np.ndarray:
    """Which pairs of at least that probability stand, as sorted indices into `learnt`.

    Where rows of both sides have at most one partner: the pairs that are the best of both their rows. Where nearly
    all rows of both tables have found one that way, those left over are most likely each other's, and the pairs of
    the greatest sum of log-odds stand. Where rows of one side may have several partners: the best of each row of
    the other. Where both may: all.
    """
    kept: np.ndarray = np.flatnonzero(learnt.odds >= logit(least))
    if not len(kept) or not any(learnt.single):
        return kept
    if not all(learnt.single):
        best: np.ndarray = kept[_leads((learnt.a if learnt.single[0] else learnt.b)[kept], learnt.odds[kept])]
        return best
    mutual: np.ndarray = kept[_leads(learnt.a[kept], learnt.odds[kept]) & _leads(learnt.b[kept], learnt.odds[kept])]
    if len(mutual) < NEARLY_ALL * max(learnt.rows):
        return mutual
    return np.sort(np.concatenate([_assigned(learnt, part) for part in _parts(learnt, kept)]))


def _leads(rows: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Which pairs are the best of their row."""
    order = np.lexsort((-odds, rows))
    found = np.zeros(len(rows), dtype=bool)
    found[order[np.r_[True, np.diff(rows[order]) != 0]]] = True
    return found


def _parts(learnt: Learnt, kept: np.ndarray) -> list[np.ndarray]:
    """The pairs in groups that share no record with one another."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b = learnt.a[kept], learnt.b[kept] + learnt.a.max() + 1
    size = int(b.max()) + 1
    part = connected_components(coo_array((np.ones(len(kept)), (a, b)), shape=(size, size)), directed=False)[1][a]
    order = np.argsort(part, kind="stable")
    return np.split(kept[order], np.flatnonzero(np.diff(part[order])) + 1)


def _assigned(learnt: Learnt, part: np.ndarray) -> np.ndarray:
    """The best assignment within one group."""
    from scipy.optimize import linear_sum_assignment

    if len(part) == 1:
        return part
    rows, a = np.unique(learnt.a[part], return_inverse=True)
    columns, b = np.unique(learnt.b[part], return_inverse=True)
    if len(rows) * len(columns) > _LARGEST:
        return _greedy(learnt, part)
    odds = learnt.odds[part]
    worth, place = np.zeros((len(rows), len(columns))), np.full((len(rows), len(columns)), -1)
    worth[a, b] = odds - odds.min() + 1e-6  # above the least pair: one that stands is better than none
    place[a, b] = part
    found: np.ndarray = place[linear_sum_assignment(worth, maximize=True)]
    return found[found >= 0]


def _greedy(learnt: Learnt, part: np.ndarray) -> np.ndarray:
    taken: tuple[set[int], set[int]] = (set(), set())
    found = []
    for each in part[np.argsort(-learnt.odds[part], kind="stable")].tolist():
        a, b = int(learnt.a[each]), int(learnt.b[each])
        if a not in taken[0] and b not in taken[1]:
            taken[0].add(a)
            taken[1].add(b)
            found.append(each)
    return np.array(found, dtype=np.int64)
