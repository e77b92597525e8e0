"""Whom an asset works for, and why: rules in order, what the platform says, the container, the tool, the default.

Every answer carries its reason in the fact `department_because`. What else spoke, and said otherwise, stands in
`department_conflict`: the first rule wins, but nobody has to find out by surprise. Nothing is guessed; an asset
of which nothing is known is `unassigned`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate

from siloscope.codec import changed
from siloscope.config import DepartmentRule
from siloscope.model import Asset, Edge, Tool, Verb

UNASSIGNED = "unassigned"
SHARED = "shared"
BECAUSE = "department_because"
CONFLICT = "department_conflict"
SAID = "said by the platform"
NOTHING = "no rule matches"
BROAD = ("tool ", "source ")  # rules about where an asset is rather than what it is: overruled without a word
_REMEMBERED = 100_000  # values of which a rule's word is remembered
FOLLOWS = (Verb.CONTAINS, Verb.OWNS)  # what holds or owns an asset lends it its department


@dataclass(frozen=True, slots=True)
class Verdict:
    """A department and the reason for it."""

    department: str
    because: str


Holders = Mapping[str, Iterable[str]]  # by asset, what contains or owns it


class Attribution:
    """Says of one asset after the other whom it works for."""

    def __init__(
        self,
        rules: Iterable[DepartmentRule],
        defaults: Mapping[str, str | None],
        told: Mapping[str, Tool],
        holders: Holders,
        asset_of: Callable[[str], Asset],
    ) -> None:
        """How to attribute.

        Args:
            rules: In order; the first that matches wins.
            defaults: The default department of each source.
            told: What sources told about tools, by tool id; a department told there is lent to their assets.
            holders: By asset, what contains or owns it and so hands its department down.
            asset_of: The holder of an id, merged, with no more than the platform's word about its department.
        """
        self._rules = _Rules(tuple(rules))
        self._defaults, self._told, self._holders, self._asset_of = defaults, told, holders, asset_of
        self._known: dict[str, tuple[str, Verdict | None]] = {}

    def of(self, asset: Asset) -> Asset:
        """The asset with department, reason and conflict."""
        own = self._rules.about(asset)
        verdict = own[0] if own else self._lent(asset)
        facts = {**asset.facts, BECAUSE: verdict.because}
        facts.pop(CONFLICT, None)
        others = [
            each for each in own[1:] if each.department != verdict.department and not each.because.startswith(BROAD)
        ]
        if others:
            facts[CONFLICT] = "; ".join(dict.fromkeys(f"{each.department} by {each.because}" for each in others))
        return changed(asset, department=verdict.department, facts=facts)

    def _lent(self, asset: Asset) -> Verdict:
        """What holds it, its tool or its source lends to an asset of which nothing is said itself."""
        above, seen = sorted(self._holders.get(asset.id, ())), {asset.id}
        while above:  # the nearest holder of which something is said; of equally near ones the first by id
            for each in above:
                name, said = self._holder(each)
                if said:
                    return Verdict(said.department, f"follows {name}, {said.because}")
            seen.update(above)
            above = sorted({up for each in above for up in self._holders.get(each, ()) if up not in seen})
        tool = self._told.get(asset.tool)
        if tool and tool.department and tool.department not in (SHARED, UNASSIGNED):
            return Verdict(tool.department, f"follows tool {asset.tool}")
        default = self._defaults.get(asset.source)
        return Verdict(default, f"default of source {asset.source}") if default else Verdict(UNASSIGNED, NOTHING)

    def _holder(self, key: str) -> tuple[str, Verdict | None]:
        """The name of a holder, and what is said about it."""
        if key not in self._known:
            asset = self._asset_of(key)
            self._known[key] = asset.name, next(iter(self._rules.about(asset)), None)
        return self._known[key]


def holders_of(edges: Iterable[Edge], assets: Container[str]) -> dict[str, set[str]]:
    """By asset, what contains or owns it."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in edges:
        if each.verb in FOLLOWS and each.target in assets and each.source in assets:
            found[each.target].add(each.source)
    return found


