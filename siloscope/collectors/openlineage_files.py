"""Files of OpenLineage events: what is an event, what of it is kept, and many runs of one job as one document.

Column lineage, statistics, plans and environment variables differ from run to run or may hold secrets; they
are dropped before anything is recorded, and SQL keeps no literals.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.collectors.clients.files import FilesClient, parse_ndjson
from siloscope.collectors.shape import definition_hash, sql_form, without_literals
from siloscope.times import normal

LARGEST_UNZIPPED = 1024 * 1024 * 1024
_DIALECTS = frozenset({"bigquery", "hive", "mysql", "postgres", "redshift", "snowflake", "spark", "trino"})
# The facets that the reader looks at.
_JOB_FACETS = ("documentation", "jobType", "ownership", "sourceCodeLocation", "tags")
_DATASET_FACETS = ("datasetType", "documentation", "ownership", "symlinks", "tags")
_PLACEHOLDER = re.compile(r"\$\{|\{\{|\{[A-Z_]+\}")


def named(value: Any) -> bool:
    """Whether this names a job or dataset: both parts are there, and neither is a template's placeholder."""
    if not isinstance(value, Mapping):
        return False
    parts = (value.get("namespace"), value.get("name"))
    return all(isinstance(each, str) and each.strip() and not _PLACEHOLDER.search(each) for each in parts)


def essence(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the reader looks at, without what differs from run to run; None for JSON that is no event."""
    job, dataset = event.get("job"), event.get("dataset")
    # The fields that make an event; a job or dataset of another kind of document has none of them.
    if not (isinstance(job, Mapping) or isinstance(dataset, Mapping)) or not (
        {"eventTime", "eventType", "run", "inputs", "outputs", "schemaURL"} & event.keys()
    ):
        return None
    run = event.get("run")
    run_facets = facet(run, "facets") if isinstance(run, Mapping) else {}
    parent = facet(run_facets, "parent").get("job")
    out: dict[str, Any] = {
        "inputs": [_pruned(each) for each in _rows(event, "inputs") if named(each)],
        "outputs": [_pruned(each) for each in _rows(event, "outputs") if named(each)],
        "datasets": [_pruned(dataset)] if isinstance(dataset, Mapping) and named(dataset) else [],
        "ran": isinstance(run, Mapping) or "eventType" in event,
    }
    if isinstance(job, Mapping) and named(job):
        out["job"] = _kept(job, _JOB_FACETS)
        out["job"]["facets"].update(_sql(job, run_facets))
    if isinstance(parent, Mapping) and named(parent):
        out["parent"] = {"namespace": parent["namespace"], "name": parent["name"]}
    if engine := facet(run_facets, "processing_engine").get("name"):
        out["engine"] = str(engine)
    return out


def _rows(event: Mapping[str, Any], key: str) -> list[Any]:
    value = event.get(key)
    return value if isinstance(value, list) else []


def _sql(job: Mapping[str, Any], run_facets: Mapping[str, Any]) -> dict[str, Any]:
    """The SQL facet without literals, and the hash of the SQL with them."""
    facets = facet(job, "facets")
    sql = facet(facets, "sql")
    query = sql.get("query")
    if not isinstance(query, str) or not query.strip():
        return {}
    engine = facet(run_facets, "processing_engine").get("name")
    dialect = dialect_of({"job": {"facets": facets}, "engine": engine})
    kept = {"query": without_literals(query, dialect), "definition": sql_form(query, dialect)[1]}
    return {"sql": {**kept, **({"dialect": sql["dialect"]} if sql.get("dialect") else {})}}


def _kept(thing: Mapping[str, Any], facets: tuple[str, ...]) -> dict[str, Any]:
    found = facet(thing, "facets")
    return {
        "namespace": thing["namespace"],
        "name": thing["name"],
        "facets": {key: found[key] for key in facets if isinstance(found.get(key), Mapping)},
    }


def _pruned(dataset: Mapping[str, Any]) -> dict[str, Any]:
    out = _kept(dataset, _DATASET_FACETS)
    columns = facet(facet(dataset, "facets"), "schema").get("fields")
    return {**out, "columns": len(columns)} if isinstance(columns, list) else out


class EventsClient(FilesClient):
    """Files of events: many runs of one job that say the same become one document, with the latest time."""

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """The distinct events in order of appearance; memory is bounded by what differs, not by runs."""
        kept: dict[str, dict[str, Any]] = {}
        for item in super().pages(listing, scope):
            if isinstance(item, Trouble):
                yield item
            elif (event := essence(item)) is not None:
                mark = definition_hash(event)
                when = normal(item.get("eventTime"))
                row = kept.setdefault(mark, {**event, "path": item["path"]})
                row["eventTime"] = max(filter(None, (row.get("eventTime"), when)), default=None)
        yield from _agreed(list(kept.values()))


def _agreed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What one event says about a job's engine and type holds for its others: many name them at the start only."""
    known: dict[tuple[str, str], tuple[Any, Any]] = {}
    for row in rows:
        if job := row.get("job"):
            engine, kind = known.get((job["namespace"], job["name"]), (None, None))
            said = engine or row.get("engine"), kind or job["facets"].get("jobType")
            known[job["namespace"], job["name"]] = said
    for row in rows:
        if job := row.get("job"):
            engine, kind = known[job["namespace"], job["name"]]
            if engine:
                row.setdefault("engine", engine)
            if kind:
                job["facets"].setdefault("jobType", kind)
    return rows


def parse_events(data: bytes, path: str) -> list[Any]:
    """The JSON values of a file, unzipped when it is gzip (by content, not by name).

    Raises:
        ValueError: Nothing in the file is JSON, or it is unreasonably large gzip.
    """
    if data[:2] != b"\x1f\x8b":
        return parse_ndjson(data, path)
    text, trouble = _unzipped(data)
    return [*(parse_ndjson(text, path) if text.strip() or not trouble else []), *trouble]


def _unzipped(data: bytes) -> tuple[bytes, list[Trouble]]:
    """All members of a gzip file; one that is broken or cut (still being written) keeps what came before."""
    out: list[bytes] = []
    room = LARGEST_UNZIPPED
    while data:
        unzip = zlib.decompressobj(wbits=31)
        try:
            out.append(unzip.decompress(data, room))
        except zlib.error as error:
            return b"".join(out), [Trouble(f"broken gzip: {error}")]
        room -= len(out[-1])
        if unzip.unconsumed_tail:
            raise ValueError(f"more than {LARGEST_UNZIPPED // 2**20} MiB unzipped")
        if not unzip.eof:
            return b"".join(out), [Trouble("the gzip file is cut off")]
        data = unzip.unused_data.lstrip(b"\0")
    return b"".join(out), []


def dialect_of(document: Document) -> str | None:
    """The sqlglot dialect that an event's SQL facet, integration or engine says."""
    facets = document["job"]["facets"]
    says = (
        facet(facets, "sql").get("dialect"),
        facet(facets, "jobType").get("integration"),
        document.get("engine"),
    )
    return next((key for each in says if (key := str(each).lower()) in _DIALECTS), None)


def facet(facets: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A facet, or nothing where it is missing or malformed."""
    value = facets.get(name)
    return value if isinstance(value, Mapping) else {}
