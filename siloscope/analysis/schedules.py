"""How often things run by their schedules: cron lines of five fields, and Quartz's of six or seven."""

from __future__ import annotations

import re
from collections.abc import Mapping

from siloscope.analysis.initiatives import Profile, switched
from siloscope.graph.initiatives import SCHEDULE
from siloscope.graph.view import Graph

_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_WRAPPED = re.compile(r"cron\((.+)\)|rate\((\d+) (minute|hour|day)s?\)")
_NO_NAMES: Mapping[str, int] = {}
_ANY = ("*", "?")
_A_YEAR = {"minute": 365 * 24 * 60, "hour": 365 * 24, "day": 365}


def runs_a_year(graph: Graph, profile: Profile) -> float:
    """Runs a year by the schedules of an initiative that are on; 0 when none says."""
    members = (*profile.core, *(graph.asset[key] for key in profile.initiative.roles.get(SCHEDULE, ())))
    on = [each.facts for each in members if switched(each) is not False]
    return sum(per_year(str(each.get("cron") or each.get("schedule") or "")) or 0.0 for each in on)


def per_year(text: str) -> float | None:
    """Runs a year of `0 7 * * MON-FRI`, `0 0 6 1 * ?` (Quartz), `cron(...)`, `rate(5 minutes)`; None of other text."""
    if found := _WRAPPED.fullmatch(text.strip()):
        if found[2]:
            return _A_YEAR[found[3]] / int(found[2]) if int(found[2]) else None
        return _fields(["0", *found[1].split()])
    fields = text.split()
    return _fields(["0", *fields] if len(fields) == 5 else fields)


def _fields(fields: list[str]) -> float | None:
    if not 6 <= len(fields) <= 7:
        return None
    second, minute, hour, day, month, weekday = fields[:6]
    counts = [
        _count(second, 60), _count(minute, 60), _count(hour, 24), _count(day, 31), _count(month, 12, _MONTHS),
        _count(weekday, 7, _DAYS),
    ]  # fmt: skip
    if None in counts:
        return None
    seconds, minutes, hours, days, months, weekdays = (each or 0 for each in counts)
    daily = seconds * minutes * hours
    if day in _ANY:
        return float(daily * weekdays * 365 / 7 * months / 12)
    return float(daily * days * months)


def _count(field: str, size: int, names: Mapping[str, int] = _NO_NAMES) -> int | None:
    """How many values of a field's range it matches; None when it is no field."""
    if field in _ANY:
        return size
    counts = [_part(each, size, names) for each in field.lower().split(",")]
    return None if None in counts else sum(each or 0 for each in counts)


def _part(part: str, size: int, names: Mapping[str, int]) -> int | None:
    """How many values a part of a field matches: a value, a span, either with a step."""
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    low, high = _value(first, names), _value(last, names)
    if span in _ANY:
        reach = size
    elif low is None or (last and high is None):
        # `L` and `1#2` (the last, the second Monday) are one day each.
        return 1 if re.fullmatch(r"l|\d[l#w]\d?|lw", part) else None
    elif high is not None:
        reach = (high - low) % size + 1
    else:
        reach = size - low if step else 1
    if not step:
        return reach
    return -(-reach // int(step)) if step.isdecimal() and int(step) and reach > 0 else None


def _value(text: str, names: Mapping[str, int]) -> int | None:
    return int(text) if text.isdecimal() else names.get(text)
