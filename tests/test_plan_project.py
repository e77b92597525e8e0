"""Scheduling: every timetable is checked against its rules, its cost and its bound by other means."""

from __future__ import annotations

import itertools
import random

import pytest

from siloscope.planning.project import Detour, Limit, Milestone, NoRoomError, Project, Task, cost_of
from siloscope.planning.timetable import Timetable, timetable
from tests.projects import project

ortools = pytest.importorskip("ortools", reason="needs the extra waves")


def check(found: Timetable, known: Project) -> None:
    """Order, people in every period, and the cost."""
    tasks = known.tasks
    length = {each.id: each.length for each in tasks}
    assert found.start.keys() == length.keys()
    for each in tasks:
        assert all(found.start[each.id] >= found.start[b] + length[b] for b in each.after)
        assert all(found.start[each.id] >= found.start[b] for b in each.along)
    for period in range(max(found.start[each.id] + each.length for each in tasks)):
        busy = [each for each in tasks if found.start[each.id] <= period < found.start[each.id] + each.length]
        for r, limit in known.limits.items():
            assert sum(min(each.use.get(r, 0), limit.at(period)) for each in busy) <= limit.at(period)
    assert found.cost == cost_of(tasks, known.goals, found.start)
    assert found.bound <= found.cost
    assert (found.status == "optimal") == (found.bound == found.cost)


@pytest.mark.parametrize("prove", [True, False], ids=["cp-sat", "alone"])
@pytest.mark.parametrize("seed", range(3))
def test_a_timetable_keeps_its_rules(seed: int, prove: bool) -> None:
    """With and without the extra; the bound of one is no more than what the other reached."""
    known = project(30, seed)
    found = timetable(known, prove=prove)
    check(found, known)
    other = timetable(known, prove=not prove)
    assert found.bound <= other.cost
    if prove:
        assert found.status == "optimal"
        assert other.cost <= found.cost * 1.1


def test_small_projects_are_solved_as_trying_everything_does() -> None:
    """All starts of five tasks with two milestones."""
    draw = random.Random(5)
    for _ in range(6):
        tasks = [
            Task(
                f"t{n}",
                draw.randint(1, 2),
                {"r": draw.randint(1, 3)},
                [f"t{n - 1}"] if n == 3 else (),
                ["t0"] if n == 4 else (),
            )
            for n in range(5)
        ]
        goals = [Milestone("a", ["t0", "t3"], 5), Milestone("b", ["t1", "t2", "t4"], 2, not_before=4)]
        best = min(
            cost_of(tasks, goals, dict(zip([t.id for t in tasks], starts, strict=True)))
            for starts in itertools.product(range(8), repeat=5)
            if valid(tasks, starts)
        )
        known = Project(tasks, {"r": Limit([3])}, goals)
        found = timetable(known)
        check(found, known)
        assert (found.cost, found.bound) == (best, best)


def valid(tasks: list[Task], starts: tuple[int, ...]) -> bool:
    at = dict(zip([t.id for t in tasks], starts, strict=True))
    length = {t.id: t.length for t in tasks}
    if any(at[t.id] < at[b] + length[b] for t in tasks for b in t.after) or any(
        at[t.id] < at[b] for t in tasks for b in t.along
    ):
        return False
    return all(sum(t.use["r"] for t in tasks if at[t.id] <= p < at[t.id] + t.length) <= 3 for p in range(10))


@pytest.mark.parametrize("prove", [True, False], ids=["cp-sat", "alone"])
@pytest.mark.parametrize("stretches", [True, False])
def test_what_there_is_may_change_from_period_to_period(stretches: bool, prove: bool) -> None:
    """Beside trying everything: people that come and go, and money that a task needs in one period or not at all."""
    draw, possible, solved = random.Random(9), 0, 0
    for _ in range(25):
        limit = Limit([draw.randint(0, 4), draw.randint(0, 4), draw.randint(1, 3)], stretches)
        tasks = [Task(f"t{n}", 1, {"r": draw.randint(1, 4)}, ["t0"] if n == 3 else ()) for n in range(4)]
        goals = [Milestone(f"m{n}", [each.id], draw.randint(1, 9)) for n, each in enumerate(tasks)]
        best = min(
            (
                cost_of(tasks, goals, dict(zip([t.id for t in tasks], starts, strict=True)))
                for starts in itertools.product(range(7), repeat=4)
                if starts[3] > starts[0] and fits(limit, tasks, starts)
            ),
            default=None,
        )
        if best is None:
            with pytest.raises(NoRoomError):
                timetable(Project(tasks, {"r": limit}, goals), prove=prove)
            continue
        found = timetable(Project(tasks, {"r": limit}, goals), prove=prove)
        assert fits(limit, tasks, tuple(found.start[each.id] for each in tasks))
        assert found.start["t3"] > found.start["t0"]
        assert found.bound <= best <= found.cost == cost_of(tasks, goals, found.start)
        possible, solved = possible + 1, solved + (found.cost == best)
        if prove:
            assert (found.cost, found.status) == (best, "optimal")
    assert solved >= possible * 0.8 > 5


