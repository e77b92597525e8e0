"""Silos: published measures agree with networkx and hand values; what is planted is found, and nothing is overclaimed."""

from __future__ import annotations

import json
import random
from dataclasses import fields

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array

from siloscope.analysis import RULES
from siloscope.analysis.silos import bridge_candidate, crossings, one_way_silo, pairings, uncontracted_dependency
from siloscope.analysis.silos.likeness import words
from siloscope.analysis.silos.organisation import measured, organisation
from siloscope.analysis.silos.structure import conductance, constraint, cuts, effective_size
from siloscope.analysis.silos.verdicts import INTEGRATED, ISOLATED, UNKNOWN, WEAK, report, verdicts
from siloscope.graph.view import Graph
from siloscope.model import Finding, Status
from tests.estates import asset, calls, company, estate, reads, seen
from tests.silo_estate import SLICES, Planted, planted

KARATE = nx.karate_club_graph()
for _, _, row in KARATE.edges(data=True):
    row.pop("weight", None)
CLUB = np.array([KARATE.nodes[n]["club"] == "Mr. Hi" for n in KARATE], dtype=int)
EDGES = np.array(KARATE.edges()).T
SEEDS = range(4)


def ties(graph: nx.Graph) -> csr_array:
    return csr_array(nx.to_scipy_sparse_array(graph, weight="weight", format="csr"))


def test_the_measures_of_the_karate_club_are_the_published_ones() -> None:
    """Zachary's two clubs: assortativity and modularity as networkx and igraph give them, E-I by counting."""
    found = measured(EDGES, CLUB)
    assert found is not None
    assert found.assortativity.value == pytest.approx(0.717531, abs=1e-6)
    assert found.assortativity.value == pytest.approx(nx.attribute_assortativity_coefficient(KARATE, "club"))
    groups = [set(np.flatnonzero(each == CLUB).tolist()) for each in (0, 1)]
    assert found.modularity.value == pytest.approx(0.358235, abs=1e-6)
    assert found.modularity.value == pytest.approx(nx.community.modularity(KARATE, groups))
    crossing = sum(CLUB[a] != CLUB[b] for a, b in KARATE.edges())
    assert (crossing, found.ties) == (11, 78)
    assert found.e_i.value == pytest.approx((11 - 67) / 78)
    assert found.e_i.p == found.assortativity.p == 1 / 200


def test_the_null_of_an_index_is_what_random_labels_give() -> None:
    """E-I of labels dealt at random: 1 - 2 * sum n(n-1) / N(N-1), whatever the ties; assortativity about zero."""
    found = measured(EDGES, CLUB)
    assert found is not None
    sizes = np.bincount(CLUB)
    within = (sizes * (sizes - 1)).sum() / (34 * 33)
    assert found.e_i.null == pytest.approx(1 - 2 * within, abs=0.03)
    assert found.assortativity.null == pytest.approx(0.0, abs=0.06)
    random_labels = np.random.default_rng(4).permutation(CLUB)
    chance = measured(EDGES, random_labels)
    assert chance is not None
    assert chance.e_i.p > 0.05


def test_structural_holes_and_conductance_are_those_of_networkx() -> None:
    """Burt's constraint and effective size by node, also with weights; conductance of the clubs."""
    weighted = nx.karate_club_graph()
    for graph in (KARATE, weighted):
        expected = nx.constraint(graph, weight="weight")
        assert constraint(ties(graph)) == pytest.approx([expected[n] for n in graph])
    assert nx.get_edge_attributes(weighted, "weight")
    size = nx.effective_size(KARATE)
    assert effective_size(ties(KARATE)) == pytest.approx([size[n] for n in KARATE])
    directed = np.zeros((2, 2))
    np.add.at(directed, (CLUB[EDGES[0]], CLUB[EDGES[1]]), 1)
    expected = nx.conductance(KARATE, np.flatnonzero(CLUB == 0).tolist())
    assert conductance(csr_array(directed)) == pytest.approx([expected, expected])
    assert np.isnan(constraint(csr_array((3, 3)))).all()
    assert np.isnan(effective_size(csr_array((3, 3)))).all()


@pytest.mark.parametrize(("seed", "links"), [(seed, links) for seed in range(6) for links in (50, 62, 90)])
def test_cuts_are_those_of_networkx_with_the_sides_they_part(seed: int, links: int) -> None:
    """Articulation points and bridges of sparse graphs; the side of a bridge by taking it out."""
    graph = nx.gnm_random_graph(60, links, seed=seed)
    ends = np.array(graph.edges()).T
    found = cuts(np.concatenate([ends, ends[::-1, :5], [[7], [7]]], axis=1), 60)
    assert found.points.tolist() == sorted(nx.articulation_points(graph))
    assert [tuple(each) for each in found.bridges.tolist()] == sorted(tuple(sorted(each)) for each in nx.bridges(graph))
    for (a, b), side in zip(found.bridges.tolist(), found.sides.tolist(), strict=True):
        without = nx.restricted_view(graph, [], [(a, b)])
        parts = [len(nx.node_connected_component(without, each)) for each in (a, b)]
        assert side == min(parts)
    assert cuts(np.empty((2, 0), dtype=int), 3).points.tolist() == []