def held_by(keys: Iterable[str], holders: Holders) -> set[str]:
    """All that these assets hold, directly or through others, as far as `holders` tells."""
    below: dict[str, list[str]] = defaultdict(list)
    for key, above in holders.items():
        for each in above:
            below[each].append(key)
    found, waiting = set[str](), list(keys)
    while waiting:
        for each in below.get(waiting.pop(), ()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


class _Rules:
    """The rules, ready to be asked a million times: what they say of a value is found once."""

    def __init__(self, rules: Sequence[DepartmentRule]) -> None:
        groups: dict[tuple[str, str], list[tuple[int, _Matcher]]] = defaultdict(list)
        for number, each in enumerate(rules):
            groups[each.key, each.tag].append((number, _Matcher(each)))
        self._groups: list[tuple[Callable[[Asset], tuple[str, ...]], list[tuple[int, _Matcher]], _Said]] = [
            (reader(*key), matchers, {}) for key, matchers in groups.items()
        ]

    def about(self, asset: Asset) -> list[Verdict]:
        """All that is said about the asset itself, the most to be believed first."""
        found: list[tuple[int, Verdict]] = []
        for values, matchers, known in self._groups:
            for value in values(asset):
                if value:
                    said = known.get(value)
                    if said is None:
                        if len(known) >= _REMEMBERED:  # names and ids hardly ever come back
                            known.clear()
                        said = known[value] = [(n, each) for n, rule in matchers if (each := rule.verdict(value))]
                    found += said
        found.sort(key=lambda each: each[0])
        verdicts = [each for _, each in found]
        if asset.department and asset.department != UNASSIGNED:
            verdicts.append(Verdict(asset.department, SAID))
        return verdicts


_Said = dict[str, list[tuple[int, Verdict]]]


class _Matcher:
    """One rule: exact values by dictionary, globs as one compiled pattern each."""

    def __init__(self, rule: DepartmentRule) -> None:
        self._said = f"{rule.key} {rule.tag}=" if rule.tag else f"{rule.key} "
        self._folded = bool(rule.table)  # people and groups are listed without regard to case, places are not
        self._exact: dict[str, str] = {}
        self._globs: list[tuple[re.Pattern[str], str]] = []
        for value, name in rule.table or tuple((value, rule.name) for value in rule.values):
            value = value.casefold() if self._folded else value
            if any(each in value for each in "*?["):
                self._globs.append((re.compile(translate(value)), name))
            else:
                self._exact.setdefault(value, name)

    def verdict(self, value: str) -> Verdict | None:
        """What the rule says about a value, if anything."""
        asked = value.casefold() if self._folded else value
        name = self._exact.get(asked)
        if name is None:
            name = next((name for glob, name in self._globs if glob.match(asked)), None)
        return None if name is None else Verdict(name, f"{self._said}{value}")


def reader(key: str, tag: str = "") -> Callable[[Asset], tuple[str, ...]]:
    """What a rule of this key looks at: a function from asset to values; empty ones match nothing."""
    if key == "tag":
        fact = f"tag.{tag}"
        return lambda asset: (str(asset.facts.get(fact) or ""),)
    if key == "source":
        return lambda asset: asset.sources
    if key == "domain":
        return lambda asset: (domain(asset.owner),)
    if key in ("owner", "tool", "name", "id", "kind", "environment"):
        return lambda asset: (getattr(asset, key) or "",)
    return lambda asset: (str(asset.facts.get(key) or ""),)


def domain(owner: str | None) -> str:
    """The e-mail domain of an owner, in lower case; `` when the owner is no address."""
    _, at, host = (owner or "").rpartition("@")
    return host.lower() if at else ""


def home(counts: Counter[str]) -> str:
    """The department of most of a tool's assets, else `shared`; `unassigned` when none has one, or most have none."""
    if not counts:
        return UNASSIGNED
    name, most = min(counts.items(), key=lambda each: (-each[1], each[0]))
    return str(name) if most * 2 > counts.total() else SHARED
