"""A scan: collect every source into its spool, commit source by source, publish the graph.

Sources are collected side by side and committed in the order of the configuration. A source's commit
is the unit of publication: readers see all of it or nothing of it.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from siloscope import spool
from siloscope.collectors import collector
from siloscope.collectors.base import Client, NoClient, Taken, scan
from siloscope.collectors.clients.recorded import RecordedClient, Recorder, recorded_at
from siloscope.config import Config, Source
from siloscope.errors import ConfigError, SiloscopeError, nearest
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import KnownSlice, Limits, SliceChange, SliceKey, by_key, confirm, decide, vanished
from siloscope.graph.resolve import uncollected
from siloscope.graph.store import Batch, Store
from siloscope.model import Slice

SOURCES_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Options:
    """What a scan is asked to do beyond the configuration.

    `confirm` applies held retirements: of every slice (`*`), or of those whose source, listing or
    `source/listing/scope` it names. `at` is the scan's time, ISO 8601 in UTC.
    """

    at: str
    only: tuple[str, ...] = ()
    replay: Path | None = None
    record: Path | None = None
    confirm: str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source ended: its slices as committed, how many rows changed, and the API calls made."""

    source: str
    slices: tuple[Slice, ...]
    changed: int
    calls: int

    @property
    def assets(self) -> int:
        """Assets seen or kept in this source's slices."""
        return sum(each.assets for each in self.slices)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting a source or one scope takes away; `shared` assets stay, because other slices show them too."""

    source: str
    scope: str | None
    slices: int
    assets: int
    shared: int


Progress = Callable[[str, Taken], None]


def chosen(config: Config, only: Sequence[str]) -> tuple[Source, ...]:
    """The sources to scan.

    Raises:
        ConfigError: No sources are configured, or `only` names one that is not.
    """
    names = {each.name for each in config.sources}
    for name in only:
        if name not in names:
            raise ConfigError(f'no source "{name}" in {config.file}{nearest(name, names)}')
    found = tuple(each for each in config.sources if not only or each.name in only)
    if not found:
        raise ConfigError(f"{config.file}: no [[source]] configured; `siloscope sources` lists what can be collected")
    return found


def run(config: Config, store: Store, options: Options, progress: Progress | None = None) -> Iterator[SourceReport]:
    """Scan the configured sources into the store, one report a source, in configured order."""
    sources = chosen(config, options.only)
    folder = _spool_folder(config.folder / ".siloscope" / "spool")
    settings = Settings.of(config)
    if options.replay:
        options = replace(options, at=recorded_at(options.replay, options.at))
    clients = [_client(each, options.replay) for each in sources]
    with ThreadPoolExecutor(max_workers=SOURCES_AT_ONCE, thread_name_prefix="collect") as pool:
        waiting = [
            pool.submit(_collect, source, client, folder, options, progress)
            for source, client in zip(sources, clients, strict=True)
        ]
        try:
            for source, future in zip(sources, waiting, strict=True):
                file, calls = future.result()
                yield _commit(store, source, file, settings, options, calls)
                file.unlink(missing_ok=True)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            shutil.rmtree(folder, ignore_errors=True)


_RUNS = itertools.count()


def _spool_folder(base: Path) -> Path:
    """A folder for this run alone, so that overlapping scans do not share spools; what killed runs left is removed."""
    for each in sorted(base.glob("*-*")):
        number = each.name.partition("-")[0]
        if each.is_dir() and number.isdecimal() and not _alive(int(number)):
            shutil.rmtree(each, ignore_errors=True)
    return base / f"{os.getpid()}-{next(_RUNS)}"


def _alive(process: int) -> bool:
    """Whether a process runs; where that cannot be asked without harm (Windows), it does."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _collect(
    source: Source, client: Client, folder: Path, options: Options, progress: Progress | None
) -> tuple[Path, int]:
    """Collect one source into its spool: the file, and how many API calls it took."""
    with spool.Spool(folder, source.name) as out:
        recorder = Recorder(options.record, source.name) if options.record else None
        if recorder:
            recorder.begin(client, options.at)
        try:
            show = (lambda taken: progress(source.name, taken)) if progress else None
            for taken in scan(collector(source.type), source, client, keep=recorder is not None, progress=show):
                out.slice(taken.slice, taken.observations)
                for row in taken.brought:
                    out.slice(row, [])
                if recorder:
                    recorder.slice(taken)
        finally:
            client.close()
    return out.file, getattr(client, "calls", 0)


