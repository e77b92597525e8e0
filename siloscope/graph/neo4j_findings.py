"""Findings noted in Neo4j: nodes tied to their subjects, and what they were before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from siloscope.codec import loads
from siloscope.graph.neo4j_commit import Commit
from siloscope.graph.neo4j_history import chronicle, forget_reopened, scan_figures
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_publish import GRAPH, Change
from siloscope.graph.neo4j_read import nodes
from siloscope.graph.neo4j_rows import NodeKey, about_links, finding_node, short
from siloscope.model import dumps

_LAST = "MATCH (s:Scan {estate: $estate}) WHERE s.n IS NOT NULL RETURN s.n, s.figures ORDER BY s.n DESC LIMIT 1"


def note_findings(commit: Commit, rows: Sequence[Mapping[str, Any]], figures: Mapping[str, Any]) -> None:
    """Keep the findings of the published graph; without one there is nothing they could be of."""
    with commit.reading() as cypher:
        last = next(cypher.rows(_LAST), None)
        if last is None:
            return
        places = places_of(cypher, rows)
        told = chronicle(cypher, last[0])
    change = Change(
        {each.key: each for each in map(finding_node, rows)},
        {each.key: each for row in rows for each in about_links(row, places)},
    )
    change.read(commit, ("Finding",), ("ABOUT",))
    change.write(commit, told)
    known = {**loads(last[1]), **figures, "findings": len(change.nodes)}
    commit.scans.append({"n": last[0], "props": scan_figures(known)})
    commit.publish()
    change.clear(commit)
    forget_reopened(commit, told)
    commit.end()


def places_of(cypher: Cypher, rows: Iterable[Mapping[str, Any]]) -> dict[str, NodeKey]:
    """Where subjects of findings are in the graph, by id."""
    ids = sorted({short(each) for row in rows for each in row.get("subjects", ())})
    places: dict[str, NodeKey] = {}
    for label in GRAPH:
        text = f"UNWIND $rows AS id MATCH (n:{label} {{estate: $estate, id: id}}) RETURN n.id"
        for (found,) in cypher.over(text, ids):
            places.setdefault(found, (label, found))
    return places


def noted(cypher: Cypher, which: str | None) -> list[dict[str, Any]] | None:
    """Findings noted for the published graph, by id: all, or the one called `which` and those about it."""
    last = next(cypher.rows(_LAST), None)
    if last is None or "findings" not in loads(last[1]):
        return None
    where = "" if which is None else "n.body CONTAINS $quoted"
    rows = [loads(each.body) for each in nodes(cypher, "Finding", where=where, quoted=dumps(which or ""))]
    found = rows if which is None else [each for each in rows if which == each["id"] or which in each["subjects"]]
    return sorted(found, key=lambda each: str(each["id"]))
