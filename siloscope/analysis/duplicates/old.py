"""The same thing twice: identical definitions, the same name over the same data, one name claimed by two.

A duplicate finding is a cluster, the one to keep first. Its pairs carry scores on the probability
scale: weights are log-odds, the prior among them, so every score can be taken apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise

from siloscope.analysis.common import PROBABILITY, finding, listed, many, probability
from siloscope.graph.resolve import Aliases, Claims
from siloscope.graph.view import Graph
from siloscope.model import Asset, Evidence, Finding, Pair

PRIOR = -7.0
IDENTICAL = 10.0
SAME_NAME = 4.0
LIKE_NAME = 2.5
SHARED_DATA = 4.0
OTHER_STAGE = -18.0  # outweighs everything else together: stages of one thing are no duplicates
LEAST_FEATURES = 5
LARGEST_BLOCK = 200
RARE = 12

# What two copies of one thing may be called on different platforms.
_FAMILIES = {
    "model": "model",
    "model-package-group": "model",
    "model-package": "model",
    "custom-model": "model",
    "workflow": "automation",
    "process": "automation",
    "flow": "automation",
    "release": "automation",
    "state-machine": "pipeline",
    "job": "pipeline",
    "dag": "pipeline",
    "pipeline": "pipeline",
    "table": "dataset",
    "bucket": "dataset",
    "dbt.model": "dataset",
}
_AFFIX = re.compile(
    r"^(?:v?\d+(?:\.\d+)*|copy|old|new|final|test|dev|prod|prd|stg|staging|qa|uat|sandbox|tmp|bak|backup)$"
)
_STAGES = re.compile(
    r"(?:^|[^a-z])(dev|test|tst|qa|uat|stg|staging|prod|prd|production|sandbox)(?:$|[^a-z])", re.IGNORECASE
)


def duplicate_asset(graph: Graph) -> Iterator[Finding]:
    """Clusters of assets of one family that are the same thing, with the one to keep first."""
    data = _data(graph)
    edges: dict[tuple[str, str], tuple[float, tuple[Evidence, ...]]] = {}
    for a, b in sorted(_candidates(graph, data)):
        edges[a, b] = _score(graph.asset[a], graph.asset[b], data)
    for cluster in _clusters(pair for pair, (score, _) in edges.items() if score >= 0.5):
        keeper = _keeper(graph, cluster)
        members = [keeper, *sorted(each for each in cluster if each != keeper)]
        inside = {pair: edges[pair] for pair in combinations(sorted(cluster), 2) if pair in edges}
        best = max(inside, key=lambda pair: (inside[pair][0], pair))
        yield _finding(graph, members, [Pair(a, b, score) for (a, b), (score, _) in inside.items()], inside[best][1])


def _finding(graph: Graph, members: list[str], pairs: list[Pair], because: tuple[Evidence, ...]) -> Finding:
    keeper = graph.asset[members[0]]
    tools = sorted({graph.asset[each].tool for each in members})
    costs = [graph.asset[each].annual_cost for each in members[1:]]
    saving = sum(each for each in costs if each) or None
    names = list(dict.fromkeys(graph.asset[each].name for each in members))
    kinds = {graph.asset[each].kind for each in members}
    what = keeper.kind.rpartition(".")[2] if len(kinds) == 1 else _family(keeper)
    where = f"{many(len(tools), 'tool')}: {listed(tools, 3)}" if len(tools) > 1 else tools[0]
    return finding(
        "duplicate-asset",
        [min(members, key=lambda each: (graph.asset[each].first_seen or "", each))],
        f"{keeper.name}: the same {what} {len(members)} times in {where}"
        if len(names) == 1
        else f"{listed(names, 3)}: the same {what} {len(members)} times in {where}",
        members,
        because,
        scale=PROBABILITY,
        severity="high" if len(tools) > 1 or saving else "medium",
        pairs=pairs,
        annual_saving=saving,
    )


def _candidates(graph: Graph, data: Mapping[str, frozenset[str]]) -> set[tuple[str, str]]:
    """Pairs worth scoring: one definition, one bare name, or rare data within a family.

    Oversized blocks are chained, not squared.
    """
    blocks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for asset in graph.assets:
        family = _family(asset)
        if family is None:
            continue
        if asset.facts.get("definition") and _features(asset) >= LEAST_FEATURES:
            blocks["definition", str(asset.facts["definition"])].append(asset.id)
        if bare := " ".join(sorted(_words(asset.name))):
            blocks[family, bare].append(asset.id)
        for name in data.get(asset.id, ()):
            blocks[f"data {family}", name].append(asset.id)
    pairs: set[tuple[str, str]] = set()
    for (kind, _), ids in blocks.items():
        if kind.startswith("data ") and len(ids) > RARE:
            continue
        ids = sorted(ids)
        pairs.update(pairwise(ids) if len(ids) > LARGEST_BLOCK else combinations(ids, 2))
    return {(a, b) for a, b in pairs if _comparable(graph.asset[a], graph.asset[b])}


def _family(asset: Asset) -> str | None:
    """What kind of thing it is on any platform; None for kinds that are not compared."""
    return _FAMILIES.get(asset.kind) or _FAMILIES.get(asset.kind.rpartition(".")[2])


def _comparable(a: Asset, b: Asset) -> bool:
    """Not two kinds in one tool: a model and its registry entry, a table and its bucket, are parts of one thing."""
    return a.kind == b.kind or a.tool != b.tool


def _score(a: Asset, b: Asset, data: Mapping[str, frozenset[str]]) -> tuple[float, tuple[Evidence, ...]]:
    because = [Evidence("two assets of one family are rarely the same", PRIOR)]
    if (
        a.facts.get("definition")
        and a.facts.get("definition") == b.facts.get("definition")
        and _features(a) >= LEAST_FEATURES
    ):
        because.append(
            Evidence(f"their definitions are identical ({_features(a)} features), ids and positions aside", IDENTICAL)
        )
    one, two = _words(a.name), _words(b.name)
    if one == two and one:
        because.append(Evidence(f'both are called "{a.name[:80]}", word order, stage and version aside', SAME_NAME))
    elif one and two and len(one & two) / len(one | two) >= 0.5:
        because.append(Evidence(f"their names share {', '.join(sorted(one & two))}", LIKE_NAME))
    if shared := sorted(data.get(a.id, frozenset()) & data.get(b.id, frozenset())):
        because.append(Evidence(f"both work on {listed(shared, 2)}", min(6.0, SHARED_DATA + len(shared) - 1)))
    if _stage(a) and _stage(b) and _stage(a) != _stage(b):
        because.append(Evidence(f"they are stages of one: {_stage(a)} and {_stage(b)}", OTHER_STAGE))
    return probability(because)


def _data(graph: Graph) -> Mapping[str, frozenset[str]]:
    """For each asset, the rare names it mentions: a shared hub says little, a shared table much."""
    users: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        if not edge.name.startswith(("https://", "http://")):
            users[edge.name].add(edge.source)
    found: dict[str, set[str]] = defaultdict(set)
    for name, assets in users.items():
        if 1 < len(assets) <= RARE:
            for each in assets:
                found[each].add(name)
    return {key: frozenset(names) for key, names in found.items()}


def _words(name: str) -> frozenset[str]:
    """The words of a name without stage, version and copy affixes; camel case splits."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name[:300]).lower()
    return frozenset(word for word in re.findall(r"[^\W_]+", split) if not _AFFIX.match(word) and len(word) > 1)


