"""How fragmented an estate is: one index, the two parts it is made of, and what chance alone would give.

*Dispersion* is the chance that two assets of one capability live in different products, 1 - sum(share^2) (Gini-Simpson;
1 - 1/effective number of products), over the capabilities in which rivals are worth consolidating, weighted by assets.
It falls into what is dispersed within departments and what differs between them.

*Separation* is how much more of the dependencies stay inside a department than labels dealt at random would leave
there: (inside - expected) / (1 - expected). The E-I index of Krackhardt and Stern is 1 - 2 inside.

The index is the mean of the two, from 0 to 100. No standard index of this kind exists; this one is ours, and its parts
say more than it does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from siloscope.catalog import capabilities
from siloscope.graph.departments import SHARED, UNASSIGNED
from siloscope.graph.view import Graph

PERMUTATIONS = 199
SAMPLED = 50_000
_SEED = 20_260_000


@dataclass(frozen=True, slots=True)
class Fragmentation:
    """The index and its parts.

    `within` and `between` add up to `dispersion`; `between_null` is what departments dealt at random would leave
    between them, `between_p` the share of deals that leave as much. `inside` is the share of dependencies within a
    department, `inside_null` what chance leaves there, `inside_p` the share of deals that leave as much.
    """

    index: float
    dispersion: float
    within: float
    between: float
    between_null: float
    between_p: float | None
    separation: float
    inside: float
    inside_null: float
    inside_p: float | None

    @property
    def e_i(self) -> float:
        """The E-I index: -1 when every dependency stays inside a department, 1 when every one leaves it."""
        return 1 - 2 * self.inside


def fragmentation_index(graph: Graph, deals: int = PERMUTATIONS) -> Fragmentation | None:
    """The index of a graph, held against so many random deals of departments; None when it holds no asset."""
    if not graph.assets:
        return None
    total, within, between_null, between_p = _dispersion(graph, deals)
    inside, expected, inside_p = _separation(graph, deals)
    separation = max(0.0, (inside - expected) / (1 - expected)) if expected < 1 else 0.0
    index = 100 * (total + separation) / 2
    figures = (index, total, within, total - within, between_null, between_p, separation, inside, expected, inside_p)
    return Fragmentation(*(None if each is None else round(each, 4) for each in figures))  # type: ignore[arg-type]


def _cells(graph: Graph) -> dict[str, list[tuple[str, str]]]:
    """(product, department) of every asset, by capability worth consolidating."""
    known, tools = capabilities(), graph.tool
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in graph.assets:
        tool = tools[each.tool]
        for name in tool.capabilities:
            if name in known and known[name].overlap:
                found[name].append((tool.product, each.department or UNASSIGNED))
    return found


def _dispersion(graph: Graph, deals: int) -> tuple[float, float, float, float | None]:
    """(dispersion, its part within departments, the mean part between them by chance, p)."""
    import numpy as np

    cells = {name: rows for name, rows in sorted(_cells(graph).items()) if len(rows) > 1}
    weight = sum(len(rows) for rows in cells.values())
    if not weight:
        return 0.0, 0.0, 0.0, None
    total = sum(len(rows) * _gini(Counter(product for product, _ in rows)) for rows in cells.values()) / weight
    coded = []
    for rows in cells.values():
        products, departments = (np.unique([row[at] for row in rows], return_inverse=True)[1] for at in (0, 1))
        coded.append((products, departments, int(products.max()) + 1, int(departments.max()) + 1))
    within = sum(_within(*each) for each in coded) / weight
    if not deals or all(count == 1 for *_, count in coded):
        return total, within, 0.0, None
    random = np.random.default_rng(_SEED)
    dealt = []
    for _ in range(deals):
        left = sum(_within(products, random.permutation(homes), *size) for products, homes, *size in coded)
        dealt.append(total - left / weight)
    as_much = sum(each >= total - within - 1e-12 for each in dealt)
    return total, within, sum(dealt) / len(dealt), (1 + as_much) / (1 + deals)


def _gini(counts: Counter[str]) -> float:
    size = counts.total()
    return 1 - sum((n / size) ** 2 for n in counts.values())


def _within(products: object, departments: object, width: int, height: int) -> float:
    """Assets times their Gini-Simpson dispersion, summed over departments."""
    import numpy as np

    table = np.bincount(np.asarray(departments) * width + np.asarray(products), minlength=width * height)
    table = table.reshape(height, width).astype(float)
    sizes = table.sum(axis=1)
    held = sizes > 0
    return float((sizes[held] - (table[held] ** 2).sum(axis=1) / sizes[held]).sum())


def _separation(graph: Graph, deals: int) -> tuple[float, float, float | None]:
    """(share of dependencies inside a department, what chance leaves there, p), over assets that have one."""
    import numpy as np

    names = [each.department or UNASSIGNED for each in graph.assets]
    codes = np.unique(names, return_inverse=True)[1] if names else np.array([], dtype=np.int64)
    counted = np.array([name not in (UNASSIGNED, SHARED) for name in names], dtype=bool)
    a, b = graph.ends
    inner = (a < len(names)) & (b < len(names))
    a, b = a[inner], b[inner]
    both = counted[a] & counted[b]
    a, b = a[both], b[both]
    sizes = np.bincount(codes[counted]).astype(float) if counted.any() else np.zeros(0)
    people = sizes.sum()
    if not len(a) or people < 2 or (sizes > 0).sum() < 2:
        return 0.0, 1.0, None
    inside = float((codes[a] == codes[b]).mean())
    expected = float((sizes * (sizes - 1)).sum() / (people * (people - 1)))
    if not deals:
        return inside, expected, None
    random = np.random.default_rng(_SEED)
    if len(a) > SAMPLED:
        chosen = random.choice(len(a), SAMPLED, replace=False)
        a, b = a[chosen], b[chosen]
    places, observed = np.flatnonzero(counted), float((codes[a] == codes[b]).mean())
    as_much = 0
    for _ in range(deals):
        dealt = codes.copy()
        dealt[places] = random.permutation(codes[places])
        as_much += bool((dealt[a] == dealt[b]).mean() >= observed - 1e-12)
    return inside, expected, (1 + as_much) / (1 + deals)
