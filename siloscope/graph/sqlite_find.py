"""Single things of the published graph in the embedded store, without reading the rest of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from siloscope.graph.seen import asset_of
from siloscope.graph.sqlite_history import EDGE, edge_of
from siloscope.graph.sqlite_meta import meta
from siloscope.graph.store import Found
from siloscope.model import Asset, Edge, Outside, Tool, from_json

_STEPS = (
    "SELECT id FROM asset WHERE id IN (:text, 'outside:' || :text) UNION SELECT id FROM tool WHERE id = :text",
    """SELECT id FROM asset WHERE NOT outside AND name = :text
       UNION SELECT a.id FROM claim c JOIN asset a ON a.nid = c.nid WHERE c.name = :text""",
    "SELECT id FROM asset WHERE instr(id, :text)",
)


def find(db: sqlite3.Connection, text: str, most: int) -> Found:
    """What published thing a text means: the first of the steps that finds anything."""
    for step in _STEPS:
        ids = sorted(key for (key,) in db.execute(step, {"text": text}))
        if ids:
            return Found(tuple(ids[:most]), len(ids))
    return Found()


def records(db: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Asset | Outside | Tool]:
    """The published assets, outside nodes and tools of these ids, those that are there."""
    times = json.loads(meta(db, "seen") or "{}")
    found: dict[str, Asset | Outside | Tool] = {}
    for key in dict.fromkeys(ids):
        node = db.execute("SELECT outside, body FROM asset WHERE id = ?", (key,)).fetchone()
        if node:
            row = json.loads(node[1])
            found[key] = from_json(Outside, row) if node[0] else asset_of(row, times)
        elif tool := db.execute("SELECT body FROM tool WHERE id = ?", (key,)).fetchone():
            found[key] = from_json(Tool, json.loads(tool[0]))
    return found


def edges(db: sqlite3.Connection, source: str | None, target: str | None, most: int | None) -> list[Edge]:
    """Published edges from a node, to a node, or from one to the other; sorted, the first `most` of them."""
    ends = [(end, key) for end, key in (("src", source), ("dst", target)) if key is not None]
    where, numbers = [], []
    for end, key in ends:
        row = db.execute("SELECT nid FROM asset WHERE id = ?", (key,)).fetchone()
        if row is None:
            return []
        where.append(f"e.{end} = ?")
        numbers.append(row[0])
    text = (
        f"SELECT a.id, b.id, {', '.join(f'e.{each}' for each in EDGE.split(', '))} "  # noqa: S608 - constants
        "FROM edge e JOIN asset a ON a.nid = e.src JOIN asset b ON b.nid = e.dst "
        f"WHERE {' AND '.join(where) or '1'} ORDER BY a.id, b.id, e.verb, e.name LIMIT ?"
    )
    rows: list[tuple[Any, ...]] = db.execute(text, (*numbers, -1 if most is None else most)).fetchall()
    return [edge_of(row[2:], {row[2]: row[0], row[3]: row[1]}) for row in rows]


def held(db: sqlite3.Connection, tool: str) -> int:
    """How many published assets a tool holds."""
    text = "SELECT count(*) FROM asset WHERE tool = ?"
    if not tool:  # what outside nodes have there
        text += " AND NOT outside"
    return int(db.execute(text, (tool,)).fetchone()[0])
