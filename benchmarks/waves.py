"""Waves beside bare CP-SAT: generated resource-constrained projects, the same effort on the solver's own clock.

python benchmarks/waves.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from siloscope.planning.project import Project
from siloscope.planning.timetable import timetable
from tests.projects import project


def bare(known: Project, effort: float) -> tuple[int | None, bool]:
    """CP-SAT as it comes: the cost it finds, and whether it proved it."""
    from ortools.sat.python import cp_model

    tasks = known.tasks
    model: Any = cp_model.CpModel()
    horizon = sum(each.length for each in tasks)
    at = {each.id: model.new_int_var(0, horizon, each.id) for each in tasks}
    length = {each.id: each.length for each in tasks}
    spans = {each.id: model.new_fixed_size_interval_var(at[each.id], each.length, each.id) for each in tasks}
    end = model.new_int_var(0, horizon, "end")
    for each in tasks:
        model.add(end >= at[each.id] + each.length)
        for before in each.after:
            model.add(at[each.id] >= at[before] + length[before])
    for r, limit in known.limits.items():
        mine = [each for each in tasks if each.use.get(r)]
        model.add_cumulative([spans[each.id] for each in mine], [each.use[r] for each in mine], limit.at(0))
    model.minimize(end)
    solver: Any = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 7
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (int(solver.objective_value) if found else None), status == cp_model.OPTIMAL


def main() -> None:
    """The tables."""
    import ortools

    print(f"OR-tools {ortools.__version__}, one worker, 5 units of deterministic time for each project\n")
    print("| moves | projects | proven | bare CP-SAT proven | CPU s | bare | heuristic alone above the best known |")
    print("|---|---|---|---|---|---|---|")
    for count, many in ((30, 10), (60, 10)):
        proven = [0, 0]
        cpu = [0.0, 0.0]
        above = []
        for seed in range(many):
            known = project(count, seed)
            start = time.process_time()
            found = timetable(known, effort=5.0)
            cpu[0] += time.process_time() - start
            start = time.process_time()
            _, optimal = bare(known, 5.0)
            cpu[1] += time.process_time() - start
            proven = [proven[0] + (found.status == "optimal"), proven[1] + optimal]
            above.append(timetable(known, prove=False).cost / found.cost - 1)
        mean = sum(above) / len(above)
        print(
            f"| {count} | {many} | {proven[0]} | {proven[1]} | {cpu[0]:.1f} | {cpu[1]:.1f} | {mean:.1%} |", flush=True
        )
    known = project(2000, 0)
    for name, prove in (("with the extra", True), ("without", False)):
        start = time.process_time()
        found = timetable(known, effort=20.0, prove=prove)
        used = time.process_time() - start
        print(
            f"\n2,000 moves {name}: {found.cost} periods, bound {found.bound}, gap {found.gap:.2%}, {used:.1f} CPU s",
            flush=True,
        )


if __name__ == "__main__":
    main()
