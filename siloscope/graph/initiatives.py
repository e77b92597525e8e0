"""Which assets together are one AI or automation undertaking: data, training, model, endpoint or bot, consumers.

The core of an initiative is what carries the work: what trains, what was trained, what serves it, and bots. Cores join
where one made or serves the other: by an edge, or because one writes exactly the artefact that the other reads. What
the core needs, and nobody else needs, belongs to it; so does what uses it and no other. What several initiatives share
belongs to none, so that a landing bucket does not glue an estate together.

An initiative goes by its anchor, the oldest of its models (else of its endpoints, bots, trainings): its id stays as
long as that asset does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, How, Verb, digest

TRAINING, MODEL, SERVING, BOT = "training", "model", "serving", "bot"
DATA, SCHEDULE, CONSUMER = "data", "schedule", "consumer"
ROLES = (DATA, TRAINING, MODEL, SERVING, BOT, SCHEDULE, CONSUMER)
_BY_LAST = {
    "experiment": TRAINING, "training-job": TRAINING, "tuning-job": TRAINING, "automl-job": TRAINING,
    "custom-job": TRAINING,
    "model": MODEL, "registered-model": MODEL, "model-package-group": MODEL, "model-package": MODEL,
    "endpoint": SERVING, "deployment": SERVING, "serving-endpoint": SERVING, "inference-service": SERVING,
    "bot": BOT, "agent": BOT,
}  # fmt: skip
_BY_KIND = {
    "sagemaker.pipeline": TRAINING, "kubeflow.pipeline": TRAINING, "vertex.pipeline": TRAINING, "azureml.job": TRAINING,
    "uipath.process": BOT, "blueprism.process": BOT, "robocorp.process": BOT, "n8n.workflow": BOT, "nodered.flow": BOT,
    "node-red.flow": BOT, "logic-apps.workflow": BOT, "power-platform.flow": BOT, "dbt.model": None,
}  # fmt: skip
_SCHEDULES = frozenset({"trigger", "rule", "schedule", "timer"})
_TAKES = frozenset({Verb.READS, Verb.USES})
_MOST_WRITERS = 2
_ANCHORS = (MODEL, SERVING, BOT, TRAINING)


@dataclass(frozen=True, slots=True)
class Initiative:
    """The members of one undertaking by role, each role's ids sorted; `anchor` is the asset it is named after."""

    id: str
    name: str
    anchor: str
    roles: Mapping[str, tuple[str, ...]]

    @property
    def core(self) -> tuple[str, ...]:
        """What carries the work."""
        return tuple(key for role in _ANCHORS for key in self.roles.get(role, ()))

    @property
    def members(self) -> tuple[str, ...]:
        """All of it, sorted."""
        return tuple(sorted(key for keys in self.roles.values() for key in keys))


def role_of(asset: Asset) -> str | None:
    """The part an asset plays in an initiative by its kind; None when it is no core of any."""
    if asset.kind in _BY_KIND:
        return _BY_KIND[asset.kind]
    role = _BY_LAST.get(asset.kind.rpartition(".")[2])
    # What every tracking server brings along is no undertaking.
    return None if role == TRAINING and asset.facts.get("recent_runs") == 0 and not asset.last_used else role


def initiatives(graph: Graph) -> tuple[Initiative, ...]:
    """Every initiative of a graph, sorted by id."""
    roles = {each.id: role for each in graph.assets if (role := role_of(each))}
    if not roles:
        return ()
    edges = [each for each in graph.edges if (each.source in roles or each.target in roles) and each.verb.depends]
    groups = _Groups(roles)
    _join(groups, roles, edges)
    around = _around(graph, groups, roles, edges)
    members: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key, role in roles.items():
        members[groups.top(key)][role].append(key)
    for key, (top, role) in around.items():
        members[top][role].append(key)
    return tuple(sorted((_named(graph, found) for found in members.values()), key=lambda each: each.id))


def with_initiatives(graph: Graph) -> Graph:
    """The graph with the `initiative` of each asset."""
    label = {key: each.id for each in initiatives(graph) for key in each.members}
    if not label and not any(each.initiative for each in graph.assets):
        return graph
    assets = (
        each if each.initiative == label.get(each.id) else replace(each, initiative=label.get(each.id))
        for each in graph.assets
    )
    return replace(graph, assets=tuple(assets))


def labelled(assets: Sequence[Asset], around: Callable[[Sequence[bool]], Sequence[Edge]]) -> tuple[Asset, ...]:
    """The assets of a graph with their `initiative`.

    `around` gives the edges at the assets that are marked and at their neighbours, in the order of the graph.
    """
    cores = [role_of(each) is not None for each in assets]
    if not any(cores):
        return tuple(assets)
    return with_initiatives(Graph(assets=tuple(assets), edges=tuple(around(cores)))).assets


