"""The comparable form of a definition: secret-free feature counts and a hash of the normalised content.

A *shape* is versioned: only shapes of one version are compared. Features are counts of what is there
(`node:httpRequest`, `flow:webhook>httpRequest`, `column:customer_id`), never the raw definition. The
hash is equal for definitions that do the same, whatever their parts are called and wherever they stand.

Of text only words are counted, out of their order: plainly where people describe (`text:invoice`: names of parts,
notes), as a hash of 24 bits where they configure (`hash:1f03ab`: prompts, code, values), so that what somebody wrote
into a setting cannot be read back (`line:5b20c1` for a whole one, `ref:` for what an id names); addresses yield the
hash of their path (`path:9c1d2e`), expressions the fields they take (`field:email`). Words with digits are
no words: keys and tokens never become features.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from siloscope.model import Scalar, digest, dumps
from siloscope.names import canonical
from siloscope.redact import secret_key

VERSION = 1
LONGEST_SQL = 200_000
LONGEST_TEXT = 20_000
LONGEST_WORD = 30
# Of long texts the words with the smallest hashes stand for all: the same choice in every document (bottom-k
# sketch, Broder 1997), so that shares of common words stay what they are.
MOST_WORDS = 120
MOST_HASHES = 240
MOST_LINES = 60


def shape(features: Iterable[str]) -> dict[str, Scalar]:
    """`{"v": 1, feature: count, ...}`, sorted; features are cut at 120 characters.

    One that is called like a secret is left out: whoever reads the shape in again would mask it.
    """
    counts = Counter(each[:120] for each in features)
    counts = Counter({key: number for key, number in counts.items() if not secret_key(key)})
    return {"v": VERSION, **dict(sorted(counts.items()))}


def told(texts: Iterable[str]) -> list[str]:
    """`text:WORD` for the words by which people describe a thing: names of its parts, notes; a sketch of long texts."""
    return [f"text:{word}" for word in _sketch((word for each in texts for word in words(each)), MOST_WORDS)]


def configured(texts: Iterable[str]) -> list[str]:
    """`hash:...` for words in settings, `path:...` for paths of addresses, `field:...` for fields in expressions."""
    texts = [each[:LONGEST_TEXT] for each in texts if each]
    marks = _sketch((_mark(word) for each in texts for word in words(each)), MOST_HASHES)
    paths = sorted({_mark(path) for each in texts for path in _paths(each)})
    names = sorted({name for each in texts for name in fields_in(each)})
    lines = _sketch((_mark(line) for line in map(_line, texts) if len(line) >= 8), MOST_LINES)
    return [
        *(f"line:{each}" for each in lines),
        *(f"hash:{each}" for each in marks),
        *(f"path:{each}" for each in paths[:60]),
        *(f"field:{each}" for each in names[:120]),
    ]


def chosen(owner: str, key: str, value: Any) -> str | None:
    """`opt:...`: a mark for a switch, a number or a choice of one word in the settings of `owner`; texts yield none."""
    if isinstance(value, bool | int | float) or (
        isinstance(value, str) and value.isalpha() and len(value) <= LONGEST_WORD
    ):
        return f"opt:{_mark(f'{owner}.{key}={value}')}"
    return None


def referred(value: Any) -> str | None:
    """`ref:...`: a mark for an id by which a setting points at a thing elsewhere: a sheet, a channel, a table."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return f"ref:{_mark(text)}" if 6 <= len(text) <= 100 and re.fullmatch(r"[\w.:@-]+", text) else None


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RUN = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text: folded, without plural s; camel case splits. Runs with digits and endless ones are none."""
    return [
        each[:-1] if len(each) > 3 and each.endswith("s") and not each.endswith("ss") else each
        for run in _RUN.findall(text[:LONGEST_TEXT])
        if 2 <= len(run) <= LONGEST_WORD and run.isalpha()
        for each in _CAMEL.sub(" ", run).casefold().split()
    ]


def fields_in(text: str) -> Iterator[str]:
    """What an expression takes: `$json.order.email`, `{{ $json["email"] }}`, `msg.payload.email` yield `email`."""
    for found in _TAKEN.finditer(text):
        name = found["last"] or found["quoted"]
        if name and not _PROGRAM(name):
            yield name.casefold()[:60]


_TAKEN = re.compile(
    r"(?:\bjson|\$json|\bmsg|\bpayload|\bbody|\bquery|\bitem|\bdata|\bfields|\bproperties)(?:\??\.[A-Za-z_]\w{0,60}|\[\d{1,4}\]){0,6}"
    r"(?:\??\.(?P<last>[A-Za-z_]\w{1,60})(?!\w|\s*\()|\[\s*[\"'](?P<quoted>[A-Za-z][\w \-]{1,60})[\"']\s*\])"
)
_PROGRAM = re.compile(
    r"(?:json|payload|body|query|data|item|items|length|push|map|filter|join|split|toString|parse|stringify)$"
).match
_ADDRESS = re.compile(r"\bhttps?://[^\s/\"'<>{}]{0,256}(?:\{\{.{0,200}?\}\})?(/[^\s?#\"'<>]{1,300})")


_PLACED = re.compile(r"(https?://)[^\s/\"'<>{}]+|(?=[\w-]*\d)[\w-]{16,}|-?\d{6,}")


def _line(text: str) -> str:
    """A setting without what differs from place to place: hosts, opaque ids, white space, letter case."""
    return " ".join(_PLACED.sub(lambda found: found[1] or "", text).split()).casefold()


def _paths(text: str) -> Iterator[str]:
    """Paths of addresses as far as they are constant; the host may differ from copy to copy."""
    for found in _ADDRESS.finditer(text):
        parts = [
            each for each in found[1].partition("{{")[0].split("/") if each and not re.search(r"\d{3}|[$={}:]", each)
        ]
        if parts:
            yield "/" + "/".join(parts).casefold()


def _sketch(found: Iterable[str], most: int) -> list[str]:
    """All, with repetitions up to three, if few kinds; else those whose hashes are the smallest."""
    counts = Counter(found)
    kept = sorted(counts, key=lambda each: (_mark(each), each))[:most]
    return [each for each in sorted(kept) for _ in range(min(counts[each], 3))]


@lru_cache(maxsize=65536)
def _mark(text: str) -> str:
    """24 bits of a hash: enough to compare, too few to tell which of many words it was."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()


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
