"""A graph as columns: numbers and texts as a store holds them, from which records are made when somebody asks.

Nodes are numbered as in `view.Graph`: assets first, then outside nodes, each sorted by id. Most of what is asked of a
large graph are its arrays; a record of each of five million edges costs more than all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    """Edges, in the order of the graph: node numbers, numbers in `VERBS` and `HOWS`, and texts."""

    source: np.ndarray
    target: np.ndarray
    verb: np.ndarray
    how: np.ndarray
    confidence: np.ndarray
    names: Sequence[str]
    spots: Sequence[str]


@dataclass(slots=True)
class Columns:
    """Nodes and edges; `bodies` are the JSON of the assets as `seen.text_of` wrote them with `times`."""

    assets: Sequence[str]
    outside: Sequence[str]
    bodies: Sequence[str]
    times: Mapping[str, str]
    links: Links

    @property
    def ids(self) -> list[str]:
        """Node ids, by number."""
        return [*self.assets, *self.outside]

    def asset_records(self) -> tuple[Asset, ...]:
        """The assets; afterwards what they were made from is let go."""
        found = tuple(in_text(each, self.times) for each in self.bodies)
        self.bodies = ()
        return found

    def outside_records(self) -> tuple[Outside, ...]:
        """The outside nodes."""
        return tuple(Outside(each, each.removeprefix(PREFIX)) for each in self.outside)

    def edge_records(self) -> tuple[Edge, ...]:
        """The edges."""
        ids, links = self.ids, self.links
        rows = zip(
            links.source.tolist(), links.target.tolist(), links.verb.tolist(), links.how.tolist(), links.names,
            links.spots, links.confidence.tolist(), strict=True,
        )  # fmt: skip
        return tuple(Edge(ids[a], ids[b], VERBS[v], HOWS[h], name, spot, sure) for a, b, v, h, name, spot, sure in rows)

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


def links_of(portions: Iterable[Sequence[tuple[Any, ...]]], number: np.ndarray, ids: Sequence[str]) -> Links:
    """Edges from rows (source, target, verb, name, how, spot, confidence) sorted by the first four.

    `number` gives node numbers by the numbers in the rows, `ids` are node ids by node number.
    """
    import numpy as np

    arrays: list[list[np.ndarray]] = [[], [], [], [], []]
    names: list[str] = []
    spots: list[str] = []
    known: dict[str, str] = {}
    for rows in portions:
        source, target, verb, name, how, spot, confidence = zip(*rows, strict=True)
        size = len(rows)
        arrays[0].append(number[np.array(source)])
        arrays[1].append(number[np.array(target)])
        arrays[2].append(np.fromiter(map(_VERB.__getitem__, verb), np.uint8, size))
        arrays[3].append(np.fromiter(map(_HOW.__getitem__, how), np.uint8, size))
        arrays[4].append(np.array(confidence, dtype=np.float64))
        names.extend(name)
        spots.extend(known.setdefault(each, each) for each in spot)  # few places, told many times
    types = (np.int32, np.int32, np.uint8, np.uint8, np.float64)
    a, b, c, d, e = (
        np.concatenate(each) if each else np.empty(0, dtype=kind) for each, kind in zip(arrays, types, strict=True)
    )
    rank = _ranks(ids)
    order = np.lexsort((rank[b], rank[a]))  # stable: verbs and names stay in their order
    if not np.array_equal(order, np.arange(len(order))):
        a, b, c, d, e = a[order], b[order], c[order], d[order], e[order]
        places = order.tolist()
        names, spots = [names[each] for each in places], [spots[each] for each in places]
    return Links(a, b, c, d, e, names, spots)


def _ranks(ids: Sequence[str]) -> np.ndarray:
    """The place of each id among all, sorted."""
    import numpy as np

    rank = np.empty(len(ids), dtype=np.int32)
    rank[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids), dtype=np.int32)
    return rank
