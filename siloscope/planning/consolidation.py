"""The consolidation plan of a graph: decided, told, and doubted.

`decision` says what goes where and proves it, `telling` puts it into the contract's words, `second` and
`uncertainty` say what else could be done and how sure it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from siloscope.graph.view import Graph
from siloscope.planning.assumptions import Assumptions, defaults
from siloscope.planning.decision import decide
from siloscope.planning.second import others, rule_prices
from siloscope.planning.telling import told


def plan_graph(
    graph: Graph,
    *,
    keep: Iterable[str] = (),
    retire: Iterable[str] = (),
    horizon_months: int = 36,
    assume: Assumptions | None = None,
    budget: float | None = None,
    alternatives: int = 3,
    samples: int = 200,
    seconds: float = 60.0,
) -> dict[str, Any]:
    """The plan for a graph as the contract `siloscope/plan/1` spells it.

    Args:
        graph: What a scan found.
        keep: Ids of tools that must stay.
        retire: Ids of tools that must go.
        horizon_months: How far ahead costs and savings count.
        assume: What is taken for granted; the built-in assumptions without it.
        budget: The most that may be spent once, in money.
        alternatives: How many next best plans to tell.
        samples: How many draws of the assumptions the figures on uncertainty rest on; 0 leaves them out.
        seconds: How long to look for a proof.

    Raises:
        ConfigError: `keep` or `retire` names no tool.
        PlanError: The rules contradict each other, or a tool to retire has nowhere to go.
    """
    decision = decide(graph, keep, retire, horizon_months, assume or defaults(), budget, seconds)
    plan = told(decision, keep)
    found = others(decision, alternatives, seconds) if alternatives else []
    plan["alternatives"] = [row for _, row in found]
    plan["rule_prices"] = rule_prices(decision, seconds)
    if samples and graph.tools:
        from siloscope.planning.uncertainty import uncertainty

        plan["uncertainty"] = uncertainty(decision, [kept for kept, _ in found], samples)
    return plan


__all__ = ["Assumptions", "plan_graph"]
