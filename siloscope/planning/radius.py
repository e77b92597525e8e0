"""The radius formulation, for parts in which no capacity can bind.

    minimise  sum f_i y_i + sum_j ( D_j1 + sum_k (D_j,k+1 - D_jk) z_jk )
    subject to  z_jk >= 1 - sum of y_i over the tools that serve j for at most D_jk,  some tool serves j at all

`z_jk` says that nobody serves workload j for its k-th cost level or less (Cornuejols, Nemhauser and Wolsey 1980;
Elloumi 2010). Workloads whose neighbourhoods are the same set of tools share one variable, and each row is
written against the next smaller neighbourhood, which is as strong and far shorter.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from siloscope.planning.arcs import Arcs, Bools, Ints
from siloscope.planning.milp import Rows


def levels(arcs: Arcs) -> tuple[Ints, Ints]:
    """The arcs at which a new cost level of a workload begins, and for each arc the number of its level."""
    fresh = np.ones(len(arcs.work), dtype=bool)
    fresh[1:] = (arcs.work[1:] != arcs.work[:-1]) | (arcs.cost[1:] != arcs.cost[:-1])
    return np.flatnonzero(fresh), np.cumsum(fresh) - 1


def radius(arcs: Arcs, needed: Bools) -> Rows:
    """The model of `arcs`; `needed` (n) are tools known to be kept."""
    begin, level = levels(arcs)
    work = arcs.work[begin]
    last = np.r_[work[1:] != work[:-1], True]
    step = np.where(last, 0.0, np.r_[arcs.cost[begin][1:], 0.0] - arcs.cost[begin])
    opening = np.r_[True, work[1:] != work[:-1]]
    constant = float(arcs.cost[begin][opening].sum())
    group = _neighbourhoods(arcs, level, opening)
    # The first workload with a neighbourhood writes its row; all that share it add to its price.
    _, example, merged = np.unique(group, return_index=True, return_inverse=True)
    weight = np.bincount(merged, step)
    must = np.zeros(len(example), dtype=bool)  # whose every workload has no farther tool: somebody has to be near
    must[merged[last]] = True
    mine = np.isin(level, example)
    shown = np.full(len(begin), -1, dtype=np.int64)
    shown[example] = np.arange(len(example))
    n, size = arcs.n, len(example)
    inner = np.flatnonzero(~opening[example])
    before = merged[example[inner] - 1]
    free = ~must
    row = np.r_[shown[level[mine]], np.flatnonzero(free), inner]
    column = np.r_[arcs.tool[mine], n + np.flatnonzero(free), n + before]
    value = np.r_[np.ones(int(mine.sum())), np.ones(int(free.sum())), -np.ones(len(inner))]
    low = np.where(opening[example], 1.0, 0.0)
    return Rows(
        np.r_[arcs.fixed, np.where(free, weight, 0.0)],
        constant,
        row,
        column,
        value,
        low,
        np.full(size, np.inf),
        n,
        np.r_[needed, np.zeros(size, dtype=bool)],
    )


def _neighbourhoods(arcs: Arcs, level: Ints, opening: Bools) -> Any:
    """Shape (levels, 2): a fingerprint of the set of tools within each level, as sums of 2 x 64 random bits."""
    draw = np.random.default_rng(20_261_122)
    bits = draw.integers(0, 2**64, (arcs.n, 2), dtype=np.uint64)
    sums = np.zeros((len(opening), 2), dtype=np.uint64)
    np.add.at(sums, level, bits[arcs.tool])
    total = np.cumsum(sums, axis=0, dtype=np.uint64)
    start = np.flatnonzero(opening)
    base = np.zeros((len(start), 2), dtype=np.uint64)
    base[1:] = total[start[1:] - 1]
    return np.ascontiguousarray(total - base[np.cumsum(opening) - 1]).view(np.dtype((np.void, 16))).ravel()
