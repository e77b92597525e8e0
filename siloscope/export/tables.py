"""Folders of tables: CSV for spreadsheets, Parquet for everything columnar."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from siloscope.errors import ConfigError
from siloscope.graph.view import SCHEMA, Graph

_NESTED = ("shape", "facts", "capabilities", "names", "sources")


def csv_folder(graph: Graph, output: str) -> None:
    """`tools.csv`, `assets.csv`, `edges.csv`, `outside.csv`, `slices.csv`; nested values as JSON, formulas defused."""
    from siloscope.tabular import as_csv

    for name, rows in _tables(graph, output).items():
        (Path(output) / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8", errors="replace", newline="\n")


def parquet_folder(graph: Graph, output: str) -> None:
    """The same tables as Parquet; nested values are JSON text, the schema's name is in the file's metadata."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ConfigError('parquet needs an extra: pip install "siloscope[parquet]"') from error
    scan = {"schema": SCHEMA, "scan": json.dumps({"id": graph.scan_id, "at": graph.scan_at})}
    for name, rows in _tables(graph, output).items():
        columns = {key: [_flat(key, row[key]) for row in rows] for key in (rows[0] if rows else {"id": None})}
        if not rows:
            columns = {"id": []}
        table = pa.table({key: pa.array(values, type=_type(pa, values)) for key, values in columns.items()})
        pq.write_table(table.replace_schema_metadata(scan), Path(output) / f"{name}.parquet")


def _type(pa: Any, values: Sequence[Any]) -> Any:
    """A column that happens to be empty is text, not null: its type must not depend on the data."""
    return pa.string() if all(each is None for each in values) else None


def _flat(key: str, value: Any) -> Any:
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if key in _NESTED else value


def _tables(graph: Graph, output: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    if output == "-":
        raise ConfigError("this format writes a folder; name it with -o")
    Path(output).mkdir(parents=True, exist_ok=True)
    document = graph.document()
    return {key: document[key] for key in ("tools", "assets", "edges", "outside", "slices")}
