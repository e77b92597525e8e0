"""Azure Logic Apps (Consumption): workflows, what their actions call, and the connections they hold.

Contract: Microsoft.Logic, stable 2019-05-01, and Microsoft.Web/connections 2016-06-01. Expressions in
actions (`@triggerBody()`) are counted, not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.azure.common import (
    linked,
    mapping,
    mentions,
    properties_of,
    resource,
    text,
)
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.shape import definition_hash, shape
from siloscope.model import Asset, Observation, Reference, Verb
from siloscope.names import canonical, expressions

# Where a definition holds what may be secret: headers, query parameters and the workflow's parameters.
OPAQUE = (
    "properties.definition.*.headers.*",
    "properties.definition.*.queries.*",
    "properties.definition.parameters.*",
    "properties.parameters.*",
)
_CALLS = {"http", "httpwebhook", "function", "workflow", "apimanagement", "apiconnectionwebhook"}


def workflows(document: Document, scope: Scope) -> Iterator[Observation]:
    """A workflow: its actions' calls and its connections."""
    properties = properties_of(document)
    definition = mapping(properties.get("definition"))
    steps = [*_steps(definition.get("triggers"), "triggers"), *_steps(definition.get("actions"), "actions")]
    asset = resource(
        document,
        scope,
        names=(canonical(str(properties.get("accessEndpoint") or "")),),
        shape=shape(_features(steps)),
        facts={
            "state": text(properties.get("state")),
            "actions": sum(1 for _, where in steps if ".actions" in f".{where}"),
            "definition": definition_hash({k: definition.get(k) for k in ("triggers", "actions")}),
            "expressions": expressions(definition),
        },
    )
    yield asset
    yield from linked(asset, document)
    for step, where in steps:
        yield from _step(asset, step, f"properties.definition.{where}", scope)
    connections = mapping(properties.get("parameters")).get("$connections")
    yield from mentions(asset, connections, "properties.parameters.$connections", scope)
    account = canonical(str(mapping(properties.get("integrationAccount")).get("id") or ""))
    if account:
        yield Reference(asset.id, Verb.USES, account, "properties.integrationAccount")


def _step(asset: Asset, step: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Reference]:
    verb = Verb.CALLS if str(step.get("type")).lower() in _CALLS else Verb.USES
    told = {name: step[name] for name in ("inputs", "operationOptions") if name in step}
    yield from mentions(asset, told, where, scope, verb=verb)


def _steps(value: Any, where: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every trigger or action, those in scopes, loops and branches too, with its path."""
    for name, step in mapping(value).items():
        if not isinstance(step, Mapping):
            continue
        spot = f"{where}.{name}"
        yield step, spot
        yield from _steps(step.get("actions"), f"{spot}.actions")
        for branch in ("else", "default"):
            yield from _steps(mapping(step.get(branch)).get("actions"), f"{spot}.{branch}.actions")
        for case, inner in mapping(step.get("cases")).items():
            yield from _steps(mapping(inner).get("actions"), f"{spot}.cases.{case}.actions")


def _features(steps: list[tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    kinds = {where.rpartition(".")[2]: str(step.get("type")) for step, where in steps}
    for step, where in steps:
        kind = str(step.get("type"))
        yield f"{'node' if 'actions' in where else 'trigger'}:{kind}"
        for before in mapping(step.get("runAfter")):
            yield f"flow:{kinds.get(before, '?')}>{kind}"
        method = mapping(step.get("inputs")).get("method")
        if isinstance(method, str):
            yield f"op:{kind}={method.upper()}"


def connections(document: Document, scope: Scope) -> Iterator[Observation]:
    """A connection: which connector it is of. Its parameter values are not asked for."""
    properties = properties_of(document)
    api = mapping(properties.get("api"))
    asset = resource(
        document,
        scope,
        facts={"connector": text(api.get("name")), "display_name": text(properties.get("displayName"))},
    )
    yield asset
    yield from linked(asset, document)
    connector = canonical(str(api.get("id") or ""))
    if connector:
        yield Reference(asset.id, Verb.USES, connector, "properties.api.id")
    yield from mentions(asset, properties.get("parameterValues"), "properties.parameterValues", scope)
