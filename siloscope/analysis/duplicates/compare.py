"""Two assets compared: for each term a number between 0 and 1, or nothing where one side says nothing.

Terms are the questions a person would ask; what an answer weighs is in `weights.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from siloscope.analysis import similar
from siloscope.analysis.duplicates.table import Table, pair_keys
from siloscope.analysis.duplicates.tokens import VIEWS

COMPARED = ("name", *VIEWS)

# How much shared evidence counts as none, in tokens of full rarity: two equal words are no proof, forty are.
SLIGHT: Mapping[str, float] = {
    "name": 0.6, "object": 0.5, "said": 2.0, "set": 3.0, "field": 1.0, "place": 0.5, "data": 0.6,
    "line": 1.5, "opt": 1.5, "step": 1.0, "product": 2.0, "trait": 1.0,
}  # fmt: skip
WHOLE = ("said", "set", "field", "place", "data", "line", "opt", "step", "product")
CORE = ("set", "field", "place", "data", "line")
OWN = ("name", "line", "place", "data")  # two that share none of it are strangers, however alike they are made
LINKS = frozenset({"place", "data", "trait"})
_SLIGHT_WHOLE = 6.0
_SLIGHT_CORE = 4.0
LEAST_FEATURES = 5
_MODEL = 2  # the code of the family of models alone
MOST_HOLDERS = 4
_SPELT = 0.3  # names spelt less alike have nothing in common

# On which scale a pair is weighed: `definition` where the settings of one kind of thing are known, else `facts`.
SCALE, SCALES = "scale", ("facts", "definition")

Values = dict[str, np.ndarray]


def compare(table: Table, a: np.ndarray, b: np.ndarray) -> Values:
    """The terms of the pairs (`a[n]`, `b[n]`): float32 arrays, NaN where there is nothing to compare."""
    found: Values = {}
    whole, core, words, objects = (_Sum(len(a)) for _ in range(4))
    letters = table.letters.dots(a, b)
    common = np.where(letters > _SPELT, letters, 0)
    alike = table.codes["kind"][a] == table.codes["kind"][b]
    for name in COMPARED:
        view = table.views[name]
        dots = view.dots(a, b)
        x, y = view.size[a], view.size[b]
        # Where both could say something, being of one kind, silence on one side is a difference; links may be unknown.
        heard = np.where(alike & (name not in LINKS), (x > 0) | (y > 0), (x > 0) & (y > 0))
        found[name] = np.where(heard, dots / (x * y + SLIGHT[name]), np.nan)
        for group, members in ((whole, WHOLE), (core, CORE), (words, ("said", "set")), (objects, ("object",))):
            if name in members:
                group.add(dots, x * x, y * y)
        if name in OWN:
            common = common + dots
    found["letters"] = letters
    found["whole"], found["part"] = whole.alike(_SLIGHT_WHOLE), whole.within(_SLIGHT_WHOLE)
    found["core"], found["inner"] = core.alike(_SLIGHT_CORE), core.within(_SLIGHT_CORE)
    unknown = objects.least() == 0
    found["other"] = np.where(unknown, np.nan, objects.apart() / (objects.least() + SLIGHT["object"]))
    found["swap"] = np.where(unknown, np.nan, objects.apart() / (objects.apart() + words.apart() + 1.0))
    found["gone"], found["lost"] = _gone(table, a, b)
    found["vanished"] = _vanished(table, a, b)
    found["theme"] = _theme(table, a, b)
    sizes = table.views["all"].size
    found["even"] = np.minimum(sizes[a], sizes[b]) / np.maximum(np.maximum(sizes[a], sizes[b]), 0.01)
    # Told in the same words, yet set otherwise: a template that was filled in for something else.
    found["filled"] = np.clip(found["said"] - found["line"], -0.5, 1)
    found["template"] = found["object"] - found["whole"]
    found |= _equal(table, a, b)
    set_a, set_b = (table.views["line"].size[each] > 0 for each in (a, b))
    found[SCALE] = alike & (set_a | set_b)
    # Strangers share only how such things are made, which of small things may be all: the same kinds of steps.
    found["stranger"] = set_a & set_b & (common == 0)
    return {name: values.astype(np.float32) for name, values in found.items()}


def _gone(table: Table, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares of what either is about that the other never mentions: the smaller, the larger."""
    shares = [_lacking(table, "topic", *each, slight=0.5) for each in ((a, b), (b, a))]
    return np.minimum(*shares), np.maximum(*shares)


