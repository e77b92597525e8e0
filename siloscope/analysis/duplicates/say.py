"""A pair's score as sentences that a person can check, each with what it adds."""
# ruff: noqa: E501 - a table of sentences reads best with one sentence a line

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from siloscope.analysis.common import listed, many
from siloscope.analysis.duplicates.scoring import Scored, values_of
from siloscope.analysis.duplicates.table import Table
from siloscope.analysis.duplicates.weights import Weights
from siloscope.model import Asset, Evidence

_SLIGHT = 0.15  # what adds less is told together


class _Pair:
    """Two rows of a table, the answers about them, and what they share."""

    def __init__(self, table: Table, a: int, b: int, values: Mapping[str, float]) -> None:
        self.table, self.rows, self.values = table, (a, b), values
        self.one, self.two = table.assets[a], table.assets[b]

    def percent(self, name: str) -> str:
        return f"{100 * max(self.values[name], 0):.0f} %"

    def tokens(self, view: str, which: int) -> dict[str, float]:
        held = self.table.views[view]
        start, end = held.matrix.indptr[self.rows[which] : self.rows[which] + 2]
        pairs = zip(held.matrix.indices[start:end].tolist(), held.matrix.data[start:end].tolist(), strict=True)
        return {held.words[column]: weight for column, weight in pairs}

    def shared(self, view: str, most: int = 4) -> str:
        one, two = self.tokens(view, 0), self.tokens(view, 1)
        found = sorted(one.keys() & two.keys(), key=lambda each: (-one[each], each))
        return listed(found, most)

    def count(self, view: str) -> int:
        return len(self.tokens(view, 0).keys() & self.tokens(view, 1).keys())

    def apart(self, view: str, other: str) -> str:
        """`invoice against contract`: what weighs most on each side and is nowhere on the other."""
        sides = []
        for this, that in ((0, 1), (1, 0)):
            mine, its = self.tokens(view, this), self.tokens(other, that)
            words = [each for each in sorted(mine, key=lambda key: (-mine[key], key)) if each not in its]
            sides.append(listed([each for each in words if not _is_mark(each)], 3) or many(len(words), "word"))
        return " against ".join(sides)


def _is_mark(word: str) -> bool:
    return len(word) == 6 and all(each in "0123456789abcdef" for each in word)


