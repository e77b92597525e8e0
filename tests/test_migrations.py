"""A file of every released schema still opens: after a backup copy, with all that it held."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from siloscope.errors import StoreError
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import decide, texts
from siloscope.graph.sqlite import VERSION, SqliteStore
from siloscope.graph.store import Verdict
from siloscope.model import Asset, Observation, Slice, Visibility

SCHEMAS = Path(__file__).parent / "schemas"
RELEASED = range(1, VERSION)
ROW = Slice("aws", "jobs", "x", config="c", principal="p", visibility=Visibility.ALL)


def written_by(version: int, folder: Path) -> Path:
    """A file as the release with that schema wrote it: three scans of two sources, a denied slice, a verdict."""
    file = folder / "old.db"
    with closing(sqlite3.connect(file)) as db:
        db.executescript((SCHEMAS / f"v{version}.sql").read_text())
    return file


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as db:
        return [*db.iterdump(), str(db.execute("PRAGMA user_version").fetchone()[0])]


def commit(store: SqliteStore, items: Sequence[Observation], at: str) -> None:
    with store.writing("aws") as batch:
        row = replace(ROW, assets=len(items))
        batch.apply(decide(store.known("aws")[row.key], row, texts(items), at, confirm=True), at)
        batch.publish(build(batch.live(), batch.slices(), Settings(), at, at))


def test_every_released_schema_has_its_file() -> None:
    """Whoever raises the version adds what the former one wrote."""
    assert sorted(each.name for each in SCHEMAS.glob("*.sql")) == [f"v{each}.sql" for each in RELEASED]


@pytest.mark.parametrize("version", RELEASED)
def test_a_file_of_an_older_release_keeps_what_it_held(version: int, tmp_path: Path) -> None:
    """Graph, ledger, what is missing, tombstones and verdicts are as they were."""
    store = SqliteStore(str(written_by(version, tmp_path)))
    assert store.graph().document() == json.loads((SCHEMAS / f"v{version}.json").read_text())
    known = store.known("aws")
    assert "a:s3://lake" in known["aws", "buckets", "x"].missing
    assert "a:glue://1/c" not in known["aws", "jobs", "x"].hashes
    assert store.verdicts() == {"duplicate-asset-1": Verdict("rejected", "two teams", "2026-01-03T00:00:00Z")}
    assert store.scans()[-1].id == "20260103T000000Z"
    store.close()


@pytest.mark.parametrize("version", RELEASED)
def test_the_backup_is_as_the_file_was_and_made_once(version: int, tmp_path: Path) -> None:
    """Whatever becomes of the migrated file."""
    file = written_by(version, tmp_path)
    before = dump(file)
    SqliteStore(str(file)).close()
    backup = tmp_path / f"old.db.v{version}.bak"
    assert dump(backup) == before
    kept = backup.read_bytes()
    SqliteStore(str(file)).close()
    assert backup.read_bytes() == kept
    assert sorted(each.name for each in tmp_path.iterdir()) == ["old.db", backup.name]


@pytest.mark.parametrize("version", RELEASED)
def test_a_migrated_file_has_the_tables_of_a_new_one(version: int, tmp_path: Path) -> None:
    """The same tables, columns and indexes, whichever way they came."""

    def shape(file: Path) -> dict[str, set[str]]:
        SqliteStore(str(file)).close()
        with closing(sqlite3.connect(file)) as db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")]
            return {name: {row[1] for row in db.execute(f"PRAGMA table_info({name})")} for name in names}

    assert shape(written_by(version, tmp_path)) == shape(tmp_path / "new.db")


@pytest.mark.parametrize("version", RELEASED)
def test_history_goes_on_from_what_was_published(version: int, tmp_path: Path) -> None:
    """The last scan of the old release can be asked for after the next one."""
    store = SqliteStore(str(written_by(version, tmp_path)))
    was = store.graph("-0")
    commit(
        store, [Asset("glue://1/b", "glue.job", "b", "glue:1", created="2025-05-05T00:00:00Z")], "2026-02-01T00:00:00Z"
    )
    assert store.graph("-1") == was
    assert [each.to_scan for each in store.versions("glue://1/a")][-1] == "2026-02-01T00:00:00Z"
    assert "glue://1/a" not in store.graph().asset
    store.close()


def test_a_file_without_a_scan_has_none_afterwards(tmp_path: Path) -> None:
    """Nothing was published, so there is nothing to remember."""
    file = tmp_path / "old.db"
    with closing(sqlite3.connect(file)) as db:
        lines = (SCHEMAS / "v1.sql").read_text().splitlines()
        db.executescript("\n".join(each for each in lines if not each.startswith("INSERT")))
    store = SqliteStore(str(file))
    assert (list(store.scans()), store.graph().scan_id) == ([], "")
    store.close()


@pytest.mark.parametrize("version", RELEASED)
def test_a_migration_that_fails_leaves_the_file_as_it_was(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is still of the older release, whole, and migrates the next time."""
    file = written_by(version, tmp_path)
    before = dump(file)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("siloscope.graph.sqlite_schema.set_meta", full)  # the last thing a migration does
        with pytest.raises(StoreError, match="disk is full"):
            SqliteStore(str(file))
    assert dump(file) == before
    store = SqliteStore(str(file))
    assert store.graph().document() == json.loads((SCHEMAS / f"v{version}.json").read_text())
    store.close()


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """And left alone."""
    file = tmp_path / "new.db"
    SqliteStore(str(file)).close()
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="newer siloscope"):
        SqliteStore(str(file))
    assert dump(file)[-1] == str(VERSION + 1)
