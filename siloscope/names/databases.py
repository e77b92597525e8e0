"""Databases by URL: SQLAlchemy, Airflow, libpq and driver URLs, as `host://h:port/database/schema/table`.

Engines that hide behind host and port share the scheme `host`, so that a tool which knows only host, port and
database meets one which knows the engine. Snowflake, Trino, Hive, Unity Catalog and Athena have their own.
"""

import re
from functools import partial
from urllib.parse import unquote

from siloscope.names.context import Context, Parser
from siloscope.names.engines import ALIASES, ENGINES, Engine, engine_at, engine_named, is_managed
from siloscope.names.objects import table_path
from siloscope.names.parts import authority, constant, host, place_and_path, plain, query, split_port, without_user

_INSTANCE = re.compile(r"[\w-]{1,64}").fullmatch
_SNOWFLAKE = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,126}[a-z0-9])?").fullmatch
_DATABRICKS = (".azuredatabricks.net", ".cloud.databricks.com", ".gcp.databricks.com", ".databricks.azure.cn")


def is_databricks(name: str) -> bool:
    """Whether a host is a Databricks workspace on any cloud."""
    return name.endswith(_DATABRICKS)


def place(text: str, engine: Engine | None) -> str | None:
    r"""`host:port` of an engine; of several hosts the smallest; `h\INSTANCE` stays, as it has no fixed port."""
    if "," in text:
        known = sorted(each for each in (place(one.strip(), engine) for one in text.split(",")) if each)
        return known[0] if known else None
    name, mark, instance = text.partition("\\")
    if mark and engine and engine.scheme != "host":
        return None
    if mark:
        instance, _, port = instance.lstrip("\\").partition(":")
        if port:  # SQL Server: a port makes the instance name irrelevant.
            return authority(f"{name}:{port}")
        known_host = host(name)
        return f"{known_host}\\{instance.lower()}" if known_host and _INSTANCE(instance) else None
    default = engine.port if engine else None
    if text.endswith(".rds.amazonaws.com") and default is None:
        return host(text)
    return authority(text, default)


def located(engine: Engine | None, where: str, *parts: str) -> str | None:
    """A database, schema or table on a server, by raw identifiers."""
    known = place(where, engine)
    if known is None:
        return None
    scheme = engine.scheme if engine else "host"
    return table_path(scheme, known, *parts)


def _url(engine: Engine, _scheme: str, rest: str, context: Context) -> str | None:
    """`//user:password@host:port/database?options`, with whatever raw characters the password holds."""
    if not rest.startswith("//"):
        return None
    rest = rest[2:]
    if "@" in rest:
        rest = without_user(rest)
    head, _, options = rest.partition("?")
    where, _, path = head.partition("/")
    given = query(options) if options and (not where or not path) else {}
    if "odbc_connect" in given:
        from siloscope.names.strings import connection_string

        return connection_string(given["odbc_connect"], context)
    where = where or given.get("host", "")
    if given.get("host") and where == given["host"] and given.get("port"):
        where += ":" + given["port"]
    path = constant(path.partition(";")[0])
    parts = [unquote(part, errors="replace") for part in path.split("/") if part]
    return located(engine, where, *(parts or [given.get("dbname", "") or given.get("database", "")]))


def _host(_scheme: str, rest: str, _context: Context) -> str | None:
    """The key itself: its path is encoded already and stays."""
    if not rest.startswith("//"):
        return None
    where, path = place_and_path(rest[2:])
    known = place(where, None)
    parts = [part for part in constant(path).split("/") if part] if known else []
    return "/".join([f"host://{known}", *parts]) if known else None


def _own(scheme: str, _scheme: str, rest: str, _context: Context) -> str | None:
    """Query engines: the same URL is SQLAlchemy's, the client's and the key."""
    if not rest.startswith("//"):
        return None
    where, path = place_and_path(rest[2:])
    where = where.partition(";")[0]
    engine = ENGINES.get(scheme)
    parts = [part for part in constant(path.partition(";")[0]).split("/") if part]
    known = place(where, engine)
    return "/".join([f"{scheme}://{known}", *parts]) if known else None


def snowflake(account: str, *parts: str) -> str | None:
    """`snowflake://org-account/DB/SCHEMA/TABLE`; accounts fold to lower case, and `_` to `-` as in their host names.

    Snowflake docs, "Account identifiers": underscores of a name become hyphens in URLs. A locator form
    (`xy12345.eu-west-1`) is another name of the account until an alias says so.
    """
    account = account.lower().partition(":")[0].strip("/ ")
    account = account.removesuffix(".cn").removesuffix(".snowflakecomputing.com").removesuffix(".privatelink")
    account = account.replace("_", "-")
    return table_path("snowflake", account, *parts) if _SNOWFLAKE(account) else None


