"""Pilots that worked and went no further: trained or registered, then nobody serves, calls or reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from siloscope.analysis.common import Rests, finding, listed, many
from siloscope.analysis.controls import MISSING, UNKNOWN, checks
from siloscope.analysis.initiatives import Profile, profiles
from siloscope.graph.initiatives import MODEL
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Evidence, Finding, Verb
from siloscope.times import days_between, normal

STALLED_DAYS = 90


def stalled_pilot(graph: Graph) -> Iterator[Finding]:
    """A model with evidence of work, no consumer, no production mark, and months without movement.

    What its initiative lacks on the way to production is told with it.
    """
    incoming: dict[str, list[Edge]] = defaultdict(list)
    of = {key: each for each in profiles(graph) for key in each.initiative.roles.get(MODEL, ())}
    for edge in graph.dependencies:
        if edge.target in of:
            incoming[edge.target].append(edge)
    rests = Rests(graph)
    for key in sorted(of):
        asset = graph.asset[key]
        if asset.environment == "prod" or of[key].stage == "production":
            continue
        consumers = [each for each in incoming[key] if each.verb.depends > 0]
        makers = sorted({each.source for each in incoming[key] if each.verb in (Verb.TRAINS, Verb.WRITES)})
        last = _moved(asset)
        if consumers or not last or not graph.scan_at or not (makers or asset.facts.get("versions")):
            continue
        if (days := days_between(last, graph.scan_at)) < STALLED_DAYS:
            continue
        coverage, doubt = rests.on(asset.sources)
        because = [
            Evidence("nothing serves, calls or reads it", 0.4),
            Evidence(f"last moved on {last[:10]}, {days:.0f} days before the scan", min(0.3, days / 1000)),
            *_work(graph.asset, asset, makers),
            *_lacking(graph, of[key]),
        ]
        yield finding(
            "stalled-pilot",
            [asset.id],
            f"{asset.name} was trained and went no further",
            [asset.id, *makers],
            [*because, doubt] if doubt else because,
            severity="high" if coverage == "complete" else "medium",
            coverage=coverage,
        )


def _moved(asset: Asset) -> str | None:
    moved = [normal(str(each)) for each in (asset.last_used, asset.facts.get("updated"), asset.created) if each]
    return max((each for each in moved if each), default=None)


def _work(known: Mapping[str, Asset], asset: Asset, makers: list[str]) -> Iterator[Evidence]:
    """Signs that somebody meant it, and that nobody stands for it."""
    if makers:
        names = listed([known[each].name if each in known else each for each in makers], 3)
        yield Evidence(f"somebody worked on it: trained by {names}", 0.1)
    if count := int(asset.facts.get("versions") or 0):
        yield Evidence(f"{many(count, 'version was', 'versions were')} registered", 0.1)
    if not asset.owner:
        yield Evidence("nobody is named as its owner", 0.1)


def _lacking(graph: Graph, profile: Profile) -> Iterator[Evidence]:
    """The controls that stand between a pilot and production, and those nothing could show."""
    found = checks(graph, profile)
    for status, says in ((MISSING, "missing on its way to production"), (UNKNOWN, "not known")):
        if names := [each.control.name for each in found if each.status == status]:
            yield Evidence(f"{says}: {listed(names, 14)}", 0.0)
