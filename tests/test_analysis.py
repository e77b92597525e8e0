"""The rules on small graphs made by hand: exactly what should be found, and what should not."""

from __future__ import annotations

from typing import Any

import pytest

from siloscope.analysis import RULES, THRESHOLD, findings
from siloscope.analysis.silos import fragmentation
from siloscope.graph.store import Verdict
from siloscope.graph.view import Graph
from siloscope.model import Finding, Status, Tool, Visibility
from tests.estates import AT, asset, calls, company, estate, reads, seen, trains


def find(rule: str, graph: Graph) -> list[Finding]:
    """What a rule finds; of duplicates, those that are probable."""
    return [each for each in RULES[rule](graph) if rule != "duplicate-asset" or each.score >= THRESHOLD]


def flow(key: str, tool: str = "n8n:one", **more: Any):
    """A workflow with a definition of eight features."""
    more.setdefault("shape", {"v": 1, "node:http": 8})
    return asset(key, tool, "n8n.workflow", facts={"definition": more.pop("definition", "d1")}, **more)


def says(finding: Finding) -> str:
    return " | ".join(each.says for each in finding.because)


def test_two_copies_of_one_definition_in_two_tools_are_one_finding() -> None:
    """The cluster, its pair, its score; a third of another definition stays out."""
    graph = estate(seen(flow("a", name="Send invoices"), flow("b", "n8n:two", name="Send invoices copy"), flow("c", definition="d2", name="Other")))  # fmt: skip
    (found,) = find("duplicate-asset", graph)
    assert set(found.subjects) == {"a", "b"}
    assert [(each.a, each.b) for each in found.pairs] == [("a", "b")]
    assert found.score == found.pairs[0].score > 0.99
    assert found.severity == "high"
    assert "definitions are identical" in says(found)


@pytest.mark.parametrize(
    ("one", "two"),
    [({"name": "invoices dev"}, {"name": "invoices prod"}), ({"environment": "test"}, {"environment": "prod"}), ({"name": "inv-staging"}, {"environment": "production"})],
)  # fmt: skip
def test_stages_of_one_thing_are_no_duplicates(one: dict[str, str], two: dict[str, str]) -> None:
    """Even with one definition, one name and three tables in common: that is how software is delivered."""
    links = [reads(key, f"s3://lake/{n}") for key in "ab" for n in range(3)]
    pair = estate(seen(flow("a", **{"name": "inv", **one}), flow("b", **{"name": "inv", **two}), *links))
    assert find("duplicate-asset", pair) == []
    same = estate(seen(flow("a", **{"name": "inv", **one}), flow("b", **{"name": "inv", **one}), *links))
    assert len(find("duplicate-asset", same)) == 1


@pytest.mark.parametrize(
    "pair",
    [
        (flow("a", shape={"v": 1, "x": 2}, name="p"), flow("b", shape={"v": 1, "x": 2}, name="q")),
        (flow("a", definition="d1", name="report"), flow("b", definition="d2", name="report")),
        (flow("a", name="x"), asset("b", "mlflow:m", "mlflow.model", name="x")),
    ],
    ids=["trivial definitions", "only the name", "another family"],
)
def test_little_in_common_is_no_duplicate(pair: tuple[Any, Any]) -> None:
    """Two empty workflows are alike, and many reports are called report."""
    assert find("duplicate-asset", estate(seen(*pair))) == []


def test_a_name_and_shared_data_together_make_a_duplicate() -> None:
    """Without any definition: the same name over the same table on two platforms."""
    items = [asset("a", "mlflow:m", "mlflow.model", name="churn-model-v2"), asset("b", "sagemaker:1", "sagemaker.model", name="ChurnModel")]  # fmt: skip
    links = [reads(key, f"s3://lake/{n}") for key in "ab" for n in range(2)]
    assert find("duplicate-asset", estate(seen(*items))) == []
    (found,) = find("duplicate-asset", estate(seen(*items, *links)))
    assert set(found.subjects) == {"a", "b"}


