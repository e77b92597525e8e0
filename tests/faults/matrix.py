"""Three scans a cell: everything there; something deleted, and one listing at fault; all well again.

What is wrong or right is told by two clean scans into stores of their own, of what was there before and of what is
there after the deletions. Nothing that both show may ever go. What only the first shows goes at once where the scan
could look, stays where it could not, and goes with the next scan that can.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from siloscope.config import Config, Source
from siloscope.graph.commit import key_of
from siloscope.graph.sqlite import SqliteStore
from siloscope.graph.store import Store
from siloscope.model import Retirement, Slice, Status
from siloscope.scanner import Options, confirm_held, run
from tests.faults.ledger import Cell
from tests.faults.replay import AFTER, BEFORE

DENIED, ERROR, THROTTLED, RESET = "access denied", "server error 500", "throttled to exhaustion", "connection reset"
TIMEOUT, CUT, SHORT = "read timeout", "body cut off", "body cut short, length honest"
GARBAGE, PAGE, OTHER = "malformed body", "web page with status 200", "another document with status 200"
TOKEN, EMPTY = "empty page with a token", "silent emptiness"
FAULTS = (DENIED, ERROR, THROTTLED, RESET, TIMEOUT, CUT, SHORT, GARBAGE, PAGE, OTHER, TOKEN, EMPTY)
# What nothing tells from an emptied system; the rest must be seen as what it is.
SILENT = (OTHER, TOKEN, EMPTY)

SliceKey = tuple[str, str, str]
Thing = tuple[SliceKey, str]
Fault = Callable[[str], AbstractContextManager[None]]
"""Puts a fault, by its name, in front of the listing; leaving the block takes it away."""


@dataclass(frozen=True, slots=True)
class Case:
    """One listing to be put at fault, and the sources that a cell scans.

    `listing` is "*" where the fault meets all of them. `blind` are the listings that cannot be read when it fails: itself, and those of scopes that it opens.
    `moment` brings the world to `BEFORE` or `AFTER` the deletions. `apart` says that the fault meets a part of
    the listing only (a describing call), so that what it lists is still seen.
    """

    group: str
    listing: str
    sources: tuple[Source, ...]
    moment: Callable[[str], None]
    fault: Fault
    blind: frozenset[str]
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """What a store holds: observations by slice, the published graph by id, and how the slices ended."""

    things: frozenset[Thing]
    assets: frozenset[str]
    edges: frozenset[tuple[str, str, str]]
    slices: dict[SliceKey, Slice]


def sight(store: Store) -> Sight:
    """What a store holds now."""
    graph = store.graph()
    return Sight(
        frozenset((row.slice.key, key_of(row.item)) for row in store.live()),
        frozenset(each.id for each in graph.assets),
        frozenset((each.source, each.target, each.verb.value) for each in graph.edges),
        {each.key: each for each in store.slices()},
    )


class Bench:
    """A folder in which the cells of one case are scanned; `before` and `after` are the clean scans."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self.folder = case, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.config = Config(folder / "siloscope.toml", "", sources=case.sources)
        self.scans = 0
        self.before = self._clean(BEFORE)
        self.after = self._clean(AFTER)

    def _clean(self, moment: str) -> Sight:
        self.case.moment(moment)
        with closing(SqliteStore(str(self.folder / f"{moment}.db"))) as store:
            self.scan(store)
            found = sight(store)
        bad = [each for each in found.slices.values() if each.status is not Status.COMPLETE]
        assert not bad, f"{moment}: not a clean scan: {bad}"
        return found

    def scan(self, store: Store) -> None:
        """Scan every source of the case; each scan is an hour later than the one before."""
        self.scans += 1
        at = f"2026-{self.scans // 600 + 1:02d}-{self.scans // 24 % 25 + 1:02d}T{self.scans % 24:02d}:00:00Z"
        for _ in run(self.config, store, Options(at)):
            pass

    def copy(self, of: Path, name: str) -> SqliteStore:
        """A store that begins as another one was left."""
        file = self.folder / f"{name}.db"
        shutil.copyfile(of, file)
        return SqliteStore(str(file))

    def cell(self, fault: str) -> Cell:
        """Scan two with the fault, scan three without; what they did, judged by the two clean scans."""
        self.case.moment(AFTER)
        file = self.folder / "cell.db"
        with closing(self.copy(self.folder / f"{BEFORE}.db", "cell")) as store:
            with self.case.fault(fault):
                self.scan(store)
            during = sight(store)
        found = self._judged(during, fault)
        if any(each.retirement is Retirement.HELD for each in during.slices.values()):
            found = self._confirmed(during, fault, file, found)
        with closing(SqliteStore(str(file))) as store:
            self.scan(store)
            again = sight(store)
        for each in self.folder.glob("cell*"):
            each.unlink()
        return self._recovered(during, again, found)

    def _judged(self, during: Sight, fault: str) -> Cell:
        """What the scan with the fault did, and whether it was said."""
        hit = [each for each in during.slices.values() if each.listing in self.case.blind]
        through = fault == TOKEN and all(
            each.status is Status.COMPLETE and each.retirement is Retirement.APPLIED for each in hit
        )
        blind = frozenset() if through else self.case.blind
        gone = self.before.things - self.after.things
        away = {thing for thing in gone if self._away(thing, blind)}
        kept = gone - away
        assert not kept - during.things, f"retired without a look: {sorted(kept - during.things)}"
        assert not away & during.things, f"deleted, and still there: {sorted(away & during.things)}"
        if not through:
            self._must_be_said(fault, during)
        held = sum(each.held for each in during.slices.values() if each.retirement is Retirement.HELD)
        return Cell(
            self.case.group, fault, known=len(self.before.things), wrong=self._wrong(during), deleted=len(away),
            retired=len(away - during.things), kept=len(kept), held=held,
        )  # fmt: skip

    def _away(self, thing: Thing, blind: frozenset[str]) -> bool:
        """Whether a scan that is blind on some listings can know that a deleted thing is gone.

        It can where the listing was read; and where the thing's scope is gone, when what opens scopes was read.
        """
        (source, listing, scope), _ = thing
        gone_scope = (source, listing, scope) not in self.after.slices
        return listing not in blind or (gone_scope and self.case.listing == listing)

    def _wrong(self, seen: Sight) -> int:
        """How much is gone that is still there: observations, assets and edges of the graph."""
        return sum(
            len((getattr(self.before, part) & getattr(self.after, part)) - getattr(seen, part))
            for part in ("things", "assets", "edges")
        )

    def _must_be_said(self, fault: str, during: Sight) -> None:
        """A fault ends as its status: denied, failed or (of a part) partial; emptiness as held."""
        met = self.case.blind if self.case.listing == "*" else {self.case.listing}
        hit = [each for each in during.slices.values() if each.listing in met and not each.reason.startswith("stale")]
        gone = [each for each in during.slices.values() if each.listing == "connect"]
        for each in gone or hit:
            if fault in SILENT and each.status is Status.COMPLETE:
                assert each.retirement is not Retirement.APPLIED or not each.assets, each
                continue
            allowed = {Status.PARTIAL} if self.case.apart else {Status.DENIED if fault == DENIED else Status.FAILED}
            assert each.status in allowed | ({Status.PARTIAL} if self.case.group == "files" else set()), each
            assert each.reason, each
            assert fault != DENIED or self.case.group == "files" or each.permission or "403" in each.reason, each

    def _confirmed(self, during: Sight, fault: str, file: Path, found: Cell) -> Cell:
        """The other way on: the system really is empty, and somebody says so."""
        holding = {each.key: each for each in during.slices.values() if each.retirement is Retirement.HELD}
        with closing(self.copy(file, "cell-confirmed")) as store:
            confirm_held(self.config, store, self.case.listing, "2027-01-01T00:00:00Z")
            now = sight(store)
            left = {thing for thing in now.things if thing[0] in holding}
            assert not left, f"confirmed, and still there: {sorted(left)}"
            assert now.things == {thing for thing in during.things if thing[0] not in holding}
            with self.case.fault(fault):
                self.scan(store)
            below = {thing for thing in sight(store).things if thing[0][1] in self.case.blind}
            assert not below, f"nothing opens these scopes any more: {sorted(below)}"
        confirmed = len(during.things - now.things)
        assert confirmed, "held, and nothing to confirm"
        return replace(found, held=confirmed, confirmed=confirmed)

    def _recovered(self, during: Sight, again: Sight, found: Cell) -> Cell:
        """A scan without the fault shows what a clean one shows, and nothing is held, stale or failed any more."""
        waiting = (self.before.things - self.after.things) & during.things
        well = all(
            each.status is Status.COMPLETE and each.retirement is Retirement.APPLIED for each in again.slices.values()
        )
        same = (again.things, again.assets, again.edges) == (self.after.things, self.after.assets, self.after.edges)
        return replace(
            found, later=len(waiting - again.things), recovered=same and well, wrong=found.wrong + self._wrong(again)
        )
