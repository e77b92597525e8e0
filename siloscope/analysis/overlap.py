"""Tools that serve one purpose: how many products share a capability, how many that effectively is, and how much alike.

Product, instance and tenancy are told apart: 30 accounts of one cloud service are one product, two servers of one
product are two things to run. The effective number of products is a Hill number (Jost 2006, Oikos 113) over the share
of assets each product holds: of order 2 the inverse Herfindahl index, 1 / sum(share^2), of order 1 exp(entropy). Five
products of which one holds nearly everything count as little more than one.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from siloscope.analysis.common import finding, listed, many
from siloscope.analysis.kinship import Kinship, Ties
from siloscope.catalog import capabilities, product
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding, Pair, Tool

_MOST = 60  # tools of one set that are compared two by two: those that hold most
_TENANCIES = ("account", "subscription", "project", "organization")
_PLURAL = {
    "account": "accounts",
    "subscription": "subscriptions",
    "project": "projects",
    "organization": "organizations",
}


@dataclass(frozen=True, slots=True)
class Share:
    """How one capability is served: assets by product, the tools that serve it, the effective number of products."""

    capability: str
    assets: Mapping[str, int]
    tools: tuple[Tool, ...]

    @property
    def effective(self) -> float:
        """Of order 2, 1 / sum of squared shares; products without assets count nothing."""
        total = sum(self.assets.values())
        return 1 / sum((n / total) ** 2 for n in self.assets.values()) if total else 0.0

    @property
    def spread(self) -> float:
        """Of order 1, exp of the entropy of the shares: small products count more than in `effective`."""
        total = sum(self.assets.values())
        parts = [n / total for n in self.assets.values() if n]
        return math.exp(-sum(p * math.log(p) for p in parts)) if parts else 0.0


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


def overlapping_tools(graph: Graph, duplicates: Sequence[Finding] | None = None) -> Iterator[Finding]:
    """Several products, or several self-run instances of one, serving capabilities worth consolidating.

    One finding a set of tools: what they share is named in it. `duplicates` are the findings of `duplicate-asset`;
    without them that rule is run. Which tools they are and what there is to save is the same with none of them.
    """
    if duplicates is None:
        from siloscope.analysis.duplicates import duplicate_asset

        duplicates = list(duplicate_asset(graph)) if len(graph.tools) > 1 else []
    vocabulary = capabilities()
    kinship = Kinship(graph, duplicates)
    found: dict[tuple[str, ...], list[tuple[Share, list[Tool]]]] = defaultdict(list)
    for share in shares(graph):
        known = vocabulary.get(share.capability)
        if known is not None and not known.overlap:
            continue
        tools = [each for each in share.tools if not _suite_of_another(each, share.tools)]
        instances = [each for each in tools if _own_instance(each)]
        if len({each.product for each in tools}) > 1 or len(instances) > 1:
            found[tuple(sorted(each.id for each in tools))].append((share, tools))
    for ids, rows in sorted(found.items()):
        one_product = len({each.product for each in rows[0][1]}) == 1
        if one_product and any(set(ids) < set(others) for others in found):
            continue  # the larger finding says that the product runs more than once
        yield _overlap(graph, rows, kinship)


def _overlap(graph: Graph, rows: list[tuple[Share, list[Tool]]], kinship: Kinship) -> Finding:
    share, tools = rows[0]
    vocabulary = capabilities()
    names = [known.name if (known := vocabulary.get(each.capability)) else each.capability for each, _ in rows]
    products = sorted({each.product for each in tools})
    spread = f"{many(len(products), 'product')} in {many(len(tools), 'tool')}"
    largest = sorted(kinship.largest(tools)[:_MOST], key=lambda each: each.id)
    ties = [kinship.between(a, b) for n, a in enumerate(largest) for b in largest[n + 1 :] if _rivals(a, b)]
    costs = _costs(tools)
    saving = sum(costs) - max(costs) if len(costs) > 1 else None
    because = [
        Evidence(f"{spread} for {listed(names).lower()}: {listed(products, 6)}", 0.3),
        _effective(share, products),
        *_size(graph, kinship, share, tools),
        *_instances(tools),
        *_alike(ties),
        *_tied(ties),
        *_money(tools, saving),
        *_alone(tools, kinship),
    ]
    return finding(
        "overlapping-tools",
        [share.capability],
        f"{listed(names)}: {spread}",
        sorted(each.id for each in tools),
        because,
        severity="high" if len(products) > 2 else "medium",
        pairs=[Pair(min(each.a.id, each.b.id), max(each.a.id, each.b.id), each.score) for each in ties],
        annual_saving=saving or None,
    )


def _effective(share: Share, products: list[str]) -> Evidence:
    counts = ", ".join(f"{name}: {many(share.assets.get(name, 0), 'asset')}" for name in products)
    return Evidence(
        f"{share.effective:.1f} products in effect, {share.spread:.1f} by entropy ({counts})",
        min(0.3, 0.2 * max(0.0, share.effective - 1)),
    )


def _size(graph: Graph, kinship: Kinship, share: Share, tools: list[Tool]) -> Iterator[Evidence]:
    """Three products are much for two departments and little for forty."""
    users, every = kinship.departments(tools), kinship.departments(graph.tools)
    if not users or share.effective <= 1:
        return
    ratio = share.effective / len(users)
    yield Evidence(
        f"{many(len(users), 'department')} of {len(every)} and {many(kinship.held(tools), 'asset')} use them"
        f" ({listed(users, 3)}): "
        f"{ratio:.1f} products in effect for each department",
        min(0.1, 0.1 * ratio),
    )


def _instances(tools: list[Tool]) -> Iterator[Evidence]:
    """Further instances to run; accounts and subscriptions of one product are said to be one."""
    own = Counter(each.product for each in tools if _own_instance(each))
    rented: dict[str, list[Tool]] = defaultdict(list)
    for each in tools:
        if not _own_instance(each):
            rented[each.product].append(each)
    further = {name: count for name, count in sorted(own.items()) if count > 1}
    if further:
        what = ", ".join(f"{name} in {many(count, 'instance')}" for name, count in further.items())
        yield Evidence(f"one product run more than once: {what}", 0.1)
    for name, group in sorted(rented.items()):
        if len(group) > 1:
            known = product(group[0].id.partition(":")[0])
            what = _PLURAL.get(known.tenancy or "", "tenancies") if known else "tenancies"
            yield Evidence(f"{name} in {len(group)} {what} is one product, counted once", 0.0)


def _alike(ties: list[Ties]) -> Iterator[Evidence]:
    """How much of what one is for the other can do as well: the closest two products."""
    several = [each for each in ties if each.a.product != each.b.product and each.common]
    if not several:
        return
    best = max(several, key=lambda each: (each.containment, each.jaccard, each.a.id, each.b.id))
    small, large = best.ordered
    what = f"{large.product} can do {len(best.common)} of {many(best.least, 'thing')} {small.product} is for"
    if best.containment == 1:
        what = f"{large.product} can do all that {small.product} is for"
    if best.jaccard == 1:
        what = f"{large.product} and {small.product} are for the same"
    yield Evidence(
        f"{what} (containment {best.containment:.2f}, Jaccard {best.jaccard:.2f})",
        0.15 * best.containment * (0.5 + 0.5 * best.jaccard),
    )


def _tied(ties: list[Ties]) -> Iterator[Evidence]:
    """What the tools' assets have to do with each other: copies, common data, common users."""
    copies = sum(each.copies for each in ties)
    if copies:
        shown = [each for each in ties if each.copies]
        names = list(dict.fromkeys(name for each in shown for name in each.copied))
        yield Evidence(
            f"{many(copies, 'asset')} of one stand in another as well, such as {listed(names, 3)}",
            min(0.2, 0.05 * copies),
        )
    data = sorted({name for each in ties for name in each.data})
    if data:
        yield Evidence(f"two of them work on {listed(data, 3)}", min(0.1, 0.03 * len(data)))
    users = sorted({name for each in ties for name in each.users})
    if users:
        yield Evidence(f"two of them are used by {listed(users, 3)}", min(0.05, 0.02 * len(users)))


