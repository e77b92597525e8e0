"""Generated resource-constrained projects, for tests of the schedule and for its benchmark."""

from __future__ import annotations

import random

from siloscope.planning.project import Limit, Milestone, Project, Task


def project(count: int, seed: int) -> Project:
    """Four kinds of people, one to ten periods a task, up to three predecessors; the goal is the end of all."""
    draw = random.Random(seed)
    limits = {f"r{n}": draw.randint(12, 20) for n in range(4)}
    tasks = []
    for n in range(count):
        before = sorted(
            {f"t{draw.randrange(max(0, n - 12), n)}" for _ in range(draw.choice([0, 1, 1, 2, 3]))} if n else ()
        )
        use = {r: draw.randint(1, 10) for r in limits if draw.random() < 0.6}
        tasks.append(Task(f"t{n}", draw.randint(1, 10), use, before))
    given = {key: Limit([each]) for key, each in limits.items()}
    return Project(tasks, given, [Milestone("all", [each.id for each in tasks])])
