"""Writing the published layer of Neo4j: what differs from what is published, and what history makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from siloscope.codec import loads, to_text
from siloscope.graph import neo4j_link
from siloscope.graph.commit import changes
from siloscope.graph.history import Chronicle, Held, lasting_finding
from siloscope.graph.neo4j_commit import SCHEMA, Commit, seen
from siloscope.graph.neo4j_history import begin, finish, forget_reopened, note
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_read import EDGE, READ_BACK, edge_of, read_graph
from siloscope.graph.neo4j_rows import (
    DOMAINS,
    MAIN,
    STRUCTURE,
    VERBS,
    Link,
    LinkKey,
    Node,
    NodeKey,
    checksum,
    label_of,
    links_of,
    nodes_of,
    short,
)
from siloscope.graph.neo4j_write import create_links, create_nodes, ends, grouped, relabel, since_of
from siloscope.graph.seen import late
from siloscope.graph.view import Graph
from siloscope.model import Slice, dumps, to_json

GRAPH = ("Asset", "Tool", "Outside", "Department", "Capability")
_SAME = "r.hash = row.hash AND r.gone IS NULL"
_OWN = ("hash", "body", "since", "batch")  # properties that every node of ours has or may have


def publish(commit: Commit, graph: Graph, times: Mapping[str, str], source: str = "") -> None:
    """Make `graph` the published one; only rows that differ are written. `times`: when each source was last read."""
    change = Change({each.key: each for each in nodes_of(graph, times)}, {each.key: each for each in links_of(graph)})
    told = _begin(commit, graph, source)
    change.read(commit, GRAPH, (*STRUCTURE, *VERBS))
    change.write(commit, told)
    marks = [each.hash for each in change.nodes.values() if each.labels[0] in READ_BACK]
    marks += [each.hash for each in change.links.values() if each.type in VERBS]
    commit.props |= {
        "scan_id": graph.scan_id,
        "scan_at": graph.scan_at,
        "ledger": dumps([to_json(each) for each in graph.slices]),
        "seen": dumps(times),
        "late": late(graph.assets, times),
        "checksum": checksum(marks),
        "schema": SCHEMA,
    }
    commit.publish()
    change.clear(commit)
    forget_reopened(commit, told)
    commit.end()


def renewable(commit: Commit, ledger: Sequence[Slice], scan: tuple[str, str, str], times: Mapping[str, str]) -> bool:
    """Have the same graph published as seen again by a scan (id, time, source); False where that needs the graph."""
    text = (
        "MATCH (s:SiloscopeStore {estate: $estate}) WHERE s.checksum IS NOT NULL AND s.late = 0 AND s.schema > 1 "
        "RETURN coalesce(s.scan_id, '')"
    )
    with commit.reading() as cypher:
        before = next(cypher.rows(text), None)
    if before is None or not note(commit, scan, ledger, before[0]):
        return False
    scan_id, scan_at, _ = scan
    rows = dumps([to_json(each) for each in ledger])
    commit.props |= {"scan_id": scan_id, "scan_at": scan_at, "ledger": rows, "seen": dumps(times)}
    return True


def _begin(commit: Commit, graph: Graph, source: str) -> Chronicle:
    """Note the scan; an estate that a release without history wrote begins with what it published."""
    text = (
        "MATCH (s:SiloscopeStore {estate: $estate}) "
        "RETURN coalesce(s.scan_id, ''), EXISTS { MATCH (n:Scan {estate: $estate}) WHERE n.n IS NOT NULL }"
    )
    with commit.reading() as cypher:
        before, told = next(cypher.rows(text), ("", False))
        published = read_graph(cypher) if before and not told else None
    return begin(commit, graph, published, before, source)


@dataclass(slots=True)
class _Was:
    """A node that will change or go, as it is: labels and properties."""

    labels: frozenset[str]
    props: Mapping[str, Any]

    @property
    def held(self) -> Held | None:
        """As history holds it."""
        body = self.props.get("body")
        if body and "Finding" in self.labels:
            body = dumps(lasting_finding(loads(body)))
        return Held(body, self.props.get("since") or 1) if body else None


@dataclass(slots=True)
class Change:
    """What turns the nodes and relationships that are there into those given."""

    nodes: Mapping[NodeKey, Node]
    links: Mapping[LinkKey, Link]
    old_nodes: dict[NodeKey, str] = field(default_factory=dict)
    old_links: dict[LinkKey, str] = field(default_factory=dict)
    put_nodes: list[NodeKey] = field(default_factory=list)
    drop_nodes: list[NodeKey] = field(default_factory=list)
    put_links: list[LinkKey] = field(default_factory=list)
    drop_links: list[LinkKey] = field(default_factory=list)
    was: dict[NodeKey, _Was] = field(default_factory=dict)
    was_links: dict[LinkKey, Held] = field(default_factory=dict)

    def read(self, commit: Commit, labels: Sequence[str], types: Sequence[str]) -> None:
        """Compare with the nodes of `labels` and the relationships of `types` between them."""
        with commit.reading() as cypher:
            self.old_nodes = _nodes(cypher, labels)
            self.old_links = _links(cypher, labels, types)
            self.put_nodes, self.drop_nodes = changes(
                self.old_nodes, {key: each.hash for key, each in self.nodes.items()}
            )
            self.put_links, drop = changes(self.old_links, {key: each.hash for key, each in self.links.items()})
            # A relationship that changes is another one: it goes, and comes anew.
            self.drop_links = sorted([*drop, *(key for key in self.put_links if key in self.old_links)])
            self.was = _was(cypher, [*(key for key in self.put_nodes if key in self.old_nodes), *self.drop_nodes])
            self.was_links = _was_links(cypher, [each for each in self.drop_links if each[1] in VERBS], self.old_links)

    def write(self, commit: Commit, told: Chronicle) -> None:
        """Write it, and tell history."""
        since = self._tell_nodes(told) | self._tell_links(told)
        _going(commit, self.drop_links, self.old_links, "SET r.gone = $batch")
        for label, keys in grouped((key[0], key[1]) for key in self.drop_nodes):
            text = f"UNWIND $rows AS row MATCH (n:{label} {{estate: $estate, id: row}}) SET n.gone = $batch"
            commit.each(text, keys)
        many = len(self.put_links) > neo4j_link.ROWS  # too many for one transaction: then by the server's own ids
        new = [self.nodes[key] for key in self.put_nodes if key not in self.old_nodes]
        created = create_nodes(commit, new, since, telling=many)
        self._update(commit, [self.nodes[key] for key in self.put_nodes if key in self.old_nodes], since)
        commit.order()
        if many:
            commit.flush()
        places = {key: found[number] for key, found, number in created}
        create_links(commit, [self.links[key] for key in self.put_links], since, places)
        finish(commit, told, (key for key in self.put_nodes if key not in self.old_nodes), self.drop_nodes)

    def clear(self, commit: Commit) -> None:
        """After the publication: delete what is gone, and forget what the rest was."""
        _going(commit, self.drop_links, self.old_links, "DELETE r", "r.gone <= $batch")
        commit.order()
        for label, keys in grouped((key[0], key[1]) for key in self.drop_nodes):
            text = f"UNWIND $rows AS row MATCH (n:{label} {{estate: $estate, id: row}}) WHERE n.gone <= $batch"
            commit.each(f"{text} DETACH DELETE n", keys)
        changed = ((key[0], key[1]) for key in self.put_nodes if key in self.old_nodes)
        for label, keys in grouped(changed):
            commit.each(f"UNWIND $rows AS row MATCH (n:{label} {{estate: $estate, id: row}}) REMOVE n.undo", keys)

    def _tell_nodes(self, told: Chronicle) -> dict[Any, int]:
        """Tell history what becomes of nodes; since when each written one holds."""
        for key in self.drop_nodes:
            if told_of(key) and (held := self.was[key].held):
                told.drop((key[0].lower(), key[1]), held)
        return {
            key: told.put(
                (key[0].lower(), key[1]), self.was[key].held if key in self.was else None, lasts(self.nodes[key])
            )
            for key in self.put_nodes
            if told_of(key)
        }

    def _tell_links(self, told: Chronicle) -> dict[Any, int]:
        """The same for dependencies."""
        for key in self.drop_links:
            if key in self.was_links and key not in self.links:
                told.drop(_edge_key(self.was_links[key].body), self.was_links[key])
        since = {}
        for key in self.put_links:
            if key[1] not in VERBS:
                continue
            was = self.was_links.get(key)
            if was is None and not told.ended:
                since[key] = told.number  # it is new, and there is nothing to compare it with
            else:
                body = to_text(self.links[key].edge)
                since[key] = told.put(_edge_key(body), was, body)
        return since

    def _update(self, commit: Commit, nodes: Sequence[Node], since: Mapping[NodeKey, int]) -> None:
        """Change nodes, grouped by what happens to their labels, so that each statement's text is constant."""
        rows: list[tuple[Any, dict[str, Any]]] = []
        for each in nodes:
            was = self.was[each.key]
            ours = {*DOMAINS, label_of(str(was.props.get("kind", "")))} & was.labels
            lost, added = sorted(ours - set(each.labels)), sorted(set(each.labels) - was.labels)
            facts = [key for key in was.props if key.startswith("fact_")]
            props = {**dict.fromkeys(facts), **each.props, **since_of(since.get(each.key))}
            before = {key: was.props.get(key) for key in {*props, *_OWN}}
            undo = json.dumps({"props": before, "lost": lost, "added": added}, sort_keys=True)
            rows.append(((each.labels[0], tuple(lost), tuple(added)), {"id": each.id, "props": props, "undo": undo}))
        for (label, lost, added), members in grouped(rows):
            remove, more = relabel(lost, added)
            text = f"UNWIND $rows AS row MATCH (n:{label} {{estate: $estate, id: row.id}}) {remove}{more}"
            commit.each(f"{text}SET n += row.props, n.batch = $batch, n.undo = row.undo", members)


