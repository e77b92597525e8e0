"""What goes where and when in an estate: stated, solved within rules and money, scheduled, or told to be impossible.

Where the money of the waves does not reach for what was chosen, whatever the order, that choice is ruled out and the
next best is looked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from siloscope.errors import ConfigError, PlanError, nearest
from siloscope.graph.view import Graph
from siloscope.model import Asset, Tool
from siloscope.planning.alternatives import Limit, solve_within
from siloscope.planning.assumptions import Assumptions
from siloscope.planning.contradictions import contradiction
from siloscope.planning.emptying import Emptying
from siloscope.planning.estate import Estate, Item
from siloscope.planning.moves import Leaving, Move, Schedule
from siloscope.planning.pace import paced
from siloscope.planning.solve import Answer, Clock, InfeasibleError
from siloscope.planning.state import Statement, goes_of, renewal_month, state
from siloscope.planning.waves import NoMoneyError, schedule


@dataclass(frozen=True, slots=True)
class Decision:
    """An estate, its problem and the answer: which tools go, what moves, and in which wave.

    `goes` is the target of each tool that goes (None: nowhere), `free` the answer if neither money nor time were a
    limit, `pace` the limit on days of work (None: all that pays is done).
    """

    estate: Estate
    statement: Statement
    limits: Sequence[Limit]
    answer: Answer
    free: Answer
    pace: Limit | None
    goes: Mapping[str, str | None]
    moves: Sequence[Move]
    leaving: Sequence[Leaving]
    times: Schedule

    @property
    def short(self) -> frozenset[str]:
        """The tools that only stay because money or time is short."""
        return self.answer.kept - self.free.kept

    def once(self, tool: str) -> list[tuple[int, Item]]:
        """What is paid once to be rid of a tool that goes, with the wave in which it is due."""
        due = [(self.times.off[tool], each) for each in self.statement.option(tool, self.goes[tool]).once]
        mine = [each for each in self.times.bridges if each.tool == tool]
        return due + [(each.wave, item) for each in mine for item in self.estate.temporary(each)]

    def yearly(self, tool: str) -> tuple[Item, ...]:
        """What the work of a tool that goes costs a year at its target."""
        return self.statement.option(tool, self.goes[tool]).yearly


def decide(
    graph: Graph,
    keep: Iterable[str],
    retire: Iterable[str],
    horizon: int,
    assume: Assumptions,
    budget: float | None = None,
    seconds: float = 60.0,
) -> Decision:
    """What goes where, proven as far as time allows; raises as `plan_graph`."""
    must_stay = _tool_ids(graph, [*keep, *assume.rules.keep])
    must_go = _tool_ids(graph, [*retire, *assume.rules.retire])
    if both := sorted(must_stay & must_go):
        raise PlanError(f"{both[0]} is to be kept and to be retired; drop one of the two rules")
    _one_currency(graph)
    estate = Estate.of(graph, assume, horizon)
    statement = state(estate, must_stay, must_go)
    limits = statement.limits(budget, assume.periods.budget)
    clock = Clock(seconds)
    try:
        free = answer = solve_within(statement.problem, [], clock.left())
        if any(not each.holds(answer) for each in limits):
            answer = solve_within(statement.problem, limits, clock.left())
    except InfeasibleError:
        raise PlanError(contradiction(estate, must_stay, must_go, budget, seconds)) from None
    answer, pace = paced(estate, statement, limits, answer, clock)
    limits = [*limits, pace] if pace else limits
    return _scheduled(estate, statement, limits, answer, free=free, pace=pace, budget=budget, clock=clock)


def _scheduled(
    estate: Estate,
    statement: Statement,
    limits: Sequence[Limit],
    answer: Answer,
    *,
    free: Answer,
    pace: Limit | None,
    budget: float | None,
    clock: Clock,
) -> Decision:
    """The decision with its waves; a choice that no order of waves can pay gives way to the next best."""
    proven = True
    while True:
        goes = goes_of(answer)
        moves, leaving = _moves(estate, goes), _leaving(estate, statement, goes)
        spare = None if budget is None else max(0.0, budget - math.fsum(each.once for each in leaving))
        try:
            times = schedule(estate.graph, moves, leaving, estate.assume, spare)
        except NoMoneyError as error:
            limits = [*limits, statement.not_all(goes, error.tools)]
            proven = proven and error.proven
            try:
                other = solve_within(statement.problem, limits, clock.left())
            except InfeasibleError:
                raise error from None
            # A choice that was ruled out without proof may have been the best one: the bound stays where it was.
            answer = other if proven else other.bounded(answer.bound)
            continue
        return Decision(estate, statement, limits, answer, free, pace, goes, moves, leaving, times)


def _moves(estate: Estate, goes: Mapping[str, str | None]) -> list[Move]:
    tool = estate.graph.tool
    return [
        Move(each.id, origin, target, estate.move_days(each, estate.factor(tool[origin], tool[target])))
        for origin, target in goes.items()
        if target
        for each in estate.moved(tool[origin])
    ]


def _leaving(estate: Estate, statement: Statement, goes: Mapping[str, str | None]) -> list[Leaving]:
    found = []
    for name, target in goes.items():
        tool = estate.graph.tool[name]
        days = Emptying.of(estate, tool).last_days(estate.graph.tool[target] if target else None)
        once = round(statement.option(name, target).paid_once(), 2)
        found.append(Leaving(name, round(estate.saved(tool), 2), days, renewal_month(estate, tool), once))
    return found


def _one_currency(graph: Graph) -> None:
    """Raises `PlanError` where costs that a plan adds up are told to be in several currencies."""
    found: dict[str, set[str]] = {}
    priced: list[Tool | Asset] = [*graph.tools, *graph.assets]
    for each in priced:
        if each.annual_cost is not None and (currency := each.facts.get("cost.currency")):
            found.setdefault(str(currency), set()).add(each.id)
    if len(found) > 1:
        told = "; ".join(f"{key} for {min(ids)} and {len(ids) - 1} more" for key, ids in sorted(found.items()))
        raise PlanError(
            f"costs are in several currencies, which no plan can add up: {told}. Give the sources that tell them a "
            '"currency" and "rates" (docs/value.md), scan again, and plan'
        )


def _tool_ids(graph: Graph, names: Iterable[str]) -> set[str]:
    found = set()
    for name in names:
        if name not in graph.tool:
            raise ConfigError(f'no tool "{name}"{nearest(name, graph.tool)}; tool ids stand in `siloscope export`')
        found.add(name)
    return found
