"""From live observations to the graph: merge, attribute, link. Pure, the same for every store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from math import isfinite
from typing import TypeVar

from siloscope.catalog import product
from siloscope.config import Config, DepartmentRule, Gap
from siloscope.graph.merge import all_merged, described
from siloscope.graph.resolve import Aliases, Claims, resolve, uncollected
from siloscope.graph.view import Graph
from siloscope.model import Asset, Description, Observation, Reference, Slice, Tool, digest
from siloscope.version import __version__

T = TypeVar("T", Asset, Tool)
Rank = tuple[int, int, tuple[str, str, str]]

UNASSIGNED = "unassigned"
SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Row:
    """A live observation with its slice and when it was first and last seen."""

    slice: Slice
    item: Observation
    first_seen: str
    last_seen: str

    @property
    def rank(self) -> Rank:
        """Who is to be believed first."""
        return self.slice.precedence, self.slice.order, self.slice.key


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says about the graph, apart from where to look."""

    aliases: tuple[tuple[str, str], ...] = ()
    departments: tuple[DepartmentRule, ...] = ()
    defaults: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def of(cls, config: Config) -> Settings:
        """The settings of a configuration file."""
        defaults = {each.name: (each.department, each.environment) for each in config.sources}
        return cls(config.aliases, config.departments, defaults, config.gaps)

    @property
    def fingerprint(self) -> str:
        """Changes when the graph has to be built anew although nothing was scanned: settings, or our own release."""
        return digest(__version__, repr((self.aliases, self.departments, sorted(self.defaults.items()), self.gaps)))


def build(rows: Iterable[Row], slices: Iterable[Slice], settings: Settings, scan_id: str, scan_at: str) -> Graph:
    """The whole graph from the live observations of all sources."""
    with uncollected():
        return _build(rows, slices, settings, scan_id, scan_at)


def _build(rows: Iterable[Row], slices: Iterable[Slice], settings: Settings, scan_id: str, scan_at: str) -> Graph:
    seen: dict[str, list[tuple[Rank, Asset]]] = defaultdict(list)
    descriptions: list[tuple[Rank, Description]] = []
    references: list[Reference] = []
    told: dict[str, list[tuple[Rank, Tool]]] = defaultdict(list)
    for row in rows:
        item = row.item
        if isinstance(item, Asset):
            source = row.slice.source
            stamped = replace(
                item, source=source, sources=(source,), first_seen=row.first_seen, last_seen=row.last_seen
            )
            seen[item.id].append((row.rank, stamped))
        elif isinstance(item, Description):
            descriptions.append((row.rank, item))
        elif isinstance(item, Reference):
            references.append(item)
        else:
            told[item.id].append((row.rank, item))
    assets = {key: all_merged(each for _, each in _ranked(seen[key])) for key in sorted(seen)}
    aliases = Aliases(settings.aliases)
    _describe(assets, descriptions, aliases)
    assets = {key: _attributed(each, settings) for key, each in assets.items()}
    claims = Claims(assets.values(), aliases)
    edges, outside = resolve(assets, references, claims)
    tools = _tools(assets.values(), {key: all_merged(each for _, each in _ranked(rows)) for key, rows in told.items()})
    finished = tuple(_capable(each, tools) for each in assets.values())
    rests = ledger(slices, settings, scan_at)
    graph = Graph(scan_id, scan_at, tuple(tools[key] for key in sorted(tools)), finished, edges, outside, rests)
    return with_silos(graph)


def ledger(slices: Iterable[Slice], settings: Settings, at: str) -> tuple[Slice, ...]:
    """The slices, sorted, each with the reason of the accepted gap that covers it."""
    return tuple(sorted((_accepted(each, settings.gaps, at) for each in slices), key=lambda each: each.key))


def _ranked(rows: Iterable[tuple[Rank, T]]) -> list[tuple[Rank, T]]:
    """Observations of one thing, the most to be believed first."""
    return sorted(rows, key=lambda each: each[0])


def _describe(
    assets: dict[str, Asset],
    descriptions: Iterable[tuple[Rank, Description]],
    aliases: Aliases,
) -> None:
    """Give each description to the assets it is about; one that nobody claims waits."""
    claims = Claims(assets.values(), aliases)
    for _, each in sorted(descriptions, key=lambda row: (row[0], row[1].about)):
        for key in (each.about,) if each.about in assets else claims.of(each.about):
            assets[key] = described(assets[key], each)


