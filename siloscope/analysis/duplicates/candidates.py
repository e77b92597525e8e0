"""Pairs worth comparing: the nearest by name, by what they say and do, and by rare things they share.

Everything is a product of sparse matrices that keeps the best few of every row. Tokens that more than `_CROWD` assets
have are left out (they are in every second asset and lead nowhere), so work grows with the number of assets. What is
made of frequent words only is found by pairs of them.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from scipy import sparse

from siloscope.analysis import similar
from siloscope.analysis.duplicates.table import SMALL, Table, pair_keys

NEAREST = 12
_CROWD = 400
_LEAST = 0.12
_BLOCK = 60  # equal definitions and names beyond this many are chained, not squared


def candidates(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """(a, b) with a < b, row numbers of `table`, each pair once, in order."""
    found = [_nearest(_by_letters(table)), _nearest(_by_content(table)), _nearest(_by_words(table))]
    found += [
        _equal(table.codes[name], table.codes["features"] >= least) for name, least in (("definition", 5), ("words", 0))
    ]
    size = len(table)
    keys = np.unique(np.concatenate([pair_keys(a, b, size) for a, b in found]))
    a, b = keys // max(size, 1), keys % max(size, 1)
    keep = comparable(table, a, b)
    return a[keep], b[keep]


def comparable(table: Table, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether the rows `a[n]` and `b[n]` may be one thing.

    They are of one family, and not two kinds in one tool: a model and its registry entry are parts of one thing.
    """
    family, kind, tool = (table.codes[name] for name in ("family", "kind", "tool"))
    alike: np.ndarray = (a != b) & ((family[a] & family[b]) > 0) & ((kind[a] == kind[b]) | (tool[a] != tool[b]))
    return alike


def _nearest(matrix: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    found = similar.top(matrix, matrix, NEAREST + 1, _LEAST).tocoo()
    return found.row.astype(np.int64), found.col.astype(np.int64)


def _by_letters(table: Table) -> sparse.csr_matrix:
    return _uncrowded(table.letters.matrix)


def _by_content(table: Table) -> sparse.csr_matrix:
    """All that is said, set, taken and linked, as one row an asset."""
    parts = [table.views[name].matrix for name in ("said", "set", "field", "place", "data", "product", "trait")]
    return _uncrowded(sparse.hstack(parts, format="csr"))


def _by_words(table: Table) -> sparse.csr_matrix:
    """Pairs of a name's words, and of a name's words and its rarest other tokens."""
    columns: dict[tuple[str, str], int] = {}
    indices: list[int] = []
    ends = [0]
    for name in table.names:
        words = sorted(name.telling or name.words)[:8]
        found = combinations(words, 2) if len(words) > 1 else ((each, "") for each in words)
        indices += [columns.setdefault(each, len(columns)) for each in found]
        ends.append(len(indices))
    shape = (len(ends) - 1, max(len(columns), 1))
    values = np.ones(len(indices), dtype=np.float32)
    return _uncrowded(sparse.csr_matrix((values, np.array(indices, dtype=np.int32), np.array(ends)), shape=shape))


def _uncrowded(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows of unit length without the columns that only one asset has, or too many."""
    held = np.bincount(matrix.indices, minlength=matrix.shape[1])
    kept = matrix[:, np.flatnonzero((held > 1) & (held <= max(_CROWD, SMALL)))].tocsr()
    kept.sort_indices()
    return similar.unit(kept)


def _equal(codes: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of one code; those of large groups only next to each other."""
    rows = np.flatnonzero((codes > 0) & counts)
    order = rows[np.argsort(codes[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    pairs: list[tuple[int, int]] = []
    for group in np.split(order, starts[1:]) if len(order) else ():
        if len(group) > 1:
            members = group.tolist()
            pairs += combinations(members, 2) if len(members) <= _BLOCK else pairwise(members)
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
