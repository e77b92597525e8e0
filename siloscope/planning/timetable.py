"""Scheduling under limited people: as much at a time as can be done, what pays most first.

A good schedule comes from priority rules and seeded sampling; with the extra `waves` (OR-tools) CP-SAT improves it
and proves how good it is. Effort is limited in deterministic time, so that the answer does not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from siloscope.planning.project import Project
from siloscope.planning.sampling import sampled, serial


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


def timetable(project: Project, *, effort: float = 5.0, prove: bool = True) -> Timetable:
    """The best schedule found; `effort` is in seconds of the solver's own deterministic clock.

    Raises:
        NoRoomError: No order was found in which every task has a period with enough of what it needs.
    """
    start = sampled(project)
    cost, bound = project.cost(start), _least(project)
    if cost > bound and prove and find_spec("ortools"):
        from siloscope.planning.cpsat import proved

        start, bound = proved(project, start, bound, effort)
        # The solver leaves tasks late that no milestone waits for; as early as can be is what people expect.
        order = {key: (float(at), 0.0) for key, at in start.items()}
        early = serial(project, order, frozenset(project.taken(start))) or start
        start = min((early, start), key=project.cost)
        cost = project.cost(start)
    return Timetable(start, cost, bound, "optimal" if cost <= bound else "feasible")


def _least(project: Project) -> int:
    """A bound: each milestone no sooner than its longest chain; together no sooner than in Smith's order."""
    tasks, goals = project.without(project.detours), project.goals
    head: dict[str, int] = {}
    length = {each.id: each.length for each in tasks}
    for each in tasks:
        ready = [head[b] + length[b] for b in each.after] + [head[b] for b in each.along]
        head[each.id] = max([0, *ready])
    chain = {g.id: max([g.not_before, *(head[each] + length[each] for each in g.tasks)]) for g in goals}
    best = sum(g.weight * chain[g.id] for g in goals)
    use = {each.id: each for each in tasks}
    for r, limit in project.limits.items():
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
