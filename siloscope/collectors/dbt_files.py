"""dbt's artifacts as small documents: one a node of a manifest, of a catalog, of the results of a run.

What a node needs of the rest of its manifest (owners of groups, tests, the sources behind `depends_on`)
is put beside it, so that a reader needs no other document. Macros, docs and templates are dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.collectors.clients.files import Files, FilesClient, files_of, parse_json
from siloscope.collectors.shape import sql_form, without_literals

KINDS = ("model", "seed", "snapshot", "exposure")
# Kinds between a model and what depends on it; what they depend on stands for them.
_THROUGH = ("metric", "semantic_model", "saved_query", "function", "analysis")
_KEPT = frozenset(
    [
        "resource_type",
        "unique_id",
        "name",
        "label",
        "alias",
        "identifier",
        "database",
        "schema",
        "package_name",
        "original_file_path",
        "path",
        "description",
        "owner",
        "meta",
        "group",
        "tags",
        "url",
        "type",
        "maturity",
        "created_at",
        "source_name",
        "loader",
    ]
)
# adapter_type -> sqlglot dialect, where they are spelled differently.
_DIALECTS = {"sqlserver": "tsql", "synapse": "tsql", "fabric": "tsql", "greenplum": "postgres"}
_SCHEMA = re.compile(r"/dbt/([a-z-]+)/v\d+")


class ArtifactsClient(FilesClient):
    """A folder of artifacts: what several files say about one node is read from the newest of them."""

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """The newest document of each node, in the order of files; files are read twice when there are several."""
        call = files_of(listing)
        if call is None or len(list(self._files(call))) < 2:
            yield from super().pages(listing, scope)
            return
        newest: dict[str, tuple[str, str]] = {}
        for each in super().pages(listing, scope):
            if not isinstance(each, Trouble):
                key = each["unique_id"]
                newest[key] = max(newest.get(key, ("", "")), (each["generated_at"], each["path"]))
        for each in super().pages(listing, scope):
            if isinstance(each, Trouble) or newest.get(each["unique_id"]) == (each["generated_at"], each["path"]):
                yield each


def artifact(kind: str) -> Files:
    """The files of one kind of artifact: `manifest`, `catalog` or `run-results`."""
    names = f"{kind.replace('-', '_')}*.json"
    return Files((names, f"*/{names}"), partial(_parse, kind))


def _parse(kind: str, data: bytes, path: str) -> list[dict[str, Any]]:
    """The documents in one file; none when it is another kind of JSON.

    Raises:
        ValueError: The file is no JSON.
    """
    value = parse_json(data, path)[0]
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    found = _SCHEMA.search(str(metadata.get("dbt_schema_version"))) if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or found is None or found[1] != kind:
        return []
    split = {"manifest": manifest_nodes, "catalog": _catalog, "run-results": _results}[kind]
    when = str(metadata.get("generated_at") or "")
    return [{**each, "generated_at": when} for each in split(value)]


def _catalog(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, node in sorted(_table(value, "nodes").items()):
        if key.partition(".")[0] in KINDS:
            about = {name: node.get("metadata", {}).get(name) for name in ("type", "owner")}
            yield {
                "unique_id": key,
                "metadata": about,
                "columns": sorted(_table(node, "columns")),
                "stats": _table(node, "stats"),
            }


def _results(value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for each in value.get("results") or []:
        key = each.get("unique_id") if isinstance(each, Mapping) else None
        if isinstance(key, str) and key.partition(".")[0] in KINDS:
            kept = {name: each.get(name) for name in ("status", "timing", "execution_time", "failures")}
            yield {"unique_id": key, **kept}


def manifest_nodes(manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes of a manifest, each with what the reader needs of the rest of it."""
    metadata = {key: manifest["metadata"].get(key) for key in ("adapter_type", "project_name")}
    everything = {
        key: each
        for part in ("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "functions")
        for key, each in _table(manifest, part).items()
    }
    groups = {str(each.get("name")): each.get("owner") for each in _table(manifest, "groups").values()}
    tests = Counter(
        upstream
        for each in everything.values()
        if each.get("resource_type") == "test"
        for upstream in dict.fromkeys(_depends(each))
    )
    for key, node in sorted(everything.items()):
        if key.partition(".")[0] not in KINDS or not _enabled(node):
            continue
        kept = {name: node[name] for name in sorted(_KEPT & node.keys()) if node[name] not in (None, "", [], {})}
        document: dict[str, Any] = {
            "unique_id": key,
            "node": {**kept, "unique_id": key, "resource_type": key.partition(".")[0], "meta": _all_meta(node)},
            "metadata": metadata,
            "reads": [_reads(each, everything, groups) for each in sorted(_ends(key, everything))],
            "columns": sorted(_table(node, "columns")),
            "tests": tests[key],
            "materialized": (node.get("config") or {}).get("materialized"),
            "group": groups.get(str(node.get("group"))),
            **_form(node, metadata.get("adapter_type")),
        }
        if key.partition(".")[0] != "exposure" and document["materialized"] != "ephemeral":
            document["relation"] = _relation(node)
        yield document


def _form(node: Mapping[str, Any], adapter: Any) -> dict[str, Any]:
    """The SQL of a node without literals, and the hash of it with them."""
    sql = _sql(node)
    if not sql:
        return {}
    kind = dialect(adapter)
    return {"sql": without_literals(sql, kind), "definition": sql_form(sql, kind)[1]}


def dialect(adapter: Any) -> str | None:
    """The sqlglot dialect of a dbt adapter."""
    return _DIALECTS.get(str(adapter), str(adapter)) if adapter else None


def _reads(key: str, everything: Mapping[str, Any], groups: Mapping[str, Any]) -> dict[str, Any]:
    node = everything.get(key) or {}
    if not key.startswith("source.") or not node:
        return {"unique_id": key}
    about = {name: node[name] for name in ("description", "loader") if node.get(name)}
    source = {**about, "meta": _all_meta(node), "group": groups.get(str(node.get("group")))}
    return {"unique_id": key, "source": {**source, "relation": _relation(node)}}


def _ends(key: str, everything: Mapping[str, Any]) -> set[str]:
    """What a node depends on in the end: through metrics, semantic models and functions to models and sources."""
    found: set[str] = set()
    seen = {key}
    waiting = _depends(everything[key])
    while waiting:
        upstream = waiting.pop()
        if upstream in seen:
            continue
        seen.add(upstream)
        if upstream.partition(".")[0] in _THROUGH:
            waiting.extend(_depends(everything.get(upstream) or {}))
        else:
            found.add(upstream)
    return found


def _depends(node: Mapping[str, Any]) -> list[str]:
    rows = (node.get("depends_on") or {}).get("nodes") or []
    return [each for each in rows if isinstance(each, str)]


def _relation(node: Mapping[str, Any]) -> dict[str, Any]:
    table = node.get("identifier") or node.get("alias") or node.get("name")
    return {"database": node.get("database"), "schema": node.get("schema"), "table": table}


def _sql(node: Mapping[str, Any]) -> str | None:
    """Compiled SQL (v1 to v4: `compiled_sql`), else the template with its expressions as plain names."""
    compiled = node.get("compiled_code") or node.get("compiled_sql")
    if compiled:
        return str(compiled)
    raw = node.get("raw_code") or node.get("raw_sql")
    if not isinstance(raw, str) or not raw.strip() or node.get("language", "sql") != "sql":
        return None
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", raw, flags=re.DOTALL)
    return re.sub(r"\{\{(.*?)\}\}", lambda found: re.sub(r"\W+", "_", found[1].strip()) or "_", plain, flags=re.DOTALL)


def _all_meta(node: Mapping[str, Any]) -> dict[str, Any]:
    """`meta` moved below `config` in newer versions; both are read."""
    below = (node.get("config") or {}).get("meta")
    own = node.get("meta")
    return {**(below if isinstance(below, Mapping) else {}), **(own if isinstance(own, Mapping) else {})}


def _enabled(node: Mapping[str, Any]) -> bool:
    return (node.get("config") or {}).get("enabled") is not False


def _table(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    if not isinstance(found, Mapping):
        return {}
    return {str(name): each for name, each in found.items() if isinstance(each, Mapping)}
