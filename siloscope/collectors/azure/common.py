"""What all Azure readers share: products by resource type, the asset of a resource, its references.

An asset's id is the ARM id in lower case; it claims the join key `arm://...` and its data-plane names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from siloscope.collectors.base import Document, Scope
from siloscope.model import Asset, Reference, Scalar, Verb
from siloscope.names import canonical, extract
from siloscope.names.parts import segment
from siloscope.times import normal

# Resource type -> (product, kind); the first part of the tool id and the kind of the asset.
TYPES: Mapping[str, tuple[str, str]] = {
    "microsoft.app/containerapps": ("container-apps", "container-apps.app"),
    "microsoft.app/managedenvironments": ("container-apps", "container-apps.environment"),
    "microsoft.cognitiveservices/accounts": ("azure-ai-services", "azure-ai-services.account"),
    "microsoft.cognitiveservices/accounts/deployments": (
        "azure-ai-services",
        "azure-ai-services.deployment",
    ),
    "microsoft.compute/virtualmachines": ("azure-vm", "azure-vm.machine"),
    "microsoft.containerregistry/registries": ("container-registry", "container-registry.registry"),
    "microsoft.containerservice/managedclusters": ("aks", "aks.cluster"),
    "microsoft.databricks/workspaces": ("azure-databricks", "azure-databricks.workspace"),
    "microsoft.datafactory/factories": ("azure-data-factory", "azure-data-factory.factory"),
    "microsoft.datafactory/factories/datasets": ("azure-data-factory", "azure-data-factory.dataset"),
    "microsoft.datafactory/factories/linkedservices": (
        "azure-data-factory",
        "azure-data-factory.linked-service",
    ),
    "microsoft.datafactory/factories/pipelines": ("azure-data-factory", "azure-data-factory.pipeline"),
    "microsoft.datafactory/factories/triggers": ("azure-data-factory", "azure-data-factory.trigger"),
    "microsoft.documentdb/databaseaccounts": ("cosmosdb", "cosmosdb.account"),
    "microsoft.eventgrid/systemtopics": ("event-grid", "event-grid.system-topic"),
    "microsoft.eventgrid/topics": ("event-grid", "event-grid.topic"),
    "microsoft.eventhub/namespaces": ("event-hubs", "event-hubs.namespace"),
    "microsoft.eventhub/namespaces/eventhubs": ("event-hubs", "event-hubs.hub"),
    "microsoft.fabric/capacities": ("fabric", "fabric.capacity"),
    "microsoft.insights/components": ("azure-monitor", "azure-monitor.application-insights"),
    "microsoft.keyvault/vaults": ("key-vault", "key-vault.vault"),
    "microsoft.logic/workflows": ("logic-apps", "logic-apps.workflow"),
    "microsoft.machinelearningservices/workspaces": ("azureml", "azureml.workspace"),
    "microsoft.machinelearningservices/workspaces/batchendpoints": ("azureml", "azureml.batch-endpoint"),
    "microsoft.machinelearningservices/workspaces/datastores": ("azureml", "azureml.datastore"),
    "microsoft.machinelearningservices/workspaces/experiments": ("azureml", "azureml.experiment"),
    "microsoft.machinelearningservices/workspaces/models": ("azureml", "azureml.model"),
    "microsoft.machinelearningservices/workspaces/onlineendpoints": ("azureml", "azureml.endpoint"),
    "microsoft.operationalinsights/workspaces": ("azure-monitor", "azure-monitor.workspace"),
    "microsoft.powerbidedicated/capacities": ("power-bi", "power-bi.capacity"),
    "microsoft.purview/accounts": ("purview", "purview.account"),
    "microsoft.search/searchservices": ("azure-search", "azure-search.service"),
    "microsoft.servicebus/namespaces": ("service-bus", "service-bus.namespace"),
    "microsoft.servicebus/namespaces/queues": ("service-bus", "service-bus.queue"),
    "microsoft.servicebus/namespaces/topics": ("service-bus", "service-bus.topic"),
    "microsoft.sql/servers": ("azure-sql", "azure-sql.server"),
    "microsoft.sql/servers/databases": ("azure-sql", "azure-sql.database"),
    "microsoft.storage/storageaccounts": ("azure-storage", "azure-storage.account"),
    "microsoft.storage/storageaccounts/blobservices/containers": ("azure-storage", "azure-storage.container"),
    "microsoft.synapse/workspaces": ("synapse", "synapse.workspace"),
    "microsoft.web/connections": ("logic-apps", "logic-apps.connection"),
    "microsoft.web/sites": ("app-service", "app-service.app"),
    "microsoft.web/serverfarms": ("app-service", "app-service.plan"),
}
# What `kind` says of a resource whose type serves several products.
_BY_KIND: tuple[tuple[str, str, str, str], ...] = (
    ("microsoft.cognitiveservices/accounts", "openai", "azure-openai", "azure-openai.account"),
    ("microsoft.web/sites", "workflowapp", "logic-apps", "logic-apps.app"),
    ("microsoft.web/sites", "functionapp", "azure-functions", "azure-functions.app"),
)
_ENVIRONMENTS = {
    "prod": "prod", "production": "prod", "prd": "prod", "live": "prod",
    "dev": "dev", "development": "dev", "sandbox": "dev", "sbx": "dev",
    "test": "test", "tst": "test", "qa": "test",
    "staging": "staging", "stage": "staging", "stg": "staging", "uat": "staging", "preprod": "staging",
}  # fmt: skip
_OWNER_TAGS = ("owner", "team", "contact", "createdby", "created-by", "created_by")
_ENVIRONMENT_TAGS = ("environment", "env", "stage")
# Wiring and control plane: mentioned by everything, and no dependence between tools.
_PLUMBING = re.compile(
    r"/providers/microsoft\.(?:network|authorization|resources)/|^https://(?:login\.microsoftonline\.|schema\.management\."
    r"|management\.azure\.com|management\.core\.|sts\.windows\.net|portal\.azure\.)"
)


def product(kind_of: str, kind: str = "") -> tuple[str, str]:
    """(product, asset kind) of a resource type and the resource's own `kind`; anything unknown is `azure`."""
    lower = kind_of.lower()
    for type_, word, slug, asset_kind in _BY_KIND:
        if lower == type_ and word in kind.lower():
            return slug, asset_kind
    return TYPES.get(lower, ("azure", f"azure.{lower}"))


