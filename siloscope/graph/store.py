"""What a store is: the one place of truth. It answers and applies; it decides nothing.

Two implementations hold the same contract tests: `sqlite` (embedded, the default) and `neo4j`.
A source's commit is one `writing` block: its changes become visible as a whole when the block ends
well, and not at all otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from siloscope.errors import StoreError
from siloscope.graph.build import Row
from siloscope.graph.commit import KnownSlice, SliceChange, SliceKey
from siloscope.graph.history import ScanRow, Version
from siloscope.graph.view import Graph
from siloscope.model import Slice


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a query: column names and rows of JSON-like values."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person said about a finding: `accepted` or `rejected`, why, and when (ISO 8601)."""

    state: str
    reason: str
    at: str


class Batch(Protocol):
    """One source's commit in the making."""

    def apply(self, change: SliceChange, at: str) -> None:
        """Write one slice's change; `at` is the time of the scan."""
        ...

    def live(self) -> Iterator[Row]:
        """Every live observation of every source, this batch's changes included."""
        ...

    def slices(self) -> Sequence[Slice]:
        """The ledger of every source, this batch's changes included."""
        ...

    def publish(self, graph: Graph) -> None:
        """Make `graph` what readers see when the block ends; only rows that differ are written."""
        ...


class Store(Protocol):
    """Where a graph is kept."""

    url: str

    def known(self, source: str) -> Mapping[SliceKey, KnownSlice]:
        """What is held of a source, by slice."""
        ...

    def writing(self, source: str) -> AbstractContextManager[Batch]:
        """Begin a source's commit; two of one store wait for each other."""
        ...

    def slices(self) -> Sequence[Slice]:
        """The ledger, as of the last commit."""
        ...

    def live(self) -> Iterator[Row]:
        """Every live observation, as of the last commit."""
        ...

    def graph(self, at: str | None = None) -> Graph:
        """The published graph; empty before the first commit.

        With `at` the one after an earlier scan (its id, a date, or `-1`: see `history.chosen`), without
        what every scan moves (`history.lasting_graph`).

        Raises:
            StoreError: There is no such scan, or this store keeps no history.
        """
        ...

    def scans(self) -> Sequence[ScanRow]:
        """Every scan, in the order in which they were committed.

        Raises:
            StoreError: This store keeps no history.
        """
        ...

    def versions(self, identity: str) -> Sequence[Version]:
        """Every version of an asset, a tool or an outside node, the oldest first; none of what is not known.

        Raises:
            StoreError: This store keeps no history.
        """
        ...

    def fingerprint(self) -> str:
        """The `Settings.fingerprint` under which the published graph was built."""
        ...

    def set_fingerprint(self, value: str) -> None:
        """Remember the settings under which the published graph was built."""
        ...

    def verdicts(self) -> Mapping[str, Verdict]:
        """What people said about findings, by finding id."""
        ...

    def set_verdict(self, finding: str, verdict: Verdict | None) -> None:
        """Remember, or with None forget, what a person said about a finding."""
        ...

    def note_findings(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep the findings of the published graph where people query them (rows of `siloscope/findings/1`)."""
        ...

    def query(self, text: str) -> Table:
        """Run a read-only query in the store's own language.

        Raises:
            StoreError: The query is malformed or would write.
        """
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


def open_store(url: str, password: str | None = None) -> Store:
    """The store at `url`: a path, or `neo4j[+s|+ssc]://`, `bolt[+s|+ssc]://user@host:port/database?estate=name`.

    Raises:
        StoreError: It cannot be opened, or the URL is of no known kind.
    """
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme in ("", "sqlite"):
        from siloscope.graph.sqlite import SqliteStore

        return SqliteStore(url.removeprefix("sqlite://"))
    if scheme.partition("+")[0] in ("neo4j", "bolt"):
        from siloscope.graph.neo4j import Neo4jStore

        return Neo4jStore(url, password)
    raise StoreError(f'no store of kind "{scheme}"; use a path, neo4j:// or bolt://')
