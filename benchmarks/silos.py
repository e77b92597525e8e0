"""Structure analyses of a large estate: CPU seconds and memory, beside igraph, networkx and networkit on one graph.

An estate of 1,000,000 assets in 4,000 tools and 40 departments with 5,000,000 dependencies: seven of ten within one
of 2,000 teams, one in twenty to one of five landing buckets, one in twenty to one of 500 places outside, the rest
anywhere.
Records are made beforehand, dependencies as integer columns; a record of a dependency is made when a rule names it. The
target is 90 CPU seconds and 4 GB for everything together.

Peers do one job each on the same edges, in an environment of their own (`.cache/peers`; igraph is GPL and networkit
slow to import), every one in a process of its own. networkx gets a twentieth of the graph: its time there times twenty
is what it would take at least.

Run: python benchmarks/silos.py [ASSETS]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from siloscope.analysis import RULES
from siloscope.analysis.silos import fragmentation, pairings
from siloscope.analysis.silos.columns import columns
from siloscope.analysis.silos.organisation import organisation
from siloscope.analysis.silos.structure import cuts
from siloscope.analysis.silos.verdicts import verdicts
from siloscope.graph.communities import communities, named
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, How, Outside, Slice, Tool, Verb, Visibility

CACHE = Path(__file__).resolve().parents[1] / ".cache"
PEERS = ("igraph", "networkit", "networkx", "numpy", "scipy")
PLACES = 500
TARGET = 90.0
OURS = ("isolated-tool", "closed-silo", "one-way-silo", "single-bridge", "hidden-share", "uncontracted-dependency", "bridge-candidate")  # fmt: skip


class Dependencies(Sequence[Edge]):
    """Edges that are made when they are asked for, as a columnar store has them."""

    def __init__(self, ends: np.ndarray, ids: list[str]) -> None:
        self.ends, self.ids = ends, ids

    def __len__(self) -> int:
        return int(self.ends.shape[1])

    def __getitem__(self, number: Any) -> Any:
        a, b = (self.ids[int(each)] for each in self.ends[:, number])
        return Edge(a, b, Verb.READS, How.EXACT, b, "args")

    def __iter__(self) -> Iterator[Edge]:
        return (self[number] for number in range(len(self)))


def estate(size: int, seed: int = 1) -> Graph:
    """The graph; equal for equal arguments."""
    rng = np.random.default_rng(seed)
    links, teams = 5 * size, max(size // 500, 2)
    tools, departments = max(size // 250, 8), min(40, max(size // 2500, 4))
    team = np.sort(rng.integers(0, teams, size))
    start = np.searchsorted(team, np.arange(teams + 1))
    a = rng.integers(0, size, links)
    mates = start[team[a]] + (rng.random(links) * np.diff(start)[team[a]]).astype(np.int64)
    b = np.where(rng.random(links) < 0.7, mates, rng.integers(0, size, links))
    kind = rng.random(links)
    b = np.where(kind < 0.05, rng.integers(0, 5, links), b)
    b = np.where(kind > 0.95, size + rng.integers(0, PLACES, links), b)
    tool = (team * tools // teams).tolist()
    department = (team * departments // teams).tolist()
    words = "order customer parcel route price claim invoice depot stock churn".split()
    assets = tuple(
        Asset(
            f"n8n://t{tool[n]}/workflow/{n:07}",
            "n8n.workflow",
            f"{words[n % 10]} {words[n // 10 % 10]} {n % 99_991}",
            f"n8n:t{tool[n]}",
            department=f"Department {department[n]:02}",
            owner="o" if n % 3 else None,
            source=f"s{tool[n] % 50}",
            sources=(f"s{tool[n] % 50}",),
        )
        for n in range(size)
    )
    places = tuple(Outside(f"outside:s3://place-{n:03}", f"s3://place-{n:03}") for n in range(PLACES))
    ledger = tuple(Slice(f"s{n}", "things", "x", visibility=Visibility.ALL) for n in range(50))
    held = tuple(
        Tool(f"n8n:t{n}", "n8n", "n8n", f"t{n}", f"Department {n * departments // tools:02}") for n in range(tools)
    )
    graph = Graph("scan", "2026-01-01T00:00:00Z", held, assets, (), places, ledger)
    ends = np.stack([a, b])
    ids = [*(each.id for each in assets), *(each.id for each in places)]
    graph.__dict__.update(ends=ends, dependencies=Dependencies(ends, ids))
    return graph


def measured(name: str, work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and its CPU seconds; a line is printed."""
    start = time.process_time()
    result = work()
    spent = time.process_time() - start
    print(f"{name:48}{spent:8.1f} CPU s   peak {peak():6.0f} MiB", flush=True)
    return result, spent


