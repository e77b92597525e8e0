"""What people said about pairs of assets: kept with the verdicts, so that it outlives scans, clusters and stores.

A verdict on a duplicate finding is a verdict on its pairs. A cluster may win or lose members from scan to scan; what
was said about two assets stays true of these two. A store keeps each label as a verdict of its own, under a key made
from the two ids, and the weights of `siloscope learn` under another, so that whatever keeps or copies verdicts keeps
them too.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from siloscope.errors import ConfigError
from siloscope.graph.store import Verdict
from siloscope.model import Evidence, Finding, Pair, digest, dumps

if TYPE_CHECKING:
    from siloscope.graph.store import Store

PAIR = "pair:"
WEIGHTS = "weights:duplicate-asset"
WORD = 20.0  # log-odds: a person's word outweighs what a machine sees
COLUMNS = ("a", "b", "same", "reason", "at")
_YES = frozenset({"yes", "y", "true", "1", "same"})
_NO = frozenset({"no", "n", "false", "0", "different"})
_LEAST = 0.5


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """Whether assets `a` and `b` (a < b) are the same thing, why, and when that was said (ISO 8601).

    `finding` is the id of the finding it was said about; empty when it was imported.
    """

    a: str
    b: str
    same: bool
    reason: str = ""
    at: str = ""
    finding: str = ""

    @property
    def key(self) -> str:
        """Under what a store keeps it."""
        return PAIR + digest(self.a, self.b)

    @property
    def verdict(self) -> Verdict:
        """As a store keeps it."""
        told = {"a": self.a, "b": self.b, "reason": self.reason, "finding": self.finding}
        return Verdict("accepted" if self.same else "rejected", dumps(told), self.at)

    @property
    def evidence(self) -> Evidence:
        """The sentence it adds to its pair, in log-odds."""
        what = "the same" if self.same else "different things"
        when = f" on {self.at[:10]}" if self.at else ""
        why = f": {self.reason}" if self.reason else ""
        return Evidence(f"a person said{when} that they are {what}{why}", WORD if self.same else -WORD)


@dataclass(frozen=True)
class Feedback:
    """Every label, and the text of the learned weights if there are any."""

    labels: tuple[Label, ...] = ()
    weights: str | None = None
    learned_at: str = ""
    pairs: Mapping[tuple[str, str], Label] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", {(each.a, each.b): each for each in self.labels})

    @classmethod
    def of(cls, verdicts: Mapping[str, Verdict]) -> Feedback:
        """What a store's verdicts hold."""
        labels = []
        for key, verdict in verdicts.items():
            if key.startswith(PAIR):
                told = json.loads(verdict.reason)
                same = verdict.state == "accepted"
                labels.append(Label(told["a"], told["b"], same, told["reason"], verdict.at, told["finding"]))
        weights = verdicts.get(WEIGHTS)
        return cls(tuple(sorted(labels)), weights.reason if weights else None, weights.at if weights else "")

    def label(self, a: str, b: str) -> Label | None:
        """What was said about two assets, in whichever order."""
        return self.pairs.get((min(a, b), max(a, b)))

    @cached_property
    def apart(self) -> frozenset[tuple[str, str]]:
        """Pairs that must not end up in one cluster."""
        return frozenset(key for key, each in self.pairs.items() if not each.same)

    def state(self, pairs: Sequence[Pair]) -> tuple[str, str | None]:
        """(state, reason) of a finding made of pairs.

        A cluster that wins or loses members keeps the verdict on the pairs that were judged: accepted when those
        are the same. It is rejected only when every pair was; judged both ways, it is open.
        """
        known = [label for each in pairs if (label := self.label(each.a, each.b))]
        verdicts = {each.same for each in known}
        if len(verdicts) != 1 or (verdicts == {False} and len(known) < len(pairs)):
            return "open", None
        reasons = [*dict.fromkeys(each.reason for each in known if each.reason)]
        if len(known) < len(pairs):
            reasons.append(f"{len(known)} of {len(pairs)} pairs were judged")
        return ("accepted" if True in verdicts else "rejected"), "; ".join(reasons) or None


def said(finding: Finding, state: str, reason: str, at: str, only: Sequence[str] = ()) -> list[Label]:
    """The labels that a verdict on a finding means: for its likely pairs, or for all pairs among `only`.

    Raises:
        ConfigError: The finding has no pairs, or one of `only` is none of its subjects.
    """
    if wrong := [each for each in only if each not in finding.subjects]:
        raise ConfigError(f"{wrong[0]} is none of the subjects of {finding.id}")
    if only and (len(only) < 2 or not finding.pairs):
        raise ConfigError("--pair takes two of the subjects of a duplicate finding")
    if only:
        chosen = [(only[0], only[1])]
    else:
        likely = [each for each in finding.pairs if each.score >= _LEAST] or finding.pairs
        chosen = [(each.a, each.b) for each in likely]
    return [Label(min(pair), max(pair), state == "accepted", reason, at, finding.id) for pair in chosen]


def remember(store: Store, labels: Iterable[Label]) -> None:
    """Keep labels in a store; a later word on a pair replaces an earlier one."""
    for each in labels:
        store.set_verdict(each.key, each.verdict)


def forget(store: Store, finding: str) -> int:
    """Forget the labels that were said about a finding; how many there were."""
    gone = [each for each in Feedback.of(store.verdicts()).labels if each.finding == finding]
    for each in gone:
        store.set_verdict(each.key, None)
    return len(gone)


def label_rows(labels: Iterable[Label]) -> list[dict[str, str]]:
    """Labels as rows of `COLUMNS`, sorted."""
    return [
        {"a": each.a, "b": each.b, "same": "yes" if each.same else "no", "reason": each.reason, "at": each.at}
        for each in sorted(labels)
    ]


def read_labels(text: str, origin: str, at: str) -> list[Label]:
    """The labels in a CSV file with columns a, b, same (yes or no) and perhaps reason and at.

    `origin` names the file in errors, `at` is when labels without a time count as said.

    Raises:
        ConfigError: The file is no such table; the text names the line.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if missing := [each for each in COLUMNS[:3] if each not in (rows.fieldnames or ())]:
        raise ConfigError(f'{origin}: no column "{missing[0]}"; the first line names a, b, same and perhaps reason, at')
    found: dict[tuple[str, str], Label] = {}
    for row in rows:
        where = f"{origin}, line {rows.line_num}"
        a, b, same, reason, when = (_plain(row.get(each)) for each in COLUMNS)
        if not a or not b or a == b:
            raise ConfigError(f"{where}: a and b are two different asset ids")
        if same.casefold() not in _YES | _NO:
            raise ConfigError(f'{where}: same is yes or no, not "{same}"')
        label = Label(min(a, b), max(a, b), same.casefold() in _YES, reason, when or at)
        before = found.setdefault((label.a, label.b), label)
        if before.same != label.same:
            raise ConfigError(f"{where}: {a} and {b} are the same on one line and different on another")
    return sorted(found.values())


def _plain(value: str | list[str] | None) -> str:
    """A cell without the apostrophe that keeps spreadsheets from reading it as a formula."""
    text = value if isinstance(value, str) else ""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text.strip()