def _client(source: Source, replay: Path | None) -> Client:
    """The client of a source; one that cannot even be made says why when it is asked for its scopes."""
    if replay:
        return RecordedClient(replay, source.name)
    try:
        return collector(source.type).connect(source)
    except SiloscopeError:
        raise
    except Exception as error:  # noqa: BLE001 - one source's own fault must not take the others with it
        return NoClient(f"cannot connect: {type(error).__name__}: {error}")


def _commit(store: Store, source: Source, file: Path, settings: Settings, options: Options, calls: int) -> SourceReport:
    seen: dict[tuple[str, str, str], Slice] = {}
    changed = 0
    with store.writing(source.name) as batch:
        known = store.known(source.name)  # inside: two scans of one source must not decide from one state
        for row, observations in spool.read(file):
            if row.source == source.name:
                sure = _confirmed(row, options.confirm)
                told = by_key(observations)
                change = decide(known.get(row.key), row, told, options.at, confirm=sure, limits=options.limits)
            else:
                change = SliceChange(row)  # another estate's own ledger, brought along as it is
            batch.apply(change, options.at)
            seen[row.key] = change.slice
            changed += change.writes
        for change in vanished(known, seen, options.limits):
            batch.apply(change, options.at)
            changed += change.writes
        _publish(batch, settings, options.at)
    store.set_fingerprint(settings.fingerprint)
    return SourceReport(source.name, tuple(seen[key] for key in sorted(seen)), changed, calls)


def _publish(batch: Batch, settings: Settings, at: str) -> None:
    with uncollected():  # as within `build`: nothing made here is part of a cycle
        batch.publish(build(batch.live(), batch.slices(), settings, scan_id(at), at))


def scan_id(at: str) -> str:
    """The id of a scan: its time without punctuation."""
    return "".join(each for each in at if each.isalnum())


def confirm_held(config: Config, store: Store, which: str, at: str) -> list[Slice]:
    """Apply what is held without scanning again; the slices it was applied to."""
    settings = Settings.of(config)
    applied: list[Slice] = []
    for source in sorted({each.source for each in store.slices()}):
        held = [each for each in store.known(source).values() if each.slice.held and _confirmed(each.slice, which)]
        if held:
            with store.writing(source) as batch:
                for each in sorted(held, key=lambda one: one.slice.key):
                    batch.apply(confirm(each), at)
                    applied.append(each.slice)
                _publish(batch, settings, at)
    return applied


def _confirmed(row: Slice, which: str | None) -> bool:
    if which is None:
        return False
    return which in (
        "*",
        row.source,
        row.listing,
        f"{row.source}/{row.listing}",
        f"{row.source}/{row.listing}/{row.scope}",
    )


def refreshed(config: Config, store: Store) -> None:
    """Publish the graph anew when aliases, departments, defaults or accepted gaps changed since it was built."""
    settings = Settings.of(config)
    published = store.fingerprint()
    if not published or published == settings.fingerprint:
        return
    at = store.graph().scan_at
    with store.writing("") as batch:
        _publish(batch, settings, at)
    store.set_fingerprint(settings.fingerprint)


def forget(config: Config, store: Store, source: str, scope: str | None, at: str, *, apply: bool) -> Forgotten:
    """Retire a source, or one scope of it with the scopes found in it; without `apply` only say what would go.

    What other sources see as well stays. Slices that a forgotten source brought along from another estate go too.

    Raises:
        ConfigError: The store knows no such source, or no such scope of it.
    """
    settings = Settings.of(config)
    if not apply:
        return _forgotten(config, store, source, scope)[0]
    with store.writing(source) as batch:
        told, going = _forgotten(config, store, source, scope)
        for each in going:
            gone = tuple(sorted(each.hashes))
            batch.apply(SliceChange(each.slice, each.baseline, gone=gone, drop=True), at)
        _publish(batch, settings, at)
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
