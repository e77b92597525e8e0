"""Initiatives as an organisation sees them: whose they are, how far they came, who depends on them.

The stage is read from evidence: experiments train; pilots have versions and nobody who uses them; production is what
serves, runs by itself or is used; dormant is what did none of it for half a year.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from siloscope.analysis.common import listed, many, remembered
from siloscope.graph.departments import UNASSIGNED
from siloscope.graph.initiatives import BOT, CONSUMER, MODEL, SCHEDULE, SERVING, TRAINING, Initiative, initiatives
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Verb
from siloscope.times import days_between, normal

STAGES = ("experiment", "pilot", "production", "dormant")
IDLE_DAYS = 180
_PROMOTED = frozenset({"production", "prod", "champion", "live"})
TESTS = frozenset({"test", "dev", "development", "staging", "qa", "sandbox", "uat"})
_MOVED = ("updated", "modified", "latest_version_at")


@dataclass(frozen=True, slots=True)
class Profile:
    """An initiative with what was read about it.

    `reached` is how far it came before it fell dormant, if it did. `because` are the sentences on which the stage
    rests, `last` the last sign of life (ISO 8601), `users` the consumers, `abroad` those of other departments; `edges`
    all dependencies of its members, `siblings` what else runs its code.
    """

    initiative: Initiative
    department: str
    stage: str
    reached: str
    because: tuple[str, ...]
    last: str | None
    users: tuple[Asset, ...]
    abroad: tuple[Asset, ...]
    core: tuple[Asset, ...]
    edges: tuple[Edge, ...]
    siblings: tuple[Asset, ...] = ()

    @property
    def kind(self) -> str:
        """`model` when anything is trained here, `hosted` when only somebody else's model is served, else `bot`."""
        roles = self.initiative.roles
        if MODEL in roles or TRAINING in roles:
            return "model"
        return "hosted" if SERVING in roles else "bot"

    @property
    def owners(self) -> tuple[str, ...]:
        """Who the core names as owner."""
        return tuple(sorted({each.owner for each in self.core if each.owner}))

    @property
    def sources(self) -> frozenset[str]:
        """The sources that show its core."""
        return frozenset(name for each in self.core for name in each.sources)


@remembered
def profiles(graph: Graph) -> tuple[Profile, ...]:
    """The profile of every initiative, sorted by id."""
    found = initiatives(graph)
    member = {key: each.id for each in found for key in each.members}
    edges: dict[str, list[Edge]] = defaultdict(list)
    runners: dict[str, list[Asset]] = defaultdict(list)
    for edge in graph.edges:
        if edge.verb is Verb.RUNS and edge.source in member:
            runners[edge.target].append(graph.asset[edge.source])
        a, b = member.get(edge.source), member.get(edge.target)
        if edge.verb.depends and (a or b):
            for key in {a, b} - {None}:
                edges[str(key)].append(edge)
    return tuple(_profile(graph, each, tuple(edges[each.id]), runners) for each in found)


def _profile(graph: Graph, each: Initiative, edges: tuple[Edge, ...], runners: Mapping[str, list[Asset]]) -> Profile:
    core = tuple(graph.asset[key] for key in each.core)
    counts = Counter(one.department or UNASSIGNED for one in core)
    anchor = graph.asset[each.anchor].department or UNASSIGNED
    department = min(counts, key=lambda name: (-counts[name], name != anchor, name))
    users = _users(graph, each, edges)
    abroad = tuple(one for one in users if one.department not in (None, UNASSIGNED, department))
    last = _last(core)
    reached, because, asleep = _stage(graph, each, core, users, last)
    stage = "dormant" if asleep else reached
    if abroad:
        because.append(f"used outside {department}: {listed([one.name for one in abroad], 3)}")
    runs = {edge.target for edge in edges if edge.verb is Verb.RUNS and edge.source in each.core}
    siblings = tuple(one for key in sorted(runs) for one in runners.get(key, ()) if one.id not in each.members)
    return Profile(each, department, stage, reached, tuple(because), last, users, abroad, core, edges, siblings)


def _users(graph: Graph, each: Initiative, edges: Iterable[Edge]) -> tuple[Asset, ...]:
    """Who depends on the models, endpoints and bots of an initiative, its own endpoints and schedules aside."""
    inside = set(each.core) | set(each.roles.get(SCHEDULE, ()))
    used = {key for role in (MODEL, SERVING, BOT) for key in each.roles.get(role, ())}
    callers = {e.source for e in edges if e.verb.depends > 0 and e.target in used and e.source not in inside}
    bots = set(each.roles.get(BOT, ())) if MODEL in each.roles or SERVING in each.roles else set()
    found = callers | bots | set(each.roles.get(CONSUMER, ()))
    return tuple(graph.asset[key] for key in sorted(found) if key in graph.asset)


