"""The one decision about what is new, changed, missing, held or gone; pure, for both stores.

*Could not look is not the same as looked and found nothing.* A slice retires what it no longer shows
only when its call was complete and it was read with the same configuration, by the same principal and
with no lesser visibility than when its baseline was taken. Otherwise nothing goes: keys that were not
seen are marked missing and carried forward, so that the next complete slice can retire them. A slice
that is suddenly empty, or loses more than a share, is held until confirmed.

A store answers `known(source)` and applies `SliceChange` s; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from siloscope.graph.merge import merged
from siloscope.model import (
    Asset,
    Description,
    Observation,
    Reference,
    Retirement,
    Slice,
    Status,
    Visibility,
    digest,
    dumps,
    to_json,
)

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

    `drop` removes the slice itself with everything it holds: a found scope that its parent no longer shows.
    """

    slice: Slice
    baseline: Baseline | None = None
    put: tuple[tuple[str, str, Observation], ...] = ()
    back: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    drop: bool = False

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


def hash_of(item: Observation) -> str:
    """A hash of the content; the key is the identity, this says whether it changed."""
    return digest(dumps(to_json(item)))


def by_key(observations: Iterable[Observation]) -> dict[str, Observation]:
    """The observations of one slice by key; several of one key are merged into one."""
    found: dict[str, Observation] = {}
    for item in observations:
        key = key_of(item)
        found[key] = merged(found[key], item) if key in found else item
    return dict(sorted(found.items()))


def decide(
    known: KnownSlice | None,
    seen: Slice,
    observations: Mapping[str, Observation],
    at: str,
    *,
    confirm: bool = False,
    limits: Limits = Limits(),
) -> SliceChange:
    """What the store has to do so that it holds what slice `seen` showed at time `at`.

    `confirm` applies a retirement that would otherwise be held.
    """
    before = known.hashes if known else {}
    hashes = {key: hash_of(item) for key, item in observations.items()}
    put = tuple((key, hashes[key], item) for key, item in observations.items() if before.get(key) != hashes[key])
    absent = tuple(sorted(key for key in before if key not in hashes))
    back = tuple(
        sorted(key for key in (known.missing if known else ()) if key in hashes and before[key] == hashes[key])
    )
    complete = seen.status is Status.COMPLETE
    baseline = Baseline(seen.config, seen.principal, seen.visibility)
    row = replace(seen, last_complete=at if complete else (known.slice.last_complete if known else None))

    if not complete:
        lost = tuple(key for key in absent if known and key not in known.missing)
        kept = sum(key.startswith("a:") for key in absent)
        row = replace(row, retirement=Retirement.NONE, assets=seen.assets + kept)
        return SliceChange(row, known.baseline if known else None, put, back, lost)
    if not absent:
        return SliceChange(replace(row, retirement=Retirement.APPLIED), baseline, put, back)
    doubt = "" if confirm else _doubt(known, seen, before, hashes, absent, limits)
    if doubt:
        lost = tuple(key for key in absent if known and key not in known.missing)
        kept = sum(key.startswith("a:") for key in absent)
        row = replace(
            row, retirement=Retirement.HELD, held=kept or len(absent), reason=doubt, assets=seen.assets + kept
        )
        return SliceChange(row, known.baseline if known else None, put, back, lost)
    return SliceChange(replace(row, retirement=Retirement.APPLIED), baseline, put, back, gone=absent)


def _doubt(
    known: KnownSlice | None,
    seen: Slice,
    before: Mapping[str, str],
    hashes: Mapping[str, str],
    absent: tuple[str, ...],
    limits: Limits,
) -> str:
    """Why these losses should not be believed yet, or nothing."""
    base = known.baseline if known else None
    if base and base.config != seen.config:
        return "held: the configuration of this slice changed"
    if base and base.principal != seen.principal:
        return f"held: read as {seen.principal or 'unknown'}, formerly as {base.principal or 'unknown'}"
    if base and base.visibility is Visibility.ALL and seen.visibility is not Visibility.ALL:
        return "held: lesser visibility than before"
    if not hashes:
        return f"held: suddenly empty, {len(before)} observations before"
    assets = sum(key.startswith("a:") for key in before)
    lost = sum(key.startswith("a:") for key in absent) if assets else len(absent)
    total = assets or len(before)
    if lost >= limits.least and lost > limits.share * total:
        return f"held: {lost} of {total} would go"
    return ""


def confirm(known: KnownSlice) -> SliceChange:
    """Apply what a slice holds, without another scan: its missing keys become tombstones."""
    row = known.slice
    assets = max(0, row.assets - sum(key.startswith("a:") for key in known.missing))
    row = replace(row, retirement=Retirement.APPLIED, held=0, assets=assets, reason="")
    return SliceChange(
        row, Baseline(row.config, row.principal, row.visibility), gone=tuple(sorted(known.missing))
    )  # fmt: skip


def vanished(known: Mapping[SliceKey, KnownSlice], seen: Mapping[SliceKey, Slice]) -> Iterator[SliceChange]:
    """Changes for slices that this scan of their source did not visit.

    A scope that was found by a listing goes when that listing was complete, was not held, and no
    longer shows it. Everything else stays and is stale: `coverage` names it, only `forget` removes it.
    """
    ended = {f"{each.listing}@{each.scope}": each for each in seen.values()}
    for key, each in sorted(known.items()):
        if key in seen:
            continue
        parent = ended.get(each.slice.parent) if each.slice.parent else None
        if parent and parent.status is Status.COMPLETE and parent.retirement is Retirement.APPLIED:
            yield SliceChange(each.slice, each.baseline, gone=tuple(sorted(each.hashes)), drop=True)
        elif not each.slice.reason.startswith(STALE):
            lost = tuple(sorted(set(each.hashes) - each.missing))
            yield SliceChange(replace(each.slice, reason=STALE, retirement=Retirement.NONE), each.baseline, lost=lost)


STALE = "stale: not part of the last scan of this source"


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(ids to write, ids to remove) that turn rows with hashes `old` into rows with hashes `new`; sorted."""
    put = sorted(key for key, value in new.items() if old.get(key) != value)
    drop = sorted(key for key in old if key not in new)
    return put, drop
