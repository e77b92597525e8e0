"""What each real server proves, stated once: it starts, holds what was written, and answers as the product does."""

import os
import subprocess
import sys

import httpx
import pytest

from tests.servers.base import ROOT
from tests.servers.nodered import HEADERS
from tests.servers.proxy import Answer, Change, Cut, Reset


def test_moto_keeps_what_was_created_until_reset(moto):
    """A queue created by boto3 is listed, and gone after a reset."""
    moto.reset()
    sqs = moto.client("sqs")
    url = sqs.create_queue(QueueName="invoices")["QueueUrl"]
    assert sqs.list_queues()["QueueUrls"] == [url]
    moto.reset()
    assert "QueueUrls" not in sqs.list_queues()


def test_moto_tells_accounts_apart_by_assumed_role(moto):
    """Keys of an assumed role see that role's account only."""
    moto.reset()
    moto.client("sqs").create_queue(QueueName="home")
    role = "arn:aws:iam::222222222222:role/reader"
    given = moto.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    keys = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}
    assert moto.client("sts", **keys).get_caller_identity()["Account"] == "222222222222"
    assert "QueueUrls" not in moto.client("sqs", **keys).list_queues()


def test_moto_denies_by_policy_once_its_iam_is_live(moto_iam):
    """A user allowed to list queues is denied topics: the partial permission real accounts have."""
    from botocore.exceptions import ClientError

    iam = moto_iam.client("iam")
    iam.create_user(UserName="scanner")
    key = iam.create_access_key(UserName="scanner")["AccessKey"]
    allow = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}'
    iam.put_user_policy(UserName="scanner", PolicyName="queues", PolicyDocument=allow)
    keys = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    moto_iam.client("sqs", **keys).list_queues()
    with pytest.raises(ClientError) as denied:
        moto_iam.client("sns", **keys).list_topics()
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_mlflow_finds_a_registered_model_by_search(mlflow):
    """A model and its version with an S3 source come back from the registry's search."""
    mlflow.post("registered-models/create", {"name": "smoke", "tags": [{"key": "team", "value": "risk"}]})
    mlflow.post("model-versions/create", {"name": "smoke", "source": "s3://lake/models/churn/1"})
    search = httpx.get(f"{mlflow.url}/api/2.0/mlflow/model-versions/search", timeout=60).json()
    assert [found["source"] for found in search["model_versions"]] == ["s3://lake/models/churn/1"]


def test_mlflow_search_of_experiments_pages_by_token(mlflow):
    """With `max_results=1` a second page exists and holds another experiment."""
    for name in ("one", "two"):
        mlflow.post("experiments/create", {"name": name})
    first = mlflow.post("experiments/search", {"max_results": 1})
    second = mlflow.post("experiments/search", {"max_results": 1, "page_token": first["next_page_token"]})
    assert first["experiments"][0]["experiment_id"] != second["experiments"][0]["experiment_id"]


