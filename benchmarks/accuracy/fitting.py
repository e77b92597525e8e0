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


def fit(
    values: Mapping[str, np.ndarray], same: np.ndarray, weight: np.ndarray, plan: Plan, certain: Mapping[str, float]
) -> Scale:
    """The weights that make labelled pairs most likely; `weight` counts pairs, certain terms are taken as they are."""
    offset = np.sum([np.where(values[name] == 1, each, 0) for name, each in certain.items()], axis=0)
    basis = {name: hats(values[name], knots) for name, knots in plan.knots.items()}
    joint = {
        key: _outer(hats(values[key[0]], one), hats(values[key[1]], other))
        for key, (one, other) in plan.together.items()
    }
    turns = {name: _turn(len(plan.knots[name]), name, plan) for name in basis}
    blocks = [np.ones((len(same), 1)), *(each @ turns[name] for name, each in basis.items()), *joint.values()]
    design = sparse.csr_matrix(np.hstack(blocks))
    bounds: list[tuple[float | None, float | None]] = [(None, None)]
    penalty = [0.0]
    for name, turn in turns.items():
        ordered = name in plan.rising or name in plan.falling
        bounds += [(0.0, None) if ordered else (None, None)] * turn.shape[1]
        penalty += [plan.steep if ordered else plan.ridge] * turn.shape[1]
    for each in joint.values():
        bounds += [(None, None)] * each.shape[1]
        penalty += [plan.joint] * each.shape[1]
    theta = _minimised(design, offset, same, weight, np.array(penalty), bounds)
    return _read(theta, plan, turns)


def _minimised(design, offset, same, weight, penalty, bounds) -> np.ndarray:
    sign, total = np.where(same, 1.0, -1.0), 2 * weight[same].sum()

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (design @ theta + offset)
        value = (weight * np.logaddexp(0, -margin)).sum() / total * 1000 + (penalty * theta**2).sum()
        pull = -sign * weight / (1 + np.exp(np.clip(margin, -50, 50)))
        return value, design.T @ pull / total * 1000 + 2 * penalty * theta

    options = {"maxiter": 3000, "maxfun": 4000}
    return minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x


def _read(theta: np.ndarray, plan: Plan, turns: Mapping[str, np.ndarray]) -> Scale:
    terms, together, at = {}, {}, 1
    for name, turn in turns.items():
        weights = turn @ theta[at : at + turn.shape[1]]
        terms[name] = (plan.knots[name], [round(float(each), 3) for each in weights])
        at += turn.shape[1]
    for key, (one, other) in plan.together.items():
        size = len(one) * len(other)
        rows = theta[at : at + size].reshape(len(one), len(other))
        together[key] = (one, other, [[round(float(w), 3) for w in row] for row in rows])
        at += size
    return Scale(round(float(theta[0]), 3), terms, together)


def _turn(size: int, name: str, plan: Plan) -> np.ndarray:
    """Turns parameters into the weights of a term's knots.

    An ordered term's parameters are steps, none negative: up from nothing for what speaks for, down from nothing for
    what speaks against, so that full agreement never speaks against and none never for.
    """
    if (name not in plan.rising and name not in plan.falling) or size == 1:
        return np.eye(size)
    up = np.tril(np.ones((size, size)))[:, 1:]
    down = -np.triu(np.ones((size, size)))[:, :-1]
    rising = np.hstack([up, down])
    return rising if name in plan.rising else -rising


def _outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("pi,pj->pij", left, right).reshape(len(left), -1)
