"""All comparable assets as arrays: one sparse matrix a view, codes for what is equal or not, rarity as weight.

A token weighs what its rarity among the compared assets says: about 1 for one that stands alone, near 0 for one that
everything has. The weight of a count grows with its logarithm.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from siloscope.analysis import similar
from siloscope.analysis.duplicates import tokens as read
from siloscope.analysis.duplicates.families import FAMILIES, families
from siloscope.analysis.duplicates.naming import Name, department_words, layer_of, objects, places, read_name, stage_of
from siloscope.graph.view import Graph
from siloscope.model import Asset

SMALL = 200  # estates are never smaller than this for rarity: of two assets nobody can tell what is rare
STAGES = ("dev", "test", "stage", "prod")


@dataclass(slots=True)
class View:
    """One kind of evidence: rows are assets, columns tokens, values count and rarity together."""

    matrix: sparse.csr_matrix
    size: np.ndarray  # length of each row
    words: list[str] = field(repr=False)

    def dots(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The products of rows `a` with rows `b`."""
        return similar.pairwise(self.matrix, self.matrix, a, b)


@dataclass(slots=True)
class Table:
    """The compared assets (`assets`, by id) and their evidence; codes are 0 where nothing is known."""

    assets: Sequence[Asset]
    names: Sequence[Name]
    stages: Sequence[str | None]
    views: dict[str, View]
    letters: View
    mentions: sparse.csr_matrix
    mentioned: sparse.csr_matrix
    codes: dict[str, np.ndarray]
    linked: np.ndarray  # `pair_keys` of those that work with each other
    needed: np.ndarray

    def __len__(self) -> int:
        """How many assets are compared."""
        return len(self.assets)


def table(graph: Graph) -> Table:
    """The table of a graph's assets that are of a comparable kind."""
    assets = [each for each in graph.assets if families(each.kind)]
    number = {each.id: n for n, each in enumerate(assets)}
    departments = department_words({each.department or "" for each in assets})
    names = [read_name(each.name, departments) for each in assets]
    builder = _Builder()
    links: list[tuple[int, int]] = []
    needed = np.zeros(len(assets), dtype=np.int32)
    out, into = defaultdict(list), defaultdict(list)
    for edge in graph.dependencies:
        a, b = number.get(edge.source), number.get(edge.target)
        if a is not None:
            out[a].append(edge)
        if b is not None:
            into[b].append(edge)
        if a is not None and b is not None:
            links.append((a, b))
        depended = b if edge.verb.depends > 0 else a
        if depended is not None:
            needed[depended] += 1
    for n, asset in enumerate(assets):
        builder.shape(asset)
        for edge in out.get(n, ()):
            builder.put(read.out_tokens(edge))
        for edge in into.get(n, ()):
            builder.put(read.in_tokens(edge))
        builder.put(("name", each) for each in names[n].words)
        builder.put(("object", each) for each in names[n].words if each in objects())
        builder.end()
    views = {name: builder.view(name) for name in (*read.VIEWS, *read.INNER)}
    mentions = builder.counts("object")
    mentioned = mentions.copy()
    mentioned.data[:] = 1
    stages = [_stage(each, name) for each, name in zip(assets, names, strict=True)]
    ends = np.array(links, dtype=np.int64).reshape(-1, 2)
    linked = np.unique(pair_keys(ends[:, 0], ends[:, 1], len(assets)))
    codes = _codes(assets, names) | {"stage": coded(stages)}
    return Table(assets, names, stages, views, _letters(names), mentions, mentioned, codes, linked, needed)


def pair_keys(a: np.ndarray, b: np.ndarray, size: int) -> np.ndarray:
    """One number for each pair of rows of a table of that size, whichever comes first."""
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    keys: np.ndarray = low * size + high
    return keys


_SPELT = {"topic": "all", "often": "all", "once": "all"}  # views that share the columns of another


