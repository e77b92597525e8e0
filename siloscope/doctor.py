"""What is wrong with a store, or waits for somebody, and what to do about it.

    problems = examine(store, config)          # broken things first; empty when all is well

Three levels: `broken` (the store is not what siloscope wrote), `attention` (a person has to decide or
repair: holes, held and stale slices, clocks) and `note` (worth knowing, nothing has to be done). Time
comes from the last scan, so the same store gives the same answer tomorrow. Nothing is written.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote

from siloscope.catalog import product
from siloscope.config import Config
from siloscope.errors import StoreError
from siloscope.graph.commit import STALE
from siloscope.graph.resolve import Aliases, Claims
from siloscope.graph.store import Store
from siloscope.graph.view import Graph
from siloscope.model import Asset, Reference, Slice
from siloscope.times import normal

LEVELS = ("broken", "attention", "note")
TOLERANCE = timedelta(hours=1)  # a scan takes a while, and what it reads may be used meanwhile
_SHOWN = 3  # examples in one sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """What one check found: about what, how many things it concerns, in a sentence, and what to do."""

    check: str
    level: str
    subject: str
    count: int
    says: str
    do: str


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at; `slices` carry the acceptance that the configuration gives today."""

    store: Store
    config: Config
    graph: Graph
    slices: tuple[Slice, ...]

    @property
    def sources(self) -> frozenset[str] | None:
        """The configured sources; None without a configuration file."""
        return frozenset(each.name for each in self.config.sources) if self.config.file.exists() else None


def examine(store: Store, config: Config) -> list[Problem]:
    """Every problem, the worst first, each level in order of check and subject.

    A store that is damaged is not read further: what its graph says could not be trusted.
    """
    found = list(_stored(store))
    if not any(each.level == "broken" for each in found):
        try:
            graph = store.graph()
            for name in ("tools", "assets", "edges", "outside"):
                getattr(graph, name)  # makes the records, which is where a row shows that it cannot be read
        except (StoreError, KeyError, TypeError, ValueError) as error:  # a row that is not what siloscope wrote
            text = str(error) if isinstance(error, StoreError) else f"a row cannot be read: {type(error).__name__}"
            found.append(Problem("graph", "broken", "published graph", 1, text, "`siloscope scan` writes it anew"))
        else:
            patient = Patient(store, config, graph, _accepted(graph, config))
            found += [each for check in CHECKS for each in check(patient)]
    return sorted(found, key=lambda each: (LEVELS.index(each.level), each.check, each.subject, each.says))


def _accepted(graph: Graph, config: Config) -> tuple[Slice, ...]:
    if not config.file.exists():
        return graph.slices
    gaps = config.gaps
    return tuple(
        replace(row, accepted=next((g.reason for g in gaps if g.covers(*row.key, graph.scan_at)), None))
        for row in graph.slices
    )


# --- The store itself ---


def _stored(store: Store) -> Iterator[Problem]:
    """Damage that only the store's own language shows."""
    if "://" in store.url.removeprefix("sqlite://"):
        yield from _neo4j(store)
    else:
        yield from _sqlite(store.url)


def _sqlite(path: str) -> Iterator[Problem]:
    """`PRAGMA integrity_check` and `foreign_key_check`, over a connection of its own that cannot write."""
    restore = "restore a copy; or move the file away and `siloscope scan`, which loses first-seen dates and verdicts"
    try:
        db = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, timeout=60)
        try:
            lines = [str(row[0]) for row in db.execute("PRAGMA integrity_check(100)")]
            loose = Counter((table, parent) for table, _, parent, _ in db.execute("PRAGMA foreign_key_check"))
        finally:
            db.close()
    except sqlite3.DatabaseError as error:
        yield Problem("integrity", "broken", path, 1, f"the file is damaged: {error}", restore)
        return
    if lines != ["ok"]:
        yield Problem("integrity", "broken", path, len(lines), f"the file is damaged: {_few(lines)}", restore)
    for (table, parent), count in sorted(loose.items()):
        mend = "`siloscope scan` publishes the graph anew" if table == "edge" else restore
        says = f"{count} rows of {table} point to no row of {parent}"
        yield Problem("dangling-edge" if table == "edge" else "integrity", "broken", table, count, says, mend)


def _neo4j(store: Store) -> Iterator[Problem]:
    """Constraints that siloscope's statements rely on; without them writers could make doubles."""
    from siloscope.graph.neo4j import schema

    needed = {text.split()[2]: text for text in schema() if text.startswith("CREATE CONSTRAINT")}
    try:
        there = {row[0] for row in store.query("SHOW CONSTRAINTS YIELD name RETURN name").rows}
    except StoreError as error:  # not being allowed to look is no proof that they are there
        says, do = (
            f"the constraints could not be looked at: {error}",
            "`GRANT SHOW CONSTRAINT ON DATABASE` to this user",
        )
        yield Problem("constraint", "attention", "constraints", 1, says, do)
        return
    for name in sorted(needed.keys() - there):
        says = f"the constraint {name} is missing"
        yield Problem("constraint", "broken", name, 1, says, f"run in Neo4j Browser: {needed[name]}")


