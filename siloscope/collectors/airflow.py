"""Airflow: DAGs with their tasks as shape, connections, assets (2.x: datasets) and last runs.

Contract: the stable REST API, `/api/v2` of Airflow 3 and `/api/v1` of Airflow 2 (airflow.apache.org/docs,
stable-rest-api-ref); which one it is, is asked once. Source code is reduced to the names, the started and
awaited DAGs and the connection ids in it before anything is recorded. Passwords and `extra` are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from siloscope.collectors.airflow_client import AirflowClient, login
from siloscope.collectors.base import Client, Collector, Document, Listing, Scope
from siloscope.collectors.clients.rest import Detail, Get, dig, offset
from siloscope.collectors.shape import definition_hash, graph_hash, shape
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Asset, Description, Observation, Reference, Verb, Visibility, digest
from siloscope.names import canonical, compose, extract
from siloscope.times import normal

PAGE = 100
"""Items a page; `maximum_page_limit` of the server is 100 unless raised, and cuts larger wishes without a word."""

# conn_type -> scheme of the place it leads to; a type that is not here goes by its port, if that is known.
_SCHEMES = {
    "postgres": "postgres",
    "redshift": "redshift",
    "mysql": "mysql",
    "mssql": "mssql",
    "odbc": "",
    "oracle": "oracle",
    "snowflake": "snowflake",
    "mongo": "mongodb",
    "redis": "redis",
    "trino": "trino",
    "presto": "presto",
    "hiveserver2": "hive",
    "hive_cli": "hive",
    "vertica": "vertica",
    "cassandra": "cassandra",
    "databricks": "https",
    "http": "https",
    "livy": "https",
    "sftp": "sftp",
    "ssh": "",
    "ftp": "ftp",
}


def dags(document: Document, scope: Scope) -> Iterator[Observation]:
    """A DAG, its tasks as shape, and what its code names, starts and waits for."""
    native = document["dag_id"]
    me = dag_name(scope, native)
    tasks = [each for each in document.get("tasks") or [] if isinstance(each, Mapping)]
    tags = sorted(str(each.get("name")) for each in document.get("tags") or [] if isinstance(each, Mapping))
    code = document.get("code") or {}
    run = next((each for each in document.get("runs") or [] if isinstance(each, Mapping)), {})
    facts = {
        "definition": _definition(tasks, code),
        "description": (document.get("description") or "")[:200] or None,
        "file": document.get("relative_fileloc") or document.get("fileloc"),
        "last_parsed": normal(document.get("last_parsed_time")),
        "last_state": run.get("state"),
        "paused": document.get("is_paused"),
        "schedule": _schedule(document),
        "tasks": len(tasks),
        **_tag_facts(tags),
    }
    yield Asset(
        id=me,
        kind="airflow.dag",
        name=str(document.get("dag_display_name") or native),
        tool=_tool(scope),
        names=_claims(scope, native, tasks),
        url=f"{scope.data['url']}/dags/{native}" if scope.data.get("url") else None,
        owner=_owner(document, tags),
        environment=_tagged(tags, ("env", "environment", "stage")),
        last_used=normal(run.get("start_date")) or normal(run.get("queued_at")) or normal(run.get("logical_date")),
        shape=shape(_features(tasks)),
        facts={key: value for key, value in facts.items() if value is not None},
    )
    yield from _code(me, code, scope)


def _code(me: str, code: Mapping[str, Any], scope: Scope) -> Iterator[Observation]:
    for row in code.get("names") or []:
        yield Reference(me, Verb.USES, row["name"], f"source:{row['line']}")
    for key, verb, kind in (
        ("starts", Verb.TRIGGERS, "dag"),
        ("awaits", Verb.USES, "dag"),
        ("connections", Verb.USES, "connection"),
    ):
        for row in code.get(key) or []:
            name = compose(*scope.instance.split("://", 1), kind, row["name"])
            if name != me:
                yield Reference(me, verb, name, f"source:{row['line']}")


def _claims(scope: Scope, native: str, tasks: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The names lineage events use for a DAG and its tasks, inside this deployment."""
    ids = [str(each["task_id"]) for each in tasks if each.get("task_id")]
    place = scope.instance.split("://", 1)
    return tuple(sorted({compose(*place, native), *(compose(*place, f"{native}.{each}") for each in ids)}))


