"""When assets were last seen, kept once for each set of observers instead of on every row.

Every scan sees nearly every asset again. Were `last_seen` part of the published rows, every scan would
rewrite all of them; kept apart, a scan in which nothing changed changes no row. An asset that differs
from the others of its observers (carried forward, not seen for a while) says so itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from siloscope.model import Asset, dumps, from_json, to_json


def common_times(assets: Iterable[Asset]) -> dict[str, str]:
    """For each set of observers, when most of its assets were last seen (ISO 8601); the latest of equals."""
    times: dict[str, Counter[str]] = defaultdict(Counter)
    for each in assets:
        if each.last_seen is not None:
            times[_observers(each.sources)][each.last_seen] += 1
    return {key: max(found, key=lambda at: (found[at], at)) for key, found in sorted(times.items())}


def row_of(asset: Asset, times: Mapping[str, str]) -> dict[str, Any]:
    """The asset as JSON data, without a `last_seen` that `times` knows."""
    row = to_json(asset)
    known = times.get(_observers(asset.sources))
    if known is not None and asset.last_seen == known:
        del row["last_seen"]
    elif known is not None and asset.last_seen is None:
        row["last_seen"] = None
    return row


def asset_of(row: Mapping[str, Any], times: Mapping[str, str]) -> Asset:
    """The asset that `row_of` wrote with the same `times`."""
    if "last_seen" not in row:
        row = {**row, "last_seen": times.get(_observers(row.get("sources", ())))}
    return from_json(Asset, row)


def _observers(sources: Iterable[str]) -> str:
    return dumps(list(sources))
