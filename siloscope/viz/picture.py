"""The overview of the map as an SVG drawing, made without a browser: for reports, slides and README files.

It shows what the page shows before anybody touched it: islands with their names and what is special about
them, tools with the shares of their assets that carry findings, bridges, fog, and what lies outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import cos, floor, hypot, pi, sin, sqrt
from typing import Any
from xml.sax.saxutils import escape

from siloscope.graph.departments import SHARED, UNASSIGNED
from siloscope.viz.columns import plain
from siloscope.viz.layout import Layout
from siloscope.viz.lettering import Room, box_at, fit, in_disc, width_of
from siloscope.viz.payload import Atlas
from siloscope.viz.routes import control_point
from siloscope.viz.rules import SIGNS
from siloscope.viz.svg import COLOUR, HALO, INK, Paper, number

Row = Mapping[str, Any]
WIDTH, HEIGHT = 1600, 1000
_FOOT = 46
_HEAD = 60
_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_SEA, _DEEP, _SHALLOW, _SHORE, _DISC = "#d3e2ec", "#dce9f1", "#e9f3f6", "#a8a08c", "#d5dde5"
_LAND = {SHARED: "#f3f2ec", UNASSIGNED: "#f4f1f5"}
_SOFT, _BRIDGE = "#405263", "#6f93b4"
_DUPLICATE = next(i for i, sign in enumerate(SIGNS) if sign.letter == "D")
_ISOLATED = next(i for i, sign in enumerate(SIGNS) if sign.letter == "I")


def picture_svg(graph: Row, findings: Iterable[Row], plan: Row | None = None, *, title: str = "Silo map") -> str:
    """The drawing of a `siloscope/graph/1` document and the rows of a `siloscope/findings/1` document, as SVG."""
    return _Sheet(Atlas(graph, findings, plan, title=title)).draw()


def _money(value: int) -> str:
    """An amount in as few digits as the page writes it, halves rounded up as there."""
    if abs(value) < 1000:
        return str(value)
    if abs(value) < 999_500:
        return f"{floor(value / 1000 + 0.5)}k"
    return f"{floor(value / 1e5 + 0.5) / 10:.1f}M" if abs(value) < 9_950_000 else f"{floor(value / 1e6 + 0.5)}M"


def _plural(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


class _Sheet(Paper):
    """One drawing: the atlas, its layout, the scale of the map on the sheet, and the parts so far."""

    def __init__(self, atlas: Atlas) -> None:
        super().__init__()
        self.atlas = atlas
        picture = atlas.picture("assets")
        self.layout: Layout = picture.layout
        self.outside = picture.outside
        left, top, right, bottom = self.layout.bounds
        high = HEIGHT - _FOOT - _HEAD
        self.k = min(WIDTH / max(right - left, 2400), high / max(bottom - top, 1900)) * 0.97
        self.dx = WIDTH / 2 - (left + right) / 2 * self.k
        self.dy = _HEAD + high / 2 - (top + bottom) / 2 * self.k
        self.room = Room([(0, 0, WIDTH * 0.5, _HEAD - 8), (0, HEIGHT - _FOOT, WIDTH, HEIGHT)])

    def draw(self) -> str:
        """The whole sheet."""
        self.rect(0, 0, WIDTH, HEIGHT, _SEA)
        self._water()
        self._bridges()
        self._land()
        self._tools()
        self._outside_marks()
        self._titles()
        self._names()
        self._frame()
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            f'role="img" aria-label="{_attribute(self.atlas.title)}" font-family="{_FONT}">\n{body}\n</svg>\n'
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point of the map on the sheet."""
        return x * self.k + self.dx, y * self.k + self.dy

    def _ring(self, name: str, depth: int = 0) -> str:
        points = (self.at(x, y) for x, y in self.layout.coasts[name][depth])
        return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "Z"

    def _water(self) -> None:
        for depth, colour in ((2, _DEEP), (1, _SHALLOW)):
            for name in self.layout.coasts:
                self.add("path", d=self._ring(name, depth), fill=colour)

    def _bridges(self) -> None:
        rows = sorted(self.atlas.bridges, key=lambda row: (-(row.there + row.back), row.a, row.b))[:48]
        most = max((row.there + row.back for row in rows), default=1)
        for row in reversed(rows):
            a, b = self.layout.islands[row.a], self.layout.islands[row.b]
            middle = control_point(row.a, row.b, self.layout.islands, self.layout.label)
            (x0, y0), (cx, cy), (x1, y1) = self.at(a.x, a.y), self.at(*middle), self.at(b.x, b.y)
            line = " ".join(number(v) for v in (cx, cy, x1, y1))
            width = 1.3 + 12 * sqrt((row.there + row.back) / most)
            for stroke, extra in ((HALO, 3), (_BRIDGE, 0)):
                d = f"M{number(x0)} {number(y0)}Q{line}"
                self.add("path", d=d, fill="none", stroke=stroke, stroke_width=number(width + extra))

    def _land(self) -> None:
        for name in self.layout.coasts:
            island = self.layout.islands[name]
            x, y = self.at(island.x, island.y)
            if self._cut_off(name):
                r = self._moat(name) * self.k
                dash = {"stroke_width": 2, "stroke_dasharray": "3 6"}
                self.circle(x, y, r, fill="none", stroke=COLOUR["isolated"], **dash)
            self.add("path", d=self._ring(name), fill=_LAND.get(name, "#fdfbf5"), stroke=_SHORE, stroke_width=1.2)
        for fog in self.atlas.fogs:
            self._fog(fog.island, fog.tools, f"\x00{fog.source}")

    def _fog(self, home: str, tools: Sequence[str], bank: str) -> None:
        """Clouds over the outer side of the tools concerned, or one cloud of its own."""
        island = self.layout.islands[home or bank]
        spots: list[tuple[float, float, float]]
        if home:
            spots = []
            for tool in tools[:40]:
                disc = self.layout.tools[tool]
                far = hypot(disc.x - island.x, disc.y - island.y) or 1.0
                out = disc.r / far
                spots.append(
                    (disc.x + (disc.x - island.x) * out, disc.y + (disc.y - island.y) * out, self.layout.shore * 0.7)
                )
        else:
            turns = [i * pi / 4 for i in range(8)]
            spots = [
                (island.x + cos(t) * island.r * 0.6, island.y + sin(t) * island.r * 0.34, island.r * 0.36)
                for t in turns
            ]
            spots.append((island.x, island.y, island.r * 0.55))
        for grow, opacity in ((1.25, 0.4), (1.0, 0.85)):
            for x, y, r in spots:
                px, py = self.at(x, y)
                self.circle(px, py, r * self.k * grow, fill="#ffffff", fill_opacity=opacity)

    def _cut_off(self, name: str) -> bool:
        departments = [each for each in self.layout.coasts if each not in (SHARED, UNASSIGNED)]
        return name in departments and name not in self.atlas.linked and len(departments) > 1

    def _moat(self, name: str) -> float:
        return self.layout.islands[name].r + self.layout.shore * 0.85

    def _tools(self) -> None:
        estate = self.atlas.estate
        shares = self.atlas.modes[0]["shares"]
        for t, (name, count) in enumerate(estate.counts.items()):
            disc = self.layout.tools[name]
            (x, y), r = self.at(disc.x, disc.y), disc.r * self.k
            self.circle(x, y, r, fill=_DISC)
            start = 0.0
            for sign, part in zip(shares[t][::2], shares[t][1::2], strict=True):
                self.wedge(x, y, r, start, start + part / max(count, 1), COLOUR[SIGNS[sign].family])
                start += part / max(count, 1)
            own = self.atlas.signs[estate.first_tool + t]
            if own >= 0 and r > 3:
                width = min(7.0, max(1.6, r * 0.13))
                ring = {"stroke": COLOUR[SIGNS[own].family], "stroke_width": number(width)}
                self.circle(x, y, r - width / 2, fill="none", **ring)

    def _outside_marks(self) -> None:
        first = self.atlas.estate.first_outside
        for node, (mx, my) in enumerate(self.outside[:400]):
            x, y = self.at(mx, my)
            sign = self.atlas.signs[first + node]
            fill = COLOUR[SIGNS[sign].family] if sign >= 0 else "#fdfbf5"
            self.add(
                "path", d=f"M{number(x)} {number(y - 5)}l5 5l-5 5l-5 -5Z", fill=fill, stroke=_SOFT, stroke_width=1.1
            )

    def _lines(self, name: str) -> list[tuple[str, float, bool, str, int]]:
        """The lines above an island: text, size, whether bold, colour, and the sign before it or -1."""
        atlas = self.atlas
        title = {SHARED: "Shared", UNASSIGNED: "Unassigned"}.get(name, plain(name.lstrip("\x00")))
        lines = [(fit(title, 230, 16, bold=True), 16.0, True, INK, -1)]
        missing = [
            str(row.get("listing"))
            for fog in atlas.fogs
            if (fog.island or f"\x00{fog.source}") == name
            for row in fog.missing
        ]
        if self._cut_off(name):
            said = "no bridge seen" if missing else "cut off: no bridge"
            lines.append((said, 12.5, True, "#581a88", _ISOLATED))
        tools = [t for t, home in enumerate(atlas.estate.island.values()) if home == name]
        shares = atlas.modes[0]["shares"]
        copies = sum(
            part
            for tool in tools
            for sign, part in zip(shares[tool][::2], shares[tool][1::2], strict=True)
            if sign == _DUPLICATE
        )
        if copies:
            lines.append((_plural(copies, "duplicate"), 12.5, True, "#9c3800", _DUPLICATE))
        if tools:
            counts = list(atlas.estate.counts.values())
            cost = atlas.island_costs[name]
            parts = [_plural(len(tools), "tool"), _plural(sum(counts[tool] for tool in tools), "asset")]
            lines.append((" · ".join([*parts, *([f"{_money(cost)} a year"] if cost else [])]), 12.0, False, _SOFT, -1))
        if missing:
            names = sorted(set(missing))
            more = f" and {len(names) - 2} more" if len(names) > 2 else ""
            lines.append((fit(f"not seen: {', '.join(names[:2])}{more}", 300, 11.5), 11.5, False, _SOFT, -1))
        return lines

    def _titles(self) -> None:
        for name, island in sorted(self.layout.islands.items(), key=lambda item: (-item[1].r, item[0])):
            lines = self._lines(name)
            top, bottom = self._span(name)
            x = self.at(island.x, 0)[0]
            for count in range(len(lines), 0, -1):
                if self._place(lines[:count], x, top, bottom):
                    break

    def _span(self, name: str) -> tuple[float, float]:
        """The highest and lowest line that an island with all that is around it reaches on the sheet."""
        island, rings = self.layout.islands[name], self.layout.coasts.get(name)
        if self._cut_off(name) or not rings:
            reach = self._moat(name) if rings else island.r * 0.8
            return self.at(0, island.y - reach)[1], self.at(0, island.y + reach)[1]
        return self.at(0, min(y for _, y in rings[0]))[1], self.at(0, max(y for _, y in rings[0]))[1]

    def _place(self, lines: list[tuple[str, float, bool, str, int]], x: float, top: float, bottom: float) -> bool:
        height = sum(line[1] * 1.3 for line in lines)
        width = 8 + max(width_of(line[0], line[1], bold=line[2]) + (18 if line[4] >= 0 else 0) for line in lines)
        above = top - height / 2 - 4
        for px, py in ((x, above), (x, bottom + height / 2 + 4), (x + width / 4, above), (x - width / 4, above)):
            box = box_at(px, py, width, height + 4)
            if box[0] < 2 or box[2] > WIDTH - 2 or box[1] < 2 or not self.room.take(box):
                continue
            y = py - height / 2
            for text, size, bold, colour, sign in lines:
                middle = y + size * 0.65
                self.halo(text, px + (9 if sign >= 0 else 0), middle, size, bold=bold, fill=colour)
                if sign >= 0:
                    self.coin(px - width_of(text, size, bold=bold) / 2 - 3, middle, 6.5, sign)
                y += size * 1.3
            return True
        return False

    def _names(self) -> None:
        """Names in the larger tools, and the letters of what is said about tools."""
        estate = self.atlas.estate
        discs = []
        for t, (name, row) in enumerate(estate.tools.items()):
            disc = self.layout.tools[name]
            x, y = self.at(disc.x, disc.y)
            product = plain(row.get("product") or name.partition(":")[0])
            discs.append((disc.r * self.k, x, y, product, self.atlas.signs[estate.first_tool + t]))
        coins: list[tuple[float, float, float, int]] = []
        for r, x, y, _, sign in discs:
            badge = r > 24
            size = 8.5 if badge else min(r * 0.62, 12)
            away = r / sqrt(2) if badge else 0.0
            if sign >= 0 and r > 6.5 and self.room.take(box_at(x + away, y - away, 1.6 * size, 1.6 * size)):
                coins.append((x + away, y - away, size, sign))
        for r, x, y, product, _ in sorted(discs, key=lambda disc: -disc[0]):
            lines, size = in_disc(product, r) if r > 18 else ([], 0.0)
            width = max((width_of(line, size, bold=True) for line in lines), default=0.0)
            if lines and self.room.take(box_at(x, y, width, len(lines) * size * 1.15)):
                for i, line in enumerate(lines):
                    offset = (i - (len(lines) - 1) / 2) * size * 1.15
                    self.text(line, x, y + offset, size, bold=True, halo="#e6ebef")
        for coin in coins:
            self.coin(*coin)

    def _frame(self) -> None:
        """Title above, legend below."""
        title = fit(plain(self.atlas.title), WIDTH * 0.45, 22, bold=True)
        self.text(title, 20, 26, 22, bold=True, start=True)
        if self.atlas.scan.get("at"):
            self.text(f"scan of {plain(self.atlas.scan['at'])[:10]}", 20, 47, 12.5, start=True, fill=_SOFT)
        self.rect(0, HEIGHT - _FOOT, WIDTH, _FOOT, "#fdfbf5")
        x, y = 28.0, HEIGHT - _FOOT / 2
        used = sorted({row["sign"] for row in self.atlas.findings if "accepted" not in row})
        for sign in used:
            label = SIGNS[sign].label
            if x + width_of(label, 13) + 40 > WIDTH:
                break
            self.coin(x, y, 9, sign)
            self.text(label, x + 15, y, 13, start=True)
            x += width_of(label, 13) + 46


def _attribute(text: str) -> str:
    return escape(plain(text), {'"': "&quot;"})