# --- The published graph ---


def _dangling(patient: Patient) -> Iterator[Problem]:
    """Edges with an end that is no node."""
    number = patient.graph.number
    loose = [e for e in patient.graph.edges if e.source not in number or e.target not in number]
    if loose:
        says = f"{len(loose)} dependencies have an end that is not in the graph: {_few(e.name for e in loose)}"
        yield Problem("dangling-edge", "broken", "edges", len(loose), says, "`siloscope scan` publishes the graph anew")


def _toolless(patient: Patient) -> Iterator[Problem]:
    """Assets whose tool is not in the graph."""
    lost: dict[str, list[str]] = defaultdict(list)
    for each in patient.graph.assets:
        if each.tool not in patient.graph.tool:
            lost[each.tool].append(each.id)
    for tool, ids in sorted(lost.items()):
        says = f"{len(ids)} assets live in a tool that is not in the graph: {_few(ids)}"
        yield Problem("tool-missing", "broken", tool, len(ids), says, "`siloscope scan` publishes the graph anew")


def _unknown_products(patient: Patient) -> Iterator[Problem]:
    """Products the catalog does not know, and of which no source said what they are for."""
    tools: dict[str, list[str]] = defaultdict(list)
    for each in patient.graph.tools:
        slug = each.id.partition(":")[0]
        if not product(slug) and not each.capabilities:
            tools[slug].append(each.id)
    for slug, ids in sorted(tools.items()):
        says = f"the catalog does not know what {slug} is for: {len(ids)} tools are compared with nothing: {_few(ids)}"
        yield Problem("unknown-product", "note", slug, len(ids), says, "see docs/catalog.md for adding a product")


def _waiting(patient: Patient) -> Iterator[Problem]:
    """References whose own source nobody scanned: dependencies that no map shows yet."""
    claims = Claims(patient.graph.assets, Aliases(patient.config.aliases))
    waiting: dict[str, list[str]] = defaultdict(list)
    for row in patient.store.live():
        if isinstance(row.item, Reference) and not claims.of(row.item.source):
            waiting[row.slice.source].append(row.item.source)
    for source, names in sorted(waiting.items()):
        says = f"{len(names)} references that {source} knows start at what nobody scanned: {_few(sorted(set(names)))}"
        do = "configure a [[source]] that holds it, or an [[alias]] if it goes by another name"
        yield Problem("waiting-reference", "note", source, len(names), says, do)


def _clocks(patient: Patient) -> Iterator[Problem]:
    """Times later than the scan: a clock that is wrong, or a local time that was taken for UTC."""
    scan = normal(patient.graph.scan_at)
    if not scan:
        return
    limit = (datetime.fromisoformat(scan) + TOLERANCE).strftime("%Y-%m-%dT%H:%M:%SZ")
    late: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for asset in patient.graph.assets:
        for field, at in _times(asset):
            if (normal(at) or "") > limit:
                late[asset.tool, field].append((at, asset.id))
    for row in patient.slices:
        if (normal(row.last_complete) or "") > limit:
            late[row.source, "last_complete"].append((row.last_complete or "", row.listing))
    for (subject, field), found in sorted(late.items()):
        at, example = max(found)
        says = f"{len(found)} times of {field} lie after the scan of {scan}, the latest {at}: {example}"
        do = f"compare the clock and the time zone of {subject} with this machine's"
        yield Problem("clock", "attention", subject, len(found), says, do)


def _times(asset: Asset) -> Iterable[tuple[str, str]]:
    names = ("created", "last_used", "first_seen", "last_seen")
    return ((name, value) for name in names if (value := getattr(asset, name)))


# --- The ledger ---


def _unscanned(patient: Patient) -> Iterator[Problem]:
    """Sources of the configuration that no scan has tried."""
    seen = {each.source for each in patient.slices}
    for name in sorted((patient.sources or frozenset()) - seen):
        do = f"`siloscope scan --only {quote(name)}`"
        yield Problem("never-scanned", "attention", name, 1, f"{name} is configured and was never scanned", do)
    if not patient.graph.scan_id and not patient.sources:
        yield Problem("never-scanned", "attention", "store", 1, "nothing was scanned yet", "`siloscope scan`")


