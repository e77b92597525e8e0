"""Calls to AWS: every listing pages to its end, and every way to fail ends as what it is."""

import json
from collections.abc import Callable, Iterator

import pytest

from siloscope.collectors.aws import COLLECTOR, connect, policy
from siloscope.collectors.base import Client, Listing, Scope, Taken, scan, take
from siloscope.collectors.clients.boto_calls import Boto, action
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Reference, Status
from tests.aws_pages import ACCOUNT, REGION, bare, cbor, client_of, encoded, in_turn, name_field, operation_model, pages
from tests.servers.proxy import Answer, Cut, FaultProxy, Request, Reset

LISTINGS = {each.name: each for each in COLLECTOR.listings}
# One of each wire format: JSON, REST with JSON, Query (XML), REST with XML, CBOR.
FORMATS = ("glue.job", "lambda.function", "rds.instance", "s3.bucket", "tagging.resource")
SCOPE = Scope(
    f"{ACCOUNT}/{REGION}",
    "region",
    ACCOUNT,
    ACCOUNT,
    REGION,
    {"partition": "aws", "home": "yes", "glue_database": "sales", "event_bus": "shop"},
)
DENIED = {
    "json": b'{"__type": "AccessDeniedException", "message": "not authorized to perform"}',
    "xml": b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
}
HTML = Answer(500, b"<!doctype html>\n<html><title>500 Internal Server Error</title>", {"Content-Type": "text/html"})


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def aws() -> Iterator[FaultProxy]:
    """An AWS whose every answer is a rule of the test."""
    with FaultProxy("http://127.0.0.1:9") as proxy:
        yield proxy


def source(proxy: FaultProxy, **options: object) -> Source:
    return Source("prod", "aws", options={"endpoint_url": proxy.url, "regions": [REGION], **options})


def taken(proxy: FaultProxy, listing: Listing) -> Taken:
    """The listing in one scope; who asks is answered before, so that every request is the listing's."""
    where = source(proxy)
    client = connect(where)
    client.sessions._callers[""] = (ACCOUNT, "arn:aws:iam::123456789012:user/reader")
    return take(client, listing, SCOPE, where, keep=True)


