"""The graph with the figures a decision needs: what tools cost, are needed for, and what moving out would take.

Every amount is an `Item`: a sentence, its money, where it comes from, and the assumptions it rests on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from siloscope.catalog import capabilities, product
from siloscope.graph.view import Graph
from siloscope.model import Asset, Tool
from siloscope.planning.assumptions import Assumptions, falls_under
from siloscope.planning.moves import Bridge
from siloscope.planning.uses import used_capabilities
from siloscope.times import days_between, normal

# Between clouds only these move; what holds data or messages stays where its users are.
_MOVABLE = frozenset({"ml", "automation", "governance"})


@dataclass(frozen=True, slots=True)
class Item:
    """One amount: what it is for, how much in money (over the horizon, or once), its source, what it assumes.

    `source` is measured (counted in the graph), billed, licence, assets, told, catalog or assumed. `moves_with`
    names what the amount is a product of, for figures on uncertainty: entries of `range`, or a tool's cost.
    """

    says: str
    money: float
    source: str
    assumes: tuple[str, ...] = ()
    moves_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estate:
    """A graph, assumptions and a horizon in months, with what each tool holds and how each asset is linked."""

    graph: Graph
    assume: Assumptions
    horizon: int
    held: Mapping[str, list[Asset]]
    links: Mapping[str, int]
    zones: Mapping[str, str | None]
    ends: Mapping[str, list[str]]
    uses: Mapping[str, frozenset[str] | None]

    @classmethod
    def of(cls, graph: Graph, assume: Assumptions, horizon: int) -> Estate:
        """Count once what many questions ask for."""
        held: dict[str, list[Asset]] = defaultdict(list)
        for asset in graph.assets:
            held[asset.tool].append(asset)
        links: dict[str, int] = defaultdict(int)
        ends: dict[str, list[str]] = defaultdict(list)
        for edge in graph.dependencies:
            for one, other in ((edge.source, edge.target), (edge.target, edge.source)):
                links[one] += 1
                ends[one].append(other)
        uses = {tool: used_capabilities(assets) for tool, assets in held.items()}
        return cls(graph, assume, horizon, held, links, _zones(graph, ends), ends, uses)

    @property
    def years(self) -> float:
        """What a unit of money a year over the horizon is worth now."""
        return self.assume.annuity(self.horizon)

    def cost(self, tool: Tool) -> float:
        """A year of a tool: told, billed or summed, else assumed. A credit counts as nothing, or keeping would pay."""
        return self.assume.annual_cost if tool.annual_cost is None else max(0.0, tool.annual_cost)

    def cost_item(self, tool: Tool) -> Item:
        """The same with its source, which may be that it is assumed."""
        cost = self.cost(tool)
        if tool.annual_cost is None:
            told = "annual_cost" in self.assume.given
            return Item(f"costs {cost:,.0f} a year ({'told' if told else 'assumed'}: no source gives its cost)", cost,
                        "told" if told else "assumed", ("annual_cost",))  # fmt: skip
        source = tool.cost_source or "told"
        if tool.annual_cost < 0:
            says = f"its source tells {tool.annual_cost:,.0f} a year, counted as nothing"
            return Item(says, cost, source)
        return Item(f"costs {cost:,.0f} a year ({source})", cost, source)

    def follows(self, tool: Tool) -> float:
        """What of a year's cost goes along with the work and is paid at the target; without work none does."""
        if not self.held.get(tool.id):
            return 0.0
        return self.cost(tool) * self.assume.share_that_follows(unit(tool))[0]

    def saved(self, tool: Tool) -> float:
        """What a year less costs when the tool has gone."""
        return self.cost(tool) - self.follows(tool)

    def users(self, tool: Tool) -> tuple[float, str]:
        """How many people use a tool, and whether that is measured or assumed."""
        if tool.users is not None:
            return float(max(0, tool.users)), "measured"
        return self.assume.users, "assumed"

    def needed(self, tool: Tool) -> frozenset[str]:
        """The capabilities that the tool's assets use, where all their kinds say so; else all it offers."""
        offered = offers(tool)
        return (self.uses.get(tool.id) or frozenset()) & offered or offered

    def wanted(self, tool: Tool) -> tuple[str, ...]:
        """The entries of `features` that the tool's assets fall under."""
        held = self.held.get(tool.id, [])
        kinds = {each.kind for each in held}
        near = [entry for entry in self.assume.features if entry.partition(" ")[0] in kinds]
        return tuple(sorted(entry for entry in near if any(falls_under(each, entry) for each in held)))

    def refusal(self, a: Tool, b: Tool) -> Item | None:
        """Why the work of `a` cannot go to `b`; None when it can."""
        need = self.needed(a)
        if not need:
            what = ", ".join(a.capabilities) or "what it does, which no source tells,"
            return Item(f"{what} is no case for consolidation", 0.0, "catalog")
        if missing := sorted(need - offers(b)):
            return Item(f"{b.id} does not offer {', '.join(missing)}", 0.0, "catalog")
        known = product(slug(b))
        if slug(a) != slug(b) and known:
            wanted = self.wanted(a)
            required = {each for entry in wanted for each in self.assume.features[entry]}
            if lacks := sorted(required - set(known.features)):
                rests = tuple(f"features.{each}" for each in wanted)
                return Item(f"{b.id} lacks {', '.join(lacks)}", 0.0, "catalog", rests)
        if _cloud(a) and _cloud(b):
            # Two accounts of one service are one product; storage and databases follow the cloud they serve.
            if slug(a) == slug(b):
                return Item(f"{b.id} is another account of the same service", 0.0, "catalog")
            words = capabilities()
            if not all(words[each].domain in _MOVABLE for each in need):
                return Item(f"what {a.id} holds stays in the cloud it serves", 0.0, "catalog")
        mine, theirs = len(self.held.get(a.id, [])), len(self.held.get(b.id, []))
        if theirs < self.assume.proven * mine:
            says = f"{b.id} has not carried comparable weight: {theirs} assets beside {mine}"
            return Item(says, 0.0, "measured", ("proven",))
        return self._ruled(a, b)

    def _ruled(self, a: Tool, b: Tool) -> Item | None:
        rules = self.assume.rules
        says = None
        for department in rules.departments_apart:
            if (a.department == department) != (b.department == department):
                says = f"{department} stays apart, by rule"
        if b.vendor in rules.vendors_not_into:
            says = f"nothing moves into tools of {b.vendor}, by rule"
        if rules.residency and any(self._resides(each) for each in self.held.get(a.id, [])):
            outside = [each for each in self.held.get(b.id, []) if not self._resides(each)]
            if outside or not self.held.get(b.id):
                where = str(outside[0].facts.get("region") or "no known region") if outside else "no known region"
                says = f"what lies in {', '.join(rules.residency)} stays in it, by rule; {b.id} lies in {where}"
        for each in self.held.get(a.id, []):
            if any(fnmatchcase(each.id, glob) for glob in rules.may_not_move):
                says = f"{each.name} may not move, by rule"
        return Item(says, 0.0, "told") if says else None

    def _resides(self, asset: Asset) -> bool:
        """Whether an asset lies in the regions of the rule on residency."""
        region = str(asset.facts.get("region") or "")
        return any(fnmatchcase(region, glob) for glob in self.assume.rules.residency)

    def inside(self, tool: Tool) -> int:
        """Dependencies of a tool's assets on others of the cloud it lives in."""
        home, tool_of = self.zones.get(tool.id), self.graph.asset
        if home is None:
            return 0
        near = [tool_of.get(other) for asset in self.held.get(tool.id, []) for other in self.ends.get(asset.id, ())]
        return sum(each is not None and each.tool != tool.id and self.zones.get(each.tool) == home for each in near)

    def factor(self, a: Tool, b: Tool) -> float:
        """What share of the effort a move takes: less to the same product."""
        return self.assume.same_product if slug(a) == slug(b) else 1.0

    def leaves(self, asset: Asset) -> bool:
        """Whether an asset is archived instead of moved: long unused, and linked to nothing."""
        used, now = asset.last_used, normal(self.graph.scan_at)
        if not used or not now or self.links.get(asset.id):
            return False
        return days_between(normal(used) or now, now) > self.assume.dormant_days

    def moved(self, tool: Tool) -> list[Asset]:
        """What of a tool would move."""
        return [each for each in self.held.get(tool.id, []) if not self.leaves(each)]

    def move_days(self, asset: Asset, factor: float) -> float:
        """Days to move one asset, by the `factor` between its tool and the target."""
        return round(self.assume.effort(asset, self.links.get(asset.id, 0)) * factor, 2)

    def temporary(self, bridge: Bridge) -> list[Item]:
        """What temporary bridges cost, from when their tool moves until what they lead to has moved too."""
        assume = self.assume
        months = (bridge.until - bridge.wave) * assume.months_per_wave
        says = f"{bridge.count} temporary bridges to what leaves {bridge.to} later: {assume.bridge_days:g} days each"
        rests = ("bridge_days", "day_rate")
        items = [Item(says, bridge.count * assume.bridge_days * assume.day_rate, "assumed", rests, rests)]
        if assume.bridge_annual:
            says = f"they run for {months} months at {assume.bridge_annual:,.0f} a year"
            items.append(Item(says, bridge.count * assume.bridge_annual * months / 12, "assumed", ("bridge_annual",)))
        return items


