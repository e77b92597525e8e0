"""The graph as analyses see it: records in a fixed order, integer arrays over them, networkx on request.

Nodes are numbered assets first, then outside nodes, each sorted by id. Asset-level work uses the
arrays (scipy.sparse); tool- and department-level work and notebooks use networkx.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from siloscope.graph.columns import Columns
from siloscope.graph.resolve import uncollected
from siloscope.model import Asset, Edge, How, Outside, Slice, Tool, to_json

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np

SCHEMA = "siloscope/graph/1"
_RECORDS = {"assets": "asset_records", "edges": "edge_records", "outside": "outside_records"}


@dataclass(frozen=True)
class Graph:
    """Everything known after a scan; every tuple is sorted, so equal knowledge is equal graphs.

    One that a store read holds `Columns` first, and makes its records of them when they are asked for.
    """

    scan_id: str = ""
    scan_at: str = ""
    tools: tuple[Tool, ...] = ()
    assets: tuple[Asset, ...] = field(default_factory=tuple)
    edges: tuple[Edge, ...] = field(default_factory=tuple)
    outside: tuple[Outside, ...] = field(default_factory=tuple)
    slices: tuple[Slice, ...] = ()

    @classmethod
    def of(cls, columns: Columns, **told: Any) -> Graph:
        """The graph of some columns; `told` are the fields that they do not hold."""
        graph = cls(**told)
        for name in _RECORDS:
            del graph.__dict__[name]
        graph.__dict__["_columns"] = columns
        return graph

    @classmethod
    def arranged(
        cls,
        scan: tuple[str, str],
        *,
        tools: Iterable[Tool],
        assets: Iterable[Asset],
        edges: Iterable[Edge],
        outside: Iterable[Outside],
        slices: Iterable[Slice],
    ) -> Graph:
        """The graph of records in any order; `scan` is its id and time."""
        return cls(
            *scan,
            tools=tuple(sorted(tools, key=_id)),
            assets=tuple(sorted(assets, key=_id)),
            edges=tuple(sorted(edges, key=edge_order)),
            outside=tuple(sorted(outside, key=_id)),
            slices=tuple(slices),
        )

    def __getattr__(self, name: str) -> Any:
        """Make records that were not asked for before."""
        columns = self.__dict__.get("_columns")
        if columns is None or name not in _RECORDS:
            raise AttributeError(f"a graph has no {name}")
        with uncollected():
            found = getattr(columns, _RECORDS[name])()
            if name == "assets":
                from siloscope.graph.initiatives import labelled  # they are told from the edges, not stored

                found = labelled(found, columns.edges_around)
        self.__dict__[name] = found
        return found

    @property
    def columns(self) -> Columns | None:
        """The columns it was read as, if it was."""
        return self.__dict__.get("_columns")

    @cached_property
    def asset(self) -> Mapping[str, Asset]:
        """Assets by id."""
        return {each.id: each for each in self.assets}

    @cached_property
    def tool(self) -> Mapping[str, Tool]:
        """Tools by id."""
        return {each.id: each for each in self.tools}

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The node number of an asset or outside id."""
        held = self.columns
        ids = held.ids if held else [*(a.id for a in self.assets), *(o.id for o in self.outside)]
        return {key: n for n, key in enumerate(ids)}

    @property
    def size(self) -> int:
        """How many nodes there are."""
        held = self.columns
        return len(held.assets) + len(held.outside) if held else len(self.assets) + len(self.outside)

    @cached_property
    def dependencies(self) -> tuple[Edge, ...]:
        """Edges that mean dependence; `contains` and `owns` never count as integration."""
        return tuple(each for each in self.edges if each.verb.depends)

    @cached_property
    def ends(self) -> np.ndarray:
        """Shape (2, number of dependencies): node numbers, dependent first, depended-on second."""
        import numpy as np

        if self.columns:
            return self.columns.ends()
        number = self.number
        pairs = [
            (number[e.source], number[e.target]) if e.verb.depends > 0 else (number[e.target], number[e.source])
            for e in self.dependencies
        ]
        return np.array(pairs, dtype=np.int64).reshape(-1, 2).T

    @cached_property
    def components(self) -> np.ndarray:
        """For each node, the number of its weakly connected component over dependencies."""
        return components(self.ends, self.size)

    @property
    def resolution(self) -> tuple[int, int]:
        """(dependencies whose target somebody scanned, all dependencies): the resolution rate's parts."""
        if self.columns:
            return self.columns.resolution()
        met = sum(each.how is not How.OUTSIDE for each in self.dependencies)
        return met, len(self.dependencies)

    def incomplete(self) -> tuple[Slice, ...]:
        """Slices that are neither complete nor accepted gaps."""
        return tuple(each for each in self.slices if each.unread)

    def to_networkx(self) -> nx.MultiDiGraph:
        """Assets and outside nodes with all edges, for notebooks; attributes are the JSON fields."""
        import networkx as nx

        graph = nx.MultiDiGraph()
        for asset in self.assets:
            graph.add_node(asset.id, **to_json(asset))
        for outside in self.outside:
            graph.add_node(outside.id, **to_json(outside))
        for edge in self.edges:
            graph.add_edge(edge.source, edge.target, key=f"{edge.verb} {edge.name}", **to_json(edge))
        return graph

    def document(self) -> dict[str, Any]:
        """The contract document `siloscope/graph/1`; every field is there, absent ones are null."""
        return {
            "schema": SCHEMA,
            "scan": {"id": self.scan_id, "at": self.scan_at},
            "tools": [tool_row(each) for each in self.tools],
            "assets": [asset_row(each) for each in self.assets],
            "edges": [edge_row(each) for each in self.edges],
            "outside": [{"id": each.id, "name": each.name} for each in self.outside],
            "slices": coverage_rows(self.slices),
        }