def told_of(key: NodeKey) -> bool:
    """Whether history tells of a node."""
    return key[0] in READ_BACK or key[0] == "Finding"


def lasts(node: Node) -> str:
    """What history compares of a node that is to be."""
    return node.lasting or str(node.props["body"])


def _nodes(cypher: Cypher, labels: Iterable[str]) -> dict[NodeKey, str]:
    """The hashes of what is there; ours are those with an id and this estate."""
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
            f"AND {seen('r')} RETURN a.id, type(r), labels(b), b.id, coalesce(r.name, ''), r.hash"
        )
        for start, kind, labels_of_end, end, name, mark in cypher.rows(text):
            main = next((each for each in MAIN if each in labels_of_end), "")
            found[(label, start), kind, (main, end), name] = mark
    return found


def _was(cypher: Cypher, keys: Iterable[NodeKey]) -> dict[NodeKey, _Was]:
    found: dict[NodeKey, _Was] = {}
    for label, ids in grouped((key[0], key[1]) for key in keys):
        text = (
            f"UNWIND $rows AS row MATCH (n:{label} {{estate: $estate, id: row}}) RETURN n.id, labels(n), properties(n)"
        )
        for identity, labels, props in cypher.over(text, ids):
            found[label, identity] = _Was(frozenset(labels), props)
    return found


