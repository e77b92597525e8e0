"""The tables of docs/accuracy.md, and its plot.

Run: python -m benchmarks.accuracy.report [--seeds N] [--split held] [--peers] [--plot FILE]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.accuracy import corpus, n8n_estate, second, vendors
from benchmarks.accuracy.graphs import scored
from benchmarks.accuracy.labels import Estate, Labels, Two
from benchmarks.accuracy.measure import Measured, best_threshold, calibration_error, measure
from benchmarks.accuracy.peers import PEERS
from benchmarks.accuracy.plots import calibration_svg


def pooled(runs: Iterable[tuple[Mapping[Two, float], Labels]], threshold: float | None = 0.5) -> Measured:
    """Several estates counted as one; without a threshold, the best by the truth."""
    scores: dict[Two, float] = {}
    labels = Labels()
    for n, (found, truth) in enumerate(runs):
        scores |= {(f"{n} {a}", f"{n} {b}"): score for (a, b), score in found.items()}
        labels.same |= {(f"{n} {a}", f"{n} {b}"): kind for (a, b), kind in truth.same.items()}
        labels.traps |= {(f"{n} {a}", f"{n} {b}"): kind for (a, b), kind in truth.traps.items()}
        labels.unknown |= {(f"{n} {a}", f"{n} {b}") for a, b in truth.unknown}
    return measure(scores, labels, best_threshold(scores, labels) if threshold is None else threshold)


def estates(what: str, split: str, seeds: int) -> list[Estate]:
    """The labelled estates of one kind."""
    if what == "vendors":
        return [vendors.make(seed=500 + n, split=split) for n in range(seeds * 3)]
    bases = corpus.read(clean=what != "n8n-raw")
    found = []
    for seed in range(500, 500 + seeds):
        with tempfile.TemporaryDirectory() as folder:
            make = second.make if what == "second" else n8n_estate.make
            found.append(make(bases, Path(folder), seed=seed, split=split))
    return found


def classes(measured: Measured) -> str:
    """Recall by class of copy, share wrongly found by class of trap, as a table."""
    lines = ["| class | found | of | |", "|---|---|---|---|"]
    lines += [f"| {kind} | {hit} | {every} | {hit / every:.3f} |" for kind, (hit, every) in measured.recalls.items()]
    lines += [
        f"| *{kind}* (none is right) | {hit} | {every} | {hit / every:.3f} |"
        for kind, (hit, every) in measured.traps.items()
    ]
    return "\n".join(lines)


def row(name: str, measured: Measured, note: str = "") -> str:
    """One line of a table of methods."""
    return (
        f"| {name} | {measured.precision:.3f} | {measured.recall:.3f} | {measured.f1:.3f} | "
        f"{measured.average_precision:.3f} | {note or f'{measured.threshold:.2f}'} |"
    )


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["n8n", "second", "vendors"])
    parser.add_argument("--split", default="held", choices=corpus.SPLITS)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    plots = []
    for what, colour in zip(given.what, ("#1f77b4", "#d62728", "#2ca02c"), strict=False):
        made = estates(what, given.split, given.seeds)
        ours = pooled([(scored(each.graph), each.labels) for each in made])
        print(
            f"\n### {what}, {given.split}: {sum(len(each.graph.assets) for each in made):,} assets in {len(made)} estates\n"
        )
        print("| method | precision | recall | F1 | average precision | threshold |\n|---|---|---|---|---|---|")
        print(row("**siloscope**", ours, "0.50, frozen"))
        for name, run in PEERS.items() if given.peers else ():
            print(row(name, pooled([(run(each), each.labels) for each in made], None), "best by the truth"), flush=True)
        print(
            f"\n{classes(ours)}\n\ncalibration error {calibration_error(ours.bins):.3f}: "
            + ", ".join(f"{each.mean:.2f} -> {each.right:.2f} ({each.count})" for each in ours.bins),
            flush=True,
        )
        plots.append((f"{what}, {given.split}", colour, ours.bins))
    if given.plot:
        given.plot.write_text(calibration_svg(plots), encoding="utf-8")


if __name__ == "__main__":
    main()
