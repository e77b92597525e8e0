"""Communities on LFR graphs: agreement with the planted ones, beside igraph's Leiden, Louvain and Infomap.

The graphs are networkx's LFR generator's, 1,000 and 5,000 nodes, mixing .1 to .6, ten seeds each, at two densities. The
peers are GPL and run in an environment of their own (`.cache/peers`), never in ours; there the score is measured too:
adjusted mutual information (AMI) by scikit-learn, 1 for the planted partition and 0 for chance. All four see the same
edges. Infomap takes the best of five two-level trials, igraph's Leiden runs until nothing improves.

Run: python benchmarks/communities.py [SEEDS] [SIZE ...]
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import networkx as nx
import numpy as np

from siloscope.graph.communities import communities

CACHE = Path(__file__).resolve().parents[1] / ".cache"
PEERS = ("igraph", "infomap", "scikit-learn", "numpy")
MIXING = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
COMMON = {"tau2": 1.5, "max_degree": 50, "min_community": 20, "max_community": 100}
DENSITY = {
    "degree 20": {"tau1": 2.5, "average_degree": 20, **COMMON},
    "degree 10": {"tau1": 3, "average_degree": 10, **COMMON},
}
CLOSE = 0.0005  # a difference below this is none: it is the third digit of a mean


def graph(density: str, size: int, mixing: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges, shape (n, 2), and the planted label of each node; kept in the cache."""
    file = CACHE / "lfr" / f"{density.replace(' ', '-')}-{size}-{mixing}-{seed}.npz"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, **dict(zip(("edges", "labels"), _made(DENSITY[density], size, mixing, seed), strict=True)))
    held = np.load(file)
    return held["edges"], held["labels"]


def _made(kind: dict[str, float], size: int, mixing: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A new graph; where the generator gives up on a seed, the next seed a thousand further is taken."""
    for again in range(50):
        try:
            made = nx.LFR_benchmark_graph(size, mu=mixing, seed=seed + 1000 * again, max_iters=200, **kind)
        except nx.ExceededMaxIterations:
            continue
        made.remove_edges_from(list(nx.selfloop_edges(made)))
        labels = np.zeros(size, dtype=np.int64)
        for number, members in enumerate(sorted({frozenset(made.nodes[n]["community"]) for n in made}, key=min)):
            labels[list(members)] = number
        return np.array(sorted(made.edges())), labels
    raise RuntimeError(f"no graph of {size} nodes at {mixing} from seed {seed}")


def peer_python() -> Path:
    """The interpreter of the peers' environment, made when it is not there."""
    python = CACHE / "peers" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(CACHE / "peers")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return python


PEER_CODE = """
import json, random, sys, warnings
import numpy as np, igraph
from infomap import Infomap
from sklearn.metrics import adjusted_mutual_info_score as ami
warnings.simplefilter("ignore")
for line in sys.stdin:
    file, ours = json.loads(line)
    held = np.load(file); edges, truth = held["edges"], held["labels"]; size = len(truth)
    random.seed(1)
    graph = igraph.Graph(size, edges.tolist())
    leiden = graph.community_leiden("modularity", n_iterations=-1).membership
    louvain = graph.community_multilevel().membership
    flow = Infomap(silent=True, two_level=True, num_trials=5, seed=1)
    flow.add_links([(int(a), int(b)) for a, b in edges])
    flow.run()
    module = flow.get_modules()
    infomap = [module.get(n, -n - 1) for n in range(size)]
    found = {"siloscope": ours, "Leiden": leiden, "Louvain": louvain, "Infomap": infomap}
    print(json.dumps({name: ami(truth, labels) for name, labels in found.items()}), flush=True)
"""


def main() -> None:
    """Run and print a row a kind of graph."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    sizes = [int(each) for each in sys.argv[2:]] or [1000, 5000]
    command = [str(peer_python()), "-W", "ignore", "-c", PEER_CODE]
    missed = 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as peers:  # fmt: skip
        assert peers.stdin is not None
        assert peers.stdout is not None
        print(f"AMI, mean of {seeds} seeds{'':9}siloscope   Leiden  Louvain  Infomap   best peer   CPU s")
        for size in sizes:
            for density in DENSITY:
                for mixing in MIXING:
                    scores: dict[str, list[float]] = defaultdict(list)
                    spent = 0.0
                    for seed in range(seeds):
                        edges, labels = graph(density, size, mixing, seed)
                        start = time.process_time()
                        ours = communities(edges.T, len(labels))
                        spent += time.process_time() - start
                        file = CACHE / "lfr" / f"{density.replace(' ', '-')}-{size}-{mixing}-{seed}.npz"
                        peers.stdin.write(json.dumps([str(file), ours.tolist()]) + "\n")
                        peers.stdin.flush()
                        for name, value in json.loads(peers.stdout.readline()).items():
                            scores[name].append(value)
                    mean = {name: float(np.mean(values)) for name, values in scores.items()}
                    best = max(mean[name] for name in ("Leiden", "Louvain", "Infomap"))
                    met = mean["siloscope"] >= best - CLOSE
                    missed += not met
                    row = "".join(f"{mean[name]:9.4f}" for name in ("siloscope", "Leiden", "Louvain", "Infomap"))
                    verdict = "met" if met else "MISSED"
                    print(
                        f"N {size}, {density}, mixing {mixing:.1f} {row}   {verdict:>9}{spent / seeds:8.2f}", flush=True
                    )
    print(f"rows in which a peer is better by more than {CLOSE}: {missed}")


if __name__ == "__main__":
    main()
