"""OpenLineage: jobs and the datasets they read and write, from files of run, job and dataset events.

Contract: the OpenLineage specification 2-0-2 and its facets (openlineage.io/docs/spec). A file holds one
event, an array, or one event a line, plain or gzipped. Other JSON in the folder is left aside.

A job is `openlineage://{instance}/{namespace}/{name}`, each part percent-encoded to one segment. A
dataset goes by its canonical name; where its namespace is no data source that the naming specification
knows (or a local disk), by `openlineage://{instance}/{namespace}/dataset/{name}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.base import Client, Collector, Document, Listing, Scope
from siloscope.collectors.clients.files import Files, place_of
from siloscope.collectors.openlineage_files import EventsClient, dialect_of, facet, named, parse_events
from siloscope.collectors.shape import sql_form
from siloscope.config import Source
from siloscope.model import Asset, Description, Observation, Reference, Verb
from siloscope.names import Context, canonical, compose, from_openlineage, sql_tables
from siloscope.names.parts import segment
from siloscope.times import normal

# Integrations and engines that are products of the catalog; their jobs live in that tool, one a namespace.
PRODUCTS = {
    "airflow": "airflow",
    "dagster": "dagster",
    "dbt": "dbt",
    "flink": "flink",
    "hive": "hive",
    "kafka_connect": "kafka-connect",
    "spark": "spark",
    "trino": "trino",
}


def events(document: Document, scope: Scope) -> Iterator[Observation]:
    """One event: its job, what it reads and writes, and what it says about the datasets."""
    when = normal(document.get("eventTime"))
    for dataset in [*document["inputs"], *document["outputs"], *document["datasets"]]:
        yield from _described(dataset, scope, when)
    job = document.get("job")
    if job:
        me = job_name(scope, job["namespace"], job["name"])
        yield _job(me, document, scope, when)
        yield from _references(me, document, scope)


def _job(me: str, document: Document, scope: Scope, when: str | None) -> Asset:
    job, facets = document["job"], document["job"]["facets"]
    kind, sql = facet(facets, "jobType"), facet(facets, "sql")
    facts = {
        "definition": sql.get("definition"),
        "description": _text(facet(facets, "documentation").get("description")),
        "engine": document.get("engine"),
        "integration": kind.get("integration"),
        "job_type": kind.get("jobType"),
        "namespace": job["namespace"],
        "processing": kind.get("processingType"),
        **_tags(facets),
    }
    return Asset(
        id=me,
        kind="openlineage.job",
        name=job["name"],
        tool=_tool(document, scope),
        owner=_owner(facets),
        environment=_environment(facets),
        # A job event without a run describes a design, it is no sign of use.
        last_used=when if document.get("ran") else None,
        shape=sql_form(sql["query"], dialect_of(document))[0] if sql.get("query") else {},
        facts={key: value for key, value in facts.items() if value is not None},
    )


def _references(me: str, document: Document, scope: Scope) -> Iterator[Observation]:
    known = False
    for side, verb in (("inputs", Verb.READS), ("outputs", Verb.WRITES)):
        for index, dataset in enumerate(document[side]):
            known = True
            yield Reference(me, verb, dataset_name(scope, dataset), f"{side}[{index}]")
    facets = document["job"]["facets"]
    if not known:
        yield from _sql_references(me, document, scope)
    location = facet(facets, "sourceCodeLocation")
    source = canonical(str(location.get("repoUrl") or location.get("url") or ""), scope.context)
    if source:
        yield Reference(me, Verb.USES, source, "job.facets.sourceCodeLocation")
    parent = document.get("parent")
    if parent and (above := job_name(scope, parent["namespace"], parent["name"])) != me:
        yield Reference(above, Verb.CONTAINS, me, "run.facets.parent.job")


# A database for tables of which only the SQL is known: `-` stands for a schema that is not written.
_ANYWHERE = Context(database="tables://anywhere/-")


def _sql_references(me: str, document: Document, scope: Scope) -> Iterator[Observation]:
    """Tables in the SQL of an event that names no datasets: taken to lie in the namespace of the job."""
    sql = facet(document["job"]["facets"], "sql").get("query")
    tables = sql_tables(str(sql or ""), dialect_of(document), _ANYWHERE)
    for verb, names in ((Verb.READS, tables.reads), (Verb.WRITES, tables.writes)):
        for name in names:
            table = ".".join(part for part in name.split("/")[3:] if part != "-")
            dataset = {"namespace": document["job"]["namespace"], "name": table}
            if table:
                yield Reference(me, verb, dataset_name(scope, dataset), "job.facets.sql.query")


def _described(dataset: Mapping[str, Any], scope: Scope, when: str | None) -> Iterator[Observation]:
    """What an event says about a dataset that some other source inventories."""
    facets = dataset["facets"]
    about = dataset_name(scope, dataset)
    twins = [each for each in facet(facets, "symlinks").get("identifiers") or [] if named(each)]
    names = {dataset_name(scope, each) for each in twins} - {about}
    facts = {
        "columns": dataset.get("columns"),
        "dataset_type": facet(facets, "datasetType").get("datasetType"),
        "description": _text(facet(facets, "documentation").get("description")),
        **_tags(facets),
    }
    facts = {key: value for key, value in facts.items() if value is not None}
    owner = _owner(facets)
    if names or facts or owner or when:
        yield Description(
            about=about,
            names=tuple(sorted(names)),
            owner=owner,
            environment=_environment(facets),
            last_used=when,
            facts=facts,
        )


def job_name(scope: Scope, namespace: str, name: str) -> str:
    """The canonical name of a job."""
    return compose(*scope.instance.split("://", 1), namespace, name)


def dataset_name(scope: Scope, dataset: Mapping[str, Any]) -> str:
    """The join key of a dataset, or its name inside this source when its namespace is no data source."""
    namespace, name = dataset["namespace"], dataset["name"]
    known = from_openlineage(namespace, name)
    if known:
        return known
    path = "/".join(segment(part) for part in name.split("/") if part.strip())
    return f"{scope.instance}/{segment(namespace)}/dataset/{path}"


def _tool(document: Document, scope: Scope) -> str:
    says = (facet(document["job"]["facets"], "jobType").get("integration"), document.get("engine"))
    product = next((PRODUCTS[key] for each in says if (key := str(each).lower()) in PRODUCTS), None)
    if product:
        return f"{product}:{segment(document['job']['namespace'])}"
    return f"openlineage:{scope.instance.partition('://')[2]}"


def _owner(facets: Mapping[str, Any]) -> str | None:
    """The first owner; `team:data` is how the ownership facet spells type and name."""
    for each in facet(facets, "ownership").get("owners") or []:
        if isinstance(each, Mapping) and isinstance(each.get("name"), str) and each["name"]:
            return str(each["name"])
    return None


def _tags(facets: Mapping[str, Any]) -> dict[str, str]:
    rows = facet(facets, "tags").get("tags") or []
    return {
        f"tag.{row['key']}": str(row.get("value") or "true")[:200]
        for row in rows
        if isinstance(row, Mapping) and row.get("key")
    }


def _environment(facets: Mapping[str, Any]) -> str | None:
    tags = {key.lower(): value for key, value in _tags(facets).items()}
    return next((tags[key] for key in ("tag.environment", "tag.env", "tag.stage") if key in tags), None)


def _text(value: Any) -> str | None:
    return value.strip()[:200] or None if isinstance(value, str) else None


def connect(source: Source) -> Client:
    """A file or folder of events."""
    path = place_of(source, "a file or folder of events")
    return EventsClient(path, [Scope(source.instance, instance=f"openlineage://{segment(source.instance)}")])


COLLECTOR = Collector(
    type="openlineage",
    title="OpenLineage events",
    connect=connect,
    tested="the specification's own examples and its integrations' expected events",
    listings=(
        Listing(
            "openlineage.event",
            Files(
                ("*.json", "*.ndjson", "*.jsonl", "*.log", "*.json.gz", "*.ndjson.gz", "*.jsonl.gz", "*.log.gz"),
                parse_events,
            ),
            events,
            permission="read access to the files",
            precedence=10,
        ),
    ),
)
