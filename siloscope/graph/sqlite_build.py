"""The graph of `build.build` from what the embedded store holds, one asset and one reference at a time.

Records of a million assets and five million references do not fit into memory together, so what is observed is read
three times: for who claims what, for what is mentioned, and for the assets themselves. What each of them becomes is
decided by the same functions; that the whole is the same is held by tests over random histories.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from siloscope.codec import changed, from_text
from siloscope.graph.build import Holdings, Rank, Row, Settings, described_by, finished, merged_tools, silos
from siloscope.graph.resolve import OUTSIDE, Aliases, Claims, certain
from siloscope.graph.seen import implied
from siloscope.graph.sqlite_publish import EdgeRow, Publication
from siloscope.model import Asset, Description, How, Outside, Reference, Slice, Tool

T = TypeVar("T", Asset, Description, Reference, Tool)
Place = tuple[int, str]  # a slice's number and an observation's key
PORTION = 1_000


@dataclass(slots=True)
class Building:
    """A graph in the making; the passes are called in the order in which they stand here."""

    db: sqlite3.Connection
    settings: Settings
    slices: dict[int, tuple[Slice, str]] = field(default_factory=dict)
    homes: dict[str, int | tuple[int, ...]] = field(default_factory=dict)
    about: dict[str, list[Place]] = field(default_factory=dict)
    told: dict[str, Tool] = field(default_factory=dict)
    holdings: Holdings = field(default_factory=Holdings)
    outside: set[str] = field(default_factory=set)
    ends: tuple[array[int], array[int]] = field(default_factory=lambda: (array("q"), array("q")))
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
        abouts = ((place, about) for sid in self.slices for place, (about, _) in self._placed(sid))
        self.about = described_by(abouts, self.homes, claims)
        for key, told in self.about.items():
            claims.add(key, (name for place in told for name in added.get(place, ())))
        return claims

    def _placed(self, sid: int) -> Iterator[tuple[Place, tuple[str, tuple[str, ...]]]]:
        """Where descriptions stand, what they are about and the names they add."""
        for key, body, *_ in self._observed(sid, "d"):
            item = from_text(Description, body)
            yield (sid, key), (item.about, item.names)

    def edges(self, claims: Claims, graph: Publication) -> Iterator[Sequence[EdgeRow]]:
        """Second pass: the edges, slice by slice, as rows of the table."""
        starts, stops = self.ends
        for sid in self.slices:
            rows: list[EdgeRow] = []
            for _, body, *_ in self._observed(sid, "r"):
                item = from_text(Reference, body)
                how, name, targets = claims.meet(item.name)
                for source in (item.source,) if item.source in self.homes else claims.of(item.source):
                    if source in targets:
                        continue
                    start, verb, told = graph.number(source), item.verb, certain(how, item).value
                    for target in targets:
                        stop = graph.number(target)
                        rows.append((start, stop, verb.value, name, told, item.where, float(item.confidence)))
                        if verb.depends:
                            starts.append(start)
                            stops.append(stop)
                    if how is How.OUTSIDE:
                        self.outside.update(targets)
            rows.sort()
            yield rows

    def nodes(self, graph: Publication, times: dict[str, str]) -> Iterator[Sequence[Asset | Outside]]:
        """Third pass: the assets, slice by slice, then the outside nodes."""
        silo = self._silos(graph)
        for sid in self.slices:
            assets: list[Asset | Outside] = []
            for key, body, first, last in self._observed(sid, "a"):
                home = self.homes[key[2:]]
                if isinstance(home, int):
                    rows = [self._row(sid, Asset, body, first, last)]
                elif home[0] == sid:
                    rows = [self._at((each, key), Asset) for each in home]
                else:
                    continue
                about = [self._at(each, Description) for each in self.about.get(key[2:], ())]
                asset = finished(rows, about, self.settings, self.told)
                asset = changed(asset, silo=silo.get(graph.number(asset.id)))
                self.holdings.add(asset)
                self.late += len(asset.sources) > 1 and asset.last_seen != implied(asset.sources, times)
                assets.append(asset)
            yield assets
        outside = sorted(self.outside)
        for start in range(0, len(outside), PORTION):
            yield [Outside(each, each.removeprefix(OUTSIDE)) for each in outside[start : start + PORTION]]

    def _silos(self, graph: Publication) -> dict[int, str]:
        """By node number, the silo of each asset that has one."""
        import numpy as np

        from siloscope.graph.view import components

        ends = np.array([np.frombuffer(each, dtype=np.int64) for each in self.ends])
        labels = components(ends, graph.size)
        assets = [(graph.number(key), key) for key in self.homes]
        names = silos(labels, assets)
        label_of = labels.tolist()
        return {node: names[label_of[node]] for node, _ in assets if label_of[node] in names}

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
