"""How much to take on: where people are few, the choice that is cheapest once all is done comes too late to pay.

What is decided knows no order. So choices of less and less work are looked at as well, each the cheapest of its size,
and the one is taken that is worth most when its tools go one after the other, what pays most for its days first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from siloscope.planning.alternatives import Limit, solve_within
from siloscope.planning.estate import Estate
from siloscope.planning.solve import Answer, Clock, InfeasibleError
from siloscope.planning.state import NOWHERE, Statement, renewal_month

# Of the work of the cheapest choice, the shares that are looked at.
_SHARES = (0.75, 0.55, 0.4, 0.3, 0.2, 0.1)


def paced(
    estate: Estate, statement: Statement, limits: Sequence[Limit], answer: Answer, clock: Clock
) -> tuple[Answer, Limit | None]:
    """The answer that is worth most as people can do it, and the limit on days of work it keeps to, if any.

    Tools that must go count for no limit.
    """
    best, chosen, worth = answer, None, worth_in_order(estate, statement, goes_of(answer))
    must = {each.id for each in statement.problem.tools if each.must == "retire"}
    days = {key: each.days for key, each in statement.options.items() if key[0] not in must}
    total = sum(days.get((tool, target or NOWHERE), 0.0) for tool, target in goes_of(answer).items())
    for share in _SHARES if total else ():
        limit = Limit(round(total * share, 2), arcs=days)
        try:
            other = solve_within(statement.problem, [*limits, limit], clock.left())
        except InfeasibleError:
            break
        other_worth = worth_in_order(estate, statement, goes_of(other))
        if other_worth >= worth - 1e-9 * abs(worth):  # of equals the one with less work
            best, chosen, worth = other, limit, other_worth
        if goes_of(other).keys() <= must:
            break
    return best, chosen


def goes_of(answer: Answer) -> dict[str, str | None]:
    """The target of each tool that goes, by tool (None: nowhere)."""
    return {
        workload: None if target == NOWHERE else target
        for workload, target, _ in sorted(answer.shares)
        if workload != target
    }


def worth_in_order(estate: Estate, statement: Statement, goes: Mapping[str, str | None]) -> float:
    """What a choice is worth now, over the horizon, when its tools go one after the other as people get to them."""
    assume, step = estate.assume, estate.assume.months_per_wave
    ways = {tool: statement.options[tool, target or NOWHERE] for tool, target in goes.items()}
    saving = {tool: estate.cost(estate.graph.tool[tool]) - option.paid_yearly() for tool, option in ways.items()}
    order = sorted(goes, key=lambda tool: (-saving[tool] / max(ways[tool].days, 1e-9), tool))
    worth, done, wave, room = 0.0, 0.0, 1, assume.days_of(1)
    rate = (1 + assume.discount) ** (1 / 12)
    for tool in order:
        done += ways[tool].days
        while room < done and wave * step < estate.horizon:
            wave += 1
            room += assume.days_of(wave)
        late = min(max(wave * step, renewal_month(estate, estate.graph.tool[tool])), estate.horizon)
        worth += saving[tool] * (estate.years - assume.annuity(late))
        if (wave - 1) * step < estate.horizon and room >= done:
            worth -= ways[tool].paid_once() * rate ** -((wave - 1) * step)
    return worth
