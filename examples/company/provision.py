"""Puts MLflow, Airflow and Node-RED of the estate into real servers, and writes the exports of n8n, dbt and Spark."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from estate import automations, mlflow, pipelines
from estate.base import DEPARTMENTS, SECRETS, Item, day, hexadecimal, pick

STALLED = {"locker-demand": "2026-02-24"}


def _millis(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}T09:30:00+00:00").timestamp() * 1000)


def models(post: Callable[[str, dict[str, Any]], dict[str, Any]], server: str) -> dict[str, str]:
    """Experiments with runs, then models with versions; stable ids for those that the server made up."""
    renamed: dict[str, str] = {}
    runs: dict[str, list[str]] = {}
    for item in mlflow.items(server):
        if item.kind == "mlflow.experiment":
            runs[item.name] = list(_experiment(post, item, renamed))
        else:
            _model(post, item, runs[str(item.more["experiment"])])
    return renamed


def _tags(item: Item) -> list[dict[str, str]]:
    return [
        {"key": key, "value": value}
        for key, value in item.tags.items()
        if key != "environment" or item.environment == "prod"
    ]


def _experiment(post: Callable[[str, dict[str, Any]], dict[str, Any]], item: Item, renamed: dict[str, str]) -> Any:
    made = post(
        "experiments/create", {"name": item.name, "artifact_location": item.to("artifacts"), "tags": _tags(item)}
    )
    experiment = str(made["experiment_id"])
    if not item.id.endswith(f"/{experiment}"):
        raise SystemExit(f"{item.name} became experiment {experiment}, not {item.id}")
    model = str(item.more["model"])
    for number in range(3):
        start = _millis(STALLED.get(model) or day(f"{item.name}{number}", "2026-08-01", 85)) - number * 3_600_000
        user = item.owner or f"{DEPARTMENTS[item.department].people[0]}@tarnwick.example"
        run = post(
            "runs/create",
            {
                "experiment_id": experiment,
                "run_name": f"{item.name}-{number}",
                "start_time": start,
                "user_id": user,
                "tags": [{"key": "mlflow.user", "value": user}],
            },
        )["run"]["info"]["run_id"]
        renamed[run] = hexadecimal("run", item.id, str(number))
        for key, value in (("max_depth", str(4 + number)), ("features", str(12 + pick(item.name, 40)))):
            post("runs/log-parameter", {"run_id": run, "key": key, "value": value})
        dataset = {
            "name": item.name,
            "digest": hexadecimal(item.name, size=4),
            "source_type": "s3",
            "source": json.dumps({"uri": item.to("dataset")}),
        }
        post(
            "runs/log-inputs",
            {
                "run_id": run,
                "datasets": [{"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "training"}]}],
            },
        )
        post("runs/update", {"run_id": run, "status": "FINISHED", "end_time": start + 600_000})
        yield run


def _model(post: Callable[[str, dict[str, Any]], dict[str, Any]], item: Item, runs: list[str]) -> None:
    post("registered-models/create", {"name": item.name, "tags": _tags(item)})
    versions = int(str(item.more["versions"]))
    for number in range(1, versions + 1):
        post(
            "model-versions/create",
            {"name": item.name, "source": f"{item.to('source')}/{number}/model", "run_id": runs[number % len(runs)]},
        )
    if item.more["alias"]:
        post("registered-models/alias", {"name": item.name, "alias": item.more["alias"], "version": str(versions)})


def dag_files(folder: Path) -> Path:
    """The DAG folder of Airflow."""
    folder.mkdir(parents=True, exist_ok=True)
    for item in pipelines.airflow():
        if item.kind == "airflow.dag":
            (folder / f"{item.name}.py").write_text(pipelines.dag_file(item), encoding="utf-8")
    return folder


def airflow(url: str, token: str) -> None:
    """Connections with their passwords, and a run of every DAG that ever ran."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for item in pipelines.airflow():
            if item.kind == "airflow.connection":
                body = {
                    "connection_id": item.name,
                    "conn_type": item.more["type"],
                    "host": item.more["host"],
                    "port": item.more["port"],
                    "schema": item.more["schema"] or None,
                    "login": "airflow",
                    "password": SECRETS["airflow"],
                }
                client.post("/api/v2/connections", json=body).raise_for_status()
            else:
                logical = pipelines.DORMANT_DAGS.get(item.name, "2026-11-01T04:15:00Z")
                run = {"dag_run_id": f"backfill-{logical[:10]}", "logical_date": logical, "run_after": logical}
                answer = client.post(f"/api/v2/dags/{item.name}/dagRuns", json=run)
                if answer.is_error:
                    raise SystemExit(f"{item.name}: {answer.text}")
                client.patch(
                    f"/api/v2/dags/{item.name}/dagRuns/{run['dag_run_id']}", json={"state": "success"}
                ).raise_for_status()
                paused = item.name in pipelines.DORMANT_DAGS
                client.patch(f"/api/v2/dags/{item.name}", json={"is_paused": paused}).raise_for_status()


