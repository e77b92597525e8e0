"""What the company pays, as procurement keeps it: by tool, read by the source type `siloscope`."""

from __future__ import annotations

from typing import Any

from estate.base import (
    AIRFLOW,
    ANALYTICS,
    CORPORATE,
    COUNSEL,
    NODE_RED,
    OPERATIONS,
    ORCHESTRATOR,
    PLATFORM_MLFLOW,
    RISK_MLFLOW,
    SCAN_AT,
)

# tool, a year in euros, whether a licence or the bill says so, renewal, seats, users
_PAID = (
    (f"uipath:{ORCHESTRATOR}", 168_000, "licence", "2027-03-31", 24, 61), ("n8n:automation", 31_000, "licence", "2027-06-30", 40, 22),
    (f"airflow:{AIRFLOW}", 46_000, "billed", None, None, None), (f"mlflow:{RISK_MLFLOW}", 38_500, "billed", None, None, 9),
    (f"mlflow:{PLATFORM_MLFLOW}", 27_200, "billed", None, None, 31), ("dbt:warehouse-models", 19_800, "licence", "2027-01-31", 12, 9),
    ("spark:spark-prod", 84_300, "billed", None, None, None), (f"node-red:{NODE_RED}", 2_400, "assumed", None, None, 1),
    (f"sagemaker:{ANALYTICS}", 142_600, "billed", None, None, None), (f"glue:{ANALYTICS}", 61_900, "billed", None, None, None),
    (f"glue:{OPERATIONS}", 39_400, "billed", None, None, None), (f"redshift:{ANALYTICS}", 96_000, "billed", "2027-09-30", None, None),
    (f"lambda:{OPERATIONS}", 12_700, "billed", None, None, None), (f"lambda:{ANALYTICS}", 2_100, "billed", None, None, None),
    (f"s3:{OPERATIONS}", 33_100, "billed", None, None, None), (f"s3:{ANALYTICS}", 58_400, "billed", None, None, None),
    (f"rds:{OPERATIONS}", 71_500, "billed", None, None, None), (f"dynamodb:{OPERATIONS}", 18_300, "billed", None, None, None),
    (f"sqs:{OPERATIONS}", 1_900, "billed", None, None, None), (f"sns:{OPERATIONS}", 700, "billed", None, None, None),
    (f"kinesis:{OPERATIONS}", 9_600, "billed", None, None, None), (f"firehose:{OPERATIONS}", 4_200, "billed", None, None, None),
    (f"stepfunctions:{OPERATIONS}", 1_300, "billed", None, None, None), (f"stepfunctions:{ANALYTICS}", 400, "billed", None, None, None),
    (f"eventbridge:{OPERATIONS}", 300, "billed", None, None, None), (f"eventbridge:{ANALYTICS}", 200, "billed", None, None, None),
    (f"ecr:{OPERATIONS}", 600, "billed", None, None, None), (f"ecr:{ANALYTICS}", 1_100, "billed", None, None, None),
    (f"athena:{ANALYTICS}", 6_800, "billed", None, None, None), (f"azure-data-factory:{CORPORATE}", 27_900, "billed", None, None, None),
    (f"azureml:{CORPORATE}", 44_100, "billed", None, None, None), (f"azure-sql:{CORPORATE}", 21_400, "billed", None, None, None),
    (f"azure-storage:{CORPORATE}", 7_300, "billed", None, None, None), (f"azure-storage:{COUNSEL}", 1_200, "billed", None, None, None),
    (f"azure-openai:{CORPORATE}", 16_500, "billed", None, None, None), (f"azure-openai:{COUNSEL}", 11_900, "billed", None, None, None),
    (f"azure-search:{COUNSEL}", 3_200, "billed", None, None, None), (f"logic-apps:{CORPORATE}", 2_800, "billed", None, None, None),
    (f"logic-apps:{COUNSEL}", 900, "billed", None, None, None), (f"key-vault:{CORPORATE}", 200, "billed", None, None, None),
    (f"key-vault:{COUNSEL}", 100, "billed", None, None, None), (f"service-bus:{CORPORATE}", 1_500, "billed", None, None, None),
)  # fmt: skip


def document() -> dict[str, Any]:
    """A graph that holds tools and nothing else."""
    tools = []
    for tool, cost, source, renewal, seats, users in _PAID:
        row: dict[str, Any] = {"id": tool, "annual_cost": float(cost), "cost_source": source}
        row |= {
            key: value for key, value in (("renewal", renewal), ("seats", seats), ("users", users)) if value is not None
        }
        tools.append(row)
    return {
        "schema": "siloscope/graph/1",
        "scan": {"id": "procurement", "at": SCAN_AT},
        "tools": tools,
        "assets": [],
        "edges": [],
    }
