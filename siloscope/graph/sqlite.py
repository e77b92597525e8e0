"""The embedded store: one SQLite file in WAL mode. Readers never block the writer, nor it them.

Two layers: what was observed (`slice`, `observation`, with tombstones) is the truth; the published
graph (`tool`, `asset`, `edge`) is what people query, and `scan` and `past` are how it came to be (`history`).
Bodies are JSON; hot fields are columns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from siloscope.errors import StoreError
from siloscope.graph.build import Row
from siloscope.graph.commit import KnownSlice, SliceKey
from siloscope.graph.copying import Record
from siloscope.graph.history import Changed, Pruned, ScanRow, Version, chosen
from siloscope.graph.sqlite_copy import dump, load
from siloscope.graph.sqlite_find import edges, find, held, records
from siloscope.graph.sqlite_findings import note_findings, noted
from siloscope.graph.sqlite_history import between, graph_at, ledger_of, links, prune, scans, versions
from siloscope.graph.sqlite_lease import lease
from siloscope.graph.sqlite_meta import meta, set_meta
from siloscope.graph.sqlite_rows import SqliteBatch, known, live, read_graph, slices
from siloscope.graph.sqlite_schema import VERSION, prepare
from siloscope.graph.store import Found, Table, Verdict
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Outside, Slice, Tool

__all__ = ["VERSION", "SqliteBatch", "SqliteStore"]

# What a query may do (`sqlite3_set_authorizer`): anything else would write, attach a file or change a setting.
_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_DESCRIBING = frozenset({"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"})


class SqliteStore:
    """A graph in one file."""

    def __init__(self, path: str) -> None:
        self.url = path
        file = Path(path)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            # References are declared for people, tools and `doctor`; asking for each row costs a tenth of a commit.
            self._db.execute("PRAGMA foreign_keys = OFF")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA cache_size = -65536")  # 64 MiB: a commit touches every page of a large file
            prepare(self._db, path)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: not a siloscope store: {error}") from error
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Whatever SQLite complains about (locked, full, damaged, no text), as a `StoreError`."""
        try:
            yield
        except (sqlite3.Error, UnicodeEncodeError) as error:
            raise StoreError(f"{self.url}: {error}") from error

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Several statements that see one commit, whatever others commit meanwhile."""
        with self._errors():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    def known(self, source: str) -> Mapping[SliceKey, KnownSlice]:
        """What is held of a source, by slice."""
        with self._snapshot():
            return known(self._db, source)

    def lease(self, source: str) -> AbstractContextManager[None]:
        """Scan a source alone; a lock file beside the database, which the system frees when its holder dies."""
        file = next(row[2] for row in self._db.execute("PRAGMA database_list") if row[1] == "main")
        return lease(file, id(self._db), source)

    @contextmanager
    def writing(self, source: str) -> Iterator[SqliteBatch]:
        """One transaction: all of a source's scan, or nothing."""
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteBatch(self._db, source)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # on some errors, such as a full disk, SQLite has ended it itself
                    self._db.execute("ROLLBACK")
                raise

    def slices(self) -> Sequence[Slice]:
        """The ledger, as of the last commit."""
        with self._errors():
            return slices(self._db)

    def live(self) -> Iterator[Row]:
        """Every live observation, as of the last commit."""
        with self._errors():
            yield from live(self._db)

    def graph(self, at: str | None = None) -> Graph:
        """The published graph, or the one after the scan that `at` names; empty before the first commit.

        Raises:
            StoreError: There is no such scan.
        """
        with self._snapshot():
            return read_graph(self._db) if at is None else graph_at(self._db, chosen(scans(self._db), at))

    def scans(self) -> Sequence[ScanRow]:
        """Every scan, in the order in which they were committed."""
        with self._errors():
            return scans(self._db)

    def ledger(self, scan: ScanRow) -> Sequence[Slice]:
        """The ledger after a scan, as history has it."""
        with self._snapshot():
            return ledger_of(self._db, scan)

    def versions(self, identity: str) -> Sequence[Version]:
        """Every version of an asset, a tool, an outside node or a finding, the oldest first."""
        with self._snapshot():
            return versions(self._db, identity)

    def links(self, node: str, other: str | None = None) -> Sequence[Version]:
        """Every version of every edge at a node, or between two; by edge, the oldest first."""
        with self._snapshot():
            return links(self._db, node, other)

    def between(self, before: ScanRow, after: ScanRow) -> Iterator[Changed]:
        """Everything that differs between two scans, by kind and id."""
        with self._snapshot():
            found = between(self._db, before, after)
        return iter(found)

    def prune(self, keep_from: str, *, apply: bool = True) -> Pruned:
        """Forget scans before a time, and what only they knew."""
        with self.writing("") if apply else self._snapshot():
            return prune(self._db, keep_from, apply=apply)

    def dump(self) -> Iterator[Record]:
        """Everything the store holds, of one commit."""
        with self._snapshot():
            yield from dump(self._db)

    def load(self, records: Iterable[Record]) -> None:
        """Fill an empty store with what another one dumped, or leave it empty."""
        with self.writing(""):
            load(self._db, records, self.url)

    def find(self, text: str, most: int = 10) -> Found:
        """What published thing a text means."""
        with self._snapshot():
            return find(self._db, text, most)

    def records(self, ids: Iterable[str]) -> Mapping[str, Asset | Outside | Tool]:
        """The published assets, outside nodes and tools of these ids, those that are there."""
        with self._snapshot():
            return records(self._db, ids)

    def edges(self, source: str | None = None, target: str | None = None, most: int | None = None) -> Sequence[Edge]:
        """Published edges from a node, to a node, or from one to the other; sorted."""
        with self._snapshot():
            return edges(self._db, source, target, most)

    def held(self, tool: str) -> int:
        """How many published assets a tool holds."""
        with self._errors():
            return held(self._db, tool)

    def fingerprint(self) -> str:
        """The settings under which the published graph was built."""
        with self._errors():
            return meta(self._db, "fingerprint")

    def set_fingerprint(self, value: str) -> None:
        """Remember the settings under which the published graph was built."""
        with self._errors():
            set_meta(self._db, "fingerprint", value)

    def verdicts(self) -> Mapping[str, Verdict]:
        """What people said about findings, by finding id."""
        with self._errors():
            rows = self._db.execute("SELECT finding, state, reason, at FROM verdict ORDER BY finding")
            return {finding: Verdict(*rest) for finding, *rest in rows}

    def set_verdict(self, finding: str, verdict: Verdict | None) -> None:
        """Remember, or with None forget, what a person said about a finding."""
        with self._errors():
            if verdict is None:
                self._db.execute("DELETE FROM verdict WHERE finding = ?", (finding,))
            else:
                row = (finding, verdict.state, verdict.reason, verdict.at)
                self._db.execute("INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?)", row)

    def note_findings(self, rows: Iterable[Mapping[str, Any]], figures: Mapping[str, Any] | None = None) -> None:
        """Keep the findings of the published graph, and figures that follow from them."""
        with self.writing(""):
            note_findings(self._db, rows, figures or {})

    def noted(self, which: str | None = None) -> Sequence[Mapping[str, Any]] | None:
        """Rows of the findings noted for the published graph, or None when there are none of it."""
        with self._snapshot():
            return noted(self._db, which)

    def query(self, text: str) -> Table:
        """Run read-only SQL.

        Raises:
            StoreError: The query is malformed or would do more than read.
        """
        self._db.set_authorizer(_reading)
        try:
            cursor = self._db.execute(text)
            columns = tuple(each[0] for each in cursor.description or ())
            return Table(columns, tuple(tuple(map(_plain, row)) for row in cursor.fetchall()))
        except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
            denied = "not authorized" in str(error) or "prohibited" in str(error)
            raise StoreError(f"query: {'only reading is allowed' if denied else error}") from error
        finally:
            self._db.set_authorizer(None)


def _reading(action: int, first: str | None, _second: str | None, _base: str | None, _view: str | None) -> int:
    allowed = action in _READING or (action == sqlite3.SQLITE_PRAGMA and first in _DESCRIBING)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.hex() if isinstance(value, bytes) else value
