"""The one decision about what is new, changed, missing, held or gone, as a pure function."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siloscope.graph.commit import (
    STALE,
    Baseline,
    KnownSlice,
    Limits,
    SliceChange,
    Written,
    by_key,
    changes,
    confirm,
    decide,
    observation_of,
    texts,
    vanished,
)
from siloscope.model import (
    Asset,
    Description,
    Observation,
    Reference,
    Retirement,
    Slice,
    Status,
    Tool,
    Verb,
    Visibility,
    to_json,
)

AT, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
ROW = Slice("s", "jobs", "x", config="c", principal="p", visibility=Visibility.ALL)


def assets(*ids: str) -> dict[str, Written]:
    return texts(Asset(each, "glue.job", each, "glue:1") for each in ids)


def after(change: SliceChange, known: KnownSlice | None = None) -> KnownSlice:
    """What a store knows when it has applied `change`: the protocol of `Batch.apply`, in memory."""
    hashes = dict(known.hashes) if known else {}
    missing = set(known.missing) if known else set()
    hashes.update({key: mark for key, mark, _ in change.put})
    missing -= {key for key, _, _ in change.put} | set(change.back)
    missing |= set(change.lost)
    for key in change.gone:
        hashes.pop(key, None)
    return KnownSlice(change.slice, change.baseline, hashes, frozenset(missing & hashes.keys()))


def known_with(*ids: str, row: Slice = ROW) -> KnownSlice:
    return after(decide(None, replace(row, assets=len(ids)), assets(*ids), AT))


def test_the_first_sight_of_a_slice_puts_everything_and_takes_its_baseline() -> None:
    """Nothing known: all is new, nothing can go."""
    change = decide(None, ROW, assets("a", "b"), AT)
    assert [key for key, _, _ in change.put] == ["a:a", "a:b"]
    assert (change.back, change.lost, change.gone) == ((), (), ())
    assert change.baseline == Baseline("c", "p", Visibility.ALL)
    assert (change.slice.last_complete, change.slice.retirement) == (AT, Retirement.APPLIED)


def test_only_what_changed_is_put() -> None:
    """The key is the identity, the hash says whether it changed."""
    known = known_with("a", "b")
    seen = assets("a", "b") | texts([Asset("b", "glue.job", "b", "glue:1", owner="ann")])
    assert [key for key, _, _ in decide(known, ROW, seen, LATER).put] == ["a:b"]
    assert decide(known, ROW, assets("a", "b"), LATER).writes == 0


@pytest.mark.parametrize("status", [Status.PARTIAL, Status.DENIED, Status.FAILED])
def test_a_call_that_was_not_complete_retires_nothing_even_when_told_to_confirm(status: Status) -> None:
    """Could not look is not looked and found nothing; confirmation is about what a complete call no longer shows."""
    known = known_with("a", "b")
    change = decide(known, replace(ROW, status=status, principal="other"), assets("a"), LATER, confirm=True)
    assert (change.gone, change.lost) == ((), ("a:b",))
    assert change.slice.retirement is Retirement.NONE
    assert change.slice.last_complete == AT
    assert change.baseline == known.baseline


def test_what_is_carried_forward_still_counts_as_an_asset_of_the_slice() -> None:
    """The ledger says how many assets the graph has from a slice, not how many the last call saw."""
    change = decide(known_with("a", "b", "c"), replace(ROW, status=Status.PARTIAL, assets=1), assets("a"), LATER)
    assert change.slice.assets == 3


def test_what_is_missing_already_is_not_marked_again() -> None:
    """A second failed call changes no row."""
    failed = replace(ROW, status=Status.FAILED)
    known = known_with("a", "b")
    known = after(decide(known, failed, {}, LATER), known)
    assert known.missing == {"a:a", "a:b"}
    assert decide(known, failed, {}, LATER).writes == 0


def test_what_was_missing_is_back_when_seen_and_gone_when_a_complete_call_does_not_show_it() -> None:
    """Carried forward until somebody looked; a changed one is put, which brings it back as well."""
    known = known_with("a", "b", "c")
    known = after(decide(known, replace(ROW, status=Status.FAILED), {}, LATER), known)
    seen = assets("a") | texts([Asset("b", "glue.job", "b", "glue:1", owner="ann")])
    change = decide(known, ROW, seen, LATER)
    assert (change.back, [key for key, _, _ in change.put], change.gone) == (("a:a",), ["a:b"], ("a:c",))
    assert after(change, known).missing == frozenset()


MANY = [f"n{number:02}" for number in range(40)]


@pytest.mark.parametrize(
    ("kept", "held"),
    [(40, False), (21, False), (20, False), (19, True), (1, True), (0, True)],
    ids=["none", "19 of 40", "half", "21 of 40", "nearly all", "all"],
)
def test_a_loss_of_more_than_half_and_at_least_twenty_is_held(kept: int, held: bool) -> None:
    """Half is believed, more than half is not."""
    change = decide(known_with(*MANY), ROW, assets(*MANY[:kept]), LATER)
    assert (change.slice.retirement is Retirement.HELD) is held
    assert change.slice.held == (40 - kept if held else 0)
    assert len(change.lost if held else change.gone) == 40 - kept


def test_a_small_slice_may_lose_most_but_not_all() -> None:
    """Below twenty a large share is normal; suddenly nothing is not."""
    known = known_with("a", "b", "c")
    assert decide(known, ROW, assets("a"), LATER).gone == ("a:b", "a:c")
    change = decide(known, ROW, {}, LATER)
    assert (change.gone, change.slice.retirement, change.slice.held) == ((), Retirement.HELD, 3)


def test_limits_can_be_set() -> None:
    """A share of zero and one asset: every loss is held."""
    change = decide(known_with("a", "b"), ROW, assets("a"), LATER, limits=Limits(0.0, 1))
    assert change.slice.retirement is Retirement.HELD


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (replace(ROW, principal="q"), "read as q, formerly as p"),
        (replace(ROW, principal=""), "read as unknown"),
        (replace(ROW, config="d"), "configuration"),
        (replace(ROW, visibility=Visibility.FILTERED), "visibility"),
        (replace(ROW, visibility=Visibility.UNKNOWN), "visibility"),
    ],
    ids=["principal", "unknown principal", "configuration", "filtered", "unknown visibility"],
)
def test_what_other_eyes_do_not_see_is_held_however_little_it_is(seen: Slice, word: str) -> None:
    """Complete means all that this principal may see; the baseline stays that of the last trusted reading."""
    known = known_with("a", "b")
    change = decide(known, seen, assets("a"), LATER)
    assert (change.gone, change.lost, change.slice.held) == ((), ("a:b",), 1)
    assert word in change.slice.reason
    assert change.baseline == known.baseline
    assert decide(known, seen, assets("a"), LATER, confirm=True).gone == ("a:b",)


def test_other_eyes_that_see_everything_become_the_baseline() -> None:
    """Nothing is missing, so nothing is in doubt."""
    seen = replace(ROW, principal="q", config="d")
    assert decide(known_with("a"), seen, assets("a", "b"), LATER).baseline == Baseline("d", "q", Visibility.ALL)


def test_more_visibility_than_before_retires() -> None:
    """Who sees more and does not see it, knows that it is gone."""
    known = known_with("a", "b", row=replace(ROW, visibility=Visibility.FILTERED))
    assert decide(known, ROW, assets("a"), LATER).gone == ("a:b",)


def test_confirming_applies_exactly_what_is_held() -> None:
    """The keys that the held reading did not show become tombstones, and its eyes become the baseline."""
    known = known_with("a", "b")
    seen = replace(ROW, principal="q", assets=1)
    known = after(decide(known, seen, assets("a"), LATER), known)
    change = confirm(known)
    assert (change.gone, change.slice.held, change.slice.assets) == (("a:b",), 0, 1)
    assert change.slice.retirement is Retirement.APPLIED
    assert change.baseline == Baseline("c", "q", Visibility.ALL)
    assert change.slice.reason == ""


@pytest.mark.parametrize("status", [Status.DENIED, Status.FAILED, Status.PARTIAL])
def test_confirming_a_slice_that_is_not_held_does_nothing(status: Status) -> None:
    """What a failed call misses, nobody looked for; a person's yes to a held loss is no yes to that."""
    known = known_with(*MANY)
    known = after(decide(known, ROW, assets("n00"), LATER), known)
    known = after(decide(known, replace(ROW, status=status), {}, LATER), known)
    assert confirm(known).writes == 0


