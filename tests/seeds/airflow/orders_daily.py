"""A shop's orders: fetched from a partner, kept in the lake, loaded into the warehouse."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Asset

RAW = Asset("s3://shop-lake/raw/orders")

with DAG(
    "orders_daily",
    start_date=datetime(2026, 1, 1),
    schedule="@daily",
    catchup=False,
    tags=["orders", "team:order-data", "env:prod"],
    default_args={"owner": "order-data"},
    description="Partner orders into the warehouse",
) as dag:
    fetch = BashOperator(
        task_id="fetch",
        bash_command="curl -H 'Authorization: Bearer planted-secret-5521' https://partner.example.com/v2/orders",
        outlets=[RAW],
    )
    load = BashOperator(
        task_id="load",
        bash_command="psql postgresql://loader:planted-secret-5522@dwh.shop.example:5432/shop -f load.sql",
    )
    report = TriggerDagRunOperator(task_id="report", trigger_dag_id="orders_report")
    fetch >> load >> report
