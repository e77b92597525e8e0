"""Why each tool goes or stays: sentences with their money, whose sum is what the decision brings."""

from __future__ import annotations

import math
from typing import Any

from siloscope.model import Tool
from siloscope.planning.decision import Decision
from siloscope.planning.estate import Item, slug, unit
from siloscope.planning.fitness import fitness
from siloscope.planning.state import NOWHERE, renewal_month


def disposition(decision: Decision, tool: Tool, keep: set[str]) -> dict[str, Any]:
    """A row of `dispositions`: what happens to a tool, why, and when; `keep` are tools that were asked for."""
    estate, goes = decision.estate, decision.goes
    because = [estate.cost_item(tool)]
    because = [Item(each.says, 0.0, each.source, each.assumes) for each in because]
    target = goes.get(tool.id)
    if tool.id in goes:
        what = "migrate" if target else "retire"
        must = any(each.id == tool.id and each.must for each in decision.statement.problem.tools)
        because += [Item("you asked for it", 0.0, "told")] if must else []
        if target:
            because += _able(decision, tool, estate.graph.tool[target])
        because += _balance(decision, tool, target)
        because += _refusals(decision, tool)
    else:
        received = any(other == tool.id for other in goes.values())
        what, more = _stays(decision, tool, received=received, asked=tool.id in keep)
        because += more
    return {
        "tool": tool.id,
        "disposition": what,
        "target": target,
        "wave": decision.times.off.get(tool.id),
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


def _able(decision: Decision, tool: Tool, target: Tool) -> list[Item]:
    """Why a target may take over the work of a tool."""
    estate = decision.estate
    needs = ", ".join(sorted(estate.needed(tool)))
    wanted = () if slug(tool) == slug(target) else tuple(f"features.{each}" for each in estate.wanted(tool))
    mine, theirs = (len(estate.held.get(each.id, [])) for each in (tool, target))
    days = decision.statement.options[tool.id, target.id].days
    return [
        Item(f"{target.id} offers all it is needed for: {needs}", 0.0, "catalog", wanted),
        Item(f"{target.id} has carried comparable weight: {theirs} assets beside {mine}", 0.0, "measured", ("proven",)),
        Item(f"people have time for its {days:g} days of work", 0.0, "assumed", estate.assume.pace_entries),
    ]


def _refusals(decision: Decision, tool: Tool) -> list[Item]:
    """For each assumption that keeps the work of a tool from going somewhere, one place it keeps it from."""
    found: dict[tuple[str, ...], Item] = {}
    for (a, _), why in sorted(decision.statement.refused.items()):
        if a == tool.id and why.assumes:
            found.setdefault(why.assumes, why)
    return list(found.values())


def _balance(decision: Decision, tool: Tool, target: str | None) -> list[Item]:
    """What going brings and costs over the horizon, each with its sign; the sum is what the plan gains by it."""
    estate = decision.estate
    option = decision.statement.option(tool.id, target)
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
        rest = [each for each in near[:5] if each.source != "told"]
        return "keep", list(dict.fromkeys([*first, *rest, *_refusals(decision, tool)]))
    weighed = {b: _weighed(decision, tool, b) for b in options}
    target = max(options, key=lambda b: (math.fsum(each.money for each in weighed[b]), b))
    gain = math.fsum(each.money for each in weighed[target])
    rests: tuple[str, ...] = ()
    says = f"{target} could take it over, but that costs {-gain:,.0f} more than it saves"
    if gain > 0 and tool.id in decision.short:
        option = decision.statement.options[tool.id, target]
        takes = f"{option.paid_once():,.0f} once and {option.days:g} days"
        says = f"{target} could take it over and bring {gain:,.0f}, but no money or time is left for {takes}"
        rests = decision.estate.assume.pace_entries
    elif gain > 0:  # which pays by itself, but not together with what the rest of the plan does
        says = (
            f"{target} could take it over; by itself that would bring {gain:,.0f}, less than the rest of the plan does"
        )
    what = "keep" if asked or received else "tolerate"
    return what, [*first, Item(says, 0.0, "measured", rests), *weighed[target], *_refusals(decision, tool)]


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
