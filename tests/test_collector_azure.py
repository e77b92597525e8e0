"""The azure collector: against a local Resource Manager, against the official SDK, against recorded answers."""

import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from siloscope.collectors import collector
from siloscope.collectors.azure.common import TYPES, product, resource_type
from siloscope.collectors.base import Scope, Taken
from siloscope.model import Asset, Reference, Status, Verb, to_json
from tests.azure_estate import estate
from tests.azure_rows import ADF, ML, RG, S2, SECRET, S
from tests.servers.fake_arm import FakeArm
from tests.test_collector_azure_calls import scanned

COLLECTOR = collector("azure")
ARM = "arm:/" + RG.lower()
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def whole() -> Iterator[dict[tuple[str, str], Taken]]:
    """One scan of the whole invented estate, two rows a page."""
    with FakeArm(estate()) as arm:
        yield scanned(arm)


def assets(taken: Mapping[Any, Taken]) -> dict[str, Asset]:
    """The assets as merged by precedence: the provider's own word over the sweep's."""
    found: dict[str, Asset] = {}
    for each in sorted(taken.values(), key=lambda each: -each.slice.precedence):
        found |= {one.id: one for one in each.observations if isinstance(one, Asset)}
    return found


def edges(taken: Mapping[Any, Taken], of: str) -> set[tuple[str, str]]:
    """(verb, name) of everything the asset `of` refers to."""
    every = [one for each in taken.values() for one in each.observations if isinstance(one, Reference)]
    return {(str(one.verb), one.name) for one in every if one.source == of.lower()}


def test_a_whole_estate_is_complete_and_only_types_that_are_there_are_asked_for(
    whole: dict[tuple[str, str], Taken],
) -> None:
    assert {each.slice.status for each in whole.values()} == {Status.COMPLETE}
    assert ("azureml.model", "0001") in whole
    assert ("azureml.model", "0002") not in whole


def test_a_planted_secret_never_comes_out(whole: dict[tuple[str, str], Taken]) -> None:
    assert SECRET in json.dumps(estate())
    said = json.dumps([to_json(one) for each in whole.values() for one in each.observations])
    assert SECRET not in said
    for file in (HERE / "recordings" / "azure").rglob("*.json"):
        assert SECRET not in file.read_text("utf-8"), file


def test_assets_are_arm_ids_in_lower_case_and_claim_the_join_key(whole: dict[tuple[str, str], Taken]) -> None:
    for one in assets(whole).values():
        assert one.id == one.id.lower()
        assert one.id.startswith("/subscriptions/")
        (key,) = [name for name in one.names if name.startswith("arm://") and "/jobs/" not in name]
        assert key.count("/") == one.id.count("/") + 1, "a shortened key would claim the parent"
        assert one.tool.rpartition(":")[2] in (S, S2)


def test_no_two_assets_claim_one_name(whole: dict[tuple[str, str], Taken]) -> None:
    claimed: dict[str, str] = {}
    for one in assets(whole).values():
        for name in one.names:
            assert claimed.setdefault(name, one.id) == one.id


@pytest.mark.parametrize(
    ("end", "name"),
    [
        ("storageaccounts/risklake", "azblob://risklake"),
        ("storageaccounts/risklake/blobservices/default/containers/raw", "azblob://risklake/raw"),
        ("servers/risk-sql", "host://risk-sql.database.windows.net:1433"),
        ("servers/risk-sql/databases/features", "host://risk-sql.database.windows.net:1433/features"),
        ("namespaces/riskbus", "sb://riskbus"),
        ("namespaces/riskbus/queues/reviews", "sb://riskbus/reviews"),
        ("namespaces/riskevents/eventhubs/clicks", "sb://riskevents/clicks"),
        ("registries/riskacr", "oci://riskacr.azurecr.io"),
        ("vaults/risk-kv", "https://risk-kv.vault.azure.net"),
        ("accounts/risk-openai", "https://risk-openai.openai.azure.com"),
        (
            "accounts/risk-openai/deployments/gpt-mail",
            "https://risk-openai.openai.azure.com/openai/deployments/gpt-mail",
        ),
        ("onlineendpoints/churn-online", "https://churn-online.westeurope.inference.ml.azure.com"),
        ("sites/risk-fn", "https://score.contoso.example"),
        ("databaseaccounts/risk-docs", "azurecosmos://risk-docs.documents.azure.com"),
    ],
)
def test_a_resource_claims_what_others_call_it(whole: dict[tuple[str, str], Taken], end: str, name: str) -> None:
    (found,) = [one for key, one in assets(whole).items() if key.endswith(end)]
    assert name in found.names


def test_a_regional_address_that_everybody_shares_is_claimed_by_nobody(whole: dict[tuple[str, str], Taken]) -> None:
    claims = {name for one in assets(whole).values() for name in one.names}
    assert not any("api.cognitive.microsoft.com" in name for name in claims)


