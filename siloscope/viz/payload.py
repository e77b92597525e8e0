"""From contract documents to what the map page holds: columns of numbers, and a place for everything.

A pure function: the same graph, findings and plan give the same payload, in whatever order their
rows come. Its form (`siloscope/map/2`) is internal to the page; viewer/src/payload.ts declares it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from siloscope.graph.columns import VERBS
from siloscope.graph.departments import SHARED, UNASSIGNED
from siloscope.viz import inventory
from siloscope.viz.columns import ID_LIMIT, Strings, plain, runs, sparse
from siloscope.viz.estate import Estate, Flow, bridges, read_estate
from siloscope.viz.fog import Fog, find_fog, unseen
from siloscope.viz.layout import RIM, SEED_STEP, SPACING, Layout, arrange
from siloscope.viz.marks import change_flows, duplicate_flows, finding_rows, plan_block, signs
from siloscope.viz.modes import modes
from siloscope.viz.routes import control_point
from siloscope.viz.rules import COLOURS, SIGNS
from siloscope.viz.shore import homes, mentions, moor

Row = Mapping[str, Any]

MEASURES = ("assets", "cost", "use")
"""What the size of a tool may stand for: its assets, its cost, or the dependencies on it."""


def payload(
    graph: Row,
    findings: Iterable[Row],
    plan: Row | None = None,
    *,
    title: str = "Silo map",
    before: Row | None = None,
) -> dict[str, Any]:
    """Everything the map page shows, compact and deterministic.

    Args:
        graph: a `siloscope/graph/1` document, slices included.
        findings: the rows of a `siloscope/findings/1` document; rejected ones are left out.
        plan: a `siloscope/plan/1` document; adds the plan view.
        title: heading and title of the page.
        before: an earlier graph; adds the view of what changed since.
    """
    return Atlas(graph, findings, plan, title=title, before=before).whole()


@dataclass(frozen=True, slots=True)
class _Picture:
    """One layout by measure, with the places of outside nodes."""

    layout: Layout
    outside: list[tuple[int, int]]


class Atlas:
    """An estate read once, from which pages take the overview, everything, or the assets of one tool."""

    def __init__(
        self,
        graph: Row,
        findings: Iterable[Row],
        plan: Row | None = None,
        *,
        title: str = "Silo map",
        before: Row | None = None,
    ) -> None:
        self.estate: Estate = read_estate(graph, before)
        self.title = title
        self.scan = graph.get("scan") or {}
        self.since = (before or {}).get("scan") or {}
        self.slices = [dict(row) for row in graph.get("slices", ())]
        self.strings = Strings()
        self.findings = finding_rows(self.estate, findings, self.strings)
        self.signs = signs(self.estate, self.findings)
        self.modes, self.categories = modes(self.estate, self.signs, str(self.scan.get("at") or ""))
        self.kinds = inventory.kinds(self.estate)
        self.fogs = find_fog(self.estate, self.slices)
        self.bridges = bridges(self.estate)
        self.lenses = {"dependencies": self.bridges, "duplicates": duplicate_flows(self.estate, self.findings)}
        self.plan: dict[str, Any] | None = None
        self.moves: dict[int, tuple[int, int]] = {}
        if plan is not None:
            self.plan, self.lenses["plan"], self.moves = plan_block(self.estate, plan, self.strings)
        if before is not None:
            self.lenses["changes"] = change_flows(self.estate)

    def whole(self) -> dict[str, Any]:
        """The overview with all assets and edges."""
        page = self.overview()
        page["assets"] = self.assets(0, len(self.estate.assets), self.strings)
        page["edges"] = inventory.edge_columns(self.estate, self.strings)
        page["strings"] = self.strings.rows
        return page

    def assets(self, first: int, last: int, strings: Strings) -> dict[str, Any]:
        """The columns of some assets, whole tools only."""
        return inventory.asset_columns(
            self.estate,
            first,
            last,
            strings,
            kind_at={kind: number for number, kind in enumerate(self.kinds)},
            signs=self.signs,
            categories=self.categories,
            moves=self.moves,
        )

    def overview(self) -> dict[str, Any]:
        """All but assets and edges."""
        estate, strings = self.estate, self.strings
        users = mentions(estate)
        return {
            "schema": "siloscope/map/2",
            "title": plain(self.title),
            "scan": [plain(self.scan.get("id")), plain(self.scan.get("at"))],
            "since": plain(self.since.get("at")),
            "unit": [SPACING, SEED_STEP, RIM],
            "signs": [[sign.letter, sign.label, sign.family] for sign in SIGNS],
            "colours": COLOURS,
            "verbs": list(VERBS),
            "ways": [verb.depends for verb in VERBS],
            "kinds": [plain(kind) for kind in self.kinds],
            "families": [inventory.family(kind) for kind in self.kinds],
            "islands": self._islands(),
            "tools": self._tools(),
            "outside": self._outside(users),
            "layouts": {measure: self._layout(measure, users) for measure in MEASURES},
            "lenses": {lens: self._flows(rows) for lens, rows in self.lenses.items()},
            "modes": self.modes,
            "findings": self.findings,
            "fog": [self._fog(fog) for fog in self.fogs],
            "coverage": [len(self.slices), sum(1 for row in self.slices if unseen(row))],
            "plan": self.plan,
            "strings": strings.rows,
        }

    @cached_property
    def names(self) -> list[str]:
        """Islands in order: departments and the like by name, then the banks of fog."""
        return [*sorted(set(self.estate.island.values())), *(_bank(fog) for fog in self.fogs if not fog.island)]

    @cached_property
    def linked(self) -> set[str]:
        """Islands with a bridge."""
        return {flow.a for flow in self.bridges} | {flow.b for flow in self.bridges}

    @cached_property
    def costs(self) -> list[float]:
        """The cost of each tool: its own figure, else the sum of its assets."""
        estate = self.estate
        sums: list[float] = []
        for number, row in enumerate(estate.tools.values()):
            own = row.get("annual_cost")
            here = estate.assets[estate.starts[number] : estate.starts[number + 1]] if own is None else ()
            sums.append(sum(asset.get("annual_cost") or 0.0 for asset in here) if own is None else own)
        return sums

    @cached_property
    def island_costs(self) -> dict[str, int]:
        """What the tools of each island cost together, in whole units."""
        sums: dict[str, float] = defaultdict(float)
        for home, own in zip(self.estate.island.values(), self.costs, strict=True):
            sums[home] += own
        return {home: round(cost) for home, cost in sums.items()}

    @cached_property
    def uses(self) -> list[int]:
        """How many dependencies end at each tool or its assets, those of its own assets left out."""
        estate = self.estate
        counts = [0] * len(estate.tools)
        for a, b in estate.dependencies:
            to = self.tool(b)
            if to is not None and to != self.tool(a):
                counts[to] += 1
        return counts

    def tool(self, node: int) -> int | None:
        """The position of the tool of a node; nothing for what lies outside."""
        if node < self.estate.first_tool:
            return self.estate.tool_of[node]
        return node - self.estate.first_tool if node < self.estate.first_outside else None

    def picture(self, measure: str, users: list[dict[str, int]] | None = None) -> _Picture:
        """Where everything lies when tools are as large as `measure` says."""
        estate = self.estate
        sizes: list[float] = [float(count) for count in estate.counts.values()]
        if measure != "assets":
            # A credit is no size: what costs less than nothing is as small as what costs nothing.
            values = [max(0.0, float(value)) for value in (self.costs if measure == "cost" else self.uses)]
            scale = sum(sizes) / (sum(values) or 1.0)
            sizes = [value * scale for value in values]
        places: dict[str, dict[str, float]] = defaultdict(dict)
        for tool, size in zip(estate.tools, sizes, strict=True):
            places[estate.island[tool]][tool] = size
        apart = [name for name in places if name not in self.linked] if self.linked else []
        layout = arrange(places, apart=apart, adrift=[_bank(fog) for fog in self.fogs if not fog.island])
        return _Picture(layout, moor(estate, users if users is not None else mentions(estate), layout))

    def _layout(self, measure: str, users: list[dict[str, int]]) -> dict[str, Any]:
        picture = self.picture(measure, users)
        layout = picture.layout
        discs = [layout.islands[name] for name in self.names]
        tools = [layout.tools[name] for name in self.estate.tools]
        return {
            "extent": [*layout.bounds, layout.shore, layout.label],
            "islands": [[disc.x for disc in discs], [disc.y for disc in discs], [disc.r for disc in discs]],
            "tools": [[disc.x for disc in tools], [disc.y for disc in tools], [disc.r for disc in tools]],
            "outside": [[x for x, _ in picture.outside], [y for _, y in picture.outside]],
            "coasts": [[_ring(ring) for ring in layout.coasts.get(name, ())] for name in self.names],
            "routes": {lens: self._routes(rows, layout) for lens, rows in self.lenses.items()},
        }

    def _routes(self, rows: list[Flow], layout: Layout) -> list[int]:
        return [v for row in rows for v in control_point(row.a, row.b, layout.islands, layout.label)]

    def _islands(self) -> list[list[Any]]:
        """Per island: name, kind (department, shared, unassigned, fog bank), cost, apart."""
        kinds = {SHARED: 1, UNASSIGNED: 2}
        banks = {_bank(fog): fog for fog in self.fogs if not fog.island}
        return [
            [plain(banks[name].source), 3, 0, 0]
            if name in banks
            else [plain(name), kinds.get(name, 0), self.island_costs[name], int(name not in self.linked)]
            for name in self.names
        ]

    def _tools(self) -> dict[str, Any]:
        estate, strings = self.estate, self.strings
        at = {name: number for number, name in enumerate(self.names)}
        rows = list(estate.tools.values())
        split = [str(name).partition(":") for name in estate.tools]
        first = estate.first_tool
        return {
            "id": [plain(name, ID_LIMIT) for name in estate.tools],
            "name": strings.many(row.get("product") or s[0] for row, s in zip(rows, split, strict=True)),
            "instance": strings.many(row.get("instance") or s[2] for row, s in zip(rows, split, strict=True)),
            "vendor": sparse(strings.many(row.get("vendor") for row in rows)),
            "island": [at[estate.island[name]] for name in estate.tools],
            "assets": list(estate.counts.values()),
            "cost": [round(cost) for cost in self.costs],
            "costSource": sparse(
                strings.many(
                    row.get("cost_source") or ("" if row.get("annual_cost") is not None else "sum of its assets")
                    for row in rows
                )
            ),
            "use": self.uses,
            "capabilities": [strings.many(row.get("capabilities") or ()) for row in rows],
            "renewal": sparse(strings.many(row.get("renewal") for row in rows)),
            "seats": sparse([row.get("seats") or 0 for row in rows]),
            "users": sparse([row.get("users") or 0 for row in rows]),
            "sign": runs(self.signs[first : estate.first_outside]),
            "change": runs([estate.change.get(n, 0) for n in range(first, estate.first_outside)]),
        }

    def _outside(self, users: list[dict[str, int]]) -> dict[str, Any]:
        estate = self.estate
        at = {name: number for number, name in enumerate(self.names)}
        first = estate.first_outside
        return {
            "id": [plain(row["id"], ID_LIMIT) for row in estate.outside],
            "name": [plain(row.get("name") or row["id"]) for row in estate.outside],
            "home": [at.get(home, -1) for home in homes(users)],
            "islands": [len(count) for count in users],
            "sign": runs(self.signs[first:]),
            "change": runs([estate.change.get(first + n, 0) for n in range(len(estate.outside))]),
        }

    def _flows(self, rows: list[Flow]) -> list[list[int]]:
        at = {name: number for number, name in enumerate(self.names)}
        return [[at[row.a], at[row.b], row.there, row.back] for row in rows]

    def _fog(self, fog: Fog) -> dict[str, Any]:
        """A fog with its island, tools (numbers) and the missing slices in words."""
        keys = ("listing", "scope", "status", "reason", "permission", "last_complete")
        return {
            "source": self.strings(fog.source),
            "island": self.names.index(fog.island or _bank(fog)),
            "tools": [self.estate.number[tool] for tool in fog.tools],
            "slices": fog.slices,
            "missing": [[self.strings(row.get(key)) for key in keys] for row in fog.missing],
        }


def _bank(fog: Fog) -> str:
    """The name of the fog bank that stands for a source nobody has seen anything of."""
    return f"\x00{fog.source}"


def _ring(points: Iterable[tuple[int, int]]) -> list[int]:
    """A closed ring as its first point and the steps to each next one."""
    out: list[int] = []
    x = y = 0
    for px, py in points:
        out += [px - x, py - y]
        x, y = px, py
    return out
