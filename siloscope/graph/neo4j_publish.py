"""Writing the published layer of Neo4j, and reading it back whole.

Only what differs is written. A reader of Neo4j may meet a commit in the middle (its isolation is *read
committed*), so the store node carries a checksum of what belongs together, and a read that does not
add up is repeated.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from siloscope.errors import StoreError
from siloscope.graph.commit import changes
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_rows import (
    DOMAINS,
    MAIN,
    STRUCTURE,
    VERBS,
    Link,
    LinkKey,
    Node,
    NodeKey,
    about_links,
    checksum,
    finding_node,
    label_of,
    links_of,
    nodes_of,
    short,
)
from siloscope.graph.seen import asset_of, common_times
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Outside, Slice, Tool, dumps, from_json, to_json

T = TypeVar("T", Asset, Tool, Outside)
_GRAPH = ("Asset", "Tool", "Outside", "Department", "Capability")
_READ_BACK = frozenset({"Asset", "Tool", "Outside"})


def publish(cypher: Cypher, graph: Graph) -> None:
    """Make `graph` the published one; only rows that differ are written."""
    times = common_times(graph.assets)
    nodes = {each.key: each for each in nodes_of(graph, times)}
    links = {each.key: each for each in links_of(graph)}
    _sync(cypher, _GRAPH, (*STRUCTURE, *VERBS), nodes, links)
    marks = [each.hash for each in nodes.values() if each.labels[0] in _READ_BACK]
    marks += [each.hash for each in links.values() if each.type in VERBS]
    cypher.run(
        "MATCH (s:SiloscopeStore {estate: $estate}) SET s += $props",
        props={
            "scan_id": graph.scan_id,
            "scan_at": graph.scan_at,
            "ledger": dumps([to_json(each) for each in graph.slices]),
            "seen": dumps(times),
            "checksum": checksum(marks),
        },
    )


def publish_findings(cypher: Cypher, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the findings, and tie them to those of their subjects that are in the graph."""
    ids = sorted({short(each) for row in rows for each in row.get("subjects", ())})
    places: dict[str, NodeKey] = {}
    for label in _GRAPH:
        text = f"UNWIND $ids AS id MATCH (n:{label} {{estate: $estate, id: id}}) RETURN n.id"
        for (found,) in cypher.rows(text, ids=ids):
            places.setdefault(found, (label, found))
    nodes = {each.key: each for each in map(finding_node, rows)}
    links = {each.key: each for row in rows for each in about_links(row, places)}
    _sync(cypher, ("Finding",), ("ABOUT",), nodes, links)


def _sync(
    cypher: Cypher,
    labels: Sequence[str],
    types: Sequence[str],
    nodes: Mapping[NodeKey, Node],
    links: Mapping[LinkKey, Link],
) -> None:
    """Turn the nodes of `labels` and the relationships of `types` between them into those given."""
    old_nodes = _nodes(cypher, labels)
    old_links = _links(cypher, labels, types)
    put_nodes, drop_nodes = changes(old_nodes, {key: each.hash for key, each in nodes.items()})
    put_links, drop_links = changes(old_links, {key: each.hash for key, each in links.items()})
    _drop_links(cypher, drop_links)
    for label, keys in _grouped((key[0], key) for key in drop_nodes):
        text = f"UNWIND $rows AS row MATCH (n:{label} {{estate: $estate, id: row.id}}) DETACH DELETE n"
        cypher.each(text, [{"id": key[1]} for key in keys])
    _put_nodes(cypher, [nodes[key] for key in put_nodes], old_nodes.keys())
    _put_links(cypher, [links[key] for key in put_links], old_links.keys())


def _nodes(cypher: Cypher, labels: Iterable[str]) -> dict[NodeKey, str]:
    """The hashes of what is published; ours are those with an id and this estate."""
    found: dict[NodeKey, str] = {}
    for label in labels:
        text = f"MATCH (n:{label} {{estate: $estate}}) WHERE n.id IS NOT NULL RETURN n.id, coalesce(n.hash, '')"
        found.update(((label, identity), mark) for identity, mark in cypher.rows(text))
    return found


