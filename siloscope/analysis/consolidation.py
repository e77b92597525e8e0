"""The consolidation plan, first form: per group of interchangeable tools, keep the one that costs least in all.

Tools are interchangeable when their products offer the same consolidatable capabilities; a tool may
also move into one that offers all of its and more. A keeper's total is its cost over the horizon plus
the effort of moving everything else into it. The answer is a feasible plan with a lower bound, not
yet an optimum; every figure that no source gave is counted as assumed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from siloscope.analysis.waves import Move, schedule
from siloscope.catalog import capabilities, product
from siloscope.errors import ConfigError, PlanError, nearest
from siloscope.graph.view import Graph
from siloscope.model import Asset, Evidence, Tool

SCHEMA = "siloscope/plan/1"


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is taken for granted where no source says better; money in the sources' currency."""

    annual_cost: float = 12_000.0
    day_rate: float = 600.0
    dual_running_months: int = 3
    discount: float = 0.08
    days_per_wave: float = 120.0
    months_per_wave: int = 3
    effort_days: Mapping[str, float] = field(
        default_factory=lambda: {
            "model": 4.0, "experiment": 0.5, "workflow": 3.0, "flow": 3.0, "process": 5.0, "package": 0.5, "dag": 4.0,
            "job": 3.0, "pipeline": 5.0, "state-machine": 4.0, "endpoint": 3.0, "queue": 1.0, "trigger": 0.5,
            "table": 1.0,
        }
    )  # fmt: skip

    def effort(self, asset: Asset, links: int) -> float:
        """Days to move one asset: by its kind, a tenth more for each thing it is linked to, at most threefold."""
        base = self.effort_days.get(asset.kind.rpartition(".")[2], 1.0)
        return round(base * min(3.0, 1 + 0.1 * links), 2)


@dataclass(frozen=True, slots=True)
class _Scene:
    """The graph with the figures a decision needs."""

    graph: Graph
    assume: Assumptions
    years: float
    held: Mapping[str, list[Asset]]
    links: Mapping[str, int]

    def cost(self, tool: Tool) -> float:
        return self.assume.annual_cost if tool.annual_cost is None else tool.annual_cost

    def effort(self, tool: str) -> float:
        return sum(self.assume.effort(each, self.links.get(each.id, 0)) for each in self.held.get(tool, []))

    def moving(self, tool: Tool) -> float:
        """What it costs once to move everything out of a tool: effort, and running both for a while."""
        dual = self.cost(tool) * self.assume.dual_running_months / 12
        return self.effort(tool.id) * self.assume.day_rate + dual


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
    scene = _scene(graph, assume or Assumptions(), horizon_months / 12)
    chosen = _targets(scene, keep, retire)
    moves = [
        Move(each.id, tool, target, scene.assume.effort(each, scene.links.get(each.id, 0)))
        for tool, (target, _) in sorted(chosen.items())
        if target
        for each in scene.held.get(tool, [])
    ]
    waves = schedule(graph, moves, scene.assume.days_per_wave, scene.assume.months_per_wave, _savings(scene, chosen))
    return {
        "schema": SCHEMA,
        "summary": _summary(scene, chosen, waves, horizon_months),
        "dispositions": [_disposition(scene, each, chosen, keep) for each in graph.tools],
        "moves": waves.moves,
        "waves": waves.waves,
        "assumptions": _assumed(scene),
    }


def _scene(graph: Graph, assume: Assumptions, years: float) -> _Scene:
    held: dict[str, list[Asset]] = defaultdict(list)
    for asset in graph.assets:
        held[asset.tool].append(asset)
    links: dict[str, int] = defaultdict(int)
    for edge in graph.dependencies:
        links[edge.source] += 1
        links[edge.target] += 1
    return _Scene(graph, assume, years, held, links)


def _tool_ids(graph: Graph, names: Iterable[str]) -> set[str]:
    found = set()
    for name in names:
        if name not in graph.tool:
            raise ConfigError(f'no tool "{name}"{nearest(name, graph.tool)}; tool ids stand in `siloscope export`')
        found.add(name)
    return found


def _offers(tool: Tool) -> frozenset[str]:
    """The capabilities of a tool that are worth consolidating."""
    known = capabilities()
    return frozenset(each for each in tool.capabilities if each in known and known[each].overlap)


def _cloud(tool: Tool) -> bool:
    """Whether the instance is an account or subscription: merging two of those is no tool consolidation."""
    known = product(tool.id.partition(":")[0])
    return bool(known and known.tenancy in ("account", "subscription", "project", "organization"))


def _may_move(a: Tool, b: Tool) -> bool:
    """Whether everything in `a` finds its capability in `b`."""
    if a.id == b.id or not _offers(a) or not _offers(a) <= _offers(b):
        return False
    return not (a.product == b.product and _cloud(a) and _cloud(b))


