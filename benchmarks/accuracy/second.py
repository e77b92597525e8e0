"""A second way of making copies and negatives, by other rules and without any list of words: a check on the first.

Words are not replaced by synonyms but by words drawn from the collection, so that no thesaurus helps; the object of a
template is whatever word it says most, replaced by an invented one. Run: python -m benchmarks.accuracy.second
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy import corpus
from benchmarks.accuracy.__main__ import table, worst
from benchmarks.accuracy.corpus import Base, document_text
from benchmarks.accuracy.flow import EXPRESSION, Flow, fresh, kind, renamed, strings, texts, token, working
from benchmarks.accuracy.graphs import scanned, scored, workflow_id
from benchmarks.accuracy.labels import Estate, Labels, two
from benchmarks.accuracy.measure import measure

_WORD = re.compile(r"[A-Za-z]{3,}")
_ID = re.compile(r"(?=[\w-]*\d)[\w-]{12,}")
_SYLLABLES = "bra dok fin gul hem jor kel lum nar pov rus tek vim wol zan".split()


def retold(flow: Flow, rng: random.Random, vocabulary: Sequence[str], share: float) -> Flow:
    """Told by somebody else: no notes, nodes named after what they are, prose in other words, other ids; logic stays."""

    def change(key: str, text: str) -> str:
        if _ID.fullmatch(text):
            return token(rng, len(text))
        if "Code" in key or text.count(" ") < 2 or "://" in text:
            return text
        parts = re.split(f"({EXPRESSION.pattern})", text, flags=re.DOTALL)
        swap = lambda found: rng.choice(vocabulary) if rng.random() < share else found[0]  # noqa: E731
        return "".join(each if each.startswith("{{") else _WORD.sub(swap, each) for each in parts)

    result = renamed(flow, {each["name"]: f"{kind(each)} {n}" for n, each in enumerate(working(flow))})
    result["nodes"] = [each for each in result["nodes"] if kind(each) != "stickyNote"]
    for node in result["nodes"]:
        node.pop("notes", None)
        node["parameters"] = strings(node.get("parameters") or {}, change)
    result["name"] = " ".join(rng.choice(vocabulary) for _ in range(3)).title()
    return fresh(result, rng)


def refilled(flow: Flow, rng: random.Random) -> Flow | None:
    """The template for another object: the two words it says most become invented ones, everywhere; ids and hosts too."""
    said = Counter(word.lower() for node in working(flow) for word in dict.fromkeys(_WORD.findall(_prose(node))))
    about = [word for word, count in said.most_common(12) if count >= 3 and len(word) > 4 and word not in _FORM][:2]
    if len(about) < 2:
        return None
    other = {word: "".join(rng.choice(_SYLLABLES) for _ in range(3)) for word in about}
    pattern = re.compile("|".join(map(re.escape, about)), re.IGNORECASE)
    words = lambda text: pattern.sub(lambda found: other[found[0].lower()], text)  # noqa: E731
    result = renamed(flow, {each["name"]: words(each["name"]) for each in flow["nodes"]})
    host = "".join(rng.choice(_SYLLABLES) for _ in range(2))
    for node in result["nodes"]:
        node["parameters"] = strings(
            node.get("parameters") or {},
            lambda _, text: (
                token(rng, len(text))
                if _ID.fullmatch(text)
                else re.sub(r"(https?://)[\w.-]+", rf"\1{host}.example", words(text))
            ),
        )
    result["name"] = words(str(flow["name"]))
    return fresh(result, rng)


_FORM = frozenset("string number value values operation resource options model mode parameters name type json expression field fields list true false items data https workflow".split())  # fmt: skip


def _prose(node: dict[str, object]) -> str:
    """The prose in a node's parameters."""
    return " ".join(text for _, text in texts(node.get("parameters") or {}) if " " in text)


def make(bases: Sequence[Base], folder: Path, *, seed: int = 1, split: str = "dev") -> Estate:
    """Two instances: the originals of a split, and of 160 of them what `retold` and `refilled` make."""
    rng = random.Random(f"second {seed}/{split}")
    bases = [each for each in bases if each.split == split]
    vocabulary = sorted({word.lower() for each in bases for word in _WORD.findall(str(each.flow["name"]))})
    labels, text = Labels(), {}
    flows: dict[str, list[Flow]] = {"one": [], "two": []}
    groups: dict[str, list[str]] = {}

    def put(flow: Flow, place: str, group: str) -> str:
        flows[place].append(flow)
        key = workflow_id(place, flow["id"])
        text[key] = document_text(flow)
        groups.setdefault(group, []).append(key)
        return key

    big = [each for each in bases if len(working(each.flow)) >= 5]
    chosen = {each.path for each in rng.sample(big, min(160, len(big)))}
    for base in bases:
        mine = put(fresh(base.flow, rng), "one", base.group)
        if base.path in chosen:
            labels.same[two(mine, put(retold(base.flow, rng, vocabulary, 0.6), "two", base.group))] = "retold"
            other = refilled(base.flow, rng)
            if other:
                labels.traps[two(mine, put(other, "two", base.group))] = "refilled"
    decided = labels.same.keys() | labels.traps.keys()
    for members in groups.values():
        labels.unknown |= {two(a, b) for a in members for b in members if a != b} - decided
    return Estate(f"second {split}", scanned(flows, folder), labels, text)


def main() -> None:
    """Make one estate of a split, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="held", choices=corpus.SPLITS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worst", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        estate = make(corpus.read(), Path(folder), seed=given.seed, split=given.split)
    scores = scored(estate.graph)
    print(table(measure(scores, estate.labels)))
    if given.worst:
        print(worst(estate, scores, given.worst))


if __name__ == "__main__":
    main()
