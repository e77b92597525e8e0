"""Tools that serve one purpose: how many, how much alike, and what each has that the others lack."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from siloscope.analysis.overlap import Share, overlapping_tools, shares
from siloscope.graph.view import Graph
from siloscope.model import Evidence, Finding, Pair, Tool
from tests.estates import asset, calls, estate, reads, seen


def overlaps(*items: Any, duplicates: list[Finding] | None = None) -> list[Finding]:
    return list(overlapping_tools(estate(seen(*items)), duplicates or []))


def says(found: Finding, words: str) -> Evidence:
    (one,) = [each for each in found.because if words in each.says]
    return one


def flows(count: int = 3, **more: Any) -> list[Any]:
    """Some workflows in n8n and in Node-RED."""
    one = [asset(f"n8n://one/workflow/{n}", "n8n:one", **more) for n in range(count)]
    return [*one, *(asset(f"node-red://two/flow/{n}", "node-red:two", "node-red.flow", **more) for n in range(count))]


def copies(*pairs: tuple[str, str], score: float = 0.9, state: str = "open") -> list[Finding]:
    """Findings of the rule `duplicate-asset`, one a pair."""
    return [
        Finding(f"d{n}", "duplicate-asset", "high", score, "probability", "", (a, b), (), (Pair(a, b, score),), state=state)
        for n, (a, b) in enumerate(pairs)
    ]  # fmt: skip


@pytest.mark.parametrize("counts", [[5, 5], [9, 1], [1, 1, 1, 1], [100, 1, 1], [7]])
def test_the_effective_numbers_are_hill_numbers(counts: list[int]) -> None:
    """Order 2 is never above order 1, order 1 never above the count; equal shares give the count itself."""
    share = Share("x", {str(n): count for n, count in enumerate(counts)}, ())
    parts = [each / sum(counts) for each in counts]

    assert share.effective == pytest.approx(1 / sum(p * p for p in parts))
    assert share.spread == pytest.approx(math.prod(p**-p for p in parts))
    assert share.effective <= share.spread + 1e-9 <= len(counts) + 2e-9
    if len(set(counts)) == 1:
        assert share.effective == pytest.approx(len(counts))


def test_a_product_without_assets_counts_nothing() -> None:
    assert Share("x", {"a": 4, "b": 0}, ()).spread == 1.0
    assert Share("x", {"a": 0}, ()).effective == Share("x", {"a": 0}, ()).spread == 0.0


def test_evidence_sums_to_the_score_and_names_both_numbers() -> None:
    (found,) = overlaps(*flows())

    assert found.score == pytest.approx(sum(each.weight for each in found.because))
    assert found.score >= 0.5
    says(found, "2.0 products in effect, 2.0 by entropy")


def test_what_one_can_do_of_the_other_is_said() -> None:
    """n8n is for workflow automation and agents, Node-RED for the first alone."""
    (found,) = overlaps(*flows())

    says(found, "n8n can do all that Node-RED is for (containment 1.00, Jaccard 0.50)")
    only = says(found, "only there").says
    assert "n8n: ai agents" in only
    assert "workflow automation" not in only


def test_the_pairs_of_tools_carry_how_much_alike_they_are() -> None:
    (found,) = overlaps(*flows())

    assert [(each.a, each.b) for each in found.pairs] == [("n8n:one", "node-red:two")]
    assert 0 < found.pairs[0].score <= 1


def test_accounts_of_one_product_are_one_product() -> None:
    """30 accounts of Glue and one server of Spark are two products; no pair of accounts is said to be too many."""
    items = [asset(f"g{n}", f"glue:{n:012}", "glue.job") for n in range(30)]
    (found,) = overlaps(*items, asset("s", "spark:prod", "spark.job"))

    assert "2 products in 31 tools" in found.title
    assert says(found, "AWS Glue in 30 accounts is one product, counted once").weight == 0
    assert {"spark:prod" in (each.a, each.b) for each in found.pairs} == {True}
    assert overlaps(*items) == []


def test_instances_somebody_runs_are_too_many() -> None:
    items = [asset(f"m{n}", f"mlflow:{n}", "mlflow.model") for n in range(3)]
    found = overlaps(*items)

    assert all(says(each, "MLflow in 3 instances").weight > 0 for each in found)
    assert all(len(each.pairs) == 3 for each in found)


def test_instances_of_one_product_within_a_larger_overlap_are_said_there() -> None:
    """Two MLflow servers also share what SageMaker lacks: no finding of its own beside the one with all three."""
    items = [asset(f"m{n}", f"mlflow:{n}", "mlflow.model") for n in range(2)]
    found = overlaps(*items, asset("s", "sagemaker:1", "sagemaker.model"))

    assert [each.subjects for each in found] == [("mlflow:0", "mlflow:1", "sagemaker:1")]


def test_copies_between_two_tools_add_to_the_score() -> None:
    items = flows()
    twins = [(f"n8n://one/workflow/{n}", f"node-red://two/flow/{n}") for n in range(2)]
    (without,) = overlaps(*items)
    (with_copies,) = overlaps(*items, duplicates=copies(*twins))

    assert says(with_copies, "2 assets of one stand in another as well").weight > 0
    assert with_copies.score > without.score
    assert with_copies.pairs[0].score > without.pairs[0].score
    assert with_copies.id == without.id


@pytest.mark.parametrize("more", [{"score": 0.3}, {"state": "rejected"}])
def test_unlikely_and_rejected_copies_do_not_count(more: dict[str, Any]) -> None:
    twin = copies(("n8n://one/workflow/0", "node-red://two/flow/0"), **more)

    assert overlaps(*flows(), duplicates=twin) == overlaps(*flows())


def test_common_data_and_common_users_tie_two_tools() -> None:
    """Data both work on, people who own assets of both; a hub that everybody uses ties nobody."""
    items = flows(owner="anna@x.example")
    links = [reads("n8n://one/workflow/0", "s3://claims/raw"), calls("node-red://two/flow/1", "s3://claims/raw")]
    (found,) = overlaps(*items, *links)

    assert says(found, "two of them work on s3://claims").weight > 0
    assert says(found, "two of them are used by anna@x.example").weight > 0
    crowd = [asset(f"h{n}", f"airflow:{n}", "airflow.dag") for n in range(12)]
    hub = [*links, *(reads(f"h{n}", "s3://claims/raw") for n in range(12))]
    many = overlaps(*items, *crowd, *hub)
    assert not [each for found in many for each in found.because if "s3://claims" in each.says]


def test_more_departments_make_several_products_less_of_a_case() -> None:
    """Two products for two departments weigh more than two products for twenty."""

    def weight(departments: int) -> float:
        items = [
            asset(f"a{n}", ("n8n:one", "node-red:two")[n % 2], department=f"D{n % departments}") for n in range(40)
        ]
        (found,) = overlaps(*items)
        return says(found, "products in effect for each department").weight

    assert weight(2) > weight(8) > weight(20) > 0


def test_costs_are_told_one_by_one_and_unknown_ones_are_named() -> None:
    tools = [Tool("n8n:one", annual_cost=1200.0, cost_source="licence")]
    (found,) = overlaps(*flows(), *tools)

    assert says(found, "a year costs n8n 1,200 (licence); unknown for Node-RED").weight == 0
    assert found.annual_saving is None


def test_the_order_of_what_was_seen_does_not_matter() -> None:
    items = [
        *flows(owner="anna"),
        reads("n8n://one/workflow/0", "s3://b/x"),
        reads("node-red://two/flow/0", "s3://b/x"),
    ]
    once = overlaps(*items)
    random.Random(1).shuffle(items)

    assert overlaps(*items) == once


def test_an_empty_graph_has_no_shares() -> None:
    assert shares(Graph()) == []
    assert list(overlapping_tools(Graph())) == []


def test_of_very_many_instances_only_the_largest_are_compared() -> None:
    """A thousand servers do not make half a million pairs; all of them are subjects all the same."""
    items = [asset(f"m{n}", f"mlflow:{n:04}", "mlflow.model") for n in range(1000)]
    found = overlaps(*items, *(asset(f"x{n}", "mlflow:0999", "mlflow.model") for n in range(5)))

    for each in found:
        assert len(each.subjects) == 1000
        assert len(each.pairs) == 60 * 59 // 2
        assert any("mlflow:0999" in (pair.a, pair.b) for pair in each.pairs)
