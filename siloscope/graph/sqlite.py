"""The embedded store: one SQLite file in WAL mode. Readers never block the writer, nor it them.

Two layers: what was observed (`slice`, `observation`, with tombstones) is the truth; the published
graph (`tool`, `asset`, `edge`, `outside`) is what people query. Bodies are JSON; hot fields are columns.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from siloscope.errors import StoreError
from siloscope.graph.build import Row
from siloscope.graph.commit import Baseline, KnownSlice, SliceChange, SliceKey, changes
from siloscope.graph.store import Table, Verdict
from siloscope.graph.view import Graph
from siloscope.model import (
    Asset,
    Description,
    Edge,
    Observation,
    Outside,
    Reference,
    Slice,
    Tool,
    Visibility,
    digest,
    dumps,
    from_json,
    to_json,
)

VERSION = 1
_KINDS: Mapping[str, type] = {"a": Asset, "d": Description, "r": Reference, "t": Tool}

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE slice (
  sid INTEGER PRIMARY KEY, source TEXT NOT NULL, listing TEXT NOT NULL, scope TEXT NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, baseline TEXT,
  UNIQUE (source, listing, scope));
CREATE TABLE observation (
  sid INTEGER NOT NULL REFERENCES slice (sid), key TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL,
  first_seen TEXT NOT NULL, last_seen TEXT, gone_at TEXT,
  PRIMARY KEY (sid, key)) WITHOUT ROWID;
CREATE TABLE tool (
  id TEXT PRIMARY KEY, product TEXT, vendor TEXT, department TEXT, annual_cost REAL,
  hash TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE asset (
  nid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, tool TEXT NOT NULL,
  source TEXT, department TEXT, owner TEXT, environment TEXT, created TEXT, last_used TEXT, annual_cost REAL,
  silo TEXT, outside INTEGER NOT NULL DEFAULT 0, hash TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE edge (
  src INTEGER NOT NULL REFERENCES asset (nid), dst INTEGER NOT NULL REFERENCES asset (nid), verb TEXT NOT NULL,
  name TEXT NOT NULL, how TEXT NOT NULL, spot TEXT, confidence REAL NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (src, dst, verb, name)) WITHOUT ROWID;
CREATE INDEX edge_dst ON edge (dst, src);
CREATE INDEX asset_tool ON asset (tool);
CREATE INDEX asset_department ON asset (department);
CREATE TABLE verdict (finding TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE finding (id TEXT PRIMARY KEY, rule TEXT NOT NULL, severity TEXT, score REAL, title TEXT, body TEXT NOT NULL) WITHOUT ROWID;
CREATE VIEW dependency AS
  SELECT a.id AS source, e.verb AS verb, b.id AS target, e.how AS how, e.name AS name, e.spot AS spot
  FROM edge e JOIN asset a ON a.nid = e.src JOIN asset b ON b.nid = e.dst;
"""


