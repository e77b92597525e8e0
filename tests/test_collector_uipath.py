"""The uipath collector: against a local Orchestrator, the vendor's contract, and published Studio projects."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from siloscope.collectors import collector
from siloscope.collectors.base import Taken, scan
from siloscope.collectors.clients.rest import RestClient, get_of
from siloscope.collectors.uipath.client import connect, instance_of
from siloscope.config import Secret, Source
from siloscope.errors import ConfigError
from siloscope.model import Asset, Description, Reference, Status, to_json
from tests.record_cloud import source
from tests.servers import Server
from tests.servers.fake_orchestrator import FakeOrchestrator
from tests.uipath_estate import CLAIMS, FINANCE, HOSTILE, SECRET, folders, key, tenant

COLLECTOR = collector("uipath")
HERE = Path(__file__).resolve().parent
ME = "uipath://cloud.uipath.com/acme/Production"
Slices = dict[tuple[str, str], Taken]


def configured(server: FakeOrchestrator, **options: Any) -> Source:
    """A source for the local server, with the names of the cloud."""
    one = source("uipath", "orchestrator", url=server.url, instance=ME.removeprefix("uipath://"))
    return replace(one, options={**one.options, "jobs_per_minute": 60000, **options})


def scanned(server: FakeOrchestrator, **options: Any) -> Slices:
    """Every slice of a scan, by listing and scope."""
    one = configured(server, **options)
    client = connect(one)
    try:
        return {(each.slice.listing, each.slice.scope): each for each in scan(COLLECTOR, one, client)}
    finally:
        client.close()


@pytest.fixture(scope="module")
def server() -> Iterator[FakeOrchestrator]:
    """The invented tenant, two rows a page."""
    with FakeOrchestrator(tenant(), folders()) as running:
        yield running


@pytest.fixture(scope="module")
def whole(server: FakeOrchestrator) -> Slices:
    """One scan of the whole tenant."""
    return scanned(server)


def assets(taken: Mapping[Any, Taken], kind: str = "") -> dict[str, Asset]:
    """Assets by the end of their id."""
    every = [one for each in taken.values() for one in each.observations if isinstance(one, Asset)]
    return {one.id.removeprefix(f"{ME}/"): one for one in every if one.kind.endswith(kind)}


def edges(taken: Mapping[Any, Taken], of: str) -> set[tuple[str, str]]:
    """(verb, name) of everything that `of` refers to; own names without their beginning."""
    every = [one for each in taken.values() for one in each.observations if isinstance(one, Reference)]
    return {(str(one.verb), one.name.removeprefix(f"{ME}/")) for one in every if one.source == f"{ME}/{of}"}


def test_a_whole_tenant_is_complete_folder_by_folder(whole: Slices) -> None:
    assert {each.slice.status for each in whole.values()} == {Status.COMPLETE}
    assert {scope for listing, scope in whole if listing == "uipath.process"} == {
        "Finance/Production",
        "Claims/Test",
        "mia.park's workspace [13]",
    }


def test_every_listing_but_jobs_is_read_over_all_its_pages(server: FakeOrchestrator, whole: Slices) -> None:
    """Two rows a page, whatever is asked for; three rows in most lists, four in some."""
    counts = {
        kind: len(assets(whole, f".{kind}")) for kind in ("package", "machine", "robot", "bucket", "asset", "trigger")
    }
    assert counts == {"package": 3, "machine": 3, "robot": 3, "bucket": 4, "asset": 4, "trigger": 3}
    with FakeOrchestrator(tenant(), folders(), cap=1) as slow:
        taken = scanned(slow)
    skips = [path for _, path, folder in slow.requests if "/Releases" in path and folder == str(FINANCE)]
    assert [re.search(r"skip=(\d+)", path) is not None for path in skips] == [False, True, True]
    assert assets(taken).keys() == assets(whole).keys()


def test_what_belongs_to_folders_is_asked_for_with_the_folder(server: FakeOrchestrator, whole: Slices) -> None:
    tenant_wide = {"Folders", "Users", "Processes", "Machines", "Webhooks"}
    for method, path, folder in server.requests:
        entity = path.partition("?")[0].rpartition("/odata/")[2].partition("/")[0]
        if method == "GET":
            assert bool(folder) == (entity not in tenant_wide), path


def test_an_empty_page_before_the_count_is_reached_is_partial_and_not_the_end() -> None:
    with FakeOrchestrator(tenant(), folders(), lost={"Robots": 2}) as server:
        taken = scanned(server)["uipath.robot", "Finance/Production"]
    assert taken.slice.status is Status.PARTIAL
    assert "2 of 3" in taken.slice.reason


def test_a_denied_folder_is_denied_alone_and_says_which_permission() -> None:
    with FakeOrchestrator(tenant(), folders(), denied=[("Releases", str(CLAIMS))]) as server:
        taken = scanned(server)
    ended = taken["uipath.process", "Claims/Test"].slice
    assert (ended.status, ended.permission) == (Status.DENIED, "OR.Execution.Read, Processes.View")
    assert taken["uipath.process", "Finance/Production"].slice.status is Status.COMPLETE


def test_users_that_may_not_be_read_leave_the_number_as_owner() -> None:
    with FakeOrchestrator(tenant(), folders(), denied=["Users"]) as server:
        taken = scanned(server)
    assert taken["uipath.user", ME.removeprefix("uipath://")].slice.status is Status.DENIED
    assert assets(taken)[f"process/{key(24)}"].owner == "user 502"
    assert taken["uipath.process", "Claims/Test"].slice.status is Status.COMPLETE


def test_throttling_is_waited_for() -> None:
    with FakeOrchestrator(tenant(), folders(), busy=["Releases", "Jobs"]) as server:
        taken = scanned(server)
    assert server.busy == set()
    assert {each.slice.status for each in taken.values()} == {Status.COMPLETE}


def test_jobs_are_one_request_a_folder_newest_first(server: FakeOrchestrator, whole: Slices) -> None:
    asked = [path for _, path, _ in server.requests if "/odata/Jobs" in path]
    assert len(asked) == 3
    assert all("$orderby=StartTime desc" in path.replace("+", " ") for path in asked)
    told = [one for one in whole["uipath.job", "Finance/Production"].observations if isinstance(one, Description)]
    assert max(str(one.last_used) for one in told) == "2025-06-08T06:00:00Z"


def test_jobs_keep_the_declared_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is played: what matters is what the client waits for, and that only jobs wait."""
    from siloscope.collectors.uipath import client as module

    waits: list[float] = []
    monkeypatch.setattr(module.time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(module.time, "sleep", waits.append)
    with FakeOrchestrator(tenant(), folders()) as server:
        scanned(server, jobs_per_minute=100)
    assert sorted(round(each, 6) for each in waits) == [0.6, 1.2]


def test_a_process_runs_its_package_and_uses_what_its_settings_name(whole: Slices) -> None:
    assert edges(whole, f"process/{key(21)}") >= {
        ("runs", "package/Invoice.Reader"),
        ("uses", "host://erp-sql.acme.example:1433/sap"),
        ("uses", "s3://acme-invoices/config.json"),
    }
    process = assets(whole)[f"process/{key(21)}"]
    assert (process.owner, process.environment) == ("finance-automation", "prod")
    assert process.shape["in:in_Config:System.String"] == 1
    assert f"{ME}/process/21" in process.names, "triggers and queues refer to it by number"


def test_triggers_start_processes_and_queue_triggers_read_their_queue(whole: Slices) -> None:
    assert edges(whole, f"trigger/{key(51)}") == {
        ("triggers", f"process/{key(21)}"),
        ("uses", "robot/31"),
        ("uses", "machine/61"),
        ("uses", "s3://acme-invoices/weekday.json"),
    }
    assert edges(whole, f"trigger/{key(52)}") == {("triggers", "process/21"), ("reads", "queue/41")}


def test_a_queue_in_two_folders_is_one_asset(whole: Slices) -> None:
    seen = [
        each
        for each in whole.values()
        if any(one.id.endswith(key(41)) for one in each.observations if isinstance(one, Asset))
    ]
    assert len(seen) == 2
    assert list(assets(whole, ".queue")).count(f"queue/{key(41)}") == 1


def test_buckets_stand_for_containers_only_where_the_provider_is_known(whole: Slices) -> None:
    assert edges(whole, f"bucket/{key(81)}") == {("uses", "s3://acme-invoices")}
    assert edges(whole, f"bucket/{key(82)}") == {("uses", "azblob://risklake/curated")}
    assert edges(whole, f"bucket/{key(83)}") == set()
    assert not any(name.startswith("s3://") for _, name in edges(whole, f"bucket/{key(84)}")), "Minio is not Amazon"


def test_asset_values_yield_names_and_nothing_else(whole: Slices) -> None:
    assert edges(whole, f"asset/{key(91)}") == {("uses", "host://erp-sql.acme.example:1433/sap")}
    assert edges(whole, f"asset/{key(92)}") == set()
    assert edges(whole, f"asset/{key(93)}") == {("uses", "https://erp.acme.example/login")}


def test_a_planted_secret_never_comes_out(whole: Slices) -> None:
    assert json.dumps([tenant(), folders()]).count(SECRET) > 15
    assert SECRET not in json.dumps([to_json(one) for each in whole.values() for one in each.observations])
    for file in (HERE / "recordings" / "uipath").rglob("*.json"):
        assert SECRET not in file.read_text("utf-8"), file


def test_a_hostile_name_is_kept_as_a_name_and_never_part_of_an_id(whole: Slices) -> None:
    process = assets(whole)[f"process/{key(22)}"]
    assert process.name == HOSTILE
    assert "<" not in process.id


@pytest.mark.parametrize(
    ("options", "principal"),
    [
        ({"client_id": "reader", "client_secret": Secret("env:GOOD")}, "application reader"),
        ({"user": "mia", "tenant": "Default", "password": Secret("env:GOOD")}, "user mia of Default"),
    ],
)
def test_it_signs_in_as_an_application_or_a_local_user(
    options: dict[str, Any], principal: str, server: FakeOrchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOD", "right")
    taken = scanned(server, token=None, **options)
    assert {each.slice.status for each in taken.values()} == {Status.COMPLETE}
    assert {each.slice.principal for each in taken.values()} == {principal}


def test_a_refused_sign_in_is_told_without_the_secret(
    server: FakeOrchestrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAD", SECRET)
    taken = scanned(server, token=None, client_id="reader", client_secret=Secret("env:BAD"))
    assert {(each.slice.status, each.slice.permission) for each in taken.values()} == {(Status.DENIED, "sign-in")}
    reasons = " ".join(each.slice.reason for each in taken.values())
    assert "/identity_/connect/token" in reasons
    assert SECRET not in reasons


@pytest.mark.parametrize(
    ("url", "instance", "expected"),
    [
        ("https://cloud.uipath.com/acme/Prod/orchestrator_", "cloud.uipath.com", "cloud.uipath.com/acme/Prod"),
        ("https://rpa.acme.example", "rpa.acme.example", "rpa.acme.example"),
        ("https://cloud.uipath.com/acme/Prod/orchestrator_", "named", "named"),
    ],
)
def test_the_instance_is_host_organisation_and_tenant(url: str, instance: str, expected: str) -> None:
    assert instance_of(Source("u", "uipath", url=url, instance=instance)) == expected


@pytest.mark.parametrize(
    ("options", "says"),
    [({}, "client_id"), ({"client_secret": Secret("env:GOOD")}, "client_id"), ({"jobs_per_minute": 0}, "positive")],
)
def test_options_that_do_not_fit_are_told(options: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOD", "right")
    with pytest.raises(ConfigError, match=says):
        connect(Source("u", "uipath", url="https://rpa.acme.example", instance="rpa.acme.example", options=options))


def test_every_request_is_valid_for_the_vendors_contract(prism_uipath: Server) -> None:
    """Prism checks each request against the vendor's document and answers with what the document promises."""
    one = source("uipath", "vendor", url=prism_uipath.url, options={"jobs_per_minute": 60000})
    client = connect(one)
    taken = {each.slice.listing: each for each in scan(COLLECTOR, one, client, threads=2)}
    client.close()
    assert taken.keys() == {each.name for each in COLLECTOR.listings}
    assert {name: each.slice.reason for name, each in taken.items() if each.slice.status is not Status.COMPLETE} == {}
    assert sum(each.slice.assets for each in taken.values()) == 9


@pytest.fixture(scope="module")
def contract(corpora: Path) -> dict[str, Any]:
    """The vendor's OpenAPI document, as JSON Schema can read it."""
    file = corpora / "uipath-openapi" / "definitions" / "orchestrator.yaml"
    if not file.exists():
        pytest.skip("no UiPath contract")
    # One pattern is valid in .NET and nowhere else.
    text = file.read_text("utf-8").replace(r"^[\p{L}][\p{L}0-9-_]+$", ".*")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@pytest.mark.corpora
def test_the_invented_tenant_has_the_shape_of_the_contract(contract: dict[str, Any]) -> None:
    from jsonschema import Draft4Validator

    rows = {entity: list(items) for entity, items in tenant().items()}
    for entity, by_folder in folders().items():
        rows[entity] = [row for items in by_folder.values() for row in items]
    for listing in COLLECTOR.listings:
        call = get_of(listing)
        assert call is not None
        answer = contract["paths"][call.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        schema = {"components": contract["components"], **answer}
        entity = call.path.removeprefix("/odata/").partition("/")[0]
        assert rows[entity]
        for row in copy.deepcopy(rows[entity]):
            problems = [
                f"{'.'.join(map(str, each.path))}: {each.message}"
                for each in Draft4Validator(schema).iter_errors({"value": [row]})
                if each.validator != "required"  # what a client must send is more than what a list shows
            ]
            unknown = set(row) - _properties(contract, answer)
            assert (problems, unknown) == ([], set()), (entity, row["Id"])


def _properties(contract: dict[str, Any], answer: dict[str, Any]) -> set[str]:
    """The fields of the rows of a list, inherited ones too."""
    schemas = contract["components"]["schemas"]
    rows = schemas[answer["$ref"].rpartition("/")[2]]["properties"]["value"]["items"]
    found: set[str] = set()
    waiting = [rows]
    while waiting:
        schema = waiting.pop()
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        found |= set(schema.get("properties", {}))
        waiting += schema.get("allOf", [])
    return found


@pytest.mark.corpora
def test_published_studio_projects_are_read_and_no_copy_hides_another(corpora: Path) -> None:
    folder = corpora / "uipath-projects"
    if not folder.is_dir():
        pytest.skip("no Studio projects")
    one = Source("studio", "uipath", path=folder, instance="studio")
    (taken,) = scan(COLLECTOR, one, connect(one))
    found = [each for each in taken.observations if isinstance(each, Asset)]
    assert taken.slice.status is Status.COMPLETE, taken.slice.reason
    assert len({each.id for each in found}) == len(list(folder.rglob("project.json")))
    assert not any(each.name.endswith("project.json") for each in found), "a copy keeps its name"
    assert any(each.shape.get("dependency:UiPath.Excel.Activities") for each in found)


def test_only_the_configured_host_is_given_the_token() -> None:
    client = RestClient("https://cloud.uipath.com/acme/p/orchestrator_", [])
    with pytest.raises(Exception, match="another host"):
        client.request("GET", "https://elsewhere.example/odata/Folders")
