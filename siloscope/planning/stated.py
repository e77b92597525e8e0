"""The answer to a stated problem as `siloscope/plan/1` spells it."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from siloscope.errors import PlanError
from siloscope.planning.conflicts import explain
from siloscope.planning.problem import Problem
from siloscope.planning.solve import Answer, InfeasibleError, solve

SCHEMA = "siloscope/plan/1"


def plan_problem(problem: Problem, seconds: float = 60.0) -> dict[str, Any]:
    """Solve a problem and tell which tools are kept, what each serves, what it costs, and how far from optimal it is.

    Raises:
        PlanError: It has no answer; the text is the smallest set of rules that contradict each other.
    """
    try:
        answer = solve(problem, seconds)
    except InfeasibleError:
        raise PlanError(explain(problem, seconds)) from None
    now = math.fsum(each.annual_cost for each in problem.tools)
    after = math.fsum(each.annual_cost for each in problem.tools if each.id in answer.kept)
    return {
        "schema": SCHEMA,
        "summary": {
            "objective": answer.objective,
            "bound": answer.bound,
            "gap": answer.gap,
            "status": answer.status,
            "annual_cost_now": now,
            "annual_cost_after": after,
            "serving_cost": answer.objective - after,
            "tools": len(problem.tools),
            "tools_kept": len(answer.kept),
            "workloads": len(problem.workloads),
            "independent_parts": answer.parts,
        },
        "dispositions": _dispositions(problem, answer),
        "assignments": [{"workload": w, "tool": t, "share": share} for w, t, share in answer.shares],
        "moves": [],
        "waves": [],
        "notes": list(problem.notes),
    }


def _dispositions(problem: Problem, answer: Answer) -> list[dict[str, Any]]:
    demand = {each.id: each.demand for each in problem.workloads}
    load: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for workload, served_by, share in answer.shares:
        load[served_by] += share * demand[workload]
        count[served_by] += 1
    rows = []
    for tool in problem.tools:
        kept = tool.id in answer.kept
        full = "" if tool.capacity is None else f", {load[tool.id]:,.10g} of its capacity of {tool.capacity:,.10g}"
        says = [f"serves {count[tool.id]} workloads{full}"] if kept else ["everything is served for less without it"]
        if tool.must:
            says.insert(0, f"must be {'kept' if kept else 'retired'}")
            says = says if kept else says[:1]
        cost = tool.annual_cost if kept else -tool.annual_cost
        because = [{"says": each, "weight": 0.0} for each in says]
        because.append({"says": f"{'costs' if kept else 'saves'} {tool.annual_cost:,.2f} a year", "weight": cost})
        rows.append({"tool": tool.id, "disposition": "keep" if kept else "retire", "target": None, "because": because})
    return rows
