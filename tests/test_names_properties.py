"""What holds for every string, not only for those of the case file."""

import re
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from siloscope.names import (
    Context,
    aliases,
    canonical,
    compose,
    extract,
    kafka_aliases,
    parents,
    root,
    sql_tables,
    to_openlineage,
)
from siloscope.names.canonical import SCHEMES
from siloscope.names.images import image

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SPELLINGS = [
    line.split("\t")[0]
    for line in (Path(__file__).parent / "names_cases.tsv").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("# ")
]
CONTEXTS = [
    Context(),
    Context(instance="mlflow://h:5000", account="111122223333", region="eu-west-1"),
    Context(instance="databricks://adb-1.2.azuredatabricks.net", engine="postgres", database="host://db1:5432/x"),
    Context(engine="kafka", database="snowflake://org-acc/DW"),
    Context(engine="bigquery", database="bigquery://p1/d"),
]
HOSTILE = "s3://b/:@?#*{}$%\\\"'`<>|^;=,.[]()~-_ \t\n\0\u202e\u200b\ud800\xa0é中ABCabc019"
text = st.text(alphabet=st.sampled_from(HOSTILE), max_size=60)
scheme = st.sampled_from([f"{name}://" for name in SCHEMES] + [f"{name}:" for name in ("jdbc", "arn", "models", "runs", "file", "dbfs")] + ["jdbc:oracle:thin:@", "jdbc:sqlserver://", "Server=", "host=", "/subscriptions/", "projects/"])  # fmt: skip
mutated = st.builds(
    lambda base, at, insert: base[: at % (len(base) + 1)] + insert + base[at % (len(base) + 1) :],
    st.sampled_from(SPELLINGS),
    st.integers(0, 200),
    st.text(alphabet=st.sampled_from(HOSTILE), max_size=4),
)
anything = st.one_of(st.text(max_size=80), st.builds(str.__add__, scheme, text), mutated)
contexts = st.sampled_from(CONTEXTS)


@settings(QUICK, max_examples=300)
@given(anything, contexts)
@example("s3://b/x%3Fy", Context())
@example("https://s3.amazonaws.com/b/%2525", Context())
def test_a_canonical_name_is_its_own_canonical_name(spelling, context):
    name = canonical(spelling, context)
    if name is not None:
        assert canonical(name, context) == name
        assert canonical(name) == name


@settings(QUICK, max_examples=200)
@given(anything, contexts)
def test_names_are_clean_text_without_query_fragment_or_invisible_characters(spelling, context):
    name = canonical(spelling, context)
    if name is not None:
        assert name
        assert name == name.strip()
        assert not re.search(r"[?#*{}<>\"`\x00-\x1f\x7f-\xa0\u200b-\u200f\u202a-\u202e\ud800-\udfff]", name)
        assert not name.endswith("/")


@settings(QUICK, max_examples=200)
@given(anything, contexts)
def test_parents_widen_strictly_and_end_and_hold_the_root(spelling, context):
    name = canonical(spelling, context)
    if name is None:
        return
    chain = [name, *parents(name)]
    assert len(chain) == len(set(chain)) <= 3 + name.count("/") + name.count(".")
    for above in chain[1:]:
        assert canonical(above) == above, above
    assert root(name) in chain
    assert root(root(name)) == root(name)


@QUICK
@given(st.text(max_size=60), contexts)
def test_nothing_raises_for_any_text(text, context):
    list(parents(text))
    root(text)
    to_openlineage(text)
    aliases(text)
    kafka_aliases(text)
    image(text)
    list(extract({text: [text, {text: text}]}, context))


