"""Controls of an initiative: each met, missing or unknown, with the evidence, from the graph alone.

What a control asks, where evidence of it would stand, and which clauses of the NIST AI Risk Management Framework and of
ISO/IEC 42001 ask for the same stands in `controls.toml`. *Missing* is a claim of absence: it is *unknown* while a slice
that could show it was not read, and says which.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from siloscope.analysis.common import doubtful, listed, named, remembered
from siloscope.analysis.initiatives import TESTS, Profile, promotion
from siloscope.graph.initiatives import MODEL, SERVING, TRAINING
from siloscope.graph.view import Graph
from siloscope.model import Asset, Slice, Status, Verb

MET, MISSING, UNKNOWN = "met", "missing", "unknown"
_WATCHES = re.compile(r"monitor|alert|alarm|watch|quality|drift", re.IGNORECASE)
_DRIFTS = re.compile(r"drift|skew|\bpsi\b", re.IGNORECASE)
_RETRAINS = re.compile(r"retrain|re-train", re.IGNORECASE)
_REGISTRIES = re.compile(r"(mlflow|azureml|databricks|vertex|wandb|huggingface)\.(registered-)?model$|model-package")
_CODE = re.compile(r"(^|[._])(git|repo|repository|commit|source_url)([._]|$)")
_COST = ("cost-center", "cost-centre", "costcenter", "cost_center", "billing-code")
_PURPOSE = ("objective", "purpose", "use-case", "use_case", "usecase", "business-objective")
_TEXTS = ("description", "documentation", "readme", "summary")
_STARTS = frozenset({Verb.TRIGGERS, Verb.RUNS, Verb.CALLS, Verb.DEPLOYS})


@dataclass(frozen=True, slots=True)
class Control:
    """What is asked of an initiative; `nist` and `iso` are numbers of subcategories and clauses."""

    key: str
    name: str
    asks: str
    weight: float
    applies: tuple[str, ...]
    nist: tuple[str, ...]
    iso: tuple[str, ...]
    own: tuple[str, ...]
    anywhere: tuple[str, ...]

    @property
    def clauses(self) -> str:
        """Where frameworks ask for it: `NIST AI RMF GOVERN 2.1; ISO/IEC 42001 A.3.2`."""
        nist = f"NIST AI RMF {', '.join(self.nist)}" if self.nist else ""
        iso = f"ISO/IEC 42001 {', '.join(self.iso)}" if self.iso else ""
        return "; ".join(each for each in (nist, iso) if each)


@dataclass(frozen=True, slots=True)
class Check:
    """How one control stands in one initiative: the sentence says what was found, or what would settle it."""

    control: Control
    status: str
    says: str


@cache
def controls() -> tuple[Control, ...]:
    """The controls, in the order of `controls.toml`."""
    rows = tomllib.loads(files("siloscope.analysis").joinpath("controls.toml").read_text("utf-8"))["control"]
    return tuple(_control(row) for row in rows)


def _control(row: Mapping[str, Any]) -> Control:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return Control(row["key"], row["name"], row["asks"], weight=row["weight"], **lists)


def checks(graph: Graph, profile: Profile) -> tuple[Check, ...]:
    """Every control that applies to an initiative, in order."""
    ledger = _ledger(graph)
    return tuple(_check(graph, ledger, profile, each) for each in controls() if profile.kind in each.applies)


def _check(graph: Graph, ledger: _Ledger, profile: Profile, control: Control) -> Check:
    if says := _FINDERS[control.key](graph, profile):
        return Check(control, MET, says)
    relevant = ledger.showing(control, profile)
    unread = [each for each in relevant if doubtful(each)]
    if unread:
        return Check(control, UNKNOWN, f"not settled: {listed([named(each) for each in unread], 2)} not read")
    read = sorted({f"{each.source} {each.listing}" for each in relevant if each.status is Status.COMPLETE})
    if not read:
        return Check(control, UNKNOWN, "nothing that was read could show it")
    return Check(control, MISSING, f"none in {listed(read, 3)}")


class _Ledger:
    """Which slices could show a control: gone through once, and not for every initiative anew."""

    def __init__(self, graph: Graph) -> None:
        self._slices = graph.slices
        self._of: dict[str, list[int]] = defaultdict(list)
        for number, each in enumerate(graph.slices):
            self._of[each.source].append(number)
        self._anywhere = {
            each.key: [number for number, row in enumerate(graph.slices) if _matches(each.anywhere, row.listing)]
            for each in controls()
        }

    def showing(self, control: Control, profile: Profile) -> list[Slice]:
        """The slices in which an initiative's control would stand, in order."""
        kinds = {each.kind for each in profile.core} if "self" in control.own else set[str]()
        own = {
            number
            for source in profile.sources
            for number in self._of.get(source, ())
            if (listing := self._slices[number].listing) in kinds or _matches(control.own, listing)
        }
        return [self._slices[each] for each in sorted(own.union(self._anywhere[control.key]))]


