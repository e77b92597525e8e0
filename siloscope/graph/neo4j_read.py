"""Reading the published layer of Neo4j: as a whole, and single things of it.

While somebody commits, readers see what held before: a changed node tells by `undo` what it was (`neo4j_commit`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from siloscope.codec import from_text, loads
from siloscope.graph.initiatives import with_initiatives
from siloscope.graph.neo4j_commit import seen, undone
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_rows import LONG, VERBS, checksum, clip, short
from siloscope.graph.seen import asset_of, in_text
from siloscope.graph.store import Found
from siloscope.graph.view import Graph, edge_order
from siloscope.model import Asset, Edge, Outside, Slice, Tool, dumps, from_json

T = TypeVar("T", Asset, Tool, Outside)
READ_BACK = ("Tool", "Asset", "Outside")
_VERB = {each: each.lower() for each in VERBS}
_OURS = f"a.id IS NOT NULL AND r.hash IS NOT NULL AND {seen('r')}"
_TYPES = "|".join(VERBS)


class Stored(NamedTuple):
    """A node as it is published: its id as in the index, what it was made from, and since which scan it holds."""

    id: str
    hash: str
    body: str
    since: int


class Linked(NamedTuple):
    """A dependency as it is published."""

    edge: Edge
    hash: str
    since: int


def nodes(cypher: Cypher, label: str, *, where: str = "", start: str = "", **values: Any) -> Iterator[Stored]:
    """Published nodes `n` of a label; `where` must hold of them also before an unpublished change."""
    text = (
        f"{start}MATCH (n:{label} {{estate: $estate}}) WHERE n.id IS NOT NULL AND n.hash IS NOT NULL AND {seen('n')} "
        f"{where and 'AND '}{where} RETURN n.id, n.hash, n.body, coalesce(n.since, 1), {undone('n')}"
    )
    for identity, mark, body, since, undo in cypher.rows(text, **values):
        if undo is None:
            yield Stored(identity, mark, body, since)
        else:
            was = loads(undo)["props"]
            yield Stored(identity, was["hash"], was["body"], was.get("since") or 1)


EDGE = (
    f"a.id, CASE WHEN size(a.id) > {LONG} THEN a.body END, type(r), b.id, "
    f"CASE WHEN size(b.id) > {LONG} THEN b.body END, r.name, r.how, r.where, r.confidence"
)


def edge_of(row: tuple[Any, ...]) -> Edge:
    """An edge from the columns `EDGE`."""
    a, start, kind, b, end, name, how, where, confidence = row[:9]
    told = {
        "source": loads(start)["id"] if start else a,
        "target": loads(end)["id"] if end else b,
        "verb": _VERB[kind],
        "how": how,
        "name": name or "",
    }
    return from_json(Edge, {**told, "where": where, "confidence": confidence})


def links(cypher: Cypher, *, pattern: str = "", where: str = "", **values: Any) -> Iterator[Linked]:
    """Published dependencies `(a)-[r]->(b)`; by a pattern of both ends, or all."""
    patterns = [pattern] if pattern else [f"(a:{label} {{estate: $estate}})-[r:{_TYPES}]->(b)" for label in ENDS]
    for each in patterns:
        text = f"MATCH {each} WHERE {_OURS} {where and 'AND '}{where} RETURN {EDGE}, r.hash, coalesce(r.since, 1)"
        for row in cypher.rows(text, **values):
            yield Linked(edge_of(row), row[9], row[10])


ENDS = ("Asset", "Outside")


def read_graph(cypher: Cypher) -> Graph | None:
    """The published graph; None when it does not add up, because it was changed by hand."""
    text = (
        "MATCH (s:SiloscopeStore {estate: $estate}) "
        "RETURN s.scan_id, s.scan_at, s.ledger, s.seen, s.checksum, coalesce(s.schema, 1)"
    )
    found = next(cypher.rows(text), None)
    if found is None or found[4] is None:
        return Graph()
    scan_id, scan_at, ledger, told, expected, schema = found
    times = loads(told)
    marks: list[str] = []
    bodies: dict[str, list[str]] = {label: [] for label in READ_BACK}
    for label, rows in bodies.items():
        for each in nodes(cypher, label):
            marks.append(each.hash)
            rows.append(each.body)
    edges = []
    for link in links(cypher):
        marks.append(link.hash)
        edges.append(link.edge)
    if checksum(marks) != expected:
        return None
    graph = Graph.arranged(
        (scan_id, scan_at),
        tools=(from_text(Tool, each) for each in bodies["Tool"]),
        assets=(in_text(each, times) if schema > 1 else _dated(each, times) for each in bodies["Asset"]),
        edges=edges,
        outside=(from_text(Outside, each) for each in bodies["Outside"]),
        slices=(from_json(Slice, each) for each in loads(ledger)),
    )
    return with_initiatives(graph)


def _dated(body: str, times: Mapping[str, str]) -> Asset:
    """Schema 1 kept when assets were last seen by set of sources, not by source."""
    row = loads(body)
    return from_json(Asset, {"last_seen": times.get(dumps(row.get("sources", []))), **row})


def find(cypher: Cypher, text: str, most: int) -> Found:
    """What published thing a text means: the first of the steps that finds anything."""
    for step in (_by_id, _by_name, _by_part):
        if ids := sorted(step(cypher, text)):
            return Found(tuple(ids[:most]), len(ids))
    return Found()


def _by_id(cypher: Cypher, text: str) -> set[str]:
    wanted = {text, f"outside:{text}"}
    found = {key for label in ("Asset", "Outside") for key in _whole(cypher, label, wanted)}
    return found | set(_whole(cypher, "Tool", {text}))


def _by_name(cypher: Cypher, text: str) -> set[str]:
    where = "(n.name = $clipped OR $clipped IN n.names OR n.batch > $published)"
    rows = (loads(each.body) for each in nodes(cypher, "Asset", where=where, clipped=clip(text)))
    return {row["id"] for row in rows if row["name"] == text or text in row.get("names", ())}


def _by_part(cypher: Cypher, text: str) -> set[str]:
    where = f"(n.id CONTAINS $part OR size(n.id) > {LONG} AND n.body CONTAINS $quoted)"
    quoted = dumps(text)[1:-1]
    found = (each for label in ENDS for each in nodes(cypher, label, where=where, part=text, quoted=quoted))
    ids = (each.id if len(each.id) <= LONG else str(loads(each.body)["id"]) for each in found)
    return {key for key in ids if text in key}


def _whole(cypher: Cypher, label: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The published bodies of a label's nodes of these ids, by id."""
    start = "UNWIND $ids AS id "
    rows = nodes(cypher, label, start=start, where="n.id = id", ids=sorted({short(each) for each in ids}))
    return {row["id"]: row for row in (loads(each.body) for each in rows)}


