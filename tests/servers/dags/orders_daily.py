"""A DAG as a retailer's data team would write it: two tasks, an owner, tags, a schedule."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "orders_daily",
    start_date=datetime(2026, 1, 1),
    schedule="@daily",
    catchup=False,
    tags=["orders", "cost-center:cc-17"],
    default_args={"owner": "data-platform"},
) as dag:
    fetch = BashOperator(task_id="fetch", bash_command="aws s3 cp s3://lake/raw/orders.csv .")
    load = BashOperator(task_id="load", bash_command="psql -c 'copy orders from stdin'")
    fetch >> load
