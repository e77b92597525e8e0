"""The optimiser: any stated problem to an answer with objective, bound, gap and status.

Each independent part goes the same way: a good answer, a bound, everything dropped that no better answer can use,
and HiGHS on what is left. When time runs out the good answer and the best bound stand.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from siloscope.errors import PlanError
from siloscope.planning import capacity, greedy
from siloscope.planning.arcs import Arcs, Bools, Floats, Served, arrays, independent, whole
from siloscope.planning.dual import Bound, ascend
from siloscope.planning.milp import Rows, run, strong
from siloscope.planning.problem import Problem
from siloscope.planning.radius import radius

# The strong formulation has a row and a column for each arc; beyond this many only the likeliest are given to it.
_MOST_ARCS = 150_000


class InfeasibleError(Exception):
    """No answer exists; `conflicts.explain` says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Which tools are kept, and [(workload, tool, share)], with money as the problem has it.

    `status` is "optimal" when objective and bound are equal (to a billionth), else "feasible"; `gap` is the
    difference as a share of the objective.
    """

    kept: frozenset[str]
    shares: tuple[tuple[str, str, float], ...]
    objective: float
    bound: float
    status: str
    parts: int

    @property
    def gap(self) -> float:
        """How far from optimal the answer can be at most, as a share of its objective."""
        return 0.0 if self.objective <= 0 else max(0.0, (self.objective - self.bound) / self.objective)

    def bounded(self, bound: float) -> Answer:
        """The same answer with another bound, and the status that follows from it."""
        proven = _met(self.objective, bound)
        status = "optimal" if proven else "feasible"
        return replace(self, bound=self.objective if proven else bound, status=status)


class Clock:
    """What is left of a time limit in seconds. Only a limit that is met makes an answer depend on the machine."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, at least nought."""
        return max(0.0, self.end - time.monotonic())

    def expired(self) -> bool:
        """Whether the time is over."""
        return self.left() <= 0


def solve(problem: Problem, seconds: float = 60.0) -> Answer:
    """The cheapest way to serve every workload, in at most about so many seconds.

    Raises:
        InfeasibleError: There is none.
        PlanError: The time was over before any was found.
    """
    arcs, clock = arrays(problem), Clock(seconds)
    if (np.bincount(arcs.work, minlength=arcs.m) == 0).any():
        raise InfeasibleError
    kept = arcs.kept.copy()
    share = np.zeros(len(arcs.tool))
    parts = list(independent(arcs))
    linked = np.zeros(arcs.n, dtype=bool)
    bounds = []
    work = sum(len(part.tool) for part, _, _ in parts)
    for part, tools, at in sorted(parts, key=lambda each: len(each[0].tool)):
        # Time is shared by size: what small parts leave goes to the larger ones after them.
        mine = Clock(max(0.05, clock.left() * len(part.tool) / max(work, 1)))
        work -= len(part.tool)
        answer, bound = best(part, mine)
        kept[tools], share[at], linked[tools] = answer.kept, answer.share, True
        bounds.append(bound)
    served = Served(kept, share)
    if faults := served.faults(arcs):
        raise AssertionError("; ".join(faults))
    objective = math.fsum([*arcs.fixed[kept], *(arcs.cost * share)[share > 0]])
    bound = min(objective, math.fsum([*bounds, *arcs.fixed[arcs.kept & ~linked]]))
    proven = _met(objective, bound)
    used = np.flatnonzero(share)
    names, workloads = [each.id for each in problem.tools], [each.id for each in problem.workloads]
    return Answer(
        frozenset(names[n] for n in np.flatnonzero(kept)),
        tuple((workloads[arcs.work[a]], names[arcs.tool[a]], float(share[a])) for a in used),
        objective * arcs.unit,
        (objective if proven else bound) * arcs.unit,
        "optimal" if proven else "feasible",
        len(parts),
    )


def best(arcs: Arcs, clock: Clock) -> tuple[Served, float]:
    """The best answer of one part and a bound on all of them.

    Raises:
        InfeasibleError: There is none.
        PlanError: The time was over before any was found.
    """
    return _limited(arcs, clock) if arcs.limited else _unlimited(arcs, clock)


