"""A decision as `siloscope/plan/1`: dispositions with reasons, moves, waves, money.

Every amount is a row of `money`, and every total a sum of those rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from siloscope.model import Asset, Tool
from siloscope.planning.assumptions import kind_of, parts_of
from siloscope.planning.briefing import Reach, wave_row
from siloscope.planning.decision import Decision
from siloscope.planning.estate import Estate, Item, unit
from siloscope.planning.fitness import fitness, treatment
from siloscope.planning.moves import Move
from siloscope.planning.state import NOWHERE, renewal_month

SCHEMA = "siloscope/plan/1"


def told(decision: Decision, keep: Iterable[str] = ()) -> dict[str, Any]:
    """A decision as `siloscope/plan/1`."""
    estate = decision.estate
    graph, assume = estate.graph, estate.assume
    rows = money(decision)
    dispositions = [_disposition(decision, each, set(keep) | set(assume.rules.keep)) for each in graph.tools]
    in_order = sorted(decision.moves, key=lambda each: (decision.times.wave[each.asset], each.asset))
    return {
        "schema": SCHEMA,
        "scan": {"id": graph.scan_id, "at": graph.scan_at},
        "summary": _summary(decision, rows),
        "dispositions": dispositions,
        "moves": [_move_row(decision, each) for each in in_order],
        "waves": _waves(decision),
        "money": rows,
        "cash_flow": [round(each, 2) for each in cash_flows(decision, rows)],
        "assumptions": _assumed(decision, rows, dispositions),
    }


def _move_row(decision: Decision, move: Move) -> dict[str, Any]:
    estate = decision.estate
    asset, tool = estate.graph.asset[move.asset], estate.graph.tool
    links, factor = estate.links.get(asset.id, 0), estate.factor(tool[move.origin], tool[move.target])
    return {
        "asset": move.asset,
        "name": asset.name,
        "kind": asset.kind,
        "from": move.origin,
        "to": move.target,
        "effort_days": move.effort_days,
        "wave": decision.times.wave[move.asset],
        "waits": decision.times.waits.get(move.asset),
        "treatment": treatment(estate, asset, tool[move.origin], tool[move.target]),
        "because": [
            {
                "says": f"{_base(estate, asset)}, {links} links, factor {factor:g}",
                "weight": move.effort_days,
                "source": "assumed",
                "assumes": list(estate.assume.effort_entries(asset)),
            }
        ],
    }


def _base(estate: Estate, asset: Asset) -> str:
    """What moving an asset takes by its kind and parts alone."""
    parts = parts_of(asset)
    made = "" if parts is None else f" of {parts} parts"
    return f"{estate.assume.effort(asset, 0):g} days for a {kind_of(asset)}{made}"


def money(decision: Decision) -> list[dict[str, Any]]:
    """Every amount of the plan: (tool, kind, amount, ...); kind is saving or yearly (a year), or once."""
    rows = []
    for tool, target in sorted(decision.goes.items()):
        found = decision.estate.graph.tool[tool]
        cost = decision.estate.cost_item(found)
        off = decision.times.off[tool]
        lines = [("saving", off, Item(f"it {cost.says}", cost.money, cost.source, cost.assumes))]
        lines += [("yearly", off, each) for each in decision.yearly(tool)]
        lines += [("once", wave, each) for wave, each in decision.once(tool)]
        rows += [
            {
                "tool": tool,
                "target": target,
                "wave": wave,
                "kind": kind,
                "amount": round(each.money, 2),
                "says": each.says,
                "source": each.source,
                "assumes": list(each.assumes),
            }
            for kind, wave, each in lines
        ]
    return rows


def total(rows: Iterable[Mapping[str, Any]], kind: str, tool: str | None = None) -> float:
    """The sum of rows of one kind, to the cent."""
    return round(math.fsum(r["amount"] for r in rows if r["kind"] == kind and tool in (None, r["tool"])), 2)


def _summary(decision: Decision, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    estate, answer, times = decision.estate, decision.answer, decision.times
    assume = estate.assume
    now = round(math.fsum(round(estate.cost(each), 2) for each in estate.graph.tools), 2)
    once, saving, yearly = (total(rows, kind) for kind in ("once", "saving", "yearly"))
    after = round(now - saving + yearly, 2)
    flows = cash_flows(decision, rows)
    rate = (1 + assume.discount) ** (1 / 12)
    npv = math.fsum(flow / rate**month for month, flow in enumerate(flows))
    running, payback = 0.0, 0 if not once else None
    for month, flow in enumerate(flows):
        running += flow
        if once and payback is None and running >= 0 and month >= times.count * assume.months_per_wave:
            payback = month + 1
    return {
        "annual_cost_now": now,
        "annual_cost_after": after,
        "one_time_cost": once,
        "npv": round(npv, 2),
        "payback_months": payback,
        "objective": round(answer.objective + decision.statement.due, 2),
        "bound": round(answer.bound + decision.statement.due, 2),
        "gap": round(answer.gap, 6),
        "status": answer.status,
        "temporary_bridges": sum(each.count for each in times.bridges),
        "horizon_months": estate.horizon,
        "schedule": {"cost": times.cost, "bound": times.bound, "status": times.status},
    }


def cash_flows(decision: Decision, rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Money in each month of the horizon: paid once in the wave of a tool, saved from when it is gone."""
    estate = decision.estate
    step = estate.assume.months_per_wave
    flows = [0.0] * estate.horizon
    for row in rows:
        if row["kind"] == "once" and (row["wave"] - 1) * step < estate.horizon:
            flows[(row["wave"] - 1) * step] -= row["amount"]
    for tool in sorted(decision.goes):
        start = (decision.times.off[tool] - 1) * step
        contract = renewal_month(estate, estate.graph.tool[tool])
        saved = total(rows, "saving", tool) - total(rows, "yearly", tool)
        for month in range(max(start + step, contract), estate.horizon):
            flows[month] += saved / 12
    return flows


