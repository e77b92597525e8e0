"""What loading Neo4j costs: an estate committed first and again, beside two peers with the same rows.

- *bare*: `UNWIND $rows AS row CREATE ...` of exactly the nodes and relationships that the first commit left, read back
  from the server; with the constraints that find their ends, no further index, no hash compared, nothing resolved.
- *cartography*: its own data model (`load`, `load_matchlinks`) for the nodes and edges that people see, without what
  siloscope keeps besides (observations, scans). It loads again with another update tag, and cleans up, as its syncs do.

Every contender has a server of its own, fresh, warmed with a small estate that is then deleted. CPU seconds of the
client process and of the server (`/proc/PID/stat`), wall clock beside them. Generating the estate is not counted.

Run: python benchmarks/neo4j_load.py [ASSETS]     default 20,000; installs cartography under .cache/bench at first
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.faults_cartography import HOME, install

FIRST, SECOND = (f"2026-06-{day:02}T00:00:00Z" for day in (1, 2))
SEEN = ("Asset", "Tool", "Outside", "Department", "Capability")  # labels of what people see, by which nodes are found
TARGETS = {"bare": 1.3, "second": 0.5, "peer": 1.0}
WARM = 10_000  # assets of the estate that warms a server: compiling its own code is most of what a cold one does
BATCH = 10_000  # rows of a transaction of the bare loader; cartography's own default is the same
TICK = os.sysconf("SC_CLK_TCK")


class Spent:
    """Client CPU, server CPU and wall-clock seconds, by step."""

    def __init__(self) -> None:
        self.steps: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what happens inside to `name`."""
        before = _now()
        yield
        for n, (one, other) in enumerate(zip(before, _now(), strict=True)):
            self.steps[name][n] += other - one

    def __json__(self) -> dict[str, list[float]]:
        return dict(self.steps)


def _now() -> tuple[float, float, float]:
    """This process's CPU, the server's, and the clock; the server is the process that SERVER_PID names."""
    after_name = Path(f"/proc/{os.environ['SERVER_PID']}/stat").read_text("utf-8").rpartition(")")[2].split()
    return time.process_time(), (int(after_name[11]) + int(after_name[12])) / TICK, time.perf_counter()


def connect() -> Any:
    """The official driver, signed in."""
    import neo4j

    return neo4j.GraphDatabase.driver(os.environ["NEO4J_URI"], auth=("neo4j", os.environ["NEO4J_PASSWORD"]))


def ours(count: int, at: str) -> Spent:
    """Commit the estate as a scan does."""
    from benchmarks import estate  # not above: cartography's environment has none of our libraries
    from siloscope.graph.build import Settings, build, ledger
    from siloscope.graph.commit import decide, texts, vanished
    from siloscope.graph.resolve import uncollected
    from siloscope.graph.store import open_store

    spent, seen, writes = Spent(), {}, 0
    store = open_store(f"{os.environ['NEO4J_URI']}/neo4j?estate=bench")
    told = [(row, texts(items)) for row, items in estate.slices(count)]  # what a scan's spool holds
    with spent.step("open"):
        writing = store.writing(estate.SOURCE)
        batch = writing.__enter__()
        known = store.known(estate.SOURCE)
    for row, items in told:
        with spent.step("decide"):
            change = decide(known.get(row.key), row, items, at)
        with spent.step("apply"):
            batch.apply(change, at)
        seen[row.key], writes = change.slice, writes + change.writes
    for change in vanished(known, seen):
        batch.apply(change, at)
    with spent.step("renew"):
        renewed = not writes and batch.renew(ledger(batch.slices(), Settings(), at), at, at)
    if not renewed:
        with uncollected():  # as the scanner does
            with spent.step("build"):
                graph = build(batch.live(), batch.slices(), Settings(), at, at)
            with spent.step("publish"):
                batch.publish(graph)
    with spent.step("commit"):
        writing.__exit__(None, None, None)
    store.close()
    return spent


