"""Commits into Neo4j that do not go as planned: too large, too slow, overtaken, broken off; and who may begin one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siloscope.errors import StoreError
from siloscope.graph import neo4j_commit, neo4j_lease, neo4j_link
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import decide, texts
from siloscope.graph.neo4j import Neo4jStore
from siloscope.graph.neo4j_commit import Commit
from siloscope.graph.store import Store, open_store
from siloscope.model import Asset, Observation, Reference, Slice, Verb
from tests.processes import waiting
from tests.servers.neo4j import Neo4j

AT, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
ROW = Slice("s", "jobs", "x", config="c", principal="p")
SERVER = pytest.mark.server("neo4j")


class Memory:
    """A server that has memory for so many rows at once, and notes the rows of each transaction it takes."""

    def __init__(self, most: int, *, at_the_end: bool = False) -> None:
        self.most, self.at_the_end = most, at_the_end
        self.taken: list[list[Any]] = []
        self.refused = 0

    def session(self, *, write: bool) -> Any:
        assert write
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute_write(self, unit: Callable[[Any], Any]) -> Any:
        """As the driver does: what fails for the time being is tried again, without end."""
        from neo4j.exceptions import TransientError

        for _ in range(3):
            rows: list[Any] = []
            try:
                found = unit(SimpleNamespace(run=partial(self._run, rows)))
                if self.at_the_end and len(rows) > self.most:
                    self._refuse()
            except TransientError:
                continue
            self.taken.append(rows)
            return found
        raise AssertionError("the driver repeats what is too large")

    def _run(self, rows: list[Any], text: str, given: dict[str, Any]) -> Any:
        if text.startswith("UNWIND"):
            rows += given["rows"]
            if not self.at_the_end and len(rows) > self.most:
                self._refuse()
        return FakeResult()

    def _refuse(self) -> None:
        from neo4j.exceptions import TransientError

        class TooMuch(TransientError):
            code = "Neo.TransientError.General.MemoryPoolOutOfMemoryError"

        self.refused += 1
        raise TooMuch


class FakeResult:
    counters = SimpleNamespace(relationships_created=0)

    def consume(self) -> Any:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter([SimpleNamespace(values=lambda: (1,))])


def commit_to(memory: Memory) -> Commit:
    lease = SimpleNamespace(hold=lambda _cypher: None)
    link: Any = SimpleNamespace(session=memory.session, at="bolt://host")
    return Commit(link, lease, "default", 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("at_the_end", [False, True], ids=["in a statement", "when it commits"])
@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=6), most=st.integers(1, 30))
def test_a_transaction_that_is_too_large_is_halved(at_the_end: bool, sizes: list[int], most: int) -> None:
    """Every row arrives once and in order, in transactions the server has memory for; the next ones begin smaller."""
    memory = Memory(most, at_the_end=at_the_end)
    commit = commit_to(memory)
    expected = []
    for number, size in enumerate(sizes):
        rows = [(number, each) for each in range(size)]
        commit.each(f"UNWIND $rows AS row {number}", rows)
        expected += rows
    commit.flush()
    assert [row for taken in memory.taken for row in taken] == expected
    assert max((len(taken) for taken in memory.taken), default=0) <= most
    if memory.refused:
        assert memory.refused <= 8, "240 rows can be halved as often"
        before = memory.refused
        commit.each("UNWIND $rows AS row again", [(9, each) for each in range(40)])
        commit.flush()
        assert memory.refused == before


def test_a_row_for_which_there_is_no_memory_is_an_error_that_says_what_to_raise() -> None:
    """Halving ends."""
    commit = commit_to(Memory(0))
    commit.each("UNWIND $rows AS row x", [1, 2, 3])
    with pytest.raises(StoreError, match=r"memory for a single row; raise dbms\.memory\.transaction"):
        commit.flush()


def test_a_transaction_holds_as_many_rows_as_it_may_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when rows come one by one, or all at once; what waits for more runs when asked."""
    monkeypatch.setattr(neo4j_link, "ROWS", 10)
    memory = Memory(10)
    commit = commit_to(memory)
    for each in range(25):
        commit.each("UNWIND $rows AS row a", [each])
    commit.each("UNWIND $rows AS row b", range(25, 60))
    commit.flush()
    sizes = [len(taken) for taken in memory.taken]
    assert (max(sizes), sum(sizes)) == (10, 60)
    assert len(sizes) <= 8


