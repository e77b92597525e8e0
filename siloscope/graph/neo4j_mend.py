"""Beginning a commit; what a killed or failed one left is mended first.

What came with a batch that was not published is deleted, what it changed becomes what it was, and what it was about
to delete stays. What a published batch had still to delete is deleted. Mending can itself be killed and begun again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from siloscope.errors import StoreError
from siloscope.graph.neo4j_commit import SCHEMA, Commit
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_observed import OBSERVATION, SLICE
from siloscope.graph.neo4j_publish import grouped, relabel
from siloscope.graph.neo4j_rows import MAIN, STRUCTURE, VERBS

if TYPE_CHECKING:
    from siloscope.graph.neo4j_lease import Lease
    from siloscope.graph.neo4j_link import Link

_STATE = (
    "OPTIONAL MATCH (s:SiloscopeStore {estate: $estate}) "
    "RETURN coalesce(s.published, 0), s.writing, coalesce(s.schema, 0)"
)
_TEXTS = {"SiloscopeSlice": SLICE, "SiloscopeObservation": OBSERVATION}
_REST = (*_TEXTS, "SiloscopeVersion", "SiloscopeVerdict", "Scan")
_NODE = "UNWIND $rows AS row MATCH (n) WHERE elementId(n) = row"
_LINK = "UNWIND $rows AS row MATCH ()-[r]->() WHERE elementId(r) = row"


def state(cypher: Cypher) -> tuple[int, int | None]:
    """The batch that is published, and the one under way.

    Raises:
        StoreError: A newer release writes this estate by now.
    """
    published, writing, schema = next(cypher.rows(_STATE))
    if schema > SCHEMA:
        raise StoreError(f"written by a newer siloscope (schema {schema}); this one reads up to {SCHEMA}")
    return published, writing


def begin(link: Link, lease: Lease, estate: str) -> Commit:
    """A commit of an estate whose lease is held."""
    with link.session(write=True) as session, session.begin_transaction() as tx:
        published, writing = state(Cypher(tx, estate))
    commit = Commit(link, lease, estate, published + 1)
    if writing is not None:
        mend(commit)
    return commit


def mend(commit: Commit) -> None:
    """Undo what is not published, and finish what is."""
    published = commit.batch - 1
    with commit.reading() as cypher:
        links, nodes = list(_links(cypher, published)), list(_nodes(cypher, published))
    for text, ids in grouped(links):
        commit.each(text, ids)
    commit.order()
    for text, rows in grouped(nodes):
        commit.each(text, rows)
    commit.end()


def _links(cypher: Cypher, published: int) -> Iterator[tuple[str, str]]:
    types = "|".join((*VERBS, *STRUCTURE, "ABOUT"))
    for label in MAIN:
        text = (
            f"MATCH (a:{label} {{estate: $estate}})-[r:{types}]->() WHERE r.batch > $was OR r.gone IS NOT NULL "
            "RETURN elementId(r), r.batch > $was OR r.gone <= $was"
        )
        for element, delete in cypher.rows(text, was=published):
            yield f"{_LINK} {'DELETE r' if delete else 'REMOVE r.gone'}", element


def _nodes(cypher: Cypher, published: int) -> Iterator[tuple[str, Any]]:
    """For each node that is not as it has to be, the statement and its row."""
    for label in (*MAIN, *_REST):
        undo = "n.undo" if label in MAIN else "NULL"
        text = (
            f"MATCH (n:{label} {{estate: $estate}}) "
            f"WHERE n.batch > $was OR n.gone IS NOT NULL {'OR n.undo IS NOT NULL' if label in MAIN else ''} "
            f"RETURN elementId(n), coalesce(n.batch > $was, false), n.undo IS NOT NULL, n.gone <= $was, {undo}"
        )
        for element, early, changed, gone, was in cypher.rows(text, was=published):
            if gone or (early and not changed):
                yield f"{_NODE} DETACH DELETE n", element
            elif not early:
                yield f"{_NODE} REMOVE n.gone{', n.undo' if was else ''}", element
            elif label in MAIN:
                yield _restored(element, json.loads(was))
            else:
                yield _restored_texts(label), element


def _restored(element: str, was: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    remove, more = relabel(was["added"], was["lost"])
    text = f"UNWIND $rows AS row MATCH (n) WHERE elementId(n) = row.e {remove}{more}SET n += row.props"
    return f"{text} REMOVE n.undo, n.gone", {"e": element, "props": was["props"]}


def _restored_texts(label: str) -> str:
    fields = _TEXTS[label]
    return f"{_NODE.replace('(n)', f'({fields.alias})')} SET {fields.restore()} REMOVE {fields.alias}.gone"
