"""TIME and 6R: how fit a tool is, technically and for what it is for, and what is done with each asset.

Both scores are means of shares between 0 and 1, each with its numbers; what is not known is left out and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from siloscope.catalog import product
from siloscope.catalog.lifecycle import support
from siloscope.model import Asset, Tool
from siloscope.planning.assumptions import kind_of
from siloscope.planning.estate import Estate, offers, slug
from siloscope.times import days_between, normal

_YEAR = 365  # days
_FAILED = frozenset({"failed", "error", "faulted", "upstream_failed"})


@dataclass(frozen=True, slots=True)
class Part:
    """One share of a score, 0 (bad) to 1 (good), with its numbers; None when it is not known."""

    name: str
    score: float | None
    says: str


def fitness(estate: Estate, tool: Tool) -> dict[str, Any]:
    """The TIME quadrant of a tool: technical and functional fit, with their parts."""
    technical = [
        _recent(estate, tool),
        _failing(estate, tool),
        _owned(estate, tool),
        _seen(estate, tool),
        _supported(estate, tool),
    ]
    functional = [_used(estate, tool), _needed(estate, tool), _alone(estate, tool)]
    scores = [_mean(technical), _mean(functional)]
    good = [each is None or each >= 0.5 for each in scores]
    quadrant = {
        (True, True): "invest",
        (False, True): "migrate",
        (True, False): "tolerate",
        (False, False): "eliminate",
    }[good[0], good[1]]
    return {
        "quadrant": quadrant,
        "technical": scores[0],
        "functional": scores[1],
        "parts": [
            {"of": of, "name": each.name, "score": each.score, "says": each.says}
            for of, parts in (("technical", technical), ("functional", functional))
            for each in parts
        ],
    }


def _mean(parts: Iterable[Part]) -> float | None:
    known = [each.score for each in parts if each.score is not None]
    return round(sum(known) / len(known), 2) if known else None


def _share(name: str, assets: list[Asset], good: Callable[[Asset], bool], says: str) -> Part:
    if not assets:
        return Part(name, None, f"{name}: not known")
    count = sum(good(each) for each in assets)
    return Part(name, round(count / len(assets), 2), f"{count} of {len(assets)} {says}")


def _recent(estate: Estate, tool: Tool) -> Part:
    now = normal(estate.graph.scan_at) or ""
    known = [each for each in estate.held.get(tool.id, []) if each.last_used and now]
    return _share(
        "age",
        known,
        lambda each: days_between(normal(each.last_used) or now, now) <= 180,
        "were used in the last 180 days",
    )


def _failing(estate: Estate, tool: Tool) -> Part:
    known = [each for each in estate.held.get(tool.id, []) if each.facts.get("last_state")]
    ran_well = lambda each: str(each.facts["last_state"]).lower() not in _FAILED  # noqa: E731 - one expression, used once
    return _share("failures", known, ran_well, "did not fail when they last ran")


def _owned(estate: Estate, tool: Tool) -> Part:
    return _share("ownership", estate.held.get(tool.id, []), lambda each: bool(each.owner), "have an owner")


def _seen(estate: Estate, tool: Tool) -> Part:
    sources = {source for each in estate.held.get(tool.id, []) for source in each.sources}
    mine = [each for each in estate.graph.slices if each.source in sources]
    if not mine:
        return Part("coverage", None, "coverage: not known")
    count = sum(not each.unread for each in mine)
    return Part("coverage", round(count / len(mine), 2), f"{count} of {len(mine)} slices of its sources were read")


def _supported(estate: Estate, tool: Tool) -> Part:
    """Whether vendors support for another year what the assets run on; what is not known is left out."""
    now = normal(estate.graph.scan_at) or ""
    known = [each for one in estate.held.get(tool.id, []) if now and (each := support(one.kind, one.facts))]
    if not known:
        return Part("end of life", None, "end of life: not known")
    ending = [each for each in known if each.ends and days_between(now, f"{each.ends}T00:00:00Z") < _YEAR]
    first = min(ending, key=lambda each: (each.ends, each.version), default=None)
    told = f"; {first.version} until {first.ends}" if first else ""
    good = len(known) - len(ending)
    says = f"{good} of {len(known)} run on what its vendor supports for another year{told}"
    return Part("end of life", round(good / len(known), 2), says)


def _used(estate: Estate, tool: Tool) -> Part:
    if tool.users is None:
        return Part("use", None, "users: not known")
    most = max((each.users or 0) for each in estate.graph.tools if offers(each) & offers(tool) or each.id == tool.id)
    score = round(tool.users / most, 2) if most else 0.0
    return Part("use", score, f"{tool.users} users, {most} at the most used tool of its kind")


def _needed(estate: Estate, tool: Tool) -> Part:
    held = estate.held.get(tool.id, [])
    return _share("consumers", held, lambda each: bool(estate.links.get(each.id)), "are linked to something else")


def _alone(estate: Estate, tool: Tool) -> Part:
    need = estate.needed(tool)
    if not need:
        return Part("capability", None, "capability: not known")
    others = sum(1 for each in estate.graph.tools if each.id != tool.id and need <= offers(each))
    return Part("capability", round(1 / (1 + others), 2), f"{others} other tools offer all it is needed for")


def treatment(estate: Estate, asset: Asset, origin: Tool, target: Tool | None) -> str:
    """One of the six Rs for an asset: retain, retire, rehost, replatform, repurchase or refactor."""
    if target is None:
        return "retire"
    if target.id == origin.id:
        return "retain"
    if estate.leaves(asset):
        return "retire"
    if slug(origin) == slug(target):
        return "rehost"
    known = product(slug(target))
    if known and "saas" in known.features:
        return "repurchase"
    # What is written for one engine is written anew; what is data or settings is carried over.
    return (
        "refactor"
        if kind_of(asset) in ("workflow", "flow", "dag", "process", "job", "pipeline", "state-machine")
        else "replatform"
    )