def jobs(*names: str, **values: Any) -> list[Observation]:
    return [Asset(f"glue://1/{name}", "glue.job", name, "glue:1", **values) for name in names]


def scan(store: Store, items: list[Observation], at: str = AT) -> None:
    with store.writing("s") as batch:
        batch.apply(decide(store.known("s").get(ROW.key), ROW, texts(items), at, confirm=True), at)
        batch.publish(build(batch.live(), batch.slices(), Settings(), at, at))


class Place:
    """An estate of its own."""

    def __init__(self, server: Neo4j) -> None:
        self.server, self.estate = server, uuid4().hex
        self.opened: list[Store] = []

    def open(self) -> Neo4jStore:
        """A store of it, through connections of its own."""
        store = open_store(self.url, self.server.password)
        assert isinstance(store, Neo4jStore)
        self.opened.append(store)
        return store

    @property
    def url(self) -> str:
        return f"bolt://{self.server.user}@{self.server.url.partition('://')[2]}/neo4j?estate={self.estate}"

    def look(self, text: str, **values: Any) -> list[list[Any]]:
        """What people see."""
        with self.server.driver() as driver:
            found = driver.execute_query(text, {**values, "estate": self.estate}).records
        return [list(each.values()) for each in found]

    def close(self) -> None:
        for each in self.opened:
            each.close()
        self.look("MATCH (n {estate: $estate}) DETACH DELETE n")


@pytest.fixture
def at(neo4j: Neo4j) -> Iterator[Place]:
    found = Place(neo4j)
    yield found
    found.close()


@SERVER
def test_what_is_under_way_is_marked_and_can_be_left_out_of_a_query(at: Place) -> None:
    """As docs/stores.md says: what has a later batch than the published one is not there yet; what is gone still is."""
    store, seen = at.open(), []
    scan(store, jobs("a", "b"))
    published = (
        "MATCH (s:SiloscopeStore {estate: $estate}) MATCH (a:Asset {estate: $estate}) "
        "WHERE a.batch <= s.published OR a.undo IS NOT NULL RETURN a.name ORDER BY a.name"
    )
    original = neo4j_commit.Commit.publish

    def publish(commit: Commit) -> None:
        commit.flush()
        seen.append(at.look("MATCH (a:Asset {estate: $estate}) RETURN a.name ORDER BY a.name"))
        seen.append(at.look(published))
        seen.append([[each.name] for each in at.open().graph().assets])
        original(commit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neo4j_commit.Commit, "publish", publish)
        scan(store, [*jobs("a", owner="ann"), *jobs("c")], LATER)
    assert seen == [[["a"], ["b"], ["c"]], [["a"], ["b"]], [["a"], ["b"]]]
    assert at.look(published) == [["a"], ["c"]]
    assert at.look("MATCH (a:Asset {estate: $estate}) WHERE a.undo IS NOT NULL OR a.gone IS NOT NULL RETURN a") == []


@SERVER
def test_a_commit_that_fails_is_undone_at_once(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only for siloscope's readers: nothing of it is left in the database."""
    monkeypatch.setattr(neo4j_link, "ROWS", 5)
    store = at.open()
    scan(store, [*jobs("a", "b", "c"), Reference("glue://1/a", Verb.READS, "glue://1/b", "in")])
    at.look("MATCH (a:Asset {estate: $estate, id: 'glue://1/a'}) SET a:Reviewed, a.note = 'ask ann'")
    before = everything(at)
    changed: list[Observation] = [
        Asset("glue://1/a", "x.y", "a", "mlflow:m", facts={"k": 1}),
        *jobs("b", "d", owner="z"),
    ]

    def fail(commit: Commit) -> None:
        commit.flush()
        assert everything(at) != before
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neo4j_commit.Commit, "publish", fail)
        with pytest.raises(ZeroDivisionError):
            scan(store, changed, LATER)
    assert everything(at) == before


