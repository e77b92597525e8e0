"""What a plan is held to: rules, features, regions and currencies, and what is said when they leave no plan."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from siloscope.errors import PlanError
from siloscope.graph.view import Graph
from siloscope.model import Tool
from siloscope.planning.assumptions import defaults
from siloscope.planning.consolidation import plan_graph
from tests.estates import asset, estate, seen
from tests.test_plan import A, B, C, three
from tests.test_plan_estate import gone, ruled


def test_the_price_of_a_rule_is_what_it_makes_dearer() -> None:
    """Asked for, or for each tool the plan lets go, as planning with and without it shows."""
    free, kept = plan_graph(three()), plan_graph(three(), keep=[A])
    extra = kept["summary"]["objective"] - free["summary"]["objective"]
    assert extra > 0
    assert [each for each in kept["rule_prices"] if each["asked"]] == [
        {"tool": A, "rule": "keep", "asked": True, "price": pytest.approx(extra, abs=0.02)}
    ]
    assert {each["tool"]: each["price"] for each in free["rule_prices"]}[A] == pytest.approx(extra, abs=0.02)


@pytest.mark.parametrize(
    ("asked", "rules", "count"),
    [
        ({"retire": [A], "budget": 10}, {}, 2),
        ({"retire": [A, B, C]}, {}, 3),
        ({"retire": [A, B, C], "budget": 10}, {}, 2),
        ({"retire": [A]}, {"may_not_move": [f"{A}/*", f"{B}/*"]}, 2),
        ({"retire": [A, C]}, {"departments_apart": ["Risk", "Sales"]}, 2),
        ({"retire": [A, B]}, {"vendors_not_into": ["n8n GmbH", "nobody"]}, 2),
    ],
)
def test_what_contradicts_is_the_smallest_set_of_rules(
    asked: dict[str, Any], rules: dict[str, list[str]], count: int
) -> None:
    """As many as said; each of them is needed: without any one of those that are told there is a plan or another clash."""
    graph = three(
        Tool(A, annual_cost=90_000.0, department="Risk", vendor="n8n GmbH"),
        costs={},
    )
    graph = replace(graph, tools=[replace(each, vendor="n8n GmbH") for each in graph.tools])
    with pytest.raises(PlanError) as told:
        plan_graph(graph, assume=ruled(**rules), **asked)
    lines = str(told.value).splitlines()
    assert "smallest set of rules" in lines[0]
    said = [each.strip() for each in lines[1:] if not each.strip().startswith("(")]
    assert len(said) == count, told.value
    for left in said:  # only these rules, and of these all but one
        some = [each for each in said if each != left]
        plan_graph(graph, samples=0, alternatives=0, **only(some, asked, rules))
    with pytest.raises(PlanError):
        plan_graph(graph, **only(said, asked, rules))


def only(said: list[str], asked: dict[str, Any], rules: dict[str, list[str]]) -> dict[str, Any]:
    """What to plan with so that no rule holds but those said."""
    text = "\n".join(said)
    found: dict[str, Any] = {"retire": [each for each in asked["retire"] if f"{each} is to be retired" in text]}
    found["budget"] = asked.get("budget") if "may be spent once" in text else None
    kept = {key: [each for each in values if each in text] for key, values in rules.items()}
    proven = defaults().proven if "(proven)" in text else 0.0
    features = defaults().features if "(features)" in text else {}
    return found | {"assume": replace(ruled(**kept), proven=proven, features=features)}


def test_costs_in_several_currencies_are_not_added_up() -> None:
    """An error that names each currency with a tool; one currency, or none told, is no trouble."""

    def graph(*currencies: str | None) -> Graph:
        facts = [{"cost.currency": each} if each else {} for each in currencies]
        tools = [Tool(t, annual_cost=9e4, facts=f) for t, f in zip((A, B, C), facts, strict=True)]
        return three(*tools, costs={})

    with pytest.raises(PlanError, match=f"EUR for {A} and 1 more; USD for {B} and 0 more"):
        plan_graph(graph("EUR", "USD", "EUR"))
    for same in (("EUR", "EUR", "EUR"), ("EUR", None, "EUR"), (None, None, None)):
        assert plan_graph(graph(*same), samples=0)["summary"]["annual_cost_now"] == 270_000


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"may_not_move": [f"{A}/*"]}, "may not move, by rule"),
        ({"departments_apart": ["Risk"]}, "Risk stays apart, by rule"),
    ],
)
def test_rules_of_the_file_are_obeyed_and_told(rules: dict[str, list[str]], says: str) -> None:
    """The tool stays, and its disposition says by which rule."""
    graph = three(Tool(A, annual_cost=90_000.0, department="Risk"), costs={B: 30_000.0, C: 60_000.0})
    assert A in gone(plan_graph(graph))
    plan = plan_graph(graph, assume=ruled(**rules))
    assert A not in gone(plan)
    told = next(each for each in plan["dispositions"] if each["tool"] == A)
    assert any(says in one["says"] for one in told["because"])
    assert A not in gone(plan_graph(three(), assume=ruled(keep=[A])))


def test_what_robots_are_asks_for_the_same_of_the_target() -> None:
    """Attended robots only go where attended robots are; what a suite offers besides is not asked for."""

    def graph(kind: str, *others: str) -> Graph:
        items = [asset(f"uipath://x/{n}", "uipath:x", "uipath.robot", facts={"robot_type": kind}) for n in range(2)]
        items += [asset(f"{tool}/{n}", tool, "rpa.robot") for tool in others for n in range(2)]
        return estate(seen(*items, Tool("uipath:x", annual_cost=90_000.0)))

    def target(kind: str, *others: str) -> str | None:
        return gone(plan_graph(graph(kind, *others), samples=0)).get("uipath:x")

    assert target("Unattended", "robocorp:y") == "robocorp:y"
    assert target("AttendedPro", "robocorp:y") is None
    assert target("AttendedPro", "robocorp:y", "nice:z") == "nice:z"
    assert target("Development", "robocorp:y", "nice:z") is None  # which says nothing of what it is needed for


@pytest.mark.parametrize(("there", "goes"), [("eu-west-1", True), ("us-east-1", False), (None, False)])
def test_what_lies_in_a_region_stays_in_it(there: str | None, goes: bool) -> None:
    """A target that lies elsewhere, or nobody knows where, is refused by name; without the rule it is not."""
    items = [asset(f"{A}/{n}", A, facts={"region": "eu-central-1"}) for n in range(2)]
    items += [asset(f"{B}/{n}", B, facts={"region": there} if there else {}) for n in range(2)]
    graph = estate(seen(*items, Tool(A, annual_cost=90_000.0), Tool(B, annual_cost=30_000.0)))
    assert gone(plan_graph(graph, samples=0)) == {A: B}
    plan = plan_graph(graph, samples=0, assume=ruled(residency=["eu-*"]), keep=[B])
    assert gone(plan) == ({A: B} if goes else {})
    told = json.dumps(next(each for each in plan["dispositions"] if each["tool"] == A))
    assert goes or f"{B} lies in {there or 'no known region'}" in told
    if not goes:
        with pytest.raises(PlanError, match=r"what lies in eu-\* stays in it, by rule"):
            plan_graph(graph, retire=[A], assume=ruled(residency=["eu-*"]))
