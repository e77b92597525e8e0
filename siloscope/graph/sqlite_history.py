"""History in the embedded store: scans, versions that ended, and the graph as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from siloscope.codec import from_text, loads, to_text
from siloscope.errors import StoreError
from siloscope.graph.build import with_silos
from siloscope.graph.history import (
    Changed,
    Chronicle,
    Held,
    Names,
    Pruned,
    ScanRow,
    Span,
    Version,
    again,
    coverage,
    differing,
    edge_id,
    joins,
    lasting,
    lasting_finding,
    lasting_slice,
    lasting_text,
    new_id,
    once,
    split,
)
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, How, Outside, Slice, Tool, Verb, dumps, from_json, to_json

T = TypeVar("T", Asset, Tool, Outside, Edge)


def begin(db: sqlite3.Connection, scan: tuple[str, str, str], ledger: Sequence[Slice], before: str) -> Chronicle:
    """Note a scan (its id, time and source) that is being published; `before` is the id of the one published so far."""
    name, at, source = scan
    last = db.execute("SELECT n, sources FROM scan ORDER BY n DESC LIMIT 1").fetchone()
    added = [source] if source else []
    if last and joins(tuple(loads(last[1])), scan, before):
        number = int(last[0])
        sources = sorted({*loads(last[1]), *added})
        db.execute("UPDATE scan SET sources = ? WHERE n = ?", (dumps(sources), number))
    else:
        number = int(last[0]) + 1 if last else 1
        free = new_id(name, [each for (each,) in db.execute("SELECT id FROM scan")])
        row = (number, free, at, dumps(added))
        db.execute("INSERT INTO scan (n, id, at, sources, figures) VALUES (?, ?, ?, ?, '{}')", row)
    _ledger(db, number, dumps([to_json(lasting_slice(each)) for each in ledger]))
    return chronicle(db, number)


def note(db: sqlite3.Connection, scan: tuple[str, str, str], ledger: Sequence[Slice], before: str) -> bool:
    """Note a scan that changed nothing; False when no scan is remembered yet."""
    last = db.execute("SELECT figures FROM scan ORDER BY n DESC LIMIT 1").fetchone()
    if not last:
        return False
    tell(db, begin(db, scan, ledger, before).number, again(loads(last[0]), ledger))
    return True


def tell(db: sqlite3.Connection, number: int, told: Mapping[str, Any]) -> None:
    """Keep the figures of a scan."""
    db.execute("UPDATE scan SET figures = ? WHERE n = ?", (dumps(told), number))


def headline(db: sqlite3.Connection, ledger: Sequence[Slice]) -> dict[str, float | int | None]:
    """`history.figures` of the published graph."""
    outside, assets = db.execute("SELECT total(outside), count(*) - total(outside) FROM asset").fetchone()
    structure = ", ".join(f"'{each.value}'" for each in Verb if not each.depends)
    edges, links, met = db.execute(
        "SELECT count(*), total(d), total(d AND how <> 'outside') "  # noqa: S608 - words of the model
        f"FROM (SELECT how, verb NOT IN ({structure}) AS d FROM edge)"
    ).fetchone()
    costs = [cost or 0.0 for (cost,) in db.execute("SELECT annual_cost FROM tool ORDER BY id")]
    return {
        "assets": int(assets),
        "tools": len(costs),
        "edges": edges,
        "outside": int(outside),
        "resolution": round(met / links, 4) if links else None,
        "coverage": coverage(ledger),
        "annual_cost": round(sum(costs), 2),
    }


def chronicle(db: sqlite3.Connection, number: int) -> Chronicle:
    """What decides about a scan's versions, with those that earlier commits of it have ended."""
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
    return [ScanRow(key, at, tuple(loads(told)), loads(found)) for key, at, told, found in rows]


def names(db: sqlite3.Connection) -> Names:
    """The scans that are remembered, by number."""
    rows = db.execute("SELECT n, id FROM scan ORDER BY n").fetchall()
    return Names([number for number, _ in rows], [name for _, name in rows])


def number_of(db: sqlite3.Connection, scan: ScanRow) -> int:
    """The number of a scan.

    Raises:
        StoreError: It is not, or no longer, remembered.
    """
    row = db.execute("SELECT n FROM scan WHERE id = ?", (scan.id,)).fetchone()
    if row is None:
        raise StoreError(f'the store remembers no scan "{scan.id}"')
    return int(row[0])