def everything(at: Place) -> list[str]:
    """Every node of an estate with its relationships, but for what says who is at work."""
    text = (
        "MATCH (n {estate: $estate}) WHERE NOT n:SiloscopeStore AND NOT n:SiloscopeLease OPTIONAL MATCH (n)-[r]->(m) "
        "WITH n, collect([type(r), m.id, properties(r)]) AS links RETURN labels(n), properties(n), links"
    )
    rows = at.look(text)
    return sorted(
        repr(
            (
                sorted(labels),
                sorted(own.items()),
                sorted((kind, end, sorted(props.items())) for kind, end, props in links if kind),
            )
        )
        for labels, own, links in rows
    )


@SERVER
def test_a_scan_of_a_source_is_refused_while_another_one_runs(at: Place) -> None:
    """The text says who and since when; other sources are free, and so is this one afterwards."""
    one, two = at.open(), at.open()
    with one.lease("s"):
        who = rf'source "s" is being scanned into this store by process {os.getpid()} on \S+, since 20\d\d-'
        with pytest.raises(StoreError, match=who), two.lease("s"):
            pass
        with two.lease("t"):
            pass
        scan(two, jobs("a"))
    with two.lease("s"):
        pass


HOLDING = """
import sys
from siloscope.graph.store import open_store
store = open_store(sys.argv[1])
with store.lease("s"), store.writing("s"):
    print("ready", flush=True)
    sys.stdin.read()
"""


@SERVER
def test_a_dead_process_holds_nothing(at: Place) -> None:
    """Also one that nobody has waited for yet: its leases are taken over at once, not when their time is over."""
    at.open().set_fingerprint("x")
    process = waiting(HOLDING, at.url, at.server.password)
    store = at.open()
    with pytest.raises(StoreError, match=f"process {process.pid} on"), store.lease("s"):
        pass
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is dead, and still in the table of processes
    with store.lease("s"):
        scan(store, jobs("a"))
    process.wait()


@SERVER
def test_a_lease_of_another_machine_ends_with_its_time(at: Place) -> None:
    """Whether its holder lives cannot be asked; the server's clock decides."""
    store = at.open()
    with store.lease("s"):
        at.look("MATCH (l:SiloscopeLease {estate: $estate}) SET l.machine = 'another', l.host = 'far', l.pid = 1")
        other = at.open()
        with pytest.raises(StoreError, match="process 1 on far"), other.lease("s"):
            pass
        at.look("MATCH (l:SiloscopeLease {estate: $estate}) SET l.until = timestamp()")
        with other.lease("s"):
            pass


