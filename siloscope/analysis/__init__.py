"""The analyses: each rule is a generator of findings over the graph, and knows on what coverage it rests.

`findings` runs them all, stamps what people said about them and puts the most valuable first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from siloscope.analysis import duplicates, exposure, governance, overlap, ownership, pilots, silos, value
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
THRESHOLD = 0.5
_SEVERITY = {"high": 0, "medium": 1, "low": 2, "info": 3}


def findings(
    graph: Graph, verdicts: Mapping[str, Verdict] | None = None, rules: Iterable[str] | None = None
) -> list[Finding]:
    """Everything the chosen rules find, whatever its score; most valuable first, the order is total."""
    chosen = sorted(set(rules)) if rules else sorted(RULES)
    found = [each for name in chosen for each in RULES[name](graph)]
    if verdicts:
        found = [_stamped(each, verdicts.get(each.id)) for each in found]
    return sorted(found, key=_value)


def _stamped(finding: Finding, verdict: Verdict | None) -> Finding:
    return replace(finding, state=verdict.state, reason=verdict.reason) if verdict else finding


def _value(finding: Finding) -> tuple[Any, ...]:
    return -(finding.annual_saving or 0.0), _SEVERITY[finding.severity], -finding.score, finding.rule, finding.id


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