def records(cypher: Cypher, ids: Iterable[str]) -> dict[str, Asset | Outside | Tool]:
    """The published assets, outside nodes and tools of these ids, those that are there."""
    wanted = dict.fromkeys(ids)
    times = loads(next(cypher.rows("MATCH (s:SiloscopeStore {estate: $estate}) RETURN s.seen"), (None,))[0] or "{}")
    assets, outside, tools = (_whole(cypher, label, wanted) for label in ("Asset", "Outside", "Tool"))
    found: dict[str, Asset | Outside | Tool] = {}
    for key in wanted:
        if key in assets:
            found[key] = asset_of(assets[key], times)
        elif key in outside:
            found[key] = from_json(Outside, outside[key])
        elif key in tools:
            found[key] = from_json(Tool, tools[key])
    return found


def edges_at(cypher: Cypher, source: str | None, target: str | None, most: int | None) -> list[Edge]:
    """Published edges from a node, to a node, or from one to the other; sorted, the first `most` of them."""
    found = (each.edge for each in linked(cypher, source, target))
    return sorted(found, key=edge_order) if most is None else heapq.nsmallest(most, found, key=edge_order)


def linked(cypher: Cypher, source: str | None, target: str | None) -> Iterator[Linked]:
    """Published dependencies from a node, to a node, or from one to the other."""
    if source is None and target is None:
        yield from links(cypher)
        return
    starts, ends = _labels(cypher, source), _labels(cypher, target)
    values = {"source": short(source or ""), "target": short(target or "")}
    for start in starts:
        for end in ends:
            a = f"(a:{start} {{estate: $estate, id: $source}})" if start else "(a)"
            b = f"(b:{end} {{estate: $estate, id: $target}})" if end else "(b)"
            yield from links(cypher, pattern=f"{a}-[r:{_TYPES}]->{b}", **values)


def _labels(cypher: Cypher, identity: str | None) -> list[str]:
    """The labels that a node of this id has; one for any node when none is asked for."""
    if identity is None:
        return [""]
    return [label for label in ENDS if any(nodes(cypher, label, where="n.id = $id", id=short(identity)))]


def held(cypher: Cypher, tool: str) -> int:
    """How many published assets a tool holds."""
    text = (
        "MATCH (a:Asset {estate: $estate})-[r:IN]->(t:Tool {estate: $estate, id: $id}) "
        f"WHERE {_OURS} RETURN count(r)"
    )
    return int(next(cypher.rows(text, id=short(tool)))[0])
