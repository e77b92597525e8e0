"""Folders of tables: CSV for spreadsheets, Parquet for everything columnar."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from siloscope.errors import ConfigError
from siloscope.graph.view import SCHEMA, Graph, asset_row, coverage_rows, edge_row, tool_row
from siloscope.model import Asset, Edge, How, Slice, Tool, Verb

# Every other column is text, whatever a scan happens to hold.
_NUMBERS: Mapping[str, type] = {
    "annual_cost": float, "confidence": float, "seats": int, "users": int, "held": int, "assets": int,
}  # fmt: skip
_NESTED = ("shape", "facts", "capabilities", "names", "sources")


def csv_folder(graph: Graph, output: str) -> None:
    """`tools.csv`, `assets.csv`, `edges.csv`, `outside.csv`, `slices.csv`; nested values as JSON, formulas defused."""
    from siloscope.tabular import as_csv

    for name, rows in _tables(graph, output).items():
        text = as_csv(rows, _columns(name))
        (Path(output) / f"{name}.csv").write_text(text, encoding="utf-8", errors="replace", newline="\n")


def parquet_folder(graph: Graph, output: str) -> None:
    """The same tables as Parquet; nested values are JSON text, the schema's name is in the file's metadata."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ConfigError('parquet needs an extra: pip install "siloscope[parquet]"') from error
    scan = {"schema": SCHEMA, "scan": json.dumps({"id": graph.scan_id, "at": graph.scan_at})}
    kinds = {float: pa.float64(), int: pa.int64()}
    for name, rows in _tables(graph, output).items():
        columns = {
            key: pa.array([_flat(key, row[key]) for row in rows], type=kinds.get(_NUMBERS.get(key, str), pa.string()))
            for key in _columns(name)
        }
        pq.write_table(pa.table(columns).replace_schema_metadata(scan), Path(output) / f"{name}.parquet")


def _columns(table: str) -> Sequence[str]:
    """The columns of a table, also of an empty one: its shape must not depend on the data."""
    records = {
        "tools": tool_row(Tool("")),
        "assets": asset_row(Asset("", "", "", "")),
        "edges": edge_row(Edge("", "", Verb.USES, How.EXACT, "")),
        "outside": {"id": "", "name": ""},
        "slices": coverage_rows([Slice("", "", "")])[0],
    }
    return list(records[table])


def _flat(key: str, value: Any) -> Any:
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if key in _NESTED else value


def _tables(graph: Graph, output: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    if output == "-":
        raise ConfigError("this format writes a folder; name it with -o")
    Path(output).mkdir(parents=True, exist_ok=True)
    document = graph.document()
    return {key: document[key] for key in ("tools", "assets", "edges", "outside", "slices")}
