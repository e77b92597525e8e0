"""What others point to and nobody scanned: shared things outside, and tools that were never inventoried."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from siloscope.analysis.common import finding, listed, many
from siloscope.catalog import find
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding
from siloscope.names import parents


def hidden_share(graph: Graph) -> Iterator[Finding]:
    """Two or more tools that meet in something nobody scanned."""
    users: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        if edge.source in graph.asset and edge.target not in graph.asset:
            users[edge.target].add(edge.source)
    for outside in graph.outside:
        assets = sorted(users[outside.id])
        tools = sorted({graph.asset[each].tool for each in assets})
        if len(tools) < 2:
            continue
        departments = sorted({str(graph.asset[each].department) for each in assets})
        because = [
            Evidence(f"{many(len(assets), 'asset')} of {many(len(tools), 'tool')} point to {outside.name}", 0.5),
            Evidence("no scanned source claims it, so its owner, cost and content are unknown", 0.1),
        ]
        if len(departments) > 1:
            because.append(Evidence(f"it joins {listed(departments)}", 0.2))
        if len(tools) > 8:
            because.append(Evidence("so many tools use it that it is infrastructure rather than a secret", -0.3))
        yield finding(
            "hidden-share",
            [outside.id],
            f"{listed([_label(graph, each) for each in tools], 3)} meet in {outside.name}, which nobody scanned",
            [outside.id, *tools],
            because,
            severity="high" if len(departments) > 1 else "medium",
        )


def shadow_tool(graph: Graph) -> Iterator[Finding]:
    """An authority (server, account, service) that assets mention and that was never inventoried."""
    mentions: dict[str, Counter[str]] = defaultdict(Counter)
    below: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        if edge.source in graph.asset and edge.target not in graph.asset:
            authority = _authority(edge.target.removeprefix("outside:"))
            mentions[authority][edge.source] += 1
            below[authority].add(edge.target)
    for authority in sorted(mentions):
        assets = sorted(mentions[authority])
        if len(assets) < 2:
            continue
        tools = sorted({graph.asset[each].tool for each in assets})
        known = find(authority.partition("://")[2]) or find(authority.partition("://")[0])
        because = [
            Evidence(
                f"{many(len(assets), 'asset')} of {many(len(tools), 'tool')} mention {authority}",
                min(0.5, 0.3 + 0.02 * len(assets)),
            ),
            Evidence("no source inventories it", 0.1),
        ]
        if known:
            because.append(Evidence(f"it looks like {known.name} of {known.vendor}", 0.1))
        if len(tools) > 1:
            because.append(Evidence(f"used from {listed([_label(graph, each) for each in tools], 3)}", 0.1))
        yield finding(
            "shadow-tool",
            [authority],
            f"{authority} is used by {many(len(assets), 'asset')} and was never inventoried",
            [*sorted(below[authority]), *assets],
            because,
            severity="medium" if len(tools) > 1 else "low",
        )


def _authority(name: str) -> str:
    """The widest name: the server, account or host."""
    return ([name, *parents(name)])[-1]


def _label(graph: Graph, tool: str) -> str:
    known = graph.tool.get(tool)
    return f"{known.product} {known.instance}" if known else tool
