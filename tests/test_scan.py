"""A scan of a source: every slice once, in one order, and recordings that replay as what they recorded."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siloscope import scanner, spool
from siloscope.collectors.base import Collector, Scope, Taken, Trouble, scan
from siloscope.collectors.clients.recorded import RecordedClient, Recorder
from siloscope.config import Config, LossLimit, Source
from siloscope.errors import ConfigError, Denied, StoreError, Unavailable
from siloscope.graph.commit import texts
from siloscope.graph.store import open_store
from siloscope.model import Asset, Status, Visibility
from tests.listings import FOLDERS, INSIDE, OTHERS, SOURCE, THINGS, Table, doc, toy

ALL = toy(THINGS, OTHERS, FOLDERS, INSIDE)
SECRET = "hunter2-Planted-91"
WORLD: dict[tuple[str, str], list[Any]] = {
    ("thing", "a"): [doc("1", reads=["s3://lake/x"]), doc("2", owner="anna")],
    ("thing", "b"): [doc("1")],
    ("other", "a"): [Denied("HTTP 403", "toy:ListOthers")],
    ("other", "b"): [doc("3"), Unavailable("cut off")],
    ("folder", "a"): [doc("f1"), doc("f2"), doc("f1")],
    ("folder", "b"): [doc("f1")],
    ("inside", "a/f1"): [doc("9"), doc("f3")],
    ("inside", "a/f2"): [Trouble("one of them is broken")],
    ("inside", "b/f1"): [],
    ("inside", "a/f1/9"): [RuntimeError("bug")],
}


def run(client: Any, collector: Collector = ALL, source: Source = SOURCE, **settings: Any) -> list[Taken]:
    return list(scan(collector, source, client, **settings))


def shown(taken: list[Taken]) -> list[Any]:
    """What a scan gave, without what only a recorder needs."""
    return [(each.slice, each.observations) for each in taken]


def test_every_listing_runs_once_in_every_scope_found_ones_included() -> None:
    """A folder that several documents open is taken up once; folders within folders are followed."""
    client = Table(WORLD, ("a", "b"))
    got = {each.slice.key[1:]: each.slice for each in run(client)}
    assert len(client.asked) == len(set(client.asked)) == len(got)
    assert set(WORLD) <= set(client.asked)
    assert got["inside", "a/f1"].parent == "folder@a"
    assert got["inside", "a/f1/9"].parent == "inside@a/f1"
    assert got["thing", "a"].parent == ""


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_the_order_of_results_does_not_depend_on_what_finished_first(threads: int) -> None:
    """Slow early calls, fast late ones, any number of threads: the same list."""
    slow = Table(WORLD, ("a", "b"), delay=lambda listing, scope: 0.03 if (listing, scope) in {("thing", "a"), ("folder", "a")} else 0.0)  # fmt: skip
    assert shown(run(slow, threads=threads)) == shown(run(Table(WORLD, ("a", "b")), threads=1))


def test_calls_run_side_by_side_but_not_more_than_allowed() -> None:
    """As many threads as asked for are really used at once, and no more."""
    busy, most = 0, 0
    lock, together = threading.Lock(), threading.Barrier(3)

    class Counting(Table):
        def pages(self, listing: Any, scope: Scope) -> Iterator[Any]:
            nonlocal busy, most
            with lock:
                busy, most = busy + 1, max(most, busy + 1)
            together.wait(10)  # passes only when three calls are inside at once
            with lock:
                busy -= 1
            yield from ()

    run(Counting({}, tuple("abcdef")), toy(THINGS), threads=3)
    assert most == 3


def test_a_fault_of_one_slice_leaves_the_others_alone() -> None:
    """Denied, cut, broken and buggy slices each end their own way."""
    got = {(each.slice.listing, each.slice.scope): each.slice.status for each in run(Table(WORLD, ("a", "b")))}
    assert got["thing", "a"] is got["thing", "b"] is got["inside", "b/f1"] is Status.COMPLETE
    assert got["other", "a"] is Status.DENIED
    assert got["other", "b"] is Status.PARTIAL
    assert got["inside", "a/f2"] is Status.PARTIAL
    assert got["inside", "a/f1/9"] is Status.FAILED


@pytest.mark.parametrize(
    ("error", "status", "permission"),
    [(Unavailable("refused"), Status.FAILED, ""), (Denied("403", "toy:Connect"), Status.DENIED, "toy:Connect"), (OSError("bug"), Status.FAILED, "")],
)  # fmt: skip
def test_a_source_that_cannot_be_reached_is_one_connect_slice(
    error: Exception, status: Status, permission: str
) -> None:
    """The ledger says why, and nothing is retired for it."""

    class Shut(Table):
        def scopes(self) -> list[Scope]:
            raise error

    (only,) = run(Shut({}))
    assert (only.slice.listing, only.slice.scope, only.slice.order) == ("connect", "", 3)
    assert (only.slice.status, only.slice.permission) == (status, permission)
    assert str(error) in only.slice.reason


def test_only_the_wanted_services_are_asked() -> None:
    """By listing name, by its prefix, by glob."""
    services = lambda *names: replace(SOURCE, options={"services": list(names)})  # noqa: E731
    listings = [replace(THINGS, name=name) for name in ("glue.job", "glue.crawler", "gluex.y", "s3.bucket")]
    for names, expected in ((("glue",), 2), (("glue.job",), 1), (("glue*",), 3), (("s3", "glue.crawler"), 2)):
        client = Table({})
        run(client, toy(*listings), services(*names))
        assert len(client.asked) == expected


def recorded(folder: Path, client: Any, at: str = "2026-01-01T00:00:00Z") -> list[Taken]:
    """Scan and record."""
    recorder = Recorder(folder, SOURCE.name)
    recorder.begin(client, at)
    got = run(client, keep=True)
    for each in got:
        recorder.slice(each)
    return got


def test_a_replay_gives_the_slices_and_observations_that_were_recorded(tmp_path: Path) -> None:
    """Denied replays as denied, partial as partial, and found scopes are found again."""
    first = recorded(tmp_path, Table(WORLD, ("a", "b"), who=("arn:x:role/r", Visibility.FILTERED)))
    again = run(RecordedClient(tmp_path, SOURCE.name))
    assert shown(again) == shown(first)
    assert {each.slice.status for each in again} == set(Status)


def test_recordings_of_one_world_are_byte_identical(tmp_path: Path) -> None:
    """They can be kept in a repository and compared."""
    for name in ("one", "two"):
        recorded(tmp_path / name, Table(WORLD, ("a", "b")))
    texts = [
        {file.relative_to(tmp_path / name): file.read_bytes() for file in (tmp_path / name).rglob("*.json")}
        for name in ("one", "two")
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) > len(WORLD)


def test_an_unreachable_source_replays_as_unreachable(tmp_path: Path) -> None:
    """It is not a source without scopes."""

    class Shut(Table):
        def scopes(self) -> list[Scope]:
            raise Denied("no way in", "toy:Connect")

    first = recorded(tmp_path, Shut({}))
    assert shown(run(RecordedClient(tmp_path, SOURCE.name))) == shown(first)


def test_a_new_recording_replaces_the_old_one(tmp_path: Path) -> None:
    """A slice that is no more must not be replayed from an older recording; foreign files are left alone."""
    foreign = tmp_path / SOURCE.name / "exports" / "mine.json"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("{}", encoding="utf-8")
    recorded(tmp_path, Table({("thing", "a"): [doc("1")]}))
    assert foreign.exists()
    recorded(tmp_path, Table({("thing", "b"): [doc("2")]}, ("b",)))
    assert [each.slice.scope for each in run(RecordedClient(tmp_path, SOURCE.name), toy(THINGS))] == ["b"]
    assert not list(tmp_path.rglob("a.json"))


def test_secrets_are_not_recorded(tmp_path: Path) -> None:
    """Neither from documents nor from reasons, scopes or principals' tokens."""
    table = {
        ("thing", "a"): [doc("1", password=SECRET, note=f"postgres://u:{SECRET}@h/x"), Unavailable(f"token={SECRET}")]
    }
    client = Table(table)
    client.places = [replace(client.places[0], data={"api_key": SECRET, "key": "k"})]
    recorded(tmp_path, client)
    text = "".join(file.read_text("utf-8") for file in tmp_path.rglob("*.json"))
    assert SECRET not in text
    assert "thing 1" in text


