"""Linking, one function over all claims and mentions: no per-pair code, no dependence on order.

1. *exact*: an asset claims the name. 2. *inside*: the nearest wider name that an asset claims.
3. *outside*: nobody scanned claims it; it stays visible as a node at container grain, so that two tools
that read different files of one unscanned bucket are still seen to share it.
A name claimed by several assets links to each of them: one thing inventoried twice is no error.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from siloscope.model import Asset, Edge, How, Outside, Reference
from siloscope.names import canonical, parents, root

OUTSIDE = "outside:"
MOST_REMEMBERED = 100_000


class Aliases:
    """What DNS, a proxy or a naming habit hides: groups of names that are one.

    A name below an aliased one follows it: with `host://a:5432` the same as `host://b:5432`,
    `host://a:5432/x` is `host://b:5432/x`.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._real: dict[str, str] = {}
        for name, same in pairs:
            a, b = canonical(name) or name, canonical(same) or same
            top_a, top_b = self._top(a), self._top(b)
            if top_a != top_b:
                self._real[top_a] = top_b

    def _top(self, name: str) -> str:
        while name in self._real:
            name = self._real[name]
        return name

    def real(self, name: str) -> str:
        """The representative of `name`'s group; what lies below an alias follows it, through several if need be."""
        if not self._real:
            return name
        for _ in range(len(self._real) + 1):  # bounded: a name that is the same as something below itself has no end
            further = self._step(name)
            if further == name:
                break
            name = further
        return name

    def _step(self, name: str) -> str:
        if name in self._real:
            return self._top(name)
        for wider in parents(name):
            if wider in self._real and name.startswith(wider):
                return self._top(wider) + name[len(wider) :]
        return name


class Claims:
    """Which assets claim which names."""

    def __init__(self, assets: Iterable[Asset], aliases: Aliases) -> None:
        self.aliases = aliases
        self._by_name: dict[str, tuple[str, ...] | set[str]] = {}
        self._around: dict[str, tuple[tuple[str, ...], str]] = {}
        self._met: dict[str, tuple[How, str, tuple[str, ...]]] = {}
        for asset in assets:
            self.add(asset.id, asset.names)

    def add(self, asset: str, names: Iterable[str]) -> None:
        """An asset of that id claims it and these names; not to be called once something was met."""
        alone = (asset,)
        own = {asset, *names}
        if key := canonical(asset):
            own.add(key)
        for name in own:
            real = self.aliases.real(name)
            known = self._by_name.setdefault(real, alone)
            if known is not alone and asset not in known:
                several = known if isinstance(known, set) else set(known)
                several.add(asset)
                self._by_name[real] = several

    def _ids(self, real: str) -> tuple[str, ...]:
        found = self._by_name.get(real, ())
        if isinstance(found, set):
            found = self._by_name[real] = tuple(sorted(found))
        return found

    def of(self, name: str) -> tuple[str, ...]:
        """The assets that claim exactly this name."""
        return self._ids(self.aliases.real(name))

    def several(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Names that more than one asset claims, in order."""
        return ((name, self._ids(name)) for name in sorted(self._by_name) if len(self._by_name[name]) > 1)

    def meet(self, mention: str) -> tuple[How, str, tuple[str, ...]]:
        """How a mention is met: `(how, real name, asset ids)`; for *outside* the id of the outside node."""
        found = self._met.get(mention)
        if found is None:
            _bound(self._met)
            found = self._met[mention] = self._meet(self.aliases.real(mention))
        return found

    def _meet(self, name: str) -> tuple[How, str, tuple[str, ...]]:
        if ids := self._ids(name):
            return How.EXACT, name, ids
        first = next(parents(name), None)
        if first is None:
            return How.OUTSIDE, name, (OUTSIDE + self.aliases.real(root(name)),)
        found = self._around.get(first)
        if found is None:
            _bound(self._around)
            found = self._around[first] = self._beyond(first)
        ids, place = found
        if ids:
            return How.INSIDE, name, ids
        # A container that is not its own place has the place of all it holds; one that is may hold places.
        place = root(name) if place == first else place
        return How.OUTSIDE, name, (OUTSIDE + self.aliases.real(place),)

    def _beyond(self, container: str) -> tuple[tuple[str, ...], str]:
        """The assets that claim the nearest of a container and what holds it, else the place it stands for."""
        near = (ids for each in (container, *parents(container)) if (ids := self._ids(each)))
        ids = next(near, ())
        return ids, "" if ids else root(container)


def _bound(remembered: dict[str, Any]) -> None:
    """Forget what was remembered when it is too much: most mentions are met once, and soon again or never."""
    if len(remembered) >= MOST_REMEMBERED:
        remembered.clear()


def resolve(
    assets: Mapping[str, Asset], references: Iterable[Reference], claims: Claims
) -> tuple[tuple[Edge, ...], tuple[Outside, ...]]:
    """All edges and outside nodes, sorted. A reference whose source nobody claims waits; one to itself is no edge.

    Several references of one source, verb and name to one target are one edge: the surest, then the first place.
    """
    with uncollected():
        return _resolve(assets, references, claims)


@contextmanager
def uncollected() -> Iterator[None]:
    """No cyclic collection meanwhile: it would walk millions of records without a cycle again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _resolve(
    assets: Mapping[str, Asset], references: Iterable[Reference], claims: Claims
) -> tuple[tuple[Edge, ...], tuple[Outside, ...]]:
    said: dict[str, list[Reference]] = defaultdict(list)
    for each in references:
        for source in (each.source,) if each.source in assets else claims.of(each.source):
            said[source].append(each)
    edges: list[Edge] = []
    outside: set[str] = set()
    for source in sorted(said):  # source by source: many short sorts cost far less than one long one
        edges.extend(_edges(source, said[source], claims, outside))
    return tuple(edges), tuple(Outside(each, each.removeprefix(OUTSIDE)) for each in sorted(outside))


def _edges(source: str, references: Iterable[Reference], claims: Claims, outside: set[str]) -> Iterator[Edge]:
    """The edges of one asset, sorted; the outside nodes it points to are added to `outside`."""
    best: dict[tuple[str, str, str], tuple[Reference, How]] = {}
    for each in references:
        how, name, targets = claims.meet(each.name)
        if source in targets:
            continue
        for target in targets:
            key = (target, str(each.verb), name)
            known = best.get(key)
            if known is None or (-each.confidence, each.where) < (-known[0].confidence, known[0].where):
                best[key] = each, how
        if how is How.OUTSIDE:
            outside.update(targets)
    for target, verb, name in sorted(best):
        read, how = best[target, verb, name]
        yield Edge(source, target, read.verb, certain(how, read), name, read.where, float(read.confidence))


def certain(how: How, read: Reference) -> How:
    """How a reference met its target: inferred when it was not sure itself, unless nobody claims what it names."""
    return how if read.confidence >= 1.0 or how is How.OUTSIDE else How.INFERRED
