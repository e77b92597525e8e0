"""What holds data, for the formats that tell it from what works on it."""

from __future__ import annotations

from siloscope.model import Asset
from siloscope.planning.assumptions import kind_of

DATA = frozenset("table bucket dataset container database stream topic queue feature-group".split())


def holds_data(asset: Asset) -> bool:
    """Whether an asset is data or carries it, by the last word of its kind."""
    return kind_of(asset) in DATA
