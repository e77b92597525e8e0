"""A source's scan on disk, slice by slice, between collecting and committing.

One JSON value a line: `{"slice": ...}`, then its observations as `{"KIND": ...}`, and `{"end": true}`
when the scan of the source ran to its end. Nothing holds all slices in memory. A spool lives as long
as its scan; what a killed one leaves is never read, and removed by the next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

from siloscope.model import Asset, Description, Observation, Reference, Slice, Tool, digest, dumps, from_json, to_json

KINDS: Mapping[str, type] = {"asset": Asset, "description": Description, "reference": Reference, "tool": Tool}
_TAGS = {kind: tag for tag, kind in KINDS.items()}


class Spool:
    """Writes one source's scan; use as a context manager."""

    def __init__(self, folder: Path, source: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", source)[:60]
        self.file = folder / f"{safe}-{digest(source)[:6]}.ndjson"
        self._out = self.file.open("w", encoding="utf-8", errors="replace")

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._out.write('{"end":true}\n')
        self._out.close()

    def slice(self, row: Slice, observations: list[Observation]) -> None:
        """Write one slice with what it showed."""
        self._out.write(dumps({"slice": to_json(row)}) + "\n")
        self._out.writelines(dumps({_TAGS[type(item)]: to_json(item)}) + "\n" for item in observations)


def read(file: Path) -> Iterator[tuple[Slice, list[Observation]]]:
    """The slices of a spool with their observations, one slice in memory at a time."""
    current: Slice | None = None
    items: list[Observation] = []
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            ((tag, row),) = json.loads(line).items()
            if tag in KINDS:
                items.append(from_json(KINDS[tag], row))
                continue
            if current:
                yield current, items
            current, items = (from_json(Slice, row), []) if tag == "slice" else (None, [])
    if current:
        yield current, items
