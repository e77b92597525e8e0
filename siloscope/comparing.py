"""What changed: between two graphs, over the versions of one asset, and in the figures of many scans."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from siloscope.errors import ConfigError
from siloscope.graph.history import ScanRow, Version, lasting_graph
from siloscope.graph.view import SCHEMA, Graph
from siloscope.model import Asset, Edge, Outside, Slice, Tool, from_json

# What scans move, or what follows from the rest, without anything having changed.
_VOLATILE = frozenset({"last_seen", "first_seen", "last_complete", "last_used", "silo"})
_BARS = "▁▂▃▄▅▆▇█"


def load(file: Path) -> Graph:
    """The graph of an exported document.

    Raises:
        ConfigError: The file is no `siloscope/graph/1` document.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: not a JSON document: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ConfigError(f"{file}: not an exported graph ({SCHEMA}); `siloscope export --format json` writes one")
    try:
        return _graph(document)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(f"{file}: malformed: {type(error).__name__}: {error}") from error


def _graph(document: Mapping[str, Any]) -> Graph:
    scan = document.get("scan") or {}
    edges = [from_json(Edge, each) for each in document.get("edges") or ()]
    graph = Graph(
        scan_id=scan.get("id") or "",
        scan_at=scan.get("at") or "",
        tools=tuple(sorted((from_json(Tool, each) for each in document.get("tools") or ()), key=_id)),
        assets=tuple(sorted((from_json(Asset, each) for each in document.get("assets") or ()), key=_id)),
        edges=tuple(sorted(edges, key=lambda each: (each.source, each.target, each.verb.value, each.name))),
        outside=tuple(sorted((from_json(Outside, each) for each in document.get("outside") or ()), key=_id)),
        slices=tuple(from_json(Slice, each) for each in document.get("slices") or ()),
    )
    loose = next((each for each in graph.edges if {each.source, each.target} - graph.number.keys()), None)
    if loose:
        raise ValueError(f"an end of {loose.source} {loose.verb} {loose.target} is not in the graph")
    return graph


def _id(record: Asset | Tool | Outside) -> str:
    return record.id


def changes(before: Graph, after: Graph) -> list[dict[str, Any]]:
    """Rows `{"what", "change": added|removed|changed, "id", "title", "fields"}`, sorted."""
    rows: list[dict[str, Any]] = []
    old, new = lasting_graph(before).document(), lasting_graph(after).document()
    for what in ("tools", "assets", "edges", "outside", "slices"):
        was = {_key(what, each): each for each in old[what]}
        now = {_key(what, each): each for each in new[what]}
        for key in sorted(was.keys() | now.keys()):
            title = _title(now.get(key) or was[key])
            if key not in was or key not in now:
                rows.append(_row(what, "added" if key in now else "removed", key, title))
                continue
            fields = sorted(name for name in now[key] if name not in _VOLATILE and now[key][name] != was[key].get(name))
            if fields:
                rows.append(_row(what, "changed", key, title, fields))
    return rows


def _row(what: str, change: str, key: str, title: str, fields: Sequence[str] = ()) -> dict[str, Any]:
    return {"what": what, "change": change, "id": key, "title": title, "fields": list(fields)}


def _key(what: str, row: Mapping[str, Any]) -> str:
    if what == "edges":
        return f"{row['source']} {row['verb']} {row['target']} ({row.get('name', '')})"
    if what == "slices":
        return f"{row['source']}/{row['listing']}/{row['scope']}"
    return str(row["id"])


def _title(row: Mapping[str, Any]) -> str:
    if "product" in row:
        return f"{row['product']} {row['instance']}".strip()
    return str(row.get("name") or "") if "verb" not in row else ""


def findings_changes(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as of `changes` for rows of `siloscope/findings/1`: `appeared` or `gone`, by rule."""
    was, now = ({each["id"]: each for each in rows} for rows in (before, after))
    rows = [_row("findings", "appeared", key, now[key]["title"]) for key in now.keys() - was.keys()]
    rows += [_row("findings", "gone", key, was[key]["title"]) for key in was.keys() - now.keys()]
    rule = {key: each["rule"] for found in (was, now) for key, each in found.items()}
    return sorted(rows, key=lambda row: (rule[row["id"]], row["change"], row["id"]))


def figure_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows as of `changes` for figures that differ; the title says from what to what."""
    names = dict.fromkeys((*before, *after))
    return [
        _row("figures", "changed", name, f"{_said(before.get(name))} to {_said(after.get(name))}")
        for name in names
        if before.get(name) != after.get(name)
    ]


def _said(value: Any) -> str:
    return "unknown" if value is None else f"{value:,}"


def story(versions: Sequence[Version], scans: Sequence[ScanRow]) -> list[dict[str, Any]]:
    """What happened to something: rows `{"scan", "at", "change", "field", "before", "after"}`, the oldest first.

    `change` is `first seen`, `changed` (a row a field), `gone` or `back`.
    """
    at = {each.id: each.at for each in scans}
    rows: list[dict[str, Any]] = []

    def tell(scan: str, change: str, field: str | None = None, was: Any = None, now: Any = None) -> None:
        rows.append({"scan": scan, "at": at[scan], "change": change, "field": field, "before": was, "after": now})

    for _, group in groupby(versions, key=lambda each: each.kind):
        last: Version | None = None
        for each in group:
            if last is None:
                tell(each.from_scan, "first seen")
            else:
                if last.to_scan != each.from_scan:
                    tell(str(last.to_scan), "gone")
                    tell(each.from_scan, "back")
                for field, was, now in _fields(last.body, each.body):
                    tell(each.from_scan, "changed", field, was, now)
            last = each
        if last and last.to_scan:
            tell(last.to_scan, "gone")
    return rows


def _fields(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Fields that differ, those of facts and shapes each by its own name."""
    old, new = (dict(_flat(each)) for each in (was, now))
    for name in sorted(old.keys() | new.keys()):
        if name not in _VOLATILE and old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield name, value


def sparkline(values: Sequence[float | None]) -> str:
    """A bar a value, from the lowest to the highest of them; a gap where nothing is known."""
    known = [each for each in values if each is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    top = len(_BARS) - 1
    return "".join(
        " " if each is None else _BARS[round((each - low) / span * top) if span else top // 2] for each in values
    )
