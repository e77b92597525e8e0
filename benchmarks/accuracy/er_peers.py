"""Peers that match two tables of records, each with one setting for all tables.

Every peer sees what `match` sees: the full tables without ids. A peer takes the tables and returns scored pairs;
`oracle` marks those whose threshold was chosen by the truth, which no user has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.er_sets import Tables

Scored = list[tuple[int, int, float]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A method: `run(tables)` gives pairs with scores; `oracle`: cut at the threshold of the best F1."""

    name: str
    run: Callable[[Tables], Scored]
    oracle: bool = False


def texts(rows: Iterable[dict[str, str]]) -> list[str]:
    """Each record as one text."""
    return [" ".join(str(value) for value in row.values() if value) for row in rows]


def token_set(tables: Tables) -> Scored:
    """Rapidfuzz token_set_ratio of at least 90, every pair of records."""
    from rapidfuzz import fuzz, process, utils

    left, right = ([utils.default_process(each) for each in texts(side)] for side in (tables.left, tables.right))
    alike = process.cdist(left, right, scorer=fuzz.token_set_ratio, score_cutoff=90, dtype=np.float32)
    a, b = np.nonzero(alike)
    return _rows(a, b, alike[a, b])


def tfidf(tables: Tables) -> Scored:
    """Scikit-learn's char-3 TF-IDF cosine of whole records, above .2."""
    alike = _cosines(tables)
    a, b = np.nonzero(alike > 0.2)
    return _rows(a, b, alike[a, b])


def tfidf_mutual(tables: Tables) -> Scored:
    """The pairs of it that are each other's best."""
    return _mutual(_cosines(tables))


def lsh(tables: Tables) -> Scored:
    """Datasketch MinHash LSH over character 3-grams, Jaccard of at least .5 as it estimates it; 128 permutations."""
    hashes, index = _hashed(tables, 0.5)
    found = []
    for a, each in enumerate(hashes[0]):
        found += [(a, b, each.jaccard(hashes[1][b])) for b in sorted(index.query(each))]
    return found


def lsh_mutual(tables: Tables) -> Scored:
    """The pairs of it, at a threshold of .1, that are each other's best."""
    hashes, index = _hashed(tables, 0.1)
    alike = np.zeros((len(tables.left), len(tables.right)), dtype=np.float32)
    for a, each in enumerate(hashes[0]):
        for b in index.query(each):
            alike[a, b] = each.jaccard(hashes[1][b])
    return _mutual(alike)


def splink(tables: Tables) -> Scored:
    """Splink: Jaro-Winkler levels of every shared column, weights by EM, a match probability of at least .5."""
    return [each for each in _splink(tables) if each[2] >= 0.5]


def splink_mutual(tables: Tables) -> Scored:
    """The pairs of it that are each other's best."""
    alike = np.zeros((len(tables.left), len(tables.right)), dtype=np.float64)
    for a, b, score in splink(tables):
        alike[a, b] = score
    return _mutual(alike)


PEERS = (
    Peer("rapidfuzz token-set >= 90", token_set),
    Peer("TF-IDF, threshold by the truth", tfidf, oracle=True),
    Peer("TF-IDF + mutual best", tfidf_mutual),
    Peer("TF-IDF + mutual best, threshold by the truth", tfidf_mutual, oracle=True),
    Peer("datasketch LSH >= .5", lsh),
    Peer("datasketch LSH + mutual best", lsh_mutual),
    Peer("splink EM", splink),
    Peer("splink EM + mutual best", splink_mutual),
)


def _cosines(tables: Tables) -> np.ndarray:
    from sklearn.feature_extraction.text import TfidfVectorizer

    left, right = texts(tables.left), texts(tables.right)
    # The strongest of the usual settings on these tables: n-grams within words, sublinear counts.
    maker = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), sublinear_tf=True)
    matrix = maker.fit_transform([*left, *right])
    found: np.ndarray = (matrix[: len(left)] @ matrix[len(left) :].T).toarray()
    return found


def _mutual(alike: np.ndarray) -> Scored:
    best, back = alike.argmax(axis=1), alike.argmax(axis=0)
    a = np.arange(len(alike))
    kept = (back[best] == a) & (alike[a, best] > 0)
    return _rows(a[kept], best[kept], alike[a[kept], best[kept]])


def _hashed(tables: Tables, least: float):
    from datasketch import MinHash, MinHashLSH

    hashes = []
    for side in (tables.left, tables.right):
        folded = [re.sub(r"\W+", " ", each.lower()) for each in texts(side)]
        grams = [{each[at : at + 3].encode() for at in range(max(1, len(each) - 2))} for each in folded]
        hashes.append(MinHash.bulk(grams, num_perm=128))
    index = MinHashLSH(threshold=least, num_perm=128)
    for b, each in enumerate(hashes[1]):
        index.insert(b, each)
    return hashes, index


def _splink(tables: Tables) -> Scored:
    import logging

    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    columns = [key for key in tables.left[0] if key in tables.right[0]]
    names = {key: f"c{at}" for at, key in enumerate(columns)}
    api = DuckDBAPI()
    frames = [
        api.register(_frame(side, mark, names), dataset_display_name=mark)
        for mark, side in (("l", tables.left), ("r", tables.right))
    ]
    blocks = [block_on(f"substr({name}, 1, 4)") for name in names.values()]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[cl.JaroWinklerAtThresholds(name, [0.92, 0.8, 0.7]) for name in names.values()],
        blocking_rules_to_generate_predictions=blocks,
    )
    linker = Linker(frames, settings, log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match([block_on(names[columns[0]])], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for block in blocks[:2]:
        linker.training.estimate_parameters_using_expectation_maximisation(block)
    rows = linker.inference.predict(threshold_match_probability=0.01).as_record_list()
    found = {}
    for row in rows:
        a, b = (
            (row["unique_id_l"], row["unique_id_r"])
            if row["unique_id_l"][0] == "l"
            else (row["unique_id_r"], row["unique_id_l"])
        )
        found[int(a[1:]), int(b[1:])] = float(row["match_probability"])
    return [(a, b, score) for (a, b), score in sorted(found.items())]


def _frame(rows: list[dict[str, str]], mark: str, names: dict[str, str]):
    import pyarrow as pa

    columns = {new: [str(row[old] or "").lower() or None for row in rows] for old, new in names.items()}
    return pa.table({"unique_id": [f"{mark}{at}" for at in range(len(rows))], **columns})


def _rows(a: np.ndarray, b: np.ndarray, scores: np.ndarray) -> Scored:
    return list(zip(a.tolist(), b.tolist(), scores.astype(float).tolist(), strict=True))
