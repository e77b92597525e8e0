"""What everything costs a year: what a bill or a licence says of it, and its share of what nobody can say of one thing.

A tool's cost is all that is paid for it. What its assets are billed by themselves is theirs; the rest is shared by
all its assets alike. A tool without assets has nobody to share with: its cost stays unallocated, and is shown. Figures
that somebody estimated are kept apart from what was paid. Which currencies the money is in is told with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from siloscope.analysis.common import remembered
from siloscope.graph.departments import SHARED, UNASSIGNED
from siloscope.graph.view import Graph
from siloscope.model import Asset, Tool

ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Cost:
    """A year: `own` was billed or licensed for just this, `shared` is its part of tools, `assumed` was estimated."""

    own: float = 0.0
    shared: float = 0.0
    assumed: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.own + other.own, self.shared + other.shared, self.assumed + other.assumed)

    @property
    def low(self) -> float:
        """What would certainly be saved without it."""
        return self.own

    @property
    def base(self) -> float:
        """What was paid, its share of tools included."""
        return self.own + self.shared

    @property
    def high(self) -> float:
        """The same with all estimates."""
        return self.own + self.shared + self.assumed

    @property
    def known(self) -> bool:
        """Whether anything is known of it at all."""
        return bool(self.own or self.shared or self.assumed)


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of a graph: by asset and tool, and what could be given to no asset, by tool."""

    asset: Mapping[str, Cost]
    tool: Mapping[str, Cost]
    unallocated: Mapping[str, Cost]
    currencies: tuple[str, ...]

    def of(self, assets: Iterable[str]) -> Cost:
        """The sum over some assets."""
        return sum((self.asset[key] for key in sorted(assets) if key in self.asset), Cost())

    @property
    def total(self) -> Cost:
        """Everything, allocated or not."""
        return sum((self.tool[key] for key in sorted(self.tool)), Cost())


@remembered
def costs(graph: Graph) -> Costs:
    """What everything costs."""
    held: dict[str, list[Asset]] = defaultdict(list)
    for each in graph.assets:
        held[each.tool].append(each)
    asset: dict[str, Cost] = {}
    tools: dict[str, Cost] = {}
    left: dict[str, Cost] = {}
    for tool in graph.tools:
        assets = held.get(tool.id, [])
        own = {each.id: _own(each) for each in assets}
        rest = _rest(tool, sum((cost.high for cost in own.values()), 0.0))
        share = Cost(shared=rest.shared / len(assets), assumed=rest.assumed / len(assets)) if assets else Cost()
        asset |= {key: cost + share for key, cost in own.items()}
        tools[tool.id] = sum(own.values(), Cost()) + (rest if assets else Cost())
        if not assets and rest.known:
            tools[tool.id] = left[tool.id] = rest
    facts = [*(each.facts for each in graph.tools), *(each.facts for each in graph.assets)]
    found = {str(each["cost.currency"]) for each in facts if each.get("cost.currency")}
    return Costs(asset, tools, left, tuple(sorted(found)))


def _own(asset: Asset) -> Cost:
    cost = asset.annual_cost or 0.0
    return Cost(assumed=cost) if asset.facts.get("cost.source") == ASSUMED else Cost(own=cost)


def _rest(tool: Tool, carried: float) -> Cost:
    """What of a tool's cost its assets do not carry by themselves; a sum over assets has no rest."""
    rest = max(0.0, (tool.annual_cost or 0.0) - carried) if tool.cost_source != "assets" else 0.0
    return Cost(assumed=rest) if tool.cost_source == ASSUMED else Cost(shared=rest)


def by_department(graph: Graph, found: Costs) -> dict[str, Cost]:
    """By department; what no asset carries goes to the tool's department, or stays unassigned."""
    sums: dict[str, Cost] = defaultdict(Cost)
    for each in graph.assets:
        sums[each.department or UNASSIGNED] += found.asset[each.id]
    for key, cost in sorted(found.unallocated.items()):
        home = graph.tool[key].department
        sums[UNASSIGNED if home in (None, SHARED) else str(home)] += cost
    return {name: sums[name] for name in sorted(sums) if sums[name].known}


def by_capability(graph: Graph, found: Costs) -> dict[str, Cost]:
    """By capability; a tool that offers several is split evenly over them, one that offers none known is `unknown`."""
    sums: dict[str, Cost] = defaultdict(Cost)
    for tool in graph.tools:
        cost, offered = found.tool[tool.id], tool.capabilities or ("unknown",)
        part = Cost(cost.own / len(offered), cost.shared / len(offered), cost.assumed / len(offered))
        for each in offered:
            sums[each] += part
    return {name: sums[name] for name in sorted(sums) if sums[name].known}
