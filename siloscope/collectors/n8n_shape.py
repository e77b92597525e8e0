"""What n8n workflows are compared by: node types and wiring, operations, words of names and notes, hashed settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.base import Document
from siloscope.collectors.shape import chosen, configured, definition_hash, graph_hash, referred, shape, told
from siloscope.names import is_expression

# What n8n itself changes from export to export, and what is no part of what a workflow does.
_INCIDENTAL = (
    "id",
    "position",
    "credentials",
    "webhookId",
    "createdAt",
    "updatedAt",
    "versionId",
    "notes",
    "cid",
)


def kind_of(node: Mapping[str, Any]) -> str:
    """`n8n-nodes-base.httpRequest` -> `httpRequest`."""
    return str(node.get("type") or "?").rpartition(".")[2]


def features(document: Document, nodes: list[Mapping[str, Any]], connections: Any) -> Mapping[str, Any]:
    """The shape of a workflow: `node:`, `flow:`, `set:`, `op:`, `opt:`, `ref:`, `field:` and the features of texts."""
    # Wires name nodes; some tools that rewrite exports put ids there.
    kinds = {str(each.get(key)): kind_of(each) for key in ("id", "name") for each in nodes}
    working = [each for each in nodes if kind_of(each) != "stickyNote"]
    found = [f"node:{kind_of(each)}" for each in working]
    found += [f"flow:{kinds.get(a, '?')}>{kinds.get(b, '?')}" for a, b in _links(connections)]
    said = [str(document.get("description") or "")]
    settings: list[str] = []
    for node in nodes:
        parameters = node.get("parameters")
        said += [str(node.get(key) or "") for key in ("name", "notes")]
        if not isinstance(parameters, Mapping):
            continue
        if kind_of(node) == "stickyNote":
            said.append(str(parameters.get("content") or ""))
            continue
        found += [f"set:{kind_of(node)}.{key}" for key in parameters]
        found += [
            f"op:{kind_of(node)}={value}"
            for key, value in parameters.items()
            if key in ("operation", "resource") and isinstance(value, str)
        ]
        found += [f"field:{each.casefold()[:60]}" for each in _named_fields(parameters)]
        found += _choices(kind_of(node), parameters)
        settings += _texts(parameters)
    return shape([*found, *told(said), *configured(settings)])


_POINTS = re.compile(
    r"(?:Id|ID|_id|^id|^base|^table|^database|^bucket\w*|^channel|^calendar|^owner|^repository|^project)$"
)
_OWN = frozenset({"webhookId", "credentialId", "instanceId", "versionId", "id"})


def _choices(owner: str, value: Mapping[str, Any]) -> Iterator[str]:
    """What is chosen (`opt:`) and what is pointed at by id (`ref:`) anywhere in a node's parameters."""
    for name, each in value.items():
        if isinstance(each, Mapping):
            mark = referred(each.get("value")) if each.get("__rl") and not is_expression(each.get("value")) else None
            yield from [mark] if mark else _choices(owner, each)
        elif isinstance(each, list):
            for one in each:
                if isinstance(one, Mapping):
                    yield from _choices(owner, one)
        elif mark := _mark_of(owner, name, each):
            yield mark


def _mark_of(owner: str, name: str, value: Any) -> str | None:
    if name not in _OWN and _POINTS.search(name) and not is_expression(value) and (mark := referred(value)):
        return mark
    return None if name in ("operation", "resource", "__rl", "mode") else chosen(owner, name, value)


def _texts(value: Any) -> Iterator[str]:
    """The strings in a node's parameters; what n8n caches for display is no setting."""
    if isinstance(value, str):
        yield unnamed(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if not str(key).startswith("cached"):
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


_BY_NAME = re.compile(r"""(\$node\[|\$items\(|\$\()\s*(["'`])(?:(?!\2).){1,200}\2""")


def unnamed(value: Any) -> Any:
    """The value with every node that an expression takes from as `*`: what nodes are called does not count."""
    if isinstance(value, str):
        return _BY_NAME.sub(r"\1*", value) if "$" in value else value
    if isinstance(value, Mapping):
        return {key: unnamed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [unnamed(each) for each in value]
    return value


def _named_fields(value: Any) -> Iterator[str]:
    """Names of fields that a node sets or maps: rows of the form `{"name": "email", "value": ...}`."""
    if isinstance(value, Mapping):
        name = value.get("name") or value.get("fieldId") or value.get("column")
        if isinstance(name, str) and not is_expression(name) and re.fullmatch(r"[^\W\d][\w \-]{1,40}", name):
            yield name
        for each in value.values():
            yield from _named_fields(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named_fields(each)


def definition(nodes: list[Mapping[str, Any]], connections: Any) -> str:
    """Node types, parameters and wiring, whatever the nodes are called and wherever they stand."""
    parts = {
        str(each.get("name")): definition_hash(
            {"type": each.get("type"), "parameters": unnamed(each.get("parameters"))}, _INCIDENTAL
        )
        for each in nodes
        if kind_of(each) != "stickyNote"
    }
    called = {str(each.get("id")): str(each.get("name")) for each in nodes}
    return graph_hash(parts, [(called.get(a, a), called.get(b, b)) for a, b in _links(connections)])


def _links(connections: Any) -> Iterator[tuple[str, str]]:
    """(from node, to node) for every wire, however the outputs are grouped."""
    if not isinstance(connections, Mapping):
        return
    for origin, outputs in connections.items():
        for target in _targets(outputs):
            yield str(origin), target


def _targets(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("node"), str):
            yield value["node"]
        else:
            for each in value.values():
                yield from _targets(each)
    elif isinstance(value, list):
        for each in value:
            yield from _targets(each)
