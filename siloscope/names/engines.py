"""Database engines: their schemes, default ports, managed host names, and how deep their names go.

Default ports: IANA registrations and each vendor's connection documentation.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine. `scheme` is what its names start with: `host` where only host and database are known to others.

    Query engines and catalogs (Trino, Hive, Milvus) keep their own scheme: what they name is not what the
    database behind the same port would. `levels` counts containers above a table: 2 is database and schema.
    Port 0 means that none is implied (Hive: metastore and HiveServer2 differ).
    `namespace` is the OpenLineage scheme, "" where the naming spec has no row.
    """

    name: str
    port: int
    scheme: str = "host"
    levels: int = 1
    namespace: str = ""
    schema: str = ""


_ALL = (
    Engine("postgres", 5432, levels=2, namespace="postgres", schema="public"),
    Engine("redshift", 5439, levels=2, namespace="redshift", schema="public"),
    Engine("mysql", 3306, namespace="mysql"),
    Engine("oceanbase", 2881, namespace="oceanbase"),
    Engine("oracle", 1521, levels=2, namespace="oracle"),
    Engine("mssql", 1433, levels=2, namespace="mssql", schema="dbo"),
    Engine("db2", 50000, levels=2, namespace="db2"),
    Engine("cassandra", 9042, namespace="cassandra"),
    Engine("teradata", 1025, namespace="teradata"),
    Engine("mongodb", 27017),
    Engine("redis", 6379),
    Engine("clickhouse", 8123),
    Engine("clickhouse-native", 9000),
    Engine("vertica", 5433, levels=2),
    Engine("cockroachdb", 26257, levels=2, schema="public"),
    Engine("hana", 30015, levels=1),
    Engine("exasol", 8563),
    Engine("memcached", 11211),
    Engine("neo4j", 7687),
    Engine("crate", 5432, scheme="crate", levels=2, namespace="crate"),
    Engine("trino", 8080, scheme="trino", levels=2, namespace="trino"),
    Engine("hive", 0, scheme="hive", namespace="hive"),
    Engine("impala", 21050, scheme="impala"),
    Engine("milvus", 19530, scheme="milvus", namespace="milvus"),
    Engine("fabric-warehouse", 1433, scheme="fabric-warehouse", levels=2, namespace="fabric-warehouse"),
)
ENGINES = {engine.name: engine for engine in _ALL}

# Spellings of an engine in SQLAlchemy dialects, JDBC subprotocols, Airflow connection types, OpenLineage namespaces.
ALIASES = {
    "postgresql": "postgres",
    "postgis": "postgres",
    "pgsql": "postgres",
    "psql": "postgres",
    "greenplum": "postgres",
    "pivotal": "postgres",
    "mariadb": "mysql",
    "singlestore": "mysql",
    "tidb": "mysql",
    "sqlserver": "mssql",
    "synapse": "mssql",
    "azuresql": "mssql",
    "oracledb": "oracle",
    "ibm_db_sa": "db2",
    "as400": "db2",
    "mongo": "mongodb",
    "rediss": "redis",
    "ch": "clickhouse",
    "clickhouses": "clickhouse",
    "cockroach": "cockroachdb",
    "teradatasql": "teradata",
    "sap": "hana",
    "scylla": "cassandra",
    "exa": "exasol",
    "bolt": "neo4j",
    "presto": "trino",
    "hive2": "hive",
    "hiveserver2": "hive",
    "hive_cli": "hive",
    "spark": "hive",
    "fabric": "fabric-warehouse",
    "valkey": "redis",
}

# Managed endpoints whose host tells the engine (each vendor's page on connection endpoints).
_MANAGED = {
    ".redshift.amazonaws.com": "redshift",
    ".redshift-serverless.amazonaws.com": "redshift",
    ".database.windows.net": "mssql",
    ".sql.azuresynapse.net": "mssql",
    ".postgres.database.azure.com": "postgres",
    ".mysql.database.azure.com": "mysql",
    ".mariadb.database.azure.com": "mysql",
    ".mongo.cosmos.azure.com": "mongodb",
    ".mongodb.net": "mongodb",
    ".docdb.amazonaws.com": "mongodb",
    ".datawarehouse.fabric.microsoft.com": "fabric-warehouse",
    ".clickhouse.cloud": "",
    ".rds.amazonaws.com": "",
    ".rds.amazonaws.com.cn": "",
    ".cache.amazonaws.com": "",
    ".cache.windows.net": "",
    ".neptune.amazonaws.com": "",
    ".aivencloud.com": "",
    ".neon.tech": "postgres",
    ".oraclecloud.com": "",
    ".db.ondigitalocean.com": "",
}
MANAGED_SUFFIXES = tuple(_MANAGED)

_BY_PORT = {engine.port: engine for engine in reversed(_ALL) if engine.scheme == "host"}
# Cosmos DB for MongoDB listens on 10255, Azure Cache on 6380, Redshift and Postgres poolers on 6432.
_BY_PORT |= {10255: ENGINES["mongodb"], 6380: ENGINES["redis"], 6432: ENGINES["postgres"]}
del _BY_PORT[9000], _BY_PORT[50000], _BY_PORT[1025], _BY_PORT[8123], _BY_PORT[30015], _BY_PORT[8563], _BY_PORT[2881]


def engine_named(name: str) -> Engine | None:
    """The engine of a scheme, dialect (`postgresql+psycopg2`) or connection type."""
    name = name.lower()
    if name in {"clickhouse+native", "clickhouse-native"}:
        return ENGINES["clickhouse-native"]
    base = name.partition("+")[0]
    return ENGINES.get(ALIASES.get(base, base))


def engine_at(host: str, port: str = "") -> Engine | None:
    """The engine behind a managed host name, else behind a well-known port."""
    for suffix, name in _MANAGED.items():
        if name and host.endswith(suffix):
            return ENGINES[name]
    return _BY_PORT.get(int(port)) if port.isdigit() else None


def is_managed(host: str) -> bool:
    """Whether a host name alone says that it is a managed database."""
    return host.endswith(MANAGED_SUFFIXES)
