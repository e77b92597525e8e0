"""dbt: models, seeds, snapshots and exposures from the artifacts of a run, wherever they lie below a folder.

Contract: docs.getdbt.com/reference/artifacts, manifest v1 to v12, catalog v1, run_results v1 to v6. The
metadata of a file say what it is, its name only that it may be one. When one project's artifacts lie
there more than once, each node is read from the newest (`generated_at`) that has it.

A node is `dbt://{instance}/{unique_id}`. It claims the table it makes: `target` names the warehouse as
OpenLineage does (`postgres://db1:5432`, `snowflake://org-acc`); BigQuery needs none, and without one the
claim is `dbt://{instance}/relation/{database}/{schema}/{table}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.base import Client, Collector, Document, Listing, Scope
from siloscope.collectors.clients.files import place_of
from siloscope.collectors.dbt_files import ArtifactsClient, artifact, dialect
from siloscope.collectors.shape import sql_form
from siloscope.config import Source
from siloscope.model import Asset, Description, Observation, Reference, Verb
from siloscope.names import from_openlineage
from siloscope.names.parts import segment
from siloscope.times import from_seconds, normal

# Adapters whose tables have two levels: the schema is the database (naming specification: MySQL, Hive).
_TWO_LEVELS = frozenset({"mysql", "mariadb", "hive", "spark", "clickhouse", "teradata"})


def nodes(document: Document, scope: Scope) -> Iterator[Observation]:
    """A model, seed, snapshot or exposure, and what it reads."""
    node, metadata = document["node"], document["metadata"]
    me = f"{scope.instance}/{segment(node['unique_id'])}"
    kind = node["resource_type"]
    meta = _meta(node)
    facts = {
        "adapter": metadata.get("adapter_type"),
        "columns": len(document.get("columns") or ()) or None,
        "definition": document.get("definition"),
        "description": _text(node.get("description")),
        "exposure": node.get("type") if kind == "exposure" else None,
        "materialized": document.get("materialized"),
        "maturity": node.get("maturity"),
        "package": node.get("package_name"),
        "path": node.get("original_file_path") or node.get("path"),
        "tests": document.get("tests"),
        **{f"tag.{each}": "true" for each in node.get("tags") or [] if isinstance(each, str)},
        **{f"meta.{key}": value for key, value in meta.items() if isinstance(value, str | int | float)},
    }
    relation = document.get("relation")
    yield Asset(
        id=me,
        kind=f"dbt.{kind}",
        name=str(node.get("label") or node.get("name") or node["unique_id"]),
        tool=f"dbt:{scope.instance.partition('://')[2]}",
        names=(relation_name(relation, metadata, scope),) if relation else (),
        url=node.get("url") if kind == "exposure" else None,
        owner=_owner(node, document.get("group")),
        environment=_environment(meta),
        created=from_seconds(node["created_at"]) if isinstance(node.get("created_at"), int | float) else None,
        shape=sql_form(document["sql"], dialect(metadata.get("adapter_type")))[0] if document.get("sql") else {},
        facts={key: value for key, value in facts.items() if value is not None},
    )
    for upstream in document["reads"]:
        yield from _upstream(me, upstream, metadata, scope)


def _upstream(me: str, upstream: Mapping[str, Any], metadata: Document, scope: Scope) -> Iterator[Observation]:
    """One edge of `depends_on`: to another node by its id, to a source by the table it stands for."""
    where = f"depends_on.nodes[{upstream['unique_id']}]"
    source = upstream.get("source")
    if not source:
        yield Reference(me, Verb.READS, f"{scope.instance}/{segment(upstream['unique_id'])}", where)
        return
    table = relation_name(source["relation"], metadata, scope)
    yield Reference(me, Verb.READS, table, where)
    facts = {"description": _text(source.get("description")), "loader": source.get("loader") or None}
    facts = {key: value for key, value in facts.items() if value is not None}
    owner = _owner(source, source.get("group"))
    if facts or owner:
        yield Description(about=table, owner=owner, facts=facts)


def catalog(document: Document, scope: Scope) -> Iterator[Observation]:
    """What the warehouse says about the table of a node: columns, owner, size."""
    about = document["metadata"]
    stats = {key: each.get("value") for key, each in (document.get("stats") or {}).items() if isinstance(each, Mapping)}
    facts = {
        "columns": len(document.get("columns") or ()),
        "relation_type": about.get("type"),
        "rows": _whole(stats.get("num_rows", stats.get("row_count"))),
        "bytes": _whole(stats.get("num_bytes", stats.get("bytes"))),
    }
    yield Description(
        about=f"{scope.instance}/{segment(document['unique_id'])}",
        owner=about.get("owner") or None,
        facts={key: value for key, value in facts.items() if value is not None},
    )


def runs(document: Document, scope: Scope) -> Iterator[Observation]:
    """How the last run of a node ended, and when."""
    ends = [normal(each.get("completed_at")) for each in document.get("timing") or [] if isinstance(each, Mapping)]
    ran = document.get("status") not in ("skipped", "no-op")
    facts = {
        "last_status": document.get("status"),
        "failures": document.get("failures"),
        "seconds": round(document["execution_time"], 3)
        if isinstance(document.get("execution_time"), int | float)
        else None,
    }
    yield Description(
        about=f"{scope.instance}/{segment(document['unique_id'])}",
        last_used=max(filter(None, ends), default=normal(document.get("generated_at"))) if ran else None,
        facts={key: value for key, value in facts.items() if value is not None},
    )


def relation_name(relation: Mapping[str, Any], metadata: Mapping[str, Any], scope: Scope) -> str:
    """The join key of a table, by the adapter's naming rule; else a name inside this project."""
    parts = [str(relation.get(key) or "") for key in ("database", "schema", "table")]
    adapter = str(metadata.get("adapter_type") or "")
    namespace = "bigquery" if adapter == "bigquery" else scope.data.get("target", "")
    if namespace:
        levels = parts[1:] if adapter in _TWO_LEVELS else parts
        known = from_openlineage(namespace, ".".join(each for each in levels if each))
        if known:
            return known
    return "/".join([scope.instance, "relation", *(segment(each) for each in parts if each)])


