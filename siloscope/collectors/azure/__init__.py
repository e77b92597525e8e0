"""Microsoft Azure: subscriptions, everything in them, and what the resource providers say of what matters.

The sweep (`resources.list` of azure-mgmt-resource) sees every resource and opens one scope for each type it
met; a provider is asked only for types that are there, so an unregistered provider is never a gap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from siloscope.collectors.azure import data, datafactory, logic, ml
from siloscope.collectors.azure.common import resource_type
from siloscope.collectors.base import Client, Collector, Document, Listing, Reader, Scope
from siloscope.collectors.clients.arm import PUBLIC, Arm, ArmClient, ArmDetail, subscription_scope
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Observation

# Resource Manager endpoints of the clouds, by the host of their sign-in authority (Azure docs, national clouds).
_CLOUDS = {
    "login.microsoftonline.com": PUBLIC,
    "login.microsoftonline.us": "https://management.usgovcloudapi.net",
    "login.chinacloudapi.cn": "https://management.chinacloudapi.cn",
    "login.partner.microsoftonline.cn": "https://management.chinacloudapi.cn",
}
_ML = "Microsoft.MachineLearningServices/workspaces"
_ML_VERSION = "2024-10-01"
_FACTORY = "Microsoft.DataFactory/factories"
RECENT_JOBS = 500


def subscriptions(_document: Document, _scope: Scope) -> Iterator[Observation]:
    """A subscription is a scope; what it holds are the assets."""
    return iter(())


def open_subscription(document: Document, scope: Scope) -> Iterator[Scope]:
    """The scope of an enabled subscription."""
    if document.get("state", "Enabled") in ("Enabled", "Warned", "PastDue"):
        name = str(document.get("displayName") or "")
        yield subscription_scope(str(document["subscriptionId"]), {**scope.data, "name": name})


def open_type(document: Document, scope: Scope) -> Iterator[Scope]:
    """The scope in which a provider is asked for all resources of this one's type."""
    kind = resource_type(str(document["id"]))
    yield Scope(scope.path, f"azure:{kind}", scope.instance, scope.account, "", scope.data)


def provider(
    name: str,
    kind: str,
    version: str,
    read: Reader,
    *details: ArmDetail,
    opaque: tuple[str, ...] = (),
) -> Listing:
    """All resources of one type in a subscription, as their own provider tells them."""
    path = f"/subscriptions/{{subscription}}/providers/{kind}"
    permission = ", ".join([f"{kind}/read", *_permissions(details)])
    return Listing(
        name,
        Arm(path, version, details=details),
        read,
        permission,
        per=f"azure:{kind.lower()}",
        opaque=opaque,
    )


def _permissions(details: Iterable[ArmDetail]) -> Iterator[str]:
    for each in details:
        yield each.permission
        yield from _permissions(each.details)


def below(into: str, kind: str, version: str, *details: ArmDetail, most: int = 0, query: str = "") -> ArmDetail:
    """The list of a resource's children of type `kind`, put under `into`."""
    path = "{id}/" + kind.rpartition("/")[2] + query
    return ArmDetail(into, path, version, f"{kind}/read", details, most=most)


