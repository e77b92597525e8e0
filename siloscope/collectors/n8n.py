"""n8n: workflows by the public API (v1) or from folders of exports.

Contract: the OpenAPI document inside npm `n8n`, `dist/public-api/v1/openapi.yml` (1.1.1). Executions
are read once for all workflows, newest first, as last use. Pinned data is never asked for.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from siloscope.collectors.base import Client, Collector, Document, Listing, Scope
from siloscope.collectors.clients.files import Files, FilesClient, Ways, parse_json
from siloscope.collectors.clients.rest import Get, RestClient, cursor
from siloscope.collectors.n8n_shape import definition, features, kind_of
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Asset, Description, Observation, Reference, Verb, Visibility, digest
from siloscope.names import canonical, compose, expressions, extract, is_expression
from siloscope.times import normal

_CALLED = {"httpRequest", "graphql", "httpRequestTool", "toolHttpRequest", "mcpClientTool", "ssh", "executeCommand"}
# Names of vocabularies, which look like addresses and lead nowhere.
_NO_PLACES = ("https://www.w3.org/", "https://schemas.", "https://schema.org", "https://purl.org/")


def workflows(document: Document, scope: Scope) -> Iterator[Observation]:
    """A workflow, what its nodes mention and which workflows it calls."""
    nodes = [each for each in document.get("nodes") or [] if isinstance(each, Mapping)]
    native = document.get("id") or document["path"]
    me = workflow_name(scope, native)
    connections = document.get("connections") or {}
    facts = {
        "active": _truth(document.get("active")),
        "archived": _truth(document.get("isArchived")),
        "nodes": len(nodes),
        "definition": definition(nodes, connections),
        "expressions": sum(expressions(each.get("parameters")) for each in nodes),
        "tags": ", ".join(sorted(_tags(document))) or None,
        "path": document.get("path"),
    }
    yield Asset(
        id=me,
        kind="n8n.workflow",
        name=str(document.get("name") or native),
        tool=f"n8n:{scope.instance.partition('://')[2]}",
        names=tuple(sorted(_served(nodes, scope))),
        url=_url(scope, native),
        owner=_owner(document),
        created=normal(document.get("createdAt")),
        shape=features(document, nodes, connections),
        facts={key: value for key, value in facts.items() if value is not None},
    )
    seen: set[tuple[Verb, str]] = set()
    for index, node in enumerate(nodes):
        if not _truth(node.get("disabled")) and kind_of(node) != "stickyNote":
            for each in _mentions(me, node, f"nodes[{index}]", scope):
                if (each.verb, each.name) not in seen:
                    seen.add((each.verb, each.name))
                    yield each
    after = (document.get("settings") or {}).get("errorWorkflow")
    if isinstance(after, str) and after and after != "DEFAULT":
        yield Reference(me, Verb.TRIGGERS, workflow_name(scope, after), "settings.errorWorkflow")


def _mentions(me: str, node: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Reference]:
    """What one node does: the vendor's address its type stands for, names in its parameters, workflows it runs."""
    kind, parameters = kind_of(node), node.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        return
    product = vendor(kind)
    if product:
        yield Reference(me, verb_of(kind, parameters.get("operation")), product, f"{where}.type")
    verb = Verb.CALLS if kind in _CALLED else Verb.USES
    for mention in extract(parameters, scope.context, f"{where}.parameters"):
        if not mention.name.startswith(_NO_PLACES):
            yield Reference(me, verb, mention.name, mention.where)
    bucket = parameters.get("bucketName")
    if kind.startswith("awsS3") and isinstance(bucket, str) and (name := canonical(f"s3://{bucket}")):
        yield Reference(me, verb_of(kind, parameters.get("operation")), name, f"{where}.parameters.bucketName")
    if kind in ("executeWorkflow", "toolWorkflow"):
        called = parameters.get("workflowId")
        if isinstance(called, Mapping):
            called = called.get("value")
        if isinstance(called, str | int) and str(called).strip() and not is_expression(called):
            name = workflow_name(scope, str(called).lstrip("="))
            if name != me:
                yield Reference(me, Verb.CALLS, name, f"{where}.parameters.workflowId")


def vendor(kind: str) -> str | None:
    """The address of the product that a node type stands for, if it has one for all customers."""
    hosts = _table()["host"]
    for ending in ("", "Trigger", "Tool"):
        if kind.endswith(ending) and (found := hosts.get(kind.removesuffix(ending) if ending else kind)):
            return canonical(str(found))
    return None