class SqliteStore:
    """A graph in one file."""

    def __init__(self, path: str) -> None:
        self.url = path
        file = Path(path)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA synchronous = FULL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise StoreError(
                    f"{path}: written by a newer siloscope (schema {version}); this one reads up to {VERSION}"
                )
            if version == 0:
                self._create()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: not a siloscope store: {error}") from error
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from error

    def _create(self) -> None:
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables:
            raise StoreError(f"{self.url}: an SQLite file, but not a siloscope store")
        self._db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {VERSION};COMMIT;")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def known(self, source: str) -> Mapping[SliceKey, KnownSlice]:
        """What is held of a source, by slice."""
        found = {}
        for sid, body, baseline in self._db.execute(
            "SELECT sid, body, baseline FROM slice WHERE source = ?", (source,)
        ):
            row = from_json(Slice, json.loads(body))
            hashes, missing = {}, set()
            for key, mark, last in self._db.execute(
                "SELECT key, hash, last_seen FROM observation WHERE sid = ? AND gone_at IS NULL", (sid,)
            ):
                hashes[key] = mark
                if last is not None:
                    missing.add(key)
            found[row.key] = KnownSlice(row, _baseline(baseline), hashes, frozenset(missing))
        return found

    @contextmanager
    def writing(self, source: str) -> Iterator[SqliteBatch]:  # noqa: ARG002 - one writer a file at a time
        """One transaction: all of a source's scan, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield SqliteBatch(self._db)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def slices(self) -> Sequence[Slice]:
        """The ledger, as of the last commit."""
        return _slices(self._db)

    def live(self) -> Iterator[Row]:
        """Every live observation, as of the last commit."""
        return _live(self._db)

    def graph(self) -> Graph:
        """The published graph; empty before the first commit."""
        db = self._db
        ids = dict(db.execute("SELECT nid, id FROM asset"))
        return Graph(
            scan_id=self._meta("scan_id"),
            scan_at=self._meta("scan_at"),
            tools=tuple(from_json(Tool, json.loads(b)) for (b,) in db.execute("SELECT body FROM tool ORDER BY id")),
            assets=tuple(
                from_json(Asset, json.loads(b))
                for (b,) in db.execute("SELECT body FROM asset WHERE NOT outside ORDER BY id")
            ),
            edges=tuple(
                sorted(
                    (
                        from_json(
                            Edge,
                            {
                                "source": ids[a],
                                "target": ids[b],
                                "verb": v,
                                "name": n,
                                "how": h,
                                "where": s,
                                "confidence": c,
                            },
                        )
                        for a, b, v, n, h, s, c in db.execute(
                            "SELECT src, dst, verb, name, how, spot, confidence FROM edge"
                        )
                    ),
                    key=edge_key,
                )
            ),
            outside=tuple(
                from_json(Outside, json.loads(b))
                for (b,) in db.execute("SELECT body FROM asset WHERE outside ORDER BY id")
            ),
            slices=tuple(from_json(Slice, row) for row in json.loads(self._meta("ledger") or "[]")),
        )

    def fingerprint(self) -> str:
        """The settings under which the published graph was built."""
        return self._meta("fingerprint")

    def set_fingerprint(self, value: str) -> None:
        """Remember the settings under which the published graph was built."""
        _set_meta(self._db, "fingerprint", value)

    def verdicts(self) -> Mapping[str, Verdict]:
        """What people said about findings, by finding id."""
        rows = self._db.execute("SELECT finding, state, reason, at FROM verdict ORDER BY finding")
        return {finding: Verdict(*rest) for finding, *rest in rows}

    def set_verdict(self, finding: str, verdict: Verdict | None) -> None:
        """Remember, or with None forget, what a person said about a finding."""
        if verdict is None:
            self._db.execute("DELETE FROM verdict WHERE finding = ?", (finding,))
        else:
            row = (finding, verdict.state, verdict.reason, verdict.at)
            self._db.execute("INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?)", row)

    def note_findings(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the table of findings."""
        with self.writing(""):
            self._db.execute("DELETE FROM finding")
            self._db.executemany(
                "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?)",
                [(r["id"], r["rule"], r["severity"], r["score"], r["title"], dumps(r)) for r in rows],
            )

    def query(self, text: str) -> Table:
        """Run read-only SQL."""
        self._db.execute("PRAGMA query_only = ON")
        try:
            cursor = self._db.execute(text)
            columns = tuple(each[0] for each in cursor.description or ())
            return Table(columns, tuple(cursor.fetchall()))
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise StoreError(f"query: {error}") from error
        finally:
            self._db.execute("PRAGMA query_only = OFF")

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else ""