def _attributed(asset: Asset, settings: Settings) -> Asset:
    """The asset with its department and the reason, and its source's default environment."""
    default, environment = settings.defaults.get(asset.source, (None, None))
    department, because = _department(asset, settings.departments, default)
    return replace(
        asset,
        department=department,
        environment=asset.environment or environment,
        annual_cost=_money(asset.annual_cost),
        facts={**asset.facts, "department_because": because},
    )


def _money(value: float | None) -> float | None:
    """A cost; what is no number (another estate's NaN) is unknown rather than poison for every sum."""
    return value if value is not None and isfinite(value) else None


def _department(asset: Asset, rules: Iterable[DepartmentRule], default: str | None) -> tuple[str, str]:
    for rule in rules:
        for value in _values(asset, rule):
            if value and any(fnmatchcase(value, glob) for glob in rule.values):
                return rule.name, f"{rule.key} {rule.tag}={value}" if rule.tag else f"{rule.key} {value}"
    if asset.department:
        return asset.department, "said by the platform"
    if default:
        return default, f"default of source {asset.source}"
    return UNASSIGNED, "no rule matches"


def _values(asset: Asset, rule: DepartmentRule) -> tuple[str, ...]:
    if rule.key == "tag":
        return (str(asset.facts.get(f"tag.{rule.tag}") or ""),)
    if rule.key == "source":
        return asset.sources
    if rule.key in ("owner", "tool", "name"):
        return (getattr(asset, rule.key) or "",)
    return (str(asset.facts.get(rule.key) or ""),)


def _tools(assets: Iterable[Asset], told: Mapping[str, Tool]) -> dict[str, Tool]:
    """Tools of the assets, with what sources told about them and what the catalog knows of the product."""
    held: dict[str, list[Asset]] = defaultdict(list)
    for each in assets:
        held[each.tool].append(each)
    tools = {}
    for key in sorted({*held, *told}):
        slug, _, instance = key.partition(":")
        known = product(slug)
        tool = told.get(key) or Tool(key)
        costs = [each.annual_cost for each in held[key] if each.annual_cost is not None] if key in held else []
        cost, cost_source = _money(tool.annual_cost), tool.cost_source
        if cost is None and costs:
            cost, cost_source = round(sum(costs), 2), "assets"
        tools[key] = replace(
            tool,
            product=tool.product or (known.name if known else slug),
            vendor=tool.vendor or (known.vendor if known else ""),
            instance=tool.instance or instance,
            department=tool.department or _home(held.get(key, [])),
            capabilities=tool.capabilities or (known.capabilities if known else ()),
            annual_cost=cost,
            cost_source=cost_source,
        )
    return tools


def _home(assets: Iterable[Asset]) -> str:
    """The department of most of a tool's assets, else `shared`; `unassigned` when none has one, or most have none."""
    counts = Counter(each.department or UNASSIGNED for each in assets)
    if not counts:
        return UNASSIGNED
    name, most = min(counts.items(), key=lambda each: (-each[1], each[0]))
    return str(name) if most * 2 > counts.total() else SHARED


def _capable(asset: Asset, tools: Mapping[str, Tool]) -> Asset:
    return asset if asset.capabilities else replace(asset, capabilities=tools[asset.tool].capabilities)


def _accepted(row: Slice, gaps: Iterable[Gap], at: str) -> Slice:
    """The slice with the reason of the accepted gap that covers it, if one does today."""
    covering = next((each for each in gaps if each.covers(row.source, row.listing, row.scope, at)), None)
    return replace(row, accepted=covering.reason if covering else None)


def with_silos(graph: Graph) -> Graph:
    """The graph with the `silo` of each asset: the component it is connected in, named after its first member."""
    labels: dict[int, str] = {}
    sizes = Counter(graph.components.tolist())
    assets = []
    for asset, component in zip(graph.assets, graph.components.tolist(), strict=False):
        labels.setdefault(component, f"silo-{digest(asset.id)[:8]}")
        assets.append(replace(asset, silo=labels[component] if sizes[component] > 1 else None))
    return replace(graph, assets=tuple(assets))
