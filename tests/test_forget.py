"""`siloscope forget`: a source that is gone for good leaves, and takes nothing with it that others still see."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from siloscope.config import Config
from siloscope.errors import ConfigError
from siloscope.forgetting import forget
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import decide, texts
from siloscope.graph.store import Store, open_store
from siloscope.model import Asset, Slice, Visibility
from tests.commands import URLS, Shell, lay, workflow

AT = "2026-06-01T00:00:00Z"
LATER = "2026-06-02T00:00:00Z"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A folder with exports of two sources, scanned."""
    shell = Shell(lay(tmp_path), capsys, monkeypatch)
    assert shell("scan").code == 0
    return shell


def ids(shell: Shell) -> set[str]:
    """The assets that an export holds."""
    return {each["id"] for each in shell("export", "--format", "json").json["assets"]}


def without(shell: Shell, name: str) -> None:
    """Take a source out of the configuration."""
    file = shell.folder / "siloscope.toml"
    head, *tables = file.read_text("utf-8").split("[[source]]")
    file.write_text(head + "".join(f"[[source]]{each}" for each in tables if f'"{name}"' not in each), "utf-8")


def test_a_forgotten_source_leaves_graph_and_ledger_and_the_others_stay(shell: Shell) -> None:
    """What a scan without the source leaves in place, `forget` retires."""
    without(shell, "copies")
    shell("scan")
    assert len(ids(shell)) == 3, "a scan alone never removes a source that is no longer configured"

    done = shell("forget", "copies", "--yes")

    assert done.code == 0
    assert done.out == "copies: 1 slices with 1 assets gone\n"
    assert len(ids(shell)) == 2
    assert {each["source"] for each in shell("coverage", "--format", "json").json["slices"]} == {"flows"}


def test_without_yes_and_without_a_terminal_nothing_is_forgotten(shell: Shell) -> None:
    """But it says how much would go; a script that forgot `--yes` sees an error."""
    before = ids(shell)

    done = shell("forget", "copies")

    assert done.code == 2
    assert "1 assets would go" in done.err
    assert "--yes" in done.err
    assert ids(shell) == before


@pytest.mark.parametrize(("answer", "left"), [("y\n", 2), ("n\n", 3), ("\n", 3)])
def test_on_a_terminal_it_asks_and_no_is_the_default(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    """Only an explicit yes takes anything away."""
    typed = answer.rstrip("\n")
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _="": typed)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    assert shell("forget", "copies").code == 0
    assert len(ids(shell)) == left


def test_a_source_that_is_still_configured_comes_back_with_the_next_scan(shell: Shell) -> None:
    """`forget` is no ban, and says so."""
    before = ids(shell)
    assert "still configured" in shell("forget", "copies", "--yes").err
    assert ids(shell) < before

    shell("scan")

    assert ids(shell) == before


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(["copys"], 'did you mean "copies"?'), (["copies", "nowhere"], 'source "copies" has no scope "nowhere"')],
)
def test_an_unknown_name_is_refused_with_the_nearest(shell: Shell, arguments: list[str], hint: str) -> None:
    """A typing error forgets nothing."""
    before = ids(shell)
    done = shell("forget", *arguments, "--yes")

    assert done.code == 2
    assert hint in done.err
    assert ids(shell) == before


def test_departments_of_the_configuration_stay_after_forgetting(shell: Shell) -> None:
    """The graph is published under the same settings as a scan's."""
    shell("forget", "copies", "--yes")

    assert {each["department"] for each in shell("export", "--format", "json").json["assets"]} == {"Risk"}


def test_forgetting_on_a_store_without_a_configuration_is_refused(shell: Shell) -> None:
    """Publishing without departments and aliases would change every other asset."""
    (shell.folder / "siloscope.toml").unlink()

    assert shell("forget", "copies", "--yes").code == 2


def test_a_new_workflow_of_another_source_is_not_touched(shell: Shell) -> None:
    """Only slices of the named source go, also when another's name begins like it."""
    toml = shell.folder / "siloscope.toml"
    toml.write_text(
        toml.read_text("utf-8") + '\n[[source]]\nname = "copies-new"\ntype = "n8n"\npath = "exports/new"\n', "utf-8"
    )
    (shell.folder / "exports/new").mkdir()
    (shell.folder / "exports/new/1.json").write_text(json.dumps(workflow("z1", "New", *URLS)), "utf-8")
    shell("scan")

    shell("forget", "copies", "--yes")

    assert {each["source"] for each in shell("coverage", "--format", "json").json["slices"]} == {"flows", "copies-new"}