SECRET = st.text(alphabet="abcXYZ0189", min_size=10, max_size=24).map(lambda body: f"s3cr3t{body}")
PASSWORD = st.builds(lambda a, s, b: a + s + b, st.sampled_from(["", "/", "@", ":", "#", "?", "%40", "a/b@"]), SECRET, st.sampled_from(["", "/", "@x", ":1", "!", "%2F"]))  # fmt: skip
TEMPLATES = [
    "postgresql+psycopg2://u:{}@db1:5432/x", "postgres://u:{}@db1/x?sslmode=require", "mysql://u:{}@h/x", "snowflake://u:{}@org-acc/DW/RAW",
    "mongodb://u:{}@h1:27017,h2:27017/x?authSource=admin", "redis://:{}@h:6379/0", "amqp://u:{}@h/v", "mqtt://u:{}@h/t", "kafka://u:{}@h:9092/t",
    "trino://u:{}@h:8080/hive", "databricks://token:{}@adb-1.2.azuredatabricks.net?http_path=/sql/1.0/warehouses/abc", "mssql+pyodbc://u:{}@h/sales",
    "jdbc:mysql://u:{}@h/x", "clickhouse+native://u:{}@h/x", "oracle+oracledb://u:{}@h/x", "sftp://u:{}@h/in", "cassandra://u:{}@h/ks",
]  # fmt: skip
AFTER = [
    "https://api.vendor.com/v1?token={0}", "https://api.vendor.com/v1#access_token={0}", "https://h/token/{0}/x", "https://h/x/api_key={0}", "https://{0}@h/x",
    "https://u:{0}@h/x", "jdbc:postgresql://h/x?user=u&password={0}", "jdbc:sqlserver://h;databaseName=x;password={0};user=u", "jdbc:snowflake://o-a.snowflakecomputing.com/?db=D&password={0}",
    "jdbc:databricks://adb-1.2.azuredatabricks.net:443;httpPath=/sql/1.0/warehouses/abc;PWD={0}", "Server=h,1433;Database=x;Uid=u;Pwd={0}", "Server=h;Pwd={{{0};x}};Database=x;Uid=u",
    "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey={0};EndpointSuffix=core.windows.net", "Endpoint=sb://n.servicebus.windows.net/;SharedAccessKey={0};EntityPath=q",
    "AccountEndpoint=https://a.documents.azure.com:443/;AccountKey={0}", "host=db1 dbname=x password={0}", "host=db1 dbname=x password='a {0}'", "s3://AKIA:{0}@b/x", "s3://b/x?X-Amz-Signature={0}",
    "https://lake.blob.core.windows.net/raw/p?sv=1&sig={0}", "abfss://raw@lake.dfs.core.windows.net/p?sig={0}", "https://hooks.slack.com/services/T0/B0/{0}", "https://api.telegram.org/bot12345678:{0}/getMe",
    "https://discord.com/api/webhooks/12/{0}", "https://discord.com/api/v10/webhooks/12/{0}/slack", "https://maker.ifttt.com/trigger/e/with/key/{0}", "https://{0}:x@github.com/o/r.git", "git+https://u:{0}@git.corp/o/r.git",
    "jdbc:oracle:thin:scott/{0}@//h:1521/svc", "jdbc:db2://h:50000/DB:user=u;password={0};", "jdbc:redshift://h:5439/x;PWD={0}", "mongodb+srv://u:{0}@c.mongodb.net/x", "awsathena+rest://AKIA:{0}@athena.eu-west-1.amazonaws.com:443/x",
]  # fmt: skip


def held(secret, found):
    return any(secret in name.lower() for name in found if name)


@settings(QUICK, max_examples=200)
@given(
    st.sampled_from(TEMPLATES),
    PASSWORD,
    st.sampled_from(["{}", "url: {}", "x = '{}'", '{{"a": "{}"}}', "see {}, and more"]),
)
def test_no_password_of_a_url_survives_however_raw(template, password, around):
    secret = re.search("s3cr3t[a-zA-Z0-9]+", password)[0].lower()
    spelling = template.format(password)
    assert not held(secret, [canonical(spelling)])
    assert not held(secret, [mention.name + mention.where for mention in extract({"a": around.format(spelling)})])


@settings(QUICK, max_examples=200)
@given(
    st.sampled_from(AFTER), SECRET, st.sampled_from(["{}", "url: {}", "x = '{}'", '{{"a": "{}"}}', "see {}, and more"])
)
def test_no_key_of_a_query_path_or_connection_string_survives(template, secret, around):
    spelling = template.format(secret)
    assert not held(secret.lower(), [canonical(spelling)])
    assert not held(
        secret.lower(), [mention.name + mention.where for mention in extract({"a": around.format(spelling)})]
    )


def test_the_templates_of_secrets_do_name_something():
    for template in [*TEMPLATES, *AFTER]:
        assert canonical(template.format("abcdefgh")), template


@QUICK
@given(st.text(max_size=40).filter(lambda each: each.strip()))
def test_any_identifier_is_one_segment_of_a_composed_name(identifier):
    name = compose("mlflow", "h", "model", identifier)
    assert canonical(name) == name
    assert name.count("/") == 4


@QUICK
@given(st.text(max_size=80))
def test_any_text_as_sql_gives_an_answer_or_says_it_was_not_parsed(sql):
    found = sql_tables(sql, "postgres", Context(database="host://db1:5432/x"))
    assert found.parsed or not (found.reads or found.writes)


def test_long_and_odd_strings_are_no_names():
    assert canonical("s3://b/" + "x" * 5_000_000) is None
    assert canonical("\ud800") is None
    assert canonical("s3://b\0/x") is None
    assert canonical("") is None
