"""History in the embedded store: scans, versions that ended, and the graph as it was."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any, TypeVar

from siloscope.graph.build import with_silos
from siloscope.graph.history import (
    Chronicle,
    Held,
    ScanRow,
    Version,
    figures,
    lasting,
    lasting_slice,
    new_id,
)
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Outside, Slice, Tool, dumps, from_json, to_json

T = TypeVar("T", Asset, Tool, Outside, Edge)


def begin(db: sqlite3.Connection, graph: Graph, before: str, source: str) -> Chronicle:
    """Note the scan that `graph` is of; `before` is the id of the scan published so far."""
    last = db.execute("SELECT n, sources FROM scan ORDER BY n DESC LIMIT 1").fetchone()
    told = dumps(figures(graph))
    if last and before == graph.scan_id:
        number = int(last[0])
        sources = sorted({*json.loads(last[1]), *([source] if source else [])})
        db.execute("UPDATE scan SET sources = ?, figures = ? WHERE n = ?", (dumps(sources), told, number))
    else:
        number = int(last[0]) + 1 if last else 1
        name = new_id(graph.scan_id, [each for (each,) in db.execute("SELECT id FROM scan")])
        row = (number, name, graph.scan_at, dumps([source] if source else []), told)
        db.execute("INSERT INTO scan (n, id, at, sources, figures) VALUES (?, ?, ?, ?, ?)", row)
    _ledger(db, number, dumps([to_json(lasting_slice(each)) for each in graph.slices]))
    ended = db.execute("SELECT kind, id, body, from_scan FROM past WHERE to_scan = ?", (number,))
    return Chronicle(number, {(kind, key): Held(body, since) for kind, key, body, since in ended})


def _ledger(db: sqlite3.Connection, number: int, text: str) -> None:
    """Keep the ledger with the scan, unless it is that of the scan before."""
    same = _ledger_at(db, number - 1) == text
    db.execute("UPDATE scan SET ledger = ? WHERE n = ?", (None if same else text, number))


def _ledger_at(db: sqlite3.Connection, number: int) -> str:
    text = "SELECT ledger FROM scan WHERE n <= ? AND ledger IS NOT NULL ORDER BY n DESC LIMIT 1"
    row = db.execute(text, (number,)).fetchone()
    return row[0] if row else "[]"


def finish(db: sqlite3.Connection, told: Chronicle) -> None:
    """Apply what was decided."""
    db.executemany(
        "DELETE FROM past WHERE kind = ? AND id = ? AND to_scan = ?", ((*key, told.number) for key in told.reopened)
    )
    db.executemany(
        "INSERT INTO past (kind, id, from_scan, to_scan, body) VALUES (?, ?, ?, ?, ?)",
        ((*key, held.since, told.number, held.body) for key, held in told.closed),
    )


def scans(db: sqlite3.Connection) -> list[ScanRow]:
    """Every scan, in the order in which they were committed."""
    rows = db.execute("SELECT id, at, sources, figures FROM scan ORDER BY n")
    return [ScanRow(key, at, tuple(json.loads(told)), json.loads(found)) for key, at, told, found in rows]


def versions(db: sqlite3.Connection, identity: str) -> list[Version]:
    """Every version of an asset, a tool or an outside node, the oldest first."""
    name = dict(db.execute("SELECT n, id FROM scan"))
    rows = db.execute(
        "SELECT kind, id, body, from_scan, to_scan FROM past WHERE kind IN ('asset', 'tool', 'outside') AND id = ? "
        "UNION ALL SELECT iif(outside, 'outside', 'asset'), id, body, since, NULL FROM asset WHERE id = ? "
        "UNION ALL SELECT 'tool', id, body, since, NULL FROM tool WHERE id = ? ORDER BY 1, 4",
        (identity, identity, identity),
    )
    return [
        Version(kind, key, lasting(json.loads(body)), name[since], None if until is None else name[until])
        for kind, key, body, since, until in rows
    ]


def graph_at(db: sqlite3.Connection, scan: ScanRow) -> Graph:
    """The graph after a scan, as history has it; the caller holds a transaction, so that it is of one commit."""
    number = db.execute("SELECT n FROM scan WHERE id = ?", (scan.id,)).fetchone()[0]
    edges = [*_past(db, Edge, number), *_current_edges(db, number)]
    graph = Graph(
        scan_id=scan.id,
        scan_at=scan.at,
        tools=_by_id([*_past(db, Tool, number), *_current(db, Tool, number, "tool WHERE 1")]),
        assets=_by_id([*_past(db, Asset, number), *_current(db, Asset, number, "asset WHERE NOT outside")]),
        edges=tuple(sorted(edges, key=lambda each: (each.source, each.target, each.verb.value, each.name))),
        outside=_by_id([*_past(db, Outside, number), *_current(db, Outside, number, "asset WHERE outside")]),
        slices=tuple(from_json(Slice, row) for row in json.loads(_ledger_at(db, number))),
    )
    return with_silos(graph)


def _by_id(records: list[Any]) -> tuple[Any, ...]:
    return tuple(sorted(records, key=lambda each: each.id))


def _past(db: sqlite3.Connection, kind: type[T], number: int) -> Iterator[T]:
    text = "SELECT body FROM past WHERE kind = ? AND from_scan <= ? AND to_scan > ?"
    for (body,) in db.execute(text, (kind.__name__.lower(), number, number)):
        yield from_json(kind, json.loads(body))


def _current(db: sqlite3.Connection, kind: type[T], number: int, where: str) -> Iterator[T]:
    text = f"SELECT body FROM {where} AND since <= ?"  # noqa: S608 - constants of this module
    for (body,) in db.execute(text, (number,)):
        yield from_json(kind, lasting(json.loads(body)))


def _current_edges(db: sqlite3.Connection, number: int) -> Iterator[Edge]:
    name = dict(db.execute("SELECT nid, id FROM asset"))
    for row in db.execute(f"SELECT {EDGE} FROM edge WHERE since <= ?", (number,)):  # noqa: S608 - constant
        yield edge_of(row, name)


EDGE = "src, dst, verb, name, how, spot, confidence"


def edge_of(row: tuple[Any, ...], name: dict[int, str]) -> Edge:
    """An edge from the columns `EDGE`; `name` are node ids by number."""
    source, target, verb, mention, how, spot, confidence = row[:7]
    told = {"source": name[source], "target": name[target], "verb": verb, "name": mention, "how": how}
    return from_json(Edge, {**told, "where": spot, "confidence": confidence})
