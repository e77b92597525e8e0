"""Circle packing: siblings side by side without overlap, and the circle that encloses them.

The front-chain method of Wang, Wang, Dai and Wang, *Visualization of large hierarchical data by
circle packing* (CHI 2006), as known from `d3.packSiblings`: every circle touches two of those that
form the current outline. It keeps the order it is given, which makes the picture deterministic and,
when the order follows identity, similar from scan to scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

Point = tuple[float, float]
_TOLERANCE = 1e-6


def pack_siblings(radii: Sequence[float], *, stretch: float = 1.0) -> list[Point]:
    """Centres for circles of `radii`, in the same order, none overlapping, grown around the origin.

    Args:
        radii: positive radii, padding included.
        stretch: above 1 the pack grows wider than high by about that ratio.
    """
    if len(radii) < 2:
        return [(0.0, 0.0) for _ in radii]
    front = _Front(list(radii), stretch)
    for index in range(3, len(radii)):
        front.add(index)
    return list(zip(front.x, front.y, strict=True))


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


@dataclass(slots=True)
class _Front:
    """The outline as a doubly linked ring over indices, and where to put the next circle."""

    r: list[float]
    stretch: float
    x: list[float]
    y: list[float]
    next: list[int]
    previous: list[int]
    a: int = 0
    b: int = 1

    def __init__(self, radii: list[float], stretch: float) -> None:
        n = len(radii)
        self.r, self.stretch = radii, stretch
        self.x, self.y = [0.0] * n, [0.0] * n
        self.next, self.previous = [1, 2, 0] + [0] * n, [2, 0, 1] + [0] * n
        self.a, self.b = 0, 1
        self.x[0], self.x[1] = -radii[1], radii[0]
        if n > 2:
            self._place(1, 0, 2)

    def add(self, c: int) -> None:
        """Put circle `c` into the gap nearest to the centre, closing gaps in which it does not fit."""
        while True:
            self._place(self.a, self.b, c)
            if not self._cut_at_collision(c):
                break
        self.previous[c], self.next[c] = self.a, self.b
        self.next[self.a] = self.previous[self.b] = c
        self.b = c
        self._nearest_gap()

    def _cut_at_collision(self, c: int) -> bool:
        """Shorten the ring where `c` would overlap it; true when it did."""
        j, k = self.next[self.b], self.previous[self.a]
        sj, sk = self.r[self.b], self.r[self.a]
        while True:
            if sj <= sk:
                if self._overlap(j, c):
                    self.b = j
                    break
                sj, j = sj + self.r[j], self.next[j]
            else:
                if self._overlap(k, c):
                    self.a = k
                    break
                sk, k = sk + self.r[k], self.previous[k]
            if j == self.next[k]:
                return False
        self.next[self.a], self.previous[self.b] = self.b, self.a
        return True

    def _nearest_gap(self) -> None:
        best, best_score = self.a, self._score(self.a)
        node = self.next[self.b]
        while node != self.b:
            score = self._score(node)
            if score < best_score - 1e-9:
                best, best_score = node, score
            node = self.next[node]
        self.a, self.b = best, self.next[best]

    def _score(self, a: int) -> float:
        b = self.next[a]
        both = self.r[a] + self.r[b]
        dx = (self.x[a] * self.r[b] + self.x[b] * self.r[a]) / both / self.stretch
        dy = (self.y[a] * self.r[b] + self.y[b] * self.r[a]) / both
        return dx * dx + dy * dy

    def _overlap(self, a: int, b: int) -> bool:
        reach = self.r[a] + self.r[b] - _TOLERANCE
        dx, dy = self.x[b] - self.x[a], self.y[b] - self.y[a]
        return reach > 0 and reach * reach > dx * dx + dy * dy

    def _place(self, b: int, a: int, c: int) -> None:
        """Put `c` so that it touches `a` and `b`, on the outer side of the pair."""
        dx, dy = self.x[b] - self.x[a], self.y[b] - self.y[a]
        d2 = dx * dx + dy * dy
        if d2 == 0:
            self.x[c], self.y[c] = self.x[a] + self.r[c], self.y[a]
            return
        a2, b2 = (self.r[a] + self.r[c]) ** 2, (self.r[b] + self.r[c]) ** 2
        if a2 > b2:
            x = (d2 + b2 - a2) / (2 * d2)
            y = sqrt(max(0.0, b2 / d2 - x * x))
            self.x[c], self.y[c] = self.x[b] - x * dx - y * dy, self.y[b] - x * dy + y * dx
        else:
            x = (d2 + a2 - b2) / (2 * d2)
            y = sqrt(max(0.0, a2 / d2 - x * x))
            self.x[c], self.y[c] = self.x[a] + x * dx - y * dy, self.y[a] + x * dy + y * dx
