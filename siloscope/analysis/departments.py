"""Whom the estate works for, explained: by which rules, where they disagree, what is left, and rules that would help.

A rule is suggested where attributed assets show it: they share a value (an account, a tag, an owner's domain) with
unassigned ones and nearly all belong to one department; or where a tag is by its name about organisation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from siloscope.analysis.common import many
from siloscope.graph.departments import BECAUSE, CONFLICT, UNASSIGNED, reader
from siloscope.graph.view import Graph
from siloscope.model import Asset

SCHEMA = "siloscope/departments/1"
PURE = 0.9  # share of the attributed assets with a value that must belong to one department
LEAST = 3  # attributed assets with a value that make it evidence
WORTH = 2  # unassigned assets that a suggested rule must attribute
_KEYS = ("account", "folder", "workspace", "group", "domain", "owner", "tool")
_ORGANISATION = frozenset(
    "department team squad domain business-unit businessunit bu cost-center costcenter cost-centre owner group org"
    " organisation organization".split()
)


@dataclass(frozen=True)
class Suggestion:
    """A rule that would attribute assets which no rule does; `name` is empty where a person has to fill it in."""

    name: str
    key: str
    tag: str
    value: str
    assets: int
    because: str

    @property
    def toml(self) -> str:
        """The rule as it stands in `siloscope.toml`."""
        match = (
            f"tag = {_text(self.tag)}, values = [{_literal(self.value)}]"
            if self.tag
            else f"{self.key} = [{_literal(self.value)}]"
        )
        why = "".join(each if each.isprintable() else " " for each in self.because)
        return f"[[department]]  # {why}\nname = {_text(self.name or '?')}\nmatch = {{ {match} }}"


def explained(graph: Graph) -> dict[str, Any]:
    """The document `siloscope/departments/1`: departments by rule, conflicts, what is unassigned, suggestions."""
    held: dict[str, list[Asset]] = defaultdict(list)
    for each in graph.assets:
        held[each.department or UNASSIGNED].append(each)
    names = sorted(held, key=lambda name: (name == UNASSIGNED, name))
    left = Counter((each.tool, each.kind) for each in held.get(UNASSIGNED, ()))
    return {
        "schema": SCHEMA,
        "departments": [_department(graph, name, held[name]) for name in names],
        "conflicts": [_conflict(each) for each in graph.assets if each.facts.get(CONFLICT)],
        "unassigned": [
            {"tool": tool, "kind": kind, "assets": count}
            for (tool, kind), count in sorted(left.items(), key=lambda each: (-each[1], each[0]))
        ],
        "suggestions": [_suggestion(each) for each in suggestions(graph)],
    }


def _conflict(asset: Asset) -> dict[str, Any]:
    facts = asset.facts
    return {"asset": asset.id, "department": asset.department, "because": facts.get(BECAUSE), "but": facts[CONFLICT]}


def _suggestion(each: Suggestion) -> dict[str, Any]:
    said = {"name": each.name, "key": each.key, "tag": each.tag or None, "value": each.value}
    return {**said, "assets": each.assets, "because": each.because, "toml": each.toml}


def _department(graph: Graph, name: str, assets: list[Asset]) -> dict[str, Any]:
    rules = Counter(rule_of(str(each.facts.get(BECAUSE) or "")) for each in assets)
    tools = {each.tool for each in assets}
    return {
        "department": name,
        "assets": len(assets),
        "tools": len(tools),
        "own_tools": sum(graph.tool[each].department == name for each in tools),
        "because": dict(sorted(rules.items(), key=lambda each: (-each[1], each[0]))),
        "conflicts": sum(bool(each.facts.get(CONFLICT)) for each in assets),
    }


def rule_of(because: str) -> str:
    """The kind of reason: `tag cost-center`, `owner`, `follows`, `default of source`, `said by the platform`."""
    first, _, rest = because.partition(" ")
    if first == "tag":
        return f"tag {rest.partition('=')[0]}"
    if first in ("default", "said", "no"):
        return because if first != "default" else "default of source"
    return first


def suggestions(graph: Graph) -> list[Suggestion]:
    """Rules that would attribute unassigned assets, those that attribute most first; each asset counts for one rule."""
    bare = [each for each in graph.assets if each.department in (None, UNASSIGNED)]
    tags = sorted({key[4:] for each in bare for key in each.facts if key.startswith("tag.")})
    readers = [*((key, "") for key in _KEYS), *(("tag", tag) for tag in tags)]
    found = [each for key, tag in readers for each in _suggested(graph, bare, key, tag)]
    taken: set[str] = set()
    kept = []
    for each, ids in sorted(
        found, key=lambda x: (not x[0].name, x[0].key == "tool", -x[0].assets, x[0].key, x[0].tag, x[0].value)
    ):
        new = ids - taken
        if len(new) >= WORTH:
            taken |= new
            kept.append(each)
    return kept


def _suggested(graph: Graph, bare: Iterable[Asset], key: str, tag: str) -> Iterator[tuple[Suggestion, set[str]]]:
    values = reader(key, tag)
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in bare:
        for value in values(each):
            if value:
                wanted[value].add(each.id)
    if not wanted:
        return
    known: Mapping[str, Counter[str]] = defaultdict(Counter)
    for each in graph.assets:
        if each.department not in (None, UNASSIGNED):
            for value in values(each):
                if value in wanted:
                    known[value][str(each.department)] += 1
    called = f"tag {tag}" if tag else key
    for value, ids in sorted(wanted.items()):
        counts = known.get(value, Counter())
        name, most = max(counts.items(), key=lambda x: (x[1], x[0])) if counts else ("", 0)
        if most >= LEAST and most >= PURE * counts.total():
            because = f"{most} of {counts.total()} attributed assets with {called} {value} are of {name}"
            yield Suggestion(name, key, tag, value, len(ids), because), ids
        elif not counts and (tag.lower().replace("_", "-") in _ORGANISATION or key in ("group", "domain")):
            because = f"{many(len(ids), 'unassigned asset')} have {called} {value}: whose are they?"
            yield Suggestion("", key, tag, value, len(ids), because), ids


def _literal(value: str) -> str:
    """A glob that matches the value itself and nothing else, as a TOML string."""
    return _text("".join(f"[{each}]" if each in "*?[" else each for each in value))


def _text(value: str) -> str:
    """A TOML basic string."""
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in plain) + '"'