def test_the_one_to_keep_is_what_others_need() -> None:
    """Then what is in production, then what was used last; the others' cost is the saving."""
    items = [flow("a", annual_cost=5.0), flow("b", annual_cost=7.0), flow("c", annual_cost=9.0), asset("user")]
    (needed,) = find("duplicate-asset", estate(seen(*items, calls("user", "b"))))
    assert needed.subjects == ("b", "a", "c")
    assert needed.annual_saving == 14.0
    (used,) = find("duplicate-asset", estate(seen(flow("a"), flow("b", last_used="2026-01-01T00:00:00Z"))))
    assert used.subjects[0] == "b"


def test_a_cluster_keeps_its_identity_when_it_grows() -> None:
    """What a person said about it must survive a further copy, whatever the copy is called."""
    old = [flow("m", name="inv"), flow("n", name="inv")]
    (before,) = find("duplicate-asset", estate(seen(*old, first="2026-01-01T00:00:00Z")))
    grown = estate(seen(*old, first="2026-01-01T00:00:00Z"), seen(flow("a", name="inv"), source="t"))
    (after,) = find("duplicate-asset", grown)
    assert len(after.subjects) == 3
    assert after.id == before.id


def test_a_claim_keeps_its_identity_when_a_third_joins() -> None:
    """The name is what the finding is about; claimants of one tool are that tool's own affair."""
    two = [asset("a", names=("s3://x",)), asset("b", "node-red:two", names=("s3://x",))]
    (before,) = find("duplicate-claim", estate(seen(*two)))
    (after,) = find("duplicate-claim", estate(seen(*two, asset("c", "mlflow:m", names=("s3://x",)))))
    assert (before.subjects, after.subjects) == (("a", "b"), ("a", "b", "c"))
    assert after.id == before.id
    assert find("duplicate-claim", estate(seen(two[0], asset("c", names=("s3://x",))))) == []


def test_products_of_one_capability_overlap() -> None:
    """Two products, or two self-run instances of one; two accounts of one cloud service do not."""
    n8n, red = asset("a", "n8n:one"), asset("b", "node-red:two", "node-red.flow")
    (found,) = find("overlapping-tools", estate(seen(n8n, red)))
    assert found.subjects == ("n8n:one", "node-red:two")
    assert "2.0 products in effect" in says(found)
    (twice,) = [each for each in find("overlapping-tools", estate(seen(n8n, asset("c", "n8n:three")))) if "automation" in each.title]  # fmt: skip
    assert twice.subjects == ("n8n:one", "n8n:three")
    accounts = [asset(f"g{n}", f"glue:{n}", "glue.job") for n in range(3)]
    assert find("overlapping-tools", estate(seen(*accounts))) == []


def test_the_effective_number_of_products_is_the_inverse_herfindahl() -> None:
    """Nine to one: 1 / (0.81 + 0.01 + 2 * 0) = 1.2 in effect."""
    items = [asset(f"a{n}", "n8n:one") for n in range(9)] + [asset("b", "node-red:two", "node-red.flow")]
    (found,) = find("overlapping-tools", estate(seen(*items)))
    assert f"{1 / (0.9**2 + 0.1**2):.1f} products in effect" in says(found)


def cut_off(others: Any = (), **ends: Any) -> Graph:
    """Two linked tools and one of six assets that nothing links; `ends` is how the slice of the latter ended."""
    lonely = [asset(f"z{n}", "mlflow:alone", "mlflow.model") for n in range(6)]
    linked = [asset("a"), asset("b", "airflow:z", "airflow.dag"), reads("a", "b")]
    return estate(seen(*lonely, source="alone", **ends), seen(*linked, source="rest"), *others)