def test_a_pipeline_reads_and_writes_the_data_behind_its_datasets(whole: dict[tuple[str, str], Taken]) -> None:
    found = edges(whole, f"{ADF}/pipelines/churn_daily")
    assert ("reads", "azblob://risklake/raw/accounts/daily") in found
    assert ("writes", "host://risk-sql.database.windows.net:1433/features/dbo/churn_features") in found
    assert ("reads", "s3://partner-scores") in found, "a folder given by an expression is cut, its bucket stays"
    assert ("calls", "https://churn-online.westeurope.inference.ml.azure.com/score") in found
    assert ("calls", f"{ARM}/microsoft.datafactory/factories/risk-adf/pipelines/publish") in found


def test_an_endpoint_serves_its_deployments_models_and_a_job_trains_a_model(
    whole: dict[tuple[str, str], Taken],
) -> None:
    model = f"{ARM}/microsoft.machinelearningservices/workspaces/risk-ml/models/churn"
    served = {name for verb, name in edges(whole, f"{ML}/onlineEndpoints/churn-online") if verb == "serves"}
    assert served == {f"{model}/versions/{number}" for number in (1, 2, 3)}
    job = f"{ARM}/microsoft.machinelearningservices/workspaces/risk-ml/jobs/brave_fig_1"
    assert (str(Verb.TRAINS), model) in edges(whole, job)
    experiment = assets(whole)[f"{ML}/experiments/churn-training".lower()]
    assert job in experiment.names
    assert experiment.last_used == "2025-06-05T06:00:00Z"
    assert experiment.owner == "mia.park@contoso.example"


def test_a_logic_app_calls_what_its_actions_call_in_every_branch(whole: dict[tuple[str, str], Taken]) -> None:
    found = edges(whole, f"{RG}/Microsoft.Logic/workflows/triage-mail")
    assert ("calls", "https://risk-openai.openai.azure.com/openai/deployments/gpt-mail/chat/completions") in found
    assert ("calls", f"{ARM}/microsoft.web/sites/risk-fn/functions/score") in found
    assert ("uses", f"{ARM}/microsoft.web/connections/office365") in found


def test_storage_events_reach_the_queue_they_start(whole: dict[tuple[str, str], Taken]) -> None:
    topic = f"{RG}/Microsoft.EventGrid/systemTopics/lake-events"
    assert ("triggers", f"{ARM}/microsoft.servicebus/namespaces/riskbus/queues/reviews") in edges(whole, topic)


def test_networks_and_sign_in_addresses_are_no_dependence(whole: dict[tuple[str, str], Taken]) -> None:
    every = {one.name for each in whole.values() for one in each.observations if isinstance(one, Reference)}
    assert not any("microsoft.network" in name or "schema.management" in name for name in every)


def test_what_a_managed_group_holds_is_owned_by_its_manager(whole: dict[tuple[str, str], Taken]) -> None:
    lab = f"arm://subscriptions/{S2}/resourcegroups/lab-dev/providers/microsoft.databricks/workspaces/lab"
    store = f"arm://subscriptions/{S2}/resourcegroups/databricks-rg-lab/providers/microsoft.storage/storageaccounts/dbstoragelab"
    assert ("owns", store) in edges(whole, lab)


def test_owner_and_environment_come_from_tags_then_the_group_then_the_creator(
    whole: dict[tuple[str, str], Taken],
) -> None:
    found = assets(whole)
    assert found[ML.lower()].owner == "risk-analytics"
    assert found[f"{RG}/Microsoft.KeyVault/vaults/risk-kv".lower()].owner == "Risk Engineering"
    assert found[f"{ML}/onlineEndpoints/churn-online".lower()].environment == "prod"
    assert (
        found[f"/subscriptions/{S2}/resourcegroups/lab-dev/providers/microsoft.databricks/workspaces/lab"].environment
        == "dev"
    )


@pytest.mark.parametrize(
    ("kind", "said", "slug"),
    [
        ("Microsoft.CognitiveServices/accounts", "OpenAI", "azure-openai"),
        ("Microsoft.CognitiveServices/accounts", "AIServices", "azure-ai-services"),
        ("Microsoft.Web/sites", "functionapp,linux", "azure-functions"),
        ("Microsoft.Web/sites", "functionapp,workflowapp", "logic-apps"),
        ("Microsoft.Web/sites", "app", "app-service"),
        ("Microsoft.Unheard/of", "", "azure"),
    ],
)
def test_one_type_of_several_products_is_told_apart_by_its_kind(kind: str, said: str, slug: str) -> None:
    assert product(kind, said)[0] == slug


def test_every_product_is_in_the_catalog() -> None:
    from siloscope.catalog import product as known

    assert [slug for slug, _ in TYPES.values() if known(slug) is None] == []


def test_the_policy_reads_and_only_reads() -> None:
    role = json.loads(COLLECTOR.permissions())
    assert role["Actions"] == sorted(set(role["Actions"]))
    assert all(action.endswith("/read") for action in role["Actions"])
    assert "Microsoft.CognitiveServices/accounts/deployments/read" in role["Actions"]


