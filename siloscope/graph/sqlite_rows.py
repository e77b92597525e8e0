"""The statements of the embedded store: applying a slice's change, publishing a graph, reading both back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from siloscope.codec import from_text, loads, to_text
from siloscope.graph.build import Row, Settings
from siloscope.graph.build import ledger as ledger_of
from siloscope.graph.columns import Columns, links_of
from siloscope.graph.commit import Baseline, KnownSlice, SliceChange, SliceKey, observation_in
from siloscope.graph.resolve import uncollected
from siloscope.graph.seen import late
from siloscope.graph.sqlite_build import PORTION, Building
from siloscope.graph.sqlite_history import EDGE, begin, finish, headline, note, tell
from siloscope.graph.sqlite_meta import meta, set_meta
from siloscope.graph.sqlite_publish import Publication
from siloscope.graph.sqlite_steps import Steps, Touched
from siloscope.graph.view import Graph
from siloscope.model import Asset, Outside, Slice, Tool, Visibility, dumps, from_json, to_json

_UPSERT_OBSERVATION = """
INSERT INTO observation (sid, key, hash, body, first_seen) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (sid, key) DO UPDATE SET hash = excluded.hash, body = excluded.body, last_seen = NULL,
  first_seen = CASE WHEN gone_at IS NULL THEN first_seen ELSE excluded.first_seen END, gone_at = NULL
"""


class SqliteBatch:
    """One source's commit: statements inside the open transaction."""

    def __init__(self, db: sqlite3.Connection, source: str = "") -> None:
        self._db, self._source = db, source
        self._touched = Touched(whole=meta(db, "scan_id") == "" or meta(db, "late") != "0")

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
        self._touched.add(db, sid, change)

    def _slice(self, change: SliceChange, at: str) -> tuple[int, str | None]:
        """Write the slice's row; its number, and when it was last read before."""
        db, row = self._db, change.slice
        where = "source = ? AND listing = ? AND scope = ?"
        found = db.execute(f"SELECT sid, at FROM slice WHERE {where}", row.key).fetchone()  # noqa: S608 - constant
        base = change.baseline
        baseline = dumps([base.config, base.principal, base.visibility]) if base else None
        body = to_text(row)
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

    def rebuild(self, settings: Settings, scan_id: str, scan_at: str, *, anew: bool = True) -> None:
        """Publish what `build` makes of the live observations, without holding all of it in memory."""
        with uncollected():
            times = self._times()
            building = Building(self._db, settings)
            ledger = ledger_of(self.slices(), settings, scan_at)
            told = begin(self._db, (scan_id, scan_at, self._source), ledger, meta(self._db, "scan_id"))
            graph = Publication(self._db, told, times)
            claims = building.claims(graph)
            self._touched.assets.update(self._overtaken(times))
            whole = anew or self._touched.whole or graph.bulk
            if whole or not Steps(building, graph, claims, times).by_steps(self._touched):
                graph.edges(building.edges(claims, graph))
                graph.nodes(building.nodes(graph, times))
                graph.finish()
            graph.tools(building.holdings.tools(building.told))
            finish(self._db, told)
            tell(self._db, told.number, headline(self._db, ledger))
            self._published(scan_id, scan_at, ledger, times)
            set_meta(self._db, "late", str(building.late))

    def publish(self, graph: Graph) -> None:
        """Write the rows of the graph that differ from what is published."""
        times = self._times()
        told = begin(self._db, (graph.scan_id, graph.scan_at, self._source), graph.slices, meta(self._db, "scan_id"))
        rows = Publication(self._db, told, times)
        nodes: list[Asset | Outside] = [*graph.assets, *graph.outside]
        for each in nodes:
            rows.number(each.id)
        rows.edges(
            [
                (rows.number(e.source), rows.number(e.target), e.verb.value, e.name, e.how.value, e.where, e.confidence)
                for e in graph.edges[start : start + PORTION]
            ]
            for start in range(0, len(graph.edges), PORTION)
        )
        rows.nodes(nodes[start : start + PORTION] for start in range(0, len(nodes), PORTION))
        rows.tools(graph.tools)
        rows.finish()
        finish(self._db, told)
        tell(self._db, told.number, headline(self._db, graph.slices))
        self._published(graph.scan_id, graph.scan_at, graph.slices, times)
        set_meta(self._db, "late", str(late(graph.assets, times)))

    def renew(self, ledger: Sequence[Slice], scan_id: str, scan_at: str) -> bool:
        """Publish the same graph as seen again by this scan, if its rows allow that."""
        scan = (scan_id, scan_at, self._source)
        if meta(self._db, "late") != "0" or not note(self._db, scan, ledger, meta(self._db, "scan_id")):
            return False
        self._published(scan_id, scan_at, ledger, self._times())
        return True

    def _published(self, scan_id: str, scan_at: str, ledger: Sequence[Slice], times: dict[str, str]) -> None:
        """Remember what is published as a whole."""
        set_meta(self._db, "scan_id", scan_id)
        set_meta(self._db, "scan_at", scan_at)
        set_meta(self._db, "ledger", dumps([to_json(each) for each in ledger]))
        set_meta(self._db, "seen", dumps(times))

    def _overtaken(self, times: dict[str, str]) -> set[str]:
        """Assets that a source read now misses and whose rows say no time: it would move on without them."""
        text = (
            "SELECT a.id FROM slice s JOIN observation o ON o.sid = s.sid JOIN asset a ON a.id = substr(o.key, 3) "
            "WHERE s.source = ? AND o.last_seen IS NOT NULL AND o.gone_at IS NULL AND o.key >= 'a:' AND o.key < 'a;' "
            "AND json_type(a.body, '$.last_seen') IS NULL"
        )
        was = loads(meta(self._db, "seen") or "{}")
        moved = [source for source, at in was.items() if times.get(source) != at]
        return {key for source in moved for (key,) in self._db.execute(text, (source,))}

    def _times(self) -> dict[str, str]:
        """When each source was last read."""
        text = "SELECT source, max(at) FROM slice WHERE gone_at IS NULL GROUP BY source ORDER BY source"
        return dict(self._db.execute(text))


