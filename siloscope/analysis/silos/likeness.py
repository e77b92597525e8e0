"""When two assets are about the same thing: the words of their names, the columns and keys of their shapes."""

from __future__ import annotations

import re

from siloscope.analysis.common import listed
from siloscope.model import Asset, Evidence

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")
_STAGES = frozenset(
    "dev test prod production staging stage stg uat qa copy old new tmp temp final main master v".split()
)
_KEY = re.compile(r"(_id|_key|_no|_number|_code|_ref|id)$")
_SAME_KEYS = 2


def words(name: str) -> tuple[str, ...]:
    """The words of a name in order of the alphabet, without case, stages, versions and the plural.

    `CustomerChurns_v2` and `customer-churn-prod` are the same words.
    """
    parts = (each.lower() for each in _PARTS.findall(name))
    return tuple(sorted({each[:-1] if len(each) > 3 and each.endswith("s") else each for each in parts} - _STAGES))


def columns_of(asset: Asset) -> frozenset[str]:
    """The column names in a shape, in lower case."""
    return frozenset(key[7:].lower() for key in asset.shape if key.startswith("column:"))


def in_common(one: frozenset[str] | None, two: frozenset[str] | None) -> list[Evidence]:
    """What two schemas share: columns as a share of all, and keys by name."""
    if not one or not two or not one & two:
        return []
    both = one & two
    said = [Evidence(f"{len(both)} of {len(one | two)} columns in common", round(0.3 * len(both) / len(one | two), 4))]
    if keys := sorted(each for each in both if is_key(each)):
        said.append(Evidence(f"joined by {listed(keys, 3)}", 0.2 if len(keys) >= _SAME_KEYS else 0.15))
    return said


def is_key(column: str) -> bool:
    """Whether a column is by its name one to join on."""
    return _KEY.search(column) is not None