def _owner(node: Mapping[str, Any], group: Any) -> str | None:
    """The node's own owner (exposures), `meta.owner` or `meta.team`, else the owner of its group."""
    says = [node.get("owner"), *(_meta(node).get(key) for key in ("owner", "team", "contact")), group]
    return next((name for each in says if (name := _person(each))), None)


def _person(value: Any) -> str | None:
    """The name in an owner field: text, the first of a list, or an object with `name` or `email`."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("email")
    return value if isinstance(value, str) and value.strip() else None


def _meta(node: Mapping[str, Any]) -> dict[str, Any]:
    meta = node.get("meta")
    return dict(sorted(meta.items())) if isinstance(meta, Mapping) else {}


def _environment(meta: Mapping[str, Any]) -> str | None:
    return next((str(meta[key]) for key in ("environment", "env", "stage") if meta.get(key)), None)


def _text(value: Any) -> str | None:
    return value.strip()[:200] or None if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def connect(source: Source) -> Client:
    """A folder with artifacts anywhere below it, or one artifact."""
    path = place_of(source, "a folder with manifest.json below it")
    target = str(source.options.get("target") or "")
    scope = Scope(
        source.instance, instance=f"dbt://{segment(source.instance)}", data={"target": target} if target else {}
    )
    return ArtifactsClient(path, [scope])


COLLECTOR = Collector(
    type="dbt",
    title="dbt",
    options=frozenset({"target"}),
    connect=connect,
    tested="artifacts of the real dbt: manifests v1, v4 and v12, catalog v1, run_results v6",
    listings=(
        Listing("dbt.node", artifact("manifest"), nodes, permission="read access to manifest.json"),
        Listing("dbt.catalog", artifact("catalog"), catalog, permission="read access to catalog.json"),
        Listing("dbt.run", artifact("run-results"), runs, permission="read access to run_results.json"),
    ),
)
