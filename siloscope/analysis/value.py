"""What initiatives return: measured benefits against what they cost, with the range that the evidence leaves.

A benefit is a row of a benefits list: (current - baseline) units of a metric, times what one more unit is worth,
scaled to a year by the days it was measured over. A metric `... per run` counts once a run, and schedules say how many
runs a year has. Nothing is assumed where nothing was measured: without a benefit there is no return, not a bad one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from siloscope.analysis.common import Rests, finding, listed
from siloscope.analysis.initiatives import Profile, profiles
from siloscope.analysis.overlap import overlapping_tools
from siloscope.analysis.schedules import runs_a_year
from siloscope.analysis.value_costs import Cost, Costs, costs
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding, Status
from siloscope.times import days_between, normal

HORIZON_MONTHS = 36
DISCOUNT = 0.08
RENEWAL_DAYS = 270
NOTICE_DAYS = 90  # what many contracts want


@dataclass(frozen=True, slots=True)
class Benefit:
    """What one metric returns a year, in the lowest, the likely and the highest case, and how that was reckoned."""

    metric: str
    low: float
    base: float
    high: float
    says: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case, a year: `roi` is net by cost (None of no cost), `payback` is in months (None: never)."""

    benefit: float
    cost: float
    net: float
    roi: float | None
    npv: float
    payback: float | None


@dataclass(frozen=True, slots=True)
class Return:
    """An initiative's costs and benefits; `low`, `base` and `high` are None where no benefit is measured."""

    profile: Profile
    cost: Cost
    investment: float
    benefits: tuple[Benefit, ...]
    low: Case | None
    base: Case | None
    high: Case | None


def returns(graph: Graph, found: Costs | None = None) -> tuple[Return, ...]:
    """The return of every initiative, in the order of `profiles`."""
    paid = found or costs(graph)
    return tuple(_return(graph, each, paid.of(each.initiative.members)) for each in profiles(graph))


def _return(graph: Graph, profile: Profile, cost: Cost) -> Return:
    benefits, investment = [], 0.0
    for key in profile.initiative.members:
        facts = graph.asset[key].facts
        for number in count(1):
            row = {name: facts.get(f"value.{number}.{name}") for name in _FIELDS}
            if not row["metric"]:
                break
            investment += float(row["investment"] or 0.0)
            if benefit := _benefit(graph, profile, row):
                benefits.append(benefit)
    if not benefits:
        return Return(profile, cost, investment, (), None, None, None)
    low, base, high = (sum(getattr(each, name) for each in benefits) for name in ("low", "base", "high"))
    return Return(
        profile,
        cost,
        investment,
        tuple(benefits),
        case(low, cost.high, investment),
        case(base, cost.base, investment),
        case(high, cost.low, investment),
    )


_FIELDS = ("metric", "baseline", "current", "unit_value", "low", "high", "from", "to", "investment", "objective")


def _benefit(graph: Graph, profile: Profile, row: dict[str, Any]) -> Benefit | None:
    """A row as money a year; None when it says too little."""
    if any(row[name] is None for name in ("baseline", "current", "unit_value")):
        return None
    change, unit = float(row["current"]) - float(row["baseline"]), float(row["unit_value"])
    if str(row["metric"]).lower().endswith("per run"):
        times = runs_a_year(graph, profile)
        if not times:
            return None
        how = f"{times:,.0f} runs a year by its schedules"
    else:
        start, end = normal(row["from"]), normal(row["to"]) or graph.scan_at
        days = days_between(start, end) + (1 if row["to"] else 0) if start and end else 0.0
        if days <= 0:
            return None
        times = 365 / days
        how = f"measured over {days:.0f} days from {str(row['from'])[:10]}"
    worth = sorted(change * float(row[name]) * times for name in ("low", "high", "unit_value") if row[name] is not None)
    base = change * unit * times
    says = f"{row['metric']}: {row['baseline']:g} to {row['current']:g}, {unit:g} a unit, {how}"
    return Benefit(str(row["metric"]), worth[0], base, worth[-1], says)


def case(benefit: float, cost: float, investment: float) -> Case:
    """The figures of one case; the present value is that of `HORIZON_MONTHS` months at `DISCOUNT` a year."""
    net = benefit - cost
    monthly = (1 + DISCOUNT) ** (1 / 12)
    npv = sum(net / 12 / monthly**month for month in range(1, HORIZON_MONTHS + 1)) - investment
    payback = 12 * investment / net if net > 0 else None
    return Case(benefit, cost, net, net / cost if cost else None, npv, payback)


