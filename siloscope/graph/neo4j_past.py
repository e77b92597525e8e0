"""Reading history in Neo4j: versions, what differs between two scans, the graph as it was; and forgetting it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from siloscope.codec import loads, to_text
from siloscope.errors import StoreError
from siloscope.graph.build import with_silos
from siloscope.graph.history import (
    Changed,
    Names,
    Pruned,
    ScanRow,
    Span,
    Version,
    differing,
    edge_id,
    lasting,
    lasting_finding,
    lasting_text,
    once,
    split,
)
from siloscope.graph.neo4j_commit import Commit, seen
from siloscope.graph.neo4j_history import TIED, ledger_at, numbers, scans
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_observed import OBSERVATION, SLICE
from siloscope.graph.neo4j_read import linked, links, nodes
from siloscope.graph.neo4j_rows import LONG, VERBS, clip, short
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Outside, Slice, Tool, dumps, from_json

_PAST = f"MATCH (v:SiloscopeVersion {{estate: $estate}}) WHERE v.id IS NOT NULL AND {seen('v')}"
_RETURN = "RETURN v.type, v.id, v.body, v.from_scan, v.to_scan"


def number_of(cypher: Cypher, scan: ScanRow) -> int:
    """The number of a scan.

    Raises:
        StoreError: It is not, or no longer, remembered.
    """
    known = numbers(cypher)
    if scan.id not in known:
        raise StoreError(f'the store remembers no scan "{scan.id}"')
    return known[scan.id]


def past(cypher: Cypher, where: str, **values: Any) -> Iterator[Span]:
    """Versions that ended, under their whole ids."""
    for kind, key, body, since, until in cypher.rows(f"{_PAST} AND {where} {_RETURN}", **values):
        yield Span(kind, whole_id(kind, key, body), body, since, until)


def whole_id(kind: str, key: str, body: str) -> str:
    """The id of a version; the property may have been shortened."""
    if len(key) <= LONG:
        return key
    row = loads(body)
    return edge_id(from_json(Edge, row)) if kind == "edge" else str(row["id"])


def versions(cypher: Cypher, identity: str) -> list[Version]:
    """Every version of an asset, a tool, an outside node or a finding, the oldest first."""
    spans = [*past(cypher, "v.id = $id AND v.type <> 'edge'", id=short(identity))]
    for label in TIED:
        found = nodes(cypher, label, where="n.id = $id", id=short(identity))
        spans += [_current(label, each.body, each.since) for each in found]
    ours = (each for each in spans if each.id == identity)
    return _versions(cypher, sorted(ours, key=lambda each: (each.kind, each.since)))


def _current(label: str, body: str, since: int) -> Span:
    """A current node as a version."""
    row = loads(body)
    told = dumps(lasting_finding(row)) if label == "Finding" else lasting_text(body)
    return Span(label.lower(), row["id"], told, since)


def links_at(cypher: Cypher, node: str, other: str | None) -> list[Version]:
    """Every version of every edge at a node, or between two; by edge, the oldest first."""
    ends = "(v.source = $node OR v.target = $node)"
    spans = [*past(cypher, f"v:EdgeVersion AND {ends}", node=clip(node))]
    current = {edge_id(each.edge): each for way in ((node, None), (None, node)) for each in linked(cypher, *way)}
    spans += [Span("edge", key, to_text(each.edge), each.since) for key, each in current.items()]
    found = []
    for each in spans:
        source, _, target, _ = loads(each.id)
        if node in (source, target) and (other is None or (source, target) in ((node, other), (other, node))):
            found.append(each)
    return _versions(cypher, sorted(found, key=lambda each: (each.id, each.since)))


def _versions(cypher: Cypher, spans: Iterable[Span]) -> list[Version]:
    known = numbers(cypher)
    told = Names(list(known.values()), list(known))
    return [
        Version(kind, key, loads(body), told.began(since), None if until is None else told.ended(until))
        for kind, key, body, since, until in spans
    ]


def between(cypher: Cypher, before: ScanRow, after: ScanRow) -> list[Changed]:
    """Everything that differs between two scans, by kind and id."""
    one, two = number_of(cypher, before), number_of(cypher, after)
    return list(differing(_touched(cypher, min(one, two), max(one, two)), one, two))


def _touched(cypher: Cypher, first: int, last: int) -> Iterator[Span]:
    """The versions that held in one of two scans, not in both; each part goes by an index over what changed."""
    ends: dict[str, Any] = {"first": first, "last": last}
    yield from past(cypher, "v.to_scan > $first AND v.to_scan <= $last AND v.from_scan <= $first", **ends)
    yield from past(cypher, "v.from_scan > $first AND v.from_scan <= $last AND v.to_scan > $last", **ends)
    for label in TIED:
        for where in ("n.since > $first AND n.since <= $last", *cypher.early("n.undo IS NOT NULL")):
            for each in nodes(cypher, label, where=where, **ends):
                if first < each.since <= last:
                    yield _current(label, each.body, each.since)
    for kind in VERBS:
        pattern, where = f"(a)-[r:{kind}]->(b)", "a.estate = $estate AND r.since > $first AND r.since <= $last"
        for link in links(cypher, pattern=pattern, where=where, **ends):
            yield Span("edge", edge_id(link.edge), to_text(link.edge), link.since)


def graph_at(cypher: Cypher, scan: ScanRow) -> Graph | None:
    """The graph after a scan, as history has it; None when it does not add up, because it was changed by hand."""
    number = number_of(cypher, scan)
    tools, assets, outside = (_nodes_at(cypher, label, number) for label in ("Tool", "Asset", "Outside"))
    edges = [each.edge for each in links(cypher, where="coalesce(r.since, 1) <= $number", number=number)]
    edges += [from_json(Edge, loads(body)) for body in _past_at(cypher, "Edge", number)]
    graph = Graph.arranged(
        (scan.id, scan.at),
        tools=(from_json(Tool, each) for each in tools),
        assets=(from_json(Asset, each) for each in assets),
        edges=edges,
        outside=(from_json(Outside, each) for each in outside),
        slices=(from_json(Slice, row) for row in loads(ledger_at(cypher, number))),
    )
    counts = {name: len(getattr(graph, name)) for name in ("tools", "assets", "edges", "outside")}
    if any(scan.figures[name] != count for name, count in counts.items()):
        return None
    return with_silos(graph)


def _nodes_at(cypher: Cypher, label: str, number: int) -> Iterator[dict[str, Any]]:
    for body in _past_at(cypher, label, number):
        yield loads(body)
    for each in nodes(cypher, label):
        if each.since <= number:
            yield lasting(loads(each.body))


def _past_at(cypher: Cypher, label: str, number: int) -> Iterator[str]:
    where = f"v:{label}Version AND v.from_scan <= $number AND v.to_scan > $number"
    for (body,) in cypher.rows(f"{_PAST} AND {where} RETURN v.body", number=number):
        yield body


def ledger_of(cypher: Cypher, scan: ScanRow) -> list[Slice]:
    """The ledger after a scan, as history has it."""
    return [from_json(Slice, row) for row in loads(ledger_at(cypher, number_of(cypher, scan)))]


_ENDED = {  # what a prune counts and takes away; the second and third by the time, the first by the scans that stay
    "versions": f"{_PAST} AND none(n IN $kept WHERE v.from_scan <= n AND n < v.to_scan) RETURN %s(v)",
    "observations": (
        f"MATCH (o:SiloscopeObservation {{estate: $estate}}) WHERE {seen('o')} "
        f"AND {OBSERVATION.told('gone_at')} <> '' AND {OBSERVATION.told('gone_at')} < $before RETURN %s(o)"
    ),
    "slices": (
        f"MATCH (s:SiloscopeSlice {{estate: $estate}}) WHERE {seen('s')} "
        f"AND {SLICE.told('gone_at')} <> '' AND {SLICE.told('gone_at')} < $before RETURN %s(s)"
    ),
}


def prunable(cypher: Cypher, keep_from: str) -> Pruned:
    """What forgetting earlier scans takes away."""
    forgotten, kept = split(scans(cypher), keep_from)
    known = numbers(cypher)
    values = {"kept": [known[each.id] for each in kept], "before": keep_from}
    counts = [int(next(cypher.rows(text % "count", **values))[0]) for text in _ENDED.values()]
    return Pruned(tuple(forgotten), tuple(kept), *counts)


def prune(commit: Commit, keep_from: str) -> Pruned:
    """Forget scans before a time, and what only they knew."""
    with commit.reading() as cypher:
        told = prunable(cypher, keep_from)
        known = numbers(cypher)
        kept = [known[each.id] for each in told.kept]
        values = {"kept": kept, "before": keep_from}
        going = [row[0] for text in _ENDED.values() for row in cypher.rows(text % "elementId", **values)]
        ledgers = [ledger_at(cypher, number) for number in kept]
    commit.each("UNWIND $rows AS row MATCH (n) WHERE elementId(n) = row SET n.gone = $batch", going)
    commit.scans += [{"n": number, "props": {"ledger": each}} for number, each in zip(kept, once(ledgers), strict=True)]
    commit.forgotten += [known[each.id] for each in told.forgotten]
    commit.publish()
    commit.each("UNWIND $rows AS row MATCH (n) WHERE elementId(n) = row AND n.gone <= $batch DETACH DELETE n", going)
    commit.end()
    return told
