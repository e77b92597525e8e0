"""What both stores answer without loading the graph: changes, versions of edges, what a text means, findings."""

import random
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given

from siloscope.comparing import changes, scan_changes
from siloscope.errors import StoreError
from siloscope.graph.history import lasting_slice
from siloscope.graph.store import Store, Verdict
from siloscope.model import Asset, Observation, Reference, Slice, Status, Verb
from tests.contracts.kept import DAYS, HISTORY, RICH, Kept, Shown, finding, jobs, part, scan, scans, tell


@HISTORY
@given(history=scans())
def test_what_differs_between_scans_is_what_their_graphs_say(
    kept: Kept, history: list[tuple[str, Shown, bool]]
) -> None:
    """For any two scans, either way round; and the ledger of each is that of its graph."""
    store = kept.open(uuid4().hex)
    tell(store, history, 1)
    scans = store.scans()
    for scan_row in scans:
        assert list(store.ledger(scan_row)) == sorted(
            map(lasting_slice, store.graph(scan_row.id).slices), key=lambda each: each.key
        )
    pick = random.Random(len(history))
    for _ in range(4):
        before, after = pick.choice(scans), pick.choice(scans)
        told = [each for each in scan_changes(store, before, after) if each["what"] != "findings"]
        assert told == changes(store.graph(before.id), store.graph(after.id))
    store.close()


def test_an_edge_has_versions_of_its_own(store: Store) -> None:
    """At a node, and between two whichever way; a changed confidence is another version, a gone one ends."""
    scan(store, DAYS[0], [(part(), RICH)])
    sure = [replace(each, confidence=1.0) if isinstance(each, Reference) else each for each in RICH]
    scan(store, DAYS[1], [(part(), sure)])
    scan(store, DAYS[2], [(part(), [each for each in sure if not isinstance(each, Reference)])])
    told = [(each.body["verb"], each.body.get("confidence"), each.from_scan, each.to_scan) for each in store.links("s3://lake", "glue://1/b")]  # fmt: skip
    assert told == [("reads", 0.7, DAYS[0], DAYS[1]), ("reads", 1.0, DAYS[1], DAYS[2])]
    assert store.links("glue://1/b", "s3://lake") == store.links("s3://lake", "glue://1/b")
    assert len({each.id for each in store.links("glue://1/b")}) == 2
    assert list(store.links("nothing")) == []


def things(store: Store) -> None:
    """Names that are names, claims, parts of ids, and of several things."""
    items: list[Observation] = [
        Asset("mlflow://h/model/churn", "mlflow.model", "churn", "mlflow:h", names=("models:/churn",)),
        Asset("mlflow://h/model/churn-2", "mlflow.model", "churn", "mlflow:h"),
        Asset("mlflow://h/model/fraud", "mlflow.model", "fraud", "mlflow:h", names=("s3://lake/fraud",)),
        Reference("mlflow://h/model/fraud", Verb.READS, "s3://elsewhere/x"),
        Reference("mlflow://h/model/fraud", Verb.USES, "mlflow://h/model/churn"),
    ]
    scan(store, DAYS[0], [(part(), items)])


MEANT: dict[str, Sequence[str]] = {
    "mlflow://h/model/churn": ["mlflow://h/model/churn"],  # an id before the part of another
    "mlflow:h": ["mlflow:h"],  # a tool
    "outside:s3://elsewhere": ["outside:s3://elsewhere"],
    "s3://elsewhere": ["outside:s3://elsewhere"],
    "churn": ["mlflow://h/model/churn", "mlflow://h/model/churn-2"],  # a name of two
    "models:/churn": ["mlflow://h/model/churn"],  # claimed
    "s3://lake/fraud": ["mlflow://h/model/fraud"],
    "fraud": ["mlflow://h/model/fraud"],
    "urn-2": ["mlflow://h/model/churn-2"],  # a part of an id
    "model/": ["mlflow://h/model/churn", "mlflow://h/model/churn-2", "mlflow://h/model/fraud"],
    "%": [],
    "_": [],
    "' OR 1=1 --": [],
    "nothing": [],
}


@pytest.mark.parametrize("text", MEANT)
def test_a_text_means_what_it_names_first(store: Store, text: str) -> None:
    """An id, then a name or a claim, then a part of an id; signs of a query language mean nothing."""
    things(store)
    found = store.find(text)
    assert (list(found.ids), found.total) == (MEANT[text], len(MEANT[text]))


def test_what_is_found_is_cut_and_counted(store: Store) -> None:
    """A hundred things are not listed to say that there are a hundred."""
    scan(store, DAYS[0], [(part(), jobs(*(f"j{number:03}" for number in range(30))))])
    found = store.find("glue://1/j", most=4)
    assert (found.ids, found.total) == (tuple(f"glue://1/j00{number}" for number in range(4)), 30)


