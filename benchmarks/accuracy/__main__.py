"""Measure labelled estates.

Run: python -m benchmarks.accuracy [n8n] [--split dev|held] [--seed N] [--per N] [--peers] [--worst N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.accuracy import corpus, n8n_estate
from benchmarks.accuracy.graphs import scored
from benchmarks.accuracy.labels import Estate
from benchmarks.accuracy.measure import Measured, calibration_error, measure


def table(measured: Measured) -> str:
    """One method on one estate, as text."""
    head = (
        f"precision {measured.precision:.3f}  recall {measured.recall:.3f}  F1 {measured.f1:.3f}  "
        f"average precision {measured.average_precision:.3f}  calibration error {calibration_error(measured.bins):.3f}  "
        f"({measured.right} right of {measured.found} found, {measured.same} to find)"
    )
    lines = [head]
    lines += [f"  recall {kind:16} {hit / every:.3f}  {hit}/{every}" for kind, (hit, every) in measured.recalls.items()]
    lines += [f"  false  {kind:16} {hit / every:.3f}  {hit}/{every}" for kind, (hit, every) in measured.traps.items()]
    lines += [
        f"  score {each.low:.2f}-{each.high:.2f}: {each.count:5} pairs, mean {each.mean:.3f}, right {each.right:.3f}"
        for each in measured.bins
    ]
    return "\n".join(lines)


def worst(estate: Estate, scores: dict[tuple[str, str], float], count: int) -> str:
    """The wrong pairs with the highest scores, and for each class some that were missed."""
    labels, asset = estate.labels, estate.graph.asset
    wrong = sorted(
        (-score, pair) for pair, score in scores.items() if pair not in labels.same and pair not in labels.unknown
    )
    lines = [
        f"  wrong {-score:.3f} {labels.traps.get(pair, '')!r} {asset[pair[0]].name!r} | {asset[pair[1]].name!r} {pair}"
        for score, pair in wrong[:count]
    ]
    missed = sorted((kind, pair) for pair, kind in labels.same.items() if scores.get(pair, 0) < 0.5)
    by_kind: dict[str, int] = {}
    for kind, pair in missed:
        by_kind[kind] = by_kind.get(kind, 0) + 1
        if by_kind[kind] <= count:
            lines.append(
                f"  missed {kind} {scores.get(pair, 0):.3f} {asset[pair[0]].name!r} | {asset[pair[1]].name!r} {pair}"
            )
    return "\n".join(lines)


def main() -> None:
    """Parse, make, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("what", nargs="*", default=["n8n"])
    parser.add_argument("--split", default="dev", choices=corpus.SPLITS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per", type=int, default=40)
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--worst", type=int, default=0)
    given = parser.parse_args()
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        bases = corpus.read(clean=not given.raw)
        estate = n8n_estate.make(bases, Path(folder), seed=given.seed, per=given.per, split=given.split)
    print(
        f"{estate.name}: {len(estate.graph.assets)} assets, {len(estate.labels.same)} pairs the same, {len(estate.labels.traps)} traps, {time.process_time() - begun:.1f} CPU s to make"
    )
    begun = time.process_time()
    scores = scored(estate.graph)
    print(f"siloscope: {len(scores)} pairs scored in {time.process_time() - begun:.1f} CPU s")
    print(table(measure(scores, estate.labels)))
    if given.worst:
        print(worst(estate, scores, given.worst))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
