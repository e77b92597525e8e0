"""How faults look to REST collectors: JSON over HTTP, in front of MLflow and Airflow."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.aws import HTML
from tests.faults.matrix import DENIED, EMPTY, ERROR, GARBAGE, OTHER, PAGE, THROTTLED, TOKEN
from tests.servers.proxy import Answer, Request


@dataclass(frozen=True, slots=True)
class Route:
    """One route: which requests ask for it, and what an empty answer and an empty page look like there."""

    path: str
    empty: Mapping[str, Any]
    token: Mapping[str, Any]

    def asks(self, request: Request) -> bool:
        """Whether a request goes to this route."""
        return re.fullmatch(self.path, request.path) is not None

    def answer(self, fault: str) -> Answer:
        """What stands in the place of the real answer."""
        return {
            DENIED: Answer(403, b'{"detail": "Forbidden"}'),
            ERROR: Answer(500, b'{"detail": "Internal Server Error"}'),
            THROTTLED: Answer(429, b"{}", {"Content-Type": "application/json", "Retry-After": "20"}),
            GARBAGE: Answer(200, b'{"a": [oops'),
            PAGE: Answer(200, HTML, {"Content-Type": "text/html"}),
            OTHER: Answer(200, b'{"message": "down for maintenance"}'),
            EMPTY: Answer(200, json.dumps(self.empty).encode()),
            TOKEN: Answer(200, json.dumps(self.token).encode()),
        }[fault]


def _mlflow(path: str, items: str) -> Route:
    # MLflow leaves the list out when it is empty.
    return Route(f"/api/2.0/mlflow/{path}", {}, {items: [], "next_page_token": "page-1"})


def _airflow(path: str, items: str) -> Route:
    return Route(f"/api/v2/{path}", {items: [], "total_entries": 0}, {items: [], "total_entries": 150})


MLFLOW = {
    "mlflow.experiment": _mlflow("experiments/search", "experiments"),
    "mlflow.model": _mlflow("registered-models/search", "registered_models"),
    "mlflow.model-version": _mlflow("model-versions/search", "model_versions"),
}
AIRFLOW = {
    "airflow.dag": _airflow("dags", "dags"),
    "airflow.connection": _airflow("connections", "connections"),
    "airflow.asset": _airflow("assets", "assets"),
}
# Calls that describe what a listing lists.
DETAILS = {
    "mlflow.experiment": [_mlflow("runs/search", "runs")],
    "mlflow.model-version": [_mlflow("runs/get", "run")],
    "airflow.dag": [
        _airflow("dags/[^/]+/tasks", "tasks"),
        _airflow("dagSources/[^/]+", "content"),
        _airflow("dags/[^/]+/dagRuns", "dag_runs"),
    ],
}
