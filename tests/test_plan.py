"""The plan: what goes where, in which wave, for what money; every total recomputed apart from the code."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from siloscope.errors import ConfigError, PlanError
from siloscope.export.plan_html import page
from siloscope.export.plans import markdown
from siloscope.graph.view import Graph
from siloscope.model import Reference, Tool, Verb
from siloscope.planning.assumptions import Assumptions, Periods, defaults
from siloscope.planning.consolidation import plan_graph
from tests.estates import asset, calls, company, estate, reads, seen, trains

ONE_DAY = replace(defaults(), people=1.0, days_per_month=1 / 3)
A, B, C = "n8n:one", "n8n:three", "n8n:two"


def three(*more: Any, costs: dict[str, float] | None = None, count: int = 2) -> Graph:
    """Three servers of one product with two workflows each; the first is the dearest."""
    costs = costs if costs is not None else {A: 90_000.0, B: 30_000.0, C: 60_000.0}
    items = [asset(f"{tool}/{n}", tool) for tool in (A, B, C) for n in range(count)]
    return estate(
        seen(*items, *(Tool(key, annual_cost=cost, cost_source="billed") for key, cost in costs.items()), *more)
    )


def what(plan: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {each["tool"]: (each["disposition"], each["target"]) for each in plan["dispositions"]}


def check_totals(plan: dict[str, Any], graph: Graph, assume: Assumptions | None = None, horizon: int = 36) -> None:
    """Recompute the summary from the rows of the plan and the tools' costs alone."""
    assume = assume or defaults()
    cost = {
        each.id: assume.annual_cost if each.annual_cost is None else max(0, each.annual_cost) for each in graph.tools
    }
    gone = {each["tool"]: each for each in plan["dispositions"] if each["disposition"] in ("migrate", "retire")}
    held = {each.id: sum(a.tool == each.id for a in graph.assets) for each in graph.tools}
    # Every tool of these graphs is an n8n, whose licence counts runs, or of no known product.
    follows = {key: assume.follows["run" if key.startswith("n8n:") else "other"] * value for key, value in cost.items()}
    if all(each.split(":")[0] in ("n8n", "homegrown") for each in cost):
        stays = sum(follows[each] for each in gone if held[each])
        once = sum(each["effort_days"] for each in plan["moves"]) * assume.day_rate
        once += sum(cost[each] for each in gone if held[each]) * assume.dual_running_months / 12
        once += len(gone) * assume.decommission_days * assume.day_rate + temporary(plan, graph, assume)
        assert plan["summary"]["one_time_cost"] == pytest.approx(once, abs=0.02)
        after = sum(cost[each] for each in cost if each not in gone) + stays
        assert plan["summary"]["annual_cost_after"] == pytest.approx(after, abs=0.02)
    s = plan["summary"]
    total = {
        kind: math.fsum(r["amount"] for r in plan["money"] if r["kind"] == kind)
        for kind in ("once", "saving", "yearly")
    }
    assert s["annual_cost_now"] == pytest.approx(sum(cost.values()), abs=0.005)
    assert s["annual_cost_after"] == pytest.approx(sum(cost.values()) - total["saving"] + total["yearly"], abs=0.005)
    assert s["one_time_cost"] == pytest.approx(total["once"], abs=0.005)
    rate = (1 + assume.discount) ** (1 / 12)
    worth = sum(1 / 12 / rate**month for month in range(horizon))
    lasting = s["one_time_cost"] - temporary(plan, graph, assume)  # what is decided does not know the order
    assert s["objective"] == pytest.approx(s["annual_cost_after"] * worth + lasting, abs=0.05)
    assert s["free_bound"] <= s["bound"] + 0.01 <= s["objective"] + 0.02
    assert s["gap"] == pytest.approx(1 - s["bound"] / s["objective"] if s["objective"] else 0, abs=1e-6)
    last = {each: wave["number"] for wave in plan["waves"] for each in wave["tools_gone"]}
    assert last.keys() == gone.keys()
    flows = [0.0] * horizon
    for row in plan["money"]:
        start = (last[row["tool"]] - 1) * assume.months_per_wave
        due = (row["wave"] - 1) * assume.months_per_wave
        if row["kind"] == "once" and due < horizon:
            flows[due] -= row["amount"]
        for month in range(start + assume.months_per_wave, horizon) if row["kind"] != "once" else ():
            flows[month] += row["amount"] / 12 * (1 if row["kind"] == "saving" else -1)
    assert plan["cash_flow"] == pytest.approx(flows, abs=0.02)
    assert s["npv"] == pytest.approx(sum(each / rate**n for n, each in enumerate(flows)), abs=0.02)
    after_last = len(plan["waves"]) * assume.months_per_wave
    paid = next((n + 1 for n in range(horizon) if n >= after_last and sum(flows[: n + 1]) >= 0), None)
    assert s["payback_months"] == (0 if not total["once"] else paid)
    assert sum(each["moves"] for each in plan["waves"]) == len(plan["moves"])
    assert sum(each["effort_days"] for each in plan["waves"]) == pytest.approx(
        sum(m["effort_days"] for m in plan["moves"])
    )
    assert all(each["work_days"] <= each["days_available"] + 0.01 for each in plan["waves"])
    worked = sum(each["work_days"] for each in plan["waves"])
    assert worked == pytest.approx(sum(w["effort_days"] + w["other_days"] for w in plan["waves"]), abs=0.02)
    for each in plan["dispositions"]:
        if each["tool"] in gone:  # what the plan gains by it is what its sentences add up to
            mine = [r for r in plan["money"] if r["tool"] == each["tool"]]
            gain = sum(r["amount"] * {"once": -1, "saving": worth, "yearly": -worth}[r["kind"]] for r in mine)
            assert sum(one["weight"] for one in each["because"]) == pytest.approx(gain, abs=0.05)