class _Builder:
    """Collects the tokens of one asset after the other, as numbers."""

    def __init__(self) -> None:
        self._columns: dict[str, dict[str, int]] = defaultdict(dict)
        self._words: dict[str, list[str]] = defaultdict(list)
        self._indices: dict[str, array[int]] = defaultdict(lambda: array("i"))
        self._counts: dict[str, array[float]] = defaultdict(lambda: array("f"))
        self._ends: dict[str, array[int]] = {each: array("q", [0]) for each in (*read.INNER, *read.VIEWS)}
        self._matrices: dict[str, sparse.csr_matrix] = {}
        self._known: dict[str, tuple[tuple[str, int], ...]] = {}

    def shape(self, asset: Asset) -> None:
        """The tokens of an asset's shape and facts."""
        known = self._known
        for key, count in asset.shape.items():
            if not isinstance(count, int | float) or not count:
                continue
            numbered = known.get(key)
            if numbered is None:
                numbered = known[key] = tuple((view, self._number(view, each)) for view, each in read.shape_token(key))
            for view, column in numbered:
                self._indices[view].append(column)
                self._counts[view].append(count)
        for key, value in asset.facts.items():
            self.put(read.fact_tokens(key, value))

    def put(self, found: Iterable[read.Token]) -> None:
        """Some tokens more."""
        for view, each in found:
            self._indices[view].append(self._number(view, each))
            self._counts[view].append(1)

    def end(self) -> None:
        """The asset has no more; what is both said and set is what it is about."""
        said, settings = self._counted("name", "said"), self._counted("set")
        every = {each: said.get(each, 0) + settings.get(each, 0) for each in sorted(said.keys() | settings.keys())}
        self.put(("all", each) for each in every)
        self.put(("topic", each) for each in every if each in said and each in settings)
        self.put(("often", each) for each, count in every.items() if count >= read.OFTEN)
        self.put(("once", each) for each, count in every.items() if count == 1)
        for view, ends in self._ends.items():
            ends.append(len(self._indices[view]))

    def _counted(self, *views: str) -> dict[str, float]:
        """How often the present asset mentions each word in some views, spelt as settings are."""
        found: dict[str, float] = defaultdict(float)
        for view in views:
            words, begin = self._since(view), self._ends[view][-1]
            spelt = words if view == "set" else map(read.as_set, words)
            for word, count in zip(spelt, self._counts[view][begin:], strict=True):
                found[word] += count
        return found

    def _since(self, view: str) -> list[str]:
        """The tokens of the present asset in a view."""
        words = self._words[view]
        return [words[each] for each in self._indices[view][self._ends[view][-1] :]]

    def _number(self, view: str, token: str) -> int:
        columns = self._columns[_SPELT.get(view, view)]
        number = columns.setdefault(token, len(columns))
        if number == len(words := self._words[_SPELT.get(view, view)]):
            words.append(token)
        return number

    def counts(self, name: str) -> sparse.csr_matrix:
        """The plain counts of a view that was finished."""
        return self._matrices[name]

    def view(self, name: str) -> View:
        """The finished matrix of one view."""
        words = self._words[_SPELT.get(name, name)]
        ends = np.frombuffer(self._ends[name], dtype=np.int64)
        indices = np.array(self._indices[name], dtype=np.int32)
        counts = np.array(self._counts[name], dtype=np.float32)
        shape = (len(ends) - 1, max(len(words), 1))
        matrix = sparse.csr_matrix((counts, indices, ends), shape=shape)
        if name in _SPELT:
            return weighted(matrix, words, rarities(self._matrices[_SPELT[name]]))
        matrix.sum_duplicates()
        self._matrices[name] = matrix
        return weighted(matrix.copy(), words)


def weighted(matrix: sparse.csr_matrix, words: list[str], rarity: np.ndarray | None = None) -> View:
    """The view of a matrix of counts; columns that are those of another view weigh what they weigh there."""
    matrix.sum_duplicates()
    rarity = rarities(matrix) if rarity is None else rarity
    matrix.data = ((1 + np.log(np.maximum(matrix.data, 1))) * rarity[matrix.indices]).astype(np.float32)
    size = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()).astype(np.float32)
    return View(matrix, size, words)


