"""Exports of the graph for other tools: one function a format, registered by name.

Every exporter is deterministic: the same graph gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from siloscope.errors import ConfigError, nearest
from siloscope.export import archimate, backstage, cyclonedx, documents, networks, openlineage, tables
from siloscope.graph.view import Graph

FORMATS: Mapping[str, Callable[[Graph, str], None]] = {
    "archimate": archimate.archimate,
    "backstage": backstage.backstage,
    "csv": tables.csv_folder,
    "cyclonedx": cyclonedx.cyclonedx,
    "gexf": networks.gexf,
    "graphml": networks.graphml,
    "json": documents.json_document,
    "ndjson": documents.ndjson,
    "openlineage": openlineage.openlineage,
    "parquet": tables.parquet_folder,
}


def write(graph: Graph, form: str, output: str) -> None:
    """Write `graph` as `form` to a file, a folder, or `-` for stdout.

    Raises:
        ConfigError: No such format, or a format that needs a folder was sent to stdout.
    """
    if form not in FORMATS:
        raise ConfigError(f'no export format "{form}"{nearest(form, FORMATS)}; there are {", ".join(FORMATS)}')
    FORMATS[form](graph, output)
