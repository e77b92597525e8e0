"""A commit as a queue of operations, run in bounded transactions that may be cut anywhere.

A transaction as large as a commit exhausts the server. So a commit is many, and still all or nothing to siloscope's
readers, also when its process is killed between any two of them:

- It has a number, the `batch`. What it creates says so: `batch` is its number. What it changes keeps what it was in
  `undo`, and says `batch` too. What it deletes only says `gone`, with its number.
- The estate's `SiloscopeStore` says which batch is `published`. Readers see what held then (`seen`, `told`).
- One statement, the publication, moves `published` on. Then what is `gone` is deleted and `undo` is forgotten.
- `writing` is the batch under way. Who begins a commit and finds one there mends first (`neo4j_mend`).

Every transaction first makes sure that the writer's lease is still held (`neo4j_lease`). One that the server has too
little memory for is halved. A commit of few rows is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from siloscope.errors import StoreError
from siloscope.graph import neo4j_link
from siloscope.graph.neo4j_link import Cypher

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

    from siloscope.graph.neo4j_lease import Lease
    from siloscope.graph.neo4j_link import Link

SCHEMA = 2  # of the estate; 1 wrote a commit in one transaction
_STORE = "MERGE (s:SiloscopeStore {estate: $estate}) "
_BEGIN = f"{_STORE} SET s.writing = $batch"
_PUBLISH = (
    f"{_STORE} SET s += $props, s.published = $batch "
    "FOREACH (row IN $scans | MERGE (n:Scan {estate: $estate, n: row.n}) SET n += row.props) "
    "WITH s UNWIND $forgotten AS number MATCH (n:Scan {estate: $estate, n: number}) DETACH DELETE n"
)
_END = f"{_STORE} REMOVE s.writing"


def seen(alias: str) -> str:
    """The condition under which a node or relationship is there for who sees `$published`."""
    early = f"{alias}.batch IS NULL OR {alias}.batch <= $published"
    # Only nodes have `undo`; what has neither came with a batch that is not published.
    return f"({early} OR {alias}.undo IS NOT NULL) AND ({alias}.gone IS NULL OR {alias}.gone > $published)"


def undone(alias: str) -> str:
    """What a node was, if it is changed by a batch that is not published, else null."""
    return f"CASE WHEN {alias}.batch > $published THEN {alias}.undo END"


@dataclass(frozen=True, slots=True)
class Texts:
    """Fields of a node that are texts, so that the server itself can keep what they were: `undo` is a list of texts."""

    alias: str
    fields: tuple[str, ...]

    def keep(self) -> str:
        """What to set before any of the fields is."""
        now = ", ".join(f"coalesce({self.alias}.{each}, '')" for each in self.fields)
        mine, undo = f"{self.alias}.batch", f"{self.alias}.undo"
        was = f"[{now}, toString(coalesce({mine}, 0))]"
        return f"{undo} = CASE WHEN {mine} = $batch THEN {undo} ELSE {was} END, {mine} = $batch"

    def restore(self) -> str:
        """What to set for what the node was."""
        undo = f"{self.alias}.undo"
        fields = (
            f"{self.alias}.{each} = CASE {undo}[{n}] WHEN '' THEN null ELSE {undo}[{n}] END"
            for n, each in enumerate(self.fields)
        )
        return f"{', '.join(fields)}, {self.alias}.batch = toInteger({undo}[{len(self.fields)}]), {undo} = null"

    def told(self, field: str) -> str:
        """A field as who sees `$published` is to see it; empty for null."""
        was = f"{self.alias}.undo[{self.fields.index(field)}]"
        return f"CASE WHEN {self.alias}.batch > $published THEN {was} ELSE coalesce({self.alias}.{field}, '') END"


class _TooLarge(Exception):
    """The server has too little memory for a transaction."""


@dataclass(slots=True)
class _Operation:
    """A statement with its rows; `links` is what relationships are called of which each row has to make one.

    `told` takes the one value that each row returns, in order, once it is committed.
    """

    text: str
    values: Mapping[str, Any]
    rows: list[Any] | None
    links: str = ""
    told: list[Any] | None = None

    def __len__(self) -> int:
        return 1 if self.rows is None else len(self.rows)

    def run(self, tx: ManagedTransaction, estate: str, batch: int) -> list[Any]:
        """Run it; what its rows return, if anybody wants that."""
        result = tx.run(self.text, {**self.values, "estate": estate, "batch": batch, "rows": self.rows})
        values = result.value() if self.told is not None else []
        counters = result.consume().counters
        if self.links and (lacking := len(self) - counters.relationships_created):
            raise StoreError(f"{lacking} {self.links} relationships have an end that is not in the graph")
        return values

    def cut(self, size: int) -> tuple[_Operation, _Operation]:
        """The same in two, the first of `size` rows."""
        rows = self.rows or []
        first, rest = (replace(self, rows=each) for each in (rows[:size], rows[size:]))
        return first, rest


@dataclass(slots=True)
class Commit:
    """The commit under way of one estate. Operations run in order, once enough of them have come together."""

    link: Link
    lease: Lease
    estate: str
    batch: int
    props: dict[str, Any] = field(default_factory=dict)
    scans: list[dict[str, Any]] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    _limit: int = 0
    _waiting: list[_Operation] = field(default_factory=list)
    _open: dict[Any, _Operation] = field(default_factory=dict)
    _count: int = 0
    _begun: bool = False
    flushed: bool = False

    def __post_init__(self) -> None:
        self._limit = neo4j_link.ROWS

    @property
    def wrote(self) -> bool:
        """Whether there is anything to publish."""
        return self._begun or bool(self.props)

    def run(self, text: str, **values: Any) -> None:
        """A statement, after those that wait."""
        self._begin()
        self.order()
        self._put(_Operation(text, values, None))
        self.order()

    def each(
        self, text: str, rows: Iterable[Any], *, links: str = "", told: list[Any] | None = None, **values: Any
    ) -> None:
        """A statement that unwinds `$rows`; it may run with those of an earlier one of the same text and values.

        `$estate` and `$batch` are there for it. With `links`, each row has to make one relationship of that name;
        with `told`, that takes the value that each row returns, after a `flush`.
        """
        coming = iter(rows)
        while portion := list(islice(coming, max(1, self._limit - self._count))):
            self._begin()
            key = text, tuple(sorted(values.items())), id(told)
            if (found := self._open.get(key)) and found.rows is not None:
                found.rows += portion
                self._full(len(portion))
            else:
                self._open[key] = _Operation(text, values, portion, links, told)
                self._put(self._open[key])

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._put(_Operation(_BEGIN, {}, None))

    def _put(self, operation: _Operation) -> None:
        self._waiting.append(operation)
        self._full(len(operation))

    def _full(self, added: int) -> None:
        self._count += added
        if self._count >= self._limit:
            self.flush()

    def order(self) -> None:
        """What comes from here on runs after what waits, whatever its text."""
        self._open.clear()

    def flush(self) -> None:
        """Run what waits."""
        operations, self._waiting, self._count = self._waiting, [], 0
        self._open.clear()
        if operations:
            self.flushed = True
            self._run(operations)

    def _run(self, operations: list[_Operation]) -> None:
        """One transaction after the other; one that is too large is tried again with half of its rows."""
        while operations:
            portion, rest = _cut(operations, self._limit)
            try:
                self._transaction(portion)
            except _TooLarge:
                size = sum(map(len, portion))
                if size == 1:
                    raise StoreError(
                        f"{self.link.at}: the server has too little memory for a single row; raise "
                        "dbms.memory.transaction.total.max or server.memory.heap.max_size"
                    ) from None
                self._limit = size // 2
            else:
                operations = rest

    def _transaction(self, operations: list[_Operation]) -> None:
        """One transaction. The driver repeats it when the server asks for that, but never one that is too large."""
        from neo4j.exceptions import Neo4jError

        finished = False

        def unit(tx: ManagedTransaction) -> list[list[Any]]:
            nonlocal finished
            if finished:  # it failed when it was to be committed, perhaps by its size
                raise _TooLarge
            try:
                self.lease.hold(Cypher(tx, self.estate))
                found = [each.run(tx, self.estate, self.batch) for each in operations]
            except Neo4jError as error:
                if "Memory" in (error.code or ""):
                    raise _TooLarge from None
                raise
            finished = True
            return found

        with self.link.session(write=True) as session:
            returned = session.execute_write(unit)
        for each, values in zip(operations, returned, strict=True):
            if each.told is not None:
                each.told += values

    @contextmanager
    def reading(self) -> Iterator[Cypher]:
        """Statements that see this commit's own changes; rows may be read while the block runs."""
        self.flush()
        with self.link.session(write=False) as session, session.begin_transaction() as tx:
            yield Cypher(tx, self.estate, self.batch)

    def publish(self) -> None:
        """Make everything visible at once: what waits runs before it, what comes after may follow."""
        self._begin()
        self.order()
        self._put(_Operation(_PUBLISH, {"props": self.props, "scans": self.scans, "forgotten": self.forgotten}, None))
        self.order()

    def end(self) -> None:
        """Run what waits; then nothing is left to do."""
        self.run(_END)
        self.flush()
        self._begun = False
        self.props.clear()


def _cut(operations: list[_Operation], size: int) -> tuple[list[_Operation], list[_Operation]]:
    """The operations of the first `size` rows, and the rest."""
    for number, each in enumerate(operations):
        if len(each) > size:
            if size == 0:
                return operations[:number], operations[number:]
            first, rest = each.cut(size)
            return [*operations[:number], first], [rest, *operations[number + 1 :]]
        size -= len(each)
    return operations, []