def _waves(decision: Decision) -> list[dict[str, Any]]:
    times, reach = decision.times, Reach.of(decision.estate.graph)
    return [
        wave_row(
            number,
            [each for each in decision.moves if times.wave[each.asset] == number],
            [each for each in decision.leaving if times.off[each.tool] == number],
            [each for each in times.bridges if each.wave == number],
            times.days.get(number, 0.0),
            times.waits,
            reach,
            decision.estate,
        )
        for number in range(1, times.count + 1)
    ]


def _disposition(decision: Decision, tool: Tool, keep: set[str]) -> dict[str, Any]:
    estate, goes = decision.estate, decision.goes
    because = [estate.cost_item(tool)]
    because = [Item(each.says, 0.0, each.source, each.assumes) for each in because]
    target = goes.get(tool.id)
    if tool.id in goes:
        what = "migrate" if target else "retire"
        must = any(each.id == tool.id and each.must for each in decision.statement.problem.tools)
        because += [Item("you asked for it", 0.0, "told")] if must else []
        if target:
            needs = ", ".join(sorted(estate.needed(tool)))
            because.append(Item(f"{target} offers all it is needed for: {needs}", 0.0, "catalog"))
        because += _balance(decision, tool, target)
    else:
        received = any(other == tool.id for other in goes.values())
        what, more = _stays(decision, tool, received=received, asked=tool.id in keep)
        because += more
    return {
        "tool": tool.id,
        "disposition": what,
        "target": target,
        "because": [
            {"says": e.says, "weight": round(e.money, 2), "source": e.source, "assumes": list(e.assumes)}
            for e in because
        ],
        "waits": _waits(decision, tool) if tool.id in goes else [],
        "time": fitness(estate, tool),
        "sources": sorted({source for each in estate.held.get(tool.id, []) for source in each.sources}),
    }


def _waits(decision: Decision, tool: Tool) -> list[dict[str, Any]]:
    """From which month a tool that goes saves, why not sooner, and what the waiting forgoes over the horizon."""
    estate, times = decision.estate, decision.times
    off, months = times.off[tool.id], estate.assume.months_per_wave
    contract = renewal_month(estate, tool)
    soonest, saves = max(months, contract), max(off * months, contract)
    yearly = math.fsum(each.money for each in decision.yearly(tool.id))
    years = estate.assume.annuity(min(saves, estate.horizon)) - estate.assume.annuity(min(soonest, estate.horizon))
    forgone = (estate.cost(tool) - yearly) * years
    says = [(f"it goes in wave {off} and saves from month {saves}", 0.0)]
    says += [(times.waits[tool.id], 0.0)] if tool.id in times.waits else []
    says += [(f"its contract runs until month {contract} in any case", 0.0)] if contract > months else []
    if saves > soonest:
        what = "forgoes what it would have saved" if forgone >= 0 else "spares what it costs more there"
        says.append((f"waiting from month {soonest} on {what}", -forgone))
    return [{"says": each, "weight": round(weight, 2)} for each, weight in says]


