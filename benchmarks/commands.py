"""How long people wait: `siloscope --help`, and the whole example company with `siloscope demo`.

Each is started five times as a process of its own; medians of wall clock and CPU, and the largest resident size.
The peer of `--help` is the interpreter doing nothing.

Run: python benchmarks/commands.py [RUNS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

PROGRAM = [sys.executable, "-m", "siloscope"]


class Cost(NamedTuple):
    """What a process took: seconds of wall clock and CPU, MiB at most."""

    wall: float
    cpu: float
    peak: float


def cost(command: list[str]) -> Cost:
    """Run a command to its end.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def middle(command: list[str], runs: int) -> Cost:
    """The median of each figure; of the memory, the most."""
    found = [cost(command) for _ in range(runs)]
    return Cost(median(each.wall for each in found), median(each.cpu for each in found), max(e.peak for e in found))


def show(name: str, found: Cost, seconds: float | None = None, peak: float | None = None) -> None:
    """One line, with its targets."""
    line = f"{name:20} {found.wall:7.2f} s wall {found.cpu:7.2f} s CPU {found.peak:6.0f} MiB"
    if seconds is not None:
        line += f"   target {seconds:g} s: {'met' if found.wall <= seconds else 'MISSED'}"
    if peak is not None:
        line += f", {peak:g} MiB: {'met' if found.peak <= peak else 'MISSED'}"
    print(line)


def main() -> None:
    """Run and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        base = middle([sys.executable, "-c", "pass"], runs)
        start = middle([*PROGRAM, "--help"], runs)
        demo = middle([*PROGRAM, "demo", str(Path(name) / "demo")], runs)
    print(f"medians of {runs} runs")
    show("python -c pass", base)
    show("siloscope --help", start, 0.4)
    show("siloscope demo", demo, 20, 400)
    print(f"--help beside python {start.wall / base.wall:6.1f} x wall, {start.cpu / base.cpu:.1f} x CPU")


if __name__ == "__main__":
    main()
