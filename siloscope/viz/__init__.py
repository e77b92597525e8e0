"""Pictures of the graph: the interactive silo map and the small pyvis network.

`payload` turns contract documents into compact columns with a layout; `silo_map_html` makes one
self-contained page of them; `network.network_html` draws small graphs with pyvis.
"""

from siloscope.viz.drawing import Page, draw, render
from siloscope.viz.payload import payload
from siloscope.viz.silo_map import silo_map_html

__all__ = ["Page", "draw", "payload", "render", "silo_map_html"]
