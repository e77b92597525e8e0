"""The plan as one page that opens from disk: no script, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from siloscope.export.drawing import bars, curve, gantt, money, text, tornado
from siloscope.export.waves import facts, order
from siloscope.graph.view import Graph
from siloscope.planning.assumptions import spelled
from siloscope.planning.tracking import going
from siloscope.planning.why import score

_STYLE = """
:root { --ink: #1d2733; --soft: #5b6775; --paper: #fdfcf9; --line: #d9d6cd; --go: #c2571a; --stay: #7d8a97; --good: #23745a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e4de; --soft: #a3adb8; --paper: #171c22; --line: #39424d; --go: #e58a4e; --stay: #8a97a4; --good: #5fc09c; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.9rem; margin: 0; } h2 { margin: 2.4rem 0 .6rem; font-size: 1.25rem; border-bottom: 1px solid var(--line); }
p.lead { font-size: 1.1rem; } .soft, figcaption { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem; margin: 1.2rem 0; }
dl div { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; } dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.3rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
details { border-bottom: 1px solid var(--line); padding: .3rem 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); } svg .end { text-anchor: end; } svg .mid { text-anchor: middle; fill: var(--soft); }
svg .go { fill: var(--go); } svg .stay { fill: var(--stay); } svg .grid { stroke: var(--line); } svg .axis { stroke: var(--soft); } svg .line { fill: none; stroke: var(--good); stroke-width: 2; } svg .dot { fill: var(--good); }
.wave th { width: 9rem; }
.tag { border: 1px solid var(--line); border-radius: 3px; padding: 0 .3rem; font-size: .8rem; color: var(--soft); }
@media print { body { margin: 0; } details { break-inside: avoid; } }
"""  # noqa: E501 - a style sheet reads better in long lines


def page(plan: Mapping[str, Any], graph: Graph) -> str:
    """The whole page."""
    body = [_head(plan), _before_after(plan, graph), _waves(plan), _curve(plan), _sensitivity(plan), _others(plan)]
    body += [_reasons(plan), _moves(plan), _assumed(plan)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>Consolidation plan</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(each for each in body if each)
        + "\n</body>\n</html>\n"
    )


def _head(plan: Mapping[str, Any]) -> str:
    s = plan["summary"]
    gone = len(going(plan))
    proof = (
        "No plan under these assumptions is cheaper: proven."
        if s["status"] == "optimal"
        else f"No plan under these assumptions can be more than {s['gap']:.2%} cheaper."
    )
    if s["most_days"] is not None:
        beyond = 1 - s["free_bound"] / s["objective"] if s["objective"] else 0.0
        proof = f"{proof[:-1]}, of those of at most {s['most_days']:g} days of work; more is worth less in the time. "
        proof += f"Had people time without end, no plan could be more than {beyond:.2%} cheaper."
    payback = f"{s['payback_months']} months" if s["payback_months"] is not None else "not within the horizon"
    figures = {
        "a year now": money(s["annual_cost_now"]),
        "a year after": money(s["annual_cost_after"]),
        "once": money(s["one_time_cost"]),
        "worth now": money(s["npv"]),
        "paid back": payback,
    }
    cells = "".join(f"<div><dt>{key}</dt><dd>{value}</dd></div>" for key, value in figures.items())
    tools, moves, waves = (len(plan[key]) for key in ("dispositions", "moves", "waves"))
    lead = f"{gone} of {tools} tools go, {moves} assets move in {waves} waves."
    return (
        f'<h1>Consolidation plan</h1>\n<p class="soft">Scan of {text(str(plan["scan"]["at"]))}; over '
        f'{s["horizon_months"]} months</p>\n<p class="lead">{lead} {proof}</p>\n<dl>{cells}</dl>'
    )


def _before_after(plan: Mapping[str, Any], graph: Graph) -> str:
    """The tools that go and where to, as cost a year before and after."""
    rows = []
    for each in going(plan).values():
        mine = [row for row in plan["money"] if row["tool"] == each["tool"]]
        now = sum(row["amount"] for row in mine if row["kind"] == "saving")
        after = sum(row["amount"] for row in mine if row["kind"] == "yearly")
        where = f"its work at {each['target']}" if each["target"] else "nothing remains"
        rows += [(f"{_short(each['tool'])}", now, "stay"), (_short(where), after, "go")]
    kept = len(plan["dispositions"]) - len(rows) // 2
    known = {each.id: each for each in graph.tools}
    leaving = {known[tool].department for tool in going(plan) if tool in known}
    departments = sorted(each for each in leaving if each)
    note = f" Departments whose tools go: {text(', '.join(departments))}." if departments else ""
    chart = bars(rows) if rows else "<p>No tool goes: moving would cost more than it saves everywhere.</p>"
    return f"<h2>Before and after</h2>\n<p>{kept} tools stay.{note} Cost a year, before and after:</p>\n{chart}"


def _short(name: str) -> str:
    return name if len(name) <= 36 else f"{name[:20]}…{name[-15:]}"


def _waves(plan: Mapping[str, Any]) -> str:
    if not plan["waves"]:
        return ""
    rows = [
        (f"wave {w['number']}", w["start_month"], w["months"], f"{w['moves']} moves, {w['work_days']:g} days")
        for w in plan["waves"]
    ]
    last = max(w["start_month"] + w["months"] for w in plan["waves"])
    chart = gantt(rows, max(last + 6, 12))
    caption = f"Months from the start. {order(plan['summary'])}"
    figure = f"<figure>{chart}<figcaption>{caption}</figcaption></figure>"
    return f"<h2>Waves</h2>\n{figure}\n" + "".join(_wave(each) for each in plan["waves"])


def _wave(wave: Mapping[str, Any]) -> str:
    lines = "".join(f"<tr><th>{key}</th><td>{text(value)}</td></tr>" for key, value in facts(wave))
    return f"<details open class='wave'><summary>Wave {wave['number']}</summary><table>{lines}</table></details>\n"


def _curve(plan: Mapping[str, Any]) -> str:
    if not plan["moves"] and not any(plan["cash_flow"]):
        return ""
    chart = curve(list(accumulate(plan["cash_flow"])))
    caption = "What was saved less what was paid, added up, by month; not discounted."
    return f"<h2>Savings</h2>\n<figure>{chart}<figcaption>{caption}</figcaption></figure>"


def _sensitivity(plan: Mapping[str, Any]) -> str:
    found = plan.get("uncertainty")
    if not found or not found["payback_months"]:
        return ""
    rows = [
        (each["name"], each["npv_low"], each["npv_high"])
        for each in found["tornado"]
        if each["npv_low"] != each["npv_high"]
    ]
    npv, months = found["npv"], found["payback_months"]
    spread = [
        ("worth now", *(money(npv[p]) for p in ("p10", "p50", "p90"))),
        (
            "paid back after months",
            *(f"{months[p]:g}" if months[p] is not None else "never" for p in ("p10", "p50", "p90")),
        ),
    ]
    table = _table(("", "one in ten below", "middle", "one in ten above"), spread, numbers=(1, 2, 3))
    shaky = {tool: share for tool, share in found["stability"].items() if share < 1}
    stable = (
        "Every tool stays or goes alike in every draw."
        if not shaky
        else _table(
            ("tool", "decided alike in"),
            [(t, f"{v:.0%} of draws") for t, v in sorted(shaky.items(), key=lambda e: (e[1], e[0]))],
        )
    )
    regret = found["least_regret"]
    least = (
        "This plan also has the least regret"
        if regret["is_the_plan"]
        else "A plan with less regret differs in: "
        + ", ".join(
            [f"keeps {each}" for each in regret["keeps_besides"]]
            + [f"lets go {each}" for each in regret["lets_go_besides"]]
        )
    )
    chart = tornado(rows, plan["summary"]["npv"])
    return (
        f"<h2>How sure</h2>\n<p>{found['samples']} draws of the assumptions from their ranges.</p>\n{table}\n"
        f"<h3>What matters most</h3>\n<figure>{chart}<figcaption>What the plan is worth when one assumption is at an "
        f"end of its range.</figcaption></figure>\n<h3>How stable each decision is</h3>\n<p>{stable}</p>\n"
        f"<p>{text(least)} (at most {money(regret['worst_regret_of_the_plan'])} more than the best, in any draw).</p>"
    )


def _others(plan: Mapping[str, Any]) -> str:
    rows = [
        (
            each["rank"],
            money(each["more"]),
            ", ".join(each["keeps_besides"]) or "-",
            ", ".join(each["lets_go_besides"]) or "-",
        )
        for each in plan.get("alternatives", ())
    ]
    out = ""
    if rows:
        out += "<h2>Next best plans</h2>\n" + _table(
            ("rank", "costs more by", "keeps besides", "lets go besides"), rows, numbers=(0, 1)
        )
    prices = [
        (
            each["tool"],
            each["rule"],
            "asked for" if each["asked"] else "what if",
            "impossible" if each["price"] is None else money(each["price"]),
        )
        for each in plan.get("rule_prices", ())
    ]
    if prices:
        out += "\n<h2>What rules cost</h2>\n" + _table(("tool", "rule", "", "over the horizon"), prices, numbers=(3,))
    return out


def in_order(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The dispositions, what changes most first."""
    order = {"retire": 0, "migrate": 1, "tolerate": 2, "keep": 3}
    return sorted(plan["dispositions"], key=lambda row: (order[row["disposition"]], row["tool"]))


