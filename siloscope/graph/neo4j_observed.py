"""The observed layer of Neo4j, the truth: applying a slice's change, and reading observations and the ledger back."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from os import SEEK_END
from tempfile import TemporaryFile
from typing import Any

from siloscope.codec import from_text, loads, to_text
from siloscope.graph.build import Row, Settings, build
from siloscope.graph.commit import Baseline, KnownSlice, SliceChange, SliceKey, observation_in
from siloscope.graph.neo4j_commit import Commit, Texts, seen
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_publish import publish, renewable
from siloscope.graph.neo4j_rows import short
from siloscope.graph.resolve import uncollected
from siloscope.graph.view import Graph
from siloscope.model import Slice, Visibility, digest, dumps

SLICE = Texts("s", ("status", "at", "body", "baseline", "gone_at"))
OBSERVATION = Texts("o", ("hash", "body", "first_seen", "last_seen", "gone_at"))

SLICES = f"MATCH (s:SiloscopeSlice {{estate: $estate}}) WHERE s.slice IS NOT NULL AND {seen('s')}"
LIVE_SLICES = f"{SLICES} AND {SLICE.told('gone_at')} = ''"
_LIVE = f"o.key IS NOT NULL AND {seen('o')} AND {OBSERVATION.told('gone_at')} = ''"

_OBSERVATION = "(o:SiloscopeObservation {estate: $estate, slice: row.slice, key: row.key})"
NEW_SLICE = (
    "UNWIND $rows AS row CREATE (s:SiloscopeSlice {estate: $estate, slice: row.slice, batch: $batch}) "
    "SET s += row.props"
)
_SLICE = (
    "UNWIND $rows AS row MATCH (s:SiloscopeSlice {estate: $estate, slice: row.slice}) "
    f"SET {SLICE.keep()} SET s += row.props"
)
# Rows are lists, and properties are named here: that costs client and server half of what a map for each row does.
NEW_OBSERVATION = (
    "UNWIND $rows AS row CREATE (o:SiloscopeObservation {estate: $estate, slice: row[0], key: row[1], full: row[2], "
    "hash: row[3], body: row[4], first_seen: row[5], last_seen: row[6], gone_at: row[7], batch: $batch})"
)
_PUT = (
    f"UNWIND $rows AS row MERGE {_OBSERVATION} ON CREATE SET o.batch = $batch "
    f"ON MATCH SET {OBSERVATION.keep()} WITH o, row, "
    "CASE WHEN o.gone_at IS NULL AND NOT row.anew THEN coalesce(o.first_seen, row.at) ELSE row.at END AS first "
    "SET o += row.props, o.first_seen = first, o.last_seen = null, o.gone_at = null"
)
_SET = f"UNWIND $rows AS row MATCH {_OBSERVATION} SET {OBSERVATION.keep()} SET o."


class Neo4jBatch:
    """One source's commit in the making; the graph is written when the block ends."""

    def __init__(self, commit: Commit, source: str = "") -> None:
        self._commit, self._source = commit, source
        self._graph: Graph | None = None
        self._open: dict[str, str] | None = None
        self._fresh = _Fresh()

    @property
    def _at(self) -> dict[str, str]:
        """When each slice was last read, by its number; also those that ended."""
        if self._open is None:
            with self._commit.reading() as cypher:
                self._open = dict(cypher.rows(f"{SLICES} RETURN s.slice, s.at"))
        return self._open

    def apply(self, change: SliceChange, at: str) -> None:
        """Write one slice's change."""
        number = slice_number(change.slice)
        before = self._at.get(number)
        self._at[number] = at if change.visited or before is None else before
        props = slice_props(change, at, before)
        self._commit.each(NEW_SLICE if before is None else _SLICE, [{"slice": number, "props": props}])
        if before is None:
            self._fresh.add(number, change, at)
            self._commit.each(NEW_OBSERVATION, (observation_row(number, *each, at) for each in change.put))
        else:
            self._fresh.slices.pop(number, None)
            anew = frozenset(change.anew)
            self._commit.each(_PUT, (_row(number, each, at, each[0] in anew) for each in change.put))
        for keys, text, value in (
            (change.back, "last_seen = row.at", None),
            (change.lost, "last_seen = row.at", before or at),
            (change.gone, "gone_at = row.at", at),
        ):
            self._commit.each(_SET + text, ({"slice": number, "key": short(key), "at": value} for key in keys))

    def live(self) -> Iterator[Row]:
        """Every live observation, this batch's changes included."""
        yield from self._fresh.rows()
        with self._commit.reading() as cypher:
            yield from live(cypher, self._fresh.slices.keys())

    def slices(self) -> Sequence[Slice]:
        """The ledger, this batch's changes included."""
        with self._commit.reading() as cypher:
            return slices(cypher)

    def rebuild(self, settings: Settings, scan_id: str, scan_at: str, *, anew: bool = True) -> None:  # noqa: ARG002
        """Publish what `build` makes of the live observations; always of all of them."""
        with uncollected():  # as within `build`: nothing made here is part of a cycle
            self.publish(build(self.live(), self.slices(), settings, scan_id, scan_at))

    def publish(self, graph: Graph) -> None:
        """Make `graph` what readers see when the block ends; then the rows that differ are written."""
        self._graph = graph

    def renew(self, ledger: Sequence[Slice], scan_id: str, scan_at: str) -> bool:
        """Publish the same graph as seen again by this scan, if its rows allow that."""
        return renewable(self._commit, ledger, (scan_id, scan_at, self._source), self._times())

    def end(self) -> None:
        """Write what is left, and make all of it visible."""
        if self._graph is not None:
            publish(self._commit, self._graph, self._times(), self._source)
        elif self._commit.wrote:
            self._commit.publish()
            self._commit.end()

    def close(self) -> None:
        """Let go of what is kept on disk."""
        self._fresh.close()

    def _times(self) -> dict[str, str]:
        with self._commit.reading() as cypher:
            return times(cypher)


