"""The optimiser beside the textbook formulation in the same solver, and beside greedy.

    python benchmarks/plan.py [--quick]

Instances are generated from a seed. Tools and workloads lie in a plane and serving costs by distance: continuous,
or in six levels of effort with 64 possible tools a workload. Each case runs in a process of its own, so that its
peak memory is its own. The textbook model has one row a tool (sum of its workloads <= m times the tool) and runs
in HiGHS for at most as long as a case may.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

# name: tools, workloads, possible tools a workload, levels, capacity as a multiple of demand, split, seconds
CASES: dict[str, tuple[int, int, int | None, bool, float, bool, float]] = {
    "100 x 1,000 continuous": (100, 1000, None, False, 0, False, 60),
    "200 x 2,000 continuous": (200, 2000, None, False, 0, False, 60),
    "500 x 10,000 six levels": (500, 10_000, 64, True, 0, False, 60),
    "100 x 1,000 capacities, split": (100, 1000, None, False, 6, True, 120),
    "100 x 1,000 capacities, whole": (100, 1000, None, False, 6, False, 120),
    "500 x 10,000 capacities, split": (500, 10_000, 64, True, 6, True, 240),
    "500 x 10,000 capacities, whole": (500, 10_000, 64, True, 6, False, 240),
}
QUICK = list(CASES)[:3]


def problem(n: int, m: int, near: int | None, levels: bool, tight: float, split: bool) -> dict[str, Any]:
    """A stated problem of that size."""
    draw = np.random.default_rng(0)
    tools, works = draw.random((n, 2)), draw.random((m, 2))
    distance = np.sqrt(((tools[:, None] - works[None]) ** 2).sum(-1))
    demand = draw.integers(1, 50, m)
    days = np.array([1, 2, 5, 10, 20, 40.0]) * 600
    cost = days[np.minimum(5, (distance * 20).astype(int))] if levels else distance * 1000 * draw.uniform(0.5, 1.5, m)
    fixed = draw.uniform(50_000, 200_000, n) if levels else draw.uniform(5000, 15_000, n) * np.sqrt(m / 1000)
    room = np.floor(draw.uniform(0.5, 1.5, n) * demand.sum() * tight / n)
    options = [range(n)] * m if near is None else np.sort(np.argsort(distance, axis=0)[:near].T, axis=1)
    return {
        "schema": "siloscope/problem/1",
        "tools": [
            {"id": f"t{i}", "annual_cost": float(fixed[i]), "capacity": float(room[i]) if tight else None, "must": None}
            for i in range(n)
        ],
        "workloads": [
            {
                "id": f"w{j}",
                "demand": float(demand[j]),
                "options": [{"tool": f"t{i}", "cost": round(float(cost[i, j]), 2)} for i in options[j]],
            }
            for j in range(m)
        ],
        "split": split,
    }


def textbook(document: dict[str, Any], seconds: float) -> tuple[float, str]:
    """CPU seconds and end of the model with one row a tool."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    from siloscope.planning.arcs import arrays
    from siloscope.planning.problem import parse

    arcs = arrays(parse(document))
    start = time.process_time()
    a, n, m = len(arcs.tool), arcs.n, arcs.m
    load = arcs.demand[arcs.work] if arcs.limited else np.ones(a)
    most = np.where(np.isfinite(arcs.capacity), arcs.capacity, arcs.demand.sum() if arcs.limited else m)
    serve = coo_array((np.ones(a), (arcs.work, n + np.arange(a))), shape=(m, n + a))
    limit = coo_array(
        (np.r_[load, -most], (np.r_[arcs.tool, np.arange(n)], np.r_[n + np.arange(a), np.arange(n)])), shape=(n, n + a)
    )
    whole = np.r_[np.ones(n), np.full(a, 1 if arcs.whole and arcs.limited else 0)]
    result = milp(
        np.r_[arcs.fixed, arcs.cost],
        integrality=whole,
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(serve.tocsc(), 1, 1), LinearConstraint(limit.tocsc(), -np.inf, 0)],
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    ended = "optimal" if result.status == 0 else "no plan" if result.x is None else f"gap {result.mip_gap:.1%}"
    return time.process_time() - start, ended


def greedy_ratio(document: dict[str, Any], objective: float) -> float | None:
    """Cost of greedy by that of the answer, where capacities do not bind."""
    from siloscope.planning.arcs import arrays, whole
    from siloscope.planning.greedy import greedy
    from siloscope.planning.problem import parse

    arcs = arrays(parse(document))
    if arcs.limited:
        return None
    kept = greedy(arcs)
    return whole(arcs, kept, arcs.best(kept)).total(arcs) / objective


def run(name: str) -> None:
    """One case in this process: the command's own work, from the file to the answer."""
    from siloscope.planning.problem import read
    from siloscope.planning.stated import plan_problem

    *shape, seconds = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "p.json"
        file.write_text(json.dumps(problem(*shape)))
        start = time.process_time()
        summary = plan_problem(read(file), seconds)["summary"]
        used = time.process_time() - start
    print(json.dumps({**summary, "cpu": used}))


def peer(name: str) -> None:
    """The peers of one case."""
    *shape, seconds = CASES[name]
    document = problem(*shape)
    cpu, ended = textbook(document, min(seconds, 60))
    print(json.dumps({"cpu": cpu, "ended": ended, "greedy": greedy_ratio(document, float(sys.argv[3]))}))


def child(*arguments: str) -> tuple[dict[str, Any], int]:
    """What a process of this file answers, and the largest peak memory of any so far in MiB."""
    code = (
        f"import resource, runpy, sys; sys.argv = {[__file__, *arguments]!r}; "
        f"runpy.run_path({__file__!r}, run_name='__main__'); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.splitlines()
    return json.loads(out[0]), int(out[1]) // 1024


def main() -> None:
    """The table."""
    print("| instance | CPU s | peak | end | textbook in HiGHS | ratio | greedy |")
    print("|---|---|---|---|---|---|---|")
    for name in QUICK if "--quick" in sys.argv else CASES:
        found, peak = child("run", name)
        beside, _ = child("peer", name, str(found["objective"]))
        end = "optimal" if found["status"] == "optimal" else f"gap {found['gap']:.2%}"
        more = "" if beside["greedy"] is None else f"{beside['greedy'] - 1:.1%} dearer"
        peer_ = f"{beside['cpu']:.1f} s, {beside['ended']}"
        ratio = f"{beside['cpu'] / found['cpu']:.1f}"
        print(
            f"| {name} | {found['cpu']:.1f} | {peak} MiB | {end} | {peer_} | {ratio} | {more} |",
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] in ("run", "peer"):
        {"run": run, "peer": peer}[sys.argv[1]](sys.argv[2])
    else:
        print("single runs, CPU seconds; peak memory includes making the instance")
        main()
