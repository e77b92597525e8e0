"""What changed: between two scans or exported graphs, over the versions of one asset, in the figures of many scans."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from siloscope.analysis import THRESHOLD, findings
from siloscope.analysis import rows as rows_of
from siloscope.analysis.fragmentation import fragmentation_index
from siloscope.analysis.silos import fragmentation
from siloscope.codec import from_data
from siloscope.errors import ConfigError
from siloscope.graph.build import with_silos
from siloscope.graph.history import ScanRow, Version, figures, lasting_graph, lasting_slice
from siloscope.graph.resolve import uncollected
from siloscope.graph.store import Store
from siloscope.graph.view import SCHEMA, Graph, asset_row, coverage_rows, edge_row, tool_row
from siloscope.model import Asset, Edge, Outside, Slice, Tool, from_json
from siloscope.version import __version__

T = TypeVar("T", Tool, Asset, Edge, Outside, Slice)

# What scans move, or what follows from the rest, without anything having changed.
_VOLATILE = frozenset({"last_seen", "first_seen", "last_complete", "last_used", "silo", "initiative"})
RELEASE = "release"  # among the figures of a scan: which release noted its findings
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

    def told(name: str, kind: type[T]) -> list[T]:
        return [from_json(kind, each) for each in document.get(name) or ()]

    graph = Graph.arranged(
        (scan.get("id") or "", scan.get("at") or ""),
        tools=told("tools", Tool),
        assets=told("assets", Asset),
        edges=told("edges", Edge),
        outside=told("outside", Outside),
        slices=told("slices", Slice),
    )
    loose = next((each for each in graph.edges if {each.source, each.target} - graph.number.keys()), None)
    if loose:
        raise ValueError(f"an end of {loose.source} {loose.verb} {loose.target} is not in the graph")
    return with_silos(graph)  # as this release tells them, whichever wrote the file


def changes(before: Graph, after: Graph) -> list[dict[str, Any]]:
    """Rows `{"what", "change": added|removed|changed, "id", "title", "fields"}`, sorted."""
    rows: list[dict[str, Any]] = []
    old, new = lasting_graph(before).document(), lasting_graph(after).document()
    for what in ("tools", "assets", "edges", "outside", "slices"):
        was = {_key(what, each): each for each in old[what]}
        now = {_key(what, each): each for each in new[what]}
        changed = (_changed(what, was.get(key), now.get(key)) for key in sorted(was.keys() | now.keys()))
        rows += [each for each in changed if each]
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


@uncollected()
def scan_changes(store: Store, before: ScanRow, after: ScanRow) -> list[dict[str, Any]]:
    """The same rows for two scans of one store, from the versions that differ; then findings that came or went.

    Findings are those noted with the scans. Where they were not noted, or by another release, they are found anew on
    both sides, so that a new rule is no change of the estate.
    """
    rows: dict[str, list[dict[str, Any]]] = {what: [] for what in _WHAT.values()}
    for each in store.between(before, after):
        if row := _changed(_WHAT[each.kind], each.before, each.after):
            rows[_WHAT[each.kind]].append(row)
    old, new = (
        {_key("slices", row): row for row in coverage_rows(map(lasting_slice, store.ledger(scan)))}
        for scan in (before, after)
    )
    slices = [row for key in sorted(old.keys() | new.keys()) if (row := _changed("slices", old.get(key), new.get(key)))]
    if _noted(before) and _noted(after):
        found = rows["findings"]
    else:
        found = findings_changes(*(found_rows(store.graph(each.id)) for each in (before, after)))
    things = [each for what in ("tools", "assets", "edges", "outside") for each in sorted(rows[what], key=_by_id)]
    return [*things, *slices, *found]


_WHAT = {"tool": "tools", "asset": "assets", "edge": "edges", "outside": "outside", "finding": "findings"}


def _by_id(row: Mapping[str, Any]) -> str:
    return str(row["id"])


def _changed(what: str, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A row of `changes` for one thing, or None when only what moves by itself differs."""
    told = now or was or {}
    if was is None or now is None:
        added, removed = ("appeared", "gone") if what == "findings" else ("added", "removed")
        title = str(told["title"]) if what == "findings" else _title(told)
        return _row(what, removed if now is None else added, _key(what, told), title)
    if what == "findings":
        return None  # its score moved
    # Fields that only one side has may hold on the other what is left out when nothing is said.
    old, new = (was, now) if was.keys() == now.keys() else (_full(what, each) for each in (was, now))
    fields = sorted(
        name for name in old.keys() | new.keys() if name not in _VOLATILE and old.get(name) != new.get(name)
    )
    return _row(what, "changed", _key(what, told), _title(told), fields) if fields else None


