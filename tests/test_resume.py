"""A scan that was interrupted goes on: what was collected is not asked again, what was committed stays committed."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siloscope import runs, scanner, spool
from siloscope.collectors.base import Scope
from siloscope.config import Config, Source
from siloscope.errors import ConfigError, Denied, StoreError
from siloscope.graph.store import Store, open_store
from siloscope.model import Slice, Status
from tests.listings import FOLDERS, INSIDE, THINGS, Table, doc, toy

DAY, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
FIRST: dict[tuple[str, str], list[Any]] = {
    ("thing", "a"): [doc("1")],
    ("thing", "b"): [doc("2")],
    ("folder", "a"): [doc("f1"), doc("f2")],
    ("inside", "a/f1"): [doc("3")],
    ("inside", "a/f2"): [doc("4")],
}


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Sources of type toy, each with the client that stands under its name."""
    clients: dict[str, Any] = {}
    collector = toy(THINGS, FOLDERS, INSIDE, connect=lambda source: clients[source.name])
    monkeypatch.setattr(scanner, "collector", lambda kind: collector)
    return clients


class Cut(Table):
    """A platform whose scan is interrupted while it is asked for one thing."""

    def __init__(self, table: Mapping[tuple[str, str], Any], at: tuple[str, str], scopes: tuple[str, ...] = ("a", "b")):
        super().__init__(table, scopes)
        self.at, self.others = at, threading.Event()

    def pages(self, listing: Any, scope: Scope) -> Any:
        if (listing.name, scope.path) == self.at:
            raise KeyboardInterrupt
        yield from super().pages(listing, scope)


def config(folder: Path, clients: Mapping[str, Any], **options: Any) -> Config:
    sources = tuple(
        Source(name, "toy", order, instance=name, options=options) for order, name in enumerate(sorted(clients))
    )
    return Config(folder / "siloscope.toml", str(folder / "s.db"), sources=sources)


def scan(folder: Path, clients: Mapping[str, Any], at: str = DAY, settings: Config | None = None, **options: Any) -> dict[str, Any]:  # fmt: skip
    """Scan all; the graph's document, and which sources were committed."""
    store = open_store(str(folder / "s.db"))
    try:
        reports = list(scanner.run(settings or config(folder, clients), store, scanner.Options(at=at, **options)))
        return {"graph": store.graph().document(), "sources": [each.source for each in reports], "reports": reports}
    finally:
        store.close()


def interrupted(folder: Path, clients: Mapping[str, Any], at: str = DAY) -> None:
    with pytest.raises(KeyboardInterrupt):
        scan(folder, clients, at)


def test_what_was_collected_is_not_asked_again(tmp_path: Path, toys: dict[str, Any]) -> None:
    """Only the slices that are missing, and those that find scopes; the graph is that of a scan that ran through."""
    toys["x"] = Cut(FIRST, ("inside", "a/f2"))
    interrupted(tmp_path, toys)
    toys["x"] = Table(FIRST, ("a", "b"))
    got = scan(tmp_path, toys, LATER, resume=True)
    assert ("thing", "a") not in toys["x"].asked
    assert ("inside", "a/f2") in toys["x"].asked
    toys["x"] = Table(FIRST, ("a", "b"))
    whole = tmp_path / "whole"
    whole.mkdir()
    assert got["graph"] == scan(whole, toys)["graph"]
    assert not list((tmp_path / ".siloscope" / "spool").iterdir())


def test_a_source_that_was_collected_whole_is_only_committed(tmp_path: Path, toys: dict[str, Any]) -> None:
    """Its platform is not even connected to; one that was committed before is left alone."""
    toys |= {"x": Table(FIRST, ("a",)), "y": Table(FIRST, ("b",)), "z": Table(FIRST, ("a",))}
    store = open_store(str(tmp_path / "s.db"))
    for report in scanner.run(config(tmp_path, toys), store, scanner.Options(at=DAY)):
        assert report.source == "x"
        break  # the commit of y does not come: as when the store's disk is full
    store.close()
    toys |= dict.fromkeys("xyz")  # connecting would fail
    got = scan(tmp_path, toys, LATER, resume=True)
    assert got["sources"] == ["y", "z"]
    assert {each["source"] for each in got["graph"]["assets"]} == {"x", "y"}
    assert got["graph"]["scan"]["at"] == DAY


def test_what_did_not_go_well_is_asked_again(tmp_path: Path, toys: dict[str, Any]) -> None:
    """A denial may have been mended meanwhile."""
    toys["x"] = Cut({**FIRST, ("thing", "a"): [Denied("no", "toy:ListThings")]}, ("inside", "a/f2"))
    interrupted(tmp_path, toys)
    toys["x"] = Table(FIRST, ("a", "b"))
    got = scan(tmp_path, toys, LATER, resume=True)
    assert ("thing", "a") in toys["x"].asked
    assert {each.status for each in got["reports"][0].slices} == {Status.COMPLETE}


