"""Costs and returns: sums that keep, figures reckoned by hand, and nothing where nothing was said."""

from __future__ import annotations

from typing import Any

import pytest

from siloscope.analysis.accounts import told, waiting
from siloscope.analysis.overlap import overlapping_tools
from siloscope.analysis.schedules import per_year
from siloscope.analysis.value import case, negative_return, renewal_of_duplicate, returns, unmeasured_value
from siloscope.analysis.value_costs import Cost, by_capability, by_department, costs
from siloscope.graph.view import Graph
from siloscope.model import Description, Reference, Tool, Verb
from tests.estates import asset, estate, seen


def bot(name: str, **more: Any) -> Any:
    return asset(f"uipath://t/process/{name}", "uipath:t", "uipath.process", name=name, department=more.pop("department", "HR"), last_used="2026-05-30T00:00:00Z", **more)  # fmt: skip


def measured(**row: Any) -> dict[str, Any]:
    """The facts of one metric: ten more units a year at 100 each, unless said otherwise."""
    usual = {
        "metric": "units",
        "baseline": 0.0,
        "current": 10.0,
        "unit_value": 100.0,
        "from": "2025-06-01",
        "to": "2026-05-31",
    }
    return {f"value.1.{key}": value for key, value in {**usual, **row}.items() if value is not None}


def only(graph: Graph) -> Any:
    (found,) = returns(graph)
    return found


def test_what_is_billed_shared_and_estimated_adds_up_to_what_tools_cost() -> None:
    """1,000 for a tool of which one asset is billed 400: the rest is shared alike; an estimate stays one; an empty tool is left."""
    graph = estate(seen(
        Tool("uipath:t", annual_cost=1000.0, cost_source="billed"), Tool("n8n:one", annual_cost=90.0, cost_source="assumed"),
        Tool("config:x", annual_cost=50.0, cost_source="billed"),
        bot("a", annual_cost=400.0), bot("b", department="Risk"), asset("n8n://1", department="Risk"),
    ))  # fmt: skip
    found = costs(graph)
    assert found.asset["uipath://t/process/a"] == Cost(own=400.0, shared=300.0)
    assert found.asset["uipath://t/process/b"] == Cost(shared=300.0)
    assert found.asset["n8n://1"] == Cost(assumed=90.0)
    assert found.unallocated == {"config:x": Cost(shared=50.0)}
    assert by_department(graph, found) == {"HR": Cost(400.0, 300.0), "Risk": Cost(0.0, 300.0, 90.0), "unassigned": Cost(shared=50.0)}  # fmt: skip
    for sums in (by_department(graph, found), by_capability(graph, found)):
        assert sum(each.high for each in sums.values()) == pytest.approx(1140.0)
    assert found.total.high == 1140.0


def test_a_tool_that_is_the_sum_of_its_assets_shares_nothing_more() -> None:
    """Its cost is theirs; counted twice it would be double."""
    graph = estate(seen(bot("a", annual_cost=400.0), bot("b")))
    assert graph.tool["uipath:t"].cost_source == "assets"
    assert costs(graph).total == Cost(own=400.0)


def test_assets_billed_more_than_their_tool_take_nothing_away() -> None:
    """A bill of assets above the tool's own figure leaves no negative rest."""
    graph = estate(
        seen(Tool("uipath:t", annual_cost=100.0, cost_source="licence"), bot("a", annual_cost=400.0), bot("b"))
    )
    assert costs(graph).asset["uipath://t/process/b"] == Cost()


def test_currencies_are_told() -> None:
    """Two of them are two."""
    graph = estate(seen(Tool("uipath:t", annual_cost=1.0, facts={"cost.currency": "EUR"}), bot("a", facts={"cost.currency": "USD"})))  # fmt: skip
    assert costs(graph).currencies == ("EUR", "USD")


def test_the_figures_of_a_case_are_those_of_the_textbook() -> None:
    """Net 1,200 a year for 600 once: half a year to pay back; present value by the sum over months."""
    found = case(1500.0, 300.0, 600.0)
    assert (found.net, found.roi, found.payback) == (1200.0, 4.0, 6.0)
    assert found.npv == pytest.approx(sum(100 / 1.08 ** (month / 12) for month in range(1, 37)) - 600)
    assert case(0.0, 300.0, 0.0).payback is None
    assert case(300.0, 0.0, 0.0).roi is None


