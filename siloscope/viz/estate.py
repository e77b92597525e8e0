"""The graph as the map needs it: every tool on an island, every node a number, every dependency counted.

Rows come from outside, so anything but an id may be absent: tools that only assets mention are added,
and a tool without a department gets the one of most of its assets, else `shared`, else `unassigned`.
With an earlier graph beside it, what is gone stays, marked as gone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from siloscope.graph.departments import SHARED, UNASSIGNED
from siloscope.model import Verb

SAME, NEW, GONE, CHANGED = range(4)
Row = Mapping[str, Any]

_TOLD = ("name", "kind", "tool", "department", "owner", "environment", "annual_cost", "product", "instance", "vendor")
"""Fields whose change makes a thing changed; when it was seen and used changes with every scan."""
_WAYS = {verb.value: verb.depends for verb in Verb}


@dataclass(frozen=True, slots=True)
class Flow:
    """Links between two islands: `there` from a to b, `back` from b to a; for dependencies, from who depends."""

    a: str
    b: str
    there: int
    back: int


@dataclass(frozen=True)
class Estate:
    """Tools by id, assets grouped by tool and sorted by id, and the number of every node.

    Numbers run through the assets, then the tools, then the outside nodes. An edge is (source, target, verb, row).
    `change` holds what differs from an earlier graph by node number, `edge_change` by the position of the edge.
    """

    tools: dict[str, Row]
    assets: list[Row]
    outside: list[Row]
    island: dict[str, str]
    number: dict[str, int]
    edges: list[tuple[int, int, str, Row]] = field(default_factory=list)
    change: dict[int, int] = field(default_factory=dict)
    edge_change: list[int] = field(default_factory=list)

    @property
    def first_tool(self) -> int:
        """The number of the first tool."""
        return len(self.assets)

    @property
    def first_outside(self) -> int:
        """The number of the first outside node."""
        return len(self.assets) + len(self.tools)

    @cached_property
    def counts(self) -> dict[str, int]:
        """The number of assets of each tool, in the order of the tools."""
        found = Counter(row["tool"] for row in self.assets)
        return {tool: found[tool] for tool in self.tools}

    @cached_property
    def starts(self) -> list[int]:
        """The number of the first asset of each tool, and the number of assets at the end."""
        out = [0]
        for count in self.counts.values():
            out.append(out[-1] + count)
        return out

    @cached_property
    def tool_of(self) -> list[int]:
        """The position of the tool of each asset."""
        return [t for t, count in enumerate(self.counts.values()) for _ in range(count)]

    @cached_property
    def where(self) -> list[str]:
        """The island of every node by its number; "" for outside nodes, which lie on none."""
        homes = [self.island[tool] for tool in self.tools]
        return [*(homes[t] for t in self.tool_of), *homes, *("" for _ in self.outside)]

    @cached_property
    def dependencies(self) -> list[tuple[int, int]]:
        """(who depends, on what) by node number, one for each edge that is a dependency and not gone."""
        pairs = []
        for (source, target, verb, _), change in zip(self.edges, self.edge_change, strict=True):
            way = depends(verb)
            if way and change != GONE:
                pairs.append((source, target) if way > 0 else (target, source))
        return pairs


def read_estate(graph: Row, before: Row | None = None) -> Estate:
    """The estate of a `siloscope/graph/1` document; edges between unknown nodes are left out."""
    old = before or {}
    assets, asset_change = _union(graph.get("assets", ()), old.get("assets", ()))
    placed = [row if isinstance(row.get("tool"), str) else {**row, "tool": "unknown:"} for row in assets]
    placed.sort(key=lambda row: (row["tool"], str(row["id"])))
    tool_rows, tool_change = _union(graph.get("tools", ()), old.get("tools", ()))
    tools = {str(row["id"]): row for row in tool_rows}
    for row in placed:
        tools.setdefault(row["tool"], {"id": row["tool"]})
    tools = dict(sorted(tools.items()))
    outside, outside_change = _union(graph.get("outside", ()), old.get("outside", ()))
    outside.sort(key=lambda row: str(row["id"]))
    number: dict[str, int] = {}
    ids = [*(str(row["id"]) for row in placed), *tools, *(str(row["id"]) for row in outside)]
    for position, name in enumerate(ids):
        number.setdefault(name, position)
    changes = {**asset_change, **tool_change, **outside_change} if before is not None else {}
    change = {number[name]: what for name, what in changes.items() if what and name in number}
    edges, edge_change = _edges(graph.get("edges", ()), None if before is None else old.get("edges", ()), number)
    return Estate(tools, placed, outside, _islands(tools, placed), number, edges, change, edge_change)


def _union(rows: Iterable[Row], before: Iterable[Row]) -> tuple[list[Row], dict[str, int]]:
    """One row an id, those of now first choice, and how each differs from before."""
    now = {str(row["id"]): row for row in rows}
    old = {str(row["id"]): row for row in before}
    change = {}
    for name in now.keys() | old.keys():
        if name not in old:
            change[name] = NEW
        elif name not in now:
            change[name] = GONE
        else:
            change[name] = CHANGED if any(now[name].get(key) != old[name].get(key) for key in _TOLD) else SAME
    return [*now.values(), *(row for name, row in old.items() if name not in now)], change


def _edges(
    rows: Iterable[Row], before: Iterable[Row] | None, number: Mapping[str, int]
) -> tuple[list[tuple[int, int, str, Row]], list[int]]:
    def read(rows: Iterable[Row]) -> list[tuple[int, int, str, Row]]:
        return [
            (number[row["source"]], number[row["target"]], str(row.get("verb", "uses")), row)
            for row in rows
            if row.get("source") in number and row.get("target") in number
        ]

    now = read(rows)
    old = read(before or ())
    here, there = {edge[:3] for edge in now}, {edge[:3] for edge in old}
    fresh = NEW if before is not None else SAME
    marked = [(edge, SAME if edge[:3] in there else fresh) for edge in now]
    marked += [(edge, GONE) for edge in old if edge[:3] not in here]
    marked.sort(key=lambda item: (*item[0][:3], str(item[0][3].get("where", "")), str(item[0][3].get("name", ""))))
    return [edge for edge, _ in marked], [change for _, change in marked]


def _islands(tools: Mapping[str, Row], assets: Sequence[Row]) -> dict[str, str]:
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in assets:
        votes[row["tool"]][str(row.get("department") or UNASSIGNED)] += 1
    return {name: _department(row, votes[name]) for name, row in tools.items()}


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
    return _WAYS.get(verb, 1)


def flows(pairs: Iterable[tuple[str, str]]) -> list[Flow]:
    """Count (from, to) pairs between different islands, both directions of two islands in one flow; "" is nowhere."""
    counts = Counter(pair for pair in pairs if pair[0] and pair[1] and pair[0] != pair[1])
    both = sorted({(min(pair), max(pair)) for pair in counts})
    return [Flow(a, b, counts[a, b], counts[b, a]) for a, b in both]


def bridges(estate: Estate) -> list[Flow]:
    """Dependencies between islands, as things stand now."""
    where = estate.where
    return flows((where[a], where[b]) for a, b in estate.dependencies)
