"""`plan --problem`: every answer is checked by a way that shares nothing with the solver."""

from __future__ import annotations

import itertools
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siloscope.cli import main
from siloscope.errors import ConfigError, PlanError
from siloscope.planning.arcs import Served, arrays
from siloscope.planning.problem import parse, read
from siloscope.planning.solve import InfeasibleError, solve
from siloscope.planning.stated import plan_problem

Document = dict[str, Any]


def tool(name: str, cost: float = 1.0, capacity: float | None = None, must: str | None = None) -> Document:
    return {"id": name, "annual_cost": cost, "capacity": capacity, "must": must}


def work(name: str, demand: float, **costs: float) -> Document:
    return {"id": name, "demand": demand, "options": [{"tool": t, "cost": c} for t, c in costs.items()]}


def stated(tools: list[Document], workloads: list[Document], *, split: bool = False) -> Document:
    return {"schema": "siloscope/problem/1", "tools": tools, "workloads": workloads, "split": split}


def run(folder: Path, document: Any, *options: str) -> int:
    """The exit code of the command on a problem; its plan is in `folder`/out."""
    text = document if isinstance(document, str) else json.dumps(document)
    (folder / "p.json").write_text(text)
    with pytest.raises(SystemExit) as ended:
        main(["plan", "--problem", str(folder / "p.json"), "-o", str(folder / "out"), *options])
    return int(ended.value.code or 0)


def checked(document: Document, plan: Document, tolerance: float = 1e-9) -> float:
    """The cost of a plan's rows, after holding them to the problem's rules one by one."""
    tools = {each["id"]: each for each in document["tools"]}
    works = {each["id"]: each for each in document["workloads"]}
    kept = {each["tool"] for each in plan["dispositions"] if each["disposition"] == "keep"}
    assert {each["tool"] for each in plan["dispositions"]} == set(tools)
    share: dict[str, float] = dict.fromkeys(works, 0.0)
    load: dict[str, float] = dict.fromkeys(tools, 0.0)
    cost = math.fsum(tools[each]["annual_cost"] for each in kept)
    for row in plan["assignments"]:
        price = {each["tool"]: each["cost"] for each in works[row["workload"]]["options"]}
        assert row["tool"] in kept
        assert row["share"] > 0
        assert document["split"] or row["share"] == 1
        share[row["workload"]] += row["share"]
        load[row["tool"]] += row["share"] * works[row["workload"]]["demand"]
        cost += row["share"] * price[row["tool"]]
    for each in tools.values():
        assert each["must"] != "keep" or each["id"] in kept
        assert each["must"] != "retire" or each["id"] not in kept
        assert each["capacity"] is None or load[each["id"]] <= each["capacity"] * (1 + tolerance)
    assert all(each == pytest.approx(1, abs=tolerance) for each in share.values())
    s = plan["summary"]
    assert s["objective"] == pytest.approx(cost, rel=1e-9)
    assert s["bound"] <= s["objective"]
    assert s["gap"] == pytest.approx((s["objective"] - s["bound"]) / s["objective"] if s["objective"] else 0)
    assert (s["status"] == "optimal") == (s["objective"] - s["bound"] <= 1e-9 * (1 + s["objective"]))
    return cost


def cheapest(document: Document) -> float:
    """The least cost by trying everything: all assignments, or all sets of tools with a transport program each."""
    tools, works = document["tools"], document["workloads"]
    best = math.inf
    if not document["split"]:
        for chosen in itertools.product(*(each["options"] for each in works)):
            load = dict.fromkeys((each["id"] for each in tools), 0.0)
            for each, option in zip(works, chosen, strict=True):
                load[option["tool"]] += each["demand"]
            used = {option["tool"] for option in chosen}
            fits = all(
                (t["must"] != "retire" or t["id"] not in used)
                and (t["capacity"] is None or load[t["id"]] <= t["capacity"])
                for t in tools
            )
            fixed = sum(t["annual_cost"] for t in tools if t["id"] in used or t["must"] == "keep")
            best = min(best, fixed + sum(option["cost"] for option in chosen)) if fits else best
        return best
    for kept in itertools.product(*({"keep": [1], "retire": [0]}.get(t["must"], [0, 1]) for t in tools)):
        best = min(best, sum(t["annual_cost"] for t, k in zip(tools, kept, strict=True) if k) + shared(document, kept))
    return best