def keys(rule: str, graph: Graph, *, claimed: bool = False) -> set[str]:
    """The subjects of a rule's findings; only those that claim something when asked."""
    found = [each for each in RULES[rule](graph) if not claimed or each.coverage != "unknown"]
    return {_subject(each) for each in found}


def _subject(found: Finding) -> str:
    if found.rule == "closed-silo":
        return found.title.split()[0]
    return " ".join(sorted(found.subjects)) if found.rule == "single-bridge" else found.subjects[0]


def truth(world: Planted) -> dict[str, set[str]]:
    return {
        "isolated-tool": world.isolated,
        "closed-silo": world.closed,
        "single-bridge": {" ".join(sorted(each)) for each in world.bridges},
        "hidden-share": world.hidden,
    }


@pytest.mark.parametrize("rule", ["isolated-tool", "closed-silo", "single-bridge", "hidden-share"])
def test_what_is_planted_is_found_and_little_else(rule: str) -> None:
    """Precision and recall of at least 0.95 over four estates of some 50 tools."""
    hits, found, planted_ = 0, 0, 0
    for seed in SEEDS:
        world = planted(seed)
        seen_, true = keys(rule, world.graph()), truth(world)[rule]
        hits, found, planted_ = hits + len(seen_ & true), found + len(seen_), planted_ + len(true)
    assert planted_ >= 2 * len(SEEDS)
    assert hits / found >= 0.95
    assert hits / planted_ >= 0.95


def denied(world: Planted, share: float, seed: int) -> set[tuple[str, int]]:
    """Some of an estate's slices."""
    slices = sorted(world.seen)
    return set(random.Random(seed).sample(slices, round(share * len(slices))))


@pytest.mark.parametrize("share", [0.3, 0.1, 0.02])
def test_no_silo_is_claimed_that_the_missing_slices_refute(share: float) -> None:
    """Slices are denied at random: what is still claimed without reserve is true of the whole estate."""
    for seed in SEEDS:
        world = planted(seed)
        part = world.graph(denied(world, share, seed))
        for rule in ("isolated-tool", "closed-silo", "single-bridge"):
            assert {_subject(each) for each in RULES[rule](part) if each.coverage == "complete"} <= truth(world)[rule]
            if share > 0.05:
                assert keys(rule, part, claimed=True) == set()
        said = [each for each in verdicts(part) if each.verdict in (ISOLATED, WEAK) and each.coverage == "complete"]
        assert said == []


def test_an_unknown_verdict_names_slices_that_settle_it() -> None:
    """Reading the slices that it names makes every verdict what it is in the whole estate."""
    world = planted(1)
    missing = denied(world, 0.3, 1)
    part = {(each.kind, each.name): each for each in verdicts(world.graph(missing), ["tool"])}
    open_ = {key: each for key, each in part.items() if each.verdict == UNKNOWN}
    assert len(open_) >= 4
    named = {(row.source, int(row.listing[-1])) for each in open_.values() for row in each.settle}
    assert named <= missing
    settled = verdicts(world.graph(missing - named), ["tool"])
    whole = {(each.kind, each.name): each.verdict for each in verdicts(world.graph(), ["tool"])}
    assert {(each.kind, each.name): each.verdict for each in settled} == whole
    for each in open_.values():
        own = [row for row in each.settle if row.source == each.name]
        if any((each.name, n) in missing for n in range(SLICES)):
            assert own == list(each.settle)


def test_integrated_is_said_whatever_was_not_read() -> None:
    """A link that was seen is there: fewer slices may hide links, and never invent one."""
    for seed in SEEDS:
        world = planted(seed)
        whole = {(each.kind, each.name): each for each in verdicts(world.graph(), ["tool", "department"])}
        for each in verdicts(world.graph(denied(world, 0.3, seed)), ["tool", "department"]):
            if each.verdict == INTEGRATED:
                assert whole[each.kind, each.name].verdict == INTEGRATED


