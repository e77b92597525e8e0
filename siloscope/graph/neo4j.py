"""The store in Neo4j: the same contract as the embedded one, for estates that people explore in Browser and Bloom.

Two layers, and every statement names its estate, so that several share a database:

- What was observed, the truth: `SiloscopeStore` (one an estate; writing its property is the lock of
  writers), `SiloscopeSlice`, `SiloscopeObservation`, `SiloscopeVerdict`. None has a relationship.
- The published graph: `Asset`, `Tool`, `Department`, `Capability`, `Outside`, `Finding` and what is
  between them (`neo4j_rows` says how they look).

A source's commit is one transaction. No APOC, no GDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from siloscope.errors import StoreError
from siloscope.graph.build import Row
from siloscope.graph.commit import KnownSlice, SliceKey
from siloscope.graph.history import ScanRow, Version
from siloscope.graph.neo4j_link import Cypher, Link, place
from siloscope.graph.neo4j_observed import Neo4jBatch, known, live, slices
from siloscope.graph.neo4j_publish import publish_findings, read_graph
from siloscope.graph.neo4j_query import read_only
from siloscope.graph.neo4j_rows import short
from siloscope.graph.store import Table, Verdict
from siloscope.graph.view import Graph
from siloscope.model import Slice

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

T = TypeVar("T")
SCHEMA = 1
_ATTEMPTS = 5  # at reading a graph that others are committing to

_UNIQUE = {
    "Asset": "id",
    "Tool": "id",
    "Department": "id",
    "Capability": "id",
    "Outside": "id",
    "Finding": "id",
    "SiloscopeSlice": "slice",
    "SiloscopeVerdict": "finding",
}
_INDEXED = {
    "Asset": ("name", "kind", "last_used", "tool", "department", "owner"),
    "Tool": ("product",),
    "Finding": ("rule",),
}


def schema() -> Iterator[str]:
    """The constraints and indexes, as statements; each may be repeated."""
    yield "CREATE CONSTRAINT siloscope_store IF NOT EXISTS FOR (n:SiloscopeStore) REQUIRE n.estate IS UNIQUE"
    yield (
        "CREATE CONSTRAINT siloscope_observation IF NOT EXISTS FOR (n:SiloscopeObservation) "
        "REQUIRE (n.estate, n.slice, n.key) IS UNIQUE"
    )
    for label, key in _UNIQUE.items():
        name = f"siloscope_{label.removeprefix('Siloscope').lower()}"
        yield f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE (n.estate, n.{key}) IS UNIQUE"
    for label, keys in _INDEXED.items():
        for key in keys:
            yield f"CREATE INDEX siloscope_{label.lower()}_{key} IF NOT EXISTS FOR (n:{label}) ON (n.{key})"


class Neo4jStore:
    """A graph in one estate of one Neo4j database."""

    def __init__(self, url: str, password: str | None = None) -> None:
        at = place(url)
        self.url = url
        self._link = Link(at, password)
        self._estate = at.estate
        self._open: Cypher | None = None
        self._ready = False
        try:
            self._refuse_newer()
        except BaseException:
            self.close()
            raise

    def _refuse_newer(self) -> None:
        text = (
            "OPTIONAL MATCH (s:SiloscopeStore) "
            "RETURN max(CASE WHEN s.estate = $estate THEN s.schema END), max(s.schema = $schema)"
        )
        version, prepared = self._read(lambda cypher: next(cypher.rows(text, schema=SCHEMA)))
        if version and version > SCHEMA:
            raise StoreError(
                f"{self._link.at}: written by a newer siloscope (schema {version}); this one reads up to {SCHEMA}"
            )
        self._ready = bool(prepared)  # constraints are the database's, so any estate of this schema has made them

    def close(self) -> None:
        """Close all connections."""
        self._link.close()

    def known(self, source: str) -> Mapping[SliceKey, KnownSlice]:
        """What is held of a source, by slice."""
        return self._read(lambda cypher: known(cypher, source))

    @contextmanager
    def writing(self, source: str) -> Iterator[Neo4jBatch]:
        """One transaction: all of a source's scan, or nothing; writers of one estate queue."""
        if self._open:
            raise StoreError(f"{self._link.at}: a commit is already under way")
        self._prepare()
        with self._link.errors(), self._link.session(write=True) as session:
            tx = session.begin_transaction()
            self._open = Cypher(tx, self._estate)
            try:
                _lock(self._open, source)
                yield Neo4jBatch(self._open)
                tx.commit()
            finally:
                self._open = None
                with suppress(Exception):  # a broken connection rolls back by itself; the first error counts
                    tx.close()

    def slices(self) -> Sequence[Slice]:
        """The ledger, as of the last commit."""
        return self._read(slices)

    def live(self) -> Iterator[Row]:
        """Every live observation, as of the last commit."""
        with self._link.errors(), self._link.session(write=False) as session, session.begin_transaction() as tx:
            yield from live(Cypher(tx, self._estate))

    def graph(self, at: str | None = None) -> Graph:
        """The published graph; empty before the first commit.

        Raises:
            StoreError: It does not match its checksum, also after several reads; or an earlier one is asked for.
        """
        if at is not None:
            raise self._no_history()
        for _ in range(_ATTEMPTS):
            found = self._read(read_graph)
            if found is not None:
                return found
        raise StoreError(
            f"{self._link.at}: the published graph does not match its checksum: it was changed by hand, or is being "
            "written; the next scan writes it anew"
        )

    def scans(self) -> Sequence[ScanRow]:
        """Refused: this store keeps no history."""
        raise self._no_history()

    def versions(self, identity: str) -> Sequence[Version]:  # noqa: ARG002 - the contract's signature
        """Refused: this store keeps no history."""
        raise self._no_history()

    def _no_history(self) -> StoreError:
        return StoreError(
            f"{self._link.at}: Neo4j holds the present graph only, history is kept by the embedded store; "
            "`siloscope diff` also compares two exported files"
        )

    def fingerprint(self) -> str:
        """The settings under which the published graph was built."""
        text = "MATCH (s:SiloscopeStore {estate: $estate}) RETURN coalesce(s.fingerprint, '')"
        return str(self._read(lambda cypher: next(cypher.rows(text), ("",))[0]))

    def set_fingerprint(self, value: str) -> None:
        """Remember the settings under which the published graph was built."""
        text = "MERGE (s:SiloscopeStore {estate: $estate}) SET s.fingerprint = $value"
        self._write(lambda cypher: cypher.run(text, value=value))

    def verdicts(self) -> Mapping[str, Verdict]:
        """What people said about findings, by finding id."""
        text = "MATCH (v:SiloscopeVerdict {estate: $estate}) RETURN v.full, v.state, v.reason, v.at"
        return self._read(lambda cypher: {row[0]: Verdict(*row[1:]) for row in sorted(cypher.rows(text))})

    def set_verdict(self, finding: str, verdict: Verdict | None) -> None:
        """Remember, or with None forget, what a person said about a finding."""
        if verdict is None:
            text, values = "MATCH (v:SiloscopeVerdict {estate: $estate, finding: $finding}) DELETE v", {}
        else:
            text = "MERGE (v:SiloscopeVerdict {estate: $estate, finding: $finding}) SET v += $props"
            values = {"full": finding, "state": verdict.state, "reason": verdict.reason, "at": verdict.at}
        self._write(lambda cypher: cypher.run(text, finding=short(finding), props=values))

    def note_findings(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the findings; each is about those of its subjects that are in the graph."""
        found = list(rows)
        self._write(lambda cypher: publish_findings(cypher, found))

    def query(self, text: str) -> Table:
        """Run read-only Cypher; `$estate` is there for it.

        Raises:
            StoreError: The query is malformed or would do more than read.
        """
        return self._read(lambda cypher: read_only(cypher, text), "query")

    def _read(self, work: Callable[[Cypher], T], doing: str = "") -> T:
        def unit(tx: ManagedTransaction) -> T:
            return work(Cypher(tx, self._estate))

        with self._link.errors(doing), self._link.session(write=False) as session:
            return session.execute_read(unit)

    def _write(self, work: Callable[[Cypher], None]) -> None:
        """Run `work` in a transaction of its own, or in the commit under way, which holds the lock."""

        def unit(tx: ManagedTransaction) -> None:
            cypher = Cypher(tx, self._estate)
            _lock(cypher, "")
            work(cypher)

        if self._open:
            work(self._open)
            return
        self._prepare()
        with self._link.errors(), self._link.session(write=True) as session:
            session.execute_write(unit)

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
        self._ready = True


def _lock(cypher: Cypher, source: str) -> None:
    """Queue behind other writers of this estate: whoever set a property of its node holds it until the end."""
    text = "MERGE (s:SiloscopeStore {estate: $estate}) SET s.writer = $source, s.schema = $schema"
    cypher.run(text, source=source, schema=SCHEMA)
