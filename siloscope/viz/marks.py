"""Findings and plan as columns, and the mark each node of the map carries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from siloscope.viz.columns import Strings
from siloscope.viz.estate import GONE, NEW, Estate, Flow, depends, flows
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
        "subjects": [estate.number[subject] for subject in subjects if subject in estate.number],
    }
    others = [strings(subject) for subject in subjects if subject not in estate.number]
    because = [
        [strings(part.get("says"), 600), round(float(part.get("weight") or 0), 3)] for part in row.get("because", ())
    ]
    saving = row.get("annual_saving")
    coverage = row.get("coverage")
    optional = {
        "others": others,
        "because": because,
        "saving": round(saving) if saving else 0,
        "coverage": strings(coverage) if coverage != "complete" else 0,
        "points": int(row.get("scale") == "points"),
        "accepted": strings(row.get("reason") or "accepted") if row.get("state") == "accepted" else 0,
    }
    return entry | {key: value for key, value in optional.items() if value}


def signs(estate: Estate, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The sign of every node by number: the first in the order of `SIGNS`, accepted findings left out, or -1."""
    best = [-1] * (estate.first_outside + len(estate.outside))
    for row in rows:
        if "accepted" not in row:
            for node in row["subjects"]:
                best[node] = row["sign"] if best[node] < 0 else min(best[node], row["sign"])
    return best


def duplicate_flows(estate: Estate, rows: Sequence[Mapping[str, Any]]) -> list[Flow]:
    """Between which islands the members of duplicate findings stand, each copy counted to its keeper."""
    where = estate.where
    return flows(
        (where[other], where[row["subjects"][0]])
        for row in rows
        if SIGNS[row["sign"]].letter == "D" and len(row["subjects"]) > 1 and "accepted" not in row
        for other in row["subjects"][1:]
    )


def change_flows(estate: Estate) -> list[Flow]:
    """Between islands: `there` counts dependencies that are new, `back` those that are gone."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    where = estate.where
    for (source, target, verb, _), change in zip(estate.edges, estate.edge_change, strict=True):
        a, b = sorted((where[source], where[target]))
        if change in (NEW, GONE) and a and a != b and depends(verb):
            counts[a, b][change == GONE] += 1
    return [Flow(a, b, new, gone) for (a, b), (new, gone) in sorted(counts.items())]


def plan_block(
    estate: Estate, plan: Row, strings: Strings
) -> tuple[dict[str, Any], list[Flow], dict[int, tuple[int, int]]]:
    """The plan: what becomes of each tool, its flows between islands, and the move of each asset as (tool, wave)."""
    by_tool = {str(row["tool"]): row for row in plan.get("dispositions", ())}
    rows = [by_tool.get(name, {}) for name in estate.tools]
    moves: dict[int, tuple[int, int]] = {}
    for move in plan.get("moves", ()):
        node, to = estate.number.get(str(move.get("asset")), -1), estate.number.get(str(move.get("to")), -1)
        if 0 <= node < estate.first_tool:
            moves[node] = (to - estate.first_tool if to >= 0 else -1, int(move.get("wave") or 1))
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
        "waves": [
            [_figure(row, key) for key in ("number", "start_month", "months", "moves", "effort_days", "annual_saving")]
            for row in plan.get("waves", ())
        ],
    }
    block |= _by_wave(estate, moves)
    # The wave in which each tool goes: later than its last move where people or money were short.
    block["off"] = [_whole(row, "wave") for row in rows]
    block["last"] = max([block["last"], *block["off"], *(_whole(row, "number") for row in plan.get("waves", ()))])
    where = estate.where
    pairs = [(where[node], where[estate.first_tool + to] if to >= 0 else "") for node, (to, _) in sorted(moves.items())]
    return block, flows(pairs), moves


def _figure(row: Row, key: str) -> float:
    value = row.get(key) or 0
    return round(value, 1) if isinstance(value, int | float) else 0


def _whole(row: Row, key: str) -> int:
    return int(_figure(row, key))


def _by_wave(estate: Estate, moves: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    """Per tool (wave, leaving, arriving) in one list; and the flows between islands wave by wave."""
    leaving: Counter[tuple[int, int]] = Counter()
    arriving: Counter[tuple[int, int]] = Counter()
    between: Counter[tuple[str, str, int]] = Counter()
    where, tool_of = estate.where, estate.tool_of
    for node, (to, wave) in moves.items():
        leaving[tool_of[node], wave] += 1
        if to >= 0:
            arriving[to, wave] += 1
            between[where[node], where[estate.first_tool + to], wave] += 1
    steps: list[list[int]] = [[] for _ in estate.tools]
    for tool, wave in sorted(leaving.keys() | arriving.keys()):
        steps[tool] += [wave, leaving[tool, wave], arriving[tool, wave]]
    at = {name: number for number, name in enumerate(sorted(set(estate.island.values())))}
    return {
        "steps": steps,
        "flows": [[at[a], at[b], wave, count] for (a, b, wave), count in sorted(between.items()) if a != b],
        "last": max((wave for _, wave in moves.values()), default=0),
    }
