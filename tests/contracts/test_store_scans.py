"""Scans through the scanner, into both stores: what one that shows nothing new leaves."""

from typing import Any

import pytest

from siloscope import scanner
from siloscope.config import Config, Source
from siloscope.errors import Unavailable
from siloscope.graph.store import Store
from tests.contracts.kept import DAYS, Kept
from tests.listings import THINGS, Table, doc, toy


def test_what_is_missing_is_not_said_to_be_seen_by_the_next_scan(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """It went missing within one scan's time, so its row tells no time of its own; the next scan changes nothing."""
    store: Store = kept.open()
    shown: list[Any] = [doc("1"), doc("2")]
    monkeypatch.setattr(scanner, "collector", lambda kind: toy(THINGS, connect=lambda source: Table({("thing", "a"): shown})))  # fmt: skip
    config = Config(kept.folder / "siloscope.toml", store.url, sources=(Source("s", "toy", instance="s"),))

    def scan(at: str) -> dict[str, str | None]:
        list(scanner.run(config, store, scanner.Options(at=at)))
        return {each.name: each.last_seen for each in store.graph().assets}

    assert scan(DAYS[0]) == {"thing 1": DAYS[0], "thing 2": DAYS[0]}
    shown[1:] = [Unavailable("cut off")]
    assert scan(DAYS[0]) == {"thing 1": DAYS[0], "thing 2": DAYS[0]}
    assert scan(DAYS[1]) == {"thing 1": DAYS[1], "thing 2": DAYS[0]}
    assert scan(DAYS[2]) == {"thing 1": DAYS[2], "thing 2": DAYS[0]}


def test_two_scans_within_a_second_are_two_scans(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """The history tells them apart, and so does a recording that is scanned twice; a scan's sources stay together."""
    store: Store = kept.open()
    shown: list[Any] = [doc("1")]
    monkeypatch.setattr(scanner, "collector", lambda kind: toy(THINGS, connect=lambda source: Table({("thing", "a"): shown})))  # fmt: skip
    sources = tuple(Source(name, "toy", instance=name) for name in "st")
    config = Config(kept.folder / "siloscope.toml", store.url, sources=sources)

    for documents in (["1"], ["1", "2"], ["1", "2"]):
        shown[:] = [doc(each) for each in documents]
        list(scanner.run(config, store, scanner.Options(at=DAYS[0])))
    scans = store.scans()

    assert [each.sources for each in scans] == [("s", "t")] * 3
    assert len({each.id for each in scans}) == 3
    assert [len(store.graph(each.id).assets) for each in scans] == [1, 2, 2]
