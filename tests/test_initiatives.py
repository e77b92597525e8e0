"""Initiatives: what belongs together, how far it came, what it lacks; and what cannot be said."""

from __future__ import annotations

from typing import Any

import pytest

from siloscope.analysis.controls import MET, MISSING, UNKNOWN, checks, controls
from siloscope.analysis.initiatives import Profile, funnel, profiles
from siloscope.analysis.pilots import stalled_pilot
from siloscope.graph.initiatives import initiatives, with_initiatives
from siloscope.graph.view import Graph
from siloscope.model import Reference, Status, Verb
from tests.estates import asset, calls, estate, reads, seen, trains

S3 = "s3://models"


def link(source: str, verb: Verb, target: str) -> Reference:
    return Reference(source, verb, target, "x")


def model(name: str, **more: Any) -> Any:
    return asset(f"mlflow://a/model/{name}", "mlflow:a", "mlflow.model", name=name, department="Risk", **more)


def experiment(name: str, **more: Any) -> Any:
    return asset(f"mlflow://a/experiment/{name}", "mlflow:a", "mlflow.experiment", name=f"train {name}", department="Risk", last_used="2026-05-01T00:00:00Z", **more)  # fmt: skip


def endpoint(name: str, **more: Any) -> Any:
    return asset(f"sm://b/endpoint/{name}", "sagemaker:b", "sagemaker.endpoint", name=name, department="Risk", **more)


def bucket(name: str) -> Any:
    return asset(f"s3://{name}", "s3:b", "s3.bucket", name=name)


def bot(name: str, **more: Any) -> Any:
    return asset(f"uipath://t/process/{name}", "uipath:t", "uipath.process", name=name, department=more.pop("department", "HR"), **more)  # fmt: skip


def groups(graph: Graph) -> set[frozenset[str]]:
    """The members of each initiative by name, as sets."""
    return {frozenset(graph.asset[key].name for key in each.members) for each in initiatives(graph)}


def one(graph: Graph, name: str) -> Profile:
    (found,) = [each for each in profiles(graph) if each.initiative.name == name]
    return found


def churn() -> list[Any]:
    """A model from its data to its consumer, each part joined by what a platform shows."""
    return [
        bucket("churn-data"),
        experiment("churn"),
        reads("mlflow://a/experiment/churn", "s3://churn-data/2026"),
        model("churn", facts={"versions": 2}),
        trains("mlflow://a/experiment/churn", "mlflow://a/model/churn"),
        endpoint("churn"),
        link("sm://b/endpoint/churn", Verb.SERVES, "mlflow://a/model/churn"),
        asset("lambda://f", "lambda:b", "lambda.function", name="caller", department="Sales"),
        calls("lambda://f", "sm://b/endpoint/churn"),
    ]


def test_data_training_model_endpoint_and_consumer_are_one_undertaking() -> None:
    """Each with its part; the name and the id are those of the model, and every asset carries it."""
    graph = estate(seen(*churn()))
    (found,) = initiatives(graph)
    assert {role: [graph.asset[key].name for key in keys] for role, keys in found.roles.items()} == {
        "data": ["churn-data"], "training": ["train churn"], "model": ["churn"], "serving": ["churn"], "consumer": ["caller"],
    }  # fmt: skip
    assert found.name == "churn"
    assert {each.initiative for each in graph.assets} == {found.id}


def test_an_id_stays_when_the_estate_grows_around_it() -> None:
    """A second endpoint, another model's initiative, another order of arrival: the id is that of the same model."""
    before = {each.name: each.id for each in initiatives(estate(seen(*churn())))}
    more = [
        endpoint("b"),
        link("sm://b/endpoint/b", Verb.SERVES, "mlflow://a/model/churn"),
        model("fraud"),
        bot("archive"),
    ]
    after = {each.name: each.id for each in initiatives(estate(seen(*reversed([*churn(), *more]))))}
    assert after["churn"] == before["churn"]
    assert set(after) == {"churn", "fraud", "archive"}


def test_a_shared_bucket_glues_nothing_and_belongs_to_nobody() -> None:
    """Twenty models trained on one landing bucket are twenty initiatives."""
    items: list[Any] = [bucket("lake")]
    for n in range(20):
        items += [experiment(f"m{n}"), model(f"m{n}"), trains(f"mlflow://a/experiment/m{n}", f"mlflow://a/model/m{n}"), reads(f"mlflow://a/experiment/m{n}", "s3://lake/features")]  # fmt: skip
    graph = estate(seen(*items))
    assert len(groups(graph)) == 20
    assert graph.asset["s3://lake"].initiative is None


