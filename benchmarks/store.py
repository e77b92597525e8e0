"""What the embedded store costs: an estate of N assets and 5N edges committed, committed again, changed and loaded.

The peer is a bare loader, run in the same process: the same rows into tables of the same columns by `executemany`,
without versions of anything, hashes, indexes or links. It is measured twice: with the rows made before the clock
starts (`rows ready`), and making each row's JSON from the record as any loader of these records must (`from records`).

CPU seconds of this process, generating the estate not counted. Every phase has a process of its own, so that each
has its own peak memory.

Run: python benchmarks/store.py [ASSETS]     default 100,000
"""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks import estate
from siloscope.codec import from_text, to_text
from siloscope.graph.build import Settings, ledger
from siloscope.graph.commit import decide, key_of, texts, vanished
from siloscope.graph.sqlite import SqliteStore
from siloscope.graph.sqlite_build import Building
from siloscope.model import Asset, Edge, How, Outside, Tool, Verb

FIRST, SECOND, THIRD = (f"2026-06-{day:02}T00:00:00Z" for day in (1, 2, 3))
TARGETS = {"first": 1.6, "second": 0.35, "size": 2.2, "load": 12 / 1_000_000}


class Steps:
    """CPU seconds by step; nothing else is counted."""

    def __init__(self) -> None:
        self.cpu: Counter[str] = Counter()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what happens inside to `name`."""
        start = time.process_time()
        yield
        self.cpu[name] += time.process_time() - start

    @property
    def total(self) -> float:
        """All steps."""
        return sum(self.cpu.values())

    def __str__(self) -> str:
        """The steps, in the order they were first taken."""
        return ", ".join(f"{name} {seconds:.1f}" for name, seconds in self.cpu.items())


def commit(file: Path, count: int, at: str, changed: int = 0) -> tuple[Steps, int]:
    """Commit the estate as a scan does; the CPU by step, and how many observation rows were written."""
    steps, written, seen = Steps(), 0, {}
    store = SqliteStore(str(file))
    writing = store.writing(estate.SOURCE)
    with steps.step("known"):
        batch = writing.__enter__()
        known = store.known(estate.SOURCE)
    for row, items in estate.slices(count, changed=changed):
        with steps.step("decide"):
            change = decide(known.get(row.key), row, texts(items), at)
        with steps.step("apply"):
            batch.apply(change, at)
        seen[row.key] = change.slice
        written += change.writes
    with steps.step("decide"):
        gone = list(vanished(known, seen))
    assert not gone
    with steps.step("publish"):
        if written or not batch.renew(ledger(batch.slices(), Settings(), at), at, at):
            with resolving(steps):
                batch.rebuild(Settings(), at, at, anew=False)
    steps.cpu["publish"] -= steps.cpu["build"]
    with steps.step("commit"):
        writing.__exit__(None, None, None)
    store.close()
    return steps, written


@contextmanager
def resolving(steps: Steps) -> Iterator[None]:
    """Count to `build` what decides about the graph (reading, merging, linking), whoever asks for its rows."""

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            with steps.step("build"):
                found = function(*values)
            return portions(found) if isinstance(found, Iterator) else found

        return call

    def portions(rows: Iterator[Any]) -> Iterator[Any]:
        while True:
            with steps.step("build"):
                portion = next(rows, None)
            if portion is None:
                return
            yield portion

    names = ("claims", "edges", "nodes")
    were = {name: getattr(Building, name) for name in names}
    for name in names:
        setattr(Building, name, timed(were[name]))
    try:
        yield
    finally:
        for name in names:
            setattr(Building, name, were[name])


BARE = """
CREATE TABLE observation (sid INTEGER, key TEXT, body TEXT, first_seen TEXT, PRIMARY KEY (sid, key)) WITHOUT ROWID;
CREATE TABLE tool (id TEXT PRIMARY KEY, product TEXT, vendor TEXT, department TEXT, annual_cost REAL, body TEXT)
  WITHOUT ROWID;
CREATE TABLE asset (nid INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, name TEXT, tool TEXT, source TEXT,
  department TEXT, owner TEXT, environment TEXT, created TEXT, last_used TEXT, annual_cost REAL, silo TEXT, body TEXT);
