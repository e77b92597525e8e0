"""The embedded store: one SQLite file in WAL mode. Readers never block the writer, nor it them.

Two layers: what was observed (`slice`, `observation`, with tombstones) is the truth; the published
graph (`tool`, `asset`, `edge`) is what people query, and `scan` and `past` are how it came to be (`history`).
Bodies are JSON; hot fields are columns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from siloscope.errors import StoreError
from siloscope.graph.build import Row
from siloscope.graph.commit import KnownSlice, SliceKey
from siloscope.graph.history import ScanRow, Version, chosen
from siloscope.graph.sqlite_history import graph_at, scans, versions
from siloscope.graph.sqlite_rows import (
    SqliteBatch,
    edge_key,
    known,
    live,
    meta,
    read_graph,
    set_meta,
    slices,
)
from siloscope.graph.sqlite_schema import VERSION, prepare
from siloscope.graph.store import Table, Verdict
from siloscope.graph.view import Graph
from siloscope.model import Slice, dumps

__all__ = ["VERSION", "SqliteBatch", "SqliteStore", "edge_key"]

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
            self._db.execute("PRAGMA foreign_keys = ON")
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
        """Whatever SQLite complains about (locked, full, damaged), as a `StoreError`."""
        try:
            yield
        except sqlite3.Error as error:
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

    def versions(self, identity: str) -> Sequence[Version]:
        """Every version of an asset, a tool or an outside node, the oldest first; none of what is not known."""
        with self._snapshot():
            return versions(self._db, identity)

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

    def note_findings(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the table of findings."""
        found = [(r["id"], r["rule"], r["severity"], r["score"], r["title"], dumps(r)) for r in rows]
        with self.writing(""):
            self._db.execute("DELETE FROM finding")
            self._db.executemany("INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?)", found)

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