# --- Scopes, shared assets and another estate's ledger, at the store ---


def part(source: str, listing: str, scope: str, parent: str = "") -> Slice:
    """A complete slice."""
    return Slice(source, listing, scope, config="c", principal="p", visibility=Visibility.ALL, parent=parent)


def things(*names: str) -> list[Asset]:
    """Assets of one tool."""
    return [Asset(f"s3://{name}", "s3.bucket", name, "s3:1") for name in names]


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=pytest.mark.server("neo4j"))])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of each kind."""
    if request.param == "sqlite":
        with closing(open_store(str(tmp_path / "s.db"))) as store:
            yield store
        return
    server, estate = request.getfixturevalue("neo4j"), uuid4().hex
    url = f"bolt://{server.user}@{server.url.partition('://')[2]}/neo4j?estate={estate}"
    with closing(open_store(url, server.password)) as store:
        yield store
    with server.driver() as driver:
        driver.execute_query("MATCH (n {estate: $estate}) DETACH DELETE n", estate=estate)


@pytest.fixture
def store(empty: Store) -> Store:
    """An account that found a project, which found a folder; a second account; a second source; a brought ledger."""
    store = empty
    shown = {
        "cloud": [
            (part("cloud", "projects", "acct"), things("a")),
            (part("cloud", "folders", "acct/p", "projects@acct"), things("b")),
            (part("cloud", "files", "acct/p/f", "folders@acct/p"), things("c", "both")),
            (part("cloud", "files", "other"), things("d")),
        ],
        "sweep": [(part("sweep", "all", "x"), things("both", "e"))],
        "cloud/theirs": [(part("cloud/theirs", "all", "y"), [])],
    }
    for source, slices in shown.items():
        with store.writing(source) as batch:
            for row, items in slices:
                batch.apply(decide(None, replace(row, assets=len(items)), texts(items), AT), AT)
            batch.publish(build(batch.live(), batch.slices(), Settings(), "1", AT))
    return store


def held(store: Store) -> set[str]:
    """Names of the published assets."""
    return {each.name for each in store.graph().assets}


CONFIG = Config(file=Path("siloscope.toml"), store="")


def test_a_scope_goes_with_the_scopes_found_in_it(store: Store) -> None:
    """Children can no more be reached than what they were found in; the other account stays."""
    told = forget(CONFIG, store, "cloud", "acct", LATER, apply=True)

    assert held(store) == {"both", "d", "e"}
    assert (told.slices, told.assets, told.shared) == (3, 3, 1)
    assert [each.scope for each in store.slices() if each.source == "cloud"] == ["other"]


def test_a_scope_found_in_another_goes_alone(store: Store) -> None:
    """Forgetting looks down, never up."""
    forget(CONFIG, store, "cloud", "acct/p/f", LATER, apply=True)

    assert held(store) == {"a", "b", "both", "d", "e"}


def test_an_asset_that_another_source_sees_stays_as_that_source_saw_it(store: Store) -> None:
    """It loses only the forgotten observer."""
    forget(CONFIG, store, "cloud", None, LATER, apply=True)

    assert held(store) == {"both", "e"}
    assert store.graph().asset["s3://both"].sources == ("sweep",)


def test_a_forgotten_estate_takes_its_own_ledger_along(store: Store) -> None:
    """Slices brought along from another estate (`source/theirs`) have nobody left to keep them."""
    forget(CONFIG, store, "cloud", None, LATER, apply=True)

    assert {each.source for each in store.slices()} == {"sweep"}


def test_saying_what_would_go_writes_nothing(store: Store) -> None:
    """And says the same as doing it."""
    before, ledger = store.graph(), store.slices()

    told = forget(CONFIG, store, "cloud", "acct", LATER, apply=False)

    assert (store.graph(), store.slices()) == (before, ledger)
    assert forget(CONFIG, store, "cloud", "acct", LATER, apply=True) == told


def test_forgetting_twice_is_refused_the_second_time(store: Store) -> None:
    """What is not known cannot be forgotten; the store stays as it is."""
    forget(CONFIG, store, "cloud", None, LATER, apply=True)
    before = store.graph()

    with pytest.raises(ConfigError, match='no source "cloud"'):
        forget(CONFIG, store, "cloud", None, LATER, apply=True)
    assert store.graph() == before
