"""What every store promises, held by both: the same scans give the same graph, and nothing is lost on the way."""

import re
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from siloscope.errors import StoreError
from siloscope.graph import neo4j_link, neo4j_read, sqlite_rows
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import confirm, decide, texts
from siloscope.graph.store import Store, Verdict
from siloscope.graph.view import Graph
from siloscope.model import (
    Asset,
    Description,
    Observation,
    Reference,
    Retirement,
    Status,
    Tool,
    Verb,
    Visibility,
    dumps,
)
from tests.contracts.kept import (
    BOTH,
    DAYS,
    FINDING,
    HOSTILE,
    RICH,
    Kept,
    Shown,
    content,
    jobs,
    names,
    part,
    scan,
    scans,
)


def test_a_new_store_is_empty(store: Store) -> None:
    """Nothing was scanned: no graph, no ledger, no observation, no verdict, no fingerprint; nothing fails."""
    assert store.graph() == Graph()
    assert list(store.live()) == []
    assert list(store.slices()) == []
    assert store.known("s") == {}
    assert store.verdicts() == {}
    assert store.fingerprint() == ""


def test_what_is_committed_is_read_back_equal(kept: Kept, store: Store) -> None:
    """The graph that was built is the graph that is read, through another connection too, field by field."""
    with store.writing("s") as batch:
        row = part(assets=3)
        batch.apply(decide(None, row, texts(RICH), DAYS[0]), DAYS[0])
        graph = build(batch.live(), batch.slices(), Settings(), "id", DAYS[0])
        batch.publish(graph)
    assert len(graph.edges) == 3
    assert len(graph.outside) == 1
    for each in (store, kept.open()):
        assert each.graph() == graph
        assert dumps(each.graph().document()) == dumps(graph.document())
    live = {(type(row.item), row.first_seen, row.last_seen) for row in store.live()}
    assert live == {(kind, DAYS[0], DAYS[0]) for kind in (Asset, Description, Reference, Tool)}
    assert sorted(texts(row.item for row in store.live()).items()) == sorted(texts(RICH).items())


