"""Azure's data services, containers and AI accounts: what each is called from outside, and what it points to.

One reader a shape: `plain` for resources whose properties say everything, `below` for those with children.
Host names follow the vendor's naming of endpoints; a name that several accounts share (regional Cognitive
Services endpoints) is not claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from siloscope.collectors.azure.common import (
    child,
    key,
    linked,
    mapping,
    mentions,
    properties_of,
    resource,
    resource_type,
    text,
)
from siloscope.collectors.base import Document, Reader, Scope
from siloscope.model import Asset, Observation, Reference, Scalar, Verb
from siloscope.names import canonical

Names = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
Facts = Callable[[Mapping[str, Any]], dict[str, Scalar]]

# Properties that repeat the resource's own addresses, or describe its wiring.
_OWN = (
    "primaryEndpoints", "secondaryEndpoints", "networkAcls", "networkRuleSet", "privateEndpointConnections",
    "accessPolicies", "capabilities", "callRateLimit", "hostNameSslStates", "enabledHostNames", "outputs",
    "endpointsConfiguration", "definition", "privateLinkServiceConnections",
    "endpoint",
    "endpoints",
    "managedResourceGroupId",
    "locations",
    "readLocations",
    "writeLocations", "apiProperties",
)  # fmt: skip


def no_names(_item: Mapping[str, Any], _properties: Mapping[str, Any]) -> list[str]:
    """Known by its ARM id only."""
    return []


def no_facts(_properties: Mapping[str, Any]) -> dict[str, Scalar]:
    """Nothing beyond what every resource says."""
    return {}


def plain(names: Names = no_names, facts: Facts = no_facts) -> Reader:
    """A reader for resources whose properties say everything."""

    def read(document: Document, scope: Scope) -> Iterator[Observation]:
        asset = resource(
            document,
            scope,
            names=_claims(names, document),
            facts=facts(properties_of(document)),
        )
        yield asset
        yield from pointers(asset, document, scope)

    return read


def below(into: str, parent: Names = no_names, names: Names = no_names, facts: Facts = no_facts) -> Reader:
    """A reader for the children of a resource, put under `into`; they are named with their parent's names."""

    def read(document: Document, scope: Scope) -> Iterator[Observation]:
        owner = resource(document, scope, names=_claims(parent, document))
        for item in document.get(into) or []:
            known = {
                **item,
                "parent": document.get("name"),
                "parentNames": [name for name in owner.names if name != key(owner.id)],
            }
            asset = child(item, owner, scope, names=_claims(names, known), facts=facts(properties_of(item)))
            yield asset
            yield Reference(owner.id, Verb.CONTAINS, key(asset.id), into)
            yield from pointers(asset, item, scope)

    return read


def pointers(asset: Asset, document: Document, scope: Scope) -> Iterator[Reference]:
    """Every name in the properties that is not the resource's own."""
    yield from linked(asset, document)
    for name, value in properties_of(document).items():
        if name not in _OWN:
            verb = Verb.WRITES if name == "captureDescription" else Verb.USES
            yield from mentions(asset, value, f"properties.{name}", scope, verb=verb)


def _claims(names: Names, item: Mapping[str, Any]) -> list[str | None]:
    return [canonical(each) for each in names(item, properties_of(item)) if each]


def storage_names(item: Mapping[str, Any], _properties: Mapping[str, Any]) -> list[str]:
    """`azblob://{account}`: account names are unique in all of Azure (naming rules, Microsoft.Storage)."""
    return [f"azblob://{item.get('name')}"]


def container_names(item: Mapping[str, Any], _properties: Mapping[str, Any]) -> list[str]:
    """`azblob://{account}/{container}`."""
    return [f"azblob://{item.get('parent')}/{str(item.get('name')).rpartition('/')[2]}"]


