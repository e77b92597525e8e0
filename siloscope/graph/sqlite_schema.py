"""The tables of the embedded store, and how a file of an older release gets them, after a backup copy."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from siloscope.errors import StoreError
from siloscope.graph.history import figures, lasting_slice
from siloscope.graph.seen import implied
from siloscope.graph.sqlite_meta import meta, set_meta
from siloscope.graph.sqlite_rows import read_graph
from siloscope.model import digest, dumps, to_json

VERSION = 3

# `since` is the number of the scan since which a row holds, volatile fields apart; `past` holds what ended.
_HISTORY = """
CREATE TABLE scan (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, sources TEXT NOT NULL, figures TEXT NOT NULL,
  ledger TEXT);
CREATE TABLE past (
  kind TEXT NOT NULL, id TEXT NOT NULL, from_scan INTEGER NOT NULL, to_scan INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, id, from_scan)) WITHOUT ROWID;
CREATE INDEX past_to ON past (to_scan);
"""

# By name, by what changed (only rows that did so after the first scan are in), and edges that ended by their target.
_CHANGED = """
CREATE INDEX asset_name ON asset (name);
CREATE INDEX past_from ON past (from_scan, to_scan);
CREATE INDEX past_target ON past (json_extract(id, '$[2]')) WHERE kind = 'edge';
CREATE INDEX asset_since ON asset (since) WHERE since > 1;
CREATE INDEX edge_since ON edge (since) WHERE since > 1;
"""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE slice (
  sid INTEGER PRIMARY KEY, source TEXT NOT NULL, listing TEXT NOT NULL, scope TEXT NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, baseline TEXT, gone_at TEXT,
  UNIQUE (source, listing, scope));
CREATE TABLE observation (
  sid INTEGER NOT NULL REFERENCES slice (sid), key TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL,
  first_seen TEXT NOT NULL, last_seen TEXT, gone_at TEXT,
  PRIMARY KEY (sid, key)) WITHOUT ROWID;
CREATE TABLE tool (
  id TEXT PRIMARY KEY, product TEXT, vendor TEXT, department TEXT, annual_cost REAL,
  hash TEXT NOT NULL, body TEXT NOT NULL, since INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE TABLE asset (
  nid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, tool TEXT NOT NULL,
  source TEXT, department TEXT, owner TEXT, environment TEXT, created TEXT, last_used TEXT, annual_cost REAL,
  silo TEXT, outside INTEGER NOT NULL DEFAULT 0, hash TEXT NOT NULL, body TEXT NOT NULL,
  since INTEGER NOT NULL DEFAULT 1);
CREATE TABLE edge (
  src INTEGER NOT NULL REFERENCES asset (nid), dst INTEGER NOT NULL REFERENCES asset (nid), verb TEXT NOT NULL,
  name TEXT NOT NULL, how TEXT NOT NULL, spot TEXT, confidence REAL NOT NULL, hash TEXT NOT NULL,
  since INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (src, dst, verb, name)) WITHOUT ROWID;
CREATE INDEX edge_dst ON edge (dst, src);
CREATE INDEX asset_tool ON asset (tool);
CREATE INDEX asset_department ON asset (department);
CREATE TABLE verdict (
  finding TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE finding (
  id TEXT PRIMARY KEY, rule TEXT NOT NULL, severity TEXT, score REAL, title TEXT, body TEXT NOT NULL,
  since INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE VIEW dependency AS
  SELECT a.id AS source, e.verb AS verb, b.id AS target, e.how AS how, e.name AS name, e.spot AS spot
  FROM edge e JOIN asset a ON a.nid = e.src JOIN asset b ON b.nid = e.dst;
"""


def version(db: sqlite3.Connection) -> int:
    """The schema version of a file; 0 for one without tables of ours."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def prepare(db: sqlite3.Connection, path: str) -> None:
    """Create the tables in a new file, or those an older file lacks; of two that open it at once, one does.

    Raises:
        StoreError: It is somebody else's database, or was written by a newer release.
    """
    if version(db) < VERSION:
        db.execute("BEGIN IMMEDIATE")
        try:
            found = version(db)
            if found == 0:
                _create(db, path)
            elif found < VERSION:
                _back_up(path, found)
                for step in (_migrate_1, _migrate_2)[found - 1 :]:
                    step(db)
                db.execute(f"PRAGMA user_version = {VERSION}")
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
    if (found := version(db)) > VERSION:
        raise StoreError(f"{path}: written by a newer siloscope (schema {found}); this one reads up to {VERSION}")


def _create(db: sqlite3.Connection, path: str) -> None:
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError(f"{path}: an SQLite file, but not a siloscope store")
    _run(db, _SCHEMA + _HISTORY + _CHANGED)
    db.execute(f"PRAGMA user_version = {VERSION}")


def _back_up(path: str, found: int) -> None:
    """A copy beside the file, through a connection of its own: it sees the last commit, not what is under way."""
    target = Path(f"{path}.v{found}.bak")
    half = Path(f"{target}.part")
    half.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, timeout=60)) as source, closing(sqlite3.connect(half)) as copy:
        source.backup(copy)
    half.replace(target)


def _migrate_1(db: sqlite3.Connection) -> None:
    """Version 1 knew no history: what is published becomes the first scan."""
    for table in ("tool", "asset", "edge"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN since INTEGER NOT NULL DEFAULT 1")
    _run(db, _HISTORY)
    graph = read_graph(db)
    if graph.scan_id:
        sources = sorted({each.source for each in graph.slices})
        ledger = dumps([to_json(lasting_slice(each)) for each in graph.slices])
        row = (1, graph.scan_id, graph.scan_at, dumps(sources), dumps(figures(graph)), ledger)
        db.execute("INSERT INTO scan VALUES (?, ?, ?, ?, ?, ?)", row)


def _migrate_2(db: sqlite3.Connection) -> None:
    """Version 2 deleted slices that ended, and kept no history of findings."""
    db.execute("ALTER TABLE slice ADD COLUMN gone_at TEXT")
    db.execute("ALTER TABLE finding ADD COLUMN since INTEGER NOT NULL DEFAULT 1")
    db.execute("DELETE FROM finding")
    _run(db, _CHANGED)
    _say_last_seen(db)


def _say_last_seen(db: sqlite3.Connection) -> None:
    """`seen` was by set of observers and is by source now; where the two differ, the asset says it itself."""
    was = json.loads(meta(db, "seen") or "{}")
    times = dict(db.execute("SELECT source, max(at) FROM slice GROUP BY source"))
    number = 0
    for nid, body in db.execute("SELECT nid, body FROM asset WHERE NOT outside").fetchall():
        row = json.loads(body)
        sources = row.get("sources", [])
        if "last_seen" not in row and (seen := was.get(dumps(sources))) != implied(sources, times):
            text = dumps({**row, "last_seen": seen})
            db.execute("UPDATE asset SET body = ?, hash = ? WHERE nid = ?", (text, digest(text), nid))
            number += 1
    set_meta(db, "seen", dumps(times))
    set_meta(db, "late", str(number))


def _run(db: sqlite3.Connection, script: str) -> None:
    """Several statements inside the open transaction, which `executescript` would end."""
    for statement in script.split(";\n"):
        db.execute(statement)
