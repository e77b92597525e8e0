"""OpenLineage dataset names, both ways: (namespace, name) <-> join key, row by row of its naming spec.

Source: OpenLineage, website/docs/spec/naming.md. `inmemory://` names nothing that two tools could share.
"""

import re
from collections.abc import Callable

from siloscope.names.canonical import canonical
from siloscope.names.context import EMPTY, Context
from siloscope.names.databases import athena, located, snowflake
from siloscope.names.engines import ENGINES, Engine, engine_at, engine_named
from siloscope.names.gcp import bigquery, pubsub
from siloscope.names.objects import table_path
from siloscope.names.parts import authority, plain, split_port

Pair = tuple[str, str]

_REDSHIFT = re.compile(
    r"([a-z0-9-]+)(?:\.[a-z0-9]+)?\.([a-z]{2}-[a-z-]+-\d)\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?"
).fullmatch
_PART = re.compile(r"\"((?:[^\"]|\"\")*)\"|`([^`]*)`|([^.]+)")
_PATHS = ("s3", "gs", "hdfs", "dbfs", "file")
_OBJECTS = frozenset({"s3", "s3a", "s3n", "gs", "gcs", "hdfs", "dbfs", "file", "abfss", "abfs", "wasbs", "wasb"})


def from_openlineage(namespace: str, name: str, context: Context = EMPTY) -> str | None:
    """The join key of an OpenLineage dataset, or None when its namespace names no place (`default`, `inmemory://`).

    A bare `file` path is local to an unknown machine: None, unless the context has an instance.
    """
    namespace, name = namespace.strip().rstrip("/") if namespace != "file:///" else "file", name.strip()
    if len(namespace) + len(name) > 8192:
        return None
    try:
        return _from(namespace, name, context)
    except ValueError:
        return None


def _from(namespace: str, name: str, context: Context) -> str | None:
    scheme, mark, place = namespace.partition("://")
    scheme = scheme.lower()
    if namespace.startswith("arn:"):
        return canonical(f"{namespace}:{name}", context)
    if not mark:
        return _placeless(scheme, name, context)
    if scheme in _OBJECTS:
        return canonical(f"{scheme}://{place}/{name.lstrip('/')}" if name != "/" else namespace, context)
    if scheme == "snowflake":
        return snowflake(place, *_dotted(name, 3))
    if scheme == "awsathena":
        return athena(place.split(".")[1], *_dotted(name, 3)) if place.count(".") > 1 else None
    if scheme == "unitycatalog":
        known = authority(place)
        return table_path("unitycatalog", known, *_dotted(name, 3)) if known else None
    if scheme == "spanner":
        project, _, instance = place.partition(":")
        return table_path("spanner", project.lower(), instance, *_dotted(name, 3))
    if scheme == "redshift" and place.count(".") == 1:
        where, port = split_port(place)
        return located(ENGINES["redshift"], f"{where}.redshift.amazonaws.com:{port or 5439}", *_dotted(name, 3))
    if scheme in {"kafka", "azurecosmos", "azurekusto", "mssharepoint", "box", "filenet"}:
        return canonical(f"{namespace}/{name}", context)
    engine = engine_named(scheme)
    return located(engine, place, *_dotted(name, engine.levels + 1)) if engine else None


def _placeless(scheme: str, name: str, context: Context) -> str | None:
    if scheme == "bigquery":
        return bigquery(*_dotted(name, 3)) if name else None
    if scheme == "pubsub":
        kind, _, rest = name.partition(":")
        project, _, topic = rest.partition(":")
        return pubsub(project, f"{kind}s", topic)
    if scheme == "file":
        return canonical(f"file:{name}", context)
    if scheme.startswith("file:/"):
        # Spark writes the warehouse folder into the namespace.
        return canonical(f"{scheme}/{name}", context)
    return None


def _dotted(name: str, count: int) -> list[str]:
    """The parts of `db.schema.table`, quotes respected; dots beyond the last level belong to the table."""
    parts = [(a or b or c).replace('""', '"') for a, b, c in _PART.findall(name)]
    return parts if len(parts) <= count else [*parts[: count - 1], ".".join(parts[count - 1 :])]