class _Fresh:
    """The observations of slices that this batch is the first to write: on disk, so that they need not be read back."""

    def __init__(self) -> None:
        self.slices: dict[str, tuple[Slice, str]] = {}
        self._file = TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="\n")  # noqa: SIM115

    def add(self, number: str, change: SliceChange, at: str) -> None:
        """Keep what a slice shows at a time."""
        self.slices[number] = change.slice, at
        self._file.writelines(f"{number}\t{dumps(key)}\t{body}\n" for key, _, body in change.put)

    def close(self) -> None:
        """Nobody reads it any more."""
        self._file.close()

    def rows(self) -> Iterator[Row]:
        """The live ones; a file line is the slice's number, the key and the body, which as JSON hold no tab."""
        self._file.seek(0)
        for line in self._file:
            number, key, body = line.split("\t")
            if number in self.slices:
                row, at = self.slices[number]
                yield Row(row, observation_in(loads(key), body), at, at)
        self._file.seek(0, SEEK_END)


def observation_row(
    number: str, key: str, mark: str, body: str, first: str, last: str | None = None, gone: str | None = None
) -> list[str | None]:
    """A row of `NEW_OBSERVATION`."""
    own = short(key)
    return [number, own, None if own == key else key, mark, body, first, last, gone]


def _row(number: str, put: tuple[str, str, str], at: str, anew: bool) -> dict[str, Any]:
    key, mark, body = put
    own = short(key)
    props = {"hash": mark, "body": body, **({} if own == key else {"full": key})}
    return {"slice": number, "key": own, "props": props, "at": at, "anew": anew}


def slice_number(row: Slice) -> str:
    """The number of a slice: one value for its key."""
    return digest(*row.key)


def slice_props(change: SliceChange, at: str, before: str | None) -> dict[str, Any]:
    """The properties of a slice's node."""
    row, base = change.slice, change.baseline
    return {
        "source": short(row.source),
        "listing": row.listing,
        "scope": row.scope,
        "status": row.status.value,
        "at": at if change.visited or before is None else before,
        "gone_at": at if change.drop else None,
        "body": to_text(row),
        "baseline": dumps([base.config, base.principal, base.visibility]) if base else None,
    }


def known(cypher: Cypher, source: str) -> dict[SliceKey, KnownSlice]:
    """What is held of a source, by slice."""
    found: dict[str, tuple[Slice, Baseline | None, dict[str, str], set[str]]] = {}
    text = f"{LIVE_SLICES} AND s.source = $source RETURN s.slice, {SLICE.told('body')}, {SLICE.told('baseline')}"
    for number, body, baseline in cypher.rows(text, source=short(source)):
        found[number] = (from_text(Slice, body), _baseline(baseline), {}, set())
    text = (
        "UNWIND $numbers AS number MATCH (o:SiloscopeObservation {estate: $estate, slice: number}) "
        f"WHERE {_LIVE} "
        f"RETURN number, coalesce(o.full, o.key), {OBSERVATION.told('hash')}, {OBSERVATION.told('last_seen')}"
    )
    for number, key, mark, last in cypher.rows(text, numbers=sorted(found)):
        found[number][2][key] = mark
        if last:
            found[number][3].add(key)
    return {row.key: KnownSlice(row, base, hashes, frozenset(missing)) for row, base, hashes, missing in found.values()}


def slices(cypher: Cypher) -> list[Slice]:
    """The ledger, sorted."""
    text = f"{LIVE_SLICES} RETURN {SLICE.told('body')}"
    found = [from_text(Slice, body) for (body,) in cypher.rows(text)]
    return sorted(found, key=lambda each: each.key)


def times(cypher: Cypher) -> dict[str, str]:
    """When each source was last read."""
    text = f"{LIVE_SLICES} RETURN {SLICE.told('body')}, {SLICE.told('at')}"
    found: dict[str, str] = {}
    for body, at in cypher.rows(text):
        source = loads(body)["source"]
        found[source] = max(at, found.get(source, ""))
    return dict(sorted(found.items()))


def live(cypher: Cypher, known: Container[str] = ()) -> Iterator[Row]:
    """Every live observation, but for those of slices that are known already."""
    text = f"{LIVE_SLICES} RETURN s.slice, {SLICE.told('body')}, {SLICE.told('at')}"
    rows = [row for row in cypher.rows(text) if row[0] not in known]
    ledger = {number: (from_text(Slice, body), at) for number, body, at in rows}
    fields = ", ".join(OBSERVATION.told(each) for each in ("body", "first_seen", "last_seen"))
    text = (
        "UNWIND $numbers AS number MATCH (o:SiloscopeObservation {estate: $estate, slice: number}) "
        f"WHERE {_LIVE} RETURN number, coalesce(o.full, o.key), {fields}"
    )
    for number, key, body, first, last in cypher.rows(text, numbers=list(ledger)):
        row, at = ledger[number]
        yield Row(row, observation_in(key, body), first, last or at)


def _baseline(text: str | None) -> Baseline | None:
    if not text:
        return None
    config, principal, visibility = loads(text)
    return Baseline(config, principal, Visibility(visibility))
