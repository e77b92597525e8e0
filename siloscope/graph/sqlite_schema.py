"""How a new file gets the tables of the embedded store, and one of an older release, after a backup copy."""

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
from siloscope.graph.sqlite_tables import CHANGED, CLAIM, EDGE, HISTORY, LATE_INDEXES, SCHEMA, VIEW
from siloscope.model import digest, dumps, to_json

VERSION = 3


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
    _run(db, SCHEMA + EDGE + VIEW + CLAIM + HISTORY + CHANGED)
    for text in LATE_INDEXES.values():
        db.execute(text)
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
    _run(db, HISTORY)
    graph = read_graph(db)
    if graph.scan_id:
        sources = sorted({each.source for each in graph.slices})
        ledger = dumps([to_json(lasting_slice(each)) for each in graph.slices])
        row = (1, graph.scan_id, graph.scan_at, dumps(sources), dumps(figures(graph)), ledger)
        db.execute("INSERT INTO scan VALUES (?, ?, ?, ?, ?, ?)", row)


def _migrate_2(db: sqlite3.Connection) -> None:
    """Version 2 deleted slices that ended, kept no history of findings and hashed edges."""
    db.execute("ALTER TABLE slice ADD COLUMN gone_at TEXT")
    db.execute("ALTER TABLE finding ADD COLUMN since INTEGER NOT NULL DEFAULT 1")
    db.execute("DELETE FROM finding")
    db.execute("DROP VIEW dependency")
    db.execute("ALTER TABLE edge RENAME TO formerly")
    _run(db, EDGE + VIEW + CLAIM + CHANGED)
    columns = "src, dst, verb, name, how, spot, confidence, since"
    db.execute(f"INSERT INTO edge ({columns}) SELECT {columns} FROM formerly")  # noqa: S608 - constant
    db.execute("DROP TABLE formerly")
    for name, text in LATE_INDEXES.items():
        db.execute(f"DROP INDEX IF EXISTS {name}")
        db.execute(text)
    claims = "SELECT j.value, a.nid FROM asset a, json_each(a.body, '$.names') j WHERE NOT a.outside"
    db.execute(f"INSERT INTO claim (name, nid) {claims}")
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