def versions(db: sqlite3.Connection, identity: str) -> list[Version]:
    """Every version of an asset, a tool, an outside node or a finding, the oldest first."""
    rows = db.execute(
        "SELECT kind, id, body, from_scan, to_scan FROM past "
        "WHERE kind IN ('asset', 'tool', 'outside', 'finding') AND id = :id "
        "UNION ALL SELECT iif(outside, 'outside', 'asset'), id, body, since, NULL FROM asset WHERE id = :id "
        "UNION ALL SELECT 'tool', id, body, since, NULL FROM tool WHERE id = :id "
        "UNION ALL SELECT 'finding', id, body, since, NULL FROM finding WHERE id = :id ORDER BY 1, 4",
        {"id": identity},
    )
    return _versions(db, (Span(*row) for row in rows))


def links(db: sqlite3.Connection, node: str, other: str | None) -> list[Version]:
    """Every version of every edge at a node, or between two; by edge, the oldest first."""
    spans = [*_past_links(db, node), *_current_links(db, node)]
    if other is not None:
        pairs = ([node, other], [other, node])
        spans = [each for each in spans if loads(each.id)[0:3:2] in pairs]
    return _versions(db, sorted(spans, key=lambda each: (each.id, each.since)))


def _past_links(db: sqlite3.Connection, node: str) -> Iterator[Span]:
    text = (  # by source as the first part of the id, by target through an index of its own
        "SELECT kind, id, body, from_scan, to_scan FROM past WHERE kind = 'edge' AND id >= :from AND id < :until "
        "UNION SELECT kind, id, body, from_scan, to_scan FROM past "
        "WHERE kind = 'edge' AND json_extract(id, '$[2]') = :node"
    )
    begins = dumps([node])[:-1]
    return (Span(*row) for row in db.execute(text, {"from": f"{begins},", "until": f"{begins}-", "node": node}))


def _current_links(db: sqlite3.Connection, node: str) -> Iterator[Span]:
    row = db.execute("SELECT nid FROM asset WHERE id = ?", (node,)).fetchone()
    text = f"SELECT {EDGE}, since FROM edge WHERE src = ? UNION SELECT {EDGE}, since FROM edge WHERE dst = ?"  # noqa: S608
    found = db.execute(text, (row[0], row[0])).fetchall() if row else []
    return _edge_spans(db, found)