def resource_type(arm_id: str) -> str:
    """`.../providers/Microsoft.X/y/n/z/m` -> `microsoft.x/y/z`, in lower case; "" for no resource."""
    parts = arm_id.lower().strip("/").split("/")
    if "providers" not in parts:
        return ""
    at = len(parts) - 1 - parts[::-1].index("providers")
    return "/".join([parts[at + 1], *parts[at + 2 :: 2]]) if len(parts) > at + 2 else ""


def key(arm_id: str) -> str:
    """The join key of an ARM id; one that is cut short by an odd character would claim its parent."""
    parts = [segment(part).lower() for part in arm_id.split("/") if part]
    name = canonical(arm_id)
    return name if name and name.count("/") == len(parts) + 1 else "arm://" + "/".join(parts)


def resource(
    document: Document,
    scope: Scope,
    *,
    names: Iterable[str | None] = (),
    facts: Mapping[str, Scalar] | None = None,
    shape: Mapping[str, Scalar] | None = None,
    last_used: str | None = None,
) -> Asset:
    """The asset of one resource: tags, place, size, owner and environment, and the names it claims."""
    arm_id = str(document["id"]).rstrip("/").lower()
    slug, kind = product(resource_type(arm_id), str(document.get("kind") or ""))
    tags = _tags(document)
    system, sku = _map(document.get("systemData")), _map(document.get("sku"))
    properties = _map(document.get("properties"))
    own: dict[str, Scalar] = {
        "account": arm_id.split("/")[2] if arm_id.startswith("/subscriptions/") else scope.account,
        "subscription": scope.data.get("name"),
        "resource_group": _group(arm_id),
        "region": _text(document.get("location")),
        "type": resource_type(arm_id),
        "sku": _text(sku.get("name")),
        "capacity": sku.get("capacity") if isinstance(sku.get("capacity"), int) else None,
        "state": _text(document.get("provisioningState") or properties.get("provisioningState")),
        "created_by": _text(system.get("createdBy")),
        "updated": normal(document.get("changedTime") or system.get("lastModifiedAt")),
        **{f"tag.{name}": value for name, value in tags.items()},
        **(facts or {}),
    }
    return Asset(
        id=arm_id,
        kind=kind,
        name=str(document.get("name") or arm_id.rpartition("/")[2]).rpartition("/")[2],
        tool=f"{slug}:{scope.account or own['account']}",
        names=tuple(sorted({each for each in (key(arm_id), *names) if each})),
        url=f"{scope.data['portal']}/#resource{arm_id}" if scope.data.get("portal") else None,
        owner=_tagged(tags, _OWNER_TAGS) or _person(system),
        environment=environment(tags, _group(arm_id), scope.data.get("name")),
        created=normal(document.get("createdTime") or system.get("createdAt")),
        last_used=last_used,
        shape=shape or {},
        facts={name: value for name, value in own.items() if value is not None},
    )


