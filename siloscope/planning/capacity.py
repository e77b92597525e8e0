"""Good answers where capacities bind: choose tools by the prices of the bound, fill them, then shift and close.

Whole workloads are placed by regret and improved by shifts; shared ones are placed exactly, by a linear program.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from siloscope.planning.arcs import Arcs, Bools, Floats, Ints, Served, whole
from siloscope.planning.dual import Bound
from siloscope.planning.milp import Rows, run

# With more arcs than this a linear program for each set of tools takes too long.
_LINEAR = 1_000_000


def construct(arcs: Arcs, bound: Bound, seconds: float) -> Served | None:
    """An answer that keeps the tools that paid most often, and as many more as it takes; None if none was found."""
    order = np.lexsort((np.arange(arcs.n), bound.tool, -bound.often, ~arcs.kept))
    ample = np.where(np.isfinite(arcs.capacity), arcs.capacity, arcs.demand.sum())
    likely = int(max((bound.often > 0.5).sum(), np.searchsorted(np.cumsum(ample[order]), arcs.demand.sum()) + 1, 1))
    step = max(1, arcs.n // 25)
    for size in [*range(likely, arcs.n, step), arcs.n]:
        kept = arcs.kept.copy()
        kept[order[:size]] = True
        if answer := fill(arcs, kept, bound.price, seconds):
            return answer
    return None


def search(arcs: Arcs, answer: Served, bound: Bound, clock: Callable[[], float], tries: int) -> Served:
    """Open, close and swap the tools about which the prices are least sure, as long as that gains; at most `tries`."""
    cost = answer.total(arcs)
    doubt = np.argsort(np.abs(bound.tool), kind="stable")
    improved = True
    while improved and tries > 0 and clock() > 0:
        improved = False
        inside = [n for n in doubt if answer.kept[n] and not arcs.kept[n]][:15]
        outside = [n for n in doubt if not answer.kept[n]][:15]
        swaps = sorted(
            ((o, i) for o in range(len(outside)) for i in range(len(inside))), key=lambda each: (sum(each), each)
        )
        moves = [*((o, -1) for o in range(len(outside))), *((-1, i) for i in range(len(inside))), *swaps]
        for o, i in moves:
            if tries <= 0 or clock() <= 0:
                break
            tries -= 1
            kept = answer.kept.copy()
            if o >= 0:
                kept[outside[o]] = True
            if i >= 0:
                kept[inside[i]] = False
            other = fill(arcs, kept, bound.price, clock())
            if other and (total := other.total(arcs)) < cost * (1 - 1e-9):
                answer, cost, improved = other, total, True
                break
    return answer


def fill(arcs: Arcs, kept: Bools, price: Floats, seconds: float) -> Served | None:
    """The workloads placed on kept tools; None when not all of them were."""
    if not arcs.whole:
        return transport(arcs, kept, seconds)
    chosen = _place(arcs, kept, price)
    found = [] if chosen is None else [whole(arcs, kept, _shift(arcs, kept, chosen))]
    if len(arcs.tool) <= _LINEAR and (other := rounded(arcs, kept, seconds)):
        found.append(other)
    return min(found, key=lambda each: each.total(arcs), default=None)


def transport(arcs: Arcs, kept: Bools, seconds: float) -> Served | None:
    """The cheapest way to share workloads among kept tools, by a linear program; None when there is none."""
    at = np.flatnonzero(kept[arcs.tool])
    tool, work = arcs.tool[at], arcs.work[at]
    limited = np.flatnonzero(np.isfinite(arcs.capacity[tool]) & (arcs.demand[work] > 0))
    load = arcs.demand[work[limited]] / arcs.capacity[tool[limited]]
    model = Rows(
        arcs.cost[at],
        0.0,
        np.r_[work, arcs.m + tool[limited]],
        np.r_[np.arange(len(at)), limited],
        np.r_[np.ones(len(at)), load],
        np.r_[np.ones(arcs.m), np.full(arcs.n, -np.inf)],
        np.r_[np.ones(arcs.m), np.ones(arcs.n)],
        0,
        np.zeros(len(at), dtype=bool),
    )
    found = run(model, seconds)
    if found.x is None:
        return None
    share = np.zeros(len(arcs.tool))
    share[at] = found.x
    return tidy(arcs, kept, share)


def rounded(arcs: Arcs, kept: Bools, seconds: float) -> Served | None:
    """Workloads placed as they would be shared, where that is whole; the few that were shared where there is room.

    A vertex of the transport program shares no more workloads than there are tools, so that little is lost.
    """
    shared = transport(arcs, kept, seconds)
    if shared is None:
        return None
    chosen = np.full(arcs.m, -1, dtype=np.int64)
    full = np.flatnonzero(shared.share > 1 - 1e-7)
    chosen[arcs.work[full]] = full
    placed = chosen[chosen >= 0]
    room = arcs.capacity - _sums(arcs.tool[placed], arcs.demand[arcs.work[placed]], arcs.n)
    start = arcs.start
    rest = np.flatnonzero(chosen < 0)
    for work in rest[np.argsort(-arcs.demand[rest], kind="stable")]:
        mine = np.arange(start[work], start[work + 1])
        able = mine[kept[arcs.tool[mine]] & (room[arcs.tool[mine]] >= arcs.demand[work])]
        if not len(able):
            return None
        chosen[work] = able[0]
        room[arcs.tool[able[0]]] -= arcs.demand[work]
    if (room < 0).any():
        return None
    return whole(arcs, kept, _shift(arcs, kept, chosen))


def tidy(arcs: Arcs, kept: Bools, share: Floats) -> Served:
    """An answer of the solver without its rounding dust: shares add up to one, no load beyond its capacity."""
    share = share * (share >= 1e-9)
    for _ in range(20):
        share = share / _sums(arcs.work, share, arcs.m)[arcs.work]
        over = _load(arcs, share) / np.where(arcs.capacity > 0, arcs.capacity, 1.0)
        if over.max(initial=0.0) <= 1 + 1e-12:
            break
        share = np.divide(share, np.maximum(over, 1.0)[arcs.tool])
    used = np.zeros(arcs.n, dtype=bool)
    used[arcs.tool[share > 0]] = True
    return Served((kept & used) | arcs.kept, share)


def _load(arcs: Arcs, share: Floats) -> Floats:
    return _sums(arcs.tool, share * arcs.demand[arcs.work], arcs.n)


def _sums(group: Ints, value: Floats, size: int) -> Floats:
    sums: Floats = np.bincount(group, value, size).astype(np.float64)
    return sums


def _place(arcs: Arcs, kept: Bools, price: Floats) -> Ints | None:
    """Shape (m,): the arc of each workload, those placed first that would lose most, or that need most room."""
    first, second = arcs.two(kept)
    if (first < 0).any():
        return None
    regret = np.where(second >= 0, arcs.cost[second], price + arcs.cost[first]) - arcs.cost[first]
    for order in (np.argsort(-regret, kind="stable"), np.argsort(-arcs.demand, kind="stable")):
        chosen = _in_order(arcs, kept, order)
        if chosen is not None:
            return chosen
    return None


def _in_order(arcs: Arcs, kept: Bools, order: Ints) -> Ints | None:
    at = np.flatnonzero(kept[arcs.tool])
    start = np.searchsorted(arcs.work[at], np.arange(arcs.m + 1)).tolist()
    tool, index = arcs.tool[at].tolist(), at.tolist()
    room, demand = arcs.capacity.tolist(), arcs.demand.tolist()
    chosen = np.empty(arcs.m, dtype=np.int64)
    for work in order.tolist():
        need = demand[work]
        for arc in range(start[work], start[work + 1]):
            if room[tool[arc]] >= need:
                room[tool[arc]] -= need
                chosen[work] = index[arc]
                break
        else:
            return None
    return chosen


def _shift(arcs: Arcs, kept: Bools, chosen: Ints) -> Ints:
    """Move single workloads to cheaper tools with room, and tools empty when what they hold finds room cheaply."""
    chosen = chosen.copy()
    open_ = kept.copy()
    start = arcs.start.tolist()
    room = arcs.capacity - np.bincount(arcs.tool[chosen], arcs.demand, arcs.n)
    room = np.where(np.isfinite(arcs.capacity), room, np.inf)

    def cheapest(work: int, without: int) -> int:
        for arc in range(start[work], start[work + 1]):
            tool = arcs.tool[arc]
            if tool != without and open_[tool] and room[tool] >= arcs.demand[work]:
                return arc
        return -1

    for _ in range(3):
        before = float(arcs.cost[chosen].sum() + arcs.fixed[open_].sum())
        for work in np.flatnonzero(chosen > np.asarray(start[:-1])).tolist():
            arc = cheapest(work, int(arcs.tool[chosen[work]]))
            if 0 <= arc < chosen[work] and arcs.cost[arc] < arcs.cost[chosen[work]]:
                room[arcs.tool[chosen[work]]] += arcs.demand[work]
                room[arcs.tool[arc]] -= arcs.demand[work]
                chosen[work] = arc
        for tool in np.argsort(-arcs.fixed, kind="stable").tolist():
            if open_[tool] and not arcs.kept[tool]:
                _empty(arcs, tool, chosen, open_, room, cheapest)
        if float(arcs.cost[chosen].sum() + arcs.fixed[open_].sum()) >= before * (1 - 1e-9):
            break
    return chosen


def _empty(arcs: Arcs, tool: int, chosen: Ints, open_: Bools, room: Floats, cheapest: object) -> None:
    """Close a tool if everything it serves finds room elsewhere for less than the tool costs."""
    held = np.flatnonzero(arcs.tool[chosen] == tool)
    held = held[np.argsort(-arcs.demand[held], kind="stable")]
    moved: list[tuple[int, int]] = []
    extra = -float(arcs.fixed[tool])
    for work in held.tolist():
        arc = cheapest(work, tool)  # type: ignore[operator]
        if arc >= 0:
            extra += float(arcs.cost[arc] - arcs.cost[chosen[work]])
        if arc < 0 or extra >= 0:
            break
        room[arcs.tool[arc]] -= arcs.demand[work]
        moved.append((work, arc))
    else:
        for work, arc in moved:
            chosen[work] = arc
        room[tool] = arcs.capacity[tool]
        open_[tool] = False
        return
    for work, arc in moved:
        room[arcs.tool[arc]] += arcs.demand[work]
