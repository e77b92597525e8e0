"""From the graph to a page or a picture: the calls that commands, the API and notebooks use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from siloscope.analysis import THRESHOLD, rows
from siloscope.graph.view import Graph
from siloscope.model import Finding


class Page(str):
    """An HTML document that notebooks show in place, in a frame that can reach nothing outside itself."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self)}" sandbox="allow-scripts allow-downloads" title="Silo map" '
            'style="width: 100%; height: 720px; border: 1px solid #c3ccd6; border-radius: 8px"></iframe>'
        )


def documents(
    graph: Graph,
    findings: Iterable[Finding],
    plan: Mapping[str, Any] | None = None,
    *,
    before: Graph | None = None,
    redact: bool = False,
) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any] | None, dict[str, Any] | None]:
    """(graph, findings, plan, earlier graph) as contract documents; with `redact`, without their names.

    Findings below the default threshold are left out.
    """
    shown = rows(each for each in findings if each.score >= THRESHOLD and each.state != "rejected")
    document, goal = graph.document(), dict(plan) if plan else None
    earlier = before.document() if before is not None else None
    if not redact:
        return document, shown, goal, earlier
    from siloscope.viz.veil import Veil

    veil = Veil(document)
    return (
        veil.graph(document),
        veil.findings(shown),
        veil.plan(goal) if goal else None,
        veil.graph(earlier) if earlier is not None else None,
    )


def render(
    graph: Graph,
    findings: Iterable[Finding],
    plan: Mapping[str, Any] | None = None,
    *,
    style: str = "archipelago",
    title: str = "Silo map",
    before: Graph | None = None,
    redact: bool = False,
) -> Page:
    """One HTML document, self-contained: `archipelago` is the silo map, `network` a small pyvis network.

    Args:
        graph: what is shown.
        findings: those below the default threshold are left out.
        plan: a `siloscope/plan/1` document; adds the plan view.
        style: archipelago or network.
        title: heading and title of the page.
        before: an earlier graph; adds the view of what changed.
        redact: names hashed, structure kept.

    Raises:
        ConfigError: a network would be too large.
    """
    found, shown, goal, earlier = documents(graph, findings, plan, before=before, redact=redact)
    if style == "network":
        from siloscope.viz.network import network_html

        return Page(network_html(found, shown))
    from siloscope.viz.payload import payload
    from siloscope.viz.silo_map import silo_map_html

    return Page(silo_map_html(payload(found, shown, goal, title=title, before=earlier)))


def draw(
    graph: Graph, findings: Iterable[Finding], form: str, *, title: str = "Silo map", redact: bool = False
) -> bytes:
    """The overview as a picture, `form` svg or png.

    Raises:
        ConfigError: a PNG is asked for and no browser can draw it.
    """
    from siloscope.viz.picture import HEIGHT, WIDTH, picture_svg
    from siloscope.viz.raster import png

    found, shown, _, _ = documents(graph, findings, redact=redact)
    svg = picture_svg(found, shown, title=title)
    return png(svg, WIDTH, HEIGHT) if form == "png" else svg.encode()