@SERVER
def test_a_lease_is_renewed_as_long_as_it_is_held(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a thread of its own."""
    monkeypatch.setattr(neo4j_lease, "RENEWED", 0.01)
    store, moved = at.open(), threading.Event()
    until = "MATCH (l:SiloscopeLease {estate: $estate}) RETURN l.until"
    with store.lease("s"):
        ((first,),) = at.look(until)
        while at.look(until) == [[first]]:
            assert not moved.wait(0.02)
    ((last,),) = at.look(until)
    assert last == 0


@SERVER
def test_a_writer_that_was_overtaken_publishes_nothing(at: Place) -> None:
    """A process that slept so long that another one took over does not write over what that one wrote."""
    store, other = at.open(), at.open()
    scan(store, jobs("a"))
    with pytest.raises(StoreError, match="another one took over"), store.writing("s") as batch:  # noqa: PT012 - it is told so at the end
        batch.apply(decide(store.known("s")[ROW.key], ROW, texts(jobs("a", "z")), LATER), LATER)
        assert {row.item.id for row in batch.live() if isinstance(row.item, Asset)} == {"glue://1/a", "glue://1/z"}
        at.look("MATCH (l:SiloscopeLease {estate: $estate}) SET l.until = 0")
        scan(other, jobs("a", "b"), LATER)
        batch.publish(build(batch.live(), batch.slices(), Settings(), LATER, LATER))
    assert [each.name for each in store.graph().assets] == ["a", "b"]
    assert store.graph() == build(store.live(), store.slices(), Settings(), LATER, LATER)


@contextmanager
def interrupted(store: Neo4jStore, name: str, what: Callable[[], None]) -> Iterator[None]:
    """Before the named function of reading is called for the first time, something else happens."""
    from siloscope.graph import neo4j as module

    original, done = getattr(module, name), []

    def first(*given: Any) -> Any:
        if not done:
            done.append(1)
            what()
        return original(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, first)
        yield
    assert done
    assert store


@SERVER
@pytest.mark.parametrize("name", ["known", "slices", "read_graph", "versions", "find", "records", "edges_at"])
def test_every_answer_is_of_one_commit(at: Place, name: str) -> None:
    """A commit in the middle of a read has it read again."""
    store, other = at.open(), at.open()
    scan(store, jobs("a"))
    asks: dict[str, Callable[[], Any]] = {
        "known": lambda: len(store.known("s")[ROW.key].hashes),
        "slices": lambda: store.slices()[0].last_complete,
        "read_graph": lambda: len(store.graph().assets),
        "versions": lambda: len(store.versions("glue://1/b")),
        "find": lambda: store.find("b").total,
        "records": lambda: len(store.records(["glue://1/b"])),
        "edges_at": lambda: len(store.edges("glue://1/b")),
    }
    more = [*jobs("a", "b"), Reference("glue://1/b", Verb.READS, "glue://1/a")]
    with interrupted(store, name, lambda: scan(other, more, LATER)):
        found = asks[name]()
    assert found == asks[name]()
    assert found == {"known": 3, "slices": LATER, "read_graph": 2}.get(name, 1)


@SERVER
def test_a_long_read_that_is_overtaken_says_so(at: Place) -> None:
    """What is read as a stream cannot be read again."""
    store, other = at.open(), at.open()
    scan(store, jobs("a"))
    rows = store.live()
    next(rows)
    scan(other, jobs("a", "b"), LATER)
    with pytest.raises(StoreError, match="another scan was committed while it was read"):
        list(rows)


@SERVER
def test_an_estate_that_an_earlier_release_wrote_is_taken_over(at: Place) -> None:
    """Schema 1 had no batches, and kept when assets were last seen by set of sources."""
    store = at.open()
    scan(store, [*jobs("a", "b"), Reference("glue://1/a", Verb.READS, "glue://1/b")])
    before = store.graph()
    at.look("MATCH (n {estate: $estate}) REMOVE n.batch, n.since")
    at.look("MATCH ({estate: $estate})-[r]->() REMOVE r.batch, r.since")
    at.look("MATCH (s:Scan {estate: $estate}) DELETE s")
    at.look(
        "MATCH (s:SiloscopeStore {estate: $estate}) SET s.schema = 1, s.seen = $seen REMOVE s.published, s.late",
        seen=f'{{"[\\"s\\"]":"{AT}"}}',
    )
    again = at.open()
    assert again.graph() == before
    with pytest.raises(StoreError, match="scan once, then copy"):
        list(again.dump())
    with pytest.raises(ZeroDivisionError), again.writing("s") as batch:  # noqa: PT012 - the error comes after the writes
        batch.apply(decide(again.known("s")[ROW.key], ROW, texts(jobs("a")), LATER), LATER)
        assert batch.slices()
        assert open_store(at.url, at.server.password).graph() == before, "also while this release writes it"
        raise ZeroDivisionError
    with again.writing("s") as batch:
        assert not batch.renew(again.slices(), LATER, LATER), "the graph has to be written once by this release"
    scan(again, jobs("a"), LATER)
    assert [each.name for each in again.graph().assets] == ["a"]
    assert [each.id for each in again.scans()] == [AT, LATER]
    assert again.graph(AT).assets == store.graph(AT).assets
    assert [each.name for each in again.graph(AT).assets] == ["a", "b"]
