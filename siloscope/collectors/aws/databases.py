"""Databases: RDS and Aurora, Redshift, DynamoDB.

Contract: Amazon RDS, Amazon Redshift and Amazon DynamoDB API References. A server claims its endpoint
with and without port, since both are written into connection strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from siloscope.collectors.aws.common import arn, asset, listing, refer, rows, section, tags_of
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.model import Observation, Reference, Verb
from siloscope.names import aliases, canonical


def server(address: Any, port: Any, database: Any = None) -> tuple[str, ...]:
    """The names a database server claims by its address: host, host and port, first database."""
    host = canonical(f"host://{address}") if address else None
    if not host:
        return ()
    names = [host]
    if port:
        names.append(f"{host}:{port}")
        inner = canonical(f"{host}:{port}/{database}") if database else None
        names += [inner] if inner else []
    return tuple(dict.fromkeys([*names, *(also for name in names for also in aliases(name))]))


def rds_instances(document: Document, scope: Scope) -> Iterator[Observation]:
    """A database instance; a replica is filled by its source, a cluster contains its members."""
    me = document["DBInstanceArn"]
    endpoint = section(document, "Endpoint")
    engine = str(document.get("Engine") or "")
    # An Oracle DBName is a SID, which is another name than a service; the port's claim covers both.
    database = document.get("DBName") if not engine.startswith("oracle") else None
    yield asset(
        scope,
        me,
        "rds.instance",
        document["DBInstanceIdentifier"],
        names=server(endpoint.get("Address"), endpoint.get("Port"), database),
        tags=tags_of(document.get("TagList")),
        created=document.get("InstanceCreateTime"),
        facts={
            "engine": engine,
            "version": document.get("EngineVersion"),
            "class": document.get("DBInstanceClass"),
            "storage_gb": document.get("AllocatedStorage"),
            "multi_az": document.get("MultiAZ"),
            "public": document.get("PubliclyAccessible"),
            "status": document.get("DBInstanceStatus"),
            "database": document.get("DBName"),
        },
    )
    if document.get("DBClusterIdentifier"):
        cluster = arn(scope, "rds", f"cluster:{document['DBClusterIdentifier']}")
        yield Reference(cluster, Verb.CONTAINS, me, "DBClusterIdentifier")
    origin = document.get("ReadReplicaSourceDBInstanceIdentifier")
    if origin:
        name = canonical(origin if str(origin).startswith("arn:") else arn(scope, "rds", f"db:{origin}"))
        if name:
            yield Reference(name, Verb.COPIES, me, "ReadReplicaSourceDBInstanceIdentifier")


def rds_clusters(document: Document, scope: Scope) -> Iterator[Observation]:
    """An Aurora or Multi-AZ cluster; it claims its writer, reader and custom endpoints."""
    me, port = document["DBClusterArn"], document.get("Port")
    names: list[str] = []
    for address in (
        document.get("Endpoint"),
        document.get("ReaderEndpoint"),
        *(document.get("CustomEndpoints") or []),
    ):
        names += server(address, port, document.get("DatabaseName"))
    yield asset(
        scope,
        me,
        "rds.cluster",
        document["DBClusterIdentifier"],
        names=tuple(dict.fromkeys(names)),
        tags=tags_of(document.get("TagList")),
        created=document.get("ClusterCreateTime"),
        facts={
            "engine": document.get("Engine"),
            "version": document.get("EngineVersion"),
            "mode": document.get("EngineMode"),
            "status": document.get("Status"),
            "database": document.get("DatabaseName"),
        },
    )
    origin = canonical(str(document.get("ReplicationSourceIdentifier") or ""))
    if origin:
        yield Reference(origin, Verb.COPIES, me, "ReplicationSourceIdentifier")


def redshift_clusters(document: Document, scope: Scope) -> Iterator[Observation]:
    """A Redshift cluster; roles and parameter groups are not read."""
    name, endpoint = document["ClusterIdentifier"], section(document, "Endpoint")
    yield asset(
        scope,
        arn(scope, "redshift", f"cluster:{name}"),
        "redshift.cluster",
        name,
        names=server(endpoint.get("Address"), endpoint.get("Port"), document.get("DBName")),
        tags=tags_of(document.get("Tags")),
        created=document.get("ClusterCreateTime"),
        facts={
            "node_type": document.get("NodeType"),
            "nodes": document.get("NumberOfNodes"),
            "public": document.get("PubliclyAccessible"),
            "status": document.get("ClusterStatus"),
            "database": document.get("DBName"),
            "namespace": document.get("ClusterNamespaceArn"),
        },
    )


def dynamodb_tables(document: Document, scope: Scope) -> Iterator[Observation]:
    """A table; a global table fills its replicas."""
    name = document["TableName"]
    me = document.get("TableArn") or arn(scope, "dynamodb", f"table/{name}")
    keys = rows(document.get("KeySchema"))
    yield asset(
        scope,
        me,
        "dynamodb.table",
        name,
        created=document.get("CreationDateTime"),
        facts={
            "items": document.get("ItemCount"),
            "bytes": document.get("TableSizeBytes"),
            "status": document.get("TableStatus"),
            "keys": ", ".join(str(each.get("AttributeName")) for each in keys),
            "stream": section(document, "StreamSpecification").get("StreamEnabled"),
        },
    )
    for index, replica in enumerate(rows(document.get("Replicas"))):
        place = Scope("", account=scope.account, region=str(replica.get("RegionName") or ""), data=scope.data)
        target = arn(place, "dynamodb", f"table/{name}")
        yield from refer(me, Verb.COPIES, target, f"Replicas[{index}].RegionName", scope)


LISTINGS = (
    listing("rds.instance", Boto("rds", "describe_db_instances", "DBInstances", {"MaxRecords": 100}), rds_instances),
    listing("rds.cluster", Boto("rds", "describe_db_clusters", "DBClusters", {"MaxRecords": 100}), rds_clusters),
    listing(
        "redshift.cluster",
        Boto("redshift", "describe_clusters", "Clusters", {"MaxRecords": 100}),
        redshift_clusters,
    ),
    listing(
        "dynamodb.table",
        Boto(
            "dynamodb",
            "list_tables",
            "TableNames",
            {"Limit": 100},
            item="TableName",
            details=(BotoDetail("describe_table", lambda item: {"TableName": item["TableName"]}, items="Table"),),
        ),
        dynamodb_tables,
    ),
)