def _theme(table: Table, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How much more of what each mentions often the other lacks, than of what each mentions once; -1 to 1.

    Who retells a thing changes its words as they come; who fills in a template changes what it is about.
    """
    often, once = ([_lacking(table, name, *each) for each in ((a, b), (b, a))] for name in ("often", "once"))
    told: np.ndarray = np.minimum(*often) - sum(once) / 2
    return told


def _lacking(table: Table, name: str, one: np.ndarray, other: np.ndarray, slight: float = 0.0) -> np.ndarray:
    """The share of a view of one that the other never mentions; NaN where it is empty, less where it is slight."""
    view, every = table.views[name], table.views["all"]
    held = view.size[one] ** 2
    kept = similar.pairwise(view.matrix, every.matrix, one, other)
    return np.where(held > 0, np.maximum(held - kept, 0) / np.maximum(held + slight, 0.01), np.nan)


def _vanished(table: Table, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of all mentions of what either may be about, the share of what the other never mentions; the larger."""
    counts, marks = table.mentions, table.mentioned
    total = np.asarray(counts.sum(axis=1)).ravel()
    shares = [
        1 - similar.pairwise(counts, marks, one, other) / np.maximum(total[one], 1) for one, other in ((a, b), (b, a))
    ]
    return np.where((total[a] > 0) & (total[b] > 0), np.maximum(*shares), np.nan)


class _Sum:
    """What some views hold together: of both, of the first, of the second."""

    def __init__(self, size: int) -> None:
        self.both, self.one, self.two = (np.zeros(size, dtype=np.float32) for _ in range(3))

    def add(self, both: np.ndarray, one: np.ndarray, two: np.ndarray) -> None:
        """One view more."""
        self.both, self.one, self.two = self.both + both, self.one + one, self.two + two

    def least(self) -> np.ndarray:
        """What the smaller one holds."""
        return np.minimum(self.one, self.two)

    def apart(self) -> np.ndarray:
        """What each has that the other lacks, by the side that has less of it: 0 when one is part of the other."""
        return np.maximum(self.least() - self.both, 0)

    def alike(self, slight: float) -> np.ndarray:
        """The share of both, NaN where one side has nothing."""
        return np.where(self.least() > 0, self.both / (np.sqrt(self.one * self.two) + slight), np.nan)

    def within(self, slight: float) -> np.ndarray:
        """The share of the smaller one that is in the larger."""
        return np.where(self.least() > 0, np.minimum(self.both / (self.least() + slight), 1), np.nan)


def _equal(table: Table, a: np.ndarray, b: np.ndarray) -> Values:
    """The terms that are yes or no."""
    codes = table.codes

    def equal(name: str) -> np.ndarray:
        x, y = codes[name][a], codes[name][b]
        return np.where((x > 0) & (y > 0), (x == y).astype(np.float32), np.nan)

    # A different definition says nothing that its parts do not say. An equal one of little content is chance, and so
    # is one that many have under different names: it says how things are made here, not what they are for.
    holders = np.bincount(codes["definition"])[codes["definition"][a]]
    same_name = (codes["words"][a] == codes["words"][b]) & (codes["words"][a] > 0)
    features = np.minimum(codes["features"][a], codes["features"][b])
    enough = (features >= LEAST_FEATURES) & ((holders <= MOST_HOLDERS) | same_name | (features >= 30))
    return {
        "definition": np.where((equal("definition") == 1) & enough, 1.0, np.nan),
        "identical": np.where(equal("shape") == 1, 1.0, np.nan),
        "called": np.where(same_name, np.minimum(codes["telling"][a], 3) / 3, 0.0),
        "schedule": equal("schedule"),
        "owner": equal("owner"),
        "kind": equal("kind"),
        "region": equal("place"),
    }


def against(table: Table, a: np.ndarray, b: np.ndarray) -> Values:
    """What rules a pair out, each 1 or 0: stages, layers and versions of one thing, one that works with the other."""
    codes = table.codes
    stage_a, stage_b = codes["stage"][a], codes["stage"][b]
    same_name = (codes["words"][a] == codes["words"][b]) & (codes["words"][a] > 0)
    version_a, version_b = codes["version"][a], codes["version"][b]
    same_tool = codes["tool"][a] == codes["tool"][b]
    models = (codes["family"][a] == _MODEL) & (codes["family"][b] == _MODEL)
    layer_a, layer_b = codes["layer"][a], codes["layer"][b]
    return {
        "stage": ((stage_a > 0) & (stage_b > 0) & (stage_a != stage_b)).astype(np.float32),
        "version": (same_name & same_tool & models & (version_a != version_b)).astype(np.float32),
        "layer": ((layer_a > 0) & (layer_b > 0) & (layer_a != layer_b)).astype(np.float32),
        "linked": np.isin(pair_keys(a, b, len(table)), table.linked).astype(np.float32),
    }  # fmt: skip