def _links(cypher: Cypher, labels: Iterable[str], types: Iterable[str]) -> dict[LinkKey, str]:
    found: dict[LinkKey, str] = {}
    wanted = "|".join(types)
    for label in labels:
        # Relationships without a hash are somebody else's, and are left alone.
        text = (
            f"MATCH (a:{label} {{estate: $estate}})-[r:{wanted}]->(b) WHERE a.id IS NOT NULL AND r.hash IS NOT NULL "
            "RETURN a.id, type(r), labels(b), b.id, coalesce(r.name, ''), r.hash"
        )
        for start, kind, ends, end, name, mark in cypher.rows(text):
            main = next((each for each in MAIN if each in ends), "")
            found[(label, start), kind, (main, end), name] = mark
    return found


def _put_nodes(cypher: Cypher, nodes: Sequence[Node], old: Iterable[NodeKey]) -> None:
    """Write nodes, grouped by their labels, so that each statement's text is constant."""
    stale = _stale(cypher, [each for each in nodes if each.key in old])
    groups = _grouped(((each.labels, stale.get(each.key, ((), ()))[0]), each) for each in nodes)
    for (labels, lost), members in groups:
        remove = f"REMOVE n{_labels(lost)} " if lost else ""
        more = f"SET n{_labels(labels[1:])} " if labels[1:] else ""
        merge = f"UNWIND $rows AS row MERGE (n:{labels[0]} {{estate: $estate, id: row.id}})"
        text = f"{merge} {remove}{more}SET n += row.props"
        rows = [
            {"id": each.id, "props": {**dict.fromkeys(stale.get(each.key, ((), ()))[1]), **each.props}}
            for each in members
        ]
        cypher.each(text, rows)