def shared(document: Document, kept: tuple[int, ...]) -> float:
    """The least cost of serving by some tools, workloads shared as need be; infinite when it cannot be done."""
    from scipy.optimize import linprog

    tools, works = document["tools"], document["workloads"]
    place = {each["id"]: n for n, each in enumerate(tools)}
    arcs = [
        (j, place[o["tool"]], o["cost"])
        for j, each in enumerate(works)
        for o in each["options"]
        if kept[place[o["tool"]]]
    ]
    if not works:
        return 0.0
    if not arcs:
        return math.inf
    serve = np.zeros((len(works), len(arcs)))
    load = np.zeros((len(tools), len(arcs)))
    for n, (j, t, _) in enumerate(arcs):
        serve[j, n], load[t, n] = 1, works[j]["demand"]
    limited = [n for n, each in enumerate(tools) if each["capacity"] is not None]
    result = linprog(
        [cost for *_, cost in arcs], A_eq=serve, b_eq=np.ones(len(works)), bounds=(0, 1),
        A_ub=load[limited] if limited else None, b_ub=[tools[n]["capacity"] for n in limited] if limited else None,
    )  # fmt: skip
    return float(result.fun) if result.status == 0 else math.inf


@st.composite
def small(draw: st.DrawFn, *, split: bool) -> Document:
    """A problem of a few tools and workloads, often tight, sometimes impossible."""
    random_ = random.Random(draw(st.integers(0, 2**32)))
    n, m = random_.randint(1, 5), random_.randint(0, 6)
    tools = [
        tool(
            f"t{i}",
            random_.choice([0, random_.randint(1, 60), random_.random() * 50]),
            random_.choice([None, random_.randint(0, 40), random_.randint(10, 40)]),
            random_.choice([None] * 8 + ["keep", "retire"]),
        )
        for i in range(n)
    ]
    works = [
        work(f"w{j}", random_.choice([0, random_.randint(1, 15), random_.random() * 12]), **{f"t{i}": random_.choice([random_.randint(0, 40), random_.random()]) for i in range(n) if random_.random() < 0.8})
        for j in range(m)
    ]  # fmt: skip
    return stated(tools, works, split=split)


@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
@settings(max_examples=120, deadline=None, derandomize=True)
@given(data=st.data())
def test_small_problems_are_solved_as_trying_everything_does(split: bool, data: st.DataObject) -> None:
    """Objective, proof and rows; impossible ones are told to be so, with words that name what they are about."""
    document = data.draw(small(split=split))
    best = cheapest(document)
    if best == math.inf:
        with pytest.raises(PlanError, match="contradict each other") as told:
            plan_problem(parse(document))
        assert any(each["id"] in str(told.value) for each in document["workloads"])
        return
    plan = plan_problem(parse(document))
    assert plan["summary"]["status"] == "optimal"
    assert checked(document, plan) == pytest.approx(best, rel=1e-7, abs=1e-7)


def generated(n: int, m: int, seed: int, *, tight: float = 0.0, split: bool = False) -> Document:
    """Tools and workloads in a plane, costs by distance; with `tight` all tools together hold that many times the demand."""
    draw = np.random.default_rng(seed)
    at, of = draw.random((n, 2)), draw.random((m, 2))
    cost = np.round(np.sqrt(((at[:, None] - of[None]) ** 2).sum(-1)) * 1000, 2)
    demand = draw.integers(1, 50, m)
    limit = np.floor(draw.uniform(0.5, 1.5, n) * demand.sum() * tight / n)
    tools = [tool(f"t{i}", float(draw.integers(1500, 4000)), float(limit[i]) if tight else None) for i in range(n)]
    works = [work(f"w{j}", float(demand[j]), **{f"t{i}": float(cost[i, j]) for i in range(n)}) for j in range(m)]
    return stated(tools, works, split=split)


