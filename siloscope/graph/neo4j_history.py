"""Writing history in Neo4j: scans as `Scan`, versions that ended as nodes hanging off what they are versions of.

`(:AssetVersion)-[:VERSION_OF]->(:Asset)`, the same for tools, outside nodes and findings; an `EdgeVersion` names its
ends. A current node or relationship says by `since` the number `n` of the scan since which it holds, unless that is
the first; a version held from `from_scan` (inclusive) to `to_scan` (exclusive). What is decided, `history` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from siloscope.codec import loads
from siloscope.graph.history import Chronicle, Held, ScanRow, again, figures, joins, lasting_slice, new_id
from siloscope.graph.neo4j_commit import Commit, seen
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_rows import NodeKey, clip
from siloscope.graph.view import Graph
from siloscope.model import Slice, dumps, to_json

KINDS = ("Asset", "Tool", "Outside", "Edge", "Finding")
TIED = ("Asset", "Tool", "Outside", "Finding")
_SCANS = f"MATCH (s:Scan {{estate: $estate}}) WHERE s.n IS NOT NULL AND {seen('s')} "
_SHOWN = ("name", "owner", "department", "environment", "tool", "source", "target", "verb", "product", "instance")
_SHOWN_OF_FINDINGS = ("rule", "severity", "score", "title")
_NUMBERS = (int, float)


def begin(commit: Commit, graph: Graph, published: Graph | None, before: str, source: str) -> Chronicle:
    """Note the scan that `graph` is of; `before` is the id of the scan published so far.

    `published` is that graph when the estate has no scan yet: a release without history wrote it.
    """
    with commit.reading() as cypher:
        if published is not None and published.scan_id:
            sources = sorted({each.source for each in published.slices})
            first = {"id": published.scan_id, "at": published.scan_at, "sources": sources}
            told = _told(published.slices, figures(published), "[]")
            commit.scans.append({"n": 1, "props": {**first, **told}})
        number = _note(cypher, commit, (graph.scan_id, graph.scan_at, source), before, graph.slices, figures(graph))
        return chronicle(cypher, number)


def chronicle(cypher: Cypher, number: int) -> Chronicle:
    """What decides about a scan's versions, with those that earlier commits of it have ended."""
    text = (
        f"MATCH (v:SiloscopeVersion {{estate: $estate, to_scan: $number}}) WHERE v.id IS NOT NULL AND {seen('v')} "
        "RETURN v.type, v.id, v.body, v.from_scan"
    )
    ended = {(kind, key): Held(body, since) for kind, key, body, since in cypher.rows(text, number=number)}
    return Chronicle(number, ended)


def note(commit: Commit, scan: tuple[str, str, str], ledger: Sequence[Slice], before: str) -> bool:
    """Note a scan (its id, time and source) that changed nothing; False when no scan is remembered yet."""
    with commit.reading() as cypher:
        last = next(cypher.rows(_SCANS + "RETURN s.figures ORDER BY s.n DESC LIMIT 1"), None)
        if last is None:
            return False
        _note(cypher, commit, scan, before, ledger, again(loads(last[0]), ledger))
        return True


def _note(
    cypher: Cypher,
    commit: Commit,
    scan: tuple[str, str, str],
    before: str,
    ledger: Iterable[Slice],
    told: Mapping[str, Any],
) -> int:
    """The number of a scan, which is noted when the commit is published."""
    name, at, source = scan
    rows = [*cypher.rows(_SCANS + "RETURN s.n, s.id, s.sources ORDER BY s.n")]
    rows += [(each["n"], each["props"]["id"], each["props"]["sources"]) for each in commit.scans]
    added = [source] if source else []
    if rows and joins(tuple(rows[-1][2]), scan, before):
        number, _, sources = rows[-1]
        props: dict[str, Any] = {"sources": sorted({*sources, *added})}
    else:
        number = rows[-1][0] + 1 if rows else 1
        props = {"id": new_id(name, [row[1] for row in rows]), "at": at, "sources": added}
    earlier = commit.scans[-1]["props"]["ledger"] if commit.scans else ledger_at(cypher, number - 1)
    commit.scans.append({"n": number, "props": {**props, **_told(ledger, told, earlier)}})
    return int(number)


