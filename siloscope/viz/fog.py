"""What nobody looked at: slices that are neither complete nor accepted, by source and by island.

A map without them would show the unseen as empty sea. A source whose assets stand on islands hides
part of those coasts; a source that showed nothing at all is a bank of fog of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siloscope.viz.estate import Estate

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fog:
    """The incomplete slices of one source and the island and tools they concern.

    `island` is empty when the source showed no asset. `slices` counts all slices of the source.
    """

    source: str
    island: str
    tools: tuple[str, ...]
    missing: tuple[Row, ...]
    slices: int


def unseen(slice_: Row) -> bool:
    """Whether a slice leaves something unknown: not complete, and not an accepted gap."""
    return slice_.get("status", "complete") != "complete" and not slice_.get("accepted")


def find_fog(estate: Estate, slices: Sequence[Row]) -> list[Fog]:
    """One fog for each source with unseen slices, at the island that most of its assets stand on."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for asset in estate.assets:
        for source in asset.get("sources") or (asset.get("source", ""),):
            seen[source][asset["tool"]] += 1
    missing: dict[str, list[Row]] = defaultdict(list)
    total: Counter[str] = Counter()
    for row in slices:
        total[str(row.get("source", ""))] += 1
        if unseen(row):
            missing[str(row.get("source", ""))].append(row)
    return [_fog(estate, source, rows, seen[source], total[source]) for source, rows in sorted(missing.items())]


def _fog(estate: Estate, source: str, rows: list[Row], tools: Counter[str], total: int) -> Fog:
    weight: Counter[str] = Counter()
    for tool, count in tools.items():
        weight[estate.island[tool]] += count
    island = min(weight, key=lambda name: (-weight[name], name)) if weight else ""
    here = tuple(sorted(tool for tool in tools if estate.island[tool] == island))
    ordered = sorted(rows, key=lambda row: (str(row.get("listing", "")), str(row.get("scope", ""))))
    return Fog(source, island, here, tuple(ordered), total)
