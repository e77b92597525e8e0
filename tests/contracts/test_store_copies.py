"""Moving between stores: whatever one holds the other holds, whichever kinds they are."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given

from siloscope.errors import StoreError
from siloscope.graph.copying import Record, copy
from siloscope.graph.store import Store, Verdict
from siloscope.graph.view import Graph
from tests.contracts.kept import (
    DAYS,
    HISTORY,
    HOSTILE,
    RICH,
    Kept,
    Shown,
    content,
    finding,
    jobs,
    part,
    scan,
    scans,
    tell,
)

KINDS = ("sqlite", "neo4j")
WAYS = [
    pytest.param((one, other), id=f"{one}-{other}", marks=[pytest.mark.server("neo4j")] * ("neo4j" in (one, other)))
    for one in KINDS
    for other in KINDS
]


@pytest.fixture(params=WAYS)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Kept, Kept]]:
    found = []
    for kind in request.param:
        server = request.getfixturevalue("neo4j") if kind == "neo4j" else None
        found.append(Kept(kind, tmp_path, server))
    yield found[0], found[1]
    for each in found:
        each.close()


def dumped(store: Store) -> list[str]:
    """Everything a store holds, in one order for both kinds."""
    return sorted(map(repr, store.dump()))


def answers(store: Store) -> tuple[object, ...]:
    """What people get from it."""
    scans = store.scans()
    return (
        content(store),
        scans,
        [store.graph(each.id) for each in scans],
        [store.ledger(each) for each in scans],
        {source: store.known(source) for source in ("s", "t")},
        store.verdicts(),
        store.noted(),
        store.fingerprint(),
        store.versions("glue://1/a"),
        store.links("s3://lake"),
    )


@HISTORY
@given(history=scans())
def test_a_copy_answers_as_what_it_was_copied_from(
    places: tuple[Kept, Kept], history: list[tuple[str, Shown, bool]]
) -> None:
    """Observations, graph, history, verdicts; and the next scan does the same to both."""
    one, other = (each.open(uuid4().hex) for each in places)
    tell(one, history, 1)
    one.note_findings([finding("f1")], {"crossing_share": 0.5})
    one.set_verdict("f1", Verdict("accepted", "yes", DAYS[0]))
    one.set_fingerprint("abc")
    told = copy(one, other)
    assert told.counts["ObservationRecord"] > 0
    assert answers(other) == answers(one)
    assert dumped(other) == dumped(one)
    for each in (one, other):
        scan(each, DAYS[20], [(part(), RICH)], confirmed=True)
        each.note_findings([])
    assert answers(other) == answers(one)
    assert dumped(other) == dumped(one)
    one.close()
    other.close()


@pytest.mark.parametrize("text", list(HOSTILE.values()), ids=list(HOSTILE))
def test_hostile_names_are_copied_as_they_are(places: tuple[Kept, Kept], text: str) -> None:
    """Every name, scope and reason."""
    one, other = (each.open(uuid4().hex) for each in places)
    scan(one, DAYS[0], [(part(scope=text, reason=text), jobs(text or "-", owner=text, facts={text or "-": text}))])
    one.set_verdict(text or "-", Verdict("rejected", text, DAYS[0]))
    copy(one, other)
    assert answers(other) == answers(one)


def test_an_empty_store_is_copied_as_an_empty_one(places: tuple[Kept, Kept]) -> None:
    """Nothing is nothing."""
    one, other = (each.open(uuid4().hex) for each in places)
    assert copy(one, other).counts == {}
    assert other.graph() == Graph()
    scan(other, DAYS[0], [(part(), RICH)])


def test_a_store_that_holds_something_is_not_copied_into(places: tuple[Kept, Kept]) -> None:
    """And stays as it was."""
    one, other = (each.open(uuid4().hex) for each in places)
    for each in (one, other):
        scan(each, DAYS[0], [(part(), RICH)])
    before = dumped(other)
    with pytest.raises(StoreError, match="holds"):
        copy(one, other)
    assert dumped(other) == before


def test_a_copy_that_breaks_off_leaves_nothing_to_be_seen(places: tuple[Kept, Kept]) -> None:
    """Readers see all of it or nothing, and it can be tried again."""
    one, other = (each.open(uuid4().hex) for each in places)
    scan(one, DAYS[0], [(part(), RICH)])
    scan(one, DAYS[1], [(part(), RICH[:3])])

    def broken(records: Iterable[Record]) -> Iterator[Record]:
        yield from list(records)[:-3]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        other.load(broken(one.dump()))
    assert (other.graph(), list(other.scans()), list(other.slices())) == (Graph(), [], [])
    copy(one, other)
    assert answers(other) == answers(one)
