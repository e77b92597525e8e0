"""Makes the recordings and golden files of the data collectors again: `python -m tests.record_data [TYPE...]`.

Airflow, MLflow and Node-RED are recorded from the real servers of `tests/servers`, filled with `tests/seeds`;
dbt's artifacts are built by the `dbt` on PATH (or $DBT) from `tests/seeds/dbt`; the rest are folders of exports.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from siloscope.collectors import collector
from siloscope.collectors.base import scan
from siloscope.collectors.clients.recorded import Recorder
from siloscope.config import Source
from tests import golden

HERE = Path(__file__).resolve().parent
SEEDS = HERE / "seeds"
AT = "2026-11-22T08:00:00Z"
# The instance each recorded source says it is; ports of test servers are no part of a name.
SOURCES = {
    "airflow": ("shop-airflow", "airflow.shop.example"),
    "backstage": ("shop-catalog", "shop-catalog"),
    "csv": ("sheets", "sheets"),
    "dbt": ("shop-dbt", "shop-dbt"),
    "focus": ("money", "money"),
    "mlflow": ("shop-mlflow", "mlflow.shop.example"),
    "n8n": ("shop-flows", "flows.shop.example"),
    "node-red": ("plant-red", "red.plant.example"),
    "openlineage": ("lineage", "lineage"),
    "siloscope": ("emea", "emea"),
}


def record(kind: str, **settings: Any) -> None:
    """Scan with recording, and write what is read in the recording as the golden file."""
    folder = HERE / "recordings" / kind
    shutil.rmtree(folder, ignore_errors=True)
    name, instance = SOURCES[kind]
    made = Source(name=name, type=kind, instance=instance, **settings)
    found = collector(kind)
    client = found.connect(made)
    recorder = Recorder(folder, made.name)
    recorder.begin(client, AT)
    for taken in scan(found, made, client, keep=True):
        sys.stdout.write(f"{kind}: {taken.slice.listing} {taken.slice.status} {taken.slice.reason}\n")
        recorder.slice(taken)
    client.close()
    (HERE / "golden" / f"{kind}.json").write_text(golden.text(kind), encoding="utf-8")


@contextmanager
def artifacts() -> Iterator[Path]:
    """The target folder of a real dbt run on the project in `seeds/dbt`."""
    dbt = os.environ.get("DBT") or shutil.which("dbt")
    if not dbt:
        raise SystemExit("no dbt on PATH: pip install 'dbt-core<1.12' dbt-duckdb, or set DBT")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(shutil.copytree(SEEDS / "dbt", Path(folder) / "project"))
        for command in (["seed"], ["build"], ["docs", "generate", "--no-compile"]):
            environment = os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0"}
            subprocess.run([dbt, *command, "--profiles-dir", "."], cwd=project, env=environment, check=True)
        yield project / "target"


def dbt() -> None:
    """Real artifacts, in a warehouse that has a name."""
    with artifacts() as target:
        record("dbt", path=target, options={"target": "postgres://dwh.shop.example:5432"})


def mlflow() -> None:
    """A real server with experiments, models and odd names."""
    from tests.seeds.mlflow import seed
    from tests.servers import load

    with load("mlflow")() as server:
        seed(server.post)
        record("mlflow", url=server.url)


def nodered() -> None:
    """A real runtime with flows."""
    from tests.servers import load

    with load("nodered")() as server:
        server.deploy(json.loads((SEEDS / "node-red" / "flows.json").read_text("utf-8")))
        record("node-red", url=server.url)


def airflow() -> None:
    """A real API server with DAGs, connections and one run."""
    from tests.seeds.airflow_calls import seed
    from tests.servers import load

    with load("airflow")(dags=SEEDS / "airflow") as server:
        seed(server.url, server.token())
        record("airflow", url=server.url)


MAKERS: dict[str, Callable[[], None]] = {
    "airflow": airflow,
    "backstage": lambda: record("backstage", path=SEEDS / "backstage"),
    "csv": lambda: record("csv", path=SEEDS / "csv", options={"columns": {"id": "Asset no."}}),
    "dbt": dbt,
    "focus": lambda: record("focus", path=SEEDS / "focus"),
    "mlflow": mlflow,
    "n8n": lambda: record("n8n", path=SEEDS / "n8n"),
    "node-red": nodered,
    "openlineage": lambda: record("openlineage", path=SEEDS / "openlineage"),
    "siloscope": lambda: record("siloscope", path=SEEDS / "siloscope"),
}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or sorted(MAKERS):
        MAKERS[wanted]()
