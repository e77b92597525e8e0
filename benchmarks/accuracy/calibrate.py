"""The weights that ship: fitted to the development splits of both labelled sets, never to what is held back.

Run: python -m benchmarks.accuracy.calibrate [--seeds N] [--scale NAME] [--write]
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.accuracy import corpus, n8n_estate, second, vendors
from benchmarks.accuracy.fitting import Plan, fit
from benchmarks.accuracy.labels import Estate, two
from siloscope.analysis.duplicates.candidates import candidates
from siloscope.analysis.duplicates.compare import SCALE, SCALES, Values
from siloscope.analysis.duplicates.scoring import values_of
from siloscope.analysis.duplicates.table import table
from siloscope.analysis.duplicates.weights import Weights, dump, shipped

PLACE = Path(__file__).resolve().parents[2] / "siloscope/analysis/duplicates/weights.toml"
HEAD = """# What each answer weighs, in log-odds: fitted once by `python -m benchmarks.accuracy.calibrate`, then frozen.
# A term's answers lie between 0 and 1; between two knots of `at` the weight lies between the two of `weighs`."""
_ALIKE = [0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1]
_COARSE = [0, 0.2, 0.45, 0.7, 1]
SIMILAR = ("name", "object", "said", "set", "field", "place", "data", "line", "opt", "step", "product", "trait", "letters", "whole", "part", "core", "inner")  # fmt: skip
_ONLY = {
    "other": [0, 0.15, 0.3, 0.45, 0.6, 0.8, 1],
    "swap": [0, 0.1, 0.2, 0.3, 0.45, 0.6],
    "gone": [0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8],
    "lost": [0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8],
    "vanished": [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8],
    "theme": [-0.6, -0.3, -0.15, -0.05, 0, 0.05, 0.15, 0.3, 0.5],
    "even": [0.3, 0.6, 0.8, 0.9, 1],
    "filled": [-0.4, -0.2, 0, 0.1, 0.2, 0.3, 0.45, 0.6],
    "template": [-0.6, -0.4, -0.25, -0.1, 0, 0.1, 0.25],
}
_TOGETHER = (
    ("said", "line"),
    ("core", "whole"),
    ("said", "core"),
    ("letters", "whole"),
    ("gone", "whole"),
    ("object", "whole"),
    ("lost", "even"),
    ("vanished", "even"),
    ("vanished", "said"),
)
_KNOTS = {
    "gone": [0, 0.1, 0.3, 0.6],
    "lost": [0, 0.1, 0.25, 0.5],
    "vanished": [0, 0.05, 0.15, 0.4],
    "even": [0.3, 0.7, 0.85, 1],
}
PLANS = {
    "facts": Plan(
        knots={name: [0, 0.2, 0.4, 0.6, 0.8, 1] for name in ("name", "letters", "object", "said", "field", "place", "data", "step", "trait", "whole", "core")}
        | {"other": [0, 0.3, 0.7, 1], "called": [0, 0.01, 0.34, 0.67, 1]} | {name: [0, 1] for name in ("schedule", "owner", "region")},
        together={(name, other): (at, [0, 0.3, 0.7]) for name, at in (("called", [0, 0.34, 0.67, 1]), ("letters", [0, 0.4, 0.7, 1])) for other in ("data", "field", "place", "said")},
        rising=frozenset(SIMILAR) | {"schedule", "owner", "region", "called"},
        falling=frozenset({"other"}),
    ),
    "definition": Plan(
        knots=dict.fromkeys(SIMILAR, _ALIKE) | _ONLY,
        together={pair: tuple(_KNOTS.get(each, _COARSE) for each in pair) for pair in _TOGETHER},
        rising=frozenset(SIMILAR),
        falling=frozenset({"other", "swap", "gone", "filled", "lost", "vanished", "theme"}),
        steep=0.25,
    ),
}  # fmt: skip
CERTAIN = {
    "definition": 8.0,
    "identical": 8.0,
    "stage": -30.0,
    "version": -30.0,
    "linked": -12.0,
    "layer": -8.0,
    "stranger": -4.0,
}
HARD = 3.0  # what a hard negative counts for: there are few of them, and they are what people meet


def labelled(estate: Estate) -> tuple[Values, np.ndarray]:
    """(values, classes) of an estate's candidates: `=` and the class for the same, the trap's, `unknown`, or `none`."""
    rows = table(estate.graph)
    a, b = candidates(rows)
    labels, ids = estate.labels, [each.id for each in rows.assets]

    def named(pair: tuple[str, str]) -> str:
        if pair in labels.unknown:
            return "unknown"
        return f"={labels.same[pair]}" if pair in labels.same else labels.traps.get(pair, "none")

    return values_of(rows, a, b), np.array([named(two(ids[x], ids[y])) for x, y in zip(a, b, strict=True)])


def estates(seeds: Iterable[int], split: str = "dev", *, clean: bool = True) -> list[Estate]:
    """Both labelled sets for some seeds."""
    bases = corpus.read(clean=clean)
    found = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            found.append(n8n_estate.make(bases, Path(folder) / "first", seed=seed, split=split))
            found.append(second.make(bases, Path(folder) / "second", seed=seed, split=split))
        found += [vendors.make(seed=seed * 10 + n, split=split) for n in range(3)]
    return found


def weights(rows: list[tuple[Values, np.ndarray]], plans: Mapping[str, Plan] = PLANS) -> Weights:
    """The weights fitted to labelled pairs; a scale without a plan stays as it ships.

    Pairs that nobody decided on do not count, nor those that certain terms decide.
    """
    classes = np.concatenate([each for _, each in rows])
    values = {name: np.concatenate([each[name] for each, _ in rows]) for name in rows[0][0]}
    settled = np.any([values[name] == 1 for name in ("stage", "version", "linked", "layer")], axis=0)
    scales = dict(shipped().scales)
    for code, name in enumerate(SCALES):
        if name not in plans:
            continue
        use = (classes != "unknown") & ~settled & (values[SCALE] == code)
        same = np.char.startswith(classes[use], "=")
        count = np.where(~same & (classes[use] != "none"), HARD, 1.0)
        scales[name] = fit({key: each[use] for key, each in values.items()}, same, count, plans[name], CERTAIN)
    return Weights(scales, CERTAIN)


def main() -> None:
    """Make, fit, say, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--scale", choices=SCALES, action="append", help="only this one; both unless given")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = [labelled(each) for each in estates(range(101, 101 + given.seeds))]
    found = weights(rows, {name: PLANS[name] for name in given.scale or SCALES})
    print(Counter(np.concatenate([each for _, each in rows]).tolist()))
    text = dump(found, HEAD)
    if given.write:
        PLACE.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
