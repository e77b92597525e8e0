"""Started by another DAG: reads the warehouse through a connection, and mails."""

from datetime import datetime

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG


def summarise(postgres_conn_id="warehouse", sql="select day, sum(total) from mart.orders group by day"):
    """Nothing is done here: listing needs no run."""
    return postgres_conn_id, sql


with DAG(
    "orders_report",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    dag_display_name='Orders <b>"report"</b>',
    tags=["orders", "owner:reporting"],
) as dag:
    PythonOperator(task_id="summarise", python_callable=summarise, owner="reporting")
