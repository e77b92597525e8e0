"""A source's scan on disk, slice by slice, between collecting and committing.

One line a thing, tabs between (JSON holds none): the observations of a slice as the store keeps them, each a
mark, its key as JSON and its body as canonical JSON; then `slice` and its JSON, which makes them whole; and
`end` when the scan of the source ran to its end. Nothing holds all slices in memory. What stands behind the
last whole slice was cut off with the process that wrote it, and is not read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from siloscope.graph.commit import Written, texts
from siloscope.model import Observation, Slice, digest, dumps, from_json, to_json

SUFFIX = ".ndjson"
_END = "end\t"


def file_of(folder: Path, source: str) -> Path:
    """Where a source's spool stands in the folder of a run."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", source)[:60]
    return folder / f"{safe}-{digest(source)[:6]}{SUFFIX}"


class Spool:
    """The writer; `file` is where it writes. One that exists already is gone on with."""

    def __init__(self, folder: Path, source: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = file_of(folder, source)
        self._out = self.file.open("a", encoding="utf-8", errors="replace", newline="\n")

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._out.write(f"{_END}\n")
        self._out.close()

    def slice(self, row: Slice, observations: list[Observation]) -> None:
        """Write one slice with what it showed; afterwards it survives a crash of this process."""
        self._out.writelines(f"{mark}\t{dumps(key)}\t{body}\n" for key, (mark, body) in texts(observations).items())
        self._out.write(f"slice\t{dumps(to_json(row))}\n")
        self._out.flush()


def read(file: Path) -> Iterator[tuple[Slice, dict[str, Written]]]:
    """The whole slices of a spool with their observations by key, one slice in memory at a time."""
    told: dict[str, Written] = {}
    for mark, rest, _ in _lines(file):
        if mark == "slice":
            yield from_json(Slice, json.loads(rest)), told
            told = {}
        elif mark != "end":
            key, _, body = rest.partition("\t")
            told[json.loads(key)] = mark, body


def ended(file: Path) -> bool:
    """Whether the scan that wrote this spool ran to the end of its source."""
    last = f"{_END}\n".encode()
    with file.open("rb") as out:
        out.seek(max(0, out.seek(0, os.SEEK_END) - len(last) - 1))
        return out.read().lstrip(b"\n") == last


def carry(old: Path, new: Path, keep: Callable[[Slice], bool]) -> set[tuple[str, str, str]]:
    """Copy the whole slices of `old` that `keep` wants into `new`; their keys."""
    kept: set[tuple[str, str, str]] = set()
    with new.open("w", encoding="utf-8", errors="replace", newline="\n") as out:
        waiting: list[str] = []
        for mark, rest, line in _lines(old):
            if mark == "end":
                continue
            waiting.append(line)
            if mark == "slice":
                row = from_json(Slice, json.loads(rest))
                if keep(row):
                    kept.add(row.key)
                    out.writelines(waiting)
                waiting = []
    return kept


def _lines(file: Path) -> Iterator[tuple[str, str, str]]:
    """(mark, the rest, the line) of every line that was written whole."""
    with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            if line.endswith("\n"):
                mark, _, rest = line[:-1].partition("\t")
                yield mark, rest, line