def test_a_scan_that_shows_the_same_writes_no_row(kept: Kept, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second identical scan, days later, touches the ledger and its meta row only; a changed asset touches its own rows."""
    shown = [(part(), RICH)]
    scan(store, DAYS[0], shown)
    writes = count_writes(kept, store, monkeypatch)
    scan(store, DAYS[5], shown)
    assert writes() == 0
    assert {each.last_seen for each in store.graph().assets} == {DAYS[5]}
    assert {each.first_seen for each in store.graph().assets} == {DAYS[0]}
    changed = [replace(each, owner="bob") if getattr(each, "name", "") == "a" else each for each in RICH]
    scan(store, DAYS[6], [(part(), changed)])
    assert writes() == 2, "one observation, one asset"
    assert store.graph().asset["glue://1/a"].owner == "bob"


def count_writes(kept: Kept, store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A counter of rows written to observations and to the published graph; a call gives and resets it."""
    if kept.kind == "sqlite":
        return count_by_triggers(store._db)
    import neo4j

    written: list[int] = []
    original = neo4j.ManagedTransaction.run
    apart = (":SiloscopeStore", ":SiloscopeSlice", ":SiloscopeLease", ":SiloscopeVersion", "REMOVE n.undo")

    def run(self: object, query: str, parameters: dict | None = None, **more: object) -> object:
        if not any(each in query for each in apart) and any(
            word in query for word in ("SET ", "CREATE ", "MERGE ", "DELETE ")
        ):
            written.append(len((parameters or {}).get("rows", [None])))
        return original(self, query, parameters, **more)

    monkeypatch.setattr(neo4j.ManagedTransaction, "run", run)

    def total() -> int:
        count = sum(written)
        written.clear()
        return count

    return total


def count_by_triggers(db: sqlite3.Connection) -> Callable[[], int]:
    db.execute("CREATE TEMP TABLE written (name TEXT)")
    for table in ("observation", "asset", "tool", "edge"):
        for event in ("INSERT", "UPDATE", "DELETE"):
            db.execute(
                f"CREATE TEMP TRIGGER {event}_{table} AFTER {event} ON main.{table} "
                f"BEGIN INSERT INTO written VALUES ('{table}'); END"
            )

    def total() -> int:
        count = db.execute("SELECT count(*) FROM temp.written").fetchone()[0]
        db.execute("DELETE FROM temp.written")
        return count

    return total


def test_a_complete_slice_retires_what_it_no_longer_shows(store: Store) -> None:
    """Looked and found nothing: gone from the graph and from what is live."""
    scan(store, DAYS[0], [(part(), jobs("a", "b", "c"))])
    ledger = scan(store, DAYS[1], [(part(), jobs("a", "c"))])
    assert names(store) == ["a", "c"]
    assert ledger["jobs"].retirement is Retirement.APPLIED
    assert len(list(store.live())) == 2


@pytest.mark.parametrize("status", [Status.DENIED, Status.FAILED, Status.PARTIAL])
def test_a_slice_that_did_not_see_everything_retires_nothing(store: Store, status: Status) -> None:
    """Could not look: everything stays, with the time when it was last really seen, until a complete slice retires it."""
    scan(store, DAYS[0], [(part(), jobs("a", "b", "c"))])
    shown = jobs("a") if status is Status.PARTIAL else []
    ledger = scan(store, DAYS[1], [(part(status=status), shown)])
    assert names(store) == ["a", "b", "c"]
    assert ledger["jobs"].retirement is Retirement.NONE
    assert ledger["jobs"].last_complete == DAYS[0]
    seen = {each.name: each.last_seen for each in store.graph().assets}
    assert seen == {"a": DAYS[1] if shown else DAYS[0], "b": DAYS[0], "c": DAYS[0]}
    scan(store, DAYS[2], [(part(status=Status.FAILED), [])])
    assert {each.name: each.last_seen for each in store.graph().assets} == seen
    scan(store, DAYS[3], [(part(), jobs("a"))])
    assert names(store) == ["a"]


def test_an_asset_missing_for_a_while_is_itself_again_when_it_is_back(store: Store) -> None:
    """Carried forward and seen again: never gone, so it keeps when it was first seen."""
    scan(store, DAYS[0], [(part(), jobs("a", "b"))])
    scan(store, DAYS[1], [(part(status=Status.PARTIAL), jobs("a"))])
    scan(store, DAYS[2], [(part(), jobs("a", "b"))])
    back = store.graph().asset["glue://1/b"]
    assert (back.first_seen, back.last_seen) == (DAYS[0], DAYS[2])


MANY = [f"job-{n:02}" for n in range(30)]
HELD = {
    "suddenly empty": (part(), []),
    "more than half of at least twenty": (part(), jobs(*MANY[:9])),
    "another principal": (part(principal="other"), jobs(*MANY[:29])),
    "lesser visibility": (part(visibility=Visibility.FILTERED), jobs(*MANY[:29])),
    "another configuration": (part(config="d"), jobs(*MANY[:29])),
}


@pytest.mark.parametrize("case", HELD)
def test_a_loss_that_may_be_no_loss_is_held_until_confirmed(store: Store, case: str) -> None:
    """Everything stays, also from scan to scan, until a person confirms; then it goes without another scan."""
    scan(store, DAYS[0], [(part(), jobs(*MANY))])
    shown = HELD[case]
    lost = len(MANY) - len(shown[1])
    for at in DAYS[1:3]:
        ledger = scan(store, at, [shown])
        assert names(store) == MANY
        assert (ledger["jobs"].retirement, ledger["jobs"].held) == (Retirement.HELD, lost)
        assert ledger["jobs"].reason.startswith("held: ")
    with store.writing("s") as batch:
        for each in store.known("s").values():
            batch.apply(confirm(each), DAYS[3])
        batch.publish(build(batch.live(), batch.slices(), Settings(), "id", DAYS[3]))
    assert names(store) == [each.name for each in shown[1]]
    ledger = scan(store, DAYS[4], [shown])
    assert (ledger["jobs"].retirement, ledger["jobs"].held) == (Retirement.APPLIED, 0)


def test_a_scan_told_to_confirm_retires_at_once(store: Store) -> None:
    """The same loss with `confirm` is applied."""
    scan(store, DAYS[0], [(part(), jobs(*MANY))])
    scan(store, DAYS[1], [(part(), [])], confirmed=True)
    assert names(store) == []
    assert list(store.live()) == []


def test_a_scope_goes_with_the_complete_listing_that_no_longer_shows_it(store: Store) -> None:
    """A folder that is gone takes its slice and assets along; a folder that was not listed stays, and is stale."""
    folders = part(listing="folders", scope="")
    one, two = (part(scope=name, parent="folders@") for name in ("one", "two"))
    scan(store, DAYS[0], [(folders, []), (one, jobs("a")), (two, jobs("b"))])
    scan(store, DAYS[1], [(replace(folders, status=Status.DENIED), []), (one, jobs("a"))])
    assert names(store) == ["a", "b"]
    assert [each.reason[:6] for each in store.slices() if each.scope == "two"] == ["stale:"]
    scan(store, DAYS[2], [(folders, []), (one, jobs("a"))])
    assert names(store) == ["a"]
    assert [each.scope for each in store.slices()] == ["", "one"]


def test_a_listing_that_is_no_longer_configured_is_stale_not_gone(store: Store) -> None:
    """Nobody looked: what it showed stays, with the time when it was last seen."""
    scan(store, DAYS[0], [(part(), jobs("a")), (part(listing="queues"), jobs("q"))])
    ledger = scan(store, DAYS[1], [(part(), jobs("a"))])
    assert names(store) == ["a", "q"]
    assert ledger["queues"].reason.startswith("stale:")
    assert store.graph().asset["glue://1/q"].last_seen == DAYS[0]


def test_what_was_gone_and_is_seen_again_is_new(store: Store) -> None:
    """A tombstone that comes back starts anew."""
    scan(store, DAYS[0], [(part(), jobs("a", "b"))])
    scan(store, DAYS[1], [(part(), jobs("a"))])
    scan(store, DAYS[2], [(part(), jobs("a", "b"))])
    seen = {each.name: each.first_seen for each in store.graph().assets}
    assert seen == {"a": DAYS[0], "b": DAYS[2]}


def test_a_commit_that_fails_leaves_the_last_one_whole(kept: Kept, store: Store) -> None:
    """An error in the middle, after slices were applied and the graph published: as if nothing had been begun."""
    scan(store, DAYS[0], [(part(), RICH)])
    before = content(store)
    with pytest.raises(ZeroDivisionError), store.writing("s") as batch:  # noqa: PT012 - the error comes after the writes
        change = decide(store.known("s")[part().key], part(), texts(jobs("z")), DAYS[1])
        batch.apply(change, DAYS[1])
        batch.publish(build(batch.live(), batch.slices(), Settings(), "id", DAYS[1]))
        raise ZeroDivisionError
    assert content(store) == before
    assert content(kept.open()) == before
    scan(store, DAYS[2], [(part(), [*RICH, *jobs("z")])])
    assert "z" in names(store)


def test_readers_see_a_commit_as_a_whole(kept: Kept, store: Store) -> None:
    """While a commit is under way its batch sees its own changes, and everybody else the last commit."""
    scan(store, DAYS[0], [(part(), RICH)])
    reader = kept.open()
    before = content(reader)
    with store.writing("s") as batch:
        batch.apply(decide(store.known("s").get(part().key), part(), texts([*RICH, *jobs("z")]), DAYS[1]), DAYS[1])
        batch.publish(build(batch.live(), batch.slices(), Settings(), "id", DAYS[1]))
        assert "z" in {getattr(row.item, "name", "") for row in batch.live()}
        assert content(reader) == before
    assert "z" in names(reader)


@pytest.mark.parametrize("kept", BOTH, indirect=True)
def test_a_commit_in_the_middle_of_a_read_does_not_tear_it(
    kept: Kept, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that is overtaken between nodes and edges gets one commit or the other, never half of each."""
    scan(store, DAYS[0], [(part(), RICH)])
    reader = kept.open()
    old = reader.graph()
    owner, name = (sqlite_rows, "_read_edges") if kept.kind == "sqlite" else (neo4j_read, "links")
    original = getattr(owner, name)
    overtaken = []

    def overtake(*given: object) -> object:
        if not overtaken:
            overtaken.append(True)
            scan(
                store,
                DAYS[1],
                [(part(), [RICH[0], *RICH[2:4], *jobs("z"), Reference("glue://1/z", Verb.CALLS, "s3://lake")])],
            )
        return original(*given)

    monkeypatch.setattr(owner, name, overtake)
    found = reader.graph()
    assert overtaken
    assert found in (old, store.graph())


def test_writers_of_one_store_wait_for_each_other(kept: Kept) -> None:
    """A second commit begins when the first has ended, and builds on it."""
    one, two = kept.open(), kept.open()
    scan(one, DAYS[0], [(part(), jobs("a"))])
    begun, entered = threading.Event(), threading.Event()

    def second() -> None:
        begun.set()
        with two.writing("t") as batch:
            entered.set()
            row = part("t")
            batch.apply(decide(None, row, texts(jobs("c")), DAYS[2]), DAYS[2])
            batch.publish(build(batch.live(), batch.slices(), Settings(), "id", DAYS[2]))

    thread = threading.Thread(target=second)
    with one.writing("s") as batch:
        thread.start()
        assert begun.wait(60)
        assert not entered.wait(0.2)
        known = one.known("s")[part().key]
        batch.apply(decide(known, part(), texts(jobs("a", "b")), DAYS[1]), DAYS[1])
        batch.publish(build(batch.live(), batch.slices(), Settings(), "id", DAYS[1]))
    thread.join(60)
    assert entered.is_set()
    assert names(one) == ["a", "b", "c"]


def test_an_asset_that_two_sources_see_goes_with_the_last_of_them(store: Store) -> None:
    """Each source commits for itself; the asset stays as long as one of them shows it."""
    scan(store, DAYS[0], [(part(), jobs("a"))])
    scan(store, DAYS[1], [(part("t", precedence=10), jobs("a", owner="ann"))], "t")
    found = store.graph().asset["glue://1/a"]
    assert (found.sources, found.owner, found.first_seen, found.last_seen) == (("s", "t"), "ann", DAYS[0], DAYS[1])
    scan(store, DAYS[2], [(part(), [])], confirmed=True)
    assert store.graph().asset["glue://1/a"].sources == ("t",)
    scan(store, DAYS[3], [(part("t"), [])], "t", confirmed=True)
    assert names(store) == []


def test_verdicts_are_kept_from_scan_to_scan(kept: Kept, store: Store) -> None:
    """What a person said survives every commit, can be changed, and can be taken back."""
    said = Verdict("accepted", 'migrating in "Q3"\n', DAYS[0])
    store.set_verdict("f1", said)
    store.set_verdict("f2", Verdict("rejected", "", DAYS[0]))
    scan(store, DAYS[1], [(part(), RICH)])
    scan(store, DAYS[2], [(part(), jobs("z"))], confirmed=True)
    again = kept.open()
    assert again.verdicts() == {"f1": said, "f2": Verdict("rejected", "", DAYS[0])}
    again.set_verdict("f1", replace(said, state="rejected"))
    again.set_verdict("f2", None)
    again.set_verdict("never there", None)
    assert store.verdicts() == {"f1": replace(said, state="rejected")}


def test_the_fingerprint_of_settings_is_remembered(kept: Kept, store: Store) -> None:
    """Set before or after a commit, inside one or outside, and read through another connection."""
    store.set_fingerprint("one")
    scan(store, DAYS[0], [(part(), RICH)])
    assert kept.open().fingerprint() == "one"
    with store.writing("s"):
        store.set_fingerprint("two")
    assert kept.open().fingerprint() == "two"


COUNT_FINDINGS = {
    "sqlite": "SELECT id, rule FROM finding ORDER BY id",
    "neo4j": "MATCH (f:Finding {estate: $estate}) RETURN f.id, f.rule ORDER BY f.id",
}


def test_findings_are_replaced_as_a_whole(kept: Kept, store: Store) -> None:
    """Those of the last analysis can be queried, no others."""
    scan(store, DAYS[0], [(part(), RICH)])
    store.note_findings([FINDING, {**FINDING, "id": "f2"}])
    assert store.query(COUNT_FINDINGS[kept.kind]).rows == (("f1", "duplicate-asset"), ("f2", "duplicate-asset"))
    store.note_findings([{**FINDING, "id": "f2", "rule": "unowned"}])
    assert store.query(COUNT_FINDINGS[kept.kind]).rows == (("f2", "unowned"),)
    graph = store.graph()
    store.note_findings([])
    assert store.query(COUNT_FINDINGS[kept.kind]).rows == ()
    assert store.graph() == graph


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_names_that_mean_harm_do_none(kept: Kept, store: Store, text: str) -> None:
    """Whatever a bot, a kind, a tag or a folder is called, it is read back as it was, and nothing else changes."""
    scan(store, DAYS[0], [(part("t"), RICH)], "t")
    before = content(store)
    items: list[Observation] = [
        Asset(
            f"bot://{text}", text or "k", text, f"uipath:{text}", names=(f"bot://{text}/n",), owner=text,
            department=text, environment=text, facts={f"tag.{text}": text, text: "v"}, shape={text: 1},
        ),
        Asset(f"bot://{text}2", text or "k", text, f"uipath:{text}"),
        Description(f"bot://{text}", url=text),
        Reference(f"bot://{text}", Verb.CALLS, f"bot://{text}2", text),
        Reference(f"bot://{text}", Verb.CALLS, f"outside-of-everything {text}", text),
    ]  # fmt: skip
    row = part(scope=text, reason=text, principal=text)
    scan(store, DAYS[0], [(row, items)])
    graph = store.graph()
    assert graph == replace(build(store.live(), store.slices(), Settings(), DAYS[0], DAYS[0]))
    found = graph.asset[f"bot://{text}"]
    assert (found.name, found.facts[text], found.owner) == (text, "v", text or None)
    assert {each.where for each in graph.edges if each.source == found.id} == {text}
    assert set(store.known("s")[row.key].hashes) == set(texts(items))
    store.note_findings([{**FINDING, "id": text, "title": text, "subjects": [found.id]}])
    store.set_verdict(text, Verdict("accepted", text, DAYS[0]))
    assert store.verdicts()[text].reason == text
    scan(store, DAYS[1], [(row, [])], confirmed=True)
    assert [each.item for each in content(store)[0]] == [each.item for each in before[0]]
    assert store.graph().assets == before[2].assets


def test_ids_that_differ_only_at_the_end_of_5000_characters_are_two(store: Store) -> None:
    """Nothing is cut where identity hangs on it."""
    long = "bot://" + "模" * 5_000
    items: list[Observation] = [Asset(long + end, "bot", end, "uipath:1") for end in "ab"]
    items += [Description(long + end, owner=end) for end in "ab"]
    scan(store, DAYS[0], [(part(), items)])
    assert [(each.id[-1], each.owner) for each in store.graph().assets] == [("a", "a"), ("b", "b")]
    scan(store, DAYS[1], [(part(), items[1:])])
    assert names(store) == ["b"]


WRITES = {
    "sqlite": [
        "DELETE FROM asset",
        "UPDATE asset SET name = 'x'",
        "INSERT INTO meta VALUES ('a', 'b')",
        "DROP TABLE asset",
        "CREATE TABLE other (x)",
        "PRAGMA user_version = 99",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA query_only = OFF",
        "ATTACH DATABASE ':memory:' AS other",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        "BEGIN IMMEDIATE",
        "SELECT 1; DELETE FROM asset",
    ],
    "neo4j": [
        "CREATE (n:Asset {id: 'x'})",
        "MATCH (n) DETACH DELETE n",
        "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS",
        "MATCH (n:Asset) SET n.name = 'x'",
        "MERGE (n:Asset {id: 'x'})",
        "CREATE INDEX other FOR (n:Other) ON (n.x)",
        "DROP CONSTRAINT siloscope_asset",
        "CREATE USER mallory SET PASSWORD 'mallory-mallory'",
        "CALL db.createLabel('Other')",
        "CALL db.clearQueryCaches()",
        "TERMINATE TRANSACTION 'neo4j-transaction-1'",
        "LOAD CSV FROM 'file:///etc/hostname' AS line RETURN line",
        "MATCH (n) RETURN n; MATCH (n) DETACH DELETE n",
    ],
}
READS = {
    "sqlite": ("SELECT kind, count(*) AS n FROM asset WHERE NOT outside GROUP BY kind ORDER BY kind", ("kind", "n")),
    "neo4j": ("MATCH (a:Asset {estate: $estate}) RETURN a.kind AS kind, count(*) AS n ORDER BY kind", ("kind", "n")),
}


def test_a_query_reads(kept: Kept, store: Store) -> None:
    """Columns by name, rows of plain values; a malformed one is a StoreError of one line."""
    scan(store, DAYS[0], [(part(), RICH)])
    text, columns = READS[kept.kind]
    answer = store.query(text)
    assert answer.columns == columns
    assert answer.rows == (("glue.job", 2), ("s3.bucket", 1))
    with pytest.raises(StoreError) as error:
        store.query("this is no query")
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("query: ")


def test_a_query_cannot_do_more_than_read(kept: Kept, store: Store, tmp_path: Path) -> None:
    """Whatever would write, change settings, users or schema, or leave a transaction open, is refused and does nothing."""
    scan(store, DAYS[0], [(part(), RICH)])
    before = content(store)
    for text in WRITES[kept.kind]:
        with pytest.raises(StoreError, match="query: "):
            store.query(text)
        assert content(store) == before, text
    assert not Path("copy.db").exists()
    scan(store, DAYS[1], [(part(), [*RICH, *jobs("z")])])
    assert "z" in names(store)


def test_two_stores_do_not_see_each_other(kept: Kept) -> None:
    """Two files, or two estates of one database: same sources, same ids, nothing shared."""
    one, two = kept.open("one"), kept.open("two")
    scan(one, DAYS[0], [(part(), RICH)])
    one.set_verdict("f1", Verdict("accepted", "", DAYS[0]))
    one.set_fingerprint("mine")
    one.note_findings([FINDING])
    before = content(one)
    assert two.graph() == Graph()
    assert (two.known("s"), list(two.slices()), list(two.live()), two.verdicts(), two.fingerprint()) == (
        {},
        [],
        [],
        {},
        "",
    )
    scan(two, DAYS[1], [(part(), jobs("a", "z"))])
    two.note_findings([])
    two.set_verdict("f1", None)
    scan(two, DAYS[2], [(part(), [])], confirmed=True)
    assert content(one) == before
    assert one.query(COUNT_FINDINGS[kept.kind]).rows == (("f1", "duplicate-asset"),)
    assert list(one.verdicts()) == ["f1"]


def test_more_rows_than_one_statement_takes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions of a write are no boundary: what takes several statements arrives and goes whole."""
    monkeypatch.setattr(neo4j_link, "ROWS", 100)
    many = [f"{n:03}" for n in range(250)]
    links = [Reference(f"glue://1/{name}", Verb.READS, "glue://1/000", "in") for name in many]
    scan(store, DAYS[0], [(part(), [*jobs(*many), *links])])
    graph = store.graph()
    assert (len(graph.assets), len(graph.edges)) == (250, 249)
    scan(store, DAYS[1], [(part(), jobs(*many[:130]))])
    graph = store.graph()
    assert (len(graph.assets), len(graph.edges)) == (130, 0)


def replay(store: Store, history: Sequence[tuple[str, Shown, bool]]) -> None:
    """Run a history; after each commit the published graph is what a build from nothing gives."""
    for number, (source, shown, confirmed) in enumerate(history):
        at = DAYS[number]
        scan(store, at, shown, source, confirmed=confirmed)
        assert store.graph() == build(store.live(), store.slices(), Settings(), at, at)


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(history=scans())
def test_what_is_published_by_steps_is_what_is_built_at_once(
    kept: Kept, history: list[tuple[str, Shown, bool]]
) -> None:
    """Writing only what differs leaves nothing behind and forgets nothing, whatever was scanned before."""
    store = kept.open(uuid4().hex)
    replay(store, history)
    store.close()


@pytest.mark.server("neo4j")
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(history=scans())
def test_both_stores_tell_the_same(neo4j: object, tmp_path: Path, history: list[tuple[str, Shown, bool]]) -> None:
    """The same history gives the same graph document, ledger, observations and knowledge on both."""
    places = [Kept("sqlite", tmp_path, None), Kept("neo4j", tmp_path, neo4j)]
    try:
        one, two = (place.open() for place in places)
        for each in (one, two):
            replay(each, history)
        assert content(one) == content(two)
        assert dumps(one.graph().document()) == dumps(two.graph().document())
        assert {key: one.known(key) for key in "st"} == {key: two.known(key) for key in "st"}
    finally:
        for place in places:
            place.close()


def test_the_queries_of_the_documentation_run(kept: Kept, store: Store) -> None:
    """Six for each store, as they stand in docs/stores.md, on a small estate."""
    scan(store, DAYS[0], [(part(), RICH)])
    store.note_findings([FINDING])
    page = (Path(__file__).resolve().parents[2] / "docs" / "stores.md").read_text("utf-8")
    queries = re.findall(rf"```{'sql' if kept.kind == 'sqlite' else 'cypher'}\n(.*?)```", page, re.DOTALL)
    assert len(queries) == 6
    for text in queries:
        assert store.query(text).columns
    assert store.query(queries[0]).rows[0] == ("glue.job", 2)
    assert [row[0] for row in store.query(queries[1]).rows] == ["glue://1/b"]
    assert {row[0] for row in store.query(queries[2]).rows} >= {"glue://1/a", "glue://1/b"}
