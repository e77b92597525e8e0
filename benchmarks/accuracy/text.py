"""Plain TF-IDF of words and of character trigrams: the measure that peers use and that siloscope is held against.

Independent of `siloscope.analysis`, so that a mistake there does not hide itself here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

BLOCK = 1_000


def word_counts(text: str) -> Counter[str]:
    """Words of a text, in lower case."""
    return Counter(re.findall(r"[^\W_]{2,}", text.lower()))


def trigrams(text: str) -> Counter[str]:
    """Character trigrams of a text in lower case, white space collapsed, with a space at both ends."""
    text = f" {' '.join(text.lower().split())} "
    return Counter(text[n : n + 3] for n in range(len(text) - 2))


def tfidf(counts: Sequence[Mapping[str, int]]) -> sparse.csr_array:
    """Rows of unit length: count * (ln((1 + n) / (1 + df)) + 1), as in scikit-learn."""
    number: dict[str, int] = {}
    rows, columns, values = [], [], []
    for row, each in enumerate(counts):
        for key, count in each.items():
            rows.append(row)
            columns.append(number.setdefault(key, len(number)))
            values.append(float(count))
    matrix = sparse.csr_array((values, (rows, columns)), shape=(len(counts), max(len(number), 1)))
    seen = np.bincount(matrix.indices, minlength=matrix.shape[1])
    idf = np.log((1 + len(counts)) / (1 + seen)) + 1
    matrix = sparse.csr_array(matrix.multiply(idf[None, :]))
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    return sparse.csr_array(sparse.diags_array(1 / np.where(lengths == 0, 1, lengths)) @ matrix)


def cosines(left: sparse.csr_array, right: sparse.csr_array, least: float) -> sparse.coo_array:
    """Cosines of all rows of both that reach `least`, block by block."""
    blocks = []
    other = right.T.tocsr()
    for start in range(0, left.shape[0], BLOCK):
        product = (left[start : start + BLOCK] @ other).tocoo()
        keep = product.data >= least
        blocks.append((product.row[keep] + start, product.col[keep], product.data[keep]))
    parts = [np.concatenate(each) for each in zip(*blocks, strict=True)]
    return sparse.coo_array((parts[2], (parts[0], parts[1])), shape=(left.shape[0], right.shape[0]))
