"""A whole estate through the real commands: moto, MLflow, workflow exports, dbt, OpenLineage, both stores."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.aws_estate import connector, seed
from tests.servers.mlflow import Mlflow
from tests.servers.moto import Moto
from tests.servers.neo4j import Neo4j
from tests.servers.proxy import Answer, FaultProxy

SECRETS = [f"Zk9-plant{number:02d}-qX7" for number in range(20)]
# What moto 5.2.5 does not implement: feature groups as a whole, and two describing calls of Bedrock.
MISSING = {"bedrock.agent": "partial", "bedrock.knowledge-base": "partial", "sagemaker.feature-group": "failed"}
GAPS = "".join(
    f'[[accepted-gap]]\nsource = "aws-prod"\nlisting = "{listing}"\nreason = "moto has no such call"\n'
    for listing in MISSING
)


class Estate:
    """A folder with a configuration, and commands run in it as a user would."""

    def __init__(self, folder: Path, aws: FaultProxy, mlflow: str) -> None:
        self.folder, self.aws, self.mlflow = folder, aws, mlflow

    def configure(self, more: str = "") -> None:
        """Write siloscope.toml."""
        text = (
            f'[[source]]\nname = "aws-prod"\ntype = "aws"\nregions = ["eu-west-1"]\nendpoint_url = "{self.aws.url}"\n'
            f'[[source]]\nname = "risk-mlflow"\ntype = "mlflow"\nurl = "{self.mlflow}"\ninstance = "mlflow.risk.example"\n'
            '[[source]]\nname = "flows"\ntype = "n8n"\npath = "n8n"\n'
            '[[source]]\nname = "warehouse"\ntype = "dbt"\npath = "dbt"\n'
            '[[source]]\nname = "lineage"\ntype = "openlineage"\npath = "openlineage"\n'
        )
        (self.folder / "siloscope.toml").write_text(text + more, encoding="utf-8")

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """One command."""
        keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-west-1"}
        return subprocess.run(
            [sys.executable, "-m", "siloscope", *arguments],
            cwd=self.folder,
            env={**os.environ, **keys, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )

    def coverage(self) -> list[dict]:
        """The ledger."""
        return json.loads(self.run("coverage", "--format", "json").stdout)["slices"]

    def export(self, *more: str, **environment: str) -> str:
        """The graph document, without the scan's own id and times."""
        document = json.loads(self.run("export", "--format", "json", *more, **environment).stdout)
        document["scan"] = {}
        for asset in document["assets"]:
            asset["first_seen"] = asset["last_seen"] = None
        for row in document["slices"]:
            row["last_complete"] = None
        return json.dumps(document, indent=1)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory, moto: Moto, mlflow: Mlflow, corpora: Path):
    """Everything provisioned, nothing scanned yet."""
    folder = tmp_path_factory.mktemp("estate")
    moto.reset()
    seed(moto.url)
    plant(moto.url, folder)
    models(mlflow.url)
    with tarfile.open(corpora / "n8n-workflows.tar.gz") as archive:
        archive.extractall(folder / "n8n" / "corpus", filter="data")
    (folder / "dbt").symlink_to(corpora / "dbt-artifacts")
    (folder / "openlineage").symlink_to(corpora / "openlineage-events")
    with FaultProxy(moto.url) as proxy:
        made = Estate(folder, proxy, mlflow.url)
        made.configure()
        yield made


