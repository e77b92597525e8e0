"""Cut off or closed: claims of absence, so each says on which slices it rests and never more than they allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from siloscope.analysis.common import Rests, finding, listed, many
from siloscope.analysis.silos.columns import Columns, Units, columns, distinct
from siloscope.analysis.silos.structure import undirected
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding

if TYPE_CHECKING:
    import numpy as np

_CLAIM = {
    "complete": "is {}",
    "partial": "is {} as far as was seen",
    "unknown": "may be {}: not everything was looked at",
}
LEAST = 3  # assets of a department below which nothing is said about it


def claim(coverage: str, what: str) -> str:
    """The words for a claim of absence, as strong as its coverage."""
    return _CLAIM[coverage].format(what)


def linked(data: Columns, units: Units) -> np.ndarray:
    """By unit, whether a dependency joins it to another unit, directly or through something outside."""
    import numpy as np

    found: np.ndarray = np.diff(undirected(data.links(units)).indptr) > 0
    found[data.meetings(units)[1]] = True
    return found


def isolated_tool(graph: Graph) -> Iterator[Finding]:
    """A tool none of whose assets depends on, or is depended on by, anything of another tool.

    Meeting another tool in something outside counts as a link: a share nobody scanned is no isolation.
    """
    import numpy as np

    if len(graph.tools) < 2:
        return
    rests, data = Rests(graph), columns(graph)
    units = data.units("tool")
    joined, sources = linked(data, units), data.sources(units)
    own = data.unit_of(units)
    pointers = np.bincount(own[own >= 0], minlength=len(units.names)) - data.links(units).diagonal()
    for number in np.flatnonzero((units.sizes > 0) & ~joined).tolist():
        tool, size = graph.tools[number], int(units.sizes[number])
        coverage, doubt = rests.around(sources[number])
        because = [
            Evidence(
                f"none of its {many(size, 'asset')} is linked to another of {many(len(graph.tools), 'tool')}", 0.6
            ),
            Evidence(
                f"its {many(int(pointers[number]), 'pointer')} lead inside itself or to places no other tool touches",
                0.1,
            ),
            Evidence(f"it works for {tool.department}", 0.0),
        ]
        if size >= 5:
            because.append(Evidence(f"{size} assets are too many for a trial", 0.2))
        if size == 1:
            because.append(Evidence("one asset alone, such as a default of every account, is rarely a silo", -0.2))
        yield finding(
            "isolated-tool",
            [tool.id],
            f"{tool.product} {tool.instance} {claim(coverage, 'isolated')}",
            [tool.id],
            [*because, doubt] if doubt else because,
            severity="high" if coverage == "complete" and size >= 5 else "medium" if coverage != "unknown" else "low",
            coverage=coverage,
        )


def closed_silo(graph: Graph) -> Iterator[Finding]:
    """A department with inner life and no dependency to or from another department."""
    import numpy as np

    rests, data = Rests(graph), columns(graph)
    units = data.units("department")
    if len(units.names) < 2:
        return
    links, loose, sources = data.links(units), data.loose(units), data.sources(units)
    across = np.diff(undirected(links).indptr) > 0
    meeting, tools = _meetings(data, units), _tools(data, units)
    for number in np.flatnonzero(~across & (units.sizes >= LEAST)).tolist():
        name, inner = units.names[number], int(links[number, number])
        coverage, doubt = rests.around(sources[number])
        held = [graph.tools[each].id for each in tools[number]]
        because = [
            Evidence(f"no dependency crosses the border of {name} in either direction", 0.6),
            Evidence(
                f"inside it, {many(int(units.sizes[number]), 'asset')} in {many(len(held), 'tool')}"
                f" and {many(inner, 'dependency', 'dependencies')}",
                0.2,
            ),
        ]
        if loose[number]:
            because.append(
                Evidence(f"{many(int(loose[number]), 'dependency', 'dependencies')} with assets of no department", -0.1)
            )
        if meeting[number]:
            others = listed([units.names[each] for each in sorted(meeting[number])])
            because.append(Evidence(f"it meets {others} in something nobody scanned", -0.2))
        # A tool that mostly works for others is no part of the silo, although it holds some of its assets.
        own = [each for each in held if graph.tool[each].department == name]
        yield finding(
            "closed-silo",
            [name],
            f"{name} {claim(coverage, 'a closed silo')}",
            own or held,
            [*because, doubt] if doubt else because,
            severity="high" if coverage == "complete" else "medium" if coverage == "partial" else "low",
            coverage=coverage,
        )


def one_way_silo(graph: Graph) -> Iterator[Finding]:
    """A department that takes from others and gives nothing back: what it makes of their data ends in it."""
    import numpy as np

    rests, data = Rests(graph), columns(graph)
    units = data.units("department")
    if len(units.names) < 2:
        return
    links, sources, meeting = data.links(units), data.sources(units), _meetings(data, units)
    inner = links.diagonal()
    takes = np.asarray(links.sum(axis=1)).ravel() - inner
    gives = np.asarray(links.sum(axis=0)).ravel() - inner
    tools = _tools(data, units)
    for number in np.flatnonzero((takes > 0) & (gives == 0) & (units.sizes >= LEAST)).tolist():
        name = units.names[number]
        coverage, doubt = rests.around(sources[number])
        givers = [units.names[each] for each in links[[number]].tocsr().indices.tolist() if each != number]
        because = [
            Evidence(
                f"{many(int(takes[number]), 'dependency', 'dependencies')} of {name} on {listed(sorted(givers))}", 0.3
            ),
            Evidence(f"nothing of the {many(int(units.sizes[number]), 'asset')} of {name} is used by others", 0.3),
        ]
        if inner[number]:
            because.append(
                Evidence(f"{many(int(inner[number]), 'dependency', 'dependencies')} inside: it makes something", 0.1)
            )
        if meeting[number]:
            others = listed([units.names[each] for each in sorted(meeting[number])])
            because.append(Evidence(f"it meets {others} in something nobody scanned", -0.2))
        held = [graph.tools[each].id for each in tools[number]]
        verb = {"complete": "takes", "partial": "takes, as far as was seen,", "unknown": "may take"}[coverage]
        yield finding(
            "one-way-silo",
            [name],
            f"{name} {verb} from {listed(sorted(givers), 3)} and gives nothing back",
            [each for each in held if graph.tool[each].department == name] or held,
            [*because, doubt] if doubt else because,
            severity="medium" if coverage != "unknown" else "low",
            coverage=coverage,
        )


def _meetings(data: Columns, units: Units) -> Mapping[int, set[int]]:
    """By unit, the others that point to the same thing outside."""
    at: dict[int, set[int]] = defaultdict(set)
    for place, unit in zip(*(each.tolist() for each in data.meetings(units)), strict=True):
        at[place].add(unit)
    met: dict[int, set[int]] = defaultdict(set)
    for names in {frozenset(each) for each in at.values()}:
        for name in names:
            met[name] |= names - {name}
    return met


def _tools(data: Columns, units: Units) -> list[list[int]]:
    """By unit, the numbers of the tools that hold its assets, in order."""
    import numpy as np

    tools = data.units("tool")
    known = units.of >= 0
    size = max(len(tools.names), 1)
    found: list[list[int]] = [[] for _ in units.names]
    for pair in distinct(units.of[known] * np.int64(size) + tools.of[known]).tolist():
        found[pair // size].append(pair % size)
    return found
