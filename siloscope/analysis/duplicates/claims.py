"""Names that assets of different tools claim: one thing inventoried twice, or two that should differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from siloscope.analysis.common import finding, listed
from siloscope.graph.resolve import Aliases, Claims
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding


def duplicate_claim(graph: Graph) -> Iterator[Finding]:
    """A finding for each group of assets of several tools that claim the same names."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, ids in Claims(graph.assets, Aliases()).several():
        if len({graph.asset[each].tool for each in ids}) > 1:
            groups[ids].append(name)
    for ids, names in sorted(groups.items()):
        tools = sorted({graph.asset[each].tool for each in ids})
        because = [
            Evidence(f"{listed(names, 3)} is claimed by {listed([graph.asset[each].name for each in ids], 3)}", 0.5),
            Evidence(f"they stand in {listed(tools, 3)}", 0.1),
        ]
        yield finding(
            "duplicate-claim", [min(names)], f"{names[0]} is claimed by {len(ids)} assets", ids, because, severity="low"
        )