def test_a_source_with_other_settings_is_collected_anew(tmp_path: Path, toys: dict[str, Any]) -> None:
    """What was read under the former ones is not mixed with the rest."""
    toys["x"] = Cut(FIRST, ("inside", "a/f2"))
    interrupted(tmp_path, toys)
    toys["x"] = Table(FIRST, ("a", "b"))
    scan(tmp_path, toys, LATER, config(tmp_path, toys, services=["thing"]), resume=True)
    assert ("thing", "a") in toys["x"].asked


def test_a_source_that_was_scanned_since_is_left_alone(tmp_path: Path, toys: dict[str, Any]) -> None:
    """Older observations never replace newer ones."""
    toys |= {"x": Cut(FIRST, ("inside", "a/f2")), "y": Table(FIRST, ("b",))}
    interrupted(tmp_path, toys)
    toys["x"] = Table({("thing", "a"): [doc("9")]}, ("a", "b"))
    scan(tmp_path, toys, LATER, only=("x",))
    assert list((tmp_path / ".siloscope" / "spool").iterdir()), "y still waits to be gone on with"
    got = scan(tmp_path, toys, "2026-01-03T00:00:00Z", resume=True)
    assert got["sources"] == ["y"]
    assert "thing 9" in {each["name"] for each in got["graph"]["assets"]}


def test_there_may_be_nothing_to_go_on_with(tmp_path: Path, toys: dict[str, Any]) -> None:
    """It says so, and asks nobody."""
    toys["x"] = Table(FIRST)
    scan(tmp_path, toys)
    with pytest.raises(ConfigError, match="no interrupted scan"):
        scan(tmp_path, toys, resume=True)
    assert len(toys["x"].asked) == len(set(toys["x"].asked))


def test_interrupted_twice_nothing_is_lost(tmp_path: Path, toys: dict[str, Any]) -> None:
    """What the first and the second try collected both count."""
    toys["x"] = Cut(FIRST, ("thing", "b"))
    interrupted(tmp_path, toys)
    toys["x"] = Cut(FIRST, ("inside", "a/f2"))
    with pytest.raises(KeyboardInterrupt):
        scan(tmp_path, toys, LATER, resume=True)
    toys["x"] = Table(FIRST, ("a", "b"))
    got = scan(tmp_path, toys, LATER, resume=True)
    assert {("thing", "a"), ("thing", "b")}.isdisjoint(toys["x"].asked)
    assert len(got["graph"]["assets"]) == 6


def test_a_spool_that_was_cut_off_gives_its_whole_slices(tmp_path: Path) -> None:
    """At whichever byte: a half line, or observations without their slice, are not read."""
    table = Table(FIRST, ("a", "b"))
    rows: list[Slice] = []
    with spool.Spool(tmp_path, "x") as out:
        from siloscope.collectors.base import scan as collect

        for each in collect(toy(THINGS, FOLDERS, INSIDE), Source("x", "toy"), table):
            out.slice(each.slice, each.observations)
            rows.append(each.slice)
    whole = out.file.read_bytes()
    assert spool.ended(out.file)
    for cut in range(0, len(whole), 7):
        out.file.write_bytes(whole[:cut])
        got = [row for row, _ in spool.read(out.file)]
        assert got == rows[: len(got)]
        assert len(got) == whole[:cut].count(b"slice\t") or not whole[:cut].endswith(b"\n")
        assert not spool.ended(out.file)


def test_a_source_under_scan_is_refused_before_anything_is_asked(tmp_path: Path, toys: dict[str, Any]) -> None:
    """And the other scan is not disturbed."""
    toys |= {"x": Table(FIRST), "y": Table(FIRST)}
    other: Store = open_store(str(tmp_path / "s.db"))
    with other.lease("y"), pytest.raises(StoreError, match='"y" is being scanned'):
        scan(tmp_path, toys)
    assert toys["x"].asked == toys["y"].asked == []
    other.close()
    assert scan(tmp_path, toys)["sources"] == ["x", "y"]


def test_the_folder_of_a_run_under_way_is_nobody_elses(tmp_path: Path) -> None:
    """One of this process counts as interrupted only when it was left; what says nothing of itself is removed."""
    run = runs.begin(tmp_path, DAY, None, [Source("x", "toy")])
    runs.note(run)
    assert runs.interrupted(tmp_path) == []
    run.leave()
    assert runs.interrupted(tmp_path) == [run]
    (run.folder / "run.json").write_text("{", encoding="utf-8")
    assert runs.interrupted(tmp_path) == []
    assert not run.folder.exists()


def test_no_secret_is_part_of_what_a_run_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only fingerprints of settings, and of secrets not even those."""
    from siloscope.config.records import Secret

    monkeypatch.setenv("TOY_TOKEN", "hunter2-Planted-92")
    source = Source("x", "toy", options={"token": Secret("env:TOY_TOKEN", place="x.token")})
    run = runs.begin(tmp_path, DAY, None, [source])
    runs.note(run)
    before = json.loads((run.folder / "run.json").read_text())
    monkeypatch.setenv("TOY_TOKEN", "hunter2-Planted-93")
    assert runs.mark_of(source) == before["sources"]["x"]
    assert runs.mark_of(replace(source, url="https://other")) != before["sources"]["x"]
    run.remove()
