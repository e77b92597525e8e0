"""Names found in documents, texts and SQL, where they stood, and what is left alone."""

import json
import os
import tarfile
from pathlib import Path

import pytest

from siloscope.names import (
    Context,
    canonical,
    expressions,
    extract,
    extract_text,
    image,
    is_expression,
    kafka_aliases,
    sql_tables,
)

CORPORA = Path(os.environ.get("SILOSCOPE_CORPORA") or Path(__file__).parents[1] / "../shared/corpora")


def found(value, **context):
    return [mention.name for mention in extract(value, Context(**context))]


def in_text(text, **context):
    return [mention.name for mention in extract_text(text, Context(**context))]


def test_a_mention_says_where_in_the_document_it_stood():
    document = {"nodes": [{}, {"parameters": {"url": "https://api.vendor.com/v1/x?key=1"}}]}
    (mention,) = extract(document)
    assert (mention.name, mention.where, mention.spelled) == (
        "https://api.vendor.com/v1/x",
        "nodes[1].parameters.url",
        "",
    )


def test_names_come_once_per_place_in_document_order():
    document = {"b": "s3://b/2 and s3://b/1 and s3://b/2", "a": "s3://b/1"}
    assert [(m.name, m.where) for m in extract(document)] == [("s3://b/2", "b"), ("s3://b/1", "b"), ("s3://b/1", "a")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("See (https://h/a), or <https://h/b>; [c](https://h/c).", ["https://h/a", "https://h/b", "https://h/c"]),
        ("wget https://h/wiki/A_(b) now", ["https://h/wiki/A_(b)"]),
        ("https://a/x,https://b/y;https://c/z|https://d", ["https://a/x", "https://b/y", "https://c/z", "https://d"]),
        ('{\\"url\\": \\"https://h/a\\"}', ["https://h/a"]),
        ("export DB=postgres://u:p@db1/x\nexport S3=s3://b/k", ["host://db1:5432/x", "s3://b/k"]),
        ("role arn:aws:iam::111122223333:role/R, queue arn:aws:sqs:eu-west-1:111122223333:q.", ["arn:aws:iam::111122223333:role/R", "arn:aws:sqs:eu-west-1:111122223333:q"]),
        ("db.abc.eu-west-1.rds.amazonaws.com is the host", ["host://db.abc.eu-west-1.rds.amazonaws.com"]),
        ("connect to db1.corp:5432 please", ["host://db1.corp:5432"]),
        ("ports: 5432:5432 and port:5432 at 10:30", []),
        ("spark.kafka.bootstrap.servers=b2:9092,b1:9092", ["kafka://b1:9092"]),
        ('bootstrap_servers: "b2:9092,b1:9092"', ["kafka://b1:9092"]),
        ("FROM 123456789012.dkr.ecr.us-east-1.amazonaws.com/ml/train:1 AS x", ["oci://123456789012.dkr.ecr.us-east-1.amazonaws.com/ml/train"]),
        ("git clone git@git.corp:ml/fraud.git", ["git://git.corp/ml/fraud"]),
        ('conn = "Server=tcp:h,1433;Initial Catalog=sales;User ID=u;Password=p;"', ["host://h:1433/sales"]),
        ("psycopg2.connect('host=db1 dbname=x user=u password=p')", ["host://db1:5432/x"]),
        ('jdbc = "jdbc:oracle:thin:@//h:1521/svc"', ["host://h:1521/svc"]),
        ('={{ "https://api/v1/items/" + $json.id }}', ["https://api/v1/items"]),
        ("={{ 'https://api/v1/item' + $json.id }}", ["https://api/v1"]),
        ("={{ 'https://api' + $json.path }}", []),
        ("={{ 'https://api' + '/v1' }}", ["https://api"]),
        ("https://h/{{ $json.id }}/x and https://{{ host }}/y", ["https://h"]),
        ("select * from `my-project.ds.tbl`", ["bigquery://my-project/ds.tbl"]),
        ("projects/p1/topics/t", ["pubsub://p1/topics/t"]),
        ("/subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourceGroups/RG/providers/Microsoft.X/Y/Z", ["arm://subscriptions/0b1f6471-1bf0-4dda-aec3-111122223333/resourcegroups/rg/providers/microsoft.x/y/z"]),
        ("chrome-extension://abc mailto:a@b.com javascript:void(0) 1:2 a/b x.y", []),
        ("", []),
    ],
)  # fmt: skip
def test_free_text_gives_its_names_and_nothing_else(text, names):
    assert in_text(text) == names