def _stale(cypher: Cypher, nodes: Sequence[Node]) -> dict[NodeKey, tuple[tuple[str, ...], tuple[str, ...]]]:
    """For nodes that will change: our labels that no longer hold, and facts that may be gone."""
    found: dict[NodeKey, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    by_key = {each.key: each for each in nodes}
    for label, members in _grouped((each.labels[0], each) for each in nodes):
        text = (
            f"UNWIND $ids AS id MATCH (n:{label} {{estate: $estate, id: id}}) "
            "RETURN n.id, coalesce(n.kind, ''), labels(n), [key IN keys(n) WHERE key STARTS WITH 'fact_']"
        )
        for identity, kind, labels, facts in cypher.rows(text, ids=[each.id for each in members]):
            ours = {*DOMAINS, label_of(kind)} & set(labels) - set(by_key[label, identity].labels)
            found[label, identity] = tuple(sorted(ours)), tuple(sorted(facts))
    return found


def _put_links(cypher: Cypher, links: Sequence[Link], old: Iterable[LinkKey]) -> None:
    """Create new relationships and update changed ones, grouped by type and the labels of their ends."""
    for (start, kind, end, known), members in _grouped(
        ((each.start[0], each.type, each.end[0], each.key in old), each) for each in links
    ):
        ends = f"UNWIND $rows AS row {_ends(start, end)}"
        if known:
            text = f"{ends} MATCH (a)-[r:{kind}]->(b) WHERE {_SAME} SET r += row.props"
        else:
            text = f"{ends} CREATE (a)-[r:{kind}]->(b) SET r += row.props"
        rows = [
            {
                "a": each.start[1],
                "b": each.end[1],
                "name": each.name,
                "props": {**each.props, "hash": each.hash, **({"name": each.name} if each.name else {})},
            }
            for each in members
        ]
        made = cypher.each(text, rows)
        if not known and made != len(rows):
            raise StoreError(f"{len(rows) - made} {kind} relationships have an end that is not in the graph")


def _drop_links(cypher: Cypher, keys: Sequence[LinkKey]) -> None:
    for (start, kind, end), members in _grouped(((key[0][0], key[1], key[2][0]), key) for key in keys):
        # An end without a label of ours is a node somebody else made; such a relationship is found by its start.
        ends = _ends(start, end) if end else f"MATCH (a:{start} {{estate: $estate, id: row.a}}), (b {{id: row.b}})"
        text = f"UNWIND $rows AS row {ends} MATCH (a)-[r:{kind}]->(b) WHERE {_SAME} DELETE r"
        cypher.each(text, [{"a": key[0][1], "b": key[2][1], "name": key[3]} for key in members])


_SAME = "r.hash IS NOT NULL AND coalesce(r.name, '') = row.name"


def _ends(start: str, end: str) -> str:
    return f"MATCH (a:{start} {{estate: $estate, id: row.a}}) MATCH (b:{end} {{estate: $estate, id: row.b}})"


def _labels(names: Iterable[str]) -> str:
    return "".join(f":{each}" for each in names)


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Any, list[Any]]]:
    """Members by group, in the order of groups."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, member in pairs:
        groups[key].append(member)
    return sorted(groups.items(), key=lambda each: each[0])


def read_graph(cypher: Cypher) -> Graph | None:
    """The published graph; None when the read met a commit in the middle and does not add up."""
    found = list(
        cypher.rows(
            "MATCH (s:SiloscopeStore {estate: $estate}) RETURN s.scan_id, s.scan_at, s.ledger, s.seen, s.checksum"
        )
    )
    if not found or found[0][4] is None:
        return Graph()
    scan_id, scan_at, ledger, seen, expected = found[0]
    times = json.loads(seen)
    marks: list[str] = []
    ids: dict[str, str] = {}
    bodies = {label: list(_bodies(cypher, label, marks, ids)) for label in ("Tool", "Asset", "Outside")}
    edges = list(_edges(cypher, marks, ids))
    if checksum(marks) != expected:
        return None
    return Graph(
        scan_id=scan_id,
        scan_at=scan_at,
        tools=_by_id(from_json(Tool, each) for each in bodies["Tool"]),
        assets=_by_id(asset_of(each, times) for each in bodies["Asset"]),
        edges=tuple(sorted(edges, key=lambda each: (each.source, each.target, each.verb.value, each.name))),
        outside=_by_id(from_json(Outside, each) for each in bodies["Outside"]),
        slices=tuple(from_json(Slice, each) for each in json.loads(ledger)),
    )


def _by_id(records: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(records, key=lambda each: each.id))


def _bodies(cypher: Cypher, label: str, marks: list[str], ids: dict[str, str]) -> Iterator[dict[str, Any]]:
    ours = f"MATCH (n:{label} {{estate: $estate}}) WHERE n.id IS NOT NULL AND n.hash IS NOT NULL"
    text = f"{ours} RETURN n.id, n.hash, n.body"
    for identity, mark, body in cypher.rows(text):
        row = json.loads(body)
        marks.append(mark)
        ids[identity] = row["id"]
        yield row


def _edges(cypher: Cypher, marks: list[str], ids: Mapping[str, str]) -> Iterator[Edge]:
    for label in ("Asset", "Outside"):
        text = (
            f"MATCH (a:{label} {{estate: $estate}})-[r:{'|'.join(VERBS)}]->(b) "
            "WHERE a.id IS NOT NULL AND r.hash IS NOT NULL "
            "RETURN a.id, toLower(type(r)), b.id, r.hash, r.name, r.how, r.where, r.confidence"
        )
        for start, verb, end, mark, name, how, where, confidence in cypher.rows(text):
            marks.append(mark)
            row = {"source": ids.get(start, start), "target": ids.get(end, end), "verb": verb, "how": how}
            yield from_json(Edge, {**row, "name": name or "", "where": where, "confidence": confidence})
