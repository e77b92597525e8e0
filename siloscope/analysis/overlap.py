"""Tools that serve one purpose: how many products share a capability, and how many that effectively is.

The effective number of tools is the inverse Herfindahl index, 1 / sum(share^2), over the share of
assets each product holds (Hill number of order 2; Jost 2006, Oikos 113): five products of which one
holds nearly everything count as little more than one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from siloscope.analysis.common import finding, listed, many
from siloscope.catalog import capabilities, product
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding, Tool


@dataclass(frozen=True, slots=True)
class Share:
    """How one capability is served: assets by product, the tools that serve it, the effective number of products."""

    capability: str
    assets: Mapping[str, int]
    tools: tuple[Tool, ...]

    @property
    def effective(self) -> float:
        """1 / sum of squared shares; products without assets count nothing."""
        total = sum(self.assets.values())
        return 1 / sum((n / total) ** 2 for n in self.assets.values()) if total else 0.0


def shares(graph: Graph) -> list[Share]:
    """One `Share` for each capability that any tool serves, sorted by capability."""
    held = Counter(each.tool for each in graph.assets)
    serving: dict[str, list[Tool]] = defaultdict(list)
    for tool in graph.tools:
        for capability in tool.capabilities:
            serving[capability].append(tool)
    result = []
    for capability in sorted(serving):
        counts: Counter[str] = Counter()
        for tool in serving[capability]:
            counts[tool.product] += held[tool.id]
        result.append(Share(capability, dict(sorted(counts.items())), tuple(serving[capability])))
    return result


def overlapping_tools(graph: Graph) -> Iterator[Finding]:
    """Several products, or several self-run instances of one, serving capabilities worth consolidating.

    One finding a set of tools: what they share is named in it.
    """
    vocabulary = capabilities()
    found: dict[tuple[str, ...], list[tuple[Share, list[Tool]]]] = defaultdict(list)
    for share in shares(graph):
        known = vocabulary.get(share.capability)
        if known is not None and not known.overlap:
            continue
        tools = [each for each in share.tools if not _suite_of_another(each, share.tools)]
        instances = [each for each in tools if _own_instance(each)]
        if len({each.product for each in tools}) > 1 or len(instances) > 1:
            found[tuple(sorted(each.id for each in tools))].append((share, tools))
    for subjects, rows in sorted(found.items()):
        names = [known.name if (known := vocabulary.get(each.capability)) else each.capability for each, _ in rows]
        yield _overlap(rows[0][0], rows[0][1], names, subjects)


def _overlap(share: Share, tools: list[Tool], names: list[str], subjects: tuple[str, ...]) -> Finding:
    products = sorted({each.product for each in tools})
    departments = sorted({each.department for each in tools if each.department})
    costs = _costs(tools)
    counts = ", ".join(f"{name}: {many(share.assets.get(name, 0), 'asset')}" for name in products)
    spread = f"{many(len(products), 'product')} in {many(len(tools), 'tool')}"
    because = [
        Evidence(f"{spread} for {listed(names).lower()}: {listed(products, 6)}", 0.3),
        Evidence(f"{share.effective:.1f} products in effect ({counts})", min(0.4, 0.2 * max(0.0, share.effective - 1))),
    ]
    if len(tools) > len(products):
        because.append(Evidence(f"{many(len(tools) - len(products), 'further instance')} of the same products", 0.1))
    if len(departments) > 1:
        because.append(Evidence(f"spread over {listed(departments)}", 0.1))
    saving = sum(costs) - max(costs) if len(costs) > 1 else None
    if saving:
        because.append(Evidence(f"all but the dearest cost {saving:,.0f} a year, the most there is to save", 0.1))
    return finding(
        "overlapping-tools",
        [share.capability],
        f"{listed(names)}: {spread}",
        subjects,
        because,
        severity="high" if len(products) > 2 else "medium",
        annual_saving=saving,
    )


def _costs(tools: list[Tool]) -> list[float]:
    """What is known to be paid, by product for cloud services (accounts do not go), by tool for the rest."""
    paid: Counter[str] = Counter()
    for each in tools:
        if each.annual_cost is not None:
            paid[each.id if _own_instance(each) else each.product] += each.annual_cost  # type: ignore[assignment]
    return sorted(paid.values())


def _own_instance(tool: Tool) -> bool:
    """Whether a further instance is a further thing to run: 30 accounts of one cloud service are not."""
    known = product(tool.id.partition(":")[0])
    return known is None or known.tenancy not in ("account", "subscription", "project", "organization")


def _suite_of_another(tool: Tool, others: tuple[Tool, ...]) -> bool:
    """Whether the tool is sold or run with another product of the same list, so that the two are no rivals."""
    known = product(tool.id.partition(":")[0])
    return bool(known and known.suite and any(each.id.partition(":")[0] == known.suite for each in others))
