"""Airflow 3: the real API server with a folder of DAGs, without a scheduler: listing needs none.

Everyone is an administrator (simple auth manager); `token` gives the bearer that its API wants.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.servers.base import HERE, Server, clean_environment, run
from tests.servers.install import pinned, python_environment


class Airflow(Server):
    """`airflow api-server` on SQLite; the DAGs are those of `dags` (default: `tests/servers/dags`)."""

    name = "airflow"
    ready_path = "/api/v2/version"
    ready_limit = 300.0

    def __init__(self, port: int | None = None, *, dags: Path = HERE / "dags") -> None:
        super().__init__(port)
        self.dags = dags

    @classmethod
    def version(cls) -> str:
        return pinned("airflow", "apache-airflow")

    @classmethod
    def ensure_installed(cls) -> None:
        python_environment("airflow")

    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{python_environment('airflow')}:/usr/bin:/bin",
            "AIRFLOW_HOME": str(self.state),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.state / 'airflow.db'}",
            "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of tests, long enough for the signature",
        }

    def cli(self, *arguments: str) -> str:
        """Run one `airflow` command against this server's database and return what it printed."""
        program = python_environment("airflow") / "airflow"
        return run([program, *arguments], cwd=self.state, env=clean_environment() | self.environment())

    def prepare(self) -> None:
        shutil.copytree(self.dags, self.state / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        self.cli("db", "migrate")
        self.cli("dags", "reserialize")

    def add_dags(self, files: Sequence[Path]) -> None:
        """Add DAG files to the running server and have them parsed (about twenty seconds)."""
        for file in files:
            shutil.copy(file, self.state / "dags")
        self.cli("dags", "reserialize")

    def command(self) -> list[str | Path]:
        program = python_environment("airflow") / "airflow"
        return [program, "api-server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]

    def token(self) -> str:
        """A bearer token of an administrator."""
        answer = httpx.get(f"{self.url}/auth/token", timeout=30)
        answer.raise_for_status()
        return answer.json()["access_token"]
