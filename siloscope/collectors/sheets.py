"""Inventories kept by hand: CSV with a row for each thing, tool, or thing that another source inventories.

Columns go by their headings, in any order and case (`FIELDS`); the option `columns` maps a field to another heading.
Other columns become facts. A row is

- a *description* when its id names something on another platform (an ARN, a table, a bucket), unless kind and tool make
  it an asset of its own;
- a *tool* when it names a tool and no thing;
- else an *asset*, `csv://{instance}/{id or name}`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from siloscope.catalog import find
from siloscope.collectors.base import Client, Collector, Document, Listing, Scope, Trouble
from siloscope.collectors.clients.files import Files, FilesClient, decode, place_of
from siloscope.config import Source
from siloscope.errors import ConfigError, nearest
from siloscope.model import Asset, Description, Observation, Reference, Tool, Verb
from siloscope.names import canonical
from siloscope.names.parts import segment
from siloscope.tabular import is_price, lines, undefused
from siloscope.times import normal

FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "asset_id", "resource_id", "identifier", "arn", "key"),
    "name": ("name", "asset", "asset_name", "title"),
    "kind": ("kind", "type", "asset_type", "category"),
    "tool": ("tool", "platform", "product", "application"),
    "owner": ("owner", "owned_by", "responsible", "contact", "owner_email"),
    "department": ("department", "business_unit", "division", "org_unit", "team"),
    "environment": ("environment", "env"),
    "stage": ("stage", "lifecycle", "phase"),
    "capabilities": ("capabilities", "capability"),
    "annual_cost": ("annual_cost", "cost", "yearly_cost", "cost_per_year"),
    "url": ("url", "link"),
    "created": ("created", "created_at", "since"),
    "last_used": ("last_used", "last_run", "last_use"),
    "depends_on": ("depends_on", "dependencies", "uses", "reads", "upstream"),
    "description": ("description", "purpose", "notes"),
}
_TIMES = ("created", "last_used")
_SEVERAL = re.compile(r"[;|\n]|,\s")
_TOOL_ID = re.compile(r"[a-z0-9][a-z0-9.-]*:\S.*")


def entry(document: Document, scope: Scope) -> Iterator[Observation]:
    """The asset, tool or description that a row stands for, and what it depends on."""
    row, me, tool = document["row"], document["me"], _tool(document["row"].get("tool"), scope)
    cost = float(row["annual_cost"]) if row.get("annual_cost") else None
    facts = {"description": row.get("description"), "stage": row.get("stage"), **document["facts"]}
    if me is None:
        facts["owner"] = row.get("owner")
    if cost is not None:
        facts["cost.source"] = "assumed"
    facts = {key: value for key, value in facts.items() if value}
    department = row.get("department")
    capabilities = tuple(_slug(each) for each in _several(row.get("capabilities", "")))
    if me is None:
        source = "assumed" if cost is not None else None
        yield Tool(tool, "", "", "", department, capabilities, annual_cost=cost, cost_source=source, facts=facts)
        return
    told: dict[str, Any] = {each: row.get(each) for each in ("url", "owner", "environment")}
    told |= {each: normal(row.get(each)) for each in _TIMES}
    told |= {"department": department, "annual_cost": cost, "facts": facts}
    if document["describes"]:
        yield Description(me, **told)
    else:
        kind = row.get("kind", "")
        yield Asset(
            id=me,
            kind=kind if "." in kind else f"csv.{_slug(kind) or 'asset'}",
            name=row.get("name") or row["id"],
            tool=tool,
            capabilities=capabilities,
            **told,
        )
    for each in document["needs"]:
        yield Reference(me, Verb.USES, each, "depends_on")


def _tool(text: str | None, scope: Scope) -> str:
    """A tool id as it is; else the product of that name, or the name itself, in this inventory."""
    instance = scope.instance.partition("://")[2]
    if not text:
        return f"csv:{instance}"
    if _TOOL_ID.fullmatch(text):
        return text
    known = find(text)
    return f"{known.slug if known else _slug(text)}:{instance}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


def _several(text: str) -> list[str]:
    return [each.strip() for each in _SEVERAL.split(text) if each.strip()]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a sheet: the fields it has, its other columns, where it stands, and in which inventory.

    `me` is the id of what it is about, None for a tool; it `describes` something that another source inventories.
    """

    row: Mapping[str, str]
    facts: Mapping[str, str]
    path: str
    instance: str
    me: str | None
    describes: bool

    @classmethod
    def of(cls, row: Mapping[str, str], facts: Mapping[str, str], path: str, instance: str) -> Entry:
        """A row, with what its id or name makes of it."""
        elsewhere = canonical(row["id"]) if row.get("id") else None
        told = row.get("id") or row.get("name")
        me = elsewhere or (f"{instance}/{segment(told)}" if told else None)
        return cls(row, facts, path, instance, me, bool(elsewhere) and not (row.get("kind") and row.get("tool")))

    @property
    def keys(self) -> list[str]:
        """By what other rows may mean it."""
        return [each for each in (self.row.get("id"), self.row.get("name")) if each]

    def document(self, known: Mapping[str, str]) -> Document:
        """The row with the ids of what it depends on; `known` are those of other rows."""
        needs = [
            known.get(each.casefold()) or canonical(each) or f"{self.instance}/{segment(each)}"
            for each in _several(self.row.get("depends_on", ""))
        ]
        return {
            "path": self.path,
            "me": self.me,
            "describes": self.describes,
            "row": dict(self.row),
            "facts": dict(self.facts),
            "needs": [each for each in dict.fromkeys(needs) if each != self.me],
        }