def _full(what: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record's JSON data with every field, as the contract spells it."""
    spelt: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "tools": lambda each: tool_row(from_data(Tool, each)),
        "assets": lambda each: asset_row(from_data(Asset, each)),
        "edges": lambda each: edge_row(from_data(Edge, each)),
    }
    return spelt[what](row) if what in spelt else row


def _noted(scan: ScanRow) -> bool:
    """Whether the findings of a scan were noted, by this release."""
    return "findings" in scan.figures and scan.figures.get(RELEASE) == __version__


def figures_of(store: Store, scan: ScanRow) -> dict[str, Any]:
    """The headline figures of a scan, those of fragmentation among them."""
    told = {name: value for name, value in scan.figures.items() if name != RELEASE}
    return told if _noted(scan) else {**told, **_spread(store.graph(scan.id))}


def figures_in(graph: Graph) -> dict[str, Any]:
    """The same for a graph at hand."""
    return {**figures(graph), **_spread(graph)}


def _spread(graph: Graph) -> dict[str, Any]:
    """The figures of fragmentation."""
    index = fragmentation_index(graph, deals=0)
    return {**fragmentation(graph), "fragmentation_index": index.index if index else None}


def found_rows(graph: Graph) -> list[dict[str, Any]]:
    """What is found by what lasts: use, which history does not keep, counts on neither side."""
    return rows_of(each for each in findings(lasting_graph(graph)) if each.score >= THRESHOLD)


def note(store: Store, graph: Graph) -> int:
    """Keep what is found in the graph that is published, and its figures, with the scan; how many there are."""
    found = rows_of(each for each in findings(graph, store.verdicts()) if each.score >= THRESHOLD)
    store.note_findings(found, {**_spread(graph), RELEASE: __version__})
    return len(found)


def findings_changes(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as of `changes` for rows of `siloscope/findings/1`: `appeared` or `gone`, by rule."""
    was, now = ({each["id"]: each for each in rows} for rows in (before, after))
    keys = sorted(was.keys() ^ now.keys())
    return [row for key in keys if (row := _changed("findings", was.get(key), now.get(key)))]


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

    `change` is `first seen` (`known before` what is remembered), `changed` (a row a field), `gone` or `back`.
    """
    at = {each.id: each.at for each in scans}
    first = scans[0].id if scans else ""
    rows: list[dict[str, Any]] = []

    def tell(scan: str, change: str, field: str | None = None, was: Any = None, now: Any = None) -> None:
        rows.append({"scan": scan, "at": at[scan], "change": change, "field": field, "before": was, "after": now})

    for _, group in groupby(versions, key=lambda each: each.kind):
        last: Version | None = None
        for each in group:
            if last is None:
                # What a prune forgot is not told: it was so already in the first scan that is remembered.
                tell(each.from_scan or first, "first seen" if each.from_scan else "known before")
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


def edge_story(versions: Sequence[Version], scans: Sequence[ScanRow]) -> list[dict[str, Any]]:
    """The same for edges, each row with its `edge`."""
    rows = []
    for _, group in groupby(versions, key=lambda each: each.id):
        told = list(group)
        rows += [{"edge": _key("edges", told[0].body), **each} for each in story(told, scans)]
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
