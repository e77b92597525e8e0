"""From contract documents to what the map page holds: columns of numbers, and a place for everything.

A pure function: the same graph, findings and plan give the same payload, in whatever order their
rows come. Its form (`siloscope/map/1`) is internal to the page and described in docs/map.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import atan2, cos, pi, sin, sqrt
from typing import Any

from siloscope.viz.columns import Strings, front, plain, runs, sparse, web_address
from siloscope.viz.estate import (
    SHARED,
    UNASSIGNED,
    Estate,
    Flow,
    dependencies,
    flows,
    islands,
    lay_out,
    read_estate,
)
from siloscope.viz.fog import Fog, find_fog, unseen
from siloscope.viz.layout import SEED_STEP, SPACING, Disc, Layout
from siloscope.viz.marks import duplicate_flows, finding_rows, plan_block
from siloscope.viz.routes import control_point
from siloscope.viz.rules import COLOURS, SIGNS

Row = Mapping[str, Any]

VERBS = "reads uses runs calls writes trains deploys copies triggers serves contains owns".split()
HOWS = ["exact", "inside", "outside", "inferred"]
WHERE_LIMIT = 60_000
"""Above this many edges the page leaves out where each reference stood, to stay small."""

FAMILIES = {
    "model": ("model", "endpoint", "experiment", "registry", "featurestore", "feature-group"),
    "automation": ("bot", "robot", "process", "automation", "flow", "zap", "recipe"),
    "data": ("table", "bucket", "dataset", "topic", "queue", "stream", "database", "schema", "view", "volume"),
    "job": ("job", "pipeline", "dag", "task", "trigger", "schedule", "connector", "function", "workflow"),
}
"""Words in the kind of an asset that decide its shape on the map; the last word of the kind counts most."""


def payload(graph: Row, findings: Iterable[Row], plan: Row | None = None, *, title: str = "Silo map") -> dict[str, Any]:
    """Everything the map page shows, compact and deterministic.

    Args:
        graph: a `siloscope/graph/1` document, slices included.
        findings: the rows of a `siloscope/findings/1` document; rejected ones are left out.
        plan: a `siloscope/plan/1` document; adds the plan view.
        title: heading and title of the page.
    """
    estate, strings = read_estate(graph), Strings()
    where = islands(estate)
    slices = [dict(row) for row in graph.get("slices", ())]
    fogs = find_fog(estate, slices)
    bridges = flows((where[a] or None, where[b] or None) for a, b in dependencies(estate))
    layout = lay_out(estate, bridges, [_bank(fog) for fog in fogs if not fog.island])
    rows = finding_rows(estate, findings, strings)
    lenses = {"dependencies": bridges, "duplicates": duplicate_flows(estate, rows)}
    plan_part = None
    if plan is not None:
        plan_part, lenses["plan"] = plan_block(estate, plan, strings)
    names = list(layout.islands)
    scan = graph.get("scan") or {}
    return {
        "schema": "siloscope/map/1",
        "title": plain(title),
        "scan": [plain(scan.get("id")), plain(scan.get("at"))],
        "unit": [SPACING, SEED_STEP],
        "extent": [*layout.bounds, layout.shore, layout.label],
        "signs": [[sign.letter, sign.label, sign.family] for sign in SIGNS],
        "colours": COLOURS,
        "verbs": VERBS,
        "islands": _islands(estate, layout, fogs, bridges),
        "tools": _tools(estate, layout, names, strings),
        "assets": _assets(estate, strings),
        "outside": _outside(estate, layout, names, where),
        "edges": _edges(estate, strings),
        "lenses": {lens: _flows(rows_, names, layout) for lens, rows_ in lenses.items()},
        "findings": rows,
        "fog": [_fog(fog, names, estate, strings) for fog in fogs],
        "coverage": [len(slices), sum(1 for row in slices if unseen(row))],
        "plan": plan_part,
        "strings": strings.rows,
    }


def _bank(fog: Fog) -> str:
    """The name of the fog bank that stands for a source nobody has seen anything of."""
    return f"\x00{fog.source}"


def _islands(estate: Estate, layout: Layout, fogs: list[Fog], bridges: list[Flow]) -> list[list[Any]]:
    """Per island: name, kind (department, shared, unassigned, fog bank), x, y, r, cost, apart."""
    cost: defaultdict[str, float] = defaultdict(float)
    by_tool: defaultdict[str, float] = defaultdict(float)
    for row in estate.assets:
        by_tool[row["tool"]] += row.get("annual_cost") or 0.0
    for name, tool in estate.tools.items():
        own = tool.get("annual_cost")
        cost[estate.island[name]] += by_tool[name] if own is None else own
    linked = {flow.a for flow in bridges} | {flow.b for flow in bridges}
    kinds = {SHARED: 1, UNASSIGNED: 2}
    banks = {_bank(fog): fog for fog in fogs if not fog.island}
    return [
        [plain(banks[name].source), 3, disc.x, disc.y, disc.r, 0, 0]
        if name in banks
        else [plain(name), kinds.get(name, 0), disc.x, disc.y, disc.r, round(cost[name]), int(name not in linked)]
        for name, disc in layout.islands.items()
    ]


def _tools(estate: Estate, layout: Layout, names: list[str], strings: Strings) -> dict[str, list[Any]]:
    counts = Counter(row["tool"] for row in estate.assets)
    at = {name: number for number, name in enumerate(names)}
    rows = list(estate.tools.items())
    split = [str(name).partition(":") for name in estate.tools]
    return {
        "id": list(estate.tools),
        "name": strings.many(row.get("product") or s[0] for (_, row), s in zip(rows, split, strict=True)),
        "instance": strings.many(row.get("instance") or s[2] for (_, row), s in zip(rows, split, strict=True)),
        "vendor": sparse(strings.many(row.get("vendor") for _, row in rows)),
        "island": [at[estate.island[name]] for name in estate.tools],
        "x": [layout.tools[name].x for name in estate.tools],
        "y": [layout.tools[name].y for name in estate.tools],
        "r": [layout.tools[name].r for name in estate.tools],
        "assets": [counts[name] for name in estate.tools],
        "cost": [None if row.get("annual_cost") is None else round(row["annual_cost"]) for _, row in rows],
        "costSource": sparse(strings.many(row.get("cost_source") for _, row in rows)),
        "capabilities": [strings.many(row.get("capabilities") or ()) for _, row in rows],
        "renewal": sparse(strings.many(row.get("renewal") for _, row in rows)),
        "seats": sparse([row.get("seats") or 0 for _, row in rows]),
        "users": sparse([row.get("users") or 0 for _, row in rows]),
    }


def _assets(estate: Estate, strings: Strings) -> dict[str, Any]:
    rows = estate.assets
    kinds = sorted({str(row.get("kind") or "") for row in rows})
    kind_at = {kind: number for number, kind in enumerate(kinds)}
    return {
        "count": len(rows),
        "id": front([str(row["id"]) for row in rows]),
        "name": [_name(row) for row in rows],
        "kinds": [plain(kind) for kind in kinds],
        "families": [_family(kind) for kind in kinds],
        "kind": runs([kind_at[str(row.get("kind") or "")] for row in rows]),
        "department": runs(
            [
                strings(row.get("department")) if row.get("department") != estate.island[row["tool"]] else -1
                for row in rows
            ]
        ),
        "owner": runs(strings.many(row.get("owner") for row in rows)),
        "environment": runs(strings.many(row.get("environment") for row in rows)),
        "source": runs([strings(", ".join(row.get("sources") or [row.get("source", "")])) for row in rows]),
        "cost": runs([round(row.get("annual_cost") or 0) for row in rows]),
        "lastUsed": runs(strings.many(str(row.get("last_used") or "")[:10] for row in rows)),
        "capabilities": sparse([strings.many(row.get("capabilities") or ()) for row in rows], []),
        "url": front([web_address(row.get("url")) for row in rows]),
    }


def _name(row: Row) -> int | str:
    """The name; or only its length, when the id ends in it."""
    name, id_ = plain(row.get("name") or row["id"]), str(row["id"])
    return len(name) if id_.isascii() and id_.endswith(name) else name


def _family(kind: str) -> str:
    for word in reversed(kind.lower().replace("_", ".").replace("/", ".").split(".")):
        for family, words in FAMILIES.items():
            if any(part in word for part in words):
                return family
    return "other"


def _outside(estate: Estate, layout: Layout, names: list[str], where: list[str]) -> dict[str, list[Any]]:
    """Outside nodes in the shallows of the island that mentions them most, facing who else does."""
    users: dict[int, Counter[str]] = defaultdict(Counter)
    for source, target, _, _ in estate.edges:
        if target >= estate.first_outside and where[source]:
            users[target][where[source]] += 1
    home: dict[str, list[int]] = defaultdict(list)
    for node in range(estate.first_outside, estate.first_outside + len(estate.outside)):
        count = users[node]
        home[min(count, key=lambda n: (-count[n], n)) if count else ""].append(node)
    place: dict[int, tuple[int, int]] = {}
    for name, nodes in sorted(home.items()):
        place |= _moor(name, nodes, users, layout, estate)
    at = {name: number for number, name in enumerate(names)}
    home_of = {node: at.get(name, -1) for name, nodes in home.items() for node in nodes}
    order = sorted(place)
    return {
        "id": [str(row["id"]) for row in estate.outside],
        "name": [plain(row.get("name") or row["id"]) for row in estate.outside],
        "x": [place[node][0] for node in order],
        "y": [place[node][1] for node in order],
        "home": [home_of[node] for node in order],
        "islands": [len(users[node]) for node in order],
    }


def _moor(
    name: str, nodes: list[int], users: dict[int, Counter[str]], layout: Layout, estate: Estate
) -> dict[int, tuple[int, int]]:
    """Places around one island (or along the lower edge of the map), evenly spread, shared ones aimed."""
    if name not in layout.islands:
        left, _, right, bottom = layout.bounds
        step = (right - left) / (len(nodes) + 1)
        return {node: (round(left + step * (i + 1)), bottom) for i, node in enumerate(nodes)}
    island = layout.islands[name]
    discs = [layout.tools[tool] for tool, home in estate.island.items() if home == name]

    def bearing(node: int) -> float:
        """The turn towards its other users, clockwise from where the room kept for the title ends."""
        others = [layout.islands[other] for other in sorted(users[node]) if other != name]
        x, y = sum(d.x - island.x for d in others), sum(d.y - island.y for d in others)
        turn = atan2(y, x) if others else pi / 2
        return min(max((turn - _FIRST_TURN) % (2 * pi), 0.0), _TURNS)

    # Sorted by where they want to be, then spread evenly: nothing overlaps and few lines cross.
    ordered = sorted(nodes, key=lambda node: (bearing(node), node))
    step = min(_TURNS / len(ordered), SPACING * 2.6 / island.r)
    middle = sum(bearing(node) for node in ordered) / len(ordered)
    length = step * (len(ordered) - 1)
    start = _FIRST_TURN + min(max(middle - length / 2, 0.0), _TURNS - length)
    return {node: _coast(island, discs, start + step * i, layout.shore * 0.62) for i, node in enumerate(ordered)}


_FIRST_TURN = -pi / 4
_TURNS = 1.5 * pi
"""Three quarters of the way around an island; the title has the upper one."""


def _coast(island: Disc, discs: list[Disc], turn: float, margin: float) -> tuple[int, int]:
    """Where a ray from the middle of an island has all its tools `margin` behind it."""
    x, y, reach = cos(turn), sin(turn), 0.0
    for disc in discs:
        along = (disc.x - island.x) * x + (disc.y - island.y) * y
        aside = (disc.x - island.x) * y - (disc.y - island.y) * x
        within = (disc.r + margin) ** 2 - aside**2
        if within >= 0:
            reach = max(reach, along + sqrt(within))
    return round(island.x + reach * x), round(island.y + reach * y)


def _edges(estate: Estate, strings: Strings) -> dict[str, Any]:
    """Edges by source (how many each node has), their targets, one letter each for verb and how."""
    rows = estate.edges
    counts = Counter(row[0] for row in rows)
    last = max(counts, default=-1)
    verb_at = {verb: chr(97 + number) for number, verb in enumerate(VERBS)}
    return {
        "out": runs([counts[node] for node in range(last + 1)]),
        "target": [row[1] for row in rows],
        "verb": "".join(verb_at.get(row[2], "b") for row in rows),
        "how": "".join(
            str(HOWS.index(row[3].get("how", "exact"))) if row[3].get("how", "exact") in HOWS else "0" for row in rows
        ),
        "where": runs(strings.many(row[3].get("where") for row in rows)) if len(rows) <= WHERE_LIMIT else [],
        "confidence": runs([round(100 * float(row[3].get("confidence", 1.0))) for row in rows]),
    }


def _flows(rows: list[Flow], names: list[str], layout: Layout) -> list[list[int]]:
    """Per flow: the two islands, how many each way, and the control point of its curve."""
    at = {name: number for number, name in enumerate(names)}
    return [
        [at[row.a], at[row.b], row.there, row.back, *control_point(row.a, row.b, layout.islands, layout.label)]
        for row in rows
    ]


def _fog(fog: Fog, names: list[str], estate: Estate, strings: Strings) -> dict[str, Any]:
    """A fog with its island, tools (numbers) and the missing slices in words."""
    keys = ("listing", "scope", "status", "reason", "permission", "last_complete")
    return {
        "source": strings(fog.source),
        "island": names.index(fog.island or _bank(fog)),
        "tools": [estate.number[tool] for tool in fog.tools],
        "slices": fog.slices,
        "missing": [[strings(row.get(key)) for key in keys] for row in fog.missing],
    }
