"""What tests put into an Airflow server beside the DAG files: connections with secrets, and one run."""

import httpx

CONNECTIONS = [
    {
        "connection_id": "warehouse",
        "conn_type": "postgres",
        "host": "dwh.shop.example",
        "port": 5432,
        "schema": "shop",
        "login": "loader",
        "password": "planted-secret-5523",
    },
    {
        "connection_id": "partner",
        "conn_type": "http",
        "host": "partner.example.com",
        "schema": "https",
        "extra": '{"headers": "x-api-key: planted-secret-5524"}',
    },
    {
        "connection_id": "lake",
        "conn_type": "aws",
        "login": "AKIA2222333344445555",
        "password": "planted-secret-5525",
        "extra": '{"region_name": "eu-west-1", "role_arn": "arn:aws:iam::111122223333:role/loader"}',
    },
    {
        "connection_id": "finance",
        "conn_type": "snowflake",
        "schema": "LEDGER",
        "extra": '{"account": "shop-emea", "database": "FIN", "private_key_content": "planted-secret-5526"}',
    },
]


def seed(url: str, token: str) -> None:
    """Create the connections and start one DAG."""
    with httpx.Client(base_url=f"{url}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        for each in CONNECTIONS:
            http.post("/connections", json=each).raise_for_status()
        run = {"logical_date": "2026-11-01T04:00:00Z", "conf": {"password": "planted-secret-5527"}}
        http.post("/dags/orders_daily/dagRuns", json=run).raise_for_status()
