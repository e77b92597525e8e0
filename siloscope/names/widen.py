"""From a name to its containers: `parents`, nearest first, and `root`, the grain of what nobody scanned."""

from collections.abc import Callable, Iterator

from siloscope.names.parts import split_port
from siloscope.names.tools import OWN

# Segments of a path that only say what kind of thing follows; cutting there would name no container.
_KINDS = frozenset({"dbs", "colls", "topics", "subscriptions", "consumergroups", "object", "versions"})
# Without a port these mean the default one, so the bare host is not wider but another spelling.
_PORT_FILLED = frozenset("oci kafka amqp mqtt nats pulsar trino crate impala milvus fabric-warehouse".split())
# How many segments below the authority make the container that stands for things nobody scanned.
_ROOT_DEPTH = {
    "azblob": 1, "azqueue": 1, "aztable": 1, "azfile": 1, "file": 1, "host": 1, "trino": 1, "hive": 1, "crate": 1,
    "impala": 1, "milvus": 1, "fabric-warehouse": 1, "unitycatalog": 1, "snowflake": 1, "spanner": 2, "azurekusto": 1,
    "azurecosmos": 2, "awsathena": 2, "kafka": 1, "sb": 1, "amqp": 9, "mqtt": 99, "nats": 99, "pulsar": 99,
    "pubsub": 2, "oci": 99, "git": 99, "hf": 99, "databricks": 2,
}  # fmt: skip


def parents(name: str) -> Iterator[str]:
    """The containers of a canonical name, nearest first, each strictly wider, up to the authority.

    `s3://b/x/y` -> `s3://b/x`, `s3://b`; `host://h:5432/x` -> `host://h:5432`, `host://h`. A string that is not
    a canonical name has whatever parents its slashes give it; nothing raises.
    """
    above = _above(name)
    while above and above != name:
        yield above
        name, above = above, _above(above)


def _above(name: str) -> str | None:
    if name.startswith("arn:"):
        return _above_arn(name)
    if name.startswith("//"):
        return _above_resource(name)
    scheme, mark, rest = name.partition("://")
    if not mark:
        return None
    special = _SPECIAL.get(scheme)
    if special:
        return special(scheme, rest)
    return _cut(scheme, rest)


def _cut(scheme: str, rest: str) -> str | None:
    head, slash, _ = rest.rstrip("/ ").rpartition("/")
    if not slash:
        return _above_authority(scheme, rest)
    head = head.rstrip("/ ")
    if scheme in {"azqueue", "aztable", "azfile"} and "/" not in head:
        return f"azblob://{head}"
    last = head.rpartition("/")[2]
    if last in _KINDS and "/" in head and scheme in {"azurecosmos", "pubsub", "sb"}:
        head = head.rpartition("/")[0]
    if scheme == "hf" and head in {"datasets", "spaces", "buckets"}:
        return None
    if scheme == "oci" and head.startswith("docker.io/") and head.count("/") == 1:
        head = "docker.io"  # docker.io/x alone would mean the repository library/x
    return f"{scheme}://{head}" if head else None


def _above_authority(scheme: str, rest: str) -> str | None:
    r"""`host://h:5432` -> `host://h`; `host://h\inst` -> `host://h`."""
    place, mark, _ = rest.partition("\\")
    if mark and place:
        return f"{scheme}://{place}"
    if scheme in _PORT_FILLED:
        return None
    host, port = split_port(rest)
    return f"{scheme}://{host}" if port and host else None


def _above_own(scheme: str, rest: str) -> str | None:
    """A tool's own thing: part -> thing -> instance; the kind alone (`.../model`) is no container."""
    where, *parts = [part.strip() for part in rest.split("/") if part.strip()] or [""]
    base = OWN.get(scheme, 0)
    if scheme == "camunda" and len(parts) % 2 and parts[0] not in {"process", "decision", "deployment", "job"}:
        base = 1  # camunda://host/{tenantId}/process/key
    if scheme == "mlflow" and len(parts) == 2 and parts[0] == "model" and "@" in parts[1][1:]:
        parts[1] = parts[1].partition("@")[0]
    elif len(parts) > base + 2:
        parts.pop()
    elif len(parts) > base:
        parts = parts[:base]
    elif parts:
        parts.pop()
    else:
        return _above_authority(scheme, where)
    return "/".join([f"{scheme}://{where}", *parts])


def _above_bigquery(_scheme: str, rest: str) -> str | None:
    project, slash, dataset = rest.partition("/")
    if not slash:
        return None
    head, dot, _ = dataset.rpartition(".")
    return f"bigquery://{project}/{head}" if dot and head else f"bigquery://{project}"


