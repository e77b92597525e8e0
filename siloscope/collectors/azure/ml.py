"""Azure Machine Learning: workspaces, endpoints with their deployments, models, datastores, experiments.

Contract: Microsoft.MachineLearningServices, stable 2024-10-01. Deployments are part of their endpoint and
versions part of their model: they are claims and references, not assets. Jobs are read, newest first and a
bounded number, as the use of their experiment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
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
from siloscope.collectors.shape import shape
from siloscope.model import Asset, Observation, Reference, Verb
from siloscope.names import canonical
from siloscope.times import normal

_PROVIDER = "microsoft.machinelearningservices"
# Where Azure itself serves a workspace: regional addresses, shared with everybody.
_ADDRESSES = ("mlFlowTrackingUri", "discoveryUrl", "notebookInfo", "privateEndpointConnections")


def workspaces(document: Document, scope: Scope) -> Iterator[Observation]:
    """A workspace and the storage, vault, registry and insights it was given."""
    properties = properties_of(document)
    asset = resource(
        document,
        scope,
        names=(canonical(str(properties.get("mlFlowTrackingUri") or "")),),
        facts={"friendly_name": text(properties.get("friendlyName")), "kind": text(document.get("kind"))},
    )
    yield asset
    yield from linked(asset, document)
    yield from mentions(asset, {k: v for k, v in properties.items() if k not in _ADDRESSES}, "properties", scope)


def endpoints(document: Document, scope: Scope) -> Iterator[Observation]:
    """Online and batch endpoints: which models they serve, by deployment."""
    workspace = resource(document, scope)
    found = [(item, into) for into in ("onlineEndpoints", "batchEndpoints") for item in _rows(document, into)]
    for item, into in found:
        properties = properties_of(item)
        deployments = _rows(item, "deployments")
        uri = str(properties.get("scoringUri") or "")
        traffic = mapping(properties.get("traffic"))
        asset = child(
            item,
            workspace,
            scope,
            names=(canonical(uri), _host(uri, str(item.get("name") or ""))),
            facts={
                "deployments": len(deployments),
                "traffic": ", ".join(f"{name}={share}" for name, share in sorted(traffic.items())) or None,
                "auth": text(properties.get("authMode")),
                "workspace": workspace.name,
            },
        )
        yield asset
        yield Reference(workspace.id, Verb.CONTAINS, key(asset.id), into)
        yield from linked(asset, item)
        for each in deployments:
            yield from _deployment(asset, workspace, each, scope)


def _deployment(endpoint: Asset, workspace: Asset, item: Mapping[str, Any], scope: Scope) -> Iterator[Reference]:
    where = f"deployments[{item.get('name')}].properties"
    properties = properties_of(item)
    model = properties.get("model")
    if isinstance(model, Mapping):
        model = model.get("assetId") or model.get("path")
    name = pointer(str(model or ""), workspace, "models")
    if name:
        yield Reference(endpoint.id, Verb.SERVES, name, f"{where}.model")
    image = pointer(str(properties.get("environmentId") or ""), workspace, "environments")
    if image:
        yield Reference(endpoint.id, Verb.USES, image, f"{where}.environmentId")
    told = {k: properties[k] for k in ("environmentVariables", "dataCollector") if k in properties}
    yield from mentions(endpoint, told, where, scope)


def models(document: Document, scope: Scope) -> Iterator[Observation]:
    """Registered models; a version says where it lies and which job trained it."""
    workspace = resource(document, scope)
    for item in _rows(document, "models"):
        versions = _rows(item, "versions")
        told = [properties_of(each) for each in versions]
        asset = child(
            item,
            workspace,
            scope,
            facts={
                "versions": len(versions),
                "latest": text(properties_of(item).get("latestVersion")),
                "format": next((text(each.get("modelType")) for each in told if each.get("modelType")), None),
                "workspace": workspace.name,
                **_tag_facts(item, told),
            },
        )
        yield asset
        for version, properties in zip(versions, told, strict=True):
            where = f"versions[{version.get('name')}].properties"
            job = text(properties.get("jobName"))
            if job:
                yield Reference(key(f"{workspace.id}/jobs/{job}"), Verb.TRAINS, key(asset.id), f"{where}.jobName")
            place = pointer(str(properties.get("modelUri") or ""), workspace, "models")
            if place and "/jobs/" not in place and not f"{place}/".startswith(f"{key(asset.id)}/"):
                yield Reference(asset.id, Verb.USES, place, f"{where}.modelUri")


def datastores(document: Document, scope: Scope) -> Iterator[Observation]:
    """Datastores and the containers they stand for."""
    workspace = resource(document, scope)
    for item in _rows(document, "datastores"):
        properties = properties_of(item)
        account = text(properties.get("accountName"))
        container = text(properties.get("containerName") or properties.get("filesystem"))
        asset = child(
            item,
            workspace,
            scope,
            facts={
                "datastore": text(properties.get("datastoreType")),
                "default": properties.get("isDefault") if isinstance(properties.get("isDefault"), bool) else None,
                "workspace": workspace.name,
            },
        )
        yield asset
        name = canonical(f"azblob://{account}/{container}") if account and container else None
        if name:
            yield Reference(asset.id, Verb.USES, name, "properties.accountName")
        rest = {k: v for k, v in properties.items() if k not in ("endpoint", "serviceDataAccessAuthIdentity")}
        yield from mentions(asset, rest, "properties", scope)


def experiments(document: Document, scope: Scope) -> Iterator[Observation]:
    """Experiments: their recent jobs say when, by whom and on which data they ran."""
    workspace = resource(document, scope)
    by_name: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for job in _rows(document, "jobs"):
        by_name[text(properties_of(job).get("experimentName")) or "Default"].append(job)
    for name, jobs in sorted(by_name.items()):
        system = [mapping(each.get("systemData")) for each in jobs]
        people = sorted({str(each["createdBy"]) for each in system if each.get("createdByType") == "User"})
        times = sorted(filter(None, (normal(each.get("createdAt")) for each in system)))
        item = {
            "id": f"{document['id']}/experiments/{name}",
            "name": name,
            "systemData": {"createdBy": people[0], "createdByType": "User"} if len(people) == 1 else {},
        }
        asset = child(
            item,
            workspace,
            scope,
            names=[key(f"{workspace.id}/jobs/{each.get('name')}") for each in jobs],
            last_used=times[-1] if times else None,
            shape=shape([f"job:{properties_of(each).get('jobType')}" for each in jobs]),
            facts={"recent_jobs": len(jobs), "users": len(people), "workspace": workspace.name},
        )
        yield asset
        yield from _data(asset, workspace, jobs)


def _data(experiment: Asset, workspace: Asset, jobs: list[Mapping[str, Any]]) -> Iterator[Reference]:
    """Inputs, outputs and compute of all jobs, each name once."""
    seen: set[tuple[str, Verb]] = set()
    for job in jobs:
        properties = properties_of(job)
        found = [
            (str(mapping(each).get("uri") or ""), verb, f"{side}.{slot}.uri", "data")
            for side, verb in (("inputs", Verb.READS), ("outputs", Verb.WRITES))
            for slot, each in sorted(mapping(properties.get(side)).items())
        ]
        found.append((str(properties.get("computeId") or ""), Verb.USES, "computeId", "computes"))
        for spelled, verb, where, kind in found:
            name = pointer(spelled, workspace, kind)
            if name and (name, verb) not in seen:
                seen.add((name, verb))
                yield Reference(experiment.id, verb, name, f"jobs[{job.get('name')}].properties.{where}")


def pointer(spelled: str, workspace: Asset, kind: str) -> str | None:
    """The join key of an asset reference in a workspace's documents.

    Azure ML writes them as ARM ids, `azureml:NAME:VERSION` (of the field's `kind`), `azureml://datastores/...`,
    `azureml://jobs/...`, the long `azureml://subscriptions/...`, registries, or as plain data URIs
    (learn.microsoft.com, "CLI (v2) core syntax").
    """
    rest = spelled.removeprefix("azureml:")
    if rest.lower().startswith("/subscriptions/"):
        return canonical(rest)
    parts = [part for part in rest.split("/") if part]
    if spelled.startswith("azureml://") and parts:
        lower = [part.lower() for part in parts]
        if lower[0] in ("datastores", "jobs") and len(parts) > 1:
            return key(f"{workspace.id}/{lower[0]}/{lower[1]}")
        if lower[0] == "subscriptions" and len(parts) > 7 and lower[4] == "workspaces":
            long = ["", *parts[:4], "providers", _PROVIDER, *parts[4:8]]
            return canonical("/".join(long))
        return canonical(spelled) if lower[0] == "registries" else None
    if spelled.startswith("azureml:"):
        name = rest.partition(":")[0].partition("@")[0]
        return key(f"{workspace.id}/{kind}/{name}") if name else None
    return canonical(spelled)


def _host(uri: str, name: str) -> str | None:
    """A managed endpoint has a host of its own, which begins with its name; others share their cluster's."""
    place = (canonical(uri) or "").split("/")
    return "/".join(place[:3]) if len(place) > 3 and name and place[2].startswith(f"{name.lower()}.") else None


def _tag_facts(item: Mapping[str, Any], versions: list[Mapping[str, Any]]) -> dict[str, str]:
    """Tags stand in the properties of models and of their versions; the newest version wins."""
    tags: dict[str, Any] = dict(mapping(properties_of(item).get("tags")))
    for each in versions:
        tags = {**mapping(each.get("tags")), **tags}
    return {f"tag.{name}": str(value)[:200] for name, value in sorted(tags.items()) if value is not None}


def _rows(document: Mapping[str, Any], into: str) -> list[Mapping[str, Any]]:
    return [each for each in document.get(into) or [] if isinstance(each, Mapping)]
