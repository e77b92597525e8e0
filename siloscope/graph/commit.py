"""The one decision about what is new, changed, missing, held or gone; pure, for both stores.

*Could not look is not the same as looked and found nothing.* A slice retires what it no longer shows
only when its call was complete and it was read with the same configuration, by the same principal and
with no lesser visibility than when its baseline was taken. Otherwise nothing goes: keys that were not
seen are marked missing and carried forward, so that the next complete slice can retire them. A slice
that is suddenly empty, or loses more than a share, is held until confirmed.

A store answers `known(source)` and applies `SliceChange` s; it decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from siloscope.codec import from_text, to_text
from siloscope.graph.merge import merged
from siloscope.model import (
    Asset,
    Description,
    Observation,
    Reference,
    Retirement,
    Slice,
    Status,
    Tool,
    Visibility,
    digest,
    from_json,
)

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

Key = TypeVar("Key", bound="SupportsRichComparison")
SliceKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a loss is too large to believe: more than `share` of the assets and at least `least` of them."""

    share: float = 0.5
    least: int = 20


@dataclass(frozen=True, slots=True)
class Baseline:
    """As whom, how far and with which settings a slice was read when its retirements were last trusted."""

    config: str
    principal: str
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class KnownSlice:
    """What the store knows of a slice: its last row, its baseline, and each observation's hash by key.

    `missing` are keys that the last reading did not show and that are still kept.
    """

    slice: Slice
    baseline: Baseline | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SliceChange:
    """What to write for one slice; `gone` keys become tombstones, `lost` become missing, `back` are seen again.

    `put` is (key, mark, body) each, the body as canonical JSON; `anew` are those of them that are another thing
    under the same id. `drop` ends the slice itself with everything it holds: a found scope that its parent no
    longer shows. `visited` says whether anybody looked: only then the slice was read at the time of the scan.
    """

    slice: Slice
    baseline: Baseline | None = None
    put: tuple[tuple[str, str, str], ...] = ()
    anew: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    drop: bool = False
    visited: bool = True

    @property
    def writes(self) -> int:
        """How many observation rows change."""
        return len(self.put) + len(self.back) + len(self.lost) + len(self.gone)


def key_of(item: Observation) -> str:
    """What makes an observation of a slice the same one in the next scan."""
    if isinstance(item, Description):
        return f"d:{item.about}"
    if isinstance(item, Reference):
        return f"r:{digest(item.source, item.verb, item.name, item.where)}"
    return f"a:{item.id}" if isinstance(item, Asset) else f"t:{item.id}"


_KINDS: Mapping[str, type[Observation]] = {"a": Asset, "d": Description, "r": Reference, "t": Tool}


def observation_of(key: str, row: Mapping[str, Any]) -> Observation:
    """The observation that `to_json` wrote as `row`; its key says of which kind it is."""
    return from_json(_KINDS[key[0]], row)


def observation_in(key: str, body: str) -> Observation:
    """The observation that `written` wrote as `body`."""
    return from_text(_KINDS[key[0]], body)


Written = tuple[str, str]  # (mark, body)


def written(item: Observation) -> Written:
    """An observation as it is kept: its mark and its body, canonical JSON.

    The key is the identity; the mark says whether the content changed: a hash, and `@` with the time of
    creation where there is one. The same id with another such time is another thing, made anew.
    """
    body = to_text(item)
    created = item.created if isinstance(item, Asset) else None
    return (f"{digest(body)}@{created}" if created else digest(body)), body


def by_key(observations: Iterable[Observation]) -> dict[str, Observation]:
    """The observations of one slice by key; several of one key are merged into one."""
    found: dict[str, Observation] = {}
    for item in observations:
        key = key_of(item)
        found[key] = merged(found[key], item) if key in found else item
    return dict(sorted(found.items()))


def texts(observations: Iterable[Observation]) -> dict[str, Written]:
    """The observations of one slice as they are kept, by key, sorted."""
    return {key: written(item) for key, item in by_key(observations).items()}


