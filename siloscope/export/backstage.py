"""Backstage catalog entities: a System for each tool, a Component, Resource or API for each asset."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import yaml

from siloscope.export.documents import target
from siloscope.export.kinds import DATA
from siloscope.graph.view import Graph
from siloscope.model import Asset, digest
from siloscope.planning.assumptions import kind_of

_RESOURCES = DATA | frozenset("vault repository cluster instance connection datastore machine robot".split())


def backstage(graph: Graph, output: str) -> None:
    """A multi-document `catalog-info.yaml`; every reference in it is to an entity in it."""
    names = {each.id: _name(each.id, each.name) for each in graph.assets}
    systems = {each.id: _name(each.id, each.instance or each.product or each.id) for each in graph.tools}
    groups = {a.department or "unassigned" for a in graph.assets} | {t.department or "unassigned" for t in graph.tools}
    refs = {
        each.id: f"{'resource' if _is_resource(each) else 'component'}:default/{names[each.id]}"
        for each in graph.assets
    }
    needs: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        needing, needed = edge.ends
        if needing in refs and needed in refs and needing != needed:
            needs[needing].add(refs[needed])
    entities = [_group(each) for each in sorted(groups)]
    entities += [
        _entity("System", systems[t.id], f"{t.product} {t.instance}", t.id, {"owner": _owner(t.department)})
        for t in graph.tools
    ]
    for asset in graph.assets:
        spec: dict[str, Any] = {"type": asset.kind, "owner": _owner(asset.department)}
        if not _is_resource(asset):
            spec["lifecycle"] = "production" if asset.environment == "prod" else "experimental"
        if asset.tool in systems:
            spec["system"] = systems[asset.tool]
        if needs.get(asset.id):
            spec["dependsOn"] = sorted(needs[asset.id])
        kind = "Resource" if _is_resource(asset) else "Component"
        entities.append(_entity(kind, names[asset.id], asset.name, asset.id, spec, asset.tool))
    with target(output) as out:
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        yaml.dump_all(entities, out, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1000)


def _is_resource(asset: Asset) -> bool:
    return kind_of(asset) in _RESOURCES


def _owner(department: str | None) -> str:
    return f"group:default/{_name(department or 'unassigned', department or 'unassigned')}"


def _group(department: str) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Group",
        "metadata": {"name": _name(department, department), "title": _title(department)},
        "spec": {"type": "department", "children": []},
    }


def _entity(kind: str, name: str, title: str, identity: str, spec: dict[str, Any], tool: str = "") -> dict[str, Any]:
    """An entity that says what it is here: a catalog read as a source finds the asset again, and its tool."""
    annotations = {"siloscope/id": identity, **({"siloscope/tool": tool} if tool else {})}
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "title": _title(title), "annotations": annotations},
        "spec": spec,
    }


def _name(identity: str, name: str) -> str:
    """A name Backstage accepts ([A-Za-z0-9] with -, _ and . between, at most 63), unlike that of any other id."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40].strip("-")
    return f"{words}-{digest(identity)[:12]}" if words else digest(identity)


def _title(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:200] or "unnamed"
