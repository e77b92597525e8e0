"""The embedded store builds its graph piece by piece: the same as a build at once, and by steps the same as anew."""

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siloscope.config import DepartmentRule
from siloscope.graph.build import Settings, build, ledger
from siloscope.graph.commit import decide, texts, vanished
from siloscope.graph.copying import PublishedRecord
from siloscope.graph.sqlite import SqliteStore
from siloscope.model import (
    Asset,
    Description,
    Observation,
    Reference,
    Slice,
    Status,
    Tool,
    Verb,
    Visibility,
)

DAYS = [f"2026-01-{day:02}T00:00:00Z" for day in range(1, 29)]
IDS = [f"glue://1/{name}" for name in "abcde"] + ["s3://lake", "arn:aws:sqs:eu-west-1:1:q"]
NAMES = ["s3://lake/x", "s3://lake/x/y", "kafka://k:9092/t", "host://db:5432", "s3://other", "glue://1/b"]
MENTIONS = [
    *IDS,
    *NAMES,
    "s3://lake/x/y/z.csv",
    "host://db:5432/risk/t",
    "host://old:5432/risk/u",
    "nothing",
    "s3://none/1",
]
SETTINGS = Settings(
    aliases=(("host://old:5432", "host://db:5432"), ("s3://other", "s3://lake/x")),
    departments=(DepartmentRule("Risk", "tag", "cost", ("cc-1*",)), DepartmentRule("Owned", "owner", "", ("ann",))),
    defaults={"s": ("Sales", "prod"), "t": (None, "test")},
)
Shown = list[tuple[Slice, list[Observation]]]


def observed(chance: random.Random) -> list[Observation]:
    """Assets, descriptions, tools and references; several slices and sources show the same ones."""
    items: list[Observation] = [
        Asset(
            each,
            chance.choice(["glue.job", "s3.bucket"]),
            each[-3:],
            chance.choice(["glue:1", "mlflow:m"]),
            names=tuple(sorted(chance.sample(NAMES, chance.randrange(3)))),
            owner=chance.choice([None, "ann"]),
            last_used=chance.choice([None, DAYS[chance.randrange(5)]]),
            annual_cost=chance.choice([None, 1.5, 0.1, float("nan")]),
            facts={chance.choice(["tag.cost", "l"]): chance.choice([1, "cc-17", None])},
        )
        for each in IDS
        if chance.random() < 0.5
    ]
    items += [
        Description(about, names=tuple(chance.sample(NAMES, chance.randrange(2))), owner=chance.choice([None, "bob"]))
        for about in chance.sample(MENTIONS, chance.randrange(3))
    ]
    items += [Tool("glue:1", seats=chance.randrange(3), capabilities=("etl",))] * (chance.random() < 0.2)
    items += [
        Reference(
            chance.choice([*IDS, *NAMES]),
            chance.choice(list(Verb)),
            chance.choice(MENTIONS),
            chance.choice(["", "w", "z"]),
            chance.choice([1, 0.5, 0.7]),
        )
        for _ in range(chance.randrange(8))
    ]
    return items


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Shown, bool]]:
    """Scans of two sources, each of two slices; often the next shows nearly what the last one did."""
    history: list[tuple[str, Shown, bool]] = []
    chance = random.Random(draw(st.integers(0, 2**32)))
    last: dict[tuple[str, str], list[Observation]] = {}
    for _ in range(draw(st.integers(2, 7))):
        source, same = chance.choice("st"), chance.random() < 0.25
        shown: Shown = []
        for scope in "xy":
            items = last.get((source, scope))
            if items is None or (not same and chance.random() < 0.3):
                items = observed(chance)
            elif not same:
                items = [nudged(each, chance) for each in items if chance.random() < 0.9]
            last[source, scope] = items
            row = Slice(
                source,
                "jobs",
                scope,
                status=chance.choice([Status.COMPLETE] * 4 + [Status.PARTIAL]),
                visibility=Visibility.ALL,
                precedence=0 if source == "s" else chance.choice([10, 10, 10, 0]),
                assets=len(items),
            )
            shown.append((row, items))
        history.append((source, [each for each in shown if chance.random() < 0.9], chance.random() < 0.3))
    return history


