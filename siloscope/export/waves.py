"""What people need to know of a wave before it begins, while it runs and to end it, the same in page and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siloscope.export.drawing import money


def facts(wave: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, told) of a wave of `siloscope/plan/1`; what there is nothing to tell about is left out."""
    budget = "" if wave["budget"] is None else f" of {money(wave['budget'])}"
    told = [
        ("work", f"{wave['work_days']:g} of {wave['days_available']:g} days"),
        ("paid once", f"{money(wave['one_time_cost'])}{budget}"),
        ("saves a year", money(wave["annual_saving"])),
        ("saving from month", savings(wave) or "nothing yet"),
        ("tools gone", ", ".join(wave["tools_gone"]) or "none"),
        ("not before", "; ".join(wave["waits"])),
        ("temporary bridges", "; ".join(wave["temporary_bridges"])),
        ("depends on it", reach(wave) if wave["moves"] else ""),
        ("linked to what stays", f"{wave['risk']:.0%} of the moves" if wave["moves"] else ""),
        ("way back", wave["rollback"]),
        ("to start", "; ".join(wave["entry"])),
        ("to end", "; ".join(wave["exit"])),
        ("have to agree", ", ".join(wave["agree"]) or "nobody beyond the team"),
    ]
    return [(key, each) for key, each in told if each]


def savings(wave: Mapping[str, Any]) -> str:
    """From which month each tool of a wave saves."""
    return ", ".join(f"{month} ({tool})" for tool, month in wave["saving_from_month"].items())


def reach(wave: Mapping[str, Any]) -> str:
    """What depends on the moves of a wave."""
    blast = wave["blast_radius"]
    where = ", ".join(f"{key} {count}" for key, count in blast["departments"].items())
    return f"{blast['assets']} assets ({blast['production']} in production){': ' if where else ''}{where}"


def order(summary: Mapping[str, Any]) -> str:
    """How good the order of the waves is, in words."""
    cost, bound = summary["schedule"]["cost"], summary["schedule"]["bound"]
    if summary["schedule"]["status"] == "optimal":
        return "No order of these moves lets tools go sooner, by what they cost: proven."
    return f"Another order of these moves could make what waiting costs at most {1 - bound / cost:.0%} less."
