"""TOML -> products and vocabulary; every complaint names the file, the product, the key and the nearest word.

`products` checks a user's file. `unchecked` reads the catalog's own, which passes the same checks in the
tests instead of at every start.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from siloscope.catalog.records import Capability, Product, Vocabulary
from siloscope.errors import ConfigError, nearest

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_CAPABILITIES = 5
KEYS = tuple(item.name for item in fields(Product))
REQUIRED = ("name", "vendor", "capabilities", "focus", "licence_unit")
LISTS = frozenset({"capabilities", "aliases", "features"})
SHOWN = 60  # characters of a stranger's text that an error repeats


def document(text: str, origin: str) -> dict[str, Any]:
    """The TOML document `text`.

    Raises:
        ConfigError: It is not TOML; the text names `origin` and the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: not valid TOML: {error}") from error


def vocabulary(text: str, origin: str) -> Vocabulary:
    """The vocabulary that `capabilities.toml` states.

    Raises:
        ConfigError: The file is not TOML or lacks a table.
    """
    data = document(text, origin)
    try:
        capabilities = {row["slug"]: Capability(**row) for row in data["capability"]}
        focus = {category: tuple(below) for category, below in data["focus"].items()}
        return Vocabulary(
            capabilities=MappingProxyType(capabilities),
            features=MappingProxyType(dict(data["features"])),
            licence_units=MappingProxyType(dict(data["licence_units"])),
            tenancies=MappingProxyType(dict(data["tenancies"])),
            focus=MappingProxyType(focus),
        )
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{origin}: incomplete vocabulary: {error}") from error


def unchecked(text: str) -> dict[str, Product]:
    """The products of a file known to be right, sorted by slug."""
    found = {}
    for row in tomllib.loads(text)["product"]:
        for key in LISTS & row.keys():
            row[key] = tuple(row[key])
        found[row["slug"]] = Product(**row)
    return dict(sorted(found.items()))


def products(
    text: str, origin: str, words: Vocabulary, known: Mapping[str, Product] | None = None
) -> dict[str, Product]:
    """The products of one file, laid over those already `known`, sorted by slug.

    An entry whose slug is known changes that product: the keys it gives replace, its aliases are added.

    Args:
        text: TOML with `[[product]]` tables.
        origin: The file's name, for errors.
        words: The vocabulary that products are described in.
        known: Products by slug that this file extends.

    Raises:
        ConfigError: The text names file, product, key and the nearest valid word.
    """
    data = document(text, origin)
    for key in data:
        if key != "product":
            raise ConfigError(f'{origin}: unknown table "{_shown(key)}"{nearest(key, ["product"])}')
    rows = data.get("product", [])
    if not isinstance(rows, list):
        raise ConfigError(f'{origin}: key "product" must be an array of tables, written [[product]]')
    found = dict(known or {})
    seen: set[str] = set()
    for row in rows:
        slug = _slug(row, origin, seen)
        found[slug] = _product(slug, row, found.get(slug), words, origin)
        seen.add(slug)
    for slug in seen:
        suite = found[slug].suite
        if suite is not None and (suite not in found or suite == slug):
            _complain(origin, slug, "suite", f'no other product "{_shown(suite)}"{nearest(suite, found)}')
    return dict(sorted(found.items()))


def key_of(text: str) -> str:
    """The form in which names are compared: no case, no spaces, hyphens or underscores."""
    return "".join(text.casefold().replace("-", " ").replace("_", " ").split())


def index(found: Mapping[str, Product], origin: str) -> dict[str, str]:
    """Every spelling of every product -> its slug.

    Raises:
        ConfigError: One spelling names two products.
    """
    spellings: dict[str, str] = {}
    for slug, product in found.items():
        for text in (slug, product.name, *product.aliases):
            other = spellings.setdefault(key_of(text), slug)
            if other != slug:
                key = "name" if text == product.name else "aliases"
                _complain(origin, slug, key, f'"{_shown(text)}" already names product "{other}"')
    return spellings


def _slug(row: Any, origin: str, seen: Collection[str]) -> str:
    slug = row.get("slug") if isinstance(row, dict) else None
    if not isinstance(slug, str):
        raise ConfigError(f'{origin}: a [[product]] lacks its key "slug"')
    if not SLUG.fullmatch(slug):
        _complain(origin, slug, "slug", "must be lower case letters, digits and single hyphens")
    if slug in seen:
        _complain(origin, slug, "slug", "stands twice in this file")
    return slug


def _product(slug: str, row: Mapping[str, Any], before: Product | None, words: Vocabulary, origin: str) -> Product:
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key not in KEYS:
            _complain(origin, slug, key, f"unknown key{nearest(key, KEYS)}")
        values[key] = _value(slug, key, value, origin)
        _check(slug, key, values[key], words, origin)
    if before is not None:
        values["aliases"] = tuple(dict.fromkeys((*before.aliases, *values.get("aliases", ()))))
        return replace(before, **values)
    for key in REQUIRED:
        if key not in values:
            _complain(origin, slug, key, "is missing")
    return Product(**values)


def _value(slug: str, key: str, value: Any, origin: str) -> str | tuple[str, ...]:
    if key not in LISTS:
        if not isinstance(value, str) or not value.strip():
            _complain(origin, slug, key, "must be a text that is not empty")
        return str(value)
    if not isinstance(value, list) or not all(isinstance(item, str) and key_of(item) for item in value):
        _complain(origin, slug, key, "must be a list of texts that are not empty")
    if len(set(value)) < len(value):
        _complain(origin, slug, key, "names the same thing twice")
    return tuple(value)


def _check(slug: str, key: str, value: str | tuple[str, ...], words: Vocabulary, origin: str) -> None:
    if key == "capabilities" and not 1 <= len(value) <= MAX_CAPABILITIES:
        _complain(origin, slug, key, f"names {len(value)}; a product has 1 to {MAX_CAPABILITIES}")
    if key == "focus":
        category, _, below = str(value).partition(" / ")
        if below not in words.focus.get(category, ()):
            pairs = [f"{name} / {each}" for name, below in words.focus.items() for each in below]
            _complain(origin, slug, key, f'no FOCUS 1.2 pair "{_shown(value)}"{nearest(str(value), pairs)}')
        return
    closed: Mapping[str, Collection[str]] = {
        "capabilities": words.capabilities,
        "features": words.features,
        "licence_unit": words.licence_units,
        "tenancy": words.tenancies,
    }
    if key in closed:
        _closed(slug, key, (value,) if isinstance(value, str) else value, closed[key], origin)


def _closed(slug: str, key: str, given: Iterable[str], valid: Collection[str], origin: str) -> None:
    for word in given:
        if word not in valid:
            _complain(origin, slug, key, f'unknown word "{_shown(word)}"{nearest(word, valid)}')


def _shown(text: object) -> str:
    """A stranger's text as an error may repeat it: one line, escaped, cut."""
    whole = str(text).encode("unicode_escape").decode("ascii")
    return whole if len(whole) <= SHOWN else whole[:SHOWN] + "..."


def _complain(origin: str, slug: str, key: str, what: str) -> None:
    raise ConfigError(f'{origin}: product "{_shown(slug)}": key "{_shown(key)}": {what}')