def test_json_in_strings_is_read_with_its_places():
    inner = json.dumps({"path": "s3://b/x", "more": json.dumps(["gs://c/y"])})
    assert [(m.name, m.where) for m in extract({"body": inner})] == [
        ("s3://b/x", "body.path"),
        ("gs://c/y", "body.more[0]"),
    ]


def test_values_under_keys_of_secrets_give_arns_at_most():
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    assert found(
        {"password": "postgres://x:y@h/z", "secret": arn, "api_key": "https://h/x", "authorization": "h:5432"}
    ) == [arn]


def test_a_key_that_could_hold_a_secret_is_not_repeated_in_the_place():
    mentions = list(extract({"https://u:hunter2@h/x?t=1": {"a": "s3://b"}}))
    assert [(m.name, m.where) for m in mentions] == [("https://h/x", "?"), ("s3://b", "?.a")]


def test_host_port_and_database_of_one_object_are_one_name():
    assert found({"connectionConfiguration": {"host": "db1", "port": 5432, "database": "x", "password": "p"}}) == [
        "host://db1:5432/x"
    ]
    assert found({"config": {"database.hostname": "db1", "database.port": "3306", "database.dbname": "x"}}) == [
        "host://db1:3306/x"
    ]
    assert found({"conn_type": "postgres", "host": "db1", "schema": "public"}) == ["host://db1:5432"]
    assert found({"host": "smtp.corp", "port": 587}) == []
    assert found({"s3_bucket_name": "b", "s3_bucket_path": "raw"}) == ["s3://b/raw"]


def test_images_count_by_their_key():
    assert found({"image": "ml/train:3", "other": "ml/train:3"}) == ["oci://docker.io/ml/train"]
    assert image("python") == "oci://docker.io/library/python"
    assert image("not an image") is None


def test_expressions_are_counted_and_are_no_names():
    document = {
        "a": "={{ $json.x }}",
        "b": ["@pipeline().parameters.x", "{{ ds }}", "${ENV}"],
        "c": "plain @ text",
        "d": 5,
    }
    assert expressions(document) == 4
    assert not is_expression("a@b.com")
    assert found(document) == []


def test_every_bootstrap_server_is_an_alias_of_the_cluster():
    servers = "b2:9092,PLAINTEXT://b1:9092"
    assert kafka_aliases(servers) == ("kafka://b1:9092", "kafka://b2:9092")
    assert kafka_aliases(["b2:9092", "b1:9092"]) == kafka_aliases(servers)
    assert canonical("b2:9092,b1:9092") == kafka_aliases(servers)[0]
    assert kafka_aliases("") == ()


def test_sql_reads_and_writes_are_told_apart_and_ctes_are_no_tables():
    found = sql_tables(
        "WITH t AS (SELECT * FROM raw.a) INSERT INTO mart.b SELECT * FROM t JOIN c ON true",
        "postgres",
        Context(database="host://db1:5432/x"),
    )
    assert found.reads == ("host://db1:5432/x/public/c", "host://db1:5432/x/raw/a")
    assert found.writes == ("host://db1:5432/x/mart/b",)
    assert found.parsed


def test_a_cte_hides_a_table_only_where_it_is_visible():
    context = Context(database="host://db1:5432/x")
    assert sql_tables("WITH a AS (SELECT * FROM a) SELECT * FROM a", "postgres", context).reads == (
        "host://db1:5432/x/public/a",
    )


