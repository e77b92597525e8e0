"""Two Azure subscriptions as Resource Manager documents: finance and pricing in one, Legal alone in the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estate.azure_tables import (
    BLOB,
    BUS,
    CONTAINERS,
    DATABASES,
    DATASETS,
    DEPLOYMENTS,
    FACTORY,
    GROUPS,
    LEDGER,
    LEGAL_SEARCH,
    LEGAL_STORE,
    LEGAL_VAULT,
    LOGIC,
    ML,
    MODELS,
    PIPELINES,
    PRICES,
    QUEUES,
    SERVICES,
    STORE,
    TRIGGERED,
    VAULT,
)
from estate.base import CORPORATE, COUNSEL, DEPARTMENTS, SECRETS, day, person, pick


def _row(id_: str, **more: Any) -> dict[str, Any]:
    """An ARM document: name and type from the id; what stands directly in a group has a place and tags."""
    parts = id_.rsplit("/providers/", maxsplit=1)[-1].split("/")
    document: dict[str, Any] = {"id": id_, "name": parts[-1], "type": "/".join([parts[0], *parts[1::2]]), **more}
    if len(parts) > 3 and parts[2].lower() not in ("databases", "onlineendpoints"):
        return document
    home = DEPARTMENTS[department_of(id_)]
    tags = {
        "cost-center": f"{home.cost_center}0{1 + pick(id_, 4)}",
        "owner": person(department_of(id_), id_),
        "environment": "prod",
    }
    if len(parts) > 3:
        tags.pop("owner")
    if id_.startswith(ML):  # the team trains and serves in one workspace, and tags neither as production
        tags.pop("environment")
    made = day(id_)
    return {
        "location": "westeurope", "tags": tags, "provisioningState": "Succeeded",
        "createdTime": f"{made}T09:12:44.0000000Z", "changedTime": f"{day(id_, '2026-07-01', 110)}T07:40:02.0000000Z", **document,
    }  # fmt: skip


def department_of(id_: str) -> str:
    """Whose resource group a resource stands in."""
    return next(code for group, code in GROUPS.items() if id_.startswith(group))


def _refers(name: str, kind: str) -> dict[str, str]:
    return {"referenceName": name, "type": f"{kind}Reference"}


def _factory() -> Iterator[dict[str, Any]]:
    yield _row(
        FACTORY,
        properties={
            "repoConfiguration": {
                "type": "FactoryGitHubConfiguration",
                "hostName": "https://git.tarnwick.example",
                "accountName": "finance",
                "repositoryName": "adf",
            }
        },
    )
    for name, told in SERVICES.items():
        yield _row(f"{FACTORY}/linkedservices/{name}", properties=told)
    for name, (service, kind, place, path) in DATASETS.items():
        told: dict[str, Any] = {}
        if kind == "table":
            told = {"schema": place, "table": path}
        elif kind != "none":
            told = {
                "location": {"type": kind, "bucketName" if "S3" in kind else "fileSystem": place, "folderPath": path}
            }
        yield _row(
            f"{FACTORY}/datasets/{name}",
            properties={
                "type": "Parquet",
                "linkedServiceName": _refers(service, "LinkedService"),
                "typeProperties": told,
            },
        )
    for name, (reads, writes) in PIPELINES.items():
        copy = {
            "name": f"Copy {reads}",
            "type": "Copy",
            "inputs": [_refers(reads, "Dataset")],
            "outputs": [_refers(writes, "Dataset")],
            "typeProperties": {"source": {"type": "ParquetSource"}, "sink": {"type": "ParquetSink"}},
        }
        check = {
            "name": "Check totals",
            "type": "Lookup",
            "dependsOn": [{"activity": copy["name"], "dependencyConditions": ["Succeeded"]}],
            "typeProperties": {"dataset": _refers(writes, "Dataset")},
        }
        yield _row(
            f"{FACTORY}/pipelines/{name}",
            properties={"activities": [copy] if writes in ("archive", "open_items") else [copy, check]},
        )
    for name in TRIGGERED:
        yield _row(
            f"{FACTORY}/triggers/{name}_daily",
            properties={
                "type": "ScheduleTrigger",
                "runtimeState": "Started",
                "pipelines": [{"pipelineReference": _refers(name, "Pipeline")}],
                "typeProperties": {"recurrence": {"frequency": "Day", "interval": 1}},
            },
        )


def _learning() -> Iterator[dict[str, Any]]:
    yield _row(ML, kind="Default", properties={"friendlyName": "Pricing", "storageAccount": PRICES, "keyVault": VAULT})
    yield _row(
        f"{ML}/datastores/pricing",
        properties={
            "datastoreType": "AzureBlob",
            "accountName": "tarnwickpricing",
            "containerName": "quotes",
            "isDefault": True,
        },
    )
    yield _row(
        f"{ML}/datastores/curated_lake",
        properties={"datastoreType": "AzureBlob", "accountName": "tarnwickpricing", "containerName": "lists"},
    )
    for number, (name, versions, endpoint, container, department) in enumerate(MODELS):
        made = "2026-02-16" if name == "fuel-forecast" else "2026-08-20"
        system = {
            "createdBy": person(department, name),
            "createdByType": "User",
            "createdAt": f"{made}T08:00:00Z",
            "lastModifiedAt": f"{made}T08:00:00Z",
        }
        yield _row(
            f"{ML}/models/{name}",
            systemData=system,
            properties={
                "latestVersion": str(versions),
                "tags": {"use-case": name, "cost-center": DEPARTMENTS[department].cost_center + "03"},
            },
        )
        for version in range(1, versions + 1):
            yield _row(
                f"{ML}/models/{name}/versions/{version}",
                systemData=system,
                properties={
                    "modelType": "mlflow_model",
                    "modelUri": BLOB("tarnwickpricing", f"{container}/models/{name}/{version}"),
                    "jobName": f"train_{name.replace('-', '_')}",
                },
            )
        yield _row(
            f"{ML}/jobs/train_{name.replace('-', '_')}",
            systemData=system,
            properties={
                "jobType": "Command",
                "experimentName": f"train-{name}",
                "status": "Completed",
                "inputs": {"data": {"uri": BLOB("tarnwickpricing", f"{container}/history")}},
                "outputs": {},
            },
        )
        if endpoint:
            yield from _endpoint(endpoint, f"{ML}/models/{name}/versions/{versions}", number)


def _endpoint(endpoint: str, model: str, number: int) -> Iterator[dict[str, Any]]:
    yield _row(
        f"{ML}/onlineEndpoints/{endpoint}",
        kind="Managed",
        properties={
            "authMode": "Key",
            "scoringUri": f"https://{endpoint}.westeurope.inference.ml.azure.com/score",
            "traffic": {"blue": 100},
        },
    )
    yield _row(
        f"{ML}/onlineEndpoints/{endpoint}/deployments/blue",
        properties={
            "model": model,
            "environmentVariables": {
                "FEATURES_URL": f"https://svc:{SECRETS['data-factory']}@tarnwickpricing.blob.core.windows.net/quotes/live{number}"
            },
        },
    )


def _logic() -> Iterator[dict[str, Any]]:
    for group, name, calls in LOGIC:
        actions: dict[str, Any] = {}
        for number, each in enumerate(calls):
            before = {f"Step_{number - 1}": ["Succeeded"]} if number else {}
            actions[f"Step_{number}"] = {
                "type": "Http",
                "runAfter": before,
                "inputs": {
                    "method": "POST" if "openai" in each else "GET",
                    "uri": each,
                    "headers": {"x-flow": name, "api-key": SECRETS["data-factory"]},
                },
            }
        trigger = {
            "Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "Hour", "interval": 1 + pick(name, 12)}}
        }
        yield _row(
            f"{group}/Microsoft.Logic/workflows/{name}",
            properties={
                "state": "Enabled",
                "definition": {"contentVersion": "1.0.0.0", "triggers": trigger, "actions": actions, "outputs": {}},
                "parameters": {},
            },
        )


def _stores() -> Iterator[dict[str, Any]]:
    for store in (STORE, PRICES, LEGAL_STORE):
        name = store.rpartition("/")[2]
        yield _row(
            store,
            kind="StorageV2",
            sku={"name": "Standard_ZRS"},
            properties={
                "isHnsEnabled": store == STORE,
                "accessTier": "Hot",
                "primaryEndpoints": {"blob": f"https://{name}.blob.core.windows.net/"},
            },
        )
        for container in CONTAINERS[store]:
            yield _row(f"{store}/blobServices/default/containers/{container}", properties={"publicAccess": "None"})
    yield _row(
        LEDGER, properties={"fullyQualifiedDomainName": "tarnwick-fin-sql.database.windows.net", "version": "12.0"}
    )
    for each in DATABASES:
        yield _row(f"{LEDGER}/databases/{each}", sku={"name": "S2", "capacity": 50}, properties={"status": "Online"})
    yield _row(
        BUS,
        sku={"name": "Standard"},
        properties={
            "serviceBusEndpoint": "https://tarnwick-finance-bus.servicebus.windows.net:443/",
            "status": "Active",
        },
    )
    for each in QUEUES:
        yield _row(f"{BUS}/queues/{each}", properties={"status": "Active"})
    for account, names in DEPLOYMENTS.items():
        host = f"https://{account.rpartition('/')[2]}.openai.azure.com/"
        yield _row(
            account,
            kind="OpenAI",
            sku={"name": "S0"},
            properties={"customSubDomainName": account.rpartition("/")[2], "endpoint": host},
        )
        for each in names:
            yield _row(
                f"{account}/deployments/{each}",
                sku={"name": "Standard", "capacity": 20},
                properties={
                    "model": {
                        "format": "OpenAI",
                        "name": "gpt-4o-mini" if "gpt" in each else "text-embedding-3-small",
                        "version": "1",
                    }
                },
            )
    for vault in (VAULT, LEGAL_VAULT):
        yield _row(vault, properties={"vaultUri": f"https://{vault.rpartition('/')[2]}.vault.azure.net/"})
    yield _row(LEGAL_SEARCH, sku={"name": "basic"}, properties={"status": "running"})


def estate() -> dict[str, Any]:
    """Everything as the fake Resource Manager of the tests serves it."""
    names = ((CORPORATE, "Tarnwick Corporate"), (COUNSEL, "Tarnwick Legal"))
    return {
        "subscriptions": [{"id": f"/subscriptions/{each}", "subscriptionId": each, "tenantId": CORPORATE, "displayName": name, "state": "Enabled"} for each, name in names],
        "resourceGroups": [{"id": group.removesuffix("/providers"), "name": group.split("/")[4], "location": "westeurope", "tags": {"cost-center": f"{DEPARTMENTS[code].cost_center}01"}} for group, code in GROUPS.items()],
        "resources": [*_factory(), *_learning(), *_logic(), *_stores()],
    }  # fmt: skip
