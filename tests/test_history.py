"""History: what counts as a change, how a scan is named and what the commands say."""

import json
import shutil
from pathlib import Path

import pytest

from siloscope.api import scan
from siloscope.comparing import sparkline, story
from siloscope.errors import StoreError
from siloscope.graph.history import ScanRow, Version, chosen, figures, lasting
from siloscope.graph.view import Graph
from tests.commands import Shell, lay, workflow
from tests.estates import company


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder scanned three times: as it is, with a workflow more, and with a copy less and one renamed."""
    folder = lay(tmp_path_factory.mktemp("estate"), copies=2)
    exports, file = folder / "exports", folder / "siloscope.toml"
    scan(file, at="2026-01-10T08:00:00Z")
    (exports / "flows" / "3.json").write_text(json.dumps(workflow("w3", "New", "https://new.example/x")), "utf-8")
    scan(file, at="2026-02-10T08:00:00Z")
    (exports / "copies" / "1.json").unlink()
    renamed = workflow("w2", "<b>Renamed</b>", "https://crm.example/x")
    (exports / "flows" / "2.json").write_text(json.dumps(renamed), "utf-8")
    scan(file, at="2026-03-10T08:00:00Z")
    return folder


@pytest.fixture
def shell(scanned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A copy of that folder."""
    return Shell(shutil.copytree(scanned, tmp_path / "estate"), capsys, monkeypatch)


def changes(answer: object) -> set[tuple[str, str]]:
    return {(each["what"], each["change"]) for each in answer.json["changes"]}


def test_a_diff_without_arguments_is_of_the_last_two_scans(shell: Shell) -> None:
    """What went and what was renamed; the findings and the figures with it."""
    answer = shell("diff", "--format", "json")
    told = {(each["what"], each["change"], each["title"]) for each in answer.json["changes"]}
    assert {("assets", "changed", "<b>Renamed</b>"), ("assets", "removed", "Send invoices")} <= told
    assert {each["change"] for each in answer.json["changes"] if each["what"] == "findings"} <= {"appeared", "gone"}
    was, now = (answer.json[side]["figures"] for side in ("before", "after"))
    assert (was["assets"], now["assets"]) == (5, 4)
    assert answer.json["after"]["scan"]["at"] == "2026-03-10T08:00:00Z"
    assert "5 to 4" in shell("diff").out
    assert shell("diff", "--format", "json").out == shell("diff", "-1", "-0", "--format", "json").out


@pytest.mark.parametrize("first", ["20260110T080000Z", "2026-01-10", "2026-01", "2026-02-10T07:59", "-2", "old.json"])
def test_a_side_of_a_diff_is_a_scan_a_date_a_number_or_a_file(shell: Shell, first: str) -> None:
    """All of these are the first scan; the other side is the second."""
    shell("export", "--format", "json", "--at", "-2", "-o", "old.json")
    answer = shell("diff", first, "2026-02-28", "--format", "json")
    assert changes(answer) >= {("assets", "added"), ("edges", "added"), ("outside", "added")}
    assert {each["id"] for each in answer.json["changes"] if each["what"] == "assets"} == {
        each["id"] for each in answer.json["changes"] if each["title"] == "New"
    }


def test_findings_appear_and_go_by_what_lasts(shell: Shell) -> None:
    """The last copy goes and takes its duplicate finding along; seen the other way round, both appear."""
    (shell.folder / "exports" / "copies" / "0.json").unlink()
    assert shell("scan").code == 0, "suddenly empty, so held"
    assert shell("scan", "--confirm-retire", "*").code == 0
    for sides, change in ((("-1", "-0"), "gone"), (("-0", "-1"), "appeared")):
        rows = shell("diff", *sides, "--format", "json").json["changes"]
        told = [each for each in rows if each["what"] == "findings" and each["id"].startswith("duplicate-asset-")]
        assert [each["change"] for each in told] == [change]


def test_commands_show_the_graph_as_it_was(shell: Shell) -> None:
    """`--at` on export, findings and map; without it, the present."""
    names = {
        at: {each["name"] for each in shell("export", "--format", "json", "--at", at).json["assets"]}
        for at in ("2026-01-31", "-1", "-0")
    }
    assert names == {
        "2026-01-31": {"Send invoices", "Other"},
        "-1": {"Send invoices", "Other", "New"},
        "-0": {"Send invoices", "<b>Renamed</b>", "New"},
    }
    then, now = (
        next(
            each
            for each in shell("findings", "--rule", "duplicate-asset", *at, "--format", "json").json["findings"]
            if "Send invoices" in each["title"]
        )
        for at in (("--at", "-2"), ())
    )
    assert (len(then["subjects"]), len(now["subjects"])) == (3, 2)
    assert shell("map", "--at", "-2", "-o", "then.html").err.startswith("then.html: 4 assets")


