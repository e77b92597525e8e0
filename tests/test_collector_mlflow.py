"""MLflow: experiments with their recent runs, models with versions and aliases, page by page."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from siloscope.collectors.base import take
from siloscope.collectors.mlflow import COLLECTOR, PAGE
from siloscope.config import Source
from siloscope.names import canonical
from tests.seeds.mlflow import seed
from tests.served import Scanned, answering, scanned
from tests.servers.proxy import Answer, Request

ME = "mlflow://t.example"
LISTINGS = ("mlflow.experiment", "mlflow.model", "mlflow.model-version")


class Fake:
    """The three searches over lists that stand for a server, in pages of two."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists
        self.runs: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Any:
        self.asked.append(request)
        what = request.path.removeprefix("/api/2.0/mlflow/")
        body = json.loads(request.body) if request.body else {}
        if what == "runs/search":
            return {"runs": self.runs.get(body["experiment_ids"][0], [])}
        if what == "runs/get":
            return {"run": self.runs["get"][0]} if "get" in self.runs else None
        key = what.removesuffix("/search").replace("-", "_")
        token = body.get("page_token") or request.query.get("page_token", ["0"])[0]
        rows, start = self.lists.get(key, []), int(token)
        page: dict[str, Any] = {key: rows[start : start + 2]} if rows else {}
        return {**page, "next_page_token": str(start + 2)} if start + 2 < len(rows) else page


def read(fake: Fake) -> Scanned:
    with answering(fake) as server:
        return scanned("mlflow", url=server.url)


def test_a_server_that_holds_nothing_answers_with_nothing_and_is_complete():
    found = read(Fake())
    assert [found.status(each) for each in LISTINGS] == ["complete"] * 3
    assert not found.observations


def test_every_page_of_every_listing_is_read():
    found = read(
        Fake(
            experiments=[{"experiment_id": str(n), "name": f"e{n}"} for n in range(7)],
            registered_models=[{"name": f"m{n}"} for n in range(6)],
            model_versions=[{"name": "m0", "version": str(n)} for n in range(1, 6)],
        )
    )
    assert len(found.assets) == 13
    assert len(found.descriptions) == 5
    assert PAGE <= 1000


def test_a_token_that_leads_back_ends_the_listing_as_partial_not_as_an_endless_scan():
    with answering(lambda request: {"registered_models": [{"name": "m"}], "next_page_token": "again"}) as server:
        found = scanned("mlflow", url=server.url)
    assert found.status("mlflow.model") == "partial"
    assert "paging repeats" in found.reason("mlflow.model")


def test_versions_and_aliases_are_names_of_their_model():
    fake = Fake(
        registered_models=[{"name": "churn", "aliases": [{"alias": "champion", "version": "3"}]}],
        model_versions=[{"name": "churn", "version": "3", "source": "s3://models/churn/3"}],
    )
    found = read(fake)
    assert found.assets[f"{ME}/model/churn"].names == (f"{ME}/model/churn@champion",)
    assert found.descriptions[0].names == (f"{ME}/model/churn/3",)
    assert found.edges(f"{ME}/model/churn") == {("uses", "s3://models/churn/3")}


def test_the_experiment_of_its_run_trains_a_model_from_the_data_of_that_run():
    fake = Fake(model_versions=[{"name": "m", "version": "1", "run_id": "r"}])
    inputs = {"dataset_inputs": [{"dataset": {"name": "d", "source": '{"uri": "s3://lake/orders"}'}}]}
    fake.runs["get"] = [{"info": {"run_id": "r", "experiment_id": "7"}, "data": {}, "inputs": inputs}]
    found = read(fake)
    assert found.edges(f"{ME}/experiment/7") == {("trains", f"{ME}/model/m")}
    assert found.edges(f"{ME}/model/m") == {("reads", "s3://lake/orders")}


def test_a_deleted_run_does_not_make_its_version_disappear():
    found = read(Fake(model_versions=[{"name": "m", "version": "1", "run_id": "gone", "source": "s3://b/m"}]))
    assert found.status("mlflow.model-version") == "complete"
    assert found.edges() == {("uses", "s3://b/m")}


