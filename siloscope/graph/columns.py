"""A graph as columns: numbers and texts as a store holds them, from which records are made when somebody asks.

Nodes are numbered as in `view.Graph`: assets first, then outside nodes, each sorted by id. Most of what is asked of a
large graph are its arrays; a record of each of five million edges costs more than all of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from siloscope.graph.seen import in_text
from siloscope.model import Asset, Edge, How, Outside, Verb

if TYPE_CHECKING:
    import numpy as np

VERBS, HOWS = tuple(Verb), tuple(How)
_VERB = {each.value: number for number, each in enumerate(VERBS)}
_HOW = {each.value: number for number, each in enumerate(HOWS)}
PREFIX = "outside:"


@dataclass(slots=True)
class Links:
    """Edges, in the order of the graph: node numbers, numbers in `VERBS` and `HOWS`, and texts.

    The texts are in the order in which they were read: `order` has the place of each edge's, None when it is the same.
    """

    source: np.ndarray
    target: np.ndarray
    verb: np.ndarray
    how: np.ndarray
    confidence: np.ndarray
    names: Sequence[str]
    spots: Sequence[str]
    order: np.ndarray | None = None


@dataclass(slots=True)
class Columns:
    """Nodes and edges; `bodies` are the JSON of the assets as `seen.text_of` wrote them with `times`."""

    assets: Sequence[str]
    outside: Sequence[str]
    bodies: list[str]
    times: Mapping[str, str]
    links: Links

    @property
    def ids(self) -> list[str]:
        """Node ids, by number."""
        return [*self.assets, *self.outside]

    def asset_records(self) -> tuple[Asset, ...]:
        """The assets; afterwards what they were made from is let go."""
        bodies, self.bodies = self.bodies, []
        return tuple(in_text(each, self.times) for each in _emptied(bodies))

    def outside_records(self) -> tuple[Outside, ...]:
        """The outside nodes."""
        return tuple(Outside(each, each.removeprefix(PREFIX)) for each in self.outside)

    def edge_records(self) -> tuple[Edge, ...]:
        """The edges."""
        ids, links = self.ids, self.links
        names, spots = links.names, links.spots
        if links.order is not None:
            places = links.order.tolist()
            names, spots = [names[each] for each in places], [spots[each] for each in places]
        rows = zip(
            links.source.tolist(), links.target.tolist(), links.verb.tolist(), links.how.tolist(), names, spots,
            links.confidence.tolist(), strict=True,
        )  # fmt: skip
        return tuple(Edge(ids[a], ids[b], VERBS[v], HOWS[h], name, spot, sure) for a, b, v, h, name, spot, sure in rows)

    def edges_around(self, assets: Sequence[bool]) -> tuple[Edge, ...]:
        """The edges at the assets that are marked and at their neighbours."""
        import numpy as np

        links, near = self.links, np.zeros(len(self.assets) + len(self.outside), dtype=bool)
        near[: len(self.assets)] = assets
        touched = near[links.source] | near[links.target]
        near[links.source[touched]] = near[links.target[touched]] = True
        ids = self.ids
        chosen = np.flatnonzero(near[links.source] | near[links.target])
        texts = chosen if links.order is None else links.order[chosen]
        return tuple(
            Edge(
                ids[links.source[n]],
                ids[links.target[n]],
                VERBS[links.verb[n]],
                HOWS[links.how[n]],
                links.names[place],
                links.spots[place],
                float(links.confidence[n]),
            )
            for n, place in zip(chosen.tolist(), texts.tolist(), strict=True)
        )

    def ends(self) -> np.ndarray:
        """`view.Graph.ends`: dependents and what they depend on, in the order of the dependencies."""
        import numpy as np

        depends = np.array([each.depends for each in VERBS], dtype=np.int8)[self.links.verb]
        kept = depends != 0
        pair = np.stack((self.links.source[kept], self.links.target[kept])).astype(np.int64)
        return np.where(depends[kept] > 0, pair, pair[::-1])

    def resolution(self) -> tuple[int, int]:
        """`view.Graph.resolution`."""
        import numpy as np

        depends = np.array([each.depends != 0 for each in VERBS])[self.links.verb]
        outside = self.links.how == _HOW[How.OUTSIDE.value]
        return int((depends & ~outside).sum()), int(depends.sum())


def _emptied(texts: list[str]) -> Iterator[str]:
    """The texts, each let go once it was used."""
    texts.reverse()
    while texts:
        yield texts.pop()


def links_of(
    portions: Iterable[Sequence[tuple[Any, ...]]], number: np.ndarray, assets: Sequence[str], outside: Sequence[str]
) -> Links:
    """Edges from rows (source, target, verb, name, how, spot, confidence) sorted by the first four.

    `number` gives node numbers by the numbers in the rows; `assets` and `outside` are node ids, each sorted.
    """
    import numpy as np

    arrays: list[list[np.ndarray]] = [[], [], [], [], []]
    names: list[str] = []
    spots: list[str] = []
    known: dict[str, str] = {}
    for rows in portions:
        source, target, verb, name, how, spot, confidence = zip(*rows, strict=True)
        size = len(rows)
        arrays[0].append(number[np.fromiter(source, np.int64, size)])
        arrays[1].append(number[np.fromiter(target, np.int64, size)])
        arrays[2].append(np.fromiter(map(_VERB.__getitem__, verb), np.uint8, size))
        arrays[3].append(np.fromiter(map(_HOW.__getitem__, how), np.uint8, size))
        arrays[4].append(np.fromiter(confidence, np.float64, size))
        names.extend(name)
        spots.extend(map(known.setdefault, spot, spot))  # few places, told many times
    types = (np.int32, np.int32, np.uint8, np.uint8, np.float64)
    a, b, c, d, e = (
        np.concatenate(each) if each else np.empty(0, kind) for each, kind in zip(arrays, types, strict=True)
    )
    rank = _ranks(assets, outside)
    place = rank[a] * len(rank) + rank[b]
    if bool((place[1:] >= place[:-1]).all()):
        return Links(a, b, c, d, e, names, spots)
    order = np.argsort(place, kind="stable")  # verbs and names of two nodes stay in their order
    return Links(a[order], b[order], c[order], d[order], e[order], names, spots, order)


def _ranks(assets: Sequence[str], outside: Sequence[str]) -> np.ndarray:
    """The place of each node's id among all ids, sorted; by node number."""
    import numpy as np

    before = np.array([bisect_left(assets, each) for each in outside], dtype=np.int64)
    numbers = np.arange(len(assets), dtype=np.int64)
    after = np.searchsorted(before, numbers, side="right")
    return np.concatenate((numbers + after, before + np.arange(len(outside), dtype=np.int64)))