def test_a_tool_that_nothing_links_is_isolated_and_says_on_what_that_rests() -> None:
    """Complete sight makes a claim, partial sight a weaker one, and a slice that was not read makes it unknown."""
    (sure,) = find("isolated-tool", cut_off())
    assert (sure.subjects, sure.coverage, sure.severity) == (("mlflow:alone",), "complete", "high")
    assert sure.title.endswith("is isolated")
    (dim,) = find("isolated-tool", cut_off(visibility=Visibility.FILTERED))
    assert dim.coverage == "partial"
    assert "may not see everything in alone things" in says(dim)
    (open_,) = find("isolated-tool", cut_off(status=Status.PARTIAL))
    assert (open_.coverage, open_.severity) == ("unknown", "low")
    assert open_.title.endswith("may be isolated: not everything was looked at")
    assert "not settled: alone things in x not read" in says(open_)
    assert open_.score < dim.score <= sure.score


def test_a_gap_elsewhere_makes_a_claim_partial() -> None:
    """Somebody else's unread slice may hold the link: one among many makes it partial, one of few unknown."""
    denied = seen(source="cloud", status=Status.DENIED)
    others = [seen(source=f"other{n}") for n in range(20)]
    (found,) = find("isolated-tool", cut_off(others=[denied, *others]))
    assert found.coverage == "partial"
    assert found.title.endswith("is isolated as far as was seen")
    assert "cloud things in x not read" in says(found)
    (found,) = find("isolated-tool", cut_off(others=[denied]))
    assert found.coverage == "unknown"
    assert "not settled: cloud things in x not read, and may hold a link" in says(found)


def test_meeting_in_something_outside_is_a_link_and_a_hidden_share() -> None:
    """Two tools of two departments that read one unscanned bucket are not isolated from each other."""
    graph = estate(seen(asset("a", department="Risk"), asset("b", "node-red:two", "node-red.flow", department="Sales"), reads("a", "s3://lake/x"), reads("b", "s3://lake/y")))  # fmt: skip
    assert find("isolated-tool", graph) == []
    (share,) = find("hidden-share", graph)
    assert share.subjects == ("outside:s3://lake", "n8n:one", "node-red:two")
    assert share.severity == "high"
    (shadow,) = find("shadow-tool", graph)
    assert shadow.subjects == ("outside:s3://lake", "a", "b")


def test_what_an_inventory_lacks_is_no_shadow_tool() -> None:
    """Its server is known: the flow that others call was deleted, or lies where the token does not see it."""
    calls_ = [reads(key, "n8n://one.example/workflow/gone") for key in "ab"]
    known = asset("n8n://one.example/workflow/there", "n8n:one.example")
    two = [asset("a"), asset("b", "node-red:two", "node-red.flow")]
    assert find("shadow-tool", estate(seen(*two, known, *calls_))) == []
    assert find("shadow-tool", estate(seen(*two, *calls_))) != []


def people(*links: Any) -> Graph:
    """Two departments of three assets each, and one asset of nobody."""
    risk = [asset(f"r{n}", department="Risk") for n in range(3)]
    sales = [asset(f"s{n}", "node-red:two", "node-red.flow", department="Sales") for n in range(3)]
    return estate(seen(*risk, *sales, asset("nobody", "airflow:z", "airflow.dag"), *links))


def test_departments_without_a_crossing_are_closed_silos() -> None:
    """One crossing opens both; what leads to assets of nobody, or meets outside, is said."""
    assert [each.title for each in find("closed-silo", people())] == ["Risk is a closed silo", "Sales is a closed silo"]
    assert find("closed-silo", people(reads("r0", "s0"))) == []
    risk, sales = find("closed-silo", people(reads("r0", "r1"), reads("r0", "nobody"), reads("r1", "s3://l"), reads("s1", "s3://l")))  # fmt: skip
    assert "1 dependency" in says(risk)
    assert "1 dependency with assets of no department" in says(risk)
    assert "it meets Sales in something nobody scanned" in says(risk)
    assert "no department" not in says(sales)
    assert risk.score < find("closed-silo", people())[0].score


