"""`siloscope doctor`: every kind of trouble is named, with what to do; a healthy store is called healthy."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from siloscope.config import Config, Gap, Source
from siloscope.doctor import LEVELS, Problem, examine
from siloscope.errors import StoreError
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import STALE, decide, texts
from siloscope.graph.neo4j import schema
from siloscope.graph.store import Store, Table, open_store
from siloscope.model import Asset, Reference, Retirement, Slice, Status, Tool, Verb, Visibility
from tests.commands import Shell, lay
from tests.estates import HOSTILE

AT = "2026-06-01T12:00:00Z"
GOOD = Slice("cloud", "buckets", "acct", config="c", principal="p", visibility=Visibility.ALL, last_complete=AT)
BUCKET = Asset("s3://lake", "s3.bucket", "lake", "s3:1", names=("s3://lake",))
JOB = Asset("glue://1/job", "glue.job", "job", "glue:1")
READS = Reference("glue://1/job", Verb.READS, "s3://lake/x")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty embedded store."""
    opened = open_store(str(tmp_path / "s.db"))
    yield opened
    opened.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration file that names the source `cloud`."""
    (tmp_path / "siloscope.toml").touch()
    return Config(tmp_path / "siloscope.toml", "s.db", sources=(Source("cloud", "aws"),))


def keep(store: Store, *items: Any, row: Slice = GOOD, others: tuple[Slice, ...] = (), at: str = AT) -> None:
    """Commit and publish a slice with its observations, and further slices that show nothing."""
    with store.writing(row.source) as batch:
        known = store.known(row.source)
        for each in (row, *others):
            shown = texts(items) if each is row else {}
            change = decide(known.get(each.key), each, shown, at)
            batch.apply(replace(change, slice=each), at)
        batch.publish(build(batch.live(), batch.slices(), Settings(), "scan1", at))


def checks(problems: list[Problem]) -> list[tuple[str, str]]:
    """What was found, without words."""
    return [(each.check, each.level) for each in problems]


def spoil(store: Store, *statements: str) -> None:
    """Change the file behind siloscope's back."""
    with closing(sqlite3.connect(store.url, isolation_level=None)) as db:
        for each in statements:
            db.execute(each)


def test_a_store_where_everything_is_complete_is_well(store: Store, config: Config) -> None:
    """No problem, not even a note."""
    keep(store, BUCKET, JOB, READS)

    assert examine(store, config) == []


def test_a_store_in_which_nothing_was_scanned_says_so(store: Store, config: Config) -> None:
    """Each configured source is named with the command that scans it; without a configuration, the store."""
    (named,) = examine(store, config)
    assert (named.check, named.subject, named.do) == ("never-scanned", "cloud", "`siloscope scan --only cloud`")

    (empty,) = examine(store, Config(Path("no-such.toml"), "s.db"))
    assert empty.check == "never-scanned"


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("DELETE FROM asset WHERE id = 's3://lake'", "dangling-edge"),
        ("DELETE FROM slice", "integrity"),
        ("UPDATE asset SET body = '{}' WHERE id = 's3://lake'", "graph"),
        ("UPDATE asset SET body = 'cut {' WHERE id = 's3://lake'", "graph"),
        ("DELETE FROM tool WHERE id = 's3:1'", "tool-missing"),
    ],
)
def test_rows_that_were_changed_by_hand_are_broken(store: Store, config: Config, statement: str, check: str) -> None:
    """What the rows point to, what they hold, and what they live in is looked at."""
    keep(store, BUCKET, JOB, READS)
    spoil(store, "PRAGMA foreign_keys = OFF", statement)

    assert checks(examine(store, config)) == [(check, "broken")]


def test_the_advice_for_dangling_edges_and_missing_tools_works(store: Store, config: Config) -> None:
    """Publishing anew, as a scan does, mends both."""
    keep(store, BUCKET, JOB, READS)
    spoil(store, "PRAGMA foreign_keys = OFF", "DELETE FROM asset WHERE id = 's3://lake'", "DELETE FROM tool")
    assert examine(store, config) != []

    keep(store, BUCKET, JOB, READS)

    assert examine(store, config) == []


def test_a_damaged_file_is_told_and_not_read_further(store: Store, config: Config) -> None:
    """One overwritten page is found by the integrity check."""
    keep(store, *(replace(BUCKET, id=f"s3://b{n}", name="x" * 400) for n in range(300)))
    store.close()
    file = Path(store.url)
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page, size = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'asset'").fetchone()[0], 4096
    data = bytearray(file.read_bytes())
    data[(page - 1) * size + 8 : page * size] = b"\xff" * (size - 8)
    file.write_bytes(data)

    damaged = open_store(str(file))
    found = examine(damaged, config)
    damaged.close()

    assert {each.check for each in found} == {"integrity"}
    assert "restore a copy" in found[0].do


def test_examining_changes_nothing(store: Store, config: Config) -> None:
    """Neither the published graph nor the file's own data."""
    keep(store, BUCKET, JOB, READS)
    before = "\n".join(sqlite3.connect(store.url).iterdump())

    examine(store, config)

    assert "\n".join(sqlite3.connect(store.url).iterdump()) == before


