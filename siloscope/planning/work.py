"""Moves and tools that go as a project to schedule, and what holds them up in words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from siloscope.graph.view import Graph
from siloscope.planning.assumptions import Assumptions
from siloscope.planning.moves import Bridge, Leaving, Move, dependencies
from siloscope.planning.project import Detour, Limit, Milestone, Project, Task
from siloscope.planning.waiting import Hold, held_up

CENT = 100
# Between the name of a task and the number of a part of it.
_PART = " part "
_MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Work:
    """Moves and tools that go as a project: a task for each group of moves, and one for switching off each tool.

    `pairs` are the dependencies among what moves, (needed, needing).
    """

    pairs: Collection[tuple[str, str]]
    groups: Sequence[Sequence[Move]]
    group_of: Mapping[str, int]
    leaving: Sequence[Leaving]
    project: Project

    @classmethod
    def of(
        cls,
        graph: Graph,
        moves: Sequence[Move],
        leaving: Sequence[Leaving],
        assume: Assumptions,
        spare: float | None,
    ) -> Work:
        """The project of some moves and tools; as `waves.schedule`."""
        pairs = dependencies(graph, {each.asset for each in moves})
        groups = _ordered(moves, pairs)
        group_of = {each.asset: n for n, group in enumerate(groups) for each in group}
        ways = Counter((group_of[needed], group_of[needing]) for needed, needing in pairs)
        ways = Counter({(first, then): count for (first, then), count in ways.items() if first != then})
        before = _needs(ways)
        paid = bool(assume.periods.budget)
        days = [cents(each) for each in assume.days_per_wave]
        limits = {"days": Limit([*days[:-1], max(1, days[-1])])}
        most = min(each for each in limits["days"].levels if each)
        tasks: list[Task] = []
        for n, group in enumerate(groups):
            tasks += _pieces(str(n), sum(cents(each.effort_days) for each in group), most, [str(b) for b in before[n]])
        goals = []
        for each in leaving:
            mine = sorted({group_of[move.asset] for move in moves if move.origin == each.tool})
            *early, last = _pieces(off(each.tool), cents(each.days), most)
            money = {"money": cents(each.once)} if paid else {}
            last = replace(last, use={**last.use, **money}, along=[*last.along, *(str(n) for n in mine)])
            tasks += [*early, last]
            ends = math.ceil(each.contract_months / assume.months_per_wave)
            goals.append(Milestone(each.tool, [last.id], max(1, round(each.saving / 12)), ends))
        goals.append(Milestone("all", [each.id for each in tasks]))
        if paid:
            limits["money"] = Limit([cents(each) for each in assume.periods.budget], stretches=False)
        detours = [] if paid else list(_detours(ways, groups, most, assume))
        purse = None if spare is None else math.floor(spare / assume.months_per_wave)
        return cls(pairs, groups, group_of, leaving, Project(tasks, limits, goals, detours, purse))

    def days(self, start: Mapping[str, int]) -> dict[int, float]:
        """What is worked in each wave (from 1), in days."""
        found: Counter[int] = Counter()
        for each in self.project.tasks:
            found[start[each.id] + 1] += each.use["days"]
        for detour in self.project.taken(start):
            found[start[detour.then] + 1] += detour.use["days"]
        return {wave: amount / CENT for wave, amount in found.items()}

    def bridges(self, wave: Mapping[str, int]) -> list[Bridge]:
        """The ways to what is needed and moves later, by the wave of each asset."""
        origin = {move.asset: move.origin for group in self.groups for move in group}
        found = Counter(
            (origin[needing], origin[needed], wave[needing], wave[needed])
            for needed, needing in self.pairs
            if wave[needed] > wave[needing]
        )
        return [Bridge(*key, count) for key, count in sorted(found.items())]

    def waits(self, graph: Graph, start: Mapping[str, int]) -> dict[str, str]:
        """Why each asset and each tool is not in an earlier wave."""
        holds = held_up(self.project, start)
        found: dict[str, str] = {}
        for n, group in enumerate(self.groups):
            if hold := holds.get(str(n)):
                needed = [graph.asset[self.groups[int(each)][0].asset].name for each in hold.along if not _part(each)]
                says = _says(hold, "what it needs moves then", needed)
                found |= dict.fromkeys((each.asset for each in group), says)
        for each in self.leaving:
            if hold := holds.get(off(each.tool)):
                groups = [self.groups[int(n)] for n in hold.along if not _part(n)]
                last = [graph.asset[move.asset].name for group in groups for move in group if move.origin == each.tool]
                found[each.tool] = _says(hold, "the last of it moves then", last)
        return found


def off(tool: str) -> str:
    """The task of switching off a tool."""
    return f"off {tool}"


def _pieces(name: str, amount: int, most: int, along: Sequence[str] = ()) -> list[Task]:
    """A task of some work, done in parts where it is more than a wave holds; the last part stands for the whole."""
    # Halves of a wave leave less of it unused than wholes.
    count = 1 if amount <= most else min(_MOST_PARTS, math.ceil(amount / max(1, most // 2)))
    parts = [
        Task(f"{name}{_PART}{n}", 1, {"days": (amount * (n + 1)) // count - (amount * n) // count}, along=along)
        for n in range(count)
    ]
    return [*parts[:-1], replace(parts[-1], id=name, along=[*along, *(each.id for each in parts[:-1])])]


def _part(task: str) -> bool:
    return _PART in task


def _detours(
    ways: Mapping[tuple[int, int], int], groups: Sequence[Sequence[Move]], most: int, assume: Assumptions
) -> Iterator[Detour]:
    """What it takes to move something before what it needs: a bridge for each dependency, built in its wave.

    `ways` counts the dependencies between two groups, (needed, needing). Bridges that take more days than the poorest
    wave with people has are not weighed.
    """
    for (first, then), count in sorted(ways.items()):
        work = cents(count * assume.bridge_days)
        if work > most:
            continue
        once = count * assume.bridge_days * assume.day_rate / assume.months_per_wave
        yield Detour(
            str(first),
            str(then),
            max(1, math.ceil(once)),
            math.ceil(count * assume.bridge_annual / 12),
            {"days": work},
            f"{groups[first][0].origin} {groups[then][0].origin}",
        )


def _says(hold: Hold, along: str, assets: Sequence[str]) -> str:
    """What holds something up in words; `along` is for what has to come first."""
    if hold.along and not assets:
        return "its own work takes until then"
    if hold.along:
        more = f" and {len(assets) - 2} more" if len(assets) > 2 else ""
        return f"{along}: {', '.join(assets[:2])}{more}"
    lacks = [
        f"wave {hold.start} has {left / CENT:,.10g} {'days' if what == 'days' else 'of the money'} left, "
        f"it takes {need / CENT:,.10g}"
        for what, (left, need) in hold.lacks.items()
    ]
    return "; ".join(lacks) or "nothing is gained by an earlier wave"


def cents(amount: float) -> int:
    """Days or money in hundredths, since the scheduler counts in whole numbers."""
    return round(amount * CENT)


def _ordered(moves: Sequence[Move], pairs: Collection[tuple[str, str]]) -> list[list[Move]]:
    """Groups of moves, needed ones first; a group is a circle of dependence, usually of one."""
    import networkx as nx

    by_asset = {each.asset: each for each in moves}
    needs = nx.DiGraph()
    needs.add_nodes_from(sorted(by_asset))
    needs.add_edges_from(sorted(pairs))
    circles = nx.condensation(needs)
    members = {node: sorted(group) for node, group in circles.nodes(data="members")}
    key = lambda node: (by_asset[members[node][0]].origin, members[node][0])  # noqa: E731 - the order of equals, used once
    return [
        [by_asset[asset] for asset in members[node]] for node in nx.lexicographical_topological_sort(circles, key=key)
    ]


def _needs(ways: Iterable[tuple[int, int]]) -> Mapping[int, list[int]]:
    """The groups that each group waits for."""
    before: dict[int, list[int]] = defaultdict(list)
    for first, then in sorted(ways):
        before[then].append(first)
    return before
