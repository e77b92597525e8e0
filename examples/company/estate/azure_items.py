"""The Azure resources as items: what each answers to, and what it points to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from estate.azure import department_of, estate
from estate.azure_tables import (
    BUS,
    DATASETS,
    FACTORY,
    LEDGER,
    LEGAL_SEARCH,
    LOGIC,
    ML,
    MODELS,
    PIPELINES,
    PRICES,
    VAULT,
)
from estate.base import CORPORATE, Item, Point

_PRODUCTS: Mapping[str, tuple[str, str]] = {
    "microsoft.storage": ("azure-storage", "azure-storage"), "microsoft.sql": ("azure-sql", "azure-sql"),
    "microsoft.datafactory": ("azure-data-factory", "azure-data-factory"), "microsoft.servicebus": ("service-bus", "service-bus"),
    "microsoft.cognitiveservices": ("azure-openai", "azure-openai"), "microsoft.keyvault": ("key-vault", "key-vault"),
    "microsoft.machinelearningservices": ("azureml", "azureml"), "microsoft.logic": ("logic-apps", "logic-apps"),
    "microsoft.search": ("azure-search", "azure-search"),
}  # fmt: skip


def items() -> Iterator[Item]:
    """The same resources as items with what they point to; versions, jobs and deployments of ML are no assets."""
    for row in estate()["resources"]:
        path = row["id"].lower()
        if path.startswith(ML.lower()) and any(f"/{each}/" in path for each in ("versions", "jobs", "deployments")):
            continue
        product = _PRODUCTS[path.split("/providers/")[1].split("/")[0]][0]
        department = "fin" if row["name"] == "fuel-forecast" else department_of(row["id"])
        yield Item(
            f"{product}.{row['type'].rpartition('/')[2].lower()}",
            row["name"],
            path,
            f"{product}:{path.split('/')[2]}",
            department,
            tuple(_points(row)),
            _claims(row),
        )
    for name, *_ in MODELS:
        container = next(each[3] for each in MODELS if each[0] == name)
        points = (Point("inputs", "reads", f"azblob://tarnwickpricing/{container}/history"),)
        yield Item(
            "azureml.experiment",
            f"train-{name}",
            f"{ML.lower()}/experiments/train-{name}",
            f"azureml:{CORPORATE}",
            "sal",
            points,
        )


def _claims(row: Mapping[str, Any]) -> tuple[str, ...]:
    path, name = row["id"].lower(), row["name"]
    store = path.split("/storageaccounts/")[-1].split("/")[0]
    if path.endswith(f"/storageaccounts/{store}"):
        return (f"azblob://{store}",)
    if "/containers/" in path:
        return (f"azblob://{store}/{name}",)
    if "/databases/" in path:
        return (f"host://tarnwick-fin-sql.database.windows.net:1433/{name}",)
    if path == LEDGER.lower():
        return ("host://tarnwick-fin-sql.database.windows.net:1433",)
    if "/onlineendpoints/" in path:
        return (
            f"https://{name}.westeurope.inference.ml.azure.com",
            f"https://{name}.westeurope.inference.ml.azure.com/score",
        )
    if "/cognitiveservices" in path or "microsoft.cognitive" in path:
        host = f"https://{path.split('/accounts/')[1].split('/')[0]}.openai.azure.com"
        return (host,) if "/deployments/" not in path else (f"{host}/openai/deployments/{name}",)
    if path == LEGAL_SEARCH.lower():
        return (f"https://{name}.search.windows.net",)
    if path.startswith(BUS.lower()):
        return (
            f"sb://{BUS.rpartition('/')[2]}" + (f"/{name}" if "/queues/" in path else ""),
            f"https://{BUS.rpartition('/')[2]}.servicebus.windows.net" + (f"/{name}" if "/queues/" in path else ""),
        )
    return ()


def place(dataset: str) -> str | None:
    """Where a data set lies, in the spelling of the estate."""
    service, kind, first, path = DATASETS[dataset]
    if kind == "table":
        return f"host://tarnwick-fin-sql.database.windows.net:1433/{service.removesuffix('_sql')}/{first}/{path}"
    if kind == "none":
        return None
    return f"s3://{first}/{path}" if "S3" in kind else f"azblob://tarnwickfinance/{first}/{path}"


_SERVICE_PLACES = {
    "finance_lake": "azblob://tarnwickfinance", "ledger_sql": "host://tarnwick-fin-sql.database.windows.net:1433/ledger",
    "treasury_sql": "host://tarnwick-fin-sql.database.windows.net:1433/treasury",
    "commercial_snowflake": "snowflake://tw88110.eu-central-1/COMMERCIAL", "bank_sftp": "sftp://files.clearbank.example",
}  # fmt: skip


def _points(row: Mapping[str, Any]) -> Iterator[Point]:
    name, path = row["name"], row["id"]
    if "/linkedservices/" in path and name in _SERVICE_PLACES:
        yield Point("typeProperties", "uses", _SERVICE_PLACES[name])
    elif "/datasets/" in path and (there := place(name)):
        yield Point("location", "uses", there)
    elif "/pipelines/" in path:
        reads, writes = PIPELINES[name]
        yield from (
            Point(side, verb, there)
            for side, verb, each in (("inputs", "reads", reads), ("outputs", "writes", writes))
            if (there := place(each))
        )
        if writes not in ("archive", "open_items") and (there := place(writes)):
            yield Point("lookup", "reads", there)
    elif "/workflows/" in path:
        yield from (
            Point("action", "calls", _called(each)) for each in next(calls for _, flow, calls in LOGIC if flow == name)
        )
    elif path == ML:
        yield Point("storageAccount", "uses", PRICES.lower())
        yield Point("keyVault", "uses", VAULT.lower())
    elif path == FACTORY:
        yield Point("repository", "uses", "https://git.tarnwick.example/finance/adf")
    elif "/datastores/" in path:
        yield Point("container", "uses", f"azblob://tarnwickpricing/{row['properties']['containerName']}")
    elif path.startswith(f"{ML}/models/"):
        yield Point(
            "modelUri",
            "uses",
            f"azblob://tarnwickpricing/{next(each[3] for each in MODELS if each[0] == name)}/models/{name}",
        )
    elif "/onlineEndpoints/" in path:
        yield Point("environment", "uses", "azblob://tarnwickpricing/quotes/live")


def _called(address: str) -> str:
    if ".blob.core.windows.net/" in address:
        account, _, rest = address.removeprefix("https://").partition(".blob.core.windows.net/")
        return f"azblob://{account}/{rest}"
    if ".s3.eu-west-1.amazonaws.com/" in address:
        return "s3://" + address.removeprefix("https://").replace(".s3.eu-west-1.amazonaws.com", "")
    return address
