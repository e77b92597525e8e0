"""The course of bridges between islands: a curve that keeps clear of the islands in between."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from siloscope.viz.layout import Disc

_BENDS = (0.1, -0.1, 0.22, -0.22, 0.36, -0.36, 0.52, -0.52)
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
    best, best_cost = (0, 0), float("inf")
    for bend in _BENDS:
        # The bend is relative to the distance, to the left of the way for positive values.
        cx, cy = (start.x + end.x) / 2 - dy * bend, (start.y + end.y) / 2 + dx * bend
        px = (1 - _STEPS) ** 2 * start.x + 2 * _STEPS * (1 - _STEPS) * cx + _STEPS**2 * end.x
        py = (1 - _STEPS) ** 2 * start.y + 2 * _STEPS * (1 - _STEPS) * cy + _STEPS**2 * end.y
        depth = r[None, :] - np.hypot(px[:, None] - x[None, :], py[:, None] - y[None, :])
        cost = float(np.clip(depth, 0, None).sum()) + abs(bend) * 0.8 * float(np.hypot(dx, dy))
        if cost < best_cost - 1e-6:
            best, best_cost = (round(cx), round(cy)), cost
    return best
