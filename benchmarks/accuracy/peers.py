"""What others would say about the same estates: names by rapidfuzz, text by TF-IDF and MinHash, names and kinds by splink.

Each gets the text that siloscope's graph was read from, and the threshold that the truth says is best for it: more than
any user has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.accuracy.labels import Estate, Two, two
from benchmarks.accuracy.text import cosines, tfidf, trigrams, word_counts


def token_set(estate: Estate) -> dict[Two, float]:
    """Rapidfuzz `token_set_ratio` of the names."""
    from rapidfuzz import fuzz, process, utils

    ids = [each.id for each in estate.graph.assets]
    names = [utils.default_process(each.name) for each in estate.graph.assets]
    grid = process.cdist(names, names, scorer=fuzz.token_set_ratio, score_cutoff=60)
    rows, columns = grid.nonzero()
    return {two(ids[a], ids[b]): float(grid[a, b]) for a, b in zip(rows, columns, strict=True) if a < b}


def words(estate: Estate) -> dict[Two, float]:
    """Cosine of TF-IDF of words of all text."""
    return _cosine(estate, word_counts)


def grams(estate: Estate) -> dict[Two, float]:
    """Cosine of TF-IDF of character trigrams of all text."""
    return _cosine(estate, trigrams)


def _cosine(estate: Estate, counts: Callable[[str], Mapping[str, int]]) -> dict[Two, float]:
    ids = sorted(estate.text)
    matrix = tfidf([counts(estate.text[each]) for each in ids])
    found = cosines(matrix, matrix, 0.15)
    return {two(ids[a], ids[b]): float(s) for a, b, s in zip(found.row, found.col, found.data, strict=True) if a < b}


def minhash(estate: Estate) -> dict[Two, float]:
    """Datasketch MinHash LSH of words of all text, estimated Jaccard of what it brings up."""
    from datasketch import MinHash, MinHashLSH

    index, hashes = MinHashLSH(threshold=0.2, num_perm=128), {}
    for key in sorted(estate.text):
        each = MinHash(num_perm=128, seed=1)
        each.update_batch([word.encode() for word in sorted(word_counts(estate.text[key]))])
        hashes[key] = each
        index.insert(key, each)
    return {
        two(key, other): hashes[key].jaccard(hashes[other])
        for key in hashes
        for other in index.query(hashes[key])
        if key < other
    }


def splink(estate: Estate) -> dict[Two, float]:
    """Run splink without labels: names by Jaro-Winkler, all text by Jaccard of letters, kinds; weights by EM."""
    import logging

    import pyarrow as pa
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    rows = [
        {
            "unique_id": each.id,
            "name": each.name.lower()[:120],
            "text": " ".join(estate.text.get(each.id, "").lower().split())[:300],
            "kind": each.kind,
        }
        for each in estate.graph.assets
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("name"),
            cl.JaccardAtThresholds("text", [0.9, 0.7]),
            cl.ExactMatch("kind"),
        ],
        blocking_rules_to_generate_predictions=[block_on("substr(name, 1, 4)"), block_on("substr(text, 1, 8)")],
    )
    frame = DuckDBAPI().register(pa.Table.from_pylist(rows), dataset_display_name="assets")
    linker = Linker(frame, settings, log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(max_pairs=1e5, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("substr(name, 1, 4)"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("substr(text, 1, 8)"))
    found = linker.inference.predict(threshold_match_probability=0.001).as_record_list()
    return {two(row["unique_id_l"], row["unique_id_r"]): float(row["match_probability"]) for row in found}


PEERS: Mapping[str, Callable[[Estate], dict[Two, float]]] = {
    "rapidfuzz token-set": token_set,
    "TF-IDF of words": words,
    "TF-IDF of trigrams": grams,
    "datasketch MinHash": minhash,
    "splink": splink,
}