def plant(endpoint: str, folder: Path) -> None:
    """Twenty secrets in the places where people leave them."""
    connect = connector(endpoint)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("a.py", "pass")
    connect("lambda").create_function(
        FunctionName="planted",
        Runtime="python3.11",
        Role="arn:aws:iam::123456789012:role/ml",
        Handler="a.b",
        Code={"ZipFile": code.getvalue()},
        Environment={
            "Variables": {
                "DB_PASSWORD": SECRETS[0],
                "CONFIG": SECRETS[1],
                "DSN": f"postgresql://app:{SECRETS[2]}@db.corp:5432/crm",
                "API": f"https://api.vendor.example/v1?api_key={SECRETS[3]}",
            }
        },
    )
    connect("glue").create_job(
        Name="planted",
        Role="r",
        Command={"Name": "glueetl", "ScriptLocation": "s3://lake/x.py"},
        DefaultArguments={
            "--db_password": SECRETS[4],
            "--opaque": SECRETS[5],
            "--url": f"jdbc:postgresql://h:5432/d?user=a&password={SECRETS[6]}",
        },
    )
    connect("glue").create_connection(
        ConnectionInput={
            "Name": "planted",
            "ConnectionType": "JDBC",
            "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:mysql://db2.corp:3306/x", "PASSWORD": SECRETS[7]},
        }
    )
    connect("sagemaker").create_training_job(
        TrainingJobName="planted",
        AlgorithmSpecification={"TrainingImage": "1.dkr.ecr.eu-west-1.amazonaws.com/x:1", "TrainingInputMode": "File"},
        RoleArn="arn:aws:iam::123456789012:role/ml",
        HyperParameters={"token": SECRETS[8], "whatever": SECRETS[9]},
        Environment={"HF_TOKEN": SECRETS[10]},
        OutputDataConfig={"S3OutputPath": "s3://models/o"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    workflow = {
        "id": "planted",
        "name": "Planted",
        "connections": {},
        "pinData": {"h": [{"json": {"anything": SECRETS[19]}}]},
        "nodes": [
            node("httpRequest", url=f"https://user:{SECRETS[11]}@api.x.example/v1?token={SECRETS[12]}"),
            node("httpRequest", headers=[{"name": "Authorization", "value": f"Bearer {SECRETS[13]}"}]),
            node("httpRequest", headers=[{"name": "X-Api-Key", "value": SECRETS[14]}]),
            node("code", jsCode=f"const k = '{SECRETS[15]}'; const u = 'mongodb://u:{SECRETS[16]}@m.corp:27017/db'"),
            node("postgres", query=f"CREATE USER x WITH PASSWORD '{SECRETS[17]}'"),
            node("set", values={"string": [{"name": "apiSecret", "value": SECRETS[18]}]}),
        ],
    }
    (folder / "n8n").mkdir()
    (folder / "n8n" / "planted.json").write_text(json.dumps(workflow), encoding="utf-8")


def node(kind: str, **parameters: object) -> dict:
    """An n8n node."""
    return {"name": kind, "type": f"n8n-nodes-base.{kind}", "parameters": parameters}


def models(url: str) -> None:
    """Two experiments, each with a run, a dataset and a registered model."""

    def post(path: str, **body: object) -> dict:
        answer = httpx.post(f"{url}/api/2.0/mlflow/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    for name in ("end-churn", "end-fraud"):
        experiment = post("experiments/create", name=name, artifact_location=f"s3://models/{name}")["experiment_id"]
        run = post("runs/create", experiment_id=experiment, start_time=1_760_000_000_000)["run"]["info"]["run_id"]
        source = json.dumps({"uri": "s3://lake/churn/features"})
        post(
            "runs/log-inputs",
            run_id=run,
            datasets=[{"dataset": {"name": "d", "digest": "1", "source_type": "s3", "source": source}}],
        )
        post("registered-models/create", name=name)
        post("model-versions/create", name=name, source=f"s3://models/{name}/model", run_id=run)


@pytest.fixture(scope="module")
def first(estate: Estate) -> subprocess.CompletedProcess[str]:
    """The first scan, recorded."""
    return estate.run("scan", "--record", "recording")


def test_a_scan_names_exactly_what_the_emulator_lacks(estate: Estate, first: subprocess.CompletedProcess[str]) -> None:
    """Exit 3, those slices and no other; every document that another parser reads was read."""
    assert first.returncode == 3, first.stderr
    bad = {row["listing"]: row["status"] for row in estate.coverage() if row["status"] != "complete"}
    assert bad == MISSING
    assert "% of" in first.stdout


def test_every_workflow_of_the_corpus_is_an_asset(estate: Estate, first: subprocess.CompletedProcess[str]) -> None:
    """1,424 files, half of them without an id and many repeating one: as many assets, and the planted one."""
    document = json.loads(estate.export())

    assert sum(each["kind"] == "n8n.workflow" for each in document["assets"]) == 1425
    assert len({each["id"] for each in document["assets"]}) == len(document["assets"])


def test_tools_meet_across_systems(estate: Estate, first: subprocess.CompletedProcess[str]) -> None:
    """An MLflow experiment reads inside a bucket that AWS inventories."""
    edges = json.loads(estate.export())["edges"]

    assert any(
        each["source"].startswith("mlflow://mlflow.risk.example/experiment/")
        and (each["verb"], each["target"], each["how"], each["name"])
        == ("reads", "arn:aws:s3:::lake", "inside", "s3://lake/churn/features")
        for each in edges
    )


def test_accepted_gaps_make_the_scan_succeed(estate: Estate, first: subprocess.CompletedProcess[str]) -> None:
    """Exit 0 once what moto lacks is accepted."""
    estate.configure(GAPS)
    answer = estate.run("scan", "--only", "aws-prod")
    estate.configure()

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_denied_service_loses_nothing(estate: Estate, first: subprocess.CompletedProcess[str]) -> None:
    """A second scan with Glue denied: exit 3, the permission named, every Glue asset still there."""
    before = [each["id"] for each in json.loads(estate.export())["assets"]]
    denial = json.dumps({"__type": "AccessDeniedException", "message": "not authorized"}).encode()
    estate.aws.rule = lambda request: Answer(400, denial) if request.service == "glue" else None
    try:
        answer = estate.run("scan", "--only", "aws-prod")
    finally:
        estate.aws.rule = lambda request: None
    denied = {row["listing"]: row for row in estate.coverage() if row["status"] == "denied"}

    assert answer.returncode == 3
    assert denied["glue.job"]["permission"] == "glue:GetJobs"
    assert {row["retirement"] for row in denied.values()} == {"none"}
    assert [each["id"] for each in json.loads(estate.export())["assets"]] == before
    assert estate.run("scan", "--only", "aws-prod").returncode == 3


def test_neo4j_holds_the_identical_graph(estate: Estate, first: subprocess.CompletedProcess[str], neo4j: Neo4j) -> None:
    """The same sources scanned into Neo4j export the same document, apart from the scan's own id and times."""
    store = f"{neo4j.url.replace('://', '://neo4j@')}/neo4j?estate=end-to-end"
    password = neo4j.password or ""
    answer = estate.run("scan", "--store", store, NEO4J_PASSWORD=password)

    assert answer.returncode == 3, answer.stderr
    theirs, ours = estate.export("--store", store, NEO4J_PASSWORD=password), estate.export()
    assert theirs.splitlines() == ours.splitlines()


def test_no_planted_secret_is_anywhere(estate: Estate, first: subprocess.CompletedProcess[str]) -> None:
    """Store, recordings, spool, export, map, findings and what was printed: none of the twenty."""
    estate.run("map", "-o", "map.html")
    printed = first.stdout + first.stderr + estate.run("findings", "--min-score", "0", "--format", "json").stdout
    (estate.folder / "printed.txt").write_text(printed + estate.export(), encoding="utf-8")
    sources = (estate.folder / "n8n", estate.folder / "dbt", estate.folder / "openlineage")
    written = [
        each
        for each in estate.folder.rglob("*")
        if each.is_file() and not any(each.is_relative_to(source) for source in sources)
    ]

    assert {"map.html", "siloscope.db", "printed.txt"} <= {each.name for each in written}
    assert any("recording" in each.parts for each in written)
    for file in written:
        data = file.read_bytes()
        assert not [secret for secret in SECRETS if secret.encode() in data], file


def test_a_replay_of_the_recording_gives_the_same_graph(
    estate: Estate, first: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    """Offline, from what was recorded: the same assets, edges and coverage."""
    answer = estate.run("scan", "--from", "recording", "--store", str(tmp_path / "replay.db"))

    assert answer.returncode == 3, answer.stderr
    live, replayed = json.loads(estate.export()), json.loads(estate.export("--store", str(tmp_path / "replay.db")))
    for key in ("tools", "assets", "edges", "outside"):
        assert replayed[key] == live[key], key