def decide(
    known: KnownSlice | None,
    seen: Slice,
    observations: Mapping[str, Written],
    at: str,
    *,
    confirm: bool = False,
    limits: Limits = Limits(),
) -> SliceChange:
    """What the store has to do so that it holds what slice `seen` showed at time `at`.

    `confirm` applies a retirement that would otherwise be held.
    """
    before = known.hashes if known else {}
    put = tuple((key, mark, body) for key, (mark, body) in observations.items() if before.get(key) != mark)
    anew = tuple(
        key for key, mark, _ in put if (was := _created(before.get(key, ""))) and _created(mark) not in ("", was)
    )
    absent = tuple(sorted(key for key in before if key not in observations))
    back = tuple(
        sorted(
            key
            for key in (known.missing if known else ())
            if key in observations and before[key] == observations[key][0]
        )
    )
    complete = seen.status is Status.COMPLETE
    baseline = Baseline(seen.config, seen.principal, seen.visibility)
    row = replace(seen, last_complete=at if complete else (known.slice.last_complete if known else None))

    if not complete:
        lost = tuple(key for key in absent if known and key not in known.missing)
        kept = sum(key.startswith("a:") for key in absent)
        row = replace(row, retirement=Retirement.NONE, assets=seen.assets + kept)
        return SliceChange(row, known.baseline if known else None, put, anew, back, lost)
    if not absent:
        return SliceChange(replace(row, retirement=Retirement.APPLIED), baseline, put, anew, back)
    doubt = "" if confirm else _doubt(known, seen, before, bool(observations), absent, limits)
    if doubt:
        lost = tuple(key for key in absent if known and key not in known.missing)
        kept = sum(key.startswith("a:") for key in absent)
        row = replace(
            row, retirement=Retirement.HELD, held=kept or len(absent), reason=doubt, assets=seen.assets + kept
        )
        return SliceChange(row, known.baseline if known else None, put, anew, back, lost)
    return SliceChange(replace(row, retirement=Retirement.APPLIED), baseline, put, anew, back, gone=absent)


def _doubt(
    known: KnownSlice | None,
    seen: Slice,
    before: Mapping[str, str],
    shown: bool,
    absent: tuple[str, ...],
    limits: Limits,
) -> str:
    """Why these losses should not be believed yet, or nothing."""
    base = known.baseline if known else None
    if doubt := _other_eyes(base, seen):
        return doubt
    if not shown:
        return f"held: suddenly empty, {len(before)} observations before"
    assets = sum(key.startswith("a:") for key in before)
    lost = sum(key.startswith("a:") for key in absent) if assets else len(absent)
    total = assets or len(before)
    if lost >= limits.least and lost > limits.share * total:
        return f"held: {lost} of {total} would go"
    return ""


def _created(mark: str) -> str:
    """The time of creation in a mark, or nothing."""
    return mark.partition("@")[2]


def _other_eyes(base: Baseline | None, seen: Slice) -> str:
    """Why a slice cannot be compared with what was known of it, or nothing."""
    if base and base.config != seen.config:
        return "held: the configuration of this slice changed"
    if base and base.principal != seen.principal:
        return f"held: read as {seen.principal or 'unknown'}, formerly as {base.principal or 'unknown'}"
    if base and base.visibility is Visibility.ALL and seen.visibility is not Visibility.ALL:
        return "held: lesser visibility than before"
    return ""


def confirm(known: KnownSlice) -> SliceChange:
    """Apply what a slice holds, without another scan: its missing keys become tombstones.

    Only a held slice has something to confirm: what a failed or unvisited one misses, nobody looked for.
    """
    row = known.slice
    if row.retirement is not Retirement.HELD:
        return SliceChange(row, known.baseline, visited=False)
    assets = max(0, row.assets - sum(key.startswith("a:") for key in known.missing))
    row = replace(row, retirement=Retirement.APPLIED, held=0, assets=assets, reason="")
    return SliceChange(
        row,
        Baseline(row.config, row.principal, row.visibility),
        gone=tuple(sorted(known.missing)),
        visited=False,
    )


