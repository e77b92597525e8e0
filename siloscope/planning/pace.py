"""How much to take on: where people are few, the choice that is cheapest once all is done comes too late to pay.

What is decided knows no order. So choices of less and less work are looked at as well, each the cheapest of its size,
and the one is taken that is worth most when its tools go one after the other, what pays most for its days first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from siloscope.planning.alternatives import Limit, solve_within
from siloscope.planning.estate import Estate
from siloscope.planning.solve import Answer, Clock, InfeasibleError
from siloscope.planning.state import Statement, goes_of, renewal_month

# Of the work of the cheapest choice, the shares that are looked at.
_SHARES = (0.75, 0.55, 0.4, 0.3, 0.2, 0.1)


def paced(
    estate: Estate, statement: Statement, limits: Sequence[Limit], answer: Answer, clock: Clock
) -> tuple[Answer, Limit | None]:
    """The answer that is worth most as people can do it, and the limit on days of work it keeps to, if any.

    Tools that must go count for no limit.
    """
    goes = goes_of(answer)
    best, chosen, worth = answer, None, worth_in_order(estate, statement, goes)
    must = {each.id for each in statement.problem.tools if each.must == "retire"}
    days = {key: each.days for key, each in statement.options.items() if key[0] not in must}
    total = sum(statement.option(tool, target).days for tool, target in goes.items() if tool not in must)
    for share in _SHARES if total else ():
        limit = Limit(round(total * share, 2), arcs=days)
        try:
            other = solve_within(statement.problem, [*limits, limit], clock.left())
        except InfeasibleError:
            break
        goes = goes_of(other)
        other_worth = worth_in_order(estate, statement, goes)
        if other_worth >= worth - 1e-9 * abs(worth):  # of equals the one with less work
            best, chosen, worth = other, limit, other_worth
        if goes.keys() <= must:
            break
    return best, chosen


def worth_in_order(estate: Estate, statement: Statement, goes: Mapping[str, str | None]) -> float:
    """What a choice is worth now, over the horizon, when its tools go one after the other as people get to them."""
    assume, step = estate.assume, estate.assume.months_per_wave
    ways = {tool: statement.option(tool, target) for tool, target in goes.items()}
    saving = {tool: estate.cost(estate.graph.tool[tool]) - option.paid_yearly() for tool, option in ways.items()}
    order = sorted(goes, key=lambda tool: (-saving[tool] / max(ways[tool].days, 1e-9), tool))
    worth, done, wave, room = 0.0, 0.0, 1, assume.days_of(1)
    for tool in order:
        done += ways[tool].days
        while room < done and wave * step < estate.horizon:
            wave += 1
            room += assume.days_of(wave)
        late = min(max(wave * step, renewal_month(estate, estate.graph.tool[tool])), estate.horizon)
        worth += saving[tool] * (estate.years - assume.annuity(late))
        if (wave - 1) * step < estate.horizon and room >= done:
            worth -= ways[tool].paid_once() * assume.monthly ** -((wave - 1) * step)
    return worth