def test_airflow_lists_the_dag_with_its_tasks_without_a_scheduler(airflow):
    """The API shows the DAG of the folder: owner, tags, and the tasks in order of dependence."""
    with httpx.Client(base_url=airflow.url, timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {airflow.token()}"
        dags = client.get("/api/v2/dags").json()["dags"]
        tasks = client.get("/api/v2/dags/orders_daily/tasks").json()["tasks"]
    found = next(dag for dag in dags if dag["dag_id"] == "orders_daily")
    assert found["owners"] == ["data-platform"]
    assert {tag["name"] for tag in found["tags"]} == {"orders", "cost-center:cc-17"}
    assert {task["task_id"]: task["downstream_task_ids"] for task in tasks} == {"fetch": ["load"], "load": []}


def test_airflow_refuses_a_token_it_did_not_give(airflow):
    """Everyone is an administrator here, but a forged bearer is denied: a denied slice can be made."""
    forged = {"Authorization": "Bearer forged"}
    assert httpx.get(f"{airflow.url}/api/v2/dags", headers=forged, timeout=60).status_code == 403


def test_nodered_returns_deployed_flows_with_a_revision(nodered):
    """API v2 wraps the flows, and the revision is that of the deployment."""
    tab = {"id": "t1", "type": "tab", "label": "Invoices"}
    call = {
        "id": "n1",
        "z": "t1",
        "type": "http request",
        "url": "https://erp.example/invoices",
        "wires": [[]],
    }
    revision = nodered.deploy([tab, call])
    shown = httpx.get(f"{nodered.url}/flows", headers=HEADERS, timeout=30).json()
    assert shown["rev"] == revision
    assert [node["id"] for node in shown["flows"]] == ["t1", "n1"]


def test_neo4j_writes_reads_and_holds_a_constraint(neo4j):
    """The official driver writes in batches, and a second node of one id is refused by the server."""
    from neo4j.exceptions import ConstraintError

    with neo4j.driver() as driver:
        driver.execute_query("CREATE CONSTRAINT smoke IF NOT EXISTS FOR (n:Smoke) REQUIRE n.id IS UNIQUE")
        rows = [{"id": str(number), "size": number} for number in range(3)]
        driver.execute_query("UNWIND $rows AS row MERGE (n:Smoke {id: row.id}) SET n += row", rows=rows)
        found = driver.execute_query("MATCH (n:Smoke) RETURN n.id AS id, n.size AS size ORDER BY id").records
        with pytest.raises(ConstraintError):
            driver.execute_query("CREATE (:Smoke {id: '0'})")
        driver.execute_query("MATCH (n:Smoke) DETACH DELETE n")
        driver.execute_query("DROP CONSTRAINT smoke")
    assert [record.data() for record in found] == rows


def test_neo4j_refuses_a_wrong_password(neo4j):
    """Authentication is on, so that passwords are exercised and not only passed along."""
    from neo4j import GraphDatabase
    from neo4j.exceptions import AuthError

    with (
        GraphDatabase.driver(neo4j.url, auth=(neo4j.user, "not the password")) as driver,
        pytest.raises(AuthError),
    ):
        driver.verify_connectivity()


@pytest.mark.server("neo4j")
def test_neo4j_keeps_committed_data_through_sigkill(monkeypatch):
    """After SIGKILL and a start on the same state what was committed is there: crash tests can rest on it."""
    from tests.servers.fixtures import running
    from tests.servers.neo4j import Neo4j

    monkeypatch.delenv("NEO4J_URI", raising=False)
    for server in running(Neo4j()):
        with server.driver() as driver:
            driver.execute_query("CREATE (:Kept {id: 'a'})")
        server.kill()
        server.start()
        with server.driver() as driver:
            assert driver.execute_query("MATCH (n:Kept) RETURN n.id AS id").records[0]["id"] == "a"


def test_postgres_shows_views_and_foreign_servers_in_its_catalog(postgres):
    """Dependence evidence is real: a view depends on its table, a foreign server names its host."""
    postgres.psql("create database smoke")
    postgres.psql("create table orders(id int); create view recent as select * from orders", "smoke")
    used = "select view_name || '<-' || table_name from information_schema.view_table_usage where view_name='recent'"
    assert postgres.psql(used, "smoke").strip() == "recent<-orders"
    postgres.psql("create extension postgres_fdw", "smoke")
    far = "create server far foreign data wrapper postgres_fdw options (host 'reports.example')"
    postgres.psql(far, "smoke")
    assert postgres.psql("select srvoptions from pg_foreign_server", "smoke").strip() == "{host=reports.example}"


def test_prism_answers_the_uipath_specification_and_checks_requests_against_it(prism_uipath):
    """Wanted are a bearer (401), the folder header and a numeric `$top` (422), as the vendor specifies."""
    releases = f"{prism_uipath.url}/odata/Releases"
    bearer = {"Authorization": "Bearer tests"}
    folder = bearer | {"X-UIPATH-OrganizationUnitId": "1"}
    assert httpx.get(releases, timeout=60).status_code == 401
    assert httpx.get(releases, headers=bearer, timeout=60).status_code == 422
    assert httpx.get(releases, headers=folder, params={"$top": "many"}, timeout=60).status_code == 422
    assert httpx.get(releases, headers=folder, timeout=60).json()["value"]


def test_chromium_page_is_offline_and_everything_it_says_is_recorded(browser_page, tmp_path):
    """A page's console, errors, dialogs and attempts to reach a network are all seen."""
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><title>t</title><img src='http://tracker.example/x.png'>"
        "<script>console.log('said'); alert('asked'); throw new Error('thrown')</script>",
        "utf-8",
    )
    browser_page.open(page)
    assert "log: said" in browser_page.console
    assert browser_page.dialogs == ["asked"]
    assert browser_page.errors == ["thrown"]
    assert browser_page.outside == ["http://tracker.example/x.png"]


