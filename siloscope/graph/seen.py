"""When assets were last seen, kept once a source instead of on every row.

Every scan sees nearly every asset again. Were `last_seen` part of the published rows, every scan would
rewrite all of them; kept apart, a scan in which nothing changed changes no row. An asset that was not
seen when its sources were last read (carried forward, not seen for a while) says so itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from siloscope.codec import changed, from_text, loads, to_text
from siloscope.model import Asset, dumps, from_json, present, to_json


def implied(sources: Iterable[str], times: Mapping[str, str]) -> str | None:
    """When what these sources see was last seen, if the latest of them still sees it."""
    return max((times[each] for each in sources if each in times), default=None)


def row_of(asset: Asset, times: Mapping[str, str]) -> dict[str, Any]:
    """The asset as JSON data, without a `last_seen` that follows from `times`: source by source, when it was read."""
    row = to_json(asset)
    known = implied(asset.sources, times)
    if known is not None and asset.last_seen == known:
        del row["last_seen"]
    elif known is not None and asset.last_seen is None:
        row["last_seen"] = None
    return row


def text_of(asset: Asset, times: Mapping[str, str]) -> str:
    """`row_of` as canonical JSON."""
    known = implied(asset.sources, times)
    if known is None or (asset.last_seen is not None and asset.last_seen != known):
        return to_text(asset)
    row = present(asset)
    if asset.last_seen is None:
        row["last_seen"] = None
    else:
        del row["last_seen"]
    return dumps(row)


def in_text(body: str, times: Mapping[str, str]) -> Asset:
    """The asset that `text_of` wrote with the same `times`."""
    asset = from_text(Asset, body)
    if asset.last_seen is not None or ('"last_seen":null' in body and "last_seen" in loads(body)):
        return asset
    return changed(asset, last_seen=implied(asset.sources, times))


def asset_of(row: Mapping[str, Any], times: Mapping[str, str]) -> Asset:
    """The asset that `row_of` wrote with the same `times`."""
    if "last_seen" not in row:
        row = {**row, "last_seen": implied(row.get("sources", ()), times)}
    return from_json(Asset, row)


def late(assets: Iterable[Asset], times: Mapping[str, str]) -> int:
    """How many assets of several sources say themselves when they were last seen.

    The next scan of one of those sources may move that time although it observes nothing new.
    """
    return sum(len(each.sources) > 1 and each.last_seen != implied(each.sources, times) for each in assets)