_STORAGE = "Microsoft.Storage/storageAccounts"
_LISTINGS = (
    Listing(
        "azure.subscription",
        Arm("/subscriptions", "2022-12-01"),
        subscriptions,
        "Microsoft.Resources/subscriptions/read",
        opens=open_subscription,
    ),
    Listing(
        "azure.resource",
        Arm(sdk="resources"),
        data.any_resource,
        "Microsoft.Resources/subscriptions/resources/read, Microsoft.Resources/subscriptions/resourceGroups/read",
        per="subscription",
        opens=open_type,
        precedence=10,
    ),
    provider("azureml.workspace", _ML, _ML_VERSION, ml.workspaces),
    provider(
        "azureml.endpoint", _ML, _ML_VERSION, ml.endpoints,
        *(
            below(
                f"{flavour}Endpoints", f"{_ML}/{flavour}Endpoints", _ML_VERSION,
                below("deployments", f"{_ML}/{flavour}Endpoints/deployments", _ML_VERSION),
            )
            for flavour in ("online", "batch")
        ),
        opaque=("*.deployments.properties.environmentVariables.*",),
    ),
    provider(
        "azureml.model", _ML, _ML_VERSION, ml.models,
        below("models", f"{_ML}/models", _ML_VERSION, below("versions", f"{_ML}/models/versions", _ML_VERSION)),
    ),
    provider(
        "azureml.datastore", _ML, _ML_VERSION, ml.datastores,
        below("datastores", f"{_ML}/datastores", _ML_VERSION),
    ),
    provider(
        "azureml.experiment", _ML, _ML_VERSION, ml.experiments,
        below("jobs", f"{_ML}/jobs", _ML_VERSION, most=RECENT_JOBS),
        opaque=("jobs.properties.environmentVariables.*", "jobs.properties.command"),
    ),
    provider(
        "azure-ai-services.account", "Microsoft.CognitiveServices/accounts", "2025-06-01",
        data.plain(data.cognitive_names),
    ),
    provider(
        "azure-ai-services.deployment", "Microsoft.CognitiveServices/accounts", "2025-06-01",
        data.below("deployments", data.cognitive_names, data.deployment_names, data.deployment_facts),
        below("deployments", "Microsoft.CognitiveServices/accounts/deployments", "2025-06-01"),
    ),
    provider(
        "azure-data-factory.factory", _FACTORY, "2018-06-01", datafactory.factories,
        *(
            below(kind.lower(), f"{_FACTORY}/{kind}", "2018-06-01")
            for kind in ("linkedservices", "datasets", "pipelines", "triggers")
        ),
        opaque=("pipelines.*.headers.*",),
    ),
    provider("logic-apps.workflow", "Microsoft.Logic/workflows", "2019-05-01", logic.workflows, opaque=logic.OPAQUE),
    provider("logic-apps.connection", "Microsoft.Web/connections", "2016-06-01", logic.connections),
    provider("app-service.app", "Microsoft.Web/sites", "2023-12-01", data.sites),
    provider(
        "container-apps.app", "Microsoft.App/containerApps", "2024-03-01",
        data.plain(data.no_names),
        opaque=("properties.template.*.env.value",),
    ),
    provider(
        "azure-databricks.workspace", "Microsoft.Databricks/workspaces", "2024-05-01",
        data.plain(data.uri_names("workspaceUrl")),
    ),
    provider("synapse.workspace", "Microsoft.Synapse/workspaces", "2021-06-01", data.synapse),
    provider("azure-storage.account", _STORAGE, "2023-05-01", data.plain(data.storage_names, data.storage_facts)),
    provider(
        "azure-storage.container", _STORAGE, "2023-05-01",
        data.below("containers", data.storage_names, data.container_names),
        ArmDetail(
            "containers", "{id}/blobServices/default/containers", "2023-05-01",
            f"{_STORAGE}/blobServices/containers/read",
        ),
    ),
    provider("azure-sql.server", "Microsoft.Sql/servers", "2021-11-01", data.plain(data.sql_names)),
    provider(
        "azure-sql.database", "Microsoft.Sql/servers", "2021-11-01",
        data.below("databases", data.sql_names, data.database_names),
        below("databases", "Microsoft.Sql/servers/databases", "2021-11-01"),
    ),
    provider(
        "cosmosdb.account", "Microsoft.DocumentDB/databaseAccounts", "2024-05-15",
        data.plain(data.cosmos_names),
    ),
    provider("event-hubs.namespace", "Microsoft.EventHub/namespaces", "2024-01-01", data.plain(data.bus_names)),
    provider(
        "event-hubs.hub", "Microsoft.EventHub/namespaces", "2024-01-01",
        data.below("eventhubs", data.bus_names, data.entity_names),
        below("eventhubs", "Microsoft.EventHub/namespaces/eventhubs", "2024-01-01"),
    ),
    provider("service-bus.namespace", "Microsoft.ServiceBus/namespaces", "2021-11-01", data.plain(data.bus_names)),
    *(
        provider(
            f"service-bus.{kind}", "Microsoft.ServiceBus/namespaces", "2021-11-01",
            data.below(f"{kind}s", data.bus_names, data.entity_names),
            below(f"{kind}s", f"Microsoft.ServiceBus/namespaces/{kind}s", "2021-11-01"),
        )
        for kind in ("queue", "topic")
    ),
    provider(
        "event-grid.system-topic", "Microsoft.EventGrid/systemTopics", "2022-06-15", data.event_topics,
        below("eventSubscriptions", "Microsoft.EventGrid/systemTopics/eventSubscriptions", "2022-06-15"),
    ),
    provider("key-vault.vault", "Microsoft.KeyVault/vaults", "2023-07-01", data.plain(data.uri_names("vaultUri"))),
    provider(
        "container-registry.registry", "Microsoft.ContainerRegistry/registries", "2023-07-01",
        data.plain(data.registry_names),
    ),
    provider("azure-search.service", "Microsoft.Search/searchServices", "2023-11-01", data.plain(data.search_names)),
    provider(
        "aks.cluster", "Microsoft.ContainerService/managedClusters", "2024-05-01",
        data.plain(data.uri_names("fqdn")),
    ),
)  # fmt: skip


