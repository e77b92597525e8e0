"""GraphML and GEXF for graph tools (Gephi, yEd, Cytoscape); attributes are text and numbers."""

from __future__ import annotations

import re
from typing import Any

from siloscope.export.documents import target
from siloscope.graph.view import Graph

# XML 1.0 allows no control characters but tab and line ends.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def graphml(graph: Graph, output: str) -> None:
    """GraphML 1.0 (graphml.graphdrawing.org)."""
    import networkx as nx

    with target(output) as out:
        out.writelines(f"{line}\n" for line in nx.generate_graphml(_network(graph)))


def gexf(graph: Graph, output: str) -> None:
    """GEXF 1.2draft (gexf.net)."""
    import networkx as nx

    with target(output) as out:
        # The writer stamps the day it ran; the scan's own time is the one that matters.
        text = "\n".join(nx.generate_gexf(_network(graph)))
        out.write(re.sub(r'lastmodifieddate="[^"]*"', f'lastmodifieddate="{graph.scan_at[:10]}"', text) + "\n")


def _network(graph: Graph) -> Any:
    import networkx as nx

    network = nx.MultiDiGraph()
    for asset in graph.assets:
        fields = {
            "label": asset.name, "kind": asset.kind, "tool": asset.tool, "department": asset.department,
            "owner": asset.owner, "environment": asset.environment, "silo": asset.silo,
        }  # fmt: skip
        network.add_node(printable(asset.id), **{key: printable(value or "") for key, value in fields.items()})
    for outside in graph.outside:
        network.add_node(printable(outside.id), label=printable(outside.name), kind="outside")
    for number, edge in enumerate(graph.edges):
        network.add_edge(
            printable(edge.source),
            printable(edge.target),
            key=str(number),
            verb=edge.verb.value,
            how=edge.how.value,
            name=printable(edge.name),
        )
    return network


def printable(text: str) -> str:
    """Text that XML 1.0 can hold; what it cannot becomes the replacement character."""
    return _FORBIDDEN.sub("\ufffd", text)
