"""From scored pairs to clusters: who belongs together, and which one to keep."""

from __future__ import annotations

import numpy as np

from siloscope.analysis.duplicates.scoring import Scored
from siloscope.analysis.duplicates.table import Table

SAME = 0.5


def clusters(scored: Scored) -> list[list[int]]:
    """Groups of assets that are the same, each sorted; no asset is in two.

    Pairs are taken by falling score. Two groups become one when the scored pairs between them are, on average, more
    likely right than not: one pair does not chain what all others speak against. Pairs that were never compared (in
    groups of more copies than are compared with each other) do not count, unless they are of different families: a
    table may be like the model that makes it, and that like a job, but the job is no table.
    """
    score = scored.score
    a, b = scored.a.tolist(), scored.b.tolist()
    family = scored.table.codes["family"]
    home: dict[int, list[int]] = {}
    known = {(x, y): float(s) for x, y, s in zip(a, b, score, strict=True)}
    near: dict[int, set[int]] = {}
    for x, y in zip(a, b, strict=True):
        near.setdefault(x, set()).add(y)
        near.setdefault(y, set()).add(x)
    for n in sorted(np.flatnonzero(score >= SAME).tolist(), key=lambda n: (-score[n], a[n], b[n])):
        one, other = home.setdefault(a[n], [a[n]]), home.setdefault(b[n], [b[n]])
        if one is other or not np.bitwise_and.reduce(family[[*one, *other]]):
            continue
        small, large = sorted((one, other), key=len)
        within = set(large)
        between = [known[min(x, y), max(x, y)] for x in small for y in near[x] & within]
        # A pair that a person rejected, and no other, scores 0; one that a person accepted needs no majority.
        accepted = scored.word is not None and scored.word[n] > 0
        if min(between) > 0 and (accepted or sum(between) / len(between) >= SAME):
            large += small
            for each in small:
                home[each] = large
    found = {id(group): sorted(group) for group in home.values() if len(group) > 1}
    return sorted(found.values())


def unlikely(scored: Scored, grouped: list[list[int]]) -> list[int]:
    """The numbers of scored pairs that are in no cluster together."""
    home = {each: n for n, group in enumerate(grouped) for each in group}
    return [
        n
        for n, (x, y) in enumerate(zip(scored.a.tolist(), scored.b.tolist(), strict=True))
        if home.get(x, -1) != home.get(y, -2)
    ]


def inside(scored: Scored, group: list[int]) -> list[int]:
    """The numbers of the scored pairs within a sorted group."""
    members = set(group)
    starts, ends = np.searchsorted(scored.a, group), np.searchsorted(scored.a, group, side="right")
    return [n for start, end in zip(starts, ends, strict=True) for n in range(start, end) if scored.b[n] in members]


def keeper(table: Table, group: list[int]) -> tuple[int, str]:
    """(the one to keep, why): most depended on, in production, used last, owned, described best; ties by id."""

    def worth(each: int) -> tuple[int, bool, str, bool, bool]:
        asset = table.assets[each]
        return (
            int(table.needed[each]),
            table.stages[each] == "prod",
            asset.last_used or "",
            bool(asset.owner),
            asset.department not in (None, "unassigned"),
        )

    best = max(sorted(group, reverse=True), key=worth)
    needed, prod, used, owned, _ = worth(best)
    others = [worth(each) for each in group if each != best]
    if needed and needed > max(each[0] for each in others):
        return best, f"{needed} others depend on it"
    if prod and not all(each[1] for each in others):
        return best, "it is in production"
    if used and used > max(each[2] for each in others):
        return best, f"it was used last, {used[:10]}"
    if owned and not all(each[3] for each in others):
        return best, f"{table.assets[best].owner} owns it"
    return best, "nothing known speaks for another one"