def plain(document: Document) -> float:
    """The least cost by the textbook model, given to HiGHS as it is."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import lil_array

    tools, works = document["tools"], document["workloads"]
    n, m = len(tools), len(works)
    place = {each["id"]: i for i, each in enumerate(tools)}
    serve, limit = lil_array((m, n + n * m)), lil_array((n, n + n * m))
    cost = np.r_[[each["annual_cost"] for each in tools], np.zeros(n * m)]
    for j, each in enumerate(works):
        for option in each["options"]:
            i = place[option["tool"]]
            column = n + i * m + j
            cost[column], serve[j, column], limit[i, column] = option["cost"], 1, each["demand"]
    total = sum(each["demand"] for each in works)
    for i, each in enumerate(tools):
        limit[i, i] = -(total if each["capacity"] is None else each["capacity"])
    whole = np.r_[np.ones(n), np.full(n * m, 0 if document["split"] else 1)]
    rows = [LinearConstraint(serve.tocsr(), 1, 1), LinearConstraint(limit.tocsr(), -np.inf, 0)]
    result = milp(cost, integrality=whole, bounds=Bounds(0, 1), constraints=rows, options={"mip_rel_gap": 0})
    assert result.status == 0
    return float(result.fun)


@pytest.mark.parametrize(
    ("tight", "split"),
    [(0.0, False), (0.0, True), (3.0, True), (4.0, False)],
    ids=["free", "free-split", "split", "whole"],
)
def test_larger_problems_are_solved_as_a_plain_model_does(tight: float, split: bool) -> None:
    """Proven, and the same objective as HiGHS finds for the textbook model."""
    document = generated(10, 40, 7, tight=tight, split=split)
    plan = plan_problem(parse(document), 200)
    assert plan["summary"]["status"] == "optimal"
    assert checked(document, plan) == pytest.approx(plain(document), rel=1e-7)


def orlib(file: Path, *, capacity: bool) -> Document:
    """An OR-Library warehouse location instance as a problem; with its capacities, which do not bind, if wanted."""
    n, m, *rest = (float(each) for each in file.read_text().split())
    n, m = int(n), int(m)
    tools = [tool(f"t{i}", rest[2 * i + 1], rest[2 * i] if capacity else None) for i in range(n)]
    rows = [rest[2 * n + j * (n + 1) : 2 * n + (j + 1) * (n + 1)] for j in range(m)]
    works = [work(f"w{j}", row[0], **{f"t{i}": c for i, c in enumerate(row[1:])}) for j, row in enumerate(rows)]
    return stated(tools, works, split=capacity)


@pytest.mark.corpora
@pytest.mark.parametrize("capacity", [False, True], ids=["free", "capacities"])
def test_published_instances_are_solved_to_their_published_optimum(
    corpora: Path, tmp_path: Path, capacity: bool
) -> None:
    """Through the command; feasibility checked row by row, objective and bound at the library's value."""
    files = sorted((corpora / "orlib").glob("cap*.txt"))
    if not files:
        pytest.skip("no OR-Library instances")
    for file in files:
        document = orlib(file, capacity=capacity)
        assert run(tmp_path, document) == 0
        plan = json.loads((tmp_path / "out" / "plan.json").read_text())
        optimum = float(file.with_suffix(".txt.opt").read_text().split()[-1])
        assert checked(document, plan) == pytest.approx(optimum, abs=0.01)
        assert plan["summary"]["bound"] == pytest.approx(optimum, abs=0.01)
        assert plan["summary"]["status"] == "optimal"


def test_parts_that_share_nothing_are_solved_apart() -> None:
    """And add up, together with a tool that must be kept and serves nobody."""
    document = stated(
        [tool("a", 5), tool("b", 4), tool("c", 1), tool("idle", 7, must="keep"), tool("spare", 3)],
        [work("v", 1, a=1, b=1), work("w", 1, c=2)],
    )
    answer = solve(parse(document))
    assert (answer.objective, answer.status, answer.parts) == (4 + 1 + 1 + 2 + 7, "optimal", 2)
    assert answer.kept == {"b", "c", "idle"}


def test_the_same_problem_gives_the_same_bytes(tmp_path: Path) -> None:
    """Also when its rows come in another order of options."""
    document = generated(12, 60, 3)
    assert run(tmp_path, document) == 0
    first = (tmp_path / "out" / "plan.json").read_bytes()
    for each in document["workloads"]:
        each["options"].reverse()
    assert run(tmp_path, document) == 0
    assert (tmp_path / "out" / "plan.json").read_bytes() == first


