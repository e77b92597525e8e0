"""What the embedded store remembers by name: settings of the published graph as a whole."""

from __future__ import annotations

import sqlite3


def meta(db: sqlite3.Connection, key: str) -> str:
    """What the store remembers under `key`, or nothing."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else ""


def set_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    """Remember `value` under `key`."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
