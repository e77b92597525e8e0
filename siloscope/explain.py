"""`why`: the evidence for an asset, an edge, a tool or a finding, as sentences and as the records behind them.

Asks the store for the few rows that are needed, not for the graph. Findings come from what the last scan noted;
where nothing is noted, or one below the threshold is asked for, they are found anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from siloscope.analysis import findings, rows
from siloscope.errors import ConfigError, nearest
from siloscope.graph.store import Store, Verdict
from siloscope.graph.view import asset_row, edge_order, edge_row, tool_row
from siloscope.model import Asset, Edge, Outside, Tool

_MOST = 50

Node = Asset | Outside | Tool
Row = Mapping[str, Any]


def explain(store: Store, subject: str, other: str | None = None) -> dict[str, Any]:
    """`{"title", "sections": {heading: [sentence, ...]}, "record"}` for what `subject` names.

    Raises:
        ConfigError: Nothing, or more than one thing, is meant.
    """
    if other is not None:
        return _between(store, _named(store, subject), _named(store, other))
    noted = store.noted(subject)
    about = _found(store) if noted is None else noted
    if found := _called(about, subject):
        return _finding(store, found)
    if (node := _named(store, subject, quiet=noted is not None)) is None:
        about = _found(store)  # below the threshold, or nothing at all
        if found := _called(about, subject):
            return _finding(store, found)
        raise _nothing(subject, [each["id"] for each in about])
    noted = store.noted(node.id)
    mine = [each for each in (about if noted is None else noted) if node.id in each["subjects"]]
    return _tool(store, node, mine) if isinstance(node, Tool) else _asset(store, node, mine)


def _found(store: Store) -> list[dict[str, Any]]:
    """Everything that is found, whatever its score."""
    return rows(findings(store.graph(), store.verdicts()))


def _called(found: Iterable[Row], name: str) -> Row | None:
    return next((each for each in found if each["id"] == name), None)


def _nothing(text: str, names: Iterable[str] = ()) -> ConfigError:
    return ConfigError(f'nothing is called "{text}"{nearest(text, names)}')


def _named(store: Store, text: str, *, quiet: bool = False) -> Any:
    """The one thing that `text` names (`Store.find`); with `quiet` None when there is none.

    Raises:
        ConfigError: There is none, or more than one.
    """
    found = store.find(text)
    known = store.records(found.ids)
    if found.total == 1:
        return known[found.ids[0]]
    if not found.total:
        if quiet:
            return None
        raise _nothing(text)
    shown = "\n  ".join(f"{each}  ({_label(known[each])})" for each in found.ids)
    raise ConfigError(f'"{text}" may mean {found.total} things; name one:\n  {shown}')


def _finding(store: Store, row: Row) -> dict[str, Any]:
    evidence = [f"{one['weight']:+.2f}  {one['says']}" for one in row["because"]]
    unit = "log-odds; score = 1 / (1 + exp(-sum))" if row["scale"] == "probability" else "points; score = sum"
    subjects: Sequence[str] = row["subjects"][:_MOST]
    known = store.records(subjects)
    verdict = store.verdicts().get(row["id"], Verdict(row["state"], row["reason"] or "", ""))
    saving = row["annual_saving"]
    return {
        "title": row["title"],
        "sections": {
            f"score {row['score']:.2f} ({unit})": evidence,
            "subjects": [_subject(known.get(each), each) for each in subjects],
            "standing": [
                f"rule {row['rule']}, severity {row['severity']}, coverage {row['coverage']}",
                f"{verdict.state}: {verdict.reason}" if verdict.reason else verdict.state,
                *([f"saves {saving:,.0f} a year"] if saving else []),
            ],
        },
        "record": {**row, "state": verdict.state, "reason": verdict.reason or None},
    }


def _subject(node: Node | None, identity: str) -> str:
    """A subject, and where a person finds it."""
    if not isinstance(node, Asset):
        return identity
    return f"{node.name}  {identity}" + (f"  {node.url}" if node.url and node.url != identity else "")


def _between(store: Store, a: Node, b: Node) -> dict[str, Any]:
    edges = sorted((*store.edges(a.id, b.id), *(store.edges(b.id, a.id) if a.id != b.id else ())), key=edge_order)
    if not edges:
        raise ConfigError(f"no edge between {a.id} and {b.id}")
    known = {a.id: a, b.id: b}
    return {
        "title": f"{_label(a)} and {_label(b)}",
        "sections": {"edges": [_sentence(known, each) for each in edges]},
        "record": [edge_row(each) for each in edges],
    }


def _sentence(known: Mapping[str, Node], edge: Edge) -> str:
    how = {
        "exact": "which it claims",
        "inside": "which lies inside what it claims",
        "outside": "which nobody scanned claims",
        "inferred": f"inferred with confidence {edge.confidence:.2f}",
    }[edge.how.value]
    where = f" at {edge.where}" if edge.where else ""
    ends = [_label(known[each]) if each in known else each for each in (edge.source, edge.target)]
    return f"{ends[0]} {edge.verb} {ends[1]}: mentions {edge.name}{where}, {how}"


def _asset(store: Store, node: Asset | Outside, found: Iterable[Row]) -> dict[str, Any]:
    out, into = store.edges(source=node.id, most=_MOST), store.edges(target=node.id, most=_MOST)
    known = store.records({each.target for each in out} | {each.source for each in into} | {node.id})
    facts = ["nobody scanned claims it; others mention it"]
    if isinstance(node, Asset):
        facts = [
            f"{node.kind} in {node.tool}, seen by {', '.join(node.sources)}",
            f"department {node.department} ({node.facts.get('department_because', '')})",
            f"owner {node.owner or 'nobody named'}",
            f"created {node.created or 'unknown'}, last used {node.last_used or 'unknown'}",
            f"first seen {node.first_seen}, last seen {node.last_seen}",
            *(f"claims {name}" for name in node.names[:_MOST]),
        ]
    return {
        "title": _label(node),
        "sections": {
            "what it is": facts,
            "points to": [_sentence(known, each) for each in out],
            "pointed to by": [_sentence(known, each) for each in into],
            "findings": _listed(found),
        },
        "record": asset_row(node) if isinstance(node, Asset) else {"id": node.id, "name": node.name},
    }


def _tool(store: Store, tool: Tool, found: Iterable[Row]) -> dict[str, Any]:
    cost = tool.annual_cost
    return {
        "title": f"{tool.product} {tool.instance}",
        "sections": {
            "what it is": [
                f"{tool.product} of {tool.vendor or 'unknown vendor'}, department {tool.department}",
                f"capabilities: {', '.join(tool.capabilities) or 'unknown'}",
                f"holds {store.held(tool.id)} assets, costs {'unknown' if cost is None else f'{cost:,.0f}'} a year",
            ],
            "findings": _listed(found),
        },
        "record": tool_row(tool),
    }


def _listed(found: Iterable[Row]) -> list[str]:
    return [f"{each['score']:.2f}  {each['title']}  {each['id']}" for each in found][:_MOST]


def _label(node: Node) -> str:
    if isinstance(node, Asset):
        return f"{node.name} ({node.kind})"
    return f"{node.product} {node.instance}" if isinstance(node, Tool) else node.name