def peak() -> float:
    """The most memory that this process held, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(size: int) -> dict[str, float]:
    """Every structure analysis in turn."""
    graph, _ = measured(f"the estate itself, {size:,} assets (not counted)", lambda: estate(size))
    graph.number  # noqa: B018 - the index of nodes is part of the graph
    nodes = size + PLACES
    spent: dict[str, float] = {}
    labels, spent["communities"] = measured("communities", lambda: communities(graph.ends, nodes))
    names, spent["names"] = measured("their names", lambda: named(labels, [each.id for each in graph.assets]))
    for asset, name in zip(graph.assets, names, strict=True):
        object.__setattr__(asset, "silo", name)
    _, spent["components"] = measured("components", lambda: graph.components)
    found, spent["cuts"] = measured("articulation points and bridges", lambda: cuts(graph.ends, nodes))
    _, spent["columns"] = measured("columns: tools, departments, communities", lambda: [columns(graph).units(each) for each in ("tool", "department", "community")])  # fmt: skip
    whole, spent["organisation"] = measured(
        "E-I, assortativity, modularity with their nulls", lambda: organisation(graph)
    )
    told, spent["verdicts"] = measured("verdicts, with conductance and structural holes", lambda: verdicts(graph))
    for rule in OURS:
        _, spent[rule] = measured(f"rule {rule}", lambda rule=rule: sum(1 for _ in RULES[rule](graph)))
    _, spent["pairings"] = measured("the mapper, all pairs of departments", lambda: sum(1 for _ in pairings(graph)))
    _, spent["fragmentation"] = measured("the headline", lambda: fragmentation(graph))
    total = sum(spent.values())
    e_i = whole.e_i
    print(f"{len(set(labels.tolist())):,} communities, {len(found.points):,} articulation points", end=", ")
    print(f"{len(found.bridges):,} bridges, {len(told):,} verdicts", end=", ")
    print(f"E-I {e_i.value:.3f} (null {e_i.null:.3f}, p {e_i.p:.3f})")
    target = TARGET * size / 1e6
    met = "met" if total <= target and peak() <= 4096 else "MISSED"
    print(f"{'everything':48}{total:8.1f} CPU s   peak {peak():6.0f} MiB   target {target:.0f} CPU s, 4096 MiB: {met}")
    np.save(CACHE / "silos-ends.npy", graph.ends)
    return spent


PEER_CODE = """
import json, sys, time
import numpy as np
what, file, nodes, part = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
ends = np.load(file)
if part < 1:
    nodes = int(nodes * part); ends = ends[:, (ends < nodes).all(axis=0)]
    more = np.random.default_rng(1).integers(0, nodes, (2, max(0, 5 * nodes - ends.shape[1]))); ends = np.concatenate([ends, more], axis=1)
ends = ends[:, ends[0] != ends[1]]
if what == "igraph":
    import igraph
    start = time.process_time(); g = igraph.Graph(nodes, ends.T.tolist()).simplify(); spent = {"build": time.process_time() - start}
    jobs = {"communities": lambda: g.community_leiden("modularity", n_iterations=2), "components": lambda: g.connected_components(),
            "cuts": lambda: (g.articulation_points(), g.bridges())}
elif what == "networkit":
    import networkit as nk
    start = time.process_time(); g = nk.GraphFromCoo((np.ones(ends.shape[1]), (ends[0].copy(), ends[1].copy())), nodes); g.removeMultiEdges(); spent = {"build": time.process_time() - start}
    jobs = {"communities": lambda: nk.community.ParallelLeiden(g, randomize=True, iterations=3).run(),
            "components": lambda: nk.components.ConnectedComponents(g).run(), "cuts": lambda: nk.components.BiconnectedComponents(g).run()}
else:
    import networkx as nx
    start = time.process_time(); g = nx.Graph(); g.add_nodes_from(range(nodes)); g.add_edges_from(ends.T.tolist()); spent = {"build": time.process_time() - start}
    jobs = {"communities": lambda: nx.community.louvain_communities(g, seed=1), "components": lambda: list(nx.connected_components(g)),
            "cuts": lambda: (list(nx.articulation_points(g)), list(nx.bridges(g)))}
for name, job in jobs.items():
    start = time.process_time(); job(); spent[name] = time.process_time() - start
spent["peak"] = int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))) / 1024
print(json.dumps(spent))
"""


def peers(size: int, spent: dict[str, float]) -> None:
    """Each peer in a process of its own; ratios are ours to theirs, building their graph included for each job."""
    python = CACHE / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(CACHE / "peers")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    for name, part in (("igraph", 1.0), ("networkit", 1.0), ("networkx", 0.05)):
        command = [str(python), "-c", PEER_CODE, name, str(CACHE / "silos-ends.npy"), str(size + PLACES), str(part)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            print(f"{name}: {ended.stderr.strip().splitlines()[-1]}")
            continue
        told = json.loads(ended.stdout)
        rows = [f"build {told['build'] / part:.1f}"]
        for job in ("communities", "components", "cuts"):
            theirs = told[job] / part
            rows.append(f"{job} {theirs:.1f} (ours {spent[job] / (theirs + told['build'] / part):.2f} x with building)")
        scaled = "" if part == 1 else f", on {part:.0%} of the graph, times {1 / part:.0f}"
        print(f"{name}: CPU s {', '.join(rows)}; peak {told['peak']:.0f} MiB{scaled}", flush=True)


def main() -> None:
    """Run and print."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    CACHE.mkdir(exist_ok=True)
    peers(size, ours(size))


if __name__ == "__main__":
    main()
