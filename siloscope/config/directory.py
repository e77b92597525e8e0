"""Departments from a CSV file: a directory export, a list of accounts, a table of cost centres.

One column is `department`; every other column named like a match key (`owner`, `domain`, `account`, ... or `tag:KEY`)
is a rule of its own, in the order of the columns. What directories call a person's address counts as `owner`.
Values may be globs and are compared without regard to case.
"""

from __future__ import annotations

import csv
from pathlib import Path

from siloscope.config.records import DepartmentRule
from siloscope.errors import ConfigError
from siloscope.tabular import lines

MATCH_KEYS = ("tag", "account", "folder", "workspace", "owner", "group", "domain", "source", "tool", "name", "id")
_OWNER = frozenset({"email", "e-mail", "mail", "userprincipalname", "user", "login"})
_DEPARTMENT = "department"


def rules_of(file: Path) -> tuple[DepartmentRule, ...]:
    """The rules that a CSV file holds, UTF-8, with or without a byte order mark.

    Raises:
        ConfigError: It cannot be read, lacks a column, or says two departments of one value.
    """
    try:
        return _rules(file.name, file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file.name} cannot be read: it is no UTF-8 text") from error
    except csv.Error as error:
        raise ConfigError(f"{file.name} is no table: {error}") from error


def _rules(file: str, text: str) -> tuple[DepartmentRule, ...]:
    rows = lines(text)
    _, head = next(rows, (0, []))
    place = next((n for n, each in enumerate(head) if each.lower() == _DEPARTMENT), None)
    columns = {n: key for n, each in enumerate(head) if (key := _key(each))}
    if place is None or not columns:
        raise ConfigError(f'{file} needs a column "department" and one of {", ".join(MATCH_KEYS)}, tag:KEY, email')
    tables: dict[int, dict[str, str]] = {n: {} for n in columns}
    for number, row in rows:
        name = row[place] if place < len(row) else ""
        for n, table in tables.items() if name else ():
            value = row[n] if n < len(row) else ""
            if value and table.setdefault(value, name) != name:
                raise ConfigError(f"{file} line {number}: {value} is in {table[value]} and in {name}")
    return tuple(
        DepartmentRule("", key, tag, table=tuple(tables[n].items())) for n, (key, tag) in columns.items() if tables[n]
    )


def _key(column: str) -> tuple[str, str] | None:
    """The match key and tag that a column stands for, if any."""
    name, _, tag = column.partition(":")
    if name.lower() == "tag" and tag:
        return "tag", tag
    if name.lower() in _OWNER:
        return "owner", ""
    return (name.lower(), "") if name.lower() in MATCH_KEYS[1:] and not tag else None
