"""Commands about the store itself: copy, prune, resuming; what they print, and how they refuse."""

import json
import shutil
from pathlib import Path

import pytest

from siloscope.api import scan
from tests.commands import Shell, lay, workflow

TIMES = ("2024-01-10T08:00:00Z", "2025-12-10T08:00:00Z", "2026-03-31T08:00:00Z")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder scanned three times over two years, with a workflow more each time."""
    folder = lay(tmp_path_factory.mktemp("estate"), copies=2)
    for number, at in enumerate(TIMES):
        flow = workflow(f"x{number}", f"New {number}", f"https://new{number}.example/x")
        (folder / "exports" / "flows" / f"x{number}.json").write_text(json.dumps(flow), "utf-8")
        scan(folder / "siloscope.toml", at=at)
    return folder


@pytest.fixture
def shell(scanned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(shutil.copytree(scanned, tmp_path / "estate"), capsys, monkeypatch)


def test_a_copy_answers_every_command_alike(shell: Shell) -> None:
    """From the configured store, or from one that is named; verdicts and history come along."""
    told = shell("findings", "--rule", "duplicate-asset", "--format", "json").json["findings"]
    found = next(each for each in told if "Send invoices" in each["title"])
    assert shell("findings", "reject", found["id"], "--reason", "two teams").code == 0
    copied = shell("copy", "copies/one.db")
    assert copied.code == 0
    assert "read back and found equal" in copied.out
    assert shell("copy", "copies/one.db", "copies/two.db").code == 0
    for command in (("export", "--format", "json"), ("findings", "--format", "json"), ("trend", "--format", "json"), ("diff", "-2", "--format", "json")):  # fmt: skip
        answers = {shell(*command, *place).out for place in ((), ("--store", "copies/one.db"), ("--store", "copies/two.db"))}  # fmt: skip
        assert len(answers) == 1
    assert "rejected: two teams" in shell("why", found["id"], "--store", "copies/two.db").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("copy", "siloscope.db", "siloscope.db"), "holds something already"),
        (("copy", "no.db", "new.db"), "no such store"),
        (("copy", "a", "b", "c"), "name one store"),
        (("copy",), "Missing argument"),
        (("prune", "--keep", "two years", "--yes"), "90d, 24m or 5y"),
        (("prune", "--keep", "0d", "--yes"), "90d, 24m or 5y"),
        (("prune", "--keep", "1d"), "say --yes to do so"),
        (("scan", "--resume"), "no interrupted scan"),
        (("scan", "--resume", "--record", "r"), "--resume goes on as the scan began"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_in_a_line(shell: Shell, arguments: tuple[str, ...], says: str) -> None:
    """With exit code 2, and the store as it was."""
    before = shell("export", "--format", "json").out
    answer = shell(*arguments)
    assert (answer.code, "Traceback" in answer.err) == (2, False)
    assert says in answer.err
    assert not (shell.folder / "new.db").exists()
    assert shell("export", "--format", "json").out == before
    assert len(shell("trend", "--format", "json").json["scans"]) == 3


def test_earlier_scans_are_forgotten_by_their_age(shell: Shell) -> None:
    """From the last scan back, by the calendar; the graph stays, and so does every scan that is kept."""
    before = shell("export", "--format", "json").out
    kept = shell("export", "--format", "json", "--at", "-1").out
    assert "nothing is older than 2023-03-31T08:00:00Z" in shell("prune", "--keep", "3y").err
    asked = shell("prune", "--keep", "24m")
    assert (asked.code, "1 scan, " in asked.err) == (2, True)
    assert shell("prune", "--keep", "24m", "--yes").out.startswith("1 scan, ")
    assert [each["at"] for each in shell("trend", "--format", "json").json["scans"]] == list(TIMES[1:])
    assert shell("export", "--format", "json").out == before
    assert shell("export", "--format", "json", "--at", "-1").out == kept
    asset = json.loads(before)["assets"][0]["id"]
    assert shell("history", asset, "--format", "json").json["changes"][0]["change"] == "known before"


def test_the_trend_tells_what_was_noted_with_each_scan(shell: Shell) -> None:
    """Counts, coverage, fragmentation and findings, without building any earlier graph."""
    rows = shell("trend", "--format", "json").json["scans"]
    assert [each["assets"] for each in rows] == [5, 6, 7]
    assert all(each["coverage"] == 1.0 and {"crossing_share", "effective_tools", "findings"} <= each.keys() for each in rows)  # fmt: skip
    assert [each["assets"] for each in shell("trend", "--last", "1", "--format", "json").json["scans"]] == [7]


def test_the_history_of_what_is_between_two(shell: Shell) -> None:
    """Each edge with its scans; nothing between two that never met."""
    edges = shell("export", "--format", "json").json["edges"]
    edge = next(each for each in edges if "new1.example" in each["target"])
    rows = shell("history", edge["source"], edge["target"], "--format", "json").json["changes"]
    assert [(each["change"], each["at"]) for each in rows] == [("first seen", TIMES[1])]
    assert shell("history", edge["source"], edge["source"]).out == ""
