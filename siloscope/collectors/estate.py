"""Another estate's graph as a source: its tools, assets, edges and the coverage it rests on.

Contract: `siloscope export --format json|ndjson|parquet`, schema `siloscope/graph/1` (docs/schema). Ids stay
what they are, so that graphs of separate networks meet where they name the same thing. What an analysis
derived there (silo, initiative, first and last seen) is derived again here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from siloscope.collectors.base import Client, Collector, Document, Listing, Scope, Trouble
from siloscope.collectors.clients.files import Files, FilesClient, decode, files_of, place_of, with_path
from siloscope.config import Source
from siloscope.errors import Unavailable
from siloscope.model import Asset, Observation, Reference, Slice, Tool, Verb, from_json

SCHEMA = "siloscope/graph/1"
TABLES = ("tools", "assets", "edges", "outside", "slices")
_DERIVED = ("source", "sources", "first_seen", "last_seen", "silo", "initiative")
_NOBODY = ("unassigned", "shared")
_SCALARS = (str, int, float, bool)
# Columns of Parquet files that hold structures, which some writers keep as JSON text.
_NESTED = ("names", "capabilities", "sources", "shape", "facts")


def graph(document: Document, scope: Scope) -> Iterator[Observation | Slice]:
    """One row of a graph: a tool, an asset, an edge or a slice."""
    if "tool" in document:
        yield from_json(Tool, _claimed(_required(document["tool"], "id")))
    elif "asset" in document:
        yield _asset(document["asset"])
    elif "edge" in document:
        yield _edge(document["edge"])
    elif "slice" in document:
        row = _required(document["slice"], "source", "listing", "status")
        foreign = from_json(Slice, {"scope": "", **row, "order": 0})
        yield replace(foreign, source=f"{scope.data['source']}/{foreign.source}", config="", parent="")


def _asset(row: Mapping[str, Any]) -> Asset:
    _required(row, "id", "kind", "name", "tool")
    kept = {key: value for key, value in _claimed(row).items() if key not in _DERIVED}
    for key in ("facts", "shape"):
        kept[key] = {name: value for name, value in (row.get(key) or {}).items() if isinstance(value, _SCALARS)}
    kept["facts"].pop("department_because", None)
    # As in the slices that come along: the estate it comes from, then the source there.
    origin = [str(each) for each in (row.get("source"), kept["facts"].get("estate_source")) if each]
    if origin:
        kept["facts"]["estate_source"] = "/".join(origin)
    return from_json(Asset, kept)


def _claimed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row without what there only says that nobody knows: it must not count as said here."""
    return {key: value for key, value in row.items() if key != "department" or value not in _NOBODY}


def _edge(row: Mapping[str, Any]) -> Reference:
    """An edge to an asset names it by its id, which it claims; an edge to the outside by the mention itself."""
    _required(row, "source", "target", "verb")
    target = str(row["target"])
    outside = target.startswith("outside:")
    name = str(row.get("name") or target.removeprefix("outside:")) if outside else target
    return Reference(
        source=str(row["source"]).removeprefix("outside:"),
        verb=Verb(row["verb"]),
        name=name,
        where=str(row.get("where") or ""),
        confidence=float(row.get("confidence") or 1.0),
    )


def _required(row: Any, *keys: str) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise TypeError("no object")
    for key in keys:
        if not isinstance(row.get(key), str) or not row[key]:
            raise KeyError(key)
    return row


class EstateClient(FilesClient):
    """Reads a graph document, lines of one, or a folder of Parquet tables; one document a row."""

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:  # noqa: ARG002 - one scope
        """The rows of every graph below the path.

        Raises:
            Unavailable: No file holds a graph of a schema that this version reads.
        """
        call = files_of(listing)
        found = False
        refused: list[Trouble] = []
        for place in self._files(call) if call else ():
            if isinstance(place, Trouble):
                refused.append(place)
                continue
            file, relative = place
            try:
                for each in _rows(file, relative):
                    found = True
                    yield replace(each, where=relative) if isinstance(each, Trouble) else each
            except OSError as error:
                refused.append(Trouble(f"cannot be read: {error.strerror}", where=relative))
            except (ValueError, RecursionError) as error:
                refused.append(Trouble(str(error)[:300], where=relative))
        if not found:
            reasons = [f"{each.where}: {each.reason}" for each in refused]
            raise Unavailable("; ".join(reasons[:3]) or f"{self.path.name}: no {SCHEMA} graph in it")
        yield from refused


