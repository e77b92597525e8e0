"""Azure Data Factory: one document a factory, so that a pipeline's datasets resolve to the data they stand for.

Contract: Microsoft.DataFactory, stable 2018-06-01. A pipeline reads and writes through datasets; a dataset is
a place within what its linked service connects to. Expressions (`@pipeline().parameters.x`) are not names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from siloscope.collectors.azure.common import (
    child,
    key,
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
from siloscope.names import canonical, expressions, extract, is_expression

_NESTED = ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities")
_INCIDENTAL = ("name", "description", "annotations", "userProperties", "dependsOn", "policy", "folder")
_CALLS = {"WebActivity", "WebHook", "AzureFunctionActivity", "Custom"}


@dataclass(frozen=True, slots=True)
class _Factory:
    """What a factory's documents are relative to: its asset, and where each dataset lies."""

    asset: Asset
    scope: Scope
    places: Mapping[str, str]

    def name(self, kind: str, item: str) -> str:
        """The join key of one of the factory's own things."""
        return key(f"{self.asset.id}/{kind}/{item}")


def factories(document: Document, scope: Scope) -> Iterator[Observation]:
    """A factory with its linked services, datasets, pipelines and triggers."""
    asset = resource(document, scope)
    services = {_name(each): _connects(each, scope) for each in _rows(document, "linkedservices")}
    places = {_name(each): _place(each, services) for each in _rows(document, "datasets")}
    factory = _Factory(asset, scope, {name: place for name, place in places.items() if place})
    yield asset
    yield from linked(asset, document)
    repository = mapping(properties_of(document).get("repoConfiguration"))
    if repository.get("repositoryName") and repository.get("accountName"):
        host = str(repository.get("hostName") or "https://github.com").rstrip("/")
        name = canonical(f"{host}/{repository['accountName']}/{repository['repositoryName']}")
        if name:
            yield Reference(asset.id, Verb.USES, name, "properties.repoConfiguration")
    for item in _rows(document, "linkedservices"):
        yield from _linked_service(item, factory)
    for item in _rows(document, "datasets"):
        yield from _dataset(item, factory)
    for item in _rows(document, "pipelines"):
        yield from _pipeline(item, factory)
    for item in _rows(document, "triggers"):
        yield from _trigger(item, factory)


def _linked_service(item: Mapping[str, Any], factory: _Factory) -> Iterator[Observation]:
    properties = properties_of(item)
    asset = child(item, factory.asset, factory.scope, facts={"service": text(properties.get("type"))})
    yield asset
    yield Reference(factory.asset.id, Verb.CONTAINS, key(asset.id), "linkedservices")
    told = mapping(properties.get("typeProperties"))
    yield from mentions(asset, told, "properties.typeProperties", factory.scope)
    workspace = _ml_workspace(told)
    if workspace:
        yield Reference(asset.id, Verb.USES, workspace, "properties.typeProperties.mlWorkspaceName")
    server, database = text(told.get("server")), text(told.get("database"))
    if server and str(properties.get("type")).startswith("AzureSql"):
        name = canonical(f"sqlserver://{server}:1433" + (f"/{database}" if database else ""))
        if name:
            yield Reference(asset.id, Verb.USES, name, "properties.typeProperties.server")
    for where, store in _vaults(told, "properties.typeProperties"):
        yield Reference(asset.id, Verb.USES, factory.name("linkedservices", store), where)