def read_graph(db: sqlite3.Connection) -> Graph:
    """The published graph; the caller holds a transaction, so that it is of one commit."""
    with uncollected():
        return _read_graph(db)


def _read_graph(db: sqlite3.Connection) -> Graph:
    import numpy as np

    assets, bodies, nids = [], [], []
    for nid, key, body in db.execute("SELECT nid, id, body FROM asset WHERE NOT outside ORDER BY id"):
        nids.append(nid)
        assets.append(key)
        bodies.append(body)
    outside = db.execute("SELECT nid, id FROM asset WHERE outside ORDER BY id").fetchall()
    nids += [nid for nid, _ in outside]
    number = np.zeros(max(nids, default=0) + 1, dtype=np.int32)
    number[nids] = np.arange(len(nids), dtype=np.int32)
    others = [key for _, key in outside]
    links = links_of(_read_edges(db), number, assets, others)
    tools = db.execute("SELECT body FROM tool ORDER BY id").fetchall()
    return Graph.of(
        Columns(assets, others, bodies, loads(meta(db, "seen") or "{}"), links),
        scan_id=meta(db, "scan_id"),
        scan_at=meta(db, "scan_at"),
        tools=tuple(from_text(Tool, body) for (body,) in tools),
        slices=tuple(from_json(Slice, row) for row in loads(meta(db, "ledger") or "[]")),
    )


def _read_edges(db: sqlite3.Connection) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of the columns `EDGE`, in the order of the primary key, in portions."""
    rows = db.execute(f"SELECT {EDGE} FROM edge ORDER BY src, dst, verb, name")  # noqa: S608 - constant
    while some := rows.fetchmany(10_000):
        yield some


def known(db: sqlite3.Connection, source: str) -> dict[SliceKey, KnownSlice]:
    """What is held of a source, by slice."""
    found: dict[SliceKey, KnownSlice] = {}
    shelf: list[Packed] = []
    rows = db.execute("SELECT sid, body, baseline FROM slice WHERE source = ? AND gone_at IS NULL", (source,))
    text = "SELECT key, hash, last_seen FROM observation WHERE sid = ? AND gone_at IS NULL"
    for sid, body, baseline in rows.fetchall():
        row, marks = from_text(Slice, body), db.execute(text, (sid,)).fetchall()
        missing = frozenset(key for key, _, last in marks if last is not None)
        hashes = Packed({key: mark for key, mark, _ in marks}, shelf)
        found[row.key] = KnownSlice(row, _baseline(baseline), hashes, missing)
    return found


class Packed(Mapping[str, str]):
    """Marks by key of one slice, unpacked while it is asked for: those of a million assets take a gigabyte unpacked.

    Of the slices that share a shelf the last one asked for is unpacked.
    """

    __slots__ = ("_marks", "_packed", "_shelf", "_size")

    def __init__(self, marks: dict[str, str], shelf: list[Packed]) -> None:
        self._packed, self._size = msgspec.msgpack.encode(marks), len(marks)
        self._marks: dict[str, str] | None = None
        self._shelf = shelf

    def _open(self) -> dict[str, str]:
        if self._marks is None:
            for each in self._shelf:
                each._marks = None  # noqa: SLF001 - of the same kind
            self._shelf[:] = [self]
            self._marks = _unpack(self._packed)
        return self._marks

    def __getitem__(self, key: str) -> str:
        return self._open()[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The mark of a key."""
        return self._open().get(key, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._open())

    def __len__(self) -> int:
        return self._size


_unpack = msgspec.msgpack.Decoder(dict[str, str]).decode


def live(db: sqlite3.Connection) -> Iterator[Row]:
    """Every live observation."""
    for sid, at, body in db.execute("SELECT sid, at, body FROM slice WHERE gone_at IS NULL ORDER BY sid").fetchall():
        row = from_text(Slice, body)
        for key, text, first, last in db.execute(
            "SELECT key, body, first_seen, last_seen FROM observation WHERE sid = ? AND gone_at IS NULL ORDER BY key",
            (sid,),
        ):
            yield Row(row, observation_in(key, text), first, last or at)


def slices(db: sqlite3.Connection) -> list[Slice]:
    """The ledger, sorted."""
    rows = db.execute("SELECT body FROM slice WHERE gone_at IS NULL ORDER BY source, listing, scope")
    return [from_text(Slice, body) for (body,) in rows]


def _baseline(text: str | None) -> Baseline | None:
    if not text:
        return None
    config, principal, visibility = json.loads(text)
    return Baseline(config, principal, Visibility(visibility))
