"""Redaction: no planted secret survives, nothing harmless is touched, and hostile text costs linear time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from siloscope.redact import MASK, only_names, scrub, scrub_text, secret_key

# Random enough for every case; each secret below is one of these or begins with a vendor's mark.
P = "Zq7vN2xLw9Rt4KpB"
HEX = "9f86d081884c7d659a2feaa0c55ad015"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzXq7vN2xLw"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAzq7vN2xLw9Rt4KpB\n-----END RSA PRIVATE KEY-----"
SAS = "sv=2022-11-02&ss=b&srt=co&sp=rl&se=2030-01-01T00:00:00Z&sig=Zq7vN2xLw9Rt4KpB%2FkQ%3D"

# (what a platform says, the part that must not survive)
SECRETS: list[tuple[Any, str]] = [
    ({"password": P}, P),
    ({"db_password": P}, P),
    ({"clientSecret": P}, P),
    ({"client_secret": [P]}, P),
    ({"apiKey": P}, P),
    ({"X-Api-Key": P}, P),
    ({"AccountKey": P}, P),
    ({"sharedAccessKey": P}, P),
    ({"Authorization": f"Basic {P}"}, P),
    ({"headers": {"Cookie": f"session={P}"}}, P),
    ({"accessToken": {"value": P}}, P),
    ({"refresh_token": P}, P),
    ({"privateKey": PEM}, "MIIEow"),
    ({"passphrase": P}, P),
    ({"PWD": P}, P),
    ({"pin_code": 918273}, "918273"),
    ({"password": {"nested": {"deep": P}}}, P),
    ({"MasterUserPassword": P}, P),
    ({"sasToken": SAS}, "Zq7vN2"),
    ({"connectionString": f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey={P}="}, P),
    ({"Name": "DB_PASSWORD", "Value": P}, P),
    ({"name": "API_TOKEN", "value": P}, P),
    ({"Key": "clientSecret", "Value": P}, P),
    ({"ParameterKey": "DbPassword", "ParameterValue": P}, P),
    ({"name": "OPENAI_API_KEY", "value": f"sk-proj-{P}{P}"}, P),
    ({"Environment": {"Variables": {"SECRET_KEY": P}}}, P),
    (f"postgresql://bot:{P}@db.example:5432/risk", P),
    (f"postgresql+psycopg2://bot:{P}@db.example/risk", P),
    (f"mongodb+srv://bot:{P}@cluster0.abc.mongodb.net/x", P),
    (f"redis://:{P}@cache.example:6379/0", P),
    (f"amqp://bot:p/{P}@mq.example//", P),
    (f"https://{P}@github.com/org/repo.git", P),
    (f"https://bot:p@ss{P}@host.example/x", P),
    (f"jdbc:sqlserver://h:1433;databaseName=x;user=sa;password={P}", P),
    (f"jdbc:mysql://h/x?user=u&password={P}", P),
    (f"jdbc:oracle:thin:scott/{P}@//h:1521/svc", P),
    (f"Server=h;Database=d;User Id=sa;Pwd={P};", P),
    (f"host=h dbname=d user=u password='{P}'", P),
    (f"DefaultEndpointsProtocol=https;AccountName=lake;AccountKey={P}{P}==;EndpointSuffix=core.windows.net", P),
    (f"https://lake.blob.core.windows.net/raw/x.csv?{SAS}", "Zq7vN2"),
    (f"https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE&X-Amz-Signature={HEX}", HEX),
    (f"https://storage.googleapis.com/b/o?X-Goog-Signature={HEX}{HEX}", HEX),
    (f"https://api.example/v1?api_key={P}", P),
    (f"https://fn.azurewebsites.net/api/x?code={P}==", P),
    (f"https://maps.example/api?key={P}", P),
    (f"Authorization: Bearer {P}", P),
    (f"curl -H 'Authorization: Bearer {JWT}' https://x.example", "dozjgNry"),
    (f"curl -H 'X-Api-Key: {P}' https://x.example", P),
    (f"curl -u bot:{P} https://x.example", P),
    (f"the token is {JWT} and so on", "dozjgNry"),
    (f"begin {PEM} end", "MIIEow"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA", "b3BlbnNza"),
    ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7"),
    (f"aws_secret_access_key = {AWS_SECRET}", "wJalrXUtn"),
    (f"export AWS_SECRET_ACCESS_KEY={AWS_SECRET}", "wJalrXUtn"),
    (f"the key {AWS_SECRET} was used", "wJalrXUtn"),
    ("AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "9tSrke72"),
    ("use ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F"),
    ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz", "abcdefghijkl"),
    ("glpat-Zq7vN2xLw9Rt4KpBxyz1", "Zq7vN2xLw"),
    ("xoxb-123456789012-Zq7vN2xLw9Rt4KpB", "Zq7vN2xLw"),
    ("https://hooks.slack.com/services/T000/B000/Zq7vN2xLw9Rt4KpB", "Zq7vN2xLw"),
    ("https://discord.com/api/webhooks/123456789/Zq7vN2xLw9Rt4KpBZq7vN2xLw9Rt4KpB", "Zq7vN2xLw"),
    ("https://api.telegram.org/bot123456789:AAZq7vN2xLw9Rt4KpBZq7vN2xLw9Rt4KpB/sendMessage", "Zq7vN2xLw"),
    ("sk_live_Zq7vN2xLw9Rt4KpBabcd", "Zq7vN2xLw"),
    ("dapi0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    ("hf_Zq7vN2xLw9Rt4KpBZq7vN2xLw9Rt4KpB", "Zq7vN2xLw"),
    ("SG.Zq7vN2xLw9Rt4KpB.Zq7vN2xLw9Rt4KpB", "Zq7vN2xLw"),
    (f"python train.py --password {P} --epochs 3", P),
    (f"mysql --password={P} -h h", P),
    (f"CREATE USER bot IDENTIFIED BY PASSWORD '{P}'", P),
    (f"db:\n  user: bot\n  password: {P}\n  port: 1\n", P),
    (f'db:\n  api_key: "{P}"\n', P),
    (f"conn = connect(host='h', password='{P}')", P),
    (f'os.environ["SECRET"] = "{P}"', P),
    (f"const token = `{P}`;", P),
    (f"x.headers = {{'Authorization': 'token {P}'}}", P),
    (json.dumps({"user": "bot", "password": P}), P),
    (json.dumps({"inner": json.dumps({"client_secret": P})}), P),
    ({"Arguments": ["--db-password", P]}, P),
    ({"command": ["run", f"--token={P}"]}, P),
    ({f"postgres://bot:{P}@h/db": 1}, P),
    ({"DefaultArguments": {"--api_key": P}}, P),
    ({"sasl.jaas.config": f'org.apache.kafka.common.security.plain.PlainLoginModule required password="{P}";'}, P),
    ({"value": "Zq7vN2xLw9Rt4KpBhT5mYc8Ld3Gs"}, "Zq7vN2xLw"),
    ({"PrivateData": [{"token": P}, {"token": P}]}, P),
]

HARMLESS: list[Any] = [
    "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn-2024-01-31",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf",
    "arn:aws:iam::111122223333:role/service-role/AmazonSageMaker-ExecutionRole-20240131T101010",
    "arn:aws:lambda:eu-west-1:111122223333:function:CustomerChurnScoringFunctionV2",
    "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-Risk/providers/Microsoft.Storage/storageAccounts/lake",
    "CustomerChurnTrainingPipelineStack-TrainingJobRole",
    "s3://lake/raw/customers/dt=2024-01-31/part-00000.parquet",
    "s3://sagemaker-eu-west-1-111122223333/churn-model/output/model.tar.gz",
    "gs://models-prod/churn/v3/saved_model.pb",
    "abfss://raw@lake.dfs.core.windows.net/customers",
    "wasbs://raw@lake.blob.core.windows.net/x",
    "https://lake.blob.core.windows.net/raw/x.csv",
    "postgresql://db.example:5432/risk",
    "jdbc:postgresql://db.example:5432/risk?ssl=true",
    "https://sqs.eu-west-1.amazonaws.com/111122223333/orders",
    "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:1.2.3",
    "123e4567-e89b-12d3-a456-426614174000",
    "Password Reset Bot",
    "Secret Santa notifier",
    "Token usage report",
    "Cookie consent sync",
    "Authorization workflow v2",
    "password_reset_flow",
    "Basic onboarding",
    "bearer of bad news",
    "Signature collection process",
    "a passport scanner",
    "SELECT id, name FROM risk.customers WHERE state = 'open'",
    "anna.smith@example.com",
    "kafka://broker.example:9092/orders",
    "models:/churn/3",
    "runs:/0123456789abcdef0123456789abcdef/model",
    "0123456789abcdef0123456789abcdef",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "https://app.powerbi.com/groups/me/reports",
    "{{ var.value.api_key }}",
    "={{ $json.password }}",
    "2026-01-31T12:00:00Z",
    "eu-west-1",
    "task_group.extract_customers",
    "müßige Prozesse – „Rechnung“ 请求",
    "x = y",
    "sasquatch sightings dashboard",
    "monkey-patching-job",
    "turkey-forecast-key-figures",
    {"nextToken": "abc"},
    {"maxTokens": 4096},
    {"max_tokens": 4096},
    {"totalTokens": 12},
    {"prompt_tokens": 12},
    {"secretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:prod/db-AbCdEf"},
    {"tokenUrl": "https://login.example/oauth2/token"},
    {"hasPassword": True},
    {"credentialStoreId": "c-12"},
    {"passwordLastChanged": "2024-01-31"},
    {"tokenEndpoint": "https://login.example/token"},
    {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"},
    {"keyName": "orders"},
    {"monkey": "banana", "turkey": "bird", "primary_key": "customer_id"},
    {"partitionKey": "customerId"},
    {"sort_key": "created_at"},
    {"keys": ["a", "b"]},
    {"Name": "REGION", "Value": "eu-west-1"},
    {"password": ""},
    {"password": None},
    {"tokenized": "yes", "compass": "north"},
    {"etag": "W/\"datetime'2024-01-31'\""},
    {"id": "Zq7vN2xLw9Rt4KpBhT5mYc8Ld3Gs"},
    {"workflowId": "Zq7vN2xLw9Rt4KpBhT5mYc8Ld3Gs"},
    {"active": True, "nodes": 3, "share": 0.5, "none": None},
]


def test_the_tables_are_as_long_as_promised() -> None:
    """At least sixty of each, so that a pattern cannot be tuned to a handful."""
    assert len(SECRETS) >= 60
    assert len(HARMLESS) >= 60


@pytest.mark.parametrize(("said", "secret"), SECRETS, ids=[str(n) for n in range(len(SECRETS))])
def test_no_secret_survives(said: Any, secret: str) -> None:
    """Whatever platform said it, wherever in a document it stood."""
    assert secret in json.dumps(said) or secret in str(said)
    for document in (said, {"outer": [{"text": said}]}):
        assert secret not in json.dumps(scrub(document), ensure_ascii=False)


@pytest.mark.parametrize("said", HARMLESS, ids=[str(n) for n in range(len(HARMLESS))])
def test_nothing_harmless_is_touched(said: Any) -> None:
    """A map full of `***` answers nothing."""
    assert scrub(said) == said


def test_scrubbing_twice_changes_nothing_more() -> None:
    """Recordings are scrubbed when written and when replayed; both must read alike."""
    for said, _ in SECRETS:
        once = scrub(said)
        assert scrub(once) == once


FRAGMENTS = st.sampled_from(
    ["password", "=", ":", "'", '"', " ", "://", "@", "token", "Bearer ", "AKIA", "sig=", "?", "&", "-----BEGIN KEY-----",
     P, JWT, "***", "\\", "{{", "}}", "eyJ", ".", "/", "key-", "\n", "--secret ", "user:", "x", "é", "\u202e"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@example("://0@0000@")
@given(st.one_of(st.text(), st.lists(FRAGMENTS, max_size=14).map("".join)))
def test_scrubbing_text_is_idempotent_and_never_raises(text: str) -> None:
    """For any text, and for text made of what patterns look for."""
    once = scrub_text(text)
    assert scrub_text(once) == once


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda each: (
        st.lists(each, max_size=4)
        | st.dictionaries(st.sampled_from(["password", "name", "value", "x", "nextToken", "Key"]), each, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_scrubbing_a_document_keeps_its_structure(document: Any) -> None:
    """Keys stay, lists keep their length; only scalars are masked, and a second time changes nothing."""
    once = scrub(document)
    assert _skeleton(once) == _skeleton(document)
    assert scrub(once) == once


def _skeleton(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _skeleton(each) for key, each in value.items()}
    return [_skeleton(each) for each in value] if isinstance(value, list) else ""


UNITS = [
    "password", "password=", "password='", "://a:", "a:b@", "-----BEGIN A-----", "eyJ", "eyJaaaaaaaaa.", "Bearer ", "--token ",
    "?sig=", "aA1", "AKIA", "sk-", "key-", "secret ", '\\"', "token : ", "=", "a/B", "hooks.slack.com/services/", " ",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_text_costs_linear_time(unit: str) -> None:
    """Four times the text costs about four times the work, not sixteen times: no pattern backtracks without bound."""

    def cost(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        scrub_text(text)
        return time.process_time() - start

    # Whatever else the machine does makes a single pair of times worthless, not all of eight.
    assert any(cost(80_000) <= 10 * max(cost(20_000), 0.002) for _ in range(8))


def test_opaque_paths_keep_names_and_nothing_else() -> None:
    """A listing that declares a field opaque gets the names in it, whatever it holds."""
    document = {
        "Environment": {"Variables": {"BUCKET": "s3://lake/raw", "PHRASE": "correct horse", "N": 3}},
        "Role": "r",
    }
    clean = scrub(document, ("Environment.Variables.*",))
    assert clean["Environment"]["Variables"]["BUCKET"] == "s3://lake/raw"
    assert clean["Environment"]["Variables"]["PHRASE"] == MASK
    assert clean["Role"] == "r"
    assert only_names(f"postgres://bot:{P}@db.example:5432/risk please") == "host://db.example:5432/risk"


@pytest.mark.parametrize(("key", "secret"), [("db_password", True), ("passwordResetUrl", False), ("SECRET_KEY", True), ("secretName", False), ("nextToken", False), ("AuthToken", True), ("tokens", True), ("max_tokens", False), ("compassion", False)])  # fmt: skip
def test_a_key_is_secret_when_it_holds_one_and_not_when_it_points_to_one(key: str, secret: bool) -> None:
    """`secretArn` is a fact worth keeping, `clientSecret` is not."""
    assert secret_key(key) is secret
