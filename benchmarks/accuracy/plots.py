"""Calibration as a small SVG: of pairs with a score, the share that is right."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.accuracy.measure import Bin


def calibration_svg(series: Iterable[tuple[str, str, Iterable[Bin]]]) -> str:
    """A plot of (name, colour, bins), 320 by 340; the diagonal is what a score promises."""
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 340" width="360" height="340" font-family="sans-serif" font-size="11">',
        '<rect width="360" height="340" fill="white"/>',
        '<path d="M40 300H340M40 300V10M40 300L340 10" fill="none" stroke="#888" stroke-width="1"/>',
    ]
    for tenth in range(0, 11, 2):
        share = tenth / 10
        x, y = 40 + 300 * share, 300 - 290 * share
        parts.append(f'<text x="{x:.0f}" y="314" text-anchor="middle">{share:.1f}</text>')
        parts.append(f'<text x="34" y="{y + 4:.0f}" text-anchor="end">{share:.1f}</text>')
    parts.append('<text x="190" y="332" text-anchor="middle">score</text>')
    parts.append('<text x="12" y="155" text-anchor="middle" transform="rotate(-90 12 155)">share that is right</text>')
    for row, (name, colour, bins) in enumerate(series):
        points = [(40 + 300 * each.mean, 300 - 290 * each.right, each.count) for each in bins]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{min(2 + count**0.5 / 6, 7):.1f}" fill="{colour}"/>'
            for x, y, count in points
        ]
        parts.append(f'<text x="56" y="{26 + 16 * row}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
