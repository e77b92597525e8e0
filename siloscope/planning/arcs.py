"""A problem as arrays: one *arc* for each tool that may serve a workload.

Arcs are sorted by workload, then cost, then tool, so that the first arc of a workload whose tool is kept is the
cheapest way to serve it. Everything that is solved, bounded or searched works on this form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siloscope.errors import PlanError
from siloscope.planning.problem import Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# What HiGHS takes for infinite.
_ENDLESS = 1e20
# A tool that holds less than this share of a workload serves none of it: such shares are the solver's rounding dust.
_DUST = 1e-9
# Costs between these are as large as the tolerances of solvers are made for.
_USUAL = (1e-2, 1e9)
# Demands farther apart than this cannot be added up in one capacity: the small ones vanish in the sum.
_APART = 1e12


@dataclass(frozen=True, slots=True)
class Arcs:
    """Tools 0..n-1 and workloads 0..m-1 with their arcs.

    `fixed` (n) is the annual cost, `capacity` (n) infinite where unlimited or never reached, `demand` (m); `tool`,
    `work`, `cost` (arcs). `kept` (n) marks must-keeps; arcs of must-retires are left out beforehand. `whole` says
    that no workload may be shared between tools. Money is counted in units of `unit`, demand in one that makes the
    largest about 1.
    """

    fixed: Floats
    capacity: Floats
    demand: Floats
    tool: Ints
    work: Ints
    cost: Floats
    kept: Bools
    whole: bool
    unit: float = 1.0

    @property
    def n(self) -> int:
        """Number of tools."""
        return len(self.fixed)

    @property
    def m(self) -> int:
        """Number of workloads."""
        return len(self.demand)

    @property
    def start(self) -> Ints:
        """Shape (m + 1,): where the arcs of each workload begin."""
        return np.searchsorted(self.work, np.arange(self.m + 1))

    @property
    def limited(self) -> bool:
        """Whether any capacity can bind."""
        return bool(np.isfinite(self.capacity).any())

    def only(self, arcs: Bools) -> Arcs:
        """The same tools and workloads with some of the arcs."""
        return replace(self, tool=self.tool[arcs], work=self.work[arcs], cost=self.cost[arcs])

    def best(self, kept: Bools) -> Ints:
        """Shape (m,): the cheapest arc of each workload among kept tools, -1 where there is none."""
        return self.two(kept)[0]

    def two(self, kept: Bools) -> tuple[Ints, Ints]:
        """As `best`, and the second cheapest arc."""
        arcs = np.flatnonzero(kept[self.tool])
        work = self.work[arcs]
        fresh = np.ones(len(arcs), dtype=bool)
        fresh[1:] = work[1:] != work[:-1]
        first, second = (np.full(self.m, -1, dtype=np.int64) for _ in range(2))
        first[work[fresh]] = arcs[fresh]
        follows = np.zeros(len(arcs), dtype=bool)
        follows[1:] = fresh[:-1] & ~fresh[1:]
        second[work[follows]] = arcs[follows]
        return first, second


@dataclass(frozen=True, slots=True)
class Served:
    """An answer: which tools are kept (n), and the share of its workload that each arc serves (arcs)."""

    kept: Bools
    share: Floats

    def total(self, arcs: Arcs) -> float:
        """Its cost: of the tools kept, and of serving."""
        return float(arcs.fixed[self.kept].sum() + (arcs.cost * self.share).sum())

    def faults(self, arcs: Arcs, tolerance: float = 1e-9) -> list[str]:
        """What makes the answer infeasible, none when it is feasible."""
        found = []
        served = np.bincount(arcs.work, self.share, arcs.m)
        if not (np.abs(served - 1) <= tolerance).all():  # also when a share is no number
            found.append("a workload is not served")
        if (self.share[~self.kept[arcs.tool]] > 0).any() or (arcs.kept & ~self.kept).any():
            found.append("a tool that is not kept serves")
        load = np.bincount(arcs.tool, self.share * arcs.demand[arcs.work], arcs.n)
        if (load > arcs.capacity * (1 + tolerance)).any():
            found.append("a capacity is exceeded")
        if arcs.whole and ((self.share > 0) & (self.share < 1)).any():
            found.append("a workload is shared")
        return found


def whole(arcs: Arcs, kept: Bools, chosen: Ints) -> Served:
    """The answer in which each workload is served by one arc; tools that serve nothing go unless they must stay."""
    share = np.zeros(len(arcs.tool))
    share[chosen] = 1.0
    used = np.zeros(arcs.n, dtype=bool)
    used[arcs.tool[chosen]] = True
    return Served(kept & (used | arcs.kept), share)


def arrays(problem: Problem) -> Arcs:
    """A problem in numbers; arcs of tools that must go, and of those too small for a whole workload, are left out.

    Raises:
        PlanError: A cost or a demand is so large that the solver takes it for infinite, or demands are so far apart
            that no sum can tell the small ones.
    """
    number = {each.id: n for n, each in enumerate(problem.tools)}
    count = np.array([len(each.options) for each in problem.workloads], dtype=np.int64)
    total = int(count.sum())
    tool = np.fromiter((number[t] for each in problem.workloads for t, _ in each.options), np.int64, total)
    cost = np.fromiter((c for each in problem.workloads for _, c in each.options), np.float64, total)
    work = np.repeat(np.arange(len(count)), count)
    capacity = np.array([np.inf if each.capacity is None else each.capacity for each in problem.tools])
    demand = np.array([each.demand for each in problem.workloads])
    fixed = np.array([each.annual_cost for each in problem.tools])
    _finite(fixed, lambda n: f"tool {problem.tools[n].id} costs")
    _finite(demand, lambda n: f"workload {problem.workloads[n].id} demands")
    _finite(cost, lambda n: f"workload {problem.workloads[work[n]].id} at tool {problem.tools[tool[n]].id} costs")
    if np.isfinite(capacity).any():
        _comparable(problem, demand)
    unit = _unit(max(fixed.max(initial=0.0), cost.max(initial=0.0)))
    fixed, cost = fixed / unit, cost / unit
    size = 2.0 ** np.frexp(demand.max(initial=0.0))[1]
    with np.errstate(over="ignore"):  # a capacity beyond numbers is none
        demand, capacity = demand / size, capacity / size
    stays = np.array([each.must != "retire" for each in problem.tools], dtype=bool)
    able = stays[tool] & ((capacity[tool] > 0) | (demand[work] == 0)) & (capacity[tool] >= demand[work] * _DUST)
    if not problem.split:
        able &= demand[work] <= capacity[tool]
    tool, work, cost = tool[able], work[able], cost[able]
    order = np.lexsort((tool, cost, work))
    tool, work, cost = tool[order], work[order], cost[order]
    most = np.bincount(tool, demand[work], len(stays)) if len(tool) else np.zeros(len(stays))
    return Arcs(
        fixed,
        np.where(capacity >= most * (1 + 1e-12), np.inf, capacity),
        demand,
        tool,
        work,
        cost,
        np.array([each.must == "keep" for each in problem.tools], dtype=bool),
        not problem.split,
        unit,
    )


def _unit(most: float) -> float:
    """The unit to count money in, a power of two so that no amount is rounded: 1 where costs are as usual."""
    if not most or _USUAL[0] <= most <= _USUAL[1]:
        return 1.0
    return float(2.0 ** max(-1000, int(np.frexp(most)[1]) - 20))


def _comparable(problem: Problem, demand: Floats) -> None:
    """Raises `PlanError` when the least of the demands vanishes beside the largest."""
    some = np.flatnonzero(demand)
    if not len(some):
        return
    least, most = some[demand[some].argmin()], some[demand[some].argmax()]
    if demand[least] * _APART < demand[most]:
        one, other = problem.workloads[least], problem.workloads[most]
        raise PlanError(
            f"workload {one.id} demands {one.demand:g} beside {other.demand:g} of {other.id}: too far apart to be "
            "added up in one capacity; give it 0, or state it apart"
        )


def _finite(amounts: Floats, what: Callable[[int], str]) -> None:
    beyond = np.flatnonzero(~(amounts < _ENDLESS))
    if len(beyond):
        raise PlanError(f"{what(beyond[0])} {amounts[beyond[0]]:g}, more than the solver can tell from infinite")


def independent(arcs: Arcs) -> Iterator[tuple[Arcs, Ints, Ints]]:
    """The parts of a problem that share no tool and no workload, each with the numbers of its tools and arcs.

    Tools that could serve nothing belong to no part.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = arcs.n + arcs.m
    links: Any = coo_array((np.ones(len(arcs.tool)), (arcs.tool, arcs.n + arcs.work)), shape=(size, size))
    label = connected_components(links, directed=False)[1]
    ends = label[arcs.tool]
    order = np.argsort(ends, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(ends[order])) + 1) if len(order) else []:
        tools, tool = np.unique(arcs.tool[group], return_inverse=True)
        works, work = np.unique(arcs.work[group], return_inverse=True)
        yield (
            Arcs(
                arcs.fixed[tools],
                arcs.capacity[tools],
                arcs.demand[works],
                tool,
                work,
                arcs.cost[group],
                arcs.kept[tools],
                arcs.whole,
            ),
            tools,
            group,
        )
