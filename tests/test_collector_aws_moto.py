"""The aws collector against moto: an estate of every service, two accounts, two regions, and IAM that judges."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from siloscope.collectors.aws import COLLECTOR
from siloscope.collectors.base import Listing, Taken, scan
from siloscope.collectors.clients.boto import BotoClient
from siloscope.config import Source
from siloscope.model import Asset, Reference, Status
from tests.aws_estate import HOME, OTHER, PLANTED, REGIONS, ROLE, seed
from tests.servers.moto import Moto

# What moto 5.2.5 answers with HTTP 500: feature groups as a whole, and describing calls of Bedrock.
MISSING = {
    "bedrock.agent": Status.PARTIAL,
    "bedrock.knowledge-base": Status.PARTIAL,
    "sagemaker.feature-group": Status.FAILED,
}
REGION = REGIONS[0]


@pytest.fixture(scope="module")
def keys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.delenv("AWS_PROFILE", raising=False)
        yield


def scanned(url: str, threads: int = 8, **options: Any) -> tuple[BotoClient, list[Taken]]:
    """A whole scan of the emulator, and the client that made it."""
    source = Source("aws-prod", "aws", options={"endpoint_url": url, "regions": list(REGIONS), **options})
    client = COLLECTOR.connect(source)
    assert isinstance(client, BotoClient)
    found = list(scan(COLLECTOR, source, client, threads=threads, keep=True))
    client.close()
    return client, found


@pytest.fixture(scope="module")
def estate(moto: Moto, keys: None) -> tuple[BotoClient, list[Taken]]:
    """The estate in both accounts, scanned once for all tests of this module."""
    moto.reset()
    seed(moto.url)
    return scanned(moto.url, accounts=[HOME, OTHER], role_arn=ROLE)


def assets(found: list[Taken]) -> dict[str, Asset]:
    return {each.id: each for taken in found for each in taken.observations if isinstance(each, Asset)}


def edges(found: list[Taken]) -> set[tuple[str, str, str]]:
    return {
        (each.source, each.verb.value, each.name)
        for taken in found
        for each in taken.observations
        if isinstance(each, Reference)
    }


def test_every_slice_is_complete_but_for_what_moto_lacks(estate: tuple[BotoClient, list[Taken]]) -> None:
    bad = {(each.slice.listing, each.slice.status) for each in estate[1] if each.slice.status is not Status.COMPLETE}
    assert bad == set(MISSING.items())
    assert all(each.slice.reason for each in estate[1] if each.slice.status is not Status.COMPLETE)


def test_every_listing_runs_once_in_every_account_and_region(estate: tuple[BotoClient, list[Taken]]) -> None:
    keys = [each.slice.key for each in estate[1]]
    assert len(keys) == len(set(keys))
    for listing in COLLECTOR.listings:
        scopes = {each.slice.scope for each in estate[1] if each.slice.listing == listing.name}
        if listing.per == "region":
            assert scopes == {f"{account}/{region}" for account in (HOME, OTHER) for region in REGIONS}
        elif listing.per == "account":
            assert scopes == {HOME, OTHER}


def test_no_enumerating_call_is_made_twice(estate: tuple[BotoClient, list[Taken]]) -> None:
    asked = estate[0].sessions.asked
    opened = {"GetTables", "ListRules", "ListTargetsByRule"}
    enumerating = {each.permission: each for each in COLLECTOR.listings}
    for (account, region, action), count in asked.items():
        if action in enumerating and action.partition(":")[2] not in opened:
            assert count == 1, (account, region, action)
    assert estate[0].calls == sum(asked.values())


def test_the_chain_from_data_to_endpoint_is_told(estate: tuple[BotoClient, list[Taken]]) -> None:
    def arn(service: str, resource: str) -> str:
        return f"arn:aws:{service}:{REGION}:{HOME}:{resource}"

    registry = f"oci://{HOME}.dkr.ecr.{REGION}.amazonaws.com"
    artefact = "s3://models/churn-train/output/model.tar.gz"
    expected = {
        (arn("glue", "job/churn"), "reads", "s3://lake/sales/orders"),
        (arn("glue", "job/churn"), "writes", "s3://lake/churn/features"),
        (arn("glue", "job/churn"), "uses", arn("glue", "connection/orders-db")),
        (arn("sagemaker", "training-job/churn-train"), "reads", "s3://lake/churn/features"),
        (arn("sagemaker", "training-job/churn-train"), "writes", artefact),
        (arn("sagemaker", "training-job/churn-train"), "uses", f"{registry}/ml/train"),
        (arn("sagemaker", "model/churn"), "reads", artefact),
        (arn("sagemaker", "model/churn"), "uses", f"{registry}/ml/serve"),
        (arn("sagemaker", "model/churn"), "uses", arn("dynamodb", "table/profiles")),
        (arn("sagemaker", "endpoint/churn"), "serves", arn("sagemaker", "model/churn")),
        (arn("sqs", "orders"), "writes", arn("sqs", "orders-dlq")),
        (arn("sqs", "orders"), "triggers", arn("lambda", "function:score")),
        (arn("sns", "order-events"), "triggers", arn("sqs", "orders")),
        ("arn:aws:s3:::lake", "triggers", arn("lambda", "function:score")),
        (arn("events", "rule/nightly"), "triggers", arn("states", "stateMachine:score-all")),
        (arn("states", "stateMachine:score-all"), "runs", arn("glue", "job/churn")),
        (arn("states", "stateMachine:score-all"), "calls", arn("lambda", "function:score")),
        (arn("firehose", "deliverystream/clicks-to-lake"), "writes", "s3://lake/clicks"),
    }
    assert expected - edges(estate[1]) == set()


def test_a_connection_points_at_the_database_that_claims_the_host(estate: tuple[BotoClient, list[Taken]]) -> None:
    connection = f"arn:aws:glue:{REGION}:{HOME}:connection/orders-db"
    (target,) = [name for source, _, name in edges(estate[1]) if source == connection]
    database = assets(estate[1])[f"arn:aws:rds:{REGION}:{HOME}:db:orders"]
    assert target in database.names


def test_the_same_job_name_in_two_accounts_stays_two_jobs(estate: tuple[BotoClient, list[Taken]]) -> None:
    found = assets(estate[1])
    jobs = {each.id: each.tool for each in found.values() if each.kind == "glue.job" and each.name == "churn"}
    assert jobs == {
        f"arn:aws:glue:eu-west-1:{HOME}:job/churn": f"glue:{HOME}",
        f"arn:aws:glue:us-east-1:{OTHER}:job/churn": f"glue:{OTHER}",
    }


def test_accounts_do_not_see_each_others_buckets(estate: tuple[BotoClient, list[Taken]]) -> None:
    buckets = {each.name: each.tool for each in assets(estate[1]).values() if each.kind == "s3.bucket"}
    assert buckets["lake"] == f"s3:{HOME}"
    assert buckets["partner-drop"] == f"s3:{OTHER}"


def test_a_role_alone_leads_to_its_own_account(moto: Moto, estate: tuple[BotoClient, list[Taken]]) -> None:
    found = scanned(moto.url, role_arn=ROLE, services=["sqs", "s3"])[1]
    assert {each.slice.scope.partition("/")[0] for each in found} == {OTHER}
    assert {each.name for each in assets(found).values()} == {"partner-drop", "partner-orders"}


def test_an_organisation_is_all_its_active_accounts(moto: Moto, estate: tuple[BotoClient, list[Taken]]) -> None:
    organizations = moto.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="lab", Email="lab@corp.example")["CreateAccountStatus"]
    found = scanned(moto.url, accounts="organization", role_arn=ROLE, services=["s3"])[1]
    assert [(each.slice.scope, each.slice.status) for each in found] == [
        (account, Status.COMPLETE) for account in sorted([HOME, made["AccountId"]])
    ]


def test_no_planted_secret_leaves_the_collector(estate: tuple[BotoClient, list[Taken]]) -> None:
    everything = "".join(f"{each.slice}{each.observations}{json.dumps(each.documents)}" for each in estate[1])
    assert [secret for secret in PLANTED if secret in everything] == []


def test_the_number_of_threads_changes_nothing(moto: Moto, estate: tuple[BotoClient, list[Taken]]) -> None:
    # moto dates the primary workgroup of Athena by the moment of the question.
    services = sorted({each.name.partition(".")[0] for each in COLLECTOR.listings} - {"athena"})
    one = scanned(moto.url, threads=1, services=services)[1]
    many = scanned(moto.url, threads=8, services=services)[1]
    assert [each.slice for each in one] == [each.slice for each in many]
    assert [each.observations for each in one] == [each.observations for each in many]


def judged(moto: Moto, monkeypatch: pytest.MonkeyPatch, listings: list[Listing]) -> list[Taken]:
    """A scan as a user who has the generated policy of `listings` and nothing else."""
    iam = moto.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    assert COLLECTOR.policy
    iam.put_user_policy(UserName="reader", PolicyName="siloscope", PolicyDocument=COLLECTOR.policy(listings))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    return scanned(moto.url, regions=[REGION])[1]


def test_the_generated_policy_is_enough_for_every_listing(moto_iam: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged(moto_iam, monkeypatch, list(COLLECTOR.listings))
    # moto cannot check signatures of GET requests with a query, and calls the tagging API by another prefix.
    quirks = ("SignatureDoesNotMatch", "tagging:GetResources")
    refused = [each.slice for each in found if each.slice.status is Status.DENIED]
    assert [each.reason for each in refused if not any(quirk in each.reason for quirk in quirks)] == []
    assert len(refused) <= 5


def test_what_the_policy_leaves_out_is_denied_by_its_exact_permission(
    moto_iam: Moto, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = [each for each in COLLECTOR.listings if each.name.startswith(("sqs.", "sns."))]
    found = judged(moto_iam, monkeypatch, allowed)
    known = {each.name: each for each in COLLECTOR.listings}
    for each in found:
        if known[each.slice.listing] in allowed:
            assert each.slice.status is Status.COMPLETE
        elif each.slice.listing != "sagemaker.feature-group":
            assert (each.slice.status, each.slice.permission) == (
                Status.DENIED,
                known[each.slice.listing].permission,
            )
    assert replace(found[0].slice, listing="").principal.endswith(":user/reader")
