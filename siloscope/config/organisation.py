"""Departments from Backstage catalog files: which groups there are, who belongs to them, and what they are part of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from siloscope.config.entities import Entity, departments, entities
from siloscope.config.records import DepartmentRule
from siloscope.errors import ConfigError

SUFFIXES = (".yaml", ".yml")


def rules_of_catalog(place: Path) -> tuple[DepartmentRule, ...]:
    """Two rules, by owner and by group, from a catalog file or all YAML files of a folder.

    Raises:
        ConfigError: A file cannot be read or is no YAML, or no group is in any.
    """
    files = sorted(each for each in place.rglob("*") if each.suffix in SUFFIXES) if place.is_dir() else [place]
    owners, teams = departments([each for file in files for each in _entities(file)])
    if not teams:
        raise ConfigError(f"{place.name} holds no Backstage entity of kind Group")
    return tuple(
        DepartmentRule("", key, "", table=tuple(sorted(rows.items())))
        for key, rows in (("owner", owners), ("group", teams))
    )


def _entities(file: Path) -> Iterator[Entity]:
    try:
        yield from entities(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file.name} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # no text, no YAML, lists without end
        raise ConfigError(f"{file.name} is no YAML: {str(error).removeprefix('no YAML: ')}") from error
