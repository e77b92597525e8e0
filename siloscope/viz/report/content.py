"""What the report says, section by section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from siloscope.analysis import THRESHOLD
from siloscope.analysis.common import many
from siloscope.analysis.fragmentation import Fragmentation, fragmentation_index
from siloscope.analysis.initiatives import Profile, profiles
from siloscope.analysis.value_costs import costs
from siloscope.graph.departments import SHARED, UNASSIGNED
from siloscope.graph.view import Graph
from siloscope.model import Finding, Slice, Status
from siloscope.viz.report.blocks import Block, Cell, Item, Items, Report, Section, Table, Text, Tiles, money, percent
from siloscope.viz.report.fragments import fragmentation_section, matrix_section
from siloscope.viz.report.initiatives import initiatives_section
from siloscope.viz.report.value import value_section

MOST = 20
OF_A_RULE = 3


def report(
    graph: Graph, found: Sequence[Finding], trend: Sequence[Mapping[str, Any]] = (), title: str = "Estate report"
) -> Report:
    """The report of a graph.

    Args:
        graph: The published graph.
        found: Its findings, most valuable first, with what people said about them.
        trend: Rows of `siloscope/trend/1`, the oldest first.
        title: What the report is called.
    """
    passing = [each for each in found if each.score >= THRESHOLD and each.state != "rejected"]
    known, index = profiles(graph), fragmentation_index(graph)
    departments = {each.department for each in graph.assets} - {None, SHARED, UNASSIGNED}
    size = f"{many(len(graph.assets), 'asset')} in {many(len(graph.tools), 'tool')}"
    subtitle = f"As of {graph.scan_at[:10] or 'no scan'}: {size} of {many(len(departments), 'department')}"
    sections = (
        _summary(graph, passing, known, index),
        initiatives_section(graph, known),
        value_section(graph),
        fragmentation_section(graph, index, trend),
        matrix_section(graph),
        _findings(passing),
        _coverage(graph),
    )
    return Report(title, subtitle, sections)


def _summary(
    graph: Graph, passing: Sequence[Finding], known: Sequence[Profile], index: Fragmentation | None
) -> Section:
    stages = Counter(each.stage for each in known)
    paid = costs(graph)
    met, mentions = graph.resolution
    read = sum(not each.unread for each in graph.slices)
    currency = " / ".join(paid.currencies)
    begun = f"{many(stages['pilot'], 'pilot')}, {many(stages['experiment'], 'experiment')}"
    stalled = sum(each.rule == "stalled-pilot" for each in passing)
    links = f"{percent(met / mentions if mentions else None)} of links resolved"
    tiles = [
        (f"{index.index:.0f} of 100" if index else "-", "fragmentation index", "0: one product each, borders open"),
        (money(paid.total.base), f"a year, {currency or 'currency not said'}", _estimates(paid.total.assumed)),
        (str(stages["production"]), "initiatives in production", begun),
        (str(stalled), "stalled pilots", f"{many(stages['dormant'], 'initiative is', 'initiatives are')} dormant"),
        (str(len(passing)), "findings", f"{sum(each.severity == 'high' for each in passing)} of them severe"),
        (percent(read / len(graph.slices) if graph.slices else None), "of slices read", links),
    ]
    blocks: list[Block] = [Tiles(tiles)]
    if passing:
        blocks += [
            Text("What is worth most, the first of each rule:"),
            Items(_items(_first(passing, 6, 1), evidence=1)),
        ]
    unread = [each for each in graph.slices if each.unread]
    if unread:
        blocks.append(Text(f"Not everything was seen: {many(len(unread), 'slice')} could not be read. See coverage."))
    return Section("summary", "In one page", blocks)


def _estimates(assumed: float) -> str:
    return f"{money(assumed)} more are estimates" if assumed else "billed or licensed, no estimates"


def _first(passing: Sequence[Finding], most: int, of_a_rule: int) -> list[Finding]:
    """The most valuable findings, at most some of each rule, so that they show the range."""
    counts: Counter[str] = Counter()
    shown: list[Finding] = []
    for each in passing:
        if counts[each.rule] < of_a_rule and len(shown) < most:
            counts[each.rule] += 1
            shown.append(each)
    return shown


def _findings(passing: Sequence[Finding]) -> Section:
    if not passing:
        return Section("findings", "Findings", [Text("Nothing was found.")])
    shown = _first(passing, MOST, OF_A_RULE)
    counts = Counter(each.rule for each in passing)
    rows = [(rule, count) for rule, count in sorted(counts.items(), key=lambda row: (-row[1], row[0]))]
    blocks: list[Block] = [
        Text(f"At most {OF_A_RULE} of a rule; siloscope findings lists all, siloscope why ID takes one apart."),
        Items(_items(shown, evidence=6)),
        Table(("Rule", "Findings"), rows, frozenset({1})),
    ]
    return Section("findings", "Findings", blocks)


def _items(found: Sequence[Finding], evidence: int) -> list[Item]:
    """Findings with what weighs most for them."""
    return [
        Item(
            each.title,
            f"{each.rule}, score {each.score:.2f}"
            + (f", {money(each.annual_saving)} a year" if each.annual_saving else "")
            + ("" if each.coverage == "complete" else f", rests on {each.coverage} coverage")
            + (f", {each.state}" if each.state != "open" else "")
            + f", {each.id}",
            [(one.weight, one.says) for one in sorted(each.because, key=lambda one: -one.weight)[:evidence]],
        )
        for each in found
    ]


def _coverage(graph: Graph) -> Section:
    by_source: dict[str, list[Slice]] = {}
    for each in graph.slices:
        by_source.setdefault(each.source, []).append(each)
    columns = ("Source", "Slices", "Complete", "Partial", "Denied", "Failed", "Accepted", "Held")
    rows: list[Sequence[Cell]] = []
    for name in sorted(by_source):
        slices = by_source[name]
        states = Counter(each.status for each in slices)
        ended = [states[each] for each in Status]
        kept = (sum(bool(each.accepted) for each in slices), sum(each.held for each in slices))
        rows.append((name, len(slices), *ended, *kept))
    blocks: list[Block] = [
        Text("A slice is one call in one scope. What was not read is not absent: claims that rest on it say so."),
        Table(columns, rows, frozenset(range(1, len(columns)))),
    ]
    unread = sorted((each for each in graph.slices if each.unread), key=lambda each: each.key)
    if unread:
        told = [
            (f"{each.source} {each.listing}", each.scope, each.status.value, each.permission or "-", each.reason)
            for each in unread[:MOST]
        ]
        blocks.append(Table(("Not read", "Scope", "Ended", "Permission", "Reason"), told))
        if len(unread) > MOST:
            blocks.append(Text(f"And {len(unread) - MOST} more; siloscope coverage lists all."))
    return Section("coverage", "Coverage", blocks)
