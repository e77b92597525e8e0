"""ArchiMate 3.1 Model Exchange File Format: tools and assets as elements, dependencies as relationships.

With a plan: a plateau as it is and one as planned, a gap for each tool that goes, and a work package a wave.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from siloscope.export.documents import target
from siloscope.export.kinds import DATA
from siloscope.export.networks import printable
from siloscope.graph.view import Graph
from siloscope.model import Asset, Verb, digest
from siloscope.planning.assumptions import kind_of
from siloscope.planning.tracking import going

_OBJECTS = DATA | {"vault", "repository"}
_SPACE = "http://www.opengroup.org/xsd/archimate/3.0/"
# What carries data is a flow; how else things depend on each other is left to an association.
_FLOWS = frozenset({Verb.WRITES, Verb.COPIES, Verb.TRAINS, Verb.DEPLOYS})


def archimate(graph: Graph, output: str) -> None:
    """The estate as it is."""
    with target(output) as out:
        out.write(model(graph))


def model(graph: Graph, plan: Mapping[str, Any] | None = None) -> str:
    """The exchange file of a graph, with the plan's implementation and migration elements if there is one."""
    elements: list[str] = []
    relations: list[str] = []
    for tool in graph.tools:
        name = f"{tool.product} {tool.instance}"
        elements.append(_element(_id(tool.id), "ApplicationComponent", name, {"id": tool.id}))
    for asset in graph.assets:
        kind = _kind(asset)
        facts = {"id": asset.id, "kind": asset.kind, "department": asset.department or "", "owner": asset.owner or ""}
        elements.append(_element(_id(asset.id), kind, asset.name, facts))
        if asset.tool in graph.tool:
            # A component does its functions and works on its data: assignment and access, the valid ones here.
            kind = "Access" if kind == "DataObject" else "Assignment"
            relations.append(_relation(kind, _id(asset.tool), _id(asset.id)))
    elements += [_element(_id(o.id), "ApplicationService", o.name, {"id": o.id}) for o in graph.outside]
    kinds = {each.id: _kind(each) for each in graph.assets} | {each.id: "ApplicationService" for each in graph.outside}
    seen: set[tuple[str, str, str]] = set()
    for edge in graph.dependencies:
        if edge.source not in kinds or edge.target not in kinds or edge.source == edge.target:
            continue
        kind, access = _meaning(edge.verb, kinds[edge.source], kinds[edge.target])
        if (kind, edge.source, edge.target) not in seen:
            seen.add((kind, edge.source, edge.target))
            relations.append(_relation(kind, _id(edge.source), _id(edge.target), edge.verb.value, access))
    if plan:
        _planned(graph, plan, elements, relations)
    return _document(graph, elements, relations)


def _planned(graph: Graph, plan: Mapping[str, Any], elements: list[str], relations: list[str]) -> None:
    s = plan["summary"]
    gone = going(plan)
    as_is, to_be = "id-plateau-as-is", "id-plateau-target"
    elements.append(_element(as_is, "Plateau", "As is", {"annual cost": f"{s['annual_cost_now']:.2f}"}))
    elements.append(_element(to_be, "Plateau", "Target", {"annual cost": f"{s['annual_cost_after']:.2f}"}))
    for tool in graph.tools:
        relations.append(_relation("Aggregation", as_is, _id(tool.id)))
        if tool.id not in gone:
            relations.append(_relation("Aggregation", to_be, _id(tool.id)))
    for name, each in sorted(gone.items()):
        gap = _id(f"gap {name}")
        where = f"its work goes to {each['target']}" if each["target"] else "nothing takes its place"
        elements.append(_element(gap, "Gap", f"{name} goes: {where}", {}))
        relations += [_relation("Association", gap, plateau) for plateau in (as_is, to_be)]
        relations.append(_relation("Association", gap, _id(name)))
    for wave in plan["waves"]:
        package = f"id-wave-{wave['number']}"
        facts = {
            "start month": str(wave["start_month"]),
            "months": str(wave["months"]),
            "effort days": f"{wave['effort_days']:.2f}",
            "annual saving": f"{wave['annual_saving']:.2f}",
        }
        elements.append(_element(package, "WorkPackage", f"Wave {wave['number']}", facts))
        relations.append(_relation("Realization", package, to_be))
        if wave["number"] > 1:
            relations.append(_relation("Triggering", f"id-wave-{wave['number'] - 1}", package))


def _kind(asset: Asset) -> str:
    return "DataObject" if kind_of(asset) in _OBJECTS else "ApplicationFunction"


def _meaning(verb: Verb, source: str, to: str) -> tuple[str, str]:
    """The relationship that the standard allows between two kinds of element, and its access if it is one."""
    if source == "ApplicationFunction" and to == "DataObject":
        return "Access", "Read" if verb.depends > 0 else "Write"
    if "DataObject" not in (source, to) and verb in _FLOWS:
        return "Flow", ""
    return "Association", ""


def _id(name: str) -> str:
    """An XML name for anything: ids of assets are no NCNames."""
    return f"id-{digest(name)}"


def _text(value: str) -> str:
    return escape(printable(value))


_FACTS = ("id", "kind", "department", "owner", "annual cost", "start month", "months", "effort days", "annual saving")


def _element(identity: str, kind: str, name: str, facts: Mapping[str, str]) -> str:
    rows = [(_FACTS.index(key), _text(value)) for key, value in facts.items() if value]
    lines = [f'  <element identifier="{identity}" xsi:type="{kind}">', f'   <name xml:lang="en">{_text(name)}</name>']
    if rows:
        lines.append("   <properties>")
        for n, value in rows:
            lines.append(
                f'    <property propertyDefinitionRef="prop-{n}"><value xml:lang="en">{value}</value></property>'
            )
        lines.append("   </properties>")
    return "\n".join([*lines, "  </element>"])


def _relation(kind: str, source: str, to: str, name: str = "", access: str = "") -> str:
    identity = f"id-{digest(kind, source, to, name)}"
    more = f' accessType="{access}"' if access else ""
    ends = f'source="{source}" target="{to}"'
    start = f'  <relationship identifier="{identity}" {ends} xsi:type="{kind}"{more}'
    return f'{start}><name xml:lang="en">{_text(name)}</name></relationship>' if name else f"{start}/>"


def _document(graph: Graph, elements: list[str], relations: list[str]) -> str:
    definitions = "\n".join(
        f'  <propertyDefinition identifier="prop-{n}" type="string"><name>{name}</name></propertyDefinition>'
        for n, name in enumerate(_FACTS)
    )
    relations = sorted(set(relations))
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<model xmlns="{_SPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
        f' xsi:schemaLocation="{_SPACE} http://www.opengroup.org/xsd/archimate/3.1/archimate3_Model.xsd"',
        ' identifier="id-estate">',
        f' <name xml:lang="en">Estate{_text(f", scan of {graph.scan_at}" if graph.scan_at else "")}</name>',
    ]
    # An empty list is not valid: elements and relationships have at least one member.
    parts += [" <elements>", *elements, " </elements>"] if elements else []
    parts += [" <relationships>", *relations, " </relationships>"] if relations else []
    parts += [" <propertyDefinitions>", definitions, " </propertyDefinitions>", "</model>"]
    return "\n".join(parts) + "\n"
