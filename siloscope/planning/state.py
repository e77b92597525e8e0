"""The consolidation of an estate as a stated problem: what it costs to keep each tool, and to serve its work where."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from siloscope.model import Tool
from siloscope.planning.alternatives import Limit
from siloscope.planning.emptying import Emptying
from siloscope.planning.estate import Estate, Item
from siloscope.planning.problem import Choice, Problem, Workload
from siloscope.planning.solve import Answer
from siloscope.times import days_between, normal

# Where the work of an empty tool goes that is to be retired.
NOWHERE = "(nowhere)"


@dataclass(frozen=True, slots=True)
class Option:
    """A tool's work at another: items once, items a year, and days of work to get it there."""

    once: tuple[Item, ...]
    yearly: tuple[Item, ...]
    days: float

    def paid_once(self) -> float:
        """Money once, to the cent."""
        return math.fsum(round(each.money, 2) for each in self.once)

    def paid_yearly(self) -> float:
        """Money a year, to the cent."""
        return math.fsum(round(each.money, 2) for each in self.yearly)


@dataclass(frozen=True, slots=True)
class Statement:
    """A problem, and what its costs are made of; `due` is what is paid whatever is decided (contracts that run on)."""

    problem: Problem
    options: Mapping[tuple[str, str], Option]
    refused: Mapping[tuple[str, str], Item]
    due: float

    def option(self, tool: str, target: str | None) -> Option:
        """The work of a tool at a target (None: nowhere)."""
        return self.options[tool, target or NOWHERE]

    def limits(self, budget: float | None, waves: Sequence[float]) -> list[Limit]:
        """No more money once than `budget`, nor than waves have for what no later wave can pay.

        `waves` is what each has, the last from then on. What takes more than a later wave has must be paid before,
        so that together such things take no more than those waves have that can pay one of them.
        """
        once = {key: each.paid_once() for key, each in self.options.items()}
        found = [] if budget is None else [Limit(budget, arcs=once)]
        for level in sorted({each for each in waves if each >= waves[-1]}):
            dear = {key: money for key, money in once.items() if money > level}
            found.append(Limit(math.fsum(each for each in waves if each > level), arcs=dear))
        return found

    def not_all(self, goes: Mapping[str, str | None], tools: Collection[str]) -> Limit:
        """Not all of these tools go where they go now, nor anywhere else for as much or more."""
        least = {each: self.option(each, goes[each]).paid_once() for each in tools}
        arcs = {key: 1.0 for key, each in self.options.items() if each.paid_once() >= least.get(key[0], math.inf)}
        return Limit(len(tools) - 1, arcs=arcs)


def goes_of(answer: Answer) -> dict[str, str | None]:
    """The target of each tool that goes, by tool (None: nowhere)."""
    return {
        workload: None if target == NOWHERE else target
        for workload, target, _ in sorted(answer.shares)
        if workload != target
    }


def renewal_month(estate: Estate, tool: Tool) -> int:
    """Months from the scan until a licence ends that is paid for until then; 0 without one."""
    ends = normal(tool.renewal)
    now = normal(estate.graph.scan_at)
    if tool.cost_source != "licence" or not ends or not now:
        return 0
    return max(0, math.ceil(days_between(now, ends) / 30.4375))


def state(estate: Estate, keep: Collection[str], retire: Collection[str]) -> Statement:
    """The problem of an estate: a tool costs what is saved when it goes; work costs what follows it, and its move.

    Money is worth over the horizon, discounted. Seats are capacities where a source tells them.
    """
    options: dict[tuple[str, str], Option] = {}
    refused: dict[tuple[str, str], Item] = {}
    for a in estate.graph.tools:
        emptying = Emptying.of(estate, a)
        for b in estate.graph.tools:
            if a.id == b.id:
                continue
            why = estate.refusal(a, b)
            if why:
                refused[a.id, b.id] = why
            else:
                options[a.id, b.id] = _option(emptying, b)
        if a.id in retire and not estate.held.get(a.id):
            options[a.id, NOWHERE] = _option(emptying, None)
    choices, due = [], 0.0
    for tool in estate.graph.tools:
        until = min(renewal_month(estate, tool), estate.horizon)
        sunk = estate.saved(tool) * estate.assume.annuity(until)
        due += sunk
        must = "keep" if tool.id in keep else "retire" if tool.id in retire else None
        worth = max(0.0, estate.saved(tool) * estate.years - sunk)
        choices.append(Choice(tool.id, worth, _seats(estate, tool), must))
    if any(target == NOWHERE for _, target in options):
        choices.append(Choice(NOWHERE, 0.0))
    by_tool: dict[str, list[tuple[str, float]]] = {each.id: [] for each in estate.graph.tools}
    for (a_id, target), option in options.items():
        by_tool[a_id].append((target, option.paid_once() + option.paid_yearly() * estate.years))
    workloads = [
        Workload(
            each.id,
            estate.users(each)[0],
            ((each.id, estate.follows(each) * estate.years), *by_tool[each.id]),
        )
        for each in estate.graph.tools
    ]
    return Statement(Problem(choices, workloads), options, refused, due)


def _option(emptying: Emptying, target: Tool | None) -> Option:
    return Option(tuple(emptying.once(target)), tuple(emptying.yearly(target)), emptying.days(target))


def _seats(estate: Estate, tool: Tool) -> float | None:
    """How many users a tool can take, where its seats are known; those it has fit in any case."""
    return None if tool.seats is None else max(float(tool.seats), estate.users(tool)[0])
