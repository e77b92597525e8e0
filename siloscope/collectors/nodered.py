"""Node-RED: flows (tabs) and subflows by the admin API or from exported flow files and project folders.

Contract: nodered.org/docs/api/admin (`GET /flows`, API version v2; `POST /auth/token`) and the flow file
format of nodered.org/docs/developing-flows. Credentials are in neither; `env` values yield only names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from siloscope.collectors.base import Client, Collector, Document, Listing, Scope, Trouble
from siloscope.collectors.clients.files import Files, FilesClient, Ways, parse_json
from siloscope.collectors.clients.rest import Get, RestClient
from siloscope.collectors.nodered_nodes import mentions
from siloscope.collectors.shape import definition_hash, graph_hash, shape
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Asset, Observation, Reference, Verb, Visibility, digest
from siloscope.names import canonical, compose

# What the editor changes without changing what a flow does.
_INCIDENTAL = ("id", "x", "y", "z", "w", "h", "g", "wires", "links", "name", "info", "l", "credentials")


def flows(document: Document, scope: Scope) -> Iterator[Observation]:
    """A tab or subflow, what its nodes mention through their configuration, and which other tabs they reach."""
    nodes = document["nodes"]
    me = flow_name(scope, document.get("id") or document["path"], document["kind"])
    facts = {
        "definition": _definition(document),
        "description": str(document.get("info") or "")[:200] or None,
        "disabled": bool(document.get("disabled")),
        "nodes": len(nodes),
        "path": document.get("path"),
    }
    yield Asset(
        id=me,
        kind=f"nodered.{document['kind']}",
        name=str(document.get("label") or document.get("id") or document["path"]),
        tool=f"node-red:{scope.instance.partition('://')[2]}",
        names=tuple(sorted(_served(nodes, scope))),
        url=f"{scope.data['url']}/#flow/{document['id']}" if scope.data.get("url") and document.get("id") else None,
        shape=shape(_features(nodes)),
        facts={key: value for key, value in facts.items() if value is not None},
    )
    configs = {each["id"]: each for each in document["configs"]}
    for index, node in enumerate(nodes):
        if not node.get("d") and not document.get("disabled"):
            yield from mentions(me, node, configs, f"nodes[{index}]", scope)
    for link in document["links"]:
        verb = Verb.CALLS if link["how"] in ("call", "subflow") else Verb.TRIGGERS
        kind = "subflow" if link["how"] == "subflow" else "flow"
        yield Reference(me, verb, flow_name(scope, link["to"], kind), link["where"])


def flow_name(scope: Scope, native: str, kind: str = "flow") -> str:
    """The canonical name of a tab or a subflow; a path that stands for a missing id keeps its slashes."""
    return compose(*scope.instance.split("://", 1), kind, *native.split("/"))


def _served(nodes: list[Mapping[str, Any]], scope: Scope) -> Iterator[str]:
    """Addresses that `http in` nodes answer at, when the server's own address is known."""
    for node in nodes:
        path = node.get("url")
        if node.get("type") == "http in" and isinstance(path, str) and scope.data.get("url"):
            constant = path.partition(":")[0].partition("*")[0]
            name = canonical(f"{scope.data['url']}/{constant.lstrip('/')}")
            if name and constant.strip("/"):
                yield name


def _features(nodes: list[Mapping[str, Any]]) -> Iterator[str]:
    kinds = {each["id"]: _kind(each) for each in nodes}
    for node in nodes:
        if _kind(node) == "comment":
            continue
        yield f"node:{_kind(node)}"
        yield from (f"set:{_kind(node)}.{key}" for key in node if key not in (*_INCIDENTAL, "type", "d", "env"))
    yield from (f"flow:{kinds[a]}>{kinds.get(b, '?')}" for a, b in _wires(nodes))


def _definition(document: Document) -> str:
    """Node types, settings and wiring; a configuration node counts by what it holds, not by its id."""
    marks = {each["id"]: definition_hash(each, _INCIDENTAL) for each in document["configs"]}
    parts = {
        node["id"]: definition_hash(
            {key: marks.get(value, value) if isinstance(value, str) else value for key, value in node.items()},
            _INCIDENTAL,
        )
        for node in document["nodes"]
        if _kind(node) != "comment"
    }
    return graph_hash(parts, _wires(document["nodes"]))


def _kind(node: Mapping[str, Any]) -> str:
    """The node type; instances of a subflow are of one kind, whatever id their subflow has."""
    kind = str(node.get("type") or "?")
    return "subflow" if kind.startswith("subflow:") else kind