def _rows(file: Path, relative: str) -> Iterator[Document | Trouble]:
    if file.suffix == ".parquet":
        return _parquet(file, relative)
    data = file.read_bytes()
    if not data.strip():
        raise ValueError("the file is empty")
    text = decode(data)
    try:
        whole = json.loads(text)
    except ValueError as error:
        first = text.lstrip().split("\n", 1)[0]
        return _lines(text, relative) if _is_header(first) else _refuse(error)
    if isinstance(whole, Mapping) and not any(key in whole for key in TABLES):
        # A graph of no rows is a header alone.
        return _lines(text, relative) if whole.get("schema") == SCHEMA else _checked(whole, relative)
    return _checked(whole, relative)


def _refuse(error: Exception) -> Iterator[Document | Trouble]:
    raise ValueError(f"not readable: {str(error)[:160]}")


def _is_header(line: str) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, Mapping) and "schema" in row


def _known(schema: Any) -> None:
    if schema != SCHEMA:
        says = f"schema {str(schema)[:80]!r}" if schema else "no schema"
        raise ValueError(f"{says}; this version reads {SCHEMA}")


def _checked(whole: Any, relative: str) -> Iterator[Document | Trouble]:
    """The rows of one graph document; JSON that is another of siloscope's documents is left aside."""
    schema = whole.get("schema") if isinstance(whole, Mapping) else None
    if isinstance(schema, str) and schema.startswith("siloscope/") and not schema.startswith("siloscope/graph/"):
        return
    _known(schema)
    yield with_path({"header": True}, relative)
    for table in TABLES:
        rows = whole.get(table) or []
        if not isinstance(rows, list):
            yield Trouble(f"{table}: no list")
            continue
        for number, row in enumerate(rows):
            yield with_path({table.removesuffix("s"): row}, f"{relative} {table}[{number}]")


def _lines(text: str, relative: str) -> Iterator[Document | Trouble]:
    """The rows after the header; a broken line is named, the others are read."""
    header, *lines = text.lstrip().split("\n")
    _known(json.loads(header).get("schema"))
    yield with_path({"header": True}, relative)
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Trouble(f"line {number} is no JSON: {str(error)[:120]}")
            continue
        yield with_path(row, f"{relative} line {number}")


def _parquet(file: Path, relative: str) -> Iterator[Document | Trouble]:
    """The rows of one table, batch by batch; which table it is, is its file's name."""
    if file.stem not in TABLES:
        return
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ValueError("reading Parquet needs pyarrow: install siloscope[parquet]") from error
    try:
        table = ParquetFile(file)
        schema = (table.schema_arrow.metadata or {}).get(b"schema")
        if schema is not None:
            _known(schema.decode("utf-8", "replace"))
        yield with_path({"header": True}, relative)
        number = 0
        for batch in table.iter_batches():
            for row in batch.to_pylist():
                values = {key: _plain(key, value) for key, value in row.items() if value is not None}
                yield with_path({file.stem.removesuffix("s"): values}, f"{relative} row {number}")
                number += 1
    except ArrowException as error:
        raise ValueError(f"not readable: {str(error)[:160]}") from error


def _plain(key: str, value: Any) -> Any:
    """Arrow's maps come as pairs, and structures may be JSON text; absent struct fields are no facts."""
    if key in _NESTED and isinstance(value, str):
        value = json.loads(value)
    if key in ("shape", "facts"):
        pairs = value.items() if isinstance(value, Mapping) else value
        return {name: each for name, each in pairs if each is not None}
    return value


def connect(source: Source) -> Client:
    """A graph file, or a folder of them."""
    path = place_of(source, "an exported graph")
    return EstateClient(path, [Scope(source.name, instance=source.instance, data={"source": source.name})])


COLLECTOR = Collector(
    type="siloscope",
    title="Another estate's graph",
    connect=connect,
    tested="graphs of this version's own exports: JSON, NDJSON and Parquet",
    listings=(
        Listing(
            "siloscope.graph",
            Files(("*.json", "*.ndjson", "*.parquet")),
            graph,
            permission="read access to the files",
            precedence=5,
        ),
    ),
)
