"""From workflow files or observations to the graph, through the product's own collectors and builder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.accuracy.flow import Flow
from benchmarks.accuracy.labels import Two, two
from siloscope.analysis import findings
from siloscope.collectors import collector
from siloscope.collectors.base import scan
from siloscope.config import Source
from siloscope.graph.build import Row, Settings, build
from siloscope.graph.view import Graph
from siloscope.model import Observation, Slice, Visibility

AT = "2026-06-01T00:00:00Z"
RULE = "duplicate-asset"


def workflow_id(instance: str, native: str) -> str:
    """The asset id of a workflow: what the contract says, written down anew."""
    return f"n8n://{instance}/workflow/{native}"


def scanned(instances: Mapping[str, Iterable[Flow]], folder: Path) -> Graph:
    """The graph of some n8n instances: each is a folder of exports below `folder` and a source of its own."""
    rows: list[Row] = []
    slices: list[Slice] = []
    for order, (name, flows) in enumerate(sorted(instances.items())):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for flow in flows:
            (place / f"{flow['id']}.json").write_text(json.dumps(flow, ensure_ascii=False), encoding="utf-8")
        source = Source(name, "n8n", order=order, path=place, instance=name)
        kind = collector("n8n")
        client = kind.connect(source)
        for taken in scan(kind, source, client):
            slices.append(taken.slice)
            rows += [Row(taken.slice, item, AT, AT) for item in taken.observations]
        client.close()
    return build(rows, slices, Settings(), "scan", AT)


def built(sources: Mapping[str, Iterable[Observation]]) -> Graph:
    """The graph of observations made without a collector, one complete slice a source."""
    rows: list[Row] = []
    slices: list[Slice] = []
    for order, (name, items) in enumerate(sorted(sources.items())):
        row = Slice(name, "things", "all", visibility=Visibility.ALL, order=order)
        slices.append(row)
        rows += [Row(row, item, AT, AT) for item in items]
    return build(rows, slices, Settings(), "scan", AT)


def scored(graph: Graph) -> dict[Two, float]:
    """What the rule says: every pair of every finding with its score, whatever the score."""
    found: dict[Two, float] = {}
    for each in findings(graph, rules={RULE}):
        for pair in each.pairs:
            key = two(pair.a, pair.b)
            found[key] = max(pair.score, found.get(key, 0.0))
    return found
