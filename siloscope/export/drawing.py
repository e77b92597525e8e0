"""Small charts as inline SVG: no script, no font, no network; text is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_WIDTH = 720


def text(value: str) -> str:
    """Names are hostile input: one line, nothing that steers or reorders text, no markup."""
    plain = "".join(each if each.isprintable() else " " for each in value)
    return escape(plain if len(plain) <= 300 else plain[:299] + "…")


def money(value: float) -> str:
    """Whole units of money with thousands."""
    return f"{value:,.0f}"


def bars(rows: Sequence[tuple[str, float, str]], *, label: int = 300) -> str:
    """Horizontal bars: (name, value, class)."""
    most = max((value for _, value, _ in rows), default=0.0) or 1.0
    room = _WIDTH - label - 90
    parts = []
    for n, (name, value, kind) in enumerate(rows):
        y = n * 22
        width = max(1.0, value / most * room)
        parts.append(
            f'<text x="{label - 8}" y="{y + 15}" class="end">{text(name)}</text>'
            f'<rect x="{label}" y="{y + 4}" width="{width:.1f}" height="14" class="{kind}"/>'
            f'<text x="{label + width + 6:.1f}" y="{y + 15}">{money(value)}</text>'
        )
    return _svg(len(rows) * 22 + 4, "".join(parts))


def gantt(rows: Sequence[tuple[str, int, int, str]], months: int) -> str:
    """Bars over months: (name, first month, months, note)."""
    label, room = 90, _WIDTH - 100
    unit = room / max(months, 1)
    parts = [
        f'<line x1="{label + m * unit:.1f}" x2="{label + m * unit:.1f}" y1="0" y2="{len(rows) * 26 + 4}" class="grid"/>'
        f'<text x="{label + m * unit:.1f}" y="{len(rows) * 26 + 18}" class="mid">{m}</text>'
        for m in range(0, months + 1, 3 if months <= 36 else 12)
    ]
    for n, (name, start, length, note) in enumerate(rows):
        x, y = label + start * unit, n * 26
        parts.append(
            f'<text x="{label - 8}" y="{y + 18}" class="end">{text(name)}</text>'
            f'<rect x="{x:.1f}" y="{y + 4}" width="{max(2.0, length * unit):.1f}" height="20" class="go"/>'
            f'<text x="{x + length * unit + 6:.1f}" y="{y + 18}">{text(note)}</text>'
        )
    return _svg(len(rows) * 26 + 24, "".join(parts))


def curve(values: Sequence[float]) -> str:
    """A running total over months, with nought as a line and its lowest and last value named."""
    if not values:
        return ""
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    left, top, width, height = 90, 10, _WIDTH - 190, 180

    def at(month: int, value: float) -> tuple[float, float]:
        return left + month / max(len(values) - 1, 1) * width, top + (high - value) / span * height

    points = " ".join("{:.1f},{:.1f}".format(*at(n, value)) for n, value in enumerate(values))
    zero = at(0, 0.0)[1]
    lowest = min(range(len(values)), key=lambda n: values[n])
    marks = ""
    for n in sorted({lowest, len(values) - 1}):
        x, y = at(n, values[n])
        marks += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="dot"/>'
        marks += f'<text x="{x + 6:.1f}" y="{y + 4:.1f}">{money(values[n])}</text>'
    axis = "".join(
        f'<text x="{at(n, 0)[0]:.1f}" y="{top + height + 22}" class="mid">{n + 1}</text>'
        for n in range(0, len(values), 6 if len(values) <= 60 else 12)
    )
    line = f'<line x1="{left}" x2="{left + width}" y1="{zero:.1f}" y2="{zero:.1f}" class="axis"/>'
    zero_label = f'<text x="{left - 8}" y="{zero + 4:.1f}" class="end">0</text>'
    return _svg(top + height + 30, f'{line}{zero_label}<polyline points="{points}" class="line"/>{marks}{axis}')


def tornado(rows: Sequence[tuple[str, float, float]], middle: float) -> str:
    """Bars from the value at the low end to that at the high end of each assumption, around the plan's own."""
    ends = [middle, *(v for _, low, high in rows for v in (low, high))]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0
    label, room = 200, _WIDTH - 400

    def at(value: float) -> float:
        return label + 90 + (value - low) / span * room

    parts = [f'<line x1="{at(middle):.1f}" x2="{at(middle):.1f}" y1="0" y2="{len(rows) * 24 + 2}" class="axis"/>']
    for n, (name, a, b) in enumerate(rows):
        y = n * 24
        x1, x2 = sorted((at(a), at(b)))
        least, most = sorted((a, b))
        parts.append(
            f'<text x="{label - 8}" y="{y + 16}" class="end">{text(name)}</text>'
            f'<rect x="{x1:.1f}" y="{y + 4}" width="{max(1.0, x2 - x1):.1f}" height="16" class="go"/>'
            f'<text x="{x1 - 6:.1f}" y="{y + 16}" class="end">{money(least)}</text>'
            f'<text x="{x2 + 6:.1f}" y="{y + 16}">{money(most)}</text>'
        )
    return _svg(len(rows) * 24 + 6, "".join(parts))


def _svg(height: float, inner: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" xmlns="http://www.w3.org/2000/svg">{inner}</svg>'
