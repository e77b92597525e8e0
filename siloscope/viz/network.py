"""A small graph as a pyvis network, for those who want its force of habit; the map is the main view.

pyvis is kept on a short leash: positions come from the map's layout and physics stays off; `heading`
is never set and titles are plain text, because pyvis writes both as HTML; the tags that load its
style sheet from a CDN are removed, so that the file opens without a network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from math import cos, sin, sqrt
from typing import Any

from siloscope.errors import ConfigError
from siloscope.viz.columns import plain
from siloscope.viz.estate import Estate
from siloscope.viz.layout import GOLDEN_ANGLE, Layout, asset_offset
from siloscope.viz.payload import Atlas
from siloscope.viz.rules import SIGNS
from siloscope.viz.silo_map import content_hash

Row = Mapping[str, Any]

NODE_LIMIT = 500
"""More nodes than this are neither legible nor quick in a pyvis page."""
_HUES = ("#3b6b97", "#d98c3f", "#4f9a8a", "#a2597f", "#8a7fc0", "#b5a33c", "#6f7f8d", "#c0625a")


def network_html(graph: Row, findings: Iterable[Row] = ()) -> str:
    """The page for a `siloscope/graph/1` document and the rows of a `siloscope/findings/1` document.

    Raises:
        ConfigError: above `NODE_LIMIT` nodes (assets, tools and outside nodes together).
    """
    atlas = Atlas(graph, findings)
    estate = atlas.estate
    count = len(estate.assets) + len(estate.tools) + len(estate.outside)
    if count > NODE_LIMIT:
        raise ConfigError(
            f"{count:,} nodes are more than the {NODE_LIMIT} that the network style can show; "
            "use --style archipelago, which has no such limit, or filter the graph first"
        )
    from pyvis.network import Network

    net = Network(height="100vh", width="100%", directed=True, cdn_resources="in_line")
    net.toggle_physics(status=False)
    # The lists are set at once: add_edge looks through all edges for each new one.
    net.nodes = _nodes(atlas)
    net.node_ids = [node["id"] for node in net.nodes]
    net.edges = _edges(estate)
    net.set_options(json.dumps({"physics": {"enabled": False}, "interaction": {"hover": True}}))
    return offline(net.generate_html(notebook=False))


def offline(page: str) -> str:
    """The page without any element that loads something, and with a policy that forbids all loading.

    pyvis writes link and script elements for bootstrap whatever its settings say.
    """
    page = re.sub(r"<link\b[^>]*>", "", page)
    page = re.sub(r"<script\b[^>]*\bsrc\s*=[^>]*>\s*</script>", "", page)
    page = re.sub(r"<center>\s*<h1>\s*</h1>\s*</center>", "", page)
    page = page.replace("\r\n", "\n")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, flags=re.DOTALL)
    hashes = " ".join(sorted({f"'{content_hash(script)}'" for script in scripts}))
    # The library writes style elements of its own; scripts are exactly those of this page.
    policy = f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:"
    meta = f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    head = f"<head>\n{meta}\n<title>Network</title>"
    return page.replace("<html>", '<!doctype html>\n<html lang="en">', 1).replace("<head>", head, 1)


def _text(value: object) -> str:
    """Plain text that pyvis cannot turn into HTML: no angle brackets, no ampersand, no `href`."""
    line = plain(value, 120)
    line = line.replace("<", "‹").replace(">", "›").replace("&", "＆")
    return re.sub("href", "hr\u2060ef", line, flags=re.IGNORECASE)


def _nodes(atlas: Atlas) -> list[dict[str, Any]]:
    estate = atlas.estate
    where = estate.where
    hue = {name: _HUES[i % len(_HUES)] for i, name in enumerate(sorted(set(where) - {""}))}
    letters = {node: SIGNS[sign].letter for node, sign in enumerate(atlas.signs) if sign >= 0}
    places = _places(estate, atlas.picture("assets").layout)
    rows = [*estate.assets, *estate.tools.values(), *estate.outside]
    nodes = []
    for number, row in enumerate(rows):
        name = _text(row.get("product") or row.get("name") or row["id"])
        letter = letters.get(number, "")
        outside = number >= len(rows) - len(estate.outside)
        kind = row.get("kind") or ("outside, not scanned" if outside else "tool")
        x, y = places[number]
        nodes.append(
            {
                "id": number,
                "label": f"[{letter}] {name}" if letter else name,
                "title": "\n".join([name, _text(kind), _text(where[number] or "outside")]),
                "shape": "dot" if number < len(estate.assets) else "square",
                "size": 6 if number < len(estate.assets) else 11,
                "font": {"size": 8 if number < len(estate.assets) else 15},
                "color": hue.get(where[number], "#9aa5af"),
                "x": x,
                "y": y,
            }
        )
    return nodes


def _places(estate: Estate, layout: Layout) -> list[tuple[int, int]]:
    """Pixels on the pyvis canvas; assets around their tool, the outside in a spiral below the map."""
    scale = 0.3
    slots: dict[str, int] = {}
    places = []
    for row in estate.assets:
        slot = slots[row["tool"]] = slots.get(row["tool"], -1) + 1
        dx, dy = asset_offset(slot + 2)  # the tool itself takes the middle
        disc = layout.tools[row["tool"]]
        places.append((round((disc.x + dx) * scale), round((disc.y + dy) * scale)))
    places += [(round(layout.tools[t].x * scale), round(layout.tools[t].y * scale)) for t in estate.tools]
    bottom = layout.bounds[3]
    for i in range(len(estate.outside)):
        reach = 60 * sqrt(i + 1)
        places.append(
            (
                round(reach * cos(i * GOLDEN_ANGLE)),
                round(bottom * scale + reach * sin(i * GOLDEN_ANGLE) + 60 * sqrt(len(estate.outside))),
            )
        )
    return places


def _edges(estate: Estate) -> list[dict[str, Any]]:
    first_tool = estate.first_tool
    order = {tool: first_tool + i for i, tool in enumerate(estate.tools)}
    links = [
        {"from": a, "to": b, "title": _text(verb), "arrows": "to", "color": "#8ea3b5"} for a, b, verb, _ in estate.edges
    ]
    homes = [
        {"from": order[row["tool"]], "to": i, "color": "#d9e0e6", "dashes": True} for i, row in enumerate(estate.assets)
    ]
    return links + homes
