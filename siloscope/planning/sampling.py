"""Good schedules without a solver: priority rules, detours that pay, and seeded disturbances of the best known."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from siloscope.planning.project import Detour, Limit, Milestone, NoRoomError, Project, Task

Ranks = Mapping[str, tuple[float, float]]
# So many sets of detours are tried.
_BUNDLES = 60


def sampled(project: Project) -> dict[str, int]:
    """When each task starts, in the best schedule of a few rules and of seeded disturbances of the best.

    Raises:
        NoRoomError: No rule finds an order in which every task has a period with enough of what it needs.
    """
    found = [each for rule in _rules(project) if (each := serial(project, rule))]
    if not found:
        raise NoRoomError(", ".join(key for key, count in _choosy(project).items() if count))
    best, around = _with_detours(project, min(found, key=project.cost))
    return _disturbed(project, best, around)


def _rules(project: Project, around: Iterable[Detour] = ()) -> list[Ranks]:
    """What comes first: what pays most, what most waits for, what only early periods have enough for."""
    tasks = project.without(around)
    tail, worth, choosy = _tails(tasks), _worth(tasks, project.goals), _choosy(project)
    return [
        {each.id: (-worth[each.id], -tail[each.id]) for each in tasks},
        {each.id: (-tail[each.id], -worth[each.id]) for each in tasks},
        {each.id: (-float(choosy[each.id]), -worth[each.id]) for each in tasks},
    ]


def _choosy(project: Project) -> dict[str, int]:
    """Of how many resources late periods never have enough for each task."""
    limits = project.limits
    return {each.id: sum(limits[r].never(n, 10**9) for r, n in each.use.items()) for each in project.tasks}


def _with_detours(project: Project, best: dict[str, int]) -> tuple[dict[str, int], frozenset[Detour]]:
    """The schedule with those bundles of detours, one after the other, that make it cheaper."""
    bundles: dict[str, list[Detour]] = defaultdict(list)
    for each in project.detours:
        bundles[each.bundle].append(each)
    around: frozenset[Detour] = frozenset()
    for _, bundle in sorted(bundles.items())[:_BUNDLES]:
        wider = around.union(bundle)
        orders = [*_rules(project, wider), {key: (float(at), 0.0) for key, at in best.items()}]
        for other in (serial(project, order, wider) for order in orders):
            if other and project.cost(other) < project.cost(best):
                best, around = other, wider
    return best, around


def _disturbed(project: Project, best: dict[str, int], around: frozenset[Detour]) -> dict[str, int]:
    draw = random.Random(7)  # noqa: S311 - a fixed seed: the same schedule every time
    cost = project.cost(best)
    for number in range(min(300, 20_000 // (len(project.tasks) + 1))):
        wide = (2, 8, 25)[number % 3]  # small steps mostly, and now and then a jump
        order = {key: (at + draw.random() * wide, 0.0) for key, at in best.items()}
        other = _justified(project, serial(project, order, around) or best)
        if (less := project.cost(other)) <= cost:
            best, cost = other, less
    return best


def _justified(project: Project, start: Mapping[str, int]) -> dict[str, int]:
    """The schedule pushed together from the right, then from the left (Valls, Ballestin and Quintanilla 2005)."""
    tasks = project.tasks
    if any(each.along for each in tasks) or any(len(each.levels) > 1 for each in project.limits.values()):
        return dict(start)
    then: dict[str, list[str]] = {each.id: [] for each in tasks}
    for each in tasks:
        for before in each.after:
            then[before].append(each.id)
    back = Project(
        [Task(each.id, each.length, each.use, then[each.id]) for each in reversed(tasks)], project.limits, project.goals
    )
    late = serial(back, {each.id: (-float(start[each.id] + each.length), 0.0) for each in tasks})
    end = max(late[each.id] + each.length for each in tasks)
    return serial(project, {each.id: (float(end - late[each.id] - each.length), 0.0) for each in tasks})


def serial(project: Project, rank: Ranks, around: frozenset[Detour] = frozenset()) -> dict[str, int]:
    """Each task as early as order and limits allow, the one of the lowest rank among the ready ones first.

    Detours of `around` may be taken. Nothing when a task finds no period left that has enough for it, or the detours
    cost more than there is.
    """
    limits = project.limits
    by_id = {each.id: each for each in project.tasks}
    passes: dict[str, list[Detour]] = defaultdict(list)
    for detour in around:
        passes[detour.then].append(detour)
    along = {each.id: each.along for each in project.without(around)}
    waits = {each.id: len(each.after) + len(along[each.id]) for each in project.tasks}
    then: dict[str, list[str]] = {each.id: [] for each in project.tasks}
    for each in project.tasks:
        for before in (*each.after, *along[each.id]):
            then[before].append(each.id)
    free: dict[tuple[str, int], int] = {}
    start: dict[str, int] = {}
    ready = [(*rank[each.id], each.id) for each in project.tasks if not waits[each.id]]
    heapq.heapify(ready)
    while ready:
        task = by_id[heapq.heappop(ready)[-1]]
        at = max([0, *(start[b] + by_id[b].length for b in task.after), *(start[b] for b in along[task.id])])
        while True:
            extra = [d for d in passes[task.id] if start.get(d.first, at + 1) > at]
            clash = next(
                (
                    time
                    for time in range(at + task.length - 1, at - 1, -1)
                    if _full(task, time, limits, free, extra if time == at else ())
                ),
                None,
            )
            if clash is None:
                break
            at = clash + 1
            if _never(task, [each for each in extra if each.first not in start], limits, at):
                return {}
        start[task.id] = at
        for time in range(at, at + task.length):
            for r, amount in _uses(task, extra if time == at else (), limits, time).items():
                free[r, time] = free.get((r, time), limits[r].at(time)) - amount
        for other in then[task.id]:
            waits[other] -= 1
            if not waits[other]:
                heapq.heappush(ready, (*rank[other], other))
    return start if project.purse is None or project.spent(start) <= project.purse else {}


def _uses(task: Task, extra: Sequence[Detour], limits: Mapping[str, Limit], time: int) -> dict[str, int]:
    """What a task takes of each resource in a period, with the detours it then takes."""
    uses = {r: limits[r].need(amount, time) for r, amount in task.use.items()}
    for each in extra:
        for r, amount in each.use.items():
            uses[r] = uses.get(r, 0) + amount
    return uses


def _never(task: Task, extra: Sequence[Detour], limits: Mapping[str, Limit], time: int) -> bool:
    """Whether no period from this one on has enough."""
    uses = _uses(task, extra, limits, time)
    return any(time >= len(limits[r].levels) - 1 and amount > limits[r].at(time) for r, amount in uses.items())


def _full(
    task: Task, time: int, limits: Mapping[str, Limit], free: Mapping[tuple[str, int], int], extra: Sequence[Detour]
) -> bool:
    """Whether a period has too little left for a task."""
    if extra:
        uses = _uses(task, extra, limits, time)
        return any(amount and free.get((r, time), limits[r].at(time)) < amount for r, amount in uses.items())
    for r, amount in task.use.items():  # nearly always, and hundreds of thousands of times
        limit = limits[r]
        if amount and free.get((r, time), limit.at(time)) < limit.need(amount, time):
            return True
    return False


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