@remembered
def _ledger(graph: Graph) -> _Ledger:
    return _Ledger(graph)


@cache
def _matches(patterns: tuple[str, ...], listing: str) -> bool:
    return any(fnmatchcase(listing, each) for each in patterns)


def _owner(graph: Graph, profile: Profile) -> str | None:  # noqa: ARG001 - one signature for all
    return f"owned by {listed(profile.owners, 2)}" if profile.owners else None


def _version_control(graph: Graph, profile: Profile) -> str | None:
    members = set(profile.initiative.members)
    for edge in profile.edges:
        if edge.name.startswith("git://") and edge.source in members:
            return f"{_name(graph, edge.source)} comes from {edge.name}"
        target = graph.asset.get(edge.target)
        if target and target.kind.endswith(".package") and target.facts.get("version"):
            return f"released as package {target.name} {target.facts['version']}"
    for each in profile.core:
        for key in sorted(each.facts):
            if _CODE.search(key) and each.facts[key]:
                return f"{each.name} says {key} {str(each.facts[key])[:80]}"
    return None


def _registry(graph: Graph, profile: Profile) -> str | None:
    for key in profile.initiative.roles.get(MODEL, ()):
        asset = graph.asset[key]
        if _REGISTRIES.search(asset.kind):
            return f"{asset.name} is kept in {asset.tool}"
    return None


def _training_data(graph: Graph, profile: Profile) -> str | None:
    makers = {key for role in (TRAINING, MODEL) for key in profile.initiative.roles.get(role, ())}
    trains = set(profile.initiative.roles.get(TRAINING, ()))
    for edge in profile.edges:
        if edge.source in makers and edge.verb is Verb.READS and (edge.source in trains or not trains):
            return f"{_name(graph, edge.source)} reads {edge.name}"
    return None


def _approval(graph: Graph, profile: Profile) -> str | None:  # noqa: ARG001 - one signature for all
    for each in profile.core:
        if mark := promotion(each):
            return f"{each.name} has {mark}"
        approved = [key for key in each.facts if key.startswith("approval.") and each.facts[key] == "Approved"]
        if approved:
            return f"{each.name}: version {max(approved, key=_natural).partition('.')[2]} is approved"
    tests = [each for each in profile.siblings if (each.environment or "").lower() in TESTS]
    return f"the same package runs in {tests[0].environment} as {tests[0].name}" if tests else None


def _natural(key: str) -> tuple[int, str]:
    number = key.partition(".")[2]
    return (int(number) if number.isdecimal() else 0), key


def _deployment(graph: Graph, profile: Profile) -> str | None:
    core = set(profile.initiative.core)
    for edge in profile.edges:
        source = graph.asset.get(edge.source)
        if edge.verb is Verb.DEPLOYS and edge.target in core and source:
            return f"{source.name} deploys it"
        target = graph.asset.get(edge.target)
        if edge.source in core and edge.verb is Verb.RUNS and target and target.kind.endswith(".package"):
            return f"package {target.name} is released to it"
    return None


