"""Airflow: DAGs, connections and assets of both API versions; code says names and nothing else."""

import base64
import json
from typing import Any

import pytest

from siloscope.collectors.airflow_code import outline
from siloscope.config import Secret
from siloscope.names import Context, canonical
from tests.seeds.airflow_calls import seed
from tests.served import Scanned, answering, scanned
from tests.servers.proxy import Answer, Request

ME = "airflow://t.example"
LISTINGS = ("airflow.dag", "airflow.connection", "airflow.asset")
CODE = """
'''Docs at https://docs.example and password planted-1.'''
import x  # s3://comment
SQL = "postgresql://u:planted-2@dwh.example:5432/shop"
def f(day, aws_conn_id="lake", *, other_conn_id="odd"):
    return f"s3://lake/{day}/part", "plain planted-3", "{{ var.value.path }}"
a = TriggerDagRunOperator(task_id="t", trigger_dag_id="report")
b = ExternalTaskSensor(task_id="s", external_dag_id="source")
c = BaseHook.get_connection("mail")
d = TriggerDagRunOperator(task_id="t", trigger_dag_id="{{ ds }}")
"""


def page(rows: list[dict[str, Any]], key: str, request: Request) -> dict[str, Any]:
    """Two items a page, whatever limit is wished: `maximum_page_limit` of the server."""
    start = int(request.query.get("offset", ["0"])[0])
    return {key: rows[start : start + 2], "total_entries": len(rows)}


class Fake:
    """An Airflow of one version, with any number of DAGs."""

    def __init__(self, api: str = "v2", count: int = 1, **lists: list[dict[str, Any]]) -> None:
        self.api = api
        self.dags = [{"dag_id": f"d{n}", "file_token": f"tok.{n}", "owners": ["ops"], "tags": []} for n in range(count)]
        self.lists = lists
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Any:
        self.asked.append(request)
        base = f"/api/{self.api}/"
        if not request.path.startswith(base):
            return None
        what = request.path.removeprefix(base)
        assets = "assets" if self.api == "v2" else "datasets"
        if what == "version":
            return {"version": "3.1.0" if self.api == "v2" else "2.11.0"}
        if what == "dags":
            return page(self.dags, "dags", request)
        if what in ("connections", assets):
            return page(self.lists.get(what, []), what, request)
        return self.detail(what, request)

    def detail(self, what: str, request: Request) -> Any:
        if what.endswith("/tasks"):
            tasks = [
                {
                    "task_id": "a",
                    "operator_name": "BashOperator",
                    "downstream_task_ids": ["b"],
                    "params": {"k": "planted-4"},
                },
                {"task_id": "b", "class_ref": {"class_name": "EmptyOperator"}, "downstream_task_ids": []},
            ]
            return {"tasks": tasks, "total_entries": 2}
        if what.startswith("dagSources/"):
            return {"content": CODE} if what in ("dagSources/d0", "dagSources/tok.0") else {"content": ""}
        wished = "-run_after" if self.api == "v2" else "-execution_date"
        assert request.query["order_by"] == [wished]
        return {"dag_runs": [{"state": "success", "start_date": "2026-03-01T00:00:00Z", "conf": {"x": "planted-5"}}]}


def read(fake: Fake, **options: Any) -> Scanned:
    with answering(fake) as server:
        return scanned("airflow", url=server.url, options=options)


@pytest.mark.parametrize("api", ["v2", "v1"])
def test_both_versions_give_the_same_graph(api):
    key = "assets" if api == "v2" else "datasets"
    consumer = "scheduled_dags" if api == "v2" else "consuming_dags"
    asset = {"uri": "s3://lake/x", "producing_tasks": [{"dag_id": "d0", "task_id": "a"}], consumer: [{"dag_id": "d1"}]}
    found = read(Fake(api, 2, **{key: [asset]}))
    assert [found.status(each) for each in LISTINGS] == ["complete"] * 3
    assert found.edges(f"{ME}/dag/d1") == {("reads", "s3://lake/x")}
    assert ("writes", "s3://lake/x") in found.edges(f"{ME}/dag/d0")
    dag = found.assets[f"{ME}/dag/d0"]
    assert dag.shape == {
        "v": 1,
        "task:BashOperator": 1,
        "task:EmptyOperator": 1,
        "flow:BashOperator>EmptyOperator": 1,
        "trigger:None": 2,
    }
    assert (dag.owner, dag.last_used, dag.facts["tasks"]) == ("ops", "2026-03-01T00:00:00Z", 2)


