"""Why a problem has no answer: the smallest set of its rules that contradict each other, in words.

Even if workloads could be shared, some of them may need more than all tools that may serve them hold; the fewest
such workloads and limits are found by a small integer program. If sharing would save it, workloads and limits are
left out as long as what remains still has no answer, and smaller sets are tried where there are few.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from siloscope.errors import PlanError
from siloscope.planning.arcs import arrays
from siloscope.planning.capacity import transport
from siloscope.planning.milp import Rows, run, strong
from siloscope.planning.problem import Choice, Problem, Workload
from siloscope.planning.smallest import headline, smallest


def explain(problem: Problem, seconds: float = 60.0) -> str:
    """The conflict of a problem that has no answer, as lines of text, the first of which counts the rules."""
    serves, limits, proven = _crowded(problem, seconds) or _packed(problem, seconds)
    return "\n  ".join([headline(proven), *serves, *limits])


def _crowded(problem: Problem, seconds: float) -> tuple[list[str], list[str], bool] | None:
    """Workloads that need more than the tools that may serve them hold, as few rules as can be; None if none do."""
    tools = {each.id: n for n, each in enumerate(problem.tools)}
    hold = np.array(
        [0.0 if t.must == "retire" else np.inf if t.capacity is None else t.capacity for t in problem.tools]
    )
    demand = np.array([each.demand for each in problem.workloads])
    gone = np.array([each.must == "retire" for each in problem.tools])
    options = [[tools[t] for t, _ in each.options] for each in problem.workloads]
    alone = [
        n
        for n, (each, mine) in enumerate(zip(problem.workloads, options, strict=True))
        if all(gone[t] or (not problem.split and each.demand > hold[t]) for t in mine)
    ]
    if alone:  # one workload that nothing can serve, whatever it needs
        first = min(alone, key=lambda n: (len(problem.workloads[n].options), n))
        return _told(problem, [first], [tools[t] for t, _ in problem.workloads[first].options])
    open_ = [n for n, mine in enumerate(options) if not any(np.isinf(hold[t]) for t in mine) and demand[n] > 0]
    if not open_:
        return None
    place = {n: k for k, n in enumerate(open_)}
    pairs = [(place[n], t) for n in open_ for t in options[n]]
    w, n, a = len(open_), len(problem.tools), len(pairs)
    finite = np.minimum(hold, demand.sum())
    # What exceeds by less than a ten-thousandth of the least demand is not looked for.
    unit = float(demand[open_].min())
    model = Rows(
        cost=np.ones(w + n),
        constant=0.0,
        row=np.r_[np.repeat(np.arange(a), 2), np.full(w + n, a)],
        column=np.r_[np.array([(w + t, k) for k, t in pairs]).ravel(), np.arange(w + n)],
        value=np.r_[np.tile([1.0, -1.0], a), demand[open_] / unit, -finite / unit],
        low=np.r_[np.zeros(a), 1e-4],
        high=np.full(a + 1, np.inf),
        binary=w + n,
        fixed=np.zeros(w + n, dtype=bool),
    )
    found = run(model, seconds)
    if found.x is None:
        return None
    chosen = [open_[k] for k in np.flatnonzero(found.x[:w] > 0.5)]
    limits = np.flatnonzero(found.x[w:] > 0.5).tolist()
    if demand[chosen].sum() <= finite[limits].sum():
        return None
    return *_told(problem, chosen, limits)[:2], found.status == "optimal"


def _told(problem: Problem, workloads: Sequence[int], tools: Collection[int]) -> tuple[list[str], list[str], bool]:
    """The rules of some workloads and tools as sentences."""
    some = [problem.workloads[n] for n in workloads]
    if len(some) == 1:
        names = ", ".join(t for t, _ in some[0].options)
        serves = [f"workload {some[0].id} must be served" + (f", by one of {names}" if names else ": it has no option")]
    else:
        need = sum(each.demand for each in some)
        served = ", ".join(f"{each.id} ({each.demand:g})" for each in some[:40])
        more = f" and {len(some) - 40} more" if len(some) > 40 else ""
        serves = [f"workload {served}{more} must be served: together {need:g}"]
    least = min((each.demand for each in some), default=0.0)
    limits = [_limit(problem.tools[t], least) for t in sorted(tools)]
    return serves, limits, True


def _limit(tool: Choice, least: float) -> str:
    if tool.must == "retire":
        return f"tool {tool.id} must be retired"
    short = f", less than the {least:g} that is needed" if tool.capacity is not None and tool.capacity < least else ""
    return f"tool {tool.id} has a capacity of {tool.capacity:g}{short}"


def _packed(problem: Problem, seconds: float) -> tuple[list[str], list[str], bool]:
    """Whole workloads that do not fit although their parts would."""

    def impossible(rules: Sequence[Workload | Choice]) -> bool:
        held = {each.id for each in rules if isinstance(each, Choice)}
        tools = [each if each.id in held else replace(each, capacity=None, must=None) for each in problem.tools]
        arcs = arrays(Problem(tools, [each for each in rules if isinstance(each, Workload)], split=False))
        if (np.bincount(arcs.work, minlength=arcs.m) == 0).any():
            return True
        if not arcs.limited:
            return False
        if transport(replace(arcs, whole=False), np.ones(arcs.n, dtype=bool), seconds) is None:
            return True
        found = run(strong(arcs, arcs.kept), seconds)
        if found.status == "time":
            raise PlanError("no plan is possible; which rules contradict each other was not found in time")
        return found.status == "infeasible"

    limits = [each for each in problem.tools if each.capacity is not None or each.must == "retire"]
    # Small ones are left out first, so that few large ones remain.
    works = sorted(problem.workloads, key=lambda each: -each.demand)
    rules: list[Workload | Choice] = [*limits, *works]
    chosen, proven = smallest(rules, impossible)
    workload = {each.id: n for n, each in enumerate(problem.workloads)}
    tool = {each.id: n for n, each in enumerate(problem.tools)}
    serves, told, _ = _told(
        problem,
        sorted(workload[each.id] for each in chosen if isinstance(each, Workload)),
        sorted(tool[each.id] for each in chosen if isinstance(each, Choice)),
    )
    return serves, [*told, "no workload may be shared between tools (split is false)"], proven
