"""AWS Glue: jobs, crawlers, connections, catalog databases and tables.

Contract: AWS Glue Web API Reference. Job arguments and connection properties are opaque: only names
leave them. Tables are listed once a database, in a scope of their own that the database opens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from siloscope.collectors.aws.common import (
    arn,
    asset,
    direction,
    listing,
    refer,
    rows,
    section,
    tags_of,
    within,
)
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto
from siloscope.collectors.shape import definition_hash, shape
from siloscope.model import Observation, Reference, Verb


def jobs(document: Document, scope: Scope) -> Iterator[Observation]:
    """A job, its script, connections, arguments and, for visual jobs, the tables of its nodes."""
    me = arn(scope, "glue", f"job/{document['Name']}")
    command, arguments = section(document, "Command"), section(document, "DefaultArguments")
    yield asset(
        scope,
        me,
        "glue.job",
        document["Name"],
        tags=tags_of(document.get("Tags")),
        created=document.get("CreatedOn"),
        shape=shape(_features(document)),
        facts={
            "definition": definition_hash({"command": command, "arguments": arguments}),
            "command": command.get("Name"),
            "glue_version": document.get("GlueVersion"),
            "worker_type": document.get("WorkerType"),
            "workers": document.get("NumberOfWorkers"),
            "role": document.get("Role"),
            "modified": document.get("LastModifiedOn"),
            "description": str(document.get("Description") or "")[:200] or None,
        },
    )
    yield from refer(me, Verb.RUNS, command.get("ScriptLocation"), "Command.ScriptLocation", scope)
    for name in section(document, "Connections").get("Connections") or []:
        yield from refer(me, Verb.USES, _connection(name, scope), "Connections.Connections", scope)
    for key in ("DefaultArguments", "NonOverridableArguments"):
        yield from within(me, None, document.get(key), key, scope)
    yield from _visual(me, section(document, "CodeGenConfigurationNodes"), scope)


def _features(document: Document) -> Iterator[str]:
    given = {"command": section(document, "Command").get("Name"), "version": document.get("GlueVersion")}
    yield from (f"{key}:{value}" for key, value in given.items() if value)
    for key in ("DefaultArguments", "NonOverridableArguments"):
        yield from (f"argument:{name}" for name in section(document, key))
    for node in section(document, "CodeGenConfigurationNodes").values():
        yield from (f"node:{kind}" for kind in node)


def _visual(me: str, nodes: Mapping[str, Any], scope: Scope) -> Iterator[Observation]:
    """Nodes of Glue Studio: `S3CatalogSource`, `JDBCConnectorTarget` and so on say the direction in their type."""
    for key, node in nodes.items():
        for kind, settings in node.items():
            where = f"CodeGenConfigurationNodes.{key}.{kind}"
            table = settings.get("Table") if isinstance(settings, Mapping) else None
            if table and settings.get("Database"):
                name = arn(scope, "glue", f"table/{settings['Database']}/{table}")
                yield Reference(me, direction(kind), name, f"{where}.Table")
            yield from within(me, direction(kind), settings, where, scope)


def crawlers(document: Document, scope: Scope) -> Iterator[Observation]:
    """A crawler reads its targets and writes tables into a database."""
    me = arn(scope, "glue", f"crawler/{document['Name']}")
    last = section(document, "LastCrawl")
    yield asset(
        scope,
        me,
        "glue.crawler",
        document["Name"],
        created=document.get("CreationTime"),
        last_used=last.get("StartTime"),
        facts={
            "schedule": section(document, "Schedule").get("ScheduleExpression"),
            "role": document.get("Role"),
            "state": document.get("State"),
            "last_status": last.get("Status"),
        },
    )
    for kind, targets in section(document, "Targets").items():
        for index, target in enumerate(rows(targets)):
            where = f"Targets.{kind}[{index}]"
            yield from refer(me, Verb.READS, _target(kind, target, scope), f"{where}.Path", scope)
            connection = _connection(target.get("ConnectionName"), scope)
            yield from refer(me, Verb.USES, connection, f"{where}.ConnectionName", scope)
            for table in target.get("Tables") or []:
                name = arn(scope, "glue", f"table/{target.get('DatabaseName')}/{table}")
                yield Reference(me, Verb.READS, name, f"{where}.Tables")
    if document.get("DatabaseName"):
        yield Reference(me, Verb.WRITES, _database(document["DatabaseName"], scope), "DatabaseName")


def _target(kind: str, target: Mapping[str, Any], scope: Scope) -> str | None:
    path = target.get("Path")
    if kind == "DynamoDBTargets" and path and not str(path).startswith("arn:"):
        return arn(scope, "dynamodb", f"table/{path}")
    return path if kind in ("S3Targets", "DynamoDBTargets", "DeltaTargets") else None


def connections(document: Document, scope: Scope) -> Iterator[Observation]:
    """A connection and the server behind it; of its properties only names are seen."""
    me = arn(scope, "glue", f"connection/{document['Name']}")
    yield asset(
        scope,
        me,
        "glue.connection",
        document["Name"],
        created=document.get("CreationTime"),
        facts={"type": document.get("ConnectionType"), "updated": document.get("LastUpdatedTime")},
    )
    for key in ("ConnectionProperties", "AthenaProperties", "SparkProperties", "PythonProperties"):
        yield from within(me, Verb.USES, document.get(key), key, scope)


def databases(document: Document, scope: Scope) -> Iterator[Observation]:
    """A database of the data catalog; a resource link uses the database it points to."""
    me = _database(document["Name"], scope)
    yield asset(
        scope,
        me,
        "glue.database",
        document["Name"],
        created=document.get("CreateTime"),
        facts={"description": str(document.get("Description") or "")[:200] or None},
    )
    yield from refer(me, Verb.USES, document.get("LocationUri"), "LocationUri", scope)
    yield from _link(me, section(document, "TargetDatabase"), "TargetDatabase", scope)


def open_database(document: Document, scope: Scope) -> Iterable[Scope]:
    """The scope in which a database's tables are listed."""
    name = str(document["Name"])
    data = {**scope.data, "glue_database": name}
    yield Scope(
        f"{scope.path}/{name}", "glue-database", scope.instance, scope.account, scope.region, data
    )  # fmt: skip


