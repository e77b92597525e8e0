"""Runs whenever new orders have arrived in the lake."""

from datetime import datetime

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset

MODEL = "s3://shop-models/churn"


def train(day="2026-01-01"):
    """Where the features lie and where the model goes."""
    return f"gs://shop-features/churn/{day}/part.parquet", MODEL


with DAG(
    "churn_training",
    start_date=datetime(2026, 1, 1),
    schedule=[Asset("s3://shop-lake/raw/orders")],
    catchup=False,
    tags=["ml"],
    default_args={"owner": "data-science"},
) as dag:
    begin = EmptyOperator(task_id="begin")
    fit = PythonOperator(task_id="fit", python_callable=train, outlets=[Asset(MODEL)])
    begin >> fit
