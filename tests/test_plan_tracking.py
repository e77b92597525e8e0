"""Tracking: what a later scan shows of a plan; and `why` of a move and a disposition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from siloscope.errors import ConfigError
from siloscope.export.plans import write_plan, write_progress
from siloscope.graph.view import Graph
from siloscope.model import Asset, Status, Tool
from siloscope.planning.consolidation import plan_graph
from siloscope.planning.tracking import read_plan, track
from siloscope.planning.why import explain_plan
from tests.estates import asset, estate, seen

OLD, NEW = "n8n:old", "n8n:new"
LATER = "2026-09-01T00:00:00Z"


def made(*items: Any, status: Status = Status.COMPLETE, at: str = "2026-06-01T00:00:00Z") -> Graph:
    return estate(seen(*items, status=status), at=at)


def work(n: int, tool: str) -> Asset:
    return asset(f"{tool}/{n}", tool, name=f"job {n}")


def plan() -> dict[str, Any]:
    tools = [Tool(OLD, annual_cost=90_000.0), Tool(NEW, annual_cost=10_000.0)]
    return plan_graph(made(*(work(n, OLD) for n in range(3)), *(work(n, NEW) for n in (7, 8, 9)), *tools), samples=0)


@pytest.fixture(name="plan")
def _plan() -> dict[str, Any]:
    found = plan()
    assert [each["to"] for each in found["moves"]] == [NEW] * 3
    return found


def test_nothing_done_is_nothing_realised(plan: dict[str, Any]) -> None:
    """The same estate again: all open, running, nothing saved."""
    again = made(*(work(n, OLD) for n in range(3)), *(work(n, NEW) for n in (7, 8, 9)), Tool(OLD, annual_cost=90_000.0))
    s = track(plan, again)["summary"]
    assert (s["moved"], s["dark"], s["realised"], s["new_in_tools_that_go"]) == (0, 0, 0, 0)
    assert s["promised"] == pytest.approx(90_000 * 0.4)


def test_everything_done_realises_what_was_promised(plan: dict[str, Any]) -> None:
    """Gone from the old tool, in the new one by name: done, dark, saved."""
    after = made(*(work(n, NEW) for n in (0, 1, 2, 7, 8, 9)), at=LATER)
    found = track(plan, after)
    assert {each["state"] for each in found["moves"]} == {"done"}
    assert [each["state"] for each in found["tools"]] == ["dark"]
    assert found["summary"]["realised"] == found["summary"]["promised"] > 0


def test_half_done_and_drift_are_told_apart(plan: dict[str, Any]) -> None:
    """One moved, one vanished, one elsewhere; something new in the tool that should go; its bill fell by a third."""
    elsewhere = asset("make/1", "make:x", "make.workflow", name="job 1")
    new = asset("n8n:old/new", OLD, name="new")
    items = [work(0, NEW), *(work(n, NEW) for n in (7, 8, 9)), elsewhere, Tool(OLD, annual_cost=60_000.0)]
    after = estate(seen(*items), seen(new, source="s2", first=LATER), at=LATER)
    found = track(plan, after)
    assert [each["state"] for each in found["moves"]] == ["done", "elsewhere", "gone"]
    assert found["tools"][0]["state"] == "running"
    assert [each["asset"] for each in found["drift"]] == ["n8n:old/new"]
    assert found["summary"]["realised"] == pytest.approx(30_000 / 90_000 * found["summary"]["promised"], abs=0.01)


def test_a_tool_nobody_could_look_at_is_not_dark(plan: dict[str, Any]) -> None:
    """A denied slice of its source: unknown, nothing realised, and the slice is named."""
    after = made(work(7, NEW), status=Status.DENIED, at=LATER)
    (tool,) = track(plan, after)["tools"]
    assert tool["state"] == "unknown"
    assert tool["realised"] == 0
    assert tool["unread"] == ["s things x"]


def test_progress_is_written_for_programs_and_people(plan: dict[str, Any], tmp_path: Path) -> None:
    """And a plan can be read back from its folder."""
    graph = made(*(work(n, OLD) for n in range(3)), *(work(n, NEW) for n in (7, 8, 9)))
    write_plan(plan, graph, tmp_path)
    progress = track(read_plan(tmp_path / "plan.json"), graph)
    names = [each.name for each in write_progress(progress, tmp_path)]
    assert names == ["progress.json", "progress.md"]
    assert json.loads((tmp_path / "progress.json").read_text()) == json.loads(json.dumps(progress))
    assert "0 of 3 moves are done" in (tmp_path / "progress.md").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": "siloscope/plan/1"}',
        '{"schema": "siloscope/plan/1", "moves": [3], "dispositions": [], "money": []}',
        '{"schema": "siloscope/plan/1", "assignments": []}',
        "[" * 50_000,
    ],
)
def test_a_file_that_is_no_plan_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    """Never a traceback."""
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(ConfigError, match=r"plan\.json"):
        read_plan(tmp_path / "plan.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scan", [1]),
        ("scan", {"at": 5}),
        ("money", [{"tool": OLD, "kind": "saving", "amount": "x"}]),
        ("money", [{"tool": OLD, "kind": "saving", "amount": None}]),
        ("dispositions", [{"tool": [OLD], "disposition": "retire"}]),
        ("dispositions", [{"tool": OLD, "disposition": "retire", "sources": 5}]),
        ("moves", [{"asset": [1], "from": OLD, "to": NEW, "wave": 1}]),
        ("moves", [{"asset": "a", "from": OLD, "to": NEW, "wave": None}]),
    ],
)
def test_a_plan_with_rows_of_the_wrong_kind_names_them(
    plan: dict[str, Any], tmp_path: Path, key: str, value: object
) -> None:
    """As somebody may have edited them; the plan as it was written is read."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    assert read_plan(file) == json.loads(json.dumps(plan))
    file.write_text(json.dumps({**plan, key: value}))
    with pytest.raises(ConfigError, match=f"{key} is"):
        read_plan(file)


