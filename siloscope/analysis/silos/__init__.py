"""Silos: what is cut off, what is closed, what hangs by one link, and what would connect it most cheaply.

`columns` has the graph as integer arrays; `structure` and `organisation` hold published measures; `verdicts` says for
each tool, department and community how well it is integrated; `isolation`, `crossing` and `bridges` are the rules.
"""

from __future__ import annotations

from siloscope.analysis.silos.bridges import bridge_candidate, pairings
from siloscope.analysis.silos.crossing import crossing_share, crossings, single_bridge, uncontracted_dependency
from siloscope.analysis.silos.isolation import closed_silo, isolated_tool, one_way_silo
from siloscope.graph.view import Graph

__all__ = [
    "bridge_candidate",
    "closed_silo",
    "crossings",
    "fragmentation",
    "isolated_tool",
    "one_way_silo",
    "pairings",
    "single_bridge",
    "uncontracted_dependency",
]


def fragmentation(graph: Graph) -> dict[str, float | int]:
    """The figures of the headline: how much crosses, and how much is spread.

    `crossing_share` is the share of dependencies between attributed assets that cross departments.
    """
    from siloscope.analysis.overlap import shares

    served = shares(graph)
    several = [share for share in served if len(share.assets) > 1]
    effective = [share.effective for share in served if share.effective]
    return {
        "capabilities": len(effective),
        "contested_capabilities": len(several),
        "effective_tools": round(sum(effective) / len(effective), 2) if effective else 0.0,
        "crossing_share": crossing_share(graph),
        "dependencies": len(graph.dependencies),
    }
