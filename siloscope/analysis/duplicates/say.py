"""A pair's score as sentences that a person can check, each with what it adds.

Terms that answer one question in several ways are told together. What is told is measured from strangers: the first
sentence holds the log-odds of a pair that shares nothing, each other one what this pair adds to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from siloscope.analysis.common import listed, many
from siloscope.analysis.duplicates.compare import SCALE, SCALES, Values
from siloscope.analysis.duplicates.scoring import Scored, portions
from siloscope.analysis.duplicates.table import Table
from siloscope.analysis.duplicates.weights import Weights
from siloscope.model import Asset, Evidence

_SLIGHT = 0.1  # what adds less is told together

# Which terms answer one question; a term that is in no group is told by itself.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "names": ("name", "letters", "called"),
    "about": ("object", "other", "swap", "gone", "lost", "vanished", "theme", "template", "filled"),
    "said": ("said",),
    "settings": ("core", "inner", "whole", "part", "set", "line", "opt", "step", "product", "even"),
    "fields": ("field",),
    "links": ("data", "place"),
}
_GROUP = {term: group for group, terms in _GROUPS.items() for term in terms}
# Answers to these count against the more they are; strangers give the highest.
_APART = frozenset({"other", "swap", "gone", "lost", "vanished", "theme", "filled"})
_PLAIN = frozenset({"schedule", "owner", "kind", "region", "definition", "identical", "even"})


class _Pair:
    """Two rows of a table, the answers about them, and what they share."""

    def __init__(self, table: Table, a: int, b: int, values: Mapping[str, float]) -> None:
        self.table, self.rows, self.values = table, (a, b), values
        self.one, self.two = table.assets[a], table.assets[b]

    def percent(self, name: str) -> str:
        value = self.values[name]
        return "0 %" if np.isnan(value) else f"{100 * min(max(value, 0), 1):.0f} %"

    def tokens(self, view: str, which: int) -> dict[str, float]:
        held = self.table.views[view]
        start, end = held.matrix.indptr[self.rows[which] : self.rows[which] + 2]
        pairs = zip(held.matrix.indices[start:end].tolist(), held.matrix.data[start:end].tolist(), strict=True)
        return {held.words[column]: weight for column, weight in pairs}

    def shared(self, *views: str, most: int = 4) -> str:
        found: dict[str, float] = {}
        for view in views:
            one, two = self.tokens(view, 0), self.tokens(view, 1)
            found |= {each: one[each] for each in one.keys() & two.keys() if not _is_mark(each)}
        names = [each for each in found if each[:1] not in "<>" or each[1:] not in found]
        return listed(sorted(names, key=lambda each: (-found[each], each)), most)

    def count(self, view: str) -> int:
        return len(self.tokens(view, 0).keys() & self.tokens(view, 1).keys())

    def apart(self) -> str:
        """`invoice against contract`: what weighs most on each side and is never mentioned by the other."""
        sides = []
        for this, that in ((0, 1), (1, 0)):
            mine = self.tokens("often", this) | self.tokens("object", this)
            its = self.tokens("all", that) | self.tokens("object", that)
            words = [each for each in mine if each not in its and not _is_mark(each)]
            words.sort(key=lambda each: (-mine[each], each))
            sides.append(listed(words, 3))
        return " against ".join(each or "nothing" for each in sides) if any(sides) else ""


def _is_mark(word: str) -> bool:
    return len(word) == 6 and all(each in "0123456789abcdef" for each in word)


def _names(pair: _Pair) -> str:
    called = f'"{_short(pair.one)}" and "{_short(pair.two)}"'
    if pair.values["called"] > 0:
        return f"they are called {called}: the same words, stage, version and order aside"
    return (
        f"they are called {called}: {pair.percent('name')} of the words the same, spelt {pair.percent('letters')} alike"
    )


def _about(pair: _Pair) -> str:
    shared, apart = pair.shared("object"), pair.apart()
    said = f"both are about {shared}" if shared else "nothing known that both are about"
    return f"{said}; never mentioned by the other: {apart}" if apart else said


def _settings(pair: _Pair) -> str:
    parts = [f"{pair.percent('core')} of settings, fields and places"]
    if lines := pair.count("line"):
        parts.append(many(lines, "whole setting"))
    if steps := pair.shared("step", most=3):
        parts.append(f"steps for {steps}")
    of = f"; {pair.percent('part')} of the smaller one is in the larger" if pair.values["even"] < 0.8 else ""
    return f"alike in their definitions, {pair.percent('whole')} all in all: {', '.join(parts)}{of}"


def _links(pair: _Pair) -> str:
    shared = pair.shared("data", most=2) or pair.shared("place", most=3)
    return (
        f"both read, write or are made of {shared}" if shared else "nothing known that both read, write or are made of"
    )


_SAY: Mapping[str, Callable[[_Pair], str]] = {
    "prior": lambda _: "two things that share nothing are not the same",
    "names": _names,
    "about": _about,
    "said": lambda p: (
        f"{p.percent('said')} of the words in descriptions, notes and names of steps are the same: "
        f"{p.shared('said') or 'none'}"
    ),
    "settings": _settings,
    "fields": lambda p: f"{p.percent('field')} of fields and columns are the same: {p.shared('field') or 'none'}",
    "links": _links,
    "trait": lambda p: f"tags and other facts are {p.percent('trait')} the same: {p.shared('trait', most=3) or 'none'}",
    "definition": lambda p: (
        f"their definitions are identical ({many(_features(p), 'feature')}), ids and positions aside"
    ),
    "identical": lambda _: "name and definition are identical to the last feature",
    "schedule": lambda p: (
        "they run on the same schedule" if p.values["schedule"] else "they run on different schedules"
    ),
    "owner": lambda p: (
        f"{p.one.owner} owns both" if p.values["owner"] else f"{p.one.owner} owns one, {p.two.owner} the other"
    ),
    "kind": lambda p: f"both are {p.one.kind}" if p.values["kind"] else f"one is {p.one.kind}, the other {p.two.kind}",
    "region": lambda p: "both are for the same place" if p.values["region"] else "they are for different places",
    "stage": lambda p: f"they are stages of one: {p.table.stages[p.rows[0]]} and {p.table.stages[p.rows[1]]}",
    "version": lambda _: "they are versions of one model in one registry",
    "layer": lambda _: "they stand at different steps of the way of one kind of data, such as raw and curated",
    "linked": lambda _: "one works with the other: they are parts of one chain",
    "stranger": lambda _: "nothing of their own in common: no word of a name, no setting, no address, no data",
}


class Reasons:
    """What the scores of pairs rest on. Every question is asked once for all pairs: one by one it costs far more."""

    def __init__(self, scored: Scored, weights: Weights) -> None:
        self._scored = scored
        parts = list(portions(scored.table, scored.a, scored.b))
        self._values = {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}
        self._told = _grouped(weights, self._values)

    def of(self, n: int) -> list[Evidence]:
        """The evidence of pair number `n`; it sums to the pair's log-odds."""
        scored, table = self._scored, self._scored.table
        values = {name: float(each[n]) for name, each in self._values.items()}
        pair = _Pair(table, int(scored.a[n]), int(scored.b[n]), values)
        told = {name: float(each[n]) for name, each in self._told.items()}
        found = [Evidence(_SAY["prior"](pair), round(told.pop("prior"), 4))]
        kept = {name: weight for name, weight in told.items() if abs(weight) >= _SLIGHT}
        more = [Evidence(_SAY[name](pair), round(weight, 4)) for name, weight in kept.items()]
        found += sorted(more, key=lambda each: (-abs(each.weight), each.says))
        rest = round(float(scored.logit[n]) - sum(each.weight for each in found), 4)
        if rest:
            found.append(Evidence("smaller signs together", rest))
        return [*found, Evidence(f"to check: {_where(pair.one)} and {_where(pair.two)}", 0.0)]


