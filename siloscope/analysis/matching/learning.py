"""What the evidence is worth, learnt from the tables themselves: no labels.

Where a record has at most one partner, a pair that is the best of both its records by far is a positive
example, and every other pair of those two records a negative one. Logistic regression on these examples
gives weights, the weights give better pairs, and so on. Whether a record has a partner at all is then read
from two heaps: the scores of chosen pairs, and those of the next best, which are strangers that came close.

After the first turn, one look whether a table holds copies of its own records: then a record of the other
table has several partners, and its further pairs are no negative examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from siloscope.analysis.matching.evidence import Evidence

TURNS = 5
RIDGE = 20.0
SURE = 0.5  # share of the first pairs, those with the widest lead, that are learnt from
COPIES = 0.1  # share of matched records with a further, equally good partner, above which a table holds copies
_CLEAR = 2.2  # log-odds of nine in ten
_BLOCK = 128
_SCALE = 10.0  # scores are some tens wide


@dataclass(frozen=True, slots=True)
class Learnt:
    """Pairs with their log-odds; `single[side]` says whether a row of that side has at most one partner.

    `rows` are the sizes of the two tables.
    """

    rows: tuple[int, int]
    a: np.ndarray
    b: np.ndarray
    odds: np.ndarray
    single: tuple[bool, bool]


def learn(evidence: Evidence, single: tuple[bool, bool] | None = None) -> Learnt:
    """The log-odds of each candidate pair to be one thing; without `single` it is found out."""
    return _Learner(evidence).run(single)


class _Learner:
    def __init__(self, evidence: Evidence) -> None:
        self.rows = evidence.rows
        self.a, self.b = evidence.candidates()
        values = np.column_stack(list(evidence.signals(self.a, self.b).values())).astype(np.float64)
        spread = values.std(axis=0)
        self.record = values[:, 0]
        self.signals = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1) if len(values) else values
        self.single = (True, True)

    def run(self, single: tuple[bool, bool] | None) -> Learnt:
        if not len(self.a):
            return Learnt(self.rows, self.a, self.b, np.zeros(0), single or self.single)
        best, rival = self._rivals(self.record)
        lead = np.where(best, self.record - np.maximum(rival, 0), -np.inf)
        chosen = best & (lead >= np.quantile(lead[best], 1 - SURE))
        score, odds = self._turn(chosen, self._doubtful(chosen))
        self.single = single or self._copies(score, self._rivals(score)[0] & (odds >= 0), odds)
        for _ in range(TURNS - 1):
            chosen = self._rivals(score)[0] & (odds >= 0)
            if not any(self.single) or not chosen.any():  # nobody is known to be a stranger any more
                break
            score, odds = self._turn(chosen, np.zeros(len(score), dtype=bool))
        return Learnt(self.rows, self.a, self.b, odds, self.single)

    def _turn(self, chosen: np.ndarray, doubtful: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score and log-odds of every pair, learnt from the chosen pairs and all others of their single records."""
        known = chosen.copy()
        for side, rows in enumerate((self.a, self.b)):
            if self.single[side]:
                known |= np.isin(rows, rows[chosen])
        known &= ~doubtful
        weights = logistic(self.signals[known], chosen[known], RIDGE)
        score = np.einsum("ij,j->i", self.signals, weights[:-1]) + weights[-1]
        _, rival = self._rivals(np.where(doubtful, -np.inf, score))
        return score, _odds(score, self._rivals(score)[0], chosen, rival)

    def _doubtful(self, chosen: np.ndarray) -> np.ndarray:
        """Pairs that compete with a chosen one and are nearly as good: perhaps copies, so no examples of strangers."""
        found = np.zeros(len(chosen), dtype=bool)
        for side, rows in enumerate((self.a, self.b)):
            reached = np.full(self.rows[side], np.inf)
            reached[rows[chosen]] = self.record[chosen]
            found |= self.record > 0.9 * reached[rows]
        doubtful: np.ndarray = found & ~chosen
        return doubtful

    def _rivals(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether a pair is the best of both its records, and the best score of another pair of either; -inf for none.

        A record that may have several partners has no best and no rivals.
        """
        best = np.ones(len(score), dtype=bool)
        rival = np.full(len(score), -np.inf)
        for side, rows in enumerate((self.a, self.b)):
            if not self.single[side]:
                continue
            order = np.lexsort((-score, rows))
            starts = np.flatnonzero(np.r_[True, np.diff(rows[order]) != 0])
            first, second = (np.full(self.rows[side], -np.inf) for _ in range(2))
            first[rows[order[starts]]] = score[order[starts]]
            after = starts[np.diff(np.r_[starts, len(order)]) > 1] + 1
            second[rows[order[after]]] = score[order[after]]
            leads = np.zeros(len(score), dtype=bool)
            leads[order[starts]] = True
            best &= leads
            rival = np.maximum(rival, np.where(leads, second[rows], first[rows]))
        return best, rival

    def _copies(self, score: np.ndarray, chosen: np.ndarray, odds: np.ndarray) -> tuple[bool, bool]:
        """Whether each side is single: the other table holds hardly any copies of its own records.

        A copy is a record without a partner whose score with a matched record is hardly below its partner's.
        """
        if not chosen.any():
            return True, True
        least = score[chosen].std() / 2
        found = []
        for side, (rows, others) in enumerate(((self.a, self.b), (self.b, self.a))):
            reached = np.full(self.rows[side], np.inf)
            reached[rows[chosen]] = score[chosen]
            copies = (odds >= _CLEAR) & (score > reached[rows] - least) & ~np.isin(others, others[chosen])
            found.append(bool(len(np.unique(rows[copies])) <= COPIES * chosen.sum()))
        return found[0], found[1]


def logistic(signals: np.ndarray, same: np.ndarray, ridge: float) -> np.ndarray:
    """Weights of a ridge logistic regression by Newton's method, the constant last."""
    rows = np.column_stack([signals, np.ones(len(signals))])
    weights = np.zeros(rows.shape[1])
    penalty = np.full(rows.shape[1], ridge)
    penalty[-1] = 1e-6
    for _ in range(50):
        chance = expit(np.einsum("ij,j->i", rows, weights))
        slope = np.einsum("ij,i->j", rows, same - chance) - penalty * weights
        step = np.linalg.solve(_squares(rows, chance * (1 - chance)) + np.diag(penalty), slope)
        weights += step
        if np.abs(step).max() < 1e-4:
            break
    return weights


def _squares(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weighted sum of products of every two columns, shape (columns, columns).

    In small blocks, which no library spreads over cores: the sum is the same on every machine.
    """
    short = -len(rows) % _BLOCK
    left = np.pad(rows * weight[:, None], ((0, short), (0, 0))).reshape(-1, _BLOCK, rows.shape[1])
    right = np.pad(rows, ((0, short), (0, 0))).reshape(-1, _BLOCK, rows.shape[1])
    found: np.ndarray = np.matmul(left.transpose(0, 2, 1), right).sum(axis=0)
    return found


def _odds(score: np.ndarray, best: np.ndarray, chosen: np.ndarray, rival: np.ndarray) -> np.ndarray:
    """From scores to log-odds: partners against strangers that came as close as strangers come."""
    partners, strangers = score[chosen], rival[chosen & np.isfinite(rival)]
    if not len(strangers):
        return score
    values = np.concatenate([partners, strangers])[:, None] / _SCALE
    slope, constant = logistic(values, np.arange(len(values)) < len(partners), 0.01)
    odds = score / _SCALE * slope + constant + np.log(len(strangers) / len(partners))
    prior = 0.0
    for _ in range(50):  # the share of best pairs that are partners, by expectation-maximisation
        share = float(np.clip(expit(odds[best] + prior).mean(), 0.001, 0.999))
        prior = float(np.log(share / (1 - share)))
    found: np.ndarray = odds + prior
    return found
