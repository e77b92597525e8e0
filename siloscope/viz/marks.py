"""Findings and plan as columns, and the mark each node of the map carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from siloscope.viz.columns import Strings, runs
from siloscope.viz.estate import Estate, Flow, flows, islands
from siloscope.viz.rules import SIGNS, sign_of

Row = Mapping[str, Any]
DISPOSITIONS = ("keep", "migrate", "retire", "tolerate")


def finding_rows(estate: Estate, findings: Iterable[Row], strings: Strings) -> list[dict[str, Any]]:
    """Findings that were not rejected, the most valuable first, with subjects as node numbers.

    Subjects that are not on the map (a department, something gone) stay as text in `others`.
    """
    kept = [row for row in findings if row.get("state") != "rejected"]
    kept.sort(key=lambda row: (-(row.get("annual_saving") or 0), -(row.get("score") or 0), str(row.get("id"))))
    return [_finding(estate, row, strings) for row in kept]


def _finding(estate: Estate, row: Row, strings: Strings) -> dict[str, Any]:
    subjects = [str(subject) for subject in row.get("subjects", ())]
    entry: dict[str, Any] = {
        "id": str(row.get("id", "")),
        "rule": strings(row.get("rule")),
        "sign": sign_of(str(row.get("rule"))),
        "title": strings(row.get("title") or row.get("rule")),
        "score": round(float(row.get("score") or 0), 4),
        "severity": strings(row.get("severity")),
        "coverage": strings(row.get("coverage")),
        "subjects": [estate.number[subject] for subject in subjects if subject in estate.number],
    }
    others = [strings(subject) for subject in subjects if subject not in estate.number]
    because = [
        [strings(part.get("says"), 600), round(float(part.get("weight") or 0), 3)] for part in row.get("because", ())
    ]
    saving = row.get("annual_saving")
    optional = {"others": others, "because": because, "saving": round(saving) if saving else 0}
    entry |= {key: value for key, value in optional.items() if value}
    if row.get("scale") == "points":
        entry["points"] = 1
    if row.get("state") == "accepted":
        entry["accepted"] = strings(row.get("reason") or "accepted")
    return entry


def duplicate_flows(estate: Estate, rows: Sequence[Mapping[str, Any]]) -> list[Flow]:
    """Between which islands the members of duplicate findings stand, each copy counted to its keeper."""
    where = islands(estate)
    pairs = [
        (where[other] or None, where[row["subjects"][0]] or None)
        for row in rows
        if SIGNS[row["sign"]].letter == "D" and len(row["subjects"]) > 1 and "accepted" not in row
        for other in row["subjects"][1:]
    ]
    return flows(pairs)


def plan_block(estate: Estate, plan: Row, strings: Strings) -> tuple[dict[str, Any], list[Flow]]:
    """The plan as columns (by tool: disposition, target, reasons; by asset: its move) and its flows."""
    tools = list(estate.tools)
    by_tool = {str(row["tool"]): row for row in plan.get("dispositions", ())}
    rows = [by_tool.get(name, {}) for name in tools]
    moves = [
        [estate.number[str(move["asset"])], estate.number.get(str(move.get("to")), -1), int(move.get("wave") or 0)]
        for move in plan.get("moves", ())
        if str(move.get("asset")) in estate.number
    ]
    where = islands(estate)
    block = {
        "summary": {
            key: value
            for key, value in sorted(dict(plan.get("summary", {})).items())
            if isinstance(value, int | float) and not isinstance(value, bool)
        },
        "disposition": [
            DISPOSITIONS.index(row["disposition"]) if row.get("disposition") in DISPOSITIONS else -1 for row in rows
        ],
        "target": [estate.number.get(str(row.get("target")), -1) for row in rows],
        "because": [
            [[strings(p.get("says"), 600), round(float(p.get("weight") or 0), 2)] for p in row.get("because", ())]
            for row in rows
        ],
        "moves": {
            # The difference to the asset before: whole tools move, so most are 1.
            "asset": runs([b[0] - a[0] for a, b in pairwise([[0], *sorted(moves)])]),
            "to": runs([move[1] for move in sorted(moves)]),
            "wave": runs([move[2] for move in sorted(moves)]),
        },
        "waves": len(plan.get("waves", ())),
    }
    pairs = [(where[asset] or None, (where[to] or None) if to >= 0 else None) for asset, to, _ in sorted(moves)]
    return block, flows(pairs)
