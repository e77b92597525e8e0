"""Text without a browser: how wide it is, where it fits, and how a name breaks into a disc."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

Box = tuple[float, float, float, float]

# Advance widths of Helvetica in thousandths of its size, as in its AFM file; bold is wider by a tenth at most.
_WIDTHS = {
    **dict.fromkeys("ijl'|", 222),
    **dict.fromkeys(" !,./:;I[]ft\\", 278),
    **dict.fromkeys("r()-`", 333),
    **dict.fromkeys('"', 355),
    **dict.fromkeys("*", 389),
    **dict.fromkeys("Jcksvxyz", 500),
    **dict.fromkeys("L0123456789abdeghnopqu?#$_·–", 556),
    **dict.fromkeys("+<=>~FTZ", 611),
    **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("Mm", 833),
    **dict.fromkeys("W", 944),
    **dict.fromkeys("@%…", 1000),
}
_BOLD = 1.08


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line in Helvetica or a metric twin of it, in the unit of `size`; wide scripts count as squares."""
    total = sum(_WIDTHS.get(c, 600 if ord(c) < 0x1100 else 1000) for c in text)
    return total / 1000 * size * (_BOLD if bold else 1.0)


def fit(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, shortened by an ellipsis until it is at most `room` wide; nothing when not even a letter fits."""
    if width_of(text, size, bold=bold) <= room:
        return text
    short = text
    while short and width_of(short.rstrip() + "…", size, bold=bold) > room:
        short = short[:-1]
    return short.rstrip() + "…" if short else ""


def in_disc(name: str, radius: float, largest: float = 17.0, least: float = 7.5) -> tuple[list[str], float]:
    """The name in up to three lines that fit a disc, and their size; no line when it does not fit."""
    words = name.split()[:8]
    for part in (words, words[1:]) if len(words) > 1 else (words,):
        size = min(largest, radius * 0.34)
        while size >= least:
            for count in range(1, min(3, len(part)) + 1):
                lines = _balanced(part, count, size)
                chord = 2 * sqrt(max(0.0, (radius * 0.9) ** 2 - (count * size * 0.575) ** 2))
                if all(width_of(line, size, bold=True) <= chord for line in lines):
                    return lines, size
            size -= 0.75
    return [], least


def _balanced(words: Sequence[str], count: int, size: float) -> list[str]:
    """The words in `count` lines, the widest of them as narrow as can be."""
    if count == 1:
        return [" ".join(words)]
    options = [
        [" ".join(words[:at]), *_balanced(words[at:], count - 1, size)] for at in range(1, len(words) - count + 2)
    ]
    return min(options, key=lambda lines: max(width_of(line, size, bold=True) for line in lines))


class Room:
    """Boxes that are taken; a label goes where none is."""

    def __init__(self, taken: Iterable[Box] = ()) -> None:
        self.boxes: list[Box] = list(taken)

    def free(self, box: Box) -> bool:
        """Whether nothing lies there yet."""
        return not any(
            box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1] for other in self.boxes
        )

    def take(self, box: Box) -> bool:
        """Takes the box when it is free; whether it was."""
        if not self.free(box):
            return False
        self.boxes.append(box)
        return True


def box_at(x: float, y: float, width: float, height: float) -> Box:
    """The box of that size around a point."""
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
