"""What every collector promises, whoever wrote it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from siloscope.collectors import BUILT_IN, collector
from siloscope.collectors.base import Scope, take
from siloscope.config import Source
from siloscope.errors import Denied, Unavailable
from siloscope.model import Asset, Reference, Status, Verb, Visibility
from siloscope.names import canonical
from siloscope.redact import scrub
from tests import golden

ROOT = Path(__file__).parents[2]
TYPES = sorted(BUILT_IN)
LISTINGS = [(kind, listing) for kind in TYPES for listing in collector(kind).listings]
IDS = [f"{kind}:{listing.name}" for kind, listing in LISTINGS]
HEADINGS = ["Configure", "What it reads", "What it links", "Tested against", "Limits"]


class Broken:
    """A client that answers one way only."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def identity(self, listing, scope):
        return "somebody", Visibility.ALL

    def pages(self, listing, scope):
        raise self.error


@pytest.mark.parametrize("kind", TYPES)
def test_a_replay_reads_exactly_the_golden_file(kind: str) -> None:
    """Recordings and what is read in them are kept beside each other; neither changes unnoticed."""
    assert golden.sources(kind), "no recording"
    assert golden.text(kind) == (ROOT / "tests" / "golden" / f"{kind}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", TYPES)
def test_every_asset_says_where_it_lives(kind: str) -> None:
    """Ids, kinds and tools have the forms of the contract; a reference starts at something known and says a verb."""
    for each in golden.read(kind).values():
        for key, row in each["observations"].items():
            if key.startswith("a:"):
                asset = Asset(**{name: row[name] for name in ("id", "kind", "name", "tool")})
                assert re.fullmatch(r"[a-z0-9-]+:.+", asset.tool)
                assert all((asset.id, asset.kind, asset.name))
                assert row.get("names", []) == sorted(set(row.get("names", [])))
            elif key.startswith("r:"):
                reference = Reference(row["source"], Verb(row["verb"]), row["name"])
                assert reference.source != reference.name


@pytest.mark.parametrize("kind", TYPES)
def test_names_are_canonical(kind: str) -> None:
    """What assets claim and references mention is spelled the one canonical way."""
    for each in golden.read(kind).values():
        for row in each["observations"].values():
            for name in [*row.get("names", []), *([row["name"]] if "verb" in row else [])]:
                assert canonical(name) in (name, None), name


@pytest.mark.parametrize("kind", TYPES)
def test_recordings_hold_nothing_a_scrub_would_still_take_out(kind: str) -> None:
    """What was recorded went through the scrub; a second one changes nothing."""
    for file in (ROOT / "tests" / "recordings" / kind).rglob("*.json"):
        document = json.loads(file.read_text(encoding="utf-8"))
        rows = document.get("documents", [])
        assert scrub(rows) == rows, file.name


@pytest.mark.parametrize("kind", TYPES)
def test_the_page_has_the_same_headings_everywhere(kind: str) -> None:
    """docs/collectors/TYPE.md says the same things in the same places, and names every listing."""
    page = (ROOT / "docs" / "collectors" / f"{kind}.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == HEADINGS
    for listing in collector(kind).listings:
        assert listing.name in page, listing.name


@pytest.mark.parametrize("kind", TYPES)
def test_permissions_are_generated(kind: str) -> None:
    """The least privilege is printed from the listings, and says against what the collector was tested."""
    assert collector(kind).permissions().strip()
    assert collector(kind).tested


@pytest.mark.parametrize(("kind", "listing"), LISTINGS, ids=IDS)
def test_a_denied_call_names_its_permission(kind: str, listing) -> None:
    """Denied is a status with the exact permission, never an empty list."""
    taken = take(Broken(Denied("no")), listing, Scope("here"), Source("s", kind))

    assert taken.slice.status is Status.DENIED
    assert taken.slice.permission == listing.permission
    assert listing.permission


@pytest.mark.parametrize(("kind", "listing"), LISTINGS, ids=IDS)
def test_a_failed_call_keeps_its_reason(kind: str, listing) -> None:
    """Unreachable is failed, with the reason; nothing is raised."""
    taken = take(Broken(Unavailable("connection reset")), listing, Scope("here"), Source("s", kind))

    assert (taken.slice.status, taken.slice.reason) == (Status.FAILED, "connection reset")
    assert taken.observations == []
