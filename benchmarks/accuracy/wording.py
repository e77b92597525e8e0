"""How people reword: names with synonyms, abbreviations, another language or a department; texts said otherwise."""

from __future__ import annotations

import random
import re

from benchmarks.accuracy.flow import EXPRESSION
from benchmarks.accuracy.words import ABBREVIATIONS, AFFIXES, DEPARTMENTS, LANGUAGES, SYNONYMS

_GROUP = {word: group for group in SYNONYMS for word in group if " " not in word}
_WORD = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'-]*")
# What no rewording touches: expressions, addresses, code names.
_FIXED = re.compile(r"\{\{.*?\}\}|https?://\S+|\$[\w.(\[\"'\])]+|\w+_\w+|\w+@\w+\.\w+", re.DOTALL)
_FILLERS = frozenset("the a an please very really just also then so that of".split())
_OPENINGS = ("", "Please note: ", "Task: ", "In this step, ", "You are asked to do the following. ", "Context: ")


def cased(like: str, word: str) -> str:
    """`word` in the letter case of `like`."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


def synonym(word: str, rng: random.Random) -> str:
    """Another word for it, or the word itself."""
    group = _GROUP.get(word.lower())
    others = [each for each in group if each != word.lower()] if group else []
    return cased(word, rng.choice(others)) if others else word


def _each(text: str, change: dict[str, str] | None, rng: random.Random, share: float) -> str:
    def swap(found: re.Match[str]) -> str:
        word = found[0]
        if rng.random() >= share:
            return word
        if change is None:
            return synonym(word, rng)
        other = change.get(word.lower())
        return cased(word, other) if other else word

    return _WORD.sub(swap, text)


def with_synonyms(text: str, rng: random.Random, share: float = 0.9) -> str:
    """A name with most words that have synonyms replaced."""
    return _each(text, None, rng, share)


def abbreviated(text: str, rng: random.Random, share: float = 0.9) -> str:
    """A name with long words cut short, as people do it."""
    return _each(text, ABBREVIATIONS, rng, share)


def translated(text: str, language: str, rng: random.Random) -> str:
    """A name word by word in another language, as far as the table goes."""
    return _each(text, LANGUAGES[language], rng, 1.0)


def renamed_title(name: str, rng: random.Random, *, styles: int = 2) -> str:
    """A workflow's name as somebody else would give it, by one to `styles` of the habits."""
    habits = ["synonyms", "abbreviations", "department", "language", "affix", "case"]
    for habit in rng.sample(habits, rng.randrange(1, styles + 1)):
        if habit == "synonyms":
            name = with_synonyms(name, rng)
        elif habit == "abbreviations":
            name = abbreviated(name, rng)
        elif habit == "department":
            name = rng.choice(("{} - {}", "[{}] {}", "{}: {}", "{}_{}")).format(rng.choice(DEPARTMENTS), name)
        elif habit == "language":
            name = translated(name, rng.choice(sorted(LANGUAGES)), rng)
        elif habit == "affix":
            name = f"{name} {rng.choice(AFFIXES)}"
        else:
            words = re.findall(r"[^\W_]+", name)
            name = rng.choice(("_", "-", " ")).join(rng.choice((str.lower, str.title))(each) for each in words)
    return name[:120]


def reworded(text: str, rng: random.Random, strength: float = 0.7) -> str:
    """A text said in other words: synonyms, fillers dropped, sentences in another order; expressions stay."""
    if text.startswith("=") and EXPRESSION.fullmatch(text[1:].strip()):
        return text
    sentences = _sentences(text)
    if len(sentences) > 2 and rng.random() < strength:
        middle = sentences[1:]
        place = rng.randrange(len(middle))
        sentences = [sentences[0], *middle[place:], *middle[:place]]
        if len(sentences) > 4:
            gone = rng.randrange(1, len(sentences))
            sentences = sentences[:gone] + sentences[gone + 1 :]
    out = "".join(_sentence(each, rng, strength) for each in sentences)
    if len(text) > 60 and rng.random() < strength:
        lead, body = ("=", out[1:]) if out.startswith("=") else ("", out)
        out = f"{lead}{rng.choice(_OPENINGS)}{body}"
    return out


def _sentences(text: str) -> list[str]:
    """Sentences and lines, each with what ends it; text with expressions over several lines stays in one piece."""
    if any("\n" in each for each in EXPRESSION.findall(text)):
        return [text]
    return re.findall(r"[^.!?\n]*(?:\{\{.*?\}\}[^.!?\n]*)*[.!?\n]+\s*|[^.!?\n]+$", text) or [text]


def _sentence(text: str, rng: random.Random, strength: float) -> str:
    out, last = [], 0
    for fixed in _FIXED.finditer(text):
        out += [_loose(text[last : fixed.start()], rng, strength), fixed[0]]
        last = fixed.end()
    return "".join([*out, _loose(text[last:], rng, strength)])


def _loose(text: str, rng: random.Random, strength: float) -> str:
    def swap(found: re.Match[str]) -> str:
        word = found[0]
        if word.lower() in _FILLERS and rng.random() < 0.4 * strength:
            return ""
        return synonym(word, rng) if rng.random() < strength else word

    return _WORD.sub(swap, text)