def _targets(scene: _Scene, keep: Collection[str], retire: Collection[str]) -> dict[str, tuple[str | None, str]]:
    """For each tool that goes: where its assets go (None: nowhere) and the sentence that says why."""
    tools = scene.graph.tools
    keepers = {group[0].id: _keeper(scene, group, keep, retire) for group in _groups(tools)}
    goes: dict[str, tuple[str | None, str]] = {}
    for group in _groups(tools):
        keeper = keepers[group[0].id]
        for tool in group:
            if tool.id in keep or (keeper and tool.id == keeper.id and tool.id not in retire):
                continue
            target = keeper if keeper and _may_move(tool, keeper) else None
            if tool.id in retire:
                target = target or _elsewhere(scene, tool, retire)
                if target is None and scene.held.get(tool.id):
                    offers = ", ".join(sorted(_offers(tool))) or "what it does"
                    raise PlanError(f"{tool.id} is to be retired, but no other tool offers {offers}")
                goes[tool.id] = (target.id if target else None, "you asked for it")
            elif target and scene.cost(tool) * scene.years > scene.moving(tool):
                goes[tool.id] = (target.id, "")
    return _settled(goes)


def _settled(goes: dict[str, tuple[str | None, str]]) -> dict[str, tuple[str | None, str]]:
    """Follow a target that goes itself to where it goes."""
    settled = {}
    for tool, (target, why) in goes.items():
        seen = {tool}
        while target in goes and target not in seen:
            seen.add(target)
            target = goes[target][0]
        settled[tool] = (target, why)
    return settled


def _groups(tools: Iterable[Tool]) -> list[list[Tool]]:
    """Tools that offer the same; those without consolidatable capabilities stand alone."""
    groups: dict[Any, list[Tool]] = defaultdict(list)
    for tool in tools:
        groups[_offers(tool) or tool.id].append(tool)
    return [sorted(group, key=lambda each: each.id) for group in groups.values()]


def _keeper(scene: _Scene, group: list[Tool], keep: Collection[str], retire: Collection[str]) -> Tool | None:
    """The tool of a group that costs least in all; must-keeps first, must-retires never."""
    able = [each for each in group if each.id not in retire]
    able = [each for each in able if each.id in keep] or able
    if not able:
        return None

    def total(keeper: Tool) -> float:
        others = sum(scene.moving(each) for each in group if each.id != keeper.id)
        return scene.cost(keeper) * scene.years + others

    return min(able, key=lambda each: (total(each), each.id))


def _elsewhere(scene: _Scene, tool: Tool, retire: Collection[str]) -> Tool | None:
    able = [each for each in scene.graph.tools if each.id not in retire and _may_move(tool, each)]
    return min(able, key=lambda each: (scene.cost(each), each.id), default=None)


def _savings(scene: _Scene, chosen: Mapping[str, tuple[str | None, str]]) -> Mapping[str, float]:
    return {tool: scene.cost(scene.graph.tool[tool]) for tool in chosen}


def _disposition(
    scene: _Scene, tool: Tool, chosen: Mapping[str, tuple[str | None, str]], keep: Collection[str]
) -> dict[str, Any]:
    known = "assumed" if tool.annual_cost is None else tool.cost_source or "told"
    cost = scene.cost(tool)
    because = [Evidence(f"costs {cost:,.0f} a year ({known})", cost)]
    target = None
    if tool.id in chosen:
        target, why = chosen[tool.id]
        what = "migrate" if target else "retire"
        saved, once = cost * scene.years, scene.moving(tool)
        because += [Evidence(why, 0.0)] if why else []
        if target:
            because.append(Evidence(f"{target} offers all it does: {', '.join(sorted(_offers(tool)))}", 0.0))
        because.append(
            Evidence(f"over the horizon {saved:,.0f} are saved for {once:,.0f} once", round(saved - once, 2))
        )
    elif tool.id in keep:
        what = "keep"
        because.append(Evidence("you asked for it", 0.0))
    elif any(_may_move(tool, each) for each in scene.graph.tools if each.id not in chosen and each.id != tool.id):
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
        because.append(Evidence("no other tool offers all it does", 0.0))
    return {
        "tool": tool.id,
        "disposition": what,
        "target": target,
        "because": [{"says": each.says, "weight": round(each.weight, 2)} for each in because],
    }


def _summary(scene: _Scene, chosen: Mapping[str, tuple[str | None, str]], waves: Any, horizon: int) -> dict[str, Any]:
    now = sum(scene.cost(each) for each in scene.graph.tools)
    gone = sum(scene.cost(scene.graph.tool[each]) for each in chosen)
    once = sum(scene.moving(scene.graph.tool[each]) for each in chosen)
    least = sum(min(scene.cost(each) for each in group) for group in _groups(scene.graph.tools)) * scene.years
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
        "bound": round(least, 2),
        "status": "feasible",
        "horizon_months": horizon,
    }


def _assumed(scene: _Scene) -> list[dict[str, Any]]:
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