@pytest.mark.corpora
def test_answers_recorded_from_azure_are_read(corpora: Path) -> None:
    """Lists that Cloud Custodian recorded from the real Azure: every resource becomes an asset under its own name."""
    folder = corpora / "azure-recorded-c7n"
    if not folder.is_dir():
        pytest.skip("no recorded Azure answers")
    scope = Scope(S, "subscription", S, S, "", {})
    readers = defaultdict(list)
    for listing in COLLECTOR.listings:
        readers[listing.per.removeprefix("azure:")].append(listing.read)
    sweep = next(each.read for each in COLLECTOR.listings if each.name == "azure.resource")
    read: dict[str, int] = defaultdict(int)
    for item in _recorded(folder):
        kind = resource_type(item["id"])
        for reader in [sweep, *readers.get(kind, [])]:
            for one in reader(item, scope):
                assert not isinstance(one, Asset) or one.id.startswith(item["id"].lower().rstrip("/"))
        read[kind] += 1
    assert {
        "microsoft.machinelearningservices/workspaces",
        "microsoft.datafactory/factories",
        "microsoft.logic/workflows",
    } <= read.keys()
    assert sum(read.values()) > 100


def _recorded(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.rglob("*.json")):
        for each in json.loads(file.read_text("utf-8"))["interactions"]:
            body = each["response"]["body"].get("data")
            rows = body.get("value", [body]) if isinstance(body, dict) else []
            for row in rows if isinstance(rows, list) else []:
                if isinstance(row, dict) and "/providers/" in str(row.get("id", "")):
                    yield row


@pytest.mark.corpora
@pytest.mark.parametrize(
    ("provider", "file", "definition", "kind"),
    [
        ("datafactory", "2018-06-01/datafactory.json", "PipelineResource", "microsoft.datafactory/factories/pipelines"),
        (
            "datafactory",
            "2018-06-01/datafactory.json",
            "LinkedServiceResource",
            "microsoft.datafactory/factories/linkedservices",
        ),
        ("datafactory", "2018-06-01/datafactory.json", "DatasetResource", "microsoft.datafactory/factories/datasets"),
        ("datafactory", "2018-06-01/datafactory.json", "TriggerResource", "microsoft.datafactory/factories/triggers"),
        ("logic", "2019-05-01/logic.json", "Workflow", "microsoft.logic/workflows"),
        ("databricks", "2018-04-01/databricks.json", "Workspace", "microsoft.databricks/workspaces"),
    ],
)
def test_the_invented_documents_have_the_shape_of_the_vendors_specification(
    corpora: Path, provider: str, file: str, definition: str, kind: str
) -> None:
    archive = corpora / "azure-spec-examples-2021.tar.gz"
    if not archive.exists():
        pytest.skip("no Azure specification")
    checked = _validator(archive, provider, file, definition)
    rows = [each for each in estate()["resources"] if resource_type(each["id"]) == kind]
    assert rows
    for row in rows:
        told = {
            key: value for key, value in row.items() if key not in ("createdTime", "changedTime", "provisioningState")
        }
        problems = [each.message for each in checked.iter_errors(told)]
        assert problems == [], row["id"]


def _anything(schema: Any) -> Any:
    """Azure writes `{"type": "object"}` where any value may stand; JSON Schema means an object by it."""
    if isinstance(schema, list):
        return [_anything(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "object" and not schema.keys() & {"properties", "allOf", "additionalProperties"}:
        return {}
    return {key: _anything(each) for key, each in schema.items()}


@cache
def _specification(archive: Path, provider: str) -> dict[str, Any]:
    """The Swagger files of a provider, by an address that their references are relative to."""
    documents: dict[str, Any] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            wanted = f"/{provider}/resource-manager/" in member.name and "/examples/" not in member.name
            data = tar.extractfile(member) if wanted and member.isfile() else None
            if data is not None and member.name.endswith(".json"):
                documents[f"file:///{member.name}"] = _anything(json.load(data))
    return documents


def _validator(archive: Path, provider: str, file: str, definition: str) -> Any:
    """A JSON Schema validator for one definition of a Swagger file, references into its neighbours included."""
    from jsonschema import Draft4Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT4

    documents = _specification(archive, provider)
    base = next((name for name in documents if name.endswith(file)), None)
    if base is None:
        pytest.skip(f"{file} is not in the archive")

    def retrieve(uri: str) -> Resource[Any]:
        return DRAFT4.create_resource({})  # common types of other providers: anything goes

    registry: Registry[Any] = Registry(retrieve=retrieve).with_resources(  # type: ignore[call-arg]
        (name, DRAFT4.create_resource(body)) for name, body in documents.items()
    )
    return Draft4Validator({"$ref": f"{base}#/definitions/{definition}"}, registry=registry)
