"""The settings as records; a secret is a reference that is read only when a client asks for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from siloscope.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret; `reveal` reads it, and nothing prints it. `place` says where it stands."""

    reference: str = field(repr=False)
    base: Path = field(default=Path(), repr=False)
    place: str = ""

    def reveal(self) -> str:
        """The secret itself.

        Raises:
            ConfigError: The variable is not set or empty, or the file cannot be read.
        """
        kind, _, where = self.reference.partition(":")
        said = f"{self.place}: " if self.place else ""
        if kind == "env":
            if not os.environ.get(where):
                raise ConfigError(
                    f"{said}environment variable {where} is {'empty' if where in os.environ else 'not set'}"
                )
            return os.environ[where]
        try:
            text = (self.base / Path(where).expanduser()).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigError(f"{said}secret file {where} cannot be read: {reason}") from error
        if not text:
            raise ConfigError(f"{said}secret file {where} is empty")
        return text


@dataclass(frozen=True, slots=True)
class Source:
    """One configured connection. `options` holds what only its type understands; `order` its place in the file."""

    name: str
    type: str
    order: int = 0
    url: str | None = None
    path: Path | None = None
    instance: str = ""
    department: str | None = None
    environment: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def secret(self, key: str) -> str | None:
        """The secret behind option `key`, or None when it is not configured."""
        value = self.options.get(key)
        return value.reveal() if isinstance(value, Secret) else None


@dataclass(frozen=True, slots=True)
class DepartmentRule:
    """First match wins: the fact `key` (for `tag`, of tag `tag`) matches one of the globs `values`."""

    name: str
    key: str
    tag: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """An accepted gap: slices that need not be complete, why, and until when (ISO date, inclusive)."""

    source: str
    listing: str
    scope: str
    reason: str
    until: str | None

    def covers(self, source: str, listing: str, scope: str, today: str) -> bool:
        """Whether the slice is an accepted gap on the day `today`."""
        if self.until and today[:10] > self.until:
            return False
        return (
            fnmatchcase(source, self.source) and fnmatchcase(listing, self.listing) and fnmatchcase(scope, self.scope)
        )


@dataclass(frozen=True, slots=True)
class LossLimit:
    """For the slices it matches: a loss is held when it is more than `share` (0..1) and at least `least` assets."""

    source: str
    listing: str
    scope: str
    share: float
    least: int

    def covers(self, source: str, listing: str, scope: str) -> bool:
        """Whether the limit is for this slice."""
        return (
            fnmatchcase(source, self.source) and fnmatchcase(listing, self.listing) and fnmatchcase(scope, self.scope)
        )


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file; relative paths are already relative to it."""

    file: Path
    store: str
    password: Secret | None = None
    sources: tuple[Source, ...] = ()
    departments: tuple[DepartmentRule, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    gaps: tuple[Gap, ...] = ()
    limits: tuple[LossLimit, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the file, against which relative paths are read."""
        return self.file.parent
