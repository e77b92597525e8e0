"""Whether amounts fit into a few purses, none of which may be shared between two: exact for the few there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Steps of the search after which the question is left open.
_STEPS = 20_000


def fits(amounts: Sequence[int], purses: Sequence[int]) -> bool | None:
    """Whether each amount can be paid out of one purse; None when that was not found out in reasonable time."""
    todo = sorted(amounts, reverse=True)
    if sum(todo) > sum(purses) or (todo and todo[0] > max(purses, default=0)):
        return False
    steps = 0

    def pay(at: int, left: list[int]) -> bool | None:
        nonlocal steps
        if at == len(todo):
            return True
        steps += 1
        if steps > _STEPS:
            return None
        for purse in sorted({n: left.index(n) for n in left if n >= todo[at]}.values()):  # equal purses are one
            left[purse] -= todo[at]
            found = pay(at + 1, left)
            left[purse] += todo[at]
            if found is not False:
                return found
        return False

    return pay(0, list(purses))


def too_many(amounts: Mapping[str, int], purses: Sequence[int]) -> list[str]:
    """Some of the names whose amounts do not fit together, none of which can be left out; none when all may fit."""
    chosen = sorted(amounts, key=lambda each: (-amounts[each], each))
    if fits([amounts[each] for each in chosen], purses) is not False:
        return []
    for each in sorted(chosen, key=lambda name: (amounts[name], name)):
        fewer = [other for other in chosen if other != each]
        if fits([amounts[other] for other in fewer], purses) is False:
            chosen = fewer
    return chosen