class _Groups:
    """Sets that grow together (union-find); the top of a set is its smallest member."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._up = {key: key for key in keys}

    def top(self, key: str) -> str:
        while self._up[key] != key:
            self._up[key] = self._up[self._up[key]]
            key = self._up[key]
        return key

    def join(self, a: str, b: str) -> None:
        a, b = sorted((self.top(a), self.top(b)))
        self._up[b] = a


def _join(groups: _Groups, roles: Mapping[str, str], edges: Iterable[Edge]) -> None:
    """Join what made or serves one another, then bots with the one thing they use."""
    written: dict[str, set[str]] = defaultdict(set)
    read: dict[str, set[str]] = defaultdict(set)
    used: list[tuple[str, str]] = []
    for edge in edges:
        a, b = roles.get(edge.source), roles.get(edge.target)
        if a and b:
            if BOT not in (a, b) and a != b:
                groups.join(edge.source, edge.target)
            elif a == BOT and b in (MODEL, SERVING) and edge.verb.depends > 0:
                used.append((edge.source, edge.target))
        elif a and edge.how is not How.EXACT and edge.target != f"outside:{edge.name}":
            if a == TRAINING and edge.verb is Verb.WRITES:
                written[edge.name].add(edge.source)
            elif a in (MODEL, SERVING) and edge.verb in _TAKES:
                read[edge.name].add(edge.source)
    for name in written.keys() & read.keys():
        if len(written[name]) <= _MOST_WRITERS:
            first, *others = sorted({*written[name], *read[name]})
            for other in others:
                groups.join(first, other)
    _join_bots(groups, roles, used)


def _join_bots(groups: _Groups, roles: Mapping[str, str], used: Iterable[tuple[str, str]]) -> None:
    # Whoever uses a model that was trained here is its consumer. A hosted model serves anybody: it is part of an
    # undertaking only while one alone uses it.
    trained = {groups.top(key) for key, role in roles.items() if role in (MODEL, TRAINING)}
    uses: dict[str, set[str]] = defaultdict(set)
    users: dict[str, set[str]] = defaultdict(set)
    for bot, thing in used:
        uses[bot].add(groups.top(thing))
        users[groups.top(thing)].add(bot)
    joins = [(bot, top) for bot, tops in uses.items() if len(tops) == 1 for top in tops if top in trained]
    joins += [(bot, top) for top, bots in users.items() if len(bots) == 1 and top not in trained for bot in bots]
    for bot, top in joins:
        groups.join(bot, top)


def _around(
    graph: Graph, groups: _Groups, roles: Mapping[str, str], edges: Iterable[Edge]
) -> dict[str, tuple[str, str]]:
    """Assets beside a core that belong to it alone: what it needs and only it needs, and what uses it and no other."""
    touched: dict[str, set[str]] = defaultdict(set)
    using: set[str] = set()
    for edge in edges:
        if edge.source in roles and edge.target in roles:
            continue
        core, other = (edge.source, edge.target) if edge.source in roles else (edge.target, edge.source)
        if other in graph.asset:
            touched[other].add(groups.top(core))
            if other == edge.source and edge.verb.depends > 0:
                using.add(other)
    alone = {key: next(iter(tops)) for key, tops in touched.items() if len(tops) == 1}
    shared = _shared(graph, groups, roles, {key: top for key, top in alone.items() if key not in using})
    return {
        key: (top, _role_beside(graph.asset[key], using=key in using))
        for key, top in alone.items()
        if key not in shared
    }


def _shared(graph: Graph, groups: _Groups, roles: Mapping[str, str], needed: Mapping[str, str]) -> set[str]:
    """Of the assets that a core needs, those that something outside its initiative depends on as well."""
    found = set()
    for edge in graph.edges:
        if not (edge.target in needed or edge.source in needed) or not edge.verb.depends:
            continue
        dependent, thing = (edge.source, edge.target) if edge.verb.depends > 0 else (edge.target, edge.source)
        if thing in needed and (dependent not in roles or groups.top(dependent) != needed[thing]):
            found.add(thing)
    return found


def _role_beside(asset: Asset, *, using: bool) -> str:
    if asset.kind.rpartition(".")[2] in _SCHEDULES:
        return SCHEDULE
    return CONSUMER if using else DATA


def _named(graph: Graph, members: Mapping[str, list[str]]) -> Initiative:
    role = next(each for each in _ANCHORS if each in members)
    anchor = min(members[role], key=lambda key: (graph.asset[key].created or "9", key))
    roles = {each: tuple(sorted(members[each])) for each in ROLES if each in members}
    return Initiative(f"initiative-{digest(anchor)[:8]}", graph.asset[anchor].name, anchor, roles)


def by_asset(found: Iterable[Initiative]) -> Iterator[tuple[str, Initiative]]:
    """(member, its initiative) of each."""
    return ((key, each) for each in found for key in each.members)
