"""Which short texts are alike: character n-grams, weighted by rarity, and the best cosines of each row.

Numpy and scipy only build the matrix; the product that keeps the best n of every row is sparse_dot_topn's
(Apache-2.0), so that no full matrix of cosines ever stands in memory. Equal texts in give equal bytes out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from scipy import sparse

# Names are capped by what people can read; a hostile name of 5,000 characters costs no more than this.
LONGEST = 400
_BLOCK = 50_000  # rows of a product at a time


def vectors(texts: Sequence[str], size: int = 3, most: int | None = None) -> sparse.csr_matrix:
    """TF-IDF of character n-grams, one row a text, rows of length 1 (or 0 for texts without letters).

    Texts are folded (NFKC, case) and padded with a blank on both sides, so that beginnings and ends count.
    Weights are sublinear in the text and fall with the share of texts that hold the n-gram (Spärck Jones 1972).

    Args:
        texts: What to compare; only matrices of one call have the same columns.
        size: Characters of an n-gram, 1 to 3.
        most: N-grams in more texts than this are left out: they are in every second name and lead nowhere.

    Returns:
        float32, shape (number of texts, number of distinct n-grams); columns in order of code points.

    Raises:
        ValueError: `size` is not 1, 2 or 3.
    """
    if size not in (1, 2, 3):
        raise ValueError(f"n-grams of {size} characters: only 1 to 3 fit a code")
    rows, codes = _grams(texts, size)
    if not len(codes):
        return sparse.csr_matrix((len(texts), 0), dtype=np.float32)
    _, columns = np.unique(codes, return_inverse=True)
    width = int(columns.max()) + 1
    counts = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, columns.reshape(-1).astype(np.int32))),
        shape=(len(texts), width),
    )
    counts.sum_duplicates()
    held = np.bincount(counts.indices, minlength=width)
    if most is not None:
        counts = counts[:, np.flatnonzero(held <= most)].tocsr()
        held = held[held <= most]
    rarity = (np.log((1 + len(texts)) / (1 + held)) + 1).astype(np.float32)
    counts.data = (1 + np.log(counts.data)) * rarity[counts.indices]
    return unit(counts)


def unit(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The same rows at length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    matrix.data = (matrix.data / np.repeat(lengths, np.diff(matrix.indptr))).astype(np.float32)
    return matrix


def top(left: sparse.csr_matrix, right: sparse.csr_matrix, n: int, least: float) -> sparse.csr_matrix:
    """The best `n` products of each row of `left` with rows of `right`, those above `least` only.

    Both need the same columns and rows of length 1 for the products to be cosines. A row's own twin counts
    like any other: comparing a table with itself gives the diagonal.

    Returns:
        float32, shape (rows of left, rows of right), at most `n` entries a row, best first.
    """
    from sparse_dot_topn import sp_matmul_topn  # type: ignore[import-untyped]

    if not left.shape[1] or not left.nnz or not right.nnz:
        return sparse.csr_matrix((left.shape[0], right.shape[0]), dtype=np.float32)
    turned = right.T.tocsr()
    # One thread: two machines with other core counts must agree to the last digit.
    parts = [
        sp_matmul_topn(left[start : start + _BLOCK], turned, top_n=n, threshold=least, sort=True)
        for start in range(0, left.shape[0], _BLOCK)
    ]
    return sparse.vstack(parts, format="csr")


def pairwise(left: sparse.csr_matrix, right: sparse.csr_matrix, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The products of rows `a` of left with rows `b` of right, one number a pair; float32."""
    found = np.empty(len(a), dtype=np.float32)
    for start in range(0, len(a), _BLOCK):
        stop = start + _BLOCK
        found[start:stop] = np.asarray(left[a[start:stop]].multiply(right[b[start:stop]]).sum(axis=1)).ravel()
    return found


def _grams(texts: Sequence[str], size: int) -> tuple[np.ndarray, np.ndarray]:
    """(row, code) of every n-gram of every text; a code packs three code points of 21 bits."""
    folded = [_folded(each) for each in texts]
    # A zero ends each text: n-grams that hold one would span two texts.
    points = np.frombuffer("".join(f" {each} \0" for each in folded).encode("utf-32-le"), dtype=np.uint32)
    owner = np.repeat(np.arange(len(folded), dtype=np.int32), [len(each) + 3 for each in folded])
    if len(points) < size:
        return owner[:0], points[:0].astype(np.uint64)
    codes = np.zeros(len(points) - size + 1, dtype=np.uint64)
    whole = np.ones(len(codes), dtype=bool)
    for at in range(size):
        part = points[at : at + len(codes)]
        codes = (codes << np.uint64(21)) | part.astype(np.uint64)
        whole &= part != 0
    return owner[: len(codes)][whole], codes[whole]


def _folded(text: str) -> str:
    """One spelling for what reads the same; lone surrogates and zeros have no code in it."""
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).encode("utf-8", "ignore").decode("utf-8")
    return text.casefold().replace("\0", " ")
