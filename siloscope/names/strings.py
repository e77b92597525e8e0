"""Connection strings: ADO.NET, ODBC, libpq, Azure storage, Service Bus, Cosmos DB.

A string counts only as a whole: `AccountName=` outside a storage connection string names nothing.
"""

import re

from siloscope.names.azure import cosmos, is_service_bus, service_bus
from siloscope.names.context import Context
from siloscope.names.databases import databricks, is_databricks, located, snowflake
from siloscope.names.engines import ENGINES, Engine, engine_at, engine_named
from siloscope.names.objects import azure_account, azure_blob
from siloscope.names.parts import host, split_port

_DSN_PAIR = re.compile(r"([a-z_]{2,30})\s{0,3}=\s{0,3}('(?:[^'\\]|\\.)*+'|[^\s']*+)")
_SERVER = ("server", "datasource", "host", "hostname", "address", "addr", "networkaddress", "servername")
_DATABASE = ("database", "initialcatalog", "databasename", "dbname", "db", "dbq")
_STORAGE = frozenset({"defaultendpointsprotocol", "accountkey", "endpointsuffix", "sharedaccesssignature"})
_SQL_SERVER = frozenset({"initialcatalog", "integratedsecurity", "trusted_connection", "multipleactiveresultsets",
                         "trustservercertificate", "persistsecurityinfo", "authentication"})  # fmt: skip
_DRIVERS = {
    "sqlserver": "mssql",
    "freetds": "mssql",
    "sqlclient": "mssql",
    "postgre": "postgres",
    "npgsql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "oracle": "oracle",
    "db2": "db2",
    "redshift": "redshift",
    "teradata": "teradata",
    "hive": "hive",
    "spark": "hive",
    "simbatrino": "trino",
    "starburst": "trino",
}


def pairs(text: str) -> dict[str, str]:
    """`key=value;` pairs with ODBC `{...}` and ADO.NET quoting; keys in lower case without blanks."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        equals = text.find("=", at)
        if equals < 0:
            break
        key = "".join(text[at:equals].rpartition(";")[2].split()).lower()
        value, at = _value(text, equals + 1)
        found.setdefault(key, value)
    return found


def _value(text: str, at: int) -> tuple[str, int]:
    """(value, where the next pair begins); a doubled closing quote is part of the value."""
    while at < len(text) and text[at] == " ":
        at += 1
    close = {"{": "}", '"': '"', "'": "'"}.get(text[at : at + 1])
    if close:
        end = text.find(close, at + 1)
        while end >= 0 and text[end + 1 : end + 2] == close:
            end = text.find(close, end + 2)
        if end >= 0:
            after = text.find(";", end)
            return text[at + 1 : end], len(text) if after < 0 else after + 1
    end = text.find(";", at)
    return (text[at:], len(text)) if end < 0 else (text[at:end].strip(), end + 1)


def connection_string(text: str, context: Context) -> str | None:
    """The database, storage account, namespace or account that a `key=value;` string reaches."""
    given = pairs(text)
    if len(given) < 2:
        return None
    endpoint = given.get("endpoint", "")
    if endpoint.lower().startswith("sb://"):
        name = host(endpoint[5:].partition("/")[0].partition(":")[0])
        return service_bus(name, given.get("entitypath", "")) if name and is_service_bus(name) else None
    if "accountendpoint" in given:
        name = host(split_port(given["accountendpoint"].partition("://")[2].partition("/")[0])[0])
        inner = given.get("database", "")
        return cosmos(name, f"dbs/{inner}" if inner else "") if name else None
    if "accountname" in given or "blobendpoint" in given:
        return _storage(given)
    return database(given, context)


def _storage(given: dict[str, str]) -> str | None:
    if "accountname" in given and _STORAGE & given.keys():
        return azure_blob(given["accountname"], "")
    name = host(given.get("blobendpoint", "").partition("://")[2].partition("/")[0])
    return azure_blob(azure_account(name), "") if name else None


def database(given: dict[str, str], context: Context) -> str | None:
    """The database that ADO.NET, ODBC or JDBC properties reach."""
    where = next((given[key] for key in _SERVER if given.get(key)), "")
    name = next((given[key] for key in _DATABASE if given.get(key)), "")
    if not where or not (name or "driver" in given or "tcp:" in where or {"uid", "userid", "user"} & given.keys()):
        return None
    for prefix in ("tcp:", "np:", "lpc:", "admin:"):
        where = where.removeprefix(prefix)
    engine = _engine(given, where, context)
    if where.startswith("(") or "/" in where:
        from siloscope.names.jdbc import oracle

        return oracle(where, context)
    where = where.replace(", ", ",")
    if "," in where and where.rpartition(",")[2].strip().isdigit():
        # ADO.NET and ODBC for SQL Server put a comma before the port; a port overrides an instance name.
        where, _, port = where.rpartition(",")
        where = f"{where.partition(chr(92))[0]}:{port.strip()}"
    port = given.get("port") or given.get("portnumber", "")
    if port and split_port(where)[1] == "":
        where = f"{where.partition(chr(92))[0]}:{port}"
    known = host(split_port(where)[0])
    if known and known.endswith(".snowflakecomputing.com"):
        return snowflake(known, name, given.get("schema", "") if name else "")
    if known and is_databricks(known):
        return databricks(known, given)
    return located(engine, where, name)


def _engine(given: dict[str, str], where: str, context: Context) -> Engine | None:
    driver = re.sub(r"[^a-z0-9]", "", (given.get("driver") or given.get("provider", "")).lower())
    for word, name in _DRIVERS.items():
        if word in driver:
            return ENGINES[name]
    known = engine_at(split_port(where.partition(",")[0])[0].lower())
    if known:
        return known
    if context.engine:
        return engine_named(context.engine)
    if "sslmode" in given or "searchpath" in given:
        return ENGINES["postgres"]
    return ENGINES["mssql"] if _SQL_SERVER & given.keys() or "datasource" in given else None


def keyword_dsn(text: str, context: Context) -> str | None:
    """Libpq's `host=db1 port=5432 dbname=x` (PostgreSQL docs, "Connection Strings"); several hosts: the smallest."""
    given = {key: value.strip("'") for key, value in _DSN_PAIR.findall(text)}
    where = given.get("host") or given.get("hostaddr", "")
    if not where or where.startswith("/") or not ("dbname" in given or "port" in given):
        return None
    ports = given.get("port", "").split(",")
    hosts = where.split(",")
    if ports[0]:
        hosts = [f"{each}:{ports[at] if at < len(ports) else ports[-1]}" for at, each in enumerate(hosts)]
    engine = engine_at(hosts[0].partition(":")[0]) or engine_named(context.engine) or ENGINES["postgres"]
    return located(engine, ",".join(hosts), given.get("dbname", ""))
