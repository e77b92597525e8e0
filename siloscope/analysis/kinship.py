"""How two tools are related: what both are for, what their assets share, which assets stand in both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from siloscope.catalog import capabilities, product
from siloscope.graph.departments import UNASSIGNED
from siloscope.graph.view import Graph
from siloscope.model import Asset, Finding, Tool

CROWD = 12  # what more tools than this touch is a hub and ties no two of them
_LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class Ties:
    """Two tools. `common` are capabilities worth consolidating that both offer, `one` and `other` all they offer.

    `copies` counts pairs of duplicate assets between the two, `copied` names some; `data` are names or assets that
    assets of both touch, `users` are people and tools that have to do with both.
    """

    a: Tool
    b: Tool
    one: frozenset[str]
    other: frozenset[str]
    copies: int
    copied: tuple[str, ...]
    data: tuple[str, ...]
    users: tuple[str, ...]

    @property
    def common(self) -> frozenset[str]:
        """The capabilities both offer."""
        return self.one & self.other

    @property
    def least(self) -> int:
        """How many capabilities the one for less is for."""
        return min(len(self.one), len(self.other))

    @property
    def containment(self) -> float:
        """The share of the smaller one's capabilities that the larger one offers, 0 to 1."""
        return len(self.common) / self.least if self.least else 0.0

    @property
    def jaccard(self) -> float:
        """The share of both's capabilities that both offer, 0 to 1."""
        return len(self.common) / len(self.one | self.other) if self.one | self.other else 0.0

    @property
    def ordered(self) -> tuple[Tool, Tool]:
        """The one for less first."""
        return (self.a, self.b) if (len(self.one), self.a.id) <= (len(self.other), self.b.id) else (self.b, self.a)

    @property
    def score(self) -> float:
        """How far the two are one thing, 0 to 1: mostly what they are for, then what their assets have in common."""
        tied = min(1.0, 0.1 * self.copies + 0.05 * len(self.data) + 0.05 * len(self.users))
        return round(0.5 * self.containment + 0.25 * self.jaccard + 0.25 * tied, 4)


class Kinship:
    """The ties of any two tools of a graph; `duplicates` are the findings of the rule `duplicate-asset`."""

    def __init__(self, graph: Graph, duplicates: Iterable[Finding]) -> None:
        self._copies = _copies(graph, duplicates)
        self._data, self._users = _touched(graph)
        self._held = Counter(each.tool for each in graph.assets)
        self._homes: dict[str, set[str]] = defaultdict(set)
        for each in graph.assets:
            if each.department and each.department != UNASSIGNED:
                self._homes[each.tool].add(each.department)

    def between(self, a: Tool, b: Tool) -> Ties:
        """The ties of two tools, in whichever order."""
        copied = self._copies.get((min(a.id, b.id), max(a.id, b.id)), [])
        names = tuple(dict.fromkeys(copied))
        data = tuple(sorted(self._data[a.id] & self._data[b.id]))
        users = tuple(sorted(self._users[a.id] & self._users[b.id]))
        return Ties(a, b, _worth(a), _worth(b), len(copied), names, data, users)

    def held(self, tools: Iterable[Tool]) -> int:
        """The assets that some tools hold."""
        return sum(self._held[each.id] for each in tools)

    def departments(self, tools: Iterable[Tool]) -> list[str]:
        """The departments of these assets, in order; who is unassigned is none."""
        return sorted({name for each in tools for name in self._homes.get(each.id, ())})

    def largest(self, tools: Iterable[Tool]) -> list[Tool]:
        """Tools by what they hold, the most first."""
        return sorted(tools, key=lambda each: (-self._held[each.id], each.id))

    def offers(self, tools: Sequence[Tool]) -> list[str]:
        """Everything tools of one product bring, in words: capabilities, then features of the catalog."""
        known = capabilities()
        found: dict[str, None] = {}
        for tool in tools:
            found |= dict.fromkeys(known[each].name.lower() if each in known else each for each in tool.capabilities)
        for tool in tools:
            sold = product(tool.id.partition(":")[0])
            found |= dict.fromkeys(each.replace("-", " ") for each in (sold.features if sold else ()))
        return list(found)


def _worth(tool: Tool) -> frozenset[str]:
    """The capabilities worth consolidating; those nobody knows count."""
    known = capabilities()
    return frozenset(each for each in tool.capabilities if each not in known or known[each].overlap)


def _copies(graph: Graph, duplicates: Iterable[Finding]) -> Mapping[tuple[str, str], list[str]]:
    """For each two tools, the name of one of each pair of duplicates between them."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in duplicates:
        if each.state == "rejected":
            continue
        for pair in each.pairs:
            a, b = graph.asset[pair.a], graph.asset[pair.b]
            if pair.score >= _LIKELY and a.tool != b.tool:
                found[min(a.tool, b.tool), max(a.tool, b.tool)].append(a.name)
    return found


def _touched(graph: Graph) -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    """For each tool, the things of other tools or of nobody that its assets touch, and who has to do with it."""
    data: dict[str, set[str]] = defaultdict(set)
    users: dict[str, set[str]] = defaultdict(set)
    touching: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        for mine, theirs in ((edge.source, edge.target), (edge.target, edge.source)):
            asset = graph.asset.get(mine)
            other = graph.asset.get(theirs)
            if asset is not None and (other is None or other.tool != asset.tool):
                touching[theirs].add(asset.tool)
    for node, tools in touching.items():
        if 1 < len(tools) <= CROWD:
            for each in tools:
                data[each].add(_shown(graph.asset.get(node), node))
    for asset in graph.assets:
        if asset.owner:
            users[asset.tool].add(asset.owner)
    return data, users


def _shown(asset: Asset | None, node: str) -> str:
    return asset.name if asset else node.removeprefix("outside:")


__all__ = ["Kinship", "Ties"]
