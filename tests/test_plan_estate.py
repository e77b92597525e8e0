"""What a plan rests on: assumptions, rules, contracts, clouds, seats, budgets; and what else it could be."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siloscope.errors import ConfigError
from siloscope.graph.view import Graph
from siloscope.model import Tool
from siloscope.planning.assumptions import Assumptions, Rules, defaults, load
from siloscope.planning.consolidation import plan_graph
from siloscope.planning.decision import decide
from siloscope.planning.second import others
from siloscope.planning.state import NOWHERE
from tests.estates import asset, company, estate, reads, seen
from tests.test_plan import A, B, C, check_totals, three, what


def gone(plan: dict[str, Any]) -> dict[str, str | None]:
    return {tool: target for tool, (how, target) in what(plan).items() if how in ("migrate", "retire")}


def ruled(**rules: Any) -> Assumptions:
    return replace(defaults(), rules=Rules(**rules))


def test_the_decision_is_the_cheapest_of_all() -> None:
    """Every way to assign the work of five tools, costed from the statement alone, is at least as dear."""
    graph = three(
        asset("x", "node-red:r", "node-red.flow"),
        Tool("node-red:r", annual_cost=9000.0),
        Tool("n8n:four", annual_cost=80_000.0),
        count=4,
    )
    decision = decide(graph, [], [], 36, defaults())
    problem = decision.statement.problem
    fixed = {each.id: each.annual_cost for each in problem.tools}
    totals = [
        sum(cost for _, cost in chosen) + sum(fixed[t] for t in {t for t, _ in chosen})
        for chosen in itertools.product(*(each.options for each in problem.workloads))
    ]
    assert decision.answer.objective == pytest.approx(min(totals))
    assert decision.answer.status == "optimal"
    assert len(totals) > 20


def test_the_next_best_plans_are_really_the_next_best() -> None:
    """Compared with the best assignment for every set of tools."""
    decision = decide(three(), [], [], 36, defaults())
    problem = decision.statement.problem
    names = [each.id for each in problem.tools]
    costs = {}
    for size in range(1, 4):
        for kept in itertools.combinations(names, size):
            best = [min((c for t, c in w.options if t in kept), default=None) for w in problem.workloads]
            if None not in best:
                costs[frozenset(kept)] = sum(best) + sum(each.annual_cost for each in problem.tools if each.id in kept)
    ranked = sorted(costs.values())
    found = others(decision, 4, 60.0)
    assert [row["more"] for _, row in found] == pytest.approx([each - ranked[0] for each in ranked[1:5]], abs=0.01)
    assert len({kept for kept, _ in found}) == 4
    assert [row["rank"] for _, row in found] == [2, 3, 4, 5]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999, 1.0])
def test_a_budget_is_kept_to(share: float) -> None:
    """Never more is spent once; what does not fit is left; the plan within it is proven."""
    full = plan_graph(three(count=6))["summary"]["one_time_cost"]
    plan = plan_graph(three(count=6), budget=full * share)
    assert plan["summary"]["one_time_cost"] <= full * share + 0.01
    assert plan["summary"]["status"] == "optimal"
    assert share < 1 or len(gone(plan)) == 2
    assert share or not gone(plan)
    check_totals(plan, three(count=6))


def test_a_contract_that_runs_on_delays_the_saving() -> None:
    """A licence paid until its renewal saves nothing before; the same cost without a contract saves sooner."""

    def graph(renewal: str | None) -> Graph:
        return three(
            Tool(A, annual_cost=90_000.0, cost_source="licence", renewal=renewal), costs={B: 3_000.0, C: 60_000.0}
        )

    free, bound = plan_graph(graph(None)), plan_graph(graph("2027-12-31"))
    assert gone(free)[A] == gone(bound)[A] == B
    wave = next(each for each in bound["waves"] if A in each["tools_gone"])
    assert wave["saving_from_month"][A] == 19
    assert free["summary"]["npv"] > bound["summary"]["npv"]
    assert sum(bound["cash_flow"][:19]) < sum(free["cash_flow"][:19])
    long = plan_graph(graph("2031-12-31"))
    assert gone(long).get(A) is None
    assert "contract" in json.dumps(next(each for each in long["dispositions"] if each["tool"] == A))


def test_seats_limit_who_can_take_over() -> None:
    """Forty users do not fit into ten seats; the next cheapest takes them."""
    tools = [
        Tool(A, annual_cost=90_000.0, users=40),
        Tool(B, annual_cost=30_000.0, users=5, seats=10),
        Tool(C, annual_cost=31_000.0, users=5, seats=60),
    ]
    graph = estate(seen(*(asset(f"{t}/{n}", t) for t in (A, B, C) for n in range(2)), *tools))
    assert gone(plan_graph(graph))[A] == C


def clouds(same: bool) -> Graph:
    """A tracker that trains on S3, and two that could take it over: in AWS, or in Azure."""
    other = "sagemaker:1" if same else "azureml:sub"
    kind = "sagemaker.model" if same else "azureml.model"
    items = [asset(f"mlflow://a/model/{n}", "mlflow:a", "mlflow.model") for n in range(4)]
    items += [asset(f"{other}/{n}", other, kind) for n in range(4)] + [asset("arn:aws:s3:::lake", "s3:1", "s3.bucket")]
    links = [reads(each.id, "arn:aws:s3:::lake") for each in items[:4]]
    return estate(seen(*items, *links, Tool("mlflow:a", annual_cost=60_000.0), Tool(other, annual_cost=50_000.0)))


def test_a_bridge_is_paid_for_where_a_dependency_would_cross_clouds() -> None:
    """And only there, once for each of the four dependencies."""
    near, far = plan_graph(clouds(True)), plan_graph(clouds(False))
    assert gone(near)["mlflow:a"] == "sagemaker:1"
    assert gone(far)["mlflow:a"] == "azureml:sub"
    told = [each["says"] for each in far["money"]]
    assert any("4 dependencies would cross clouds" in each for each in told)
    assert not any("cross clouds" in each["says"] for each in near["money"])
    assert far["summary"]["one_time_cost"] - near["summary"]["one_time_cost"] == pytest.approx(4 * 4 * 600)


def test_what_is_long_unused_and_linked_to_nothing_is_archived() -> None:
    """It costs no effort and is no move."""
    old = asset(f"{A}/old", A, last_used="2024-01-01T00:00:00Z")
    plan = plan_graph(three(old))
    assert f"{A}/old" not in {each["asset"] for each in plan["moves"]}
    assert any("1 unused ones are archived" in each["says"] for each in plan["money"] if each["tool"] == A)
    linked = plan_graph(three(old, reads(f"{A}/old", "s3://somewhere")))
    assert f"{A}/old" in {each["asset"] for each in linked["moves"]}


@pytest.mark.parametrize("graph", [three, company, lambda: clouds(False)], ids=["three", "company", "clouds"])
def test_an_assumption_changes_only_what_says_it_rests_on_it(graph) -> None:
    """Each entry made much smaller and much larger: tools whose fate changes named it in their reasons."""
    graph, base = graph(), defaults()
    plan = plan_graph(graph, samples=0, alternatives=0)
    before = what(plan)
    named = {row["tool"]: {name for one in row["because"] for name in one["assumes"]} for row in plan["dispositions"]}
    changes = 0
    for name in (
        "annual_cost",
        "day_rate",
        "decommission_days",
        "bridge_days",
        "users",
        "training_days",
        "same_product",
        "dual_running_months",
        "link_effort",
        "part_effort",
        "usual_parts",
        "proven",
        "people",
        "days_per_month",
        "follows.run",
        "follows.usage",
        "effort_days.workflow",
        *(f"features.{each}" for each in base.features),
    ):
        table, _, key = name.partition(".")
        value = getattr(base, table)[key] if key else getattr(base, table)
        most = 1.0 if name == "proven" or table == "follows" else 100.0 * value if table != "features" else ()
        for other in (() if table == "features" else 0.0, most):
            changed = replace(base, **{table: {**getattr(base, table), key: other} if key else other})
            for tool, fate in what(plan_graph(graph, assume=changed, samples=0, alternatives=0)).items():
                # A tool that only receives, or no longer does, changes its name for what others do.
                if fate[1] != before[tool][1] or (fate[0] == "retire") != (before[tool][0] == "retire"):
                    changes += 1
                    partners = {tool, fate[1], before[tool][1]}
                    assert any(name in named.get(each, ()) for each in partners if each), (name, tool)
    assert changes


def test_the_figures_on_uncertainty_hold_together() -> None:
    """Percentiles in order and around the plan's own; no range, no spread; shares are shares; the seed decides."""
    plan = plan_graph(three(), samples=100)
    found = plan["uncertainty"]
    assert found["npv"]["p10"] < found["npv"]["p50"] < found["npv"]["p90"]
    assert found["npv"]["p10"] < plan["summary"]["npv"] < found["npv"]["p90"] * 1.5
    assert all(0 <= each <= 1 for each in found["stability"].values())
    widths = [abs(each["npv_high"] - each["npv_low"]) for each in found["tornado"]]
    assert widths == sorted(widths, reverse=True)
    sure = plan_graph(
        three(), samples=20, assume=replace(defaults(), range=dict.fromkeys(defaults().range, (1.0, 1.0)))
    )
    certain = sure["uncertainty"]
    assert set(certain["npv"].values()) == {sure["summary"]["npv"]}
    assert set(certain["payback_months"].values()) == {sure["summary"]["payback_months"]}
    assert set(certain["stability"].values()) == {1.0}
    assert certain["least_regret"]["is_the_plan"]
    assert certain["least_regret"]["worst_regret_of_the_plan"] == 0