def _features(tasks: list[Mapping[str, Any]]) -> Iterator[str]:
    kinds = {str(each.get("task_id")): _operator(each) for each in tasks}
    for task in tasks:
        yield f"task:{_operator(task)}"
        yield f"trigger:{task.get('trigger_rule')}"
        for after in task.get("downstream_task_ids") or []:
            yield f"flow:{_operator(task)}>{kinds.get(str(after), '?')}"


def _definition(tasks: list[Mapping[str, Any]], code: Mapping[str, Any]) -> str:
    """Operators and wiring with the code's own fingerprint, whatever the tasks are called."""
    parts = {
        str(each.get("task_id")): definition_hash(
            {"operator": _operator(each), "trigger_rule": each.get("trigger_rule")}
        )
        for each in tasks
    }
    wires = [
        (a, str(b))
        for a in parts
        for each in tasks
        if each.get("task_id") == a
        for b in each.get("downstream_task_ids") or []
    ]
    return digest(graph_hash(parts, wires), str(code.get("fingerprint") or ""))


def _operator(task: Mapping[str, Any]) -> str:
    """The operator's class; Airflow 2.0 has it in `class_ref` only."""
    return str(task.get("operator_name") or dig(task, "class_ref.class_name") or "?")


def _schedule(document: Document) -> str | None:
    """`timetable_summary` (3.x), else the value of `schedule_interval` (2.x)."""
    value = document.get("timetable_summary")
    if value is None and isinstance(document.get("schedule_interval"), Mapping):
        value = document["schedule_interval"].get("value")
    return str(value)[:200] if value else None


def _owner(document: Document, tags: list[str]) -> str | None:
    owners = [str(each) for each in document.get("owners") or [] if each and each != "airflow"]
    return _tagged(tags, ("owner", "team")) or (", ".join(sorted(set(owners))) or None)


def _tagged(tags: list[str], keys: tuple[str, ...]) -> str | None:
    """The value of a tag that is written `key:value` or `key=value`."""
    for tag in tags:
        key, mark, value = tag.replace("=", ":", 1).partition(":")
        if mark and key.strip().lower() in keys and value.strip():
            return value.strip()
    return None


def _tag_facts(tags: list[str]) -> dict[str, str]:
    pairs = (tag.replace("=", ":", 1).partition(":") for tag in tags)
    return {f"tag.{key.strip()[:100]}": (value.strip()[:200] or "true") for key, _, value in pairs if key.strip()}


def connections(document: Document, scope: Scope) -> Iterator[Observation]:
    """A connection without its secrets, and the place it leads to."""
    native = document["connection_id"]
    me = compose(*scope.instance.split("://", 1), "connection", native)
    yield Asset(
        id=me,
        kind="airflow.connection",
        name=native,
        tool=_tool(scope),
        facts={
            key: value for key in ("conn_type", "description") if isinstance(value := document.get(key), str) and value
        },
    )
    extra = document.get("extra") if isinstance(document.get("extra"), Mapping) else {}
    place = _place(document, extra or {})
    if place:
        yield Reference(me, Verb.USES, place, "host")
    for mention in extract(extra, scope.context, "extra"):
        if mention.name != place:
            yield Reference(me, Verb.USES, mention.name, mention.where)


def _place(document: Document, extra: Mapping[str, Any]) -> str | None:
    """Where a connection leads, by its type's scheme, else by a well-known port."""
    host, port = str(document.get("host") or "").strip(), document.get("port")
    kind, database = str(document.get("conn_type") or ""), str(document.get("schema") or "").strip()
    scheme = _SCHEMES.get(kind, "")
    if scheme == "snowflake":
        account = extra.get("account") or host
        parts = [str(each) for each in (extra.get("database"), database) if each]
        return canonical("/".join([f"snowflake://{account}", *parts])) if account else None
    if "://" in host:
        return canonical(host)
    if not host:
        return None
    where = f"{host}:{port}" if port else host
    if scheme == "https":
        # `schema` of an HTTP connection is the protocol.
        return canonical(f"https://{where}")
    if scheme:
        return canonical(f"{scheme}://{where}/{database}".rstrip("/"))
    known = canonical(where) if port else None
    return canonical(f"{known}/{database}") if known and database and known.startswith("host://") else known


