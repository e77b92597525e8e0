"""Publishing in the embedded store: rows of the graph come one after the other, only those that differ are written.

Whoever publishes says what the graph holds (`edges` first, then `nodes`, then `tools`) and calls `finish`; what
was published before and is not said again goes. Edges are compared by SQL: a temporary table holds the new ones.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from siloscope.codec import loads, to_text
from siloscope.graph.commit import changes
from siloscope.graph.history import Chronicle, Held, edge_id
from siloscope.graph.seen import text_of
from siloscope.graph.sqlite_history import EDGE, edge_of
from siloscope.graph.sqlite_tables import LATE_INDEXES
from siloscope.model import Asset, Outside, Tool, digest

_COLUMNS = (
    "id, kind, name, tool, source, department, owner, environment, created, last_used, annual_cost, silo, outside, "
    "hash, body, since, nid"
)
INSERT_NODE = f"INSERT INTO asset ({_COLUMNS}) VALUES ({', '.join('?' * 17)})"  # noqa: S608 - constants
_UPDATE_NODE = f"UPDATE asset SET ({_COLUMNS}) = ({', '.join('?' * 17)}) WHERE nid = ?17"  # noqa: S608 - constants
# Several references of one source, verb and name to one target are one edge: the surest, then the first place.
_BETTER = """
ON CONFLICT (src, dst, verb, name) DO UPDATE SET how = excluded.how, spot = excluded.spot,
  confidence = excluded.confidence
