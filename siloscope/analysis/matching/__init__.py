"""Which records of two tables are the same thing, without a single label.

from siloscope import match
for left, right, score in match(crm_customers, billing_accounts): ...
"""

from __future__ import annotations

from typing import Any, NamedTuple

from siloscope.analysis.matching.evidence import Evidence
from siloscope.analysis.matching.learning import learn
from siloscope.analysis.matching.pairing import stand
from siloscope.analysis.matching.tables import tables

__all__ = ["Match", "match"]


class Match(NamedTuple):
    """Row `left` of the left table and row `right` of the right one, counted from 0, and the probability."""

    left: int
    right: int
    score: float


def match(left: Any, right: Any, *, one_to_one: bool | None = None, threshold: float = 0.5) -> list[Match]:
    """The pairs of records of two tables that are the same thing, sorted by row.

    What evidence is worth is learnt from the two tables themselves (see `learning`), so there is nothing to label
    or to tune, and nothing depends on what columns are called. A record without a partner stays without one.

    Args:
        left: A list of mappings, column to value, or a mapping (or data frame), column to list of values.
        right: The same; columns of one name are compared, others by what they hold.
        one_to_one: Whether a record has at most one partner. Without it that is found out: a table that holds
            copies of its own records lets the other's records have several.
        threshold: Pairs of a lower probability are left out, 0 to 1.

    Raises:
        ValueError: A table is neither, or the threshold is no probability.
    """
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold {threshold}: not between 0 and 1")
    from scipy.special import expit

    both = tables(left, right)
    if not both.left or not both.right:
        return []
    learnt = learn(Evidence(both), None if one_to_one is None else (one_to_one, one_to_one))
    kept = stand(learnt, threshold)
    rows = zip(learnt.a[kept].tolist(), learnt.b[kept].tolist(), expit(learnt.odds[kept]).tolist(), strict=True)
    return [Match(a, b, round(score, 4)) for a, b, score in rows]
