"""Times as ISO 8601 strings in UTC, the one form the graph holds."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any


def from_millis(value: Any) -> str | None:
    """Epoch milliseconds (number or digits) -> `2026-01-31T12:00:00Z`; None for anything else or zero."""
    try:
        seconds = int(value) / 1000
    except (TypeError, ValueError, OverflowError):
        return None
    return from_seconds(seconds)


def from_seconds(value: float) -> str | None:
    """Epoch seconds -> ISO 8601; None for zero, negative and impossible ones."""
    if value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


def normal(value: Any) -> str | None:
    """Any ISO 8601 spelling -> `2026-01-31T12:00:00Z`; None when it is no time. Without a zone it is UTC."""
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip().removesuffix(" UTC").replace(" ", "T", 1)
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def days_between(earlier: str, later: str) -> float:
    """Days from one normal time to another; negative when they are the other way round."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds() / 86400


def before(moment: str, span: str) -> str | None:
    """The normal time a span (`90d`, `24m`, `5y`) before another; None when it is no span.

    Months and years go by the calendar: a month before 31 March is the last day of February.
    """
    found = re.fullmatch(r"([1-9]\d{0,4})([dmy])", span.strip())
    if not found:
        return None
    count, unit, at = int(found[1]), found[2], datetime.fromisoformat(moment)
    try:
        if unit == "d":
            at -= timedelta(days=count)
        else:
            month = at.year * 12 + at.month - 1 - count * (12 if unit == "y" else 1)
            year, month = divmod(month, 12)
            at = at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return datetime(1, 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    return at.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
