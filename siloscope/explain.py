"""Why: the evidence behind an asset, an edge, a tool or a finding, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from siloscope.analysis import findings
from siloscope.errors import ConfigError, nearest
from siloscope.graph.store import Verdict
from siloscope.graph.view import Graph, asset_row, edge_row, tool_row
from siloscope.model import Edge, Finding, to_json

_MOST = 50


def explain(graph: Graph, verdicts: Mapping[str, Verdict], subject: str, other: str | None = None) -> dict[str, Any]:
    """`{"title", "sections": {heading: [sentence, ...]}, "record"}` for what `subject` names.

    Raises:
        ConfigError: Nothing, or more than one thing, is meant.
    """
    found = {each.id: each for each in findings(graph, verdicts)}
    if other:
        return _between(graph, _node(graph, subject), _node(graph, other))
    if subject in found:
        return _finding(graph, found[subject])
    if subject in graph.tool:
        return _tool(graph, subject, found.values())
    return _asset(graph, _node(graph, subject, found), found.values())


def _node(graph: Graph, text: str, more: Iterable[str] = ()) -> str:
    """The one node that `text` names: an id, a name an asset claims, an asset's name, or a part of an id."""
    nodes = graph.number
    for candidate in (text, f"outside:{text}"):
        if candidate in nodes:
            return candidate
    exact = sorted(each.id for each in graph.assets if text in each.names or text == each.name)
    near = exact or sorted(each for each in nodes if text in each)
    if len(near) == 1:
        return near[0]
    if not near:
        raise ConfigError(f'nothing is called "{text}"{nearest(text, [*more, *nodes])}')
    shown = "\n  ".join(f"{each}  ({_label(graph, each)})" for each in near[:10])
    raise ConfigError(f'"{text}" may mean {len(near)} things; name one:\n  {shown}')


def _finding(graph: Graph, each: Finding) -> dict[str, Any]:
    evidence = [f"{one.weight:+.2f}  {one.says}" for one in each.because]
    unit = "log-odds; score = 1 / (1 + exp(-sum))" if each.scale == "probability" else "points; score = sum"
    lines = [f"{graph.asset[s].name}  {s}" if s in graph.asset else s for s in each.subjects[:_MOST]]
    return {
        "title": each.title,
        "sections": {
            f"score {each.score:.2f} ({unit})": evidence,
            "subjects": lines,
            "standing": [
                f"rule {each.rule}, severity {each.severity}, coverage {each.coverage}",
                f"{each.state}: {each.reason}" if each.reason else each.state,
                *([f"saves {each.annual_saving:,.0f} a year"] if each.annual_saving else []),
            ],
        },
        "record": to_json(each),
    }


def _between(graph: Graph, a: str, b: str) -> dict[str, Any]:
    edges = [each for each in graph.edges if {each.source, each.target} == {a, b}]
    if not edges:
        raise ConfigError(f"no edge between {a} and {b}")
    return {
        "title": f"{_label(graph, a)} and {_label(graph, b)}",
        "sections": {"edges": [_sentence(graph, each) for each in edges]},
        "record": [edge_row(each) for each in edges],
    }


def _sentence(graph: Graph, edge: Edge) -> str:
    how = {
        "exact": "which it claims",
        "inside": "which lies inside what it claims",
        "outside": "which nobody scanned claims",
        "inferred": f"inferred with confidence {edge.confidence:.2f}",
    }[edge.how.value]
    where = f" at {edge.where}" if edge.where else ""
    return f"{_label(graph, edge.source)} {edge.verb} {_label(graph, edge.target)}: mentions {edge.name}{where}, {how}"


def _asset(graph: Graph, node: str, found: Iterable[Finding]) -> dict[str, Any]:
    out = [each for each in graph.edges if each.source == node]
    into = [each for each in graph.edges if each.target == node]
    asset = graph.asset.get(node)
    facts: list[str] = []
    if asset:
        facts = [
            f"{asset.kind} in {asset.tool}, seen by {', '.join(asset.sources)}",
            f"department {asset.department} ({asset.facts.get('department_because', '')})",
            f"owner {asset.owner or 'nobody named'}",
            f"created {asset.created or 'unknown'}, last used {asset.last_used or 'unknown'}",
            f"first seen {asset.first_seen}, last seen {asset.last_seen}",
            *(f"claims {name}" for name in asset.names[:_MOST]),
        ]
    return {
        "title": _label(graph, node),
        "sections": {
            "what it is": facts or ["nobody scanned claims it; others mention it"],
            "points to": [_sentence(graph, each) for each in out[:_MOST]],
            "pointed to by": [_sentence(graph, each) for each in into[:_MOST]],
            "findings": [f"{each.score:.2f}  {each.title}  {each.id}" for each in found if node in each.subjects][
                :_MOST
            ],
        },
        "record": asset_row(asset) if asset else {"id": node, "name": node.removeprefix("outside:")},
    }


def _tool(graph: Graph, node: str, found: Iterable[Finding]) -> dict[str, Any]:
    tool = graph.tool[node]
    held, cost = [each for each in graph.assets if each.tool == node], tool.annual_cost
    return {
        "title": f"{tool.product} {tool.instance}",
        "sections": {
            "what it is": [
                f"{tool.product} of {tool.vendor or 'unknown vendor'}, department {tool.department}",
                f"capabilities: {', '.join(tool.capabilities) or 'unknown'}",
                f"holds {len(held)} assets, costs {'unknown' if cost is None else f'{cost:,.0f}'} a year",
            ],
            "findings": [f"{each.score:.2f}  {each.title}  {each.id}" for each in found if node in each.subjects][
                :_MOST
            ],
        },
        "record": tool_row(tool),
    }


def _label(graph: Graph, node: str) -> str:
    asset = graph.asset.get(node)
    return f"{asset.name} ({asset.kind})" if asset else node.removeprefix("outside:")
