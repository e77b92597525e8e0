"""The analyses: each rule is a generator of findings over the graph, and knows on what coverage it rests.

`findings` runs them all, stamps what people said about them and puts the most valuable first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from siloscope.analysis import duplicates, exposure, governance, overlap, ownership, pilots, silos, value
from siloscope.analysis.feedback import DUPLICATE, Feedback
from siloscope.graph.view import Graph
from siloscope.model import Finding

if TYPE_CHECKING:
    from siloscope.graph.store import Verdict

Rule = Callable[[Graph], Iterator[Finding]]

RULES: Mapping[str, Rule] = {
    "bridge-candidate": silos.bridge_candidate,
    "closed-silo": silos.closed_silo,
    "dormant": ownership.dormant,
    "duplicate-asset": duplicates.duplicate_asset,
    "duplicate-claim": duplicates.duplicate_claim,
    "hidden-share": exposure.hidden_share,
    "isolated-tool": silos.isolated_tool,
    "negative-return": value.negative_return,
    "one-way-silo": silos.one_way_silo,
    "orphaned-bot": governance.orphaned_bot,
    "overlapping-tools": overlap.overlapping_tools,
    "renewal-of-duplicate": value.renewal_of_duplicate,
    "shadow-ai": governance.shadow_ai,
    "shadow-tool": exposure.shadow_tool,
    "single-bridge": silos.single_bridge,
    "stalled-pilot": pilots.stalled_pilot,
    "uncontracted-dependency": silos.uncontracted_dependency,
    "ungoverned-model": governance.ungoverned_model,
    "unmeasured-value": value.unmeasured_value,
    "unmonitored-production": governance.unmonitored_production,
    "unowned": ownership.unowned,
}
OVERLAP = "overlapping-tools"
THRESHOLD = 0.5
_SEVERITY = {"high": 0, "medium": 1, "low": 2, "info": 3}


def findings(
    graph: Graph, verdicts: Mapping[str, Verdict] | None = None, rules: Iterable[str] | None = None
) -> list[Finding]:
    """Everything the chosen rules find, whatever its score; most valuable first, rejected last, the order is total.

    `verdicts` are what people said, as a store keeps it: they are stamped on findings, keep rejected pairs out of
    clusters of duplicates, and bring the learned weights along.
    """
    feedback = Feedback.of(verdicts or {})
    chosen = set(rules) if rules else set(RULES)
    copies = duplicate_findings(graph, feedback) if chosen & {DUPLICATE, OVERLAP} else []
    found = list(copies) if DUPLICATE in chosen else []
    found += [each for name in sorted(chosen - {DUPLICATE, OVERLAP}) for each in RULES[name](graph)]
    if OVERLAP in chosen:
        found += overlap.overlapping_tools(graph, copies)
    return sorted((feedback.stamped(each) for each in found), key=_value)


def duplicate_findings(graph: Graph, feedback: Feedback) -> list[Finding]:
    """The findings of `duplicate-asset` under what people said and with the weights in force, stamped."""
    from siloscope.analysis.learning import in_force

    weights, _ = in_force(feedback)
    return [feedback.stamped(each) for each in duplicates.duplicate_asset(graph, weights, feedback)]


def _value(finding: Finding) -> tuple[Any, ...]:
    saving = -(finding.annual_saving or 0.0)
    return finding.state == "rejected", saving, _SEVERITY[finding.severity], -finding.score, finding.rule, finding.id


def rows(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as the contract `siloscope/findings/1` spells them."""
    return [
        {
            "id": each.id,
            "rule": each.rule,
            "severity": each.severity,
            "score": each.score,
            "scale": each.scale,
            "title": each.title,
            "subjects": list(each.subjects),
            "pairs": [{"a": pair.a, "b": pair.b, "score": pair.score} for pair in each.pairs],
            "because": [{"says": one.says, "weight": one.weight} for one in each.because],
            "coverage": each.coverage,
            "annual_saving": each.annual_saving,
            "state": each.state,
            "reason": each.reason,
        }
        for each in found
    ]
