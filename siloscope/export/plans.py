"""The plan for people and programs, a file for each tool that reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siloscope.export.archimate import model
from siloscope.export.cyclonedx import bill
from siloscope.export.drawing import money
from siloscope.export.gantt import gantt
from siloscope.export.plan_html import in_order, page
from siloscope.export.plan_xlsx import workbook
from siloscope.export.waves import facts, order
from siloscope.graph.view import Graph
from siloscope.planning.assumptions import spelled
from siloscope.planning.tracking import going
from siloscope.tabular import as_csv


def write_plan(plan: Mapping[str, Any], graph: Graph, folder: Path) -> list[Path]:
    """Write the plan's files into `folder`; the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "plan.json": json.dumps(plan, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "plan.md": markdown(plan, graph),
        "plan.html": page(plan, graph),
        "plan.csv": as_csv([_move_row(each, graph) for each in plan["moves"]], _ISSUE),
        "plan.mmd": gantt(plan),
        "plan.archimate.xml": model(graph, plan),
        "plan.cdx.json": json.dumps(bill(graph, plan), indent=1, ensure_ascii=False) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", errors="replace", newline="\n")
    workbook(plan, folder / "plan.xlsx")
    return [folder / name for name in (*texts, "plan.xlsx")]


def write_progress(progress: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write how far a plan has come as `progress.json` and `progress.md`; the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "progress.json": json.dumps(progress, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "progress.md": _progress(progress),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", errors="replace", newline="\n")
    return [folder / name for name in texts]


def _progress(progress: Mapping[str, Any]) -> str:
    s = progress["summary"]
    lines = [
        "# How far the plan has come",
        "",
        f"Planned on the scan of {progress['plan'].get('at') or '?'}, looked at on that of {progress['scan']['at']}.",
        "",
        f"- {s['moved']} of {s['moves']} moves are done.",
        f"- {s['gone']} assets are gone without arriving, {s['drifted']} went elsewhere.",
        f"- {s['dark']} of {s['to_go']} tools that go are dark.",
        f"- {money(s['realised'])} a year are saved of {money(s['promised'])} promised.",
        f"- {s['new_in_tools_that_go']} assets are new in tools that go.",
        "",
        "| tool | state | assets left | saved a year | promised |",
        "|---|---|---:|---:|---:|",
    ]
    for each in progress["tools"]:
        saved = f"{money(each['realised'])} | {money(each['promised'])}"
        lines.append(f"| {_safe(each['tool'])} | {each['state']} | {each['assets_left']} | {saved} |")
    lines += ["", "| wave | asset | state | now |", "|---:|---|---|---|"]
    lines += [
        f"| {m['wave']} | {_safe(m['asset'])} | {m['state']} | {_safe(m['now'] or '')} |" for m in progress["moves"]
    ]
    lines += [f"- new: {_safe(each['asset'])} in {_safe(each['tool'])}" for each in progress["drift"]]
    return "\n".join(lines) + "\n"


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


_ISSUE = (
    "Summary",
    "Description",
    "Labels",
    "Estimate",
    "wave",
    "from",
    "to",
    "effort_days",
    "department",
    "owner",
    "asset",
)


def _move_row(move: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    """A move as an issue: the first four columns are what trackers import by name."""
    asset = graph.asset[move["asset"]]
    says = "; ".join(each["says"] for each in move["because"])
    return {
        "Summary": f"Wave {move['wave']}: move {asset.name} to {move['to']}",
        "Description": f"{asset.kind} {asset.id} from {move['from']} to {move['to']} ({move['treatment']}): {says}",
        "Labels": f"wave-{move['wave']} {move['treatment']}",
        "Estimate": f"{move['effort_days']:g}d",
        "wave": move["wave"],
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
        f"Objective {money(s['objective'])}, lower bound {money(s['bound'])}{_pace(s)}.",
        "",
        "| | |",
        "|---|---:|",
        f"| cost a year now | {money(s['annual_cost_now'])} |",
        f"| cost a year after | {money(s['annual_cost_after'])} |",
        f"| once | {money(s['one_time_cost'])} |",
        f"| net present value | {money(s['npv'])} |",
        f"| payback | {s['payback_months'] if s['payback_months'] is not None else 'not within the horizon'} months |",
        "",
    ]
    lines += _tools(plan)
    lines += [
        "",
        "## Waves",
        "",
        *([order(s), ""] if plan["waves"] else []),
        "| wave | from month | moves | days | saves a year | linked to what stays | tools gone |",
        "|---:|---:|---:|---:|---:|---:|---|",
    ]
    for wave in plan["waves"]:
        gone = ", ".join(_safe(each) for each in wave["tools_gone"])
        cells = [wave["number"], wave["start_month"], wave["moves"], f"{wave['work_days']:g}"]
        cells += [money(wave["annual_saving"]), f"{wave['risk']:.0%}", gone]
        lines.append(f"| {' | '.join(str(each) for each in cells)} |")
    for wave in plan["waves"]:
        lines += ["", f"### Wave {wave['number']}", ""]
        lines += [f"- {key}: {_safe(told)}" for key, told in facts(wave)]
    lines += _doubts(plan)
    lines += ["", "## Assumed", "", "| what | value | used for |", "|---|---:|---|"]
    lines += [
        f"| {each['name']} | {spelled(each['value'])} | {_safe(each['used_for'])} |" for each in plan["assumptions"]
    ]
    lines += ["", "## Moves", "", "| wave | asset | kind | from | to | how | days | because |"]
    lines += ["|---:|---|---|---|---|---|---:|---|"]
    for move in plan["moves"]:
        asset, days = graph.asset[move["asset"]], f"{move['effort_days']:g}"
        way = [_safe(each) for each in (asset.name, asset.kind, move["from"], move["to"], move["treatment"])]
        why = _safe("; ".join(each["says"] for each in move["because"]))
        lines.append(f"| {' | '.join([str(move['wave']), *way, days, why])} |")
    return "\n".join(lines) + "\n"


def _pace(summary: Mapping[str, Any]) -> str:
    most = summary["most_days"]
    return "" if most is None else f", of plans of at most {most:g} days of work; more is worth less in the time"


def _tools(plan: Mapping[str, Any]) -> list[str]:
    """What happens to each tool in one line, and the sums behind those that go."""
    lines = ["## Tools", "", "| tool | disposition | target | because |", "|---|---|---|---|"]
    for each in in_order(plan):
        why = "; ".join(one["says"] for one in each["because"] if not one["weight"])
        cells = [each["tool"], each["disposition"], each["target"] or "", why]
        lines.append(f"| {' | '.join(_safe(cell) for cell in cells)} |")
    leaving = going(plan)
    for each in in_order(plan):
        if each["tool"] not in leaving:
            continue
        target = f" to {_safe(each['target'])}" if each["target"] else ""
        lines += ["", f"### {each['disposition']} {_safe(each['tool'])}{target}", ""]
        lines += ["| over the horizon | | source | rests on |", "|---:|---|---|---|"]
        for one in (*each["because"], *each["waits"]):
            amount = f"{one['weight']:+,.2f}" if one["weight"] else ""
            rests = ", ".join(one.get("assumes", ()))
            lines.append(f"| {amount} | {_safe(one['says'])} | {one.get('source', '')} | {_safe(rests)} |")
    return lines


def _doubts(plan: Mapping[str, Any]) -> list[str]:
    """How sure the plan is, and what else could be done."""
    lines = []
    found = plan.get("uncertainty")
    if found and found["payback_months"]:
        npv, paid = found["npv"], found["payback_months"]
        months = ", ".join(f"{paid[p]:g}" if paid[p] is not None else "never" for p in ("p10", "p50", "p90"))
        worth = ", ".join(money(npv[p]) for p in ("p10", "p50", "p90"))
        lines += [
            "",
            "## How sure",
            "",
            f"{found['samples']} draws of the assumptions; one in ten below, middle, above:",
            "",
        ]
        lines += [f"- worth now {worth}", f"- paid back after {months} months"]
        lines += [
            f"- {_safe(tool)} is decided alike in {share:.0%} of the draws"
            for tool, share in sorted(found["stability"].items())
            if share < 1
        ]
    if plan.get("alternatives"):
        lines += ["", "## Next best", "", "| costs more by | keeps besides | lets go besides |", "|---:|---|---|"]
        for each in plan["alternatives"]:
            cells = [", ".join(_safe(t) for t in each[key]) for key in ("keeps_besides", "lets_go_besides")]
            lines.append(f"| {money(each['more'])} | {' | '.join(cells)} |")
    return lines


def _safe(text: str) -> str:
    """Names are hostile input: no markup, no table breaks, one line."""
    text = "".join(each if each.isprintable() else " " for each in text)
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return text[:300]
