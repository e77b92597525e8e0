"""Queries of people, read-only: the server refuses writes, and what slips through that is refused by its plan.

A session in read mode refuses writes of data, schema and users. Some statements do more than read and
pass all the same: administrative procedures, ending other people's transactions, fetching files and URLs
from the server. Their plan tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siloscope.errors import StoreError
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.store import Table

_READS = "r"
_REFUSED = {
    "LoadCSV": "LOAD CSV fetches files and URLs from the server",
    "TerminateTransactions": "it ends transactions",
}


def read_only(cypher: Cypher, text: str) -> Table:
    """Run `text` and return its table.

    Raises:
        StoreError: It would do more than read.
    """
    kind, plan = cypher.explain(text)
    if kind != _READS:
        raise StoreError("query: only reading is allowed")
    for operator in _operators(plan):
        if reason := _REFUSED.get(operator):
            raise StoreError(f"query: only reading is allowed: {reason}")
    columns, rows = cypher.table(text)
    return Table(columns, tuple(tuple(plain(each) for each in row) for row in rows))


def _operators(plan: Mapping[str, Any] | None) -> set[str]:
    if not plan:
        return set()
    found = {str(plan.get("operatorType", "")).partition("@")[0]}
    return found.union(*(_operators(each) for each in plan.get("children", ())))


def plain(value: Any) -> Any:
    """A value of the driver as JSON has it: nodes and relationships as maps, paths as lists, times as ISO 8601."""
    from neo4j.graph import Node, Path, Relationship

    if isinstance(value, Node):
        return {"labels": sorted(value.labels), **{key: plain(each) for key, each in sorted(value.items())}}
    if isinstance(value, Relationship):
        return {"type": value.type, **{key: plain(each) for key, each in sorted(value.items())}}
    if isinstance(value, Path):
        steps: list[Any] = [value.start_node]
        for each in value.relationships:
            steps += [each, each.nodes[1] if each.nodes[0] == steps[-1] else each.nodes[0]]
        return [plain(each) for each in steps]
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.iso_format() if hasattr(value, "iso_format") else str(value)
