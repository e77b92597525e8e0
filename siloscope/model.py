"""The words of siloscope as types; this module imports nothing of ours.

A collector's reader yields *observations*: `Asset`, `Description`, `Reference` and, rarely, `Tool`.
A scan yields them by `Slice`. The graph holds merged assets, resolved `Edge` s and `Outside` nodes.
Every record is immutable and turns into plain JSON and back (`to_json`, `from_json`), so that a
spool on disk, both stores and the exports share one shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

Scalar = str | int | float | bool | None
Facts = Mapping[str, Scalar]


class Status(StrEnum):
    """How a slice ended; nothing in between, nothing silent."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    DENIED = "denied"
    FAILED = "failed"


class Visibility(StrEnum):
    """How much of a scope the principal may see; *complete* means all of that."""

    ALL = "all"
    FILTERED = "filtered"
    UNKNOWN = "unknown"


class Retirement(StrEnum):
    """What happened to assets that a slice no longer shows."""

    APPLIED = "applied"
    HELD = "held"
    NONE = "none"


class Verb(StrEnum):
    """What one asset does with another; `depends` says which way dependence points."""

    READS = "reads"
    USES = "uses"
    RUNS = "runs"
    CALLS = "calls"
    WRITES = "writes"
    TRAINS = "trains"
    DEPLOYS = "deploys"
    COPIES = "copies"
    TRIGGERS = "triggers"
    SERVES = "serves"
    CONTAINS = "contains"
    OWNS = "owns"

    @property
    def depends(self) -> int:
        """1: the source depends on the target; -1: the target on the source; 0: neither (structure)."""
        return _DEPENDS[self]


_DEPENDS = {
    **dict.fromkeys((Verb.READS, Verb.USES, Verb.RUNS, Verb.CALLS, Verb.SERVES), 1),
    **dict.fromkeys((Verb.WRITES, Verb.TRAINS, Verb.DEPLOYS, Verb.COPIES, Verb.TRIGGERS), -1),
    **dict.fromkeys((Verb.CONTAINS, Verb.OWNS), 0),
}


class How(StrEnum):
    """How a mention met its target."""

    EXACT = "exact"
    INSIDE = "inside"
    OUTSIDE = "outside"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Asset:
    """One thing a tool holds: model, endpoint, bot, pipeline, queue, table, bucket.

    A reader fills the first two groups. The third is filled when observations of all sources are
    merged. `names` are the canonical names it claims besides its own id. `facts` are scalars picked
    by the reader (tags as `tag.KEY`, places as `account`, `region`, `folder`, `workspace`); `shape`
    is a secret-free, versioned count of features of its definition, never the definition itself.
    Times are ISO 8601 in UTC, money is the source's currency per year.
    """

    id: str
    kind: str
    name: str
    tool: str

    names: tuple[str, ...] = ()
    url: str | None = None
    owner: str | None = None
    department: str | None = None
    environment: str | None = None
    capabilities: tuple[str, ...] = ()
    created: str | None = None
    last_used: str | None = None
    annual_cost: float | None = None
    shape: Mapping[str, Scalar] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)

    source: str = ""
    sources: tuple[str, ...] = ()
    first_seen: str | None = None
    last_seen: str | None = None
    silo: str | None = None
    initiative: str | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """Facts about something known by name: tags, cost, last use, owner.

    It meets its asset by `about`, an asset id or any name an asset claims; until one does, it waits.
    """

    about: str
    names: tuple[str, ...] = ()
    url: str | None = None
    owner: str | None = None
    department: str | None = None
    environment: str | None = None
    created: str | None = None
    last_used: str | None = None
    annual_cost: float | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """`source` (an asset id or a name) does `verb` with whatever claims `name`, as it stood at `where`."""

    source: str
    verb: Verb
    name: str
    where: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Tool:
    """The instance of a product that assets live in; id `{product}:{instance}`.

    Readers rarely yield tools: they are derived from the `tool` of assets and the catalog. A reader does so when it
    knows cost, seats or renewal, or reads in a graph. `facts` say what its cost rests on (currency, months charged).
    """

    id: str
    product: str = ""
    vendor: str = ""
    instance: str = ""
    department: str | None = None
    capabilities: tuple[str, ...] = ()
    annual_cost: float | None = None
    cost_source: str | None = None
    renewal: str | None = None
    seats: int | None = None
    users: int | None = None
    facts: Facts = field(default_factory=dict)


Observation = Asset | Description | Reference | Tool