def read_back(file: Path) -> dict[str, int]:
    """Every node and relationship of the estate, written to `file`; how many of each."""
    counts: defaultdict[str, int] = defaultdict(int)
    with connect() as driver, driver.session() as session, file.open("w", encoding="utf-8") as out:
        text = "MATCH (n {estate: 'bench'}) RETURN elementId(n), labels(n), properties(n)"
        for number, labels, props in session.run(text):
            main = next((each for each in SEEN if each in labels), "")
            rest = sorted(set(labels) - {main}) if main else sorted(labels)
            out.write(json.dumps({"node": number, "labels": [main, *rest] if main else rest, "props": props}) + "\n")
            counts["seen" if main else "kept"] += 1
        text = "MATCH (a {estate: 'bench'})-[r]->(b) RETURN elementId(a), type(r), elementId(b), properties(r)"
        for a, kind, b, props in session.run(text):
            out.write(json.dumps({"a": a, "type": kind, "b": b, "props": props}) + "\n")
            counts["links"] += 1
    return counts


Nodes = dict[tuple[str, ...], list[dict[str, Any]]]
Links = dict[tuple[str, str, str], list[dict[str, Any]]]


def rows_of(file: Path) -> tuple[Nodes, Links]:
    """The nodes by their labels, and the relationships by label, type and label; `a` and `b` are ids."""
    nodes: Nodes = defaultdict(list)
    links: Links = defaultdict(list)
    places: dict[str, tuple[str, Any]] = {}
    for line in file.open(encoding="utf-8"):
        row = json.loads(line)
        if "node" in row:
            places[row["node"]] = row["labels"][0], row["props"].get("id")
            nodes[tuple(row["labels"])].append(row["props"])
            continue
        (start, a), (end, b) = places[row["a"]], places[row["b"]]
        links[start, row["type"], end].append({"a": a, "b": b, "props": row["props"]})
    return nodes, links


def bare(nodes: Nodes, links: Links) -> Spent:
    """Load them as a script of ten lines would; every row is ready before the clock starts."""
    spent = Spent()
    with connect() as driver, driver.session() as session:
        with spent.step("constraints"):
            for label in sorted({labels[0] for labels in nodes}):
                key = "(n.estate, n.slice, n.key)" if label == "SiloscopeObservation" else "(n.estate, n.id)"
                if label in SEEN or label == "SiloscopeObservation":
                    session.run(f"CREATE CONSTRAINT FOR (n:{label}) REQUIRE {key} IS UNIQUE").consume()
        with spent.step("nodes"):
            for labels, rows in sorted(nodes.items()):
                _in_batches(session, f"UNWIND $rows AS row CREATE (n:{':'.join(labels)}) SET n = row", rows)
        with spent.step("links"):
            for (start, kind, end), rows in sorted(links.items()):
                a, b = (
                    f"({name}:{label} {{estate: 'bench', id: row.{name}}})"
                    for name, label in (("a", start), ("b", end))
                )
                text = f"UNWIND $rows AS row MATCH {a} MATCH {b} CREATE (a)-[r:{kind}]->(b) SET r = row.props"
                _in_batches(session, text, rows)
    return spent


