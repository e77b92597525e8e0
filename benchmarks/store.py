"""What the embedded store costs: an estate of N assets and 5N edges committed, committed again, changed and loaded.

The peer is a bare loader, run in the same process: the same rows into tables of the same columns by `executemany`,
without versions of anything, hashes, indexes or links. It is measured twice: with the rows made before the clock
starts (`rows ready`), and making each row's JSON from the record as any loader of these records must (`from records`).

CPU seconds of this process, generating the estate not counted. Every phase has a process of its own, so that each
has its own peak memory.

Run: python benchmarks/store.py [ASSETS]     default 100,000
"""

from __future__ import annotations

import gc
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
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks import estate
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import by_key, decide, key_of, vanished
from siloscope.graph.resolve import _uncollected
from siloscope.graph.sqlite import SqliteStore
from siloscope.graph.view import Graph
from siloscope.model import Asset, dumps, to_json

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


def commit(file: Path, count: int, at: str, changed: int = 0) -> tuple[Steps, int, Graph]:
    """Commit the estate as a scan does; the CPU by step, how many observation rows were written, and the graph."""
    steps, written, seen = Steps(), 0, {}
    store = SqliteStore(str(file))
    with steps.step("known"):
        known = store.known(estate.SOURCE)
    writing = store.writing(estate.SOURCE)
    batch = writing.__enter__()
    for row, items in estate.slices(count, changed=changed):
        with steps.step("decide"):
            change = decide(known.get(row.key), row, by_key(items), at)
        with steps.step("apply"):
            batch.apply(change, at)
        seen[row.key] = change.slice
        written += change.writes
    for change in vanished(known, seen):
        batch.apply(change, at)
    with _uncollected():  # as the scanner does
        with steps.step("build"):
            graph = build(batch.live(), batch.slices(), Settings(), at, at)
        with steps.step("publish"):
            batch.publish(graph)
    with steps.step("commit"):
        writing.__exit__(None, None, None)
    store.close()
    return steps, written, graph


BARE = """
CREATE TABLE observation (sid INTEGER, key TEXT, body TEXT, first_seen TEXT, PRIMARY KEY (sid, key)) WITHOUT ROWID;
CREATE TABLE tool (id TEXT PRIMARY KEY, product TEXT, vendor TEXT, department TEXT, annual_cost REAL, body TEXT)
  WITHOUT ROWID;
CREATE TABLE asset (nid INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, name TEXT, tool TEXT, source TEXT,
  department TEXT, owner TEXT, environment TEXT, created TEXT, last_used TEXT, annual_cost REAL, silo TEXT, body TEXT);
CREATE TABLE edge (src INTEGER, dst INTEGER, verb TEXT, name TEXT, how TEXT, spot TEXT, confidence REAL,
  PRIMARY KEY (src, dst, verb, name)) WITHOUT ROWID;
"""


def observed(count: int) -> Iterator[tuple[Any, ...]]:
    """Rows of the observations."""
    for sid, (_, items) in enumerate(estate.slices(count)):
        for item in items:
            yield sid, key_of(item), dumps(to_json(item)), FIRST


def published(graph: Graph) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Table by table, the rows of the graph."""
    yield "tool", [(t.id, t.product, t.vendor, t.department, t.annual_cost, dumps(to_json(t))) for t in graph.tools]
    yield "asset", [
        *((n, a.id, a.kind, a.name, a.tool, a.source, a.department, a.owner, a.environment, a.created, a.last_used,
           a.annual_cost, a.silo, dumps(to_json(a))) for n, a in enumerate(graph.assets)),
        *((n, o.id, "outside", o.name, "", *[None] * 8, dumps(to_json(o)))
          for n, o in enumerate(graph.outside, len(graph.assets))),
    ]  # fmt: skip
    number = graph.number
    yield (
        "edge",
        [
            (number[e.source], number[e.target], e.verb.value, e.name, e.how.value, e.where, e.confidence)
            for e in graph.edges
        ],
    )


def bare(file: Path, count: int, graph: Graph) -> tuple[float, float]:
    """CPU seconds of loading the rows of the observations and the graph: with rows ready, and from the records."""
    db = sqlite3.connect(file, isolation_level=None)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + BARE)
    gc.collect()
    making = Steps()
    with making.step("generate"):
        for _ in estate.slices(count):
            pass
    with making.step("rows"):
        tables = {"observation": list(observed(count)), **dict(published(graph))}
    loading = Steps()
    with loading.step("load"):
        db.execute("BEGIN")
        for table, rows in tables.items():
            db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        db.execute("COMMIT")
    db.close()
    return loading.total, loading.total + making.cpu["rows"] - making.cpu["generate"]


def rows_of(file: Path) -> dict[str, dict[Any, str]]:
    """The hash of every published row."""
    db = sqlite3.connect(file)
    nodes = dict(db.execute("SELECT id, hash FROM asset"))
    edges = {tuple(row[:4]): row[4] for row in db.execute("SELECT src, dst, verb, name, hash FROM edge")}
    db.close()
    return {"nodes": nodes, "edges": edges}


def different(one: dict[Any, str], other: dict[Any, str]) -> int:
    """Rows that are in one only, or in both with different content."""
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())


def peak() -> float:
    """The largest resident size of this process so far, in MiB (Linux: getrusage reports KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def first(folder: Path, count: int) -> dict[str, Any]:
    """The first commit and the bare loader."""
    steps, written, graph = commit(folder / "s.db", count, FIRST)
    most = peak()
    ready, records = bare(folder / "bare.db", count, graph)
    edges, outside = len(graph.edges), len(graph.outside)
    return {"cpu": steps.total, "steps": str(steps), "build": steps.cpu["build"], "written": written, "peak": most,
            "ready": ready, "records": records, "edges": edges, "outside": outside}  # fmt: skip


def again(folder: Path, count: int, at: str, changed: int) -> dict[str, Any]:
    """A further commit, and which published rows it changed."""
    shutil.copyfile(folder / "s.db", folder / "before.db")
    steps, written, _ = commit(folder / "s.db", count, at, changed)
    most, before, after = peak(), rows_of(folder / "before.db"), rows_of(folder / "s.db")
    rows = {name: different(before[name], after[name]) for name in before}
    return {"cpu": steps.total, "steps": str(steps), "written": written, "peak": most, **rows}


def load(folder: Path, count: int) -> dict[str, Any]:  # noqa: ARG001 - every phase is called alike
    """The published graph, and the arrays that analyses run on."""
    steps, store = Steps(), SqliteStore(str(folder / "s.db"))
    import_module("scipy.sparse.csgraph")  # numpy too: paid once a process, not by size
    with steps.step("graph"):
        graph = store.graph()
    with steps.step("arrays"):
        islands = len(set(graph.components.tolist()))
    store.close()
    assert all(isinstance(each, Asset) for each in graph.assets[:10])
    return {"cpu": steps.total, "steps": str(steps), "peak": peak(), "islands": islands}


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
