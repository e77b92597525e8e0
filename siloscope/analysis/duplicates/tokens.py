"""What one asset is compared by: its shape, facts and links as tokens, sorted into views.

A *view* is a kind of evidence that is compared by itself: what people say about a thing, what is set in it, which
fields it takes, where it reads and writes. Shapes of any collector, and of graphs read in, are sorted by the word
before the colon; what is not known goes to `set`. A token's view and spelling depend on nothing but the token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from hashlib import blake2b

from siloscope.analysis.duplicates.naming import objects, same, spellings, stop_words
from siloscope.analysis.duplicates.roles import role
from siloscope.model import Asset, Edge, Scalar

VIEWS = ("object", "said", "set", "field", "place", "data", "line", "opt", "step", "product", "trait")
# Made of the others: words of the name, every word, what is both said and set, and what is mentioned often or once.
INNER = ("name", "all", "topic", "often", "once")
OFTEN = 3  # mentions from which on a word is a theme
Token = tuple[str, str]  # (view, spelling)
LONGEST = 120

_VIEW_OF = {
    "text": "said", "word": "said", "term": "said", "keyword": "said", "doc": "said", "topic": "said",
    "hash": "set", "literal": "set", "value": "set", "param": "set", "parameter": "set",
    "field": "field", "column": "field", "alias": "field", "input": "field", "output": "field", "feature": "field",
    "signature": "field", "schema": "field", "metric": "field", "label": "field", "variable": "field",
    "line": "line", "opt": "opt",
    "path": "place", "url": "place", "host": "place", "table": "place", "ref": "place",
    "dataset": "place",
    "node": "step", "step": "step", "task": "step", "activity": "step", "action": "step", "operator": "step",
    "call": "step", "clause": "step", "stage": "step", "layer": "step", "component": "step", "kind": "step",
    "flow": "flow", "edge": "flow", "link": "flow", "sequence": "flow", "then": "flow",
    "op": "product", "operation": "product", "import": "product", "library": "product", "package": "product",
}  # fmt: skip
# Facts that describe, name columns, or identify what a thing is made of; others that hold text are traits.
_DESCRIBES = re.compile(r"(?:^|[._])(?:description|summary|notes?|comment|purpose|documentation|doc|title|readme)$")
_COLUMNS = re.compile(r"(?:^|[._])(?:columns?|fields?|schema|signature|inputs?|outputs?|features?|arguments?)$")
_MADE_OF = re.compile(
    r"(?:^|[._])(?:\w*digest|sha\w*|checksum|md5|\w*image|image_uri|artifact\w*|model_data\w*|training_data\w*|"
    r"script\w*|location|entry_point|source_code|code_uri|git\w*|repository|commit)$"
)
_TAGS = re.compile(r"^tags?(?:$|\.)")
# What platforms count or keep for themselves, and what has a term of its own.
_NO_TRAIT = re.compile(
    r"(?:^|[._])(?:path|definition|department_because|account|region|folder|workspace|version\w*|revision|owner|"
    r"schedule\w*|cron\w*|status|state|active|archived|environment|stage|created\w*|updated\w*|modified\w*|\w*_at|"
    r"id|\w+_id|arn|name|type|kind|cost\w*|shared)$"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS = re.compile(r"[^\W_]+")


def shape_token(key: str) -> tuple[Token, ...]:
    """The tokens of one feature of a shape."""
    prefix, colon, rest = key.partition(":")
    if not colon:
        return () if key == "v" else (("set", key[:LONGEST]),)
    view = _VIEW_OF.get(prefix, "set")
    if view == "said":
        word = same(rest)
        if word in objects():
            return ("said", word), ("object", word)
        return () if word in stop_words() else (("said", word),)
    if view == "set":
        if prefix == "set":
            return (("product", key),)
        if rest in _common_marks():
            return ()
        word = _known_marks().get(rest, rest[:LONGEST])
        return (("set", word), ("object", word)) if word in objects() else (("set", word),)
    if view == "field":
        return ("field", _plain(rest)), *_objects_in(rest)
    if view == "step":
        return ("step", role(rest)), ("product", rest[:LONGEST])
    if view == "flow":
        a, _, b = rest.partition(">")
        return (("step", f"{role(a)}>{role(b)}"),)
    return ((view, rest[:LONGEST]),)


def fact_tokens(key: str, value: Scalar) -> Iterator[Token]:
    """The tokens of one fact; numbers and flags yield none."""
    if not isinstance(value, str) or not value:
        return
    folded = key.casefold()
    if _TAGS.match(folded):
        yield from (("trait", f"{folded}={each.strip().casefold()}") for each in value.split(",")[:20] if each.strip())
    elif _DESCRIBES.search(folded):
        yield from (("said", same(each)) for each in described(value))
    elif _COLUMNS.search(folded):
        yield from (("field", _plain(each)) for each in re.findall(r"[A-Za-z_][\w ]*\w|[A-Za-z]", value)[:200])
    elif _MADE_OF.search(folded):
        yield "data", value.casefold()[:LONGEST]
    elif not _NO_TRAIT.search(folded) and len(value) <= 80:
        yield "trait", f"{folded}={value.casefold()}"


def described(text: str) -> list[str]:
    """The words of a description that say something, at most 80."""
    found = (each.casefold() for each in _WORDS.findall(text[:2000]))
    return [each for each in found if len(each) > 1 and not each.isdigit() and same(each) not in stop_words()][:80]


_READS = frozenset({"reads", "uses", "runs", "calls", "serves"})


def out_tokens(edge: Edge) -> tuple[Token, ...]:
    """What a mention says about who mentions it: the thing, which way data goes, and the thing wherever it stands."""
    if edge.where.endswith(".type"):
        return (("product", edge.name),)  # named by the kind of a step, not by what is set in it
    way = "<" if edge.verb.value in _READS else ">"
    return (("data", edge.name[:LONGEST]), ("data", way + edge.name[:LONGEST]), *_tail(edge.name))


def in_tokens(edge: Edge) -> tuple[Token, ...]:
    """What a mention says about what it mentions: who does what with it."""
    return (("data", f"{edge.source[:LONGEST]} {edge.verb.value}"),)


def _tail(name: str) -> Iterator[Token]:
    """The last part of a path: a table or folder is the same table wherever it was copied to."""
    rest = name.partition("://")[2]
    _, _, path = rest.partition("/")
    last = path.rstrip("/").rpartition("/")[2]
    last = last.rpartition(".")[2] if "." in last and not last.endswith((".csv", ".json", ".parquet")) else last
    if len(last) > 2 and not last.isdigit():
        yield "place", _plain(last)


def _plain(name: str) -> str:
    """`customerId`, `customer_id` and `Customer ID` are one field."""
    return re.sub(r"[^a-z0-9]+", "", name.casefold())[:60] or name[:60]


def tokens(asset: Asset) -> Iterator[Token]:
    """The tokens of one asset without its links; for single questions, tables have a faster way."""
    for key, count in asset.shape.items():
        if isinstance(count, int | float) and count:
            yield from shape_token(key)
    for key, value in asset.facts.items():
        yield from fact_tokens(key, value)


@cache
def _common_marks() -> frozenset[str]:
    """Marks (as in `collectors.shape`) of words that are in every text and every program."""
    return frozenset(mark(each) for each in stop_words())


@cache
def _known_marks() -> Mapping[str, str]:
    """The word that counts, by the marks of its spellings: what the tables know is known in settings too."""
    return {mark(each): same(each) for each in sorted(spellings())}


def as_set(word: str) -> str:
    """How a word that was said would count as a setting: itself where the tables know it, else its mark."""
    return word if word in spellings() else mark(word)


@lru_cache(maxsize=262_144)
def mark(word: str) -> str:
    """The mark by which `collectors.shape` replaces words in settings."""
    return blake2b(word.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()


def _objects_in(name: str) -> tuple[Token, ...]:
    found = (same(each.casefold()) for each in _WORDS.findall(_CAMEL.sub(" ", name).replace("_", " ")))
    return tuple(("object", each) for each in found if each in objects())


def counted(shape: Mapping[str, Scalar]) -> int:
    """How many features a definition has, repetitions among them."""
    return sum(int(value) for key, value in shape.items() if key != "v" and isinstance(value, int | float))
