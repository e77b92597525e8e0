"""Costs and returns as rows of the document `siloscope/value/1`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from siloscope.analysis.value import Benefit, Case, Return, returns
from siloscope.analysis.value_costs import Cost, Costs, by_capability, by_department
from siloscope.graph.view import Graph
from siloscope.model import Description, Observation
from siloscope.names import canonical


def told(graph: Graph, paid: Costs, by: str) -> list[dict[str, Any]]:
    """The rows by `initiative`, `department`, `capability` or `tool`, the dearest first."""
    if by == "initiative":
        return [
            _return(each) for each in sorted(returns(graph, paid), key=_dearest) if each.cost.known or each.benefits
        ]
    if by == "tool":
        rows = [
            {"name": key, "source": graph.tool[key].cost_source, **_cost(cost), "unallocated": key in paid.unallocated}
            for key, cost in paid.tool.items()
            if cost.known
        ]
    else:
        sums = by_department(graph, paid) if by == "department" else by_capability(graph, paid)
        rows = [{"name": name, **_cost(cost)} for name, cost in sums.items()]
    return sorted(rows, key=lambda row: (-row["cost"], str(row["name"])))


def _dearest(each: Return) -> tuple[float, str]:
    return -each.cost.high, each.profile.initiative.id


def _cost(cost: Cost) -> dict[str, float]:
    """The parts of a cost and their sum, estimates included, in cents."""
    parts = {"own": cost.own, "shared": cost.shared, "assumed": cost.assumed, "cost": cost.high}
    return {name: round(amount, 2) for name, amount in parts.items()}


def _return(each: Return) -> dict[str, Any]:
    base = each.base
    return {
        "id": each.profile.initiative.id,
        "name": each.profile.initiative.name,
        "department": each.profile.department,
        "stage": each.profile.stage,
        **_cost(each.cost),
        "investment": round(each.investment, 2),
        "benefit": round(base.benefit, 2) if base else None,
        "net": round(base.net, 2) if base else None,
        "roi": None if not base or base.roi is None else round(base.roi, 4),
        "payback_months": None if not base or base.payback is None else round(base.payback, 1),
        "npv": round(base.npv, 2) if base else None,
        "cases": {name: _case(case) for name, case in (("low", each.low), ("base", base), ("high", each.high)) if case},
        "benefits": [
            {"metric": one.metric, **_rounded(one, "low", "base", "high"), "says": one.says} for one in each.benefits
        ],
    }


def _case(case: Case) -> dict[str, float]:
    return _rounded(case, "benefit", "cost", "net", "npv")


def _rounded(record: Case | Benefit, *names: str) -> dict[str, float]:
    return {name: round(getattr(record, name), 2) for name in names}


def waiting(graph: Graph, live: Iterable[Observation]) -> list[dict[str, Any]]:
    """Costs and benefits that were read and met nothing: about things that nobody inventoried, or misspelt."""
    known = {name for each in graph.assets for name in (each.id, canonical(each.id), *each.names)}
    found = []
    for item in live:
        if isinstance(item, Description) and item.about not in known:
            if item.annual_cost:
                found.append({"what": "a cost", "about": item.about, "annual_cost": item.annual_cost})
            if item.facts.get("value.1.metric"):
                found.append({"what": "a benefit", "about": item.about, "annual_cost": None})
    return sorted(found, key=lambda row: (str(row["what"]), str(row["about"])))