def vanished(
    known: Mapping[SliceKey, KnownSlice],
    seen: Mapping[SliceKey, Slice],
    limits: Callable[[Slice], Limits] = lambda _: Limits(),
) -> Iterator[SliceChange]:
    """Changes for slices that this scan of their source did not visit.

    A scope that was found by a listing goes, with the scopes found in it, when that listing was complete,
    retired what it no longer shows, and no longer shows the scope. It is held when the listing was read
    as somebody else, or when too much would go. Everything else stays and is stale: `coverage` names it,
    only `forget` removes it. That a source could not be reached at all is no more than the last word about it.
    """
    gone = _gone(known, seen)
    doubts = _scope_doubts(known, seen, gone, limits)
    for key, each in sorted(known.items()):
        row = each.slice
        if key in seen:
            continue
        lost = tuple(sorted(set(each.hashes) - each.missing))
        if row.retirement is Retirement.HELD and not lost:
            continue  # all of it is held already, and that takes a person to end
        if row.listing == CONNECT:
            yield SliceChange(row, each.baseline, gone=tuple(sorted(each.hashes)), drop=True, visited=False)
            continue
        if key in gone and (doubt := doubts.get(row.parent)):
            held = sum(name.startswith("a:") for name in each.hashes) or len(each.hashes)
            row = replace(row, reason=doubt, retirement=Retirement.HELD, held=held)
            yield SliceChange(row, each.baseline, lost=lost, visited=False)
        elif key in gone:
            yield SliceChange(row, each.baseline, gone=tuple(sorted(each.hashes)), drop=True, visited=False)
        elif not row.reason.startswith(STALE):
            row = replace(row, reason=STALE, retirement=Retirement.NONE, held=0)
            yield SliceChange(row, each.baseline, lost=lost, visited=False)


def _gone(known: Mapping[SliceKey, KnownSlice], seen: Mapping[SliceKey, Slice]) -> set[SliceKey]:
    """The slices whose scope a complete listing no longer shows, and those found from within them."""
    ended = {_name(each): each for each in seen.values()}
    shown = {(each.parent, each.scope) for each in seen.values()}
    absent = {key: each.slice for key, each in known.items() if key not in seen and each.slice.parent}
    gone = {
        key
        for key, row in absent.items()
        if (parent := ended.get(row.parent))
        and parent.status is Status.COMPLETE
        and parent.retirement is Retirement.APPLIED
        and (row.parent, row.scope) not in shown
    }
    while True:
        names = {_name(absent[key]) for key in gone}
        more = {key for key, row in absent.items() if row.parent in names} - gone
        if not more:
            return gone
        gone |= more


def _scope_doubts(
    known: Mapping[SliceKey, KnownSlice],
    seen: Mapping[SliceKey, Slice],
    gone: set[SliceKey],
    limits: Callable[[Slice], Limits],
) -> dict[str, str]:
    """By parent, why the loss of its scopes should not be believed yet; scopes within those follow them."""
    found: dict[str, set[SliceKey]] = defaultdict(set)
    for key, each in known.items():
        found[each.slice.parent].add(key)
    doubts: dict[str, str] = {}
    for row in seen.values():
        name = _name(row)
        children = found.get(name, set())
        if not children & gone:
            continue
        assets = {key: sum(each.startswith("a:") for each in known[key].hashes) for key in children}
        lost, total = sum(assets[key] for key in children & gone), sum(assets[key] for key in children)
        before = known.get(row.key)
        doubt = _other_eyes(before.baseline if before else None, row)
        if not doubt and lost >= limits(row).least and lost > limits(row).share * total:
            doubt = f"held: {lost} of {total} would go with scopes that {name} no longer shows"
        if doubt:
            doubts[name] = doubt
    rows = [known[key].slice for key in gone]
    while more := {_name(r): doubts[r.parent] for r in rows if r.parent in doubts and _name(r) not in doubts}:
        doubts |= more
    return doubts


def _name(row: Slice) -> str:
    """How slices name the slice that found their scope."""
    return f"{row.listing}@{row.scope}"


STALE = "stale: not part of the last scan of this source"
CONNECT = "connect"


def changes(old: Mapping[Key, str], new: Mapping[Key, str]) -> tuple[list[Key], list[Key]]:
    """(ids to write, ids to remove) that turn rows with hashes `old` into rows with hashes `new`; sorted."""
    put = sorted(key for key, value in new.items() if old.get(key) != value)
    drop = sorted(key for key in old if key not in new)
    return put, drop
