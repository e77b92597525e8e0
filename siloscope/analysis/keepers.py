"""Which tools to keep: per group of tools that are needed for the same, the one that costs least in all.

What a tool is *needed* for is what its assets use of it, where their kinds say so, else all it offers. A
group moves into the tool, of the group or not, that offers what is needed, has carried comparable weight,
and makes the total least: its own cost over the horizon, the effort of moving everything else in, and
running both for a while.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from siloscope.catalog import capabilities, product
from siloscope.errors import PlanError
from siloscope.graph.view import Graph
from siloscope.model import Asset, Tool

# A keeper has to have carried weight: at least this share of the assets of the largest that would move in.
PROVEN = 0.3
# Between clouds only these move; what holds data or messages stays where its users are.
_MOVABLE = frozenset({"ml", "automation", "governance"})
# What an asset of this kind uses of its tool; a kind that is not here uses all the tool offers.
_USES = {
    "mlflow.experiment": "experiment-tracking",
    "mlflow.model": "model-registry",
    "n8n.workflow": "workflow-automation",
    "node-red.flow": "workflow-automation",
    "nodered.flow": "workflow-automation",
    "logic-apps.workflow": "workflow-automation",
    "airflow.dag": "workflow-orchestration",
}
_AUXILIARY = frozenset({"airflow.connection", "airflow.asset", "logic-apps.connection", "node-red.subflow"})


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
class Scene:
    """The graph with the figures a decision needs."""

    graph: Graph
    assume: Assumptions
    years: float
    held: Mapping[str, list[Asset]]
    links: Mapping[str, int]

    @classmethod
    def of(cls, graph: Graph, assume: Assumptions, years: float) -> Scene:
        """Count what each tool holds and how each asset is linked."""
        held: dict[str, list[Asset]] = defaultdict(list)
        for asset in graph.assets:
            held[asset.tool].append(asset)
        links: dict[str, int] = defaultdict(int)
        for edge in graph.dependencies:
            links[edge.source] += 1
            links[edge.target] += 1
        return cls(graph, assume, years, held, links)

    def cost(self, tool: Tool) -> float:
        """A year of a tool: told, billed or summed, else assumed. A credit counts as nothing, or keeping would pay."""
        return self.assume.annual_cost if tool.annual_cost is None else max(0.0, tool.annual_cost)

    def effort(self, tool: str) -> float:
        """Days to move everything out of a tool."""
        return sum(self.assume.effort(each, self.links.get(each.id, 0)) for each in self.held.get(tool, []))

    def moving(self, tool: Tool) -> float:
        """What it costs once to move everything out: effort, and running both for a while."""
        dual = self.cost(tool) * self.assume.dual_running_months / 12
        return self.effort(tool.id) * self.assume.day_rate + dual

    def needed(self, tool: Tool) -> frozenset[str]:
        """The capabilities that the tool's assets use, where all their kinds say so; else all it offers."""
        kinds = {each.kind for each in self.held.get(tool.id, [])} - _AUXILIARY
        used = frozenset(_USES[kind] for kind in kinds if kind in _USES)
        known = all(kind in _USES for kind in kinds)
        return used & offers(tool) if kinds and known and used & offers(tool) else offers(tool)

    def may_move(self, a: Tool, b: Tool) -> bool:
        """Whether everything `a` is needed for is offered by `b`, and moving it there makes sense."""
        need = self.needed(a)
        if a.id == b.id or not need or not need <= offers(b):
            return False
        if not (_cloud(a) and _cloud(b)):
            return True
        # Two accounts of one service are one product; storage and databases follow the cloud they serve.
        known = capabilities()
        return a.product != b.product and all(known[each].domain in _MOVABLE for each in need)

    def groups(self) -> list[list[Tool]]:
        """Tools needed for the same, those that hold most first; those needed for nothing in particular stand alone."""
        found: dict[Any, list[Tool]] = defaultdict(list)
        for tool in self.graph.tools:
            found[self.needed(tool) or tool.id].append(tool)
        return sorted(
            (sorted(group, key=lambda each: each.id) for group in found.values()),
            key=lambda group: (-sum(len(self.held.get(each.id, [])) for each in group), group[0].id),
        )