def test_a_recording_that_is_missing_or_broken_says_so(tmp_path: Path) -> None:
    """No recording is an error of the command; a slice that was not recorded fails; a broken file fails its slice."""
    with pytest.raises(StoreError, match="no recording of source 's'"):
        RecordedClient(tmp_path, "s")
    recorded(tmp_path, Table(WORLD, ("a", "b")))
    (tmp_path / "s" / "thing" / "a.json").write_text("[]", encoding="utf-8")
    (tmp_path / "s" / "thing" / "b.json").unlink()
    got = {each.slice.scope: each.slice for each in run(RecordedClient(tmp_path, "s"), toy(THINGS))}
    assert got["a"].status is got["b"].status is Status.FAILED
    assert "not a recording" in got["a"].reason
    assert "not recorded" in got["b"].reason


def test_names_of_sources_and_scopes_become_file_names_that_differ(tmp_path: Path) -> None:
    """Slashes, dots, long and hostile names stay inside the folder and apart."""
    scopes = ("a/b", "a_b", "..", "../../up", "x" * 300, "ä", "a:b*?")
    recorded(tmp_path, Table({("thing", each): [doc("1")] for each in scopes}, scopes))
    got = run(RecordedClient(tmp_path, SOURCE.name), toy(THINGS))
    assert [each.slice.scope for each in got] == list(scopes)
    assert len(list((tmp_path / "s" / "thing").iterdir())) == len(scopes)
    assert all(tmp_path in each.resolve().parents for each in tmp_path.rglob("*"))