def test_proxy_denies_one_operation_and_passes_the_others(moto, fault_proxy):
    """A fault hits the AWS operation it was made for, and requests are counted."""
    from botocore.exceptions import ClientError

    moto.reset()

    def rule(request):
        refused = b'{"__type": "AccessDeniedException", "message": "no"}'
        return Answer(403, refused) if request.operation == "ListQueues" else None

    proxy = fault_proxy(moto.url, rule)
    sqs = moto.client("sqs", url=proxy.url)
    sqs.create_queue(QueueName="allowed")
    with pytest.raises(ClientError):
        sqs.list_queues()
    assert [request.operation for request in proxy.requests] == ["CreateQueue", "ListQueues"]
    assert proxy.count(lambda request: request.service == "sqs") == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Cut(keep=5), httpx.RemoteProtocolError), (Reset(), httpx.ReadError)],
    ids=["cut", "reset"],
)
def test_proxy_breaks_connections_as_networks_do(nodered, fault_proxy, fault, error):
    """A cut body and a reset connection arrive as transport errors, not as short answers."""
    proxy = fault_proxy(nodered.url, lambda _request: fault)
    with pytest.raises(error):
        httpx.get(f"{proxy.url}/settings", timeout=30)


def test_proxy_may_lie_with_status_200(nodered, fault_proxy):
    """A changed body and an honestly shortened one arrive whole: only the content is wrong."""
    proxy = fault_proxy(nodered.url, lambda _request: Change(lambda _body: b"<html>maintenance</html>"))
    assert httpx.get(f"{proxy.url}/settings", timeout=30).text == "<html>maintenance</html>"
    proxy.rule = lambda _request: Cut(keep=7, honest=True)
    short = httpx.get(f"{proxy.url}/settings", timeout=30)
    assert (short.status_code, len(short.content)) == (200, 7)


def test_stopping_a_server_leaves_no_process_of_its_group():
    """MLflow's workers would outlive their parent; the group is empty after `stop`."""
    from tests.servers.base import Server

    class Sleeper(Server):
        name = "sleeper"

        def command(self):
            fork = "import os, signal, time\nos.fork()\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(600)"
            return [sys.executable, "-c", fork]

        def ready(self):
            return self.log_tail().count("up") == 2

        def _end(self, first, patience):
            super()._end(first, min(patience, 0.2))

    sleeper = Sleeper()
    sleeper.start()
    group = sleeper.process.pid
    sleeper.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


def test_a_required_server_that_is_missing_fails_and_otherwise_skips_with_one_line(tmp_path):
    """Without Java, Maven or Docker on PATH Neo4j tests skip with the reason; when required they fail."""
    test = "tests/servers/test_servers.py::test_neo4j_refuses_a_wrong_password"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    hidden = {key: value for key, value in os.environ.items() if not key.startswith("NEO4J_")} | {"PATH": str(tmp_path)}
    skipped, failed = (
        subprocess.run(
            command,
            cwd=ROOT,
            env=hidden | {"SILOSCOPE_REQUIRE_SERVERS": flag},
            capture_output=True,
            text=True,
            check=False,
        )
        for flag in ("0", "1")
    )
    assert skipped.returncode == 0
    assert "1 skipped" in skipped.stdout.splitlines()[-1]
    assert "no Neo4j: needs Java 17" in skipped.stdout
    assert failed.returncode == 1
    assert "SILOSCOPE_REQUIRE_SERVERS=1, but: no Neo4j" in failed.stdout
