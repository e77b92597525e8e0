"""Whose is it, and is it still used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from siloscope.analysis.common import finding, listed, many
from siloscope.graph.view import Graph
from siloscope.model import Asset, Evidence, Finding
from siloscope.times import days_between, normal

DORMANT_DAYS = 180


def unowned(graph: Graph) -> Iterator[Finding]:
    """Assets of a tool that name no owner; one finding a tool."""
    by_tool: dict[str, list[Asset]] = defaultdict(list)
    for each in graph.assets:
        by_tool[each.tool].append(each)
    needed = {each.target for each in graph.dependencies if each.verb.depends > 0}
    for tool in graph.tools:
        assets = by_tool[tool.id]
        bare = [each for each in assets if not each.owner]
        if not bare:
            continue
        share = len(bare) / len(assets)
        depended = [each for each in bare if each.id in needed]
        because = [Evidence(f"{len(bare)} of {many(len(assets), 'asset')} name no owner", 0.5 * share)]
        if depended:
            because.append(
                Evidence(
                    f"others depend on {len(depended)} of them: {listed([each.name for each in depended], 3)}", 0.2
                )
            )
        if len(bare) >= 10:
            because.append(Evidence(f"{len(bare)} is more than a person can ask around for", 0.1))
        yield finding(
            "unowned",
            [tool.id],
            f"{tool.product} {tool.instance}: {many(len(bare), 'asset')} without an owner",
            [tool.id, *sorted(each.id for each in bare)],
            because,
            severity="medium" if depended else "low",
        )


def dormant(graph: Graph) -> Iterator[Finding]:
    """Assets whose platform reports use, and reports none for half a year."""
    for each in graph.assets:
        last = normal(each.last_used)
        if not last or not graph.scan_at:
            continue
        days = days_between(last, graph.scan_at)
        if days < DORMANT_DAYS:
            continue
        because = [
            Evidence(f"last used on {last[:10]}, {days:.0f} days before the scan", min(0.7, 0.4 + days / 2000)),
        ]
        if each.annual_cost:
            because.append(Evidence(f"it still costs {each.annual_cost:,.0f} a year", 0.2))
        yield finding(
            "dormant",
            [each.id],
            f"{each.name} has not been used for {days:.0f} days",
            [each.id],
            because,
            severity="medium" if each.annual_cost else "low",
            annual_saving=each.annual_cost,
        )
