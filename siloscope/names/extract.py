"""Names in documents: any JSON-like value, with the place of each (`nodes[3].parameters.url`)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from siloscope.names.canonical import canonical
from siloscope.names.context import EMPTY, Context, Mention
from siloscope.names.databases import located
from siloscope.names.engines import engine_at, engine_named, is_managed
from siloscope.names.images import image
from siloscope.names.parts import host, token_like
from siloscope.names.sql import MAX_SQL, sql_tables
from siloscope.names.text import NAMESPACES, names_in

MAX_DEPTH = 100
MAX_NODES = 2_000_000
_JSON_IN_STRING = 3
_JSON_SIZE = 2_000_000

_PLAIN_KEY = re.compile(r"[A-Za-z_$@][\w\-. $@:/]{0,79}").fullmatch
_SENSITIVE = re.compile(
    r"(?:pass(?:word|wd|phrase)?|pwd|token|api_?key|private_?key|secret|authorization|sas)$", re.IGNORECASE
).search
_SQL = re.compile(
    r"\s{0,200}(?:select|insert|with|merge|create|update|delete|truncate|copy|replace)\b.{0,20000}?\b(?:from|into|table|view|set|using)\b",
    re.IGNORECASE | re.DOTALL,
).match
_IMAGE_KEYS = frozenset(
    {
        "image",
        "imageuri",
        "image_uri",
        "containerimage",
        "container_image",
        "docker_image",
        "trainingimage",
        "baseimage",
    }
)
_HOST_KEYS = ("host", "hostname", "server", "servername", "database.hostname", "db_host", "fully_qualified_domain_name")
_PORT_KEYS = ("port", "database.port", "db_port")
_DATABASE_KEYS = ("database", "dbname", "db", "database.dbname", "databasename", "db_name")
_ENGINE_KEYS = ("engine", "dialect", "conn_type", "connectiontype", "sourcetype", "adapter", "type")
_BUCKET_KEYS = ("s3_bucket_name", "s3_bucket", "s3bucket", "s3.bucket.name", "s3bucketname")


def extract(value: Any, context: Context = EMPTY, where: str = "") -> Iterator[Mention]:
    """Every name in a JSON-like value, in document order, each (name, place) once.

    Looks into JSON held in strings (three levels), SQL when the context says which database it runs on, and
    free text. Values under keys of secrets give ARNs at most.
    """
    seen: set[tuple[str, str]] = set()
    for name, place in _Walk(context).value(value, where, "", 0, 0):
        if (name, place) not in seen:
            seen.add((name, place))
            yield Mention(name, place)


class _Walk:
    """One pass over a document; holds its budget, so that a hostile or cyclic value ends."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.bare = replace(context, database="")
        self.left = MAX_NODES

    def value(self, value: Any, where: str, key: str, depth: int, nested: int) -> Iterator[tuple[str, str]]:
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            return
        if isinstance(value, str):
            yield from self.text(value, where, key, depth, nested)
        elif isinstance(value, Mapping):
            yield from ((name, f"{where}.host".lstrip(".")) for name in _combined(value))
            for each, inner in value.items():
                label = str(each)
                place = f"{where}.{_label(label)}" if where else _label(label)
                if ":" in label or label.startswith("/sub"):
                    yield from ((name, place) for name in names_in(label, self.bare))
                yield from self.value(inner, place, label.lower(), depth + 1, nested)
        elif isinstance(value, (list, tuple)):
            for at, inner in enumerate(value):
                yield from self.value(inner, f"{where}[{at}]", key, depth + 1, nested)

    def text(self, text: str, where: str, key: str, depth: int, nested: int) -> Iterator[tuple[str, str]]:
        if len(text) < 4 or text.isalnum():
            return
        if _SENSITIVE(key):
            if text.startswith("arn:") and (name := canonical(text)):
                yield name, where
            return
        if key in _IMAGE_KEYS and not text.startswith("image/") and re.search("[/:]", text) and (name := image(text)):
            yield name, where
            return
        if text[:1] in "{[" and nested < _JSON_IN_STRING and len(text) <= _JSON_SIZE and text.rstrip()[-1] in "}]":
            inner = _json(text)
            if isinstance(inner, (dict, list)):
                yield from self.value(inner, where, key, depth + 1, nested + 1)
                return
        whole = self.whole(text)
        if whole:
            yield whole, where
            return
        yield from ((name, where) for name in names_in(text, self.context))
        if (self.context.database or self.context.engine == "bigquery") and len(text) <= MAX_SQL and _SQL(text):
            found = sql_tables(text, None, self.context)
            yield from ((name, where) for name in sorted({*found.reads, *found.writes}))

    def whole(self, text: str) -> str | None:
        """The text as one spelling, where that is safe: no blanks, one authority, no bare Docker Hub image."""
        if len(text) > 2048 or text.count("://") > 1 or " " in text.strip() or "\n" in text:
            return None
        name = canonical(text, self.bare)
        if name and (name.startswith(NAMESPACES) or (name.startswith("oci://docker.io/") and "docker.io" not in text)):
            return None
        return name


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _label(key: str) -> str:
    """A key as part of a place; keys that could hold a secret or break the line become `?`."""
    if not _PLAIN_KEY(key) or "://" in key or (len(key) >= 20 and token_like(key)):
        return "?"
    return key


def _combined(value: Mapping[Any, Any]) -> Iterator[str]:
    """Names that several keys spell together: host, port and database; bucket and path."""
    if len(value) > 400:
        return
    low = {str(key).lower(): inner for key, inner in value.items() if isinstance(inner, (str, int))}
    bucket = next((low[key] for key in _BUCKET_KEYS if low.get(key)), None)
    if isinstance(bucket, str) and "://" not in bucket:
        name = canonical(f"s3://{bucket}/{low.get('s3_bucket_path') or low.get('s3prefix') or ''}")
        if name:
            yield name
    where = next((low[key] for key in _HOST_KEYS if isinstance(low.get(key), str)), None)
    if not isinstance(where, str) or not 1 < len(where) < 254 or "/" in where or "{" in where:
        return
    name = _database(low, where)
    if name:
        yield name


def _database(low: dict[str, Any], where: str) -> str | None:
    port = str(next((low[key] for key in _PORT_KEYS if low.get(key)), ""))
    database = str(next((low[key] for key in _DATABASE_KEYS if low.get(key)), ""))
    try:
        known = host(where)
        engine = next((found for key in _ENGINE_KEYS if (found := engine_named(str(low.get(key, ""))))), None)
        engine = engine or (engine_at(known, port) if known else None)
        if not known or not (engine or (database and port) or is_managed(known)) or "{" in database:
            return None
        return located(engine, f"{where}:{port}" if port else where, database)
    except ValueError:
        return None
