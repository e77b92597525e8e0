"""Published measures of structure, on arrays: conductance, structural holes, and what holds a network together.

`constraint` and `effective_size` give what networkx gives (a test holds that), in matrix form: an estate has thousands
of tools, and networkx walks every pair of neighbours of every node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from siloscope.analysis.silos.columns import distinct

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array


def undirected(links: csr_array) -> csr_array:
    """Ties by pair of units, both directions together, without those inside."""
    matrix = (links + links.T).tocsr()
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    return matrix


def crossing(links: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """By unit, its dependencies on others, and those of others on it."""
    import numpy as np

    inner = links.diagonal()
    return np.asarray(links.sum(axis=1)).ravel() - inner, np.asarray(links.sum(axis=0)).ravel() - inner


def conductance(links: csr_array) -> np.ndarray:
    """By unit, cut(S) / min(vol S, vol rest); 0 without any tie outside (Kannan, Vempala, Vetta 2004)."""
    import numpy as np

    both = links + links.T
    volume = np.asarray(both.sum(axis=1)).ravel()
    cut = volume - both.diagonal()
    least = np.minimum(volume, volume.sum() - volume)
    share: np.ndarray = np.divide(cut, least, out=np.zeros(len(cut)), where=least > 0)
    return share


def constraint(ties: csr_array) -> np.ndarray:
    """Burt's constraint by node of a symmetric matrix without diagonal, NaN for a node without ties (Burt 1992)."""
    import numpy as np
    from scipy.sparse import diags_array

    strength = np.asarray(ties.sum(axis=1)).ravel().astype(float)
    share = (diags_array(np.divide(1.0, strength, out=np.zeros(len(strength)), where=strength > 0)) @ ties).tocsr()
    direct = share + share @ share
    near = ties.copy()
    near.data = np.ones(near.nnz)
    invested = direct.multiply(near).tocsr()
    total = np.asarray(invested.multiply(invested).sum(axis=1)).ravel()
    return np.where(strength > 0, total, np.nan)


def effective_size(ties: csr_array) -> np.ndarray:
    """Effective size of each node's network, n - 2t/n for n alters with t ties among them (Borgatti 1997)."""
    import numpy as np

    near = ties.copy()
    near.data = np.ones(near.nnz)
    alters = np.diff(near.indptr).astype(float)
    among = np.asarray((near @ near).multiply(near).sum(axis=1)).ravel()  # each tie among alters twice
    return np.where(alters > 0, alters - np.divide(among, alters, out=np.zeros(len(alters)), where=alters > 0), np.nan)


@dataclass(frozen=True)
class Cuts:
    """What holds a network together: `points` are node numbers, `bridges` shape (n, 2).

    `sides` is, for each bridge, the number of nodes on its smaller side within its component.
    """

    points: np.ndarray
    bridges: np.ndarray
    sides: np.ndarray


def cuts(ends: np.ndarray, size: int) -> Cuts:
    """Articulation points and bridges of `size` nodes, several links between two nodes being one.

    They are searched in a sparse certificate: two breadth-first forests, the second of what the first leaves, keep
    both (Cheriyan, Kao, Thurimella 1993), and have fewer than two links a node.
    """
    import numpy as np
    import rustworkx

    pairs = _distinct(ends, size)
    first = _forest(pairs, size)
    pairs = np.concatenate([pairs[first], pairs[~first][_forest(pairs[~first], size)]])
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(size))
    graph.extend_from_edge_list(list(zip(*pairs.T.tolist(), strict=True)))
    points = np.array(sorted(rustworkx.articulation_points(graph)), dtype=np.int64)
    found = np.array(sorted(tuple(sorted(each)) for each in rustworkx.bridges(graph)), dtype=np.int64).reshape(-1, 2)
    return Cuts(points, found, _sides(pairs, found, size))


def _forest(pairs: np.ndarray, size: int) -> np.ndarray:
    """Which of the pairs a breadth-first forest takes: one tree a component, from one root above them all."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    matrix = coo_array((np.ones(len(pairs), dtype=np.int8), pairs.T), shape=(size + 1, size + 1)).tocsr()
    of = connected_components(matrix, directed=False)[1][:size]
    roots = np.unique(of, return_index=True)[1]
    above = coo_array((np.ones(len(roots), dtype=np.int8), (np.full(len(roots), size), roots)), shape=matrix.shape)
    both = (matrix + matrix.T + above.tocsr()).tocsr()
    parent = breadth_first_order(both, size)[1][:size]
    taken: np.ndarray = (parent[pairs[:, 0]] == pairs[:, 1]) | (parent[pairs[:, 1]] == pairs[:, 0])
    return taken


def _distinct(ends: np.ndarray, size: int) -> np.ndarray:
    """Each linked pair once, the smaller number first, shape (n, 2)."""
    import numpy as np

    low, high = np.minimum(*ends), np.maximum(*ends)
    key = distinct((low * np.int64(size) + high)[low != high])
    return np.stack(np.divmod(key, size), axis=1) if len(key) else np.empty((0, 2), dtype=np.int64)


def _sides(pairs: np.ndarray, bridges: np.ndarray, size: int) -> np.ndarray:
    """For each bridge the nodes on its smaller side: blocks without bridges form trees, whose weights add up."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    if not len(bridges):
        return np.empty(0, dtype=np.int64)
    rest = pairs[~np.isin(pairs @ [size, 1], bridges @ [size, 1])]
    matrix = coo_array((np.ones(len(rest), dtype=bool), rest.T), shape=(size, size))
    count, block = connected_components(matrix, directed=False)
    weight = np.bincount(block, minlength=count)
    a, b = block[bridges].T
    # One root above all trees, so that a single walk reaches every block.
    tree = coo_array((np.ones(len(a), dtype=bool), (a, b)), shape=(count, count))
    trees, of = connected_components(tree, directed=False)
    roots = np.unique(of, return_index=True)[1]
    rows, cols = np.r_[a, np.full(trees, count)], np.r_[b, roots]
    whole = coo_array((np.ones(len(rows), dtype=bool), (rows, cols)), shape=(count + 1, count + 1)).tocsr()
    order, parent = breadth_first_order(whole, count, directed=False)
    below = np.r_[weight, 0].tolist()
    for node in order[:0:-1].tolist():
        below[parent[node]] += below[node]
    total = np.bincount(of, weight)[of]
    child = np.where(parent[b] == a, b, a)
    under = np.array(below)[child]
    smaller: np.ndarray = np.minimum(under, total[child].astype(np.int64) - under)
    return smaller