def _edge_spans(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> Iterator[Span]:
    """Current edges as versions, from the columns `EDGE` and `since`."""
    ids: dict[int, str] = {}
    for each in {end for row in rows for end in row[:2]}:
        ids[each] = db.execute("SELECT id FROM asset WHERE nid = ?", (each,)).fetchone()[0]
    for row in rows:
        edge = edge_of(row, ids)
        yield Span("edge", edge_id(edge), to_text(edge), row[7])


def _versions(db: sqlite3.Connection, spans: Iterable[Span]) -> list[Version]:
    told = names(db)
    return [
        Version(
            kind,
            key,
            (lasting_finding if kind == "finding" and until is None else lasting)(loads(body)),
            told.began(since),
            None if until is None else told.ended(until),
        )
        for kind, key, body, since, until in spans
    ]


def between(db: sqlite3.Connection, before: ScanRow, after: ScanRow) -> list[Changed]:
    """Everything that differs between two scans, by kind and id."""
    one, two = number_of(db, before), number_of(db, after)
    return list(differing(_touched(db, min(one, two), max(one, two)), one, two))


def _touched(db: sqlite3.Connection, first: int, last: int) -> Iterator[Span]:
    """The versions that held in one of two scans, not in both; each part goes by an index over what changed."""
    ends = {"first": first, "last": last}
    past = "SELECT kind, id, body, from_scan, to_scan FROM past WHERE"
    for where in (
        "to_scan > :first AND to_scan <= :last AND from_scan <= :first",
        "from_scan > :first AND from_scan <= :last AND to_scan > :last",
    ):
        yield from (Span(*row) for row in db.execute(f"{past} {where}", ends))
    since = "since > 1 AND since > :first AND since <= :last"
    for kind, table in (("iif(outside, 'outside', 'asset')", "asset"), ("'tool'", "tool")):
        text = f"SELECT {kind}, id, body, since FROM {table} WHERE {since}"  # noqa: S608 - constants
        for name, key, body, number in db.execute(text, ends):
            yield Span(name, key, lasting_text(body), number)
    for key, body, number in db.execute(f"SELECT id, body, since FROM finding WHERE {since}", ends):  # noqa: S608
        yield Span("finding", key, dumps(lasting_finding(loads(body))), number)
    text = f"SELECT {EDGE}, since FROM edge WHERE {since}"  # noqa: S608 - constants
    yield from _edge_spans(db, db.execute(text, ends).fetchall())


def prune(db: sqlite3.Connection, keep_from: str, *, apply: bool) -> Pruned:
    """Forget earlier scans and what only they knew, or only count it; the caller holds a transaction."""
    forgotten, kept = split(scans(db), keep_from)
    going = dumps([number_of(db, each) for each in forgotten])
    shown = "SELECT 1 FROM scan WHERE n >= from_scan AND n < to_scan AND n NOT IN (SELECT value FROM json_each(:value))"
    ended = {
        "past": (f"past WHERE NOT EXISTS ({shown})", going),
        "observation": ("observation WHERE gone_at < :value", keep_from),
        "slice": ("slice WHERE gone_at < :value", keep_from),
    }
    counts = {}
    for name, (rows, value) in ended.items():
        counts[name] = db.execute(f"SELECT count(*) FROM {rows}", {"value": value}).fetchone()[0]  # noqa: S608 - above
        if apply and counts[name]:
            db.execute(f"DELETE FROM {rows}", {"value": value})  # noqa: S608 - above
    if apply:
        _forget(db, forgotten, kept)
    return Pruned(tuple(forgotten), tuple(kept), counts["past"], counts["observation"], counts["slice"])


def _forget(db: sqlite3.Connection, forgotten: Sequence[ScanRow], kept: Sequence[ScanRow]) -> None:
    """Remove scans; what was kept with them and still holds goes over to the next one."""
    numbers, going = [number_of(db, each) for each in kept], [(number_of(db, each),) for each in forgotten]
    ledgers = once([_ledger_at(db, number) for number in numbers])
    db.executemany("DELETE FROM scan WHERE n = ?", going)
    db.executemany("UPDATE scan SET ledger = ? WHERE n = ?", zip(ledgers, numbers, strict=True))


def ledger_of(db: sqlite3.Connection, scan: ScanRow) -> list[Slice]:
    """The ledger after a scan, as history has it."""
    return [from_json(Slice, row) for row in loads(_ledger_at(db, number_of(db, scan)))]


def graph_at(db: sqlite3.Connection, scan: ScanRow) -> Graph:
    """The graph after a scan, as history has it; the caller holds a transaction, so that it is of one commit."""
    number = number_of(db, scan)
    graph = Graph.arranged(
        (scan.id, scan.at),
        tools=[*_past(db, Tool, number), *_current(db, Tool, number, "tool WHERE 1")],
        assets=[*_past(db, Asset, number), *_current(db, Asset, number, "asset WHERE NOT outside")],
        edges=[*_past(db, Edge, number), *_current_edges(db, number)],
        outside=[*_past(db, Outside, number), *_current(db, Outside, number, "asset WHERE outside")],
        slices=ledger_of(db, scan),
    )
    return with_silos(graph)


def _past(db: sqlite3.Connection, kind: type[T], number: int) -> Iterator[T]:
    text = "SELECT body FROM past WHERE kind = ? AND from_scan <= ? AND to_scan > ?"
    for (body,) in db.execute(text, (kind.__name__.lower(), number, number)):
        yield from_text(kind, body)


def _current(db: sqlite3.Connection, kind: type[T], number: int, where: str) -> Iterator[T]:
    text = f"SELECT body FROM {where} AND since <= ?"  # noqa: S608 - constants of this module
    for (body,) in db.execute(text, (number,)):
        yield from_json(kind, lasting(loads(body)))


def _current_edges(db: sqlite3.Connection, number: int) -> Iterator[Edge]:
    name = dict(db.execute("SELECT nid, id FROM asset"))
    for row in db.execute(f"SELECT {EDGE} FROM edge WHERE since <= ?", (number,)):  # noqa: S608 - constant
        yield edge_of(row, name)


EDGE = "src, dst, verb, name, how, spot, confidence"


def edge_of(row: tuple[Any, ...], name: Mapping[int, str]) -> Edge:
    """An edge from the columns `EDGE`; `name` are node ids by number."""
    source, target, verb, mention, how, spot, confidence = row[:7]
    return Edge(name[source], name[target], Verb(verb), How(how), mention, spot or "", confidence)
