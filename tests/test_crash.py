"""Fifty scans killed with -9 while they commit into the embedded store: nothing is lost, nothing is half there."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from siloscope import scanner
from siloscope.config import Config, Source
from siloscope.doctor import examine
from siloscope.graph.sqlite import SqliteStore
from siloscope.graph.store import open_store
from tests.listings import THINGS, Table, doc, toy

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
ROUNDS = 25


def world(number: int) -> Table:
    """What the platform shows in scan `number`: everything has another owner, one thing came and one went."""
    docs = [doc(str(each), owner=f"o{number}", reads=[f"s3://lake/{each}"]) for each in range(number, number + 60)]
    return Table({("thing", "a"): docs})


def at(number: int) -> str:
    return f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"


def config(folder: Path) -> Config:
    return Config(folder / "siloscope.toml", str(folder / "s.db"), sources=(Source("s", "toy", instance="s"),))


def scan(folder: Path, number: int, *, resume: bool = False) -> dict[str, Any]:
    """Scan once; the graph."""
    store = open_store(str(folder / "s.db"))
    try:
        for _ in scanner.run(config(folder), store, scanner.Options(at=at(number), resume=resume)):
            pass
        return store.graph().document()
    finally:
        store.close()


def graph(folder: Path) -> dict[str, Any]:
    """The graph that is published, of a store that is sound."""
    store = open_store(str(folder / "s.db"))
    try:
        assert [each for each in examine(store, config(folder)) if each.level == "broken"] == []
        with store.lease("s"):
            return store.graph().document()
    finally:
        store.close()


class Commit:
    """What happens while a source is committed: the statements it took, or the one before which the process dies."""

    def __init__(self, last: int | None = None, says: int | None = None) -> None:
        self.last, self.says, self.statements, self.seconds = last, says, 0, 0.0

    def __call__(self, _: str) -> None:
        self.statements += 1
        if self.statements == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def watching(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Watch the commits of every store that is opened meanwhile."""
        writing = SqliteStore.writing

        @contextmanager
        def watched(store: SqliteStore, source: str) -> Iterator[Any]:
            if self.says is not None:
                os.write(self.says, b"!")
            if self.last is not None or self.says is None:
                store._db.set_trace_callback(self)
            begun = time.monotonic()
            with writing(store, source) as batch:
                yield batch
            self.seconds = time.monotonic() - begun

        with monkeypatch.context() as patch:
            patch.setattr(SqliteStore, "writing", watched)
            yield


def scan_and_die(folder: Path, number: int, commit: Commit, monkeypatch: pytest.MonkeyPatch) -> int:
    """A process of its own that scans, and does not come back; its number."""
    process = os.fork()
    if process == 0:
        try:
            with commit.watching(monkeypatch):
                scan(folder, number)
        finally:
            os._exit(0)
    return process


def at_a_statement(folder: Path, number: int, draw: random.Random, usual: Commit, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Killed before one of all the statements of the commit: the same ones on every machine."""
    commit = Commit(last=draw.randrange(1, usual.statements + 1))
    _, status = os.waitpid(scan_and_die(folder, number, commit, monkeypatch), 0)
    assert os.WIFSIGNALED(status)


def at_a_time(folder: Path, number: int, draw: random.Random, usual: Commit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at some moment after the commit began: also within a statement, and while the disk is written to."""
    told, says = os.pipe()
    process = scan_and_die(folder, number, Commit(says=says), monkeypatch)
    os.close(says)
    assert os.read(told, 1) == b"!"
    time.sleep(draw.uniform(0, usual.seconds))
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(told)


@pytest.mark.parametrize("kill", [at_a_statement, at_a_time], ids=lambda each: each.__name__)
def test_a_commit_that_is_killed_leaves_a_whole_graph(
    kill: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last graph or the new one, the lease free, the store sound; the next scan, or resuming, ends well."""
    now: list[int] = [0]
    monkeypatch.setattr(scanner, "collector", lambda kind: toy(THINGS, connect=lambda source: world(now[-1])))
    twin, usual, draw, outcomes = tmp_path / "twin", Commit(), random.Random(ROUNDS), Counter[str]()
    twin.mkdir()
    before = scan(twin, 0)
    assert scan(tmp_path, 0) == before
    for number in range(1, ROUNDS + 1):
        now.append(number)
        usual.statements = 0
        with usual.watching(monkeypatch):
            after = scan(twin, number)
        kill(tmp_path, number, draw, usual, monkeypatch)
        left = graph(tmp_path)
        assert left in (before, after), number
        outcomes["after" if left == after else "before"] += 1
        resume = number % 2 == 1 and any((tmp_path / ".siloscope" / "spool").iterdir())
        assert scan(tmp_path, number, resume=resume) == after
        before = after
    assert outcomes.total() == ROUNDS
    assert outcomes["before"], "no kill came before the end of a commit"