def _money(tools: list[Tool], saving: float | None) -> Iterator[Evidence]:
    known = [(each, each.annual_cost) for each in tools if each.annual_cost is not None]
    if not known:
        return
    told = ", ".join(f"{_name(each, tools)} {cost:,.0f} ({each.cost_source or 'assets'})" for each, cost in known)
    yield Evidence(f"a year costs {told}" + (_unknown(tools) if len(known) < len(tools) else ""), 0.0)
    if saving:
        yield Evidence(f"all but the dearest cost {saving:,.0f} a year, the most there is to save", 0.1)


def _unknown(tools: list[Tool]) -> str:
    return f"; unknown for {listed([_name(each, tools) for each in tools if each.annual_cost is None], 3)}"


def _alone(tools: list[Tool], kinship: Kinship) -> Iterator[Evidence]:
    """What each product has that no other of them has: what a merger would lose."""
    products = sorted({each.product for each in tools})
    if len(products) < 2:
        return
    offered = {name: kinship.offers([each for each in tools if each.product == name]) for name in products}
    own = {
        name: [each for each in offered[name] if all(each not in offered[other] for other in products if other != name)]
        for name in products
    }
    lost = [f"{name}: {listed(each, 5)}" for name, each in own.items() if each]
    none = [name for name, each in own.items() if not each]
    if lost:
        yield Evidence(f"only there: {'; '.join(lost)}" + (f"; nothing only in {listed(none)}" if none else ""), 0.0)


def _name(tool: Tool, others: list[Tool]) -> str:
    """The product, and the instance where the product alone does not say which."""
    alone = sum(each.product == tool.product for each in others) == 1
    return tool.product if alone else f"{tool.product} {tool.instance}"


def _costs(tools: list[Tool]) -> list[float]:
    """What is known to be paid, by product for cloud services (accounts do not go), by tool for the rest."""
    paid: dict[str, float] = defaultdict(float)
    for each in tools:
        if each.annual_cost is not None:
            paid[each.id if _own_instance(each) else each.product] += each.annual_cost
    return sorted(paid.values())


def _own_instance(tool: Tool) -> bool:
    """Whether a further instance is a further thing to run: 30 accounts of one cloud service are not."""
    known = product(tool.id.partition(":")[0])
    return known is None or known.tenancy not in _TENANCIES


def _rivals(a: Tool, b: Tool) -> bool:
    """Whether one of the two could go: two products, or two instances that somebody runs."""
    return a.product != b.product or (_own_instance(a) and _own_instance(b))


def _suite_of_another(tool: Tool, others: tuple[Tool, ...]) -> bool:
    """Whether the tool is sold or run with another product of the same list, so that the two are no rivals."""
    known = product(tool.id.partition(":")[0])
    return bool(known and known.suite and any(each.id.partition(":")[0] == known.suite for each in others))