def test_the_tornado_is_what_planning_with_the_assumption_says() -> None:
    """The worth at an end of a range is that of the same moves under the changed assumption."""
    plan = plan_graph(three())
    row = next(each for each in plan["uncertainty"]["tornado"] if each["name"] == "day_rate")
    dear = plan_graph(three(), assume=replace(defaults(), day_rate=600 * row["high"]), samples=0)
    assert gone(dear) == gone(plan)
    assert row["npv_high"] == pytest.approx(dear["summary"]["npv"], abs=0.05)


def test_a_decision_on_the_edge_is_told_to_be_unstable() -> None:
    """A tool that barely pays to go does not in many draws; one that pays well does in all."""
    edge = next(
        cost
        for cost in range(1000, 40_000, 250)
        if len(gone(plan_graph(three(costs={A: 90_000.0, B: 500.0, C: float(cost)}), samples=0, alternatives=0))) == 2
    )
    plan = plan_graph(three(costs={A: 90_000.0, B: 500.0, C: float(edge)}), samples=100)
    stable = plan["uncertainty"]["stability"]
    assert stable[C] < 0.95
    assert stable[A] == 1.0


def test_each_amount_has_a_source_and_names_what_it_assumes() -> None:
    """Only what is assumed rests on assumptions, and every one of those is listed with its value."""
    plan = plan_graph(company())
    listed = {each["name"]: each["value"] for each in plan["assumptions"]}
    for row in plan["money"]:
        assert row["source"] in {"measured", "billed", "licence", "assets", "told", "catalog", "assumed"}
        assert (row["source"] == "assumed") <= bool(row["assumes"])
        assert all(listed[name] == defaults().value(name) for name in row["assumes"])