CREATE TABLE edge (src INTEGER, dst INTEGER, verb TEXT, name TEXT, how TEXT, spot TEXT, confidence REAL,
  PRIMARY KEY (src, dst, verb, name)) WITHOUT ROWID;
"""


def observation_row(sid: int, item: Any) -> tuple[Any, ...]:
    return sid, key_of(item), to_text(item), FIRST


def tool_row(t: Tool) -> tuple[Any, ...]:
    return t.id, t.product, t.vendor, t.department, t.annual_cost, to_text(t)


def node_row(nid: int, a: Asset | Outside) -> tuple[Any, ...]:
    if isinstance(a, Outside):
        return nid, a.id, "outside", a.name, "", *[None] * 8, to_text(a)
    return (nid, a.id, a.kind, a.name, a.tool, a.source, a.department, a.owner, a.environment, a.created, a.last_used,
            a.annual_cost, a.silo, to_text(a))  # fmt: skip


def edge_row(number: dict[str, int], e: Edge) -> tuple[Any, ...]:
    return number[e.source], number[e.target], e.verb.value, e.name, e.how.value, e.where, e.confidence


Portion = tuple[str, int, Callable[..., tuple[Any, ...]], list[tuple[Any, ...]]]


def recorded(count: int, store: sqlite3.Connection) -> Iterator[Portion]:
    """(table, columns, what makes a row, records) of everything that the store holds, a portion at a time."""
    for sid, (_, items) in enumerate(estate.slices(count)):
        yield "observation", 4, observation_row, [(sid, item) for item in items]
    yield "tool", 6, tool_row, [(from_text(Tool, body),) for (body,) in store.execute("SELECT body FROM tool")]
    number: dict[str, int] = {}
    rows = store.execute("SELECT nid, outside, body FROM asset ORDER BY nid")
    while some := rows.fetchmany(10_000):
        made = [(nid, from_text(Outside if outside else Asset, body)) for nid, outside, body in some]
        number.update((each.id, nid) for nid, each in made)
        yield "asset", 14, node_row, made
    ids = {nid: key for key, nid in number.items()}
    rows = store.execute("SELECT src, dst, verb, name, how, spot, confidence FROM edge")
    while some := rows.fetchmany(10_000):
        yield (
            "edge",
            7,
            edge_row,
            [
                (number, Edge(ids[src], ids[dst], Verb(verb), How(how), name, spot, confidence))
                for src, dst, verb, name, how, spot, confidence in some
            ],
        )


def bare(file: Path, count: int, own: Path) -> tuple[float, float]:
    """Load the same rows into bare tables; CPU seconds with the rows ready, and with making them from records."""
    loading, making = Steps(), Steps()
    db, store = sqlite3.connect(file, isolation_level=None), sqlite3.connect(own)
    for text in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -65536"):
        db.execute(text)
    db.executescript(BARE)
    db.execute("BEGIN")
    for table, columns, make, records in recorded(count, store):
        with making.step("make"):
            rows = [make(*each) for each in records]
        with loading.step("load"):
            db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", rows)  # noqa: S608 - above
    with loading.step("load"):
        db.execute("COMMIT")
    db.close()
    store.close()
    return loading.total, loading.total + making.total


def rows_of(file: Path) -> dict[str, dict[Any, str]]:
    """The published rows: a hash of each node, tool and edge, and how many versions have ended."""
    with closing(sqlite3.connect(file)) as db:
        return {
            "nodes": dict(db.execute("SELECT id, hash || since FROM asset")),
            "edges": {hash(row[:4]): hash(row) for row in db.execute("SELECT * FROM edge")},
            "versions": dict(db.execute("SELECT kind || id, from_scan FROM past")),
        }


def different(one: dict[Any, str], other: dict[Any, str]) -> int:
    """Rows that are in one only, or in both with different content."""
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())


def peak() -> float:
    """The largest resident size of this process so far, in MiB (Linux: getrusage reports KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def first(folder: Path, count: int) -> dict[str, Any]:
    """The first commit and the bare loader."""
    steps, written = commit(folder / "s.db", count, FIRST)
    most = peak()
    with closing(sqlite3.connect(folder / "s.db")) as db:
        counts = [db.execute(f"SELECT count(*) FROM {rows}").fetchone()[0] for rows in ("edge", "asset WHERE outside")]  # noqa: S608
    ready, records = bare(folder / "bare.db", count, folder / "s.db")
    return {"cpu": steps.total, "steps": str(steps), "build": steps.cpu["build"], "written": written, "peak": most,
            "ready": ready, "records": records, "edges": counts[0], "outside": counts[1]}  # fmt: skip


def again(folder: Path, count: int, at: str, changed: int) -> dict[str, Any]:
    """A further commit, and which published rows it changed."""
    shutil.copyfile(folder / "s.db", folder / "before.db")
    steps, written = commit(folder / "s.db", count, at, changed)
    most, before, after = peak(), rows_of(folder / "before.db"), rows_of(folder / "s.db")
    (folder / "before.db").unlink()
    rows = {name: different(before[name], after[name]) for name in before}
    return {"cpu": steps.total, "steps": str(steps), "written": written, "peak": most, **rows}


def load(folder: Path, count: int) -> dict[str, Any]:  # noqa: ARG001 - every phase is called alike
    """The published graph, and the arrays that analyses run on; then the records too."""
    steps, store = Steps(), SqliteStore(str(folder / "s.db"))
    import_module("scipy.sparse.csgraph")  # numpy too: paid once a process, not by size
    with steps.step("graph"):
        graph = store.graph()
    with steps.step("arrays"):
        islands = len(set(graph.components.tolist()))
    most, told = peak(), str(steps)
    whole = Steps()
    with whole.step("records"):
        number = len(graph.assets) + len(graph.edges) + len(graph.outside)
    store.close()
    return {"cpu": steps.total, "steps": told, "peak": most, "islands": islands, "records": whole.total,
            "number": number, "most": peak()}  # fmt: skip


PHASES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "first": first,
    "second": lambda folder, count: again(folder, count, SECOND, 0),
    "changed": lambda folder, count: again(folder, count, THIRD, 10),
    "load": load,
}


