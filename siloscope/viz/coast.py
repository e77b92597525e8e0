"""The coast of an island: one smooth line around all its tools, as a contour of a field of distances.

The field is a soft union of discs (the logarithm of a sum of exponentials), so that notches between
tools fill up as shallows do; marching squares follow its contour and corners are cut twice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_CELLS = 72
"""Cells of the raster along the longer side of an island."""
_FAR = 300.0
Point = tuple[float, float]
Ring = list[tuple[int, int]]


def coast(discs: Sequence[tuple[float, float, float]], margins: Sequence[float]) -> list[Ring]:
    """The outlines of the union of (x, y, r), each grown by one of the ascending `margins`, as closed rings."""
    if len(discs) == 1:
        return [_circle(*discs[0], margin) for margin in margins]
    x, y, r = (np.array(column, dtype=float) for column in zip(*discs, strict=True))
    reach, most = r + margins[0], margins[-1] * 1.5
    low = (float((x - r).min() - most), float((y - r).min() - most))
    high = (float((x + r).max() + most), float((y + r).max() + most))
    cell = max(high[0] - low[0], high[1] - low[1]) / _CELLS
    gx = np.arange(low[0], high[0] + cell, cell)
    gy = np.arange(low[1], high[1] + cell, cell)
    # Softer where the raster is coarse: what it cannot draw must not be seen.
    soft = max(margins[0] * 0.5, cell * 0.4)
    field = np.zeros((len(gy), len(gx)))
    for cx, cy, cr in zip(x, y, reach, strict=True):
        depth = (cr - np.hypot(gx[None, :] - cx, gy[:, None] - cy)) / soft
        field += np.exp(np.clip(depth, -_FAR, _FAR))
    depth = np.log(field + 1e-300)
    rings = [_longest(_rings(depth + (margin - margins[0]) / soft)) for margin in margins]
    return [
        [(round(low[0] + px * cell), round(low[1] + py * cell)) for px, py in _cut(np.array(ring))] for ring in rings
    ]


def _circle(x: float, y: float, r: float, margin: float) -> Ring:
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    reach = r + margin
    return [(round(x + reach * a), round(y + reach * b)) for a, b in zip(np.cos(turn), np.sin(turn), strict=True)]


def _rings(field: np.ndarray) -> list[list[Point]]:
    """Closed contours of the zero level, in cells (column, row); the field is negative along its border."""
    inside = field > 0
    height, width = field.shape
    crossing: dict[tuple[int, int, int], Point] = {}
    for row, column in zip(*np.nonzero(inside[:, :-1] != inside[:, 1:]), strict=True):
        a, b = field[row, column], field[row, column + 1]
        crossing[0, row, column] = (column + a / (a - b), float(row))
    for row, column in zip(*np.nonzero(inside[:-1, :] != inside[1:, :]), strict=True):
        a, b = field[row, column], field[row + 1, column]
        crossing[1, row, column] = (float(column), row + a / (a - b))
    links: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {key: [] for key in crossing}
    for row in range(height - 1):
        for column in range(width - 1):
            corners = inside[row : row + 2, column : column + 2]
            if corners.all() or not corners.any():
                continue
            sides = [(0, row, column), (1, row, column + 1), (0, row + 1, column), (1, row, column)]
            met = [side for side in sides if side in crossing]
            pairs = [met] if len(met) == 2 else [met[:2], met[2:]]
            for one, other in pairs:
                links[one].append(other)
                links[other].append(one)
    return _walk(links, crossing)


def _walk(
    links: dict[tuple[int, int, int], list[tuple[int, int, int]]], crossing: dict[tuple[int, int, int], Point]
) -> list[list[Point]]:
    rings, left = [], dict.fromkeys(sorted(links))
    while left:
        at = next(iter(left))
        ring = []
        while at in left:
            del left[at]
            ring.append(crossing[at])
            at = next((other for other in links[at] if other in left), at)
        rings.append(ring)
    return rings


def _longest(rings: list[list[Point]]) -> list[Point]:
    """The outer coast: the ring around the largest box."""

    def extent(ring: list[Point]) -> float:
        xs, ys = zip(*ring, strict=True)
        return float((max(xs) - min(xs)) * (max(ys) - min(ys)))

    return max(rings, key=extent)


def _cut(points: np.ndarray) -> np.ndarray:
    """Every other corner kept, then corners cut twice (Chaikin), shape (n, 2)."""
    points = points[::3] if len(points) > 60 else points[::2]
    for _ in range(2):
        after = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], axis=1).reshape(-1, 2)
    return points
