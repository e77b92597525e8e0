"""The peer of `neo4j_load.py`: cartography's own loader with the nodes and edges that people see in siloscope's graph.

Runs in cartography's environment. Each set of labels is a node schema; what every row of it knows (the tool, the
department, the capabilities) are its relationships, as cartography's modules write them; dependencies, which carry
properties of their own, are match links.

Run: python neo4j_cartography.py FILE     FILE is what `neo4j_load.py` read back; prints one document of seconds
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import field, make_dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.neo4j_load import SEEN, Links, Nodes, Spent, connect, rows_of

# What nodes of a label know of themselves: (type, label of the other end, column that holds its id or ids).
KNOWN = {
    "Asset": (("IN", "Tool", "tool"), ("WORKS_FOR", "Department", "department")),
    "Tool": (("WORKS_FOR", "Department", "department"), ("OFFERS", "Capability", "capabilities")),
}
ORDER = ("Department", "Capability", "Tool", "Outside", "Asset")  # ends before what points at them
PART = {"_sub_resource_label": "Estate", "_sub_resource_id": "bench"}


def _made(name: str, base: type, columns: dict[str, Any]) -> Any:
    """An instance of a frozen dataclass below `base` with these columns."""
    kind = make_dataclass(name, [(key, object, field(default=value)) for key, value in columns.items()],
                          bases=(base,), frozen=True)  # fmt: skip
    return kind()


def properties(base: type, columns: set[str]) -> Any:
    """The columns as cartography's properties; the update tag comes by argument."""
    from cartography.models.core.common import PropertyRef

    refs = {key: PropertyRef(key) for key in sorted(columns)}
    return _made("Properties", base, {**refs, "lastupdated": PropertyRef("lastupdated", set_in_kwargs=True)})


def node_schema(labels: tuple[str, ...], columns: set[str]) -> Any:
    """The schema of one set of labels."""
    from cartography.models.core import nodes, relationships
    from cartography.models.core.common import PropertyRef

    rels = []
    for kind, end, column in KNOWN.get(labels[0], ()):
        if column in columns:
            many = PropertyRef(column, one_to_many=column == "capabilities")
            rel = {
                "target_node_label": end,
                "target_node_matcher": relationships.make_target_node_matcher({"id": many}),
                "direction": relationships.LinkDirection.OUTWARD,
                "rel_label": kind,
                "properties": properties(relationships.CartographyRelProperties, set()),
            }
            rels.append(_made("Rel", relationships.CartographyRelSchema, rel))
    more = [nodes.ExtraNodeLabel(each, "a domain or a kind") for each in labels[1:]]
    given = {
        "label": labels[0],
        "properties": properties(nodes.CartographyNodeProperties, columns),
        "extra_node_labels": nodes.ExtraNodeLabels(more) if more else None,
        "other_relationships": relationships.OtherRelationships(rels) if rels else None,
        "scoped_cleanup": False,
    }
    return _made("Schema", nodes.CartographyNodeSchema, given)


def link_schema(start: str, kind: str, end: str, columns: set[str]) -> Any:
    """The schema of one type of dependency between nodes of two labels."""
    from cartography.models.core import relationships as base
    from cartography.models.core.common import PropertyRef

    part = {key: PropertyRef(key, set_in_kwargs=True) for key in PART}
    refs = {key: PropertyRef(key) for key in sorted(columns)}
    tag = {"lastupdated": PropertyRef("lastupdated", set_in_kwargs=True)}
    given = {
        "source_node_label": start,
        "source_node_matcher": base.make_source_node_matcher({"id": PropertyRef("a")}),
        "target_node_label": end,
        "target_node_matcher": base.make_target_node_matcher({"id": PropertyRef("b")}),
        "direction": base.LinkDirection.OUTWARD,
        "rel_label": kind,
        "properties": _made("Properties", base.CartographyRelProperties, {**refs, **part, **tag}),
    }
    return _made("Rel", base.CartographyRelSchema, given)


def sync(session: Any, nodes: Nodes, links: Links, tag: int) -> Spent:
    """Load everything under one update tag, then clean up what does not have it."""
    from cartography.client.core.tx import load, load_matchlinks
    from cartography.graph.job import GraphJob

    spent, loaded, linked = Spent(), {}, []
    with spent.step("nodes"):
        for labels, rows in sorted(nodes.items(), key=lambda each: ORDER.index(each[0][0])):
            schema = node_schema(labels, set().union(*rows))
            load(session, schema, rows, lastupdated=tag)
            loaded[labels[0]] = schema  # cleaning up goes by the first label
    with spent.step("links"):
        for (start, kind, end), rows in sorted(links.items()):
            schema = link_schema(start, kind, end, set().union(*rows) - {"a", "b"})
            load_matchlinks(session, schema, rows, lastupdated=tag, **PART)
            linked.append(schema)
    with spent.step("clean up"):
        for schema in loaded.values():
            GraphJob.from_node_schema(schema, {"UPDATE_TAG": tag}).run(session)
        for schema in linked:
            GraphJob.from_matchlink(schema, *PART.values(), tag).run(session)
    return spent


def main() -> None:
    """Load twice and print."""
    if len(sys.argv) < 2:
        print("a part of neo4j_load.py")
        return
    logging.disable(logging.CRITICAL)
    everything, between = rows_of(Path(sys.argv[1]))
    nodes = {labels: rows for labels, rows in everything.items() if labels[0] in SEEN}
    known = {kind for each in KNOWN.values() for kind, _, _ in each}
    links = {
        key: [{"a": row["a"], "b": row["b"], **row["props"]} for row in rows]
        for key, rows in between.items()
        if key[1] not in known and key[0] in SEEN and key[2] in SEEN
    }
    expected = sum(len(rows) for key, rows in between.items() if key[0] in SEEN and key[2] in SEEN)
    with connect() as driver, driver.session() as session:
        found = {name: sync(session, nodes, links, tag).__json__() for tag, name in enumerate(("first", "second"), 1)}
        loaded = session.run("MATCH (a)-[r]->(b) RETURN count(r)").single()[0]
        assert loaded == expected, f"{loaded} relationships loaded of {expected}"
    print(json.dumps(found))


if __name__ == "__main__":
    main()
