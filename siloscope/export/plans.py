"""The plan for people and programs: `plan.json`, `plan.md`, `plan.csv`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siloscope.graph.view import Graph
from siloscope.tabular import as_csv


def write_plan(plan: Mapping[str, Any], graph: Graph, folder: Path) -> list[Path]:
    """Write the plan's files into `folder`; the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "plan.json": json.dumps(plan, indent=1, ensure_ascii=False) + "\n",
        "plan.md": markdown(plan, graph),
        "plan.csv": as_csv([_move_row(each, graph) for each in plan["moves"]]),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", errors="replace", newline="\n")
    return [folder / name for name in texts]


def write_answer(answer: Mapping[str, Any], folder: Path) -> Path:
    """Write the answer to a stated problem as `plan.json`; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "plan.json"
    # A row a line: readable by people, and by programs that compare.
    parts = [f"{json.dumps(key)}: {_rows(value)}" for key, value in answer.items()]
    text = "{" + ",\n ".join(parts) + "}"
    file.write_text(text + "\n", encoding="utf-8", errors="replace", newline="\n")
    return file


def _rows(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(json.dumps(each, ensure_ascii=False, allow_nan=False) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _move_row(move: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    asset = graph.asset[move["asset"]]
    return {
        "wave": move["wave"],
        "name": asset.name,
        "kind": asset.kind,
        "from": move["from"],
        "to": move["to"],
        "effort_days": move["effort_days"],
        "department": asset.department,
        "owner": asset.owner,
        "asset": asset.id,
    }


def markdown(plan: Mapping[str, Any], graph: Graph) -> str:
    """The plan as a page: the money, what happens to each tool and why, the waves."""
    s = plan["summary"]
    lines = [
        "# Consolidation plan",
        "",
        f"Over {s['horizon_months']} months. Status: {s['status']}.",
        "",
        f"Objective {_money(s['objective'])}, lower bound {_money(s['bound'])}.",
        "",
        "| | |",
        "|---|---:|",
        f"| cost a year now | {_money(s['annual_cost_now'])} |",
        f"| cost a year after | {_money(s['annual_cost_after'])} |",
        f"| once | {_money(s['one_time_cost'])} |",
        f"| net present value | {_money(s['npv'])} |",
        f"| payback | {s['payback_months'] if s['payback_months'] is not None else 'not within the horizon'} months |",
        "",
        "## Tools",
        "",
        "| tool | disposition | target | because |",
        "|---|---|---|---|",
    ]
    order = {"retire": 0, "migrate": 1, "tolerate": 2, "keep": 3}
    for each in sorted(plan["dispositions"], key=lambda row: (order[row["disposition"]], row["tool"])):
        why = "; ".join(one["says"] for one in each["because"])
        lines.append(
            f"| {_safe(each['tool'])} | {each['disposition']} | {_safe(each['target'] or '')} | {_safe(why)} |"
        )
    lines += [
        "",
        "## Waves",
        "",
        "| wave | from month | moves | days | saves a year | linked to what stays | tools gone |",
        "|---:|---:|---:|---:|---:|---:|---|",
    ]
    for wave in plan["waves"]:
        gone = ", ".join(_safe(each) for each in wave["tools_gone"])
        cells = [wave["number"], wave["start_month"], wave["moves"], f"{wave['effort_days']:g}"]
        cells += [_money(wave["annual_saving"]), f"{wave['risk']:.0%}", gone]
        lines.append(f"| {' | '.join(str(each) for each in cells)} |")
    lines += ["", "## Assumed", "", "| what | value | used for |", "|---|---:|---|"]
    lines += [f"| {each['name']} | {each['value']:g} | {_safe(each['used_for'])} |" for each in plan["assumptions"]]
    lines += ["", "## Moves", ""]
    for move in plan["moves"]:
        asset = graph.asset[move["asset"]]
        way = f"from {_safe(move['from'])} to {_safe(move['to'])}"
        lines.append(f"- wave {move['wave']}: {_safe(asset.name)} ({asset.kind}) {way}, {move['effort_days']:g} days")
    return "\n".join(lines) + "\n"


def _money(value: float) -> str:
    return f"{value:,.0f}"


def _safe(text: str) -> str:
    """Names are hostile input: no markup, no table breaks, one line."""
    text = "".join(each if each.isprintable() else " " for each in text)
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return text[:300]
