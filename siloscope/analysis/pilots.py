"""Pilots that worked and went no further: trained or registered, then nobody serves, calls or reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from siloscope.analysis.common import Rests, finding, listed
from siloscope.graph.view import Graph
from siloscope.model import Edge, Evidence, Finding, Verb
from siloscope.times import days_between, normal

STALLED_DAYS = 90
_MODEL_KINDS = ("model", "model-package-group", "model-package")


def stalled_pilot(graph: Graph) -> Iterator[Finding]:
    """A model with evidence of work, no consumer, no production mark, and months without movement."""
    incoming: dict[str, list[Edge]] = defaultdict(list)
    for edge in graph.dependencies:
        incoming[edge.target].append(edge)
    rests = Rests(graph)
    for asset in graph.assets:
        if asset.kind.rpartition(".")[2] not in _MODEL_KINDS or asset.environment == "prod":
            continue
        consumers = [each for each in incoming[asset.id] if each.verb.depends > 0]
        makers = sorted({each.source for each in incoming[asset.id] if each.verb in (Verb.TRAINS, Verb.WRITES)})
        moved = [normal(str(each)) for each in (asset.last_used, asset.facts.get("updated"), asset.created) if each]
        last = max((each for each in moved if each), default=None)
        if consumers or not last or not graph.scan_at or not (makers or asset.facts.get("versions")):
            continue
        days = days_between(last, graph.scan_at)
        if days < STALLED_DAYS:
            continue
        coverage, doubt = rests.on(asset.sources)
        because = [
            Evidence("nothing serves, calls or reads it", 0.4),
            Evidence(f"last moved on {last[:10]}, {days:.0f} days before the scan", min(0.3, days / 1000)),
        ]
        trained_by = [graph.asset[each].name if each in graph.asset else each for each in makers]
        if makers:
            because.append(
                Evidence(
                    f"somebody worked on it: trained by {listed(trained_by, 3)}",
                    0.1,
                )
            )
        if asset.facts.get("versions"):
            because.append(Evidence(f"{asset.facts['versions']} versions were registered", 0.1))
        if not asset.owner:
            because.append(Evidence("nobody is named as its owner", 0.1))
        yield finding(
            "stalled-pilot",
            [asset.id],
            f"{asset.name} was trained and went no further",
            [asset.id, *makers],
            [*because, doubt] if doubt else because,
            severity="high" if coverage == "complete" else "medium",
            coverage=coverage,
        )
