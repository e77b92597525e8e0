"""Google Cloud: Cloud Storage addresses, BigQuery, Pub/Sub, Spanner, full resource names.

Full resource names (`//service.googleapis.com/projects/...`): Cloud Asset Inventory, "Asset names"; kept as they
are unless a service has a shorter key.
"""

import re
from urllib.parse import unquote

from siloscope.names.context import Context, Parser
from siloscope.names.objects import bucket, table_path
from siloscope.names.parts import constant, plain

_PROJECT = re.compile(r"(?:[a-z0-9.-]{1,63}:)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?").fullmatch
_TOPIC = re.compile(r"[A-Za-z0-9][\w.~+%-]{0,254}").fullmatch
_SERVICE = re.compile(r"[a-z][a-z0-9-]*").fullmatch
_STORAGE_HOST = "storage.googleapis.com"
_DATASET = re.compile(r"\w{1,1024}").fullmatch
_ID = re.compile(r"\w(?:[\w -]*[\w-])?").fullmatch
# Which service a relative resource name belongs to, by the collection that follows the project (or location).
_COLLECTIONS = {
    "topics": "pubsub",
    "subscriptions": "pubsub",
    "datasets": "bigquery",
    "secrets": "secretmanager",
    "instances": "spanner",
    "serviceAccounts": "iam",
}
_REGIONAL = {
    "endpoints": "aiplatform",
    "models": "aiplatform",
    "pipelineJobs": "aiplatform",
    "customJobs": "aiplatform",
    "batchPredictionJobs": "aiplatform",
    "featurestores": "aiplatform",
    "functions": "cloudfunctions",
    "services": "run",
    "workflows": "workflows",
    "queues": "cloudtasks",
    "dataPipelines": "datapipelines",
    "keyRings": "cloudkms",
}


def bigquery(project: str, dataset: str = "", table: str = "") -> str | None:
    """`bigquery://project/dataset.table`; projects are lower case, the rest is case-sensitive (BigQuery docs)."""
    project = project.lower()
    if not _PROJECT(project):
        return None
    if not _DATASET(dataset):
        return f"bigquery://{project}"
    # A partition decorator (`$20240101`) or a wildcard table is not another table.
    stem = "" if "*" in table else constant(table.partition("$")[0].partition("@")[0].partition(".")[0])
    return f"bigquery://{project}/{dataset}.{stem}" if stem and _ID(stem) else f"bigquery://{project}/{dataset}"


def bigquery_dotted(text: str) -> str | None:
    """`p.d.t`, `p:d.t` (legacy SQL) and `p.d`, each with or without quotes."""
    text = text.strip("`[]\"' ")
    project, _, rest = text.partition(":") if ":" in text else text.partition(".")
    dataset, _, table = rest.partition(".")
    return bigquery(project, dataset, table)


def _bigquery(_scheme: str, rest: str, _context: Context) -> str | None:
    place, _, path = rest[2:].partition("/")
    place = constant(place)
    if not rest.startswith("//") or not place:
        return None
    if not path and "." in place:
        return bigquery_dotted(place if "*" not in rest else rest[2:])
    path = path.partition("?")[0].replace("/", ".")
    dataset, _, table = path.partition(".")
    return bigquery(place, constant(dataset), table)


def _pubsub(_scheme: str, rest: str, _context: Context) -> str | None:
    parts = [part for part in constant(rest[2:]).split("/") if part]
    if parts and parts[0] == "projects":
        parts = parts[1:]
    if not parts or not rest.startswith("//"):
        return None
    if len(parts) == 2:
        parts = [parts[0], "topics", parts[1]]
    return pubsub(*parts[:3])


def pubsub(project: str, kind: str = "", name: str = "") -> str | None:
    """`pubsub://project/topics/topic` or `.../subscriptions/...`, and the project alone."""
    if not _PROJECT(project.lower()):
        return None
    if kind in {"topics", "subscriptions"} and _TOPIC(name):
        return f"pubsub://{project.lower()}/{kind}/{name}"
    return f"pubsub://{project.lower()}"


def _spanner(_scheme: str, rest: str, _context: Context) -> str | None:
    # OpenLineage: spanner://{project}:{instance}; key: spanner://{project}/{instance}/{database}/{schema}/{table}
    parts = [part for part in re.split("[:/]", constant(rest[2:])) if part]
    if parts[:1] == ["projects"]:
        parts = [part for part in parts if part not in {"projects", "instances", "databases"}]
    if not parts or not rest.startswith("//") or not _PROJECT(parts[0].lower()):
        return None
    return table_path("spanner", parts[0].lower(), *(plain(part) for part in parts[1:]))


