"""The example company: what siloscope says about it is what its own tables and its story say.

The edges come from `examples/company/estate`, the findings from its README. Neither runs siloscope's
readers, names or resolver; what is compared here was reached on two ways.
"""

import importlib
import json
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from siloscope.analysis import THRESHOLD
from siloscope.cli import main
from siloscope.cli.demo_command import Demo, build
from siloscope.model import Status

HERE = Path(__file__).resolve().parent
COMPANY = HERE.parents[1] / "examples" / "company"
RECORDINGS = HERE.parents[1] / "siloscope" / "demo" / "recordings"
# Rules of which every finding above the threshold is planted; of the others the story names some.
EXACT = {
    "duplicate-asset", "isolated-tool", "closed-silo", "single-bridge", "stalled-pilot", "hidden-share", "dormant",
    "ungoverned-model", "unmonitored-production", "orphaned-bot", "shadow-ai", "negative-return",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, built once."""
    return build(tmp_path_factory.mktemp("world") / "demo")


@pytest.fixture
def estate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The estate's package, which lies beside its scripts."""
    monkeypatch.syspath_prepend(str(COMPANY))
    return importlib.import_module("estate.expected")


def table(name: str) -> list[tuple[str, ...]]:
    """The rows of an expectation, without its head."""
    lines = (HERE / name).read_text("utf-8").splitlines()[1:]
    return [tuple(each.split("\t")) for each in lines]


def crossing(demo: Demo) -> set[tuple[str, ...]]:
    """The graph's edges between tools, and from tools to the outside."""
    tool = {each.id: each.tool for each in demo.graph.assets}
    return {
        (each.source, each.verb.value, each.target, each.how.value)
        for each in demo.graph.edges
        if tool.get(each.source) != tool.get(each.target)
    }


def test_exactly_the_edges_of_the_estate_cross_tools(demo: Demo) -> None:
    """Every edge between tools is in the tables, with its verb and how it was met; and the reverse."""
    expected = set(table("expected_edges.tsv"))
    found = crossing(demo)
    assert sorted(found - expected) == []
    assert sorted(expected - found) == []


def test_the_expected_edges_are_those_of_the_estates_tables(estate: ModuleType) -> None:
    """The file of expected edges is not older than the tables that it comes from."""
    assert estate.edges(estate.everything()) == table("expected_edges.tsv")


def test_every_asset_of_the_estate_is_found_and_little_else(demo: Demo, estate: ModuleType) -> None:
    """What the tables hold is in the graph; beyond it only what servers bring themselves."""
    ids = {each.id for each in estate.everything()}
    found = {each.id for each in demo.graph.assets}
    assert sorted(ids - found) == []
    assert {each.rpartition("/")[2] for each in found - ids} <= {"primary", "0"}


@pytest.mark.parametrize("rule", sorted(EXACT))
def test_a_rule_finds_what_is_planted_and_nothing_else(demo: Demo, rule: str) -> None:
    """Findings above the threshold are the planted ones, by their subjects."""
    found = {" ".join(sorted(each.subjects)) for each in demo.findings if each.rule == rule and each.score >= THRESHOLD}
    assert found == {subjects for name, subjects in table("expected_findings.tsv") if name == rule}


def test_the_ungoverned_models_are_those_the_tables_serve_without_a_registry(demo: Demo, estate: ModuleType) -> None:
    """SageMaker endpoints whose models nobody registered, and just those; the right controls are missing."""
    assert estate
    trained = importlib.import_module("estate.aws").TRAINED
    expected = {model for model, _, _, endpoint, registered in trained if endpoint and not registered}
    found = [each for each in demo.findings if each.rule == "ungoverned-model" and each.score >= THRESHOLD]
    assert {demo.graph.asset[each.subjects[0]].name for each in found} == expected
    for each in found:
        says = " ".join(one.says for one in each.because)
        for control in ("model registry", "approval or stage gate", "documentation", "business objective"):
            assert f"no {control} (" in says
        assert "no owner" not in says
        assert "ISO/IEC 42001 A.6.2.4" in says


def test_the_robot_that_does_not_pay_is_found_with_the_reckoning(demo: Demo) -> None:
    """Twelve runs a year of 85 minutes at 0.70, against its share of the robots' licence."""
    (found,) = [each for each in demo.findings if each.rule == "negative-return" and each.score >= THRESHOLD]
    says = " ".join(one.says for one in found.because)
    assert demo.graph.asset[found.subjects[0]].name == "Payslip archive"
    assert "returns 714" in says
    assert "12 runs a year by its schedules" in says
    assert found.annual_saving is not None
    share = 168_000 / sum(each.tool == demo.graph.asset[found.subjects[0]].tool for each in demo.graph.assets)
    held = [each for each in demo.graph.assets if each.initiative == demo.graph.asset[found.subjects[0]].initiative]
    assert found.annual_saving == pytest.approx(share * len(held) - 12 * 85 * 0.7, abs=0.01)


def test_what_clouds_bill_in_detail_is_what_procurement_knows(demo: Demo) -> None:
    """Three tools are billed resource by resource; their totals are those of the list, and the rest is shared."""
    for key, cost in (("sagemaker:118800009926", 142_600), ("azureml:5c1d0a11-77aa-4e4b-9c3e-40d2f1a80001", 44_100)):
        tool = demo.graph.tool[key]
        assert tool.annual_cost == pytest.approx(cost, abs=0.01)
        assert (tool.cost_source, tool.facts["cost.months"]) == ("billed", 12)
        own = sum(each.annual_cost or 0 for each in demo.graph.assets if each.tool == key)
        assert 0 < own < cost


def test_the_overlaps_of_the_story_are_among_those_found(demo: Demo) -> None:
    """Four capabilities are served in several places, and the finding names exactly the tools that do."""
    found = {" ".join(sorted(each.subjects)) for each in demo.findings if each.rule == "overlapping-tools"}
    planted = {subjects for name, subjects in table("expected_findings.tsv") if name == "overlapping-tools"}
    assert planted
    assert planted <= found


def test_the_company_is_as_large_as_the_story_says(demo: Demo) -> None:
    """Departments, tools, assets; hardly anything is left without a department."""
    departments = {each.department for each in demo.graph.assets} - {"unassigned"}
    assert len(departments) >= 8
    assert 35 <= len(demo.graph.tools) <= 45
    assert 550 <= len(demo.graph.assets) <= 650
    unassigned = sum(each.department == "unassigned" for each in demo.graph.assets)
    assert unassigned < len(demo.graph.assets) / 20


def test_departments_are_attributed_as_the_tables_say(demo: Demo, estate: ModuleType) -> None:
    """An attributed asset never belongs to another department than its table row, data shared by all aside."""
    names = {key: each.name for key, each in importlib.import_module("estate.base").DEPARTMENTS.items()}
    wrong = [
        (item.id, asset.department)
        for item in estate.everything()
        if item.department and (asset := demo.graph.asset[item.id]).department not in ("unassigned", names[item.department])
    ]  # fmt: skip
    # Tables and connections carry no tags, so that these go to the platform whose tools hold them; an
    # experiment of Azure ML has no tags of its own either and follows its workspace.
    untagged = ("glue.table", "airflow.connection", "athena.workgroup")
    assert [each for each in wrong if demo.graph.asset[each[0]].kind not in untagged] == []


def test_one_denied_slice_stays_open_and_the_accepted_ones_do_not(demo: Demo) -> None:
    """The feature groups are fog; Treasury is an accepted gap with its reason."""
    assert [(each.source, each.listing) for each in demo.graph.incomplete()] == [
        ("aws-analytics", "sagemaker.feature-group")
    ]
    accepted = [each for each in demo.graph.slices if each.accepted]
    assert {each.scope for each in accepted} == {"Finance/Treasury"}
    assert {each.status for each in accepted} == {Status.DENIED}


def test_no_planted_secret_is_in_any_recording(estate: ModuleType) -> None:
    """Recordings are what readers saw: names, and never a password."""
    assert estate
    secrets = importlib.import_module("estate.base").SECRETS
    files = list(RECORDINGS.rglob("*.json"))
    assert len(files) > 100
    told = {file: text for file in files for text in [file.read_text("utf-8")]}
    assert [
        (file.name, kind) for file, text in told.items() for kind, secret in secrets.items() if secret in text
    ] == []


def test_no_planted_secret_is_in_store_map_plan_or_export(demo: Demo, estate: ModuleType) -> None:
    """Nothing downstream of the recordings has one either."""
    assert estate
    secrets = importlib.import_module("estate.base").SECRETS
    export = json.dumps(demo.graph.document()).encode()
    for file in [each for each in demo.folder.rglob("*") if each.is_file()]:
        data = file.read_bytes() + export
        assert [(file.name, kind) for kind, secret in secrets.items() if secret.encode() in data] == []


def test_the_secrets_are_really_planted(estate: ModuleType) -> None:
    """What is provisioned holds each of them: their absence above is the scrubbing, not an empty plant."""
    assert estate
    base, automations, azure, uipath = (
        importlib.import_module(f"estate.{each}") for each in ("base", "automations", "azure", "uipath")
    )
    answers = [
        uipath.answer("/odata/Assets/UiPath.Server.Configuration.OData.GetFiltered", each) for each in uipath.FOLDERS
    ]
    told = {
        "n8n": [automations.n8n_export(each) for each in automations.n8n()],
        "node-red": automations.node_red_flows(),
        "data-factory": azure.estate(),
        "uipath": answers,
    }
    assert [kind for kind, value in told.items() if base.SECRETS[kind] not in json.dumps(value)] == []
    scripts = "".join((COMPANY / each).read_text("utf-8") for each in ("provision.py", "provision_aws.py"))
    rest = base.SECRETS.keys() - told.keys()
    assert [kind for kind in rest if f'SECRETS["{kind}"]' not in scripts.replace("'", '"')] == []


def test_the_command_writes_everything_and_says_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 0 although one slice is denied, which is said; other commands work in the folder."""
    monkeypatch.chdir(tmp_path)
    assert run("demo") == 0
    said = capsys.readouterr().out
    assert "feature-group, denied" in said
    assert "cd siloscope-demo" in said
    folder = tmp_path / "siloscope-demo"
    made = {each.name for each in folder.iterdir()}
    assert made >= {"siloscope.toml", "siloscope.db", "silo-map.html", "plan", "recordings"}
    monkeypatch.chdir(folder)
    assert run("findings", "--format", "json") == 0
    listed = json.loads(capsys.readouterr().out)["findings"]
    assert {each["rule"] for each in listed} >= EXACT
    assert run("why", listed[0]["id"]) == 0
    assert run("scan", "--from", "recordings") == 3


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_a_foreign_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not empty and holds no demo is an error, and nothing in it changes; nor is a file replaced."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "siloscope.toml").write_text("mine\n")
    assert run("demo", str(tmp_path / "work")) == 2
    assert "not empty" in capsys.readouterr().err
    assert [each.read_text() for each in (tmp_path / "work").iterdir()] == ["mine\n"]
    assert run("demo", str(tmp_path / "work" / "siloscope.toml")) == 2


def test_two_runs_write_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    """Map, plan and export are the same in another folder and when a folder is written anew."""
    build(tmp_path / "again")
    second = build(tmp_path / "again")
    for name in ("silo-map.html", "plan/plan.json", "plan/plan.md", "siloscope.toml"):
        assert (demo.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert demo.graph.document() == second.graph.document()


def test_the_store_is_readable_by_sqlite_alone(demo: Demo) -> None:
    """The embedded store is a plain SQLite file with the assets in it."""
    with sqlite3.connect(f"file:{demo.folder / 'siloscope.db'}?mode=ro", uri=True) as store:
        assert store.execute("SELECT count(*) FROM asset WHERE NOT outside").fetchone()[0] == len(demo.graph.assets)


@pytest.mark.corpora
def test_the_local_orchestrator_answers_as_the_vendors_contract_says(corpora: Path, estate: ModuleType) -> None:
    """Every row that the company's robots were recorded from is valid in UiPath's own OpenAPI document."""
    assert estate
    from jsonschema import Draft4Validator

    file = corpora / "uipath-openapi" / "definitions" / "orchestrator.yaml"
    if not file.exists():
        pytest.skip("no UiPath contract")
    # One pattern is valid in .NET and nowhere else.
    text = file.read_text("utf-8").replace(r"^[\p{L}][\p{L}0-9-_]+$", ".*")
    contract = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    uipath = importlib.import_module("estate.uipath")
    problems = [
        each for path, rows in answers(uipath).items() for each in broken(contract, path, rows, Draft4Validator)
    ]
    assert problems == []


def answers(uipath: ModuleType) -> dict[str, list[dict[str, Any]]]:
    """All rows by collection, in all folders."""
    tenant = ("/odata/Folders", "/odata/Users", "/odata/Processes", "/odata/Machines")
    inside = "Releases Robots Sessions QueueDefinitions ProcessSchedules Buckets Jobs".split()
    found = {path: uipath.answer(path, None) for path in tenant}
    for path in (*(f"/odata/{each}" for each in inside), "/odata/Assets/UiPath.Server.Configuration.OData.GetFiltered"):
        found[path] = [row for folder in uipath.FOLDERS for row in uipath.answer(path, folder)]
    return found


def broken(contract: dict[str, Any], path: str, rows: list[dict[str, Any]], validator: Any) -> list[str]:
    """What the schema of a collection's answer says against its rows."""
    answer = contract["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    check = validator({"components": contract["components"], **answer})
    assert rows, path
    return [
        f"{path} {list(each.absolute_path)}: {each.message[:120]}"
        for each in check.iter_errors({"value": rows})
        if each.validator != "required"  # what a client must send is more than what a list shows
    ]