def test_a_benefit_is_change_times_unit_scaled_to_a_year() -> None:
    """Half a year counts twice; less of what costs is a gain; low and high are those of the list."""
    year = only(estate(seen(bot("a", annual_cost=100.0, facts=measured()))))
    assert year.base.benefit == pytest.approx(1000.0)
    half = only(estate(seen(bot("a", facts=measured(**{"from": "2026-01-01", "to": "2026-07-01"})))))
    assert half.base.benefit == pytest.approx(1000.0 * 365 / 182)
    less = only(
        estate(seen(bot("a", facts=measured(baseline=50.0, current=20.0, unit_value=-2.0, low=-1.0, high=-4.0))))
    )
    assert (less.low.benefit, less.base.benefit, less.high.benefit) == pytest.approx((30.0, 60.0, 120.0))
    running = only(estate(seen(bot("a", facts=measured(to=None)))))  # until the scan, 2026-06-01
    assert running.base.benefit == pytest.approx(1000.0)


def test_the_lowest_case_bears_all_costs_and_the_highest_only_its_own() -> None:
    """Costs that are shared or estimated are what is uncertain about them."""
    graph = estate(
        seen(Tool("uipath:t", annual_cost=700.0, cost_source="assumed"), bot("a", annual_cost=100.0, facts=measured()))
    )
    found = only(graph)
    assert (found.low.cost, found.base.cost, found.high.cost) == (700.0, 100.0, 100.0)
    assert found.low.net <= found.base.net <= found.high.net


def test_minutes_per_run_count_as_often_as_the_schedules_run() -> None:
    """Weekly, thirty minutes at 0.50: 52 times 15; a schedule that is off, or none at all, measures nothing."""

    def scheduled(**facts: Any) -> Graph:
        timer = asset("uipath://t/trigger/1", "uipath:t", "uipath.trigger", name="weekly", facts=facts)
        saved = measured(
            metric="Minutes per run", baseline=30.0, current=0.0, unit_value=-0.5, **{"from": None, "to": None}
        )
        return estate(
            seen(bot("a", facts=saved), timer, Reference("uipath://t/trigger/1", Verb.TRIGGERS, "uipath://t/process/a"))
        )

    assert only(scheduled(cron="0 0 8 ? * MON", enabled=True)).base.benefit == pytest.approx(15 * 365 / 7)
    assert only(scheduled(cron="0 0 8 ? * MON", enabled=False)).base is None
    assert only(scheduled()).base is None


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("0 7 * * MON-FRI", 365 / 7 * 5), ("0 0 6 1 * ?", 12), ("0 0 8 ? * MON", 365 / 7), ("cron(0 2 * * ? *)", 365),
        ("rate(5 minutes)", 105_120), ("rate(1 day)", 365), ("*/15 * * * *", 35_040), ("0 8-17 * * *", 3650), ("0 9,17 * * *", 730),
        ("0 0 0 L * ?", 12), ("0 22 * * SAT-SUN", 365 / 7 * 2), ("@daily", None), ("", None), ("0 0 * *", None), ("a b c d e", None),
        ("rate(0 minutes)", None), ("0 ² * * *", None), ("0 22-3/2 * * *", 1095), ("99/5 * * * *", None),
    ],
)  # fmt: skip
def test_runs_a_year_of_a_schedule(text: str, runs: float | None) -> None:
    """Cron of five fields, Quartz of six, and what clouds wrap around them; anything else says nothing."""
    assert per_year(text) == (None if runs is None else pytest.approx(runs))


def test_no_metric_is_lost_however_many_there_are() -> None:
    """Each of 120 returns 1,000 a year."""
    facts = {f"value.{n}.{key[8:]}": value for n in range(1, 121) for key, value in measured().items()}
    found = only(estate(seen(bot("a", facts=facts))))
    assert len(found.benefits) == 120
    assert found.base.benefit == pytest.approx(120_000.0)