@pytest.mark.parametrize("name", ["2025-12-31", "-3", "20260110T080001Z", "--all", "2026-13-01", "no.json", "a/b"])
def test_a_scan_that_is_not_there_is_an_error_that_names_it(shell: Shell, name: str) -> None:
    """In one line, with exit code 2."""
    answer = shell("diff", name)
    assert answer.code == 2
    assert name in answer.err
    assert answer.out == ""


def test_the_history_of_an_asset_is_told_field_by_field(shell: Shell) -> None:
    """By id or by its only name; what is gone is known by its id."""
    rows = shell("history", "<b>Renamed</b>", "--format", "json").json["changes"]
    assert [(each["change"], each["at"][:7]) for each in rows[:2]] == [
        ("first seen", "2026-01"),
        ("changed", "2026-03"),
    ]
    assert ("name", "Other", "<b>Renamed</b>") in {(each["field"], each["before"], each["after"]) for each in rows}
    old = shell("export", "--format", "json", "--at", "-2").json["assets"]
    (gone,) = {each["id"] for each in old} - {each["id"] for each in shell("export", "--format", "json").json["assets"]}
    rows = shell("history", gone, "--format", "json").json["changes"]
    assert [(each["change"], each["at"][:7]) for each in rows] == [("first seen", "2026-01"), ("gone", "2026-03")]
    assert shell("history", "Send invoices").code == 2
    assert "may mean 2 things" in shell("history", "Send invoices").err
    assert "nothing is or was called" in shell("history", "n8n:flow").err
    assert shell("history", "n8n:flows", "--format", "json").json["changes"][0]["change"] == "first seen"


def test_the_trend_has_a_row_a_scan(shell: Shell) -> None:
    """Counts as each scan left them; `--last` cuts the beginning."""
    rows = shell("trend", "--format", "json").json["scans"]
    assert [(each["assets"], each["tools"]) for each in rows] == [(4, 2), (5, 2), (4, 2)]
    assert {"resolution", "coverage", "crossing_share", "annual_cost"} <= rows[0].keys()
    assert rows[0]["sources"] == ["copies", "flows"]
    assert [each["at"][:7] for each in shell("trend", "--last", "1", "--format", "json").json["scans"]] == ["2026-03"]
    assert len(shell("trend").out.splitlines()) == 3


def test_a_plot_runs_from_the_lowest_to_the_highest() -> None:
    """A constant is a flat line, what is unknown is a gap, nothing is nothing."""
    assert sparkline([0, 7, None, 3.5]) in ("▁█ ▄", "▁█ ▅")
    assert len(set(sparkline([5, 5, 5]))) == 1
    assert sparkline([None]) == ""
    assert sparkline([]) == ""


def test_what_every_scan_moves_is_in_no_version() -> None:
    """Counts of use are left out, and facts that are then empty; everything else stays."""
    row = {"id": "a", "last_used": "x", "silo": "s", "facts": {"recent_runs": 3, "region": "eu"}, "owner": "ann"}
    assert lasting(row) == {"id": "a", "facts": {"region": "eu"}, "owner": "ann"}
    assert lasting({"id": "a", "facts": {"bytes": 1}}) == {"id": "a"}


def test_the_story_of_what_went_and_came_back() -> None:
    """Gone with the scan that no longer showed it, back with the one that did."""
    scans = [ScanRow(each, f"at {each}") for each in "abcd"]
    versions = [
        Version("asset", "x", {"id": "x", "owner": "ann"}, "a", "b"),
        Version("asset", "x", {"id": "x"}, "c", "d"),
    ]
    told = [(each["at"], each["change"], each["field"], each["before"]) for each in story(versions, scans)]
    assert told == [
        ("at a", "first seen", None, None),
        ("at b", "gone", None, None),
        ("at c", "back", None, None),
        ("at c", "changed", "owner", "ann"),
        ("at d", "gone", None, None),
    ]


def test_a_scan_is_chosen_by_what_comes_first() -> None:
    """An id before a number and a date; of several up to a date the last one committed."""
    scans = [
        ScanRow("-1", "2026-01-01T00:00:00Z"),
        ScanRow("b", "2026-01-01T00:00:00Z"),
        ScanRow("c", "2027-01-01T00:00:00Z"),
    ]
    assert chosen(scans, "-1").id == "-1"
    assert chosen(scans, "2026").id == "b"
    assert chosen(scans, "2027-06-01").id == "c"
    assert chosen(scans, "-0").id == "c"
    for text in ("", "-", "2026-02-30", "20260101", "1"):
        with pytest.raises(StoreError, match="no scan"):
            chosen(scans, text)


def test_figures_of_nothing_are_unknown_not_perfect() -> None:
    """No dependency has no resolution rate, no slice no coverage."""
    assert (figures(Graph())["resolution"], figures(Graph())["coverage"]) == (None, None)
    told = figures(company())
    assert told["assets"] == len(company().assets)
    assert 0 < told["resolution"] < 1
    assert told["annual_cost"] == 29_810.0