def tables(document: Document, scope: Scope) -> Iterator[Observation]:
    """A table of the data catalog and where its data lies; columns count, their names are its shape."""
    database = document.get("DatabaseName") or scope.data["glue_database"]
    me = arn(scope, "glue", f"table/{database}/{document['Name']}")
    storage = section(document, "StorageDescriptor")
    columns = rows(storage.get("Columns"))
    yield asset(
        scope,
        me,
        "glue.table",
        document["Name"],
        created=document.get("CreateTime"),
        last_used=document.get("LastAccessTime"),
        shape=shape(f"column:{str(each.get('Name')).lower()}" for each in columns),
        facts={
            "database": str(database),
            "owner": document.get("Owner"),
            "table_type": document.get("TableType"),
            "format": section(document, "Parameters").get("classification"),
            "columns": len(columns),
            "updated": document.get("UpdateTime"),
        },
    )
    yield Reference(_database(database, scope), Verb.CONTAINS, me, "DatabaseName")
    yield from refer(me, Verb.USES, storage.get("Location"), "StorageDescriptor.Location", scope)
    yield from _link(me, section(document, "TargetTable"), "TargetTable", scope)


def _link(me: str, target: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Observation]:
    """What a resource link points to; the catalog id is the account."""
    if target.get("DatabaseName"):
        resource = f"table/{target['DatabaseName']}/{target['Name']}" if target.get("Name") else ""
        place = Scope("", account=target.get("CatalogId") or scope.account,
                      region=target.get("Region") or scope.region, data=scope.data)  # fmt: skip
        name = arn(place, "glue", resource or f"database/{target['DatabaseName']}")
        yield from refer(me, Verb.USES, name, where, scope)


def _database(name: Any, scope: Scope) -> str:
    return arn(scope, "glue", f"database/{name}")


def _connection(name: Any, scope: Scope) -> str | None:
    return arn(scope, "glue", f"connection/{name}") if name else None


LISTINGS = (
    listing(
        "glue.job",
        Boto("glue", "get_jobs", "Jobs", {"MaxResults": 200}),
        jobs,
        opaque=("DefaultArguments.*", "NonOverridableArguments.*"),
    ),
    listing("glue.crawler", Boto("glue", "get_crawlers", "Crawlers", {"MaxResults": 200}), crawlers),
    listing(
        "glue.connection",
        Boto("glue", "get_connections", "ConnectionList", {"HidePassword": True, "MaxResults": 200}),
        connections,
        opaque=(
            "ConnectionProperties.*",
            "AthenaProperties.*",
            "SparkProperties.*",
            "PythonProperties.*",
        ),
    ),
    listing(
        "glue.database",
        Boto("glue", "get_databases", "DatabaseList", {"MaxResults": 100}),
        databases,
        opens=open_database,
    ),
    listing(
        "glue.table",
        Boto("glue", "get_tables", "TableList", {"DatabaseName": "{glue_database}", "MaxResults": 100}),
        tables,
        per="glue-database",
    ),
)
