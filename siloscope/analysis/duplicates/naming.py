"""What a name says: its words without the stage, version, copy mark and department it was given, one word for synonyms.

`read_name(name)` takes a name apart. The tables of abbreviations, synonyms and translations are in `words.toml`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

LONGEST = 300
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_RUNS = re.compile(r"[^\W\d_]+|\d+(?:[.\-_]\d+)*")
_VERSION = re.compile(r"(?i)(?<![a-z0-9])(?:v|ver|version|rev|release)[ ._\-]?(\d+(?:[._]\d+)*)(?![a-z0-9])")
_COUNTED = re.compile(r"(?<=[\s_\-.(#])\(?#?(\d[\d._\-]*)\)?\s*$")
_LEADING = re.compile(r"^\s*(?:\[[^\]]{1,30}\]|\([^)]{1,30}\)|[A-Z]{2,5}(?=\s*[:|/·—–-]\s|_))\s*[:|/·—–_-]*\s*")


@dataclass(frozen=True, slots=True)
class Name:
    """A name, read.

    `words`: what it is about, each word once, in order, one word for synonyms. `telling`: those of them that say
    more than what kind of thing it is. `stage`, `version` (all of them: `2 1` in `score_v2_v1`), `place`: what it was
    given besides, or None.
    """

    words: tuple[str, ...]
    telling: tuple[str, ...]
    stage: str | None
    version: str | None
    lead: str | None
    place: str | None

    @property
    def text(self) -> str:
        """The telling words as one text, else all words."""
        return " ".join(self.telling or self.words)


@lru_cache(maxsize=131_072)
def read_name(name: str, departments: Collection[str] = frozenset()) -> Name:
    """A name taken apart; `departments` are folded words that, standing first or last, only say whose it is."""
    text = _CAMEL.sub(" ", unicodedata.normalize("NFKC", name[:LONGEST]))
    versions = _VERSION.findall(text)
    text = _VERSION.sub(" ", text)
    counted = _COUNTED.search(text)
    text = text[: counted.start()] if counted else text
    lead = _LEADING.match(text)
    if lead and re.search(r"[^\W\d_]{2}", text[lead.end() :]):
        text = text[lead.end() :]
    parts = [each.casefold() for each in _RUNS.findall(text)]
    stages = [_stages()[each] for each in parts if each in _stages()]
    kept = [each for each in parts if each not in _stages() and each not in _copies()] or parts
    while len(kept) > 1 and kept[0] in departments:
        kept = kept[1:]
    while len(kept) > 1 and kept[-1] in departments:
        kept = kept[:-1]
    words = tuple(dict.fromkeys(same(each) for each in kept if not each[0].isdigit() or len(each) > 1))
    return Name(
        words,
        tuple(each for each in words if each not in _generic()),
        stages[-1] if stages else None,
        " ".join(versions) if versions else counted[1] if counted else None,
        lead[0].strip() if lead else None,
        next((each for each in (parts[0], *reversed(parts)) if each in _places()), None) if len(parts) > 1 else None,
    )


def stage_of(text: str) -> str:
    """`prod` for `production`, `live`, `PRD`; a word that is no stage stays itself, folded."""
    folded = text.strip().casefold()
    return _stages().get(folded, folded)


def department_words(departments: Collection[str]) -> frozenset[str]:
    """The words by which names say whose a thing is: departments, their initials and usual short forms."""
    found: set[str] = set()
    for each in departments:
        words = [word.casefold() for word in re.findall(r"[^\W\d_]+", each)]
        if len(words) == 1:
            found.update({words[0], *(_SHORT.get(words[0], "").split())})
        elif words:
            found.add("".join(word[0] for word in words))
    return frozenset(found | _ALWAYS)


_SHORT = {
    "finance": "fin", "marketing": "mkt mktg", "operations": "ops", "engineering": "eng", "procurement": "proc purch",
    "logistics": "log", "customer": "cs", "sales": "sls", "legal": "leg",
    "risk": "rsk", "people": "hr", "claims": "clm",
}  # fmt: skip
_ALWAYS = frozenset({"hr", "fin", "ops", "mkt", "mktg", "emea", "apac", "amer"})


@lru_cache(maxsize=65_536)
def same(word: str) -> str:
    """The word that counts for a folded word: `inv`, `invoices` and `rechnung` are `invoice`."""
    table = _synonyms()
    if word in table:
        return table[word]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return table.get(word[:-1], word[:-1])
    return word


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    text = files("siloscope.analysis.duplicates").joinpath("words.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _synonyms() -> Mapping[str, str]:
    return {word: key for key, words in _tables()["same"].items() for word in words.split()}


@cache
def _stages() -> Mapping[str, str]:
    return {word: key for key, words in _tables()["stage"].items() for word in words.split()}


@cache
def _copies() -> frozenset[str]:
    return frozenset(_tables()["copy"]["words"].split())


def layer_of(text: str) -> str | None:
    """The one layer of data that a text speaks of: `raw`, `curated`, `serving`, `features`, `archive`, `export`."""
    found = {_layers()[each] for each in _RUNS.findall(_CAMEL.sub(" ", text[:LONGEST]).casefold()) if each in _layers()}
    return found.pop() if len(found) == 1 else None


@cache
def _layers() -> Mapping[str, str]:
    return {word: key for key, words in _tables()["layer"].items() for word in words.split()}


def places(text: str) -> set[str]:
    """The words for places in a text; words that also mean something else in English sentences do not count."""
    return {
        each for each in re.findall(r"[^\W\d_]+", text[:2000].casefold()) if each in _places() and len(each) > 3
    } | {each.casefold() for each in re.findall(r"\b[A-Z]{2,5}\b", text[:2000]) if each.casefold() in _places()}


@cache
def _places() -> frozenset[str]:
    return frozenset(_tables()["place"]["words"].split())


@cache
def stop_words() -> frozenset[str]:
    """Words that every text and every program holds, as they are spelt and as they count."""
    listed = _tables()["stop"]["words"].split()
    bare = (each[:-1] for each in listed if len(each) > 3 and each.endswith("s"))
    return frozenset({*listed, *bare})


@cache
def objects() -> frozenset[str]:
    """Words for what things are about, as they count."""
    return frozenset(same(each) for each in _tables()["object"]["words"].split())


@cache
def spellings() -> frozenset[str]:
    """Every word of the tables."""
    return frozenset({*_tables()["object"]["words"].split(), *_synonyms(), *_synonyms().values()})


@cache
def _generic() -> frozenset[str]:
    return frozenset(same(each) for each in _tables()["generic"]["words"].split())
