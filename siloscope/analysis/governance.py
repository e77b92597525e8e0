"""What runs without the controls it should have: models nobody governs or watches, bots nobody owns, unseen AI."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from siloscope.analysis.common import Rests, finding, listed, many
from siloscope.analysis.controls import MISSING, UNKNOWN, Check, checks
from siloscope.analysis.initiatives import Profile, profiles, switched
from siloscope.catalog import capabilities, find
from siloscope.graph.initiatives import SCHEDULE
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding
from siloscope.names import parents

_GOVERNANCE = frozenset({"owner", "registry", "training-data", "approval", "documentation", "objective"})
_AI = frozenset({"llm-hosting", "agents"})


def ungoverned_model(graph: Graph) -> Iterator[Finding]:
    """A model in production that lacks several of: owner, registry, known data, approval, documentation, objective."""
    rests = Rests(graph)
    for each in profiles(graph):
        if each.kind == "bot" or each.stage != "production":
            continue
        found = [one for one in checks(graph, each) if one.control.key in _GOVERNANCE]
        missing = [one for one in found if one.status == MISSING]
        if not missing:
            continue
        because = [Evidence(f"it is in production: {each.because[0]}", 0.15), *map(_lacks, missing), *_open(found)]
        if each.abroad:
            because.append(Evidence(f"others than {each.department} rely on it", 0.1))
        yield _finding(
            rests,
            "ungoverned-model",
            each,
            f"{each.initiative.name} is in production without {_names(missing)}",
            because,
        )


def unmonitored_production(graph: Graph) -> Iterator[Finding]:
    """Something in production that others rely on, and nothing watches."""
    rests = Rests(graph)
    for each in profiles(graph):
        if each.kind == "bot" or each.stage != "production":
            continue
        found = [one for one in checks(graph, each) if one.control.key in ("monitoring", "drift")]
        missing = [one for one in found if one.status == MISSING]
        if not any(one.control.key == "monitoring" for one in missing):
            continue
        because = [
            Evidence(f"it is in production: {each.because[0]}", 0.2),
            *(Evidence(f"no {one.control.name} ({one.says}; {one.control.clauses})", 0.1) for one in missing),
            *_open(found),
        ]
        if each.users:
            because.append(Evidence(f"used by {listed([one.name for one in each.users], 3)}", 0.15))
        if each.abroad:
            because.append(Evidence(f"others than {each.department} rely on it", 0.15))
        yield _finding(
            rests, "unmonitored-production", each, f"Nothing watches {each.initiative.name} in production", because
        )


def orphaned_bot(graph: Graph) -> Iterator[Finding]:
    """A bot that runs, and names nobody who is accountable for it."""
    rests = Rests(graph)
    owned = {each.tool for each in graph.assets if each.owner}
    for each in profiles(graph):
        if each.kind != "bot" or each.stage != "production":
            continue
        found = [one for one in checks(graph, each) if one.control.key == "owner"]
        if not any(one.status == MISSING for one in found):
            continue
        because = [Evidence(f"nobody is named as its owner ({found[0].says}; {found[0].control.clauses})", 0.4)]
        starts = [graph.asset[key].name for key in each.initiative.roles.get(SCHEDULE, ())]
        on = [one.name for one in each.core if switched(one)]
        if starts or on:
            because.append(Evidence(f"it goes on by itself: {listed(starts or on, 2)}", 0.15))
        if each.users:
            because.append(Evidence(f"used by {listed([one.name for one in each.users], 3)}", 0.1))
        if each.core[0].tool not in owned:
            because.append(Evidence(f"nothing in {each.core[0].tool} names an owner: the tool may not say", -0.2))
        yield _finding(rests, "orphaned-bot", each, f"{each.initiative.name} runs and belongs to nobody", because)


def shadow_ai(graph: Graph) -> Iterator[Finding]:
    """A hosted model that assets call although no source inventories it, by the service it belongs to."""
    users: dict[str, set[str]] = defaultdict(set)
    targets: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        if edge.source in graph.asset and edge.target not in graph.asset and (service := _hosted(edge.target)):
            users[service].add(edge.source)
            targets[service].add(edge.target)
    held = {each.tool for each in graph.assets}
    known = {each.product for each in graph.tools if each.id in held}
    for service in sorted(users):
        callers = sorted(users[service])
        departments = sorted({str(graph.asset[key].department) for key in callers})
        names = [graph.asset[key].name for key in callers]
        because = [
            Evidence(f"{listed(names, 3)} {'calls' if len(names) == 1 else 'call'} {service}", 0.4),
            Evidence("no source inventories it: its terms, its data and its cost are in nobody's sight", 0.1),
        ]
        if len(departments) > 1:
            because.append(Evidence(f"called from {listed(departments)}", 0.1))
        if service in known:
            because.append(Evidence(f"{service} is inventoried elsewhere in the estate", -0.15))
        yield finding(
            "shadow-ai",
            [service],
            f"{service} is called by {many(len(callers), 'asset')} outside every inventory",
            [*sorted(targets[service]), *callers],
            because,
            severity="high" if len(departments) > 1 else "medium",
        )


def _hosted(outside: str) -> str | None:
    """The product behind an outside name, when what it is for is AI itself."""
    name = outside.removeprefix("outside:")
    for each in (name, *parents(name)):
        known = find(each.partition("://")[2].partition(":")[0]) or find(each.partition("://")[2])
        if known:
            domains = {capabilities()[one].domain for one in known.capabilities if one in capabilities()}
            return known.name if _AI & set(known.capabilities) and domains <= {"ml", "data", "automation"} else None
    return None


def _lacks(check: Check) -> Evidence:
    clauses = f"; {check.control.clauses}" if check.control.clauses else ""
    return Evidence(f"no {check.control.name} ({check.says}{clauses})", round(check.control.weight * 1.25, 4))


def _open(found: Iterable[Check]) -> list[Evidence]:
    return [Evidence(f"{one.control.name} unknown: {one.says}", 0.0) for one in found if one.status == UNKNOWN]


def _names(missing: Collection[Check]) -> str:
    return listed([one.control.name for one in missing], 3)


def _finding(rests: Rests, rule: str, each: Profile, title: str, because: list[Evidence]) -> Finding:
    coverage, doubt = rests.on(each.sources)
    # What the controls themselves rest on was asked control by control; other slices do not bear on it.
    coverage = "partial" if coverage == "unknown" else coverage
    return finding(
        rule,
        [each.initiative.anchor],
        title,
        list(dict.fromkeys((each.initiative.anchor, *each.initiative.core))),
        [*because, Evidence(doubt.says, 0.0)] if doubt else because,
        severity="high" if each.abroad or each.users else "medium",
        coverage=coverage,
    )