def _in_batches(session: Any, text: str, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        session.execute_write(lambda tx, part: tx.run(text, rows=part).consume(), rows[start : start + BATCH])


def phase(name: str, count: int, file: Path) -> dict[str, Any]:
    """One measured phase, in a process of its own."""
    if name in ("first", "second"):
        return ours(count, FIRST if name == "first" else SECOND).__json__()
    if name == "read":
        return read_back(file)
    return bare(*rows_of(file)).__json__()


@contextmanager
def server(count: int) -> Iterator[Callable[..., dict[str, Any]]]:
    """A fresh server; yields a function that runs a phase against it in a process of its own."""
    from tests.servers import load

    started = load("neo4j")(heap=f"{max(2, count // 20_000)}g")
    started.start()
    try:
        assert started.process
        about = started.about() | {"SERVER_PID": str(started.process.pid)}

        def run(*asked: object, python: object = sys.executable, script: object = __file__) -> dict[str, Any]:
            command = [str(each) for each in (python, script, *asked)]
            done = subprocess.run(command, env=os.environ | about, stdout=subprocess.PIPE, check=True, text=True)
            return dict(json.loads(done.stdout.splitlines()[-1]))

        run.clear = started.clear  # type: ignore[attr-defined]
        yield run
    finally:
        started.stop()


def measure(count: int, folder: Path) -> dict[str, dict[str, Any]]:
    """Every contender on a server of its own: the phases, and how much was loaded."""
    small, large, found = folder / "small", folder / "large", {}
    with server(count) as run:
        run("--phase", "first", WARM, small)
        run("--phase", "second", WARM, small)
        run("--phase", "read", WARM, small)
        run.clear()
        found["first"] = run("--phase", "first", count, large)
        found["counts"] = run("--phase", "read", count, large)
        found["second"] = run("--phase", "second", count, large)
    with server(count) as run:
        run("--phase", "bare", WARM, small)
        run.clear()
        found["bare"] = run("--phase", "bare", count, large)
    with server(count) as run:
        peer = {"python": HOME / "bin" / "python", "script": Path(__file__).with_name("neo4j_cartography.py")}
        run(small, **peer)
        run.clear()
        found |= {f"cartography {name}": spent for name, spent in run(large, **peer).items()}
    return found


def total(spent: dict[str, list[float]]) -> list[float]:
    """Client CPU, server CPU, wall: all steps."""
    return [sum(each[n] for each in spent.values()) for n in range(3)]


LINE = "{:22} {:>8} {:>8} {:>8} {:>8}   {}"


def report(count: int, found: dict[str, dict[str, Any]]) -> None:
    """Print the figures, each beside what it is measured against."""
    counts = found.pop("counts")
    print(f"{count:,} assets: {counts['seen']:,} nodes and {counts['links']:,} relationships that people see, "
          f"{counts['kept']:,} nodes of observations and the like; seconds")  # fmt: skip
    print(LINE.format("", "client", "server", "CPU", "wall", "steps: client + server CPU"))
    sums = {}
    for name, spent in found.items():
        client, busy, wall = total(spent)
        sums[name] = client + busy
        steps = ", ".join(f"{step} {one:.1f} + {other:.1f}" for step, (one, other, _) in spent.items())
        print(LINE.format(name, f"{client:.1f}", f"{busy:.1f}", f"{client + busy:.1f}", f"{wall:.1f}", steps))
    print()
    unresolved = sums["first"] - sum(found["first"]["build"][:2])
    compare("first / bare loader", sums["first"], sums["bare"], TARGETS["bare"])
    compare("  without resolving", unresolved, sums["bare"])
    compare("second / first", sums["second"], sums["first"], TARGETS["second"])
    for name in ("first", "second"):
        compare(f"{name} / cartography", sums[name], sums[f"cartography {name}"], TARGETS["peer"])
        walls = [total(found[each])[2] for each in (name, f"cartography {name}")]
        compare("  by the clock", *walls)
    shown = sum(found["first"]["commit"][:2])  # what people see is written when the block ends, and nothing else is
    compare("  nodes and edges alone", shown, sums["cartography first"], TARGETS["peer"])


def compare(what: str, one: float, other: float, target: float | None = None) -> None:
    """A ratio of CPU seconds, and whether it is within its target."""
    goal = "" if target is None else f"  target {target:g}: {'met' if one <= target * other else 'MISSED'}"
    print(f"{what:22} {one / other:6.2f}{goal}")


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--phase"]:
        print(json.dumps(phase(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    install()
    with tempfile.TemporaryDirectory() as name:
        report(count, measure(count, Path(name)))


if __name__ == "__main__":
    main()
