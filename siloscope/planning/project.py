"""A project to schedule: tasks in order, what there is of people and money in each period, milestones, detours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace


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
class Detour:
    """What it takes that `then` starts before `first`, which is among its `along`.

    It costs `once`, and `each` for every period between the two starts, and uses resources in the period in which
    `then` starts. Detours of one `bundle` are tried together.
    """

    first: str
    then: str
    once: int
    each: int
    use: Mapping[str, int] = field(default_factory=dict, hash=False)
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """Tasks, each after those it waits for, what there is of each resource, milestones and detours.

    What needs more of a resource than any period has is done alone where its limit stretches.
    Detours together cost no more than `purse`.
    """

    tasks: Sequence[Task]
    limits: Mapping[str, Limit]
    goals: Sequence[Milestone]
    detours: Sequence[Detour] = ()
    purse: int | None = None

    def cost(self, start: Mapping[str, int]) -> int:
        """The cost of all milestones, and of the detours that are taken, when tasks start at these periods."""
        return cost_of(self.tasks, self.goals, start) + self.spent(start)

    def spent(self, start: Mapping[str, int]) -> int:
        """What the detours of a schedule cost."""
        return sum(each.once + each.each * (start[each.first] - start[each.then]) for each in self.taken(start))

    def without(self, around: Iterable[Detour]) -> Sequence[Task]:
        """The tasks without the order that some detours get around."""
        pairs = {(each.first, each.then) for each in around}
        if not pairs:
            return self.tasks
        return [
            replace(each, along=[before for before in each.along if (before, each.id) not in pairs])
            for each in self.tasks
        ]

    def taken(self, start: Mapping[str, int]) -> list[Detour]:
        """The detours that a schedule takes."""
        return [each for each in self.detours if start[each.first] > start[each.then]]


def cost_of(tasks: Sequence[Task], goals: Sequence[Milestone], start: Mapping[str, int]) -> int:
    """The cost of all milestones when tasks start at these periods."""
    end = {each.id: start[each.id] + each.length for each in tasks}
    return sum(g.weight * max([g.not_before, *(end[each] for each in g.tasks)]) for g in goals)
