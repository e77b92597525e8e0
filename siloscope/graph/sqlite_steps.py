"""Publishing by steps: only what a batch touched, and what follows from it, is decided anew.

An asset is decided anew when an observation or a description of it changed, what holds it, or its silo; a reference
when it changed itself, or when who claims what it names, or a wider name, or its source, did; then all references of
its source are. Everything else is taken over from what is published. That this is what a build of everything gives
is held by tests over random histories; where it cannot be told cheaply, `by_steps` says so and everything is built.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from siloscope.codec import changed, from_text, loads
from siloscope.graph.commit import SliceChange
from siloscope.graph.departments import Attribution, held_by
from siloscope.graph.resolve import OUTSIDE, Claims
from siloscope.graph.seen import in_text
from siloscope.graph.sqlite_build import PORTION, Building
from siloscope.graph.sqlite_publish import Publication
from siloscope.model import Asset, Outside, Reference
from siloscope.names import canonical, parents

MOST = 250_000  # assets and references; when a batch touches more, building everything costs no more memory


@dataclass(slots=True)
class Touched:
    """What the changes of a batch are about; `whole` when that is too much, or something on which everything rests."""

    assets: set[str] = field(default_factory=set)
    about: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    whole: bool = False

    def add(self, db: sqlite3.Connection, sid: int, change: SliceChange) -> None:
        """Note one slice's change, after it was written."""
        if self.whole:
            return
        for keys in ((key for key, *_ in change.put), change.back, change.lost, change.gone):
            self.assets.update(key[2:] for key in keys if key[0] == "a")
        self.sources.update(from_text(Reference, body).source for key, _, body in change.put if key[0] == "r")
        for key in change.gone:
            if key[0] == "r":
                row = db.execute("SELECT body FROM observation WHERE sid = ? AND key = ?", (sid, key)).fetchone()
                self.sources.add(from_text(Reference, row[0]).source)
        ends = [*(key for key, *_ in change.put), *change.gone]
        self.about.update(key[2:] for key in ends if key[0] == "d")
        self.whole = any(key[0] == "t" for key in ends) or len(self.assets) + len(self.sources) > MOST


@dataclass(slots=True)
class Steps:
    """One publication by steps."""

    building: Building
    graph: Publication
    claims: Claims
    times: dict[str, str]
    assets: dict[str, Asset] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    _near: dict[str, bool] = field(default_factory=dict)

    def by_steps(self, touched: Touched) -> bool:
        """Publish what changed; False, with nothing written, when everything has to be built."""
        if not self._decide(touched):
            return False
        building, graph = self.building, self.graph
        sources = self._sources(touched)
        scope = {graph.number(each) for each in sources}
        held = held_by({*self.assets, *sources}, building.holders(graph))
        graph.edges(building.edges(self.claims, graph, sources), scope)
        holders = building.holders(graph)
        self._attribute(held | held_by({*self.assets, *sources}, holders), building.attribution(holders))
        graph.nodes(self._nodes(building.silos(graph, {*graph.outside(linked=True), *building.outside})))
        graph.drop([*sorted(self.gone), *graph.outside(linked=False)])
        building.read_holdings()
        building.late = sum(building.is_late(each, self.times) for each in self.assets.values())
        return True

    def _attribute(self, held: set[str], who: Attribution) -> None:
        """Say whom assets work for: the touched ones, and those that were or are `held` by one of them."""
        for key in sorted(held - self.assets.keys() - self.gone):
            self.assets[key] = self.building.asset(key)
        self.assets = {key: who.of(each) for key, each in self.assets.items()}

    def _decide(self, touched: Touched) -> bool:
        """The touched assets as they are now, and whose claims changed; False when they are too many.

        Where claims changed, descriptions by name may be about other assets, which may change claims again.
        """
        waiting = touched.assets.union(*map(self._meant, touched.about))
        while waiting:
            known = len(self.names)
            for key in sorted(waiting):
                self._asset(key)
            if len(self.assets) + len(self.moved) > 2 * MOST:
                return False
            if len(self.names) == known:
                return True
            real = self.claims.aliases.real
            about = (each for each in self.building.abouts if real(each) in self.names)
            done = self.assets.keys() | self.gone
            waiting = set[str]().union(*map(self._meant, about)) - done
        return True

    def _meant(self, name: str) -> set[str]:
        """The assets that a description or reference by this id or name is of, now or as long as the id was no asset.

        Who claimed the name before and no longer does is no part of them: its own observations changed.
        """
        return {*self.claims.of(name), *((name,) if name in self.building.homes else ())}

    def _asset(self, key: str) -> None:
        """One asset as it is now, and what about its claims changed."""
        row = self.building.db.execute("SELECT body FROM asset WHERE id = ?", (key,)).fetchone()
        was = set(loads(row[0]).get("names", ())) if row else set()
        now: set[str] = set()
        if there := key in self.building.homes:
            asset = self.assets[key] = self.building.asset(key)
            now = set(asset.names)
        elif row:
            self.gone.add(key)
        differ = was ^ now
        if (row is not None) != there:
            differ = was | now | {key, canonical(key) or key}
        if differ:
            self.moved.add(key)
            self.names.update(self.claims.aliases.real(each) for each in differ)

    def _sources(self, touched: Touched) -> set[str]:
        """The assets whose references are decided anew."""
        found = self.moved.union(*map(self._meant, touched.sources))
        if self.names:
            real = self.claims.aliases.real
            for item in self.building.references():
                if self._is_near(item.name) or real(item.source) in self.names:
                    found |= self._meant(item.source)
        return found

    def _is_near(self, mention: str) -> bool:
        """Whether a mention is of a name whose claims changed, or lies within one."""
        name = self.claims.aliases.real(mention)
        if name in self.names:
            return True
        first = next(parents(name), None)
        if first is None:
            return False
        found = self._near.get(first)
        if found is None:
            if len(self._near) > MOST:
                self._near.clear()
            found = self._near[first] = any(each in self.names for each in (first, *parents(first)))
        return found

    def _nodes(self, silo: dict[int, str]) -> Iterator[Sequence[Asset | Outside]]:
        """The nodes that may differ from what is published."""
        number = self.graph.number
        portion: list[Asset | Outside] = [
            changed(each, silo=silo.get(number(key))) for key, each in self.assets.items()
        ]
        portion += [Outside(each, each.removeprefix(OUTSIDE)) for each in sorted(self.building.outside)]
        rows = self.building.db.execute("SELECT nid, id, silo FROM asset WHERE NOT outside").fetchall()
        for nid, key, was in rows:
            if silo.get(nid) != was and key not in self.assets and key not in self.gone:
                body = self.building.db.execute("SELECT body FROM asset WHERE nid = ?", (nid,)).fetchone()[0]
                portion.append(changed(in_text(body, self.times), silo=silo.get(nid)))
            if len(portion) >= PORTION:
                yield portion
                portion = []
        yield portion