def edge_order(edge: Edge) -> tuple[str, str, str, str]:
    """The order of edges everywhere."""
    return edge.source, edge.target, edge.verb.value, edge.name


def _id(record: Asset | Tool | Outside) -> str:
    return record.id


def components(ends: np.ndarray, size: int) -> np.ndarray:
    """For each of `size` nodes, the number of its weakly connected component; `ends` has shape (2, links)."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    matrix = coo_array((np.ones(ends.shape[1], dtype=np.int8), (ends[0], ends[1])), shape=(size, size))
    labels: np.ndarray = connected_components(matrix, directed=False)[1]
    return labels


def asset_row(asset: Asset) -> dict[str, Any]:
    """An asset as the contract spells it."""
    return {
        "id": asset.id,
        "kind": asset.kind,
        "name": asset.name,
        "tool": asset.tool,
        "source": asset.source,
        "sources": list(asset.sources),
        "department": asset.department,
        "owner": asset.owner,
        "environment": asset.environment,
        "capabilities": list(asset.capabilities),
        "names": list(asset.names),
        "url": asset.url,
        "first_seen": asset.first_seen,
        "last_seen": asset.last_seen,
        "created": asset.created,
        "last_used": asset.last_used,
        "annual_cost": asset.annual_cost,
        "silo": asset.silo,
        "initiative": asset.initiative,
        "shape": dict(sorted(asset.shape.items())),
        "facts": dict(sorted(asset.facts.items())),
    }


def tool_row(tool: Tool) -> dict[str, Any]:
    """A tool as the contract spells it; `facts` where there are any."""
    return {
        "id": tool.id,
        "product": tool.product,
        "vendor": tool.vendor,
        "instance": tool.instance,
        "department": tool.department,
        "capabilities": list(tool.capabilities),
        "annual_cost": tool.annual_cost,
        "cost_source": tool.cost_source,
        "renewal": tool.renewal,
        "seats": tool.seats,
        "users": tool.users,
        **({"facts": dict(sorted(tool.facts.items()))} if tool.facts else {}),
    }


def edge_row(edge: Edge) -> dict[str, Any]:
    """An edge as the contract spells it."""
    return {
        "source": edge.source,
        "target": edge.target,
        "verb": edge.verb.value,
        "how": edge.how.value,
        "name": edge.name,
        "where": edge.where,
        "confidence": edge.confidence,
    }


def coverage_rows(slices: Iterable[Slice]) -> list[dict[str, Any]]:
    """The rows of `siloscope/coverage/1`, sorted by source, listing and scope."""
    return [
        {
            "source": each.source,
            "listing": each.listing,
            "scope": each.scope,
            "status": each.status.value,
            "reason": each.reason,
            "permission": each.permission,
            "principal": each.principal,
            "visibility": each.visibility.value,
            "retirement": each.retirement.value,
            "held": each.held,
            "assets": each.assets,
            "last_complete": each.last_complete,
            "accepted": each.accepted,
        }
        for each in sorted(slices, key=lambda each: each.key)
    ]