def test_verdicts_of_a_small_estate_by_hand() -> None:
    """Seven dependencies between two tools, two with a third, one with none."""
    items = [asset(f"{t}{n}", f"n8n:{t}") for t in "abcd" for n in range(3)]
    links = [reads(f"a{n % 3}", f"b{m}") for n in range(3) for m in range(2)]
    links += [reads("b0", "c0"), reads("c1", "b1"), reads("d0", "d1")]
    found = {each.name[4:]: each for each in verdicts(estate(seen(*items, *links)), ["tool"])}
    assert {name: each.verdict for name, each in found.items()} == {
        "a": WEAK,
        "b": INTEGRATED,
        "c": WEAK,
        "d": ISOLATED,
    }
    assert found["a"].because == "all 6 dependencies are with one other"
    assert (found["b"].on_others, found["b"].by_others, found["b"].partners, found["b"].inside) == (1, 7, 2, 0)
    assert (found["d"].inside, found["d"].e_i, found["d"].constraint) == (1, -1.0, None)
    # Weights 6 and 2 around b: (6/8)^2 + (2/8)^2; for a and c all is invested in b.
    assert found["b"].constraint == pytest.approx(0.5625 + 0.0625)
    assert found["a"].constraint == 1.0


def test_meeting_outside_is_a_weak_link() -> None:
    """Not isolated, and not integrated either."""
    items = [
        asset("a"),
        asset("b", "mlflow:m"),
        asset("c", "airflow:z"),
        reads("a", "s3://x/1"),
        reads("b", "s3://x/2"),
    ]
    found = {each.name: each for each in verdicts(estate(seen(*items)), ["tool"])}
    assert (found["n8n:one"].verdict, found["airflow:z"].verdict) == (WEAK, ISOLATED)
    assert found["n8n:one"].because == "it meets others only in something nobody scanned"


def test_the_document_is_whole_and_the_organisation_is_in_it() -> None:
    """As JSON, with every field of a verdict; nothing of nothing."""
    document = json.loads(json.dumps(report(planted(0).graph()), allow_nan=False))
    assert document["schema"] == "siloscope/silos/1"
    assert document["organisation"]["e_i"]["value"] < document["organisation"]["e_i"]["null"]
    assert {each["kind"] for each in document["silos"]} == {"tool", "department", "community"}
    names = {each.name for each in fields(verdicts(company())[0])}
    assert all(set(each) == names for each in document["silos"])
    assert report(Graph()) == {"schema": "siloscope/silos/1", "organisation": None, "silos": []}
    assert organisation(Graph()) is None


def departments(*links: object) -> Graph:
    """Three departments of three assets each in tools of their own."""
    items = [
        asset(f"{name[0].lower()}{n}", f"n8n:{name}", department=name)
        for name in ("Risk", "Sales", "Ops")
        for n in range(3)
    ]
    return estate(seen(*items, *links))


def test_who_only_takes_is_a_one_way_silo() -> None:
    """Giving one thing back ends it; so does feeding others, whichever way it is written."""
    (found,) = one_way_silo(departments(reads("r0", "s0"), reads("s1", "o0"), reads("o0", "s2")))
    assert found.title == "Risk takes from Sales and gives nothing back"
    assert found.subjects == ("n8n:Risk",)
    both = [reads("r0", "s0"), reads("s1", "o0"), reads("o0", "s2")]
    assert list(one_way_silo(departments(*both, reads("o1", "r1")))) == []


def test_crossings_are_by_pair_and_the_unassigned_belong_to_none() -> None:
    graph = departments(reads("r0", "s0"), calls("s1", "r1"), reads("r0", "r1"))
    assert {pair: len(edges) for pair, edges in crossings(graph).items()} == {("Risk", "Sales"): 2}


def test_a_dependency_on_what_nobody_owns_is_found_and_one_with_owner_and_contract_is_not() -> None:
    """One finding a pair and direction; the score grows with the share that nobody owns."""
    bare = departments(reads("r0", "s0"), reads("r1", "s0"), reads("r1", "s1"), reads("o1", "s0"), reads("s1", "s0"))
    ops, risk = uncontracted_dependency(bare)
    assert (ops.title, risk.title) == ("Ops depends on 1 asset of Sales that nobody owns", "Risk depends on 2 assets of Sales that nobody owns")  # fmt: skip
    assert risk.subjects == ("s0", "s1")
    owned = asset("s", "n8n:Sales", department="Sales", owner="sam")
    kept = asset("t", "n8n:Sales", department="Sales", owner="sam", facts={"tag.contract": "v1"})
    user = asset("r", "n8n:Risk", department="Risk")
    (weaker,) = uncontracted_dependency(estate(seen(owned, kept, user, reads("r", "s"), reads("r", "t"))))
    assert weaker.title == "Risk depends on 1 asset of Sales without a contract"
    assert weaker.score < risk.score
    assert list(uncontracted_dependency(estate(seen(kept, user, reads("r", "t"))))) == []


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("CustomerChurn", "customer-churns-prod", True), ("customer_churn_v2", "churn customer", True),
        ("HTTPServer", "http_server", True), ("customer", "churn", False), ("größe", "Größe", True), ("v1", "test", True),
    ],
)  # fmt: skip
def test_names_are_compared_by_their_words(one: str, two: str, same: bool) -> None:
    """Without case, order, stages, versions and plural."""
    assert (words(one) == words(two)) is same


