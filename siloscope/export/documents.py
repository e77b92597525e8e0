"""JSON and NDJSON, the contract `siloscope/graph/1`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from siloscope.graph.view import SCHEMA, Graph, asset_row, coverage_rows, edge_row, tool_row
from siloscope.model import dumps


def json_document(graph: Graph, output: str) -> None:
    """One document; a record a line, so that two exports can be compared line by line."""
    with target(output) as out:
        document = graph.document()
        out.write(f'{{"schema":{dumps(document["schema"])},"scan":{dumps(document["scan"])}')
        for key in ("tools", "assets", "edges", "outside", "slices"):
            rows = ",\n ".join(dumps(each) for each in document[key])
            out.write(f',\n"{key}":[\n {rows}\n]' if rows else f',\n"{key}":[]')
        out.write("}\n")


def ndjson(graph: Graph, output: str) -> None:
    """The header, then one record a line."""
    with target(output) as out:
        out.write(dumps({"schema": SCHEMA, "scan": {"id": graph.scan_id, "at": graph.scan_at}}) + "\n")
        out.writelines(f"{dumps({tag: row})}\n" for tag, row in _rows(graph))


def _rows(graph: Graph) -> Iterator[tuple[str, object]]:
    yield from (("tool", tool_row(each)) for each in graph.tools)
    yield from (("asset", asset_row(each)) for each in graph.assets)
    yield from (("edge", edge_row(each)) for each in graph.edges)
    yield from (("outside", {"id": each.id, "name": each.name}) for each in graph.outside)
    yield from (("slice", row) for row in coverage_rows(graph.slices))


@contextmanager
def target(output: str) -> Iterator[IO[str]]:
    """A text file to write, or stdout for `-`; lone surrogates in hostile names are kept as replacement."""
    if output == "-":
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")
        yield sys.stdout
        return
    file = Path(output)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", errors="replace", newline="\n") as out:
        yield out
