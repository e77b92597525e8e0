"""What each answer weighs: frozen with the package in `weights.toml`, so that scores do not drift from scan to scan.

A weight is in log-odds. A term has knots between 0 and 1 and a weight at each; an answer between two knots weighs what
lies between. `together` holds what two answers weigh beyond each by itself. `certain` holds what no data decided: what
rules a pair in or out by definition.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from siloscope.analysis.duplicates.compare import SCALE, SCALES, Values


@dataclass(frozen=True, slots=True)
class Scale:
    """A prior and, by the name of the term, (knots, weights); of two terms, (knots, knots, rows of weights)."""

    prior: float
    terms: Mapping[str, tuple[Sequence[float], Sequence[float]]]
    together: Mapping[tuple[str, str], tuple[Sequence[float], Sequence[float], Sequence[Sequence[float]]]]

    def parts(self, values: Values) -> dict[str, np.ndarray]:
        """What each term adds for each pair, by the term's name; two terms together are named `one+other`."""
        found = {"prior": np.full(len(next(iter(values.values()))), self.prior)}
        for name, (knots, weights) in self.terms.items():
            found[name] = hats(values[name], knots) @ np.asarray(weights, dtype=float)
        for (one, other), (knots, others, rows) in self.together.items():
            left, right = hats(values[one], knots), hats(values[other], others)
            found[f"{one}+{other}"] = np.einsum("pi,ij,pj->p", left, np.asarray(rows, dtype=float), right)
        return found


@dataclass(frozen=True, slots=True)
class Weights:
    """The scale for pairs whose definitions are both known in detail, the one for all others, and what is certain."""

    scales: Mapping[str, Scale]
    certain: Mapping[str, float]

    def parts(self, values: Values) -> dict[str, np.ndarray]:
        """What each term adds for each pair; each pair is weighed on the scale that fits what is known of it."""
        size = len(values[SCALE])
        found: dict[str, np.ndarray] = {}
        for code, name in enumerate(SCALES):
            rows = np.flatnonzero(values[SCALE] == code)
            if len(rows):
                for term, part in self.scales[name].parts({key: each[rows] for key, each in values.items()}).items():
                    found.setdefault(term, np.zeros(size))[rows] = part
        for name, weight in self.certain.items():
            found[name] = np.where(values[name] == 1, weight, 0.0)
        return found

    def total(self, values: Values) -> np.ndarray:
        """The log-odds of each pair."""
        return np.sum(list(self.parts(values).values()), axis=0) if len(values[SCALE]) else np.zeros(0)


def hats(values: np.ndarray, knots: Sequence[float]) -> np.ndarray:
    """Shape (values, knots): how near each value is to each knot; rows sum to 1, to 0 where nothing is known."""
    out = np.zeros((len(values), len(knots)))
    rows = np.flatnonzero(~np.isnan(values))
    if len(knots) == 1:
        out[rows, 0] = 1
        return out
    at = np.asarray(knots, dtype=float)
    clipped = np.clip(values[rows], at[0], at[-1])
    place = np.clip(np.searchsorted(at, clipped, side="right") - 1, 0, len(at) - 2)
    share = (clipped - at[place]) / (at[place + 1] - at[place])
    out[rows, place] = 1 - share
    out[rows, place + 1] = share
    return out


def parse(text: str) -> Weights:
    """The weights in the text of a `weights.toml`."""
    document = tomllib.loads(text)
    scales = {
        name: Scale(
            float(row["prior"]),
            {term: (each["at"], each["weighs"]) for term, each in row.get("term", {}).items()},
            {tuple(each["of"]): (*each["at"], each["weighs"]) for each in row.get("together", [])},
        )
        for name, row in document.items()
        if name in SCALES
    }
    return Weights(scales, document["certain"])


def dump(weights: Weights, head: str = "") -> str:
    """The text of a `weights.toml`; `parse` reads it back."""
    lines = [*head.strip().splitlines(), "", "[certain]"]
    lines += [f"{name} = {weight}" for name, weight in weights.certain.items()]
    for scale, row in weights.scales.items():
        lines += ["", f"[{scale}]", f"prior = {row.prior}"]
        for name, (knots, values) in row.terms.items():
            lines += ["", f"[{scale}.term.{name}]", f"at = {list(knots)}", f"weighs = {list(values)}"]
        for (one, other), (knots, others, rows) in row.together.items():
            lines += [
                "",
                f"[[{scale}.together]]",
                f'of = ["{one}", "{other}"]',
                f"at = [{list(knots)}, {list(others)}]",
            ]
            lines += ["weighs = [", *(f"  {list(each)}," for each in rows), "]"]
    return "\n".join(lines).lstrip() + "\n"


@cache
def shipped() -> Weights:
    """The weights that come with the package."""
    return parse(files("siloscope.analysis.duplicates").joinpath("weights.toml").read_text("utf-8"))
