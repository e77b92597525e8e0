"""The smallest set of rules that contradict each other: what can be left out is, then smaller sets are tried."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

R = TypeVar("R")
# So many sets of rules are tried for one that is smaller than the one known.
_TRIES = 400


def headline(proven: bool) -> str:
    """What stands above the rules that contradict each other; `proven`: no other set of them is smaller."""
    if proven:
        return "no plan is possible; the smallest set of rules that contradict each other:"
    return "no plan is possible; the rules that contradict each other, none of which can be left out:"


def smallest(rules: Sequence[R], impossible: Callable[[Sequence[R]], bool]) -> tuple[list[R], bool]:
    """Rules that are impossible together though any fewer of them are possible, and whether no other set is smaller.

    What stands last is left out first: halves, then quarters, at last one by one.
    """
    chosen = list(rules)
    size = max(1, len(chosen) // 2)
    while size:
        at = len(chosen)
        while at > 0:
            rest = chosen[: max(0, at - size)] + chosen[at:]
            if rest and impossible(rest):
                chosen = rest
            at -= size
        size //= 2
    if sum(math.comb(len(rules), count) for count in range(1, len(chosen))) > _TRIES:
        return chosen, False
    for count in range(1, len(chosen)):
        for some in itertools.combinations(rules, count):
            if impossible(some):
                return list(some), True
    return chosen, True
