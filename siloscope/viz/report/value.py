"""The section on money: what things cost, for whom, and what they return."""

from __future__ import annotations

from siloscope.analysis.common import many
from siloscope.analysis.overlap import overlapping_tools
from siloscope.analysis.value import DISCOUNT, HORIZON_MONTHS, Case, Return, returns
from siloscope.analysis.value_costs import Cost, Costs, by_capability, by_department, costs
from siloscope.catalog import capabilities
from siloscope.graph.view import Graph
from siloscope.viz.report.blocks import Block, Plot, Section, Table, Text, first, money, percent
from siloscope.viz.report.charts import bars, ranges

SHOWN = 20
_PARTS = (("billed to it", "production"), ("share of tools", "experiment"), ("estimates", "pilot"))


def value_section(graph: Graph) -> Section:
    """Costs by department and capability, what duplication costs, and returns with their range."""
    paid = costs(graph)
    if not paid.total.known:
        return Section("value", "Cost and value", [Text("No source says what anything costs.")])
    blocks: list[Block] = [Text(_lead(graph, paid))]
    if len(paid.currencies) > 1:
        told = " and ".join(paid.currencies)
        blocks.append(Text(f"The figures mix {told}: give the sources a currency and rates before you add them up."))
    blocks.append(_costs(by_department(graph, paid), "department"))
    names = {key: known.name for key, known in capabilities().items()}
    by_name = {names.get(key, key): cost for key, cost in by_capability(graph, paid).items()}
    blocks.append(_costs(by_name, "capability"))
    blocks += _returns(returns(graph, paid))
    return Section("value", "Cost and value", blocks)


def _lead(graph: Graph, paid: Costs) -> str:
    total, left = paid.total, sum((each.high for each in paid.unallocated.values()), 0.0)
    unpriced = sum(each.annual_cost is None for each in graph.tools)
    waste = sum(float(each.facts.get("cost.unused") or 0.0) for each in graph.tools)
    extra = sum(each.annual_saving or 0.0 for each in overlapping_tools(graph, ()))
    parts = [
        f"{money(total.own)} a year are billed to single assets",
        f"{money(total.shared)} are billed to tools, which their assets share alike",
        f"{money(total.assumed)} more are estimates" if total.assumed else "",
        f"{money(left)} belong to tools of which nothing was inventoried and stay unallocated" if left else "",
        f"{money(waste)} were paid for commitments that nobody used" if waste else "",
        f"what {many(unpriced, 'tool')} cost, no source says" if unpriced else "",
        f"where several products serve one purpose, all but the dearest cost {money(extra)}" if extra else "",
    ]  # fmt: skip
    return "; ".join(each for each in parts if each) + "."


def _costs(sums: dict[str, Cost], what: str) -> Plot:
    rows = sorted(sums.items(), key=lambda row: (-row[1].high, row[0]))
    shown = [(name, [cost.own, cost.shared, cost.assumed]) for name, cost in rows[:SHOWN]]
    table = Table(
        (what.capitalize(), *(name for name, _ in _PARTS)),
        [(name, *(money(each) for each in values)) for name, values in shown],
        frozenset({1, 2, 3}),
    )
    caption = f"Cost a year by {what}." + first(SHOWN, len(rows))
    return Plot(bars(shown, _PARTS, f"Cost a year by {what}"), caption, table)


def _returns(found: tuple[Return, ...]) -> list[Block]:
    measured = sorted(
        (each for each in found if each.base),
        key=lambda each: (-(each.base.net if each.base else 0.0), each.profile.initiative.id),
    )
    running = [each for each in found if each.profile.stage == "production" and each.cost.base]
    dark = sum(not each.benefits for each in running)
    if not measured:
        return [Text(f"No benefit is measured of any initiative; {len(running)} in production cost money.")]
    cases = [
        (each.profile.initiative.name, each.low.net, each.base.net, each.high.net)
        for each in measured
        if each.low and each.base and each.high
    ]
    columns = (
        "Initiative",
        "Cost",
        "Benefit",
        "Net",
        "Return",
        "Payback, months",
        f"Worth over {HORIZON_MONTHS} months",
    )
    rows = [_row(each.profile.initiative.name, each.base) for each in measured if each.base]
    table = Table(columns, rows, frozenset(range(1, len(columns))))
    caption = (
        "Net a year of what is measured: the likely case, from the lowest (all costs, the least benefit) to the "
        "highest (only what is billed to it, the most benefit)."
    )
    lines = [(name, money(low), money(likely), money(high)) for name, low, likely, high in cases]
    spans = Table(("Initiative", "Low", "Likely", "High"), lines, frozenset({1, 2, 3}))
    rest = f"{dark} of {len(running)} initiatives in production that cost money have no measured benefit."
    return [
        Plot(ranges(cases, "Net return a year"), caption, spans),
        table,
        Text(f"Present values at {percent(DISCOUNT)} a year. {rest}"),
    ]


def _row(name: str, case: Case) -> tuple[str, ...]:
    figures = (money(case.cost), money(case.benefit), money(case.net), percent(case.roi))
    return (name, *figures, _months(case.payback), money(case.npv))


def _months(payback: float | None) -> str:
    if payback is None:
        return "never"
    return f"{payback:.0f}" if payback < 1200 else "more than 1200"