def mapped(*links: object) -> Graph:
    """Risk and Sales hold a table of the same columns each, named alike; Ops nothing like it."""
    columns = {"v": 1, "column:customer_id": 1, "column:score": 1, "column:month": 1}
    other = {"v": 1, "column:customer_id": 1, "column:score": 1, "column:region": 1}
    items = [
        asset("r", "glue:1", "glue.table", name="CustomerScores", department="Risk", shape=columns),
        asset("s", "snowflake:x", "snowflake.table", name="customer_score", department="Sales", shape=other),
        asset("o", "glue:2", "glue.table", name="parcels", department="Ops"),
        *(asset(f"{d}{n}", "airflow:z", "airflow.dag", name=f"{d} {n} job", department=d) for d in ("Risk", "Sales", "Ops") for n in (1, 2)),
    ]  # fmt: skip
    return estate(seen(*items, *links))


def test_the_same_entity_on_both_sides_is_a_bridge_candidate_with_its_reasons() -> None:
    """Name, columns, key, and the tool that both already use."""
    (found,) = [each for each in bridge_candidate(mapped()) if each.score >= 0.5]
    assert found.title == "Risk and Sales could be joined at CustomerScores and customer_score through airflow:z"
    assert found.subjects == ("r", "s", "airflow:z")
    told = [each.says for each in found.because]
    assert told[:3] == ["CustomerScores and customer_score name the same thing; nothing else is called so", "2 of 4 columns in common", "joined by customer_id"]  # fmt: skip
    assert any("which could carry it" in each for each in told)


def test_silos_that_are_joined_need_no_bridge() -> None:
    """Three dependencies are enough; fewer lower the rank; two assets that are joined are no candidates."""
    links = [reads("r", "s"), reads("Risk1", "s"), reads("Sales1", "r")]
    best = lambda graph: max((each.score for each in bridge_candidate(graph) if "Risk and Sales" in each.title), default=0)  # noqa: E731 # fmt: skip
    assert best(mapped(*links)) == 0
    severity = lambda graph: {each.severity for each in bridge_candidate(graph) if "Risk and Sales" in each.title}  # noqa: E731 # fmt: skip
    assert (severity(mapped()), severity(mapped(links[1]))) == ({"low"}, {"info"})
    joined = [each for each in bridge_candidate(mapped(links[0])) if {"r", "s"} <= set(each.subjects)]
    assert joined == []


def test_a_pair_tells_what_flows_and_what_both_read() -> None:
    """Directions are of dependence; things outside count, also when they are written to."""
    graph = mapped(reads("r", "s"), reads("Risk1", "s"), reads("Risk1", "s3://lake/a"), reads("Sales1", "s3://lake/b"), reads("Ops1", "o"))  # fmt: skip
    found = {(each.a, each.b): each for each in pairings(graph)}
    assert list(found) == [("Ops", "Risk"), ("Ops", "Sales"), ("Risk", "Sales")]
    pair = found["Risk", "Sales"]
    assert (pair.a_on_b, pair.b_on_a) == (2, 0)
    assert pair.common == ("outside:s3://lake",)
    assert "airflow:z" in pair.tools
    assert [each.score for each in pair.candidates] == sorted((each.score for each in pair.candidates), reverse=True)
    met = [each for each in pair.candidates if (each.a, each.b) == ("Risk1", "Sales1")]
    assert "which nobody scanned" in met[0].because[0].says


def test_communities_are_paired_where_they_have_something_in_common() -> None:
    """Every pair that is told of has a flow, a common reading or a candidate."""
    graph = planted(2).graph()
    found = list(pairings(graph, "community"))
    assert found
    assert all(each.a_on_b or each.b_on_a or each.common_count or each.candidates for each in found)


def test_a_slice_that_was_only_held_is_a_doubt_as_well() -> None:
    """Half of a small estate was not read: nothing about absence is said without reserve."""
    lonely = [asset(f"z{n}", "mlflow:alone", "mlflow.model") for n in range(6)]
    graph = estate(seen(*lonely, source="alone"), seen(asset("a"), source="rest", status=Status.FAILED))
    assert [each.coverage for each in RULES["isolated-tool"](graph)] == ["unknown", "unknown"]