def verdict(value: float, target: float) -> str:
    """Whether a figure is within its target."""
    return f"(target {target:g}: {'met' if value <= target else 'MISSED'})"


def main() -> None:
    """Run every phase in a process of its own and print."""
    if len(sys.argv) > 2 and sys.argv[1] in PHASES:
        print(json.dumps(PHASES[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        found = {}
        for phase in PHASES:
            call = [sys.executable, __file__, phase, name, str(count)]
            found[phase] = json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)
        own, base = ((Path(name) / each).stat().st_size / 2**20 for each in ("s.db", "bare.db"))
    report(count, found, own, base)


def report(count: int, found: dict[str, Any], own: float, base: float) -> None:
    """Print the figures, each beside what it is measured against."""
    one, two, ten, load = (found[phase] for phase in PHASES)
    bare_of_build = one["cpu"] - one["build"]
    print(f"{count:,} assets, {one['edges']:,} edges, {one['outside']:,} outside; CPU seconds")
    print(f"first commit        {one['cpu']:7.1f}  ({one['steps']})  peak {one['peak']:.0f} MiB")
    print(f"  without resolving {bare_of_build:7.1f}  {one['written']:,} observation rows")
    for label, key in (("rows ready", "ready"), ("from records", "records")):
        ratio = bare_of_build / one[key]
        print(f"  bare, {label:12}  {one[key]:7.1f}  ratio {ratio:.2f} {verdict(ratio, TARGETS['first'])}")
    for label, each in (("unchanged commit", two), ("10 % changed", ten)):
        ratio = each["cpu"] / one["cpu"]
        goal = verdict(ratio, TARGETS["second"]) if each is two else ""
        print(f"{label:19} {each['cpu']:7.1f}  ratio to first {ratio:.2f} {goal}  ({each['steps']})")
        print(f"  rows written: {each['written']:,} observations, {each['nodes']:,} nodes, {each['edges']:,} edges"
              f"; peak {each['peak']:.0f} MiB")  # fmt: skip
    goal = verdict(load["cpu"], TARGETS["load"] * count)
    print(f"load and arrays     {load['cpu']:7.1f}  {goal}  ({load['steps']})  peak {load['peak']:.0f} MiB")
    print(f"file                {own:7.1f}  MiB; bare tables {base:.1f} MiB, ratio {own / base:.2f} "
          f"{verdict(own / base, TARGETS['size'])}")  # fmt: skip


if __name__ == "__main__":
    main()
