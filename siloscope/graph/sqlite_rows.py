"""The statements of the embedded store: applying a slice's change, publishing a graph, reading both back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siloscope.graph.build import Row
from siloscope.graph.commit import Baseline, KnownSlice, SliceChange, SliceKey, changes, observation_of
from siloscope.graph.history import Chronicle, Held, Key, edge_id
from siloscope.graph.resolve import uncollected
from siloscope.graph.seen import asset_of, late, row_of
from siloscope.graph.sqlite_history import EDGE, begin, edge_of, finish, note
from siloscope.graph.sqlite_meta import meta, set_meta
from siloscope.graph.view import Graph
from siloscope.model import (
    Asset,
    Edge,
    Outside,
    Slice,
    Tool,
    Visibility,
    digest,
    dumps,
    from_json,
    to_json,
)

UPSERT_ASSET = """
INSERT INTO asset (id, kind, name, tool, source, department, owner, environment, created, last_used,
  annual_cost, silo, outside, hash, body, since)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, tool = excluded.tool,
  source = excluded.source, department = excluded.department, owner = excluded.owner,
  environment = excluded.environment, created = excluded.created, last_used = excluded.last_used,
  annual_cost = excluded.annual_cost, silo = excluded.silo, outside = excluded.outside,
  hash = excluded.hash, body = excluded.body, since = excluded.since
"""
_EDGE_IS = "src = ? AND dst = ? AND verb = ? AND name = ?"
_UPSERT_OBSERVATION = """
INSERT INTO observation (sid, key, hash, body, first_seen) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET hash = excluded.hash, body = excluded.body, last_seen = NULL,
  first_seen = CASE WHEN gone_at IS NULL THEN first_seen ELSE excluded.first_seen END, gone_at = NULL
