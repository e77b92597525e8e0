"""Estates with planted silos: departments with tools of their own, ordinary links between them, and what is hidden.

`Planted` knows what was put in: tools that nothing links, departments that are closed, pairs of departments that one
link joins, places outside that two tools meet in. Every tool is a source of its own with several slices, so that any
slice can be taken away as a denied one would be.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cache

from siloscope.graph.build import Row, Settings, build
from siloscope.graph.view import Graph
from siloscope.model import Asset, Observation, Reference, Slice, Status, Verb, Visibility

AT = "2026-06-01T00:00:00Z"
VERBS = (Verb.READS, Verb.WRITES, Verb.CALLS, Verb.USES)
SLICES = 4  # listings of a tool


@dataclass
class Planted:
    """What is true of an estate, and the observations to see it by, as (slice number of the source, observation)."""

    isolated: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    bridges: set[frozenset[str]] = field(default_factory=set)  # the two assets
    hidden: set[str] = field(default_factory=set)  # outside ids
    seen: dict[tuple[str, int], list[Observation]] = field(default_factory=dict)

    def graph(self, missing: set[tuple[str, int]] = frozenset()) -> Graph:  # type: ignore[assignment]
        """The graph, with what the `missing` slices would have shown left out and they themselves denied."""
        rows, ledger = [], []
        for (source, number), items in sorted(self.seen.items()):
            gone = (source, number) in missing
            row = Slice(source, f"listing-{number}", "x", Status.DENIED if gone else Status.COMPLETE, visibility=Visibility.ALL)  # fmt: skip
            ledger.append(row)
            rows += [] if gone else [Row(row, item, AT, AT) for item in items]
        return build(rows, ledger, Settings(), "scan", AT)


class Maker:
    """Builds an estate step by step, from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.planted = Planted()
        self.assets: dict[str, list[str]] = {}  # by tool
        self.tools: dict[str, list[str]] = {}  # by department

    def tool(self, department: str, size: int) -> str:
        name = f"n8n:t{len(self.assets)}"
        self.assets[name] = []
        self.tools.setdefault(department, []).append(name)
        for number in range(SLICES):
            self.planted.seen[name, number] = []
        for n in range(size):
            key = f"n8n://{name[4:]}/workflow/{n}"
            self.assets[name].append(key)
            self.planted.seen[name, n % SLICES].append(Asset(key, "n8n.workflow", f"{name} {n}", name, department=department, owner="o"))  # fmt: skip
        return name

    def link(self, source: str, name: str) -> None:
        tool = next(each for each, keys in self.assets.items() if source in keys)
        number = self.assets[tool].index(source) % SLICES
        self.planted.seen[tool, number].append(Reference(source, self.rng.choice(VERBS), name, "args"))

    def any_of(self, department: str) -> str:
        return self.rng.choice(self.assets[self.rng.choice(self.tools[department])])


@cache
def planted(seed: int, departments: int = 12, tools: int = 4) -> Planted:
    """An estate of some 50 tools and 500 assets."""
    make = Maker(seed)
    rng, truth = make.rng, make.planted
    names = [f"D{n:02}" for n in range(departments)]
    for name in names:
        for _ in range(tools):
            make.tool(name, rng.randrange(5, 16))
        for n, tool in enumerate(make.tools[name]):  # the tools of a department hang together
            make.link(rng.choice(make.assets[tool]), rng.choice(make.assets[make.tools[name][n - 1]]))
            for _ in range(rng.randrange(4, 20)):
                make.link(rng.choice(make.assets[tool]), rng.choice(make.assets[tool]))
                make.link(rng.choice(make.assets[tool]), make.any_of(name))
    closed, hanging, open_ = names[:2], names[2:4], names[4:]
    truth.closed.update(closed)
    for n, name in enumerate(open_):  # a ring with chords: no open department hangs by one link
        for other in (open_[n - 1], rng.choice([each for each in open_ if each != name])):
            for _ in range(rng.randrange(2, 6)):
                make.link(make.any_of(name), make.any_of(other))
    for name in hanging:
        pair = make.any_of(name), make.any_of(rng.choice(open_))
        make.link(*pair if rng.random() < 0.5 else pair[::-1])
        truth.bridges.add(frozenset(pair))
    for _ in range(4):  # tools that nothing links, with an inner life
        tool = make.tool(rng.choice(open_), rng.randrange(5, 12))
        truth.isolated.add(tool)
        for _ in range(6):
            make.link(rng.choice(make.assets[tool]), rng.choice(make.assets[tool]))
        make.link(make.assets[tool][0], f"https://only.{tool[4:]}.example/x")
    linked = [tool for name in open_ for tool in make.tools[name] if tool not in truth.isolated]
    for n in range(8):  # two or three tools meet in something nobody scanned; one alone is no share
        for tool in rng.sample(linked, rng.randrange(2, 4)):
            make.link(rng.choice(make.assets[tool]), f"s3://hidden-{n}/{rng.randrange(3)}")
        truth.hidden.add(f"outside:s3://hidden-{n}")
        make.link(rng.choice(make.assets[rng.choice(linked)]), f"s3://own-{n}/x")
    return truth
