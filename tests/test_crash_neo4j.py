"""Fifty commits into Neo4j whose process is killed with -9: nothing is lost, nothing is half there, nobody waits."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from siloscope.graph import neo4j_link
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import decide, texts
from siloscope.graph.store import Store, open_store
from siloscope.model import Asset, Description, Observation, Reference, Slice, Status, Verb
from tests.servers.neo4j import Neo4j

pytestmark = [
    pytest.mark.server("neo4j"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system"),
]
ROUNDS = 25
PORTION = 7  # rows of a transaction, so that a commit takes many of them
SIZE = 8


def shown(number: int) -> Iterator[tuple[Slice, list[Observation]]]:
    """What scan `number` shows: some assets change, one comes, one goes; sometimes a part could not be read."""
    ids = [f"glue://1/{each}" for each in range(number, number + SIZE)]
    items: list[Observation] = [Asset(each, "glue.job", each[-1], "glue:1", owner=f"o{number}") for each in ids]
    items += [Reference(each, Verb.READS, f"s3://lake/{number % 3}/{each[-1]}", "in") for each in ids[::2]]
    items += [Reference(ids[0], Verb.CALLS, each) for each in ids[1:3]]
    items.append(Description(ids[1], facts={"round": number}))
    lake = Asset("s3://lake", "s3.bucket", "lake", "s3:1", names=("s3://lake",), department=f"D{number % 4}")
    for scope, some, lacks in (("jobs", items, number % 5 == 3), ("buckets", [lake], number % 4 == 2)):
        status = Status.PARTIAL if lacks else Status.COMPLETE
        yield Slice("s", scope, "x", status, config="c", principal="p"), [] if lacks else some


def scan(store: Store, number: int) -> None:
    """Commit one scan; like the scanner does."""
    at = f"2026-01-01T{number:02}:00:00Z"
    with store.lease("s"), store.writing("s") as batch:
        known = store.known("s")
        for row, items in shown(number):
            batch.apply(decide(known.get(row.key), row, texts(items), at, confirm=True), at)
        batch.publish(build(batch.live(), batch.slices(), Settings(), at, at))


def everything(store: Store) -> tuple[Any, ...]:
    """All that readers can ask for: the graph, and every record of every layer."""
    return store.graph(), sorted(map(repr, store.dump()))


@contextmanager
def dying(last: int | None = None) -> Iterator[SimpleNamespace]:
    """Count the statements of transactions that write, and die before the one numbered `last`."""
    import neo4j

    told, run = SimpleNamespace(statements=0), neo4j.ManagedTransaction.run

    def counted(tx: Any, query: str, *given: Any, **more: Any) -> Any:
        if any(word in query for word in ("SET ", "CREATE ", "MERGE ", "DELETE ", "REMOVE ")):
            told.statements += 1
            if told.statements == last:
                os.kill(os.getpid(), signal.SIGKILL)
        return run(tx, query, *given, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neo4j.ManagedTransaction, "run", counted)
        yield told


def at_a_statement(scan_it: Callable[[], None], usual: SimpleNamespace, draw: random.Random) -> None:
    """Killed before one of all the statements of the commit: the same ones on every machine."""
    process = os.fork()
    if process == 0:
        try:
            with dying(draw.randrange(1, usual.statements + 1)):
                scan_it()
        finally:
            os._exit(0)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status)


def at_a_time(scan_it: Callable[[], None], usual: SimpleNamespace, draw: random.Random) -> None:
    """Killed at some moment: also within a statement, and while the server commits."""
    process = os.fork()
    if process == 0:
        try:
            scan_it()
        finally:
            os._exit(0)
    time.sleep(draw.uniform(0, usual.seconds * 1.2))
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


LEFT = (
    "OPTIONAL MATCH (s:SiloscopeStore {estate: $estate}) WITH s MATCH (n {estate: $estate}) OPTIONAL MATCH (n)-[r]->() "
    "WITH s, collect(n) AS ns, collect(r) AS rs RETURN s.writing, "
    "size([n IN ns WHERE n.batch > s.published OR n.gone IS NOT NULL OR (n.undo IS NOT NULL AND n.id IS NOT NULL)]), "
    "size([r IN rs WHERE r.batch > s.published OR r.gone IS NOT NULL])"
)


@pytest.mark.parametrize("kill", [at_a_statement, at_a_time], ids=lambda each: each.__name__)
def test_a_commit_that_is_killed_leaves_a_whole_graph(
    kill: Callable[..., None], neo4j: Neo4j, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the last commit or all of the new one; the leases are free, and the next scan leaves nothing behind."""
    monkeypatch.setattr(neo4j_link, "ROWS", PORTION)
    run, draw, outcomes, usual = uuid4().hex, random.Random(ROUNDS), Counter[str](), SimpleNamespace()
    urls = [f"bolt://{neo4j.user}@{neo4j.url.partition('://')[2]}/neo4j?estate={run}-{each}" for each in "ab"]
    twin, store = (open_store(url, neo4j.password) for url in urls)

    def elsewhere() -> None:
        scan(open_store(urls[1], neo4j.password), number)

    try:
        for each in (twin, store):
            scan(each, 0)
        before = everything(twin)
        assert everything(store) == before
        for number in range(1, ROUNDS + 1):
            begun = time.monotonic()
            with dying() as told:
                scan(twin, number)
            usual.statements, usual.seconds = told.statements, time.monotonic() - begun
            after = everything(twin)
            kill(elsewhere, usual, draw)
            left = everything(store)
            assert left in (before, after), number
            outcomes["after" if left == after else "before"] += 1
            outcomes["mended"] += store.query(LEFT).rows != ((None, 0, 0),)
            scan(store, number)
            if left == after:  # killed too late to be undone: then this was one more scan of the same second
                scan(twin, number)
                after = everything(twin)
            assert everything(store) == after, number
            assert store.query(LEFT).rows == ((None, 0, 0),), number
            before = after
        assert outcomes["before"] + outcomes["after"] == ROUNDS
        assert outcomes["mended"] >= ROUNDS // 5, f"too few kills came within a commit: {outcomes}"
    finally:
        for each in (twin, store):
            each.close()
        with neo4j.driver() as driver:
            driver.execute_query("MATCH (n) WHERE n.estate STARTS WITH $run DETACH DELETE n", run=run)