def test_records_and_edges_are_those_of_the_graph(store: Store) -> None:
    """By id, from, to, and between; a tool knows how much it holds."""
    scan(store, DAYS[0], [(part(), RICH)])
    graph = store.graph()
    known = {**graph.asset, **graph.tool, **{each.id: each for each in graph.outside}}
    assert store.records([*known, "nothing"]) == known
    for node in [*graph.number, "nothing"]:
        assert list(store.edges(source=node)) == [each for each in graph.edges if each.source == node]
        assert list(store.edges(target=node)) == [each for each in graph.edges if each.target == node]
    assert list(store.edges("glue://1/a", "s3://lake")) == [
        each for each in graph.edges if (each.source, each.target) == ("glue://1/a", "s3://lake")
    ]
    assert list(store.edges(source="glue://1/b", most=1)) == [each for each in graph.edges if each.source == "glue://1/b"][:1]  # fmt: skip
    assert {each.id: store.held(each.id) for each in graph.tools} == {
        each.id: sum(one.tool == each.id for one in graph.assets) for each in graph.tools
    }
    assert store.held("nothing") == 0


def test_findings_belong_to_the_scan_they_were_noted_for(store: Store) -> None:
    """Read back as they were, all or those about something; unknown again as soon as another scan is published."""
    assert store.noted() is None
    scan(store, DAYS[0], [(part(), RICH)])
    assert store.noted() is None
    rows = [finding("f1"), finding("f2", subjects=["s3://lake"], score=0.5)]
    store.note_findings(rows, {"crossing_share": 0.25})
    assert list(store.noted() or ()) == rows
    assert list(store.noted("f2") or ()) == [rows[1]]
    assert list(store.noted("glue://1/a") or ()) == [rows[0]]
    assert list(store.noted("s3://lake") or ()) == [rows[1]]
    assert list(store.noted("nobody") or ()) == []
    last = store.scans()[-1]
    assert (last.figures["findings"], last.figures["crossing_share"]) == (2, 0.25)
    scan(store, DAYS[1], [(part(), RICH[:-1])])
    assert store.noted() is None
    assert "findings" not in store.scans()[-1].figures
    assert store.scans()[0].figures["findings"] == 2
    store.note_findings([])
    assert list(store.noted() or ()) == []
    assert store.noted() is not None


def test_publishing_the_same_scan_again_asks_for_its_findings_anew(store: Store) -> None:
    """A second source of one scan changes what is found."""
    scan(store, DAYS[0], [(part(), RICH)])
    store.note_findings([finding("f1")], {"crossing_share": 0.25})
    scan(store, DAYS[0], [(part("t"), jobs("z"))], "t")
    assert store.noted() is None
    assert not {"findings", "crossing_share"} & store.scans()[-1].figures.keys()


def test_a_finding_has_versions(store: Store) -> None:
    """Appeared, changed, gone and back, by the scan; what moves in its sentences is no change."""
    told = [
        [finding("f1"), finding("f2")],
        [finding("f1", because=[{"says": "other words", "weight": 2.1}], score=0.9301), finding("f2", severity="low")],
        [finding("f1")],
        [finding("f1"), finding("f2", severity="low")],
    ]
    for day, rows in enumerate(told):
        scan(store, DAYS[day], [(part(), jobs(*"abcd"[: day + 1]))])
        store.note_findings(rows)
    assert [(each.from_scan, each.to_scan) for each in store.versions("f1")] == [(DAYS[0], None)]
    assert [(each.body["severity"], each.from_scan, each.to_scan) for each in store.versions("f2")] == [
        ("high", DAYS[0], DAYS[1]),
        ("low", DAYS[1], DAYS[2]),
        ("low", DAYS[3], None),
    ]
    scans = store.scans()
    differing = {(each.id, each.before is None, each.after is None) for each in store.between(scans[0], scans[2]) if each.kind == "finding"}  # fmt: skip
    assert differing == {("f2", False, True)}
    assert [each.id for each in store.between(scans[1], scans[3]) if each.kind == "finding"] == []


def test_findings_noted_twice_for_one_scan_leave_the_last(store: Store) -> None:
    """Also when what stood between made a version end and begin again."""
    scan(store, DAYS[0], [(part(), RICH)])
    store.note_findings([finding("f1")])
    scan(store, DAYS[1], [(part(), RICH[:-1])])
    store.note_findings([])
    store.note_findings([finding("f1")])
    assert [(each.from_scan, each.to_scan) for each in store.versions("f1")] == [(DAYS[0], None)]


