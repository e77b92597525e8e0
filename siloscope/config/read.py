"""Parsed TOML into settings; keeps the text, so that a complaint can say on which line a key stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from siloscope.config.directory import MATCH_KEYS, rules_of
from siloscope.config.organisation import SUFFIXES, rules_of_catalog
from siloscope.config.records import Config, DepartmentRule, Gap, LossLimit, Secret, Source
from siloscope.errors import ConfigError, nearest
from siloscope.redact import scrub_text, secret_key

TABLES = ("store", "source", "department", "alias", "accepted-gap", "retirement")
SOURCE_KEYS = frozenset({"name", "type", "url", "path", "instance", "department", "environment"})
# Types that tell the tenants of one host apart by the path of the URL.
TENANT_PATHS = frozenset({"uipath"})


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
        line = re.search(r"line (\d+)", str(error))
        place = line.group(1) if line else text.count("\n") + 1
        raise ConfigError(f"{file}:{place}: not valid TOML: {error}") from error
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
        self._distinct(sources)
        url = store.get("url", "siloscope.db")
        if not isinstance(url, str) or not url:
            raise self._error("store", 0, "url", '"url" must be a string: a path, or neo4j://...')
        if _user_info(url)[1]:
            raise self._error("store", 0, "url", '"url" holds a password; use password = "env:NAME"')
        return Config(
            file=self.file,
            store=self._store_url(url),
            password=self._secret("store", 0, "password", store["password"]) if "password" in store else None,
            sources=sources,
            departments=tuple(
                rule for i, row in enumerate(self._rows(data, "department")) for rule in self._department(i, row)
            ),
            aliases=tuple(self._alias(i, row) for i, row in enumerate(self._rows(data, "alias"))),
            gaps=tuple(self._gap(i, row) for i, row in enumerate(self._rows(data, "accepted-gap"))),
            limits=tuple(self._limit(i, row) for i, row in enumerate(self._rows(data, "retirement"))),
        )

    def _distinct(self, sources: tuple[Source, ...]) -> None:
        """Names are used once, and no two servers share by default the authority that their things are named after."""
        for index, one in enumerate(sources):
            for other in sources[:index]:
                if one.name == other.name:
                    raise self._error("source", index, "name", f'the name "{one.name}" is used twice')
                if one.type == other.type and one.instance == other.instance and self._two_servers(one, other):
                    raise self._error(
                        "source",
                        index,
                        "url",
                        f'"{one.name}" and "{other.name}" are two servers on one host, and both would name their things'
                        f' after "{one.instance}"; set a different "instance" for each',
                    )

    def _two_servers(self, one: Source, other: Source) -> bool:
        if not one.url or not other.url or one.url == other.url:
            return False
        a, b = urlsplit(one.url), urlsplit(other.url)
        same_place = (a.scheme, a.netloc) == (b.scheme, b.netloc)
        told_apart = same_place and one.type in TENANT_PATHS
        return not told_apart and any(each.instance == urlsplit(each.url or "").hostname for each in (one, other))

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
            if not row[key].strip():
                raise self._error("source", index, key, f'"{key}" is empty')
        path = self.file.parent / Path(row["path"]).expanduser() if "path" in row else None
        url = row.get("url")
        host = (urlsplit(url).hostname or "") if url else ""
        if url and not (host and "://" in url):
            raise self._error("source", index, "url", '"url" must be a whole URL, as in https://host')
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
            for name, each in _leaves(key, value):
                if secret_key(name) and not _is_reference(each):
                    raise self._literal("source", index, key, name)
                if isinstance(each, str) and "://" in each:
                    try:
                        user, password = _user_info(each)
                    except ValueError as error:
                        raise self._error("source", index, key, f'"{name}" is not a valid URL') from error
                    if user or password:
                        raise self._error(
                            "source", index, key, f'"{name}" holds a user or password; use an option with "env:NAME"'
                        )
                if isinstance(each, str) and name not in ("name", "type") and scrub_text(each, identifier=True) != each:
                    raise self._literal("source", index, key, name)

    def _secret(self, table: str, index: int, key: str, value: Any) -> Secret:
        if not _is_reference(value):
            raise self._literal(table, index, key, key)
        return Secret(value, self.file.parent, f"{self.file}:{self._line(table, index, key)}: {key}")

    def _literal(self, table: str, index: int, key: str, name: str) -> ConfigError:
        return self._error(
            table, index, key, f'"{name}" holds a literal secret; write "env:NAME" or "file:PATH" instead'
        )

    def _department(self, index: int, row: Mapping[str, Any]) -> tuple[DepartmentRule, ...]:
        self._known(row, frozenset({"name", "match", "file"}), "department", index)
        if "file" in row:
            if "match" in row or "name" in row or not isinstance(row["file"], str) or not row["file"].strip():
                raise self._error(
                    "department", index, "file", 'a [[department]] has "name" and "match", or only a "file"'
                )
            try:
                place = self.file.parent / Path(row["file"]).expanduser()
                return rules_of_catalog(place) if place.suffix in SUFFIXES or place.is_dir() else rules_of(place)
            except ConfigError as error:
                raise self._error("department", index, "file", str(error)) from error
        match = row.get("match")
        name = row.get("name")
        if not isinstance(name, str) or not name.strip() or not isinstance(match, Mapping):
            raise self._error("department", index, "match", 'a [[department]] needs "name" and "match"')
        self._known(match, frozenset({*MATCH_KEYS, "values"}), "department", index)
        values = match.get("values", [])
        keys = [key for key in match if key != "values"]
        if len(keys) != 1:
            raise self._error("department", index, "match", f'"match" needs one of {", ".join(MATCH_KEYS)}')
        key = keys[0]
        if key == "tag":
            tag = match["tag"]
            if not isinstance(tag, str) or not values:
                raise self._error("department", index, "match", '"match" by tag needs the tag\'s name and "values"')
        else:
            tag, values = "", values or match[key]
        if isinstance(values, str):
            values = [values]
        if not values or not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise self._error("department", index, "match", '"values" must be a list of globs')
        if key == "domain":
            values = [each.lower().removeprefix("@") for each in values]
        return (DepartmentRule(name, key, tag, tuple(values)),)

    def _alias(self, index: int, row: Mapping[str, Any]) -> tuple[str, str]:
        self._known(row, frozenset({"name", "same"}), "alias", index)
        if not all(isinstance(row.get(key), str) and row[key] for key in ("name", "same")):
            raise self._error("alias", index, "name", 'an [[alias]] needs "name" and "same"')
        return row["name"], row["same"]

    def _gap(self, index: int, row: Mapping[str, Any]) -> Gap:
        self._known(row, frozenset({"source", "listing", "scope", "reason", "until"}), "accepted-gap", index)
        if not row.get("reason"):
            raise self._error("accepted-gap", index, "reason", 'an [[accepted-gap]] needs a "reason"')
        for key in ("source", "listing", "scope", "reason"):
            if not isinstance(row.get(key, ""), str):
                raise self._error("accepted-gap", index, key, f'"{key}" must be a string')
        until = row.get("until")
        if until is not None and not _is_date(str(until)):
            raise self._error("accepted-gap", index, "until", '"until" must be a date, YYYY-MM-DD')
        return Gap(
            row.get("source", "*"), row.get("listing", "*"), row.get("scope", "*"), row["reason"],
            None if until is None else str(until),
        )  # fmt: skip

    def _limit(self, index: int, row: Mapping[str, Any]) -> LossLimit:
        self._known(row, frozenset({"source", "listing", "scope", "share", "least"}), "retirement", index)
        for key in ("source", "listing", "scope"):
            if not isinstance(row.get(key, ""), str):
                raise self._error("retirement", index, key, f'"{key}" must be a string')
        share, least = row.get("share", 0.5), row.get("least", 20)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise self._error("retirement", index, "share", '"share" must be a number from 0 to 1')
        if isinstance(least, bool) or not isinstance(least, int) or least < 1:
            raise self._error("retirement", index, "least", '"least" must be a whole number of assets, at least 1')
        return LossLimit(row.get("source", "*"), row.get("listing", "*"), row.get("scope", "*"), float(share), least)

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
        seen, start, inline = -1, 0, 0
        for number, line in enumerate(self.text.splitlines(), start=1):
            header = re.match(r"\s*\[\[?\s*([\w-]+)\s*\]", line)
            if header:
                if seen == index and start:
                    break
                if header.group(1) == table:
                    seen += 1
                    start = number if seen == index else 0
            spelled = rf"[\"']?{re.escape(key)}[\"']?\s*[=.]"
            if key and (start or not table):
                if re.match(rf"\s*{spelled}", line):
                    return number
                if not inline and re.search(rf"[{{,]\s*{spelled}", line):
                    inline = number  # within an inline table
            if not table and header and header.group(1) == key:
                return number
        return inline or start or 1


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("env:", "file:")) and bool(value.partition(":")[2])


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every scalar of an option with the nearest name above it."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(name, each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(key, each)
    else:
        yield key, value


def _user_info(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.username or "", parts.password or ""


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
