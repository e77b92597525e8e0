"""The commands as processes: pipes that close, terminals without colour or UTF-8, and scans that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from siloscope.graph.store import open_store
from tests.commands import lay, workflow

COMMAND = [sys.executable, "-m", "siloscope"]


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, bytes, bytes]:
    with start(folder, *arguments, **environment) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    """A scanned folder whose export is far larger than a pipe holds."""
    folder = lay(tmp_path, copies=120)
    assert run(folder, "scan")[0] == 0
    return folder


@pytest.mark.parametrize("command", [("export", "--format", "json"), ("findings", "--min-score", "0", "--format", "csv")], ids=" ".join)  # fmt: skip
def test_a_reader_that_goes_away_is_no_failure(scanned: Path, command: tuple[str, ...]) -> None:
    """`| head -1`: exit code 0, not 1, which would read as a crossed gate; nothing on stderr."""
    with start(scanned, *command) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(60) == 0
    assert err == b""


def test_a_reader_that_was_never_there_is_no_failure(scanned: Path) -> None:
    """Output that fits into the buffer is written only at the end; that must not fail either."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run([*COMMAND, "sources"], cwd=scanned, stdout=write, stderr=subprocess.PIPE, check=False, timeout=60)  # fmt: skip
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_colour_where_none_is_wanted_and_none_in_a_pipe(scanned: Path) -> None:
    """NO_COLOR and a pipe give plain text; FORCE_COLOR does not get escape codes into a list either."""
    for environment in ({"NO_COLOR": "1"}, {}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        code, out, err = run(scanned, "findings", "--min-score", "0", **environment)
        assert code == 0
        assert b"\x1b[3" not in out + err


def test_a_terminal_without_utf8_shows_what_it_can(tmp_path: Path) -> None:
    """A name it cannot show does not end the command."""
    folder = lay(tmp_path)
    (folder / "exports/flows/u.json").write_text(
        json.dumps(workflow("u", "Zahlläufe 请求 🤖", "https://x.example")), "utf-8"
    )
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert run(folder, "scan", **environment)[0] == 0
    for command in (("why", "workflow/u"), ("findings", "--min-score", "0"), ("export", "--format", "json")):
        code, _, err = run(folder, *command, **environment)
        assert (code, err) == (0, b"")


def spooling(folder: Path, _: subprocess.Popen[bytes]) -> bool:
    return any((folder / ".siloscope").rglob("*.ndjson"))


def first_source_told(_: Path, process: subprocess.Popen[bytes]) -> bool:
    assert process.stdout
    return process.stdout.readline().startswith(b"flows:")


def writing(folder: Path, _: subprocess.Popen[bytes]) -> bool:
    wal = folder / "siloscope.db-wal"
    return wal.exists() and wal.stat().st_size > 100_000


def ended(_: Path, process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("moment", [spooling, first_source_told, writing, ended], ids=lambda each: each.__name__)
def test_a_killed_scan_leaves_each_source_whole(
    scanned: Path, moment: Callable[[Path, subprocess.Popen[bytes]], bool]
) -> None:
    """Whenever it is killed, a source is as it was before or as it is after, and the next scan goes on from there."""
    before = sources(scanned)
    assert {key: len(ids) for key, ids in before.items()} == {"flows": 2, "copies": 120}
    lay(scanned, copies=400)
    (scanned / "exports/flows/3.json").write_text(json.dumps(workflow("w3", "New", "https://x.example")), "utf-8")
    process = start(scanned, "scan")
    try:
        while process.poll() is None and not moment(scanned, process):
            time.sleep(0.001)
    finally:
        process.kill()
        process.communicate(timeout=60)
    left = sources(scanned)
    assert len(left["flows"]) in (2, 3)
    assert len(left["copies"]) in (120, 400)
    for key, ids in before.items():
        assert ids <= left[key]
    assert run(scanned, "scan")[0] == 0
    assert {key: len(ids) for key, ids in sources(scanned).items()} == {"flows": 3, "copies": 400}
    assert not spooling(scanned, process)


def sources(folder: Path) -> dict[str, set[str]]:
    """Asset ids by source, from a graph that hangs together."""
    store = open_store(str(folder / "siloscope.db"))
    try:
        graph = store.graph()
    finally:
        store.close()
    assert {end for edge in graph.edges for end in (edge.source, edge.target)} <= set(graph.number)
    assert {each.tool for each in graph.assets} <= set(graph.tool)
    found: dict[str, set[str]] = {}
    for each in graph.assets:
        found.setdefault(each.source, set()).add(each.id)
    return found