def offers(tool: Tool) -> frozenset[str]:
    """The capabilities of a tool that are worth consolidating."""
    known = capabilities()
    return frozenset(each for each in tool.capabilities if each in known and known[each].overlap)


def slug(tool: Tool) -> str:
    """The product of a tool as its id spells it."""
    return tool.id.partition(":")[0]


def unit(tool: Tool) -> str | None:
    """What the licence of a tool counts, by the catalog."""
    known = product(slug(tool))
    return known.licence_unit if known else None


def _cloud(tool: Tool) -> bool:
    """Whether the instance is an account or subscription: merging two of those is no tool consolidation."""
    known = product(slug(tool))
    return bool(known and known.tenancy in ("account", "subscription", "project", "organization"))


def _zones(graph: Graph, ends: Mapping[str, list[str]]) -> Mapping[str, str | None]:
    """The cloud each tool lives in: its vendor's, else the one most of what it is linked to lives in, else none."""
    zones: dict[str, str | None] = {}
    for tool in graph.tools:
        known = product(slug(tool))
        inside = known and known.tenancy in ("account", "subscription")
        zones[tool.id] = known.vendor if known and inside else None
    around: dict[str, Counter[str]] = defaultdict(Counter)
    for asset in graph.assets:
        for other in ends.get(asset.id, ()):
            near = graph.asset.get(other)
            if near and near.tool != asset.tool and (zone := zones.get(near.tool)):
                around[asset.tool][zone] += 1
    for tool in graph.tools:
        if zones[tool.id] is None and (count := around.get(tool.id)):
            zones[tool.id] = min(count, key=lambda zone: (-count[zone], zone))
    return zones