def test_holes_are_told_with_the_permission_and_apart_from_what_never_was_complete(
    store: Store, config: Config
) -> None:
    """Scopes of one listing with one reason are one row."""
    denied = replace(
        GOOD, listing="models", status=Status.DENIED, permission="x:ListModels", reason="no", last_complete=None
    )
    failed = replace(GOOD, listing="queues", status=Status.FAILED, reason="500", last_complete="2026-05-01T00:00:00Z")
    keep(store, BUCKET, others=(denied, replace(denied, scope="b"), failed))

    incomplete, never = examine(store, config)

    assert (incomplete.check, never.check) == ("incomplete", "never-complete")
    assert never.count == 2
    assert "x:ListModels" in never.do
    assert "siloscope check --only cloud" in never.do
    assert "2026-05-01" in incomplete.says


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (None, []),
        ("2026-06-01", []),
        ("2026-05-31", [("gap-expired", "attention"), ("never-complete", "attention")]),
    ],
)
def test_an_accepted_gap_counts_until_its_last_day(
    store: Store, config: Config, until: str | None, expected: list[tuple[str, str]]
) -> None:
    """By the time of the scan, not by the clock of whoever looks; no new scan is needed after accepting."""
    keep(store, BUCKET, others=(replace(GOOD, listing="models", status=Status.DENIED, last_complete=None),))
    accepted = replace(config, gaps=(Gap("cloud", "mod*", "*", "later", until),))

    assert checks(examine(store, accepted)) == expected


def test_an_expired_gap_that_nothing_needs_is_only_a_note(store: Store, config: Config) -> None:
    """The slices it covered are complete by now."""
    keep(store, BUCKET)

    assert checks(examine(store, replace(config, gaps=(Gap("cloud", "*", "*", "later", "2026-01-01"),)))) == [
        ("gap-expired", "note")
    ]


def test_what_is_held_is_told_with_the_command_that_retires_it(store: Store, config: Config) -> None:
    """One slice by its whole name, several of one listing by the listing; names are quoted for the shell."""
    held = replace(GOOD, scope="a b", retirement=Retirement.HELD, held=30, reason="held: suddenly empty")
    keep(store, BUCKET, others=(held,))
    (one,) = examine(store, config)
    assert one.count == 30
    assert one.do.endswith("`siloscope scan --confirm-retire 'cloud/buckets/a b'`")

    keep(store, BUCKET, others=(held, replace(held, scope="c")))
    (two,) = examine(store, config)
    assert two.do.endswith("`siloscope scan --confirm-retire cloud/buckets`")


def test_stale_slices_and_sources_no_longer_configured_lead_to_forget(store: Store, config: Config) -> None:
    """A stale scope of a configured source by its scope, another source as a whole, without its single slices."""
    old = replace(GOOD, source="old", reason=STALE, status=Status.FAILED)
    keep(store, BUCKET, others=(replace(GOOD, scope="closed", reason=STALE),))
    keep(store, row=old)

    away, stale = examine(store, config)

    assert (away.check, stale.check) == ("not-configured", "stale")
    assert "`siloscope forget old`" in away.do
    assert "`siloscope forget cloud closed`" in stale.do
    assert {each.check for each in examine(store, Config(Path("no-such.toml"), ""))} == {"stale"}


def test_slices_that_a_configured_estate_brought_along_are_configured(store: Store, config: Config) -> None:
    """`cloud/theirs` belongs to `cloud`."""
    keep(store, BUCKET, others=(replace(GOOD, source="cloud/theirs"),))

    assert examine(store, config) == []


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-06-01T12:59:00Z", 0),
        ("2026-06-01T13:01:00Z", 1),
        ("2026-06-01T15:30:00+02:00", 1),
        ("2026-06-01T14:30:00+02:00", 0),
        ("no time", 0),
    ],
)
@pytest.mark.parametrize("field", ["created", "last_used"])
def test_times_later_than_the_scan_are_told_whatever_zone_they_are_written_in(
    store: Store, config: Config, field: str, at: str, expected: int
) -> None:
    """With an hour for what happens while a scan runs."""
    keep(store, replace(BUCKET, **{field: at}))

    assert checks(examine(store, config)) == [("clock", "attention")] * expected


def test_a_slice_complete_in_the_future_is_told(store: Store, config: Config) -> None:
    """A scan that ran on a machine whose clock was ahead."""
    keep(store, BUCKET, others=(replace(GOOD, listing="queues", last_complete="2027-01-01T00:00:00Z"),))

    assert checks(examine(store, config)) == [("clock", "attention")]


def test_references_that_wait_for_their_source_are_a_note(store: Store, config: Config) -> None:
    """Until something claims where they start, also under an alias."""
    keep(store, BUCKET, JOB, READS, Reference("https://etl.example", Verb.READS, "s3://lake"))
    (note,) = examine(store, config)
    assert (note.check, note.level, note.count) == ("waiting-reference", "note", 1)
    assert "https://etl.example" in note.says

    named = replace(JOB, names=("https://etl.internal",))
    keep(store, BUCKET, named, READS, Reference("https://etl.example", Verb.READS, "s3://lake"))
    assert examine(store, replace(config, aliases=(("https://etl.example", "https://etl.internal"),))) == []


