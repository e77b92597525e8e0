"""The rule: clusters of assets that are the same thing, the one to keep first; then pairs that are less likely so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from siloscope.analysis.common import PROBABILITY, finding, listed, many
from siloscope.analysis.duplicates.clusters import clusters, inside, keeper, unlikely
from siloscope.analysis.duplicates.families import families
from siloscope.analysis.duplicates.judged import judged, rejected, word_on
from siloscope.analysis.duplicates.say import Reasons
from siloscope.analysis.duplicates.scoring import Scored, scored
from siloscope.analysis.duplicates.weights import Weights, shipped
from siloscope.analysis.feedback import Feedback
from siloscope.graph.view import Graph
from siloscope.model import Asset, Evidence, Finding, Pair

RULE = "duplicate-asset"


def duplicate_asset(
    graph: Graph, weights: Weights | None = None, feedback: Feedback | None = None
) -> Iterator[Finding]:
    """A finding a cluster, its pairs scored on the scale `probability`, its evidence that of the keeper's best pair.

    What people said about pairs (`feedback`) outweighs the evidence. Clusters that fell apart because every pair was
    rejected follow, then pairs that are probably not the same one by one: a lower threshold shows them.
    """
    weights, feedback = weights or shipped(), feedback or Feedback()
    found = judged(scored(graph, weights), weights, feedback)
    grouped = clusters(found)
    loose = unlikely(found, grouped)
    reasons = Reasons(found, weights)

    def why(n: int) -> list[Evidence]:
        return [*reasons.of(n), *word_on(found, feedback, n)]

    ids = set()
    for group in grouped:
        each = _cluster(found, why, group)
        ids.add(each.id)
        yield each
    for group in rejected(found, loose):
        each = _cluster(found, why, group)
        if each.id not in ids:  # else another cluster took its place
            ids.add(each.id)
            loose = [n for n in loose if not {int(found.a[n]), int(found.b[n])} <= {*group}]
            yield each
    for n in loose:
        a, b = found.table.assets[int(found.a[n])], found.table.assets[int(found.b[n])]
        pair = _pair(found, n)
        title = f"{a.name} and {b.name} may be the same {_what([a, b])}"
        both = [a.id, b.id]
        yield finding(RULE, both, title, both, why(n), scale=PROBABILITY, severity="low", pairs=[pair])


def _cluster(found: Scored, why: Callable[[int], list[Evidence]], group: list[int]) -> Finding:
    table, score = found.table, found.score
    kept, merit = keeper(table, group)
    members = [table.assets[kept], *(table.assets[each] for each in group if each != kept)]
    numbers = inside(found, group)
    best = max(numbers, key=lambda n: (kept in (found.a[n], found.b[n]), score[n], -n))
    tools = sorted({each.tool for each in members})
    saving = sum(each.annual_cost or 0 for each in members[1:]) or None
    names = list(dict.fromkeys(each.name for each in members))
    what = f"the same {_what(members)} {len(members)} times in "
    where = f"{many(len(tools), 'tool')}: {listed(tools, 3)}" if len(tools) > 1 else tools[0]
    return finding(
        RULE,
        [min(members, key=lambda each: (each.first_seen or "", each.id)).id],
        f"{listed(names, 3)}: {what}{where}",
        [each.id for each in members],
        [*why(best), Evidence(f"keep {members[0].name} in {members[0].tool}: {merit}", 0.0)],
        scale=PROBABILITY,
        severity="high" if len(tools) > 1 or saving else "medium",
        pairs=[_pair(found, n) for n in numbers],
        annual_saving=saving,
    )  # fmt: skip


def _pair(found: Scored, n: int) -> Pair:
    """The scored pair number `n`."""
    assets = found.table.assets
    return Pair(assets[int(found.a[n])].id, assets[int(found.b[n])].id, float(found.score[n]))


def _what(members: list[Asset]) -> str:
    kinds = {each.kind for each in members}
    return members[0].kind.rpartition(".")[2] if len(kinds) == 1 else min(families(members[0].kind))
