"""History: what a scan changed for good, kept as versions; one logic for whichever store applies it.

The published row of an asset, a tool, an outside node or an edge is its current version and says since
which scan it holds; a version that ended is kept apart with the scans it held from and to. So a scan in
which nothing changed writes no version, and history costs nothing until something changes.

What every scan moves without anything having changed (when an asset was last seen or used, how many rows
it holds) makes no version and is in none: a past graph does not know it. Silos and initiatives follow from the edges.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from siloscope.codec import changed, loads
from siloscope.errors import StoreError, nearest
from siloscope.graph.initiatives import with_initiatives
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Slice, Status, Tool, dumps, from_json, to_json

Key = tuple[str, str]  # (asset, tool, outside, edge or finding; id)

VOLATILE_FIELDS = frozenset({"last_seen", "last_used", "silo", "initiative", "users"})
VOLATILE_FACTS = frozenset(
    {"bytes", "failures", "items", "last_parsed", "last_state", "last_status", "messages", "recent_jobs"}
    | {"recent_runs", "rows", "seconds", "users"}
)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T[\d:]{2,8}Z?)?)?)?")


@dataclass(frozen=True, slots=True)
class ScanRow:
    """A scan as the store remembers it: its id, its time, the sources committed in it, and `figures` of its graph."""

    id: str
    at: str
    sources: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """How something was from one scan on, until another (None: it still is); `body` holds no volatile field.

    `from_scan` is empty when it was so already in the first scan that the store still remembers after a `prune`.
    """

    kind: str
    id: str
    body: Mapping[str, Any]
    from_scan: str
    to_scan: str | None = None


class Span(NamedTuple):
    """A version as a store holds it: JSON text without volatile fields, by numbers of scans, from inclusive."""

    kind: str
    id: str
    body: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """Something that differs between two scans: its lasting JSON data in each, None where it was not."""

    kind: str
    id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """What forgetting earlier scans takes away, and the scans that stay; both in the order of their commits.

    `versions` were those of no kept scan; `observations` and `slices` were tombstones older than the limit.
    """

    forgotten: tuple[ScanRow, ...]
    kept: tuple[ScanRow, ...]
    versions: int = 0
    observations: int = 0
    slices: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """A row as a store holds it: its JSON text, and the number of the scan since which it holds."""

    body: str
    since: int


@dataclass(slots=True)
class Chronicle:
    """Decides, row by row of one publication, which versions end; the store then applies `closed` and `reopened`.

    Sources are committed one after the other within a scan: what a scan changes and changes back is no
    history. `ended` are the versions that earlier commits of the same scan have ended.
    """

    number: int
    ended: Mapping[Key, Held] = field(default_factory=dict)
    closed: list[tuple[Key, Held]] = field(default_factory=list)
    reopened: list[Key] = field(default_factory=list)

    def put(self, key: Key, was: Held | None, body: str) -> int:
        """The number of the scan since which the row with this body holds; `was` is the row it replaces."""
        before = self._before(key, was)
        if before is None:
            return self.number
        if lasting_text(body) == before.body:
            if key in self.ended:
                self.reopened.append(key)
            return before.since
        self._close(key, before)
        return self.number

    def drop(self, key: Key, was: Held) -> None:
        """The row is no longer in the graph."""
        before = self._before(key, was)
        if before is not None:
            self._close(key, before)

    def _before(self, key: Key, was: Held | None) -> Held | None:
        """How it was before this scan, without volatile fields."""
        if was is not None and was.since < self.number:
            return Held(lasting_text(was.body), was.since)
        return self.ended.get(key)

    def _close(self, key: Key, before: Held) -> None:
        if key not in self.ended:
            self.closed.append((key, before))


def lasting(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record's JSON data without what every scan moves."""
    kept = {key: value for key, value in row.items() if key not in VOLATILE_FIELDS}
    if facts := {key: value for key, value in kept.pop("facts", {}).items() if key not in VOLATILE_FACTS}:
        kept["facts"] = facts
    return kept


def lasting_text(body: str) -> str:
    """The same, from canonical JSON to canonical JSON."""
    return dumps(lasting(loads(body)))


