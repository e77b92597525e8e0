"""Duplicates in large estates: CPU seconds, memory, growth, candidates found, beside peers on the same names.

Run: python benchmarks/duplicates.py [--sizes 10000,100000] [--peers] [--one SIZE]
Each size runs in a process of its own, so that memory is that of the size. Ratios are to sparse_dot_topn alone
(char-3 TF-IDF of the names, best 10 of each row), and to datasketch and splink where they are installed.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, How, Verb

KINDS = (
    ("mlflow.model", "mlflow"),
    ("uipath.process", "uipath"),
    ("n8n.workflow", "n8n"),
    ("glue.job", "glue"),
    ("postgres.table", "postgres"),
)
PLANTED = 0.15
_SYLLABLES = "ba co du fe gi ho ju ka le mi no pu ra se ti vo wa xe yo zu ar en is or un al em ig ot ul".split()


def words(rng: random.Random, count: int) -> list[str]:
    """Invented words: as many as a company has, few for many assets."""
    return sorted({"".join(rng.choice(_SYLLABLES) for _ in range(rng.randrange(2, 4))) for _ in range(count)})


def estate(size: int, seed: int = 1) -> tuple[Graph, list[tuple[str, str]]]:
    """A graph of `size` assets and its planted pairs: copies with another name style, some words and data changed."""
    rng = random.Random(seed)
    vocabulary = words(rng, 400 + int(size**0.6) * 4)
    assets: list[Asset] = []
    edges: list[Edge] = []
    planted: list[tuple[str, str]] = []
    while len(assets) < size:
        made = _asset(rng, len(assets), vocabulary)
        assets.append(made[0])
        edges += made[1]
        if rng.random() < PLANTED and len(assets) < size:
            copied = _copy(rng, len(assets), *made)
            planted.append((made[0].id, copied[0].id))
            assets.append(copied[0])
            edges += copied[1]
    return Graph(assets=tuple(sorted(assets, key=lambda each: each.id)), edges=tuple(edges)), planted


def _asset(rng: random.Random, number: int, vocabulary: list[str]) -> tuple[Asset, list[Edge]]:
    kind, product = KINDS[rng.randrange(5)]
    name = [vocabulary[int(len(vocabulary) * rng.random() ** 1.5)] for _ in range(rng.randrange(2, 5))]
    shape = {"v": 1, **{f"node:{vocabulary[int(60 * rng.random() ** 2)]}": 1 for _ in range(rng.randrange(2, 6))}}
    shape |= {f"column:{rng.choice(vocabulary)}_{rng.choice(vocabulary)}": 1 for _ in range(rng.randrange(3, 10))}
    shape |= {f"text:{each}": 1 for each in name if rng.random() < 0.7}
    asset = Asset(
        f"{product}://{number % 40}/x/{number:08}", kind, "_".join(name), f"{product}:{number % 40}", shape=shape
    )
    return asset, [
        _edge(asset.id, f"s3://lake-{rng.randrange(9)}/{rng.choice(vocabulary)}/{rng.choice(vocabulary)}")
        for _ in range(rng.randrange(3))
    ]


def _copy(rng: random.Random, number: int, asset: Asset, links: list[Edge]) -> tuple[Asset, list[Edge]]:
    name = asset.name.split("_")
    if rng.random() < 0.4:
        name = [*name[1:], name[0]]
    if rng.random() < 0.3:
        name.append(rng.choice(("v2", "copy", "new")))
    style = rng.choice(("-", " ", "", "_"))
    shown = style.join(name) if style else "".join(each.title() for each in name)
    shape = {key: count for key, count in asset.shape.items() if rng.random() < 0.85 or key == "v"}
    copied = Asset(
        f"{asset.id.partition('://')[0]}://{(number + 7) % 40}/x/{number:08}",
        asset.kind,
        shown,
        f"{asset.tool.partition(':')[0]}:{(number + 7) % 40}",
        shape=shape,
    )
    return copied, [_edge(copied.id, each.name) for each in links if rng.random() < 0.8]


def _edge(source: str, name: str) -> Edge:
    return Edge(source, f"outside:{name}", Verb.READS, How.OUTSIDE, name)


def one(size: int) -> dict[str, float]:
    """What finding duplicates in one estate costs."""
    from siloscope.analysis.duplicates.candidates import candidates
    from siloscope.analysis.duplicates.scoring import scored_table
    from siloscope.analysis.duplicates.table import table
    from siloscope.analysis.duplicates.weights import shipped

    graph, planted = estate(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.process_time()
    rows = table(graph)
    read = time.process_time()
    a, b = candidates(rows)
    blocked = time.process_time()
    found = scored_table(rows, shipped())
    ended = time.process_time()
    number = {each.id: n for n, each in enumerate(rows.assets)}
    pairs = {tuple(sorted((number[x], number[y]))) for x, y in planted}
    brought = pairs & set(zip(a.tolist(), b.tolist(), strict=True))
    likely = {(x, y) for x, y, s in zip(found.a.tolist(), found.b.tolist(), found.score, strict=True) if s >= 0.5}
    return {
        "size": size, "cpu": ended - begun - (blocked - read), "table": read - begun, "candidates": blocked - read, "score": ended - blocked - (blocked - read),
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "estate_mb": before, "pairs": len(a), "scored": len(found.a),
        "brought": len(brought) / len(pairs), "found": len(pairs & likely) / len(pairs), "right": len(pairs & likely) / max(len(likely), 1),
        "brute": brute(rows, set(zip(a.tolist(), b.tolist(), strict=True)), 40 if size <= 100_000 else 6),
    }  # fmt: skip


def brute(rows, brought: set[tuple[int, int]], sample: int = 40) -> float:
    """Of the likely pairs that comparing a sample with everything finds, the share that blocking brought up."""
    import numpy as np

    from siloscope.analysis.duplicates.scoring import log_odds
    from siloscope.analysis.duplicates.weights import shipped

    rng = random.Random(2)
    every = np.arange(len(rows))
    hit = missed = 0
    for each in rng.sample(range(len(rows)), min(sample, len(rows))):
        comparable = every[(rows.codes["family"] & rows.codes["family"][each] > 0) & (every != each)]
        for start in range(0, len(comparable), 50_000):
            others = comparable[start : start + 50_000]
            a, b = np.minimum(others, each), np.maximum(others, each)
            same = (rows.codes["kind"][a] == rows.codes["kind"][b]) | (rows.codes["tool"][a] != rows.codes["tool"][b])
            for x, y in zip(
                a[same][(z := log_odds(rows, a[same], b[same], shipped())) > 0], b[same][z > 0], strict=True
            ):
                hit, missed = (hit + 1, missed) if (int(x), int(y)) in brought else (hit, missed + 1)
    return hit / (hit + missed) if hit + missed else 1.0


def peers(size: int) -> Iterator[tuple[str, float, float]]:
    """(peer, CPU seconds, share of planted pairs brought up) on the names of the same estate."""
    graph, planted = estate(size)
    names = [each.name for each in graph.assets]
    number = {each.id: n for n, each in enumerate(graph.assets)}
    pairs = {tuple(sorted((number[x], number[y]))) for x, y in planted}
    for name, run in (("sparse_dot_topn alone", _topn), ("datasketch MinHash LSH", _lsh), ("splink", _splink)):
        begun = time.process_time()
        try:
            found = run(names)
        except ImportError as missing:
            print(f"  {name}: not installed ({missing.name})")
            continue
        yield name, time.process_time() - begun, len(pairs & found) / len(pairs)


def _topn(names: list[str]) -> set[tuple[int, int]]:
    from siloscope.analysis.similar import top, vectors

    matrix = vectors(names)
    found = top(matrix, matrix, 11, 0.2).tocoo()
    return {(x, y) for x, y in zip(found.row.tolist(), found.col.tolist(), strict=True) if x < y}


def _lsh(names: list[str]) -> set[tuple[int, int]]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.5, num_perm=64)
    hashes = []
    for n, name in enumerate(names):
        text = f" {name.lower()} "
        each = MinHash(num_perm=64)
        each.update_batch([text[at : at + 3].encode() for at in range(len(text) - 2)])
        hashes.append(each)
        index.insert(n, each)
    return {(n, other) for n, each in enumerate(hashes) for other in index.query(each) if n < other}


def _splink(names: list[str]) -> set[tuple[int, int]]:
    import logging

    import pyarrow as pa
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    rows = pa.table({"unique_id": range(len(names)), "name": [each.lower() for each in names]})
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[cl.JaroWinklerAtThresholds("name")],
        blocking_rules_to_generate_predictions=[block_on("substr(name, 1, 5)")],
    )
    linker = Linker(DuckDBAPI().register(rows, dataset_display_name="names"), settings, log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(max_pairs=1e5, seed=1)
    found = linker.inference.predict(threshold_match_probability=0.001).as_record_list()
    return {(min(row["unique_id_l"], row["unique_id_r"]), max(row["unique_id_l"], row["unique_id_r"])) for row in found}


def main() -> None:
    """Each size in a process; then growth, then peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--one", type=int)
    parser.add_argument("--peers", type=int, default=0, metavar="SIZE")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.one)))
        return
    rows = []
    for size in given.sizes.split(","):
        text = subprocess.run(
            [sys.executable, __file__, "--one", size], check=True, capture_output=True, text=True
        ).stdout
        row = json.loads(text)
        rows.append(row)
        print(
            f"{row['size']:>9,} assets: {row['cpu']:8.1f} CPU s (table {row['table']:.1f}, candidates {row['candidates']:.1f}, scores {row['score']:.1f}), {row['mb']:,.0f} MB "
            f"({row['estate_mb']:,.0f} of them the estate), {row['pairs']:,} candidates, planted brought up {row['brought']:.3f}, found {row['found']:.3f}, "
            f"findings right {row['right']:.3f}, of brute force {row['brute']:.3f}"
        )
    for small, large in pairwise(rows):
        print(f"growth n^{math.log(large['cpu'] / small['cpu']) / math.log(large['size'] / small['size']):.2f}")
    if given.peers:
        ours = one(given.peers)
        for name, cpu, share in peers(given.peers):
            print(
                f"  {name}: {cpu:.1f} CPU s, planted {share:.3f}; siloscope {ours['cpu']:.1f} CPU s, {ours['brought']:.3f}: ratio {ours['cpu'] / cpu:.2f}"
            )


if __name__ == "__main__":
    main()