def resource(service: str, path: str) -> str | None:
    """A full or relative resource name: `projects/p/topics/t` of `pubsub` and the like."""
    parts = [
        part for part in constant(path.partition(":")[0] if service != "bigquery" else path).split("/") if part.strip()
    ]
    if service == "storage" and "buckets" in parts:
        at = parts.index("buckets") + 1
        key = "/".join(parts[at + 2 :]) if parts[at + 1 : at + 2] == ["objects"] else ""
        return bucket("gs", parts[at], key) if at < len(parts) else None
    if len(parts) < 2 or parts[0] != "projects":
        return None
    named = dict(zip(parts[::2], parts[1::2], strict=False))
    if service == "bigquery":
        return bigquery(parts[1], named.get("datasets", ""), named.get("tables", ""))
    if service == "pubsub":
        return pubsub(parts[1], *parts[2:4])
    if service == "spanner" and "instances" in named:
        return table_path("spanner", parts[1].lower(), named["instances"], named.get("databases", ""))
    return f"//{service}.googleapis.com/{'/'.join(parts[: len(parts) - len(parts) % 2])}"


def relative(text: str) -> str | None:
    """`projects/p/topics/t` and other relative names whose collection tells the service."""
    parts = text.split("/")
    if len(parts) < 4 or not parts[1] or not _PROJECT(parts[1].lower()):
        return None
    service = _COLLECTIONS.get(parts[2])
    if parts[2] == "locations" and len(parts) >= 6:
        service = _REGIONAL.get(parts[4])
    return resource(service, text) if service else None


def full(text: str) -> str | None:
    """`//service.googleapis.com/projects/...` (Cloud Asset Inventory)."""
    name, _, path = text[2:].partition("/")
    service = name.lower().removesuffix(".googleapis.com")
    if service == name or not _SERVICE(service):
        return None
    return resource(service, path)


def address(name: str, path: str, _query: str, _context: Context) -> str | None:
    """An address under `googleapis.com` or `google.com`; "" leaves it to the general rule."""
    if name.endswith(".storage.googleapis.com") or name == "commondatastorage.googleapis.com":
        owner = name.removesuffix(".storage.googleapis.com")
        return _object(f"/{owner}{path}" if owner != name else path)
    if name in {"storage.googleapis.com", "storage.cloud.google.com", "www.googleapis.com"}:
        return _storage(path) if name != "www.googleapis.com" or "/storage/v1/" in path else ""
    if name == "console.cloud.google.com" and path.startswith("/storage/browser/"):
        return _object("/" + path.removeprefix("/storage/browser/").removeprefix("_details/"))
    if name == "firebasestorage.googleapis.com" and path.startswith("/v0/b/"):
        owner, _, key = path.removeprefix("/v0/b/").partition("/o/")
        return bucket("gs", constant(owner), unquote(constant(key)))
    at = path.find("/projects/")
    if at >= 0 and name.endswith(".googleapis.com"):
        # Regional endpoints put the location before the service: europe-west4-aiplatform.googleapis.com
        service = name.removesuffix(".googleapis.com").rpartition("-")[2]
        return (resource(service, path[at + 1 :]) or "") if _SERVICE(service) else ""
    return ""


def _storage(path: str) -> str | None:
    """JSON API (`/storage/v1/b/B/o/K`, `/download/...`, `/upload/...`) or `/B/K`."""
    if "/storage/v1/" in path:
        parts = path.partition("/storage/v1/")[2].split("/")
        if parts[0] != "b" or len(parts) < 2:
            return f"https://{_STORAGE_HOST}"
        key = unquote(constant("/".join(parts[3:]))) if parts[2:3] == ["o"] else ""
        return bucket("gs", constant(parts[1]), key)
    return _object(path)


def _object(path: str) -> str | None:
    name, _, key = constant(path).lstrip("/").partition("/")
    return bucket("gs", name, unquote(key)) if name else ""


SCHEMES: dict[str, Parser] = {
    "bigquery": _bigquery,
    "bq": _bigquery,
    "gcpbigquery": _bigquery,
    "pubsub": _pubsub,
    "spanner": _spanner,
}
