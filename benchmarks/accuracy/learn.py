"""What `siloscope learn` does to accuracy on pairs that nobody labelled.

Run: python -m benchmarks.accuracy.learn [--split dev|held] [--per N] [--labels N]...
"""

from __future__ import annotations

import argparse
import random
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.accuracy import corpus, n8n_estate
from benchmarks.accuracy.labels import Estate, Two, two
from benchmarks.accuracy.measure import Measured, measure
from siloscope.analysis.duplicates import Weights, scored, shipped
from siloscope.analysis.feedback import Label
from siloscope.analysis.learning import relearn

SEEDS = (1, 2, 3)


def scores(estate: Estate, weights: Weights) -> dict[Two, float]:
    """The scored pairs of an estate by asset ids."""
    found = scored(estate.graph, weights)
    ids = [each.id for each in found.table.assets]
    pairs = zip(found.a.tolist(), found.b.tolist(), found.score.tolist(), strict=True)
    return {two(ids[a], ids[b]): score for a, b, score in pairs}


def without(estate: Estate, found: dict[Two, float], known: set[Two]) -> Measured:
    """Accuracy on the pairs that are not among `known`."""
    same = {pair: kind for pair, kind in estate.labels.same.items() if pair not in known}
    return measure(
        {pair: score for pair, score in found.items() if pair not in known}, replace(estate.labels, same=same)
    )


def main() -> None:
    """Label some scored pairs by the truth, learn, and measure on all others; then without labels."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.learn", description=__doc__)
    parser.add_argument("--split", default="dev", choices=corpus.SPLITS)
    parser.add_argument("--per", type=int, default=20)
    parser.add_argument("--labels", type=int, nargs="*", default=[60, 150])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        estate = n8n_estate.make(corpus.read(clean=True), Path(folder), seed=5, per=given.per, split=given.split)
    before = scores(estate, shipped())
    pairs = sorted(pair for pair in before if pair not in estate.labels.unknown)
    tell("no labels", estate, before, set(), relearn(estate.graph, []).weights(shipped()))
    for count in given.labels:
        for seed in SEEDS:
            picked = random.Random(seed).sample(pairs, min(count, len(pairs)))
            learned = relearn(estate.graph, [Label(*pair, pair in estate.labels.same) for pair in picked])
            tell(learned.how, estate, before, set(picked), learned.weights(shipped()))


def tell(what: str, estate: Estate, before: dict[Two, float], known: set[Two], weights: Weights) -> None:
    """One line: F1 and average precision on the other pairs, with the shipped weights and the learned ones."""
    old, new = without(estate, before, known), without(estate, scores(estate, weights), known)
    print(
        f"{what[:12]:12}  F1 {old.f1:.3f} -> {new.f1:.3f}  "
        f"average precision {old.average_precision:.3f} -> {new.average_precision:.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
