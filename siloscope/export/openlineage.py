"""OpenLineage 2-0-2 events without runs: a JobEvent for what does something, a DatasetEvent for what holds data."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from siloscope.export.documents import target
from siloscope.export.kinds import holds_data
from siloscope.graph.view import Graph
from siloscope.model import dumps

_PRODUCER = "urn:siloscope"
_SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"
_FACET = "https://openlineage.io/spec/facets/1-0-1/{0}.json#/$defs/{0}"


def openlineage(graph: Graph, output: str) -> None:
    """One event a line, jobs and datasets by their tool as namespace and their id as name."""
    data = {each.id for each in graph.assets if holds_data(each)}
    outside = {each.id: each.name for each in graph.outside}
    inputs: dict[str, set[str]] = defaultdict(set)
    outputs: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        if edge.source in data or not (edge.target in data or edge.target in outside):
            continue
        (inputs if edge.verb.depends > 0 else outputs)[edge.source].add(edge.target)
    place = {each.id: {"namespace": each.tool, "name": each.id} for each in graph.assets}
    place |= {key: {"namespace": "outside", "name": name} for key, name in outside.items()}
    at = graph.scan_at or "1970-01-01T00:00:00Z"
    with target(output) as out:
        for asset in graph.assets:
            name = "DocumentationDatasetFacet" if asset.id in data else "DocumentationJobFacet"
            facets = {"documentation": _facet(name, f"{asset.kind}: {asset.name}")}
            event: dict[str, Any] = {"eventTime": at, "producer": _PRODUCER}
            row: dict[str, Any]
            if asset.id in data:
                row = {**event, "schemaURL": f"{_SPEC}/DatasetEvent", "dataset": {**place[asset.id], "facets": facets}}
            else:
                row = {
                    **event,
                    "schemaURL": f"{_SPEC}/JobEvent",
                    "job": {**place[asset.id], "facets": facets},
                    "inputs": [place[key] for key in sorted(inputs.get(asset.id, ()))],
                    "outputs": [place[key] for key in sorted(outputs.get(asset.id, ()))],
                }
            out.write(dumps(row) + "\n")


def _facet(name: str, text: str) -> dict[str, str]:
    return {"_producer": _PRODUCER, "_schemaURL": _FACET.format(name), "description": text}
