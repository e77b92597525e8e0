"""Recordings: what each platform said, by source, listing and scope; offline scans replay them.

A recording is a folder: `{source}/source.json` with the configured scopes, and for each slice one
`{source}/{listing}/{scope}.json` with how it ended and its scrubbed documents, one a line, so that a
recording can be read, compared and kept in a repository. The recorder writes what `take` kept, hence
nothing a reader could not have seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from siloscope.collectors.base import Client, Document, Listing, Scope, Taken, Trouble
from siloscope.errors import CallError, Denied, StoreError, Unavailable
from siloscope.model import Status, Visibility, digest, dumps
from siloscope.redact import scrub

SCHEMA = "siloscope/recording/1"


class Recorder:
    """Writes recordings of one source below `folder`."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder / _slug(source)

    def begin(self, client: Client, at: str) -> None:
        """Write when the recording was made and the configured scopes; a source without any records none.

        What an earlier recording of this source left is taken away: it would be replayed as if it were of now.
        """
        if (self.folder / "source.json").exists() and _load(self.folder / "source.json"):
            for old in sorted(self.folder.glob("*/*.json")):
                old.unlink()
        try:
            scopes = [scrub(asdict(each)) for each in client.scopes()]
        except CallError:
            scopes = []
        rows = ",\n ".join(dumps(each) for each in scopes)
        self._write(self.folder / "source.json", f'{{"schema":"{SCHEMA}","at":"{at}","scopes":[\n {rows}\n]}}\n')

    def slice(self, taken: Taken) -> None:
        """Write one slice: its end, then its documents."""
        ended = {
            "listing": taken.slice.listing,
            "permission": taken.slice.permission,
            "principal": taken.slice.principal,
            "reason": taken.slice.reason,
            "scope": taken.slice.scope,
            "status": taken.slice.status,
            "visibility": taken.slice.visibility,
        }
        rows = ",\n ".join(dumps(each) for each in taken.documents or [])
        text = f'{{"schema":"{SCHEMA}","slice":{dumps(ended)},"documents":[\n {rows}\n]}}\n'
        self._write(_file(self.folder, taken.slice.listing, taken.slice.scope), text)

    def _write(self, file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


class RecordedClient:
    """Replays the recordings of one source; a slice that ended badly ends the same way again."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder / _slug(source)
        if not (self.folder / "source.json").exists():
            raise StoreError(
                f"{self.folder}: no recording of source {source!r}; `siloscope scan --record DIR` makes one"
            )

    def scopes(self) -> Iterable[Scope]:
        """The configured scopes as they were recorded; a source that could not be reached is so again."""
        unreached = _file(self.folder, "connect", "")
        if unreached.exists():
            ended = _load(unreached)["slice"]
            if ended["status"] == Status.DENIED:
                raise Denied(ended["reason"], ended["permission"])
            raise Unavailable(ended["reason"])
        return [Scope(**row) for row in _load(self.folder / "source.json")["scopes"]]

    def can(self, listing: Listing) -> bool:
        """Listings of which at least one slice was recorded."""
        return (self.folder / _slug(listing.name)).is_dir()

    def identity(self, listing: Listing, scope: Scope) -> tuple[str, Visibility]:
        """Whoever recorded the slice, and what they could see of it."""
        file = _file(self.folder, listing.name, scope.path)
        if not file.exists():
            return "", Visibility.UNKNOWN
        ended = _load(file)["slice"]
        return ended["principal"], Visibility(ended["visibility"])

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """The recorded documents, then the recorded end."""
        file = _file(self.folder, listing.name, scope.path)
        if not file.exists():
            raise Unavailable(f"not recorded: {listing.name} in {scope.path}")
        recording = _load(file)
        yield from recording["documents"]
        ended = recording["slice"]
        if ended["status"] == Status.DENIED:
            raise Denied(ended["reason"], ended["permission"])
        if ended["status"] == Status.FAILED:
            raise Unavailable(ended["reason"])
        if ended["status"] == Status.PARTIAL:
            yield Trouble(ended["reason"], ended["permission"])

    def close(self) -> None:
        """Nothing to release."""


def recorded_at(folder: Path, otherwise: str) -> str:
    """The time of the newest recording below `folder`: a replay shows the world as of then."""
    times = [_load(each).get("at", "") for each in sorted(folder.glob("*/source.json"))]
    return max(times, default="") or otherwise


def _load(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unavailable(f"{file}: not a readable recording: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise Unavailable(f"{file}: not a recording ({SCHEMA})")
    return document


def _file(folder: Path, listing: str, scope: str) -> Path:
    return folder / _slug(listing) / f"{_slug(scope or 'all')}.json"


def _slug(text: str) -> str:
    """A file name for any text: readable, safe on every file system, different for different texts."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:80].strip(".") or "_"
    return safe if safe == text else f"{safe}-{digest(text)[:8]}"