def test_one_link_between_departments_is_a_bridge() -> None:
    """Two links are none; the link itself is the subject."""
    (found,) = find("single-bridge", people(reads("r0", "s0")))
    assert found.subjects == ("r0", "s0")
    assert find("single-bridge", people(reads("r0", "s0"), reads("s1", "r1"))) == []


def test_assets_without_an_owner_are_one_finding_a_tool() -> None:
    """A tool whose assets all name one is not listed; being depended on makes it worse."""
    graph = estate(seen(asset("a"), asset("b", owner="anna"), asset("c", "mlflow:m", "mlflow.model", owner="x"), reads("c", "a")))  # fmt: skip
    (found,) = find("unowned", graph)
    assert found.subjects == ("n8n:one", "a")
    assert found.severity == "medium"
    assert "1 of 2 assets" in says(found)


@pytest.mark.parametrize(("last", "found"), [("2025-12-04T00:00:00Z", 0), ("2025-12-03T00:00:00Z", 1), (None, 0), ("no time", 0), ("2025-01-01", 1)])  # fmt: skip
def test_unused_for_half_a_year_is_dormant(last: str | None, found: int) -> None:
    """Counted from the scan, never from the clock; without word of use nothing is claimed."""
    assert len(find("dormant", estate(seen(asset("a", last_used=last, annual_cost=12.0))))) == found


def test_a_model_that_nobody_uses_for_months_is_a_stalled_pilot() -> None:
    """Trained or registered, no consumer, no production mark, no movement."""
    model = lambda **more: asset("m", "mlflow:m", "mlflow.model", **{"created": "2026-01-01T00:00:00Z", "facts": {"versions": 2}, **more})  # noqa: E731 # fmt: skip
    (found,) = find("stalled-pilot", estate(seen(model())))
    assert found.subjects == ("m",)
    assert find("stalled-pilot", estate(seen(model(), asset("bot"), calls("bot", "m")))) == []
    assert find("stalled-pilot", estate(seen(model(environment="prod")))) == []
    assert find("stalled-pilot", estate(seen(model(created="2026-05-01T00:00:00Z")))) == []
    assert find("stalled-pilot", estate(seen(model(facts={})))) == []
    (made,) = find("stalled-pilot", estate(seen(model(facts={}), asset("job", "airflow:z", "airflow.dag"), trains("job", "m"))))  # fmt: skip
    assert made.subjects == ("m", "job")


def test_a_verdict_stays_with_its_finding() -> None:
    """Stamped by identity; others stay open."""
    first = findings(company())[0]
    stamped = findings(company(), {first.id: Verdict("accepted", "a demo", AT)})
    assert [(each.id, each.reason) for each in stamped if each.state == "accepted"] == [(first.id, "a demo")]


def test_fragmentation_is_counted_from_departments_and_shares() -> None:
    """One of two attributed dependencies crosses; a dependency on nobody's asset counts in neither."""
    figures = fragmentation(people(reads("r0", "s0"), reads("r0", "r1"), reads("r0", "nobody")))
    assert figures["crossing_share"] == 0.5
    assert figures["dependencies"] == 3
    assert fragmentation(estate())["effective_tools"] == 0.0


def test_money_is_saved_by_keeping_one_of_several_tools() -> None:
    """All but the dearest; unknown costs promise nothing."""
    tools = [Tool("n8n:one", annual_cost=100.0), Tool("node-red:two", annual_cost=30.0)]
    items = [asset("a"), asset("b", "node-red:two", "node-red.flow")]
    (found,) = find("overlapping-tools", estate(seen(*items, *tools)))
    assert found.annual_saving == 30.0
    (unknown,) = find("overlapping-tools", estate(seen(*items, tools[0])))
    assert unknown.annual_saving is None
