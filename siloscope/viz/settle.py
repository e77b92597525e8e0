"""Circles that settle side by side: each starts where its place in the order says, and gives way no more than needed.

A packing that puts circle after circle (the front chain of `d3.packSiblings`) sends all later ones elsewhere when one
grows a little. Here every step moves continuously with the radii, so that an estate that grows a little looks the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, pi, sqrt

import numpy as np

Point = tuple[float, float]
_GOLDEN_ANGLE = pi * (3 - sqrt(5))
_STEPS = 260
_REFRESH = 13
"""Steps between two searches for neighbours."""
_PULL = 0.06
_SLACK = 1.35
"""Circles are neighbours up to this multiple of the distance at which they touch."""


def settle(radii: Sequence[float], *, stretch: float = 1.0, closer: float = 0.3) -> list[Point]:
    """Centres for circles of `radii` (positive, padding included), in the same order, none overlapping.

    Args:
        radii: in the order that decides where each starts: the first in the middle, the last at the rim.
        stretch: above 1 the group becomes wider than high by about that ratio.
        closer: by which share the starting places close in on the middle; more is tighter, and moves more.
    """
    if not radii:
        return []
    r = np.array(radii, dtype=float)
    home = _homes(r, stretch)
    place = home.copy()
    for step in range(_STEPS):
        if step % _REFRESH == 0:
            pairs = _Pairs.near(place, r)
        # Homes close in, so that the group is tight; nothing may turn as a whole, as a pull to the middle would let it.
        place += (home * (1 - closer * step / _STEPS) - place) * _PULL
        place += pairs.pushes(place)
    for step in range(_STEPS):
        if step % _REFRESH == 0:
            pairs = _Pairs.near(place, r)
        push = pairs.pushes(place)
        if not push.any() and step % _REFRESH == 0:
            break
        place += push
    # What may still overlap by a hair is spread as a whole.
    spread = _Pairs.near(place, r).spread(place)
    return [(float(x), float(y)) for x, y in place * spread]


def enclose(circles: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """A circle around all (x, y, r), within about one percent of the smallest.

    The centre steps towards the farthest rim by shrinking shares (Badoiu and Clarkson 2003).
    """
    x, y, r = (np.array(column, dtype=float) for column in zip(*circles, strict=True))
    cx, cy = float(x.mean()), float(y.mean())
    for step in range(2, 400):
        reach = np.hypot(x - cx, y - cy) + r
        far = int(reach.argmax())
        distance = hypot(x[far] - cx, y[far] - cy)
        if distance == 0:
            break
        # Towards the farthest point of the farthest rim, not towards its centre.
        share = (1 + r[far] / distance) / step
        cx, cy = cx + (x[far] - cx) * share, cy + (y[far] - cy) * share
    return cx, cy, float((np.hypot(x - cx, y - cy) + r).max())


def _homes(r: np.ndarray, stretch: float) -> np.ndarray:
    """A sunflower whose seeds have the area of the circles, shape (n, 2)."""
    area = np.cumsum(r**2) - r**2 / 2
    turn = np.arange(len(r)) * _GOLDEN_ANGLE
    reach = 1.25 * np.sqrt(area)
    return np.column_stack([reach * np.cos(turn) * sqrt(stretch), reach * np.sin(turn) / sqrt(stretch)])


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of neighbours: indices, how far apart they must be, and the share of a push the first of them takes."""

    a: np.ndarray
    b: np.ndarray
    need: np.ndarray
    share: np.ndarray

    @classmethod
    def near(cls, place: np.ndarray, r: np.ndarray) -> _Pairs:
        """All pairs that touch or might soon."""
        need = r[:, None] + r[None, :]
        away = place[:, None, :] - place[None, :, :]
        a, b = np.nonzero(np.triu(np.hypot(away[..., 0], away[..., 1]) < need * _SLACK, k=1))
        mass = r**2
        return cls(a, b, need[a, b], mass[b] / (mass[a] + mass[b]))

    def _distance(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        away = place[self.a] - place[self.b]
        return away, np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)

    def pushes(self, place: np.ndarray) -> np.ndarray:
        """How far each circle gives way, the smaller of two more; shape (n, 2)."""
        away, distance = self._distance(place)
        push = away * (0.6 * np.clip(self.need - distance, 0.0, None) / distance)[:, None]
        total = np.zeros_like(place)
        for axis in (0, 1):
            total[:, axis] = np.bincount(self.a, push[:, axis] * self.share, len(place))
            total[:, axis] -= np.bincount(self.b, push[:, axis] * (1 - self.share), len(place))
        return total

    def spread(self, place: np.ndarray) -> float:
        """The factor that takes the deepest overlap away, at least 1."""
        _, distance = self._distance(place)
        return max(1.0, float((self.need / distance).max(initial=1.0)))