def test_a_spool_gives_back_what_was_written(tmp_path: Path) -> None:
    """Slice by slice, in order, hostile names included."""
    got = run(Table({("thing", "a"): [doc("\u202e<b>'\"\n"), doc("2", owner="o", reads=["s3://x"])]}), toy(THINGS))
    with spool.Spool(tmp_path, "a/../b") as out:
        for each in got:
            out.slice(each.slice, each.observations)
    assert out.file.parent == tmp_path
    assert list(spool.read(out.file)) == [(each.slice, texts(each.observations)) for each in got]


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Sources of type toy, each with the client that stands under its name; an exception is raised on connecting."""
    clients: dict[str, Any] = {}

    def connect(source: Source) -> Any:
        if isinstance(clients[source.name], Exception):
            raise clients[source.name]
        return clients[source.name]

    monkeypatch.setattr(scanner, "collector", lambda kind: toy(THINGS, connect=connect))
    return clients


def scan_all(
    folder: Path,
    clients: dict[str, Any],
    *,
    limits: tuple[LossLimit, ...] = (),
    instance: str | None = None,
    **options: Any,
) -> tuple[list[Any], Any]:
    """Run a scan of all of them into a store; reports and graph."""
    sources = tuple(Source(name, "toy", n, instance=instance or name) for n, name in enumerate(clients))
    config = Config(folder / "siloscope.toml", str(folder / "s.db"), sources=sources, limits=limits)
    store = open_store(config.store)
    try:
        at = options.pop("at", "2026-01-01T00:00:00Z")
        return list(scanner.run(config, store, scanner.Options(at=at, **options))), store.graph()
    finally:
        store.close()


def test_one_broken_source_does_not_take_the_others(tmp_path: Path, toys: dict[str, Any]) -> None:
    """A client that cannot be made is one failed slice of its own source, whatever it raised."""
    toys |= {"x": RuntimeError("bug"), "y": Table({("thing", "a"): [doc("1")]})}
    reports, graph = scan_all(tmp_path, toys)
    assert [(each.source, [one.status for one in each.slices]) for each in reports] == [("x", [Status.FAILED]), ("y", [Status.COMPLETE])]  # fmt: skip
    assert [each.name for each in graph.assets] == ["thing 1"]
    assert toys["y"].closed


def test_a_wrong_configuration_stops_the_scan_before_anything_is_asked(tmp_path: Path, toys: dict[str, Any]) -> None:
    """A missing secret is for the user to mend, not a slice."""
    toys |= {"x": Table({("thing", "a"): [doc("1")]}), "y": ConfigError("environment variable T is not set")}
    with pytest.raises(ConfigError, match="T is not set"):
        scan_all(tmp_path, toys)
    assert toys["x"].asked == []


def test_the_graph_does_not_depend_on_which_source_was_faster(tmp_path: Path, toys: dict[str, Any]) -> None:
    """Sources are committed in configured order."""
    documents = []
    for name, slow in (("one", "x"), ("two", "y")):
        for each in ("x", "y"):
            late = 0.05 if each == slow else 0.0
            toys[each] = Table({("thing", "a"): [doc(each), doc("same")]}, delay=lambda *_, late=late: late)
        folder = tmp_path / name
        folder.mkdir()
        reports, graph = scan_all(folder, toys)
        assert [each.source for each in reports] == ["x", "y"]
        documents.append(json.dumps(graph.document()))
    assert documents[0] == documents[1]


def test_no_spool_is_left_behind(tmp_path: Path, toys: dict[str, Any]) -> None:
    """Neither by a scan that went well nor by one that was killed before: process 4194305 cannot exist."""
    toys |= {"x": Table({("thing", "a"): [doc("1")]})}
    left = tmp_path / ".siloscope" / "spool" / "4194305-0"
    left.mkdir(parents=True)
    scan_all(tmp_path, toys)
    assert list((tmp_path / ".siloscope" / "spool").iterdir()) == []


def test_a_second_scan_as_somebody_else_retires_nothing(tmp_path: Path, toys: dict[str, Any]) -> None:
    """Another principal sees other things; what it does not show is held until confirmed."""
    toys |= {"x": Table({("thing", "a"): [doc("1"), doc("2")]})}
    scan_all(tmp_path, toys)
    toys |= {"x": Table({("thing", "a"): [doc("1")]}, who=("intern", Visibility.ALL))}
    (report,), graph = scan_all(tmp_path, toys, at="2026-01-02T00:00:00Z")
    assert report.slices[0].held == 1
    assert sorted(each.name for each in graph.assets if isinstance(each, Asset)) == ["thing 1", "thing 2"]
    toys |= {"x": Table({("thing", "a"): [doc("1")]}, who=("intern", Visibility.ALL))}
    _, graph = scan_all(tmp_path, toys, at="2026-01-03T00:00:00Z", confirm="x")
    assert [each.name for each in graph.assets] == ["thing 1"]


@pytest.mark.parametrize(
    ("limits", "held"),
    [
        ((), 0),  # two of four are fewer than 20
        ((LossLimit("*", "*", "*", 0.2, 2),), 2),
        ((LossLimit("*", "*", "*", 0.5, 2),), 0),  # not more than half
        ((LossLimit("*", "other*", "*", 0.2, 2),), 0),
        ((LossLimit("y", "*", "*", 1.0, 1), LossLimit("x", "thing", "?", 0.2, 2)), 2),
        ((LossLimit("x", "*", "*", 1.0, 1), LossLimit("x", "thing", "*", 0.2, 2)), 0),  # the first match wins
    ],
)
def test_how_large_a_loss_is_believed_is_configured_by_listing(
    limits: tuple[LossLimit, ...], held: int, tmp_path: Path, toys: dict[str, Any]
) -> None:
    """More than a share and at least a number, of the slices that the first rule covers."""
    toys |= {"x": Table({("thing", "a"): [doc(each) for each in "1234"]})}
    scan_all(tmp_path, toys)
    toys |= {"x": Table({("thing", "a"): [doc(each) for each in "12"]})}
    (report,), graph = scan_all(tmp_path, toys, at="2026-01-02T00:00:00Z", limits=limits)
    assert report.slices[0].held == held
    assert len(graph.assets) == 2 + held


def test_a_rename_by_configuration_is_no_deletion(tmp_path: Path, toys: dict[str, Any]) -> None:
    """Under another instance everything has another id; what bore the former one is held, not retired."""

    def shown(instance: str) -> Table:
        table = Table({("thing", "a"): [doc("1")]})
        table.places = [Scope("a", instance=instance)]
        return table

    def read(document: Any, scope: Scope) -> Iterator[Asset]:
        yield Asset(f"toy://{scope.instance}/{document['id']}", "toy.thing", document["name"], "toy:1")

    scanner_collector = toy(replace(THINGS, read=read), connect=lambda source: toys[source.name])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "collector", lambda kind: scanner_collector)
        toys["x"] = shown("old")
        scan_all(tmp_path, toys, instance="old")
        toys["x"] = shown("new")
        (report,), graph = scan_all(tmp_path, toys, instance="new", at="2026-01-02T00:00:00Z")
    assert {each.id for each in graph.assets} == {"toy://old/1", "toy://new/1"}
    assert "configuration of this slice changed" in report.slices[0].reason
