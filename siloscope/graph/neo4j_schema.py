"""Constraints and indexes of the Neo4j store: what keeps ids unique, and what answers the questions people ask."""

from __future__ import annotations

from collections.abc import Iterator

from siloscope.graph.neo4j_rows import VERBS

_UNIQUE = {
    "Asset": "id",
    "Tool": "id",
    "Department": "id",
    "Capability": "id",
    "Outside": "id",
    "Finding": "id",
    "Scan": "n",
    "SiloscopeSlice": "slice",
    "SiloscopeVerdict": "finding",
    "SiloscopeLease": "name",
}
_INDEXED = {
    "Asset": ("name", "owner", "last_used"),  # kind, tool and department are a label and relationships
    "Finding": ("rule",),
}
_IN_ESTATE = {
    "SiloscopeVersion": ("id", "from_scan", "to_scan"),
    "EdgeVersion": ("source", "target"),
    **dict.fromkeys(("Asset", "Tool", "Outside", "Finding"), ("since",)),
}


def schema() -> Iterator[str]:
    """The constraints and indexes, as statements; each may be repeated."""
    yield "CREATE CONSTRAINT siloscope_store IF NOT EXISTS FOR (n:SiloscopeStore) REQUIRE n.estate IS UNIQUE"
    yield (
        "CREATE CONSTRAINT siloscope_observation IF NOT EXISTS FOR (n:SiloscopeObservation) "
        "REQUIRE (n.estate, n.slice, n.key) IS UNIQUE"
    )
    for label, key in _UNIQUE.items():
        name = f"siloscope_{label.removeprefix('Siloscope').lower()}"
        yield f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE (n.estate, n.{key}) IS UNIQUE"
    for label, keys in _INDEXED.items():
        for key in keys:
            yield f"CREATE INDEX siloscope_{label.lower()}_{key} IF NOT EXISTS FOR (n:{label}) ON (n.{key})"
    for label, keys in _IN_ESTATE.items():
        for key in keys:
            name = f"siloscope_{label.removeprefix('Siloscope').lower()}_{key}"
            yield f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON (n.estate, n.{key})"
    for kind in VERBS:
        yield f"CREATE INDEX siloscope_{kind.lower()}_since IF NOT EXISTS FOR ()-[r:{kind}]-() ON (r.since)"
