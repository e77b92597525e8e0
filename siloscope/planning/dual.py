"""Lower bounds by prices: what a workload would pay to be served, raised until tools barely pay (Lagrange).

Relaxing "each workload is served" leaves a small decision for each tool: which workloads it would take at these
prices, as much as its capacity holds. Their sum bounds every plan from below, and what the bound rises by when a
tool is kept or an arc used shows which of them no better plan can have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siloscope.planning.arcs import Arcs, Bools, Floats


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound in money, with the prices (m), what each tool would cost beyond them (n), and each arc (arcs).

    `often` (n) is how often, of the last iterations, each tool paid for itself: where to look for good answers.
    """

    value: float
    price: Floats
    tool: Floats
    arc: Floats
    often: Floats

    def possible(self, arcs: Arcs, upper: float) -> Bools:
        """Arcs that an answer cheaper than `upper` may use (all of a kept tool where workloads may be shared)."""
        room = upper - self.value + 1e-9 * (1 + abs(upper))
        tool = np.where(arcs.kept, 0.0, np.maximum(self.tool, 0.0))
        beyond = tool[arcs.tool]
        if arcs.whole or not arcs.limited:
            beyond = beyond + np.maximum(self.arc, 0.0)
        possible: Bools = beyond <= room
        return possible

    def needed(self, arcs: Arcs, upper: float) -> Bools:
        """Tools without which no answer is cheaper than `upper`."""
        room = upper - self.value + 1e-9 * (1 + abs(upper))
        needed: Bools = arcs.kept | (-self.tool > room)
        return needed


def evaluate(arcs: Arcs, price: Floats) -> tuple[Bound, Floats]:
    """The bound at given prices, and how much of each workload is then not taken (negative: taken too often)."""
    red = arcs.cost - price[arcs.work]
    taken = _taken(arcs, red)
    tool = arcs.fixed + np.bincount(arcs.tool, np.minimum(red, 0.0) * taken, arcs.n)
    threshold = _cover(arcs, tool)
    ample = np.where(np.isfinite(arcs.capacity), arcs.capacity, arcs.demand.sum())
    beyond = tool - threshold * ample
    paid = arcs.kept | (beyond < 0)
    value = price.sum() + threshold * arcs.demand.sum() + beyond[paid].sum()
    missing: Floats = 1.0 - np.bincount(arcs.work, taken * paid[arcs.tool], arcs.m).astype(np.float64)
    return Bound(float(value), price, beyond, red, paid.astype(float)), missing


def _taken(arcs: Arcs, red: Floats) -> Floats:
    """What each tool would take of each workload if kept: all that pays, best first as far as its capacity reaches."""
    taken = (red < 0).astype(float)
    at = np.flatnonzero((red < 0) & np.isfinite(arcs.capacity[arcs.tool]))
    if not len(at):
        return taken
    demand = arcs.demand[arcs.work[at]]
    with np.errstate(divide="ignore"):
        ratio = red[at] / demand  # no demand takes no room: -inf comes first
    order = np.lexsort((ratio, arcs.tool[at]))
    at, demand = at[order], demand[order]
    tool = arcs.tool[at]
    total = np.cumsum(demand)
    first = np.r_[True, tool[1:] != tool[:-1]]
    before = total - demand
    within = before - before[np.flatnonzero(first)][np.cumsum(first) - 1]
    room = arcs.capacity[tool] - within
    taken[at] = np.where(demand > 0, np.clip(room / np.where(demand > 0, demand, 1.0), 0.0, 1.0), 1.0)
    return taken


def _cover(arcs: Arcs, tool: Floats) -> float:
    """The price of a unit of capacity at which the tools that then pay just hold all demand; 0 if they do anyway."""
    if not arcs.limited:
        return 0.0
    total = arcs.demand.sum()
    ample = np.where(np.isfinite(arcs.capacity), arcs.capacity, total)
    room = total - ample[arcs.kept | (tool < 0)].sum()
    if room <= 0:
        return 0.0
    rest = np.flatnonzero(~arcs.kept & (tool >= 0) & (ample > 0))
    ratio = tool[rest] / ample[rest]
    order = np.argsort(ratio, kind="stable")
    enough = np.searchsorted(np.cumsum(ample[rest][order]), room * (1 - 1e-12))
    return float(ratio[order[enough]]) if enough < len(order) else 0.0


def ascend(
    arcs: Arcs,
    upper: float,
    price: Floats,
    *,
    rounds: int = 300,
    expired: Callable[[], bool] = lambda: False,
    seen: Callable[[Bound], float] | None = None,
) -> Bound:
    """Raise the bound by subgradient steps, until it meets `upper` or the rounds end.

    `seen` is shown the current bound every thirty rounds and answers with the cost of the best plan it knows.
    """
    best: Bound | None = None
    scale, still = 1.0, 0
    often, before = np.zeros(arcs.n), -np.inf
    direction = np.zeros(arcs.m)
    for number in range(rounds):
        bound, missing = evaluate(arcs, price)
        often = 0.95 * often + 0.05 * bound.often
        if best is None or bound.value > best.value + 1e-7 * abs(best.value):
            still = 0
        else:
            still += 1
        if best is None or bound.value > best.value:
            best = bound
        if number % 30 == 29:
            upper = min(upper, seen(Bound(bound.value, price, bound.tool, bound.arc, often))) if seen else upper
            if best.value - before < 0.05 * (upper - best.value):
                break  # what is left of the gap is for branching
            before = best.value
        # Steps follow the last ones a little, which damps the zigzag of plain subgradients.
        direction = missing + 0.7 * direction if number else missing
        size = float(direction @ direction)
        gap = upper - best.value
        if gap <= 1e-9 * (1 + abs(upper)) or size < 1e-12 or scale < 1e-4 or expired():
            break
        if still >= 12:
            scale, still, price = scale / 2, 0, best.price
            direction = np.zeros(arcs.m)
            continue
        price = price + scale * max(gap, 1e-6 * abs(upper)) * 1.05 / size * direction
    if best is None:
        raise AssertionError("at least one round")
    return Bound(best.value, best.price, best.tool, best.arc, often)
