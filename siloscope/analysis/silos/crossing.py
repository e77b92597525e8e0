"""Where departments touch: single bridges, and dependencies on things that nobody owns and no contract covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from siloscope.analysis.common import Rests, finding, listed, many
from siloscope.analysis.silos.columns import columns
from siloscope.analysis.silos.structure import undirected
from siloscope.graph.departments import UNASSIGNED
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Evidence, Finding

if TYPE_CHECKING:
    import numpy as np

# Facts by which platforms tell of an agreement about what an asset delivers.
CONTRACTS = frozenset({"contract", "contract_enforced", "data_contract", "sla", "sla_minutes", "slo", "api_definition"})
_CONTRACT_TAGS = frozenset({"tag.contract", "tag.data-contract", "tag.sla", "tag.slo"})


def crossings(graph: Graph) -> Mapping[tuple[str, str], list[Edge]]:
    """Dependencies between two different departments, by the sorted pair; unassigned assets belong to none."""
    import numpy as np

    data = columns(graph)
    units = data.units("department")
    pairs = np.sort(data.unit_of(units), axis=0)
    across = np.flatnonzero((pairs[0] >= 0) & (pairs[0] != pairs[1]))
    found: dict[tuple[str, str], list[Edge]] = {}
    for number, a, b in zip(across.tolist(), *pairs[:, across].tolist(), strict=True):
        found.setdefault((units.names[a], units.names[b]), []).append(graph.dependencies[number])
    return found


def single_bridge(graph: Graph) -> Iterator[Finding]:
    """Two departments, or two groups of them, that only one dependency holds together."""
    import networkx as nx

    data = columns(graph)
    units = data.units("department")
    ties = undirected(data.links(units)).tocoo()
    network = nx.Graph()
    network.add_weighted_edges_from(zip(ties.row.tolist(), ties.col.tolist(), ties.data.tolist(), strict=True))
    rests = Rests(graph)
    ends = data.unit_of(units)
    for a, b in sorted(tuple(sorted(pair)) for pair in nx.bridges(network)) if network else ():
        if network[a][b]["weight"] != 1:
            continue
        edge = graph.dependencies[_between(ends, a, b)]
        yield _bridge(graph, rests, edge, units.names[a], units.names[b])


def _between(ends: np.ndarray, a: int, b: int) -> int:
    """The first dependency between two units."""
    import numpy as np

    return int(np.flatnonzero(((ends[0] == a) & (ends[1] == b)) | ((ends[0] == b) & (ends[1] == a)))[0])


def _bridge(graph: Graph, rests: Rests, edge: Edge, a: str, b: str) -> Finding:
    source, target = graph.asset[edge.source], graph.asset[edge.target]
    coverage, doubt = rests.around({*source.sources, *target.sources})
    because = [
        Evidence(f"{source.name} {edge.verb} {target.name} is the only link between {a} and {b}", 0.5),
        Evidence(f"it was read at {edge.where or 'the definition'} of {source.name}", 0.1),
    ]
    what = "One link" if coverage != "unknown" else "Perhaps only one link"
    return finding(
        "single-bridge",
        [a, b],
        f"{what} holds {a} and {b} together",
        [edge.source, edge.target],
        [*because, doubt] if doubt else because,
        coverage=coverage,
    )


def uncontracted_dependency(graph: Graph) -> Iterator[Finding]:
    """An asset that other departments depend on, and that names no owner or shows no contract.

    One finding an asset. Databases, buckets and tables without an owner come first: with an owner somebody can be
    asked, and a contract alone says what is promised, not by whom.
    """
    import numpy as np

    data = columns(graph)
    units = data.units("department")
    dependent, needed = data.unit_of(units)
    across = np.flatnonzero((dependent >= 0) & (needed >= 0) & (dependent != needed))
    if not len(across):
        return
    targets = data.ends[1][across]
    order = np.argsort(targets, kind="stable")
    groups = np.split(across[order], np.flatnonzero(np.diff(targets[order])) + 1)
    for group in groups:
        asset = graph.assets[int(data.ends[1][group[0]])]
        owned, contracted = bool(asset.owner), _contracted(asset)
        if owned and contracted:
            continue
        users = sorted({int(each) for each in data.ends[0][group]})
        takers = sorted({units.names[int(each)] for each in dependent[group]})
        yield _uncontracted(graph, asset, users, takers, owned=owned, contracted=contracted)


def _uncontracted(
    graph: Graph, asset: Asset, users: list[int], takers: list[str], *, owned: bool, contracted: bool
) -> Finding:
    names = [graph.assets[each].name for each in users[:3]]
    because = [
        Evidence(f"{many(len(users), 'asset')} of {listed(takers)} depend on it: {listed(names, 3)}", 0.2),
    ]
    if not owned:
        because.append(Evidence(f"nobody at {asset.department or UNASSIGNED} is named as its owner", 0.3))
    if not contracted:
        because.append(Evidence("no contract, service level or interface definition is known for it", 0.1))
    if len(takers) > 1:
        because.append(Evidence(f"{len(takers)} departments would notice a change", min(0.2, 0.05 * len(takers))))
    if asset.environment == "prod":
        because.append(Evidence("it is production", 0.05))
    missing = [word for word, there in (("owner", owned), ("contract", contracted)) if not there]
    return finding(
        "uncontracted-dependency",
        [asset.id],
        f"{listed(takers, 3)} depend on {asset.name} of {asset.department} without {' or '.join(missing)}",
        [asset.id, *(graph.assets[each].id for each in users[:20])],
        because,
        severity="medium" if not owned and len(takers) > 1 else "low",
    )


def _contracted(asset: Asset) -> bool:
    return any(asset.facts.get(key) for key in (*CONTRACTS, *_CONTRACT_TAGS))


def crossing_share(graph: Graph) -> float:
    """The share of dependencies between attributed assets that cross departments; shared things count as attributed."""
    import numpy as np

    data = columns(graph)
    a, b = data.ends[:, (data.ends < data.assets).all(axis=0)]
    free = np.array([each.department == UNASSIGNED for each in graph.assets], dtype=bool)
    units = data.units("department").of
    attributed = int((~free[a] & ~free[b]).sum()) if len(free) else 0
    across = int(((units[a] >= 0) & (units[b] >= 0) & (units[a] != units[b])).sum())
    return round(across / attributed, 4) if attributed else 0.0
