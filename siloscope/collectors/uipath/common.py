"""What UiPath's readers share: the asset of an entity, its name, and small looks into the documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from siloscope.collectors.base import Document, Scope
from siloscope.model import Asset, Reference, Scalar, Verb
from siloscope.names import extract
from siloscope.names.parts import segment
from siloscope.times import normal

_ENVIRONMENTS = {
    "prod": "prod", "production": "prod", "live": "prod",
    "dev": "dev", "development": "dev", "sandbox": "dev",
    "test": "test", "qa": "test", "uat": "staging", "staging": "staging", "preprod": "staging",
}  # fmt: skip


def entity(
    document: Document,
    scope: Scope,
    kind: str,
    *,
    native: Any = None,
    names: Iterable[str] = (),
    facts: Mapping[str, Scalar] | None = None,
    **more: Any,
) -> Asset:
    """What every entity says: key and number, name, folder, tags, creator and times."""
    native = native or document.get("Key") or document["Id"]
    numeric = document.get("Id")
    me = named(scope, kind, native)
    also = [named(scope, kind, numeric)] if numeric not in (None, native) else []
    folder = str(document.get("OrganizationUnitFullyQualifiedName") or scope.data.get("folder_name") or "")
    tags = dict(tags_of(document.get("Tags")))
    own = {
        "folder": folder or None,
        "description": (text(document.get("Description")) or "")[:200] or None,
        "updated": normal(document.get("LastModificationTime")),
        **{f"tag.{key}": value for key, value in tags.items()},
        **(facts or {}),
    }
    lower = {key.lower(): value for key, value in tags.items() if value}
    creator = document.get("CreatorUserId")
    told = {
        "owner": lower.get("owner") or text(document.get("Creator")) or (f"user {creator}" if creator else None),
        "environment": environment(lower.get("environment") or lower.get("env") or "", folder, *tags),
        "created": normal(document.get("CreationTime")),
        **{key: value for key, value in more.items() if value is not None},
    }  # fmt: skip
    return Asset(
        id=me,
        kind=f"uipath.{kind}",
        name=str(document.get("Name") or native),
        tool=f"uipath:{scope.instance.partition('://')[2]}",
        names=tuple(sorted({*also, *names} - {me})),
        facts={key: value for key, value in own.items() if value is not None},
        **told,
    )


def named(scope: Scope, kind: str, native: Any) -> str:
    """The name of an entity: `uipath://{host}/{organization}/{tenant}/{kind}/{key or number}`."""
    return f"{scope.instance}/{kind}/{segment(str(native))}"


def mentions(asset: Asset, value: Any, where: str, scope: Scope, verb: Verb = Verb.USES) -> Iterator[Reference]:
    """A reference for every name in `value`."""
    for each in extract(value, scope.context, where):
        yield Reference(asset.id, verb, each.name, each.where)


def environment(tag: str, *words: str) -> str | None:
    """From an environment tag, else from a word in the folder's path or a label."""
    for each in (tag, *words):
        for word in re.split(r"[^a-z0-9]+", each.lower()):
            if word in _ENVIRONMENTS:
                return _ENVIRONMENTS[word]
    return None


def tags_of(value: Any) -> Iterator[tuple[str, str]]:
    """Labels (`{"Name"}`) and key-value properties (`{"Name", "Value"}`) of tagged entities."""
    for each in value if isinstance(value, list) else []:
        tag = mapping(each)
        name = text(tag.get("DisplayName") or tag.get("Name"))
        if name:
            yield name, (text(tag.get("DisplayValue") or tag.get("Value")) or "")[:200]


def signature(arguments: Any) -> list[str]:
    """`in:name:type` for every argument; Orchestrator gives the list as JSON in a string."""
    told: list[str] = []
    for side, rows in (("in", mapping(arguments).get("Input")), ("out", mapping(arguments).get("Output"))):
        for each in parsed(rows):
            kind = str(mapping(each).get("type") or "").partition(",")[0]
            told.append(f"{side}:{mapping(each).get('name')}:{kind}")
    return told


def ports(entry: Mapping[str, Any]) -> Iterator[str]:
    """The same for an entry point of a Studio project, whose arguments are a list."""
    for side, key in (("in", "input"), ("out", "output")):
        for each in entry.get(key) or []:
            yield f"{side}:{mapping(each).get('name')}:{str(mapping(each).get('type') or '').partition(',')[0]}"


def fields(schema: Any) -> list[str]:
    """`field:name` for the properties of a JSON schema in a string."""
    try:
        parsed = json.loads(schema) if isinstance(schema, str) else schema
    except ValueError:
        return []
    return [f"field:{each}" for each in sorted(mapping(mapping(parsed).get("properties")))]


def parsed(rows: Any) -> list[Any]:
    """A list, given as it is or as JSON in a string; anything else is empty."""
    try:
        value = json.loads(rows) if isinstance(rows, str) else rows
    except ValueError:
        return []
    return value if isinstance(value, list) else []


def link(scope: Scope, path: str) -> str | None:
    """Where the user interface shows it."""
    base, folder = scope.data.get("url"), scope.data.get("folder")
    return f"{base}/{path}?fid={folder}" if base and folder else None


def mapping(value: Any) -> Mapping[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str | None:
    """The value when it is a text that says something."""
    return value if isinstance(value, str) and value else None


def truth(value: Any) -> bool | None:
    """The value when it is true or false."""
    return value if isinstance(value, bool) else None


def number(value: Any) -> int | None:
    """The value when it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
