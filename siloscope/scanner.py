"""A scan: collect every source into its spool, commit source by source, publish the graph.

Sources are collected side by side and committed in the order of the configuration. A source's commit
is the unit of publication: readers see all of it or nothing of it. What a scan that was interrupted has
collected stays on disk, and `Options.resume` goes on from there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from siloscope import runs, spool
from siloscope.collectors import collector
from siloscope.collectors.base import Client, NoClient, Taken, scan
from siloscope.collectors.clients.recorded import RecordedClient, Recorder, recorded_at
from siloscope.config import Config, Source
from siloscope.errors import ConfigError, SiloscopeError, nearest
from siloscope.graph.build import Settings, ledger
from siloscope.graph.commit import KnownSlice, Limits, SliceChange, SliceKey, confirm, decide, vanished
from siloscope.graph.store import Batch, Store
from siloscope.model import Slice, Status

SOURCES_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Options:
    """What a scan is asked to do beyond the configuration.

    `confirm` applies held retirements: of every slice (`*`), or of those whose source, listing or
    `source/listing/scope` it names. `at` is the scan's time, ISO 8601 in UTC. `resume` goes on with the
    scan that was interrupted last, under its time and with its recordings.
    """

    at: str
    only: tuple[str, ...] = ()
    replay: Path | None = None
    record: Path | None = None
    confirm: str | None = None
    resume: bool = False


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
    """Scan the configured sources into the store, one report a source, in configured order.

    Raises:
        ConfigError: A source is configured wrongly; or with `resume`, no scan was interrupted.
        StoreError: The store cannot be written, or somebody else scans one of the sources now.
    """
    base = config.folder / ".siloscope" / "spool"
    old = _interrupted(base) if options.resume else None
    if old:
        options = replace(options, at=old.at, replay=old.replay)
    elif options.replay:
        options = replace(options, at=recorded_at(options.replay, options.at))
    sources = _left(chosen(config, options.only), store, old) if old else chosen(config, options.only)
    with ExitStack() as leases:
        held = {each.name: leases.enter_context(ExitStack()) for each in sources}
        for name, lease in held.items():
            lease.enter_context(store.lease(name))
        clients = {each.name: _client(each, options.replay) for each in sources if not _collected(each, old)}
        way = _Way(runs.begin(base, options.at, options.replay, sources), old, clients, progress)
        try:
            for report in _scan(sources, store, config, options, way):
                held[report.source].close()
                yield report
        finally:
            way.run.leave()
        way.run.remove()
        for each in runs.interrupted(base):
            if each.sources.keys() <= way.run.sources.keys():
                each.remove()  # everything in it was read anew


@dataclass(frozen=True, slots=True)
class _Way:
    """How a scan goes: its folder, the interrupted one it goes on from, whom it asks, and whom it tells."""

    run: runs.Run
    old: runs.Run | None
    clients: Mapping[str, Client]
    progress: Progress | None


def _interrupted(base: Path) -> runs.Run:
    """The scan that was interrupted last."""
    found = runs.interrupted(base)
    if not found:
        raise ConfigError(f"no interrupted scan in {base}; `siloscope scan` begins one")
    return found[0]


def _left(sources: Sequence[Source], store: Store, old: runs.Run) -> tuple[Source, ...]:
    """The sources that an interrupted scan did not commit, and that nobody has scanned since."""
    newer = {name for each in store.scans() if each.at >= old.at for name in each.sources}
    return tuple(
        each for each in sources if each.name in old.sources and not old.committed(each.name) and each.name not in newer
    )


def _collected(source: Source, old: runs.Run | None) -> bool:
    """Whether an interrupted scan has read all of a source, with the settings that it has now."""
    return old is not None and old.holds(source) and spool.ended(old.file(source.name))


def _scan(
    sources: Sequence[Source], store: Store, config: Config, options: Options, way: _Way
) -> Iterator[SourceReport]:
    done = {each.name: _carried(each, way) for each in sources}
    runs.note(way.run)
    if way.old:
        way.old.remove()  # all that can be used of it is in the folder of this run now
    with ThreadPoolExecutor(max_workers=SOURCES_AT_ONCE, thread_name_prefix="collect") as pool:
        waiting = {
            each.name: pool.submit(_collect, each, done[each.name], options, way)
            for each in sources
            if each.name in way.clients
        }
        try:
            for source in sources:
                calls = waiting[source.name].result() if source.name in waiting else 0
                report = _commit(store, source, way.run.file(source.name), config, options, calls)
                way.run.commit(source.name)
                yield report
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _carried(source: Source, way: _Way) -> set[SliceKey]:
    """Carry what an interrupted scan has read of a source into the spool of this one; the slices that need no asking.

    Slices that were not complete are asked again, and so is a source whose settings changed.
    """
    if not way.old or not way.old.holds(source):
        return set()
    before, into = way.old.file(source.name), way.run.file(source.name)
    if source.name not in way.clients:
        shutil.copyfile(before, into)
        return set()
    opening = {each.name for each in collector(source.type).listings if each.opens}
    return spool.carry(before, into, lambda row: row.status is Status.COMPLETE and row.listing not in opening)


def _collect(source: Source, done: set[SliceKey], options: Options, way: _Way) -> int:
    """Collect one source into its spool; how many API calls it took."""
    client, progress = way.clients[source.name], way.progress
    with spool.Spool(way.run.folder, source.name) as out:
        recorder = Recorder(options.record, source.name) if options.record else None
        if recorder:
            recorder.begin(client, options.at)
        try:
            show = (lambda taken: progress(source.name, taken)) if progress else None
            taking = scan(collector(source.type), source, client, keep=recorder is not None, done=done, progress=show)
            for taken in taking:
                out.slice(taken.slice, taken.observations)
                for row in taken.brought:
                    out.slice(row, [])
                if recorder:
                    recorder.slice(taken)
        finally:
            client.close()
    return getattr(client, "calls", 0)


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


def _commit(store: Store, source: Source, file: Path, config: Config, options: Options, calls: int) -> SourceReport:
    settings, limits = Settings.of(config), _limits(config)
    seen: dict[SliceKey, Slice] = {}
    changed, quiet = 0, store.fingerprint() == settings.fingerprint
    with store.writing(source.name) as batch:
        known = store.known(source.name)  # inside: two scans of one source must not decide from one state
        for row, told in spool.read(file):
            before = known.get(row.key)
            if row.source == source.name:
                sure = _confirmed(row, options.confirm)
                change = decide(before, row, told, options.at, confirm=sure, limits=limits(row))
            else:
                change = SliceChange(row)  # another estate's own ledger, brought along as it is
            batch.apply(change, options.at)
            seen[row.key] = change.slice
            changed += change.writes
            quiet &= _ranked_as(before, row)
        for change in vanished(known, seen, limits):
            batch.apply(change, options.at)
            changed += change.writes
        # What is missing since an earlier reading may have no time of its own and would take over the one of this scan.
        carried = any(each.missing for each in known.values())
        if changed or carried or not quiet or not _renew(batch, settings, options.at):
            publish(batch, settings, options.at, anew=not quiet)
    store.set_fingerprint(settings.fingerprint)
    return SourceReport(source.name, tuple(seen[key] for key in sorted(seen)), changed, calls)


def _limits(config: Config) -> Callable[[Slice], Limits]:
    """When a slice's loss is too large to believe: by the first [[retirement]] that covers it."""

    def limits(row: Slice) -> Limits:
        found = next((each for each in config.limits if each.covers(*row.key)), None)
        return Limits(found.share, found.least) if found else Limits()

    return limits


def publish(batch: Batch, settings: Settings, at: str, *, anew: bool = True) -> None:
    """Build the graph of all live observations, and make it what readers see when the batch ends."""
    batch.rebuild(settings, scan_id(at), at, anew=anew)


def _renew(batch: Batch, settings: Settings, at: str) -> bool:
    """Publish the graph as seen again, without building it."""
    return batch.renew(ledger(batch.slices(), settings, at), scan_id(at), at)


def _ranked_as(before: KnownSlice | None, row: Slice) -> bool:
    """Whether what a slice shows is believed as much as before; one that holds nothing has no say."""
    was = before.slice if before and before.hashes else row
    return (was.precedence, was.order) == (row.precedence, row.order)


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
            with store.lease(source), store.writing(source) as batch:
                for each in sorted(held, key=lambda one: one.slice.key):
                    batch.apply(confirm(each), at)
                    applied.append(each.slice)
                publish(batch, settings, at)
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
    scans = store.scans()
    at = scans[-1].at if scans else store.graph().scan_at
    with store.writing("") as batch:
        publish(batch, settings, at)
    store.set_fingerprint(settings.fingerprint)
