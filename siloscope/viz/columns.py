"""Small columnar forms for the page: a table of strings, front-coded ids, clean text.

The page holds every asset once, so its size is decided here: text is stored once and pointed to by
number, and sorted ids keep only what differs from the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

NAME_LIMIT = 300
"""Characters of a name that reach the page; longer ones are not legible anywhere on it."""
ID_LIMIT = 4000
_INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


def plain(text: object, limit: int = NAME_LIMIT) -> str:
    """Text fit for one line: control and direction marks become a space, long text ends in an ellipsis."""
    line = " ".join(_INVISIBLE.sub(" ", "" if text is None else str(text)).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def web_address(url: object) -> str:
    """The url when it is a plain http(s) address, else nothing; other schemes never become a link."""
    text = str(url or "")
    return text if re.fullmatch(r"https?://[^\s\"'<>\\]{1,2000}", text) else ""


class Strings:
    """A table of strings; `table("x")` is the number of "x", the same for every use."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}
        self._plain: dict[object, int] = {}

    def __call__(self, text: object, limit: int = NAME_LIMIT) -> int:
        """The number of this text, made plain first; 0 is the empty text."""
        known = self._plain.get((text, limit))
        if known is None:
            known = self._numbers.setdefault(plain(text, limit), len(self._numbers))
            self._plain[text, limit] = known
        return known

    def many(self, texts: Iterable[object]) -> list[int]:
        """The numbers of several texts."""
        return [self(text) for text in texts]

    @property
    def rows(self) -> list[str]:
        """The table, in the order of the numbers."""
        return list(self._numbers)


def front(texts: Sequence[str], starts: Iterable[int] = ()) -> dict[str, Any]:
    """Front coding: for each text how many characters it shares with the one before, and the rest.

    The rests are one text, a line each; texts hold no line breaks. At `starts` nothing is shared, so that
    reading can begin there.
    """
    shared, rest, before, fresh = [], [], "", set(starts)
    for number, text in enumerate(texts):
        keep = 0 if number in fresh else _common(before, text)
        # A cut inside a surrogate pair would differ between Python and the page's UTF-16 counts.
        if keep and not text[:keep].isascii():
            keep = 0
        shared.append(keep)
        rest.append(text[keep:])
        before = text
    return {"shared": shared, "rest": "\n".join(rest)}


def _common(a: str, b: str) -> int:
    """How many characters two texts begin with alike, found by halving."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def sparse(values: Sequence[Any], empty: Any = 0) -> list[Any]:
    """A column; nothing at all when every value is empty."""
    return [] if all(value == empty for value in values) else list(values)


def runs(values: Sequence[int]) -> list[int] | dict[str, list[int]]:
    """A column of numbers; as `{"runs": [value, times, ...]}` where that is shorter."""
    coded: list[int] = []
    for value in values:
        if coded and coded[-2] == value:
            coded[-1] += 1
        else:
            coded += [value, 1]
    return {"runs": coded} if len(coded) < len(values) else list(values)
