"""Whom an asset works for, and why: rules in order, what the platform says, the container, the tool, the default.

Every answer carries its reason in the fact `department_because`. What else spoke, and said otherwise, stands in
`department_conflict`: the first rule wins, but nobody has to find out by surprise. Nothing is guessed; an asset
of which nothing is known is `unassigned`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import translate

from siloscope.config import DepartmentRule
from siloscope.model import Asset, Edge, Tool, Verb

UNASSIGNED = "unassigned"
SHARED = "shared"
BECAUSE = "department_because"
CONFLICT = "department_conflict"
SAID = "said by the platform"
NOTHING = "no rule matches"
BROAD = ("tool ", "source ")  # rules about where an asset is rather than what it is: overruled without a word
_FOLLOWS = (Verb.CONTAINS, Verb.OWNS)  # what holds or owns an asset lends it its department


@dataclass(frozen=True, slots=True)
class Verdict:
    """A department and the reason for it."""

    department: str
    because: str


def attributed(
    assets: Mapping[str, Asset],
    edges: Iterable[Edge],
    told: Mapping[str, Tool],
    rules: Sequence[DepartmentRule],
    defaults: Mapping[str, str | None],
) -> dict[str, Asset]:
    """The assets with department, reason and conflict.

    Args:
        assets: By id.
        edges: All; `contains` and `owns` hand a department down.
        told: What sources told about tools, by tool id; a department told there is lent to their assets.
        rules: In order; the first that matches wins.
        defaults: The default department of each source.
    """
    asked = _Rules(rules)
    own = {key: asked.about(asset) for key, asset in assets.items()}
    holders = _holders(assets, edges) if any(not each for each in own.values()) else {}
    found = {}
    for key, asset in assets.items():
        verdict = _decided(asset, own, holders, assets, told, defaults)
        facts = {**asset.facts, BECAUSE: verdict.because}
        facts.pop(CONFLICT, None)
        others = [
            each
            for each in own[key][1:]
            if each.department != verdict.department and not each.because.startswith(BROAD)
        ]
        if others:
            facts[CONFLICT] = "; ".join(dict.fromkeys(f"{each.department} by {each.because}" for each in others))
        found[key] = replace(asset, department=verdict.department, facts=facts)
    return found


def _decided(
    asset: Asset,
    own: Mapping[str, Sequence[Verdict]],
    holders: Mapping[str, Sequence[str]],
    assets: Mapping[str, Asset],
    told: Mapping[str, Tool],
    defaults: Mapping[str, str | None],
) -> Verdict:
    if own[asset.id]:
        return own[asset.id][0]
    above, seen = list(holders.get(asset.id, ())), {asset.id}
    while above:  # the nearest holder of which something is said; of equally near ones the first by id
        for each in above:
            if own[each]:
                return Verdict(own[each][0].department, f"follows {assets[each].name}, {own[each][0].because}")
        seen.update(above)
        above = sorted({up for each in above for up in holders.get(each, ()) if up not in seen})
    tool = told.get(asset.tool)
    if tool and tool.department and tool.department not in (SHARED, UNASSIGNED):
        return Verdict(tool.department, f"follows tool {asset.tool}")
    default = defaults.get(asset.source)
    return Verdict(default, f"default of source {asset.source}") if default else Verdict(UNASSIGNED, NOTHING)


def _holders(assets: Mapping[str, Asset], edges: Iterable[Edge]) -> dict[str, list[str]]:
    """By asset, what contains or owns it, by id."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in edges:
        if each.verb in _FOLLOWS and each.target in assets and each.source in assets:
            found[each.target].add(each.source)
    return {key: sorted(above) for key, above in found.items()}


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


def home(assets: Iterable[Asset]) -> str:
    """The department of most of a tool's assets, else `shared`; `unassigned` when none has one, or most have none."""
    counts = Counter(each.department or UNASSIGNED for each in assets)
    if not counts:
        return UNASSIGNED
    name, most = min(counts.items(), key=lambda each: (-each[1], each[0]))
    return str(name) if most * 2 > counts.total() else SHARED
