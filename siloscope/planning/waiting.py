"""What holds the tasks of a timetable up: what they wait for, or what the periods before have too little of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from siloscope.planning.project import Limit, Project, Task


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a task does not start before period `start`, which is not the first.

    `along` are the tasks it waits for that leave it no earlier period; else `lacks` tells of each resource the period
    before has too little of what that has left, and what the task would take. Neither: it could start earlier.
    """

    start: int
    along: Sequence[str]
    lacks: Mapping[str, tuple[int, int]]


def held_up(project: Project, start: Mapping[str, int]) -> dict[str, Hold]:
    """The hold of each task that does not start at once."""
    tasks, limits = project.tasks, project.limits
    by_id = {each.id: each for each in tasks}
    used: Counter[tuple[str, int]] = Counter()
    for each in tasks:
        for time in range(start[each.id], start[each.id] + each.length):
            for r, amount in each.use.items():
                used[r, time] += limits[r].need(amount, time)
    for detour in project.taken(start):
        for r, amount in detour.use.items():
            used[r, start[detour.then]] += amount
    holds = {}
    for each in tasks:
        at = start[each.id]
        if not at:
            continue
        ready = {b: start[b] for b in each.along} | {b: start[b] + by_id[b].length for b in each.after}
        binding = [b for b, first in ready.items() if first == at]
        holds[each.id] = Hold(at, binding, {} if binding else _lacking(each, at - 1, at, limits, used))
    return holds


def _lacking(
    task: Task, time: int, start: int, limits: Mapping[str, Limit], used: Mapping[tuple[str, int], int]
) -> dict[str, tuple[int, int]]:
    """Of each resource of which a start at `time` would find too little: what is left, what it would take."""
    found = {}
    for r, amount in task.use.items():
        for period in range(time, time + task.length):
            need = limits[r].need(amount, period)
            mine = limits[r].need(amount, period) if start <= period < start + task.length else 0
            left = limits[r].at(period) - used[r, period] + mine
            if left < need:
                found[r] = (left, need)
    return found
