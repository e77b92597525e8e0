"""What every store that keeps history promises: each scan's graph as it was, and no row for what did not change."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given

from siloscope.errors import StoreError
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import decide, texts
from siloscope.graph.history import figures, lasting_graph
from siloscope.graph.sqlite import SqliteStore
from siloscope.graph.store import Store
from siloscope.model import Asset, Reference, Verb
from tests.contracts.kept import BOTH, DAYS, HISTORY, RICH, Kept, Shown, jobs, part, scan, scans, tell


def ended(store: Store) -> int:
    """How many versions have ended."""
    cypher = "MATCH (v:SiloscopeVersion {estate: $estate}) RETURN count(v)"
    text = "SELECT count(*) FROM past" if isinstance(store, SqliteStore) else cypher
    return int(store.query(text).rows[0][0])


@pytest.mark.parametrize("commits", [1, 2, 3])
@HISTORY
@given(history=scans())
def test_every_scan_can_be_seen_as_it_was(kept: Kept, commits: int, history: list[tuple[str, Shown, bool]]) -> None:
    """Whatever was scanned since, and however many sources were committed in one scan."""
    store = kept.open(uuid4().hex)
    left = tell(store, history, commits)
    assert [each.id for each in store.scans()] == list(left)
    for key, graph in left.items():
        assert store.graph(key) == graph
        assert lasting_graph(graph) == graph, "what lasts of what lasts is the same"
    assert store.scans()[-1].figures == figures(store.graph())
    store.close()


@HISTORY
@given(history=scans())
def test_what_a_scan_shows_again_adds_no_version(kept: Kept, history: list[tuple[str, Shown, bool]]) -> None:
    """A scan is added, and nothing else: also when it shows other times of use."""
    store = kept.open(uuid4().hex)
    tell(store, history, 1)
    source, shown, _ = history[-1]
    scan(store, DAYS[10], shown, source, confirmed=True)
    before = ended(store)
    used = [
        (row, [replace(each, last_used=DAYS[3]) if isinstance(each, Asset) else each for each in items])
        for row, items in shown
    ]
    for day, again in ((11, shown), (12, used), (13, shown)):
        scan(store, DAYS[day], again, source, confirmed=True)
        assert ended(store) == before
    store.close()


def test_a_version_ends_with_what_changed(store: Store) -> None:
    """First seen, changed, gone and back; the current one is open."""
    scan(store, DAYS[0], [(part(), jobs("a", "b"))])
    scan(store, DAYS[1], [(part(), jobs("a", "b", last_used=DAYS[1], facts={"recent_runs": 5}))])
    scan(store, DAYS[2], [(part(), jobs("a", "b", owner="ann"))])
    scan(store, DAYS[3], [(part(), jobs("b", owner="ann"))])
    scan(store, DAYS[4], [(part(), jobs("a", "b", owner="ann"))])
    told = [(each.body.get("owner"), each.from_scan, each.to_scan) for each in store.versions("glue://1/a")]
    assert told == [(None, DAYS[0], DAYS[2]), ("ann", DAYS[2], DAYS[3]), ("ann", DAYS[4], None)]
    told = [(each.kind, each.from_scan, each.to_scan) for each in store.versions("glue://1/b")]
    assert told == [("asset", DAYS[0], DAYS[2]), ("asset", DAYS[2], None)]
    assert [each.kind for each in store.versions("glue:1")] == ["tool"]
    assert list(store.versions("nothing")) == []


def test_an_edge_ends_with_either_of_its_ends(store: Store) -> None:
    """The edges of a scan are those of its graph, also when a node of theirs went later and came back."""
    scan(store, DAYS[0], [(part(), RICH)])
    before = store.graph(DAYS[0])
    assert len(before.edges) == 3
    scan(store, DAYS[1], [(part(), RICH[:1])])
    assert store.graph(DAYS[1]).edges == ()
    scan(store, DAYS[2], [(part(), RICH)])
    assert store.graph(DAYS[0]) == before
    assert store.graph(DAYS[2]).edges == before.edges


def test_what_a_scan_changes_and_changes_back_is_no_history(store: Store) -> None:
    """Sources are committed one by one; only what they leave together counts."""
    call = Reference("glue://1/a", Verb.CALLS, "glue://1/b", "step")
    scan(store, DAYS[0], [(part(), [*RICH, call])])
    before = store.graph(DAYS[0])
    scan(store, DAYS[1], [(part(), RICH)])
    assert ended(store) == 1
    scan(store, DAYS[1], [(part("t"), [call])], "t")
    assert ended(store) == 0
    assert store.graph(DAYS[1]).edges == before.edges
    assert [each.id for each in store.scans()] == DAYS[:2]


def test_a_scan_is_noted_with_its_sources_and_figures(store: Store) -> None:
    """In the order of commits; an older recording scanned again is a scan of its own."""
    scan(store, DAYS[3], [(part(), RICH)])
    scan(store, DAYS[3], [(part("t"), jobs("z"))], "t")
    scan(store, DAYS[1], [(part(), RICH)])
    scan(store, DAYS[3], [(part(), RICH)])
    told = [(each.id, each.at, each.sources) for each in store.scans()]
    assert told == [(DAYS[3], DAYS[3], ("s", "t")), (DAYS[1], DAYS[1], ("s",)), (f"{DAYS[3]}-2", DAYS[3], ("s",))]
    assert [each.figures["assets"] for each in store.scans()] == [4, 4, 4]
    assert store.graph("-1") == store.graph(DAYS[1])


def test_a_scan_that_fails_leaves_no_trace(store: Store) -> None:
    """Neither a scan nor a version."""
    scan(store, DAYS[0], [(part(), RICH)])
    before = (list(store.scans()), ended(store), store.graph(DAYS[0]))
    with pytest.raises(ZeroDivisionError), store.writing("s") as batch:  # noqa: PT012 - the error comes after the writes
        change = decide(store.known("s")[part().key], part(), texts(jobs("q")), DAYS[1])
        batch.apply(change, DAYS[1])
        batch.publish(build(batch.live(), batch.slices(), Settings(), DAYS[1], DAYS[1]))
        raise ZeroDivisionError
    assert (list(store.scans()), ended(store), store.graph(DAYS[0])) == before


def test_a_new_store_has_no_scan(store: Store) -> None:
    """And says so when asked for one."""
    assert list(store.scans()) == []
    with pytest.raises(StoreError, match="remembers 0"):
        store.graph("-1")


@pytest.mark.parametrize("kept", [BOTH[1]], indirect=True)
def test_versions_hang_off_their_asset(kept: Kept, store: Store) -> None:
    """Readable by ordinary Cypher: what it was, from which scan to which; also after it went and came back."""
    scan(store, DAYS[0], [(part(), jobs("a", owner="ann"))])
    scan(store, DAYS[1], [(part(), jobs("a", owner="bob"))])
    scan(store, DAYS[2], [(part(), [])], confirmed=True)
    scan(store, DAYS[3], [(part(), jobs("a", owner="cy"))])
    text = (
        "MATCH (v:AssetVersion)-[:VERSION_OF]->(a:Asset {estate: $estate}) "
        "MATCH (s:Scan {estate: $estate, n: v.to_scan}) RETURN a.owner, v.owner, s.at ORDER BY s.n"
    )
    assert store.query(text).rows == (("cy", "ann", DAYS[1]), ("cy", "bob", DAYS[2]))


@pytest.mark.parametrize("kept", [BOTH[1]], indirect=True)
def test_an_estate_written_without_history_begins_with_what_it_held(kept: Kept, store: Store) -> None:
    """What a release without history published is the first scan, once the next one is committed."""
    scan(store, DAYS[0], [(part(), RICH)])
    first = store.graph(DAYS[0])
    with kept.server.driver() as driver:
        mine = "$run IN [left(n.estate, size($run))]"
        driver.execute_query(f"MATCH (n:Scan) WHERE {mine} DETACH DELETE n", run=kept.run)
        driver.execute_query(f"MATCH (n) WHERE {mine} REMOVE n.since, n.history", run=kept.run)
        driver.execute_query(f"MATCH (n)-[r]->() WHERE {mine} REMOVE r.since", run=kept.run)
    again = kept.open()
    scan(again, DAYS[1], [(part(), RICH[:1])])
    assert [(each.id, each.sources) for each in again.scans()] == [(DAYS[0], ("s",)), (DAYS[1], ("s",))]
    assert again.graph(DAYS[0]) == first
