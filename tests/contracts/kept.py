"""What the contract tests of stores share: where stores are kept, scans of a small estate, random histories of them."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from siloscope.graph.build import Row, Settings, build
from siloscope.graph.commit import Limits, decide, texts, vanished
from siloscope.graph.history import lasting_graph
from siloscope.graph.store import Store, open_store
from siloscope.graph.view import Graph
from siloscope.model import Asset, Description, Observation, Reference, Slice, Status, Tool, Verb, Visibility, dumps

BOTH = ["sqlite", pytest.param("neo4j", marks=pytest.mark.server("neo4j"))]
DAYS = [f"2026-01-{day:02}T00:00:00Z" for day in range(1, 29)]


class Kept:
    """Where a test keeps its stores: a folder of files, or estates of its own in one database."""

    def __init__(self, kind: str, folder: Path, server: object | None) -> None:
        self.kind, self.folder, self.server = kind, folder, server
        self.run = uuid4().hex
        self.opened: list[Store] = []

    def open(self, name: str = "main") -> Store:
        """A store; twice the same name is twice the same place, through connections of their own."""
        if self.kind == "sqlite":
            store = open_store(str(self.folder / f"{self.run}-{name}.db"))
        else:
            host = self.server.url.partition("://")[2]
            url = f"bolt://{self.server.user}@{host}/neo4j?estate={self.run}-{name}"
            store = open_store(url, self.server.password)
        self.opened.append(store)
        return store

    def close(self) -> None:
        for each in self.opened:
            each.close()
        if self.server is not None:
            with self.server.driver() as driver:
                driver.execute_query("MATCH (n) WHERE n.estate STARTS WITH $run DETACH DELETE n", run=self.run)


def part(source: str = "s", listing: str = "jobs", scope: str = "x", **values: object) -> Slice:
    base = Slice(source, listing, scope, config="c", principal="p", visibility=Visibility.ALL)
    return replace(base, **values)


def jobs(*names: str, **values: object) -> list[Observation]:
    return [Asset(f"glue://1/{name}", "glue.job", name, "glue:1", **values) for name in names]


Shown = Sequence[tuple[Slice, Sequence[Observation]]]


def scan(store: Store, at: str, shown: Shown, source: str = "s", *, confirmed: bool = False) -> dict[str, Slice]:
    """Commit what a scan of `source` showed; the ledger of that source by listing."""
    with store.writing(source) as batch:
        known = store.known(source)
        seen = {}
        for row, items in shown:
            full = replace(row, assets=sum(isinstance(each, Asset) for each in items))
            change = decide(known.get(row.key), full, texts(items), at, confirm=confirmed, limits=Limits())
            batch.apply(change, at)
            seen[row.key] = change.slice
        for change in vanished(known, seen):
            batch.apply(change, at)
        batch.publish(build(batch.live(), batch.slices(), Settings(), at, at))
    return {each.listing: each for each in store.slices() if each.source == source}


def names(store: Store) -> list[str]:
    return [each.name for each in store.graph().assets]


def content(store: Store) -> tuple[list[Row], list[Slice], Graph]:
    """Everything a store answers with, comparable."""
    rows = sorted(store.live(), key=lambda each: (each.slice.key, dumps(repr(each.item))))
    return rows, list(store.slices()), store.graph()


RICH: list[Observation] = [
    *jobs("a", "b", facts={"account": "1", "tag.cost-center": "cc-17", "n": 3, "deep": 2.5, "on": True, "none": None}),
    Asset("s3://lake", "s3.bucket", "lake", "s3:1", names=("s3://lake",), annual_cost=12.5, shape={"v": 1, "cols": 4}),
    Description("s3://lake", owner="ann", last_used="2026-01-01T00:00:00Z", facts={"seen_by": "cost report"}),
    Reference("glue://1/a", Verb.READS, "s3://lake/in/x.csv", "args.--input"),
    Reference("glue://1/b", Verb.WRITES, "s3://elsewhere/out", "args.--output", 0.7),
    Reference("glue://1/b", Verb.READS, "s3://lake/in/y.csv", "args.--input", 0.7),
    Reference("nobody", Verb.USES, "s3://lake"),
    Tool("glue:1", product="Glue", vendor="AWS", instance="1", annual_cost=100.0, seats=3),
]


FINDING = {
    "id": "f1",
    "rule": "duplicate-asset",
    "severity": "high",
    "score": 0.93,
    "scale": "probability",
    "title": 'two "a"',
    "subjects": ["glue://1/a", "glue:1", "not in the graph"],
    "because": [{"says": "same name", "weight": 2.1}],
    "pairs": [],
    "coverage": "complete",
    "annual_saving": None,
    "state": "open",
}


def finding(name: str, **values: object) -> dict[str, object]:
    return {**FINDING, "id": name, "reason": None, **values}


HOSTILE = {
    "html": "<script>alert('x')</script>",
    "quotes": "'\"`\\'; DROP TABLE asset; --",
    "cypher": "x`}) DETACH DELETE n //",
    "parameters": "$estate {id: 'x'} ${x}",
    "lines": "a\r\nb\u2028c\td",
    "nul": "a\x00b",
    "bidi": "\u202egnp.\u2066exe",
    "emoji": "🤖 модель 模型",
    "long": "x" * 5_000,
    "long, of wide characters": "模" * 5_000,
    "empty": "",
    "only marks": "...",
    "digit first": "2fast",
    "a label of ours": "asset",
    "an inner label of ours": "siloscope.observation",
}


HISTORY = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@st.composite
def scans(draw: st.DrawFn) -> list[tuple[str, Shown, bool]]:
    """A random history: of two sources, each with two slices, over a handful of assets that come, change and go."""
    history = []
    for _ in range(draw(st.integers(2, 6))):
        source = draw(st.sampled_from(["s", "t"]))
        chance = random.Random(draw(st.integers(0, 2**32)))
        shown = [
            (
                part(
                    source,
                    scope=scope,
                    status=chance.choice([Status.COMPLETE] * 3 + [Status.PARTIAL, Status.DENIED]),
                    principal=chance.choice(["p"] * 4 + ["q"]),
                    precedence=0 if source == "s" else 10,
                ),
                observed(chance),
            )
            for scope in ("x", "y")
            if chance.random() < 0.9
        ]
        history.append((source, shown, chance.random() < 0.3))
    return history


def observed(chance: random.Random) -> list[Observation]:
    ids = [f"glue://1/{name}" for name in "abcde"]
    items: list[Observation] = [
        Asset(
            each,
            chance.choice(["glue.job", "glue.flow", "Asset"]),
            each[-1],
            chance.choice(["glue:1", "mlflow:m"]),
            owner=chance.choice([None, "ann"]),
            department=chance.choice([None, "Risk"]),
            annual_cost=chance.choice([None, 1.5]),
            facts={chance.choice("kl"): chance.choice([1, "v", None])},
        )
        for each in ids
        if chance.random() < 0.6
    ]
    mentions = [*ids, "s3://lake/x", "s3://lake/y", "kafka://k:9092/t"]
    items += [
        Reference(
            chance.choice(ids),
            chance.choice(list(Verb)),
            chance.choice(mentions),
            chance.choice("wz"),
            chance.choice([1, 0.5]),
        )
        for _ in range(chance.randrange(5))
    ]
    return items


def tell(store: Store, history: Sequence[tuple[str, Shown, bool]], commits: int) -> dict[str, Graph]:
    """Run a history, several commits a scan, each of another source; what each scan left, by its id."""
    left: dict[str, Graph] = {}
    sources: list[str] = []
    for source, shown, confirmed in history:
        sources = [source] if source in sources or len(sources) in (0, commits) else [*sources, source]
        at = DAYS[len(left) - (len(sources) > 1)]
        scan(store, at, shown, source, confirmed=confirmed)
        left[at] = lasting_graph(store.graph())
    return left
