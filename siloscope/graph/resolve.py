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

from siloscope.model import Asset, Edge, How, Outside, Reference
from siloscope.names import canonical, parents, root

OUTSIDE = "outside:"


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
        claimed: dict[str, set[str]] = defaultdict(set)
        for asset in assets:
            own = {asset.id, *asset.names}
            if key := canonical(asset.id):
                own.add(key)
            for name in own:
                claimed[aliases.real(name)].add(asset.id)
        self._by_name = {name: tuple(sorted(ids)) for name, ids in claimed.items()}
        self._around: dict[str, tuple[tuple[str, ...], str]] = {}
        self._met: dict[str, tuple[How, str, tuple[str, ...]]] = {}

    def of(self, name: str) -> tuple[str, ...]:
        """The assets that claim exactly this name."""
        return self._by_name.get(self.aliases.real(name), ())

    def several(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Names that more than one asset claims, in order."""
        return ((name, ids) for name, ids in sorted(self._by_name.items()) if len(ids) > 1)

    def meet(self, mention: str) -> tuple[How, str, tuple[str, ...]]:
        """How a mention is met: `(how, real name, asset ids)`; for *outside* the id of the outside node."""
        found = self._met.get(mention)
        if found is None:
            found = self._met[mention] = self._meet(self.aliases.real(mention))
        return found

    def _meet(self, name: str) -> tuple[How, str, tuple[str, ...]]:
        if ids := self._by_name.get(name):
            return How.EXACT, name, ids
        first = next(parents(name), None)
        if first is None:
            return How.OUTSIDE, name, (OUTSIDE + self.aliases.real(root(name)),)
        found = self._around.get(first)
        if found is None:
            found = self._around[first] = self._beyond(first)
        ids, place = found
        if ids:
            return How.INSIDE, name, ids
        # A container that is not its own place has the place of all it holds; one that is may hold places.
        place = root(name) if place == first else place
        return How.OUTSIDE, name, (OUTSIDE + self.aliases.real(place),)

    def _beyond(self, container: str) -> tuple[tuple[str, ...], str]:
        """The assets that claim the nearest of a container and what holds it, else the place it stands for."""
        near = (ids for each in (container, *parents(container)) if (ids := self._by_name.get(each)))
        ids = next(near, ())
        return ids, "" if ids else root(container)


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
        certain = how if read.confidence >= 1.0 or how is How.OUTSIDE else How.INFERRED
        yield Edge(source, target, read.verb, certain, name, read.where, float(read.confidence))
