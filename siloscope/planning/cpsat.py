"""The schedule of a project by OR-tools' CP-SAT (the extra `waves`), from one that is known: better, or proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siloscope.planning.project import Limit, Project, Task


def proved(project: Project, start: Mapping[str, int], bound: int, effort: float) -> tuple[dict[str, int], int]:
    """CP-SAT from the schedule known: a better one if it finds one, and a bound."""
    from ortools.sat.python import cp_model

    tasks, goals = project.tasks, project.goals
    model: Any = cp_model.CpModel()
    horizon = _horizon(project)
    at = {each.id: model.new_int_var(0, horizon - each.length, each.id) for each in tasks}
    spans = {each.id: model.new_fixed_size_interval_var(at[each.id], each.length, each.id) for each in tasks}
    length = {each.id: each.length for each in tasks}
    around = {(each.first, each.then) for each in project.detours}
    for each in tasks:
        for before in each.after:
            model.add(at[each.id] >= at[before] + length[before])
        for before in each.along:
            if (before, each.id) not in around:
                model.add(at[each.id] >= at[before])
        model.add_hint(at[each.id], start[each.id])
    extra, cost = _detours(model, project, at, start, horizon)
    for r, limit in project.limits.items():
        mine = [(each, each.use[r]) for each in tasks if each.use.get(r)]
        if mine:
            _limited(model, limit, mine, at, spans, extra.get(r, ()), horizon)
    for goal in goals:
        end = model.new_int_var(goal.not_before, max(horizon, goal.not_before), f"end of {goal.id}")
        for name in goal.tasks:
            model.add(end >= at[name] + length[name])
        cost.append(goal.weight * end)
    model.add_linear_constraint(sum(cost), bound, project.cost(start))
    model.minimize(sum(cost))
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


def _horizon(project: Project) -> int:
    """No later than this all is done in some best schedule: no period needs to be idle, but for want of resources."""
    work = sum(each.length for each in project.tasks)
    return work + max((len(each.levels) for each in project.limits.values()), default=0)


def _detours(
    model: Any, project: Project, at: Mapping[str, Any], start: Mapping[str, int], horizon: int
) -> tuple[dict[str, list[tuple[Any, int]]], list[Any]]:
    """What detours use of each resource, and what they cost, when they are taken."""
    uses: dict[str, list[tuple[Any, int]]] = {}
    cost: list[Any] = []
    for each in project.detours:
        taken, span = model.new_bool_var(""), model.new_int_var(0, horizon, "")
        model.add(at[each.then] >= at[each.first]).only_enforce_if(~taken)
        model.add(span >= at[each.first] - at[each.then])
        model.add_hint(taken, start[each.first] > start[each.then])
        for r, amount in each.use.items():
            when = model.new_optional_fixed_size_interval_var(at[each.then], 1, taken, "")
            uses.setdefault(r, []).append((when, amount))
        cost += [each.once * taken, each.each * span]
    if cost and project.purse is not None:
        model.add(sum(cost) <= project.purse)
    return uses, cost


def _limited(
    model: Any,
    limit: Limit,
    mine: Sequence[tuple[Task, int]],
    at: Mapping[str, Any],
    spans: Mapping[str, Any],
    extra: Sequence[tuple[Any, int]],
    horizon: int,
) -> None:
    """Tasks and what they use, within the levels of a limit: what a period lacks to the highest is taken up in it.

    `extra` are further intervals and what they use.
    """
    most, last = max(limit.levels), len(limit.levels) - 1
    taken = [*extra]
    taken += [
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
