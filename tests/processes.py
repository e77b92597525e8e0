"""Processes that tests start to kill them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def waiting(code: str, url: str, password: str) -> subprocess.Popen[str]:
    """A Python process that runs `code` on the store at `url` (`argv[1]`) and has said that it is ready.

    `code` prints `ready` and then reads its standard input, which never comes.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", code, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "NEO4J_PASSWORD": password, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process
