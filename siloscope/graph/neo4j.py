"""The store in Neo4j: the same contract as the embedded one, for estates that people explore in Browser and Bloom.

Two layers, and every statement names its estate, so that several share a database:

- What was observed, the truth: `SiloscopeStore` (one an estate), `SiloscopeSlice`, `SiloscopeObservation`,
  `SiloscopeVerdict`, and `SiloscopeLease` for who is at it now. None has a relationship.
- The published graph: `Asset`, `Tool`, `Department`, `Capability`, `Outside`, `Finding` and what is
  between them (`neo4j_rows` says how they look), and how it came to be (`neo4j_history`).

A commit is several bounded transactions, and all or nothing to whoever reads (`neo4j_commit`). No APOC, no GDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from siloscope.errors import StoreError
from siloscope.graph.build import Row
from siloscope.graph.commit import KnownSlice, SliceKey
from siloscope.graph.copying import Record
from siloscope.graph.history import Changed, Pruned, ScanRow, Version, chosen
from siloscope.graph.neo4j_commit import SCHEMA, Commit
from siloscope.graph.neo4j_copy import dump, load, verdicts
from siloscope.graph.neo4j_findings import note_findings, noted
from siloscope.graph.neo4j_history import scans
from siloscope.graph.neo4j_lease import scanner, writer
from siloscope.graph.neo4j_link import Cypher, Link, place
from siloscope.graph.neo4j_mend import begin, state
from siloscope.graph.neo4j_observed import Neo4jBatch, known, live, slices
from siloscope.graph.neo4j_past import between, graph_at, ledger_of, links_at, prunable, prune, versions
from siloscope.graph.neo4j_query import read_only
from siloscope.graph.neo4j_read import edges_at, find, held, read_graph, records
from siloscope.graph.neo4j_rows import short
from siloscope.graph.neo4j_schema import schema
from siloscope.graph.store import Found, Table, Verdict
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Outside, Slice, Tool

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

__all__ = ["Neo4jStore", "schema"]

T = TypeVar("T")
_ATTEMPTS = 5  # at reading while others commit


class Neo4jStore:
    """A graph in one estate of one Neo4j database."""

    def __init__(self, url: str, password: str | None = None) -> None:
        at = place(url)
        self.url = url
        self._link = Link(at, password)
        self._estate = at.estate
        self._open: Commit | None = None
        self._ready = False
        try:
            self._refuse_newer()
        except BaseException:
            self.close()
            raise

    def _refuse_newer(self) -> None:
        text = (
            "OPTIONAL MATCH (s:SiloscopeStore) "
            "RETURN max(CASE WHEN s.estate = $estate THEN s.schema END), max(s.schema)"
        )
        version, prepared = self._once(lambda cypher: next(cypher.rows(text)))
        if version and version > SCHEMA:
            raise StoreError(
                f"{self._link.at}: written by a newer siloscope (schema {version}); this one reads up to {SCHEMA}"
            )
        self._ready = prepared == SCHEMA  # constraints are the database's, so any estate of this schema has made them

    def close(self) -> None:
        """Close all connections."""
        self._link.close()

    def known(self, source: str) -> Mapping[SliceKey, KnownSlice]:
        """What is held of a source, by slice."""
        return self._read(lambda cypher: known(cypher, source))

    @contextmanager
    def lease(self, source: str) -> Iterator[None]:
        """Scan a source alone, until the block ends or this process does.

        Raises:
            StoreError: Somebody scans it now; the text says who, and since when.
        """
        self._prepare()
        with self._link.errors(), scanner(self._link, self._estate, source):
            yield

    @contextmanager
    def writing(self, source: str) -> Iterator[Neo4jBatch]:
        """All of a source's scan, or nothing; writers of one estate queue."""
        with self._commit() as commit:
            batch = Neo4jBatch(commit, source)
            try:
                yield batch
                batch.end()
            finally:
                batch.close()

    @contextmanager
    def _commit(self) -> Iterator[Commit]:
        if self._open:
            raise StoreError(f"{self._link.at}: a commit is already under way")
        self._prepare()
        with self._link.errors(), writer(self._link, self._estate) as lease:
            self._open = commit = begin(self._link, lease, self._estate)
            try:
                yield commit
            except Exception:
                if commit.flushed:
                    self._mend(commit)
                raise
            finally:
                self._open = None

    def _mend(self, commit: Commit) -> None:
        """Undo at once what failed; where that fails too, the next commit does it. The first error counts."""
        from neo4j.exceptions import DriverError, Neo4jError

        with suppress(DriverError, Neo4jError, StoreError):
            begin(self._link, commit.lease, self._estate)

    def slices(self) -> Sequence[Slice]:
        """The ledger, as of the last commit."""
        return self._read(slices)

    def live(self) -> Iterator[Row]:
        """Every live observation, as of the last commit."""
        return self._stream(live)

    def graph(self, at: str | None = None) -> Graph:
        """The published graph, or the one after the scan that `at` names; empty before the first commit.

        Raises:
            StoreError: There is no such scan; or the graph does not add up.
        """
        if at is None:
            found = self._read(read_graph)
        else:
            found = self._read(lambda cypher: graph_at(cypher, chosen(scans(cypher), at)))
        if found is None:
            which, after = ("published", "; the next scan writes it anew") if at is None else ("earlier", "")
            raise StoreError(
                f"{self._link.at}: the {which} graph does not match its checksum: it was changed by hand{after}"
            )
        return found

    def scans(self) -> Sequence[ScanRow]:
        """Every scan, in the order in which they were committed."""
        return self._read(scans)

    def ledger(self, scan: ScanRow) -> Sequence[Slice]:
        """The ledger after a scan, as history has it."""
        return self._read(lambda cypher: ledger_of(cypher, scan))

    def versions(self, identity: str) -> Sequence[Version]:
        """Every version of an asset, a tool, an outside node or a finding, the oldest first."""
        return self._read(lambda cypher: versions(cypher, identity))

    def links(self, node: str, other: str | None = None) -> Sequence[Version]:
        """Every version of every edge at a node, or between two; by edge, the oldest first."""
        return self._read(lambda cypher: links_at(cypher, node, other))

    def between(self, before: ScanRow, after: ScanRow) -> Iterator[Changed]:
        """Everything that differs between two scans, by kind and id."""
        yield from self._read(lambda cypher: between(cypher, before, after))

    def prune(self, keep_from: str, *, apply: bool = True) -> Pruned:
        """Forget scans before a time, and what only they knew; without `apply` only say what would go."""
        if not apply:
            return self._read(lambda cypher: prunable(cypher, keep_from))
        with self._commit() as commit:
            return prune(commit, keep_from)

    def dump(self) -> Iterator[Record]:
        """Everything the store holds, in the order of `copying`; nothing of an empty store."""
        return self._stream(dump)

    def load(self, records: Iterable[Record]) -> None:
        """Fill an empty estate with what another store dumped.

        Raises:
            StoreError: It holds something already.
        """
        with self._commit() as commit:
            load(commit, records)

    def find(self, text: str, most: int = 10) -> Found:
        """What published thing a text means."""
        return self._read(lambda cypher: find(cypher, text, most))

    def records(self, ids: Iterable[str]) -> Mapping[str, Asset | Outside | Tool]:
        """The published assets, outside nodes and tools of these ids; what is not there is left out."""
        wanted = list(ids)
        return self._read(lambda cypher: records(cypher, wanted))

    def edges(self, source: str | None = None, target: str | None = None, most: int | None = None) -> Sequence[Edge]:
        """Published edges from a node, to a node, or from one to the other; sorted, the first `most` of them."""
        return self._read(lambda cypher: edges_at(cypher, source, target, most))

    def held(self, tool: str) -> int:
        """How many published assets a tool holds."""
        return self._read(lambda cypher: held(cypher, tool))

    def fingerprint(self) -> str:
        """The settings under which the published graph was built."""
        text = "MATCH (s:SiloscopeStore {estate: $estate}) RETURN coalesce(s.fingerprint, '')"
        return str(self._once(lambda cypher: next(cypher.rows(text), ("",))[0]))

    def set_fingerprint(self, value: str) -> None:
        """Remember the settings under which the published graph was built; within a commit, as part of it."""
        if self._open:
            self._open.props["fingerprint"] = value
            return
        self._write("MERGE (s:SiloscopeStore {estate: $estate}) SET s.fingerprint = $value", value=value)

    def verdicts(self) -> Mapping[str, Verdict]:
        """What people said about findings, by finding id."""
        return {finding: Verdict(*said) for finding, *said in self._read(verdicts)}

    def set_verdict(self, finding: str, verdict: Verdict | None) -> None:
        """Remember, or with None forget, what a person said about a finding."""
        if verdict is None:
            text, values = "MATCH (v:SiloscopeVerdict {estate: $estate, finding: $finding}) DELETE v", {}
        else:
            text = "MERGE (v:SiloscopeVerdict {estate: $estate, finding: $finding}) SET v += $props"
            values = {"full": finding, "state": verdict.state, "reason": verdict.reason, "at": verdict.at}
        self._write(text, finding=short(finding), props=values)

    def note_findings(self, rows: Iterable[Mapping[str, Any]], figures: Mapping[str, Any] | None = None) -> None:
        """Keep the findings of the published graph, and figures that follow from them."""
        found = list(rows)
        with self._commit() as commit:
            note_findings(commit, found, figures or {})

    def noted(self, which: str | None = None) -> Sequence[Mapping[str, Any]] | None:
        """Rows of the findings noted for the published graph, or None when there are none of it."""
        return self._read(lambda cypher: noted(cypher, which))

    def query(self, text: str) -> Table:
        """Run read-only Cypher; `$estate` is there for it.

        Raises:
            StoreError: The query is malformed or would do more than read.
        """
        return self._once(lambda cypher: read_only(cypher, text), "query")

    def _once(self, work: Callable[[Cypher], T], doing: str = "") -> T:
        """Read whatever is there."""

        def unit(tx: ManagedTransaction) -> T:
            return work(Cypher(tx, self._estate))

        with self._link.errors(doing), self._link.session(write=False) as session:
            return session.execute_read(unit)

    def _read(self, work: Callable[[Cypher], T]) -> T:
        """Read what is published, all of it by one commit; anew when another one began or ended meanwhile."""

        def unit(tx: ManagedTransaction) -> tuple[T, bool]:
            before = state(Cypher(tx, self._estate))
            found = work(Cypher(tx, self._estate, before[0], writing=before[1] is not None))
            return found, state(Cypher(tx, self._estate)) == before

        for _ in range(_ATTEMPTS):
            with self._link.errors(), self._link.session(write=False) as session:
                found, steady = session.execute_read(unit)
            if steady:
                return found
        raise StoreError(f"{self._link.at}: others commit to it faster than it can be read; try again")

    def _stream(self, work: Callable[[Cypher], Iterator[T]]) -> Iterator[T]:
        """The same for what is too much to hold; when another commit is published meanwhile, it ends with an error."""
        with self._link.errors(), self._link.session(write=False) as session, session.begin_transaction() as tx:
            published, writing = state(Cypher(tx, self._estate))
            yield from work(Cypher(tx, self._estate, published, writing=writing is not None))
            if state(Cypher(tx, self._estate))[0] != published:
                raise StoreError(f"{self._link.at}: another scan was committed while it was read; try again")

    def _write(self, text: str, **values: Any) -> None:
        """One statement of its own, apart from commits."""
        self._prepare()
        with self._link.errors(), self._link.session(write=True) as session:
            session.execute_write(lambda tx: Cypher(tx, self._estate).run(text, **values))

    def _prepare(self) -> None:
        """Create constraints and indexes where no store of this database has done so; in a transaction of their own."""
        if self._ready:
            return

        def unit(tx: ManagedTransaction) -> None:
            for text in schema():
                tx.run(text)

        doing = f"{self._link.at}: creating constraints and indexes"
        with self._link.errors(doing), self._link.session(write=True) as session:
            session.execute_write(unit)
            session.execute_read(lambda tx: tx.run("CALL db.awaitIndexes(600)").consume())
        self._ready = True
