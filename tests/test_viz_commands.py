"""`siloscope map` and `siloscope serve` as a user runs them: what they write, what they answer, what they refuse."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from siloscope.viz.printing import BROWSERS
from tests.commands import Shell, lay, workflow
from tests.test_viz_page import data_of


@pytest.fixture
def scanned(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A scanned folder of exports."""
    shell = Shell(lay(tmp_path), capsys, monkeypatch)
    assert shell("scan").code == 0
    return shell


def test_a_map_since_a_scan_marks_what_is_new_and_what_is_gone(scanned: Shell) -> None:
    """One workflow came, one went; both are on the map, and what stayed is not marked."""
    exports = scanned.folder / "exports/flows"
    (exports / "3.json").write_text(json.dumps(workflow("w3", "Came", "https://x.example")), "utf-8")
    (exports / "2.json").unlink()
    assert scanned("scan").code == 0
    assert scanned("scan", "--confirm-retire").code == 0
    assert scanned("map", "--since", "-1", "-o", "since.html").code == 0
    page = data_of((scanned.folder / "since.html").read_text("utf-8"))
    change = page["assets"]["change"]
    marks = change if isinstance(change, list) else [v for v, n in zip(*[iter(change["runs"])] * 2, strict=True) for _ in range(n)]  # fmt: skip

    assert page["since"]
    assert "changes" in page["lenses"]
    assert sorted(marks) == [0, 0, 1, 2]


@pytest.mark.skipif(not any(shutil.which(name) for name in BROWSERS), reason="no Chromium or Chrome on the PATH")
def test_a_map_that_ends_in_png_is_a_picture(scanned: Shell) -> None:
    """Of 1600 by 1000 units, two pixels each."""
    assert scanned("map", "-o", "pictures/map.png").code == 0
    data = (scanned.folder / "pictures/map.png").read_bytes()

    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(data[at : at + 4]) for at in (16, 20)] == [3200, 2000]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-o", "map.pdf"), "map.pdf: a map is written as .html, .svg or .png"),
        (("-o", "map.svg", "--since", "-1"), "a picture shows the overview only"),
        (("-o", "map.html", "--since", "1999-01-01"), "no scan up to 1999-01-01"),
        (("-o", "map.html", "--style", "network", "--since", "-1"), "shows neither a plan nor changes"),
    ],
)
def test_what_a_map_cannot_be_is_refused_in_one_line(scanned: Shell, arguments: tuple[str, ...], says: str) -> None:
    """Exit 2, the reason, and no file that looks like a map."""
    done = scanned("map", *arguments)

    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert says in done.err
    assert not (scanned.folder / arguments[1]).exists()


EMPTY = {"schema": "siloscope/plan/1", "dispositions": [], "moves": [], "money": []}
PLANS = {
    "nothing": "",
    "not JSON": "<html>",
    "a list": "[1]",
    "another document": json.dumps({"schema": "siloscope/graph/1"}),
    "no dispositions": json.dumps({"schema": "siloscope/plan/1"}),
    "rows of something else": json.dumps({**EMPTY, "dispositions": [{"x": 1}]}),
    "a number for a list": json.dumps({**EMPTY, "moves": 5}),
    "a wave in words": json.dumps({**EMPTY, "moves": [{"asset": "a", "from": "b", "to": "c", "wave": "first"}]}),
    "no number": json.dumps({**EMPTY, "summary": {"npv": float("nan")}}),
}


@pytest.mark.parametrize("command", ["map", "serve"])
@pytest.mark.parametrize("plan", PLANS)
def test_a_file_that_is_no_plan_is_named_in_one_line(scanned: Shell, plan: str, command: str) -> None:
    """Exit 2 and the name of the file; never an internal fault, never a server without the plan asked for."""
    (scanned.folder / "p.json").write_text(PLANS[plan], "utf-8")
    done = scanned(command, "--plan", "p.json")

    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert done.err.startswith("siloscope: p.json: ")


def test_serve_prints_an_address_that_answers_until_it_is_ended(scanned: Shell) -> None:
    """The page is that of the last scan, also when that came after the start; Ctrl-C ends it without a complaint."""
    with subprocess.Popen(
        [sys.executable, "-m", "siloscope", "serve", "--title", "Served"],
        cwd=scanned.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        address = process.stdout.readline().strip()
        before = served(address)
        new = scanned.folder / "exports/flows/3.json"
        new.write_text(json.dumps(workflow("w3", "Came", "https://x.example")), "utf-8")
        assert scanned("scan").code == 0
        after = served(address)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(60) == 0

    assert before["title"] == "Served"
    assert [sum(page["tools"]["assets"]) for page in (before, after)] == [3, 4]
    assert "Traceback" not in said


def served(address: str) -> dict[str, list[int]]:
    """The data of the page that is served there."""
    with urlopen(address, timeout=60) as answer:
        return data_of(gzip.decompress(answer.read()).decode())