@dataclass(frozen=True, slots=True)
class Slice:
    """One listing in one scope of one source: what was looked at, as whom, and how it ended.

    `config` is a digest of the settings that decide what the slice can see; `precedence` orders
    observers of one asset (0: the tool's own inventory; higher: sweeps and hearsay); `parent` names
    the slice that found this scope ("" for configured scopes); `order` is the source's place in the
    configuration. `held` counts assets kept although no longer seen, until confirmed.
    """

    source: str
    listing: str
    scope: str
    status: Status = Status.COMPLETE
    reason: str = ""
    permission: str = ""
    principal: str = ""
    visibility: Visibility = Visibility.UNKNOWN
    retirement: Retirement = Retirement.NONE
    held: int = 0
    assets: int = 0
    last_complete: str | None = None
    accepted: str | None = None
    config: str = ""
    precedence: int = 0
    parent: str = ""
    order: int = 0
    calls: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a slice the same slice in the next scan."""
        return (self.source, self.listing, self.scope)

    @property
    def unread(self) -> bool:
        """Whether it is neither complete nor an accepted gap."""
        return self.status is not Status.COMPLETE and not self.accepted


@dataclass(frozen=True, slots=True)
class Edge:
    """A resolved reference between two nodes; `name` is the mention that made it, `where` its place."""

    source: str
    target: str
    verb: Verb
    how: How
    name: str
    where: str = ""
    confidence: float = 1.0

    @property
    def ends(self) -> tuple[str, str]:
        """(who depends, on what); of an edge that means dependence."""
        return (self.source, self.target) if self.verb.depends > 0 else (self.target, self.source)


@dataclass(frozen=True, slots=True)
class Outside:
    """A name that others mention and nobody scanned claims, at container grain."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence and what it adds to the score."""

    says: str
    weight: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two members of a finding's cluster and the score between them."""

    a: str
    b: str
    score: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found about some subjects, with the evidence that makes its score.

    `scale` is `probability` (weights are log-odds, the prior among them) or `points` (score is the
    sum of the weights, between 0 and 1). `coverage` says on what the claim rests.
    """

    id: str
    rule: str
    severity: str
    score: float
    scale: str
    title: str
    subjects: tuple[str, ...]
    because: tuple[Evidence, ...]
    pairs: tuple[Pair, ...] = ()
    coverage: str = "complete"
    annual_saving: float | None = None
    state: str = "open"
    reason: str | None = None


def digest(*parts: str) -> str:
    """A short stable fingerprint of some strings, for ids of findings and content hashes."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def to_json(record: Any) -> dict[str, Any]:
    """A record as plain JSON data; empty optional fields are left out, so that rows stay small."""
    row = present(record)
    for name, value in row.items():
        if isinstance(value, tuple):
            row[name] = [to_json(each) if hasattr(each, "__dataclass_fields__") else each for each in value]
        elif isinstance(value, Mapping):
            row[name] = dict(sorted(value.items()))
    return row


def present(record: Any) -> dict[str, Any]:
    """The fields of a record that are required or not empty; zero and false are values."""
    names, values, required = shape(type(record))  # type: ignore[arg-type]  # a class is hashable
    pairs = zip(names, values(record), strict=True)
    return {name: value for name, value in pairs if value or name in required or value.__class__ in _NUMBERS}


_NUMBERS = frozenset({int, float, bool})


@cache
def shape(kind: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], frozenset[str]]:
    """The fields of a record type, how to take them all, and which of them are required."""
    names = tuple(each.name for each in fields(kind))
    required = (each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING)
    return names, attrgetter(*names), frozenset(required)


def from_json(kind: type[T], row: Mapping[str, Any]) -> T:
    """The record of `kind` that `row` describes; keys it does not know are ignored."""
    known = (each.name for each in fields(kind) if row.get(each.name) is not None)  # type: ignore[arg-type]
    return kind(**{name: _restore(name, row[name]) for name in known})


_ENUMS = {"verb": Verb, "how": How, "status": Status, "visibility": Visibility, "retirement": Retirement}
_RECORDS = {"because": Evidence, "pairs": Pair}


def _restore(name: str, value: Any) -> Any:
    if name in _ENUMS:
        return _ENUMS[name](value)
    if isinstance(value, list):
        record = _RECORDS.get(name)
        return tuple(from_json(record, each) if record else each for each in value)
    return value


_encode = msgspec.json.Encoder(order="sorted").encode
_encode_odd = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def dumps(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, one spelling for one value; what is no number is null."""
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, OverflowError):  # a lone surrogate, an integer beyond 64 bits
        return _encode_odd(value)
