"""Containers of names: parents nearest first, and the root that stands for what nobody scanned."""

import pytest

from siloscope.names import parents, root

CHAINS = {
    "s3://b/x/y": ["s3://b/x", "s3://b"],
    "gs://b/k": ["gs://b"],
    "azblob://lake/raw/p": ["azblob://lake/raw", "azblob://lake"],
    "azqueue://lake/jobs": ["azblob://lake"],
    "host://h:5432/x/s/t": ["host://h:5432/x/s", "host://h:5432/x", "host://h:5432", "host://h"],
    r"host://h\inst/x": [r"host://h\inst", "host://h"],
    "snowflake://o-a/DW/RAW/T": ["snowflake://o-a/DW/RAW", "snowflake://o-a/DW", "snowflake://o-a"],
    "bigquery://p/d.t": ["bigquery://p/d", "bigquery://p"],
    "spanner://p/i/db": ["spanner://p/i", "spanner://p"],
    "azurecosmos://a.documents.azure.com/dbs/d/colls/c": ["azurecosmos://a.documents.azure.com/dbs/d", "azurecosmos://a.documents.azure.com"],
    "kafka://h:9092/t": ["kafka://h:9092"],
    "pubsub://p/topics/t": ["pubsub://p"],
    "sb://n/t/subscriptions/s": ["sb://n/t", "sb://n"],
    "mlflow://h/model/x/3": ["mlflow://h/model/x", "mlflow://h"],
    "mlflow://h:5000/model/x@prod": ["mlflow://h:5000/model/x", "mlflow://h:5000", "mlflow://h"],
    "mlflow://h/run/1/a/b": ["mlflow://h/run/1/a", "mlflow://h/run/1", "mlflow://h"],
    "uipath://h/o/t/process/k": ["uipath://h/o/t", "uipath://h/o", "uipath://h"],
    "camunda://h/t/process/k": ["camunda://h/t", "camunda://h"],
    "databricks://h/job/5": ["databricks://h"],
    "oci://ghcr.io/o/app": ["oci://ghcr.io/o", "oci://ghcr.io"],
    "oci://docker.io/library/python": ["oci://docker.io"],
    "https://h/a/b": ["https://h/a", "https://h"],
    "https://h:8080/a": ["https://h:8080", "https://h"],
    "hf://datasets/o/d": ["hf://datasets/o"],
    "arn:aws:glue:r:1:table/db/t": ["arn:aws:glue:r:1:database/db", "arn:aws:glue:r:1:catalog"],
    "arn:aws:lambda:r:1:function:f": [],
    "arn:aws:states:r:1:execution:sm:e": ["arn:aws:states:r:1:stateMachine:sm"],
    "arn:aws:sagemaker:r:1:model-package/g/3": ["arn:aws:sagemaker:r:1:model-package-group/g"],
    "arn:aws:s3:r:1:accesspoint/ap/object/a/b": ["arn:aws:s3:r:1:accesspoint/ap/object/a", "arn:aws:s3:r:1:accesspoint/ap"],
    "arm://subscriptions/s/resourcegroups/g/providers/microsoft.x/a/b/c/d": [
        "arm://subscriptions/s/resourcegroups/g/providers/microsoft.x/a/b",
        "arm://subscriptions/s/resourcegroups/g",
        "arm://subscriptions/s",
    ],
    "//aiplatform.googleapis.com/projects/p/locations/l/models/1": [
        "//aiplatform.googleapis.com/projects/p/locations/l",
        "//aiplatform.googleapis.com/projects/p",
    ],
}  # fmt: skip

ROOTS = {
    "s3://b/x/y": "s3://b",
    "azblob://lake/raw/p": "azblob://lake/raw",
    "azblob://lake": "azblob://lake",
    "host://h:5432/x/s/t": "host://h:5432/x",
    "host://h:5432": "host://h:5432",
    "snowflake://o-a/DW/RAW/T": "snowflake://o-a/DW",
    "bigquery://p/d.t": "bigquery://p/d",
    "unitycatalog://h/c/s/t": "unitycatalog://h/c",
    "kafka://h:9092/t": "kafka://h:9092/t",
    "sb://n/t/subscriptions/s": "sb://n/t",
    "pubsub://p/topics/t": "pubsub://p/topics/t",
    "mqtt://h:1883/a/b": "mqtt://h:1883/a/b",
    "oci://ghcr.io/o/app": "oci://ghcr.io/o/app",
    "git://github.com/o/r": "git://github.com/o/r",
    "hf://o/m": "hf://o/m",
    "https://h/a/b": "https://h",
    "https://h:8080/a": "https://h:8080",
    "mlflow://h/model/x/3": "mlflow://h/model/x",
    "mlflow://h/model/x@prod": "mlflow://h/model/x",
    "uipath://h/o/t/process/k": "uipath://h/o/t/process/k",
    "arn:aws:glue:r:1:table/db/t": "arn:aws:glue:r:1:database/db",
    "arn:aws:lambda:r:1:function:f": "arn:aws:lambda:r:1:function:f",
    "arn:aws:s3:r:1:accesspoint/ap/object/a/b": "arn:aws:s3:r:1:accesspoint/ap",
    "arm://subscriptions/s/resourcegroups/g/providers/microsoft.x/a/b": "arm://subscriptions/s/resourcegroups/g/providers/microsoft.x/a/b",
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_parents_are_the_meaningful_containers_nearest_first(name):
    assert list(parents(name)) == CHAINS[name]


@pytest.mark.parametrize("name", ROOTS)
def test_the_root_is_the_container_grain(name):
    assert root(name) == ROOTS[name]
