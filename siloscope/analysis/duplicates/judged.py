"""What people said, laid over scored pairs: their word decides, and a rejected pair holds no cluster together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from siloscope.analysis.duplicates.scoring import Scored, groups, log_odds
from siloscope.analysis.duplicates.weights import Weights
from siloscope.analysis.feedback import Feedback
from siloscope.model import Evidence

_SAME = 0.5


def judged(found: Scored, weights: Weights, feedback: Feedback) -> Scored:
    """The scored pairs with people's word on them, and those said to be the same that were not scored."""
    number = {each.id: n for n, each in enumerate(found.table.assets)}
    said = {
        tuple(sorted((number[each.a], number[each.b]))): each
        for each in feedback.labels
        if each.a in number and each.b in number
    }
    if not said:
        return found
    known = set(zip(found.a.tolist(), found.b.tolist(), strict=True))
    more = sorted(pair for pair, each in said.items() if each.same and pair not in known)
    a, b = np.array(more, dtype=np.int64).reshape(-1, 2).T
    logit = np.concatenate([found.logit, log_odds(found.table, a, b, weights)])
    a, b = np.concatenate([found.a, a]), np.concatenate([found.b, b])
    word = np.array(
        [said[pair].evidence.weight if pair in said else 0.0 for pair in zip(a.tolist(), b.tolist(), strict=True)]
    )
    order = np.lexsort((b, a))
    return replace(
        found,
        a=a[order],
        b=b[order],
        logit=logit[order],
        word=word[order],
    )


def word_on(found: Scored, feedback: Feedback, n: int) -> list[Evidence]:
    """The sentence that a person's word adds to the scored pair number `n`."""
    one, other = found.table.assets[int(found.a[n])], found.table.assets[int(found.b[n])]
    label = feedback.label(one.id, other.id)
    return [label.evidence] if label else []


def rejected(found: Scored, loose: list[int]) -> list[list[int]]:
    """Groups of assets that would be one cluster, had nobody said of every pair that it is not.

    `loose` are the numbers of scored pairs that are in no cluster.
    """
    if found.word is None:
        return []
    machine = 1 / (1 + np.exp(-found.logit))
    against = [n for n in loose if found.word[n] < 0 and machine[n] >= _SAME]
    pairs = {(int(found.a[n]), int(found.b[n])) for n in against}
    likely = {(int(found.a[n]), int(found.b[n])) for n in loose if machine[n] >= _SAME}
    whole = groups(found.a[against], found.b[against])
    return [each for each in whole if not _within(likely - pairs, each)]


def _within(pairs: set[tuple[int, int]], group: list[int]) -> bool:
    members = set(group)
    return any(a in members and b in members for a, b in pairs)
