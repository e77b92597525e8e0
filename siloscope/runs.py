"""Folders of scans under way: one a run, so that overlapping scans share no spool and an interrupted one can go on.

`.siloscope/spool/PROCESS-NUMBER/` holds `run.json` (when the scan began, of which sources, with which settings), a
spool for each source that is being collected, and an empty `*.committed` for each that is in the store. It goes when
the run went well; what a run that was interrupted leaves is what `scan --resume` goes on from.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from siloscope import spool
from siloscope.config import Source
from siloscope.model import digest, dumps

_RUNS = itertools.count()
_UNDER_WAY: set[Path] = set()  # folders of runs of this process
_NOTE = "run.json"


@dataclass(frozen=True, slots=True)
class Run:
    """A scan on disk: its folder, its time (ISO 8601), the recordings it replays, and its sources with their marks."""

    folder: Path
    at: str
    replay: Path | None
    sources: Mapping[str, str]

    def file(self, source: str) -> Path:
        """The spool of a source."""
        return spool.file_of(self.folder, source)

    def holds(self, source: Source) -> bool:
        """Whether anything was read of a source, with the settings that it has now."""
        return self.sources.get(source.name) == mark_of(source) and self.file(source.name).exists()

    def committed(self, source: str) -> bool:
        """Whether the source is in the store already."""
        return self._mark(source).exists()

    def commit(self, source: str) -> None:
        """Note that the source is in the store; its spool has served."""
        self._mark(source).touch()
        self.file(source).unlink(missing_ok=True)

    def _mark(self, source: str) -> Path:
        return self.file(source).with_suffix(".committed")

    def leave(self) -> None:
        """The run is no longer under way; what it leaves can be gone on with."""
        _UNDER_WAY.discard(self.folder)

    def remove(self) -> None:
        """Remove the folder."""
        self.leave()
        shutil.rmtree(self.folder, ignore_errors=True)


def begin(base: Path, at: str, replay: Path | None, sources: Iterable[Source]) -> Run:
    """A folder for this run alone."""
    marks = {each.name: mark_of(each) for each in sources}
    run = Run(base / f"{os.getpid()}-{next(_RUNS)}", at, replay, marks)
    run.remove()  # of a process that had our number
    run.folder.mkdir(parents=True)
    _UNDER_WAY.add(run.folder)
    return run


def note(run: Run) -> None:
    """Write down what the run is, so that it can be gone on with from here."""
    told = {"at": run.at, "replay": str(run.replay) if run.replay else None, "sources": dict(run.sources)}
    half = run.folder / f"{_NOTE}.part"
    half.write_text(dumps(told), encoding="utf-8")
    half.replace(run.folder / _NOTE)


def interrupted(base: Path) -> list[Run]:
    """Runs whose process is gone, the latest first; folders that say nothing of themselves are removed."""
    return sorted(_left(base), key=lambda each: (each.at, each.folder.name), reverse=True)


def _left(base: Path) -> Iterator[Run]:
    for folder in sorted(base.glob("*-*")):
        number = folder.name.partition("-")[0]
        if not folder.is_dir() or not number.isdecimal() or folder in _UNDER_WAY or _alive(int(number)):
            continue
        try:
            told = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
            yield Run(folder, told["at"], Path(told["replay"]) if told["replay"] else None, told["sources"])
        except (OSError, ValueError, KeyError, TypeError):
            shutil.rmtree(folder, ignore_errors=True)


def mark_of(source: Source) -> str:
    """A fingerprint of the settings of a source; one that changed is collected anew."""
    settings = {name: str(value) for name, value in sorted(source.options.items())}
    return digest(source.type, source.url or "", str(source.path or ""), source.instance, dumps(settings))


def _alive(process: int) -> bool:
    """Whether another process of that number runs; where that cannot be asked without harm (Windows), it does."""
    if process == os.getpid():
        return False  # this one knows its own runs
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