def policy(listings: Sequence[Listing]) -> str:
    """A custom role that may read what the listings ask for and nothing else."""
    actions = {each.strip() for listing in listings for each in listing.permission.split(",") if each.strip()}
    role = {
        "Name": "siloscope reader",
        "Description": "Reads the inventory; no keys, no secrets, no data.",
        "Actions": sorted(actions),
        "AssignableScopes": ["/subscriptions/SUBSCRIPTION"],
    }
    return json.dumps(role, indent=2)


def connect(source: Source) -> Client:
    """Resource Manager with a credential of azure-identity, or a static `token`.

    Raises:
        ConfigError: Options that do not fit together.
    """
    options: Mapping[str, Any] = source.options
    authority = str(options.get("authority") or "login.microsoftonline.com").removeprefix("https://").rstrip("/")
    base = str(options.get("endpoint_url") or source.url or _CLOUDS.get(authority) or "")
    if not base:
        raise ConfigError(f'source "{source.name}": authority "{authority}" needs "endpoint_url"')
    wanted = options.get("subscriptions") or ()
    if isinstance(wanted, str) or not all(isinstance(each, str) for each in wanted):
        raise ConfigError(f'source "{source.name}": "subscriptions" must be a list of subscription ids')
    token = source.secret("token")
    if token is None and urlsplit(base).scheme != "https":
        raise ConfigError(f'source "{source.name}": an http endpoint_url is only used with "token"')
    credential = None if token else _credential(source, authority)
    return ArmClient(base, credential=credential, token=token, subscriptions=wanted)


def _credential(source: Source, authority: str) -> Any:
    """A service principal when one is configured, else whatever azure-identity finds."""
    options, secret = source.options, source.secret("client_secret")
    tenant, client = options.get("tenant_id"), options.get("client_id")
    if secret:
        from azure.identity import ClientSecretCredential

        if not tenant or not client:
            raise ConfigError(f'source "{source.name}": "client_secret" needs "tenant_id" and "client_id"')
        return ClientSecretCredential(str(tenant), str(client), secret, authority=authority)
    from azure.identity import DefaultAzureCredential

    chosen = {"managed_identity_client_id": str(client)} if client else {}
    return DefaultAzureCredential(authority=authority, **chosen)


COLLECTOR = Collector(
    type="azure",
    title="Microsoft Azure",
    options=frozenset("tenant_id client_id client_secret token subscriptions endpoint_url authority services".split()),
    connect=connect,
    tested="an ARM-true local server, read by the official SDK too, and answers recorded from Azure by Cloud Custodian",
    listings=_LISTINGS,
    policy=policy,
)
