"""The graph as the map needs it: every tool on an island, every node a number, every dependency counted.

Rows come from outside, so anything but an id may be absent: tools that only assets mention are added,
and a tool without a department gets the one of most of its assets, else `shared`, else `unassigned`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from siloscope.model import Verb
from siloscope.viz.layout import Layout, arrange

SHARED = "shared"
UNASSIGNED = "unassigned"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flow:
    """Dependency edges between two islands: `there` depend from a on b, `back` from b on a."""

    a: str
    b: str
    there: int
    back: int


@dataclass(frozen=True, slots=True)
class Estate:
    """Tools by id, assets grouped by tool and sorted by id, and the number of every node.

    Numbers run through the assets, then the tools, then the outside nodes.
    """

    tools: dict[str, dict[str, Any]]
    assets: list[dict[str, Any]]
    outside: list[dict[str, Any]]
    island: dict[str, str]
    number: dict[str, int]
    edges: list[tuple[int, int, str, Row]] = field(default_factory=list)

    @property
    def first_tool(self) -> int:
        """The number of the first tool."""
        return len(self.assets)

    @property
    def first_outside(self) -> int:
        """The number of the first outside node."""
        return len(self.assets) + len(self.tools)


def read_estate(graph: Row) -> Estate:
    """The estate of a `siloscope/graph/1` document; edges between unknown nodes are left out."""
    assets = sorted(
        ({**row, "tool": str(row.get("tool") or "unknown:")} for row in graph.get("assets", ())),
        key=lambda row: (row["tool"], str(row["id"])),
    )
    tools = {str(row["id"]): dict(row) for row in graph.get("tools", ())}
    for row in assets:
        tools.setdefault(row["tool"], {"id": row["tool"]})
    tools = dict(sorted(tools.items()))
    outside = sorted((dict(row) for row in graph.get("outside", ())), key=lambda row: str(row["id"]))
    ids = [*(str(row["id"]) for row in assets), *tools, *(str(row["id"]) for row in outside)]
    number: dict[str, int] = {}
    for at, name in enumerate(ids):
        number.setdefault(name, at)
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in assets:
        votes[row["tool"]][str(row.get("department") or UNASSIGNED)] += 1
    island = {name: _department(row, votes[name]) for name, row in tools.items()}
    edges = sorted(
        (
            (number[str(edge["source"])], number[str(edge["target"])], str(edge.get("verb", "uses")), edge)
            for edge in graph.get("edges", ())
            if str(edge["source"]) in number and str(edge["target"]) in number
        ),
        key=lambda item: (*item[:3], str(item[3].get("where", "")), str(item[3].get("name", ""))),
    )
    return Estate(tools, assets, outside, island, number, edges)


def _department(tool: Row, votes: Counter[str]) -> str:
    if tool.get("department"):
        return str(tool["department"])
    most = votes.most_common(1)
    if not most:
        return UNASSIGNED
    name, count = most[0]
    return name if count * 2 > votes.total() else SHARED


def depends(verb: str) -> int:
    """1 when the source depends on the target, -1 the other way round, 0 for structure."""
    return Verb(verb).depends if verb in Verb.__members__.values() else 1


def flows(pairs: Iterable[tuple[str | None, str | None]]) -> list[Flow]:
    """Count (from, to) pairs between different islands, both directions of two islands in one flow."""
    counts: Counter[tuple[str, str]] = Counter()
    for source, target in pairs:
        if source is not None and target is not None and source != target:
            counts[source, target] += 1
    both = sorted({(min(pair), max(pair)) for pair in counts})
    return [Flow(a, b, counts[a, b], counts[b, a]) for a, b in both]


def dependencies(estate: Estate) -> list[tuple[int, int]]:
    """(who depends, on what) by node number, one for each edge that is a dependency."""
    pairs = []
    for source, target, verb, _ in estate.edges:
        way = depends(verb)
        if way:
            pairs.append((source, target) if way > 0 else (target, source))
    return pairs


def islands(estate: Estate) -> list[str]:
    """The island of every node by its number; "" for outside nodes, which lie on none."""
    return [
        *(estate.island[row["tool"]] for row in estate.assets),
        *(estate.island[tool] for tool in estate.tools),
        *("" for _ in estate.outside),
    ]


def lay_out(estate: Estate, bridges: list[Flow], adrift: list[str]) -> Layout:
    """Places for all islands and tools; islands without a bridge stand apart."""
    counts = Counter(row["tool"] for row in estate.assets)
    places: dict[str, dict[str, int]] = defaultdict(dict)
    for tool in estate.tools:
        places[estate.island[tool]][tool] = counts[tool]
    linked = {flow.a for flow in bridges} | {flow.b for flow in bridges}
    apart = [name for name in places if name not in linked]
    return arrange(places, apart=apart if linked else (), adrift=adrift)
