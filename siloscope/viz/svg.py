"""Strokes and letters of an SVG drawing, as text."""

from __future__ import annotations

from math import cos, pi, sin
from xml.sax.saxutils import escape

from siloscope.viz.lettering import width_of
from siloscope.viz.rules import COLOURS, SIGNS

INK, HALO = "#14202b", "#e4eef4"
COLOUR = COLOURS["light"]


def number(value: float) -> str:
    """A coordinate to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def ink_on(colour: str) -> str:
    """Black or white, whichever is legible on a colour."""
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return "#111820" if 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2 > 0.2 else "#ffffff"


class Paper:
    """The parts of a drawing, in the order they are drawn; coordinates are those of the sheet."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, tag: str, **attributes: object) -> None:
        """An element without content; `_` in names of attributes stands for `-`."""
        text = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in attributes.items() if value != "")
        self.parts.append(f"<{tag} {text}/>")

    def rect(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""
        self.add("rect", x=number(x), y=number(y), width=number(width), height=number(height), fill=fill)

    def circle(self, x: float, y: float, r: float, **style: object) -> None:
        """A circle."""
        self.add("circle", cx=number(x), cy=number(y), r=number(r), **style)

    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        bold: bool = False,
        start: bool = False,
        fill: str = INK,
        halo: str = "",
    ) -> None:
        """A line around (x, y), or from there; its length is fixed, so that another font cannot make it overlap."""
        length = number(width_of(text, size, bold=bold))
        edge = f' stroke="{halo}" stroke-width="3.5" paint-order="stroke" stroke-linejoin="round"' if halo else ""
        self.parts.append(
            f'<text x="{number(x)}" y="{number(y + size * 0.35)}" font-size="{number(size)}" '
            f'font-weight="{700 if bold else 400}" text-anchor="{"start" if start else "middle"}" '
            f'textLength="{length}" lengthAdjust="spacingAndGlyphs" fill="{fill}"{edge}>{escape(text)}</text>'
        )

    def halo(self, text: str, x: float, y: float, size: float, *, bold: bool, fill: str) -> None:
        """A line with a rim in the colour of water, legible over bridges."""
        self.text(text, x, y, size, bold=bold, fill=fill, halo=HALO)

    def coin(self, x: float, y: float, r: float, sign: int) -> None:
        """The letter of a sign on a disc of its colour."""
        colour = COLOUR[SIGNS[sign].family]
        self.circle(x, y, r + 1.4, fill="#ffffff")
        self.circle(x, y, r, fill=colour)
        self.text(SIGNS[sign].letter, x, y, min(13, r * 1.3), bold=True, fill=ink_on(colour))

    def wedge(self, x: float, y: float, r: float, start: float, end: float, fill: str) -> None:
        """A sector from `start` to `end`, shares of a turn from twelve o'clock."""
        if end - start > 0.9999:
            self.circle(x, y, r, fill=fill)
            return
        (ax, ay), (bx, by) = ((x + r * sin(2 * pi * t), y - r * cos(2 * pi * t)) for t in (start, end))
        big = int(end - start > 0.5)
        arc = f"A{number(r)} {number(r)} 0 {big} 1 {number(bx)} {number(by)}Z"
        self.add("path", d=f"M{number(x)} {number(y)}L{number(ax)} {number(ay)}{arc}", fill=fill)
