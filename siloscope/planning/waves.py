"""Waves: moves in the order of discovered dependencies, what pays most first, as much in each as people can do.

What others need moves first; moves that depend on each other in a circle go together. A tool is switched off in
the wave of its last move or later, and saves from the end of that wave, or from the end of a contract.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siloscope.errors import PlanError
from siloscope.graph.view import Graph
from siloscope.planning.assumptions import Assumptions
from siloscope.planning.project import Limit, Milestone, NoRoomError, Task, timetable

_CENT = 100  # people's days in hundredths, since the scheduler counts in whole numbers


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
class Schedule:
    """In which wave each asset moves and each tool goes (from 1), how many waves, and how good the order is."""

    wave: Mapping[str, int]
    off: Mapping[str, int]
    count: int
    cost: int
    bound: int
    status: str


def schedule(graph: Graph, moves: Sequence[Move], leaving: Sequence[Leaving], assume: Assumptions) -> Schedule:
    """Put every move, and the end of every tool, into a wave.

    The cost that is minimised is what tools cost until they are gone, in money a month and wave.

    Raises:
        PlanError: No wave has the money that some tool takes.
    """
    groups = _ordered(graph, moves)
    group_of = {each.asset: n for n, group in enumerate(groups) for each in group}
    before = _needs(graph, group_of)
    tasks = [
        Task(str(n), 1, {"days": _cents(sum(each.effort_days for each in group))}, along=[str(b) for b in before[n]])
        for n, group in enumerate(groups)
    ]
    goals = []
    for each in leaving:
        mine = sorted({group_of[move.asset] for move in moves if move.origin == each.tool})
        name = f"off {each.tool}"
        use = {"days": _cents(each.days)} | ({"money": math.ceil(each.once)} if assume.periods.budget else {})
        tasks.append(Task(name, 1, use, along=[str(n) for n in mine]))
        ends = math.ceil(each.contract_months / assume.months_per_wave)
        goals.append(Milestone(each.tool, [name], max(1, round(each.saving / 12)), ends))
    if not tasks:
        return Schedule({}, {}, 0, 0, 0, "optimal")
    goals.append(Milestone("all", [each.id for each in tasks]))
    days = [_cents(each) for each in assume.days_per_wave]
    limits = {"days": Limit([*days[:-1], max(1, days[-1])])}
    if assume.periods.budget:
        limits["money"] = Limit([math.floor(each) for each in assume.periods.budget], stretches=False)
    try:
        found = timetable(tasks, limits, goals, effort=2.0)
    except NoRoomError:
        raise PlanError(_no_room(leaving, assume)) from None
    wave = {asset: found.start[str(n)] + 1 for asset, n in group_of.items()}
    off = {each.tool: found.start[f"off {each.tool}"] + 1 for each in leaving}
    return Schedule(wave, off, max([*wave.values(), *off.values()]), found.cost, found.bound, found.status)


def _no_room(leaving: Sequence[Leaving], assume: Assumptions) -> str:
    """Which tools the money of later waves does not reach for: those that share what earlier waves have."""
    budget = assume.periods.budget
    allowed = f"periods.budget allows {', '.join(f'{each:,.0f}' for each in budget)}, the last from then on"
    dear = sorted((each for each in leaving if each.once > budget[-1]), key=lambda each: (-each.once, each.tool))
    if dear[0].once > max(budget):
        return f"{dear[0].tool} takes {dear[0].once:,.0f} once, and no wave has that much: {allowed}"
    lines = [f"  {each.tool} takes {each.once:,.0f} once" for each in dear]
    return "\n".join([f"no order was found that leaves money for all of these; {allowed}:", *lines])


def _cents(days: float) -> int:
    return round(days * _CENT)


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


@dataclass(frozen=True, slots=True)
class Reach:
    """Who depends on what, for the blast radius of a wave."""

    graph: Graph
    needing: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, graph: Graph) -> Reach:
        """Read the dependencies once."""
        found: dict[str, set[str]] = defaultdict(set)
        for edge in graph.dependencies:
            needing, needed = edge.ends
            found[needed].add(needing)
        return cls(graph, {key: sorted(each) for key, each in found.items()})

    def blast(self, assets: Sequence[str]) -> dict[str, Any]:
        """What depends on these, over any number of steps: how many assets, in production, of which departments."""
        seen, todo = set(assets), list(assets)
        while todo:
            for name in self.needing.get(todo.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    todo.append(name)
        hit = [self.graph.asset[each] for each in sorted(seen - set(assets)) if each in self.graph.asset]
        departments: dict[str, int] = defaultdict(int)
        for each in hit:
            departments[each.department or "unassigned"] += 1
        return {
            "assets": len(hit),
            "production": sum(each.environment == "prod" for each in hit),
            "departments": dict(sorted(departments.items())),
        }


def wave_row(
    number: int, moves: Sequence[Move], leaving: Sequence[Leaving], graph: Graph, reach: Reach, assume: Assumptions
) -> dict[str, Any]:
    """A wave as the contract spells it, with what people need to start, to stop and to end it."""
    months = assume.months_per_wave
    start = (number - 1) * months
    moving = {each.asset for each in moves}
    exposed = {
        end
        for edge in graph.dependencies
        if (edge.source in moving) != (edge.target in moving)
        for end in (edge.source, edge.target)
    } & moving
    tools = sorted({t for each in moves for t in (each.origin, each.target)} | {each.tool for each in leaving})
    savings = {each.tool: max(start + months, each.contract_months) for each in leaving}
    return {
        "number": number,
        "start_month": start,
        "months": months,
        "moves": len(moves),
        "effort_days": round(math.fsum(each.effort_days for each in moves), 2),
        "other_days": round(math.fsum(each.days for each in leaving), 2),
        "days_available": round(assume.days_of(number), 2),
        "one_time_cost": round(math.fsum(each.once for each in leaving), 2),
        "budget": assume.budget_of(number),
        "annual_saving": round(math.fsum(each.saving for each in leaving), 2),
        "saving_from_month": dict(sorted(savings.items())),
        "risk": round(len(exposed) / len(moves), 2) if moves else 0.0,
        "blast_radius": reach.blast(sorted(moving)),
        "tools_gone": sorted(each.tool for each in leaving),
        "rollback": _rollback(moves, leaving),
        "entry": _entry(moves, graph, number),
        "exit": _exit(moves, leaving),
        "agree": _agree(moving, tools, graph),
    }


def _rollback(moves: Sequence[Move], leaving: Sequence[Leaving]) -> str:
    if not leaving:
        return "every tool of this wave still runs: point consumers back, nothing is lost"
    gone = ", ".join(sorted(each.tool for each in leaving))
    return f"until {gone} is switched off, the last step of the wave" + (
        ", consumers can be pointed back" if moves else ""
    )


def _entry(moves: Sequence[Move], graph: Graph, number: int) -> list[str]:
    targets = sorted({each.target for each in moves})
    owners = sum(not graph.asset[each.asset].owner for each in moves)
    checks = [f"the team may write to {each}" for each in targets]
    checks += [f"{owners} assets without an owner have been given one"] if owners else []
    checks += [f"wave {number - 1} has met its exit checks"] if number > 1 else []
    return checks


def _exit(moves: Sequence[Move], leaving: Sequence[Leaving]) -> list[str]:
    checks = []
    if moves:
        checks.append(f"a scan shows all {len(moves)} assets in their targets, and every consumer pointing there")
    checks += [f"a scan finds nothing used in {each.tool}; it is switched off" for each in leaving]
    return checks


def _agree(moving: set[str], tools: Sequence[str], graph: Graph) -> list[str]:
    departments = {graph.asset[each].department for each in moving}
    departments |= {graph.tool[each].department for each in tools if each in graph.tool}
    return sorted(each for each in departments if each and each not in ("shared", "unassigned"))