_SAY: Mapping[str, Callable[[_Pair], str]] = {
    "prior": lambda _: "two things that look alike at first sight are mostly not the same",
    "name": lambda p: f'of the words of their names {p.percent("name")} are the same: "{_short(p.one)}" and "{_short(p.two)}"',
    "called": lambda p: f'both are called "{p.table.names[p.rows[0]].text}", stage, version and word order aside' if p.values["called"]
    else "they are not called the same",
    "letters": lambda p: f'their names are spelt {p.percent("letters")} alike: "{_short(p.one)}" and "{_short(p.two)}"',
    "object": lambda p: f"what they are about is {p.percent('object')} the same: {p.shared('object') or 'nothing'}",
    "said": lambda p: f"in descriptions, notes and names of steps {p.percent('said')} of the words are the same: {p.shared('said') or 'none'}",
    "set": lambda p: f"of the words in their settings {p.percent('set')} are the same ({p.count('set')} of them)",
    "field": lambda p: f"fields and columns are {p.percent('field')} the same: {p.shared('field') or 'none'}",
    "place": lambda p: f"paths and tables are {p.percent('place')} the same ({p.count('place')} of them)",
    "data": lambda p: f"what they read, write or are made of is {p.percent('data')} the same: {p.shared('data', 2) or 'nothing'}",
    "line": lambda p: f"{many(p.count('line'), 'whole setting')} are the same, hosts and ids aside ({p.percent('line')})",
    "opt": lambda p: f"choices in their settings are {p.percent('opt')} the same",
    "step": lambda p: f"their steps serve the same ends to {p.percent('step')}: {p.shared('step') or 'none'}",
    "product": lambda p: f"products and kinds of steps are {p.percent('product')} the same",
    "trait": lambda p: f"tags and other facts are {p.percent('trait')} the same: {p.shared('trait', 3) or 'none'}",
    "whole": lambda p: f"definitions, all in all, are {p.percent('whole')} the same",
    "part": lambda p: f"{p.percent('part')} of the smaller definition is in the larger one",
    "core": lambda p: f"settings, fields and places, products aside, are {p.percent('core')} the same",
    "inner": lambda p: f"{p.percent('inner')} of the smaller one's settings, fields and places are in the larger one",
    "other": lambda p: f"each is about things the other is not about: {p.apart('object', 'object')}",
    "swap": lambda p: f"the words in which they differ are those for what they are about: {p.apart('object', 'object')}",
    "gone": lambda p: f"each is about what the other never mentions: {p.apart('topic', 'all')}" if p.values["gone"] > 0.02
    else "nothing that one is about is missing in the other",
    "lost": lambda p: f"{p.percent('lost')} of what one is about is never mentioned by the other: {p.apart('topic', 'all')}",
    "vanished": lambda p: f"{p.percent('vanished')} of what one mentions is never mentioned by the other: {p.apart('object', 'object')}",
    "even": lambda p: "they are of one size" if p.values["even"] > 0.8 else "one is much larger than the other",
    "filled": lambda p: "told in the same words but set otherwise, like a template filled in anew"
    if p.values["filled"] > 0 else "settings agree as far as words do",
    "template": lambda p: "alike in form more than in what they are about" if p.values["template"] < 0 else "as alike in what they are about as in form",
    "definition": lambda p: f"their definitions are identical ({many(_features(p), 'feature')}), ids and positions aside",
    "identical": lambda _: "name and definition are identical to the last feature",
    "schedule": lambda p: "they run on the same schedule" if p.values["schedule"] else "they run on different schedules",
    "owner": lambda p: f"{p.one.owner} owns both" if p.values["owner"] else f"{p.one.owner} owns one, {p.two.owner} the other",
    "kind": lambda p: f"both are {p.one.kind}" if p.values["kind"] else f"one is {p.one.kind}, the other {p.two.kind}",
    "region": lambda p: "both say the same place" if p.values["region"] else
    f"one is for {p.table.names[p.rows[0]].place}, the other for {p.table.names[p.rows[1]].place}",
    "stage": lambda p: f"they are stages of one: {p.table.stages[p.rows[0]]} and {p.table.stages[p.rows[1]]}",
    "layer": lambda _: "they stand at different steps of the way of one kind of data, such as raw and curated",
    "version": lambda _: "they are versions of one model in one registry",
    "linked": lambda _: "one works with the other: they are parts of one chain",
}  # fmt: skip


def because(scored: Scored, weights: Weights, n: int) -> list[Evidence]:
    """The evidence of the scored pair number `n`; with what follows from a third, it sums to the pair's log-odds."""
    table, a, b = scored.table, int(scored.a[n]), int(scored.b[n])
    values = values_of(table, np.array([a]), np.array([b]))
    pair = _Pair(table, a, b, {name: float(each[0]) for name, each in values.items()})
    parts = {name: float(each[0]) for name, each in weights.parts(values).items()}
    for name in [each for each in parts if "+" in each]:
        parts[name.partition("+")[0]] += parts.pop(name)
    told = {name: weight for name, weight in parts.items() if abs(weight) >= _SLIGHT}
    found = [Evidence(_SAY[name](pair), round(weight, 4)) for name, weight in told.items()]
    if scored.through[n] >= 0:
        third = table.assets[int(scored.through[n])]
        found.append(Evidence(f'both are the same as "{_short(third)}" in {third.tool}', float(scored.lift[n])))
    rest = round(float(scored.logit[n] + scored.lift[n]) - sum(each.weight for each in found), 4)
    found = [found[0], *sorted(found[1:], key=lambda each: (-abs(each.weight), each.says))]
    if rest:
        found.append(Evidence("smaller signs together", rest))
    return [*found, Evidence(f"to check: {_where(pair.one)} and {_where(pair.two)}", 0.0)]


def _where(asset: Asset) -> str:
    """Where its definition can be looked at: its address, the file it was read from, else its id."""
    return asset.url or str(asset.facts.get("path") or "") or asset.id


def _short(asset: Asset) -> str:
    return asset.name if len(asset.name) <= 60 else f"{asset.name[:57]}..."


def _features(pair: _Pair) -> int:
    return int(pair.table.codes["features"][pair.rows[0]])
