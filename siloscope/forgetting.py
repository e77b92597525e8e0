"""Retiring by hand what no scan can retire: a source, or one scope of it, that is gone for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from siloscope.config import Config
from siloscope.errors import ConfigError, nearest
from siloscope.graph.build import Settings
from siloscope.graph.commit import KnownSlice, SliceChange, SliceKey
from siloscope.graph.store import Store
from siloscope.scanner import publish


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting a source or one scope takes away; `shared` assets stay, because other slices show them too."""

    source: str
    scope: str | None
    slices: int
    assets: int
    shared: int


def forget(config: Config, store: Store, source: str, scope: str | None, at: str, *, apply: bool) -> Forgotten:
    """Retire a source, or one scope of it with the scopes found in it; without `apply` only say what would go.

    What other sources see as well stays. Slices that a forgotten source brought along from another estate go too.

    Raises:
        ConfigError: The store knows no such source, or no such scope of it.
    """
    settings = Settings.of(config)
    if not apply:
        return _forgotten(config, store, source, scope)[0]
    with store.lease(source), store.writing(source) as batch:
        told, going = _forgotten(config, store, source, scope)
        for each in going:
            gone = tuple(sorted(each.hashes))
            batch.apply(SliceChange(each.slice, each.baseline, gone=gone, drop=True, visited=False), at)
        publish(batch, settings, at)
    store.set_fingerprint(settings.fingerprint)
    return told


def _forgotten(config: Config, store: Store, source: str, scope: str | None) -> tuple[Forgotten, list[KnownSlice]]:
    """What forgetting takes away, and the slices with it, in order."""
    names = sorted({each.source for each in store.slices()})
    if source not in names:
        raise ConfigError(f'the store knows no source "{source}"{nearest(source, names)}')
    held = {each: store.known(each) for each in names}
    configured = {each.name for each in config.sources}
    brought = {  # another estate's ledger holds nothing; a source that merely is called so does
        each
        for each in names
        if each.startswith(f"{source}/") and each not in configured and not any(s.hashes for s in held[each].values())
    }
    ours = [source, *sorted(brought)]
    mine = {key: each for name in ours for key, each in held[name].items()}
    going = _within(mine, scope) if scope is not None else set(mine)
    if not going:
        scopes = {each.slice.scope for each in mine.values()}
        raise ConfigError(f'source "{source}" has no scope "{scope}"{nearest(scope or "", scopes)}')
    told = {key for slices in held.values() for row in slices if row in going for key in slices[row].hashes}
    kept = {key for slices in held.values() for row in slices if row not in going for key in slices[row].hashes}
    assets = {key for key in told if key.startswith("a:")}
    report = Forgotten(source, scope, len(going), len(assets - kept), len(assets & kept))
    return report, [mine[key] for key in sorted(going)]


def _within(known: Mapping[SliceKey, KnownSlice], scope: str) -> set[SliceKey]:
    """The slices of a scope, and those of scopes that were found from within it."""
    found = {key for key, each in known.items() if each.slice.scope == scope}
    while True:
        names = {(key[0], f"{key[1]}@{key[2]}") for key in found}
        more = {key for key, each in known.items() if (key[0], each.slice.parent) in names} - found
        if not more:
            return found
        found |= more