def _reasons(plan: Mapping[str, Any]) -> str:
    parts, gone = [], going(plan)
    for each in in_order(plan):
        lines = "".join(
            f'<tr><td class="n">{money(one["weight"]) if one["weight"] else ""}</td><td>{text(one["says"])}</td>'
            f'<td><span class="tag">{text(one.get("source", "waves"))}</span></td></tr>'
            for one in (*each["because"], *each["waits"])
        )
        time = each["time"]
        fit = "; ".join(part["says"] for part in time["parts"])
        target = f" to {text(each['target'])}" if each["target"] else ""
        is_open = " open" if each["tool"] in gone else ""
        parts.append(
            f"<details{is_open}><summary><b>{each['disposition']}</b> {text(each['tool'])}{target}</summary>"
            f'<table>{lines}</table><p class="soft">TIME: {time["quadrant"]}, technical {score(time["technical"])}, '
            f"functional fit {score(time['functional'])}: {text(fit)}</p></details>"
        )
    return "<h2>Every tool, and why</h2>\n" + "\n".join(parts)


def _moves(plan: Mapping[str, Any]) -> str:
    rows = [
        (m["wave"], m["name"], m["kind"], m["from"], m["to"], m["treatment"], f"{m['effort_days']:g}", _because(m))
        for m in plan["moves"]
    ]
    if not rows:
        return ""
    return "<h2>Moves</h2>\n" + _table(
        ("wave", "asset", "kind", "from", "to", "how", "days", "because"), rows, numbers=(0, 6)
    )


def _because(move: Mapping[str, Any]) -> str:
    reasons = [each["says"] for each in move["because"]]
    return "; ".join([*reasons, *([f"not before: {move['waits']}"] if move["waits"] else [])])


def _assumed(plan: Mapping[str, Any]) -> str:
    rows = [(each["name"], spelled(each["value"]), each["source"], each["used_for"]) for each in plan["assumptions"]]
    return "<h2>Taken for granted</h2>\n" + _table(("what", "value", "", "used for"), rows, numbers=(1,))


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]], *, numbers: Sequence[int] = ()) -> str:
    kind = ['class="n"' if n in numbers else "" for n in range(len(head))]
    top = "".join(f"<th {kind[n]}>{text(each)}</th>" for n, each in enumerate(head))
    body = "".join(
        "<tr>" + "".join(f"<td {kind[n]}>{text(str(cell))}</td>" for n, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
