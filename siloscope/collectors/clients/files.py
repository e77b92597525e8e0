"""A client for files and folders of exports: every file is read, a broken one is named, none is lost.

A listing's call is `Files(pattern, parse)`. JSON, NDJSON and YAML are read by suffix or by content; a
document carries `path` (relative to the folder, `/` between parts) so that a reader can use it as an id.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.config import Source
from siloscope.errors import ConfigError, Unavailable
from siloscope.model import Visibility

LARGEST = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Files:
    """Which files (`patterns` on the relative path or the file name) and how one becomes documents.

    `identity` names the field of the native id. A missing or repeated one is taken out, and the
    relative path takes its place: exports are copied and renamed, and no copy may hide another.
    A `Trouble` among what `parse` gives names a part that could not be read; the rest is kept.
    """

    patterns: tuple[str, ...] = ("*.json",)
    parse: Callable[[bytes, str], Iterable[Any]] | None = None
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """A listing that can be run more than one way: by REST, or from a folder of exports."""

    rest: Any = None
    files: Files | None = None


def place_of(source: Source, holds: str) -> Path:
    """The path of a source that has no other way; `holds` says what should lie there.

    Raises:
        ConfigError: It has none.
    """
    if not source.path:
        raise ConfigError(f'source "{source.name}": {source.type} needs "path", {holds}')
    return source.path


class FilesClient:
    """Runs listings whose call has `Files`, over one file or folder."""

    def __init__(self, path: Path, scopes: Iterable[Scope]) -> None:
        self.path = path
        self._scopes = tuple(scopes)

    def scopes(self) -> Iterable[Scope]:
        """The configured scopes; the path must exist."""
        if not self.path.exists():
            raise Unavailable(f"{self.path}: no such file or folder")
        return self._scopes

    def can(self, listing: Listing) -> bool:
        """Listings with `Files`, alone or beside other ways."""
        return files_of(listing) is not None

    def identity(self, listing: Listing, scope: Scope) -> tuple[str, Visibility]:  # noqa: ARG002 - one for all
        """Exports are read by whoever runs the scan; all that is there is seen."""
        return "local files", Visibility.ALL

    def close(self) -> None:
        """Nothing to release."""

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:  # noqa: ARG002
        """The documents of every matching file, in the order of their paths."""
        call = files_of(listing)
        assert call is not None  # noqa: S101 - `can` was asked before
        if not call.identity:
            yield from self._documents(call)
            return
        seen = Counter(_native(each, call) for each in self._documents(call))
        for each in self._documents(call):
            if isinstance(each, Trouble) or seen[_native(each, call)] == 1:
                yield each
            else:
                yield {key: value for key, value in each.items() if key != call.identity}

    def _documents(self, call: Files) -> Iterator[Document | Trouble]:
        for found in self._files(call):
            if isinstance(found, Trouble):
                yield found
                continue
            file, relative = found
            try:
                if file.stat().st_size > LARGEST:
                    yield Trouble(f"larger than {LARGEST // 2**20} MiB, not read", where=relative)
                    continue
                documents = list((call.parse or parse_json)(file.read_bytes(), relative))
            except OSError as error:
                yield Trouble(f"cannot be read: {error.strerror}", where=relative)
            except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
                # The last three: JSON of another structure than its metadata promise.
                yield Trouble(f"not readable: {_short(error)}", where=relative)
            else:
                for number, each in enumerate(documents):
                    if isinstance(each, Trouble):
                        yield replace(each, where=relative)
                    else:
                        yield with_path(each, relative if len(documents) == 1 else f"{relative}#{number}")

    def _files(self, call: Files) -> Iterator[tuple[Path, str] | Trouble]:
        if self.path.is_file():
            yield self.path, self.path.name
            return
        closed: list[OSError] = []
        found = [
            Path(folder, name).relative_to(self.path).as_posix()
            for folder, _, names in os.walk(self.path, onerror=closed.append)
            for name in names
        ]
        for error in sorted(closed, key=lambda each: str(each.filename)):
            yield Trouble(f"folder cannot be read: {error.strerror}", where=_relative(error.filename, self.path))
        for relative in sorted(found):
            file = self.path / relative
            hidden = any(part.startswith(".") for part in Path(relative).parts)
            if not hidden and any(fnmatchcase(file.name, p) or fnmatchcase(relative, p) for p in call.patterns):
                yield file, relative


def _relative(file: str, folder: Path) -> str:
    return os.path.relpath(file, folder)


def _native(item: Document | Trouble, call: Files) -> str | None:
    return None if isinstance(item, Trouble) or not item.get(call.identity) else str(item[call.identity])


def files_of(listing: Listing) -> Files | None:
    """The files way of a listing, if it has one."""
    call = getattr(listing.call, "files", listing.call)
    return call if isinstance(call, Files) else None


def with_path(document: Any, relative: str) -> Document:
    """The document with its `path`; whatever is no object is wrapped under `content`."""
    if not isinstance(document, dict):
        document = {"content": document}
    return {**document, "path": relative}


def parse_json(data: bytes, relative: str) -> list[Any]:  # noqa: ARG001 - one signature for all parsers
    """The one JSON value in a file, BOM or UTF-16 tolerated.

    Raises:
        ValueError: The file is no JSON.
    """
    if not data.strip():
        raise ValueError("the file is empty")
    return [json.loads(decode(data))]


def parse_ndjson(data: bytes, relative: str) -> list[Any]:
    """One JSON value, the members of one array, or one value a line; blank lines are skipped.

    A line that is no JSON becomes a `Trouble` that names it, as long as any other line can be read.

    Raises:
        ValueError: Nothing in the file is JSON.
    """
    text = decode(data)
    if not text.strip():
        raise ValueError("the file is empty")
    try:
        value = json.loads(text)
    except ValueError as whole:
        # Only line feeds part the lines: JSON strings may hold U+2028 and other separators as they are.
        rows = [_line(line, n, relative) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
        if all(isinstance(each, Trouble) for each in rows):
            raise ValueError(_short(whole)) from whole
        return rows
    return value if isinstance(value, list) else [value]


def _line(line: str, number: int, relative: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return Trouble(f"{relative} line {number}: {_short(error)}")


def decode(data: bytes) -> str:
    """Text of a file by its byte order mark, else UTF-8; bytes that are not stay visible as replacement."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    return data.decode("utf-8-sig", errors="replace")


def _short(error: Exception) -> str:
    return str(error)[:160] or type(error).__name__
