"""Weights from labelled pairs: a logistic regression over hat functions, a penalty on steep and on needless weights.

An answer lies between two knots and weighs what lies between their weights, so every weight reads as the log-odds that
an answer adds. Where the order of answers is known (more alike speaks for, more apart against) weights keep that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from siloscope.analysis.duplicates.weights import Scale, hats

Knots = Mapping[str, Sequence[float]]
Pairs = Mapping[tuple[str, str], tuple[Sequence[float], Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which terms there are, with their knots; those whose weights only rise or only fall; the strength of penalties."""

    knots: Knots
    together: Pairs
    rising: frozenset[str]
    falling: frozenset[str]
    ridge: float = 0.02
    steep: float = 0.05
    joint: float = 0.15


def fit(values: Mapping[str, np.ndarray], same: np.ndarray, weight: np.ndarray, plan: Plan, certain: Mapping[str, float]) -> Scale:
    """The weights that make labelled pairs most likely; `weight` counts pairs, certain terms are taken as they are."""
    offset = np.sum([np.where(values[name] == 1, each, 0) for name, each in certain.items()], axis=0)
    basis = {name: hats(values[name], knots) for name, knots in plan.knots.items()}
    joint = {key: _outer(hats(values[key[0]], one), hats(values[key[1]], other)) for key, (one, other) in plan.together.items()}
    blocks = [np.ones((len(same), 1)), *(each @ _stairs(each.shape[1]) for each in basis.values()), *joint.values()]
    design = sparse.csr_matrix(np.hstack(blocks))
    bounds: list[tuple[float | None, float | None]] = [(None, None)]
    penalty = [0.0]
    for name, each in basis.items():
        step = (0.0, None) if name in plan.rising else (None, 0.0) if name in plan.falling else (None, None)
        bounds += [(None, None), *([step] * (each.shape[1] - 1))]
        penalty += [plan.ridge, *([plan.steep] * (each.shape[1] - 1))]
    for each in joint.values():
        bounds += [(None, None)] * each.shape[1]
        penalty += [plan.joint] * each.shape[1]
    theta = _minimised(design, offset, same, weight, np.array(penalty), bounds)
    return _read(theta, plan, basis)


def _minimised(design, offset, same, weight, penalty, bounds) -> np.ndarray:
    sign, total = np.where(same, 1.0, -1.0), 2 * weight[same].sum()

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (design @ theta + offset)
        value = (weight * np.logaddexp(0, -margin)).sum() / total * 1000 + (penalty * theta**2).sum()
        pull = -sign * weight / (1 + np.exp(np.clip(margin, -50, 50)))
        return value, design.T @ pull / total * 1000 + 2 * penalty * theta

    options = {"maxiter": 3000, "maxfun": 4000}
    return minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x


def _read(theta: np.ndarray, plan: Plan, basis: Mapping[str, np.ndarray]) -> Scale:
    terms, together, at = {}, {}, 1
    for name, each in basis.items():
        size = each.shape[1]
        terms[name] = (plan.knots[name], [round(float(w), 3) for w in np.cumsum(theta[at : at + size])])
        at += size
    for key, (one, other) in plan.together.items():
        size = len(one) * len(other)
        rows = theta[at : at + size].reshape(len(one), len(other))
        together[key] = (one, other, [[round(float(w), 3) for w in row] for row in rows])
        at += size
    return Scale(round(float(theta[0]), 3), terms, together)


def _stairs(size: int) -> np.ndarray:
    """Turns steps from knot to knot into weights."""
    return np.tril(np.ones((size, size)))


def _outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("pi,pj->pij", left, right).reshape(len(left), -1)