WHERE excluded.confidence > confidence OR (excluded.confidence = confidence AND excluded.spot < spot)
"""
_SAME = "f.src = e.src AND f.dst = e.dst AND f.verb = e.verb AND f.name = e.name"
_CURRENT = ", ".join(f"e.{each}" for each in EDGE.split(", "))
_NEW = _CURRENT.replace("e.", "f.")

EdgeRow = tuple[int, int, str, str, str, str, float]  # the columns `EDGE`


class Publication:
    """One publication under way, inside the open transaction."""

    def __init__(self, db: sqlite3.Connection, told: Chronicle, times: Mapping[str, str]) -> None:
        self._db, self._told, self._times = db, told, times
        self._number: dict[str, int] = {key: nid for nid, key in db.execute("SELECT nid, id FROM asset")}
        self._first_new = max(self._number.values(), default=0) + 1
        self._next = self._first_new
        self._said: set[int] = set()
        self.bulk = not self._number and not db.execute("SELECT EXISTS (SELECT 1 FROM edge)").fetchone()[0]
        if self.bulk:  # an index made at once costs half of one that grows row by row
            for name in LATE_INDEXES:
                db.execute(f"DROP INDEX {name}")

    def number(self, node: str) -> int:
        """The number of a node; a new one for a node that has none."""
        found = self._number.get(node)
        if found is None:
            found = self._number[node] = self._next
            self._next += 1
        return found

    def ids(self, wanted: Collection[int]) -> dict[int, str]:
        """The ids of nodes by number."""
        return {nid: key for key, nid in self._number.items() if nid in wanted} if wanted else {}

    @property
    def size(self) -> int:
        """One more than the greatest number of a node."""
        return self._next

    def edges(self, portions: Iterable[Sequence[EdgeRow]], scope: Collection[int] | None = None) -> None:
        """All edges of the graph, or those from the nodes in `scope`, in any order and portion."""
        db = self._db
        if self.bulk and not self._told.ended:
            text = f"INSERT INTO edge ({EDGE}, since) VALUES (?, ?, ?, ?, ?, ?, ?, {self._told.number}) {_BETTER}"  # noqa: S608
            for rows in portions:
                db.executemany(text, rows)
            return
        db.execute(
            "CREATE TEMP TABLE fresh (src INTEGER, dst INTEGER, verb TEXT, name TEXT, how TEXT, spot TEXT, "
            "confidence REAL, PRIMARY KEY (src, dst, verb, name)) WITHOUT ROWID"
        )
        try:
            for rows in portions:
                db.executemany(f"INSERT INTO temp.fresh VALUES (?, ?, ?, ?, ?, ?, ?) {_BETTER}", rows)  # noqa: S608
            self._differ(scope)
        finally:
            db.execute("DROP TABLE IF EXISTS temp.fresh")
            db.execute("DROP TABLE IF EXISTS temp.scope")

    def _differ(self, scope: Collection[int] | None) -> None:
        """Turn the published edges (from the nodes in `scope`) into those in `fresh`."""
        db, told = self._db, self._told
        edges = "edge e"
        if scope is not None:
            db.execute("CREATE TEMP TABLE scope (nid INTEGER PRIMARY KEY)")
            db.executemany("INSERT INTO temp.scope VALUES (?)", ((each,) for each in sorted(scope)))
            edges = "temp.scope s CROSS JOIN edge e ON e.src = s.nid"
        gone = db.execute(
            f"SELECT {_CURRENT}, e.since FROM {edges} WHERE NOT EXISTS (SELECT 1 FROM temp.fresh f WHERE {_SAME})"  # noqa: S608
        ).fetchall()
        other = db.execute(
            f"SELECT {_NEW}, {_CURRENT}, e.since FROM temp.fresh f JOIN edge e ON {_SAME} "  # noqa: S608 - constants
            "WHERE e.how <> f.how OR e.spot IS NOT f.spot OR e.confidence <> f.confidence"
        ).fetchall()
        added = f"SELECT {_NEW} FROM temp.fresh f LEFT JOIN edge e ON {_SAME} WHERE e.src IS NULL"  # noqa: S608
        back = db.execute(added).fetchall() if told.ended else []  # some of them may only have been away
        ids = self._ids_of(gone, other, back)
        for row in gone:
            edge = edge_of(row, ids)
            told.drop(("edge", edge_id(edge)), Held(to_text(edge), row[7]))
        if not told.ended:
            db.execute(f"INSERT INTO edge ({EDGE}, since) {added.replace(' FROM', f', {told.number} FROM')}")
        changed = [(*row[:7], self._since(row[:7], row[7:], ids)) for row in other]
        changed += [(*row, self._since(row, (), ids)) for row in back]
        db.executemany(f"DELETE FROM edge WHERE {_IS}", (row[:4] for row in gone))  # noqa: S608 - constant
        db.executemany(f"INSERT OR REPLACE INTO edge ({EDGE}, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", changed)  # noqa: S608

    def _ids_of(self, *rows: Sequence[tuple[Any, ...]]) -> dict[int, str]:
        return self.ids({end for group in rows for row in group for end in row[:2]})

    def _since(self, row: tuple[Any, ...], was: tuple[Any, ...], ids: dict[int, str]) -> int:
        edge = edge_of(row, ids)
        held = Held(to_text(edge_of(was, ids)), was[7]) if was else None
        return self._told.put(("edge", edge_id(edge)), held, to_text(edge))

    def nodes(self, portions: Iterable[Sequence[Asset | Outside]]) -> None:
        """All assets and outside nodes, in any order and portion."""
        new, changed, names = [], [], []
        for nodes in portions:
            for node in nodes:
                nid = self.number(node.id)
                self._said.add(nid)
                is_asset = isinstance(node, Asset)
                body = text_of(node, self._times) if isinstance(node, Asset) else to_text(node)
                mark = digest(body)
                kind = "asset" if is_asset else "outside"
                if nid >= self._first_new:
                    since = self._told.put((kind, node.id), None, body) if self._told.ended else self._told.number
                    new.append((*node_row(node, mark, body), since, nid))
                    names += [(name, nid) for name in claims_of(node)]
                    continue
                was = self._db.execute("SELECT hash, body, since FROM asset WHERE nid = ?", (nid,)).fetchone()
                if was[0] != mark:
                    since = self._told.put((kind, node.id), Held(*was[1:]), body)
                    changed.append((*node_row(node, mark, body), since, nid))
                    names += self._unclaim(nid, was[1], claims_of(node))
            self._db.executemany(INSERT_NODE, new)
            self._db.executemany(_UPDATE_NODE, changed)
            self._db.executemany("INSERT INTO claim (name, nid) VALUES (?, ?)", names)
            new.clear()
            changed.clear()
            names.clear()

    def _unclaim(self, nid: int, body: str, names: Iterable[str] = ()) -> list[tuple[str, int]]:
        """Forget what a node claimed and no longer does; the claims that are new."""
        was, now = set(loads(body).get("names", ())), set(names)
        self._db.executemany(
            "DELETE FROM claim WHERE name = ? AND nid = ?", ((each, nid) for each in sorted(was - now))
        )
        return [(each, nid) for each in sorted(now - was)]

    def tools(self, tools: Sequence[Tool]) -> None:
        """All tools."""
        db, told = self._db, self._told
        bodies = {each.id: to_text(each) for each in tools}
        old = {
            key: (mark, body, since) for key, mark, body, since in db.execute("SELECT id, hash, body, since FROM tool")
        }
        put, drop = changes({key: row[0] for key, row in old.items()}, {k: digest(v) for k, v in bodies.items()})
        for key in drop:
            told.drop(("tool", key), Held(*old[key][1:]))
        db.executemany("DELETE FROM tool WHERE id = ?", ((key,) for key in drop))
        by_id = {each.id: each for each in tools}
        rows = []
        for key in put:
            was = Held(*old[key][1:]) if key in old else None
            rows.append((*tool_row(by_id[key], bodies[key]), told.put(("tool", key), was, bodies[key])))
        db.executemany("INSERT OR REPLACE INTO tool VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def finish(self) -> None:
        """Remove the nodes that were not said."""
        self.drop([key for key, nid in self._number.items() if nid not in self._said])
        if self.bulk:
            for text in LATE_INDEXES.values():
                self._db.execute(text)

    def drop(self, nodes: Iterable[str]) -> None:
        """Remove nodes that are published; their edges are gone already."""
        db = self._db
        for key in nodes:
            nid = self._number[key]
            outside, body, since = db.execute("SELECT outside, body, since FROM asset WHERE nid = ?", (nid,)).fetchone()
            self._told.drop(("outside" if outside else "asset", key), Held(body, since))
            self._unclaim(nid, body)
            db.execute("DELETE FROM asset WHERE nid = ?", (nid,))

    def outside(self, *, linked: bool) -> list[str]:
        """Published outside nodes that something points to, or that nothing points to any more; sorted."""
        exists = "EXISTS" if linked else "NOT EXISTS"
        text = f"SELECT id FROM asset a WHERE outside AND {exists} (SELECT 1 FROM edge WHERE dst = a.nid) ORDER BY id"  # noqa: S608
        return [key for (key,) in self._db.execute(text)]


_IS = "src = ? AND dst = ? AND verb = ? AND name = ?"


def node_row(node: Asset | Outside, mark: str, body: str) -> tuple[Any, ...]:
    """The columns of a node, but for since when it holds and its number."""
    if isinstance(node, Outside):
        return (node.id, "outside", node.name, "", *[None] * 8, 1, mark, body)
    return (
        node.id, node.kind, node.name, node.tool, node.source, node.department, node.owner, node.environment,
        node.created, node.last_used, node.annual_cost, node.silo, 0, mark, body,
    )  # fmt: skip


def claims_of(node: Asset | Outside) -> Iterator[str]:
    """The names by which a node is found besides its id."""
    return iter(node.names if isinstance(node, Asset) else ())


def tool_row(tool: Tool, body: str) -> tuple[Any, ...]:
    """The columns of a tool, but for since when it holds."""
    return tool.id, tool.product, tool.vendor, tool.department, tool.annual_cost, digest(body), body
