"""Findings noted in the embedded store: those of the published graph, and what they were before."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from siloscope.graph.history import Chronicle, Held, lasting_finding
from siloscope.graph.sqlite_history import chronicle, finish
from siloscope.model import dumps


def note_findings(db: sqlite3.Connection, rows: Iterable[Mapping[str, Any]], figures: Mapping[str, Any]) -> None:
    """Keep the findings of the published graph; without one there is nothing they could be of."""
    last = db.execute("SELECT n, figures FROM scan ORDER BY n DESC LIMIT 1").fetchone()
    if last is None:
        return
    new = {row["id"]: row for row in rows}
    old = {key: (body, since) for key, body, since in db.execute("SELECT id, body, since FROM finding")}
    told = chronicle(db, last[0])
    gone = sorted(old.keys() - new.keys())
    for key in gone:
        told.drop(("finding", key), _held(*old[key]))
    put = [_row(row, old.get(key), told) for key, row in sorted(new.items())]
    db.executemany("DELETE FROM finding WHERE id = ?", ((key,) for key in gone))
    db.executemany("INSERT OR REPLACE INTO finding VALUES (?, ?, ?, ?, ?, ?, ?)", filter(None, put))
    finish(db, told)
    all_of_them = {**json.loads(last[1]), **figures, "findings": len(new)}
    db.execute("UPDATE scan SET figures = ? WHERE n = ?", (dumps(all_of_them), last[0]))


def _row(row: Mapping[str, Any], was: tuple[str, int] | None, told: Chronicle) -> tuple[Any, ...] | None:
    """The columns of a finding, or nothing when it is there already."""
    body, key = dumps(row), row["id"]
    if was and was[0] == body:
        return None
    since = told.put(("finding", key), _held(*was) if was else None, dumps(lasting_finding(row)))
    return key, row["rule"], row["severity"], row["score"], row["title"], body, since


def _held(body: str, since: int) -> Held:
    return Held(dumps(lasting_finding(json.loads(body))), since)


def noted(db: sqlite3.Connection, which: str | None) -> list[dict[str, Any]] | None:
    """Findings noted for the published graph, by id: all, or the one called `which` and those about it."""
    last = db.execute("SELECT figures FROM scan ORDER BY n DESC LIMIT 1").fetchone()
    if last is None or "findings" not in json.loads(last[0]):
        return None
    if which is None:
        return [json.loads(body) for (body,) in db.execute("SELECT body FROM finding ORDER BY id")]
    text = "SELECT body FROM finding WHERE id = ? OR instr(body, ?) ORDER BY id"
    found = [json.loads(body) for (body,) in db.execute(text, (which, dumps(which)))]
    return [each for each in found if which == each["id"] or which in each["subjects"]]
