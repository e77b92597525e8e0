"""From the graph to a page: the one call that commands, the API and notebooks use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from siloscope.analysis import THRESHOLD, rows
from siloscope.graph.view import Graph
from siloscope.model import Finding


def render(
    graph: Graph,
    findings: Iterable[Finding],
    plan: Mapping[str, Any] | None = None,
    *,
    style: str = "archipelago",
    title: str = "Silo map",
) -> str:
    """One HTML document, self-contained: `archipelago` is the silo map, `network` a small pyvis network.

    Findings below the default threshold are left out. Raises `ConfigError` when a network would be too large.
    """
    from siloscope.viz.network import network_html
    from siloscope.viz.payload import payload
    from siloscope.viz.silo_map import silo_map_html

    shown = rows(each for each in findings if each.score >= THRESHOLD and each.state != "rejected")
    document = graph.document()
    if style == "network":
        return network_html(document, shown)
    return silo_map_html(payload(document, shown, dict(plan) if plan else None, title=title))
