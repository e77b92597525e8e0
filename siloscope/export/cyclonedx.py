"""CycloneDX 1.6: the estate as an ML bill of materials; with a plan, the estate that is kept.

Models are `machine-learning-model`, what holds data is `data`, tools are `platform`, everything else `application`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from siloscope.export.documents import target
from siloscope.export.kinds import holds_data
from siloscope.graph.view import Graph
from siloscope.model import Asset, digest
from siloscope.planning.assumptions import kind_of
from siloscope.planning.tracking import going
from siloscope.version import __version__

_SPACE = UUID("5f1c2f0e-6d0c-4c53-9d1f-0b7c3d0e8a11")
_MODELS = frozenset({"model", "model-package-group", "registered-model"})


def cyclonedx(graph: Graph, output: str) -> None:
    """The bill of materials of the estate as it is."""
    with target(output) as out:
        json.dump(bill(graph), out, indent=1, ensure_ascii=False)
        out.write("\n")


def bill(graph: Graph, plan: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document; `plan` leaves out the tools that go and has their assets at their targets."""
    gone = going(plan) if plan else {}
    to = {m["asset"]: m["to"] for m in (plan or {}).get("moves", ())}
    tools = [each for each in graph.tools if each.id not in gone]
    assets = [each for each in graph.assets if each.tool not in gone or each.id in to]
    known = {each.id for each in assets}
    needs: dict[str, set[str]] = defaultdict(set)
    for asset in assets:
        needs[asset.id].add(to.get(asset.id, asset.tool))
    for edge in graph.dependencies:
        needing, needed = edge.ends
        if needing in known and needed in known and needing != needed:
            needs[needing].add(needed)
    refs = {each.id: _ref("tool", each.id) for each in tools} | {each.id: _ref("asset", each.id) for each in assets}
    components: list[dict[str, Any]] = [
        {
            "type": "platform",
            "bom-ref": refs[each.id],
            "name": _text(f"{each.product} {each.instance}"),
            "properties": _facts({"id": each.id, "vendor": each.vendor}),
        }
        for each in tools
    ]
    components += [_component(each, refs[each.id], to.get(each.id, each.tool)) for each in assets]
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(_SPACE, f'{graph.scan_id} {graph.scan_at} {sorted(gone)}')}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "siloscope", "version": __version__}]},
            "component": {
                "type": "application",
                "bom-ref": "estate",
                "name": "estate as planned" if plan else "estate",
            },
        },
        "components": components,
        "dependencies": [
            {"ref": refs[key], "dependsOn": sorted(refs[each] for each in needs.get(key, ()) if each in refs)}
            for key in refs
        ],
    }
    if graph.scan_at:
        document["metadata"] = {"timestamp": graph.scan_at, **document["metadata"]}
    return document


def _component(asset: Asset, ref: str, tool: str) -> dict[str, Any]:
    model = kind_of(asset) in _MODELS
    kind = "machine-learning-model" if model else "data" if holds_data(asset) else "application"
    row: dict[str, Any] = {"type": kind, "bom-ref": ref, "name": _text(asset.name)}
    facts = {"id": asset.id, "kind": asset.kind, "tool": tool, "department": asset.department, "owner": asset.owner}
    if model:
        row["modelCard"] = {"properties": _facts({"environment": asset.environment or "unknown"})}
    if kind == "data":
        row["data"] = [{"type": "dataset", "name": _text(asset.name)}]
    return {**row, "properties": _facts(facts)}


def _facts(facts: Mapping[str, str | None]) -> list[dict[str, str]]:
    return [{"name": f"siloscope:{key}", "value": _text(value)} for key, value in facts.items() if value]


def _ref(kind: str, identity: str) -> str:
    return f"{kind}-{digest(identity)}"


def _text(value: str) -> str:
    """A name on one line, never empty."""
    return " ".join(value.split()) or "unnamed"
