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
from siloscope.graph.build import Row, Settings
from siloscope.graph.commit import KnownSlice, SliceChange, SliceKey
from siloscope.graph.copying import Record
from siloscope.graph.history import Changed, Pruned, ScanRow, Version
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Outside, Slice, Tool


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


@dataclass(frozen=True, slots=True)
class Found:
    """Ids that a text may mean, the first of them sorted, and how many there are in all."""

    ids: tuple[str, ...] = ()
    total: int = 0


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

    def rebuild(self, settings: Settings, scan_id: str, scan_at: str, *, anew: bool = True) -> None:
        """Publish what `build` makes of the live observations.

        Unless `anew`, what is published was built with the same settings, from slices believed as much as now: then
        what this batch did not touch may be taken over from it.
        """
        ...

    def publish(self, graph: Graph) -> None:
        """Make `graph` what readers see when the block ends; only rows that differ are written."""
        ...

    def renew(self, ledger: Sequence[Slice], scan_id: str, scan_at: str) -> bool:
        """Publish the same graph as seen again by this scan; for a batch that changed no observation.

        Nothing of the source may be missing since an earlier reading (`KnownSlice.missing`). False when that cannot be
        told without building the graph; then nothing was written.
        """
        ...


class Store(Protocol):
    """Where a graph is kept."""

    url: str

    def known(self, source: str) -> Mapping[SliceKey, KnownSlice]:
        """What is held of a source, by slice."""
        ...

    def lease(self, source: str) -> AbstractContextManager[None]:
        """Scan a source alone: while the block runs, nobody else may begin a scan of it into this store.

        A holder that crashed loses it; leases of other sources are not touched.

        Raises:
            StoreError: Somebody scans it now; the text says who (process and host) and since when.
        """
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
            StoreError: There is no such scan.
        """
        ...

    def scans(self) -> Sequence[ScanRow]:
        """Every scan, in the order in which they were committed."""
        ...

    def ledger(self, scan: ScanRow) -> Sequence[Slice]:
        """The ledger after a scan, as history has it (`history.lasting_slice`), sorted."""
        ...

    def versions(self, identity: str) -> Sequence[Version]:
        """Every version of an asset, a tool, an outside node or a finding, the oldest first; none of nothing known."""
        ...

    def links(self, node: str, other: str | None = None) -> Sequence[Version]:
        """Every version of every edge at a node, or between two in either direction; by edge, the oldest first."""
        ...

    def between(self, before: ScanRow, after: ScanRow) -> Iterator[Changed]:
        """Every asset, tool, outside node, edge and finding that differs between two scans, by kind and id.

        The cost follows the changes, not the estate. Findings are those noted for the scans: they can be trusted
        when both have `findings` among their figures.
        """
        ...

    def prune(self, keep_from: str, *, apply: bool = True) -> Pruned:
        """Forget scans before a time (ISO 8601), and what only they knew; without `apply` only say what would go.

        The graph, the ledger and the findings of every kept scan stay as they are. The latest scan always stays.
        Observations and slices that ended before that time go as well.
        """
        ...

    def dump(self) -> Iterator[Record]:
        """Everything the store holds, in the order of `copying`; nothing of an empty store."""
        ...

    def load(self, records: Iterable[Record]) -> None:
        """Fill an empty store with what another one dumped; all of it or nothing becomes visible to readers.

        Raises:
            StoreError: This store holds something already.
        """
        ...

    def find(self, text: str, most: int = 10) -> Found:
        """What published thing a text means: the first of these that finds anything.

        A node (asset or outside) or tool of that id, or an outside node of that name (`outside:text`); assets of
        that name, or that claim it; nodes whose id has it as a part.
        """
        ...

    def records(self, ids: Iterable[str]) -> Mapping[str, Asset | Outside | Tool]:
        """The published assets, outside nodes and tools of these ids; what is not there is left out."""
        ...

    def edges(self, source: str | None = None, target: str | None = None, most: int | None = None) -> Sequence[Edge]:
        """Published edges from a node, to a node, or from one to the other; sorted, the first `most` of them."""
        ...

    def held(self, tool: str) -> int:
        """How many published assets a tool holds."""
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

    def note_findings(self, rows: Iterable[Mapping[str, Any]], figures: Mapping[str, Any] | None = None) -> None:
        """Keep the findings of the published graph, rows of `siloscope/findings/1` that pass the threshold.

        They belong to the latest scan: its figures get their number as `findings` and what else is in `figures`
        (JSON values), which every later publication takes away, and what changed becomes a version of kind
        `finding` (`history.lasting_finding`).
        """
        ...

    def noted(self, which: str | None = None) -> Sequence[Mapping[str, Any]] | None:
        """Rows of the findings noted for the published graph: all, or the one called `which` and those about it.

        None when it was published again since findings were noted; then they have to be computed.
        """
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
