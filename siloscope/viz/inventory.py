"""Assets and edges as columns: all of them for a page of its own, those of one tool for a page that is served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from siloscope.graph.columns import HOWS, VERBS
from siloscope.viz.columns import ID_LIMIT, Strings, front, plain, runs, sparse, web_address
from siloscope.viz.estate import Estate

Row = Mapping[str, Any]

WHERE_LIMIT = 60_000
"""Above this many edges the page leaves out where each reference stood, to stay small."""

FAMILIES = {
    "model": ("model", "endpoint", "experiment", "registry", "featurestore", "feature-group"),
    "automation": ("bot", "robot", "process", "automation", "flow", "zap", "recipe"),
    "data": ("table", "bucket", "dataset", "topic", "queue", "stream", "database", "schema", "view", "volume"),
    "job": ("job", "pipeline", "dag", "task", "trigger", "schedule", "connector", "function", "workflow"),
}
"""Words in the kind of an asset that decide its shape on the map; the last word of the kind counts most."""


def kinds(estate: Estate) -> list[str]:
    """All kinds of assets, sorted."""
    return sorted({str(row.get("kind") or "") for row in estate.assets})


def family(kind: str) -> str:
    """The family of a kind: model, automation, data, job or other."""
    for word in reversed(kind.lower().replace("_", ".").replace("/", ".").split(".")):
        for name, words in FAMILIES.items():
            if any(part in word for part in words):
                return name
    return "other"


def asset_columns(
    estate: Estate,
    first: int,
    last: int,
    strings: Strings,
    *,
    kind_at: Mapping[str, int],
    signs: Sequence[int],
    categories: Mapping[str, Sequence[int]],
    moves: Mapping[int, tuple[int, int]],
) -> dict[str, Any]:
    """The assets numbered `first` up to `last`, which must be whole tools."""
    rows = estate.assets[first:last]
    ids = [plain(row["id"], ID_LIMIT) for row in rows]
    names = [plain(row.get("name") or row["id"]) for row in rows]
    starts = [start - first for start in estate.starts if first <= start < last]
    tails = [_tail(name, id_) for name, id_ in zip(names, ids, strict=True)]
    homes = list(estate.island.values())
    numbers = range(first, last)
    return {
        "first": first,
        "count": len(rows),
        "id": front(ids, starts),
        "url": front([web_address(row.get("url")) for row in rows], starts)
        if any(r.get("url") for r in rows)
        else None,
        # A name that is the tail of its id is only so many characters; the others stand in full.
        "tail": runs(tails),
        "name": "\n".join(name for name, tail in zip(names, tails, strict=True) if not tail),
        "kind": runs([kind_at[str(row.get("kind") or "")] for row in rows]),
        "department": runs(
            [
                -1 if row.get("department") == homes[estate.tool_of[n]] else strings(row.get("department"))
                for n, row in zip(numbers, rows, strict=True)
            ]
        ),
        "owner": runs(strings.many(row.get("owner") for row in rows)),
        "environment": runs(strings.many(row.get("environment") for row in rows)),
        "source": runs([strings(", ".join(row.get("sources") or (row.get("source", ""),))) for row in rows]),
        "cost": runs([round(row.get("annual_cost") or 0) for row in rows]),
        "used": runs(strings.many(str(row.get("last_used") or "")[:10] for row in rows)),
        "capabilities": sparse([strings.many(row.get("capabilities") or ()) for row in rows], []),
        "sign": runs([signs[n] for n in numbers]),
        "stage": runs(categories["stage"][first:last]),
        "costClass": runs(categories["cost"][first:last]),
        "usedClass": runs(categories["use"][first:last]),
        "change": runs([estate.change.get(n, 0) for n in numbers]),
        "to": runs([moves.get(n, (-1, 0))[0] for n in numbers]),
        "wave": runs([moves.get(n, (-1, 0))[1] for n in numbers]),
    }


def _tail(name: str, id_: str) -> int:
    """The length of the name when the id ends in it and both count alike in UTF-16, else 0."""
    return len(name) if id_.isascii() and id_.endswith(name) else 0


def edge_columns(estate: Estate, strings: Strings) -> dict[str, Any]:
    """All edges, by source: how many each node has, their targets, one letter each for verb and how."""
    rows = estate.edges
    counts = Counter(row[0] for row in rows)
    last = max(counts, default=-1)
    return {"out": runs([counts[node] for node in range(last + 1)]), **_edges(estate, range(len(rows)), strings)}


def edges_of(estate: Estate, positions: Sequence[int], strings: Strings) -> dict[str, Any]:
    """The edges at some positions, each with its source."""
    return {"source": [estate.edges[at][0] for at in positions], **_edges(estate, positions, strings)}


def _edges(estate: Estate, positions: Sequence[int], strings: Strings) -> dict[str, Any]:
    rows = [estate.edges[at] for at in positions]
    verb_at: dict[str, str] = {verb: chr(97 + number) for number, verb in enumerate(VERBS)}
    how_at: dict[str, str] = {how: str(number) for number, how in enumerate(HOWS)}
    return {
        "target": [row[1] for row in rows],
        "verb": "".join(verb_at.get(row[2], "b") for row in rows),
        "how": "".join(how_at.get(row[3].get("how", "exact"), "0") for row in rows),
        "where": runs(strings.many(row[3].get("where") for row in rows)) if len(rows) <= WHERE_LIMIT else [],
        "confidence": runs([round(100 * float(row[3].get("confidence", 1.0))) for row in rows]),
        "change": runs([estate.edge_change[at] for at in positions]),
    }
