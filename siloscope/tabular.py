"""Rows as CSV that is safe to open in a spreadsheet, and CSV as people and their spreadsheets write it as rows."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
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


_DELIMITERS = ",;\t|"


def delimiter(head: str) -> str:
    """What parts the columns of a table, by its first line: comma, semicolon, tab or bar."""
    return max(_DELIMITERS, key=lambda each: (head.count(each), -_DELIMITERS.index(each)))


def lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV text, the heading first, each with the number of the line it ends on; blank rows are left out.

    Raises:
        csv.Error: The text is no table.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text.partition("\n")[0]))
    for row in reader:
        if any(each.strip() for each in row):
            yield reader.line_num, [each.strip() for each in row]


def is_number(text: str) -> bool:
    """Whether a cell holds a number that is finite."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def is_price(text: str) -> bool:
    """Whether a cell holds an amount that is not negative."""
    return is_number(text) and float(text) >= 0


def undefused(value: str) -> str:
    """A cell as it was before `cell` defused it."""
    return value[1:] if value[:1] == "'" and value[1:2] in ("=", "+", "-", "@") else value
