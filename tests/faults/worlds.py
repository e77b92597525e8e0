"""The servers of the fault matrix, each behind a proxy that has kept its answers before and after the deletions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from siloscope.config import Source
from tests.aws_estate import connector, seed
from tests.faults import aws
from tests.faults.aws_doomed import doom, furnish
from tests.faults.replay import AFTER, BEFORE, Kept
from tests.seeds.airflow_calls import seed as seed_airflow
from tests.seeds.mlflow import seed as seed_mlflow
from tests.servers.airflow import Airflow
from tests.servers.mlflow import Mlflow
from tests.servers.moto import Moto
from tests.servers.proxy import FaultProxy

SEEDS = Path(__file__).parents[1] / "seeds"
Front = tuple[FaultProxy, Kept]


@contextmanager
def account(moto: Moto) -> Iterator[Front]:
    """An AWS account in front of which faults can be put, as it was before and after the deletions."""
    moto.reset()
    seed(moto.url)
    connect = connector(moto.url)
    furnish(connect)
    with FaultProxy(moto.url) as proxy:
        kept = Kept(proxy, aws.lacking(lambda: kept.moment == AFTER))
        source = Source("aws", "aws", options={"endpoint_url": proxy.url, "regions": [aws.REGION]})
        kept.take(AFTER, source)
        doom(connect)
        kept.take(BEFORE, source)
        yield proxy, kept


@contextmanager
def registry(server: Mlflow) -> Iterator[Front]:
    """An MLflow before and after an experiment, a model and its version are deleted."""
    seed_mlflow(server.post)
    number = server.post("experiments/create", {"name": "doomed", "artifact_location": "s3://shop-mlflow/doomed"})
    server.post("registered-models/create", {"name": "doomed"})
    server.post("model-versions/create", {"name": "doomed", "source": "s3://shop-models/doomed"})
    with FaultProxy(server.url) as proxy:
        kept = Kept(proxy)
        kept.take(BEFORE, mlflow_source(proxy))
        server.post("experiments/delete", number)
        models = f"{server.url}/api/2.0/mlflow/registered-models/delete"
        httpx.request("DELETE", models, json={"name": "doomed"}).raise_for_status()
        kept.take(AFTER, mlflow_source(proxy))
        yield proxy, kept


def mlflow_source(proxy: FaultProxy) -> Source:
    """The MLflow behind a proxy."""
    return Source("mlflow", "mlflow", url=proxy.url, instance="mlflow.shop.example")


def dags(folder: Path) -> Path:
    """The seeds' DAGs, and a doomed one that writes an asset of its own."""
    there = folder / "dags"
    shutil.copytree(SEEDS / "airflow", there, ignore=shutil.ignore_patterns("__pycache__"))
    text = (there / "churn_training.py").read_text("utf-8")
    (there / "doomed.py").write_text(text.replace("churn", "doomed"), encoding="utf-8")
    return there


@contextmanager
def scheduler(server: Airflow) -> Iterator[Front]:
    """An Airflow before and after a DAG and a connection are deleted."""
    token = server.token()
    seed_airflow(server.url, token)
    headers = {"Authorization": f"Bearer {token}"}
    doomed = {"connection_id": "doomed", "conn_type": "postgres", "host": "doomed.shop.example", "port": 5432}
    with (
        httpx.Client(base_url=f"{server.url}/api/v2", headers=headers, timeout=60) as http,
        FaultProxy(server.url) as proxy,
    ):
        http.post("/connections", json=doomed).raise_for_status()
        kept = Kept(proxy)
        kept.take(BEFORE, airflow_source(proxy))
        (server.state / "dags" / "doomed.py").unlink()
        http.delete("/dags/doomed_training").raise_for_status()
        http.delete("/connections/doomed").raise_for_status()
        kept.take(AFTER, airflow_source(proxy))
        yield proxy, kept


def airflow_source(proxy: FaultProxy) -> Source:
    """The Airflow behind a proxy."""
    return Source("airflow", "airflow", url=proxy.url, instance="airflow.shop.example")