def test_a_loss_is_found_with_what_makes_it() -> None:
    """It costs 5,000 and returns 1,000: 4,000 a year, the reckoning among the evidence; a gain is no finding."""
    (found,) = negative_return(estate(seen(bot("a", annual_cost=5000.0, facts=measured()))))
    says = " | ".join(each.says for each in found.because)
    assert found.annual_saving == pytest.approx(4000.0)
    assert found.score >= 0.5
    assert "costs 5,000 a year and returns 1,000" in says
    assert "units: 0 to 10, 100 a unit, measured over 365 days" in says
    assert list(negative_return(estate(seen(bot("a", annual_cost=500.0, facts=measured()))))) == []
    assert list(negative_return(estate(seen(bot("a", annual_cost=5000.0))))) == []


def test_without_a_benefit_there_is_no_return_but_a_question() -> None:
    """What costs and is in production is asked for; more surely where a list of benefits was read."""
    bare = estate(seen(bot("a", annual_cost=20_000.0)))
    assert only(bare).base is None
    (doubted,) = unmeasured_value(bare)
    (asked,) = unmeasured_value(
        estate(seen(bot("a", annual_cost=20_000.0)), seen(source="money", listing="focus.benefit"))
    )
    assert doubted.score < asked.score
    assert asked.score >= 0.5
    assert list(unmeasured_value(estate(seen(bot("a"))))) == []
    assert list(unmeasured_value(estate(seen(bot("a", annual_cost=20_000.0, facts=measured()))))) == []


def test_a_renewal_is_told_while_there_is_time_and_only_of_a_duplicated_tool() -> None:
    """Two workflow tools: the one whose contract renews within nine months is named with its rival and idle seats."""

    def renewing(day: str, *others: Any) -> Graph:
        mine = Tool("n8n:one", annual_cost=500.0, cost_source="licence", renewal=day, seats=10, users=4)
        return estate(seen(mine, asset("n8n://1"), *others))

    rival = asset("node-red://two/flow/1", "node-red:two", "nodered.flow")
    (found,) = renewal_of_duplicate(renewing("2026-08-01", rival))
    assert found.subjects == ("n8n:one", "node-red:two")
    assert any("6 of 10 seats" in each.says for each in found.because)
    for graph in (
        renewing("2027-08-01", rival),
        renewing("2026-01-01", rival),
        renewing("2026-08-01"),
        renewing("soon", rival),
    ):
        assert list(renewal_of_duplicate(graph)) == []


def test_whether_copies_are_looked_for_changes_no_set_of_tools_and_no_saving() -> None:
    """What a renewal and the report take from overlapping tools is the same without the costly comparison."""
    graph = estate(seen(
        Tool("n8n:one", annual_cost=900.0, cost_source="licence"), Tool("node-red:two", annual_cost=400.0, cost_source="licence"),
        *(asset(f"n8n://one/workflow/{n}", name=f"Invoice {n}", shape={"step:http": n + 1}) for n in range(3)),
        *(asset(f"node-red://two/flow/{n}", "node-red:two", "node-red.flow", name=f"Invoice {n}", shape={"step:http": n + 1}) for n in range(3)),
    ))  # fmt: skip
    compared, bare = list(overlapping_tools(graph)), list(overlapping_tools(graph, ()))
    assert [(each.subjects, each.annual_saving) for each in compared] == [
        (each.subjects, each.annual_saving) for each in bare
    ]
    assert any(each.annual_saving for each in bare)


def test_what_met_nothing_is_named() -> None:
    """A bill for a thing nobody inventoried, a benefit of a misspelt one; what was met is not among them."""
    graph = estate(seen(bot("a")))
    live = [Description("arn:gone", annual_cost=5.0), Description("typo", facts={"value.1.metric": "x"}), Description("uipath://t/process/a", annual_cost=1.0)]  # fmt: skip
    assert [(each["what"], each["about"]) for each in waiting(graph, live)] == [
        ("a benefit", "typo"),
        ("a cost", "arn:gone"),
    ]


@pytest.mark.parametrize("by", ["initiative", "department", "capability", "tool"])
def test_rows_are_told_dearest_first_and_add_up(by: str) -> None:
    """Whatever they are told by; initiatives hold only what belongs to them."""
    graph = estate(
        seen(Tool("uipath:t", annual_cost=1000.0, cost_source="billed"), bot("a", annual_cost=400.0), bot("b"))
    )
    rows = told(graph, costs(graph), by)
    assert [row["cost"] for row in rows] == sorted((row["cost"] for row in rows), reverse=True)
    assert sum(row["cost"] for row in rows) == pytest.approx(1000.0)
