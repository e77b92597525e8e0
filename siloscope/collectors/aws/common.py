"""What the readers of all AWS services share: ARNs, tags, assets in one shape, references with their verb.

ARN formats: "Service Authorization Reference", resource types defined by each service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from siloscope.collectors.base import Document, Listing, Reader, Scope
from siloscope.collectors.clients.boto_calls import Boto
from siloscope.model import Asset, Facts, Reference, Scalar, Verb
from siloscope.names import canonical, extract, is_expression
from siloscope.times import normal

# Keys, logs and roles are plumbing: everything touches them, and nothing is integrated by them.
_PLUMBING = frozenset({"iam", "kms", "logs", "sts"})

_OWNER = ("owner", "team", "contact", "owner-email", "owneremail", "maintainer", "created-by", "createdby")
_DEPARTMENT = ("department", "dept", "business-unit", "businessunit", "division")
_ENVIRONMENT = ("environment", "env", "stage")
_STAGES = {
    "production": "prod",
    "prd": "prod",
    "live": "prod",
    "development": "dev",
    "staging": "stage",
    "stg": "stage",
    "testing": "test",
}

_ODD_ARN = re.compile(r"arn:[\w-]+:(?!s3:)[\w-]+:[\w-]*:\d*:[^\n]*[\s<>\"|^`#][^\n]*").fullmatch
_LABEL = re.compile(r"[\w.$@ -]{1,80}").fullmatch
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_IN = frozenset("in input inputs source sources src from read reads training".split())
_OUT = frozenset("out output outputs target targets destination dest sink to write writes result results".split())


def arn(scope: Scope, service: str, resource: str) -> str:
    """The ARN of a resource in the account and region of `scope`."""
    partition = scope.data.get("partition", "aws")
    return f"arn:{partition}:{service}:{scope.region}:{scope.account}:{resource}"


def listing(name: str, call: Boto, read: Reader, **more: Any) -> Listing:
    """A listing whose permission is the IAM action of its call; one a region unless `per` says otherwise."""
    return Listing(name, call, read, **{"permission": call.permissions[0], "per": "region", **more})


def tags_of(rows: Any) -> dict[str, str]:
    """Tags in any of AWS's shapes (`[{"Key", "Value"}]`, `[{"key", "value"}]`, a mapping), sorted by key."""
    if isinstance(rows, Mapping):
        found = {str(key): str(value) for key, value in rows.items()}
    else:
        found = {}
        for row in rows or ():
            key = row.get("Key", row.get("key")) if isinstance(row, Mapping) else None
            if key is not None:
                found[str(key)] = str(row.get("Value", row.get("value")) or "")
    return dict(sorted(found.items()))


def tag_facts(tags: Mapping[str, str]) -> dict[str, Scalar]:
    """Tags as facts `tag.KEY`; of AWS's own only the CloudFormation stack."""
    facts: dict[str, Scalar] = {f"tag.{key}": value[:200] for key, value in tags.items() if not key.startswith("aws:")}
    if stack := tags.get("aws:cloudformation:stack-name"):
        facts["stack"] = stack
    return facts


class Said(TypedDict):
    """What tags say about whom and what a resource is for."""

    owner: str | None
    department: str | None
    environment: str | None


def said(tags: Mapping[str, str]) -> Said:
    """Owner, department and environment as the tags say them."""
    low = {key.lower().replace("_", "-"): value for key, value in tags.items() if value}
    stage = next((low[key] for key in _ENVIRONMENT if key in low), None)
    return {
        "owner": next((low[key] for key in _OWNER if key in low), None),
        "department": next((low[key] for key in _DEPARTMENT if key in low), None),
        "environment": _STAGES.get(stage.lower(), stage.lower()) if stage else None,
    }


