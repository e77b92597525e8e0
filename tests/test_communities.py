"""Communities: planted ones are found, a landing bucket glues nothing, names stay, the same input gives the same."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from siloscope.graph import communities as made
from siloscope.graph.communities import Flow, adjacency, communities, leiden, named, numbered, partition, refined


def agreement(one: np.ndarray, two: np.ndarray) -> float:
    """The adjusted Rand index (Hubert and Arabie 1985), from the contingency table."""
    pairs = lambda counts: float((counts * (counts - 1) / 2).sum())  # noqa: E731
    table = np.zeros((one.max() + 1, two.max() + 1))
    np.add.at(table, (one, two), 1)
    both, a, b = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = a * b / pairs(np.array([len(one)]))
    return (both - chance) / ((a + b) / 2 - chance)


def lfr(mu: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges, shape (2, n), and planted labels of an LFR graph of 1,000 nodes."""
    kind = {"tau1": 3, "tau2": 1.5, "average_degree": 10, "max_degree": 50, "min_community": 20, "max_community": 100}
    graph = nx.LFR_benchmark_graph(1000, mu=mu, seed=seed, max_iters=200, **kind)
    labels = np.zeros(1000, dtype=int)
    for number, members in enumerate({frozenset(graph.nodes[node]["community"]) for node in graph}):
        labels[list(members)] = number
    return np.array(graph.edges()).T, labels


@pytest.mark.parametrize(("mu", "least"), [(0.1, 0.99), (0.2, 0.98), (0.3, 0.9)])
def test_planted_communities_are_found(mu: float, least: float) -> None:
    """LFR graphs: nearly all while they are well separated."""
    edges, labels = lfr(mu, 3)
    assert agreement(communities(edges, 1000), labels) > least


def test_small_communities_in_a_large_graph_are_not_merged() -> None:
    """A ring of 150 cliques of five: modularity alone joins neighbours (its resolution limit), the map equation does not."""
    ring = nx.ring_of_cliques(150, 5)
    truth = np.arange(750) // 5
    weights = adjacency(np.array(ring.edges()).T, 750)
    assert leiden(weights, 1.0, 1).max() + 1 < 100
    assert agreement(partition(weights), truth) == 1.0


def test_the_bits_of_a_partition_are_those_of_the_map_equation() -> None:
    """Two triangles joined by one link, by hand: total 14; each module stays 7/14 and exits 1/14."""
    triangles = np.array([[0, 1, 2, 3, 4, 5, 2], [1, 2, 0, 4, 5, 3, 3]])
    flow = Flow.of(adjacency(triangles, 6), np.array([0, 0, 0, 1, 1, 1]))
    plogp = lambda p: p * np.log2(p)  # noqa: E731
    expected = plogp(2 / 14) - 2 * 2 * plogp(1 / 14) + 2 * plogp(8 / 14)
    assert flow.bits == pytest.approx(expected)
    assert Flow.of(adjacency(triangles, 6), np.zeros(6, dtype=int)).bits == pytest.approx(0.0)


def test_refining_never_lengthens_the_description() -> None:
    """From a random start; a node of another community that was put into the wrong one is moved back."""
    edges, labels = lfr(0.2, 1)
    weights = adjacency(edges, 1000)
    start = np.random.default_rng(1).integers(0, 20, 1000)
    assert Flow.of(weights, refined(weights, start)).bits <= Flow.of(weights, start).bits
    wrong = labels.copy()
    wrong[:10] = (labels[:10] + 1) % (labels.max() + 1)
    assert Flow.of(weights, refined(weights, wrong)).bits <= Flow.of(weights, labels).bits + 1e-9


def test_the_gain_of_a_move_is_what_it_shortens_the_description_by() -> None:
    """Each proposed move, made alone; also into a community of one's own."""
    edges, _ = lfr(0.3, 1)
    weights = adjacency(edges, 1000)
    labels = numbered(np.random.default_rng(2).integers(0, 30, 1000))
    flow = Flow.of(weights, labels)
    target, gain = made._moves(weights, labels, flow)
    for node in range(0, 1000, 50):
        moved = labels.copy()
        moved[node] = target[node]
        assert flow.bits - Flow.of(weights, numbered(moved)).bits == pytest.approx(gain[node], abs=1e-12)
    whole = np.zeros(1000, dtype=int)
    assert (made._moves(weights, whole, Flow.of(weights, whole))[0] >= 1).all()


