"""MLflow: the real tracking server with its registry, on SQLite.

Job execution stays off: it starts seven more processes that outlive their parent, and no listing needs it.
"""

from pathlib import Path
from typing import Any

import httpx

from tests.servers.base import Server
from tests.servers.install import pinned, python_environment


class Mlflow(Server):
    """`mlflow server` with one worker."""

    name = "mlflow"
    ready_path = "/version"

    @classmethod
    def version(cls) -> str:
        return pinned("mlflow", "mlflow")

    @classmethod
    def ensure_installed(cls) -> None:
        python_environment("mlflow")

    def command(self) -> list[str | Path]:
        program = python_environment("mlflow") / "mlflow"
        store = f"sqlite:///{self.state / 'mlflow.db'}"
        where = ["--backend-store-uri", store, "--artifacts-destination", self.state / "artifacts"]
        return [program, "server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", *where]

    def environment(self) -> dict[str, str]:
        # The server starts its worker through PATH, where its own environment has to come first.
        return {
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PATH": f"{python_environment('mlflow')}:/usr/bin:/bin",
        }

    def about(self) -> dict[str, str]:
        return {"MLFLOW_TRACKING_URI": self.url}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call `/api/2.0/mlflow/<path>`, for seeding without MLflow's own client; raises on an error status."""
        answer = httpx.post(f"{self.url}/api/2.0/mlflow/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()