def _grouped(weights: Weights, values: Values) -> dict[str, np.ndarray]:
    """What each question adds, measured from a pair of strangers, whose own log-odds are the `prior`."""
    strange = weights.parts(_strangers(weights, values))
    told = {"prior": np.zeros(len(values[SCALE]))}
    for name, part in weights.parts(values).items():
        base = 0.0 if name in weights.certain else strange[name]
        told["prior"] = told["prior"] + base
        if name != "prior":
            group = _GROUP.get(name.partition("+")[0], name)
            told[group] = told.get(group, 0.0) + part - base
    return told


def _strangers(weights: Weights, values: Values) -> Values:
    """The answers that pairs sharing nothing would give to the questions that these pairs answer."""
    found = dict(values)
    for code, name in enumerate(SCALES):
        here = values[SCALE] == code
        for term, (knots, _) in weights.scales[name].terms.items():
            answer = np.nan if term in _PLAIN else knots[-1] if term in _APART else knots[0]
            found[term] = np.where(here & ~np.isnan(values[term]), np.float64(answer), found[term])
    return found


def _where(asset: Asset) -> str:
    """Where its definition can be looked at: its address, the file it was read from, else its id."""
    return asset.url or str(asset.facts.get("path") or "") or asset.id


def _short(asset: Asset) -> str:
    return asset.name if len(asset.name) <= 60 else f"{asset.name[:57]}..."


def _features(pair: _Pair) -> int:
    return int(pair.table.codes["features"][pair.rows[0]])