def _snowflake(_scheme: str, rest: str, _context: Context) -> str | None:
    if not rest.startswith("//"):
        return None
    head, _, options = without_user(rest[2:]).partition("?")
    account, _, path = head.partition("/")
    parts = [plain(part) for part in constant(path).split("/") if part]
    given = query(options) if options else {}
    if "account" in given:
        # Airflow: snowflake://user:password@host/schema?account=acc&database=DW&region=eu-west-1
        region = given.get("region", "")
        account = f"{given['account']}.{region}" if region and "." not in given["account"] else given["account"]
        parts = [given["database"], *parts] if given.get("database") else []
    return snowflake(account, *parts)


def databricks(name: str, given: dict[str, str]) -> str | None:
    """What a Databricks connection reaches: its catalog, else its warehouse or cluster, else the workspace."""
    catalog = given.get("conncatalog") or given.get("catalog", "")
    schema = given.get("connschema") or given.get("schema", "")
    if catalog:
        return table_path("unitycatalog", name, catalog, schema)
    path = given.get("httppath") or given.get("http_path", "")
    found = re.search(r"/(warehouses|endpoints|o/\d+)/([\w-]{1,64})/?$", path)
    if found:
        return table_path("databricks", name, "cluster" if found[1].startswith("o/") else "warehouse", found[2])
    return f"databricks://{name}"


def _databricks(_scheme: str, rest: str, _context: Context) -> str | None:
    if not rest.startswith("//"):
        return None
    head, _, options = without_user(rest[2:]).partition("?")
    where, _, path = head.partition("/")
    known = host(split_port(where.partition("#")[0])[0])
    if not known:
        return None
    parts = [part for part in constant(path).split("/") if part]
    if len(parts) >= 2 or not options:
        # workspace objects: databricks://host/job/5
        return "/".join([f"databricks://{known}", *parts])
    return databricks(known, query(options))


def _unity(_scheme: str, rest: str, _context: Context) -> str | None:
    where, path = place_and_path(rest[2:])
    known = authority(constant(where).removesuffix(":443"))
    parts = [part for part in constant(path).split("/") if part]
    return "/".join([f"unitycatalog://{known}", *parts]) if known and rest.startswith("//") else None


def athena(region: str, catalog: str, *parts: str) -> str:
    """`awsathena://athena.{region}.amazonaws.com/{catalog}/{database}/{table}`."""
    return table_path("awsathena", f"athena.{region.lower()}.amazonaws.com", catalog or "AwsDataCatalog", *parts)


def _athena_sqlalchemy(_scheme: str, rest: str, _context: Context) -> str | None:
    # PyAthena: awsathena+rest://KEY:SECRET@athena.{region}.amazonaws.com:443/{schema}?catalog_name=...
    head, _, options = without_user(rest[2:]).partition("?")
    where, _, path = head.partition("/")
    known = host(split_port(where)[0])
    if not known or not known.startswith("athena."):
        return None
    return athena(known.split(".")[1], query(options).get("catalog_name", ""), constant(path).strip("/"))


def server(text: str, context: Context) -> str | None:
    """A bare `host`, `host:port` or list of them: a name when managed, on a well-known port, or by a known engine."""
    engine = engine_named(context.engine) if context.engine else None
    first = text.split(",", maxsplit=1)[0]
    name, port = split_port(first)
    known = host(name)
    if known is None or port is None or (not re.search("[a-z]", known) and known.count(".") != 3 and ":" not in known):
        return None
    if known.endswith(".snowflakecomputing.com"):
        return snowflake(known)
    if is_databricks(known):
        return f"databricks://{known}"
    engine = engine_at(known, port) or engine
    if engine is None and not is_managed(known):
        return None
    if known in {"port", "ports", "expose", "tcp", "udp", "listen"}:
        return None
    return located(engine, text)


def schemes() -> dict[str, Parser]:
    """A parser per scheme; drivers (`postgresql+psycopg2`) fall back to what stands before the plus."""
    table: dict[str, Parser] = {}
    for spelled, name in [*ALIASES.items(), *((name, name) for name in ENGINES)]:
        engine = ENGINES[name]
        own = engine.scheme != "host"
        table[spelled] = partial(_own, engine.scheme) if own else partial(_url, engine)
    return table


SCHEMES: dict[str, Parser] = {
    **schemes(),
    "clickhouse+native": partial(_url, ENGINES["clickhouse-native"]),
    "host": _host,
    "snowflake": _snowflake,
    "databricks": _databricks,
    "unitycatalog": _unity,
    "awsathena": partial(_own, "awsathena"),
    "awsathena+rest": _athena_sqlalchemy,
    "awsathena+arrow": _athena_sqlalchemy,
    "awsathena+pandas": _athena_sqlalchemy,
    "awsathena+jdbc": _athena_sqlalchemy,
}
