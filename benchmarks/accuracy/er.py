"""Match the public pairs of tables: siloscope and its peers, in one run, on the full tables, without labels.

Run: python -m benchmarks.accuracy.er [--markdown] [--half]; the peers come with `uv pip install --group peers`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.accuracy import er_sets
from benchmarks.accuracy.er_peers import PEERS, Scored
from benchmarks.accuracy.er_sets import Pairs, Tables
from benchmarks.accuracy.measure import harmonic
from siloscope import match

Line = tuple[float, float, float, float]


def measured(found: Scored, gold: Pairs, oracle: bool) -> tuple[float, float, float]:
    """Precision, recall and F1 over all gold pairs; for an oracle at the threshold of the best F1."""
    best = (0.0, 0.0, 0.0)
    right = 0
    rows = sorted(found, key=lambda row: -row[2])
    for count, (a, b, score) in enumerate(rows, start=1):
        right += (a, b) in gold
        last = count == len(rows)
        if (oracle and (last or rows[count][2] < score)) or (last and not oracle):
            line = right / count, right / len(gold), harmonic(right / count, right / len(gold))
            best = max(best, line, key=lambda each: each[2])
    return best


def line(run: Callable[[Tables], Scored], tables: Tables, oracle: bool) -> Line:
    """What a method reaches on a pair of tables, and its CPU seconds."""
    begun = time.process_time()
    found = run(tables)
    return (*measured(found, tables.gold, oracle), time.process_time() - begun)


def ours(tables: Tables) -> Scored:
    """Siloscope's own."""
    return list(match(tables.left, tables.right))


def main() -> None:
    """Run every method on every pair of tables and print what each reaches."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.er", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="the table of docs/accuracy.md")
    parser.add_argument("--half", action="store_true", help="half of each table, so that most records are alone")
    given = parser.parse_args()
    sets = [er_sets.half(each) if given.half else each for each in er_sets.tables()]
    if not sets:
        raise SystemExit(f"no tables under {er_sets.CORPORA}/er: set SILOSCOPE_CORPORA")
    match(sets[0].left[:50], sets[0].right[:50])  # imports are not measured
    found = {"siloscope match": [line(ours, each, oracle=False) for each in sets]}
    for peer in PEERS:
        try:
            found[peer.name] = [line(peer.run, each, peer.oracle) for each in sets]
        except ImportError as error:
            print(f"{peer.name}: not run, {error}")
    (markdown if given.markdown else text)(sets, found)


def text(sets: list[Tables], found: dict[str, list[Line]]) -> None:
    """For reading in a terminal."""
    for each in sets:
        print(f"{each.name}: {len(each.left)} x {len(each.right)} records, {len(each.gold)} pairs the same")
    print(f"{'':46}" + "".join(f"{each.name:>26}" for each in sets) + f"{'mean F1':>10}")
    for name, lines in found.items():
        cells = "".join(f"{p:8.3f}{r:6.3f}{f:6.3f}{seconds:5.0f}s" for p, r, f, seconds in lines)
        print(f"{name:46}{cells}{sum(f for _, _, f, _ in lines) / len(lines):10.3f}")
    print("precision, recall, F1, CPU seconds")


def markdown(sets: list[Tables], found: dict[str, list[Line]]) -> None:
    """For the documentation."""
    print("| | " + " | ".join(each.name for each in sets) + " | mean |")
    print("|---" * (len(sets) + 2) + "|")
    for name, lines in found.items():
        cells = " | ".join(f"{100 * f:.1f} ({100 * p:.1f}, {100 * r:.1f})" for p, r, f, _ in lines)
        print(f"| {name} | {cells} | {100 * sum(f for _, _, f, _ in lines) / len(lines):.1f} |")


if __name__ == "__main__":
    main()
