"""How far dependencies follow the organisation: published indices, each beside what labels dealt at random give.

Ties are distinct pairs of assets that both have a department. The null deals the labels anew over the same assets:
group sizes and ties stay, so an index of unequal groups is compared with what such groups give by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from siloscope.analysis.silos.columns import columns, distinct
from siloscope.graph.view import Graph

if TYPE_CHECKING:
    import numpy as np

DEALS = 199
FEW_DEALS = 99
MANY_TIES = 1_000_000
SEED = 20_250_101


@dataclass(frozen=True)
class Index:
    """An index, its mean over random labels, and the share of deals at least as far from that mean (two-sided p)."""

    value: float
    null: float
    p: float


@dataclass(frozen=True)
class Organisation:
    """The indices of a graph over departments.

    Attributes:
        e_i: (E - I) / (E + I), E ties between departments, I within (Krackhardt and Stern 1988).
        assortativity: (tr e - sum a^2) / (1 - sum a^2) (Newman 2003).
        modularity: tr e - sum a^2 (Newman and Girvan 2004).
        ties: Number of ties.
        departments: Number of departments that have any asset with a tie.
    """

    e_i: Index
    assortativity: Index
    modularity: Index
    ties: int
    departments: int


def organisation(graph: Graph) -> Organisation | None:
    """The indices for a graph; None without ties between attributed assets of at least two departments."""
    import numpy as np

    data = columns(graph)
    labels = data.units("department").of
    first, second = data.ends
    inside = (first < data.assets) & (second < data.assets) & (first != second)
    low, high = np.minimum(first, second)[inside], np.maximum(first, second)[inside]
    known = (labels[low] >= 0) & (labels[high] >= 0)
    pairs = distinct(low[known] * np.int64(data.assets) + high[known])
    if not len(pairs):
        return None
    return measured(np.stack(np.divmod(pairs, data.assets)), labels)


def measured(ties: np.ndarray, labels: np.ndarray) -> Organisation | None:
    """The indices for `ties`, shape (2, n), of nodes with `labels`, -1 for none; None for fewer than two labels."""
    import numpy as np

    nodes = np.flatnonzero(labels >= 0)
    number = np.full(len(labels), -1)
    number[nodes] = np.arange(len(nodes))
    a, b = number[ties].astype(np.int32)
    _, dealt = np.unique(labels[nodes], return_inverse=True)
    groups = int(dealt.max()) + 1
    dealt = dealt.astype(np.int16 if groups < 2**15 else np.int32)
    degree = np.bincount(a, minlength=len(nodes)) + np.bincount(b, minlength=len(nodes))
    present = len(np.unique(dealt[degree > 0]))
    if present < 2:
        return None
    real = _indices(a, b, degree, dealt, groups)
    rng = np.random.default_rng(SEED)
    deals = FEW_DEALS if len(a) > MANY_TIES else DEALS
    random = np.array([_indices(a, b, degree, rng.permutation(dealt), groups) for _ in range(deals)])
    null = random.mean(axis=0)
    far = (np.abs(random - null) >= np.abs(np.array(real) - null) - 1e-12).sum(axis=0)
    e_i, assortativity, modularity = (
        Index(float(value), float(mean), float((1 + n) / (1 + deals)))
        for value, mean, n in zip(real, null, far, strict=True)
    )
    return Organisation(e_i, assortativity, modularity, len(a), present)


def _indices(
    a: np.ndarray, b: np.ndarray, degree: np.ndarray, labels: np.ndarray, groups: int
) -> tuple[float, float, float]:
    """(E-I index, assortativity, modularity) of one labelling."""
    import numpy as np

    within = np.count_nonzero(labels[a] == labels[b]) / len(a)
    ends = np.bincount(labels, degree, groups) / (2 * len(a))
    expected = float((ends**2).sum())
    assortativity = (within - expected) / (1 - expected) if expected < 1 else 0.0
    return 1 - 2 * within, assortativity, within - expected