def _neighbours(graph: Graph, profile: Profile) -> list[Asset]:
    """Assets beside or in the initiative, sorted."""
    ends = {key for edge in profile.edges for key in (edge.source, edge.target)} | set(profile.initiative.members)
    return [graph.asset[key] for key in sorted(ends) if key in graph.asset]


def _watching(words: re.Pattern[str]) -> Callable[[Graph, Profile], str | None]:
    def found(graph: Graph, profile: Profile) -> str | None:
        models = {graph.asset[key].name for key in profile.initiative.core}
        for each in _neighbours(graph, profile):
            # An undertaking that is itself about quality or drift is not thereby watched.
            if each.name not in models and (words.search(each.name) or words.search(each.kind)):
                return f"{each.name} ({each.kind}) watches it"
        return None

    return found


def _retraining(graph: Graph, profile: Profile) -> str | None:
    trains = set(profile.initiative.roles.get(TRAINING, ()))
    for edge in profile.edges:
        source = graph.asset.get(edge.source)
        if source and edge.target in trains and edge.verb in _STARTS and edge.source not in trains:
            return f"{source.name} starts its training"
        if source and edge.verb is Verb.TRAINS and edge.source not in trains:
            return f"{source.name} trains it"
    again = [graph.asset[key].name for key in sorted(trains) if _RETRAINS.search(graph.asset[key].name)]
    return f"{again[0]} trains it again" if again else None


def _access(graph: Graph, profile: Profile) -> str | None:
    serving = [graph.asset[key] for key in profile.initiative.roles.get(SERVING, ())]
    for each in (*serving, *profile.core):
        for key, says in (("auth", "asks for"), ("role", "runs as"), ("folder", "lies in folder")):
            if each.facts.get(key):
                return f"{each.name} {says} {str(each.facts[key]).rpartition('/')[2]}"
    return None


def _documentation(graph: Graph, profile: Profile) -> str | None:  # noqa: ARG001 - one signature for all
    for each in profile.core:
        for key in _TEXTS:
            text = str(each.facts.get(key) or "")
            if len(text) >= 20:
                return f"{each.name} says: {text[:80]}"
    return None


def _cost(graph: Graph, profile: Profile) -> str | None:  # noqa: ARG001 - one signature for all
    for each in profile.core:
        for key in _COST:
            if each.facts.get(f"tag.{key}"):
                return f"{each.name} is booked to {each.facts[f'tag.{key}']}"
    billed = [each for each in profile.core if each.annual_cost]
    return f"{billed[0].name} is billed by itself" if billed else None


def _objective(graph: Graph, profile: Profile) -> str | None:  # noqa: ARG001 - one signature for all
    for each in profile.core:
        for key in sorted(each.facts):
            known = key.rpartition(".")[2].lower() in _PURPOSE
            if known and each.facts[key]:
                return f"{each.name}: {str(each.facts[key])[:80]}"
    return None


def _metric(graph: Graph, profile: Profile) -> str | None:
    for key in profile.initiative.members:
        facts = graph.asset[key].facts
        if facts.get("value.1.metric"):
            return f"measured: {facts['value.1.metric']}"
    return None


def _name(graph: Graph, key: str) -> str:
    return graph.asset[key].name if key in graph.asset else key


_FINDERS: Mapping[str, Callable[[Graph, Profile], str | None]] = {
    "owner": _owner,
    "version-control": _version_control,
    "registry": _registry,
    "training-data": _training_data,
    "approval": _approval,
    "deployment": _deployment,
    "monitoring": _watching(_WATCHES),
    "drift": _watching(_DRIFTS),
    "retraining": _retraining,
    "access": _access,
    "documentation": _documentation,
    "cost": _cost,
    "objective": _objective,
    "metric": _metric,
}
__all__ = ["MET", "MISSING", "UNKNOWN", "Check", "Control", "checks", "controls"]