def lasting_finding(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `siloscope/findings/1` without what moves although nothing changed: sentences, and a score's tail."""
    kept = {name: row[name] for name in ("id", "rule", "severity", "title")}
    return {**kept, "score": round(row["score"], 2), "subjects": list(row["subjects"])}


def lasting_slice(row: Slice) -> Slice:
    """A row of the ledger without what every scan moves."""
    return replace(row, last_complete=None, calls=0)


def lasting_graph(graph: Graph) -> Graph:
    """The graph as history has it; equal for scans between which nothing changed, but for the scan's name.

    Its silos follow from edges alone, so they are those of `graph`; its initiatives also from what assets tell.
    """
    assets = (changed(from_json(Asset, lasting(to_json(each))), silo=each.silo) for each in graph.assets)
    return with_initiatives(
        replace(
            graph,
            tools=tuple(from_json(Tool, lasting(to_json(each))) for each in graph.tools),
            assets=tuple(assets),
            slices=tuple(lasting_slice(each) for each in graph.slices),
        )
    )


def edge_id(edge: Edge) -> str:
    """What makes an edge the same edge in the next scan, as one text."""
    return dumps([edge.source, edge.verb.value, edge.target, edge.name])


def figures(graph: Graph) -> dict[str, float | int | None]:
    """The headline of a graph: counts, `resolution` and `coverage` as shares (None of nothing), cost a year."""
    met, dependencies = graph.resolution
    return {
        "assets": len(graph.assets),
        "tools": len(graph.tools),
        "edges": len(graph.edges),
        "outside": len(graph.outside),
        "resolution": round(met / dependencies, 4) if dependencies else None,
        "coverage": coverage(graph.slices),
        "annual_cost": round(sum(each.annual_cost or 0.0 for each in graph.tools), 2),
    }


def coverage(ledger: Sequence[Slice]) -> float | None:
    """The share of slices that are complete; None of none."""
    complete = sum(each.status is Status.COMPLETE for each in ledger)
    return round(complete / len(ledger), 4) if ledger else None


def differing(spans: Iterable[Span], before: int, after: int) -> Iterator[Changed]:
    """What differs between two scans, by kind and id; `spans` need only be those of one of the two, not of both."""
    first, last = min(before, after), max(before, after)
    found: dict[Key, list[str | None]] = {}
    for kind, key, body, since, until in spans:
        sides = found.setdefault((kind, key), [None, None])
        for side, number in enumerate((first, last)):
            if since <= number and (until is None or number < until):
                sides[side] = body
    for (kind, key), sides in sorted(found.items()):
        if sides[0] != sides[1]:
            was, now = (None if each is None else loads(each) for each in sides)
            yield Changed(kind, key, was, now) if before <= after else Changed(kind, key, now, was)


def split(scans: Sequence[ScanRow], keep_from: str) -> tuple[list[ScanRow], list[ScanRow]]:
    """(scans to forget, scans to keep): those before a time go, the latest always stays."""
    kept = [each for number, each in enumerate(scans, start=1) if each.at >= keep_from or number == len(scans)]
    ids = {each.id for each in kept}
    return [each for each in scans if each.id not in ids], kept


@dataclass(frozen=True, slots=True)
class Names:
    """The ids of the scans that are remembered, by number; a number that was forgotten means the next one kept."""

    numbers: Sequence[int]
    ids: Sequence[str]

    def began(self, number: int) -> str:
        """The first remembered scan that shows what began in this one; empty when all remembered ones do."""
        return "" if number < self.numbers[0] else self.ended(number)

    def ended(self, number: int) -> str:
        """The first remembered scan that no longer shows what ended in this one."""
        return self.ids[bisect_left(self.numbers, number)]


def again(told: Mapping[str, Any], ledger: Sequence[Slice]) -> dict[str, Any]:
    """The figures of a scan that changed nothing, after those of the one before; not what findings added to them."""
    own = figures(Graph())
    return {**{name: value for name, value in told.items() if name in own}, "coverage": coverage(ledger)}


def once(ledgers: Sequence[str]) -> list[str | None]:
    """Ledgers of scans in order as they are kept: None for one that is that of the scan before."""
    return [None if each == was else each for each, was in zip(ledgers, [None, *ledgers], strict=False)]


def joins(last: tuple[str, ...] | None, scan: tuple[str, str, str], before: str) -> bool:
    """Whether a commit is of the scan noted last, which committed the sources `last` and published as `before`.

    Not when that scan has the source already: then it is another one of the same second, or of the same recording.
    """
    name, _, source = scan
    return last is not None and before == name and (not source or source not in last)


def new_id(wanted: str, taken: Sequence[str]) -> str:
    """The id of a scan: the one wanted, or with a number when an older scan has it (a recording scanned again)."""
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    return found


def chosen(scans: Sequence[ScanRow], text: str) -> ScanRow:
    """The scan meant by an id, a date (the last scan up to it), or `-1` (the one before the last).

    Raises:
        StoreError: There is none; the text names the nearest.
    """
    by_id = {each.id: each for each in scans}
    if text in by_id:
        return by_id[text]
    if re.fullmatch(r"-\d{1,9}", text):
        if int(text[1:]) < len(scans):
            return scans[-1 - int(text[1:])]
        raise StoreError(f"no scan {text}: the store remembers {len(scans)}")
    if _is_date(text):
        until = [each for each in scans if each.at[: len(text)] <= text]
        if until:
            return until[-1]
        raise StoreError(f"no scan up to {text}{f'; the first is of {scans[0].at}' if scans else ''}")
    raise StoreError(
        f'no scan "{text}"{nearest(text, by_id)}; `siloscope trend` lists them. A scan is named by its id, '
        "by a date such as 2026-01-31 (the last one up to it), or by -1 (the one before the last)"
    )


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text[:10]}-01-01"[:10])
    except ValueError:
        return False
    return True