def denied(listing: Listing) -> Answer:
    """A refusal in the wire format of the service."""
    protocol = operation_model(listing).service_model.resolved_protocol
    if "cbor" in protocol:
        body = cbor({"__type": "com.amazonaws.tagging#AccessDeniedException", "message": "no"})
        return Answer(403, body, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"})
    return Answer(403, DENIED["json" if "json" in protocol else "xml"])


@pytest.mark.parametrize("name", sorted(LISTINGS))
def test_every_listing_reads_three_pages_and_asks_three_times(name: str, aws: FaultProxy) -> None:
    listing = bare(LISTINGS[name])
    aws.rule = in_turn(pages(listing, 3))
    found = taken(aws, listing)
    key = (
        name_field(operation_model(listing).output_shape.members[listing.call.items].member)
        if _objects(listing)
        else listing.call.item
    )
    assert [each[key] for each in found.documents or []] == [f"item-{number}" for number in range(6)]
    assert aws.count() == 3
    token = "item-1" if name == "firehose.delivery-stream" else "page-1"
    assert token in _sent(aws.requests[1])
    assert token not in _sent(aws.requests[0])


def _objects(listing: Listing) -> bool:
    return operation_model(listing).output_shape.members[listing.call.items].member.type_name == "structure"


def _sent(request: Request) -> str:
    return f"{request.query} {request.headers} {request.body.decode('latin-1')}"


@pytest.mark.parametrize("name", FORMATS)
def test_a_refusal_is_denied_and_names_the_permission(name: str, aws: FaultProxy) -> None:
    aws.rule = in_turn([denied(LISTINGS[name])])
    found = taken(aws, LISTINGS[name]).slice
    assert (found.status, found.permission) == (Status.DENIED, LISTINGS[name].permission)
    assert aws.count() == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_refusal_of_the_second_page_keeps_the_first_as_partial(name: str, aws: FaultProxy) -> None:
    listing = bare(LISTINGS[name])
    aws.rule = in_turn([pages(listing, 3)[0], denied(listing)])
    found = taken(aws, listing)
    assert (found.slice.status, found.slice.permission) == (Status.PARTIAL, listing.permission)
    assert len(found.documents or []) == 2


@pytest.mark.parametrize("name", FORMATS)
def test_an_html_page_with_500_fails_at_once(name: str, aws: FaultProxy) -> None:
    aws.rule = in_turn([HTML])
    found = taken(aws, LISTINGS[name]).slice
    assert found.status is Status.FAILED
    assert LISTINGS[name].permission in found.reason
    assert "HTML" in found.reason
    assert aws.count() == 1


@pytest.mark.parametrize("honest", [True, False])
@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_cut_in_the_middle_is_never_complete(name: str, honest: bool, aws: FaultProxy) -> None:
    whole = pages(bare(LISTINGS[name]), 1)[0]
    with FaultProxy(aws.url, lambda _request: Cut(len(whole.body) // 2, honest=honest)) as cut:
        aws.rule = in_turn([whole])
        found = taken(cut, bare(LISTINGS[name]))
    assert found.slice.status is Status.FAILED
    assert LISTINGS[name].permission in found.slice.reason


@pytest.mark.parametrize("name", ["glue.job", "lambda.function"])
def test_an_answer_without_its_list_is_not_an_empty_list(name: str, aws: FaultProxy) -> None:
    aws.rule = in_turn([Answer(200, b"{}")])
    found = taken(aws, LISTINGS[name]).slice
    assert found.status is Status.FAILED
    assert "no list" in found.reason


def test_queues_may_leave_the_list_out_when_there_are_none(aws: FaultProxy) -> None:
    aws.rule = in_turn([Answer(200, b"{}", {"Content-Type": "application/x-amz-json-1.0"})])
    assert taken(aws, LISTINGS["sqs.queue"]).slice.status is Status.COMPLETE


def test_an_empty_body_is_no_empty_list(aws: FaultProxy) -> None:
    aws.rule = in_turn([Answer(200, b"", {"Content-Type": "application/x-amz-json-1.0"})])
    assert taken(aws, LISTINGS["sqs.queue"]).slice.status is Status.FAILED


def test_throttling_is_waited_out(aws: FaultProxy) -> None:
    slow = Answer(400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
    aws.rule = in_turn([slow, *pages(bare(LISTINGS["glue.job"]), 1)])
    assert taken(aws, bare(LISTINGS["glue.job"])).slice.status is Status.COMPLETE
    assert aws.count() == 2


def test_a_reset_connection_fails_with_the_permission(aws: FaultProxy) -> None:
    aws.rule = lambda _request: Reset()
    found = taken(aws, LISTINGS["glue.job"]).slice
    assert found.status is Status.FAILED
    assert "glue:GetJobs" in found.reason


def test_a_paging_token_that_repeats_ends_the_listing(aws: FaultProxy) -> None:
    listing = bare(LISTINGS["athena.workgroup"])
    aws.rule = in_turn(pages(listing, 2)[:1])
    found = taken(aws, listing).slice
    assert found.status is Status.PARTIAL
    assert "repeats" in found.reason
    assert aws.count() == 2


def test_a_detail_denied_for_one_item_keeps_all_items(aws: FaultProxy) -> None:
    listing = LISTINGS["sagemaker.model"]
    found = _with_details(aws, listing, lambda number: denied(listing) if number == 1 else None, items=3)
    assert found.slice.status is Status.PARTIAL
    assert found.slice.permission == "sagemaker:DescribeModel"
    assert [each["ModelName"] for each in found.documents or []] == ["m0", "m1", "m2"]
    assert found.slice.assets == 3


def test_a_detail_that_is_always_denied_is_given_up_and_said_so(aws: FaultProxy) -> None:
    listing = LISTINGS["sagemaker.model"]
    found = _with_details(aws, listing, lambda _number: denied(listing), items=100)
    assert found.slice.status is Status.PARTIAL
    assert found.slice.assets == 100
    assert aws.count() < 30


def _with_details(aws: FaultProxy, listing: Listing, fault: Callable[[int], Answer | None], items: int) -> Taken:
    names = [f"m{number}" for number in range(items)]
    arns = {name: f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/{name}" for name in names}
    rows = [{"ModelName": name, "ModelArn": arns[name], "CreationTime": 1767225600} for name in names]

    def rule(request: Request) -> Answer:
        if request.operation == "ListModels":
            return Answer(200, json.dumps({"Models": rows}).encode())
        name = json.loads(request.body)["ModelName"]
        answer = json.dumps({"ModelName": name, "ModelArn": arns[name], "ExecutionRoleArn": "r"}).encode()
        return fault(int(name[1:])) or Answer(200, answer)

    aws.rule = rule
    return taken(aws, listing)


def test_a_secret_in_a_definition_is_masked_and_the_definition_still_read(aws: FaultProxy) -> None:
    """AWS returns definitions as text; masking inside the text would break it."""
    me = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
    payload = {"token": "hunter2-hunter2", "Authorization": "Bearer abcdefghijkl"}
    state = {"Type": "Task", "Resource": function, "Parameters": payload, "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": state}})
    row = {"stateMachineArn": me, "name": "m", "type": "STANDARD", "creationDate": 1767225600}
    described = {**row, "definition": definition, "roleArn": "r"}

    def rule(request: Request) -> Answer:
        answer = {"stateMachines": [row]} if request.operation == "ListStateMachines" else described
        return Answer(200, json.dumps(answer).encode())

    aws.rule = rule
    found = taken(aws, LISTINGS["stepfunctions.state-machine"])
    assert found.slice.status is Status.COMPLETE
    assert [each.name for each in found.observations if isinstance(each, Reference)] == [function]
    assert not [word for word in ("hunter2", "abcdefghijkl") if word in f"{found.observations}{found.documents}"]


def test_an_account_whose_role_cannot_be_assumed_is_denied_and_asked_once(aws: FaultProxy) -> None:
    other = "210987654321"
    caller = (
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/reader</Arn>"
        "<UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
        "</GetCallerIdentityResponse>"
    )

    def rule(request: Request) -> Answer:
        if request.operation == "GetCallerIdentity":
            return Answer(200, caller.encode(), {"Content-Type": "text/xml"})
        return Answer(403, DENIED["xml"], {"Content-Type": "text/xml"})

    aws.rule = rule
    where = source(aws, accounts=[other], role_arn="reader", services=["glue.job", "s3"])
    found = [each.slice for each in scan(COLLECTOR, where, connect(where))]
    assert [(each.listing, each.status, each.permission) for each in found] == [
        ("s3.bucket", Status.DENIED, "sts:AssumeRole"),
        ("glue.job", Status.DENIED, "sts:AssumeRole"),
    ]
    assert aws.count(lambda request: request.operation == "AssumeRole") == 1


def test_a_source_without_credentials_is_one_denied_slice(aws: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    where = source(aws)
    found = [each.slice for each in scan(COLLECTOR, where, connect(where))]
    assert [(each.listing, each.status) for each in found] == [("connect", Status.DENIED)]


def test_accounts_without_a_role_are_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="role_arn"):
        connect(Source("prod", "aws", options={"accounts": ["210987654321"]}))
    with pytest.raises(ConfigError, match="regions"):
        connect(Source("prod", "aws", options={"regions": "eu-west-1"}))


def test_every_action_of_the_policy_is_an_operation_of_its_service() -> None:
    """The IAM name is the API's own spelling, but for the few that the authorization reference renames."""
    renamed = {"s3:ListAllMyBuckets", "s3:GetBucketNotification"}
    known = {"sts:GetCallerIdentity", *renamed}
    for service in {each.call.service for each in COLLECTOR.listings}:
        names = client_of(service).meta.service_model.operation_names
        prefix = action(service, "").rstrip(":")
        known |= {f"{prefix}:{name}" for name in names}
    document = json.loads(policy(COLLECTOR.listings))
    actions = document["Statement"][0]["Action"]
    assert document["Version"] == "2012-10-17"
    assert set(actions) <= known
    assert actions == sorted(set(actions))
    assert renamed <= set(actions)


def test_the_policy_allows_no_action_that_changes_or_reads_content() -> None:
    actions = json.loads(policy(COLLECTOR.listings, accounts=True))["Statement"][0]["Action"]
    verbs = {each.partition(":")[2] for each in actions} - {"AssumeRole"}
    assert all(each.startswith(("Get", "List", "Describe")) for each in verbs)
    assert not {"s3:GetObject", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage"} & set(actions)
    assert {"sts:AssumeRole", "organizations:ListAccounts"} <= set(actions)


def test_the_permission_of_a_listing_is_the_action_of_its_call() -> None:
    for each in COLLECTOR.listings:
        assert isinstance(each.call, Boto)
        assert each.permission == each.call.permissions[0]


def test_no_operation_is_called_by_two_listings() -> None:
    calls = [(each.call.service, each.call.operation) for each in COLLECTOR.listings]
    assert len(calls) == len(set(calls))


def test_closing_twice_does_no_harm(aws: FaultProxy) -> None:
    client: Client = connect(source(aws))
    client.close()
    client.close()


def test_what_a_fake_answer_says_is_what_botocore_reads(aws: FaultProxy) -> None:
    """The fake speaks each wire format well enough: a whole item comes back as it was given."""
    listing = bare(LISTINGS["rds.instance"])
    item = {"DBInstanceIdentifier": "orders", "DBInstanceArn": "arn:aws:rds:eu-west-1:123456789012:db:orders"}
    aws.rule = in_turn([encoded(operation_model(listing), {"DBInstances": [item]})])
    found = taken(aws, listing)
    assert [each["DBInstanceIdentifier"] for each in found.documents or []] == ["orders"]