def _unlimited(arcs: Arcs, clock: Clock) -> tuple[Served, float]:
    known = [greedy.improve(arcs, greedy.greedy(arcs))]
    cost = [_cheapest(arcs, known[0]).total(arcs)]

    def seen(bound: Bound) -> float:
        kept = arcs.kept | (bound.often > 0.5)
        first = arcs.best(kept)
        if (first >= 0).all() and whole(arcs, kept, first).total(arcs) < cost[0] * 1.02:
            kept = greedy.improve(arcs, kept, rounds=30)
            total = _cheapest(arcs, kept).total(arcs)
            if total < cost[0]:
                known[0], cost[0] = kept, total
        return cost[0]

    bound = ascend(arcs, cost[0], arcs.cost[arcs.best(known[0])], expired=clock.expired, seen=seen)
    answer, value = _cheapest(arcs, known[0]), bound.value
    if _met(cost[0], value):
        return answer, value
    possible = bound.possible(arcs, cost[0])
    left = arcs.only(possible)
    if (np.bincount(left.work, minlength=left.m) == 0).any():
        return answer, cost[0]  # some workload has no arc that a cheaper answer could use
    found = run(radius(left, bound.needed(arcs, cost[0])), clock.left())
    if found.status == "infeasible":
        return answer, cost[0]  # nothing cheaper exists
    if found.x is not None:
        other = _cheapest(arcs, arcs.kept | (found.x[: arcs.n] > 0.5))
        answer = min((answer, other), key=lambda each: each.total(arcs))
    return answer, max(value, min(found.bound, cost[0]))


def _cheapest(arcs: Arcs, kept: Bools) -> Served:
    return whole(arcs, kept, arcs.best(kept))


def _met(objective: float, bound: float) -> bool:
    return objective - bound <= 1e-9 * (1 + abs(objective))


def _limited(arcs: Arcs, clock: Clock) -> tuple[Served, float]:
    everything = np.ones(arcs.n, dtype=bool)
    shared = capacity.transport(arcs, everything, max(clock.left(), 1.0))
    if shared is None and not clock.expired():
        raise InfeasibleError
    upper = float(arcs.fixed.sum()) + float(np.maximum.reduceat(arcs.cost, arcs.start[:-1]).sum())
    known: list[Served] = []

    def seen(bound: Bound) -> float:
        if answer := capacity.construct(arcs, bound, clock.left()):
            known.append(answer)
            known[:] = [min(known, key=lambda each: each.total(arcs))]
        return known[0].total(arcs) if known else upper

    # Bounding may take a part of the time, so that a proof is tried too.
    half = Clock(clock.left() * 0.25)
    price = arcs.cost[arcs.best(everything)] + arcs.fixed.sum() / max(arcs.m, 1) / 4
    bound = ascend(arcs, upper, price, expired=half.expired, seen=seen)
    seen(bound)
    if known:
        tries = int(min(400, max(40, 4_000_000 / len(arcs.tool))))
        known.append(capacity.search(arcs, known[0], bound, half.left, tries))
        known[:] = [min(known, key=lambda each: each.total(arcs))]
        bound = ascend(arcs, known[0].total(arcs), bound.price, rounds=100, expired=half.expired)
    value, cut = bound.value, known[0].total(arcs) if known else np.inf
    if known and _met(cut, value):
        return known[0], value
    if arcs.whole:
        known += _from_shared(arcs, bound, known, Clock(clock.left() * 0.4))
        cut = min((each.total(arcs) for each in known), default=cut)
    for model, at, proof in _models(arcs, bound, cut):
        found, answer = _exact(arcs, model, at, clock)
        if answer:
            known.append(answer)
        if proof:
            if found.status == "infeasible" and not known:
                raise InfeasibleError
            value = max(value, cut if found.status == "infeasible" else min(found.bound, cut))
    if not known and not arcs.whole and shared:
        known.append(shared)
    if not known:
        raise PlanError("no plan was found within the time limit, nor that there is none; give it more (--time-limit)")
    return min(known, key=lambda each: each.total(arcs)), value


