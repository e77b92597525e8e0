"""`siloscope.toml` -> typed settings; every complaint names file, line, key and the nearest valid key.

Secrets are references, `env:NAME` or `file:PATH`, resolved only when a client asks for them. A literal
secret in the file is an error whose text does not repeat it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from siloscope.errors import ConfigError, nearest
from siloscope.redact import secret_key

TABLES = ("store", "source", "department", "alias", "accepted-gap")
SOURCE_KEYS = frozenset({"name", "type", "url", "path", "instance", "department", "environment"})
MATCH_KEYS = frozenset({"tag", "account", "folder", "workspace", "owner", "source", "tool", "name", "values"})


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret; `reveal` reads it, and nothing prints it."""

    reference: str = field(repr=False)
    base: Path = field(default=Path(), repr=False)

    def reveal(self) -> str:
        """The secret itself.

        Raises:
            ConfigError: The variable is not set or the file cannot be read.
        """
        kind, _, where = self.reference.partition(":")
        if kind == "env":
            if where not in os.environ:
                raise ConfigError(f"environment variable {where} is not set")
            return os.environ[where]
        try:
            return (self.base / where).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"secret file {where} cannot be read: {error.strerror}") from error


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
class Config:
    """The whole file; relative paths are already relative to it."""

    file: Path
    store: str
    password: Secret | None = None
    sources: tuple[Source, ...] = ()
    departments: tuple[DepartmentRule, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the file, against which relative paths are read."""
        return self.file.parent


def load(file: Path, types: Mapping[str, frozenset[str]], planned: frozenset[str] = frozenset()) -> Config:
    """Read `file`. `types` maps each source type to the options it understands beyond `SOURCE_KEYS`.

    Raises:
        ConfigError: Missing file, broken TOML, unknown or missing key, unknown type, literal secret.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: no such file; `siloscope init` writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    return _Reader(file, text, types, planned).config(data)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns parsed TOML into settings; keeps the text, to say on which line a key stands."""

    file: Path
    text: str
    types: Mapping[str, frozenset[str]]
    planned: frozenset[str]

    def config(self, data: Mapping[str, Any]) -> Config:
        self._known(data, frozenset(TABLES), "", 0)
        store = data.get("store", {})
        self._known(store, frozenset({"url", "password"}), "store", 0)
        sources = tuple(self._source(index, row) for index, row in enumerate(self._rows(data, "source")))
        names = [source.name for source in sources]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise self._error("source", index, "name", f'the name "{name}" is used twice')
        url = store.get("url", "siloscope.db")
        if not isinstance(url, str):
            raise self._error("store", 0, "url", "must be a string")
        return Config(
            file=self.file,
            store=self._store_url(url),
            password=self._secret("store", 0, "password", store["password"]) if "password" in store else None,
            sources=sources,
            departments=tuple(self._department(i, row) for i, row in enumerate(self._rows(data, "department"))),
            aliases=tuple(self._alias(i, row) for i, row in enumerate(self._rows(data, "alias"))),
            gaps=tuple(self._gap(i, row) for i, row in enumerate(self._rows(data, "accepted-gap"))),
        )

    def _source(self, index: int, row: Mapping[str, Any]) -> Source:
        for key in ("name", "type"):
            if not isinstance(row.get(key), str) or not row[key]:
                raise self._error("source", index, key, f'every [[source]] needs a "{key}"')
        kind = row["type"]
        if kind in self.planned and kind not in self.types:
            raise self._error("source", index, "type", f'no collector for "{kind}" in this version')
        if kind not in self.types:
            raise self._error("source", index, "type", f'unknown type "{kind}"{nearest(kind, self.types)}')
        self._known(row, SOURCE_KEYS | self.types[kind], "source", index)
        self._no_literal_secret(index, row)
        for key in SOURCE_KEYS & row.keys():
            if not isinstance(row[key], str):
                raise self._error("source", index, key, f'"{key}" must be a string')
        path = (self.file.parent / row["path"]).expanduser() if "path" in row else None
        url = row.get("url")
        host = (urlsplit(url).hostname or "") if url else ""
        options = {
            key: self._secret("source", index, key, value) if secret_key(key) or _is_reference(value) else value
            for key, value in row.items()
            if key not in SOURCE_KEYS
        }
        return Source(
            name=row["name"],
            type=kind,
            order=index,
            url=url.rstrip("/") if url else None,
            path=path,
            instance=row.get("instance") or (host if url else row["name"]),
            department=row.get("department"),
            environment=row.get("environment"),
            options=options,
        )

    def _no_literal_secret(self, index: int, row: Mapping[str, Any]) -> None:
        for key, value in row.items():
            if secret_key(key) and not _is_reference(value):
                raise self._error(
                    "source",
                    index,
                    key,
                    f'"{key}" holds a literal secret; write "env:NAME" or "file:PATH" instead',
                )
            if isinstance(value, str) and "://" in value:
                try:
                    userinfo = urlsplit(value).password
                except ValueError as error:
                    raise self._error("source", index, key, f'"{key}" is not a valid URL') from error
                if userinfo:
                    raise self._error("source", index, key, f'"{key}" holds a password; use an option with "env:NAME"')

    def _secret(self, table: str, index: int, key: str, value: Any) -> Secret:
        if not _is_reference(value):
            raise self._error(
                table, index, key, f'"{key}" holds a literal secret; write "env:NAME" or "file:PATH" instead'
            )
        return Secret(value, self.file.parent)

    def _department(self, index: int, row: Mapping[str, Any]) -> DepartmentRule:
        self._known(row, frozenset({"name", "match"}), "department", index)
        match = row.get("match")
        if not isinstance(row.get("name"), str) or not isinstance(match, Mapping):
            raise self._error("department", index, "match", 'a [[department]] needs "name" and "match"')
        self._known(match, MATCH_KEYS, "department", index)
        values = match.get("values", [])
        keys = [key for key in match if key != "values"]
        if len(keys) != 1:
            raise self._error(
                "department",
                index,
                "match",
                '"match" needs one of tag, account, folder, workspace, owner, source, tool, name',
            )
        key = keys[0]
        if key == "tag":
            tag = match["tag"]
        else:
            tag, values = "", values or match[key]
        if isinstance(values, str):
            values = [values]
        if not values or not all(isinstance(each, str) for each in values):
            raise self._error("department", index, "match", '"values" must be a list of globs')
        return DepartmentRule(row["name"], key, tag, tuple(values))

    def _alias(self, index: int, row: Mapping[str, Any]) -> tuple[str, str]:
        self._known(row, frozenset({"name", "same"}), "alias", index)
        if not all(isinstance(row.get(key), str) and row[key] for key in ("name", "same")):
            raise self._error("alias", index, "name", 'an [[alias]] needs "name" and "same"')
        return row["name"], row["same"]

    def _gap(self, index: int, row: Mapping[str, Any]) -> Gap:
        self._known(row, frozenset({"source", "listing", "scope", "reason", "until"}), "accepted-gap", index)
        if not row.get("reason"):
            raise self._error("accepted-gap", index, "reason", 'an [[accepted-gap]] needs a "reason"')
        until = row.get("until")
        if until is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(until)):
            raise self._error("accepted-gap", index, "until", '"until" must be a date, YYYY-MM-DD')
        return Gap(
            row.get("source", "*"), row.get("listing", "*"), row.get("scope", "*"), row["reason"],
            None if until is None else str(until),
        )  # fmt: skip

    def _store_url(self, url: str) -> str:
        return url if "://" in url else str(self.file.parent / Path(url).expanduser())

    def _rows(self, data: Mapping[str, Any], table: str) -> list[Mapping[str, Any]]:
        rows = data.get(table, [])
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise self._error(table, 0, "", f"write [[{table}]] with double brackets, once for each")
        return rows

    def _known(self, row: Any, known: frozenset[str], table: str, index: int) -> None:
        if not isinstance(row, Mapping):
            raise self._error(table, index, "", f"[{table}] must be a table")
        for key in row:
            if key not in known:
                raise self._error(table, index, key, f'unknown key "{key}"{nearest(key, known)}')

    def _error(self, table: str, index: int, key: str, message: str) -> ConfigError:
        return ConfigError(f"{self.file}:{self._line(table, index, key)}: {message}")

    def _line(self, table: str, index: int, key: str) -> int:
        """The line where `key` stands in the `index`-th `table`; the table's own line when it is absent."""
        seen, start = -1, 0
        for number, line in enumerate(self.text.splitlines(), start=1):
            header = re.match(r"\s*\[\[?\s*([\w-]+)", line)
            if header:
                if seen == index and start:
                    break
                if header.group(1) == table:
                    seen += 1
                    start = number if seen == index else 0
            found = re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line) if key else None
            if found and (start or not table):
                return number
            if not table and header and header.group(1) == key:
                return number
        return start or 1


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("env:", "file:"))