def scoped(scope: str, parent: str = "folders@top", listing: str = "jobs", **values: object) -> Slice:
    return replace(ROW, listing=listing, scope=scope, parent=parent, **values)


PARENT = replace(ROW, listing="folders", scope="top", retirement=Retirement.APPLIED)


def known_of(*slices: KnownSlice) -> dict[tuple[str, str, str], KnownSlice]:
    return {each.slice.key: each for each in slices}


def seen_of(*rows: Slice) -> dict[tuple[str, str, str], Slice]:
    return {each.key: each for each in rows}


def by_scope(found: Iterable[SliceChange]) -> dict[str, SliceChange]:
    return {f"{each.slice.listing}@{each.slice.scope}": each for each in found}


def test_a_found_scope_goes_when_its_complete_listing_no_longer_shows_it() -> None:
    """And only that one: its sister, seen again, is not touched."""
    known = known_of(known_with(row=PARENT), known_with("a", row=scoped("one")), known_with("b", row=scoped("two")))
    found = by_scope(vanished(known, seen_of(PARENT, scoped("one"))))
    assert list(found) == ["jobs@two"]
    assert found["jobs@two"].drop
    assert found["jobs@two"].gone == ("a:b",)


@pytest.mark.parametrize(
    "parent",
    [
        replace(PARENT, status=Status.DENIED, retirement=Retirement.NONE),
        replace(PARENT, status=Status.PARTIAL, retirement=Retirement.NONE),
        replace(PARENT, retirement=Retirement.HELD),
    ],
    ids=["denied", "partial", "held"],
)
def test_a_found_scope_stays_when_its_listing_could_not_tell(parent: Slice) -> None:
    """It is stale, keeps everything, and is marked once."""
    known = known_of(known_with(row=PARENT), known_with("a", row=scoped("one")))
    (change,) = vanished(known, seen_of(parent))
    assert (change.drop, change.gone, change.lost) == (False, (), ("a:a",))
    assert change.slice.reason == STALE
    again = known_of(known_with(row=PARENT), after(change, known[scoped("one").key]))
    assert list(vanished(again, seen_of(parent))) == []