def assets(document: Document, scope: Scope) -> Iterator[Observation]:
    """An asset (2.x: dataset): the tasks that produce it write its URI, the DAGs it starts read it."""
    name = canonical(str(document["uri"]), scope.context)
    if not name:
        # Its URI is a name only inside this deployment, which it still ties together.
        name = compose(*scope.instance.split("://", 1), "asset", str(document["uri"]))
    seen: set[tuple[str, Verb]] = set()
    for key, verb in (
        ("producing_tasks", Verb.WRITES),
        ("consuming_tasks", Verb.READS),
        ("scheduled_dags", Verb.READS),
        ("consuming_dags", Verb.READS),
    ):
        for each in document.get(key) or []:
            dag = dag_name(scope, str(each["dag_id"]))
            if (dag, verb) not in seen:
                seen.add((dag, verb))
                yield Reference(dag, verb, name, f"asset {key}")
    happened = normal(dig(document, "last_asset_event.timestamp"))
    if happened:
        yield Description(about=name, last_used=happened)


def dag_name(scope: Scope, native: str) -> str:
    """The canonical name of a DAG."""
    return compose(*scope.instance.split("://", 1), "dag", native)


def _tool(scope: Scope) -> str:
    return f"airflow:{scope.instance.partition('://')[2]}"


def connect(source: Source) -> Client:
    """The REST API with `token`, with `user` and `password`, or open."""
    if not source.url:
        raise ConfigError(f'source "{source.name}": airflow needs "url"')
    token, password = source.secret("token"), source.secret("password")
    user = str(source.options.get("user") or "")
    who = f"token {digest(token)[:6]}" if token else f"user {user}" if password else "anonymous"
    return AirflowClient(
        source.url,
        [Scope(source.instance, instance=f"airflow://{source.instance}", data={"url": source.url})],
        headers={"Authorization": f"Bearer {token}"} if token else {},
        login=None if token else login(user, password),
        # Roles may hide single DAGs, and no call says whether they do.
        who=lambda _: (who, Visibility.UNKNOWN),
    )


_JSON = {"Accept": "application/json"}
_RUNS = Get("/api/{api}/dags/{dag_id}/dagRuns", items="dag_runs", params={"limit": 1, "order_by": "-run_after"})

COLLECTOR = Collector(
    type="airflow",
    title="Apache Airflow",
    options=frozenset({"token", "user", "password"}),
    connect=connect,
    tested="the real Airflow 3.3 API server, without a scheduler; Airflow 2: a local server that follows the contract",
    listings=(
        Listing(
            "airflow.dag",
            Get(
                "/api/{api}/dags",
                items="dags",
                params={"limit": PAGE, "order_by": "dag_id"},
                page=offset(PAGE, total="total_entries"),
                details=(
                    Detail("tasks", Get("/api/{api}/dags/{dag_id}/tasks", items="tasks"), "DAGs.can_read"),
                    Detail("source", Get("/api/{api}/dagSources/{dag_id}", headers=_JSON), "DAG Code.can_read"),
                    Detail("runs", _RUNS, "DAG Runs.can_read"),
                ),
            ),
            dags,
            permission="DAGs.can_read, DAG Code.can_read, DAG Runs.can_read",
        ),
        Listing(
            "airflow.connection",
            Get(
                "/api/{api}/connections",
                items="connections",
                params={"limit": PAGE, "order_by": "connection_id"},
                page=offset(PAGE, total="total_entries"),
            ),
            connections,
            permission="Connections.can_read",
        ),
        Listing(
            "airflow.asset",
            Get(
                "/api/{api}/assets",
                items="assets",
                params={"limit": PAGE},
                page=offset(PAGE, total="total_entries"),
            ),
            assets,
            permission="Assets.can_read",
        ),
    ),
)