def talkative(seed: int) -> Document:
    """Capacities, one of them next to nothing, and workloads that need nothing: HiGHS prints a note over some of these."""
    draw = random.Random(seed)
    n, m = draw.randint(5, 15), draw.randint(20, 60)
    demands = [draw.random() * 10 + 0.01 for _ in range(m)]
    total = sum(demands)
    tools = [
        tool(
            f"t{i}",
            draw.random() * 300,
            draw.choice([None, total / n * draw.uniform(0.8, 3), total / n * draw.uniform(0.8, 3), 0.0])
            if draw.random() < 0.9
            else total * 1e-9,
        )
        for i in range(n)
    ]
    works = [
        work(
            f"w{j}",
            demands[j] if draw.random() < 0.9 else 0.0,
            **{each["id"]: draw.random() * 100 for each in tools if draw.random() < 0.5},
        )
        for j in range(m)
    ]
    return stated(tools, works, split=True)


def test_the_solver_prints_nothing_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    """Not past Python either: what C code writes would stand in a document that is piped on."""
    for seed in (1010, 1127, 1175):
        solve(parse(talkative(seed)), 3)
    import ctypes

    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr().out == ""


def test_a_share_that_is_no_number_is_a_fault() -> None:
    """It compares with nothing, and must not pass for served."""
    arcs = arrays(parse(A))
    assert Served(np.array([True, False]), np.array([0.0, 1.0])).faults(arcs) == ["a tool that is not kept serves"]
    assert "a workload is not served" in Served(np.array([True, True]), np.full(2, math.nan)).faults(arcs)


def test_when_time_runs_out_the_best_plan_and_bound_are_told() -> None:
    """Feasible, not claimed optimal, with a bound below."""
    document = generated(40, 400, 1, tight=5.0)
    plan = plan_problem(parse(document), 0.5)
    checked(document, plan)
    assert plan["summary"]["status"] in ("feasible", "optimal")
    assert 0 < plan["summary"]["bound"] <= plan["summary"]["objective"]


A = stated([tool("alpha", 5), tool("beta", 4)], [work("w", 1, alpha=1, beta=1)])