def test_an_amount_beyond_numbers_is_no_amount(plan: dict[str, Any], tmp_path: Path) -> None:
    """JSON may spell what no float holds."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan).replace('"amount": ', '"amount": 1e999, "was": ', 1))
    with pytest.raises(ConfigError, match="money is"):
        read_plan(file)


def test_why_answers_for_a_disposition_with_its_numbers(plan: dict[str, Any]) -> None:
    """Every reason with its weight, every assumption with its value, and what keeping it would cost."""
    answer = explain_plan(plan, OLD)
    assert answer["title"] == f"migrate {OLD} to {NEW}"
    text = json.dumps(answer["sections"])
    assert "day_rate = 600 (assumed)" in text
    assert any(each.startswith("+") for each in answer["sections"]["because (money over the horizon)"])
    assert "to keep it costs" in answer["sections"]["otherwise"][0]
    assert explain_plan(plan, NEW)["title"] == f"keep {NEW}"
    assert explain_plan(plan, "old") == answer


def test_why_answers_for_a_move(plan: dict[str, Any]) -> None:
    """By id, by name, with the effort, the wave and why its tool goes."""
    by_id, by_name = explain_plan(plan, "n8n:old/1"), explain_plan(plan, "job 1")
    assert by_id == by_name
    assert any("days for a workflow" in each for each in by_id["sections"]["effort in days"])
    assert any("are saved" in each for each in by_id["sections"][f"why {OLD} goes (money over the horizon)"])
    assert "effort_days.workflow = 3 (assumed)" in by_id["sections"]["assumed"]


@pytest.mark.parametrize(
    ("subject", "says"), [("n8n:odl", 'did you mean "n8n:old"'), ("n8n:old/", "may mean 3 things")]
)
def test_why_of_nothing_or_of_several_says_so(plan: dict[str, Any], subject: str, says: str) -> None:
    """Naming what is near, or what is meant."""
    with pytest.raises(ConfigError, match=says):
        explain_plan(plan, subject)