def test_the_code_names_places_connections_and_other_dags(tmp_path):
    assert read(Fake()).edges(f"{ME}/dag/d0") == {
        ("uses", "host://dwh.example:5432/shop"),
        ("uses", "s3://lake"),
        ("uses", f"{ME}/connection/lake"),
        ("uses", f"{ME}/connection/odd"),
        ("uses", f"{ME}/connection/mail"),
        ("triggers", f"{ME}/dag/report"),
        ("uses", f"{ME}/dag/source"),
    }


def test_code_parameters_and_run_settings_never_come_out():
    assert "planted" not in read(Fake()).text()


def test_code_that_is_no_python_of_this_version_still_says_its_names():
    said = outline("match for = 's3://lake/x' ->", Context())
    assert [each["name"] for each in said["names"]] == ["s3://lake/x"]


def test_the_fingerprint_of_code_ignores_layout_and_comments_only():
    one, two, three = (outline(text, Context())["fingerprint"] for text in ("a = 1", "a  =  1 # x", "a = 2"))
    assert one == two != three


def test_a_dag_claims_its_lineage_names_and_those_of_its_tasks():
    assert read(Fake()).assets[f"{ME}/dag/d0"].names == (f"{ME}/d0", f"{ME}/d0.a", f"{ME}/d0.b")


def test_pages_end_at_the_total_even_when_the_server_gives_fewer_than_wished():
    fake = Fake(
        count=7,
        connections=[{"connection_id": f"c{n}"} for n in range(5)],
        assets=[{"uri": f"s3://b/{n}"} for n in range(6)],
    )
    found = read(fake)
    assert sum(each.kind == "airflow.dag" for each in found.assets.values()) == 7
    assert sum(each.kind == "airflow.connection" for each in found.assets.values()) == 5
    assert sum(each.path.endswith("/assets") for each in fake.asked) == 3


@pytest.mark.parametrize(
    ("row", "leads"),
    [
        ({"conn_type": "postgres", "host": "db1", "schema": "x"}, "host://db1:5432/x"),
        ({"conn_type": "generic", "host": "db1.example", "port": 5432, "schema": "x"}, "host://db1.example:5432/x"),
        ({"conn_type": "http", "host": "api.example", "schema": "https"}, "https://api.example"),
        ({"conn_type": "http", "host": "https://api.example/v1"}, "https://api.example/v1"),
        (
            {"conn_type": "snowflake", "schema": "RAW", "extra": '{"account": "org-acc", "database": "DW"}'},
            "snowflake://org-acc/DW/RAW",
        ),
        (
            {"conn_type": "mysql", "host": "db2", "port": 3307, "extra": '{"extra__mysql__ssl": "planted"}'},
            "host://db2:3307",
        ),
        (
            {"conn_type": "aws", "extra": '{"role_arn": "arn:aws:iam::111122223333:role/r", "aws_secret": "planted"}'},
            "arn:aws:iam::111122223333:role/r",
        ),
        ({"conn_type": "kafka", "extra": '{"bootstrap.servers": "b1:9092"}'}, "kafka://b1:9092"),
        ({"conn_type": "fs", "extra": "not json planted"}, None),
        ({"conn_type": "ssh", "host": "bastion"}, None),
    ],
)
def test_a_connection_uses_the_place_it_leads_to(row, leads):
    secrets = {"login": "planted-user", "password": "planted"}
    found = read(Fake(connections=[{"connection_id": "c", **secrets, **row}]))
    assert found.edges(f"{ME}/connection/c") == ({("uses", leads)} if leads else set())
    assert "planted" not in found.text()


def test_an_asset_whose_uri_is_no_place_still_ties_dags_together():
    row = {"uri": "orders", "producing_tasks": [{"dag_id": "d0", "task_id": "a"}, {"dag_id": "d0", "task_id": "b"}]}
    assert ("writes", f"{ME}/asset/orders") in read(Fake(assets=[row])).edges(f"{ME}/dag/d0")