def to_openlineage(name: str, engine: str = "") -> Pair | None:
    """(namespace, name) of a canonical name, or None where OpenLineage has no row (accounts, models, web addresses).

    A server's engine shows in its host or default port; elsewhere give `engine` (`postgres`, `mssql`).
    """
    if name.startswith("arn:"):
        head, mark, rest = name.partition(":table/")
        return (head, f"table/{rest}") if mark and head.split(":")[2:3] == ["glue"] else None
    scheme, mark, rest = name.partition("://")
    if not mark:
        return None
    place, _, path = rest.partition("/")
    if scheme in _PATHS:
        return f"{scheme}://{place}", path or "/"
    writer = _WRITERS.get(scheme)
    if writer:
        return writer(place, path)
    return _table(scheme, place, path, engine)


def _table(scheme: str, place: str, path: str, engine: str) -> Pair | None:
    if scheme == "host":
        where, port = split_port(place)
        known = engine_named(engine) if engine else engine_at(where, port or "")
    else:
        known = ENGINES.get(scheme)
    if known is None or not known.namespace or not path:
        return None
    return f"{known.namespace}://{_namespace_place(known, place)}", _join(path)


def _namespace_place(engine: Engine, place: str) -> str:
    if engine.name != "redshift":
        return place
    where, port = split_port(place)
    found = _REDSHIFT(where)
    return f"{found[1]}.{found[2]}:{port or 5439}" if found else place


def _join(path: str) -> str:
    return ".".join(_word(plain(part)).removeprefix("sid:") for part in path.split("/"))


def _word(part: str) -> str:
    return f'"{part}"' if "." in part else part


def _azblob(account: str, path: str) -> Pair | None:
    container, _, key = path.partition("/")
    return (f"abfss://{container}@{account}.dfs.core.windows.net", key or "/") if container else None


def _bigquery(project: str, path: str) -> Pair | None:
    return ("bigquery", f"{project}.{path}") if path else None


def _pubsub(project: str, path: str) -> Pair | None:
    kind, _, name = path.partition("/")
    return ("pubsub", f"{kind.removesuffix('s')}:{project}:{name}") if name else None


def _spanner(project: str, path: str) -> Pair | None:
    instance, _, rest = path.partition("/")
    return (f"spanner://{project}:{instance}", _join(rest)) if rest else None


def _cosmos(host: str, path: str) -> Pair | None:
    database, mark, rest = path.partition("/colls/")
    return (f"azurecosmos://{host}/{database}", f"colls/{rest}") if mark else None


def _slash(scheme: str, depth: int, place: str, path: str) -> Pair | None:
    """Stores whose name keeps its slashes; `depth` segments of it belong to the namespace."""
    parts = path.split("/") if path else []
    if len(parts) <= depth:
        return None
    return "/".join([f"{scheme}://{place}", *parts[:depth]]), "/".join(parts[depth:])


_WRITERS: dict[str, Callable[[str, str], Pair | None]] = {
    "azblob": _azblob,
    "bigquery": _bigquery,
    "pubsub": _pubsub,
    "spanner": _spanner,
    "azurecosmos": _cosmos,
    "azurekusto": lambda place, path: _slash("azurekusto", 0, place, path),
    "kafka": lambda place, path: (f"kafka://{place}", plain(path)) if path else None,
    "mssharepoint": lambda place, path: _slash("mssharepoint", 1, place, path),
    "box": lambda place, path: _slash("box", 1, place, path),
    "filenet": lambda place, path: _slash("filenet", 1, place, path),
    "snowflake": lambda place, path: (f"snowflake://{place}", _join(path)) if path else None,
    "unitycatalog": lambda place, path: (f"unitycatalog://{place}", _join(path)) if path else None,
    "awsathena": lambda place, path: (f"awsathena://{place}", _join(path)) if path else None,
}


def aliases(name: str) -> tuple[str, ...]:
    """Other names of the same thing that its spelling alone gives.

    Redshift: OpenLineage knows `cluster.region` only, the endpoint has a hash between them. A claimant of the
    endpoint claims these too.
    """
    scheme, _, rest = name.partition("://")
    place, slash, path = rest.partition("/")
    where, port = split_port(place)
    found = _REDSHIFT(where) if scheme == "host" else None
    if not found or where.count(".") < 5:
        return ()
    short = f"host://{found[1]}.{found[2]}.redshift.amazonaws.com" + (f":{port}" if port else "")
    return (f"{short}{slash}{path}",)