def _vaults(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """The key vault linked services that secrets are taken from."""
    if isinstance(value, Mapping):
        store = mapping(value.get("store")).get("referenceName")
        if value.get("type") == "AzureKeyVaultSecret" and isinstance(store, str):
            yield f"{where}.store", store
        for name, each in value.items():
            yield from _vaults(each, f"{where}.{name}")


def _dataset(item: Mapping[str, Any], factory: _Factory) -> Iterator[Observation]:
    properties = properties_of(item)
    asset = child(item, factory.asset, factory.scope, facts={"format": text(properties.get("type"))})
    yield asset
    service = _referenced(properties.get("linkedServiceName"))
    if service:
        where = "properties.linkedServiceName"
        yield Reference(asset.id, Verb.USES, factory.name("linkedservices", service), where)
    place = factory.places.get(_name(item))
    if place:
        yield Reference(asset.id, Verb.USES, place, "properties.typeProperties")


def _pipeline(item: Mapping[str, Any], factory: _Factory) -> Iterator[Observation]:
    properties = properties_of(item)
    activities = [*_activities(properties.get("activities"), "properties.activities")]
    kinds = {str(each.get("name")): str(each.get("type")) for each, _ in activities}
    asset = child(
        item,
        factory.asset,
        factory.scope,
        shape=shape(_features([each for each, _ in activities], kinds)),
        facts={
            "activities": len(activities),
            "definition": definition_hash(properties.get("activities"), _INCIDENTAL),
            "expressions": expressions(properties.get("activities")),
            "folder": text(mapping(properties.get("folder")).get("name")),
        },
    )
    yield asset
    yield Reference(factory.asset.id, Verb.CONTAINS, key(asset.id), "pipelines")
    for activity, where in activities:
        yield from _activity(asset, activity, where, factory)


def _activity(asset: Asset, activity: Mapping[str, Any], where: str, factory: _Factory) -> Iterator[Reference]:
    told = {name: each for name, each in mapping(activity.get("typeProperties")).items() if name not in _NESTED}
    data = [(each, Verb.READS, f"{where}.inputs") for each in activity.get("inputs") or []]
    data += [(each, Verb.WRITES, f"{where}.outputs") for each in activity.get("outputs") or []]
    data.append((told.get("dataset"), Verb.READS, f"{where}.typeProperties.dataset"))
    for each, verb, spot in data:
        dataset = _referenced(each)
        if dataset:
            yield Reference(asset.id, verb, factory.name("datasets", dataset), spot)
            place = factory.places.get(dataset.lower())
            if place:
                yield Reference(asset.id, verb, place, f"{spot}.{dataset}")
    for held, name, kind, verb in (
        (activity, "linkedServiceName", "linkedservices", Verb.USES),
        (told, "pipeline", "pipelines", Verb.CALLS),
        (told, "dataflow", "dataflows", Verb.RUNS),
    ):
        target = _referenced(held.get(name))
        if target:
            yield Reference(asset.id, verb, factory.name(kind, target), f"{where}.{name}")
    verb = Verb.CALLS if activity.get("type") in _CALLS else Verb.USES
    yield from mentions(asset, told, f"{where}.typeProperties", factory.scope, verb=verb)


def _trigger(item: Mapping[str, Any], factory: _Factory) -> Iterator[Observation]:
    properties = properties_of(item)
    told = mapping(properties.get("typeProperties"))
    asset = child(
        item,
        factory.asset,
        factory.scope,
        facts={"trigger": text(properties.get("type")), "state": text(properties.get("runtimeState"))},
    )
    yield asset
    started = properties.get("pipelines") or [properties.get("pipeline")]
    for index, each in enumerate(started):
        pipeline = _referenced(mapping(each).get("pipelineReference"))
        if pipeline:
            where = f"properties.pipelines[{index}]"
            yield Reference(asset.id, Verb.TRIGGERS, factory.name("pipelines", pipeline), where)
    source = canonical(str(told.get("scope") or ""))
    if source:
        yield Reference(source, Verb.TRIGGERS, key(asset.id), "properties.typeProperties.scope")


def _activities(value: Any, where: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every activity, those inside loops and branches too, with its path."""
    for index, activity in enumerate(value if isinstance(value, list) else []):
        if not isinstance(activity, Mapping):
            continue
        spot = f"{where}[{index}]"
        yield activity, spot
        told = mapping(activity.get("typeProperties"))
        for name in _NESTED:
            yield from _activities(told.get(name), f"{spot}.typeProperties.{name}")
        for number, case in enumerate(told.get("cases") or []):
            yield from _activities(mapping(case).get("activities"), f"{spot}.typeProperties.cases[{number}]")


def _features(activities: list[Mapping[str, Any]], kinds: Mapping[str, str]) -> Iterator[str]:
    for each in activities:
        kind = str(each.get("type"))
        yield f"node:{kind}"
        for before in each.get("dependsOn") or []:
            yield f"flow:{kinds.get(str(mapping(before).get('activity')), '?')}>{kind}"
        told = mapping(each.get("typeProperties"))
        if kind == "Copy":
            ends = [mapping(told.get(end)).get("type") for end in ("source", "sink")]
            yield f"op:Copy={ends[0]}>{ends[1]}"


def _connects(item: Mapping[str, Any], scope: Scope) -> str:
    """The most specific name a linked service connects to; "" when the document does not say."""
    properties = properties_of(item)
    told = mapping(properties.get("typeProperties"))
    server, database = text(told.get("server")), text(told.get("database"))
    if server and database and not is_expression(database):
        return canonical(f"sqlserver://{server}:1433/{database}") or ""
    names = [each.name for each in extract(told, scope.context)]
    return max((each for each in names if not each.startswith("arm://")), key=len, default="")


def _place(item: Mapping[str, Any], services: Mapping[str, str]) -> str | None:
    """Where a dataset lies: a container and path, a bucket and key, or a table."""
    told = mapping(properties_of(item).get("typeProperties"))
    location = mapping(told.get("location"))
    service = (_referenced(properties_of(item).get("linkedServiceName")) or "").lower()
    base = services.get(service, "")
    bucket = _constant(location.get("bucketName"))
    if bucket:
        return canonical("/".join(["s3:/", bucket, *_path(location)]))
    container = _constant(location.get("fileSystem") or location.get("container"))
    if container and base.startswith("azblob://"):
        return canonical("/".join([base, container, *_path(location)]))
    table = [_constant(told.get("schema")), _constant(told.get("table"))]
    if not table[1]:
        table = [each.strip("[]") for each in (_constant(told.get("tableName")) or "").split(".")]
    if base.startswith("host://") and base.count("/") > 2 and all(table):
        return canonical("/".join([base, *(each for each in table if each)]))
    return None


def _path(location: Mapping[str, Any]) -> list[str]:
    """Folder and file, as far as they are constants."""
    folder, file = location.get("folderPath"), location.get("fileName")
    if folder and not _constant(folder):
        return []
    return [each for each in (_constant(folder), _constant(file)) if each]


def _constant(value: Any) -> str | None:
    return value.strip("/") if isinstance(value, str) and value and not is_expression(value) else None


def _ml_workspace(told: Mapping[str, Any]) -> str | None:
    parts = [told.get(key) for key in ("subscriptionId", "resourceGroupName", "mlWorkspaceName")]
    if not all(isinstance(each, str) and each for each in parts):
        return None
    return canonical(
        f"/subscriptions/{parts[0]}/resourceGroups/{parts[1]}/providers/Microsoft.MachineLearningServices/workspaces/{parts[2]}"
    )


def _referenced(value: Any) -> str | None:
    """The name in `{"referenceName": ..., "type": "...Reference"}`."""
    return _constant(mapping(value).get("referenceName"))


def _name(item: Mapping[str, Any]) -> str:
    return str(item.get("name") or "").lower()


def _rows(document: Mapping[str, Any], into: str) -> list[Mapping[str, Any]]:
    return [each for each in document.get(into) or [] if isinstance(each, Mapping)]
