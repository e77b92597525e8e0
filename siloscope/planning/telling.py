"""A decision as `siloscope/plan/1`: dispositions with reasons, moves, waves, money.

Every amount is a row of `money`, and every total a sum of those rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from siloscope.model import Asset
from siloscope.planning.assumptions import kind_of, parts_of
from siloscope.planning.briefing import waves
from siloscope.planning.decision import Decision
from siloscope.planning.estate import Estate, Item
from siloscope.planning.fitness import treatment
from siloscope.planning.moves import Move
from siloscope.planning.reasons import disposition
from siloscope.planning.state import renewal_month

SCHEMA = "siloscope/plan/1"


def told(decision: Decision, keep: Iterable[str] = ()) -> dict[str, Any]:
    """A decision as `siloscope/plan/1`."""
    estate = decision.estate
    graph, assume = estate.graph, estate.assume
    rows = money(decision)
    dispositions = [disposition(decision, each, set(keep) | set(assume.rules.keep)) for each in graph.tools]
    in_order = sorted(decision.moves, key=lambda each: (decision.times.wave[each.asset], each.asset))
    return {
        "schema": SCHEMA,
        "scan": {"id": graph.scan_id, "at": graph.scan_at},
        "summary": _summary(decision, rows),
        "dispositions": dispositions,
        "moves": [_move_row(decision, each) for each in in_order],
        "waves": waves(decision),
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
    npv = math.fsum(flow / assume.monthly**month for month, flow in enumerate(flows))
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
        "free_bound": round(decision.free.bound + decision.statement.due, 2),
        "gap": round(answer.gap, 6),
        "status": answer.status,
        "most_days": decision.pace.most if decision.pace else None,
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