def _last(core: Iterable[Asset]) -> str | None:
    """The last sign of life of any of them; None where no platform says when anything was used or changed."""
    moved = _times(value for each in core for value in (each.last_used, *(each.facts.get(key) for key in _MOVED)))
    return max((*moved, *_times(each.created for each in core))) if moved else None


def _times(told: Iterable[Any]) -> list[str]:
    return [moment for value in told if value and (moment := normal(str(value)))]


def _stage(
    graph: Graph, each: Initiative, core: tuple[Asset, ...], users: tuple[Asset, ...], last: str | None
) -> tuple[str, list[str], bool]:
    """(how far it came, why, whether it is dormant)."""
    days = days_between(last, graph.scan_at) if last and graph.scan_at else None
    idle = days is not None and days >= IDLE_DAYS
    life = [f"last sign of life on {last[:10]}, {days:.0f} days before the scan"] if last and days is not None else []
    if MODEL in each.roles or SERVING in each.roles:
        reached, because = _model_stage(graph, each, users)
        return reached, [*because, *life], idle and reached != "production"
    if TRAINING in each.roles:
        names = listed([one.name for one in core], 3)
        return "experiment", [f"{names} trains and registered no model", *life], idle
    return _bot_stage(graph, each, core, users)


def _model_stage(graph: Graph, each: Initiative, users: tuple[Asset, ...]) -> tuple[str, list[str]]:
    serving = [graph.asset[key] for key in each.roles.get(SERVING, ())]
    models = [graph.asset[key] for key in each.roles.get(MODEL, ())]
    because = [f"{one.name} serves it ({_said(one)})" for one in serving if models]
    promoted = [f"{one.name} has {mark}" for one in models if (mark := promotion(one))]
    because += [*promoted, *([f"used by {listed([one.name for one in users], 3)}"] if users else [])]
    if because:
        return "production", because
    if serving:
        return "pilot", ["it is deployed, and nothing that was read calls it"]
    versions = sum(int(one.facts.get("versions") or 0) for one in models)
    counted = many(versions, "version") if versions else "a model"
    return "pilot", [f"{counted} registered, and nothing serves or uses it"]


def promotion(asset: Asset) -> str | None:
    """The alias or stage of a model that says it is in production: `alias production=4`."""
    for told in str(asset.facts.get("aliases") or "").split(","):
        name = told.strip().partition("=")[0].lower()
        if name in _PROMOTED:
            return f"alias {told.strip()}"
    stage = str(asset.facts.get("stage") or asset.facts.get("stages") or "").lower()
    return f"stage {stage}" if stage in _PROMOTED else None


def _said(asset: Asset) -> str:
    return str(asset.facts.get("traffic") or asset.facts.get("status") or asset.kind)


def _bot_stage(
    graph: Graph, each: Initiative, core: tuple[Asset, ...], users: tuple[Asset, ...]
) -> tuple[str, list[str], bool]:
    schedules = [graph.asset[key] for key in each.roles.get(SCHEDULE, ())]
    on = [one for one in (*core, *schedules) if switched(one) is True]
    off = [one for one in core if switched(one) is False]
    used = max(_times(one.last_used for one in core), default=None)
    days = days_between(used, graph.scan_at) if used and graph.scan_at else None
    life = [f"last run on {used[:10]}, {days:.0f} days before the scan"] if used and days is not None else []
    reached, told = "production", [f"{one.name} starts it" for one in on[:2] if one in schedules]
    if all((one.environment or "").lower() in TESTS for one in core):
        reached, told = "pilot", [f"it runs in {core[0].environment} only"]
    elif on or users:
        told += [f"{one.name} is switched on" for one in on[:2] if one not in schedules]
        told += [f"used by {listed([one.name for one in users], 3)}"] if users else []
    elif not used and not off:
        reached, told = "experiment", ["nothing that was read starts it, and no run is known"]
    if off and not on:
        return reached, [f"{listed([one.name for one in off], 2)} is switched off", *life], True
    return reached, [*told, *life], days is not None and days >= IDLE_DAYS


def switched(asset: Asset) -> bool | None:
    """Whether a bot or a trigger is on, as its platform says; None when it says nothing."""
    facts: Mapping[str, Any] = asset.facts
    for key, on in (("active", True), ("enabled", True), ("disabled", False), ("paused", False)):
        if isinstance(facts.get(key), bool):
            return bool(facts[key]) is on
    state = str(facts.get("state") or facts.get("status") or "").lower()
    if state in ("enabled", "started", "active", "prepared", "running"):
        return True
    return False if state in ("disabled", "stopped", "suspended") else None


def funnel(found: Iterable[Profile]) -> dict[str, dict[str, int]]:
    """By department, how many initiatives are at each stage; departments and stages in a fixed order."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in found:
        counts[each.department][each.stage] += 1
    return {name: {stage: counts[name][stage] for stage in STAGES} for name in sorted(counts)}