def test_a_configured_scope_is_stale_when_it_was_not_visited() -> None:
    """No listing found it, so none can say that it is gone."""
    (change,) = vanished(known_of(known_with("a")), {})
    assert (change.drop, change.gone, change.slice.reason) == (False, (), STALE)


def test_scopes_found_within_a_scope_that_goes_go_with_it() -> None:
    """Organization, account, folder: the folder's own parent was not asked either."""
    known = known_of(
        known_with(row=PARENT),
        known_with(row=scoped("account", listing="inner")),
        known_with("a", row=scoped("folder", parent="inner@account")),
    )
    found = by_scope(vanished(known, seen_of(PARENT)))
    assert {name: change.drop for name, change in found.items()} == {"inner@account": True, "jobs@folder": True}


def test_a_listing_that_is_switched_off_does_not_take_a_scope_that_is_still_there() -> None:
    """The folder is still shown, as its other listing proves; what nobody listed in it is stale."""
    known = known_of(
        known_with(row=PARENT),
        known_with("a", row=scoped("one")),
        known_with("q", row=scoped("one", listing="queues")),
    )
    (change,) = vanished(known, seen_of(PARENT, scoped("one")))
    assert (change.slice.listing, change.drop, change.slice.reason) == ("queues", False, STALE)


def test_scopes_that_other_eyes_do_not_see_are_held_until_confirmed() -> None:
    """A principal that may see two of thirty accounts does not make twenty-eight disappear, in this scan or a later one."""
    before = known_with(row=PARENT)
    child = known_with("a", row=scoped("one"))
    other = replace(PARENT, principal="q")
    (change,) = vanished(known_of(before, child), seen_of(other))
    assert (change.drop, change.gone, change.lost) == (False, (), ("a:a",))
    assert (change.slice.retirement, change.slice.held) == (Retirement.HELD, 1)
    held = after(change, child)
    # The parent had nothing of its own to lose, so by now it is trusted as q.
    trusted = after(decide(before, other, {}, LATER), before)
    assert list(vanished(known_of(trusted, held), seen_of(other))) == []
    assert confirm(held).gone == ("a:a",)
    (change,) = vanished(known_of(trusted, after(confirm(held), held)), seen_of(other))
    assert change.drop