def test_a_product_nobody_knows_is_a_note_unless_a_source_says_what_it_is_for(store: Store, config: Config) -> None:
    """Tools of one product are one row."""
    ours = (replace(BUCKET, id=f"own://{n}", tool=f"own-engine:{n}") for n in range(2))
    keep(store, *ours)
    (note,) = examine(store, config)
    assert (note.check, note.subject, note.level, note.count) == ("unknown-product", "own-engine", "note", 2)

    told = (Tool(f"own-engine:{n}", capabilities=("workflow-orchestration",)) for n in range(2))
    keep(store, *(replace(BUCKET, id=f"own://{n}", tool=f"own-engine:{n}") for n in range(2)), *told)
    assert examine(store, config) == []


def test_the_worst_comes_first_and_the_order_is_fixed(store: Store, config: Config) -> None:
    """Broken, attention, note; equal stores give equal answers."""
    keep(store, BUCKET, replace(JOB, tool="own-engine:1"), others=(replace(GOOD, listing="m", status=Status.DENIED),))
    spoil(store, "DELETE FROM tool WHERE id = 's3:1'")

    found = examine(store, config)

    assert [LEVELS.index(each.level) for each in found] == [0, 1, 2]
    assert found == examine(store, config)


# --- The command ---


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Two folders of exports, scanned."""
    shell = Shell(lay(tmp_path), capsys, monkeypatch)
    assert shell("scan").code == 0
    return shell


def test_the_command_exits_0_when_all_is_well(shell: Shell) -> None:
    """And the document and the CSV are empty lists."""
    assert shell("doctor").code == 0
    assert shell("doctor", "--format", "json").json["problems"] == []
    assert shell("doctor", "--format", "csv").out == "level,check,subject,count,says,do\n"


def test_the_command_exits_3_when_something_needs_attention(shell: Shell) -> None:
    """The same rows in every format."""
    file = shell.folder / "siloscope.toml"
    file.write_text(file.read_text("utf-8").rpartition("[[source]]")[0], "utf-8")

    done = shell("doctor", "--format", "json")
    assert done.code == 3
    (row,) = done.json["problems"]
    assert row["check"] == "not-configured"
    (line,) = csv.DictReader(io.StringIO(shell("doctor", "--format", "csv").out))
    assert line["do"] == row["do"]
    assert "siloscope forget copies" in shell("doctor").out

    assert shell("forget", "copies", "--yes").code == 0
    assert shell("doctor").code == 0


def test_notes_do_not_count_and_hostile_names_stay_on_one_line(shell: Shell) -> None:
    """A tool called like an escape sequence or a page of text is printed, not obeyed."""
    with closing(open_store(str(shell.folder / "siloscope.db"))) as store:
        tools = [Tool(f"{name}:1") for name in HOSTILE]
        keep(store, *tools, row=replace(GOOD, source="flows", listing="workflow"), at="2030-01-01T00:00:00Z")

    done = shell("doctor")

    assert done.code == 0
    assert len(done.out.splitlines()) == len({name.partition(":")[0] for name in HOSTILE})
    assert all(each.isprintable() for each in done.out.replace("\n", ""))


# --- Neo4j ---


class Closed:
    """A store on a server whose user may read the graph, but not look at constraints."""

    url = "neo4j://reader@graph.example"

    def __init__(self, store: Store) -> None:
        self.graph, self.live = store.graph, store.live

    def query(self, text: str) -> Table:
        raise StoreError(f"query: user reader may not do this ({text.split(maxsplit=1)[0]})")


def test_constraints_that_nobody_may_look_at_are_not_taken_for_present(store: Store, config: Config) -> None:
    """It needs attention, and everything else is examined all the same."""
    keep(store, BUCKET, others=(replace(GOOD, listing="m", status=Status.DENIED),))

    assert checks(examine(Closed(store), config)) == [("constraint", "attention"), ("incomplete", "attention")]


@pytest.mark.server("neo4j")
def test_neo4j_is_examined_too_and_misses_a_dropped_constraint(neo4j: Any, config: Config) -> None:
    """The statement that makes it again stands in the advice; without it doubles are possible."""
    host, estate = neo4j.url.partition("://")[2], uuid4().hex
    store = open_store(f"bolt://{neo4j.user}@{host}/neo4j?estate={estate}", neo4j.password)
    (again,) = (text for text in schema() if " siloscope_verdict " in text)
    try:
        keep(store, BUCKET, JOB, READS)
        assert examine(store, config) == []
        with neo4j.driver() as driver:
            driver.execute_query("DROP CONSTRAINT siloscope_verdict")
        (found,) = examine(store, config)
        assert (found.check, found.level, found.subject) == ("constraint", "broken", "siloscope_verdict")
        assert again in found.do
    finally:
        store.close()
        with neo4j.driver() as driver:
            driver.execute_query(again)
            driver.execute_query("MATCH (n {estate: $estate}) DETACH DELETE n", estate=estate)
