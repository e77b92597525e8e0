"""Plots as inline SVG: text stays text, colours come from the page's style, and nothing rests on colour alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from siloscope.viz.report.blocks import clean, short

WIDTH = 720
ROW = 24
LABEL = 190
_CHAR = 6.4  # the width of a digit at the size of figures, to tell whether one fits into a bar


def _svg(height: float, body: Sequence[str], title: str) -> str:
    name = escape(clean(title))
    head = f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{name}" xmlns="http://www.w3.org/2000/svg">'
    return f"{head}<title>{name}</title>{''.join(body)}</svg>"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start", most: int = 200) -> str:
    shown = escape(short(text, most))
    tip = f"<title>{escape(clean(text))}</title>" if len(clean(text)) > most else ""
    said = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{said}>{shown}{tip}</text>'


def _box(x: float, y: float, width: float, height: float, kind: str, tip: str = "", extra: str = "") -> str:
    inside = f"<title>{escape(clean(tip))}</title>" if tip else ""
    size = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {size}{extra}>{inside}</rect>'


def bars(
    rows: Sequence[tuple[str, Sequence[float]]], parts: Sequence[tuple[str, str]], title: str, unit: str = ""
) -> str:
    """Stacked bars, one a row; `parts` are (name, class). The figures stand in the bars, the total behind them.

    What is negative, such as a credit, has no length; the total holds it.
    """
    top = 30
    largest = max((sum(each for each in values if each > 0) for _, values in rows), default=0) or 1
    scale = (WIDTH - LABEL - 90) / largest
    body = _legend(parts)
    for number, (label, values) in enumerate(rows):
        y: float = top + number * ROW
        body.append(_text(LABEL - 8, y + 15, label, anchor="end", most=28))
        x = float(LABEL)
        for (name, kind), value in zip(parts, values, strict=True):
            width = max(0.0, value) * scale
            if value:
                body.append(_box(x, y + 2, width, ROW - 6, kind, f"{label}: {name} {value:,.0f}{unit}"))
            figure = f"{value:,.0f}"
            if value and width > _CHAR * len(figure) + 6:
                body.append(_text(x + width / 2, y + 15, figure, f"on {kind}", "middle"))
            x += width
        body.append(_text(x + 6, y + 15, f"{sum(values):,.0f}{unit}", "figure"))
    return _svg(top + len(rows) * ROW + 6, body, title)


def _legend(parts: Sequence[tuple[str, str]]) -> list[str]:
    body, x = [], float(LABEL)
    for name, kind in parts:
        body += [_box(x, 6, 12, 12, kind), _text(x + 17, 16, name, "soft")]
        x += 34 + _CHAR * len(name)
    return body


def matrix(names: Sequence[str], counts: Mapping[tuple[str, str], int], title: str) -> str:
    """A square of who depends on whom: rows depend on columns; the darker, the more, and the figure in it."""
    left, top = 150, 112
    cell = min(52.0, (WIDTH - left - 10) / max(1, len(names)))
    largest = max(counts.values(), default=0) or 1
    body = [_text(left - 8, top - 10, "depends on →", "soft", "end")]
    for number, name in enumerate(names):
        x = left + (number + 0.5) * cell
        y: float = top - 6
        turn = f"rotate(-40 {x:.1f} {y:.1f})"
        body.append(f'<text x="{x:.1f}" y="{y:.1f}" transform="{turn}">{escape(short(name, 18))}</text>')
        body.append(_text(left - 8, top + (number + 0.62) * cell, name, anchor="end", most=22))
    for a, one in enumerate(names):
        for b, other in enumerate(names):
            count = counts.get((one, other), 0)
            x, y = left + b * cell, top + a * cell
            deep = 0.12 + 0.88 * (count / largest) ** 0.5 if count else 0.0
            kind = "cell own" if a == b else "cell"
            fill = f' style="fill-opacity:{deep:.2f}"'
            body.append(_box(x + 1, y + 1, cell - 2, cell - 2, "frame"))
            if count:
                body.append(_box(x + 1, y + 1, cell - 2, cell - 2, kind, f"{one} depends on {other}: {count}", fill))
                dark = " light" if deep > 0.55 else ""
                body.append(_text(x + cell / 2, y + cell / 2 + 4, f"{count}", f"figure{dark}", "middle"))
    return _svg(top + len(names) * cell + 8, body, title)


def ranges(rows: Sequence[tuple[str, float, float, float]], title: str) -> str:
    """A line from the lowest to the highest case, a dot at the likely one; losses lie left of the mark at zero."""
    top = 26
    low, high = min([0.0, *(row[1] for row in rows)]), max([0.0, *(row[3] for row in rows)])
    scale = (WIDTH - LABEL - 110) / ((high - low) or 1)

    def at(value: float) -> float:
        return LABEL + 10 + (value - low) * scale

    bottom = top + len(rows) * ROW
    body = [
        f'<line class="axis" x1="{at(0):.1f}" x2="{at(0):.1f}" y1="{top - 6}" y2="{bottom}"/>',
        _text(at(0), top - 10, "0", "soft", "middle"),
    ]
    for number, (label, least, likely, most) in enumerate(rows):
        y = top + number * ROW + 12
        kind = "loss" if likely < 0 else "gain"
        tip = f"<title>{escape(clean(label))}: {least:,.0f} to {most:,.0f}, likely {likely:,.0f}</title>"
        body.append(_text(LABEL - 8, y + 4, label, anchor="end", most=28))
        body.append(f'<line class="{kind}" x1="{at(least):.1f}" x2="{at(most):.1f}" y1="{y}" y2="{y}"/>')
        body.append(f'<circle class="{kind}" cx="{at(likely):.1f}" cy="{y}" r="5">{tip}</circle>')
        body.append(_text(at(most) + 10, y + 4, f"{likely:+,.0f}", "figure"))
    return _svg(bottom + 6, body, title)


_MARKS = {"met": "●", "missing": "✕", "unknown": "?"}


def grid(
    rows: Sequence[tuple[str, str, Sequence[str | None]]],
    columns: Sequence[str],
    kinds: Sequence[str],
    title: str,
) -> str:
    """Marks in rows and columns: ● met, ✕ missing, ? unknown, nothing where it does not apply.

    A row is (label, its kind, marks); the kinds, which are classes, are explained above.
    """
    left, top = LABEL + 18, 158
    step = (WIDTH - left - 70) / max(1, len(columns))
    body = _legend([(each, each) for each in kinds])
    for number, name in enumerate(columns):
        x = left + (number + 0.5) * step
        turn = f"rotate(-45 {x:.1f} {top - 8})"
        body.append(f'<text x="{x:.1f}" y="{top - 8}" transform="{turn}">{escape(short(name, 27))}</text>')
    for number, (label, kind, marks) in enumerate(rows):
        y = top + number * ROW
        if number % 2 == 0:
            body.append(_box(0, y, WIDTH, ROW, "stripe"))
        body.append(_text(LABEL - 8, y + 16, label, anchor="end", most=28))
        body.append(_box(LABEL - 2, y + 7, 10, 10, kind, f"{label}: {kind}"))
        for column, mark in enumerate(marks):
            if mark:
                x = left + (column + 0.5) * step
                tip = f"<title>{escape(clean(label))}: {escape(columns[column])} {mark}</title>"
                body.append(
                    f'<text class="{mark}" x="{x:.1f}" y="{y + 16}" text-anchor="middle">{_MARKS[mark]}{tip}</text>'
                )
    return _svg(top + len(rows) * ROW + 6, body, title)


def lines(series: Sequence[tuple[str, Sequence[float | None], str]], title: str) -> str:
    """Small plots side by side, one a figure: (name, values from scan to scan, how the last one is written)."""
    across = 3
    width, height = WIDTH / across, 92
    body = []
    for number, (name, values, last) in enumerate(series):
        x, y = number % across * width, number // across * height
        body += [_text(x + 4, y + 16, name, "soft"), _text(x + 4, y + 36, last, "big")]
        known = [each for each in values if each is not None]
        if len(known) < 2:
            continue
        low, span = min(known), (max(known) - min(known)) or 1
        step = (width - 30) / (len(values) - 1)
        points = [
            f"{x + 6 + at * step:.1f},{y + 80 - (each - low) / span * 34:.1f}"
            for at, each in enumerate(values)
            if each is not None
        ]
        body.append(f'<polyline class="trend" points="{" ".join(points)}"/>')
        end = points[-1].split(",")
        body.append(f'<circle class="trend-end" cx="{end[0]}" cy="{end[1]}" r="3.5"/>')
    return _svg(height * -(-len(series) // across) + 4, body, title)