def test_a_users_file_is_laid_over_the_built_in_one(tmp_path: Path) -> None:
    """What it gives is told, no longer assumed; what it leaves out stays."""
    file = tmp_path / "a.toml"
    file.write_text('day_rate = 1000\n[effort_days]\nmodel = 9\n[rules]\nkeep = ["n8n:one"]\n')
    found = load(file)
    assert (found.day_rate, found.effort_days["model"], found.effort_days["dag"]) == (
        1000,
        9,
        defaults().effort_days["dag"],
    )
    assert found.rules.keep == ("n8n:one",)
    plan = plan_graph(three(), assume=found, samples=0)
    assert A not in gone(plan)
    assert {each["name"]: each["source"] for each in plan["assumptions"]}["day_rate"] == "told"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("day_rat = 5", 'did you mean "day_rate"'),
        ("day_rate = -5", "not negative"),
        ("day_rate = nan", "not negative"),
        ('day_rate = "5"', "not negative"),
        ("people = 0", "more than nought"),
        ("proven = 30", "is a share"),
        ("discount = 8", "is a share"),
        ("day_rate = 1e308", "more than 1e+12"),
        ("[range]\nday_rate = [0, 1e308]", "more than 1e+12"),
        ("months_per_wave = 0.5", "whole months"),
        ("months_per_wave = 1000", "at most 120"),
        ("[follows]\nrun = 60", "is a share"),
        ("[follows]\nruns = 0.5", 'did you mean "run"'),
        ("[range]\nday_rate = [2, 3]", "factor 1, does not lie"),
        ("[range]\nday_rate = 3", "no pair"),
        ("[rules]\nkep = []", 'did you mean "keep"'),
        ("[rules]\nkeep = [3]", "no list of texts"),
        ("effort_days = 3", "no table"),
        ("[periods]\npeople = 3", "periods.people is no list"),
        ("[periods]\npeople = [1, 0]", "ends with nobody"),
        ("[periods]\nbudget = [1, -1]", "periods.budget[1] is -1"),
        ("[periods]\nbudgets = []", 'did you mean "budget"'),
        ("periods = 3", "no table"),
        ("day_rate 5", "no TOML"),
    ],
)
def test_a_wrong_entry_of_assumptions_names_itself(tmp_path: Path, text: str, says: str) -> None:
    """With the file."""
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=str(file.name)) as told:
        load(file)
    assert says in str(told.value)


