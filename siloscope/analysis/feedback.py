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
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from siloscope.errors import ConfigError
from siloscope.graph.store import Verdict
from siloscope.model import Evidence, Finding, Pair, digest, dumps
from siloscope.redact import scrub_text

if TYPE_CHECKING:
    from siloscope.graph.store import Store

DUPLICATE = "duplicate-asset"
PAIR = "pair:"
WEIGHTS = f"weights:{DUPLICATE}"
WORD = 40.0  # log-odds: a person's word outweighs whatever a machine sees
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
    """Every label, every verdict by finding id, and the text of the learned weights if there are any."""

    labels: tuple[Label, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    weights: str | None = None
    pairs: Mapping[tuple[str, str], Label] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", {(each.a, each.b): each for each in self.labels})

    @classmethod
    def of(cls, verdicts: Mapping[str, Verdict]) -> Feedback:
        """What a store's verdicts hold."""
        labels, others = [], {}
        for key, verdict in verdicts.items():
            if key.startswith(PAIR):
                told = json.loads(verdict.reason)
                same = verdict.state == "accepted"
                labels.append(Label(told["a"], told["b"], same, told["reason"], verdict.at, told["finding"]))
            elif key != WEIGHTS:
                others[key] = verdict
        weights = verdicts.get(WEIGHTS)
        return cls(tuple(sorted(labels)), others, weights.reason if weights else None)

    def label(self, a: str, b: str) -> Label | None:
        """What was said about two assets, in whichever order."""
        return self.pairs.get((min(a, b), max(a, b)))

    def stamped(self, finding: Finding) -> Finding:
        """The finding with what was said about it.

        A duplicate finding is judged by its pairs, so that a cluster that wins or loses members keeps the verdict:
        accepted when those that were judged are the same, rejected when every one is not, open when they disagree.
        """
        verdict = self.verdicts.get(finding.id)
        if finding.rule == DUPLICATE:
            known = [label for each in finding.pairs if (label := self.label(each.a, each.b))]
            if known:
                return _judged(finding, known)
            if finding.id in self._told:
                return finding  # the verdict was on other pairs: the cluster is another one now
        return replace(finding, state=verdict.state, reason=verdict.reason) if verdict else finding

    def judged(self, finding: str) -> bool:
        """Whether anything was said about the finding of that id."""
        return finding in self.verdicts or finding in self._told

    @cached_property
    def _told(self) -> frozenset[str]:
        return frozenset(each.finding for each in self.labels)


def _judged(finding: Finding, known: Sequence[Label]) -> Finding:
    verdicts = {each.same for each in known}
    if len(verdicts) > 1 or (verdicts == {False} and len(known) < len(finding.pairs)):
        return finding
    reasons = [*dict.fromkeys(each.reason for each in known if each.reason)]
    if len(known) < len(finding.pairs):
        reasons.append(f"{len(known)} of {len(finding.pairs)} pairs were judged")
    return replace(finding, state="accepted" if True in verdicts else "rejected", reason="; ".join(reasons))


def said(finding: Finding, state: str, reason: str, at: str, only: Sequence[str] = ()) -> list[Label]:
    """The labels that a verdict on a finding means: for its likely pairs, or for the two assets of `only`.

    A finding of another rule than `duplicate-asset` gives none: it is remembered by its id alone.

    Raises:
        ConfigError: `only` are not two subjects of a duplicate finding.
    """
    if only and (finding.rule != DUPLICATE or len({*only} & {*finding.subjects}) != 2):
        raise ConfigError(f"{' and '.join(only)}: not two subjects of the duplicate finding {finding.id}")
    if finding.rule != DUPLICATE:
        return []
    likely = [each for each in finding.pairs if each.score >= _LEAST] or finding.pairs
    chosen = [(only[0], only[1])] if only else [(each.a, each.b) for each in likely]
    return [Label(min(pair), max(pair), state == "accepted", reason, at, finding.id) for pair in chosen]


def remember(store: Store, labels: Iterable[Label]) -> None:
    """Keep labels in a store; a later word on a pair replaces an earlier one."""
    for each in labels:
        store.set_verdict(each.key, each.verdict)


def forget(store: Store, finding: str, pairs: Iterable[Pair] = ()) -> None:
    """Forget what was said about a finding: its verdict, the labels said with it, those of its present pairs."""
    now = {(min(each.a, each.b), max(each.a, each.b)) for each in pairs}
    for each in Feedback.of(store.verdicts()).labels:
        if each.finding == finding or (each.a, each.b) in now:
            store.set_verdict(each.key, None)
    store.set_verdict(finding, None)


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
    try:
        return _labels(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))), origin, at)
    except csv.Error as error:
        raise ConfigError(f"{origin}: no CSV: {error}") from error


def _labels(rows: csv.DictReader[str], origin: str, at: str) -> list[Label]:
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
        label = Label(min(a, b), max(a, b), same.casefold() in _YES, scrub_text(reason), when or at)
        before = found.setdefault((label.a, label.b), label)
        if before.same != label.same:
            raise ConfigError(f"{where}: {a} and {b} are the same on one line and different on another")
    return sorted(found.values())


def _plain(value: str | list[str] | None) -> str:
    """A cell without the apostrophe that keeps spreadsheets from reading it as a formula."""
    text = value if isinstance(value, str) else ""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text.strip()