def test_most_of_what_a_listing_found_does_not_go_at_once() -> None:
    """More than half of the assets, and at least twenty, with the scopes that are gone: held, as within a slice."""
    known = known_of(
        known_with(row=PARENT), known_with(*MANY[:15], row=scoped("one")), known_with(*MANY[15:], row=scoped("two"))
    )
    (change,) = vanished(known, seen_of(PARENT, scoped("one")))
    assert (change.slice.retirement, change.slice.held, change.drop) == (Retirement.HELD, 25, False)
    (change,) = vanished(known, seen_of(PARENT, scoped("two")))
    assert change.drop


def test_a_held_slice_that_is_not_visited_any_more_is_stale_and_nothing_is_left_to_confirm() -> None:
    """Not visiting it made all of it missing; confirming would retire what no call failed to show."""
    known = known_with(*MANY)
    known = after(decide(known, ROW, assets("n00"), LATER), known)
    assert known.slice.held == 39
    (change,) = vanished(known_of(known), {})
    known = after(change, known)
    assert (known.slice.held, known.slice.retirement) == (0, Retirement.NONE)
    assert confirm(known).writes == 0


def test_observations_of_one_key_become_one() -> None:
    """A listing that shows a thing twice shows one thing; keys are sorted, kinds do not meet."""
    items: list[Observation] = [
        Tool("x"),
        Asset("x", "k", "x", "t"),
        Description("x", owner="ann"),
        Description("x", environment="prod"),
        Reference("x", Verb.READS, "y", "a"),
        Reference("x", Verb.READS, "y", "b"),
        Reference("x", Verb.READS, "y", "a"),
    ]
    found = by_key(items)
    assert list(found) == sorted(found)
    assert [key[0] for key in found] == ["a", "d", "r", "r", "t"]
    assert found["d:x"] == Description("x", owner="ann", environment="prod")
    for key, item in found.items():
        assert observation_of(key, to_json(item)) == item


def test_the_same_id_made_at_another_time_is_another_thing() -> None:
    """Recreated: told apart by its time of creation; one that merely changed, or whose time nobody knew, is not."""

    def job(created: str | None, owner: str = "ann") -> dict[str, Written]:
        return texts([Asset("a", "glue.job", "a", "glue:1", created=created, owner=owner)])

    known = after(decide(None, ROW, job("2026-01-01"), AT))
    assert decide(known, ROW, job("2026-02-02"), LATER).anew == ("a:a",)
    assert decide(known, ROW, job("2026-01-01", "bob"), LATER).anew == ()
    assert decide(known, ROW, job(None), LATER).anew == ()
    unknown = after(decide(None, ROW, job(None), AT))
    assert decide(unknown, ROW, job("2026-01-01"), LATER).anew == ()


def test_changes_say_what_to_write_and_what_to_remove() -> None:
    """From one set of hashes to another, and nothing when they are equal."""
    assert changes({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == (["b", "d"], ["c"])
    assert changes({"a": "1"}, {"a": "1"}) == ([], [])


STATUSES = st.sampled_from(list(Status))
SIGHTS = st.tuples(STATUSES, st.sets(st.sampled_from("abcdef")), st.sampled_from("pq"), st.booleans())


@given(st.lists(SIGHTS, max_size=8))
def test_only_complete_calls_ever_retire_and_what_is_seen_is_always_there(
    history: list[tuple[Status, set[str], str, bool]],
) -> None:
    """Whatever happens: nothing goes without a complete call, nothing that is seen is missing, none is told twice."""
    known: KnownSlice | None = None
    for status, ids, principal, confirmed in history:
        seen = replace(ROW, status=status, principal=principal, assets=len(ids))
        items = assets(*ids)
        change = decide(known, seen, items, LATER, confirm=confirmed)
        before = set(known.hashes) if known else set()
        assert status is Status.COMPLETE or not change.gone
        assert not set(change.gone) & set(items)
        assert not set(change.gone) & set(change.lost)
        known = after(change, known)
        assert known.hashes.keys() >= items.keys()
        assert not known.missing & items.keys()
        assert known.hashes.keys() | set(change.gone) == before | items.keys()
        assert all(known.hashes[key] == mark for key, (mark, _) in items.items())
        assert change.slice.assets == len(known.hashes)
