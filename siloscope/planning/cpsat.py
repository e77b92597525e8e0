"""The schedule of a project by OR-tools' CP-SAT (the extra `waves`), from one that is known: better, or proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siloscope.planning.project import Limit, Milestone, Task


def proved(
    tasks: Sequence[Task],
    limits: Mapping[str, Limit],
    goals: Sequence[Milestone],
    start: Mapping[str, int],
    bound: int,
    effort: float,
) -> tuple[dict[str, int], int]:
    """CP-SAT from the schedule known: a better one if it finds one, and a bound."""
    from ortools.sat.python import cp_model

    model: Any = cp_model.CpModel()
    horizon = max([start[each.id] + each.length for each in tasks] + [g.not_before for g in goals])
    at = {each.id: model.new_int_var(0, horizon - each.length, each.id) for each in tasks}
    spans = {each.id: model.new_fixed_size_interval_var(at[each.id], each.length, each.id) for each in tasks}
    length = {each.id: each.length for each in tasks}
    for each in tasks:
        for before in each.after:
            model.add(at[each.id] >= at[before] + length[before])
        for before in each.along:
            model.add(at[each.id] >= at[before])
        model.add_hint(at[each.id], start[each.id])
    for r, limit in limits.items():
        if any(each.use.get(r) for each in tasks):
            _limited(model, limit, [(each, each.use[r]) for each in tasks if each.use.get(r)], at, spans, horizon)
    ends = []
    for goal in goals:
        end = model.new_int_var(goal.not_before, horizon, f"end of {goal.id}")
        for name in goal.tasks:
            model.add(end >= at[name] + length[name])
        ends.append(end)
    cost = sum(g.weight * end for g, end in zip(goals, ends, strict=True))
    model.add(cost >= bound)
    model.minimize(cost)
    solver: Any = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 7
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return dict(start), max(bound, round(solver.best_objective_bound))
    return {key: int(solver.value(var)) for key, var in at.items()}, max(
        bound, int(-(-solver.best_objective_bound // 1))
    )


def _limited(
    model: Any,
    limit: Limit,
    mine: Sequence[tuple[Task, int]],
    at: Mapping[str, Any],
    spans: Mapping[str, Any],
    horizon: int,
) -> None:
    """Tasks and what they use, within the levels of a limit: what a period lacks to the highest is taken up in it."""
    most, last = max(limit.levels), len(limit.levels) - 1
    taken = [
        (model.new_fixed_size_interval_var(time, 1, ""), most - level)
        for time, level in enumerate(limit.levels[:-1])
        if level < most and time < horizon
    ]
    if horizon > last and limit.levels[-1] < most:
        taken.append((model.new_fixed_size_interval_var(last, horizon - last, ""), most - limit.levels[-1]))
    for task, amount in mine:
        needs = {limit.need(amount, time) for time in range(last + 1)}
        if len(needs) == 1:
            taken.append((spans[task.id], needs.pop()))
        else:
            taken += _stretched(model, limit, task, amount, at[task.id], horizon)
    model.add_cumulative([each for each, _ in taken], [amount for _, amount in taken], most)


def _stretched(model: Any, limit: Limit, task: Task, amount: int, at: Any, horizon: int) -> Iterator[tuple[Any, int]]:
    """A task that takes all of some periods: what it takes of each, by when it starts."""
    last = len(limit.levels) - 1
    starts = [model.new_bool_var("") for _ in range(min(last, horizon - task.length + 1))]
    for time, then in enumerate(starts):
        model.add(at == time).only_enforce_if(then)
        for each in range(time, time + task.length):
            yield model.new_optional_fixed_size_interval_var(each, 1, then, ""), limit.need(amount, each)
    if horizon - task.length >= last:
        later, begin = model.new_bool_var(""), model.new_int_var(last, horizon - task.length, "")
        model.add(at == begin).only_enforce_if(later)
        yield model.new_optional_fixed_size_interval_var(begin, task.length, later, ""), limit.need(amount, last)
        starts.append(later)
    model.add_exactly_one(starts)
