"""Tables that SQL text reads and writes, as names, by sqlglot; no execution, no connection.

Identifiers fold as the dialect folds them (Postgres down, Snowflake up, quoted ones stay), because in SQL text
the quoting is known.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from siloscope.names.context import EMPTY, Context
from siloscope.names.engines import engine_at, engine_named
from siloscope.names.parts import segment, split_port

MAX_SQL = 200_000
"""Longer texts are dumps rather than statements; they are not parsed."""

_DIALECTS = {
    "postgres": "postgres", "redshift": "redshift", "mysql": "mysql", "mssql": "tsql", "oracle": "oracle",
    "snowflake": "snowflake", "bigquery": "bigquery", "databricks": "databricks", "unitycatalog": "databricks",
    "trino": "trino", "hive": "hive", "clickhouse": "clickhouse", "awsathena": "athena", "teradata": "teradata",
    "duckdb": "duckdb", "sqlite": "sqlite", "spark": "spark", "tsql": "tsql", "athena": "athena", "presto": "presto",
}  # fmt: skip
# Containers above a table, by the scheme of the context's database.
_DEPTH = {"snowflake": 3, "unitycatalog": 3, "trino": 3, "awsathena": 3, "hive": 2, "crate": 3, "spanner": 4}


@dataclass(frozen=True, slots=True)
class SqlTables:
    """What a text reads and writes, sorted; `unqualified` tables need a database that the context does not give.

    `parsed` is False when the text could not be read (no dialect fits, too long): nothing found is not "none".
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    unqualified: tuple[str, ...] = ()
    parsed: bool = True


def sql_tables(sql: str, dialect: str | None = None, context: Context = EMPTY) -> SqlTables:
    """Names of the tables in SQL, qualified with `context.database`. CTEs are not tables. Never raises."""
    if not isinstance(sql, str) or len(sql) > MAX_SQL or sql.count("(") > 2000:
        return SqlTables(parsed=False)
    statements = _parse(sql, _dialect(dialect, context))
    if statements is None:
        return SqlTables(parsed=False)
    reads: set[str] = set()
    writes: set[str] = set()
    loose: set[str] = set()
    for table, written in (pair for statement in statements for pair in _tables(statement)):
        parts = _parts(table)
        name = qualify(parts, context, _dialect(dialect, context))
        if name:
            (writes if written else reads).add(name)
        elif parts:
            loose.add(".".join(segment(part) for part in parts))
    return SqlTables(tuple(sorted(reads)), tuple(sorted(writes)), tuple(sorted(loose)))


def _dialect(dialect: str | None, context: Context) -> str | None:
    if dialect:
        return _DIALECTS.get(dialect.lower())
    if context.engine:
        known = engine_named(context.engine)
        return _DIALECTS.get(known.name if known else context.engine.lower())
    scheme, _, rest = context.database.partition("://")
    if scheme != "host":
        return _DIALECTS.get(scheme)
    engine = engine_at(*_host_port(rest))
    return _DIALECTS.get(engine.name) if engine else None


def _host_port(rest: str) -> tuple[str, str]:
    name, port = split_port(rest.partition("/")[0])
    return name, port or ""


def _parse(sql: str, dialect: str | None) -> list[Any] | None:
    import sqlglot
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

    # Statements outside a dialect's grammar are logged by the library; they hold literals, which may be secrets.
    log = logging.getLogger("sqlglot")
    before = log.disabled
    log.disabled = True
    try:
        statements = [one for one in sqlglot.parse(sql, read=dialect) if one is not None]
        return [normalize_identifiers(one, dialect=dialect) for one in statements] if dialect else statements
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, KeyError, IndexError):
        # The parser meets arbitrary text; what it cannot read is reported as not parsed.
        return None
    finally:
        log.disabled = before


def _tables(statement: Any) -> Iterator[tuple[Any, bool]]:
    """(table, whether it is written) of one statement, without its CTEs."""
    from sqlglot import exp

    if isinstance(statement, exp.Command):
        return
    target = _target(statement)
    for table in statement.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue  # table functions: UNNEST, read_csv
        if not table.db and table.name.lower() in _ctes_around(table):
            continue
        yield table, table is target


def _target(statement: Any) -> Any:
    from sqlglot import exp

    if isinstance(statement, (exp.Insert, exp.Create, exp.Merge, exp.Update, exp.Delete, exp.Drop, exp.Copy)):
        if isinstance(statement, exp.Create) and statement.kind not in {"TABLE", "VIEW"}:
            return None
        if isinstance(statement, exp.Copy) and not statement.args.get("kind"):
            return None  # COPY (unload) reads
        found = statement.this
        return found.this if isinstance(found, exp.Schema) else found
    if isinstance(statement, (exp.Alter, exp.TruncateTable)):
        return statement.this or (statement.expressions or [None])[0]
    return None


def _ctes_around(table: Any) -> set[str]:
    """Names of the CTEs visible where a table stands; a CTE hides a table of its name."""
    from sqlglot import exp

    names: set[str] = set()
    node = table.parent
    while node is not None:
        clause = node.args.get("with_") or node.args.get("with")
        if isinstance(clause, exp.With):
            inside = next((one for one in clause.expressions if _holds(one, table)), None)
            for one in clause.expressions:
                if one is inside and not clause.args.get("recursive"):
                    break  # a CTE does not see itself or later ones
                names.add(one.alias.lower())
        node = node.parent
    return names


def _holds(ancestor: Any, node: Any) -> bool:
    while node is not None:
        if node is ancestor:
            return True
        node = node.parent
    return False


def _parts(table: Any) -> list[str]:
    return [part.name for part in table.parts if part.name]


def qualify(parts: list[str], context: Context, dialect: str | None = None) -> str | None:
    """A table's name from its parts and `context.database`; the container when its schema cannot be known."""
    if not parts:
        return None
    if context.database.startswith("bigquery://") or dialect == "bigquery" or context.engine == "bigquery":
        return _bigquery(parts, context)
    scheme, mark, rest = context.database.partition("://")
    if not mark:
        return None
    place, *path = rest.rstrip("/").split("/")
    depth, schema = _depth(scheme, place, context)
    parts = parts[-depth:]
    given = path[: depth - len(parts)]
    if len(given) + len(parts) == depth - 1 and len(parts) == 1 and schema:
        given.append(schema)
    if len(given) + len(parts) < depth:
        return context.database
    return "/".join([f"{scheme}://{place}", *given, *(segment(part) for part in parts)])


def _depth(scheme: str, place: str, context: Context) -> tuple[int, str]:
    """(path segments of a table's name, schema of unqualified tables): Postgres `public`, SQL Server `dbo`."""
    if scheme != "host":
        return _DEPTH.get(scheme, 2), ""
    engine = engine_named(context.engine) or engine_at(*_host_port(place))
    return (engine.levels + 1, engine.schema) if engine else (3, "")


def _bigquery(parts: list[str], context: Context) -> str | None:
    from siloscope.names.gcp import bigquery

    if len(parts) == 1 and parts[0].count(".") == 2:
        parts = parts[0].split(".")
    if len(parts) >= 3:
        return bigquery(parts[-3], parts[-2], parts[-1])
    project, _, dataset = context.database.removeprefix("bigquery://").partition("/")
    if not project or (len(parts) == 1 and not dataset):
        return None
    return bigquery(project, parts[0] if len(parts) == 2 else dataset.partition(".")[0], parts[-1])
