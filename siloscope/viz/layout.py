"""Where everything lies on the silo map: departments as islands, tools on them, assets in the tools.

One unit is a hundredth of the distance between two assets, so that whole numbers are exact enough.
The order of packing follows identity, not size; tools grow in steps and islands settle near where
their place in the order puts them: a small change of the estate moves little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, cos, log2, pi, sin, sqrt

from siloscope.viz.coast import Ring, coast
from siloscope.viz.settle import enclose, settle

SPACING = 100.0
"""Distance of neighbouring assets, in map units."""
SEED_STEP = 0.62 * SPACING
"""Radius of the phyllotaxis spiral at its first turn."""
GOLDEN_ANGLE = pi * (3 - sqrt(5))
RIM = 1.0 * SPACING
"""Free rim between the outermost asset of a tool and the tool's edge."""
_TOOL_GAP = 0.35 * SPACING
_STRETCH = 2.2
_TIGHT = 0.45
_MARGINS = (0.34, 0.8, 1.35)
"""How far land, shallows and deeper water reach beyond the tools, in gaps between islands."""
_LEAST = 4
"""No tool is drawn smaller than one of so many assets."""


@dataclass(frozen=True, slots=True)
class Disc:
    """A placed circle in map units."""

    x: int
    y: int
    r: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Placed islands and tools by id, the breadth of the water around an island, and the whole extent.

    `bounds` is (left, top, right, bottom); `label` is the height kept free above an island for its
    title; `shore` is how far the shallows reach; `coasts` are closed rings in map units: the land, the
    shallows, the deeper water.
    """

    islands: Mapping[str, Disc]
    tools: Mapping[str, Disc]
    shore: int
    label: int
    bounds: tuple[int, int, int, int] = (0, 0, 0, 0)
    coasts: Mapping[str, Sequence[Ring]] = field(default_factory=dict)


def asset_offset(slot: int, step: float = SEED_STEP) -> tuple[float, float]:
    """Where the asset in `slot` (0, 1, ...) of a tool lies from the tool's centre (Vogel's sunflower)."""
    reach, angle = step * sqrt(slot + 0.5), slot * GOLDEN_ANGLE
    return reach * cos(angle), reach * sin(angle)


def tool_radius(size: float) -> float:
    """The radius of a tool with room for `size` assets, growing by steps of a square root of two in area."""
    step = 2 ** (ceil(2 * log2(max(size, _LEAST)) - 1e-9) / 2)
    return SEED_STEP * sqrt(step) + RIM


def arrange(
    islands: Mapping[str, Mapping[str, float]],
    *,
    apart: Sequence[str] = (),
    adrift: Sequence[str] = (),
) -> Layout:
    """Place islands, given as {island: {tool: size}}, a size being a number of assets or what stands for it.

    Args:
        islands: what lies where; an island without tools is not allowed.
        apart: islands without a bridge; they go to the rim, with more water around them.
        adrift: names of places about which nothing is known but that they exist; small, at the rim.
    """
    inner = {name: _island(tools) for name, tools in sorted(islands.items())}
    spread = sqrt(sum(radius**2 for radius, _ in inner.values())) or 5 * SPACING
    sizes = {name: radius for name, (radius, _) in inner.items()}
    sizes |= dict.fromkeys(adrift, max(0.13 * spread, 2.5 * SPACING))
    lonely = set(apart) | set(adrift)
    order = sorted(sizes, key=lambda name: (name in set(adrift), name in lonely, name))
    label = 0.12 * spread
    gap = max(0.05 * spread, 1.1 * SPACING)
    room = []
    for name in order:
        half = 0.0115 * spread * min(max(len(name), 21), 28)
        need = sizes[name] + gap + label / 2 + (gap * 0.9 if name in lonely else 0)
        room.append(max(need, half + gap * 0.5))
    centres = dict(zip(order, settle(room, stretch=_STRETCH), strict=True))
    placed = {name: Disc(round(x), round(y + label / 2), round(sizes[name])) for name, (x, y) in centres.items()}
    tools = {
        tool: Disc(placed[name].x + round(x), placed[name].y + round(y), round(r))
        for name, (_, discs) in inner.items()
        for tool, (x, y, r) in discs.items()
    }
    coasts = {
        name: [
            [(placed[name].x + x, placed[name].y + y) for x, y in ring]
            for ring in coast(list(discs.values()), [share * gap for share in _MARGINS])
        ]
        for name, (_, discs) in inner.items()
    }
    return _centred(placed, tools, coasts, round(gap), round(label))


def _island(tools: Mapping[str, float]) -> tuple[float, dict[str, tuple[float, float, float]]]:
    """The radius of an island and its tools around the island's centre, packed in the order of their ids."""
    names = sorted(tools)
    radii = [tool_radius(tools[name]) for name in names]
    centres = settle([r + _TOOL_GAP for r in radii], closer=_TIGHT)
    cx, cy, reach = enclose([(x, y, r) for (x, y), r in zip(centres, radii, strict=True)])
    discs = {name: (x - cx, y - cy, r) for name, (x, y), r in zip(names, centres, radii, strict=True)}
    return reach + _TOOL_GAP, discs


def _centred(
    islands: dict[str, Disc],
    tools: dict[str, Disc],
    coasts: dict[str, list[Ring]],
    gap: int,
    label: int,
) -> Layout:
    if not islands:
        return Layout({}, {}, gap, label)
    left = min(d.x - d.r for d in islands.values()) - gap
    right = max(d.x + d.r for d in islands.values()) + gap
    top = min(d.y - d.r for d in islands.values()) - gap - label
    bottom = max(d.y + d.r for d in islands.values()) + gap
    dx, dy = -(left + right) // 2, -(top + bottom) // 2

    def shift(discs: dict[str, Disc]) -> dict[str, Disc]:
        return {name: Disc(d.x + dx, d.y + dy, d.r) for name, d in sorted(discs.items())}

    bounds = (left + dx, top + dy, right + dx, bottom + dy)
    moved = {name: [[(x + dx, y + dy) for x, y in ring] for ring in rings] for name, rings in sorted(coasts.items())}
    return Layout(shift(islands), shift(tools), gap, label, bounds, moved)