def _stage(asset: Asset) -> str | None:
    """`dev`, `test`, `stage` or `prod`, by the platform's word or by the name."""
    said = asset.environment or next(iter(_STAGES.findall(asset.name)), None)
    if not said:
        return None
    said = said.lower()
    return {
        "production": "prod",
        "prd": "prod",
        "tst": "test",
        "qa": "test",
        "uat": "test",
        "staging": "stage",
        "stg": "stage",
    }.get(said, said)


def _features(asset: Asset) -> int:
    return sum(int(value) for key, value in asset.shape.items() if key != "v" and isinstance(value, int | float))


def _clusters(pairs: Iterator[tuple[str, str]]) -> Iterator[list[str]]:
    """Connected groups of pairs, each sorted, in order of their first member."""
    leader: dict[str, str] = {}

    def top(each: str) -> str:
        while leader.setdefault(each, each) != each:
            leader[each] = leader[leader[each]]
            each = leader[each]
        return each

    for a, b in pairs:
        x, y = sorted((top(a), top(b)))
        leader[y] = x
    groups: dict[str, list[str]] = defaultdict(list)
    for each in sorted(leader):
        groups[top(each)].append(each)
    yield from (groups[key] for key in sorted(groups))


def _keeper(graph: Graph, cluster: list[str]) -> str:
    """The member to keep: most depended on, latest used, owned, in production; ties by id."""
    needed = dict.fromkeys(cluster, 0)
    for edge in graph.dependencies:
        if edge.target in needed and edge.verb.depends > 0:
            needed[edge.target] += 1

    def worth(each: str) -> tuple[int, bool, str, bool]:
        asset = graph.asset[each]
        return needed[each], _stage(asset) == "prod", asset.last_used or "", bool(asset.owner)

    return max(sorted(cluster, reverse=True), key=worth)


def duplicate_claim(graph: Graph) -> Iterator[Finding]:
    """Names that assets of different tools claim: one thing inventoried twice, or two that should differ."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, ids in Claims(graph.assets, Aliases()).several():
        if len({graph.asset[each].tool for each in ids}) > 1:
            groups[ids].append(name)
    for ids, names in sorted(groups.items()):
        tools = sorted({graph.asset[each].tool for each in ids})
        because = [
            Evidence(f"{listed(names, 3)} is claimed by {listed([graph.asset[each].name for each in ids], 3)}", 0.5),
            Evidence(f"they stand in {listed(tools, 3)}", 0.1),
        ]
        yield finding(
            "duplicate-claim", [min(names)], f"{names[0]} is claimed by {len(ids)} assets", ids, because, severity="low"
        )
