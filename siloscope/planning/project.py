"""Scheduling under limited people: tasks in order, as much at a time as can be done, what pays most first.

A good schedule comes from priority rules and seeded sampling; with the extra `waves` (OR-tools) CP-SAT improves it
and proves how good it is. Effort is limited in deterministic time, so that the answer does not depend on the machine.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: periods it takes, what it uses of each resource meanwhile, and what it waits for.

    It starts when every task of `after` has ended, and not before any of `along` has started.
    """

    id: str
    length: int
    use: Mapping[str, int] = field(default_factory=dict)
    after: Sequence[str] = ()
    along: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of a resource there is in each period; the last of `levels` holds from then on.

    A task that needs more than a period has takes all of it then (`stretches`: people work on it for longer), or has to
    wait for a period that has enough.
    """

    levels: Sequence[int]
    stretches: bool = True

    def at(self, time: int) -> int:
        """What there is in a period."""
        return self.levels[min(time, len(self.levels) - 1)]

    def need(self, amount: int, time: int) -> int:
        """What a task of this amount takes of a period."""
        level = self.at(time)
        return min(amount, level) if self.stretches and level else amount

    def least(self, amount: int) -> int:
        """What it takes at least, whenever it is done."""
        return min(self.need(amount, time) for time in range(len(self.levels)))

    def never(self, amount: int, time: int) -> bool:
        """Whether no period from this one on has enough."""
        return time >= len(self.levels) - 1 and self.need(amount, time) > self.at(time)


class NoRoomError(Exception):
    """No order was found in which every task has what it needs; names those for which only early periods have."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """Reached when all its tasks have ended, and not before a period; each period until then costs `weight`."""

    id: str
    tasks: Sequence[str]
    weight: int = 1
    not_before: int = 0


@dataclass(frozen=True, slots=True)
class Timetable:
    """When each task starts, the cost of all milestones, a lower bound on it, and "optimal" or "feasible"."""

    start: Mapping[str, int]
    cost: int
    bound: int
    status: str

    @property
    def gap(self) -> float:
        """How far from optimal the timetable can be at most, as a share of its cost."""
        return (self.cost - self.bound) / self.cost if self.cost else 0.0


def timetable(
    tasks: Sequence[Task],
    given: Mapping[str, int | Limit],
    goals: Sequence[Milestone],
    *,
    effort: float = 5.0,
    prove: bool = True,
) -> Timetable:
    """The best schedule found; `effort` is in seconds of the solver's own deterministic clock.

    A limit that is a number is one for all periods, and what needs more of it is done alone. Tasks come in an order in
    which each stands after those it waits for.

    Raises:
        NoRoomError: No order was found in which every task has a period with enough of what it needs.
    """
    limits = {key: each if isinstance(each, Limit) else Limit((each,)) for key, each in given.items()}
    start = _sampled(tasks, limits, goals)
    cost, bound = cost_of(tasks, goals, start), _least(tasks, limits, goals)
    if cost > bound and prove and find_spec("ortools"):
        from siloscope.planning.cpsat import proved

        start, bound = proved(tasks, limits, goals, start, bound, effort)
        # The solver leaves tasks late that no milestone waits for; as early as can be is what people expect.
        early = _serial(tasks, limits, {key: (float(at), 0.0) for key, at in start.items()}) or start
        start = min((early, start), key=lambda each: cost_of(tasks, goals, each))
        cost = cost_of(tasks, goals, start)
    return Timetable(start, cost, bound, "optimal" if cost <= bound else "feasible")


def cost_of(tasks: Sequence[Task], goals: Sequence[Milestone], start: Mapping[str, int]) -> int:
    """The cost of all milestones when tasks start at these periods."""
    end = {each.id: start[each.id] + each.length for each in tasks}
    return sum(g.weight * max([g.not_before, *(end[each] for each in g.tasks)]) for g in goals)


def _sampled(tasks: Sequence[Task], limits: Mapping[str, Limit], goals: Sequence[Milestone]) -> dict[str, int]:
    """The best of a few priority rules and of seeded disturbances of the best."""
    draw = random.Random(7)  # noqa: S311 - a fixed seed: the same schedule every time
    tail = _tails(tasks)
    worth = _worth(tasks, goals)
    rules: list[Mapping[str, tuple[float, float]]] = [
        {each.id: (-worth[each.id], -tail[each.id]) for each in tasks},
        {each.id: (-tail[each.id], -worth[each.id]) for each in tasks},
    ]
    first = {each.id: sum(limits[r].never(amount, 10**9) for r, amount in each.use.items()) for each in tasks}
    rules.append({each.id: (-first[each.id], -worth[each.id]) for each in tasks})
    found = [each for rule in rules if (each := _serial(tasks, limits, rule))]
    if not found:
        raise NoRoomError(", ".join(key for key, count in first.items() if count))
    best = min(found, key=lambda s: cost_of(tasks, goals, s))
    cost = cost_of(tasks, goals, best)
    for number in range(min(300, 20_000 // (len(tasks) + 1))):
        wide = (2, 8, 25)[number % 3]  # small steps mostly, and now and then a jump
        order = {key: (at + draw.random() * wide, 0.0) for key, at in best.items()}
        other = _justified(tasks, limits, _serial(tasks, limits, order) or best)
        if (less := cost_of(tasks, goals, other)) <= cost:
            best, cost = other, less
    return best


def _justified(tasks: Sequence[Task], limits: Mapping[str, Limit], start: Mapping[str, int]) -> dict[str, int]:
    """The schedule pushed together from the right, then from the left (Valls, Ballestin and Quintanilla 2005)."""
    if any(each.along for each in tasks) or any(len(each.levels) > 1 for each in limits.values()):
        return dict(start)
    then: dict[str, list[str]] = {each.id: [] for each in tasks}
    for each in tasks:
        for before in each.after:
            then[before].append(each.id)
    back = [Task(each.id, each.length, each.use, then[each.id]) for each in reversed(tasks)]
    late = _serial(back, limits, {each.id: (-float(start[each.id] + each.length), 0.0) for each in tasks})
    end = max(late[each.id] + each.length for each in tasks)
    return _serial(tasks, limits, {each.id: (float(end - late[each.id] - each.length), 0.0) for each in tasks})


def _serial(
    tasks: Sequence[Task], limits: Mapping[str, Limit], rank: Mapping[str, tuple[float, float]]
) -> dict[str, int]:
    """Each task as early as order and limits allow, the one of the lowest rank among the ready ones first.

    Nothing when a task finds no period left that has enough for it.
    """
    import heapq

    by_id = {each.id: each for each in tasks}
    waits = {each.id: len(each.after) + len(each.along) for each in tasks}
    then: dict[str, list[str]] = {each.id: [] for each in tasks}
    for each in tasks:
        for before in (*each.after, *each.along):
            then[before].append(each.id)
    free: dict[tuple[str, int], int] = {}
    start: dict[str, int] = {}
    ready = [(*rank[each.id], each.id) for each in tasks if not waits[each.id]]
    heapq.heapify(ready)
    while ready:
        task = by_id[heapq.heappop(ready)[-1]]
        at = max([0, *(start[b] + by_id[b].length for b in task.after), *(start[b] for b in task.along)])
        while True:
            clash = next(
                (time for time in range(at + task.length - 1, at - 1, -1) if _full(task, time, limits, free)), None
            )
            if clash is None:
                break
            at = clash + 1
            if any(limits[r].never(amount, at) for r, amount in task.use.items()):
                return {}
        start[task.id] = at
        for time in range(at, at + task.length):
            for r, amount in task.use.items():
                free[r, time] = free.get((r, time), limits[r].at(time)) - limits[r].need(amount, time)
        for other in then[task.id]:
            waits[other] -= 1
            if not waits[other]:
                heapq.heappush(ready, (*rank[other], other))
    return start


def _full(task: Task, time: int, limits: Mapping[str, Limit], free: Mapping[tuple[str, int], int]) -> bool:
    """Whether a period has too little left for a task."""
    return any(
        free.get((r, time), limits[r].at(time)) < limits[r].need(amount, time)
        for r, amount in task.use.items()
        if amount
    )


def _tails(tasks: Sequence[Task]) -> dict[str, int]:
    """Periods from the start of each task to the end of all that wait for it."""
    length = {each.id: each.length for each in tasks}
    tail = dict(length)
    for each in reversed(tasks):
        for before in each.after:
            tail[before] = max(tail[before], length[before] + tail[each.id])
        for before in each.along:
            tail[before] = max(tail[before], tail[each.id])
    return tail


def _worth(tasks: Sequence[Task], goals: Sequence[Milestone]) -> dict[str, float]:
    """What a task brings for what it takes: the weight of its milestones by their work; passed to what it waits for."""
    work = {each.id: sum(each.use.values()) * each.length for each in tasks}
    worth = dict.fromkeys(work, 0.0)
    for goal in goals:
        ratio = goal.weight / max(1, sum(work[each] for each in goal.tasks)) / (1 + goal.not_before)
        for name in goal.tasks:
            worth[name] = max(worth[name], ratio)
    for each in reversed(tasks):
        for before in (*each.after, *each.along):
            worth[before] = max(worth[before], worth[each.id])
    return worth


def _least(tasks: Sequence[Task], limits: Mapping[str, Limit], goals: Sequence[Milestone]) -> int:
    """A bound: each milestone no sooner than its longest chain; together no sooner than in Smith's order."""
    head: dict[str, int] = {}
    length = {each.id: each.length for each in tasks}
    for each in tasks:
        ready = [head[b] + length[b] for b in each.after] + [head[b] for b in each.along]
        head[each.id] = max([0, *ready])
    chain = {g.id: max([g.not_before, *(head[each] + length[each] for each in g.tasks)]) for g in goals}
    best = sum(g.weight * chain[g.id] for g in goals)
    use = {each.id: each for each in tasks}
    for r, limit in limits.items():
        done: set[str] = set()
        work = []
        for goal in goals:  # work that several milestones share counts for the first
            mine = set(goal.tasks) - done
            done |= mine
            work.append((sum(limit.least(use[each].use.get(r, 0)) * use[each].length for each in mine), goal.weight))
        total, cost = 0, 0.0
        for amount, weight in sorted(work, key=lambda each: each[0] / max(each[1], 1e-9)):
            total += amount
            cost += weight * total / max(1, *limit.levels)
        best = max(best, -int(-cost + 1e-6))
    return best