class SqliteBatch:
    """One source's commit: statements inside the open transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def apply(self, change: SliceChange, at: str) -> None:
        """Write one slice's change."""
        db = self._db
        sid, before = self._slice(change, at)
        if change.drop:
            db.execute("DELETE FROM observation WHERE sid = ?", (sid,))
            db.execute("DELETE FROM slice WHERE sid = ?", (sid,))
            return
        db.executemany(
            "INSERT INTO observation (sid, key, hash, body, first_seen) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "hash = excluded.hash, body = excluded.body, last_seen = NULL, "
            "first_seen = CASE WHEN gone_at IS NULL THEN first_seen ELSE excluded.first_seen END, gone_at = NULL",
            ((sid, key, mark, dumps(to_json(item)), at) for key, mark, item in change.put),
        )
        for keys, setting, value in (
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
        found = db.execute(
            "SELECT sid, at FROM slice WHERE source = ? AND listing = ? AND scope = ?", row.key
        ).fetchone()
        base = change.baseline
        baseline = dumps([base.config, base.principal, base.visibility]) if base else None
        body = dumps(to_json(row))
        if found:
            db.execute(
                "UPDATE slice SET status = ?, at = ?, body = ?, baseline = ? WHERE sid = ?",
                (row.status, at, body, baseline, found[0]),
            )
            return found[0], found[1]
        cursor = db.execute(
            "INSERT INTO slice (source, listing, scope, status, at, body, baseline) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*row.key, row.status, at, body, baseline),
        )
        return int(cursor.lastrowid or 0), None

    def live(self) -> Iterator[Row]:
        """Every live observation, this batch's changes included."""
        return _live(self._db)

    def slices(self) -> Sequence[Slice]:
        """The ledger, this batch's changes included."""
        return _slices(self._db)

    def publish(self, graph: Graph) -> None:
        """Write the rows of the graph that differ from what is published."""
        _set_meta(self._db, "scan_id", graph.scan_id)
        _set_meta(self._db, "scan_at", graph.scan_at)
        _set_meta(self._db, "ledger", dumps([to_json(each) for each in graph.slices]))
        self._tools(graph)
        self._nodes(graph)
        self._edges(graph)

    def _tools(self, graph: Graph) -> None:
        bodies = {each.id: dumps(to_json(each)) for each in graph.tools}
        put, drop = changes(
            dict(self._db.execute("SELECT id, hash FROM tool")), {k: digest(v) for k, v in bodies.items()}
        )
        self._db.executemany("DELETE FROM tool WHERE id = ?", ((key,) for key in drop))
        rows = (graph.tool[key] for key in put)
        self._db.executemany(
            "INSERT OR REPLACE INTO tool VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (t.id, t.product, t.vendor, t.department, t.annual_cost, digest(bodies[t.id]), bodies[t.id])
                for t in rows
            ),
        )

    def _nodes(self, graph: Graph) -> None:
        """Assets and outside nodes; edges of dropped nodes go first."""
        nodes = {each.id: each for each in (*graph.assets, *graph.outside)}
        bodies = {key: dumps(to_json(each)) for key, each in nodes.items()}
        old = dict(self._db.execute("SELECT id, hash FROM asset"))
        put, drop = changes(old, {key: digest(body) for key, body in bodies.items()})
        for key in drop:
            self._db.execute(
                "DELETE FROM edge WHERE src = (SELECT nid FROM asset WHERE id = ?1) "
                "OR dst = (SELECT nid FROM asset WHERE id = ?1)",
                (key,),
            )
        self._db.executemany("DELETE FROM asset WHERE id = ?", ((key,) for key in drop))
        self._db.executemany(
            "INSERT INTO asset (id, kind, name, tool, source, department, owner, environment, created, last_used, "
            "annual_cost, silo, outside, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, tool = excluded.tool, "
            "source = excluded.source, department = excluded.department, owner = excluded.owner, "
            "environment = excluded.environment, created = excluded.created, last_used = excluded.last_used, "
            "annual_cost = excluded.annual_cost, silo = excluded.silo, hash = excluded.hash, body = excluded.body",
            (_node_row(nodes[key], bodies[key]) for key in put),
        )

    def _edges(self, graph: Graph) -> None:
        number = dict(self._db.execute("SELECT id, nid FROM asset"))
        new = {
            (number[e.source], number[e.target], e.verb.value, e.name): (e, digest(e.how, e.where, str(e.confidence)))
            for e in graph.edges
        }
        old = {tuple(row[:4]): row[4] for row in self._db.execute("SELECT src, dst, verb, name, hash FROM edge")}
        self._db.executemany(
            "DELETE FROM edge WHERE src = ? AND dst = ? AND verb = ? AND name = ?", sorted(old.keys() - new.keys())
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (*key, edge.how.value, edge.where, edge.confidence, mark)
                for key, (edge, mark) in sorted(new.items(), key=lambda each: each[0])
                if old.get(key) != mark
            ),
        )


def edge_key(edge: Edge) -> tuple[str, str, str, str]:
    """The order of edges everywhere."""
    return edge.source, edge.target, edge.verb.value, edge.name


def _node_row(node: Asset | Outside, body: str) -> tuple[Any, ...]:
    if isinstance(node, Outside):
        return (node.id, "outside", node.name, "", *[None] * 8, 1, digest(body), body)
    return (
        node.id, node.kind, node.name, node.tool, node.source, node.department, node.owner, node.environment,
        node.created, node.last_used, node.annual_cost, node.silo, 0, digest(body), body,
    )  # fmt: skip


def _live(db: sqlite3.Connection) -> Iterator[Row]:
    for sid, at, body in db.execute("SELECT sid, at, body FROM slice ORDER BY sid").fetchall():
        row = from_json(Slice, json.loads(body))
        for key, text, first, last in db.execute(
            "SELECT key, body, first_seen, last_seen FROM observation WHERE sid = ? AND gone_at IS NULL ORDER BY key",
            (sid,),
        ):
            yield Row(row, _observation(key, text), first, last or at)


def _observation(key: str, text: str) -> Observation:
    record: Observation = from_json(_KINDS[key[0]], json.loads(text))
    return record


def _slices(db: sqlite3.Connection) -> Sequence[Slice]:
    rows = db.execute("SELECT body FROM slice ORDER BY source, listing, scope")
    return [from_json(Slice, json.loads(body)) for (body,) in rows]


def _baseline(text: str | None) -> Baseline | None:
    if not text:
        return None
    config, principal, visibility = json.loads(text)
    return Baseline(config, principal, Visibility(visibility))


def _set_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
