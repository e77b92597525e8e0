"""What others point to and nobody scanned: shared things outside, and tools that were never inventoried."""

from __future__ import annotations

from collections.abc import Iterator

from siloscope.analysis.common import finding, listed, many
from siloscope.analysis.silos.columns import columns, gathered
from siloscope.catalog import find
from siloscope.graph.view import Graph
from siloscope.model import Asset, Evidence, Finding
from siloscope.names import parents


def hidden_share(graph: Graph) -> Iterator[Finding]:
    """Two or more tools that meet in something nobody scanned."""
    import numpy as np

    data = columns(graph)
    asset, place = data.outward
    met = np.unique(data.meetings(data.units("tool"))[0])
    chosen = np.isin(place, met)
    for number, members in enumerate(gathered(place[chosen], asset[chosen], len(graph.outside))):
        if not members:
            continue
        outside = graph.outside[number]
        assets = [graph.assets[each] for each in members]
        tools = sorted({each.tool for each in assets})
        departments = sorted({str(each.department) for each in assets})
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
    import numpy as np

    asset, place = columns(graph).outward
    names = [_authority(each.name) for each in graph.outside]
    known = {name: number for number, name in enumerate(sorted(set(names)))}
    authorities = list(known)
    of = np.array([known[each] for each in names], dtype=np.int64)
    users, below = (gathered(of[place], each, len(authorities)) for each in (asset, place))
    inventoried = {"/".join(each.id.split("/", 3)[:3]) for each in graph.assets}  # what it lacks is missing, not hidden
    for authority, members, places in zip(authorities, users, below, strict=True):
        if len(members) > 1 and authority not in inventoried:
            assets = [graph.assets[each] for each in members]
            yield _shadow(graph, authority, assets, sorted(graph.outside[each].id for each in places))


def _shadow(graph: Graph, authority: str, assets: list[Asset], below: list[str]) -> Finding:
    tools = sorted({each.tool for each in assets})
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
    return finding(
        "shadow-tool",
        [authority],
        f"{authority} is used by {many(len(assets), 'asset')} and was never inventoried",
        [*below, *(each.id for each in assets)],
        because,
        severity="medium" if len(tools) > 1 else "low",
    )


def _authority(name: str) -> str:
    """The widest name: the server, account or host."""
    return ([name, *parents(name)])[-1]


def _label(graph: Graph, tool: str) -> str:
    known = graph.tool.get(tool)
    return f"{known.product} {known.instance}" if known else tool
