"""Duplicates: what is found and what is not, on small estates made by hand, and what every finding promises."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siloscope.analysis import THRESHOLD, findings, similar
from siloscope.analysis.duplicates import scored, shipped
from siloscope.analysis.duplicates.naming import read_name
from siloscope.analysis.duplicates.scoring import values_of
from siloscope.analysis.duplicates.table import table
from siloscope.analysis.duplicates.weights import dump, parse
from siloscope.explain import explain
from siloscope.graph.store import open_store
from siloscope.graph.view import Graph
from siloscope.model import Asset, Finding, Pair
from tests.estates import asset, calls, estate, reads, seen

SHAPE = {"v": 1, **{f"column:{each}": 1 for each in ("tenure_months", "plan_code", "monthly_charge", "support_calls", "contract_end")}}  # fmt: skip
OTHERS = [
    asset(f"glue://z/job/{n}", "glue:z", "glue.job", name=f"{word} loader", shape={"v": 1, f"column:{word}_no": 1, f"column:{word}_at": 1, "node:Read": 1})
    for n, word in enumerate("parcel ledger turbine recipe permit donor flight meter ticket vessel badge crane".split())
]  # fmt: skip


def found(*items: Any, least: float = THRESHOLD) -> list[Finding]:
    """Duplicates in an estate of some things and of a dozen that are like nothing else."""
    every = findings(estate(seen(*items, *OTHERS)), rules={"duplicate-asset"})
    return [each for each in every if each.score >= least]


def model(key: str, tool: str, kind: str, name: str, **more: Any) -> Asset:
    more.setdefault("shape", SHAPE)
    return asset(key, tool, kind, name=name, **more)


def two(name: str = "customer-churn", other: str = "CustomerChurn", **more: Any) -> list[Any]:
    """One model in two registries, trained on the same table."""
    return [
        model("a", "mlflow:risk", "mlflow.model", name),
        model("b", "sagemaker:1", "sagemaker.model-package-group", other, **more),
        *(reads(key, f"s3://lake/churn/{part}") for key in "ab" for part in ("train", "labels")),
    ]


def test_one_model_in_registries_of_two_vendors_is_found_whatever_the_spelling() -> None:
    (each,) = found(*two())
    assert set(each.subjects) == {"a", "b"}
    assert each.severity == "high"


@pytest.mark.parametrize(
    ("one", "other"),
    [("churn-dev", "churn-prod"), ("churn_test", "churn_live"), ("churn", "churn")],
    ids=["by name", "by synonyms", "by environment"],
)
def test_stages_of_one_thing_are_shown_as_one(one: str, other: str) -> None:
    stages = {} if one != other else {"environment": "prod"}
    items = [
        model("a", "mlflow:risk", "mlflow.model", one, environment="dev" if stages else None),
        model("b", "mlflow:risk2", "mlflow.model", other, **stages),
        *(reads(key, "s3://lake/churn/train") for key in "ab"),
    ]
    assert found(*items, least=0) == []


def test_versions_of_one_model_are_one_model() -> None:
    for name in ("churn_v2", "churn"):
        items = [model(key, "mlflow:risk", "mlflow.model", f"{name}_v{n}") for n, key in enumerate("ab")]
        assert found(*items, least=0) == []
    assert len(found(items[0], model("b", "mlflow:other", "mlflow.model", "churn_v1"), *two()[2:])) == 1


def test_layers_of_one_table_are_one_table_refined() -> None:
    tables = [
        model(f"glue://m/table/{layer}/customer", "glue:m", "glue.table", "customer", facts={"database": layer})
        for layer in ("raw", "curated")
    ]
    assert found(*tables, least=0) == []


def test_one_that_works_with_the_other_is_no_copy_of_it() -> None:
    items = [model(key, f"airflow:{key}", "airflow.dag", "load customers") for key in "ab"]
    assert len(found(*items, *two()[2:])) == 1
    assert found(*items, *two()[2:], calls("a", "b"), least=0) == []


def test_one_name_for_different_things_is_no_duplicate() -> None:
    other = {"v": 1, "column:bill_no": 1, "column:net_amount": 1, "column:due_date": 1}
    items = [
        model("a", "mlflow:risk", "mlflow.model", "training"),
        model("b", "mlflow:x", "mlflow.model", "training", shape=other),
    ]
    assert found(*items, reads("a", "s3://lake/churn/train"), reads("b", "s3://lake/bills/train")) == []


def test_the_same_template_for_another_place_is_no_duplicate() -> None:
    items = [model(key, f"mlflow:{key}", "mlflow.model", f"churn-{place}") for key, place in (("a", "uk"), ("b", "fr"))]
    assert found(*items, reads("a", "s3://lake/churn_uk/train"), reads("b", "s3://lake/churn_fr/train")) == []


def test_what_is_told_in_other_words_keeps_its_theme_and_a_template_filled_in_anew_loses_it() -> None:
    """What is said often stays the same in one, what is said once in the other."""

    def flow(key: str, theme: str, words: str) -> Asset:
        said = {f"word:{each}": 5 for each in theme.split()} | {f"word:{each}": 1 for each in words.split()}
        return asset(key, f"n8n:{key}", "n8n.workflow", name=key, shape={"v": 1, "node:Http": 1, **said})

    plain, told = "send daily summary chat channel morning", "post weekly digest room group evening"
    items = [flow("a", "parcel depot", plain), flow("b", "parcel depot", told), flow("c", "turbine wind", plain)]
    rows = table(estate(seen(*items)))
    retold, refilled = values_of(rows, np.array([0, 0]), np.array([1, 2]))["theme"]
    assert retold < -0.5 < 0.5 < refilled


def test_a_job_and_a_table_are_not_the_same_however_alike_both_are_to_what_stands_between_them() -> None:
    """A dbt model is both, what makes a table and the table: it is like either, and they are not like each other."""
    shape = {
        "v": 1,
        **{f"column:{each}": 1 for each in ("address_line", "zip_code", "cleansed_at", "country", "match_score")},
    }
    kinds = [("a", "glue:1", "glue.job"), ("b", "dbt:d", "dbt.model"), ("c", "postgres:p", "postgres.table")]
    items = [asset(key, tool, kind, name="customer-address-cleansing", shape=shape) for key, tool, kind in kinds]
    links = [reads(key, f"s3://lake/addresses/{part}") for key in "abc" for part in ("raw", "clean")]
    graph = estate(seen(*items, *links, *OTHERS))
    every = [each for each in findings(graph, rules={"duplicate-asset"}) if each.score >= THRESHOLD]
    assert every
    pairs = {(pair.a, pair.b) for each in every for pair in each.pairs}
    assert ("a", "c") not in pairs
    assert all(not {"a", "c"} <= {*each.subjects} for each in every)


def test_a_score_is_the_sum_of_its_sentences_and_says_where_to_look() -> None:
    for each in found(*two(url="https://console.example/churn"), least=0):
        logit = sum(one.weight for one in each.because)
        assert each.score == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-3)
        assert any("https://console.example/churn" in one.says for one in each.because)
        assert each.pairs == (Pair("a", "b", each.score),)


def test_why_tells_a_finding_as_an_argument(tmp_path: Path) -> None:
    graph = estate(seen(*two(), *OTHERS))
    (each,) = (each for each in findings(graph, rules={"duplicate-asset"}) if each.score >= THRESHOLD)
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        with store.writing("s") as batch:
            batch.publish(graph)
        said = "\n".join(line for lines in explain(store, each.id)["sections"].values() for line in lines)
    assert "s3://lake/churn/labels" in said
    assert "keep " in said


def test_order_of_observation_changes_nothing() -> None:
    items = [*two(), *OTHERS]
    assert findings(estate(seen(*items)), rules={"duplicate-asset"}) == findings(
        estate(seen(*reversed(items))), rules={"duplicate-asset"}
    )


def test_three_copies_are_one_cluster_with_all_its_pairs() -> None:
    items = [
        *two(),
        model("c", "databricks:x", "databricks.registered-model", "customer_churn_v2"),
        reads("c", "s3://lake/churn/train"),
    ]
    (each,) = found(*items)
    assert set(each.subjects) == {"a", "b", "c"}
    assert {(one.a, one.b) for one in each.pairs} == {("a", "b"), ("a", "c"), ("b", "c")}


@pytest.mark.parametrize(
    "items",
    [
        [],
        [asset("a")],
        [asset("a", name=""), asset("b", name="\u0000")],
        [asset("a", name="x" * 5000, shape={"v": 1, "": 1, ":": 2, "a:": None})],
    ],
)
def test_little_or_odd_input_is_no_trouble(items: list[Any]) -> None:
    assert findings(estate(seen(*items)), rules={"duplicate-asset"}) == []


def test_nothing_to_compare_is_no_trouble() -> None:
    assert len(scored(Graph()).a) == 0


def test_weights_read_back_what_they_write() -> None:
    assert parse(dump(shipped())) == shipped()


@pytest.mark.parametrize(
    ("name", "text", "stage", "version"),
    [
        ("FIN_Invoice-Intake_v2 (copy)", "invoice intake", None, "2"),
        ("CustomerChurnModel-prod", "customer churn", "prod", None),
        ("cust churn TEST", "customer churn", "test", None),
        ("Rechnung prüfen", "invoice check", None, None),
        ("my-workflow-7", "my workflow", None, "7"),
        ("churn_score_v2_v1", "churn score", None, "2 1"),
    ],
)
def test_a_name_is_read_without_what_it_was_given_besides(
    name: str, text: str, stage: str | None, version: str | None
) -> None:
    read = read_name(name)
    assert (read.text, read.stage, read.version) == (text, stage, version)


def test_questions_are_asked_once_for_all_pairs_not_anew_for_each_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six findings take as many products of rows as one: what they cost does not grow by pair."""
    asked: list[int] = []
    product = similar.pairwise

    def counted(*rows: Any) -> Any:
        asked.append(1)
        return product(*rows)

    monkeypatch.setattr(similar, "pairwise", counted)
    subjects = "churn fraud demand uplift credit claims".split()
    counts = []
    for chosen in (subjects[:1], subjects):
        asked.clear()
        things = [
            thing
            for subject in chosen
            for key, tool in ((f"{subject}-a", "mlflow:risk"), (f"{subject}-b", "mlflow:sales"))
            for thing in (
                model(key, tool, "mlflow.model", f"{subject}-score", shape={"v": 1, f"column:{subject}_no": 1}),
                reads(key, f"s3://lake/{subject}/train"),
            )
        ]
        counts.append((len(found(*things)), len(asked)))
    assert [each[0] for each in counts] == [1, 6]
    assert counts[0][1] == counts[1][1]