def test_source_that_may_not_be_read_leaves_the_dag_and_says_which_right_is_missing():
    fake = Fake()
    with answering(lambda each: Answer(403, b"{}") if "dagSources" in each.path else fake(each)) as server:
        found = scanned("airflow", url=server.url)
    assert (found.status("airflow.dag"), f"{ME}/dag/d0" in found.assets) == ("partial", True)
    assert found.taken["airflow.dag"].slice.permission == "DAG Code.can_read"


@pytest.mark.parametrize(
    "answer", [Answer(200, b"<html>a login page</html>"), Answer(404, b""), Answer(200, b'{"ok": 1}')]
)
def test_what_is_no_airflow_is_said_once(answer):
    with answering(lambda request: answer) as server:
        found = scanned("airflow", url=server.url)
    assert list(found.taken) == ["connect"]
    assert found.status("connect") == "failed"


def test_airflow_3_exchanges_the_password_for_a_token_and_airflow_2_takes_it_as_basic(monkeypatch):
    monkeypatch.setenv("PW", "planted-pw")
    for api, header in (("v2", "Bearer tok"), ("v1", "Basic " + base64.b64encode(b"u:planted-pw").decode())):
        fake = Fake(api)

        def rule(request: Request, fake: Fake = fake, api: str = api) -> Any:
            if request.path == "/auth/token" and api == "v2":
                assert json.loads(request.body) == {"username": "u", "password": "planted-pw"}
                return Answer(201, b'{"access_token": "tok"}')
            return fake(request)

        with answering(rule) as server:
            found = scanned("airflow", url=server.url, options={"user": "u", "password": Secret("env:PW")})
        assert found.status("airflow.dag") == "complete"
        assert {each.headers["authorization"] for each in fake.asked if "dags" in each.path} == {header}
        assert "planted-pw" not in found.text()


def test_a_wrong_password_is_denied_and_not_an_empty_airflow(monkeypatch):
    monkeypatch.setenv("PW", "wrong")
    with answering(lambda request: Answer(401, b"{}")) as server:
        found = scanned("airflow", url=server.url, options={"user": "u", "password": Secret("env:PW")})
    assert {name: found.status(name) for name in found.taken} == {"connect": "denied"}


@pytest.mark.parametrize("tag", ["owner:web", "team=web", "Owner: web"])
def test_tags_of_the_form_key_and_value_name_owner_and_environment(tag):
    fake = Fake()
    fake.dags[0]["tags"] = [{"name": tag}, {"name": "env:prod"}, {"name": "plain"}]
    dag = read(fake).assets[f"{ME}/dag/d0"]
    assert (dag.owner, dag.environment, dag.facts["tag.plain"]) == ("web", "prod", "true")


@pytest.mark.parametrize("name", ["<b>x</b>", "q?#%", "x" * 5000, "\u202e\n"])
def test_hostile_names_make_canonical_ids(name):
    found = read(Fake(connections=[{"connection_id": name, "conn_type": "fs"}]))
    (only,) = [each for each in found.assets.values() if each.kind == "airflow.connection"]
    assert only.name == name
    assert canonical(only.id) == only.id


def test_a_real_server_gives_its_dags_connections_and_the_last_run(airflow):
    seed(airflow.url, airflow.token())
    found = scanned("airflow", url=airflow.url)
    assert [found.status(each) for each in LISTINGS] == ["complete"] * 3
    dag = found.assets[f"{ME}/dag/orders_daily"]
    assert (dag.facts["tasks"], dag.owner, dag.facts["last_state"]) == (2, "data-platform", "queued")
    assert dag.shape["flow:BashOperator>BashOperator"] == 1
    assert ("uses", "s3://lake/raw/orders.csv") in found.edges(dag.id)
    assert found.edges(f"{ME}/connection/warehouse") == {("uses", "host://dwh.shop.example:5432/shop")}
    assert "planted" not in found.text()


def test_a_real_server_denies_a_wrong_token(airflow, monkeypatch):
    monkeypatch.setenv("TOKEN", "not.a.token")
    found = scanned("airflow", url=airflow.url, options={"token": Secret("env:TOKEN")})
    assert {found.status(each) for each in LISTINGS} == {"denied"}