class SheetsClient(FilesClient):
    """Sheets read as a whole: a row may depend on another one by name. `columns` are headings by field."""

    def __init__(self, path: Path, scopes: Iterable[Scope], columns: Mapping[str, str]) -> None:
        super().__init__(path, scopes)
        self._columns = columns

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """The rows, in the order of files; of two with one id the first stays."""
        found: list[Entry] = []
        call = replace(listing.call, parse=partial(parse, self._columns))
        for each in super().pages(replace(listing, call=call), scope):
            if isinstance(each, Trouble):
                yield each
            else:
                place = f"{each['path'].partition('#')[0]} line {each['line']}"
                found.append(Entry.of(each["row"], each["facts"], place, scope.instance))
        known = {key.casefold(): row.me for row in reversed(found) for key in row.keys if row.me}
        first: dict[str, str] = {}
        for row in found:
            if row.me and first.setdefault(row.me, row.path) != row.path:
                yield Trouble(f"{row.me} stands at {first[row.me]} already", where=row.path)
            else:
                yield row.document(known)


def parse(columns: Mapping[str, str], data: bytes, path: str) -> Iterator[Any]:
    """The rows of one sheet; a row that cannot be read is a `Trouble` with its line.

    Raises:
        ValueError: The file is no table with a column for an id, a name or a tool.
    """
    try:
        rows = list(lines(_text(data)))
    except csv.Error as error:
        raise ValueError(f"no table: {error}") from error
    heads = [heading(each) for each in rows[0][1]] if rows else []
    if missing := [each for each in columns.values() if heading(each) not in heads]:
        raise ValueError(f'no column "{missing[0]}", which the option "columns" names')
    fields = _fields(heads, columns)
    if not {"id", "name", "tool"} & set(fields.values()):
        raise ValueError('its heading names none of id, name, tool: map them with the option "columns"')
    for number, told in rows[1:]:
        cells = {heads[n]: undefused(each) for n, each in enumerate(told[: len(heads)]) if each}
        row = {field: cells[head] for head, field in fields.items() if head in cells}
        if wrong := _unfit(row):
            yield Trouble(f"line {number}: {wrong}", where=path)
        else:
            facts = {head: each for head, each in cells.items() if head not in fields and head}
            yield {"row": row, "facts": facts, "line": number}


def _text(data: bytes) -> str:
    """Text by its byte order mark, else UTF-8, else what spreadsheets of Western Europe write."""
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        try:
            data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("cp1252", errors="replace")
    return decode(data)


def heading(text: str) -> str:
    """A heading in its one spelling: `Annual cost (EUR)` is `annual_cost_eur`."""
    return re.sub(r"\W+", "_", text.casefold()).strip("_")


def _fields(heads: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """The field of each heading that has one; the first heading of a field wins, and the configuration over it."""
    found = {heading(head): field for field, head in columns.items()}
    for field, names in FIELDS.items():
        head = next((each for each in names if each in heads and each not in found), None)
        if head and field not in found.values():
            found[head] = field
    return found


def _unfit(row: Mapping[str, str]) -> str:
    """What is wrong with a row; empty when it can be read."""
    if not any(row.get(each) for each in ("id", "name", "tool")):
        return "neither id nor name nor tool"
    if (cost := row.get("annual_cost")) and not is_price(cost):
        return f"annual_cost {cost[:60]!r} is no amount: write 1234.50"
    told = next((each for each in _TIMES if row.get(each) and normal(row[each]) is None), None)
    return f"{told} {row[told][:60]!r} is no date: write 2027-03-31" if told else ""


def connect(source: Source) -> Client:
    """A sheet, or a folder of them."""
    path = place_of(source, "a file or folder of CSV files")
    columns = source.options.get("columns", {})
    if not isinstance(columns, Mapping) or not all(isinstance(each, str) and each.strip() for each in columns.values()):
        raise ConfigError(f'source "{source.name}": "columns" must map fields to headings: {{ owner = "Responsible" }}')
    if unknown := next((each for each in columns if each not in FIELDS), None):
        raise ConfigError(f'source "{source.name}": no field "{unknown}"{nearest(unknown, FIELDS)}')
    scope = Scope(source.instance, instance=f"csv://{segment(source.instance)}")
    return SheetsClient(path, [scope], columns)


COLLECTOR = Collector(
    type="csv",
    title="Inventories as CSV",
    options=frozenset({"columns"}),
    connect=connect,
    tested="sheets made for it, in the spellings of common spreadsheets",
    listings=(
        Listing("csv.row", Files(("*.csv", "*.tsv")), entry, permission="read access to the files", precedence=5),
    ),
)
