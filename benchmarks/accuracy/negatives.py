"""What looks like a copy and is none: the same template for another object, the same parts, the same name."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.accuracy.flow import Flow, fresh, kind, renamed, strings, texts, token, working
from benchmarks.accuracy.wording import cased
from benchmarks.accuracy.words import OBJECTS

_WORD = re.compile(rf"(?i)(?<![a-z])({'|'.join(OBJECTS)})(s|es)?(?![a-z])")
_OPAQUE = re.compile(r"[\w-]{16,}|-?\d{6,}")
_HOST = re.compile(r"(https?://)([\w.-]+)(/[^\s\"'{}?]*)?")
_KEPT = frozenset(
    {
        "operation",
        "resource",
        "mode",
        "type",
        "authentication",
        "method",
        "httpMethod",
        "nodeCredentialType",
        "genericAuthType",
        "respondWith",
        "responseMode",
        "unit",
        "rule",
    }
)


def objects_of(flow: Flow) -> list[str]:
    """What a workflow is about, by its name and its nodes' names; the most mentioned first.

    What is named once, in one of many nodes, is not what a workflow is about: a message that is sent at the end.
    """
    title = [each[0].lower() for each in _WORD.findall(str(flow["name"]))]
    found = [*title, *(each[0].lower() for node in working(flow) for each in _WORD.findall(node["name"]))]
    about = {each for each in found if each in title or found.count(each) >= 3}
    return sorted(about, key=lambda each: (-found.count(each), each))


def other_object(flow: Flow, rng: random.Random) -> Flow:
    """The same template for other objects: names, texts, tables, addresses and ids are those of the other purpose."""
    about = objects_of(flow)
    others = [each for each in OBJECTS if each not in about]
    plan = dict(zip(about, rng.sample(others, len(about)), strict=True))
    ids: dict[str, str] = {}

    def words(text: str) -> str:
        return _WORD.sub(
            lambda m: cased(m[1], plan[m[1].lower()]) + (m[2] or "") if m[1].lower() in plan else m[0], text
        )

    def change(key: str, text: str) -> str:
        text = words(text)
        if key in _KEPT:
            return text
        if _OPAQUE.fullmatch(text):
            ids.setdefault(text, str(rng.getrandbits(40)) if text.lstrip("-").isdigit() else token(rng, len(text)))
            return ids[text]
        return _HOST.sub(lambda m: f"{m[1]}{plan[about[0]]}.{m[2].split('.', 1)[-1]}/{plan[about[0]]}s", text)

    result = renamed(flow, {each["name"]: words(each["name"]) for each in flow["nodes"]})
    for node in result["nodes"]:
        node["parameters"] = strings(node.get("parameters") or {}, change)
    result["name"] = words(str(flow["name"]))
    return fresh(result, rng)


def parts_by_kind(flows: Sequence[Flow]) -> Mapping[str, list[dict[str, Any]]]:
    """Nodes of many workflows by type, in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for flow in flows:
        for node in working(flow):
            found.setdefault(kind(node), []).append(node)
    return found


def other_purpose(flow: Flow, title: str, parts: Mapping[str, list[dict[str, Any]]], rng: random.Random) -> Flow:
    """The same node types wired alike, with names and parameters that stem from many other workflows."""
    result = copy.deepcopy(flow)
    result["nodes"] = [each for each in result["nodes"] if kind(each) != "stickyNote"]
    names: dict[str, str] = {}
    for node in result["nodes"]:
        given = parts.get(kind(node)) or []
        if given:
            other = given[rng.randrange(len(given))]
            node["parameters"] = copy.deepcopy(other.get("parameters") or {})
            names[node["name"]] = other["name"]
    result = renamed(result, names)
    result["name"] = title
    return fresh(result, rng)


def same_name(flow: Flow, other: Flow, rng: random.Random) -> Flow:
    """Another workflow under this one's name."""
    result = copy.deepcopy(other)
    result["name"] = flow["name"]
    return fresh(result, rng)


def distinct(flow: Flow, other: Flow) -> bool:
    """Whether a negative differs from its model in what it works on, not only in ids."""
    mine = {
        text.strip().lower()
        for node in working(flow)
        for _, text in texts(node.get("parameters") or {})
        if len(text) > 12
    }
    its = {
        text.strip().lower()
        for node in working(other)
        for _, text in texts(node.get("parameters") or {})
        if len(text) > 12
    }
    return min(len(mine), len(its)) >= 4 and len(mine & its) <= 0.6 * min(len(mine), len(its))
