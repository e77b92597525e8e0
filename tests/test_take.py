"""`take`, the one place that fails: whatever a platform does becomes the status of one slice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from siloscope.collectors.base import Listing, Scope, Trouble, take
from siloscope.errors import Denied, Unavailable
from siloscope.model import Asset, Slice, Status, Visibility
from tests.listings import SOURCE, THINGS, Table, doc, things

SCOPE = Scope("a", instance="toy.example")
SECRET = "hunter2-Planted-91"


def taken(*said: Any, listing: Listing = THINGS, **settings: Any):
    """Take one listing whose client says these things."""
    return take(Table({(listing.name, "a"): said}, **settings), listing, SCOPE, SOURCE, keep=True)


STATUSES = {
    "nothing there": ([], Status.COMPLETE, "", ""),
    "all well": ([doc("1"), doc("2")], Status.COMPLETE, "", ""),
    "denied at once": ([Denied("HTTP 403")], Status.DENIED, "HTTP 403", "toy:ListThings"),
    "denied by another permission": ([Denied("no", "toy:Decrypt")], Status.DENIED, "no", "toy:Decrypt"),
    "denied on the way": ([doc("1"), Denied("no")], Status.PARTIAL, "no", "toy:ListThings"),
    "unreachable": ([Unavailable("timed out")], Status.FAILED, "timed out", ""),
    "cut on the way": ([doc("1"), Unavailable("cut")], Status.PARTIAL, "cut", ""),
    "a trouble between": ([doc("1"), Trouble("b.json is broken"), doc("2")], Status.PARTIAL, "b.json", ""),
    "only a trouble": ([Trouble("b.json is broken", "toy:Read")], Status.PARTIAL, "b.json", "toy:Read"),
    "the client's own fault": ([RuntimeError("bug")], Status.FAILED, "RuntimeError: bug", ""),
    "the client's fault later": ([doc("1"), ZeroDivisionError("x")], Status.PARTIAL, "ZeroDivisionError", ""),
}


@pytest.mark.parametrize("case", STATUSES)
def test_a_slice_ends_in_one_of_four_ways(case: str) -> None:
    """With the reason and the missing permission; what was obtained is kept."""
    said, status, reason, permission = STATUSES[case]
    got = taken(*said)
    assert got.slice.status is status
    assert reason in got.slice.reason
    assert bool(got.slice.reason) is bool(reason)
    assert got.slice.permission == permission
    assert len(got.observations) == sum(isinstance(each, dict) for each in said)
    assert got.slice.assets == len(got.observations)


@pytest.mark.parametrize("error", [Denied("no"), Unavailable("gone"), ValueError("bug")])
def test_a_principal_that_cannot_be_told_ends_the_slice(error: Exception) -> None:
    """Without knowing who asks, nothing may be compared with an earlier scan."""
    got = taken(doc("1"), who=error)
    assert got.slice.status is (Status.DENIED if isinstance(error, Denied) else Status.FAILED)
    assert got.observations == []


def test_the_slice_says_who_asked_and_how_far_they_see() -> None:
    """Principal, visibility, the source's place and the listing's precedence are part of the ledger."""
    got = taken(doc("1"), who=("arn:x:role/r", Visibility.FILTERED), listing=replace(THINGS, precedence=10)).slice
    assert (got.principal, got.visibility) == ("arn:x:role/r", Visibility.FILTERED)
    assert (got.order, got.precedence, got.key) == (3, 10, ("s", "thing", "a"))


@pytest.mark.parametrize(
    ("document", "named"),
    [({"id": "7"}, "7: no field 'name'"), ({"name": "x"}, "x: no field 'id'"), ({}, "2: no field 'id'"), ({"id": "7", "name": "n", "reads": 5}, "7: TypeError")],
)  # fmt: skip
def test_an_unreadable_document_is_named_and_the_others_kept(document: Any, named: str) -> None:
    """By its id, its name, else its number; with what the reader missed."""
    got = taken(doc("1"), document, doc("2"))
    assert got.slice.status is Status.PARTIAL
    assert f"unreadable document {named}" in got.slice.reason
    assert [each.name for each in got.observations if isinstance(each, Asset)] == ["thing 1", "thing 2"]


@pytest.mark.parametrize("document", [None, 3, "text", ["a"], [[[]]], True])
def test_a_document_that_is_no_object_costs_itself_only(document: Any) -> None:
    """Platforms answer null where an object was promised."""
    got = taken(doc("1"), document, doc("2"))
    assert got.slice.assets == 2
    assert got.slice.status is Status.PARTIAL


def test_a_document_too_deep_to_read_costs_itself_only() -> None:
    """Hostile nesting ends in one unreadable document."""
    deep: Any = "bottom"
    for _ in range(20_000):
        deep = [deep]
    got = taken(doc("1"), {"id": "7", "name": "n", "deep": deep}, doc("2"))
    assert got.slice.assets == 2
    assert got.slice.status is Status.PARTIAL


def test_a_reason_stays_short_and_counts_the_rest() -> None:
    """Three in full, the rest as a number; a name of 5,000 characters does not fill the ledger."""
    got = taken(*({"id": f"{'x' * 5000}{n}"} for n in range(10)))
    assert got.slice.reason.endswith("and 7 more")
    assert len(got.slice.reason) < 2000


def test_no_secret_reaches_observations_reasons_or_recordings() -> None:
    """Documents are scrubbed before the reader sees them, and reasons after."""
    document = doc("1", password=SECRET, env={"DB": f"postgres://u:{SECRET}@db.example:5432/x", "P": SECRET})
    got = taken(document, {"id": f"token={SECRET}"}, Unavailable(f"GET https://u:{SECRET}@h/x failed"))
    assert SECRET not in repr((got.slice, got.observations, got.documents))
    assert "db.example" in repr(got.documents)


def test_the_configuration_of_a_slice_is_told_apart_but_not_its_secrets() -> None:
    """Another URL may show other things; a new token does not."""

    def config(**changes: Any) -> str:
        return take(Table({}), THINGS, SCOPE, replace(SOURCE, **changes)).slice.config

    assert config() == config(options={"token": "another"})
    assert config() == config(name="renamed", department="Risk")
    assert len({config(), config(url="https://b"), config(options={"endpoint_url": "http://x"})}) == 3


def test_slices_a_reader_brings_along_are_no_observations() -> None:
    """Another estate's ledger travels beside its graph."""
    brought = Slice("emea", "thing", "x", Status.DENIED)
    listing = replace(THINGS, read=lambda document, scope: [brought, *things(document, scope)])
    got = taken(doc("1"), listing=listing)
    assert got.brought == [brought]
    assert got.slice.assets == 1


def test_one_asset_seen_twice_in_a_slice_counts_once() -> None:
    """The count is of assets, not of documents."""
    assert taken(doc("1"), doc("1"), doc("2")).slice.assets == 2
