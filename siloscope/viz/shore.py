"""What lies outside: names that assets mention and nobody scanned, moored in the shallows of those who mention them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import atan2, cos, pi, sin, sqrt

from siloscope.viz.estate import Estate
from siloscope.viz.layout import SPACING, Disc, Layout

_FIRST_TURN = -pi / 4
_TURNS = 1.5 * pi
"""Three quarters of the way around an island; the title has the upper one."""
_BERTH = 2.6 * SPACING
_ROWS = 4


def mentions(estate: Estate) -> list[dict[str, int]]:
    """Per outside node: how many edges of each island lead to it."""
    users: list[Counter[str]] = [Counter() for _ in estate.outside]
    first = estate.first_outside
    for source, target, _, _ in estate.edges:
        if target >= first and estate.where[source]:
            users[target - first][estate.where[source]] += 1
    return [dict(sorted(count.items())) for count in users]


def homes(users: Sequence[Mapping[str, int]]) -> list[str]:
    """The island that mentions each outside node most; "" when none does."""
    return [min(count, key=lambda name: (-count[name], name)) if count else "" for count in users]


def moor(estate: Estate, users: Sequence[Mapping[str, int]], layout: Layout) -> list[tuple[int, int]]:
    """A place for every outside node: around its home island, or along the lower edge of the map."""
    at: dict[str, list[int]] = defaultdict(list)
    for node, home in enumerate(homes(users)):
        at[home if home in layout.islands else ""].append(node)
    discs: dict[str, list[Disc]] = defaultdict(list)
    for tool, island in estate.island.items():
        discs[island].append(layout.tools[tool])
    place: dict[int, tuple[int, int]] = {}
    for name, nodes in sorted(at.items()):
        if name:
            place |= _around(layout, name, nodes, users, discs[name])
        else:
            left, _, right, bottom = layout.bounds
            step = (right - left) / (len(nodes) + 1)
            place |= {node: (round(left + step * (i + 1)), bottom) for i, node in enumerate(nodes)}
    return [place[node] for node in range(len(users))]


def _around(
    layout: Layout, name: str, nodes: list[int], users: Sequence[Mapping[str, int]], discs: list[Disc]
) -> dict[int, tuple[int, int]]:
    """Places around one island in a few rows, evenly spread, those others share too turned towards them."""
    island = layout.islands[name]

    def bearing(node: int) -> float:
        """The turn towards its other users, clockwise from where the room kept for the title ends."""
        others = [layout.islands[other] for other in users[node] if other != name]
        x, y = sum(d.x - island.x for d in others), sum(d.y - island.y for d in others)
        turn = atan2(y, x) if others else pi / 2
        return min(max((turn - _FIRST_TURN) % (2 * pi), 0.0), _TURNS)

    # Sorted by where they want to be, then spread evenly: nothing overlaps and few lines cross.
    ordered = sorted(nodes, key=lambda node: (bearing(node), node))
    berths = max(1, int(_TURNS * island.r / _BERTH))
    rows = min(_ROWS, -(-len(ordered) // berths))
    columns = -(-len(ordered) // rows)
    step = min(_TURNS / columns, _BERTH / island.r)
    middle = sum(bearing(node) for node in ordered) / len(ordered)
    length = step * (columns - 1)
    start = _FIRST_TURN + min(max(middle - length / 2, 0.0), _TURNS - length)
    out = {}
    for i, node in enumerate(ordered):
        # Rows are staggered, so that a diamond looks through the gap of the row before it.
        column, row = i // rows + (i % rows) / rows, i % rows
        out[node] = _coast(island, discs, start + step * column, layout.shore * (0.66 + 0.5 * row / _ROWS))
    return out


def _coast(island: Disc, discs: list[Disc], turn: float, margin: float) -> tuple[int, int]:
    """Where a ray from the middle of an island has all its tools `margin` behind it."""
    x, y, reach = cos(turn), sin(turn), 0.0
    for disc in discs:
        along = (disc.x - island.x) * x + (disc.y - island.y) * y
        aside = (disc.x - island.x) * y - (disc.y - island.y) * x
        within = (disc.r + margin) ** 2 - aside**2
        if within >= 0:
            reach = max(reach, along + sqrt(within))
    return round(island.x + reach * x), round(island.y + reach * y)
