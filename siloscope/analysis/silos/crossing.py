"""Where departments touch: single bridges, and dependencies on things that nobody owns and no contract covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from siloscope.analysis.common import Rests, finding, listed, many
from siloscope.analysis.silos.columns import columns, distinct
from siloscope.analysis.silos.structure import undirected
from siloscope.graph.departments import UNASSIGNED
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Evidence, Finding

if TYPE_CHECKING:
    import numpy as np

# Facts by which platforms tell of an agreement about what an asset delivers.
CONTRACTS = frozenset(
    "contract contract_enforced data_contract sla sla_minutes slo api_definition"
    " tag.contract tag.data-contract tag.sla tag.slo".split()
)
MUCH = 10  # dependencies between two departments
SHOWN = 20  # assets that a finding names


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
    """A department that depends on things of another which nobody owns, or which no contract covers; one a pair."""
    import numpy as np

    data = columns(graph)
    units = data.units("department")
    takers, givers = data.unit_of(units)
    across = np.flatnonzero((takers >= 0) & (givers >= 0) & (takers != givers))
    if not len(across):
        return
    count = len(units.names)
    needed = data.ends[1][across]
    pair = takers[across] * count + givers[across]
    unowned, loose = _bare(graph, distinct(needed), data.assets)
    order = np.argsort(pair, kind="stable")
    pair, needed = pair[order], needed[order]
    for group in np.split(np.arange(len(pair)), np.flatnonzero(np.diff(pair)) + 1):
        targets = needed[group]
        if (unowned[targets] | loose[targets]).any():
            taker, giver = (units.names[each] for each in divmod(int(pair[group[0]]), count))
            yield _uncontracted(graph, taker, giver, targets, unowned, loose)


def _bare(graph: Graph, needed: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """By asset, whether others need it and it names no owner, or shows no contract."""
    import numpy as np

    unowned, loose = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for number in needed.tolist():
        asset = graph.assets[number]
        unowned[number] = not asset.owner
        loose[number] = not contracted(asset)
    return unowned, loose


def _uncontracted(
    graph: Graph, taker: str, giver: str, needed: np.ndarray, unowned: np.ndarray, loose: np.ndarray
) -> Finding:
    import numpy as np

    assets, uses = np.unique(needed, return_counts=True)
    order = np.lexsort((assets, -uses, ~unowned[assets]))  # what nobody owns first, then what is used most
    assets, bare, open_ = assets[order], int(unowned[assets].sum()), int(loose[assets].sum())
    names = listed([graph.assets[each].name for each in assets.tolist()], 3)
    things = many(len(assets), "asset")
    because = [
        Evidence(f"{many(len(needed), 'dependency', 'dependencies')} of {taker} on {things} of {giver}: {names}", 0.2)
    ]
    if bare:
        because.append(
            Evidence(
                f"{bare} of them name no owner, so nobody answers for a change", round(0.4 * bare / len(assets), 4)
            )
        )
    if open_:
        because.append(Evidence(f"for {open_} of them no contract, service level or interface is known", 0.1))
    if len(needed) >= MUCH:
        because.append(Evidence(f"{len(needed)} dependencies are more than an arrangement between two people", 0.1))
    what = (
        f"{many(bare, 'asset')} of {giver} that nobody owns"
        if bare
        else f"{many(open_, 'asset')} of {giver} without a contract"
    )
    return finding(
        "uncontracted-dependency",
        [taker, giver],
        f"{taker} depends on {what}",
        [graph.assets[each].id for each in assets[:SHOWN].tolist()],
        because,
        severity="medium" if bare and len(needed) >= MUCH else "low",
    )


def contracted(asset: Asset) -> bool:
    """Whether a platform or a tag tells of an agreement about what the asset delivers."""
    return not CONTRACTS.isdisjoint(asset.facts) and any(asset.facts.get(key) for key in CONTRACTS)


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
