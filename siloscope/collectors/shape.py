"""The comparable form of a definition: secret-free feature counts and a hash of the normalised content.

A *shape* is versioned: only shapes of one version are compared. Features are counts of what is there
(`node:httpRequest`, `flow:webhook>httpRequest`, `column:customer_id`), never the raw definition. The
hash is equal for definitions that do the same, whatever their parts are called and wherever they stand.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from siloscope.model import Scalar, digest, dumps
from siloscope.names import canonical

VERSION = 1
LONGEST_SQL = 200_000


def shape(features: Iterable[str]) -> dict[str, Scalar]:
    """`{"v": 1, feature: count, ...}`, sorted; features are cut at 120 characters."""
    counts = Counter(each[:120] for each in features)
    return {"v": VERSION, **dict(sorted(counts.items()))}


def definition_hash(definition: Any, drop: Iterable[str] = ()) -> str:
    """A hash that is equal for identical definitions; keys in `drop` (ids, positions, times) do not count."""
    return digest(dumps(_without(definition, frozenset(drop))))


def graph_hash(parts: Mapping[str, str], wires: Iterable[tuple[str, str]]) -> str:
    """A hash of wired parts (`name -> definition_hash`) that does not depend on what the parts are called."""
    links = sorted(f"{parts.get(a, '?')}>{parts.get(b, '?')}" for a, b in wires)
    return digest(*sorted(parts.values()), "|", *links)


def sql_form(sql: str, dialect: str | None = None) -> tuple[dict[str, Scalar], str]:
    """(shape, hash) of SQL: its normalised syntax tree where it can be parsed, else its words.

    Comments, letter case of keywords and white space do not count. Values of literals are no features.
    """
    tree = _parsed(sql, dialect)
    if tree is None:
        words = re.sub(r"\s+", " ", re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql[:LONGEST_SQL], flags=re.DOTALL))
        return shape([f"word:{each}" for each in re.findall(r"[a-z_]\w*", words.lower())]), digest(
            words.strip().lower()
        )
    normal = tree.sql(dialect=dialect, comments=False, normalize=True, pretty=False)
    return shape(_features(tree)), digest(normal)


# Comments, strings, and (third) what is a string in some dialects and an identifier in the others.
_LITERALS = re.compile(r"--[^\n]*|/\*.*?\*/|('(?:[^'\\]|''|\\.)*')|(\"(?:[^\"\\]|\\.)*\")", re.DOTALL)
_QUOTING = frozenset({"bigquery", "databricks", "hive", "mysql", "spark"})


def without_literals(sql: str, dialect: str | None = None) -> str:
    """SQL whose strings are `?` unless they are names (`COPY ... FROM 's3://b/k'`); comments are gone.

    What is kept of a statement must not hold what somebody wrote into it: filters on persons, keys, passwords.
    """

    def harmless(found: re.Match[str]) -> str:
        single, double = found.groups()
        if single is None and (double is None or dialect not in _QUOTING):
            return double or " "
        name = canonical((single or double)[1:-1])
        return f"'{name}'" if name else "'?'"

    return _LITERALS.sub(harmless, sql)


def _parsed(sql: str, dialect: str | None) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    if not sql.strip() or len(sql) > LONGEST_SQL:
        return None
    # Statements outside a dialect's grammar are logged by the library with their literals, which may be secrets.
    log = logging.getLogger("sqlglot")
    before, log.disabled = log.disabled, True
    try:
        return sqlglot.parse_one(sql, read=dialect)
    except (SqlglotError, RecursionError, ValueError):
        # ValueError: a dialect sqlglot does not know.
        return None
    finally:
        log.disabled = before


def _features(tree: Any) -> Iterator[str]:
    from sqlglot import expressions

    for node in tree.walk():
        if isinstance(node, expressions.Column):
            yield f"column:{node.name.lower()}"
        elif isinstance(node, expressions.Table):
            yield f"table:{node.name.lower()}"
        elif isinstance(node, expressions.Alias):
            yield f"alias:{node.alias.lower()}"
        elif isinstance(node, expressions.Func):
            yield f"call:{node.key}"
        elif isinstance(node, expressions.Join | expressions.Select | expressions.Union | expressions.Group):
            yield f"clause:{node.key}"


def _without(value: Any, drop: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _without(each, drop) for key, each in value.items() if key not in drop}
    if isinstance(value, list | tuple):
        return [_without(each, drop) for each in value]
    return value