def negative_return(graph: Graph) -> Iterator[Finding]:
    """An initiative that is measured, and costs more than it returns."""
    rests = Rests(graph)
    for each in returns(graph):
        if not each.base or each.base.net >= 0:
            continue
        loss = -each.base.net
        because = [
            Evidence(f"it costs {each.base.cost:,.0f} a year and returns {each.base.benefit:,.0f}", 0.5),
            Evidence(_made_of(each.cost), 0.0),
            *(Evidence(f"{one.says}: {one.base:,.0f} a year", 0.0) for one in each.benefits),
        ]
        if each.high and each.high.net < 0:
            because.append(Evidence(f"even in the best case {-each.high.net:,.0f} a year are lost", 0.2))
        if each.high and each.high.net >= 0:
            told = f"in the best case, its share of tools not counted, it gains {each.high.net:,.0f} a year"
            because.append(Evidence(told, -0.1))
        share = min(0.2, loss / each.base.cost * 0.2) if each.base.cost else 0.0
        because.append(Evidence(f"over three years that is worth {each.base.npv:,.0f} today", share))
        title = f"{each.profile.initiative.name} costs more than it returns"
        yield _finding(rests, "negative-return", each, title, because, loss)


def unmeasured_value(graph: Graph) -> Iterator[Finding]:
    """Something in production that costs money, and of which nobody measured what it returns."""
    rests = Rests(graph)
    read = any(each.listing == "focus.benefit" and each.status is Status.COMPLETE for each in graph.slices)
    for each in returns(graph):
        if each.benefits or each.profile.stage != "production" or not each.cost.base:
            continue
        because = [
            Evidence("no benefit of it is measured", 0.2),
            Evidence(f"it costs {each.cost.base:,.0f} a year", round(min(0.3, each.cost.base / 50_000), 4)),
            Evidence(_made_of(each.cost), 0.0),
            Evidence(f"it is in production: {each.profile.because[0]}", 0.1),
        ]
        if read:
            because.append(Evidence("a list of benefits was read, and it is not in it", 0.1))
        else:
            because.append(Evidence("no list of benefits was read", -0.1))
        title = f"What {each.profile.initiative.name} returns is not measured"
        yield _finding(rests, "unmeasured-value", each, title, because)


def _made_of(cost: Cost) -> str:
    parts = ((cost.own, "billed to it"), (cost.shared, "its share of tools"), (cost.assumed, "estimated, not counted"))
    return "of this " + ", ".join(f"{amount:,.0f} {what}" for amount, what in parts if amount)


def _finding(
    rests: Rests,
    rule: str,
    each: Return,
    title: str,
    because: list[Evidence],
    saving: float | None = None,
) -> Finding:
    anchor = each.profile.initiative.anchor
    coverage, _ = rests.on(each.profile.sources)
    return finding(
        rule,
        [anchor],
        title,
        list(dict.fromkeys((anchor, *each.profile.initiative.core))),
        because,
        severity="high" if saving and saving > 10_000 else "medium" if saving else "low",
        coverage="partial" if coverage == "unknown" else coverage,
        annual_saving=saving if saving and round(saving, 2) > 0 else None,
    )


def renewal_of_duplicate(graph: Graph) -> Iterator[Finding]:
    """A contract that renews soon, for a tool whose purpose others serve as well: the time to decide is before."""
    rivals: dict[str, set[str]] = {}
    for each in overlapping_tools(graph, ()):  # which tools they are does not rest on their copies
        for key in each.subjects:
            rivals.setdefault(key, set()).update(set(each.subjects) - {key})
    for tool in graph.tools:
        renewal = normal(tool.renewal)
        if not renewal or not graph.scan_at or tool.id not in rivals:
            continue
        days = days_between(graph.scan_at, renewal)
        if not 0 <= days <= RENEWAL_DAYS:
            continue
        others = sorted(rivals[tool.id])
        names = [f"{graph.tool[key].product} {graph.tool[key].instance}" for key in others]
        because = [
            Evidence(f"its contract renews on {renewal[:10]}, {days:.0f} days after the scan", 0.4),
            Evidence(f"{listed(names, 3)} serve the same purpose", 0.2),
        ]
        if days <= NOTICE_DAYS:
            because.append(Evidence("many contracts want notice three months before", 0.1))
        if tool.annual_cost:
            because.append(Evidence(f"it costs {tool.annual_cost:,.0f} a year ({tool.cost_source})", 0.1))
        if tool.seats and tool.users is not None and tool.users < tool.seats:
            because.append(Evidence(f"{tool.seats - tool.users} of {tool.seats} seats are used by nobody", 0.1))
        yield finding(
            "renewal-of-duplicate",
            [tool.id],
            f"{tool.product} {tool.instance} renews on {renewal[:10]}, and others serve its purpose",
            [tool.id, *others],
            because,
            severity="high" if days <= NOTICE_DAYS else "medium",
        )