@pytest.mark.parametrize(
    ("sql", "database", "reads", "writes"),
    [
        ("create table Mart.T as select * from RAW.events", "snowflake://o-a/DW", ["snowflake://o-a/DW/RAW/EVENTS"], ["snowflake://o-a/DW/MART/T"]),
        ('select * from "Raw"."Events"', "snowflake://o-a/DW", ["snowflake://o-a/DW/Raw/Events"], []),
        ("select * from other.raw.t", "snowflake://o-a/DW", ["snowflake://o-a/OTHER/RAW/T"], []),
        ("select * from d.t", "bigquery://p1", ["bigquery://p1/d.t"], []),
        ("select * from `p2.d.t`", "bigquery://p1/x", ["bigquery://p2/d.t"], []),
        ("select * from t", "host://h:3306/x", ["host://h:3306/x/t"], []),
        ("select * from t", "host://h:1433/x", ["host://h:1433/x/dbo/t"], []),
        ("update s.t set a = 1; delete from s.u", "host://h:5432/x", [], ["host://h:5432/x/s/t", "host://h:5432/x/s/u"]),
        ("merge into s.t using s.u on t.a = u.a when matched then update set b = 1", "host://h:5432/x", ["host://h:5432/x/s/u"], ["host://h:5432/x/s/t"]),
        ("select * from s.t", "unitycatalog://h/main", ["unitycatalog://h/main/s/t"], []),
        ("select * from d.t", "awsathena://athena.eu-west-1.amazonaws.com/AwsDataCatalog", ["awsathena://athena.eu-west-1.amazonaws.com/AwsDataCatalog/d/t"], []),
    ],
)  # fmt: skip
def test_tables_are_qualified_as_their_engine_would(sql, database, reads, writes):
    found = sql_tables(sql, None, Context(database=database))
    assert (list(found.reads), list(found.writes), found.parsed) == (reads, writes, True)


def test_sql_that_cannot_be_read_says_so_and_tables_without_a_database_are_kept_apart():
    assert not sql_tables("select from where ((", "postgres", Context(database="host://h:5432/x")).parsed
    assert not sql_tables("select 1 " * 50_000).parsed
    assert sql_tables("select * from raw.t").unqualified == ("raw.t",)


def test_sql_in_a_document_counts_when_its_database_is_known():
    assert found({"q": "select * from s.t"}, database="host://h:5432/x") == ["host://h:5432/x/s/t"]
    assert found({"q": "select * from s.t"}) == []


def test_deep_wide_and_cyclic_values_end():
    deep = "s3://b"
    for _ in range(5000):
        deep = [deep]
    cyclic = {"a": "s3://b"}
    cyclic["self"] = cyclic
    assert list(extract(deep)) == []
    assert ("s3://b", "a") in [(m.name, m.where) for m in extract(cyclic)]


@pytest.mark.parametrize(
    "unit", ["a", "://", "s3://b/", "arn:aws:", "host=", "a.", ":5432", "https://a:", "jdbc:", "(((", "Server=a;", "bootstrap.servers=", "x://y ", "'", "projects/", "{{", ".rds.amazonaws.com", "host='a ", "gcr.io/a", "a:5432,", "/subscriptions/", "git@a:", "a=b "]
)  # fmt: skip
def test_the_work_on_a_long_text_grows_in_proportion(unit):
    def work(size):
        import time

        text = unit * (size // len(unit))
        before = time.process_time()
        list(extract_text(text))
        return time.process_time() - before

    # Four times the text: linear work quadruples, quadratic grows sixteen-fold; the constant is clock noise.
    # Whatever else the machine does makes a single pair of times worthless, not all of eight.
    assert any(work(40_000) <= 9 * work(10_000) + 0.02 for _ in range(8))


def corpus(*parts):
    path = CORPORA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no corpus at {path}: set SILOSCOPE_CORPORA")
    return path


@pytest.mark.corpora
def test_real_workflows_give_names_that_are_canonical_and_hold_no_credentials():
    names = set()
    with tarfile.open(corpus("n8n-workflows.tar.gz")) as archive:
        for member in archive.getmembers()[:150]:
            document = json.load(archive.extractfile(member))
            names |= {mention.name for mention in extract(document)}
    assert len(names) > 10
    assert all(canonical(name) == name for name in names)
    assert not [name for name in names if "hooks.slack.com/services/T" in name or "/bot" in name]