def test_every_tool_has_a_quadrant_with_its_numbers() -> None:
    """Scores are means of known parts; what is not known says so."""
    plan = plan_graph(company())
    for row in plan["dispositions"]:
        time = row["time"]
        assert time["quadrant"] in {"tolerate", "invest", "migrate", "eliminate"}
        for of in ("technical", "functional"):
            known = [each["score"] for each in time["parts"] if each["of"] == of and each["score"] is not None]
            assert time[of] == (pytest.approx(sum(known) / len(known), abs=0.01) if known else None)
    assert {each["treatment"] for each in plan["moves"]} <= {"rehost", "replatform", "refactor", "repurchase"}


def test_what_its_vendor_no_longer_supports_speaks_against_a_tool() -> None:
    """Functions on a runtime that ended, beside one that is supported and one nobody knows."""
    runtimes = ["python3.8", "nodejs18.x", "python3.13", "cobol"]
    items = [asset(f"arn:{each}", "lambda:1", "lambda.function", facts={"runtime": each}) for each in runtimes]
    plan = plan_graph(estate(seen(*items)), samples=0)
    parts = {each["name"]: each for each in plan["dispositions"][0]["time"]["parts"]}
    assert parts["end of life"]["score"] == pytest.approx(1 / 3, abs=0.01)
    assert "python3.8 until 2024-10-14" in parts["end of life"]["says"]
    assert {each["name"]: each for each in plan_graph(three())["dispositions"][0]["time"]["parts"]}["end of life"][
        "score"
    ] is None


def test_what_is_made_of_more_takes_longer() -> None:
    """By a share for each part beyond the usual; within bounds either way; as usual where nobody counts."""
    counts = {"usual": 8, "small": 3, "large": 28, "huge": 5000, "unknown": None}
    more = [asset(f"{A}/{key}", A, facts={"nodes": n} if n is not None else {}) for key, n in counts.items()]
    plan = plan_graph(three(*more, count=6), samples=0)
    days = {each["name"].rpartition("/")[2]: each for each in plan["moves"] if each["from"] == A}
    base = days["unknown"]["effort_days"]
    assert [days[key]["effort_days"] / base for key in ("usual", "small", "large", "huge")] == pytest.approx(
        [1, 0.85, 1.6, 3], abs=0.01
    )
    assert "of 28 parts" in days["large"]["because"][0]["says"]
    assert "part_effort" in days["large"]["because"][0]["assumes"]
    assert "part_effort" not in days["unknown"]["because"][0]["assumes"]


def test_nowhere_is_no_tool_of_the_plan() -> None:
    """The place of retired empty tools does not show."""
    empty = estate(seen(asset("b"), Tool("homegrown:x", annual_cost=5.0)))
    assert NOWHERE not in json.dumps(plan_graph(empty, retire=["homegrown:x"]))
