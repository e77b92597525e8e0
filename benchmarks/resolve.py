"""How fast mentions become edges: 1,000,000 references over 100,000 assets, beside a plain dictionary join.

The peer joins the same rows by exact name in a Python dictionary and collects the same number of tuples: what
linking costs at the very least, without containment, aliases, outside nodes or one edge a pair. CPU seconds, best of
three; peak memory of one run by tracemalloc. The target is at most 10 CPU seconds.

Run: python benchmarks/resolve.py [REFERENCES]
"""

from __future__ import annotations

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from siloscope.graph.resolve import Aliases, Claims, resolve
from siloscope.model import Asset, Reference, Verb

# Of a hundred mentions: how many name a claimed thing exactly, lie inside one, or lie outside.
EXACT, INSIDE = 45, 35
JOB = "arn:aws:glue:eu-west-1:111122223333:job/job"


def estate(references: int) -> tuple[list[Asset], list[Reference]]:
    """Assets and references in a fixed random order; no two references are alike."""
    rng = random.Random(11)
    size = max(references // 10, 10)
    assets = [
        Asset(f"{JOB}-{n}", "glue.job", f"job {n}", "glue:1", (f"s3://lake-{n % 997}/t{n}",))
        for n in range(size)
    ]  # fmt: skip
    rows = []
    for n in range(references):
        pick, at = rng.randrange(100), rng.randrange(size)
        claimed = f"s3://lake-{at % 997}/t{at}"
        if pick < EXACT:
            name = claimed
        elif pick < EXACT + INSIDE:
            name = f"{claimed}/dt=2024/part-{n % 50}.parquet"
        else:
            name = f"host://db-{at % 500}.corp.example:5432/risk/public/t{n % 2000}"
        rows.append(Reference(assets[rng.randrange(size)].id, Verb.READS, name, f"args[{n % 9}]"))
    return assets, rows


def ours(assets: list[Asset], references: list[Reference]) -> int:
    """Edges made."""
    edges, _ = resolve({each.id: each for each in assets}, references, Claims(assets, Aliases()))
    return len(edges)


def peer(assets: list[Asset], references: list[Reference]) -> int:
    """Rows joined by exact name."""
    claims = {name: asset.id for asset in assets for name in (asset.id, *asset.names)}
    return len([(each.source, claims.get(each.name), each.verb, each.name) for each in references])


def seconds(work: Callable[..., Any], *arguments: Any) -> float:
    """CPU seconds, the best of three."""
    best = float("inf")
    for _ in range(3):
        gc.collect()
        start = time.process_time()
        work(*arguments)
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    """Run and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    assets, references = estate(count)
    mine, base = seconds(ours, assets, references), seconds(peer, assets, references)
    tracemalloc.start()
    edges = ours(assets, references)
    peak = tracemalloc.get_traced_memory()[1]
    print(f"{count:,} references over {len(assets):,} assets -> {edges:,} edges")
    print(f"resolve          {mine:8.2f} CPU s   {count / mine:12,.0f} references a CPU second")
    print(f"dictionary join  {base:8.2f} CPU s   ratio {mine / base:.1f}")
    print(f"peak memory      {peak / 2**20:8.0f} MiB  beyond the input")
    print(f"target           {10 * count / 1_000_000:8.2f} CPU s   {'met' if mine <= 10 * count / 1e6 else 'MISSED'}")


if __name__ == "__main__":
    main()