def mentions(
    asset: Asset,
    value: Any,
    where: str,
    scope: Scope,
    *,
    verb: Verb = Verb.USES,
    skip: Iterable[str] = (),
) -> Iterator[Reference]:
    """A reference for every name in `value` that is neither the asset itself nor plumbing."""
    own = (*asset.names, *(each for each in skip if each))
    for mention in extract(value, scope.context, where):
        if not _within(mention.name, own) and not _PLUMBING.search(mention.name):
            yield Reference(asset.id, verb, mention.name, mention.where)


def linked(asset: Asset, document: Document) -> Iterator[Reference]:
    """Who manages the resource, and the identities it runs under."""
    manager = document.get("managedBy") or _map(document.get("group")).get("managedBy")
    name = canonical(str(manager or ""))
    if name and not _within(name, asset.names):
        yield Reference(name, Verb.OWNS, key(asset.id), "managedBy")
    assigned = _map(_map(document.get("identity")).get("userAssignedIdentities"))
    for each in sorted(assigned):
        identity = canonical(str(each))
        if identity:
            yield Reference(asset.id, Verb.USES, identity, "identity.userAssignedIdentities")


def environment(tags: Mapping[str, str], *names: str | None) -> str | None:
    """From an environment tag, else from a word in the resource group's or subscription's name."""
    tagged = _tagged(tags, _ENVIRONMENT_TAGS)
    if tagged and len(tagged) <= 40:
        return _ENVIRONMENTS.get(tagged.lower(), tagged.lower())
    for name in names:
        for word in re.split(r"[^a-z0-9]+", (name or "").lower()):
            if word in _ENVIRONMENTS:
                return _ENVIRONMENTS[word]
    return None


def child(document: Document, parent: Asset, scope: Scope, **more: Any) -> Asset:
    """The asset of a resource below `parent`: what it does not say itself, its parent says."""
    asset = resource(document, scope, **more)
    slug = parent.tool if parent.kind.startswith("azure-openai") else asset.tool
    kind = asset.kind.replace("azure-ai-services.", "azure-openai.") if slug != asset.tool else asset.kind
    kept = {name: value for name, value in parent.facts.items() if name.startswith("tag.") or name == "region"}
    return replace(
        asset,
        tool=slug,
        kind=kind,
        owner=asset.owner or parent.owner,
        environment=asset.environment or parent.environment,
        facts={**kept, **asset.facts},
    )


def _within(name: str, claims: Iterable[str]) -> bool:
    return any(name == each or name.startswith(f"{each}/") for each in claims)


def _tags(document: Document) -> dict[str, str]:
    """The resource's own tags over those of its resource group."""
    merged = {**_map(_map(document.get("group")).get("tags")), **_map(document.get("tags"))}
    return {str(name): str(value)[:200] for name, value in sorted(merged.items()) if value is not None}


def _tagged(tags: Mapping[str, str], wanted: tuple[str, ...]) -> str | None:
    lower = {name.lower(): value for name, value in tags.items() if value}
    return next((lower[each] for each in wanted if each in lower), None)


def _person(system: Mapping[str, Any]) -> str | None:
    """Who created it, when that was a person: applications are no owners."""
    return _text(system.get("createdBy")) if system.get("createdByType") == "User" else None


def _group(arm_id: str) -> str | None:
    parts = arm_id.split("/")
    return parts[4] if len(parts) > 4 and parts[3] == "resourcegroups" else None


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def properties_of(document: Document) -> Mapping[str, Any]:
    """The provider's own part of a resource; empty when it has none."""
    return _map(document.get("properties"))


mapping = _map
text = _text
