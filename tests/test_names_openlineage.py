"""OpenLineage dataset names: every row of its naming spec goes to a join key and back."""

import pytest

from siloscope.names import Context, aliases, canonical, from_openlineage, parents, to_openlineage

# (namespace, name, join key): one line a row of the naming spec that has a shareable place.
ROWS = [
    ("awsathena://athena.eu-west-1.amazonaws.com", "AwsDataCatalog.lake.t", "awsathena://athena.eu-west-1.amazonaws.com/AwsDataCatalog/lake/t"),
    ("arn:aws:glue:eu-west-1:111122223333", "table/db/t", "arn:aws:glue:eu-west-1:111122223333:table/db/t"),
    ("azurecosmos://a.documents.azure.com/dbs/db", "colls/c", "azurecosmos://a.documents.azure.com/dbs/db/colls/c"),
    ("azurekusto://help.kusto.windows.net", "Samples/T", "azurekusto://help.kusto.windows.net/Samples/T"),
    ("bigquery", "p1.d.t", "bigquery://p1/d.t"),
    ("cassandra://h:9042", "ks.t", "host://h:9042/ks/t"),
    ("crate://h:5432", "x.s.t", "crate://h:5432/x/s/t"),
    ("fabric-warehouse://h.datawarehouse.fabric.microsoft.com:1433", "x.s.t", "fabric-warehouse://h.datawarehouse.fabric.microsoft.com:1433/x/s/t"),
    ("hive://h:9083", "x.t", "hive://h:9083/x/t"),
    ("milvus://h:19530", "x.c", "milvus://h:19530/x/c"),
    ("mssql://h:1433", "x.s.t", "host://h:1433/x/s/t"),
    ("mysql://h:3306", "x.t", "host://h:3306/x/t"),
    ("oracle://h:1521", "svc.s.t", "host://h:1521/svc/s/t"),
    ("postgres://db1:5432", "x.public.t", "host://db1:5432/x/public/t"),
    ("redshift://c1.eu-west-1:5439", "dev.public.t", "host://c1.eu-west-1.redshift.amazonaws.com:5439/dev/public/t"),
    ("snowflake://org-acc", "DW.RAW.T", "snowflake://org-acc/DW/RAW/T"),
    ("snowflake://xy12345.eu-west-1.aws", "DW.RAW.T", "snowflake://xy12345.eu-west-1.aws/DW/RAW/T"),
    ("spanner://p1:i1", "db.s.t", "spanner://p1/i1/db/s/t"),
    ("trino://h:8080", "c.s.t", "trino://h:8080/c/s/t"),
    ("unitycatalog://adb-1.2.azuredatabricks.net", "c.s.t", "unitycatalog://adb-1.2.azuredatabricks.net/c/s/t"),
    ("abfss://raw@lake.dfs.core.windows.net", "p/q", "azblob://lake/raw/p/q"),
    ("s3://b", "k/x", "s3://b/k/x"),
    ("gs://b", "k/x", "gs://b/k/x"),
    ("hdfs://nn:8020", "a/b", "hdfs://nn:8020/a/b"),
    ("dbfs://ws", "a/b", "dbfs://ws/a/b"),
    ("kafka://h:9092", "topic.a", "kafka://h:9092/topic.a"),
    ("pubsub", "topic:p1:t", "pubsub://p1/topics/t"),
    ("pubsub", "subscription:p1:s", "pubsub://p1/subscriptions/s"),
    ("file://host1", "tmp/x", "file://host1/tmp/x"),
    ("mssharepoint://h:443/site", "a/b", "mssharepoint://h:443/site/a/b"),
    ("box://h:443/17", "a/b", "box://h:443/17/a/b"),
    ("filenet://h:443/os1", "a/b", "filenet://h:443/os1/a/b"),
]  # fmt: skip
# Rows whose engine does not show in the join key when the port is not the engine's own: the caller says it.
ENGINES = [
    ("db2://h:50000", "x.s.t", "host://h:50000/x/s/t", "db2"),
    ("teradata://h:1025", "x.t", "host://h:1025/x/t", "teradata"),
    ("oceanbase://h:2881", "x.t", "host://h:2881/x/t", "oceanbase"),
    ("postgres://h:15432", "x.public.t", "host://h:15432/x/public/t", "postgres"),
]


@pytest.mark.parametrize(("namespace", "name", "key"), ROWS)
def test_each_row_of_the_spec_goes_to_its_join_key_and_back(namespace, name, key):
    assert from_openlineage(namespace, name) == key
    assert canonical(key) == key
    assert to_openlineage(key) == (namespace, name)


@pytest.mark.parametrize(("namespace", "name", "key", "engine"), ENGINES)
def test_a_known_engine_writes_the_row_that_the_port_does_not_tell(namespace, name, key, engine):
    assert from_openlineage(namespace, name) == key
    assert to_openlineage(key, engine) == (namespace, name)
    assert to_openlineage(key) is None


@pytest.mark.parametrize(
    ("namespace", "name", "key"),
    [
        ("postgresql://db1:5432", "x.public.t", "host://db1:5432/x/public/t"),
        ("postgres://db1", "x.public.t", "host://db1:5432/x/public/t"),
        ("sqlserver://h:1433", "x.dbo.t", "host://h:1433/x/dbo/t"),
        ("wasbs://raw@lake.dfs.core.windows.net", "p", "azblob://lake/raw/p"),
        ("wasbs://raw@lake.blob.core.windows.net", "p", "azblob://lake/raw/p"),
        ("s3a://b", "/k", "s3://b/k"),
        ("s3://b", "/", "s3://b"),
        ("postgres://db1:5432", 'x.public."a.b"', "host://db1:5432/x/public/a.b"),
        ("mysql://h:3306", "x.a/b", "host://h:3306/x/a%2Fb"),
    ],
)
def test_synonyms_and_quoted_parts_meet_the_same_key(namespace, name, key):
    assert from_openlineage(namespace, name) == key


@pytest.mark.parametrize(
    ("namespace", "name"), [("default", "job"), ("inmemory://", "x"), ("file", "/tmp/x"), ("food_delivery", "public.menus"), ("", ""), ("123", "1")]
)  # fmt: skip
def test_a_namespace_that_names_no_place_gives_no_name(namespace, name):
    assert from_openlineage(namespace, name) is None


def test_a_local_file_is_a_name_only_on_a_known_host():
    assert from_openlineage("file", "/tmp/x", Context(instance="airflow://host1")) == "file://host1/tmp/x"


@pytest.mark.parametrize(
    "name", ["azblob://lake", "mlflow://h/model/x", "https://h/x", "oci://docker.io/library/x", "host://h:5432", "arn:aws:lambda:r:1:function:f", "kafka://h:9092", "x", ""]
)  # fmt: skip
def test_names_without_a_row_have_no_openlineage_spelling(name):
    assert to_openlineage(name) is None


def test_a_dotted_identifier_is_quoted_on_the_way_out():
    assert to_openlineage("host://db1:5432/x/public/a.b") == ("postgres://db1:5432", 'x.public."a.b"')


def test_a_redshift_endpoint_has_the_name_that_openlineage_events_give_it_as_alias():
    full = "host://c1.abc123.eu-west-1.redshift.amazonaws.com:5439/dev"
    assert aliases(full) == (from_openlineage("redshift://c1.eu-west-1:5439", "dev"),)
    assert to_openlineage(full + "/public/t") == ("redshift://c1.eu-west-1:5439", "dev.public.t")
    assert next(parents(full)) == full.removesuffix("/dev")