def _served(nodes: list[Mapping[str, Any]], scope: Scope) -> set[str]:
    """Addresses that webhook nodes answer at, when n8n's own is known; generated paths are secrets, not names."""
    found: set[str] = set()
    for node in nodes:
        parameters = node.get("parameters")
        path = parameters.get("path") if isinstance(parameters, Mapping) else None
        if kind_of(node) == "webhook" and isinstance(path, str) and scope.data.get("url"):
            name = canonical(f"{scope.data['url']}/webhook/{path.strip('/')}")
            if name and not name.endswith("/webhook") and not is_expression(path):
                found.add(name)
    return found


def verb_of(kind: str, operation: Any) -> Verb:
    """What a product's node does with it: a trigger takes from it; otherwise its operation says so."""
    if kind.endswith("Trigger"):
        return Verb.READS
    if kind.startswith(("lm", "embeddings")):
        return Verb.CALLS
    said = operation or _table()["default"].get(kind.removesuffix("Tool"))
    word = re.match(r"[a-z]+", said) if isinstance(said, str) else None
    if word:
        for verb, words in _table()["verb"].items():
            if word[0] in words:
                return Verb(verb)
    return Verb.USES


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    text = files("siloscope.collectors").joinpath("n8n_nodes.toml").read_text("utf-8")
    return tomllib.loads(text)


def workflow_name(scope: Scope, native: Any) -> str:
    """The canonical name of a workflow; a path that stands for a missing id keeps its slashes."""
    return compose(*scope.instance.split("://", 1), "workflow", *str(native).split("/"))


def executions(document: Document, scope: Scope) -> Iterator[Observation]:
    """One execution: when its workflow was last used."""
    started = normal(document.get("startedAt"))
    if started:
        yield Description(about=workflow_name(scope, document["workflowId"]), last_used=started)


def _tags(document: Document) -> Iterator[str]:
    for tag in document.get("tags") or []:
        name = tag.get("name") if isinstance(tag, Mapping) else tag
        if isinstance(name, str):
            yield name


def _owner(document: Document) -> str | None:
    for share in document.get("shared") or []:
        if isinstance(share, Mapping) and share.get("role") in ("workflow:owner", None):
            project = share.get("project") or {}
            return project.get("name") if isinstance(project, Mapping) else None
    return None


def _url(scope: Scope, native: Any) -> str | None:
    base = scope.data.get("url")
    return f"{base}/workflow/{native}" if base else None


def _truth(value: Any) -> bool | None:
    """Exports hold true, "true", "false" and nothing."""
    if isinstance(value, str):
        return value.lower() == "true"
    return value if isinstance(value, bool) else None


def parse_export(data: bytes, path: str) -> list[Any]:
    """The workflows in one export file: one, a list, or wrapped in `data`, `workflows` or `workflow`.

    JSON that is no workflow at all is left aside: a folder of exports often holds other files.
    """
    return list(_unwrapped(parse_json(data, path)[0]))


def _unwrapped(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _unwrapped(each)
    elif isinstance(value, dict):
        value = {key.strip('"'): each for key, each in value.items()}
        if isinstance(value.get("nodes"), list):
            yield value
        else:
            for key in ("workflow", "workflows", "data"):
                if isinstance(value.get(key), dict | list):
                    yield from _unwrapped(value[key])
                    return


def connect(source: Source) -> Client:
    """A folder of exports when `path` is set, else the public API with `X-N8N-API-KEY`."""
    scope = Scope(source.instance, instance=f"n8n://{source.instance}", data={"url": source.url} if source.url else {})
    if source.path:
        return FilesClient(source.path, [scope])
    key = source.secret("api_key") or source.secret("token")
    if not source.url or not key:
        raise ConfigError(f'source "{source.name}": n8n needs "path", or "url" with "api_key"')
    return RestClient(
        source.url,
        [scope],
        headers={"X-N8N-API-KEY": key},
        who=lambda _: (f"api key {digest(key)[:6]}", Visibility.UNKNOWN),
    )


COLLECTOR = Collector(
    type="n8n",
    title="n8n",
    options=frozenset({"api_key", "token"}),
    connect=connect,
    tested="exports: a community collection of 1,424 workflows; API: a local server that follows the contract",
    listings=(
        Listing(
            "n8n.workflow",
            Ways(
                rest=Get(
                    "/api/v1/workflows",
                    items="data",
                    params={"limit": 100, "excludePinnedData": "true"},
                    page=cursor("nextCursor", "cursor"),
                ),
                files=Files(("*.json",), parse_export, identity="id"),
            ),
            workflows,
            permission="workflow:list",
            # Data that people pinned while trying a workflow out, and what it remembers between runs.
            opaque=("pinData.*", "staticData.*"),
        ),
        Listing(
            "n8n.execution",
            Ways(
                rest=Get(
                    "/api/v1/executions",
                    items="data",
                    params={"limit": 250},
                    page=cursor("nextCursor", "cursor"),
                )
            ),
            executions,
            permission="execution:list",
        ),
    ),
)
