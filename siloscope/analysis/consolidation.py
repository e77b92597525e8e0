"""The consolidation plan as the contract spells it: dispositions with reasons, moves, waves, money.

What goes where is `keepers.choose`, when is `waves.schedule`. The answer is a feasible plan with a lower
bound, not yet an optimum; every figure that no source gave is counted as assumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from siloscope.analysis.keepers import Assumptions, Scene, choose, least
from siloscope.analysis.waves import Move, schedule
from siloscope.errors import ConfigError, PlanError, nearest
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Tool

SCHEMA = "siloscope/plan/1"


def plan_graph(
    graph: Graph,
    *,
    keep: Iterable[str] = (),
    retire: Iterable[str] = (),
    horizon_months: int = 36,
    assume: Assumptions | None = None,
) -> dict[str, Any]:
    """The plan for a graph as the contract `siloscope/plan/1` spells it.

    Raises:
        ConfigError: `keep` or `retire` names no tool.
        PlanError: The rules contradict each other, or a tool to retire has nowhere to go.
    """
    keep, retire = _tool_ids(graph, keep), _tool_ids(graph, retire)
    if both := sorted(keep & retire):
        raise PlanError(f"{both[0]} is to be kept and to be retired; drop one of the two rules")
    scene = Scene.of(graph, assume or Assumptions(), horizon_months / 12)
    chosen = choose(scene, keep, retire)
    moves = [
        Move(each.id, tool, target, scene.assume.effort(each, scene.links.get(each.id, 0)))
        for tool, (target, _) in sorted(chosen.items())
        if target
        for each in scene.held.get(tool, [])
    ]
    waves = schedule(graph, moves, scene.assume.days_per_wave, scene.assume.months_per_wave, _savings(scene, chosen))
    return {
        "schema": SCHEMA,
        "summary": {**_summary(scene, chosen, waves, horizon_months), "bound": round(least(scene, keep, retire), 2)},
        "dispositions": [_disposition(scene, each, chosen, keep) for each in graph.tools],
        "moves": waves.moves,
        "waves": waves.waves,
        "assumptions": _assumed(scene),
    }


def _tool_ids(graph: Graph, names: Iterable[str]) -> set[str]:
    found = set()
    for name in names:
        if name not in graph.tool:
            raise ConfigError(f'no tool "{name}"{nearest(name, graph.tool)}; tool ids stand in `siloscope export`')
        found.add(name)
    return found


def _savings(scene: Scene, chosen: Mapping[str, tuple[str | None, str]]) -> Mapping[str, float]:
    return {tool: scene.cost(scene.graph.tool[tool]) for tool in chosen}


def _disposition(
    scene: Scene, tool: Tool, chosen: Mapping[str, tuple[str | None, str]], keep: Collection[str]
) -> dict[str, Any]:
    known = "assumed" if tool.annual_cost is None else tool.cost_source or "told"
    cost = scene.cost(tool)
    told = f"costs {cost:,.0f} a year ({known})"
    if tool.annual_cost is not None and tool.annual_cost < 0:
        told = f"its source tells {tool.annual_cost:,.0f} a year, counted as nothing"
    because = [Evidence(told, cost)]
    target = None
    if tool.id in chosen:
        target, why = chosen[tool.id]
        what = "migrate" if target else "retire"
        saved, once = cost * scene.years, scene.moving(tool)
        because += [Evidence(why, 0.0)] if why else []
        if target:
            needs = ", ".join(sorted(scene.needed(tool)))
            because.append(Evidence(f"{target} offers all it is needed for: {needs}", 0.0))
        because.append(
            Evidence(f"over the horizon {saved:,.0f} are saved for {once:,.0f} once", round(saved - once, 2))
        )
    elif tool.id in keep:
        what = "keep"
        because.append(Evidence("you asked for it", 0.0))
    elif any(scene.may_move(tool, each) for each in scene.graph.tools if each.id not in chosen and each.id != tool.id):
        received = any(target == tool.id for target, _ in chosen.values())
        what = "keep" if received else "tolerate"
        text = (
            "others of its kind move into it"
            if received
            else "another tool could take it over, but moving costs more than it saves"
        )
        because.append(Evidence(text, 0.0))
    else:
        what = "keep"
        because.append(Evidence("no other tool offers all it is needed for", 0.0))
    return {
        "tool": tool.id,
        "disposition": what,
        "target": target,
        "because": [{"says": each.says, "weight": round(each.weight, 2)} for each in because],
    }


def _summary(scene: Scene, chosen: Mapping[str, tuple[str | None, str]], waves: Any, horizon: int) -> dict[str, Any]:
    now = sum(scene.cost(each) for each in scene.graph.tools)
    gone = sum(scene.cost(scene.graph.tool[each]) for each in chosen)
    once = sum(scene.moving(scene.graph.tool[each]) for each in chosen)
    rate = (1 + scene.assume.discount) ** (1 / 12) - 1
    flows = [
        sum(w["annual_saving"] for w in waves.waves if w["start_month"] + w["months"] <= m) / 12 for m in range(horizon)
    ]
    npv = sum(flow / (1 + rate) ** month for month, flow in enumerate(flows)) - once
    total, payback = 0.0, None
    for month, flow in enumerate(flows):
        total += flow
        if once and total >= once:
            payback = month + 1
            break
    return {
        "annual_cost_now": round(now, 2),
        "annual_cost_after": round(now - gone, 2),
        "one_time_cost": round(once, 2),
        "npv": round(npv, 2),
        "payback_months": 0 if not once else payback,
        "objective": round((now - gone) * scene.years + once, 2),
        "bound": 0.0,
        "status": "feasible",
        "horizon_months": horizon,
    }


def _assumed(scene: Scene) -> list[dict[str, Any]]:
    """What was taken for granted, each with how often it was needed."""
    unpriced = sum(each.annual_cost is None for each in scene.graph.tools)
    assume = scene.assume
    return [
        {
            "name": "annual_cost",
            "value": assume.annual_cost,
            "used_for": f"{unpriced} tools whose cost no source gives",
        },
        {"name": "day_rate", "value": assume.day_rate, "used_for": "every move"},
        {"name": "dual_running_months", "value": assume.dual_running_months, "used_for": "every tool that goes"},
        {"name": "discount", "value": assume.discount, "used_for": "the net present value"},
        {"name": "days_per_wave", "value": assume.days_per_wave, "used_for": "how much fits into a wave"},
    ]
