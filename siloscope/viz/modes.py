"""What colours can say: finding, capability, vendor, stage, cost, last use; each category with a letter of its own.

A category is a small number; -1 is "not known" and is never coloured. Tools have one for capability and
vendor; for the other modes their assets have one each, and a tool shows their shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from siloscope.viz.columns import plain
from siloscope.viz.estate import Estate
from siloscope.viz.rules import SIGNS

Row = Mapping[str, Any]

MOST = 7
"""More categories than this cannot be told apart; the rest is one more."""
OTHER = "other"
COST_STEPS = (
    (100, "under 100 a year"),
    (1_000, "100 to 1,000"),
    (10_000, "1,000 to 10,000"),
    (100_000, "10,000 to 100,000"),
)
COST_TOP = "over 100,000"
USE_STEPS = ((30, "within 30 days"), (90, "within 90 days"), (180, "within half a year"), (365, "within a year"))
USE_TOP = "longer ago"


def modes(estate: Estate, signs: Sequence[int], scan_at: str) -> tuple[list[dict[str, Any]], dict[str, list[int]]]:
    """The modes with their legends and what each tool shows, and the categories of all assets by mode.

    Args:
        estate: the estate.
        signs: the sign of every node, or -1.
        scan_at: when the scan was; last use is told from there.
    """
    assets = estate.assets
    stage_names = _frequent((str(row.get("environment") or "") for row in assets), 1)
    today = _day(scan_at) or max((_day(row.get("last_used")) or 0 for row in assets), default=0)
    by_asset = {
        "finding": list(signs[: len(assets)]),
        "stage": [_place(str(row.get("environment") or ""), stage_names) for row in assets],
        "cost": [_step(row.get("annual_cost") or 0, COST_STEPS) if row.get("annual_cost") else -1 for row in assets],
        "use": [_used(row, today) for row in assets],
    }
    capabilities = [_first(row.get("capabilities")) for row in estate.tools.values()]
    vendors = [str(row.get("vendor") or "") for row in estate.tools.values()]
    counts = list(estate.counts.values())
    found = [
        {"key": "finding", "label": "Finding", "legend": [[sign.letter, sign.label] for sign in SIGNS]},
        _tool_mode("capability", "Capability", capabilities, counts),
        _tool_mode("vendor", "Vendor", vendors, counts),
        {"key": "stage", "label": "Stage", "legend": letters([*stage_names])},
        {"key": "cost", "label": "Cost", "legend": _steps(COST_STEPS, COST_TOP), "scale": 1},
        {"key": "use", "label": "Last use", "legend": _steps(USE_STEPS, USE_TOP), "scale": 1},
    ]
    for mode in found:
        if mode["key"] in by_asset:
            mode["shares"] = _shares(estate, by_asset[mode["key"]])
    return found, by_asset


def _tool_mode(key: str, label: str, values: list[str], weights: list[int]) -> dict[str, Any]:
    names = _frequent((value for value, weight in zip(values, weights, strict=True) for _ in range(max(weight, 1))), 0)
    return {"key": key, "label": label, "legend": letters(names), "tools": [_place(value, names) for value in values]}


def _frequent(values: Iterable[str], least: int) -> list[str]:
    """The most frequent values, by frequency, and `other` when some are left over."""
    counts = Counter(value for value in values if value)
    ranked = sorted((name for name in counts if counts[name] > least), key=lambda name: (-counts[name], name))
    return ranked[:MOST] + ([OTHER] if len(counts) > min(len(ranked), MOST) else [])


def _place(value: str, names: list[str]) -> int:
    if not value:
        return -1
    return names.index(value) if value in names else len(names) - 1


def letters(names: Sequence[str]) -> list[list[str]]:
    """(letter, name) for each: the first letter of it that is free, else the first free of the alphabet."""
    taken: set[str] = set()
    out = []
    for name in names:
        label = plain(name)
        letter = next(
            (c for c in (label + "ABCDEFGHIJKLMNOPQRSTUVWXYZ").upper() if "A" <= c <= "Z" and c not in taken), "?"
        )
        taken.add(letter)
        out.append([letter, label])
    return out


def _steps(steps: Sequence[tuple[int, str]], top: str) -> list[list[str]]:
    return [[str(number), label] for number, label in enumerate([*(label for _, label in steps), top], start=1)]


def _step(value: float, steps: Sequence[tuple[int, str]]) -> int:
    return next((number for number, (most, _) in enumerate(steps) if value <= most), len(steps))


def _used(row: Row, today: int) -> int:
    day = _day(row.get("last_used"))
    return -1 if day is None else _step(max(today - day, 0), USE_STEPS)


def _day(text: object) -> int | None:
    """Days since year one of an ISO time."""
    try:
        return date.fromisoformat(str(text or "")[:10]).toordinal()
    except ValueError:
        return None


def _first(values: Sequence[str] | None) -> str:
    return str(values[0]) if values else ""


def _shares(estate: Estate, categories: Sequence[int]) -> list[list[int]]:
    """Per tool: category, number of its assets, and so on, in the order of the legend; unknown ones left out."""
    out = []
    for start, end in zip(estate.starts, estate.starts[1:], strict=False):
        counts = Counter(category for category in categories[start:end] if category >= 0)
        out.append([part for category in sorted(counts) for part in (category, counts[category])])
    return out
