"""What evidence of duplicates weighs here: learned from what people said, or without labels from the estate itself.

The shipped weights are frozen. `relearn` never touches them: it finds by how much each kind of evidence counts more or
less here (a factor on the shipped weights of a term) and how far the prior moves, and stays close to what was shipped
unless the labels insist. With too few labels only the prior is learned, by expectation-maximisation over all pairs
compared: how many of them are the same, if the shipped weights are right (Saerens, Latinne, Decaestecker 2002).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from siloscope.analysis.duplicates.candidates import candidates
from siloscope.analysis.duplicates.compare import SCALE, SCALES
from siloscope.analysis.duplicates.scoring import portions, values_of
from siloscope.analysis.duplicates.table import Table, table
from siloscope.analysis.duplicates.weights import Scale, Weights, dump, shipped
from siloscope.analysis.feedback import WEIGHTS, Feedback, Label
from siloscope.graph.store import Verdict
from siloscope.graph.view import Graph
from siloscope.model import digest, dumps

if TYPE_CHECKING:
    from siloscope.graph.store import Store

ENOUGH = 20  # labels, of which at least
OF_EACH = 5  # say the same, and as many that they are different
PULL = 4.0  # how many labels it takes, about, to move a factor half of the way
FACTORS = (0.2, 3.0)
SHIFT = 3.0
SHARE = 0.04  # of the pairs that the shipped weights were fitted to, as many were the same
_TURNS = 200


@dataclass(frozen=True, slots=True)
class Learned:
    """What differs from the shipped weights: factors by term (1 is as shipped), what is added to the prior by scale.

    `base` says from which shipped weights it was learned, `how` from what; `same` and `different` count the labels
    used; `right` is how many of them the shipped and the learned weights get right, at one half.
    """

    base: str
    how: str
    shifts: Mapping[str, float]
    factors: Mapping[str, float]
    same: int = 0
    different: int = 0
    right: tuple[int, int] = (0, 0)

    def weights(self, base: Weights) -> Weights:
        """The shipped weights with the factors and the shifts applied."""
        return replace(base, scales={name: self._scale(name, each) for name, each in base.scales.items()})

    def _scale(self, name: str, scale: Scale) -> Scale:
        def times(term: str, values: Sequence[float]) -> list[float]:
            return [round(each * self.factors.get(term, 1.0), 4) for each in values]

        return Scale(
            round(scale.prior + self.shifts.get(name, 0.0), 4),
            {term: (knots, times(term, values)) for term, (knots, values) in scale.terms.items()},
            {
                pair: (knots, others, [times(pair[0], row) for row in rows])
                for pair, (knots, others, rows) in scale.together.items()
            },
        )


def fingerprint(base: Weights) -> str:
    """Which weights these are."""
    return digest(dump(base))


def in_force(feedback: Feedback) -> tuple[Weights, Learned | None]:
    """The weights that count: the shipped ones, changed by what was learned from these very ones."""
    base = shipped()
    if feedback.weights is None:
        return base, None
    told = json.loads(feedback.weights)
    learned = Learned(**{**told, "right": tuple(told["right"])})
    return (learned.weights(base), learned) if learned.base == fingerprint(base) else (base, learned)


def keep(store: Store, learned: Learned | None, at: str) -> None:
    """Let a store remember what was learned, or with None go back to the shipped weights."""
    store.set_verdict(WEIGHTS, Verdict("learned", dumps(asdict(learned)), at) if learned else None)


def usable(labels: Sequence[Label], rows: Table) -> list[tuple[int, int, bool]]:
    """The labels of assets that are there and can be compared, as rows of the table, the smaller first."""
    number = {each.id: n for n, each in enumerate(rows.assets)}
    found = [(number[each.a], number[each.b], each.same) for each in labels if each.a in number and each.b in number]
    return sorted((min(a, b), max(a, b), same) for a, b, same in found)


def relearn(graph: Graph, labels: Sequence[Label]) -> Learned:
    """What to change of the shipped weights: by the labels when there are enough, else the prior by itself."""
    base, rows = shipped(), table(graph)
    known = usable(labels, rows)
    same = sum(each[2] for each in known)
    if len(known) >= ENOUGH and min(same, len(known) - same) >= OF_EACH:
        return _from_labels(base, rows, known)
    few = f"{len(known)} labels, {same} of them the same: fewer than {ENOUGH}, or than {OF_EACH} of either kind"
    shifts, count = _from_estate(base, rows)
    return Learned(fingerprint(base), f"{count} pairs without labels ({few})", shifts, {})


def _from_estate(base: Weights, rows: Table) -> tuple[dict[str, float], int]:
    """(shift of each scale's prior, pairs compared)."""
    a, b = candidates(rows)
    held: dict[str, list[np.ndarray]] = {name: [] for name in base.scales}
    for values in portions(rows, a, b):
        odds = base.total(values)
        for code, name in enumerate(SCALES):
            held[name].append(odds[values[SCALE] == code])
    return {name: estimate_prior(np.concatenate(each)) for name, each in held.items() if sum(map(len, each))}, len(a)


def _from_labels(base: Weights, rows: Table, known: Sequence[tuple[int, int, bool]]) -> Learned:
    a, b, same = (np.array(each) for each in zip(*known, strict=True))
    parts = base.parts(values_of(rows, a, b))
    fixed = parts.pop("prior") + np.sum([parts.pop(each) for each in base.certain], axis=0)
    terms: dict[str, np.ndarray] = {}
    for name, values in parts.items():  # two terms together count with the first
        first = name.partition("+")[0]
        terms[first] = terms.get(first, 0.0) + values
    shift, factors = fit(terms, fixed, same)
    before = fixed + np.sum(list(terms.values()), axis=0)
    after = fixed + shift + np.sum([factors[name] * values for name, values in terms.items()], axis=0)
    right = tuple(int(((each >= 0) == same).sum()) for each in (before, after))
    count = int(same.sum())
    return Learned(
        fingerprint(base),
        f"{len(same)} labels",
        dict.fromkeys(base.scales, shift),
        {name: factor for name, factor in factors.items() if factor != 1.0},
        count,
        len(same) - count,
        (right[0], right[1]),
    )


def fit(terms: Mapping[str, np.ndarray], fixed: np.ndarray, same: np.ndarray) -> tuple[float, dict[str, float]]:
    """(shift of the prior, factor of each term) that explain labels, close to 0 and 1 where labels say little.

    Args:
        terms: By name, what the term adds to each labelled pair, in log-odds; shape (labels,).
        fixed: What is added whatever was learned; shape (labels,).
        same: Whether the two are the same; shape (labels,).
    """
    names = sorted(terms)
    matrix = np.column_stack([np.ones(len(same)), *(terms[each] for each in names)])
    sign = np.where(same, 1.0, -1.0)
    start = np.array([0.0, *(1.0 for _ in names)])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (fixed + matrix @ theta)
        value = np.logaddexp(0, -margin).sum() + PULL * ((theta - start) ** 2).sum() / 2
        return value, -(matrix * (sign * expit(-margin))[:, None]).sum(axis=0) + PULL * (theta - start)

    bounds = [(-SHIFT, SHIFT), *(FACTORS for _ in names)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x.round(3)
    return float(found[0]), dict(zip(names, found[1:].tolist(), strict=True))


def estimate_prior(odds: np.ndarray, share: float = SHARE) -> float:
    """By how much all log-odds move when not `share` of the pairs are the same, but as many as the odds themselves say.

    Args:
        odds: Log-odds of each pair compared, right where `share` of such pairs are the same; shape (pairs,).
        share: That share, 0 to 1. The estimate starts there; the move stays within `SHIFT`.
    """
    before = float(logit(share))
    shift = 0.0
    for _ in range(_TURNS):
        now = float(np.clip(expit(odds + shift).mean(), 1e-9, 1 - 1e-9))
        new = float(np.clip(logit(now) - before, -SHIFT, SHIFT))
        if abs(new - shift) < 1e-6:
            break
        shift = new
    return round(shift, 3)


def changed(base: Weights, learned: Learned) -> list[dict[str, Any]]:
    """Rows (term, shipped, learned, factor): the priors, then the terms whose weights changed, the most first.

    What stands for a term is its greatest weight on any scale, in log-odds.
    """
    after = learned.weights(base)
    rows: list[dict[str, Any]] = [
        {"term": f"prior ({name})", "shipped": each.prior, "learned": after.scales[name].prior, "factor": None}
        for name, each in base.scales.items()
    ]
    for name, factor in sorted(learned.factors.items(), key=lambda each: (-abs(each[1] - 1), each[0])):
        most = [_greatest(weights, name) for weights in (base, after)]
        rows.append({"term": name, "shipped": most[0], "learned": most[1], "factor": factor})
    return rows


def _greatest(weights: Weights, term: str) -> float:
    return max((each for scale in weights.scales.values() for each in scale.terms.get(term, ((), (0.0,)))[1]), key=abs)
