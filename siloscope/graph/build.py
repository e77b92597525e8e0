"""From live observations to the graph: merge, attribute, link. Pure, the same for every store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from math import fsum, isfinite
from typing import TYPE_CHECKING, TypeVar

from siloscope.catalog import product
from siloscope.codec import changed
from siloscope.config import Config, DepartmentRule, Gap
from siloscope.graph.merge import all_merged, described
from siloscope.graph.resolve import Aliases, Claims, resolve, uncollected
from siloscope.graph.view import Graph
from siloscope.model import Asset, Description, Observation, Reference, Slice, Tool, digest
from siloscope.version import __version__

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
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
    seen: dict[str, list[Row]] = defaultdict(list)
    descriptions: list[Row] = []
    references: list[Reference] = []
    said: list[tuple[Rank, Tool]] = []
    for row in rows:
        if isinstance(row.item, Asset):
            seen[row.item.id].append(row)
        elif isinstance(row.item, Description):
            descriptions.append(row)
        elif isinstance(row.item, Reference):
            references.append(row.item)
        else:
            said.append((row.rank, row.item))
    told = merged_tools(said)
    aliases = Aliases(settings.aliases)
    claims = Claims((), aliases)
    for key, group in seen.items():
        claims.add(key, (name for row in group for name in row.item.names))  # type: ignore[union-attr]
    about = described_by(((row, row.item.about) for row in descriptions), seen, claims)  # type: ignore[union-attr]
    assets = {key: finished(seen[key], about.get(key, ()), settings, told) for key in sorted(seen)}
    edges, outside = resolve(assets, references, Claims(assets.values(), aliases))
    holdings = Holdings()
    for each in assets.values():
        holdings.add(each)
    rests = ledger(slices, settings, scan_at)
    tools = holdings.tools(told)
    return with_silos(Graph(scan_id, scan_at, tools, tuple(assets.values()), edges, outside, rests))


def described_by(rows: Iterable[tuple[T, str]], assets: Container[str], claims: Claims) -> dict[str, list[T]]:
    """By asset, the descriptions (with what each is about) that are about it; one that nobody claims waits."""
    found: dict[str, list[T]] = defaultdict(list)
    for row, about in rows:
        for key in (about,) if about in assets else claims.of(about):
            found[key].append(row)
    return found


def finished(rows: Iterable[Row], about: Iterable[Row], settings: Settings, told: Mapping[str, Tool]) -> Asset:
    """The asset of some observations and descriptions, with its department and capabilities; all but its silo."""
    asset = all_merged(_stamped(each) for each in sorted(rows, key=_rank))
    for each in sorted(about, key=lambda row: (row.rank, row.item.about)):  # type: ignore[union-attr]
        asset = described(asset, each.item)  # type: ignore[arg-type]
    return _attributed(asset, settings, told)


def _stamped(row: Row) -> Asset:
    """The asset of an observation, with who saw it and when."""
    item, source = row.item, row.slice.source
    if not isinstance(item, Asset):
        raise TypeError(item)
    return changed(item, source=source, sources=(source,), first_seen=row.first_seen, last_seen=row.last_seen)


def _rank(row: Row) -> Rank:
    return row.rank


def merged_tools(said: Iterable[tuple[Rank, Tool]]) -> dict[str, Tool]:
    """What sources told about tools, by id; the first to be believed wins."""
    found: dict[str, list[Tool]] = defaultdict(list)
    for _, tool in sorted(said, key=lambda each: each[0]):
        found[tool.id].append(tool)
    return {key: all_merged(each) for key, each in found.items()}


def ledger(slices: Iterable[Slice], settings: Settings, at: str) -> tuple[Slice, ...]:
    """The slices, sorted, each with the reason of the accepted gap that covers it."""
    return tuple(sorted((_accepted(each, settings.gaps, at) for each in slices), key=lambda each: each.key))


def _attributed(asset: Asset, settings: Settings, told: Mapping[str, Tool]) -> Asset:
    """The asset with its department and the reason, its source's default environment, its tool's capabilities."""
    default, environment = settings.defaults.get(asset.source, (None, None))
    department, because = _department(asset, settings.departments, default)
    return changed(
        asset,
        department=department,
        environment=asset.environment or environment,
        annual_cost=_money(asset.annual_cost),
        facts={**asset.facts, "department_because": because},
        capabilities=asset.capabilities or _capabilities(asset.tool, told),
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


def _capabilities(key: str, told: Mapping[str, Tool]) -> tuple[str, ...]:
    """What a tool can do: as somebody told, else as the catalog knows of its product."""
    known = product(key.partition(":")[0])
    return (key in told and told[key].capabilities) or (known.capabilities if known else ())


@dataclass(slots=True)
class Holdings:
    """What tools hold, counted asset by asset: how many of which department, and what they cost."""

    departments: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    costs: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, asset: Asset) -> None:
        """Count one asset."""
        self.departments[asset.tool][asset.department or UNASSIGNED] += 1
        if asset.annual_cost is not None:
            self.costs[asset.tool].append(asset.annual_cost)

    def tools(self, told: Mapping[str, Tool]) -> tuple[Tool, ...]:
        """The tools that hold or were told of, sorted, with what the catalog knows of their products."""
        return tuple(self._tool(key, told.get(key) or Tool(key)) for key in sorted({*self.departments, *told}))

    def _tool(self, key: str, tool: Tool) -> Tool:
        slug, _, instance = key.partition(":")
        known, costs = product(slug), self.costs.get(key)
        cost, cost_source = _money(tool.annual_cost), tool.cost_source
        if cost is None and costs:
            cost, cost_source = round(fsum(costs), 2), "assets"  # exact, so that their order is of no matter
        return replace(
            tool,
            product=tool.product or (known.name if known else slug),
            vendor=tool.vendor or (known.vendor if known else ""),
            instance=tool.instance or instance,
            department=tool.department or _home(self.departments.get(key, Counter())),
            capabilities=tool.capabilities or _capabilities(key, {}),
            annual_cost=cost,
            cost_source=cost_source,
        )


def _home(counts: Counter[str]) -> str:
    """The department of most of a tool's assets, else `shared`; `unassigned` when none has one, or most have none."""
    if not counts:
        return UNASSIGNED
    name, most = min(counts.items(), key=lambda each: (-each[1], each[0]))
    return str(name) if most * 2 > counts.total() else SHARED


def _accepted(row: Slice, gaps: Iterable[Gap], at: str) -> Slice:
    """The slice with the reason of the accepted gap that covers it, if one does today."""
    covering = next((each for each in gaps if each.covers(row.source, row.listing, row.scope, at)), None)
    return replace(row, accepted=covering.reason if covering else None)


def with_silos(graph: Graph) -> Graph:
    """The graph with the `silo` of each asset: the component it is connected in, named after its first member."""
    labels = graph.components
    names = silos(labels, enumerate(each.id for each in graph.assets))
    assets = zip(graph.assets, labels.tolist(), strict=False)  # outside nodes come behind
    return replace(graph, assets=tuple(changed(each, silo=names.get(label)) for each, label in assets))


def silos(labels: np.ndarray, assets: Iterable[tuple[int, str]]) -> dict[int, str]:
    """The names of components of more than one node, by label; `labels` by node, `assets` are (node, id)."""
    import numpy as np

    several = (np.bincount(labels) > 1).tolist()
    first: dict[int, str] = {}
    label_of = labels.tolist()
    for node, key in assets:
        label = label_of[node]
        if several[label] and (label not in first or key < first[label]):
            first[label] = key
    return {label: f"silo-{digest(key)[:8]}" for label, key in first.items()}