def _unconfigured(patient: Patient) -> Iterator[Problem]:
    """Sources that the store still holds although the configuration no longer names them."""
    if patient.sources is None:
        return
    for name, rows in _by(patient.slices, lambda row: (row.source,)):
        if not _configured(name[0], patient.sources):
            assets = sum(each.assets for each in rows)
            says = f"{name[0]} is no longer configured; {assets} assets of {len(rows)} slices are kept as last seen"
            do = f"`siloscope forget {quote(name[0])}`, or configure it again"
            yield Problem("not-configured", "attention", name[0], assets, says, do)


def _configured(source: str, configured: frozenset[str]) -> bool:
    """Whether a slice's source is configured, or was brought along by one that is (`source/theirs`)."""
    return source in configured or any(source.startswith(f"{each}/") for each in configured)


def _held(patient: Patient) -> Iterator[Problem]:
    """Retirements that wait for a person."""
    for key, rows in _by(
        (each for each in patient.slices if each.held), lambda row: (row.source, row.listing, row.reason)
    ):
        source, listing, reason = key
        which = "/".join(rows[0].key) if len(rows) == 1 else f"{source}/{listing}"
        count = sum(each.held for each in rows)
        says = f"{count} assets are no longer shown and kept until confirmed: {reason}"
        do = f"if they are really gone: `siloscope scan --confirm-retire {quote(which)}`"
        yield Problem("held", "attention", which, count, says, do)


def _stale(patient: Patient) -> Iterator[Problem]:
    """Slices that the last scan of their source did not visit; of sources that are configured."""
    configured = patient.sources
    stale = [each for each in patient.slices if each.reason.startswith(STALE)]
    fresh = {(each.source, each.scope) for each in patient.slices if not each.reason.startswith(STALE)}
    for (source,), rows in _by(stale, lambda row: (row.source,)):
        if configured is not None and not _configured(source, configured):
            continue
        scopes = sorted({each.scope for each in rows})
        says = f"{len(rows)} slices were not part of the last scan of {source} ({_few(scopes)}); they stay as last seen"
        which = f"{quote(source)} {quote(scopes[0])}" if len(scopes) == 1 else f"{quote(source)} SCOPE"
        again = ", then scan again" if any((source, each) in fresh for each in scopes) else ""
        do = f"`siloscope check --only {quote(source)}`; if gone for good: `siloscope forget {which}`{again}"
        yield Problem("stale", "attention", source, len(rows), says, do)


def _holes(patient: Patient) -> Iterator[Problem]:
    """Slices that ended neither complete nor as accepted gaps; apart those that never were complete."""
    holes = (each for each in patient.slices if each.unread and not each.reason.startswith(STALE))
    for key, rows in _by(
        holes, lambda row: ("" if row.last_complete else "never", row.source, row.listing, row.status, row.permission)
    ):
        never, source, listing, status, permission = key
        where = _few(sorted(each.scope for each in rows if each.scope))
        missing = f"; missing {permission}" if permission else f": {rows[0].reason}" if rows[0].reason else ""
        last = max(each.last_complete or "" for each in rows)
        since = "never complete so far" if never else f"last complete {last}"
        says = f"{source} {listing} is {status} ({since}){f' in {where}' if where else ''}{missing}"
        grant = f"grant {permission}, then " if permission else ""
        do = f"{grant}`siloscope check --only {quote(source)}`; or accept it as an [[accepted-gap]]"
        check = "never-complete" if never else "incomplete"
        yield Problem(check, "attention", f"{source}/{listing}", len(rows), says, do)


def _expired(patient: Patient) -> Iterator[Problem]:
    """Accepted gaps that ended before the scan."""
    today = patient.graph.scan_at[:10]
    for gap in patient.config.gaps:
        if not gap.until or not today or today <= gap.until:
            continue
        open_again = [each for each in patient.slices if each.unread and gap.covers(*each.key, gap.until)]
        name = f"{gap.source}/{gap.listing}/{gap.scope}"
        says = f"accepted until {gap.until} ({gap.reason}); {len(open_again)} slices are open again"
        level, do = "attention", "close the hole, or set a later `until` in its [[accepted-gap]]"
        if not open_again:
            level, do = "note", "delete its [[accepted-gap]]: nothing needs it"
        yield Problem("gap-expired", level, name, len(open_again), says, do)


def _by(
    rows: Iterable[Slice], key: Callable[[Slice], tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], Sequence[Slice]]]:
    """Slices in groups, both in order."""
    groups: dict[tuple[str, ...], list[Slice]] = defaultdict(list)
    for each in sorted(rows, key=lambda row: row.key):
        groups[key(each)].append(each)
    yield from sorted(groups.items())


def _few(words: Iterable[str]) -> str:
    """The first of some words, and how many more there are."""
    found = list(words)
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


CHECKS: tuple[Callable[[Patient], Iterator[Problem]], ...] = (
    _dangling,
    _toolless,
    _unknown_products,
    _waiting,
    _clocks,
    _unscanned,
    _unconfigured,
    _held,
    _stale,
    _holes,
    _expired,
)