def test_an_artefact_joins_what_writes_it_with_what_serves_it() -> None:
    """By the exact path; the bucket itself, and a path that many write, join nothing."""

    def trained(name: str, path: str) -> list[Any]:
        job, served = f"sm://b/training-job/{name}", f"sm://b/model/{name}"
        return [
            asset(job, "sagemaker:b", "sagemaker.training-job", name=f"train {name}"),
            asset(served, "sagemaker:b", "sagemaker.model", name=name),
            link(job, Verb.WRITES, f"{S3}/{path}"), link(job, Verb.WRITES, S3), reads(served, f"{S3}/{path}"),
        ]  # fmt: skip

    apart = estate(seen(bucket("models"), *trained("a", "a/model.tar.gz"), *trained("b", "b/model.tar.gz")))
    assert groups(apart) == {frozenset({"train a", "a"}), frozenset({"train b", "b"})}
    heap = estate(seen(bucket("models"), *(item for name in "abc" for item in trained(name, "latest.tar.gz"))))
    assert all(len(each) == 1 for each in groups(heap))


def test_a_bot_joins_the_model_it_uses_and_a_hosted_model_the_only_bot_that_uses_it() -> None:
    """A deployment that several bots call is a service: it stands alone."""
    hosted = [
        asset(f"aoai://c/deployment/{n}", "azure-openai:c", "azure-openai.deployment", name=n)
        for n in ("own", "common")
    ]
    graph = estate(seen(*churn(), *hosted, bot("a"), bot("b"), bot("c"), calls("uipath://t/process/a", "sm://b/endpoint/churn"), calls("uipath://t/process/b", "aoai://c/deployment/own"), calls("uipath://t/process/b", "aoai://c/deployment/common"), calls("uipath://t/process/c", "aoai://c/deployment/common")))  # fmt: skip
    assert {"a", "churn"} < next(each for each in groups(graph) if "a" in each)
    assert {frozenset({"b", "own"}), frozenset({"c"}), frozenset({"common"})} <= groups(graph)


def test_what_others_need_as_well_is_nobodys() -> None:
    """A queue that a lambda of no initiative reads too is shared, one that only the bot uses is its own."""
    queues = [asset(f"sqs://{n}", "sqs:b", "sqs.queue", name=n) for n in ("own", "common")]
    graph = estate(seen(bot("a"), *queues, link("uipath://t/process/a", Verb.USES, "sqs://own"), link("uipath://t/process/a", Verb.USES, "sqs://common"), asset("lambda://f", "lambda:b", "lambda.function", name="f"), reads("lambda://f", "sqs://common")))  # fmt: skip
    assert groups(graph) == {frozenset({"a", "own"})}


def test_no_core_is_no_initiative_and_labels_go_when_it_goes() -> None:
    """A bucket alone is none; a label of an earlier graph does not stay."""
    graph = estate(seen(bucket("alone")))
    assert initiatives(graph) == ()
    assert with_initiatives(graph) is graph


@pytest.mark.parametrize(
    ("items", "stage", "reached"),
    [
        ([experiment("x")], "experiment", "experiment"),
        ([experiment("x"), model("x"), trains("mlflow://a/experiment/x", "mlflow://a/model/x")], "pilot", "pilot"),
        ([model("x", facts={"aliases": "production=3", "updated": "2024-01-01"})], "production", "production"),
        ([model("x", facts={"aliases": "challenger=3"})], "pilot", "pilot"),
        ([model("x", last_used="2025-01-01T00:00:00Z")], "dormant", "pilot"),
        ([model("x", created="2020-01-01T00:00:00Z")], "pilot", "pilot"),  # old, but nothing says it is not used
        ([model("x"), endpoint("x"), link("sm://b/endpoint/x", Verb.SERVES, "mlflow://a/model/x")], "production", "production"),
        ([bot("x", last_used="2026-05-20T00:00:00Z")], "production", "production"),
        ([bot("x", last_used="2025-05-20T00:00:00Z")], "dormant", "production"),
        ([bot("x", last_used="2026-05-20T00:00:00Z", environment="test")], "pilot", "pilot"),
        ([bot("x", facts={"active": False})], "dormant", "production"),
        ([bot("x", facts={"active": True})], "production", "production"),
        ([bot("x")], "experiment", "experiment"),
    ],
)  # fmt: skip
def test_the_stage_follows_the_evidence(items: list[Any], stage: str, reached: str) -> None:
    """Alias, endpoint, trigger and use decide; what is old without a word on its use is not called dormant."""
    (found,) = profiles(estate(seen(*items)))
    assert (found.stage, found.reached) == (stage, reached), found.because
    assert found.because


def test_consumers_of_other_departments_are_told_apart() -> None:
    """The caller works for Sales, the model for Risk."""
    found = one(estate(seen(*churn())), "churn")
    assert (found.department, [each.name for each in found.users], [each.name for each in found.abroad]) == ("Risk", ["caller"], ["caller"])  # fmt: skip
    assert any("used outside Risk" in each for each in found.because)


