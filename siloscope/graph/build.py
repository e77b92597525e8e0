"""From live observations to the graph: merge, attribute, link. Pure, the same for every store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TypeVar

from siloscope.catalog import product
from siloscope.config import Config, DepartmentRule, Gap
from siloscope.graph.communities import communities, named
from siloscope.graph.departments import SHARED, UNASSIGNED, attributed, home
from siloscope.graph.initiatives import with_initiatives
from siloscope.graph.merge import all_merged, described
from siloscope.graph.resolve import Aliases, Claims, resolve, uncollected
from siloscope.graph.view import Graph
from siloscope.model import Asset, Description, Observation, Reference, Slice, Tool, digest
from siloscope.version import __version__

__all__ = ["SHARED", "UNASSIGNED", "Row", "Settings", "build", "ledger", "with_silos"]
T = TypeVar("T", Asset, Tool)
Rank = tuple[int, int, tuple[str, str, str]]


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
    assets = {key: _completed(each, settings) for key, each in assets.items()}
    claims = Claims(assets.values(), aliases)
    edges, outside = resolve(assets, references, claims)
    known = {key: all_merged(each for _, each in _ranked(rows)) for key, rows in told.items()}
    defaults = {source: department for source, (department, _) in settings.defaults.items()}
    assets = attributed(assets, edges, known, settings.departments, defaults)
    tools = _tools(assets.values(), known)
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


def _completed(asset: Asset, settings: Settings) -> Asset:
    """The asset with its source's default environment, and a cost that is a number or none."""
    _, environment = settings.defaults.get(asset.source, (None, None))
    return replace(asset, environment=asset.environment or environment, annual_cost=_money(asset.annual_cost))


def _money(value: float | None) -> float | None:
    """A cost; what is no number (another estate's NaN) is unknown rather than poison for every sum."""
    return value if value is not None and isfinite(value) else None


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
            department=tool.department or home(held.get(key, [])),
            capabilities=tool.capabilities or (known.capabilities if known else ()),
            annual_cost=cost,
            cost_source=cost_source,
        )
    return tools


def _capable(asset: Asset, tools: Mapping[str, Tool]) -> Asset:
    return asset if asset.capabilities else replace(asset, capabilities=tools[asset.tool].capabilities)


def _accepted(row: Slice, gaps: Iterable[Gap], at: str) -> Slice:
    """The slice with the reason of the accepted gap that covers it, if one does today."""
    covering = next((each for each in gaps if each.covers(row.source, row.listing, row.scope, at)), None)
    return replace(row, accepted=covering.reason if covering else None)


def with_silos(graph: Graph) -> Graph:
    """The graph with the `silo` of each asset: the community it belongs to, None for one that is alone.

    The `initiative` of each asset is set on the way: like silos, initiatives follow from the edges.
    """
    names = named(communities(graph.ends, len(graph.number)), [each.id for each in graph.assets])
    assets = tuple(replace(asset, silo=name) for asset, name in zip(graph.assets, names, strict=True))
    return with_initiatives(replace(graph, assets=assets))
