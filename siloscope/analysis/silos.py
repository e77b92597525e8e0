"""Cut off, closed, hanging by one link: claims about absence, so each says on which slices it rests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from siloscope.analysis.common import Rests, finding, listed, many
from siloscope.graph.build import SHARED, UNASSIGNED
from siloscope.graph.view import Graph
from siloscope.model import Edge, Evidence, Finding


def isolated_tool(graph: Graph) -> Iterator[Finding]:
    """A tool none of whose assets depends on, or is depended on by, anything of another tool.

    Meeting another tool in something outside counts as a link: a share nobody scanned is no isolation.
    """
    rests = Rests(graph)
    linked = _linked_tools(graph)
    sizes = Counter(each.tool for each in graph.assets)
    sources: dict[str, set[str]] = defaultdict(set)
    pointers = Counter(graph.asset[e.source].tool for e in graph.dependencies if e.source in graph.asset)
    for each in graph.assets:
        sources[each.tool].update(each.sources)
    for tool in graph.tools:
        size = sizes[tool.id]
        if not size or tool.id in linked or len(graph.tools) < 2:
            continue
        coverage, doubt = rests.on(sources[tool.id])
        because = [
            Evidence(
                f"none of its {many(size, 'asset')} is linked to another of {many(len(graph.tools), 'tool')}", 0.6
            ),
            Evidence(
                f"its {many(pointers[tool.id], 'pointer')} lead inside itself or to places no other tool touches", 0.1
            ),
            Evidence(f"it works for {tool.department}", 0.0),
        ]
        if size >= 5:
            because.append(Evidence(f"{size} assets are too many for a trial", 0.2))
        if size == 1:
            because.append(Evidence("one asset alone, such as a default of every account, is rarely a silo", -0.2))
        claim = "is isolated" if coverage != "unknown" else "may be isolated: not everything was looked at"
        yield finding(
            "isolated-tool",
            [tool.id],
            f"{tool.product} {tool.instance} {claim}",
            [tool.id],
            [*because, doubt] if doubt else because,
            severity="high" if coverage == "complete" and size >= 5 else "medium" if coverage != "unknown" else "low",
            coverage=coverage,
        )


def _linked_tools(graph: Graph) -> set[str]:
    """Tools with a dependency to another tool, directly or by sharing something outside."""
    linked: set[str] = set()
    meeting: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        source, target = graph.asset.get(edge.source), graph.asset.get(edge.target)
        if source and target:
            if source.tool != target.tool:
                linked |= {source.tool, target.tool}
        elif source:
            meeting[edge.target].add(source.tool)
    for tools in meeting.values():
        if len(tools) > 1:
            linked |= tools
    return linked


def crossings(graph: Graph) -> Mapping[tuple[str, str], list[Edge]]:
    """Dependencies between two different departments, by the sorted pair; unassigned assets belong to none."""
    found: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in graph.dependencies:
        source, target = graph.asset.get(edge.source), graph.asset.get(edge.target)
        if source and target and source.department and target.department:
            a, b = sorted((source.department, target.department))
            if a != b and UNASSIGNED not in (a, b):
                found[a, b].append(edge)
    return found


def closed_silo(graph: Graph) -> Iterator[Finding]:
    """A department with inner life and no dependency to or from another department."""
    rests = Rests(graph)
    across = {name for pair in crossings(graph) for name in pair}
    members: dict[str, list[int]] = defaultdict(list)
    sources: dict[str, set[str]] = defaultdict(set)
    for number, each in enumerate(graph.assets):
        if each.department and each.department not in (UNASSIGNED, SHARED):
            members[each.department].append(number)
            sources[each.department].update(each.sources)
    inner, loose = _ends(graph)
    meeting = _meetings(graph)
    for name in sorted(members):
        if name in across or len(members) < 2 or len(members[name]) < 3:
            continue
        coverage, doubt = rests.on(sources[name])
        tools = sorted({graph.assets[n].tool for n in members[name]})
        because = [
            Evidence(f"no dependency crosses the border of {name} in either direction", 0.6),
            Evidence(
                f"inside it, {many(len(members[name]), 'asset')} in {many(len(tools), 'tool')}"
                f" and {many(inner[name], 'dependency', 'dependencies')}",
                0.2,
            ),
        ]
        if loose[name]:
            because.append(
                Evidence(f"{many(loose[name], 'dependency', 'dependencies')} with assets of no department", -0.1)
            )
        if meeting[name]:
            because.append(Evidence(f"it meets {listed(sorted(meeting[name]))} in something nobody scanned", -0.2))
        claim = "is a closed silo" if coverage != "unknown" else "may be a closed silo: not everything was looked at"
        # A tool that mostly works for others is no part of the silo, although it holds some of its assets.
        own = [each for each in tools if graph.tool[each].department == name]
        yield finding(
            "closed-silo",
            [name],
            f"{name} {claim}",
            own or tools,
            [*because, doubt] if doubt else because,
            severity="high" if coverage == "complete" else "medium" if coverage == "partial" else "low",
            coverage=coverage,
        )


def _ends(graph: Graph) -> tuple[Counter[str], Counter[str]]:
    """By department, dependencies with both ends in it, and those whose other end belongs to nobody."""
    inner: Counter[str] = Counter()
    loose: Counter[str] = Counter()
    for edge in graph.dependencies:
        if edge.source in graph.asset and edge.target in graph.asset:
            a, b = graph.asset[edge.source].department or UNASSIGNED, graph.asset[edge.target].department or UNASSIGNED
            if a == b:
                inner[a] += 1
            elif UNASSIGNED in (a, b):
                loose[a if b == UNASSIGNED else b] += 1
    return inner, loose


def _meetings(graph: Graph) -> Mapping[str, set[str]]:
    """By department, the others that point to the same thing outside."""
    users: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        source = graph.asset.get(edge.source)
        if source and source.department not in (None, UNASSIGNED) and edge.target not in graph.asset:
            users[edge.target].add(str(source.department))
    met: dict[str, set[str]] = defaultdict(set)
    for names in users.values():
        for name in names:
            met[name] |= names - {name}
    return met


def single_bridge(graph: Graph) -> Iterator[Finding]:
    """Two departments, or two groups of them, that only one dependency holds together."""
    import networkx as nx

    across = crossings(graph)
    network = nx.Graph(across.keys())
    rests = Rests(graph)
    for a, b in sorted(tuple(sorted(pair)) for pair in nx.bridges(network)) if network else ():
        edges = across[a, b]
        if len(edges) != 1:
            continue
        edge = edges[0]
        source, target = graph.asset[edge.source], graph.asset[edge.target]
        coverage, doubt = rests.on({*source.sources, *target.sources})
        because = [
            Evidence(f"{source.name} {edge.verb} {target.name} is the only link between {a} and {b}", 0.5),
            Evidence(f"it was read at {edge.where or 'the definition'} of {source.name}", 0.1),
        ]
        yield finding(
            "single-bridge",
            [a, b],
            f"One link holds {a} and {b} together",
            [edge.source, edge.target],
            [*because, doubt] if doubt else because,
            coverage=coverage,
        )


def fragmentation(graph: Graph) -> dict[str, float | int]:
    """The figures of the headline: how much crosses, and how much is spread.

    `crossing_share` is the share of dependencies between attributed assets that cross departments.
    """
    from siloscope.analysis.overlap import shares

    crossing = sum(len(edges) for edges in crossings(graph).values())
    attributed = sum(
        1
        for e in graph.dependencies
        if e.source in graph.asset
        and e.target in graph.asset
        and UNASSIGNED not in (graph.asset[e.source].department, graph.asset[e.target].department)
    )
    several = [share for share in shares(graph) if len(share.assets) > 1]
    effective = [share.effective for share in shares(graph) if share.effective]
    return {
        "capabilities": len(effective),
        "contested_capabilities": len(several),
        "effective_tools": round(sum(effective) / len(effective), 2) if effective else 0.0,
        "crossing_share": round(crossing / attributed, 4) if attributed else 0.0,
        "dependencies": len(graph.dependencies),
    }


__all__ = ["closed_silo", "crossings", "fragmentation", "isolated_tool", "listed", "single_bridge"]
