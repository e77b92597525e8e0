"""Rows of the invented Azure estate: what a document looks like, and the data and AI services."""

from typing import Any

S = "11111111-aaaa-4aaa-8aaa-000000000001"
S2 = "11111111-aaaa-4aaa-8aaa-000000000002"
RG = f"/subscriptions/{S}/resourceGroups/rg-risk-prod/providers"
RG2 = f"/subscriptions/{S2}/resourceGroups/lab-dev/providers"
ML = f"{RG}/Microsoft.MachineLearningServices/workspaces/risk-ml"
LAKE = f"{RG}/Microsoft.Storage/storageAccounts/risklake"
BUS = f"{RG}/Microsoft.ServiceBus/namespaces/riskbus"
HUBS = f"{RG}/Microsoft.EventHub/namespaces/riskevents"
SQL = f"{RG}/Microsoft.Sql/servers/risk-sql"
ADF = f"{RG}/Microsoft.DataFactory/factories/risk-adf"
AI = f"{RG}/Microsoft.CognitiveServices/accounts/risk-openai"
CONNECTION = f"{RG}/Microsoft.Web/connections/office365"
SECRET = "Pl4nted-S3cret-0x5ca1ab1e"  # planted wherever a careless hand might leave one; must never come out
SYSTEM = {
    "createdBy": "mia.park@contoso.example",
    "createdByType": "User",
    "createdAt": "2025-02-03T08:00:00.1234567Z",
    "lastModifiedAt": "2025-06-01T10:00:00Z",
}


def row(id_: str, type_: str = "", **more: Any) -> dict[str, Any]:
    """An ARM document: name and type from the id."""
    parts = id_.rsplit("/providers/", maxsplit=1)[-1].split("/")
    return {"id": id_, "name": parts[-1], "type": type_ or "/".join([parts[0], *parts[1::2]]), **more}


def tracked(id_: str, **more: Any) -> dict[str, Any]:
    """A resource with a place, which the list of all resources shows."""
    times = {"createdTime": "2025-01-15T09:30:00.0000000Z", "changedTime": "2025-05-20T07:00:00.0000000Z"}
    return {"location": "westeurope", "provisioningState": "Succeeded", **times, **row(id_, **more)}


def data() -> list[dict[str, Any]]:
    """Storage, databases, messaging, containers and what wires them."""
    return [
        tracked(
            LAKE,
            kind="StorageV2",
            sku={"name": "Standard_ZRS", "tier": "Standard"},
            properties={
                "isHnsEnabled": True,
                "accessTier": "Hot",
                "primaryEndpoints": {"blob": "https://risklake.blob.core.windows.net/", "web": "https://risklake.z6.web.core.windows.net/"},
                "encryption": {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {"keyvaulturi": "https://risk-kv.vault.azure.net"}},
                "networkAcls": {"virtualNetworkRules": [{"id": f"{RG}/Microsoft.Network/virtualNetworks/hub/subnets/data"}]},
            },
        ),
        *(row(f"{LAKE}/blobServices/default/containers/{name}", properties={"publicAccess": "None"}) for name in ("raw", "curated", "scratch")),
        tracked(f"{RG}/Microsoft.KeyVault/vaults/risk-kv", properties={"vaultUri": "https://risk-kv.vault.azure.net/", "tenantId": S, "accessPolicies": []}),
        tracked(f"{RG}/Microsoft.ContainerRegistry/registries/riskacr", sku={"name": "Premium"}, properties={"loginServer": "riskacr.azurecr.io"}),
        tracked(SQL, properties={"fullyQualifiedDomainName": "risk-sql.database.windows.net", "administratorLogin": "dba", "version": "12.0"}),
        *(tracked(f"{SQL}/databases/{name}", sku={"name": "S0", "capacity": 10}, properties={"status": "Online"}) for name in ("features", "master", "scores")),
        tracked(BUS, sku={"name": "Standard"}, properties={"serviceBusEndpoint": "https://riskbus.servicebus.windows.net:443/", "status": "Active"}),
        *(row(f"{BUS}/queues/{name}", properties={"status": "Active"}) for name in ("reviews", "retries", "dead")),
        row(f"{BUS}/topics/decisions", properties={"status": "Active"}),
        tracked(HUBS, sku={"name": "Standard"}, properties={"serviceBusEndpoint": "https://riskevents.servicebus.windows.net:443/"}),
        row(f"{HUBS}/eventhubs/clicks", properties={"partitionCount": 4, "captureDescription": {"enabled": True, "destination": {"name": "EventHubArchive.AzureBlockBlob", "properties": {"storageAccountResourceId": LAKE, "blobContainer": "raw"}}}}),
        tracked(f"{RG}/Microsoft.DocumentDB/databaseAccounts/risk-docs", kind="GlobalDocumentDB", properties={"documentEndpoint": "https://risk-docs.documents.azure.com:443/"}),
        tracked(f"{RG}/Microsoft.Search/searchServices/risk-search", sku={"name": "basic"}, properties={"status": "running"}),
        tracked(f"{RG}/Microsoft.Synapse/workspaces/risk-dwh", properties={"defaultDataLakeStorage": {"accountUrl": "https://risklake.dfs.core.windows.net", "filesystem": "curated"}, "managedResourceGroupName": "synapse-managed"}),
        tracked(f"{RG}/Microsoft.ContainerService/managedClusters/risk-aks", properties={"fqdn": "risk-aks-dns-1.hcp.westeurope.azmk8s.io", "kubernetesVersion": "1.33"}),
        tracked(
            f"{RG}/Microsoft.App/containerApps/scorer",
            properties={"template": {"containers": [{"name": "scorer", "image": "riskacr.azurecr.io/scorer:3", "env": [{"name": "DB", "value": f"postgresql://svc:{SECRET}@pg.contoso.example:5432/scores"}]}]}},
        ),
        tracked(
            f"{RG}/Microsoft.EventGrid/systemTopics/lake-events",
            properties={"source": LAKE, "topicType": "Microsoft.Storage.StorageAccounts"},
        ),
        row(
            f"{RG}/Microsoft.EventGrid/systemTopics/lake-events/eventSubscriptions/to-bus",
            properties={"destination": {"endpointType": "ServiceBusQueue", "properties": {"resourceId": f"{BUS}/queues/reviews"}}},
        ),
    ]  # fmt: skip


def ai() -> list[dict[str, Any]]:
    """An Azure OpenAI account with deployments, and one that shares a regional address."""
    return [
        tracked(
            AI,
            kind="OpenAI",
            sku={"name": "S0"},
            systemData=SYSTEM,
            properties={
                "customSubDomainName": "risk-openai",
                "endpoint": "https://risk-openai.openai.azure.com/",
                "endpoints": {"OpenAI Language Model Instance API": "https://risk-openai.openai.azure.com/"},
                "userOwnedStorage": [{"resourceId": LAKE}],
            },
        ),
        *(
            row(f"{AI}/deployments/{name}", sku={"name": "Standard", "capacity": capacity}, properties={"model": {"format": "OpenAI", "name": model, "version": "2024-07-18"}})
            for name, model, capacity in (("gpt-mail", "gpt-4o-mini", 30), ("embed", "text-embedding-3-large", 120), ("old", "gpt-35-turbo", 1))
        ),
        tracked(
            f"{RG2}/Microsoft.CognitiveServices/accounts/shared-vision",
            kind="ComputerVision",
            properties={"endpoint": "https://westeurope.api.cognitive.microsoft.com/"},
        ),
    ]  # fmt: skip