def test_an_experiment_was_last_used_when_its_last_run_began_and_never_when_there_is_none():
    fake = Fake(
        experiments=[
            {"experiment_id": "1", "name": "a", "last_update_time": 1780000000000},
            {"experiment_id": "2", "name": "b"},
        ]
    )
    fake.runs["2"] = [{"info": {"start_time": time}, "data": {}} for time in (1780000000000, 1785000000000)]
    found = read(fake)
    assert found.assets[f"{ME}/experiment/1"].last_used is None
    assert found.assets[f"{ME}/experiment/2"].last_used == "2026-07-25T17:20:00Z"


def test_denied_and_cut_answers_are_never_empty_lists():
    def rule(request: Request) -> Any:
        if "experiments" in request.path:
            return Answer(403, b'{"error_code": "PERMISSION_DENIED"}')
        return Answer(200, b'{"registered_models": [{"na')

    with answering(rule) as server:
        found = scanned("mlflow", url=server.url)
    assert found.status("mlflow.experiment") == "denied"
    assert found.taken["mlflow.experiment"].slice.permission == "experiments: READ"
    assert found.status("mlflow.model") == "failed"


def test_runs_that_may_not_be_read_leave_the_experiment_and_say_so():
    fake = Fake(experiments=[{"experiment_id": "1", "name": "a"}])
    with answering(lambda each: Answer(403, b"{}") if "runs" in each.path else fake(each)) as server:
        found = scanned("mlflow", url=server.url)
    assert (found.status("mlflow.experiment"), len(found.assets)) == ("partial", 1)


@pytest.mark.parametrize("name", ["50% off", "a b", "<b>x</b>", "q?#", "x" * 5000, "\u202e\n", "models:/x"])
def test_hostile_model_names_make_canonical_ids(name):
    (only,) = read(Fake(registered_models=[{"name": name}])).assets.values()
    assert only.name == name
    assert canonical(only.id) == only.id


def test_secrets_in_parameters_never_come_out_and_the_names_beside_them_do():
    params = [
        {"key": "lr", "value": "planted-1"},
        {"key": "dsn", "value": "postgresql://u:planted-2@db1/x"},
        {"key": "note", "value": "see s3://b/k and token planted-3"},
    ]
    fake = Fake(experiments=[{"experiment_id": "1", "name": "a", "tags": [{"key": "api_key", "value": "planted-4"}]}])
    fake.runs["1"] = [{"info": {}, "data": {"params": params}}]
    found = read(fake)
    assert {name for _, name in found.edges()} == {"host://db1:5432/x", "s3://b/k"}
    assert "planted" not in found.text()


@pytest.fixture(scope="module")
def seeded(mlflow) -> Iterator[Any]:
    """The real server, filled once."""
    seed(mlflow.post)
    return mlflow


@pytest.mark.parametrize("number", range(3), ids=LISTINGS)
def test_a_real_server_gives_the_same_in_pages_of_one(seeded, number):
    source = Source("t", "mlflow", url=seeded.url, instance="t.example")
    client = COLLECTOR.connect(source)
    (scope,) = client.scopes()
    whole = COLLECTOR.listings[number]
    call = whole.call
    small = {"body": {"max_results": 1}} if call.body else {"params": {"max_results": 1}}
    paged = replace(whole, call=replace(call, **small))
    first, second = (take(client, each, scope, source) for each in (whole, paged))
    client.close()
    assert len(first.observations) > 2
    assert second.observations == first.observations
    assert second.slice.status == "complete"


def test_a_real_server_gives_what_was_put_there(seeded):
    found = scanned("mlflow", url=seeded.url)
    assert {found.status(each) for each in LISTINGS} == {"complete"}
    kinds = {each.name: each.kind for each in found.assets.values()}
    assert kinds.items() >= {"churn": "mlflow.model", "price elasticity": "mlflow.model"}.items()
    assert "abandoned" not in kinds
    model = found.assets[f"{ME}/model/churn"]
    assert (model.facts["versions"], model.facts["aliases"], model.environment) == (3, "production=2", "prod")
    assert ("trains", model.id) in found.edges()
    assert "planted" not in found.text()