def asset(
    scope: Scope,
    me: str,
    kind: str,
    name: Any,
    *,
    product: str = "",
    names: tuple[str | None, ...] = (),
    tags: Mapping[str, str] | None = None,
    created: Any = None,
    last_used: Any = None,
    shape: Mapping[str, Scalar] | None = None,
    facts: Facts | None = None,
) -> Asset:
    """An asset of this account; it claims the canonical spelling of its ARN besides `names`."""
    tags = tags or {}
    spelled = canonical(me) or ""
    # Of a name with spaces or brackets `canonical` keeps what is certain: a container, which is not this asset.
    claimed = {each for each in (*names, "" if me.startswith(spelled) else spelled) if each} - {me}
    region = {"region": scope.region} if me.split(":")[3:4] != [""] else {}
    known = {"account": scope.account, **region, **(facts or {}), **tag_facts(tags)}
    return Asset(
        id=me,
        kind=kind,
        name=str(name),
        tool=f"{product or kind.partition('.')[0]}:{scope.account}",
        names=tuple(sorted(claimed)),
        created=normal(created),
        last_used=normal(last_used),
        shape=shape or {},
        facts={key: value for key, value in known.items() if value is not None and value != ""},
        **said(tags),
    )


def refer(source: str, verb: Verb, spelled: Any, where: str, scope: Scope) -> Iterator[Reference]:
    """One reference when `spelled` is a name of something else; roles, keys and logs are not meant."""
    name = _name(spelled, scope) if isinstance(spelled, str) else None
    if name and _is_other(name, source):
        yield Reference(source, verb, name, where)


def _name(spelled: str, scope: Scope) -> str | None:
    """The join key; an ARN whose resource name has spaces or brackets stays as AWS writes it."""
    if _ODD_ARN(spelled) and not is_expression(spelled) and "*" not in spelled:
        return spelled
    return canonical(spelled, scope.context)


def within(
    source: str, verb: Verb | None, value: Any, where: str, scope: Scope, default: Verb = Verb.USES
) -> Iterator[Reference]:
    """References to every name in `value`; without `verb` the words of the path say which way data flows."""
    for piece, place in _pieces(value, where):
        for mention in extract(piece, scope.context, place):
            if _is_other(mention.name, source):
                # An image is used, whatever "training" or "input" the path to it speaks of.
                said = verb or (Verb.USES if mention.name.startswith("oci://") else direction(mention.where, default))
                yield Reference(source, said, mention.name, mention.where)


def _pieces(value: Any, where: str) -> Iterator[tuple[Any, str]]:
    """`value` in parts, so that arguments keep their place: `DefaultArguments.--input`."""
    if not isinstance(value, Mapping):
        yield value, where
        return
    options = any(str(key).startswith("-") for key in value)
    apart = {key: each for key, each in value.items() if options or isinstance(each, Mapping)}
    yield {key: each for key, each in value.items() if key not in apart}, where
    for key, each in apart.items():
        yield from _pieces(each, f"{where}.{key}" if _LABEL(str(key)) else f"{where}.?")


def _is_other(name: str, source: str) -> bool:
    if name in (source, canonical(source)):
        return False
    return not (name.startswith("arn:") and name.split(":", 3)[2] in _PLUMBING)


def direction(path: str, default: Verb = Verb.USES) -> Verb:
    """`reads` or `writes` where a word of `path` says so, the last one first: `DefaultArguments.--input`."""
    for word in reversed(_WORDS.findall(path)):
        if word.lower() in _IN:
            return Verb.READS
        if word.lower() in _OUT:
            return Verb.WRITES
    return default


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list; nothing where there is none."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def section(document: Document, *path: str) -> Mapping[str, Any]:
    """The object at `path`; an empty one where there is none."""
    value: Any = document
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def data_of(value: Any) -> Mapping[str, Any]:
    """The object in a field that AWS returns as JSON text; the client has parsed it, a recording may not have.

    Raises:
        ValueError: The text is no JSON.
    """
    found = json.loads(value) if isinstance(value, str) and value else value
    return found if isinstance(found, Mapping) else {}