def _told(slices: Iterable[Slice], told: Mapping[str, Any], before: str) -> dict[str, Any]:
    """What is kept with a scan: figures, and its ledger unless it is that of the scan before."""
    ledger = dumps([to_json(lasting_slice(each)) for each in slices])
    return {**scan_figures(told), "ledger": None if ledger == before else ledger}


def scan_figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """Figures as properties: all of them as JSON, and each number by its name; none of an earlier publication's."""
    shown = {name: value for name, value in told.items() if isinstance(value, _NUMBERS)}
    return {"figures": dumps(dict(told)), "findings": None, **shown}


def ledger_at(cypher: Cypher, number: int) -> str:
    """The ledger after a scan, as it is kept."""
    text = _SCANS + "AND s.n <= $n AND s.ledger IS NOT NULL RETURN s.ledger ORDER BY s.n DESC LIMIT 1"
    return next((row[0] for row in cypher.rows(text, n=number)), "[]")


def scans(cypher: Cypher) -> list[ScanRow]:
    """Every scan, in the order in which they were committed."""
    rows = cypher.rows(_SCANS + "RETURN s.id, s.at, s.sources, s.figures ORDER BY s.n")
    return [ScanRow(name, at, tuple(sources), loads(told)) for name, at, sources, told in rows]


def numbers(cypher: Cypher) -> dict[str, int]:
    """The numbers of the scans that are remembered, by id, in order."""
    return dict(cypher.rows(_SCANS + "RETURN s.id, s.n ORDER BY s.n"))


def finish(commit: Commit, told: Chronicle, created: Iterable[NodeKey], going: Iterable[NodeKey]) -> None:
    """Apply what was decided; nodes `created` may have versions to be tied to, those `going` need none."""
    commit.each(
        "UNWIND $rows AS row MATCH (v:SiloscopeVersion {estate: $estate, id: row.id}) "
        "WHERE v.type = row.type AND v.to_scan = $number SET v.gone = $batch",
        ({"type": kind, "id": key} for kind, key in told.reopened),
        number=told.number,
    )
    for label in KINDS:
        rows = [
            {"id": key, "props": version_props(label, held, told.number)}
            for (kind, key), held in told.closed
            if kind == label.lower()
        ]
        commit.each(new_version(label), rows)
    if told.number > 1:
        tie(commit, ({(kind.capitalize(), key) for (kind, key), _ in told.closed} | {*created}) - {*going})


def forget_reopened(commit: Commit, told: Chronicle) -> None:
    """After the publication: versions that did not end after all."""
    match = "UNWIND $rows AS row MATCH (v:SiloscopeVersion {estate: $estate, id: row})"
    commit.each(f"{match} WHERE v.gone <= $batch DETACH DELETE v", sorted({key for _, key in told.reopened}))


def new_version(label: str) -> str:
    """The statement that creates versions of a label."""
    return (
        f"UNWIND $rows AS row CREATE (v:SiloscopeVersion:{label}Version {{estate: $estate, id: row.id}}) "
        "SET v += row.props, v.batch = $batch"
    )


def tie(commit: Commit, nodes: Iterable[NodeKey]) -> None:
    """Let every version of these nodes hang off them."""
    wanted = sorted(nodes)
    for label in TIED:
        text = (
            f"UNWIND $rows AS row MATCH (n:{label} {{estate: $estate, id: row}}) "
            "MATCH (v:SiloscopeVersion {estate: $estate, id: row}) USING INDEX v:SiloscopeVersion(estate, id) "
            f"WHERE v:{label}Version "
            "MERGE (v)-[:VERSION_OF]->(n)"
        )
        commit.each(text, [key for kind, key in wanted if kind == label])


def version_props(label: str, held: Held, number: int) -> dict[str, Any]:
    """A version that ended in a scan, as properties."""
    row = loads(held.body)
    names = _SHOWN_OF_FINDINGS if label == "Finding" else _SHOWN
    shown = {name: clip(row[name]) for name in names if row.get(name) is not None}
    return {**shown, "type": label.lower(), "from_scan": held.since, "to_scan": number, "body": held.body}
