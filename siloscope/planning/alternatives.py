"""Plans under further limits: within a budget, other than those already known, with or without one rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from siloscope.errors import PlanError
from siloscope.planning.arcs import Arcs, arrays
from siloscope.planning.milp import Rows, run, strong
from siloscope.planning.problem import Problem
from siloscope.planning.solve import Answer, InfeasibleError, solve


@dataclass(frozen=True, slots=True)
class Limit:
    """`sum of kept tools' weights + sum of (workload, tool) weights <= most`; what is not named weighs nothing."""

    most: float
    tools: Mapping[str, float] = field(default_factory=dict)
    arcs: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def holds(self, answer: Answer) -> bool:
        """Whether an answer keeps to it."""
        load = math.fsum(self.tools.get(each, 0.0) for each in answer.kept)
        load += math.fsum(self.arcs.get((w, t), 0.0) * share for w, t, share in answer.shares)
        return load <= self.most + 1e-6


def other_than(problem: Problem, answer: Answer) -> Limit:
    """At least one tool is kept that `answer` lets go, or the other way round."""
    weight = {each.id: 1.0 if each.id in answer.kept else -1.0 for each in problem.tools}
    return Limit(len(answer.kept) - 1, weight)


def solve_within(problem: Problem, limits: Sequence[Limit], seconds: float) -> Answer:
    """The cheapest answer that keeps to all limits.

    Raises:
        InfeasibleError: There is none.
        PlanError: The time was over before any was found.
    """
    if not limits:
        return solve(problem, seconds)
    arcs = arrays(problem)
    if (np.bincount(arcs.work, minlength=arcs.m) == 0).any():
        raise InfeasibleError
    found = run(_limited(problem, arcs, limits), seconds)
    if found.status == "infeasible":
        raise InfeasibleError
    if found.x is None:
        raise PlanError("no plan was found within the time limit, nor that there is none; give it more (--time-limit)")
    kept = found.x[: arcs.n] > 0.5
    share = np.round(found.x[arcs.n :])
    names, works = [each.id for each in problem.tools], [each.id for each in problem.workloads]
    objective = math.fsum([*arcs.fixed[kept], *arcs.cost[share > 0]])
    proven = found.status == "optimal" or objective - found.bound <= 1e-9 * (1 + abs(objective))
    return Answer(
        frozenset(names[n] for n in np.flatnonzero(kept)),
        tuple((works[arcs.work[a]], names[arcs.tool[a]], 1.0) for a in np.flatnonzero(share)),
        objective * arcs.unit,
        (objective if proven else min(found.bound, objective)) * arcs.unit,
        "optimal" if proven else "feasible",
        1,
    )


def _limited(problem: Problem, arcs: Arcs, limits: Sequence[Limit]) -> Rows:
    """The strong formulation with a row for each limit; every share is whole, since limits can make sharing pay."""
    model = strong(arcs, arcs.kept)
    names, works = [each.id for each in problem.tools], [each.id for each in problem.workloads]
    rows, columns, values, high = [model.row], [model.column], [model.value], [model.high]
    for number, limit in enumerate(limits):
        weight = np.array(
            [limit.tools.get(each, 0.0) for each in names]
            + [limit.arcs.get((works[w], names[t]), 0.0) for w, t in zip(arcs.work, arcs.tool, strict=True)]
        )
        scale = max(float(np.abs(weight).max(initial=0.0)), 1e-9)
        at = np.flatnonzero(weight)
        rows.append(np.full(len(at), len(model.low) + number))
        columns.append(at)
        values.append(weight[at] / scale)
        high.append(np.full(1, limit.most / scale))
    return replace(
        model,
        row=np.concatenate(rows),
        column=np.concatenate(columns),
        value=np.concatenate(values),
        low=np.r_[model.low, np.full(len(limits), -np.inf)],
        high=np.concatenate(high),
        binary=arcs.n + len(arcs.tool),
    )


def k_best(problem: Problem, limits: Sequence[Limit], first: Answer, count: int, seconds: float) -> list[Answer]:
    """The next best answers after `first` that keep other tools, at most `count`, the best first."""
    known = [first]
    while len(known) <= count:
        others = [other_than(problem, each) for each in known]
        try:
            known.append(solve_within(problem, [*limits, *others], seconds))
        except InfeasibleError:
            break
    return known[1:]


def price_of(
    problem: Problem, limits: Sequence[Limit], answer: Answer, tool: str, must: str | None, seconds: float
) -> float | None:
    """What a plan costs more (or less) with another rule for one tool; None when there is none then."""
    tools = [replace(each, must=must) if each.id == tool else each for each in problem.tools]
    try:
        return solve_within(replace(problem, tools=tools), limits, seconds).objective - answer.objective
    except InfeasibleError:
        return None
