"""What a Node-RED node says about the world outside: brokers, databases, addresses, names in its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.base import Scope
from siloscope.model import Reference, Verb
from siloscope.names import Context, canonical, extract, is_expression, sql_tables

# How a node is wired to others and drawn; none of it is a mention.
_DRAWN = frozenset(
    ["id", "type", "z", "x", "y", "w", "h", "g", "l", "d", "wires", "links", "name", "info", "env", "outputs"]
)
_VERBS = {
    "http request": Verb.CALLS,
    "httprequest": Verb.CALLS,
    "websocket out": Verb.CALLS,
    "mqtt in": Verb.READS,
    "mqtt out": Verb.WRITES,
    "tcp in": Verb.READS,
    "tcp out": Verb.WRITES,
    "file in": Verb.READS,
    "file": Verb.WRITES,
    "watch": Verb.READS,
}
# A word in the type of a configuration node -> the scheme of what it connects to.
_ENGINES = (
    ("postgre", "postgres"),
    ("mysql", "mysql"),
    ("maria", "mysql"),
    ("mssql", "mssql"),
    ("mongo", "mongodb"),
    ("redis", "redis"),
    ("oracle", "oracle"),
    ("cassandra", "cassandra"),
    ("kafka", "kafka"),
    ("amqp", "amqp"),
    ("rabbit", "amqp"),
    ("mqtt", "mqtt"),
    ("influx", "https"),
    ("elastic", "https"),
)
_HOSTS = ("host", "hostname", "server", "broker", "address")
_DATABASES = ("database", "db", "dbname")
_QUERIES = ("query", "sql")


def mentions(
    me: str, node: Mapping[str, Any], configs: Mapping[str, Mapping[str, Any]], where: str, scope: Scope
) -> Iterator[Reference]:
    """References of one node: what it connects to by its configuration, then the names in its own settings."""
    if node["type"] == "comment":
        return
    seen: set[str] = set()
    for reference in _found(me, node, configs, where, scope):
        if reference.name not in seen:
            seen.add(reference.name)
            yield reference


def _found(
    me: str, node: Mapping[str, Any], configs: Mapping[str, Mapping[str, Any]], where: str, scope: Scope
) -> Iterator[Reference]:
    kind = str(node["type"])
    verb = _VERBS.get(kind, Verb.USES)
    settings: dict[str, Any] = {}
    for key, value in node.items():
        if key in _DRAWN:
            continue
        config = configs.get(value) if isinstance(value, str) else None
        if config is None:
            settings[key] = value
        else:
            yield from _connected(me, verb, node, config, f"{where}.{key}", scope)
    own = _endpoint({**settings, "type": kind})
    if own:
        yield Reference(me, verb, own, where)
    if kind.startswith("mqtt"):
        settings.pop("topic", None)
    if kind != "http in":
        for mention in extract(settings, scope.context, where):
            yield Reference(me, verb, mention.name, mention.where)


def _connected(
    me: str, verb: Verb, node: Mapping[str, Any], config: Mapping[str, Any], where: str, scope: Scope
) -> Iterator[Reference]:
    """What a configuration node stands for: a topic at a broker, tables in a database, or a place."""
    endpoint = _endpoint(config)
    if endpoint:
        yield from _within(me, verb, node, endpoint, where)
    place = (*_HOSTS, *_DATABASES, "port") if endpoint else ()
    settings = {
        key: value
        for key, value in config.items()
        if key not in _DRAWN and key not in place and not key.endswith("Topic") and _typed(config, key)
    }
    for mention in extract(settings, scope.context, where):
        yield Reference(me, verb, mention.name, mention.where)


def _within(me: str, verb: Verb, node: Mapping[str, Any], endpoint: str, where: str) -> Iterator[Reference]:
    topic = node.get("topic")
    if endpoint.startswith(("mqtt://", "kafka://")) and isinstance(topic, str) and topic:
        # A wildcard subscription reads what lies above the wildcard.
        yield Reference(me, verb, canonical(f"{endpoint}/{topic.lstrip('/')}") or endpoint, where)
        return
    query = next((node[key] for key in _QUERIES if isinstance(node.get(key), str) and node[key].strip()), "")
    tables = sql_tables(query, None, Context(database=endpoint)) if query else None
    if tables and (tables.reads or tables.writes):
        for each, names in ((Verb.READS, tables.reads), (Verb.WRITES, tables.writes)):
            for name in names:
                yield Reference(me, each, name, where)
    else:
        yield Reference(me, verb, endpoint, where)


def _endpoint(config: Mapping[str, Any]) -> str | None:
    """The place a node's `host`, `port` and `database` stand for, when they are constants."""
    host = _constant(config, _HOSTS)
    if not host:
        return None
    if "://" in host:
        return canonical(host)
    port = _constant(config, ("port",))
    kind = str(config.get("type") or "").lower()
    scheme = next((scheme for word, scheme in _ENGINES if word in kind), None)
    place = f"{host}:{port}" if port.isdigit() else host
    database = _constant(config, _DATABASES) if scheme not in ("https", "mqtt", "kafka") else ""
    if scheme:
        return canonical(f"{scheme}://{place}/{database}".rstrip("/"))
    return canonical(f"host://{place}") if port.isdigit() else None


def _constant(config: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The first of the fields that holds a constant."""
    for key in keys:
        value = config.get(key)
        if isinstance(value, str | int) and str(value).strip() and _typed(config, key):
            text = str(value).strip()
            if not is_expression(text):
                return text
    return ""


def _typed(config: Mapping[str, Any], key: str) -> bool:
    """Whether a field holds its value itself; `...FieldType` says when it names a variable or a context instead."""
    return (config.get(f"{key}FieldType") or "str") in ("str", "num", "bool", "json")
