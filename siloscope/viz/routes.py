"""The course of bridges between islands: a curve that keeps clear of the islands in between."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from siloscope.viz.layout import Disc

_BENDS = np.array([0.1, -0.1, 0.22, -0.22, 0.36, -0.36, 0.52, -0.52])
_STEPS = np.linspace(0.04, 0.96, 24)


def control_point(a: str, b: str, islands: Mapping[str, Disc], label: int) -> tuple[int, int]:
    """The control point of the quadratic curve from the centre of `a` to that of `b`.

    Of a few bends it takes the one that runs least through other islands and their titles (`label`
    units above each), and of equals the straightest.
    """
    start, end = islands[a], islands[b]
    others = [disc for name, disc in sorted(islands.items()) if name not in (a, b)]
    x = np.array([disc.x for disc in others], dtype=float)
    y = np.array([disc.y - label / 2 for disc in others], dtype=float)
    r = np.array([disc.r + label * 0.6 for disc in others], dtype=float)
    dx, dy = end.x - start.x, end.y - start.y
    # The bend is relative to the distance, to the left of the way for positive values.
    cx, cy = (start.x + end.x) / 2 - dy * _BENDS, (start.y + end.y) / 2 + dx * _BENDS
    px = _along(start.x, cx, end.x)
    py = _along(start.y, cy, end.y)
    depth = r - np.hypot(px[..., None] - x, py[..., None] - y)
    cost = np.clip(depth, 0, None).sum(axis=(1, 2)) + np.abs(_BENDS) * 0.8 * float(np.hypot(dx, dy))
    best = int(np.argmin(np.round(cost, 3)))
    return round(float(cx[best])), round(float(cy[best]))


def _along(start: float, middle: np.ndarray, end: float) -> np.ndarray:
    """Points of quadratic curves, shape (bends, steps)."""
    out: np.ndarray = (1 - _STEPS) ** 2 * start + 2 * _STEPS * (1 - _STEPS) * middle[:, None] + _STEPS**2 * end
    return out