"""


class SqliteBatch:
    """One source's commit: statements inside the open transaction."""

    def __init__(self, db: sqlite3.Connection, source: str = "") -> None:
        self._db, self._source = db, source

    def apply(self, change: SliceChange, at: str) -> None:
        """Write one slice's change."""
        db = self._db
        sid, before = self._slice(change, at)
        put = ((sid, key, mark, body, at) for key, mark, body in change.put)
        db.executemany(_UPSERT_OBSERVATION, put)
        for keys, setting, value in (
            (change.anew, "first_seen = ?", (at,)),
            (change.back, "last_seen = NULL", ()),
            (change.lost, "last_seen = ?", (before or at,)),
            (change.gone, "gone_at = ?", (at,)),
        ):
            db.executemany(
                f"UPDATE observation SET {setting} WHERE sid = ? AND key = ?",  # noqa: S608 - the settings are above
                ((*value, sid, key) for key in keys),
            )

    def _slice(self, change: SliceChange, at: str) -> tuple[int, str | None]:
        """Write the slice's row; its number, and when it was last read before."""
        db, row = self._db, change.slice
        where = "source = ? AND listing = ? AND scope = ?"
        found = db.execute(f"SELECT sid, at FROM slice WHERE {where}", row.key).fetchone()  # noqa: S608 - constant
        base = change.baseline
        baseline = dumps([base.config, base.principal, base.visibility]) if base else None
        body = dumps(to_json(row))
        ended = at if change.drop else None
        if found:
            db.execute(
                "UPDATE slice SET status = ?, at = ?, body = ?, baseline = ?, gone_at = ? WHERE sid = ?",
                (row.status, at if change.visited else found[1], body, baseline, ended, found[0]),
            )
            return found[0], found[1]
        cursor = db.execute(
            "INSERT INTO slice (source, listing, scope, status, at, body, baseline, gone_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*row.key, row.status, at, body, baseline, ended),
        )
        return int(cursor.lastrowid or 0), None

    def live(self) -> Iterator[Row]:
        """Every live observation, this batch's changes included."""
        return live(self._db)

    def slices(self) -> Sequence[Slice]:
        """The ledger, this batch's changes included."""
        return slices(self._db)

    def publish(self, graph: Graph) -> None:
        """Write the rows of the graph that differ from what is published."""
        times = self._times()
        told = begin(self._db, graph, meta(self._db, "scan_id"), self._source)
        set_meta(self._db, "scan_id", graph.scan_id)
        set_meta(self._db, "scan_at", graph.scan_at)
        set_meta(self._db, "ledger", dumps([to_json(each) for each in graph.slices]))
        set_meta(self._db, "seen", dumps(times))
        set_meta(self._db, "late", str(late(graph.assets, times)))
        self._tools(graph, told)
        self._nodes(graph, times, told)
        self._edges(graph, told)
        finish(self._db, told)

    def renew(self, ledger: Sequence[Slice], scan_id: str, scan_at: str) -> bool:
        """Publish the same graph as seen again by this scan, if its rows allow that."""
        if meta(self._db, "late") != "0":
            return False
        noted = note(self._db, scan_id, scan_at, ledger, meta(self._db, "scan_id"), self._source)
        if not noted:
            return False
        set_meta(self._db, "scan_id", scan_id)
        set_meta(self._db, "scan_at", scan_at)
        set_meta(self._db, "ledger", dumps([to_json(each) for each in ledger]))
        set_meta(self._db, "seen", dumps(self._times()))
        return True

    def _times(self) -> dict[str, str]:
        """When each source was last read."""
        text = "SELECT source, max(at) FROM slice WHERE gone_at IS NULL GROUP BY source ORDER BY source"
        return dict(self._db.execute(text))

    def _tools(self, graph: Graph, told: Chronicle) -> None:
        bodies = {each.id: dumps(to_json(each)) for each in graph.tools}
        old = dict(self._db.execute("SELECT id, hash FROM tool"))
        put, drop = changes(old, {k: digest(v) for k, v in bodies.items()})
        _versioned(self._db, "tool", [("tool", key) for key in drop], old, {}, told)
        since = _versioned(self._db, "tool", [("tool", key) for key in put], old, bodies, told)
        self._db.executemany("DELETE FROM tool WHERE id = ?", ((key,) for key in drop))
        rows = (graph.tool[key] for key in put)
        self._db.executemany(
            "INSERT OR REPLACE INTO tool VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    t.id,
                    t.product,
                    t.vendor,
                    t.department,
                    t.annual_cost,
                    digest(bodies[t.id]),
                    bodies[t.id],
                    since[t.id],
                )
                for t in rows
            ),
        )

    def _nodes(self, graph: Graph, times: Mapping[str, str], told: Chronicle) -> None:
        """Assets and outside nodes; edges of dropped nodes go first."""
        nodes: dict[str, Asset | Outside] = {each.id: each for each in graph.assets}
        nodes |= {each.id: each for each in graph.outside}
        bodies = {
            key: dumps(row_of(each, times) if isinstance(each, Asset) else to_json(each)) for key, each in nodes.items()
        }
        old = dict(self._db.execute("SELECT id, hash FROM asset"))
        put, drop = changes(old, {key: digest(body) for key, body in bodies.items()})
        if drop:
            self._drop_nodes(drop, old, told)
        keys = [("outside" if isinstance(nodes[key], Outside) else "asset", key) for key in put]
        since = _versioned(self._db, "asset", keys, old, bodies, told)
        rows = ((*node_row(nodes[key], bodies[key]), since[key]) for key in put)
        self._db.executemany(UPSERT_ASSET, rows)

    def _drop_nodes(self, drop: Sequence[str], old: Mapping[str, str], told: Chronicle) -> None:
        db = self._db
        rows = db.execute("SELECT nid, id, outside FROM asset")
        of = {key: (nid, "outside" if outside else "asset") for nid, key, outside in rows}
        ids = {nid: key for key, (nid, _) in of.items()}
        _versioned(db, "asset", [(of[key][1], key) for key in drop], old, {}, told)
        for end in ("src", "dst"):
            for key in drop:
                where = f"FROM edge WHERE {end} = ?"
                for row in db.execute(f"SELECT {EDGE}, since {where}", (of[key][0],)).fetchall():
                    edge = edge_of(row, ids)
                    told.drop(("edge", edge_id(edge)), Held(dumps(to_json(edge)), row[7]))
                db.execute(f"DELETE {where}", (of[key][0],))
        db.executemany("DELETE FROM asset WHERE id = ?", ((key,) for key in drop))

    def _edges(self, graph: Graph, told: Chronicle) -> None:
        number = dict(self._db.execute("SELECT id, nid FROM asset"))
        new = {
            (number[e.source], number[e.target], e.verb.value, e.name): (
                e,
                digest(e.how, e.where, str(e.confidence)),
            )
            for e in graph.edges
        }
        old = {tuple(row[:4]): row[4] for row in self._db.execute("SELECT src, dst, verb, name, hash FROM edge")}
        put = sorted(key for key, (_, mark) in new.items() if old.get(key) != mark)
        drop = sorted(old.keys() - new.keys())
        ids = {nid: key for key, nid in number.items()} if drop or old.keys() & set(put) else {}
        for key in drop:
            edge, held = self._edge(key, ids)
            told.drop(("edge", edge_id(edge)), held)
        rows = []
        for key in put:
            edge, mark = new[key]
            was = self._edge(key, ids)[1] if key in old else None
            since = told.number
            if was or told.ended:  # otherwise it is new, and there is nothing to compare it with
                since = told.put(("edge", edge_id(edge)), was, dumps(to_json(edge)))
            rows.append((*key, edge.how.value, edge.where, edge.confidence, mark, since))
        self._db.executemany(f"DELETE FROM edge WHERE {_EDGE_IS}", drop)  # noqa: S608 - constant
        self._db.executemany("INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _edge(self, key: tuple[Any, ...], ids: dict[int, str]) -> tuple[Edge, Held]:
        """A published edge by its columns, and as history holds it."""
        row = self._db.execute(f"SELECT {EDGE}, since FROM edge WHERE {_EDGE_IS}", key).fetchone()  # noqa: S608 - constant
        edge = edge_of(row, ids)
        return edge, Held(dumps(to_json(edge)), row[7])


def _versioned(
    db: sqlite3.Connection,
    table: str,
    keys: Sequence[Key],
    old: Mapping[str, str],
    bodies: Mapping[str, str],
    told: Chronicle,
) -> dict[str, int]:
    """Tell history what becomes of rows of `table`: `bodies` are the new ones, without one a row is dropped."""
    since = {}
    for key in keys:
        was = None
        if key[1] in old:
            text = f"SELECT body, since FROM {table} WHERE id = ?"  # noqa: S608 - two words
            was = Held(*db.execute(text, (key[1],)).fetchone())
        if key[1] in bodies:
            since[key[1]] = told.put(key, was, bodies[key[1]])
        elif was:
            told.drop(key, was)
    return since


def node_row(node: Asset | Outside, body: str) -> tuple[Any, ...]:
    """The columns of a node, but for since when it holds."""
    if isinstance(node, Outside):
        return (node.id, "outside", node.name, "", *[None] * 8, 1, digest(body), body)
    return (
        node.id, node.kind, node.name, node.tool, node.source, node.department, node.owner, node.environment,
        node.created, node.last_used, node.annual_cost, node.silo, 0, digest(body), body,
    )  # fmt: skip


def edge_key(edge: Edge) -> tuple[str, str, str, str]:
    """The order of edges everywhere."""
    return edge.source, edge.target, edge.verb.value, edge.name


def read_graph(db: sqlite3.Connection) -> Graph:
    """The published graph; the caller holds a transaction, so that it is of one commit."""
    with uncollected():
        return _read_graph(db)


def _read_graph(db: sqlite3.Connection) -> Graph:
    ids = dict(db.execute("SELECT nid, id FROM asset"))
    times = json.loads(meta(db, "seen") or "{}")
    tools = db.execute("SELECT body FROM tool ORDER BY id").fetchall()
    assets = db.execute("SELECT body FROM asset WHERE NOT outside ORDER BY id").fetchall()
    outside = db.execute("SELECT body FROM asset WHERE outside ORDER BY id").fetchall()
    return Graph(
        scan_id=meta(db, "scan_id"),
        scan_at=meta(db, "scan_at"),
        tools=tuple(from_json(Tool, json.loads(body)) for (body,) in tools),
        assets=tuple(asset_of(json.loads(body), times) for (body,) in assets),
        edges=tuple(sorted(_read_edges(db, ids), key=edge_key)),
        outside=tuple(from_json(Outside, json.loads(body)) for (body,) in outside),
        slices=tuple(from_json(Slice, row) for row in json.loads(meta(db, "ledger") or "[]")),
    )


def _read_edges(db: sqlite3.Connection, ids: dict[int, str]) -> Iterator[Edge]:
    for row in db.execute(f"SELECT {EDGE} FROM edge"):  # noqa: S608 - constant
        yield edge_of(row, ids)


def known(db: sqlite3.Connection, source: str) -> dict[SliceKey, KnownSlice]:
    """What is held of a source, by slice."""
    found = {}
    rows = db.execute(
        "SELECT sid, body, baseline FROM slice WHERE source = ? AND gone_at IS NULL", (source,)
    ).fetchall()
    for sid, body, baseline in rows:
        row = from_json(Slice, json.loads(body))
        hashes, missing = {}, set()
        for key, mark, last in db.execute(
            "SELECT key, hash, last_seen FROM observation WHERE sid = ? AND gone_at IS NULL", (sid,)
        ):
            hashes[key] = mark
            if last is not None:
                missing.add(key)
        found[row.key] = KnownSlice(row, _baseline(baseline), hashes, frozenset(missing))
    return found


def live(db: sqlite3.Connection) -> Iterator[Row]:
    """Every live observation."""
    for sid, at, body in db.execute("SELECT sid, at, body FROM slice WHERE gone_at IS NULL ORDER BY sid").fetchall():
        row = from_json(Slice, json.loads(body))
        for key, text, first, last in db.execute(
            "SELECT key, body, first_seen, last_seen FROM observation WHERE sid = ? AND gone_at IS NULL ORDER BY key",
            (sid,),
        ):
            yield Row(row, observation_of(key, json.loads(text)), first, last or at)


def slices(db: sqlite3.Connection) -> list[Slice]:
    """The ledger, sorted."""
    rows = db.execute("SELECT body FROM slice WHERE gone_at IS NULL ORDER BY source, listing, scope")
    return [from_json(Slice, json.loads(body)) for (body,) in rows]


def _baseline(text: str | None) -> Baseline | None:
    if not text:
        return None
    config, principal, visibility = json.loads(text)
    return Baseline(config, principal, Visibility(visibility))
