"""The graph as integer columns: which tool, department and community each asset belongs to, and how units are linked.

Everything that counts dependencies works on these arrays; an edge is looked up as a record only where a finding
names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import ref

from siloscope.analysis.common import remembered
from siloscope.graph.departments import SHARED, UNASSIGNED
from siloscope.graph.view import Graph

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

UNITS = ("tool", "department", "community")


@dataclass(frozen=True)
class Units:
    """A way to divide the assets: `names` in order, and for each asset the index of its unit, -1 for none."""

    kind: str
    names: tuple[str, ...]
    of: np.ndarray

    @cached_property
    def sizes(self) -> np.ndarray:
        """Assets by unit."""
        import numpy as np

        return np.bincount(self.of[self.of >= 0], minlength=len(self.names))


class Columns:
    """A graph's arrays: `ends` (2, dependencies), dependent first; nodes below `assets` are assets."""

    def __init__(self, graph: Graph) -> None:
        self._graph = ref(graph)
        self.assets = len(graph.assets)
        self.nodes = self.assets + len(graph.outside)
        self.ends = graph.ends
        self.kept: dict[str, Any] = {}  # what rules made of the columns and need again
        self._units: dict[str, Units] = {}

    @property
    def graph(self) -> Graph:
        """The graph itself, which its user holds."""
        graph = self._graph()
        if graph is None:
            raise ReferenceError("the graph of these columns is gone")
        return graph

    def units(self, kind: str) -> Units:
        """The assets divided by `tool`, `department` (without unassigned and shared) or `community`."""
        if kind not in self._units:
            self._units[kind] = self._divided(kind)
        return self._units[kind]

    def _divided(self, kind: str) -> Units:
        graph = self.graph
        values: list[str | None]
        if kind == "tool":
            values = [each.tool for each in graph.assets]
            names = tuple(each.id for each in graph.tools)
        elif kind == "department":
            values = [each.department for each in graph.assets]
            names = tuple(sorted({each for each in values if each} - {UNASSIGNED, SHARED}))
        else:
            values = [each.silo for each in graph.assets]
            names = tuple(sorted({each for each in values if each}))
        return Units(kind, names, _numbers(values, names))

    def unit_of(self, units: Units) -> np.ndarray:
        """Shape (2, dependencies): the unit of either end, -1 for none and for the outside."""
        import numpy as np

        of = np.full(self.nodes, -1, dtype=np.int64)
        of[: self.assets] = units.of
        ends: np.ndarray = of[self.ends]
        return ends

    def links(self, units: Units) -> csr_array:
        """Dependencies by unit: row depends on column; the diagonal counts those inside."""
        import numpy as np
        from scipy.sparse import coo_array

        a, b = self.unit_of(units)
        both = (a >= 0) & (b >= 0)
        size = len(units.names)
        matrix = coo_array((np.ones(both.sum(), dtype=np.int64), (a[both], b[both])), shape=(size, size)).tocsr()
        matrix.sum_duplicates()
        return matrix

    def loose(self, units: Units) -> np.ndarray:
        """By unit, the dependencies to or from an asset that belongs to none."""
        import numpy as np

        a, b = self.unit_of(units)
        inside = (self.ends < self.assets).all(axis=0)
        ends = np.r_[a[inside & (b < 0) & (a >= 0)], b[inside & (a < 0) & (b >= 0)]]
        return np.bincount(ends, minlength=len(units.names))

    @cached_property
    def outward(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (asset, outside node counted from 0) that a dependency joins, in either direction, each once."""
        import numpy as np

        first, second = self.ends
        out = (first < self.assets) != (second < self.assets)
        asset = np.minimum(first, second)[out]
        place = np.maximum(first, second)[out] - self.assets
        pairs = distinct(asset * np.int64(max(self.nodes - self.assets, 1)) + place)
        return np.divmod(pairs, max(self.nodes - self.assets, 1))

    def meetings(self, units: Units) -> tuple[np.ndarray, np.ndarray]:
        """Pairs (outside node, unit) of outside nodes that at least two units point to."""
        import numpy as np

        asset, place = self.outward
        unit = units.of[asset]
        known = unit >= 0
        size = max(len(units.names), 1)
        place, unit = np.divmod(distinct(place[known] * np.int64(size) + unit[known]), size)
        shared = np.bincount(place, minlength=1) > 1
        return place[shared[place]], unit[shared[place]]

    def sources(self, units: Units) -> list[frozenset[str]]:
        """By unit, the sources that see its assets."""
        import numpy as np

        numbers: dict[tuple[str, ...], int] = {}
        seen = np.array([numbers.setdefault(each.sources, len(numbers)) for each in self.graph.assets], dtype=np.int64)
        groups, known = list(numbers), units.of >= 0
        found = gathered(units.of[known], seen[known], len(units.names))
        return [frozenset(name for each in unit for name in groups[each]) for unit in found]

    def holders(self, units: Units) -> list[list[int]]:
        """By unit, the numbers of the tools that hold its assets, in order."""
        known = units.of >= 0
        return gathered(units.of[known], self.units("tool").of[known], len(units.names))


def distinct(keys: np.ndarray) -> np.ndarray:
    """The different ones of some integers, sorted; by sorting, which for millions is much faster than `np.unique`."""
    import numpy as np

    keys = np.sort(keys)
    return keys[np.r_[True, keys[1:] != keys[:-1]]] if len(keys) else keys


def gathered(keys: np.ndarray, values: np.ndarray, count: int) -> list[list[int]]:
    """By key, of which there are `count`, its different values in order; none is negative."""
    import numpy as np

    size = int(values.max(initial=0)) + 1
    found: list[list[int]] = [[] for _ in range(count)]
    for pair in distinct(keys * np.int64(size) + values).tolist():
        found[pair // size].append(pair % size)
    return found


def _numbers(values: list[Any], names: tuple[str, ...]) -> np.ndarray:
    import numpy as np

    number = {name: n for n, name in enumerate(names)}
    return np.array([number.get(each, -1) for each in values], dtype=np.int64)


@remembered
def columns(graph: Graph) -> Columns:
    """The columns of a graph."""
    return Columns(graph)