def _was_links(cypher: Cypher, keys: Iterable[LinkKey], marks: Mapping[LinkKey, str]) -> dict[LinkKey, Held]:
    found: dict[LinkKey, Held] = {}
    ours = (key for key in keys if key[2][0])
    for (start, kind, end), members in grouped(((key[0][0], key[1], key[2][0]), key) for key in ours):
        text = (
            f"UNWIND $rows AS row {ends(start, end)} MATCH (a)-[r:{kind}]->(b) WHERE {_SAME} "
            f"RETURN a.id AS start, b.id AS end, {EDGE}, coalesce(r.since, 1)"
        )
        for a, b, *row in cypher.over(text, (_ends_row(key, marks) for key in members)):
            edge = edge_of(tuple(row))
            found[(start, a), kind, (end, b), edge.name] = Held(to_text(edge), row[-1])
    return found


def _edge_key(body: str) -> tuple[str, str]:
    row = loads(body)
    return "edge", short(dumps([row["source"], row["verb"], row["target"], row["name"]]))


def _going(
    commit: Commit, keys: Iterable[LinkKey], marks: Mapping[LinkKey, str], what: str, which: str = _SAME
) -> None:
    """Do something with relationships that go."""
    for (start, kind, end), members in grouped(((key[0][0], key[1], key[2][0]), key) for key in keys):
        # An end without a label of ours is a node somebody else made; such a relationship is found by its start.
        both = ends(start, end) if end else f"MATCH (a:{start} {{estate: $estate, id: row.a}}), (b {{id: row.b}})"
        text = f"UNWIND $rows AS row {both} MATCH (a)-[r:{kind}]->(b) WHERE {which} {what}"
        commit.each(text, (_ends_row(key, marks) for key in members))


def _ends_row(key: LinkKey, marks: Mapping[LinkKey, str]) -> dict[str, str]:
    return {"a": key[0][1], "b": key[2][1], "hash": marks[key]}