def forgetful(store: Store, keep_from: str) -> tuple[object, ...]:
    """What has to stay as it is when earlier scans are forgotten."""
    kept = [each for each in store.scans() if each.at >= keep_from] or store.scans()[-1:]
    return (
        kept,
        [store.graph(each.id) for each in kept],
        [store.ledger(each) for each in kept],
        store.graph(),
        sorted((each.slice.key, repr(each.item), each.first_seen, each.last_seen) for each in store.live()),
        store.known("s"),
        store.known("t"),
        [[(each.kind, each.id) for each in store.between(kept[0], scan_row)] for scan_row in kept],
    )


@HISTORY
@given(history=scans())
def test_forgetting_earlier_scans_leaves_the_kept_ones_as_they_were(
    kept: Kept, history: list[tuple[str, Shown, bool]]
) -> None:
    """Whatever was scanned, whichever limit; the report says beforehand what goes, and the next scan goes on."""
    store = kept.open(uuid4().hex)
    tell(store, history, 1)
    limit = DAYS[len(history) // 2]
    before = forgetful(store, limit)
    would = store.prune(limit, apply=False)
    assert forgetful(store, limit) == before
    assert [each.id for each in (*would.forgotten, *would.kept)] == [each.id for each in store.scans()]
    assert store.prune(limit) == would
    assert forgetful(store, limit) == before
    for gone in would.forgotten:
        with pytest.raises(StoreError, match="no scan"):
            store.graph(gone.id)
    assert store.prune(limit) == replace(would, forgotten=(), versions=0, observations=0, slices=0)
    scan(store, DAYS[20], [(part(), RICH)], confirmed=True)
    assert store.graph(would.kept[-1].id) == before[1][-1]  # type: ignore[index]
    store.close()


def test_what_was_so_before_the_first_kept_scan_says_so(store: Store) -> None:
    """Its version has no beginning that is remembered."""
    scan(store, DAYS[0], [(part(), jobs("a", "b"))])
    scan(store, DAYS[1], [(part(), jobs("a", "b", owner="ann"))])
    scan(store, DAYS[2], [(part(), jobs("a", owner="ann"))])
    told = store.prune(DAYS[2])
    assert ([each.id for each in told.forgotten], told.versions > 0) == ([DAYS[0], DAYS[1]], True)
    assert [(each.from_scan, each.to_scan) for each in store.versions("glue://1/a")] == [("", None)]
    assert list(store.versions("glue://1/b")) == []


def test_tombstones_older_than_what_is_kept_go(store: Store) -> None:
    """Of observations and of slices that ended; a later one stays."""
    scan(store, DAYS[0], [(part(), jobs("a", "b", "c")), (part(scope="y", parent="jobs@x"), jobs("d"))])
    scan(store, DAYS[1], [(part(), jobs("a", "b"))], confirmed=True)
    scan(store, DAYS[2], [(part(), jobs("a"))])
    told = store.prune(DAYS[2])
    assert (told.observations, told.slices) == (2, 1)
    assert store.prune(DAYS[3]).observations == 1


def test_a_slice_that_ended_is_no_longer_known(store: Store) -> None:
    """It is kept as a tombstone; when its scope comes back, everything in it is first seen then."""
    child: Slice = part(scope="y", parent="jobs@x")
    scan(store, DAYS[0], [(part(), jobs("a")), (child, jobs("d"))])
    scan(store, DAYS[1], [(part(), jobs("a"))])
    assert child.key not in store.known("s")
    assert [each.scope for each in store.slices()] == ["x"]
    scan(store, DAYS[2], [(part(), jobs("a")), (child, jobs("d"))])
    assert {each.name: each.first_seen for each in store.graph().assets} == {"a": DAYS[0], "d": DAYS[2]}


def test_one_source_is_scanned_by_one(kept: Kept) -> None:
    """The other hears who does; other sources are free; afterwards, and after an error, so is this one."""
    one, two = kept.open(), kept.open()
    with one.lease("s"):
        with pytest.raises(StoreError, match=r"process \d+"), two.lease("s"):
            pass
        with pytest.raises(StoreError), one.lease("s"):
            pass
        with two.lease("t"):
            pass
    with pytest.raises(ZeroDivisionError), one.lease("s"):
        raise ZeroDivisionError
    with two.lease("s"), two.lease("T/../x\u202e"):
        pass


def test_a_verdict_outlives_what_it_is_about(store: Store) -> None:
    """People's words are kept whatever scans, findings and prunes do."""
    scan(store, DAYS[0], [(part(), RICH)])
    store.note_findings([finding("f1")])
    store.set_verdict("f1", Verdict("rejected", "two teams", DAYS[0]))
    scan(store, DAYS[1], [(part(status=Status.PARTIAL), [])])
    store.note_findings([])
    store.prune(DAYS[1])
    assert store.verdicts() == {"f1": Verdict("rejected", "two teams", DAYS[0])}