def test_the_funnel_counts_every_initiative_once() -> None:
    """By department and stage."""
    known = profiles(estate(seen(*churn(), bot("a"), bot("b", facts={"active": True}), experiment("lone"))))
    counted = funnel(known)
    assert counted == {"HR": {"experiment": 1, "pilot": 0, "production": 1, "dormant": 0}, "Risk": {"experiment": 1, "pilot": 0, "production": 1, "dormant": 0}}  # fmt: skip
    assert sum(sum(row.values()) for row in counted.values()) == len(known)


def states(graph: Graph, name: str) -> dict[str, str]:
    return {each.control.key: each.status for each in checks(graph, one(graph, name))}


def test_controls_are_met_by_evidence_missing_where_it_could_be_and_unknown_else() -> None:
    """An alias is a gate; the registry was read and holds no description; nobody read what could show version control."""
    items = [model("x", owner="lena", facts={"aliases": "production=3", "tag.cost-center": "cc-1"}), experiment("x"), trains("mlflow://a/experiment/x", "mlflow://a/model/x"), reads("mlflow://a/experiment/x", "s3://d/x")]  # fmt: skip
    graph = estate(seen(*items, listing="mlflow.model"), seen(listing="mlflow.experiment"))
    found = states(graph, "x")
    assert {key for key, status in found.items() if status == MET} == {"owner", "registry", "training-data", "approval", "cost"}  # fmt: skip
    assert {key for key, status in found.items() if status == MISSING} == {"documentation", "objective"}
    assert {key for key, status in found.items() if status == UNKNOWN} == {"version-control", "deployment", "monitoring", "drift", "retraining", "access", "metric"}  # fmt: skip


def test_a_slice_that_was_not_read_makes_missing_unknown_and_is_named() -> None:
    """The orchestrator's jobs could show a monitor: denied, nothing is claimed; read, its absence is."""
    items = [model("x"), experiment("x"), trains("mlflow://a/experiment/x", "mlflow://a/model/x")]
    denied = estate(
        seen(*items, listing="mlflow.model"), seen(source="air", listing="airflow.dag", status=Status.DENIED)
    )
    (check,) = [each for each in checks(denied, one(denied, "x")) if each.control.key == "monitoring"]
    assert (check.status, "air airflow.dag" in check.says) == (UNKNOWN, True)
    complete = estate(seen(*items, listing="mlflow.model"), seen(source="air", listing="airflow.dag"))
    assert states(complete, "x")["monitoring"] == MISSING


def test_what_watches_retrains_and_deploys_is_found_beside_the_model() -> None:
    """A DAG that reads the model and says drift, one that starts the training, a pipeline that deploys."""
    dags = [
        asset(f"airflow://z/dag/{n}", "airflow:z", "airflow.dag", name=n)
        for n in ("churn-drift-monitor", "nightly", "release")
    ]
    graph = estate(seen(*churn(), *dags, reads("airflow://z/dag/churn-drift-monitor", "mlflow://a/model/churn"), link("airflow://z/dag/nightly", Verb.TRIGGERS, "mlflow://a/experiment/churn"), link("airflow://z/dag/release", Verb.DEPLOYS, "sm://b/endpoint/churn")))  # fmt: skip
    found = states(graph, "churn")
    assert {found[key] for key in ("monitoring", "drift", "retraining", "deployment")} == {MET}


def test_every_control_is_asked_with_numbers_of_the_forms_of_their_frameworks() -> None:
    """Fourteen of them; a subcategory reads FUNCTION n.n, a clause n.n or A.n.n."""
    import re

    assert len(controls()) == 14
    for each in controls():
        assert all(re.fullmatch(r"(GOVERN|MAP|MEASURE|MANAGE) \d\.\d+", number) for number in each.nist)
        assert all(re.fullmatch(r"A\.\d+(\.\d+)+|\d+\.\d", number) for number in each.iso)
        assert each.nist or each.iso
        assert set(each.applies) <= {"model", "hosted", "bot"}
        assert 0 < each.weight <= 0.2


def test_a_stalled_pilot_says_what_it_lacks() -> None:
    """The controls that stand between it and production are told with it, those nothing could show apart."""
    items = [
        model("x", facts={"versions": 3, "updated": "2026-01-01"}),
        experiment("x"),
        trains("mlflow://a/experiment/x", "mlflow://a/model/x"),
    ]
    graph = estate(seen(*items, listing="mlflow.model"), seen(source="air", listing="airflow.dag"))
    (found,) = stalled_pilot(graph)
    told = " ".join(each.says for each in found.because)
    assert "missing on its way to production: owner, approval or stage gate, deployment automation, monitoring" in told
    assert "not known: version control" in told
