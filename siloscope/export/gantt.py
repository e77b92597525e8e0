"""The waves as a Mermaid Gantt chart, for Markdown pages that render one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import MAXYEAR, date
from typing import Any

from siloscope.times import normal


def gantt(plan: Mapping[str, Any]) -> str:
    """Sections are waves; bars are the tools whose assets move in them, with how many."""
    at = normal(plan["scan"]["at"])
    begin = date.fromisoformat(at[:10]) if at else date(2000, 1, 1)
    lines = ["gantt", "    title Consolidation plan", "    dateFormat YYYY-MM-DD", "    axisFormat %b %Y"]
    for wave in plan["waves"]:
        start, end = (_after(begin, wave["start_month"] + m) for m in (0, wave["months"]))
        lines.append(f"    section Wave {wave['number']}")
        moves: dict[tuple[str, str], int] = {}
        for each in plan["moves"]:
            if each["wave"] == wave["number"]:
                way = each["from"], each["to"]
                moves[way] = moves.get(way, 0) + 1
        for (origin, target), count in sorted(moves.items()):
            lines.append(f"    {_plain(origin)} to {_plain(target)} ({count} moves) : {start}, {end}")
        if not moves:
            lines.append(f"    {wave['work_days']:g} days of work, no moves : {start}, {end}")
        lines += [f"    {_plain(tool)} is switched off : milestone, {end}, 0d" for tool in wave["tools_gone"]]
    return "\n".join(lines) + "\n"


def _after(day: date, months: int) -> str:
    years, month = divmod(day.month - 1 + months, 12)
    return date(min(day.year + years, MAXYEAR), month + 1, 1).isoformat()


def _plain(text: str) -> str:
    """Mermaid ends a name at a colon, semicolon, comma or hash, and has no way to quote one."""
    return re.sub(r"[^\w./ -]+", " ", text).strip()[:80] or "unnamed"
