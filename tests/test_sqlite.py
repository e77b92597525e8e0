"""The embedded store as a file: what it refuses to open, what survives a crash, a full disk and a second process."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from siloscope.errors import StoreError
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import decide, texts
from siloscope.graph.sqlite import VERSION, SqliteStore
from siloscope.graph.store import open_store
from siloscope.model import Asset, Reference, Slice, Verb

AT = "2026-01-01T00:00:00Z"
ROW = Slice("s", "jobs", "x", config="c", principal="p")


def commit(store: SqliteStore, number: int, at: str = AT) -> None:
    """Commit a scan that shows `number` assets, each reading the next."""
    items = [Asset(f"j{n}", "glue.job", f"job {n}", "glue:1") for n in range(number)]
    links = [Reference(f"j{n}", Verb.READS, f"j{n + 1}") for n in range(number - 1)]
    with store.writing("s") as batch:
        known = store.known("s").get(ROW.key)
        batch.apply(decide(known, ROW, texts([*items, *links]), at, confirm=True), at)
        batch.publish(build(batch.live(), batch.slices(), Settings(), at, at))


def test_a_path_opens_a_file_store_and_makes_its_folder(tmp_path: Path) -> None:
    """With and without the scheme; the same file is the same store."""
    file = tmp_path / "new" / "estate.db"
    store = open_store(str(file))
    assert isinstance(store, SqliteStore)
    commit(store, 2)
    store.close()
    again = open_store(f"sqlite://{file}")
    assert len(again.graph().assets) == 2
    again.close()


@pytest.mark.parametrize("url", ["mysql://host/db", "http://host", "redis+s://x"])
def test_a_store_of_no_known_kind_is_refused(url: str) -> None:
    """The text says which kinds there are."""
    with pytest.raises(StoreError, match="no store of kind"):
        open_store(url)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Somebody's text file is not overwritten."""
    file = tmp_path / "notes.db"
    file.write_text("not a database, but long enough to be looked at " * 10, "utf-8")
    before = file.read_bytes()
    with pytest.raises(StoreError, match="not a siloscope store"):
        SqliteStore(str(file))
    assert file.read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Its tables are no siloscope's; none is added."""
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE customer (name TEXT)")
    with pytest.raises(StoreError, match="not a siloscope store"):
        SqliteStore(str(file))
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("customer",)]


def test_a_store_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    """The text names both schema versions."""
    file = tmp_path / "estate.db"
    SqliteStore(str(file)).close()
    with sqlite3.connect(file) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match=rf"schema {VERSION + 1}.*up to {VERSION}"):
        SqliteStore(str(file))


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    """An error of ours, not of the library."""
    with pytest.raises(StoreError, match=str(tmp_path)):
        SqliteStore(str(tmp_path))


def test_a_full_disk_leaves_the_last_commit(tmp_path: Path) -> None:
    """The commit fails as a StoreError, and the store goes on working when there is room again."""
    store = SqliteStore(str(tmp_path / "estate.db"))
    commit(store, 3)
    before = store.graph()
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreError, match="full"):
        commit(store, 2_000)
    assert store.graph() == before
    store._db.execute("PRAGMA max_page_count = 1000000")
    commit(store, 4)
    assert len(store.graph().assets) == 4
    store.close()


def test_a_commit_within_a_commit_is_refused(tmp_path: Path) -> None:
    """And the outer one can still end well."""
    store = SqliteStore(str(tmp_path / "estate.db"))
    with store.writing("s"):
        with pytest.raises(StoreError), store.writing("t"):
            pass
        store.set_fingerprint("kept")
    assert store.fingerprint() == "kept"
    store.close()


KILLED = """
import sys
sys.path.insert(0, sys.argv[2])
from tests.test_sqlite import SqliteStore, commit
store = SqliteStore(sys.argv[1])
number = 3
print("ready", flush=True)
while True:
    commit(store, number, f"2026-01-01T00:00:{number % 60:02}Z")
    print(number, flush=True)
    number = number % 40 + 3
"""