def changed(path: str, value: Any) -> str:
    """The problem `A` as text with one value replaced, or taken out (None as `...`)."""
    document = json.loads(json.dumps(A))
    place: Any = document
    *way, last = (int(each) if each.isdigit() else each for each in path.split("/"))
    for each in way:
        place = place[each]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (changed("tools/0/annual_cost", -1), "tool alpha: annual_cost is negative"),
        (changed("tools/0/annual_cost", ...), "tool alpha: annual_cost is missing"),
        (changed("tools/0/annual_cost", None), "tool alpha: annual_cost is missing"),
        (changed("tools/0/annual_cost", "7500 EUR"), "not a number"),
        (changed("tools/0/annual_cost", True), "not a number"),
        (changed("tools/0/annual_cost", math.nan), "not finite"),
        (changed("tools/0/annual_cost", 10**400), "not finite"),
        (changed("tools/0/capacity", -5), "tool alpha: capacity is negative"),
        (changed("tools/0/must", "stay"), "must is 'stay'"),
        (changed("tools/0/id", "beta"), "tool beta stands twice"),
        (changed("tools/0/id", 5), "not a text"),
        (changed("tools/0/id", ...), "id is missing"),
        (changed("tools/0/currency", "USD").replace('"id": "beta"', '"id": "beta", "currency": "EUR"'), "currencies are mixed"),
        (changed("tools", []), "nothing to keep"),
        (changed("tools", {}), "tools is no list"),
        (changed("tools/0", 3), r"tools[0] is no object"),
        (changed("workloads", ...), "workloads is missing"),
        (changed("workloads/0/options/0/cost", -3), "cost of alpha is negative"),
        (changed("workloads/0/options/0", {"tool": "alpha"}), "cost of alpha is missing"),
        (changed("workloads/0/options/0", {"cost": 1}), "names no tool"),
        (changed("workloads/0/options/0/tool", "alhpa"), 'did you mean "alpha"'),
        (changed("workloads/0/options/1/tool", "alpha"), "tool alpha stands twice in its options"),
        (changed("workloads/0/options", ...), "options is missing"),
        (changed("workloads/0/demand", math.inf), "demand is not finite"),
        (changed("tools/0/annual_cost", 1e308), "tool alpha costs 1e+308, more than the solver can tell from infinite"),
        (changed("workloads/0/options/1/cost", 1e300), "workload w at tool beta costs 1e+300"),
        (changed("workloads/0/demand", 1e20), "workload w demands 1e+20"),
        (changed("workloads", [A["workloads"][0], A["workloads"][0]]), "workload w stands twice"),
        (changed("split", "no"), "neither true nor false"),
        (changed("split", 1), "neither true nor false"),
        (changed("schema", "siloscope/graph/1"), "siloscope/problem/1"),
        ("[" * 100_000, "no problem file"),
        ("{", "line 1, column 2"),
        ("", "line 1, column 1"),
        ("[]", "the document is no object"),
        ('{"tool": 1, "cost": 2}', "schema is None"),
        ('{"schema": "siloscope/problem/1", "schema": "x"}', '"schema" stands twice'),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_an_error_that_names_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    """Exit 2, one line, no traceback, and no plan: not even an older one."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "plan.json").write_text("{}")
    assert run(tmp_path, text) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told
    assert "internal" not in told
    assert not (tmp_path / "out" / "plan.json").exists()


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--horizon", "²m", "as in 36m"),
        ("--horizon", "3ym", "as in 36m"),
        ("--horizon", "999999999m", "at most 100 years"),
        ("--budget", "nan", "not a number"),
        ("--people", "nan", "not a number"),
        ("--people", "inf", "not in the range"),
        ("--time-limit", "nan", "not a number"),
    ],
)
def test_an_option_that_is_no_amount_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, says: str
) -> None:
    """Before anything is read or planned, by the name of the option."""
    assert run(tmp_path, A, option, value) == 2
    told = capsys.readouterr().err
    assert says in told
    assert option in told


def test_a_file_that_is_not_utf8_is_said_to_be_so(tmp_path: Path) -> None:
    """With the byte."""
    (tmp_path / "p.json").write_bytes(b'{"schema": "\xff"}')
    with pytest.raises(ConfigError, match="not UTF-8 at byte 12"):
        read(tmp_path / "p.json")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--keep", "alpha", "--retire", "alpha"], "alpha is to be kept and to be retired"),
        (["--retire", "alhpa"], 'did you mean "alpha"'),
        (["--retire", "alpha", "--retire", "beta"], "workload w must be served, by one of alpha, beta"),
    ],
)
def test_rules_by_option_are_held_to_the_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    """Contradictions and unknown tools are errors, and so is a rule that leaves a workload nowhere."""
    assert run(tmp_path, A, *options) == 2
    assert says in capsys.readouterr().err


def test_a_rule_by_option_is_obeyed(tmp_path: Path) -> None:
    """Against the price."""
    assert run(tmp_path, A, "--keep", "alpha", "--retire", "beta") == 0
    plan = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert {each["tool"]: each["disposition"] for each in plan["dispositions"]} == {"alpha": "keep", "beta": "retire"}


@pytest.mark.parametrize(
    ("document", "rules"),
    [
        (stated([tool("a", must="retire")], [work("w", 1, a=1)]), ["workload w must be served", "tool a must be retired"]),
        (stated([tool("a")], [work("w", 1)]), ["workload w must be served: it has no option"]),
        (
            stated([tool("a", capacity=2), tool("b", capacity=3)], [work("u", 1, a=1), work("w", 9, a=1, b=1)]),
            ["workload w must be served", "tool a has a capacity of 2", "tool b has a capacity of 3"],
        ),
        (
            stated(
                [tool("a", capacity=5), tool("b", capacity=30), tool("c", must="retire")],
                [work("v", 4, a=1, c=1), work("w", 3, a=1), work("x", 9, b=1), work("y", 1, a=1, b=1)],
                split=True,
            ),
            ["workload v (4), w (3)", "together 7", "tool a has a capacity of 5", "tool c must be retired"],
        ),
        (
            stated([tool("a", capacity=5), tool("b", capacity=5), tool("c")], [work(f"w{n}", 3, a=1, b=1) for n in range(5)] + [work("free", 2, a=1, c=1)]),
            ["(3), w", "tool a has a capacity of 5", "tool b has a capacity of 5"],
        ),
        (
            stated([tool("a", capacity=5), tool("b", capacity=5)], [work(f"w{n}", 3, a=1, b=1) for n in range(3)]),
            ["together 9", "tool a has a capacity of 5", "tool b has a capacity of 5", "no workload may be shared"],
        ),
    ],
)  # fmt: skip
def test_an_impossible_problem_names_the_rules_that_conflict(document: Document, rules: list[str]) -> None:
    """And no other: what could be left out and still be impossible does not stand there."""
    with pytest.raises(InfeasibleError):
        solve(parse(document))
    with pytest.raises(PlanError) as told:
        plan_problem(parse(document))
    assert "the smallest set of rules" in str(told.value)
    for each in rules:
        assert each in str(told.value)
    for name in ("free", "x (9)", "u (1)", "y (1)", "tool c must" if "tool c must be retired" not in rules else "-"):
        assert name not in str(told.value)


def test_what_is_harmless_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to serve, demand left out where nothing is limited, words that mean nothing here."""
    assert run(tmp_path, {**stated([tool("a", 5, must="keep"), tool("b", 5)], []), "colour": "red"}) == 0
    told = capsys.readouterr()
    assert "no workloads" in told.err
    assert '"colour" means nothing here' in told.err
    assert "1 of 2 tools are kept" in told.out
    document = json.loads(changed("workloads/0/demand", ...))
    assert "without demand" in " ".join(parse(document).notes)
    document["tools"][0]["capacity"] = 5
    with pytest.raises(ConfigError, match="workload w: demand is missing"):
        parse(document)


