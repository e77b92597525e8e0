"""A rotation to a token that sees less is no deletion, and what it does not see proves nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from siloscope.analysis import findings
from siloscope.config import Config, Secret, Source
from siloscope.graph.sqlite import SqliteStore
from siloscope.model import Finding, Retirement
from siloscope.scanner import Options, run
from tests.faults import folders
from tests.faults.matrix import Sight, sight
from tests.faults.replay import BEFORE
from tests.servers.fake_orchestrator import FakeOrchestrator
from tests.uipath_estate import key

FOLDERS = range(1, 41)


def orchestrator() -> FakeOrchestrator:
    """A tenant of 40 folders with a process and a queue in each."""

    def rows(kind: str, **more: str) -> dict[int, list[dict[str, object]]]:
        return {n: [{"Id": n, "Key": key(n), "Name": f"{kind} {n}", **more}] for n in FOLDERS}

    tenant = {"Folders": [{"Id": n, "DisplayName": f"F{n}", "FullyQualifiedName": f"F{n}"} for n in FOLDERS]}
    tenant |= {each: [] for each in ("Users", "Processes", "Machines", "Webhooks")}
    folders = {each: {} for each in ("Robots", "Sessions", "ProcessSchedules", "Buckets", "Assets", "Jobs")}
    folders |= {"Releases": rows("process", ProcessKey="p"), "QueueDefinitions": rows("queue")}
    return FakeOrchestrator(tenant, folders, cap=100)


@pytest.mark.parametrize("renamed", [True, False], ids=["another token", "the same application with fewer rights"])
def test_a_token_that_sees_three_of_forty_folders_retires_nothing_and_proves_no_silo(
    renamed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folders that it does not see stay, are named as not looked at, and no claim of absence is made."""
    monkeypatch.setenv("ORCHESTRATOR_TOKEN", "granted-token")
    folders.fill(tmp_path / "n8n", "n8n", BEFORE)
    with orchestrator() as server, closing(SqliteStore(str(tmp_path / "store.db"))) as store:
        options = {"token": Secret("env:ORCHESTRATOR_TOKEN"), "jobs_per_minute": 1e6}
        bots = Source("bots", "uipath", url=server.url, instance="bots.shop.example", options=options)
        flows = Source("n8n", "n8n", 1, path=tmp_path / "n8n", instance="n8n")
        config = Config(tmp_path / "siloscope.toml", "", sources=(bots, flows))
        everything = scanned(config, store, "2026-01-01T00:00:00Z")
        assert sum(each.startswith("uipath://") for each in everything.assets) == 2 * len(FOLDERS)
        assert silo_claims(store)

        shown = server.tenant["Folders"]
        server.tenant = {**server.tenant, "Folders": shown[:3]}
        if renamed:
            server.token = "weaker-token"
            monkeypatch.setenv("ORCHESTRATOR_TOKEN", server.token)
        for day in ("02", "03"):
            weak = scanned(config, store, f"2026-01-{day}T00:00:00Z")
            assert (weak.things, weak.assets, weak.edges) == (everything.things, everything.assets, everything.edges)
            held = {scope for (_, _, scope), row in weak.slices.items() if row.retirement is Retirement.HELD}
            assert held == {f"F{n}" for n in FOLDERS if n > 3}
            assert {each.coverage for each in silo_claims(store)} <= {"unknown"}

        server.tenant = {**server.tenant, "Folders": shown}
        assert scanned(config, store, "2026-01-04T00:00:00Z").things == everything.things
        assert not [row for row in store.slices() if row.retirement is not Retirement.APPLIED]


def scanned(config: Config, store: SqliteStore, at: str) -> Sight:
    for _ in run(config, store, Options(at)):
        pass
    return sight(store)


def silo_claims(store: SqliteStore) -> list[Finding]:
    """What is claimed about the Orchestrator being cut off."""
    found = findings(store.graph(), rules=["isolated-tool", "closed-silo"])
    return [each for each in found if any(subject.startswith("uipath:") for subject in each.subjects)]