def fits(limit: Limit, tasks: list[Task], starts: tuple[int, ...]) -> bool:
    """Whether no period takes more than it has; what is larger than a period that has anything fills it."""
    for time in set(starts):
        level = limit.levels[min(time, len(limit.levels) - 1)]
        uses = [each.use["r"] for each, at in zip(tasks, starts, strict=True) if at == time]
        if sum(min(each, level) if limit.stretches and level else each for each in uses) > level:
            return False
    return True


def test_what_pays_most_for_its_effort_comes_first() -> None:
    """Two tools of equal effort: the dearer goes first, unless its contract runs on anyway."""
    tasks = [Task("x", 1, {"days": 10}), Task("y", 1, {"days": 10})]
    goals = [Milestone("cheap", ["x"], 1), Milestone("dear", ["y"], 9)]
    limits = {"days": Limit([10])}
    assert timetable(Project(tasks, limits, goals)).start == {"x": 1, "y": 0}
    late = [goals[0], Milestone("dear", ["y"], 9, not_before=2)]
    assert timetable(Project(tasks, limits, late)).start == {"x": 0, "y": 1}


def test_a_task_larger_than_the_limit_is_done_alone() -> None:
    """It takes everybody, and nothing else happens."""
    tasks = [Task("big", 1, {"days": 50}), Task("small", 1, {"days": 1})]
    found = timetable(Project(tasks, {"days": Limit([10])}, [Milestone("all", ["big", "small"])]))
    assert sorted(found.start.values()) == [0, 1]


def test_the_same_project_gives_the_same_timetable() -> None:
    """Twice, with a limited effort that leaves it unproven."""
    one, two = (timetable(project(80, 9), effort=0.3) for _ in range(2))
    assert one == two


def test_without_the_extra_a_gap_is_stated() -> None:
    """The heuristic's own bound holds."""
    alone = timetable(project(40, 4), prove=False)
    assert 0 <= alone.gap < 0.6
    assert alone.bound <= timetable(project(40, 4)).cost


@pytest.mark.parametrize("prove", [True, False], ids=["cp-sat", "alone"])
def test_an_order_is_got_around_where_that_pays(prove: bool) -> None:
    """Beside trying every start: detours cost once and by the period, take people, and share a purse."""
    draw, taken, solved = random.Random(4), 0, 0
    for _ in range(20):
        tasks = [Task(f"t{n}", 1, {"r": draw.randint(1, 3)}, (), [f"t{n - 1}"] if n else ()) for n in range(4)]
        goals = [Milestone(f"m{n}", [f"t{n}"], draw.choice([1, 2, 4 * n + 1])) for n in range(4)]
        detours = [
            Detour(f"t{n - 1}", f"t{n}", draw.randint(0, 4), draw.randint(0, 1), {"r": draw.randint(0, 1)}, f"b{n % 2}")
            for n in range(1, 4)
        ]
        known = Project(tasks, {"r": Limit([3])}, goals, detours, draw.choice([None, 5]))
        names = [each.id for each in tasks]
        every = [dict(zip(names, starts, strict=True)) for starts in itertools.product(range(4), repeat=4)]
        best = min(known.cost(start) for start in every if around(known, start))
        found = timetable(known, prove=prove)
        assert around(known, found.start)
        assert found.bound <= best <= found.cost == known.cost(found.start)
        if prove:
            assert (found.cost, found.status) == (best, "optimal")
        taken += bool(known.taken(found.start))
        solved += found.cost == best
    assert taken >= 5
    assert solved >= 14


def around(known: Project, start: dict[str, int]) -> bool:
    """Whether a schedule keeps to its limits with what its detours take; here every order may be got around."""
    detours = known.taken(start)
    if known.purse is not None and known.cost(start) - cost_of(known.tasks, known.goals, start) > known.purse:
        return False
    for time in set(start.values()):
        uses = sum(min(each.use["r"], 3) for each in known.tasks if start[each.id] == time)
        uses += sum(each.use["r"] for each in detours if start[each.then] == time)
        if uses > 3:
            return False
    return True