def test_nothing_kept_that_could_serve_is_no_answer() -> None:
    """A search that closes the last tool of a workload learns that this cannot be, without a warning."""
    import warnings

    from siloscope.planning.arcs import arrays
    from siloscope.planning.capacity import rounded, transport

    arcs = arrays(parse(stated([tool("a", capacity=5)], [work("v", 3, a=1), work("w", 2.5, a=1)], split=True)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert transport(arcs, np.zeros(1, dtype=bool), 5) is None
        assert rounded(arcs, np.zeros(1, dtype=bool), 5) is None


@pytest.mark.parametrize("split", [True, False])
def test_demands_that_no_sum_can_tell_apart_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], split: bool
) -> None:
    """Where capacities add them up; without a capacity they are no trouble."""
    works = [work("w", 1e-9, a=1.0, b=2.0), work("v", 1e6, a=1.0, b=2.0)]
    assert run(tmp_path, stated([tool("a", capacity=2e6), tool("b", capacity=2e6)], works, split=split)) == 2
    assert "workload w demands 1e-09 beside 1e+06 of v: too far apart" in capsys.readouterr().err
    assert run(tmp_path, stated([tool("a"), tool("b")], works, split=split)) == 0


def test_a_tool_that_holds_next_to_nothing_serves_nothing(tmp_path: Path) -> None:
    """A share below the solver's own rounding is no share."""
    document = stated([tool("a", 0.0, 1e-10), tool("b", 5.0)], [work("w", 10.0, a=0.0, b=1.0)], split=True)
    assert run(tmp_path, document) == 0
    plan = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    assert [(each["tool"], each["share"]) for each in plan["assignments"]] == [("b", 1.0)]


@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data(), demands=st.integers(-900, 60), costs=st.integers(-900, 55))
def test_the_units_of_demand_and_money_change_nothing(
    split: bool, data: st.DataObject, demands: int, costs: int
) -> None:
    """The same problem in other units, powers of two so that no amount is rounded: the same answer, and no overflow."""
    import warnings

    document = data.draw(small(split=split))
    scaled = json.loads(json.dumps(document))
    for each in scaled["tools"]:
        each["annual_cost"] *= 2.0**costs
        each["capacity"] = None if each["capacity"] is None else each["capacity"] * 2.0**demands
    for each in scaled["workloads"]:
        each["demand"] *= 2.0**demands
        each["options"] = [{**one, "cost": one["cost"] * 2.0**costs} for one in each["options"]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = (outcome(each) for each in (document, scaled))
    if isinstance(one, str):
        assert isinstance(other, str)
        assert one.splitlines()[0] == other.splitlines()[0]
    else:
        assert other == pytest.approx([each * 2.0**costs for each in one], rel=1e-8)


def outcome(document: Document) -> str | list[float]:
    try:
        summary = plan_problem(parse(document))["summary"]
    except PlanError as error:
        return str(error)
    return [summary["objective"], summary["bound"], summary["annual_cost_now"]]