def offers(tool: Tool) -> frozenset[str]:
    """The capabilities of a tool that are worth consolidating."""
    known = capabilities()
    return frozenset(each for each in tool.capabilities if each in known and known[each].overlap)


def _cloud(tool: Tool) -> bool:
    """Whether the instance is an account or subscription: merging two of those is no tool consolidation."""
    known = product(tool.id.partition(":")[0])
    return bool(known and known.tenancy in ("account", "subscription", "project", "organization"))


def choose(scene: Scene, keep: Collection[str], retire: Collection[str]) -> dict[str, tuple[str | None, str]]:
    """For each tool that goes: where its assets go (None: nowhere) and the sentence that says why, if a rule did.

    Raises:
        PlanError: A tool to retire has nowhere to go.
    """
    goes: dict[str, tuple[str | None, str]] = {}
    stays = set(keep)
    for group in scene.groups():
        keeper = _keeper(scene, group, stays, {*retire, *goes})
        for tool in group:
            if tool.id in stays or (keeper and tool.id == keeper.id):
                continue
            target = keeper if keeper and scene.may_move(tool, keeper) else None
            if tool.id in retire:
                target = target or _elsewhere(scene, tool, {*retire, *goes})
                if target is None and scene.held.get(tool.id):
                    what = ", ".join(sorted(scene.needed(tool))) or "what it does"
                    raise PlanError(f"{tool.id} is to be retired, but no other tool offers {what}")
                goes[tool.id] = (target.id if target else None, "you asked for it")
            elif target and scene.cost(tool) * scene.years > scene.moving(tool):
                goes[tool.id] = (target.id, "")
        stays.update(target for target, _ in goes.values() if target)
    return goes


def _keeper(scene: Scene, group: list[Tool], stays: Collection[str], gone: Collection[str]) -> Tool | None:
    """Where a group goes: the tool, of the group or not, that makes the total least; a must-keep of the group first."""
    inside = [each for each in group if each.id not in gone]
    if must := [each for each in inside if each.id in stays]:
        inside, outside = must, []
    else:
        outside = [
            each
            for each in scene.graph.tools
            if each not in group and each.id not in gone and all(scene.may_move(one, each) for one in group)
        ]
    most = max((len(scene.held.get(each.id, [])) for each in group), default=0)
    able = [
        each for each in (*inside, *outside) if each.id in stays or len(scene.held.get(each.id, [])) >= PROVEN * most
    ]

    def total(keeper: Tool) -> float:
        others = sum(scene.moving(each) for each in group if each.id != keeper.id)
        return others + (scene.cost(keeper) * scene.years if keeper in group else 0.0)

    return min(able, key=lambda each: (total(each), each.id), default=None)


def _elsewhere(scene: Scene, tool: Tool, gone: Collection[str]) -> Tool | None:
    able = [each for each in scene.graph.tools if each.id not in gone and scene.may_move(tool, each)]
    return min(able, key=lambda each: (scene.cost(each), each.id), default=None)


def least(scene: Scene, keep: Collection[str] = (), retire: Collection[str] = ()) -> float:
    """A lower bound on what any plan costs over the horizon: of each group, the cheapest tool that must stay somewhere.

    A group whose tools could all go elsewhere, hold nothing, or are all to be retired may cost nothing of its
    own; what is to be kept costs at least that.
    """
    total = 0.0
    for group in scene.groups():
        others = [each for each in scene.graph.tools if each not in group and each.id not in retire]
        replaceable = all(any(scene.may_move(one, each) for each in others) for one in group)
        able = [scene.cost(each) for each in group if each.id not in retire]
        floor = 0.0 if replaceable or not any(scene.held.get(each.id) for each in group) else min(able, default=0.0)
        total += max(floor, sum(scene.cost(each) for each in group if each.id in keep))
    return total * scene.years


__all__ = ["Assumptions", "Scene", "choose", "least", "offers"]