def _wires(nodes: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        for port in node.get("wires") or []:
            for target in port if isinstance(port, list) else ():
                yield node["id"], str(target)


def documents(nodes: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """One document a tab or subflow, out of the flat list that a flow file is.

    Configuration nodes that its nodes point to are put beside them; links to other tabs are resolved,
    since node ids mean nothing outside the list. Nodes of a tab that is not in the list make their own.
    """
    rows = [
        {key: value for key, value in each.items() if key != "credentials"}
        for each in nodes
        if isinstance(each, Mapping) and isinstance(each.get("id"), str) and isinstance(each.get("type"), str)
    ]
    tabs = {each["id"]: each for each in rows if each["type"] in ("tab", "subflow")}
    inside: dict[str, list[dict[str, Any]]] = {key: [] for key in tabs}
    outside: dict[str, dict[str, Any]] = {}
    for each in rows:
        if each["id"] in tabs or each["type"] == "group":
            continue
        # A configuration node has no place on a tab; it may still say on which tab it is in scope.
        if isinstance(each.get("z"), str) and each["z"] and ("wires" in each or "x" in each):
            inside.setdefault(each["z"], []).append(each)
        else:
            outside[each["id"]] = each
    home = {each["id"]: tab for tab, group in inside.items() for each in group}
    for key, group in inside.items():
        tab = tabs.get(key, {})
        yield {
            "id": key,
            "kind": "subflow" if tab.get("type") == "subflow" else "flow",
            "label": tab.get("label") or tab.get("name"),
            "info": tab.get("info"),
            "disabled": tab.get("disabled"),
            "env": tab.get("env") or [],
            "nodes": group,
            "configs": _configs(group, outside),
            "links": list(_links(key, group, home)),
        }


def _configs(group: list[dict[str, Any]], outside: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Configuration nodes that a tab's nodes point to, and those that these point to."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(group)
    while waiting:
        for value in waiting.pop().values():
            if isinstance(value, str) and value in outside and value not in found:
                found[value] = outside[value]
                waiting.append(outside[value])
    return [found[key] for key in sorted(found)]


def _links(tab: str, group: list[dict[str, Any]], home: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for index, node in enumerate(group):
        if node.get("d"):
            continue
        kind = node["type"]
        if kind.startswith("subflow:"):
            yield {"to": kind.partition(":")[2], "how": "subflow", "where": f"nodes[{index}].type"}
        if kind in ("link out", "link call") and node.get("mode") != "return":
            for target in dict.fromkeys(home.get(str(each)) for each in node.get("links") or []):
                if target and target != tab:
                    how = "call" if kind == "link call" else "link"
                    yield {"to": target, "how": how, "where": f"nodes[{index}].links"}


class NodeRedClient(RestClient):
    """The admin API: one answer holds all nodes, from which the tabs are made."""

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """One document a tab or subflow."""
        yield from documents(each for each in super().pages(listing, scope) if not isinstance(each, Trouble))


def parse_export(data: bytes, path: str) -> list[Any]:
    """The tabs in one flow file: a list of nodes, `{"flows": [...]}`, or one flow as `GET /flow/ID` has it.

    JSON that holds no flows (`package.json`, encrypted credentials) is left aside.

    Raises:
        ValueError: The file is no JSON.
    """
    value = parse_json(data, path)[0]
    if isinstance(value, Mapping) and isinstance(value.get("flows"), list):
        value = value["flows"]
    elif isinstance(value, Mapping) and isinstance(value.get("nodes"), list) and "configs" in value:
        tab = {**{key: value.get(key) for key in ("id", "label", "info", "disabled", "env")}, "type": "tab"}
        value = [tab, *value["nodes"], *value["configs"], *(value.get("subflows") or [])]
    return list(documents(value)) if isinstance(value, list) else []


def _login(user: str, password: str) -> Any:
    def login(client: RestClient) -> Mapping[str, str]:
        """Exchange user and password for a token that may only read."""
        form = {
            "client_id": "node-red-admin",
            "grant_type": "password",
            "scope": "flows.read",
            "username": user,
            "password": password,
        }
        token = client.request("POST", "/auth/token", json=form).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    return login


def connect(source: Source) -> Client:
    """A flow file or folder when `path` is set, else the admin API: open, by `token`, or by `user` and `password`."""
    scope = Scope(
        source.instance, instance=f"nodered://{source.instance}", data={"url": source.url} if source.url else {}
    )
    if source.path:
        return FilesClient(source.path, [scope])
    if not source.url:
        raise ConfigError(f'source "{source.name}": node-red needs "path" or "url"')
    token, password = source.secret("token"), source.secret("password")
    user = str(source.options.get("user") or "")
    who = f"token {digest(token)[:6]}" if token else f"user {user}" if password else "anonymous"
    return NodeRedClient(
        source.url,
        [scope],
        headers={"Authorization": f"Bearer {token}"} if token else {},
        login=_login(user, password) if password and not token else None,
        # The API has no rights below "may read flows": who may, sees every tab.
        who=lambda _: (who, Visibility.ALL),
    )


COLLECTOR = Collector(
    type="node-red",
    title="Node-RED",
    options=frozenset({"token", "user", "password"}),
    connect=connect,
    tested="the real Node-RED 4.1 (admin API without authentication), flow files",
    listings=(
        Listing(
            "nodered.flow",
            Ways(
                rest=Get("/flows", items="flows", headers={"Node-RED-API-Version": "v2"}),
                files=Files(("*.json",), parse_export, identity="id"),
            ),
            flows,
            permission="flows.read",
            opaque=("env.value", "nodes.env.value", "configs.env.value"),
        ),
    ),
)