def _balance(decision: Decision, tool: Tool, target: str | None) -> list[Item]:
    """What going brings and costs over the horizon, each with its sign; the sum is what the plan gains by it."""
    estate = decision.estate
    option = decision.statement.options[tool.id, target or NOWHERE]
    cost = estate.cost_item(tool)
    years = estate.years - estate.assume.annuity(min(renewal_month(estate, tool), estate.horizon))
    until = renewal_month(estate, tool)
    paid = f", less {until} months its contract runs on" if until else ""
    items = [
        Item(
            f"{cost.money:,.0f} a year are saved for {estate.horizon} months{paid}, worth now",
            cost.money * estate.years - estate.saved(tool) * (estate.years - years),
            cost.source,
            (*cost.assumes, "discount"),
        )
    ]
    items += [
        Item(f"{each.says}, over the horizon", -each.money * estate.years, each.source, (*each.assumes, "discount"))
        for each in option.yearly
    ]
    once = [each for _, each in decision.once(tool.id)] if decision.goes.get(tool.id, "") == target else option.once
    return items + [Item(each.says, -each.money, each.source, each.assumes) for each in once]


def _stays(decision: Decision, tool: Tool, *, received: bool, asked: bool) -> tuple[str, list[Item]]:
    """Keep or tolerate, and why: the numbers of the best of its alternatives, or that it has none."""
    refused = {why for (a, _), why in decision.statement.refused.items() if a == tool.id}
    near = sorted((each for each in refused if "not offer" not in each.says), key=lambda each: each.says)
    first = []
    if asked:
        first.append(Item("you asked for it", 0.0, "told"))
    if received:
        first.append(Item("others of its kind move into it", 0.0, "measured"))
    first += [each for each in near if each.source == "told"]
    options = [b for a, b in decision.statement.options if a == tool.id and b != NOWHERE]
    if not options:
        kind = "may take over what it is needed for" if near else "offers all it is needed for"
        first.append(Item(f"no other tool {kind}", 0.0, "catalog"))
        return "keep", [*first, *(each for each in near[:5] if each.source != "told")]
    weighed = {b: _weighed(decision, tool, b) for b in options}
    target = max(options, key=lambda b: (math.fsum(each.money for each in weighed[b]), b))
    gain = math.fsum(each.money for each in weighed[target])
    says = f"{target} could take it over, but that costs {-gain:,.0f} more than it saves"
    if gain > 0 and tool.id not in decision.freely:
        once = decision.statement.options[tool.id, target].paid_once()
        says = f"{target} could take it over and bring {gain:,.0f}, but no money is left for it: {once:,.0f} once"
    elif gain > 0:  # which pays by itself, but not together with what the rest of the plan does
        says = (
            f"{target} could take it over; by itself that would bring {gain:,.0f}, less than the rest of the plan does"
        )
    what = "keep" if asked or received else "tolerate"
    return what, [*first, Item(says, 0.0, "measured"), *weighed[target]]


def _weighed(decision: Decision, tool: Tool, target: str) -> list[Item]:
    """What going there would bring and cost, with the target's own cost where it would have to stay for it."""
    items = _balance(decision, tool, target)
    if target not in decision.answer.kept:
        estate = decision.estate
        found = estate.graph.tool[target]
        fixed = next(each.annual_cost for each in decision.statement.problem.tools if each.id == target)
        entry = estate.assume.share_that_follows(unit(found))[1]
        rests = (*estate.cost_item(found).assumes, entry, "discount")
        items.append(Item(f"{target} would have to stay for it", -fixed, estate.cost_item(found).source, rests))
    return items


def _assumed(
    decision: Decision, rows: Sequence[Mapping[str, Any]], dispositions: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What was taken for granted, each with how often it was needed; what a user's file set is told."""
    assume, graph = decision.estate.assume, decision.estate.graph
    count: dict[str, int] = {}
    for row in rows:
        for name in row["assumes"]:
            count[name] = count.get(name, 0) + 1
    unpriced = sum(each.annual_cost is None for each in graph.tools)
    weighed = {name for row in dispositions for each in row["because"] for name in each["assumes"]} - count.keys()
    listed = {"annual_cost": f"{unpriced} tools whose cost no source gives"}
    listed |= {name: f"{count[name]} amounts" for name in sorted(count) if name != "annual_cost"}
    listed |= dict.fromkeys(sorted(weighed - listed.keys()), "what stays was weighed with it")
    listed |= {
        "discount": "what later money is worth now",
        "people": "how much fits into a wave",
        "days_per_month": "how much fits into a wave",
        "months_per_wave": "when waves begin",
        "proven": "which tools may take over others",
    }
    return [
        {
            "name": name,
            "value": assume.value(name),
            "used_for": used,
            "source": "told" if name in assume.given else "assumed",
        }
        for name, used in listed.items()
    ]