def _above_arm(_scheme: str, rest: str) -> str | None:
    """Child -> parent resource -> resource group -> subscription."""
    parts = rest.split("/")
    if "providers" not in parts:
        return f"arm://{'/'.join(parts[:-2])}" if len(parts) > 2 else None
    at = len(parts) - 1 - parts[::-1].index("providers")
    # providers / namespace / type / name / type / name ...
    kept = parts[:-2] if len(parts) - at > 4 else parts[:at]
    return f"arm://{'/'.join(kept)}" if kept else None


def _above_resource(name: str) -> str | None:
    """`//service/projects/p/locations/l/models/m` -> ... -> `//service/projects/p`."""
    parts = name.split("/")
    return "/".join(parts[:-2]) if len(parts) > 5 and parts[3] == "projects" else None


def _above_arn(name: str) -> str | None:
    fields = name.split(":", 5)
    if len(fields) != 6:
        return None
    read = _ARN_PARENTS.get(fields[2])
    above = read(fields[5]) if read else ""
    return ":".join([*fields[:5], above]) if above and above != fields[5] else None


def _glue(resource: str) -> str:
    kind, _, rest = resource.partition("/")
    if kind in {"table", "userDefinedFunction"} and "/" in rest:
        return f"database/{rest.partition('/')[0]}"
    if kind == "tableVersion":
        return "table/" + "/".join(rest.split("/")[:2])
    return "catalog" if kind == "database" else ""


def _sagemaker(resource: str) -> str:
    kind, _, rest = resource.partition("/")
    parts = rest.split("/")
    if kind == "model-package" and len(parts) > 1:
        return f"model-package-group/{parts[0]}"
    if len(parts) > 1 and kind in {"pipeline", "app", "space", "user-profile"}:
        return f"pipeline/{parts[0]}" if kind == "pipeline" else f"domain/{parts[0]}"
    return ""


def _states(resource: str) -> str:
    kind, _, rest = resource.partition(":")
    machine = rest.partition(":")[0].partition("/")[0]
    return f"stateMachine:{machine}" if kind in {"execution", "express", "mapRun"} and machine else ""


def _s3(resource: str) -> str:
    if "/object/" not in resource:
        return ""
    head, _, key = resource.partition("/object/")
    up = key.rpartition("/")[0]
    return f"{head}/object/{up}" if up else head


def _slashed(resource: str) -> str:
    """`kind/a/b/c` -> `kind/a/b` -> `kind/a`: for services whose children extend the parent's resource."""
    head, slash, _ = resource.rpartition("/")
    return head.rstrip("/") if slash and "/" in head.rstrip("/") else ""


def _logs(resource: str) -> str:
    return resource.partition(":log-stream:")[0] if ":log-stream:" in resource else ""


def _ecs(resource: str) -> str:
    kind, _, rest = resource.partition("/")
    return f"cluster/{rest.partition('/')[0]}" if kind in {"service", "task"} and "/" in rest else ""


_ARN_PARENTS: dict[str, Callable[[str], str]] = {
    "glue": _glue,
    "sagemaker": _sagemaker,
    "states": _states,
    "s3": _s3,
    "logs": _logs,
    "ecs": _ecs,
    "apigateway": lambda resource: _slashed(resource.lstrip("/")) and resource.rpartition("/")[0],
    "bedrock": _slashed,
    "athena": _slashed,
}

_SPECIAL: dict[str, Callable[[str, str], str | None]] = {
    **dict.fromkeys(OWN, _above_own),
    "databricks": _above_own,
    "bigquery": _above_bigquery,
    "arm": _above_arm,
}


def root(name: str) -> str:
    """The container that stands for a name when nobody scanned it: bucket, database, topic, repository, host.

    It is the name itself or one of its parents. Control-plane ids stand for themselves, Glue tables for their
    database, versions and runs of a tool's thing for that thing.
    """
    chain = [name, *parents(name)]
    if name.startswith("arn:"):
        return next((each for each in chain if ":database/" in each), name) if ":glue:" in name else _arn_root(chain)
    scheme, mark, _ = name.partition("://")
    if not mark or name.startswith("//") or scheme == "arm":
        return name
    if scheme == "bigquery":
        depth, separator = 1, "/"
        return next((e for e in chain if e.count("/") - 2 <= depth and "." not in e.rpartition(separator)[2]), name)
    depth = OWN[scheme] + 2 if scheme in OWN else _ROOT_DEPTH.get(scheme, 0)
    return next(
        (each for each in chain if each.count("/") - 2 <= depth and "@" not in each), chain[-1] if chain else name
    )


def _arn_root(chain: list[str]) -> str:
    return next((each for each in chain if "/object/" not in each), chain[0])