def rarities(matrix: sparse.csr_matrix) -> np.ndarray:
    """For each column, how much its presence says: near 1 for the rarest, 0 for what every asset has."""
    held = np.bincount(matrix.indices, minlength=matrix.shape[1])
    whole = np.log(matrix.shape[0] + SMALL)
    weights: np.ndarray = np.clip((whole - np.log(held + 1)) / whole, 0, 1).astype(np.float32)
    return weights


def _letters(names: Sequence[Name]) -> View:
    matrix = similar.vectors([each.text for each in names])
    return View(matrix, np.ones(matrix.shape[0], dtype=np.float32), [])


def _codes(assets: Sequence[Asset], names: Sequence[Name]) -> dict[str, np.ndarray]:
    """What two assets have alike or not, as numbers."""
    return {
        "id": np.arange(1, len(assets) + 1, dtype=np.int32),
        "tool": coded(each.tool for each in assets),
        "kind": coded(each.kind for each in assets),
        "family": np.array([_family(each.kind) for each in assets], dtype=np.int32),
        "version": coded(each.version for each in names),
        "place": coded(name.place or _place(each) for each, name in zip(assets, names, strict=True)),
        "layer": coded(_layer(each) for each in assets),
        "telling": np.array([len(each.telling) for each in names], dtype=np.int32),
        "words": coded(" ".join(sorted(each.words)) or None for each in names),
        "owner": coded(each.owner.casefold() if each.owner else None for each in assets),
        "department": coded(None if each.department in (None, "unassigned") else each.department for each in assets),
        "definition": coded(each.facts.get("definition") for each in assets),
        "shape": coded(_exact(each) for each in assets),
        "schedule": coded(_schedule(each) for each in assets),
        "features": np.array([read.counted(each.shape) for each in assets], dtype=np.int32),
    }  # fmt: skip


def _stage(asset: Asset, name: Name) -> str | None:
    """`dev`, `test`, `stage` or `prod`, by the platform's word, else by the name."""
    said = stage_of(asset.environment) if asset.environment else name.stage
    return said if said in STAGES else None


def _family(kind: str) -> int:
    """One bit for each family that a kind is of."""
    return sum(1 << FAMILIES.index(each) for each in families(kind))


def _exact(asset: Asset) -> Hashable | None:
    """All that is known of a definition and its name; None where nothing is."""
    definition = asset.facts.get("definition")
    return hash((asset.name, definition, frozenset(asset.shape.items()))) if definition and asset.shape else None


def _layer(asset: Asset) -> str | None:
    """The layer that a job or table stands in or makes, by its name, its database, or where its id places it."""
    said = (asset.name, *(str(asset.facts.get(each) or "") for each in ("database", "schema", "dataset", "layer")))
    return next(filter(None, map(layer_of, said)), None) or layer_of("/".join(asset.id.split("/")[-2:]))


def _place(asset: Asset) -> str | None:
    """The only place that its description says it is for."""
    said = {
        word
        for key, text in asset.facts.items()
        if "description" in key and isinstance(text, str)
        for word in places(text)
    }
    return said.pop() if len(said) == 1 else None


def _schedule(asset: Asset) -> str | None:
    for key, value in sorted(asset.facts.items()):
        if ("schedule" in key or "cron" in key or key.endswith("interval")) and isinstance(value, str) and value:
            return " ".join(value.split()).casefold()
    return None


def coded(values: Iterable[Hashable]) -> np.ndarray:
    """A number for each value, from 1 in order of appearance; None is 0."""
    seen: dict[Hashable, int] = {}
    return np.array([0 if each is None else seen.setdefault(each, len(seen) + 1) for each in values], dtype=np.int32)