def exports(folder: Path) -> None:
    """The folders that need no server: n8n's exports, dbt's artifacts, OpenLineage events."""
    n8n, dbt, lineage = (folder / name for name in ("n8n", "dbt", "openlineage"))
    for each in (n8n, dbt, lineage):
        each.mkdir(parents=True, exist_ok=True)
    for item in automations.n8n():
        name = item.name.lower().replace(" ", "-").replace("(", "").replace(")", "")
        (n8n / f"{name}.json").write_text(json.dumps(automations.n8n_export(item), indent=1), encoding="utf-8")
    (dbt / "manifest.json").write_text(json.dumps(_manifest()), encoding="utf-8")
    (dbt / "run_results.json").write_text(json.dumps(_results()), encoding="utf-8")
    (lineage / "events.ndjson").write_text("".join(json.dumps(each) + "\n" for each in _events()), encoding="utf-8")


def _manifest() -> dict[str, Any]:
    nodes, exposures, sources = {}, {}, {}
    for item in pipelines.dbt():
        key = item.id.rpartition("/")[2]
        parents = [
            f"source.tarnwick.landing.{p.slot[7:]}" if p.slot.startswith("source.") else f"model.tarnwick.{p.slot}"
            for p in item.points
        ]
        home = DEPARTMENTS[item.department]
        row: dict[str, Any] = {
            "resource_type": item.kind[4:],
            "unique_id": key,
            "name": item.name,
            "package_name": "tarnwick",
            "depends_on": {"nodes": parents},
            "meta": {"owner": home.team},
            "tags": [item.department],
            "original_file_path": f"models/{item.name}.sql",
            "description": "",
        }
        if item.kind == "dbt.exposure":
            exposures[key] = {**row, "type": "dashboard", "owner": {"name": home.team, "email": item.owner}}
            continue
        layer = str(item.more["layer"])
        nodes[key] = {
            **row,
            "database": "dwh",
            "schema": layer,
            "alias": item.name,
            "config": {"materialized": "table" if layer == "marts" else "view"},
            "raw_code": _sql(item),
            "columns": {},
        }
    for name in pipelines.DBT_SOURCES:
        key = f"source.tarnwick.landing.{name}"
        sources[key] = {
            "resource_type": "source",
            "unique_id": key,
            "name": name,
            "source_name": "landing",
            "package_name": "tarnwick",
            "database": "dwh",
            "schema": "landing",
            "identifier": name,
            "loader": "airflow",
        }
    about = {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
        "adapter_type": "redshift",
        "project_name": "tarnwick",
        "generated_at": "2026-11-02T03:10:00Z",
    }
    return {"metadata": about, "nodes": nodes, "sources": sources, "exposures": exposures, "macros": {}, "groups": {}}


def _sql(item: Item) -> str:
    first, *others = [point.slot.removeprefix("source.") for point in item.points]
    joins = " ".join(
        f"join {{{{ ref('{each}') }}}} as t{number} using (id)" for number, each in enumerate(others, start=1)
    )
    return f"select a.id, a.booked_at, count(*) as n_{item.name} from {{{{ ref('{first}') }}}} as a {joins} where a.booked_at >= '2024-01-01' group by 1, 2"


def _results() -> dict[str, Any]:
    about = {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
        "generated_at": "2026-11-02T03:15:00Z",
    }
    timing = [{"name": "execute", "started_at": "2026-11-02T03:11:00Z", "completed_at": "2026-11-02T03:11:20Z"}]
    rows = [
        {
            "unique_id": item.id.rpartition("/")[2],
            "status": "success",
            "execution_time": 4.0 + pick(item.name, 60),
            "timing": timing,
        }
        for item in pipelines.dbt()
        if item.kind == "dbt.model"
    ]
    return {"metadata": about, "results": rows}


def _events() -> Any:
    for item in pipelines.spark():
        for number in range(2):
            facets = {
                "jobType": {"processingType": "BATCH", "integration": "SPARK", "jobType": "APPLICATION"},
                "ownership": {"owners": [{"name": DEPARTMENTS[item.department].team, "type": "TEAM"}]},
            }  # fmt: skip
            yield {
                "eventType": "COMPLETE", "eventTime": f"2026-11-0{1 + number}T02:20:00Z", "producer": "https://github.com/OpenLineage/OpenLineage/tree/1.40.0/integration/spark",
                "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent", "run": {"runId": f"0199{hexadecimal(item.name, str(number), size=2)}-0000-7000-8000-{hexadecimal(item.name, size=6)}"},
                "job": {"namespace": pipelines.SPARK, "name": item.name, "facets": facets},
                "inputs": [_dataset(point.to) for point in item.points if point.slot == "inputs"], "outputs": [_dataset(point.to) for point in item.points if point.slot == "outputs"],
            }  # fmt: skip


def _dataset(name: str) -> dict[str, Any]:
    scheme, _, rest = name.partition("://")
    place, _, path = rest.partition("/")
    if scheme == "host":
        return {"namespace": f"redshift://{place}", "name": path.replace("/", "."), "facets": {}}
    return {"namespace": f"{scheme}://{place}", "name": path, "facets": {}}
