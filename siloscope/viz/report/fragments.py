"""The sections on fragmentation: the index and its parts, products by capability, and who depends on whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from siloscope.analysis.fragmentation import PERMUTATIONS, Fragmentation
from siloscope.analysis.overlap import shares
from siloscope.catalog import capabilities
from siloscope.graph.departments import UNASSIGNED
from siloscope.graph.view import Graph
from siloscope.viz.report.blocks import Block, Plot, Section, Table, Text, first, percent
from siloscope.viz.report.charts import bars, lines, matrix

SHOWN = 20
_TREND = (
    ("fragmentation_index", "fragmentation index", lambda value: f"{value:.1f}"),
    ("crossing_share", "dependencies across departments", percent),
    ("effective_tools", "products in effect a capability", lambda value: f"{value:.2f}"),
    ("coverage", "slices read", percent),
    ("findings", "findings", lambda value: f"{value:,.0f}"),
    ("annual_cost", "cost a year", lambda value: f"{value:,.0f}"),
)


def fragmentation_section(graph: Graph, index: Fragmentation | None, trend: Sequence[Mapping[str, Any]]) -> Section:
    """The index taken apart, capabilities with several products, and the figures from scan to scan."""
    blocks: list[Block] = [_parts(index)] if index else []
    blocks += _products(graph)
    if len(trend) > 1:
        series = [
            (name, [row.get(key) for row in trend], spell(trend[-1][key]))
            for key, name, spell in _TREND
            if trend[-1].get(key) is not None
        ]
        rows = [(row.get("at", "")[:10], *(row.get(key) for key, *_ in _TREND)) for row in trend]
        table = Table(("Scan", *(name for _, name, _ in _TREND)), rows, frozenset(range(1, len(_TREND) + 1)))
        blocks.append(Plot(lines(series, "Figures from scan to scan"), f"The last {len(trend)} scans.", table))
    return Section("fragmentation", "Fragmentation", blocks or [Text("Nothing was found to be fragmented.")])


def _parts(index: Fragmentation) -> Table:
    two = "chance that two assets of one capability live in different products"
    border = f"the part that follows the borders of departments; by chance: {PERMUTATIONS} random deals of departments"
    stays = f"share that stays inside a department; E-I index {index.e_i:+.3f}"
    beyond = "how far dependencies stay inside departments beyond chance"
    rows = [
        ("Fragmentation index", f"{index.index:.1f}", "", "", "0 to 100: the mean of dispersion and separation"),
        ("Dispersion", _said(index.dispersion), "", "", two),
        ("· within departments", _said(index.within), "", "", "the part that departments make by themselves"),
        ("· between departments", _said(index.between), _said(index.between_null), _said(index.between_p), border),
        ("Separation", _said(index.separation), "0", "", beyond),
        ("· dependencies inside", _said(index.inside), _said(index.inside_null), _said(index.inside_p), stays),
    ]
    return Table(("Figure", "Is", "By chance", "p", "Says"), rows, frozenset({1, 2, 3}))


def _said(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _products(graph: Graph) -> list[Block]:
    """Capabilities that several products serve, by how many products that is in effect."""
    known = capabilities()
    worth = [each for each in shares(graph) if each.capability not in known or known[each.capability].overlap]
    several = [each for each in worth if len(each.assets) > 1 and each.effective > 1]
    several.sort(key=lambda each: (-each.effective, each.capability))
    if not several:
        return [Text("No capability that is worth consolidating is served by several products.")]
    rows, told = [], []
    for each in several[:SHOWN]:
        name = known[each.capability].name if each.capability in known else each.capability
        counts = sorted(each.assets.values(), reverse=True)
        rows.append((name, [float(counts[0]), float(sum(counts[1:]))]))
        held = sorted(each.assets.items(), key=lambda row: (-row[1], row[0]))
        by_product = ", ".join(f"{count} {product}" for product, count in held)
        told.append((name, len(each.assets), f"{each.effective:.2f}", by_product))
    table = Table(("Capability", "Products", "In effect", "Assets by product"), told, frozenset({1, 2}))
    parts = (("assets in the product that holds most", "production"), ("in others", "pilot"))
    svg = bars(rows, parts, "Assets by capability")
    caption = "Capabilities that several products serve, the most fragmented first."
    return [Plot(svg, caption + first(SHOWN, len(several)), None), table]


def matrix_section(graph: Graph) -> Section:
    """Who depends on whom, department by department."""
    home = [each.department or UNASSIGNED for each in graph.assets]
    inner = graph.ends[:, (graph.ends < len(home)).all(axis=0)].T.tolist()
    counts, sizes = Counter((home[a], home[b]) for a, b in inner), Counter(home)
    names = sorted(sizes, key=lambda name: (name == UNASSIGNED, -sizes[name], name))
    shown = names[:SHOWN]
    if len(names) < 2:
        return Section("silos", "Who depends on whom", [Text("There is only one department.")])
    rows = [(one, *(counts.get((one, other), 0) or "" for other in shown)) for one in shown]
    table = Table(("Depends on", *shown), rows, frozenset(range(1, len(shown) + 1)))
    caption = "A row depends on a column. Grey lies inside a department; empty but for grey is a closed silo."
    caption += first(SHOWN, len(names))
    plot = Plot(matrix(shown, counts, "Dependencies by department"), caption, table)
    return Section("silos", "Who depends on whom", [plot])
