"""JDBC URLs. Each driver has its own grammar, so each subprotocol has its own reader.

Sources: the URL page of each driver's manual (PostgreSQL, Connector/J, mssql-jdbc, Oracle JDBC, Snowflake,
Databricks, Athena, BigQuery, Db2, Trino, Hive).
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from siloscope.names.context import Context, Parser
from siloscope.names.databases import athena, databricks, is_databricks, located, place, snowflake
from siloscope.names.engines import ENGINES, engine_named
from siloscope.names.objects import table_path
from siloscope.names.parts import constant, host, split_port, without_user
from siloscope.names.strings import database, pairs

Reader = Callable[[str, Context], str | None]


def jdbc(_scheme: str, rest: str, context: Context) -> str | None:
    """`jdbc:subprotocol:...` as the name of the database it reaches."""
    kind, _, tail = rest.partition(":")
    kind = kind.lower()
    reader = _READERS.get(kind)
    if reader:
        return reader(tail, context)
    engine = engine_named(kind)
    if engine is None:
        return None
    # jdbc:mysql:replication://, jdbc:mysql:aws://, jdbc:postgresql://
    at = tail.find("//")
    return _plain(engine.name, tail[at:]) if 0 <= at <= 40 else None


def _split(tail: str, wanted: bool = True) -> tuple[str, str, dict[str, str]]:
    """(hosts, path, properties where wanted) of `//hosts/path?a=b` or `//hosts/path;a=b`."""
    rest = tail.removeprefix("//")
    if "@" in rest:
        rest = without_user(rest)
    end = _PROPERTIES(rest)
    where, _, path = (rest[: end.start()] if end else rest).partition("/")
    return where, path, pairs(rest[end.end() :].replace("&", ";")) if end and wanted else {}


_PROPERTIES = re.compile("[?;]").search


def _plain(engine: str, tail: str) -> str | None:
    where, path, _ = _split(tail, wanted=False)
    # Db2 puts properties behind the database with a colon, Teradata makes the path a list of properties.
    name = constant(path).partition(":")[0]
    if engine == "teradata":
        options = {key: value for key, _, value in (each.partition("=") for each in path.split(","))}
        name = options.get("DATABASE", "")
        where += f":{options['DBS_PORT']}" if "DBS_PORT" in options else ""
    if not name:
        given = _split(tail)[2]
        name = given.get("databasename") or given.get("database", "")
    return located(ENGINES[engine], where, *(unquote(part) for part in name.split("/") if part))


def _sqlserver(tail: str, context: Context) -> str | None:
    where, _, options = tail.removeprefix("//").partition(";")
    given = pairs(options)
    given.setdefault("servername", where.partition("/")[0].rpartition("@")[2])
    if where:
        given["servername"] = where.partition("/")[0].rpartition("@")[2]
    if given.get("instancename") and not re.search(r"[\\:]", given["servername"]):
        given["servername"] += "\\" + given["instancename"]
    for other in ("server", "datasource", "host"):
        given.pop(other, None)
    return database(given | {"driver": "sqlserver"}, context)


def _jtds(tail: str, context: Context) -> str | None:
    # jdbc:jtds:sqlserver://h:1433/db;instance=x
    kind, _, rest = tail.partition(":")
    where, path, given = _split(rest)
    if kind != "sqlserver":
        return None
    instance = given.get("instance", "")
    return _sqlserver(f"//{where};databaseName={constant(path)};instanceName={instance}", context)


def oracle(text: str, _context: Context) -> str | None:
    """`thin:@//h:p/service`, `thin:@h:p:SID`, `@tcps://h:p/service`, `@(DESCRIPTION=...)`.

    A SID and a service of the same letters are two names until an alias says otherwise: SIDs read `sid:ORCL`.
    A `@tnsalias` names nothing without its tnsnames.ora.
    """
    if "(" in text:
        return _descriptor(text)
    rest = re.sub(r"^(thin|oci8?|kprb):", "", text).rpartition("@")[2]
    rest = re.sub(r"^(tcps?:)?//", "", rest, flags=re.IGNORECASE).partition("?")[0]
    where, slash, service = rest.partition("/")
    if slash:
        return located(ENGINES["oracle"], where, constant(service).partition(":")[0].partition("/")[0])
    name, _, port = where.partition(":")
    port, _, sid = port.partition(":")
    return located(ENGINES["oracle"], f"{name}:{port}", f"sid:{constant(sid)}") if port and sid else None


def _descriptor(text: str) -> str | None:
    """Oracle Net descriptor: the smallest address, and the service or SID."""
    places = re.findall(r"(?i)HOST\s{0,3}=\s{0,3}([\w.\-]{1,253})\)\s{0,3}\(\s{0,3}PORT\s{0,3}=\s{0,3}(\d{1,5})", text)
    service = re.search(r"(?i)SERVICE_NAME\s{0,3}=\s{0,3}([\w.$#-]{1,128})", text)
    sid = re.search(r"(?i)\bSID\s{0,3}=\s{0,3}([\w$#-]{1,64})", text)
    name = service[1] if service else f"sid:{sid[1]}" if sid else ""
    return located(ENGINES["oracle"], ",".join(f"{one}:{port}" for one, port in places), name) if places else None


def _snowflake(tail: str, _context: Context) -> str | None:
    where, _, given = _split(tail)
    name = given.get("db") or given.get("database", "")
    return snowflake(where, name, given.get("schema", "") if name else "")


def _databricks(tail: str, _context: Context) -> str | None:
    where, path, given = _split(tail)
    name = host(split_port(where)[0])
    if name and (is_databricks(name) or "httppath" in given):
        return databricks(name, given)
    return _plain("hive", f"//{where}/{path}")


def _hive(tail: str, _context: Context) -> str | None:
    where, path, given = _split(tail)
    if given.get("servicediscoverymode", "").lower().startswith("zookeeper"):
        # The hosts are ZooKeeper's; the servers behind them are not known, the quorum is their name.
        known = place(where, None)
        return table_path("hive", known, constant(path)) if known else None
    where = ",".join(one if ":" in one else f"{one}:10000" for one in where.split(","))
    return located(ENGINES["hive"], where, constant(path))


def _athena(tail: str, _context: Context) -> str | None:
    where, _, given = _split(tail)
    given |= pairs(where) if "=" in where else {}
    name = split_port(where)[0]
    region = given.get("awsregion") or given.get("region") or (name.split(".")[1] if name.count(".") > 1 else "")
    schema = given.get("schema") or given.get("database", "")
    return athena(region, given.get("catalog", ""), schema) if re.fullmatch("[A-Za-z0-9-]{4,30}", region) else None


def _bigquery(tail: str, _context: Context) -> str | None:
    from siloscope.names.gcp import bigquery

    given = pairs(tail.partition(";")[2])
    return bigquery(given.get("projectid", ""), given.get("defaultdataset", ""))


_READERS: dict[str, Reader] = {
    "sqlserver": _sqlserver,
    "microsoft": lambda tail, context: _sqlserver(tail.partition(":")[2], context),
    "jtds": _jtds,
    "oracle": oracle,
    "snowflake": _snowflake,
    "databricks": _databricks,
    "spark": _databricks,
    "hive2": _hive,
    "impala": lambda tail, _context: located(ENGINES["impala"], *_split(tail)[:2]),
    "awsathena": _athena,
    "athena": _athena,
    "bigquery": _bigquery,
}

SCHEMES: dict[str, Parser] = {"jdbc": jdbc, "jdbc-secretsmanager": jdbc}
