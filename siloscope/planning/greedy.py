"""Good answers fast, where capacities do not bind: greedy, then add, drop and swap until nothing gains.

The answer is the cutoff that proofs start from, and what is told when time runs out.
"""

from __future__ import annotations

import numpy as np

from siloscope.planning.arcs import Arcs, Bools, Floats, Ints


def greedy(arcs: Arcs) -> Bools:
    """Tools to keep, the one that saves most after the other; each workload can be served."""
    kept = arcs.kept.copy()
    # Serving nobody costs more than anything, so that coverage comes first.
    never = 2 * (arcs.fixed.sum() + arcs.cost.max(initial=0.0)) + 1
    price = _price(arcs, arcs.best(kept), never)
    while True:
        gain = np.bincount(arcs.tool, np.maximum(price[arcs.work] - arcs.cost, 0.0), arcs.n) - arcs.fixed
        gain[kept] = -np.inf
        if gain.max(initial=-np.inf) <= 0:
            return kept
        new = int(gain.argmax())
        kept[new] = True
        mine = arcs.tool == new
        np.minimum.at(price, arcs.work[mine], arcs.cost[mine])


def improve(arcs: Arcs, kept: Bools, *, rounds: int = 10_000) -> Bools:
    """The best of all single additions, removals and swaps, again and again; never worse than `kept`.

    Gains of swaps are found together, as gain of the one less loss of the other plus what they share (Resende and
    Werneck 2007).
    """
    kept = kept.copy()
    never = 2 * (arcs.fixed.sum() + arcs.cost.max(initial=0.0)) + 1
    for _ in range(rounds):
        first, second = arcs.two(kept)
        if (first < 0).any():
            raise AssertionError("local search starts from an answer that serves everything")
        one, two = arcs.cost[first], _price(arcs, second, never)
        gain = np.bincount(arcs.tool, np.maximum(one[arcs.work] - arcs.cost, 0.0), arcs.n) - arcs.fixed
        gain[kept] = -np.inf
        loss = np.bincount(arcs.tool[first], two - one, arcs.n) - arcs.fixed
        loss[~kept | arcs.kept] = np.inf
        swap = gain[:, None] - loss[None, :] + _shared(arcs, kept, first, one, two)
        swap[np.isnan(swap)] = -np.inf
        best = [gain.max(initial=-np.inf), (-loss).max(initial=-np.inf), swap.max(initial=-np.inf)]
        kind = int(np.argmax(best))
        if best[kind] <= 1e-9 * (1 + abs(float(one.sum()))):
            break
        if kind == 0:
            kept[int(gain.argmax())] = True
        elif kind == 1:
            kept[int(loss.argmin())] = False
        else:
            new, old = divmod(int(swap.argmax()), arcs.n)
            kept[new], kept[old] = True, False
    return kept


def _shared(arcs: Arcs, kept: Bools, first: Ints, one: Floats, two: Floats) -> Floats:
    """Shape (n, n): what a swap of (new, old) loses less because new takes what old leaves."""
    near = np.flatnonzero((arcs.cost < two[arcs.work]) & ~kept[arcs.tool])
    work = arcs.work[near]
    saved = two[work] - np.maximum(one[work], arcs.cost[near])
    at = arcs.tool[near] * arcs.n + arcs.tool[first[work]]
    shared: Floats = np.bincount(at, saved, arcs.n * arcs.n).astype(np.float64).reshape(arcs.n, arcs.n)
    return shared


def _price(arcs: Arcs, chosen: Ints, never: float) -> Floats:
    """What each workload costs by its chosen arc, `never` without one."""
    if not len(arcs.cost):
        return np.full(arcs.m, never)
    return np.where(chosen >= 0, arcs.cost[chosen], never)