def temporary(plan: dict[str, Any], graph: Graph, assume: Assumptions) -> float:
    """What bridges cost from what has moved to what it needs and has not: each to build, and by the month."""
    wave = {each["asset"]: each["wave"] for each in plan["moves"]}
    late = [
        wave[needed] - wave[needing]
        for needing, needed in {each.ends for each in graph.dependencies}
        if needing in wave and needed in wave and wave[needed] > wave[needing]
    ]
    assert plan["summary"]["temporary_bridges"] == len(late)
    months = sum(late) * assume.months_per_wave
    return len(late) * assume.bridge_days * assume.day_rate + months * assume.bridge_annual / 12


def chained() -> Graph:
    """The dear server's one flow calls a flow of the cheap server, which has many that take several waves."""
    items = [asset(f"{A}/0", A), *(asset(f"{B}/{n}", B) for n in range(12)), *(asset(f"{C}/{n}", C) for n in range(9))]
    tools = [Tool(A, annual_cost=200_000.0), Tool(B, annual_cost=9_000.0), Tool(C, annual_cost=30_000.0)]
    return estate(seen(*items, *tools, calls(f"{A}/0", f"{B}/0"), *(calls(f"{B}/0", f"{B}/{n}") for n in range(1, 12))))


@pytest.mark.parametrize("extra", [True, False], ids=["ortools", "alone"])
def test_a_temporary_bridge_is_built_where_waiting_costs_more(extra: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is paid, told in its wave, and left out where it is too dear or no money is left for it."""
    if not extra:
        monkeypatch.setattr("siloscope.planning.timetable.find_spec", lambda _: None)
    assume = replace(defaults(), people=0.15, bridge_days=1.0)  # nine days a wave
    asked = {"retire": [A, B], "samples": 20, "alternatives": 0}
    plan = plan_graph(chained(), assume=assume, **asked)
    check_totals(plan, chained(), assume)
    wave = next(each for each in plan["waves"] if A in each["tools_gone"])
    assert wave["number"] == 1
    assert wave["temporary_bridges"] == [f"1 from what left {A} to what leaves {B} in wave {_wave_of(plan, f'{B}/0')}"]
    built = [each for each in plan["money"] if "temporary bridges" in each["says"]]
    assert [(each["tool"], each["wave"], each["amount"]) for each in built] == [(A, 1, 600.0)]
    assert plan["uncertainty"]["npv"]["p10"] < plan["summary"]["npv"]
    dear = replace(assume, bridge_days=6.0, day_rate=1e6)
    budget = plan["summary"]["one_time_cost"] - 300  # enough to build it, not to run it
    for other in (
        plan_graph(chained(), assume=dear, **asked),
        plan_graph(chained(), assume=assume, budget=budget, **asked),
    ):
        assert other["summary"]["temporary_bridges"] == 0
        assert _wave_of(other, f"{A}/0") >= _wave_of(other, f"{B}/0") > 1
    assert other["summary"]["one_time_cost"] <= budget
    check_totals(other, chained(), assume)


def _wave_of(plan: dict[str, Any], name: str) -> int:
    return next(each["wave"] for each in plan["moves"] if each["asset"] == name)


def test_the_cheapest_of_equal_tools_takes_the_others() -> None:
    """Every asset of a tool that goes moves, once, to its target."""
    graph = three()
    plan = plan_graph(graph)
    assert what(plan) == {A: ("migrate", B), B: ("keep", None), C: ("migrate", B)}
    assert sorted((each["asset"], each["from"], each["to"]) for each in plan["moves"]) == [(f"{tool}/{n}", tool, B) for tool in (A, C) for n in (0, 1)]  # fmt: skip
    check_totals(plan, graph)


def test_what_must_be_kept_or_retired_is() -> None:
    """Against the price, with the reason; the rest follows."""
    graph = three()
    kept = plan_graph(graph, keep=[A])
    assert what(kept)[A] == ("keep", None)
    assert "you asked for it" in [
        each["says"] for row in kept["dispositions"] if row["tool"] == A for each in row["because"]
    ]
    gone = plan_graph(graph, retire=[B])
    assert what(gone)[B] == ("migrate", C)
    assert what(gone)[C] == ("keep", None)
    every = plan_graph(graph, keep=[A, B, C])
    assert set(what(every).values()) == {("keep", None)}
    for plan in (kept, gone, every):
        check_totals(plan, graph)


def test_a_contradiction_names_the_tool() -> None:
    """Nothing can be kept and retired."""
    with pytest.raises(PlanError, match=C):
        plan_graph(three(), keep=[A, C], retire=[C])


def test_an_unknown_tool_names_the_nearest() -> None:
    """A typing error must not be planned around."""
    with pytest.raises(ConfigError, match='did you mean "n8n:one"'):
        plan_graph(three(), keep=["n8n:on"])


def test_a_tool_with_nowhere_to_go_is_named() -> None:
    """Also when every tool of its kind is to be retired; one without assets may simply go."""
    with pytest.raises(PlanError, match=r"n8n:one is to be retired\n.*three is to be retired\n.*two is to be retired"):
        plan_graph(three(), retire=[A, B, C])
    with pytest.raises(PlanError, match="homegrown:x, needed for what it does, has nowhere to go"):
        plan_graph(estate(seen(asset("a", "homegrown:x"), asset("b"))), retire=["homegrown:x"])
    empty = estate(seen(asset("b"), Tool("homegrown:x", annual_cost=5.0)))
    plan = plan_graph(empty, retire=["homegrown:x"])
    assert what(plan)["homegrown:x"] == ("retire", None)
    check_totals(plan, empty)


def test_moving_must_pay_within_the_horizon() -> None:
    """Cheap tools full of work are tolerated, and said why."""
    graph = three(costs={A: 500.0, B: 100.0, C: 400.0}, count=9)
    plan = plan_graph(graph)
    assert plan["moves"] == []
    assert {each for each, _ in what(plan).values()} <= {"keep", "tolerate"}
    check_totals(plan, graph)
    short = plan_graph(three(), horizon_months=1)
    assert short["moves"] == []
    check_totals(short, three(), horizon=1)


def test_one_tool_and_no_tool_are_planned() -> None:
    """Nothing to decide is a plan too."""
    one = plan_graph(estate(seen(asset("a"))))
    assert what(one) == {A: ("keep", None)}
    assert one["waves"] == one["moves"] == []
    none = plan_graph(estate())
    assert none["dispositions"] == []
    assert none["summary"]["annual_cost_now"] == none["summary"]["npv"] == 0
    assert none["summary"]["payback_months"] == 0


def test_a_tool_without_assets_goes_in_the_first_wave() -> None:
    """It has nothing to move, and saves from then on."""
    graph = estate(seen(asset("a", B), Tool(A, annual_cost=50_000.0), Tool(B, annual_cost=10_000.0)))
    plan = plan_graph(graph)
    assert what(plan)[A] == ("migrate", B)
    (wave,) = plan["waves"]
    assert (wave["moves"], wave["annual_saving"], wave["tools_gone"]) == (0, 50_000.0, [A])
    check_totals(plan, graph)


def test_what_others_need_moves_before_them() -> None:
    """With waves of one day no two groups share a wave; a circle moves together."""
    links = [
        calls(f"{A}/0", f"{A}/1"),  # 0 needs 1
        trains(f"{A}/2", f"{A}/0"),  # 0 needs 2
        calls(f"{A}/3", f"{A}/4"),
        reads(f"{A}/4", f"{A}/3"),  # a circle
        calls(f"{A}/4", f"{A}/0"),
        Reference(f"{A}/5", Verb.CONTAINS, f"{A}/1"),  # structure needs nothing
    ]
    graph = three(*links, count=6)
    plan = plan_graph(graph, retire=[A], assume=ONE_DAY)
    wave = {each["asset"]: each["wave"] for each in plan["moves"]}
    for edge in graph.dependencies:
        first, then = (edge.target, edge.source) if edge.verb.depends > 0 else (edge.source, edge.target)
        if first in wave and then in wave:
            assert wave[first] <= wave[then]
    assert wave[f"{A}/3"] == wave[f"{A}/4"] > wave[f"{A}/0"] > max(wave[f"{A}/1"], wave[f"{A}/2"])
    assert [each["number"] for each in plan["waves"]] == list(range(1, len(plan["waves"]) + 1))
    assert all(each["start_month"] == (each["number"] - 1) * 3 for each in plan["waves"])
    check_totals(plan, graph, ONE_DAY)


def test_a_wave_holds_no_more_than_the_team_can_do() -> None:
    """Unless one group alone is larger."""
    plan = plan_graph(three(count=90), retire=[A, C])
    assert len(plan["waves"]) > 1
    assert all(each["effort_days"] <= each["days_available"] == defaults().days_of(1) for each in plan["waves"])
    assert all(0 <= each["risk"] <= 1 for each in plan["waves"])


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -5000.0])
def test_a_cost_that_makes_no_sense_is_said_and_does_not_spread(cost: float) -> None:
    """NaN and infinity are unknown, a credit counts as nothing; every figure stays finite."""
    graph = three(costs={A: cost, B: 30_000.0, C: 60_000.0})
    plan = plan_graph(graph)
    json.dumps(plan, allow_nan=False)
    check_totals(plan, graph)
    told = json.dumps([each for each in plan["dispositions"] if each["tool"] == A])
    assert ("counted as nothing" in told) if cost < 0 and math.isfinite(cost) else ("assumed" in told)


def test_what_was_assumed_is_listed_with_how_often() -> None:
    """A plan whose figures nobody gave must say so."""
    plan = plan_graph(three(costs={A: 1.0}))
    assumed = {each["name"]: each for each in plan["assumptions"]}
    assert assumed["annual_cost"]["used_for"].startswith("2 tools")


def test_accounts_of_one_cloud_are_not_merged() -> None:
    """Two accounts are no two products; merging them is no tool consolidation."""
    graph = estate(seen(asset("a", "glue:1", "glue.job"), asset("b", "glue:2", "glue.job")))
    assert plan_graph(graph)["moves"] == []


def test_the_same_graph_gives_the_same_plan() -> None:
    """Byte for byte, also from observations in another order; the company's totals add up."""
    plan = plan_graph(company())
    assert json.dumps(plan) == json.dumps(plan_graph(company(reverse=True)))
    check_totals(plan, company())


@pytest.mark.parametrize(("people", "less"), [(2.0, False), (0.2, True), (0.05, True)])
def test_no_more_is_taken_on_than_pays_in_the_time(people: float, less: bool) -> None:
    """With few people the plan does less, and is worth no less than doing all, nothing, or one alone, as scheduled."""
    names = [f"n8n:t{n}" for n in range(5)]
    items = [asset(f"{tool}/{n}", tool) for k, tool in enumerate(names) for n in range(10 + 4 * k)]
    costs = [21_000.0, 60_000.0, 24_000.0, 45_000.0, 90_000.0]
    graph = estate(seen(*items, *(Tool(t, annual_cost=c) for t, c in zip(names, costs, strict=True))))
    assume = replace(defaults(), people=people)
    quick: dict[str, Any] = {"assume": assume, "samples": 0, "alternatives": 0}
    plan = plan_graph(graph, **quick)
    check_totals(plan, graph, assume)
    others = [plan_graph(graph, keep=set(names) - {each}, retire=[each], **quick) for each in names]
    others += [plan_graph(graph, keep=["n8n:t2"], retire=set(names) - {"n8n:t2"}, **quick)]
    assert plan["summary"]["npv"] >= max(0.0, *(each["summary"]["npv"] for each in others)) - 0.01
    most = plan["summary"]["most_days"]
    assert (most is not None) == less
    if most:
        assert sum(each["work_days"] for each in plan["waves"]) <= most + 0.05
        told = [one["says"] for each in plan["dispositions"] for one in each["because"]]
        assert any("no money or time is left for" in each for each in told)
        assert f"of at most {most:g} days of work" in markdown(plan, graph)
        assert "Had people time without end, no plan could be more than" in page(plan, graph)


def with_periods(**periods: list[float]) -> Assumptions:
    return replace(ONE_DAY, days_per_month=10 / 3, periods=Periods(**periods))


def test_people_may_come_and_go_from_wave_to_wave() -> None:
    """Nobody in the first wave, half of one in the second, two from then on: each holds what these can do."""
    assume = with_periods(people=[0, 0.5, 2])
    plan = plan_graph(three(count=4), retire=[A, C], assume=assume)
    waves = plan["waves"]
    assert [each["days_available"] for each in waves][:3] == [0, 5, 20]
    assert (waves[0]["moves"], waves[0]["tools_gone"]) == (0, [])
    assert sum(each["moves"] for each in waves) == len(plan["moves"]) == 8
    check_totals(plan, three(count=4), assume)


def test_no_wave_spends_more_than_its_budget() -> None:
    """What is paid once for a tool is due in the wave in which it goes: with money for one a wave they go one by one."""
    graph = three()
    free = plan_graph(graph, retire=[A, C], assume=with_periods())
    paid = {row["tool"]: 0.0 for row in free["money"]}
    for row in free["money"]:
        paid[row["tool"]] += row["amount"] if row["kind"] == "once" else 0
    most = max(paid.values())
    plan = plan_graph(graph, retire=[A, C], assume=with_periods(budget=[0, most + 1]))
    assert [each["tools_gone"] for each in plan["waves"] if each["tools_gone"]] == [[A], [C]]
    assert plan["waves"][0]["tools_gone"] == []
    for each in plan["waves"]:
        spent = sum(r["amount"] for r in plan["money"] if r["kind"] == "once" and r["wave"] == each["number"])
        assert spent == pytest.approx(each["one_time_cost"], abs=0.01)
        assert each["one_time_cost"] <= each["budget"]
    assert plan["summary"]["one_time_cost"] == free["summary"]["one_time_cost"]
    assert plan["summary"]["npv"] < free["summary"]["npv"]


@pytest.mark.parametrize(
    ("budget", "gone"),
    [
        ([20_000, 0], [C]),  # each alone fits, but not both in the only wave with money
        ([26_579], [B, C]),  # what A takes is more than any wave has
        ([30_000, 10], [A]),
        ([30_000, 20_000, 0], [A, C]),
        ([10, 20], []),
    ],
)
def test_no_more_goes_than_the_waves_have_money_for(budget: list[float], gone: list[str]) -> None:
    """The choice itself keeps to it, and is the best of those that do, as trying each shows."""
    graph, assume = three(), with_periods(budget=budget)
    plan = plan_graph(graph, assume=assume)
    assert sorted(each["tool"] for each in plan["dispositions"] if each["disposition"] == "migrate") == gone
    assert plan["summary"]["status"] == "optimal"
    assert all(each["one_time_cost"] <= each["budget"] for each in plan["waves"])
    check_totals(plan, graph, assume)
    objectives = []
    for stay in (some for size in (1, 2, 3) for some in itertools.combinations((A, B, C), size)):
        other = plan_graph(graph, keep=stay, retire={A, B, C} - set(stay), assume=with_periods())
        if payable(once_by_tool(other), budget):
            objectives.append(other["summary"]["objective"])
    stays = next((each for each in plan["dispositions"] if each["tool"] == A and A not in gone), None)
    if stays:
        assert any("no money or time is left for" in each["says"] for each in stays["because"])


def once_by_tool(plan: dict[str, Any]) -> list[float]:
    once = [row for row in plan["money"] if row["kind"] == "once"]
    return [sum(r["amount"] for r in once if r["tool"] == tool) for tool in sorted({r["tool"] for r in once})]


def payable(amounts: list[float], budget: list[float]) -> bool:
    """Whether each amount fits into a wave of its own or beside others, by trying every wave for each."""
    waves = [*budget, *[budget[-1]] * len(amounts)]
    return any(
        all(sum(a for a, at in zip(amounts, chosen, strict=True) if at == n) <= waves[n] for n in set(chosen))
        for chosen in itertools.product(range(len(waves)), repeat=len(amounts))
    )


def test_a_tool_that_no_wave_can_pay_for_is_an_error_that_names_it() -> None:
    with pytest.raises(PlanError, match=rf"{A} is to be retired\n  waves may spend 10, 20, the last from"):
        plan_graph(three(), retire=[A], assume=with_periods(budget=[10, 20]))
    with pytest.raises(PlanError, match=r"n8n:one is to be retired\n  n8n:two is to be retired\n  waves may spend"):
        plan_graph(three(), retire=[A, C], assume=with_periods(budget=[30_000, 20]))