def sql_names(_item: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
    """The server's address, with SQL Server's port."""
    host = text(properties.get("fullyQualifiedDomainName"))
    return [f"sqlserver://{host}:1433"] if host else []


def database_names(item: Mapping[str, Any], _properties: Mapping[str, Any]) -> list[str]:
    """`host://{server}:1433/{database}`."""
    name = str(item.get("name")).rpartition("/")[2]
    return [f"{each}/{name}" for each in item["parentNames"]]


def bus_names(_item: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
    """`sb://{namespace}` of an Event Hubs or Service Bus namespace, from its endpoint."""
    endpoint = text(properties.get("serviceBusEndpoint"))
    return [endpoint] if endpoint else []


def entity_names(item: Mapping[str, Any], _properties: Mapping[str, Any]) -> list[str]:
    """`sb://{namespace}/{entity}`."""
    return [f"{each}/{str(item.get('name')).rpartition('/')[2]}" for each in item["parentNames"]]


def uri_names(*keys: str) -> Names:
    """The addresses that stand in the properties `keys`."""

    def names(_item: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
        spelled = (text(properties.get(key)) for key in keys)
        return [each if "://" in each else f"https://{each}" for each in spelled if each]

    return names


def cosmos_names(_item: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
    """The account's address, and its address in each region."""
    places = [mapping(each).get("documentEndpoint") for each in properties.get("locations") or []]
    return [each for each in (properties.get("documentEndpoint"), *places) if isinstance(each, str) and each]


def registry_names(_item: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
    """`oci://{login server}`."""
    server = text(properties.get("loginServer"))
    return [f"oci://{server}"] if server else []


def search_names(item: Mapping[str, Any], _properties: Mapping[str, Any]) -> list[str]:
    """`https://{service}.search.windows.net`: Azure AI Search documents no other host."""
    return [f"https://{item.get('name')}.search.windows.net"]


def cognitive_names(item: Mapping[str, Any], properties: Mapping[str, Any]) -> list[str]:
    """The hosts that carry the account's own subdomain; regional ones belong to everybody."""
    own = text(properties.get("customSubDomainName")) or text(item.get("name")) or ""
    spelled = [properties.get("endpoint"), *mapping(properties.get("endpoints")).values()]
    hosts = {each.rstrip("/") for each in spelled if isinstance(each, str)}
    return sorted(each for each in hosts if own and each.lower().startswith(f"https://{own.lower()}."))


def deployment_names(item: Mapping[str, Any], _properties: Mapping[str, Any]) -> list[str]:
    """`https://{account}.openai.azure.com/openai/deployments/{name}`: how clients address a model."""
    hosts = [each for each in item["parentNames"] if each.endswith(".openai.azure.com")]
    return [f"{each}/openai/deployments/{item.get('name')}" for each in hosts]


def deployment_facts(properties: Mapping[str, Any]) -> dict[str, Scalar]:
    """The model behind a deployment."""
    model = mapping(properties.get("model"))
    return {
        "model": text(model.get("name")),
        "model_version": text(model.get("version")),
        "model_format": text(model.get("format")),
    }


def storage_facts(properties: Mapping[str, Any]) -> dict[str, Scalar]:
    """Whether the account has a hierarchical namespace (Data Lake Storage Gen2)."""
    lake = properties.get("isHnsEnabled")
    return {"hierarchical": lake if isinstance(lake, bool) else None, "tier": text(properties.get("accessTier"))}


def synapse(document: Document, scope: Scope) -> Iterator[Observation]:
    """A Synapse workspace: its own addresses, and the file system that is its default lake."""
    properties = properties_of(document)
    own = [str(each) for each in mapping(properties.get("connectivityEndpoints")).values()]
    spelled = (each if "://" in each else f"https://{each}" for each in own)
    asset = resource(document, scope, names=[canonical(each) for each in spelled])
    yield asset
    yield from linked(asset, document)
    lake = mapping(properties.get("defaultDataLakeStorage"))
    name = canonical(f"{str(lake.get('accountUrl') or '').rstrip('/')}/{lake.get('filesystem') or ''}")
    if name:
        yield Reference(asset.id, Verb.USES, name, "properties.defaultDataLakeStorage")
    kept = {key: properties[key] for key in ("purviewConfiguration", "encryption") if key in properties}
    yield from mentions(asset, kept, "properties", scope)


def sites(document: Document, scope: Scope) -> Iterator[Observation]:
    """Web, function and Standard Logic apps. Their settings hold secrets and are not asked for."""
    properties = properties_of(document)
    hosts = properties.get("hostNames") or [properties.get("defaultHostName")]
    asset = resource(
        document,
        scope,
        names=[canonical(f"https://{each}") for each in hosts if isinstance(each, str)],
        facts={"state": text(properties.get("state")), "kind": text(document.get("kind"))},
    )
    yield asset
    yield from linked(asset, document)
    kept = {key: properties[key] for key in ("serverFarmId", "keyVaultReferenceIdentity") if key in properties}
    yield from mentions(asset, kept, "properties", scope)
    image = str(mapping(properties.get("siteConfig")).get("linuxFxVersion") or "")
    if image.upper().startswith("DOCKER|"):
        yield from mentions(asset, {"image": image.partition("|")[2]}, "properties.siteConfig", scope)


def event_topics(document: Document, scope: Scope) -> Iterator[Observation]:
    """An Event Grid topic: where events come from, and which subscribers they start."""
    properties = properties_of(document)
    asset = resource(
        document,
        scope,
        names=[canonical(str(properties.get("endpoint") or ""))],
        facts={"topic_type": text(properties.get("topicType"))},
    )
    yield asset
    yield from linked(asset, document)
    source = canonical(str(properties.get("source") or ""))
    if source:
        yield Reference(source, Verb.TRIGGERS, key(asset.id), "properties.source")
    for item in document.get("eventSubscriptions") or []:
        told = properties_of(item)
        where = f"eventSubscriptions[{item.get('name')}].properties"
        for name in ("destination", "deadLetterDestination"):
            verb = Verb.TRIGGERS if name == "destination" else Verb.WRITES
            yield from mentions(asset, told.get(name), f"{where}.{name}", scope, verb=verb)


def any_resource(document: Document, scope: Scope) -> Iterator[Observation]:
    """What the sweep says of a resource of any type; the provider's own listing says more."""
    names: list[str | None] = []
    if resource_type(str(document["id"])) == "microsoft.storage/storageaccounts":
        names = _claims(storage_names, document)
    asset = resource(document, scope, names=names)
    yield asset
    yield from linked(asset, document)
