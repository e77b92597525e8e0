"""How several observations of one thing become one: field by field, the first that knows wins.

Observers are ordered by declared precedence before they come here, so "first" means "most to be
believed". Times of last use take the latest, of creation the earliest; names, sources and facts unite.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from siloscope.codec import changed
from siloscope.model import Asset, Description, Observation, Reference

Record = TypeVar("Record", bound=Observation)
_UNITED = frozenset({"names", "capabilities", "sources"})
_LATEST = frozenset({"last_used", "last_seen"})
_EARLIEST = frozenset({"created", "first_seen"})


def merged(first: Record, second: Record) -> Record:
    """One record out of two of the same key; `first` wins where both know."""
    if isinstance(first, Reference):
        return first
    values: dict[str, Any] = {}
    for item in fields(first):
        a, b = getattr(first, item.name), getattr(second, item.name)
        if a != b and b not in (None, (), ""):
            values[item.name] = _joined(item.name, a, b)
    return changed(first, **values) if values else first


def _joined(name: str, a: Any, b: Any) -> Any:
    if name in _UNITED:
        return tuple(sorted({*a, *b})) if name != "sources" else tuple(dict.fromkeys((*a, *b)))
    if name == "facts":
        return {**b, **a}
    if a in (None, (), "") or (name == "shape" and not a):
        return b
    if name in _LATEST:
        return max(a, b)
    return min(a, b) if name in _EARLIEST else a


def described(asset: Asset, description: Description) -> Asset:
    """The asset with what a description adds; what the asset's own inventory says wins."""
    return merged(
        asset,
        Asset(
            id=asset.id,
            kind=asset.kind,
            name=asset.name,
            tool=asset.tool,
            names=description.names,
            url=description.url,
            owner=description.owner,
            department=description.department,
            environment=description.environment,
            created=description.created,
            last_used=description.last_used,
            annual_cost=description.annual_cost,
            facts=description.facts,
        ),
    )


def all_merged(records: Iterable[Record]) -> Record:
    """One record out of many, in order of precedence."""
    result: Record | None = None
    for each in records:
        result = each if result is None else merged(result, each)
    if result is None:
        raise ValueError("nothing to merge")
    return result
