"""The integration mapper: for every pair of silos what flows, what both read, and what would connect them most cheaply.

A bridge candidate is a pair of assets, one on either side, that are about the same thing: named alike, or with keys
and columns in common. It is the cheaper to build, the nearer the two already are: in one tool, in a tool that both
sides use, in two instances of one product. Where no two assets are alike, what both sides read is the place to meet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

from siloscope.analysis.common import finding, listed, many, points
from siloscope.analysis.silos.columns import Columns, Units, columns, distinct, gathered
from siloscope.analysis.silos.likeness import columns_of, in_common, is_key, words
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

RARE = 12  # a name or key that more assets have says nothing
WELL = 3  # dependencies between two silos from which on they need no further bridge
SHOWN = 5  # candidates kept a pair
_FEWEST_LETTERS = 4


@dataclass(frozen=True)
class Candidate:
    """Two assets that a link would join, whether one of the two tools or a third carries it, and why."""

    a: str
    b: str
    via: str | None
    because: tuple[Evidence, ...]

    @property
    def score(self) -> float:
        """From 0 to 1: the sum of the evidence."""
        return points(self.because)[0]


@dataclass(frozen=True)
class Pairing:
    """Two silos: dependencies of each on the other, what both depend on, tools both use, candidates best first.

    `common` are ids of assets or outside nodes, those with the fewest readers first; `common_count` is their number.
    """

    a: str
    b: str
    a_on_b: int
    b_on_a: int
    common_count: int
    common: tuple[str, ...]
    tools: tuple[str, ...]
    candidates: tuple[Candidate, ...] = field(default=())


def pairings(graph: Graph, kind: str = "department", least: int = 1) -> Iterator[Pairing]:
    """Every pair of silos of at least `least` assets, by name; of communities only pairs that have something in common.

    Args:
        graph: The graph.
        kind: `department` or `community`.
        least: Assets that a silo must have.
    """
    data = columns(graph)
    mapper = data.kept.get(f"mapper {kind}")
    if mapper is None:
        mapper = data.kept[f"mapper {kind}"] = _Mapper(data, kind)
    sizes = mapper.units.sizes
    for a, b in mapper.pairs():
        if sizes[a] >= least and sizes[b] >= least:
            yield mapper.pairing(a, b)


def bridge_candidate(graph: Graph) -> Iterator[Finding]:
    """Two departments with hardly a link, and the link that would connect them most cheaply; one finding a pair."""
    for each in pairings(graph, "department", least=2):
        flows = each.a_on_b + each.b_on_a
        if flows >= WELL or not each.candidates:
            continue
        best = each.candidates[0]
        said = f"only {many(flows, 'dependency', 'dependencies')}" if flows else "no dependency"
        because = [*best.because, Evidence(f"{said} between {each.a} and {each.b} so far", 0.05 if flows else 0.1)]
        because += [
            Evidence(f"or join {_called(graph, other.a)} and {_called(graph, other.b)} ({other.score:.2f})", 0.0)
            for other in each.candidates[1:]
        ]
        one, two = _called(graph, best.a), _called(graph, best.b)
        through = f" through {best.via}" if best.via else ""
        yield finding(
            "bridge-candidate",
            [each.a, each.b],
            f"{each.a} and {each.b} could be joined at {one} and {two}{through}",
            [best.a, best.b, *([best.via] if best.via else [])],
            because,
            severity="info" if flows else "low",
        )


def _called(graph: Graph, key: str) -> str:
    known = graph.asset.get(key)
    return known.name if known else key.removeprefix("outside:")


class _Mapper:
    """What pairs of units share; computed once for all pairs."""

    def __init__(self, data: Columns, kind: str) -> None:
        self.data = data
        self.units: Units = self.data.units(kind)
        self.links: csr_array = self.data.links(self.units)

    @property
    def graph(self) -> Graph:
        """The graph of the columns."""
        return self.data.graph

    @cached_property
    def reads(self) -> csr_array:
        """Unit x node: 1 where an asset of the unit depends on the node, or feeds a node outside."""
        import numpy as np
        from scipy.sparse import coo_array

        first, second = self.data.ends
        owner = self.data.unit_of(self.units)
        rows, nodes = np.r_[owner[0], owner[1]], np.r_[second, first]
        known = (rows >= 0) & np.r_[np.ones(len(first), dtype=bool), first >= self.data.assets]
        shape = (len(self.units.names), self.data.nodes)
        matrix = coo_array((np.ones(known.sum()), (rows[known], nodes[known])), shape=shape).tocsr()
        matrix.sum_duplicates()  # sorts the indices as well
        matrix.data[:] = 1.0
        return matrix

    @cached_property
    def readers(self) -> np.ndarray:
        """By node, the number of units that read it."""
        import numpy as np

        return np.bincount(self.reads.indices, minlength=self.data.nodes)

    @cached_property
    def touched(self) -> list[frozenset[int]]:
        """By unit, the tools that hold its assets or that these depend on."""
        import numpy as np

        tools = self.data.units("tool")
        owner, used = self.data.unit_of(self.units)[0], self.data.unit_of(tools)[1]
        known = (owner >= 0) & (used >= 0)
        held = self.units.of >= 0
        by, what = np.r_[owner[known], self.units.of[held]], np.r_[used[known], tools.of[held]]
        return [frozenset(each) for each in gathered(by, what, len(self.units.names))]

    @cached_property
    def _joined(self) -> np.ndarray:
        """Pairs of assets of different units that a dependency joins, as `smaller * nodes + larger`, sorted."""
        import numpy as np

        owner = self.data.unit_of(self.units)
        low, high = np.sort(self.data.ends[:, (owner >= 0).all(axis=0) & (owner[0] != owner[1])], axis=0)
        return distinct(low * np.int64(self.data.nodes) + high)

    def joined(self, one: int, two: int) -> bool:
        """Whether a dependency joins two assets, `one` the smaller number."""
        import numpy as np

        key = one * self.data.nodes + two
        at = int(np.searchsorted(self._joined, key))
        return at < len(self._joined) and int(self._joined[at]) == key

    @cached_property
    def alike(self) -> Mapping[tuple[int, int], list[tuple[int, int, tuple[Evidence, ...]]]]:
        """By pair of units, pairs of assets that are about the same thing, with the evidence."""
        blocks: dict[tuple[str, ...], list[int]] = defaultdict(list)
        schemas: dict[int, frozenset[str]] = {}
        keyed: dict[str, list[int]] = defaultdict(list)
        for number, (asset, unit) in enumerate(zip(self.graph.assets, self.units.of.tolist(), strict=True)):
            if unit < 0:
                continue
            key = words(asset.name)
            if sum(map(len, key)) >= _FEWEST_LETTERS:
                blocks[key].append(number)
            if schema := columns_of(asset):
                schemas[number] = schema
                for column in schema:
                    if is_key(column):
                        keyed[column].append(number)
        named = {
            pair: len(members)
            for members in blocks.values()
            if len(members) <= RARE
            for pair in combinations(members, 2)
        }
        joint = {pair for members in keyed.values() if len(members) <= RARE for pair in combinations(members, 2)}
        return self._scored(named, joint, schemas)

    def _scored(
        self,
        named: Mapping[tuple[int, int], int],
        keyed: Iterable[tuple[int, int]],
        schemas: Mapping[int, frozenset[str]],
    ) -> Mapping[tuple[int, int], list[tuple[int, int, tuple[Evidence, ...]]]]:
        found: dict[tuple[int, int], list[tuple[int, int, tuple[Evidence, ...]]]] = defaultdict(list)
        of = self.units.of
        for one, two in sorted({*named, *keyed}):
            if of[one] == of[two] or self.joined(one, two):
                continue
            a, b = (one, two) if of[one] < of[two] else (two, one)
            left, right = self.graph.assets[a], self.graph.assets[b]
            because = []
            if holders := named.get((one, two)):
                rarity = "nothing else is called so" if holders == 2 else f"{holders} assets are called so"
                because.append(
                    Evidence(
                        f"{left.name} and {right.name} name the same thing; {rarity}", 0.4 if holders == 2 else 0.3
                    )
                )
            because += in_common(schemas.get(a), schemas.get(b))
            found[int(of[a]), int(of[b])].append((a, b, tuple(because)))
        return found

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs of units: all departments, but of communities only those that have anything in common."""
        if self.units.kind == "department":
            yield from combinations(range(len(self.units.names)), 2)
            return
        both = (self.links + self.links.T + self.reads @ self.reads.T).tocoo()
        some = {(a, b) for a, b in zip(both.row.tolist(), both.col.tolist(), strict=True) if a < b}
        yield from sorted(some | set(self.alike))

    def pairing(self, a: int, b: int) -> Pairing:
        """All about one pair."""
        import numpy as np

        graph, names = self.graph, self.units.names
        shared = np.intersect1d(self.reads[[a]].indices, self.reads[[b]].indices, assume_unique=True)
        shared = shared[np.lexsort((shared, self.readers[shared]))]
        both = sorted(self.touched[a] & self.touched[b])
        candidates = [self._candidate(*each) for each in self.alike.get((a, b), ())]
        candidates += [each for node in shared[:1].tolist() if (each := self._meeting(a, b, node))]
        best = sorted(candidates, key=lambda each: (-each.score, each.a, each.b))[:SHOWN]
        return Pairing(
            a=names[a],
            b=names[b],
            a_on_b=int(self.links[a, b]),
            b_on_a=int(self.links[b, a]),
            common_count=len(shared),
            common=tuple(self._id(each) for each in shared[:SHOWN].tolist()),
            tools=tuple(graph.tools[each].id for each in both),
            candidates=tuple(best),
        )

    def _id(self, node: int) -> str:
        graph = self.graph
        return graph.assets[node].id if node < self.data.assets else graph.outside[node - self.data.assets].id

    def _candidate(self, a: int, b: int, because: tuple[Evidence, ...]) -> Candidate:
        """A pair of like assets, with how near they already are."""
        left, right = self.graph.assets[a], self.graph.assets[b]
        one, two = self.units.of[a], self.units.of[b]
        tools = self.graph.tools
        third = sorted(tools[each].id for each in self.touched[one] & self.touched[two])
        via = None
        if left.tool == right.tool:
            via, near = left.tool, Evidence(f"both are in {left.tool}: no new connection is needed", 0.25)
        elif left.tool in third or right.tool in third:
            via = left.tool if left.tool in third else right.tool
            near = Evidence(f"both sides already use {via}", 0.2)
        elif third:
            via, near = third[0], Evidence(f"both sides already use {listed(third, 2)}, which could carry it", 0.1)
        elif left.tool.partition(":")[0] == right.tool.partition(":")[0]:
            near = Evidence("two instances of one product: the same connector on both sides", 0.1)
        else:
            near = Evidence(f"{left.tool} and {right.tool} have no tool in common: a new connection", 0.0)
        return Candidate(left.id, right.id, via, (*because, near))

    def _meeting(self, a: int, b: int, node: int) -> Candidate | None:
        """Two assets that read the same node: the first of either side by number, which is by id."""
        import numpy as np

        first, second = self.data.ends
        near = np.unique(np.r_[first[second == node], second[first == node]])
        near = near[near < self.data.assets]
        left, right = near[self.units.of[near] == a], near[self.units.of[near] == b]
        if not len(left) or not len(right):
            return None
        key = self._id(node)
        where = _called(self.graph, key)
        unseen = node >= self.data.assets
        because = (
            Evidence(f"both sides already use {where}" + (", which nobody scanned" if unseen else ""), 0.25),
            Evidence(f"{many(int(self.readers[node]), 'silo')} read it", 0.15 if self.readers[node] == 2 else 0.0),
        )
        via = None if unseen else self.graph.assets[node].tool
        return Candidate(self.graph.assets[int(left[0])].id, self.graph.assets[int(right[0])].id, via, because)


def pair_row(pairing: Pairing) -> dict[str, Any]:
    """A pairing as JSON data."""
    candidates = [
        {
            "a": each.a,
            "b": each.b,
            "via": each.via,
            "score": each.score,
            "because": [{"says": one.says, "weight": one.weight} for one in each.because],
        }
        for each in pairing.candidates
    ]
    return {**vars(pairing), "common": list(pairing.common), "tools": list(pairing.tools), "candidates": candidates}