def _from_shared(arcs: Arcs, bound: Bound, known: Sequence[Served], clock: Clock) -> list[Served]:
    """Answers made of good ones in which workloads may be shared; none where few arcs are soon proven anyway."""
    if len(arcs.tool) < 20_000:
        return []
    found = [_with_room(arcs, bound, each.kept, clock) for each in known[:1]]
    upper = min((each.total(arcs) for each in [*known, *found] if each), default=np.inf)
    shared = replace(arcs, whole=False)
    for model, at, _ in _models(shared, bound, upper):
        _, answer = _exact(shared, model, at, clock)
        if answer:
            found.append(_with_room(arcs, bound, answer.kept, clock))
    return [each for each in found if each]


def _with_room(arcs: Arcs, bound: Bound, kept: Bools, clock: Clock) -> Served | None:
    """The best rounding on these tools and a few more, since whole workloads need a little more room than shared."""
    spare = [n for n in np.argsort(bound.tool, kind="stable") if not kept[n]]
    found = []
    for more in range(0, 8, 2):
        wider = kept.copy()
        wider[spare[:more]] = True
        answer = capacity.rounded(arcs, wider, max(clock.left(), 5.0))
        if answer:
            found.append(answer)
        if clock.expired() or (len(found) > 1 and found[-1].total(arcs) >= found[-2].total(arcs)):
            break
    return min(found, key=lambda each: each.total(arcs), default=None)


def _models(arcs: Arcs, bound: Bound, upper: float) -> Iterator[tuple[Arcs, Bools, bool]]:
    """(arcs to solve, which they are, whether the answer is a proof): everything that is possible, or the likeliest."""
    possible = bound.possible(arcs, upper) if np.isfinite(upper) else np.ones(len(arcs.tool), dtype=bool)
    if possible.sum() <= _MOST_ARCS:
        yield arcs.only(possible), possible, True
        return
    beyond = np.maximum(bound.tool, 0.0)[arcs.tool] * (bound.often[arcs.tool] < 0.2) + np.maximum(bound.arc, 0.0)
    order = np.argsort(beyond, kind="stable")[: _MOST_ARCS // 3]
    likely = np.zeros(len(arcs.tool), dtype=bool)
    likely[order] = True
    likely[arcs.best(np.ones(arcs.n, dtype=bool))] = True
    yield arcs.only(likely), likely, False


def _exact(arcs: Arcs, part: Arcs, at: Bools, clock: Clock) -> tuple[_Solved, Served | None]:
    """HiGHS on some of the arcs. A load that only its tolerance allows is cut off, and the rest solved again."""
    cuts: list[tuple[int, tuple[int, ...]]] = []
    needed = part.kept
    while True:
        model: Rows = strong(part, needed, cuts=tuple(cuts))
        found = run(model, clock.left())
        solved = _Solved(found.status, found.bound)
        if found.x is None:
            return solved, None
        kept = found.x[: arcs.n] > 0.5
        share = np.zeros(len(arcs.tool))
        share[at] = found.x[arcs.n :]
        if not arcs.whole:
            again = capacity.transport(arcs, kept | arcs.kept, max(clock.left(), 1.0))
            return solved, again or capacity.tidy(arcs, kept, share)
        share = np.round(share)
        answer = Served(kept | arcs.kept, share)
        over = _over(arcs, share)
        if not len(over):
            return solved, answer if not answer.faults(arcs) else None
        position = np.cumsum(at) - 1
        for tool in over:
            mine = np.flatnonzero((arcs.tool == tool) & (share > 0))
            cuts.append((int(tool), tuple(position[mine].tolist())))


@dataclass(frozen=True, slots=True)
class _Solved:
    status: str
    bound: float


def _over(arcs: Arcs, share: Floats) -> np.ndarray:
    load = np.bincount(arcs.tool, share * arcs.demand[arcs.work], arcs.n)
    return np.flatnonzero(load > arcs.capacity * (1 + 1e-9))