def nudged(item: Observation, chance: random.Random) -> Observation:
    """The same thing, now and then a little different."""
    if chance.random() < 0.8:
        return item
    if isinstance(item, Reference):
        return replace(item, confidence=chance.choice([1, 0.5]), verb=chance.choice([item.verb, Verb.USES]))
    if isinstance(item, Asset):
        return replace(item, owner=chance.choice(["ann", "cy"]), tool=chance.choice([item.tool, "mlflow:m"]))
    return item


def apply(store: SqliteStore, scanned: tuple[str, Shown, bool], at: str, *, streamed: bool) -> None:
    """Commit a scan: publish what is built at once, or, as a scan does, let the store renew or build what it holds."""
    source, shown, sure = scanned
    with store.writing(source) as batch:
        known, seen, quiet, writes = store.known(source), {}, True, 0
        for row, items in shown:
            before = known.get(row.key)
            change = decide(before, row, texts(items), at, confirm=sure)
            batch.apply(change, at)
            seen[row.key] = change.slice
            writes += change.writes
            quiet &= not before or (before.slice.precedence, before.slice.order) == (row.precedence, row.order)
        for change in vanished(known, seen):
            batch.apply(change, at)
            writes += change.writes
        if streamed:
            still = quiet and not writes and not any(each.missing for each in known.values())
            if not (still and batch.renew(ledger(batch.slices(), SETTINGS, at), at, at)):
                batch.rebuild(SETTINGS, at, at, anew=not quiet)
        else:
            batch.publish(build(batch.live(), batch.slices(), SETTINGS, at, at))


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(history=histories(), commits=st.integers(1, 2))
def test_what_is_built_by_steps_is_what_is_built_at_once(
    tmp_path: Path, history: Sequence[tuple[str, Shown, bool]], commits: int
) -> None:
    """After every commit of any history: graph, history and everything else that the store holds."""
    one, other = (SqliteStore(str(tmp_path / f"{uuid4()}.db")) for _ in "ab")
    with closing(one), closing(other):
        for number, each in enumerate(history):
            at = DAYS[number // commits]
            apply(one, each, at, streamed=False)
            apply(other, each, at, streamed=True)
            expected = build(other.live(), other.slices(), SETTINGS, at, at)
            graph = other.graph()  # first as columns, then as records
            assert (graph.number, graph.size, graph.resolution) == (
                expected.number,
                len(expected.number),
                expected.resolution,
            )
            assert graph.ends.tolist() == expected.ends.tolist()
            assert graph.document() == expected.document()
            assert sorted(map(repr, other.dump())) == sorted(map(repr, one.dump()))
            text = "SELECT * FROM dependency ORDER BY 1, 2, 3, 5"
            assert other.query(text) == one.query(text)
            claims = "SELECT c.name, a.id FROM claim c JOIN asset a USING (nid) ORDER BY 1, 2"
            told = [(name, each.id) for each in expected.assets for name in each.names]
            assert [tuple(row) for row in other._db.execute(claims)] == sorted(told)
            assert other._db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_renewed_ledger_is_the_one_that_was_built(tmp_path: Path) -> None:
    """Publishing the same graph as seen again leaves what publishing it anew would."""
    shown: Shown = [(Slice("s", "jobs", "x", assets=2), observed(random.Random(3)))]
    stores = [SqliteStore(str(tmp_path / f"{name}.db")) for name in "ab"]
    for number, streamed in ((0, False), (1, True)):
        for at in DAYS[:2]:
            apply(stores[number], ("s", shown, True), at, streamed=streamed)
    assert len({repr(list(store.dump())) for store in stores}) == 1
    assert isinstance(next(iter(stores[0].dump())), PublishedRecord)
    for store in stores:
        store.close()


def test_what_is_missing_is_not_said_to_be_seen_by_the_next_scan(tmp_path: Path) -> None:
    """Its row takes over the time of its source; when that moves on, the row has to say its own."""
    store = SqliteStore(str(tmp_path / "estate.db"))
    parts = [(Slice("s", "jobs", scope), [Asset(f"glue://1/{scope}", "glue.job", scope, "glue:1")]) for scope in "xy"]
    both: Shown = list(parts)
    for at, shown in ((DAYS[0], both), (DAYS[1], both), (DAYS[1], both[:1]), (DAYS[2], both[:1])):
        apply(store, ("s", shown, False), at, streamed=True)
    assert {each.name: each.last_seen for each in store.graph().assets} == {"x": DAYS[2], "y": DAYS[1]}
    store.close()
