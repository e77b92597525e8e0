"""HiGHS, asked through scipy: the strong formulation, and one way to run any model with time, bound and status."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from siloscope.errors import PlanError
from siloscope.planning.arcs import Arcs, Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Rows:
    """A mixed-integer model: minimise `cost @ x + constant` with `low <= A x <= high`, 0 <= x <= 1.

    The first n variables are the tools and binary; `A` is given by its entries (row, column, value).
    """

    cost: Floats
    constant: float
    row: Ints
    column: Ints
    value: Floats
    low: Floats
    high: Floats
    binary: int
    fixed: Bools


@dataclass(frozen=True, slots=True)
class Found:
    """What the solver says: values of the variables or None, a bound, and "optimal", "infeasible" or "time"."""

    x: Floats | None
    bound: float
    status: str


def run(model: Rows, seconds: float) -> Found:
    """Solve a model to proof, for at most so many seconds.

    Raises:
        PlanError: The solver gave up, which it does over amounts that lie too far apart.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csc_array

    size = len(model.cost)
    if not size:
        if (model.low > 0).any():
            return Found(None, -np.inf, "infeasible")
        return Found(model.cost, model.constant, "optimal")
    lower = np.where(model.fixed, 1.0, 0.0)
    matrix = csc_array((model.value, (model.row, model.column)), shape=(len(model.low), size))
    whole = np.zeros(size, dtype=np.uint8)
    whole[: model.binary] = 1
    with silent():
        result = milp(
            model.cost,
            integrality=whole,
            bounds=Bounds(lower, np.ones(size)),
            constraints=LinearConstraint(matrix, model.low, model.high) if len(model.low) else None,
            options={"time_limit": max(seconds, 0.01), "mip_rel_gap": 0.0},
        )
    status = {0: "optimal", 1: "time", 2: "infeasible"}.get(result.status)
    if status is None:
        some = np.abs(model.cost[model.cost != 0])
        apart = some.max() / some.min() if len(some) else 1.0
        raise PlanError(
            f"the solver gave up ({result.message.strip()}); costs lie {apart:.0e} apart: leave out the least"
        )
    bound = -np.inf if result.mip_dual_bound is None else float(result.mip_dual_bound) + model.constant
    if status == "optimal" and not model.binary:
        bound = float(result.fun) + model.constant
    return Found(result.x, bound if np.isfinite(bound) else -np.inf, status)


@contextmanager
def silent() -> Iterator[None]:
    """Nothing of what C code prints meanwhile reaches standard output.

    HiGHS writes notes of its own past its options (`HighsMipSolverData::...`); they belong in no document that is
    printed. Where there is no such output (a closed one, a platform without it) nothing is done.
    """
    try:
        kept = os.dup(1)
    except OSError:
        yield
        return
    if sys.stdout:
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        if os.name == "posix":
            ctypes.CDLL(None).fflush(None)  # what C holds back would come out later
        os.dup2(kept, 1)
        os.close(kept)


def strong(arcs: Arcs, needed: Bools, *, cuts: tuple[tuple[int, tuple[int, ...]], ...] = ()) -> Rows:
    """The disaggregated formulation: each workload served, no arc without its tool, no tool beyond its capacity.

    `cuts` are (tool, arcs) of which not all may be used together.
    """
    n, a, m = arcs.n, len(arcs.tool), arcs.m
    number = np.arange(a)
    some = np.flatnonzero(np.isfinite(arcs.capacity))
    # Loads are written as shares of the capacity, so that a tolerance means the same for every tool.
    busy = np.flatnonzero(np.isfinite(arcs.capacity[arcs.tool]) & (arcs.demand[arcs.work] > 0))
    at = np.full(n, -1)
    at[some] = np.arange(len(some))
    load = arcs.demand[arcs.work[busy]] / arcs.capacity[arcs.tool[busy]]
    rows = [arcs.work, m + number, m + number, m + a + at[arcs.tool[busy]], m + a + np.arange(len(some))]
    columns = [n + number, n + number, arcs.tool, n + busy, some]
    values = [np.ones(a), -np.ones(a), np.ones(a), -load, np.ones(len(some))]
    low = [np.ones(m), np.zeros(a + len(some))]
    high = [np.ones(m), np.full(a + len(some), np.inf)]
    count = m + a + len(some)
    if len(some) == n and n:  # together the tools kept have to hold everything
        total = arcs.demand.sum()
        rows.append(np.full(n, count))
        columns.append(np.arange(n))
        values.append(arcs.capacity / max(total, 1e-9))
        low.append(np.ones(1) if total > 0 else np.zeros(1))
        high.append(np.full(1, np.inf))
        count += 1
    for tool, chosen in cuts:
        rows.append(np.full(len(chosen) + 1, count))
        columns.append(np.r_[n + np.array(chosen), tool])
        values.append(np.r_[np.ones(len(chosen)), -float(len(chosen) - 1)])
        low.append(np.full(1, -np.inf))
        high.append(np.zeros(1))
        count += 1
    return Rows(
        np.r_[arcs.fixed, arcs.cost],
        0.0,
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(values),
        np.concatenate(low),
        np.concatenate(high),
        n + a if arcs.whole and arcs.limited else n,
        np.r_[needed, np.zeros(a, dtype=bool)],
    )
