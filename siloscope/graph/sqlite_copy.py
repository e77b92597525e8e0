"""Everything the embedded store holds as records of `copying`, and an empty store filled with such records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, cast

from siloscope.codec import from_text, to_text
from siloscope.errors import StoreError
from siloscope.graph.copying import (
    CurrentRecord,
    EndedRecord,
    ObservationRecord,
    PublishedRecord,
    Record,
    ScanRecord,
    SliceRecord,
    VerdictRecord,
)
from siloscope.graph.history import edge_id
from siloscope.graph.sqlite_history import EDGE, edge_of
from siloscope.graph.sqlite_meta import meta, set_meta
from siloscope.graph.sqlite_publish import INSERT_NODE, node_row, tool_row
from siloscope.model import Asset, Edge, Outside, Slice, Tool, digest

_TABLES = ("meta", "slice", "scan", "asset", "tool", "finding", "past", "verdict")


def is_empty(db: sqlite3.Connection) -> bool:
    """Whether nothing was ever written into it."""
    return not any(db.execute(f"SELECT EXISTS (SELECT 1 FROM {each})").fetchone()[0] for each in _TABLES)  # noqa: S608


def dump(db: sqlite3.Connection) -> Iterator[Record]:
    """Everything, in the order of `copying`; the caller holds a transaction, so that it is of one commit."""
    if is_empty(db):
        return
    told = [meta(db, name) for name in ("scan_id", "scan_at", "ledger", "seen", "late", "fingerprint")]
    yield PublishedRecord(told[0], told[1], told[2] or "[]", told[3] or "{}", int(told[4] or 0), told[5])
    slices = (
        "SELECT sid, source, listing, scope, body, baseline, at, gone_at FROM slice ORDER BY source, listing, scope"
    )
    for sid, *row in db.execute(slices).fetchall():
        yield SliceRecord(*row)
        text = "SELECT key, hash, body, first_seen, last_seen, gone_at FROM observation WHERE sid = ? ORDER BY key"
        yield from (ObservationRecord(*row[:3], *each) for each in db.execute(text, (sid,)))
    yield from (
        ScanRecord(*row) for row in db.execute("SELECT n, id, at, sources, figures, ledger FROM scan ORDER BY n")
    )
    for kind, rows in (
        ("tool", "tool"),
        ("asset", "asset WHERE NOT outside"),
        ("outside", "asset WHERE outside"),
    ):
        found = db.execute(f"SELECT id, body, since FROM {rows} ORDER BY id")  # noqa: S608 - the words above
        yield from (CurrentRecord(kind, *row) for row in found)
    yield from _edges(db)
    yield from (CurrentRecord("finding", *row) for row in db.execute("SELECT id, body, since FROM finding ORDER BY id"))
    past = "SELECT kind, id, body, from_scan, to_scan FROM past ORDER BY kind, id, from_scan"
    yield from (EndedRecord(*row) for row in db.execute(past))
    verdicts = "SELECT finding, state, reason, at FROM verdict ORDER BY finding"
    yield from (VerdictRecord(*row) for row in db.execute(verdicts))


def _edges(db: sqlite3.Connection) -> Iterator[CurrentRecord]:
    ids = dict(db.execute("SELECT nid, id FROM asset"))
    for row in db.execute(f"SELECT {EDGE}, since FROM edge"):  # noqa: S608 - constant
        edge = edge_of(row, ids)
        yield CurrentRecord("edge", edge_id(edge), to_text(edge), row[7])


def load(db: sqlite3.Connection, records: Iterable[Record], url: str) -> None:
    """Fill an empty store; the caller holds a transaction.

    Raises:
        StoreError: It holds something already.
    """
    if not is_empty(db):
        raise StoreError(f"{url}: holds something already; a copy goes into an empty store")
    sids: dict[tuple[str, str, str], int] = {}
    nodes: dict[str, int] = {}
    for (kind, what), group in groupby(records, key=lambda each: (type(each), getattr(each, "kind", ""))):
        if kind is PublishedRecord:
            _published(db, cast("Iterable[PublishedRecord]", group))
        elif kind is SliceRecord:
            _slices(db, cast("Iterable[SliceRecord]", group), sids)
        elif kind is CurrentRecord:
            if what == "edge":
                nodes = dict(db.execute("SELECT id, nid FROM asset"))
            rows = (_CURRENT[what](each, nodes) for each in cast("Iterable[CurrentRecord]", group))
            db.executemany(_INTO[what], rows)
            if what == "asset":
                claims = "SELECT j.value, a.nid FROM asset a, json_each(a.body, '$.names') j"
                db.execute(f"INSERT INTO claim (name, nid) {claims}")
        else:
            into, row = _PLAIN[kind]
            db.executemany(into, (row(each, sids) for each in group))


def _published(db: sqlite3.Connection, records: Iterable[PublishedRecord]) -> None:
    for each in records:
        set_meta(db, "fingerprint", each.fingerprint)
        if each.scan_id:
            for name in ("scan_id", "scan_at", "ledger", "seen"):
                set_meta(db, name, getattr(each, name))
            set_meta(db, "late", str(each.late))


def _slices(db: sqlite3.Connection, records: Iterable[SliceRecord], sids: dict[tuple[str, str, str], int]) -> None:
    for each in records:
        key = (each.source, each.listing, each.scope)
        status = from_text(Slice, each.body).status
        cursor = db.execute(
            "INSERT INTO slice (source, listing, scope, status, at, body, baseline, gone_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*key, status, each.at, each.body, each.baseline, each.gone_at),
        )
        sids[key] = int(cursor.lastrowid or 0)


def _observation(each: Any, sids: dict[tuple[str, str, str], int]) -> tuple[Any, ...]:
    sid = sids[each.source, each.listing, each.scope]
    return sid, each.key, each.mark, each.body, each.first_seen, each.last_seen, each.gone_at


_PLAIN: dict[type, tuple[str, Any]] = {
    ObservationRecord: ("INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?)", _observation),
    ScanRecord: (
        "INSERT INTO scan (n, id, at, sources, figures, ledger) VALUES (?, ?, ?, ?, ?, ?)",
        lambda each, _: (each.number, each.id, each.at, each.sources, each.figures, each.ledger),
    ),
    EndedRecord: (
        "INSERT INTO past (kind, id, from_scan, to_scan, body) VALUES (?, ?, ?, ?, ?)",
        lambda each, _: (each.kind, each.id, each.since, each.until, each.body),
    ),
    VerdictRecord: (
        "INSERT INTO verdict VALUES (?, ?, ?, ?)",
        lambda each, _: (each.finding, each.state, each.reason, each.at),
    ),
}


def _tool(each: CurrentRecord, _nodes: dict[str, int]) -> tuple[Any, ...]:
    return *tool_row(from_text(Tool, each.body), each.body), each.since


def _node(each: CurrentRecord, _nodes: dict[str, int]) -> tuple[Any, ...]:
    kind: type[Asset | Outside] = Asset if each.kind == "asset" else Outside
    return *node_row(from_text(kind, each.body), digest(each.body), each.body), each.since, None


def _edge(each: CurrentRecord, nodes: dict[str, int]) -> tuple[Any, ...]:
    edge = from_text(Edge, each.body)
    ends = nodes[edge.source], nodes[edge.target]
    return *ends, edge.verb.value, edge.name, edge.how.value, edge.where, edge.confidence, each.since


def _finding(each: CurrentRecord, _nodes: dict[str, int]) -> tuple[Any, ...]:
    row = json.loads(each.body)
    return each.id, row["rule"], row["severity"], row["score"], row["title"], each.body, each.since


_CURRENT = {"tool": _tool, "asset": _node, "outside": _node, "edge": _edge, "finding": _finding}
_INTO = {
    "tool": "INSERT INTO tool VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "asset": INSERT_NODE,
    "outside": INSERT_NODE,
    "edge": "INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "finding": "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?)",
}
