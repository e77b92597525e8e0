"""Rows as CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Rows as CSV, with all their columns; nested values as JSON, formulas defused.

    `columns` are the heading when there are no rows, and come first when there are.
    """
    out = io.StringIO()
    columns = list(dict.fromkeys((*columns, *(key for row in rows for key in row))))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(key)) for key in columns])
    return out.getvalue()


def cell(value: Any) -> Any:
    """A spreadsheet reads a leading `=`, `+`, `-` or `@` as a formula: an apostrophe defuses it."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value
