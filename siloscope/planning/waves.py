"""Waves: moves in the order of discovered dependencies, what pays most first, as much in each as people can do.

What others need moves first, or a temporary bridge is built to it where waiting would cost more; moves that depend on
each other in a circle go together. A tool is switched off in the wave of its last move or later, and saves from the end
of that wave, or from the end of a contract.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siloscope.errors import PlanError
from siloscope.graph.view import Graph
from siloscope.planning.assumptions import Assumptions
from siloscope.planning.packing import too_many
from siloscope.planning.project import Detour, Limit, Milestone, NoRoomError, Project, Task
from siloscope.planning.timetable import timetable
from siloscope.planning.waiting import Hold, held_up

_CENT = 100


@dataclass(frozen=True, slots=True)
class Move:
    """One asset from one tool to another, and the days it takes."""

    asset: str
    origin: str
    target: str
    effort_days: float


@dataclass(frozen=True, slots=True)
class Leaving:
    """A tool that goes: what a year less costs, days to switch it off and bridge, months its contract still runs.

    `once` is all that is spent once to be rid of it, due in the wave in which it goes.
    """

    tool: str
    saving: float
    days: float
    contract_months: int
    once: float


@dataclass(frozen=True, slots=True)
class Bridge:
    """Ways from what left `tool` in `wave` to things it needs that leave `to` only in the wave `until`, so many."""

    tool: str
    to: str
    wave: int
    until: int
    count: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """In which wave each asset moves and each tool goes (from 1), how many waves, and how good the order is.

    `waits` says why not before, of each asset and each tool that is not in the first wave.
    """

    wave: Mapping[str, int]
    off: Mapping[str, int]
    count: int
    cost: int
    bound: int
    status: str
    waits: Mapping[str, str]
    bridges: Sequence[Bridge] = ()


class NoMoneyError(PlanError):
    """No order was found in which each tool that goes has a wave that can pay for it; `tools` are those in question.

    `proven` says that there is none, whatever else goes or stays.
    """

    def __init__(self, says: str, tools: Sequence[str], *, proven: bool) -> None:
        super().__init__(says)
        self.tools, self.proven = tuple(tools), proven


def schedule(
    graph: Graph,
    moves: Sequence[Move],
    leaving: Sequence[Leaving],
    assume: Assumptions,
    spare: float | None = None,
) -> Schedule:
    """Put every move, and the end of every tool, into a wave.

    The cost that is minimised is what tools cost until they are gone, and what temporary bridges cost, in money a month
    and wave. `spare` is the most that such bridges may cost, in money.

    Raises:
        NoMoneyError: No order was found in which a wave has the money for each tool.
    """
    work = _Work.of(graph, moves, leaving, assume, spare)
    if not work.project.tasks:
        return Schedule({}, {}, 0, 0, 0, "optimal", {})
    try:
        found = timetable(work.project, effort=2.0)
    except NoRoomError:
        raise _no_money(leaving, assume) from None
    wave = {asset: found.start[str(n)] + 1 for asset, n in work.group_of.items()}
    off = {each.tool: found.start[_off(each.tool)] + 1 for each in leaving}
    last = max([*wave.values(), *off.values()])
    bridges = _bridges(graph, moves, wave)
    return Schedule(wave, off, last, found.cost, found.bound, found.status, work.waits(found.start), bridges)


def _bridges(graph: Graph, moves: Sequence[Move], wave: Mapping[str, int]) -> list[Bridge]:
    """The ways to what is needed and moves later."""
    origin = {each.asset: each.origin for each in moves}
    found = Counter(
        (origin[needing], origin[needed], wave[needing], wave[needed])
        for needed, needing in _pairs(graph, origin)
        if wave[needed] > wave[needing]
    )
    return [Bridge(*key, count) for key, count in sorted(found.items())]


def _off(tool: str) -> str:
    return f"off {tool}"


@dataclass(frozen=True, slots=True)
class _Work:
    """Moves and tools that go as a project: a task for each group of moves, and one for switching off each tool."""

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
    ) -> _Work:
        groups = _ordered(graph, moves)
        group_of = {each.asset: n for n, group in enumerate(groups) for each in group}
        before = _needs(graph, group_of)
        paid = bool(assume.periods.budget)
        tasks = [
            Task(str(n), 1, {"days": _cents(sum(m.effort_days for m in group))}, along=[str(b) for b in before[n]])
            for n, group in enumerate(groups)
        ]
        goals = []
        for each in leaving:
            mine = sorted({group_of[move.asset] for move in moves if move.origin == each.tool})
            use = {"days": _cents(each.days)} | ({"money": _cents(each.once)} if paid else {})
            tasks.append(Task(_off(each.tool), 1, use, along=[str(n) for n in mine]))
            ends = math.ceil(each.contract_months / assume.months_per_wave)
            goals.append(Milestone(each.tool, [_off(each.tool)], max(1, round(each.saving / 12)), ends))
        goals.append(Milestone("all", [each.id for each in tasks]))
        days = [_cents(each) for each in assume.days_per_wave]
        limits = {"days": Limit([*days[:-1], max(1, days[-1])])}
        if paid:
            limits["money"] = Limit([_cents(each) for each in assume.periods.budget], stretches=False)
        detours = [] if paid else list(_detours(graph, groups, group_of, limits["days"], assume))
        purse = None if spare is None else math.floor(spare / assume.months_per_wave)
        return cls(groups, group_of, leaving, Project(tasks, limits, goals, detours, purse))

    def waits(self, start: Mapping[str, int]) -> dict[str, str]:
        """Why each asset and each tool is not in an earlier wave."""
        holds = held_up(self.project, start)
        found: dict[str, str] = {}
        for n, group in enumerate(self.groups):
            if hold := holds.get(str(n)):
                needed = [self.groups[int(each)][0].asset for each in hold.along]
                found |= dict.fromkeys((each.asset for each in group), _says(hold, "what it needs moves then", needed))
        for each in self.leaving:
            if hold := holds.get(_off(each.tool)):
                last = [move.asset for n in hold.along for move in self.groups[int(n)] if move.origin == each.tool]
                found[each.tool] = _says(hold, "the last of it moves then", last)
        return found


def _detours(
    graph: Graph, groups: Sequence[Sequence[Move]], group_of: Mapping[str, int], days: Limit, assume: Assumptions
) -> Iterator[Detour]:
    """What it takes to move something before what it needs: a bridge for each dependency, built in its wave.

    Bridges that take more days than the poorest wave with people has are not weighed.
    """
    ways = Counter(
        (group_of[needed], group_of[needing])
        for needed, needing in _pairs(graph, group_of)
        if group_of[needed] != group_of[needing]
    )
    for (first, then), count in sorted(ways.items()):
        work = _cents(count * assume.bridge_days)
        if work > min(each for each in days.levels if each):
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
    if hold.along:
        more = f" and {len(assets) - 2} more" if len(assets) > 2 else ""
        return f"{along}: {', '.join(assets[:2])}{more}"
    lacks = [
        f"wave {hold.start} has {left / _CENT:,.10g} {'days' if what == 'days' else 'of the money'} left, "
        f"it takes {need / _CENT:,.10g}"
        for what, (left, need) in hold.lacks.items()
    ]
    return "; ".join(lacks) or "nothing is gained by an earlier wave"


def _no_money(leaving: Sequence[Leaving], assume: Assumptions) -> NoMoneyError:
    """The tools that later waves cannot pay and earlier ones not together, where that is why there is no order."""
    budget = assume.periods.budget
    allowed = f"periods.budget allows {', '.join(f'{each:,.0f}' for each in budget)}, the last from then on"
    dear = {each.tool: _cents(each.once) for each in leaving if _cents(each.once) > _cents(budget[-1])}
    tools = too_many(dear, [_cents(each) for each in budget])
    lines = [f"  {each} takes {dear[each] / _CENT:,.0f} once" for each in tools or sorted(dear)]
    says = (
        "no waves have the money for all of these" if tools else "no order was found that leaves money for all of these"
    )
    return NoMoneyError("\n".join([f"{says}; {allowed}:", *lines]), tools or sorted(dear), proven=bool(tools))


def _cents(amount: float) -> int:
    """Days or money in hundredths, since the scheduler counts in whole numbers."""
    return round(amount * _CENT)


def _ordered(graph: Graph, moves: Sequence[Move]) -> list[list[Move]]:
    """Groups of moves, needed ones first; a group is a circle of dependence, usually of one."""
    import networkx as nx

    by_asset = {each.asset: each for each in moves}
    needs = nx.DiGraph()
    needs.add_nodes_from(sorted(by_asset))
    needs.add_edges_from(sorted(_pairs(graph, by_asset)))
    circles = nx.condensation(needs)
    members = {node: sorted(group) for node, group in circles.nodes(data="members")}
    key = lambda node: (by_asset[members[node][0]].origin, members[node][0])  # noqa: E731 - the order of equals, used once
    return [
        [by_asset[asset] for asset in members[node]] for node in nx.lexicographical_topological_sort(circles, key=key)
    ]


def _pairs(graph: Graph, moving: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(needed, needing) among the assets that move."""
    found = set()
    for edge in graph.dependencies:
        if edge.source in moving and edge.target in moving and edge.source != edge.target:
            needing, needed = edge.ends
            found.add((needed, needing))
    return found


def _needs(graph: Graph, group_of: Mapping[str, int]) -> Mapping[int, list[int]]:
    before: dict[int, set[int]] = defaultdict(set)
    for first, then in _pairs(graph, group_of):
        if group_of[first] != group_of[then]:
            before[group_of[then]].add(group_of[first])
    return defaultdict(list, {n: sorted(each) for n, each in before.items()})
