"""The graph of `build.build` from what the embedded store holds, one asset and one reference at a time.

Records of a million assets and five million references do not fit into memory together, so what is observed is read
three times: for who claims what, for what is mentioned, and for the assets themselves. What each of them becomes is
decided by the same functions; that the whole is the same is held by tests over random histories.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from siloscope.codec import changed, from_text
from siloscope.graph.build import (
    Holdings,
    Rank,
    Row,
    Settings,
    attribution,
    completed,
    described_by,
    merged_tools,
    silos,
)
from siloscope.graph.departments import FOLLOWS, Attribution, Holders
from siloscope.graph.resolve import OUTSIDE, Aliases, Claims, certain
from siloscope.graph.seen import implied
from siloscope.graph.sqlite_publish import EdgeRow, Publication
from siloscope.model import Asset, Description, How, Outside, Reference, Slice, Tool, Verb

T = TypeVar("T", Asset, Description, Reference, Tool)
Place = tuple[int, str]  # a slice's number and an observation's key
PORTION = 1_000
_FOLLOWS = ", ".join(f"'{each.value}'" for each in FOLLOWS)
_DEPENDENCIES = ", ".join(f"'{each.value}'" for each in Verb if each.depends)


@dataclass(slots=True)
class Building:
    """A graph in the making; the passes are called in the order in which they stand here."""

    db: sqlite3.Connection
    settings: Settings
    slices: dict[int, tuple[Slice, str]] = field(default_factory=dict)
    homes: dict[str, int | tuple[int, ...]] = field(default_factory=dict)
    about: dict[str, list[Place]] = field(default_factory=dict)
    abouts: set[str] = field(default_factory=set)
    told: dict[str, Tool] = field(default_factory=dict)
    holdings: Holdings = field(default_factory=Holdings)
    outside: set[str] = field(default_factory=set)
    late: int = 0

    def __post_init__(self) -> None:
        rows = self.db.execute("SELECT sid, at, body FROM slice WHERE gone_at IS NULL ORDER BY sid")
        self.slices = {sid: (from_text(Slice, body), at) for sid, at, body in rows}

    def claims(self, graph: Publication) -> Claims:
        """First pass: where each asset is observed, what is told about it and about tools, and who claims what."""
        claims = Claims((), Aliases(self.settings.aliases))
        for sid in self.slices:
            for key, body, *_ in self._observed(sid, "a"):
                known = self.homes.setdefault(key[2:], sid)
                if known != sid:
                    self.homes[key[2:]] = (*known, sid) if isinstance(known, tuple) else (known, sid)
                claims.add(key[2:], _names(body))
        for each in self.homes:
            graph.number(each)
        self.told = merged_tools(self._all("t", Tool))
        added = {place: names for sid in self.slices for place, (_, names) in self._placed(sid) if names}
        placed = [(place, about) for sid in self.slices for place, (about, _) in self._placed(sid)]
        self.abouts = {about for _, about in placed}
        self.about = described_by(placed, self.homes, claims)
        for key, told in self.about.items():
            claims.add(key, (name for place in told for name in added.get(place, ())))
        return claims

    def _placed(self, sid: int) -> Iterator[tuple[Place, tuple[str, tuple[str, ...]]]]:
        """Where descriptions stand, what they are about and the names they add."""
        for key, body, *_ in self._observed(sid, "d"):
            item = from_text(Description, body)
            yield (sid, key), (item.about, item.names)

    def references(self) -> Iterator[Reference]:
        """Everything that is mentioned."""
        for sid in self.slices:
            for _, body, *_ in self._observed(sid, "r"):
                yield from_text(Reference, body)

    def sources(self, name: str, claims: Claims) -> tuple[str, ...]:
        """The assets that a reference from this id or name is of; of none, it waits."""
        return (name,) if name in self.homes else claims.of(name)

    def edges(
        self, claims: Claims, graph: Publication, only: Container[str] | None = None
    ) -> Iterator[Sequence[EdgeRow]]:
        """Second pass: the edges, or those from `only` some assets, slice by slice, as rows of the table."""
        for sid in self.slices:
            rows: list[EdgeRow] = []
            for _, body, *_ in self._observed(sid, "r"):
                item = from_text(Reference, body)
                sources = self.sources(item.source, claims)
                if only is not None and not any(each in only for each in sources):
                    continue
                how, name, targets = claims.meet(item.name)
                for source in sources:
                    if source in targets or (only is not None and source not in only):
                        continue
                    start, verb, told = graph.number(source), item.verb, certain(how, item).value
                    for target in targets:
                        stop = graph.number(target)
                        rows.append((start, stop, verb.value, name, told, item.where, float(item.confidence)))
                    if how is How.OUTSIDE:
                        self.outside.update(targets)
            rows.sort()
            yield rows

    def ends(self) -> tuple[array[int], array[int]]:
        """The ends of all dependencies as they are published."""
        starts, stops = array("q"), array("q")
        rows = self.db.execute(f"SELECT src, dst FROM edge WHERE verb IN ({_DEPENDENCIES})")  # noqa: S608 - words of ours
        while some := rows.fetchmany(10_000):
            for start, stop in some:
                starts.append(start)
                stops.append(stop)
        return starts, stops

    def nodes(self, graph: Publication, times: dict[str, str]) -> Iterator[Sequence[Asset | Outside]]:
        """Third pass: the assets, slice by slice, then the outside nodes."""
        silo, who = self.silos(graph, self.outside), self.attribution(self.holders(graph))
        for sid in self.slices:
            assets: list[Asset | Outside] = []
            for key, body, first, last in self._observed(sid, "a"):
                home = self.homes[key[2:]]
                if isinstance(home, tuple) and home[0] != sid:
                    continue
                rows = [self._row(sid, Asset, body, first, last)] if isinstance(home, int) else None
                asset = who.of(self.asset(key[2:], rows))
                asset = changed(asset, silo=silo.get(graph.number(asset.id)))
                self.holdings.add(asset)
                self.late += self.is_late(asset, times)
                assets.append(asset)
            yield assets
        outside = sorted(self.outside)
        for start in range(0, len(outside), PORTION):
            yield [Outside(each, each.removeprefix(OUTSIDE)) for each in outside[start : start + PORTION]]

    def asset(self, key: str, rows: list[Row] | None = None) -> Asset:
        """An asset as all who see it and all that is told about it make it, but for its department and silo."""
        home = self.homes[key]
        sids = (home,) if isinstance(home, int) else home
        seen = rows or [self._at((each, f"a:{key}"), Asset) for each in sids]
        about = [self._at(each, Description) for each in self.about.get(key, ())]
        return completed(seen, about, self.settings, self.told)

    def holders(self, graph: Publication) -> Holders:
        """By asset, what contains or owns it, as the edges that are published say."""
        rows = self.db.execute(f"SELECT src, dst FROM edge WHERE verb IN ({_FOLLOWS})").fetchall()  # noqa: S608 - words of ours
        ids = graph.ids({end for row in rows for end in row})
        found: dict[str, set[str]] = {}
        for start, stop in rows:
            if ids[start] in self.homes and ids[stop] in self.homes:
                found.setdefault(ids[stop], set()).add(ids[start])
        return found

    def attribution(self, holders: Holders) -> Attribution:
        """Who says whom an asset works for."""
        return attribution(self.settings, self.told, holders, self.asset)

    @staticmethod
    def is_late(asset: Asset, times: Mapping[str, str]) -> bool:
        """Whether `seen.late` counts an asset."""
        return len(asset.sources) > 1 and asset.last_seen != implied(asset.sources, times)

    def read_holdings(self) -> None:
        """What tools hold as it is published."""
        rows = self.db.execute("SELECT tool, department, annual_cost FROM asset WHERE NOT outside")
        for tool, department, cost in rows:
            self.holdings.count(tool, department, cost)

    def silos(self, graph: Publication, outside: Iterable[str]) -> dict[int, str]:
        """By node number, the silo of each asset that has one; `outside` are all outside nodes."""
        import numpy as np

        # Numbered as in `view.Graph`: what is a community must not depend on the order in which things came.
        assets, others = sorted(self.homes), sorted(outside)
        place = np.zeros(graph.size, dtype=np.int64)
        nids = [graph.number(each) for each in (*assets, *others)]
        place[nids] = np.arange(len(nids))
        ends = place[np.array([np.frombuffer(each, dtype=np.int64) for each in self.ends()])]
        names = silos(ends, len(nids), assets)
        return {nid: name for nid, name in zip(nids, names, strict=False) if name}

    def _observed(self, sid: int, kind: str) -> Iterator[tuple[str, str, str, str | None]]:
        """(key, body, first seen, last seen) of the live observations of one kind in a slice."""
        text = (
            "SELECT key, body, first_seen, last_seen FROM observation "
            "WHERE sid = ? AND key >= ? AND key < ? AND gone_at IS NULL"
        )
        return self.db.execute(text, (sid, f"{kind}:", f"{kind};"))

    def _all(self, kind: str, record: type[T]) -> Iterator[tuple[Rank, T]]:
        for sid in self.slices:
            for _, body, first, last in self._observed(sid, kind):
                row = self._row(sid, record, body, first, last)
                yield row.rank, row.item  # type: ignore[misc]

    def _at(self, place: Place, record: type[T]) -> Row:
        text = "SELECT body, first_seen, last_seen FROM observation WHERE sid = ? AND key = ?"
        return self._row(place[0], record, *self.db.execute(text, place).fetchone())

    def _row(self, sid: int, record: type[T], body: str, first: str, last: str | None) -> Row:
        row, at = self.slices[sid]
        return Row(row, from_text(record, body), first, last or at)


class _Claimed(msgspec.Struct):
    names: tuple[str, ...] = ()


_claimed = msgspec.json.Decoder(_Claimed).decode


def _names(body: str) -> tuple[str, ...]:
    """The names that an observed asset claims, and nothing else of it."""
    try:
        return _claimed(body).names
    except msgspec.DecodeError:
        return tuple(json.loads(body).get("names") or ())
