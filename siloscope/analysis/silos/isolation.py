"""Cut off or closed: claims of absence, so each says on which slices it rests and never more than they allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from siloscope.analysis.common import Rests, finding, listed, many
from siloscope.analysis.silos.columns import Columns, Units, columns
from siloscope.analysis.silos.structure import crossing, undirected
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
    meeting, tools = _meetings(data, units), data.holders(units)
    for number in np.flatnonzero(~across & (units.sizes >= LEAST)).tolist():
        name, inner = units.names[number], int(links[number, number])
        coverage, doubt = rests.around(sources[number])
        because = [
            Evidence(f"no dependency crosses the border of {name} in either direction", 0.6),
            Evidence(
                f"inside it, {many(int(units.sizes[number]), 'asset')} in {many(len(tools[number]), 'tool')}"
                f" and {many(inner, 'dependency', 'dependencies')}",
                0.2,
            ),
        ]
        if loose[number]:
            because.append(
                Evidence(f"{many(int(loose[number]), 'dependency', 'dependencies')} with assets of no department", -0.1)
            )
        because += _met(units, meeting[number])
        yield finding(
            "closed-silo",
            [name],
            f"{name} {claim(coverage, 'a closed silo')}",
            _own(graph, tools[number], name),
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
    inner, (takes, gives), tools = links.diagonal(), crossing(links), data.holders(units)
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
        because += _met(units, meeting[number])
        verb = {"complete": "takes", "partial": "takes, as far as was seen,", "unknown": "may take"}[coverage]
        yield finding(
            "one-way-silo",
            [name],
            f"{name} {verb} from {listed(sorted(givers), 3)} and gives nothing back",
            _own(graph, tools[number], name),
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


def _met(units: Units, others: Iterable[int]) -> Iterator[Evidence]:
    """Something outside that others point to as well makes a department less of a silo."""
    if names := [units.names[each] for each in sorted(others)]:
        yield Evidence(f"it meets {listed(names)} in something nobody scanned", -0.2)


def _own(graph: Graph, holders: Iterable[int], department: str) -> list[str]:
    """The tools of a department: one that mostly works for others is no part of the silo, unless there is no other."""
    held = [graph.tools[each] for each in holders]
    return [each.id for each in held if each.department == department] or [each.id for each in held]