def landing(groups: int = 12, size: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Groups with an inner life, every node of which also reads one bucket, the last node."""
    rng = np.random.default_rng(5)
    bucket = groups * size
    rows = [(g * size + a, g * size + b) for g in range(groups) for a, b in rng.integers(0, size, (3 * size, 2)) if a != b]  # fmt: skip
    rows += [(n, bucket) for n in range(bucket)]
    return np.array(rows).T, np.repeat(np.arange(groups), size)


def test_a_landing_bucket_does_not_glue_its_readers_together() -> None:
    """Twelve groups that all read one bucket are twelve communities, wherever the bucket itself goes."""
    ends, truth = landing()
    found = communities(ends, len(truth) + 1)
    assert agreement(np.unique(found[:-1], return_inverse=True)[1], truth) > 0.97


def test_links_of_a_hub_weigh_as_much_as_those_of_64_neighbours() -> None:
    """And several links of one pair count together."""
    ends, truth = landing()
    weights = adjacency(ends, len(truth) + 1)
    assert weights[[len(truth)]].sum() == pytest.approx(64.0)
    twice = adjacency(np.array([[0, 1, 0], [1, 0, 2]]), 3)
    assert (twice[0, 1], twice[0, 2]) == (2.0, 1.0)
    assert (twice != twice.T).nnz == 0


def test_components_never_share_a_community_and_nodes_alone_are_alone() -> None:
    """Also with self-loops and without any link at all."""
    ends = np.array([[0, 1, 3, 5], [1, 2, 4, 5]])
    found = communities(ends, 7)
    assert found[0] == found[1] == found[2]
    assert found[3] == found[4]
    assert len(set(found.tolist())) == 4
    assert communities(np.empty((2, 0), dtype=int), 3).tolist() == [0, 1, 2]
    assert communities(np.empty((2, 0), dtype=int), 0).tolist() == []


def test_the_same_graph_gives_the_same_communities() -> None:
    """In another order of links as well."""
    edges, _ = lfr(0.4, 2)
    first = communities(edges, 1000)
    assert (communities(edges, 1000) == first).all()
    shuffled = edges[::-1, np.random.default_rng(1).permutation(edges.shape[1])]
    assert (communities(shuffled, 1000) == first).all()


def test_small_changes_of_the_estate_move_few_names() -> None:
    """One node in fifty replaced and one link in fifty gone: nearly all others keep the name of their community."""
    edges, _ = lfr(0.1, 4)
    ids = [f"asset-{n}" for n in range(1000)]
    before = dict(zip(ids, named(communities(edges, 1000), ids), strict=True))
    rng = np.random.default_rng(3)
    renamed = set(rng.choice(1000, 20, replace=False).tolist())
    later = [f"new-{n}" if n in renamed else key for n, key in enumerate(ids)]
    kept = edges[:, rng.random(edges.shape[1]) > 0.02]
    after = dict(zip(later, named(communities(kept, 1000), later), strict=True))
    same = [before[key] == after[key] for key in ids if key in after]
    assert np.mean(same) > 0.9


def test_a_name_follows_the_members_not_the_number() -> None:
    """Another order gives the same names; one alone has none; a node outside makes company but no name."""
    names = named(np.array([0, 0, 1, 1, 2, 3, 3]), ["a", "b", "c", "d", "e", "f"])
    again = named(np.array([2, 2, 0, 0, 1, 3, 3]), ["d", "c", "a", "b", "e", "f"])
    assert again == [names[3], names[2], names[0], names[1], names[4], names[5]]
    assert names[4] is None
    assert names[5] is not None
    assert len({each for each in names if each}) == 3


def test_a_large_graph_goes_the_quick_way_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs instead of many: as good where communities are clear."""
    edges, labels = lfr(0.2, 5)
    monkeypatch.setattr(made, "MANY", 100)
    assert agreement(communities(edges, 1000), labels) > 0.95
    ring = adjacency(np.array(nx.ring_of_cliques(150, 5).edges()).T, 750)
    assert agreement(partition(ring), np.arange(750) // 5) > 0.95