def test_a_process_that_is_killed_leaves_a_whole_store(tmp_path: Path) -> None:
    """After SIGKILL in a loop of commits: the last one that was reported, or the one after it, and all of it."""
    file = tmp_path / "estate.db"
    root = Path(__file__).resolve().parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(file), str(root)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    os.kill(process.pid, signal.SIGKILL)
    lines += process.stdout.readlines()
    process.wait()
    reported = int(lines[-1])
    store = SqliteStore(str(file))
    graph = store.graph()
    assert len(graph.assets) in (reported, reported % 40 + 3)
    assert len(graph.edges) == len(graph.assets) - 1
    assert graph == build(store.live(), store.slices(), Settings(), graph.scan_id, graph.scan_at)
    assert store.query("SELECT count(*) FROM asset").rows == ((len(graph.assets),),)
    assert store._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()


def test_people_find_what_they_look_for_by_sql(tmp_path: Path) -> None:
    """Hot fields are columns, dependencies a view by id, facts are in the body as JSON."""
    store = SqliteStore(str(tmp_path / "estate.db"))
    commit(store, 3)
    assert store.query("SELECT source, verb, target FROM dependency ORDER BY source").rows == (
        ("j0", "reads", "j1"),
        ("j1", "reads", "j2"),
    )
    text = (
        "SELECT id, json_extract(body, '$.facts.department_because') FROM asset WHERE department = 'unassigned' LIMIT 1"
    )
    assert store.query(text).rows == (("j0", "no rule matches"),)
    assert "department" in [row[1] for row in store.query("PRAGMA table_info(asset)").rows]
    assert store.query("SELECT x'0aff' AS b").rows == (("0aff",),)
    store.close()


HOLDER = """
import sys
from siloscope.graph.store import open_store
with open_store(sys.argv[1]).lease("s"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lease_goes_with_the_process_that_holds_it(tmp_path: Path) -> None:
    """While it lives nobody else scans; killed, it leaves nothing behind that keeps others out."""
    file = tmp_path / "estate.db"
    store = open_store(str(file))
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(StoreError, match=rf'"s" .*process {process.pid} on .*since 2'), store.lease("s"):
        pass
    with store.lease("t"):
        pass
    process.kill()
    process.wait()
    with store.lease("s"):
        pass
    assert not list(tmp_path.glob("*.lease-*"))
    store.close()


def test_a_lease_of_one_store_is_no_lease_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file by another spelling is the same store; another file is another; one in memory is its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to(tmp_path / "a.db")
    one, same, link, other = (open_store(each) for each in ("a.db", str(tmp_path / "a.db"), "link.db", "b.db"))
    memory, another = SqliteStore(":memory:"), SqliteStore(":memory:")
    with one.lease("s"), memory.lease("s"):
        for each in (same, link, memory):
            with pytest.raises(StoreError, match="is being scanned"), each.lease("s"):
                pass
        with other.lease("s"), another.lease("s"):
            pass
    for each in (one, same, link, other, memory, another):
        each.close()


def test_many_threads_get_a_lease_one_after_the_other(tmp_path: Path) -> None:
    """However often it is taken and left, two never hold it at once."""
    store = open_store(str(tmp_path / "estate.db"))
    inside: list[int] = []
    most: list[int] = []

    def take() -> None:
        turns = 0
        while turns < 20:
            try:
                with store.lease("s"):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                    turns += 1
            except StoreError:
                continue

    threads = [threading.Thread(target=take) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (max(most), len(most)) == (1, 80)
    store.close()


def test_what_single_questions_ask_goes_by_index(tmp_path: Path) -> None:
    """None of them walks through all rows: the plans name an index, or a search."""
    store = SqliteStore(str(tmp_path / "estate.db"))
    commit(store, 3)
    plans: list[str] = []

    def trace(text: str) -> None:
        if text.startswith("SELECT"):
            plans.append(text)

    store._db.set_trace_callback(trace)
    scan = store.scans()[0]
    store.find("j1")
    store.records(["j1", "glue:1"])
    store.edges(source="j1")
    store.edges(target="j1", most=3)
    store.edges("j1", "j2")
    store.held("glue:1")
    store.versions("j1")
    store.links("j1")
    list(store.between(scan, scan))
    store._db.set_trace_callback(None)
    whole = [
        (text, row[3])
        for text in plans
        for row in store._db.execute(f"EXPLAIN QUERY PLAN {text}")
        if row[3].startswith("SCAN") and not {"scan", "tool", "finding"} & set(row[3].split())
    ]
    assert whole == []
    store.close()
