"""Which nodes belong together: Leiden at many resolutions, chosen by the map equation, made stable over seeds.

Modularity alone merges small communities in large graphs (its resolution limit; Fortunato and Barthélemy 2007), and
one run of a randomised method is one opinion. So the resolution is the one whose partition describes a random walk
in the fewest bits (the map equation, Rosvall and Bergstrom 2008); at it, runs of several seeds vote on each link,
links that most runs cut are dropped, and so on until the runs agree (consensus clustering, Lancichinetti and
Fortunato 2012). A last pass moves single nodes where that shortens the description further. A graph too large for
many runs gets two or three, each at the resolution that the one before makes likely.

All functions take a symmetric sparse matrix of weights without a diagonal; labels are integers from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from siloscope.model import digest

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

RESOLUTIONS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
SEEDS = 10
BEST = 4  # resolutions whose single nodes are moved before they are compared
ROUNDS = 4
AGREED = 0.5  # a link stays while at least this share of the runs keeps its ends together
MANY = 160_000  # stored weights (twice the links) beyond which a few runs have to do
VAST = 5_000_000  # and beyond which it has to be two
STEP = 1.3  # a resolution less than so many times the last is the same
PASSES, LAST_PASSES = 30, 3  # of single nodes; on a graph with many links
HUB = 64.0  # what all links of one node weigh together at most: a landing bucket binds no more than that
_NOISE = 1e-12


def communities(ends: np.ndarray, size: int) -> np.ndarray:
    """The community of each of `size` nodes; `ends`, shape (2, links), are node numbers, several links of a pair count.

    Nodes of different components never share a community; a node without links is alone. The numbers say nothing
    but same or different.
    """
    import numpy as np

    weights = adjacency(ends, size)
    if not weights.nnz:
        return np.arange(size)
    return partition(weights)


def named(labels: np.ndarray, ids: Sequence[str]) -> list[str | None]:
    """A name for the community of each of `ids`, the first nodes of `labels`; None where one is alone in its own.

    A community is named after the member whose fingerprint is smallest. That member is any with equal chance, so a
    community of which a share `x` is exchanged keeps its name with probability `1 - x`, whatever else changes.
    """
    import numpy as np

    prints = [digest("silo", each)[:12] for each in ids]
    sizes = np.bincount(labels) if len(labels) else labels
    best: dict[int, str] = {}
    mine = labels[: len(ids)].tolist()
    for label, mark in zip(mine, prints, strict=True):
        if label not in best or mark < best[label]:
            best[label] = mark
    return [f"silo-{best[label]}" if sizes[label] > 1 else None for label in mine]


def adjacency(ends: np.ndarray, size: int, hub: float = HUB) -> csr_array:
    """The symmetric matrix of weights: links between two nodes count together, those of hubs weigh less.

    A link weighs `min(1, hub / d)` of itself for the larger number `d` of different neighbours of its two ends.
    """
    import numpy as np
    from scipy.sparse import coo_array

    a, b = ends[:, ends[0] != ends[1]]
    ones = np.ones(2 * len(a))
    matrix = coo_array((ones, (np.r_[a, b], np.r_[b, a])), shape=(size, size)).tocsr()
    matrix.sum_duplicates()
    matrix.sort_indices()
    degree = np.diff(matrix.indptr)
    if len(degree) and degree.max() > hub:
        larger = np.maximum(np.repeat(degree, degree), degree[matrix.indices])
        matrix.data *= np.minimum(1.0, hub / larger)
    return matrix


def partition(weights: csr_array) -> np.ndarray:
    """The communities of a weighted graph: candidates, the shortest description, consensus, last moves."""
    if weights.nnz > MANY:
        return _quickly(weights)
    runs = [(gamma, [leiden(weights, gamma, seed) for seed in (1, 2)]) for gamma in RESOLUTIONS]
    found = [(gamma, min(each, key=lambda labels: Flow.of(weights, labels).bits)) for gamma, each in runs]
    found.sort(key=lambda each: Flow.of(weights, each[1]).bits)
    best = [(gamma, refined(weights, labels)) for gamma, labels in found[:BEST]]
    gamma, _ = min(best, key=lambda each: Flow.of(weights, each[1]).bits)
    return refined(weights, _consensus(weights, gamma))


def _quickly(weights: csr_array) -> np.ndarray:
    """The same with two or three runs: each at the resolution that the one before makes likely, until that stays."""
    gamma, best, least = 1.0, None, 0.0
    for seed in (1, 2) if weights.nnz > VAST else (1, 2, 3):
        labels = leiden(weights, gamma, seed, 1)
        bits = Flow.of(weights, labels).bits
        if best is None or bits < least:
            best, least = labels, bits
        likely = _likeliest(weights, labels)
        if likely < STEP * gamma:
            break
        gamma = likely
    return refined(weights, cast("np.ndarray", best), LAST_PASSES)


def leiden(weights: csr_array, gamma: float, seed: int, iterations: int = 2) -> np.ndarray:
    """One run of Leiden (Traag, Waltman, van Eck 2019) for modularity at resolution `gamma`, seeded."""
    import graspologic_native
    import numpy as np

    size = weights.shape[0]
    _, found = graspologic_native.leiden_csr(
        weights.indptr.astype(np.int64), weights.indices.astype(np.int32), weights.data.astype(np.float64), size,
        resolution=gamma, iterations=iterations, seed=seed,
    )  # fmt: skip
    labels = np.full(size, -1, dtype=np.int64)
    labels[np.fromiter(found.keys(), np.int64, len(found))] = np.fromiter(found.values(), np.int64, len(found))
    alone = labels < 0
    labels[alone] = labels.max(initial=-1) + 1 + np.arange(alone.sum())
    return numbered(labels)


def numbered(labels: np.ndarray) -> np.ndarray:
    """The same partition with labels 0, 1, ... in the order in which they first occur."""
    import numpy as np

    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return cast("np.ndarray", np.argsort(np.argsort(first))[inverse])


def rows_of(matrix: csr_array) -> np.ndarray:
    """The row of each stored value."""
    import numpy as np

    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _consensus(weights: csr_array, gamma: float) -> np.ndarray:
    """What runs of several seeds agree on: links that most runs cut lose their weight, until no run differs."""
    import numpy as np

    rows, voted = rows_of(weights), weights
    labels = np.arange(weights.shape[0])
    for turn in range(ROUNDS):
        votes = np.zeros(weights.nnz)
        for seed in range(SEEDS):
            labels = leiden(voted, gamma, 100 * turn + seed + 1)
            votes += labels[rows] == labels[weights.indices]
        share = votes / SEEDS
        if ((share == 0) | (share == 1)).all():
            break
        voted = weights.copy()
        voted.data = np.where(share >= AGREED, weights.data * share, 0.0)
        voted.eliminate_zeros()
        if not voted.nnz:
            break
    return labels


def _likeliest(weights: csr_array, labels: np.ndarray) -> float:
    """The resolution at which modularity is the likelihood of a planted partition (Newman 2016), from a first one."""
    import numpy as np

    rows = rows_of(weights)
    total = float(weights.data.sum())
    strength = np.bincount(labels[rows], weights.data)
    expected = float((strength**2).sum()) / total
    inside = float(weights.data[labels[rows] == labels[weights.indices]].sum())
    if not 0 < inside < total or inside <= expected:
        return 1.0
    near, far = inside / expected, (total - inside) / (total - expected)
    return float((near - far) / (np.log(near) - np.log(far)))


def _plogp(values: Any) -> Any:
    import numpy as np

    values = np.maximum(values, 0.0)
    return values * np.log2(np.where(values > 0, values, 1.0))


@dataclass
class Flow:
    """The flow of a random walk over a partition: share of visits to, and of steps out of, each community."""

    stays: np.ndarray  # share of visits, by community
    exits: np.ndarray  # share of steps that leave, by community
    total: float  # twice the weight of all links

    @classmethod
    def of(cls, weights: csr_array, labels: np.ndarray) -> Flow:
        """The flow of this partition."""
        import numpy as np

        rows = rows_of(weights)
        total = float(weights.data.sum())
        parts = int(labels.max()) + 1
        stays = np.bincount(labels[rows], weights.data, parts) / total
        out = labels[rows] != labels[weights.indices]
        return cls(stays, np.bincount(labels[rows[out]], weights.data[out], parts) / total, total)

    @property
    def bits(self) -> float:
        """The map equation for two levels, without the constant term of node visits: bits a step."""
        return float(_plogp(self.exits.sum()) - 2 * _plogp(self.exits).sum() + _plogp(self.exits + self.stays).sum())


def refined(weights: csr_array, labels: np.ndarray, passes: int = PASSES) -> np.ndarray:
    """The partition after moving single nodes to the neighbouring community that shortens the description most.

    All moves of a pass are weighed against the same state, so only part of them is made at once, and only if the
    description becomes shorter as a whole.
    """
    import numpy as np

    rng = np.random.default_rng(1)
    labels = numbered(labels)
    flow = Flow.of(weights, labels)
    share = 0.5
    for _ in range(passes):
        target, gain = _moves(weights, labels, flow)
        willing = np.flatnonzero(gain > _NOISE)
        if not len(willing):
            break
        chosen = willing[rng.random(len(willing)) < share] if len(willing) > 1 else willing
        moved = labels.copy()
        moved[chosen] = target[chosen]
        moved = numbered(moved)
        after = Flow.of(weights, moved)
        if after.bits < flow.bits:
            labels, flow, share = moved, after, min(0.5, share * 2)
        else:
            share /= 4
    return labels


def _moves(weights: csr_array, labels: np.ndarray, flow: Flow) -> tuple[np.ndarray, np.ndarray]:
    """For each node the best other community, a neighbour's or its own, and the bits a step that moving there saves."""
    import numpy as np
    from scipy.sparse import csr_array

    size, parts = weights.shape[0], len(flow.exits)
    member = csr_array((np.ones(size), labels, np.arange(size + 1)), shape=(size, parts))
    near = weights @ member  # node and community -> weight between them
    near.sort_indices()
    node, there, toward = rows_of(near), near.indices.astype(np.int64), near.data / flow.total
    k = np.asarray(weights.sum(axis=1)).ravel() / flow.total
    at_home = there == labels[node]
    home = np.zeros(size)
    home[node[at_home]] = toward[at_home]
    node, there, toward = node[~at_home], there[~at_home], toward[~at_home]
    left = flow.exits[labels] - k + 2 * home
    alone = _change(flow, labels, k, left, (np.zeros(size), np.zeros(size), k))
    joined = flow.exits[there] + k[node] - 2 * toward
    change = _change(flow, labels[node], k[node], left[node], (flow.exits[there], flow.stays[there], joined))
    target, gain = parts + np.arange(size), -alone
    if len(node):
        start = np.flatnonzero(np.r_[True, node[1:] != node[:-1]])
        least = np.minimum.reduceat(change, start)
        hit = np.flatnonzero(change == np.repeat(least, np.diff(np.r_[start, len(node)])))
        first = hit[np.searchsorted(hit, start)]  # of equals the one with the smallest number
        better = -least >= gain[node[start]]
        first = first[better]
        target[node[first]], gain[node[first]] = there[first], -change[first]
    return target, gain


def _change(
    flow: Flow, here: np.ndarray, k: np.ndarray, left: np.ndarray, there: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> np.ndarray:
    """The bits by which moving nodes lengthens the description.

    Args:
        flow: Before any move.
        here: The community of each node; `k` the visits of the node, `left` the exits of the community without it.
        k: See `here`.
        left: See `here`.
        there: Of the community it moves to: exits and stays before, exits with it.
    """
    before, stay = flow.exits[here], flow.stays[here]
    into, stays, joined = there
    whole = flow.exits.sum()
    change = _plogp(whole - before - into + left + joined) - _plogp(whole)
    change -= 2 * (_plogp(left) + _plogp(joined) - _plogp(before) - _plogp(into))
    change += _plogp(left + stay - k) + _plogp(joined + stays + k)
    return change - _plogp(before + stay) - _plogp(into + stays)  # type: ignore[no-any-return]
