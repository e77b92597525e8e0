"""Microsoft Azure: ARM ids, storage, Service Bus and Event Hubs, Cosmos DB, Data Explorer."""

import re

from siloscope.names.context import Context, Parser
from siloscope.names.objects import azure_account, azure_blob, table_path
from siloscope.names.parts import constant, host, plain

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}").fullmatch
_SHARE_HOST = re.compile(r"([a-z0-9-]{1,63})\.(queue|table|file)\.(?:core\.|storage\.)[a-z0-9.]{3,40}").fullmatch
_SB_SUFFIX = re.compile(r"\.servicebus\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn|cloudapi\.de)$")


def arm(text: str) -> str | None:
    """`/subscriptions/...` in any case as `arm://subscriptions/...`; ARM ids are case-insensitive (Azure docs).

    A bare path counts only when it can be nothing else: a GUID, a resource group or a provider must follow.
    """
    path = constant(text.strip("/").lower())
    parts = [part.strip() for part in path.split("/") if part.strip()]
    if len(parts) < 2 or parts[0] != "subscriptions" or " " in parts[1]:
        return None
    if not _GUID(parts[1]) and not (len(parts) > 2 and parts[2] in {"resourcegroups", "providers"}):
        return None
    return "arm://" + "/".join(_resource(parts))


def _resource(parts: list[str]) -> list[str]:
    """`subscriptions/S[/resourcegroups/G][/providers/NS/TYPE/NAME...]...` without a trailing action or lone type."""
    at = 0
    if parts[0] == "subscriptions":
        at = 4 if parts[2:3] == ["resourcegroups"] and len(parts) > 3 and parts[3] != "providers" else 2
    while parts[at : at + 1] == ["providers"]:
        end = at + 2
        while end + 1 < len(parts) and parts[end] != "providers" and parts[end + 1] != "providers":
            end += 2
        if end == at + 2:
            break
        at = end
    return parts[:at]


def _arm(_scheme: str, rest: str, _context: Context) -> str | None:
    path = constant(rest.strip("/").lower())
    parts = [part.strip() for part in path.split("/") if part.strip()]
    # Tenant-level resources (`providers/microsoft.management/...`) are names too, once spelled as arm://.
    if len(parts) < 2 or parts[0] not in {"subscriptions", "providers"}:
        return None
    return "/".join(["arm:/", *kept]) if (kept := _resource(parts)) else None


def service_bus(name: str, path: str) -> str | None:
    """`sb://namespace/entity` of Service Bus and Event Hubs; the entity of `EntityPath=` or of a sender's URL."""
    known = host(_SB_SUFFIX.sub("", name))
    if known is None:
        return None
    parts = [part for part in constant(path).split("/") if part]
    if len(parts) > 1 and parts[1].lower() not in {"subscriptions", "consumergroups"}:
        parts = parts[:1]
    if len(parts) > 1:
        parts = [parts[0], parts[1].lower(), *parts[2:3]]
    return "/".join([f"sb://{known}", *parts])


def is_service_bus(name: str) -> bool:
    """Whether a host is a Service Bus or Event Hubs namespace in any Azure cloud."""
    return bool(_SB_SUFFIX.search(name))


def _sb(_scheme: str, rest: str, _context: Context) -> str | None:
    place, _, path = rest[2:].partition("?")[0].partition("#")[0].partition("/")
    known = host(constant(place).rpartition("@")[2].partition(":")[0])
    return service_bus(known, path) if known and rest.startswith("//") else None


def cosmos(name: str, path: str) -> str:
    """`azurecosmos://{account}.documents.azure.com/dbs/{database}/colls/{container}` (OpenLineage's parts, joined)."""
    parts = [part.strip() for part in constant(path).split("/") if part.strip()]
    kept: list[str] = []
    for kind, part in zip(parts[::2], parts[1::2], strict=False):
        if kind.lower() not in {"dbs", "colls"}:
            break
        kept += [kind.lower(), part]
    return "/".join([f"azurecosmos://{name}", *kept])


def _cosmos(_scheme: str, rest: str, _context: Context) -> str | None:
    place, _, path = rest[2:].partition("?")[0].partition("#")[0].partition("/")
    known = host(constant(place).rpartition("@")[2].partition(":")[0])
    return cosmos(known, path) if known and rest.startswith("//") else None


def _kusto(_scheme: str, rest: str, _context: Context) -> str | None:
    place, _, path = rest[2:].partition("?")[0].partition("#")[0].partition("/")
    known = host(constant(place).rpartition("@")[2].partition(":")[0])
    parts = [plain(part) for part in constant(path).split("/") if part]
    return table_path("azurekusto", known, *parts[:2]) if known and rest.startswith("//") else None


def _share(_scheme: str, rest: str, _context: Context) -> str | None:
    place, _, path = rest[2:].partition("?")[0].partition("#")[0].partition("/")
    account = azure_blob(constant(place), "")
    path = constant(path).strip("/")
    return f"{_scheme}{account[6:]}/{path}" if account and path else account


def address(name: str, path: str, _query: str, _context: Context) -> str | None:
    """An address under `windows.net`, `azure.com` or `azure.net`; "" leaves it to the general rule."""
    account = azure_account(name)
    if account:
        return azure_blob(account, path)
    shared = _SHARE_HOST(name)
    if shared:
        return _share("az" + shared[2], f"//{shared[1].removesuffix('-secondary')}{path}", _context)
    if is_service_bus(name):
        return service_bus(name, path)
    if name in {"management.azure.com", "management.core.windows.net"}:
        return arm(path) or ""
    if name.endswith(".documents.azure.com"):
        return cosmos(name, path)
    if name.endswith(".kusto.windows.net"):
        return _kusto("azurekusto", f"//{name}{path}", _context)
    return ""


def machine_learning(_scheme: str, rest: str, _context: Context) -> str | None:
    """`azureml://{region}.api.azureml.ms/mlflow/v1.0/subscriptions/...`: the workspace that tracks; None for others."""
    at = rest.find("/subscriptions/")
    return arm(rest[at:]) if at >= 0 else None


SCHEMES: dict[str, Parser] = {
    "azureml": machine_learning,
    "arm": _arm,
    "sb": _sb,
    "azurecosmos": _cosmos,
    "azurekusto": _kusto,
    "azqueue": _share,
    "aztable": _share,
    "azfile": _share,
}
