"""Second thoughts about a decision: the next best plans, and what each rule costs."""

from __future__ import annotations

from typing import Any

from siloscope.planning.alternatives import k_best, price_of
from siloscope.planning.decision import Decision
from siloscope.planning.solve import Answer
from siloscope.planning.state import NOWHERE, goes_of


def others(decision: Decision, count: int, seconds: float) -> list[tuple[frozenset[str], dict[str, Any]]]:
    """The next best plans that keep other tools: (kept, row), the best first."""
    found = k_best(decision.statement.problem, decision.limits, decision.answer, count, seconds)
    return [(each.kept, _row(decision, each, rank)) for rank, each in enumerate(found, start=2)]


def _row(decision: Decision, answer: Answer, rank: int) -> dict[str, Any]:
    first = decision.answer
    return {
        "rank": rank,
        "objective": round(answer.objective + decision.statement.due, 2),
        "more": round(answer.objective - first.objective, 2),
        "keeps_besides": sorted(answer.kept - first.kept - {NOWHERE}),
        "lets_go_besides": sorted(first.kept - answer.kept - {NOWHERE}),
        "moves": [{"from": tool, "to": target} for tool, target in goes_of(answer).items()],
        "status": answer.status,
    }


def rule_prices(decision: Decision, seconds: float) -> list[dict[str, Any]]:
    """What rules cost over the horizon: each one that was asked for, and keeping each tool that the plan lets go.

    The price of a rule is what the best plan with it costs more than the best without it; None when keeping it
    leaves no plan within the budget.
    """
    rows = []
    for each in decision.statement.problem.tools:
        asked = each.must is not None
        if not asked and each.id not in decision.goes:
            continue
        other = None if asked else "keep"
        more = price_of(decision.statement.problem, decision.limits, decision.answer, each.id, other, seconds)
        price = None if more is None else round(max(0.0, -more if asked else more), 2)
        rows.append({"tool": each.id, "rule": each.must or "keep", "asked": asked, "price": price})
    return rows
