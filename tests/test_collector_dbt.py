"""dbt artifacts: which nodes become assets, what they claim and read, and which of several files is believed."""

import json
from pathlib import Path
from typing import Any

import pytest

from siloscope.names import canonical
from tests.served import Scanned, scanned

ME = "dbt://t.example"


def manifest(
    nodes: dict[str, dict[str, Any]], *, at: str = "2026-01-01T00:00:00Z", adapter: str = "postgres", **parts: Any
) -> str:
    metadata = {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
        "generated_at": at,
        "adapter_type": adapter,
        "project_name": "p",
    }
    return json.dumps({"metadata": metadata, "nodes": nodes, **parts})


def node(key: str, **changes: Any) -> dict[str, Any]:
    kind, _, name = key.split(".")[:3]
    base = {"resource_type": kind, "unique_id": key, "name": name, "alias": name, "database": "dw", "schema": "mart"}
    return {key: {**base, "depends_on": {"nodes": []}, "config": {"materialized": "table"}, **changes}}


def read(folder: Path, files: dict[str, str], **options: str) -> Scanned:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return scanned("dbt", path=folder, options=options)


@pytest.mark.parametrize(
    ("adapter", "target", "claimed"),
    [
        ("postgres", "postgres://db1:5432", "host://db1:5432/dw/mart/orders"),
        ("snowflake", "snowflake://org-acc", "snowflake://org-acc/dw/mart/orders"),
        ("bigquery", "", "bigquery://dw/mart.orders"),
        ("mysql", "mysql://db2:3306", "host://db2:3306/mart/orders"),
        ("duckdb", "", f"{ME}/relation/dw/mart/orders"),
    ],
)
def test_a_model_claims_its_table_as_the_warehouse_spells_it(tmp_path, adapter, target, claimed):
    options = {"target": target} if target else {}
    found = read(tmp_path, {"manifest.json": manifest(node("model.p.orders"), adapter=adapter)}, **options)
    assert found.assets[f"{ME}/model.p.orders"].names == (claimed,)


def test_an_ephemeral_model_claims_no_table(tmp_path):
    text = manifest(node("model.p.x", config={"materialized": "ephemeral"}))
    assert read(tmp_path, {"manifest.json": text}).assets[f"{ME}/model.p.x"].names == ()


def test_models_read_models_by_id_and_sources_by_their_table(tmp_path):
    nodes = {
        **node("model.p.a", depends_on={"nodes": ["source.p.raw.orders", "seed.p.c"]}),
        **node("seed.p.c"),
        **node("model.p.b", depends_on={"nodes": ["model.p.a"]}),
    }
    raw = {
        "source.p.raw.orders": {
            "name": "orders",
            "identifier": "ORDERS_V2",
            "database": "dw",
            "schema": "raw",
            "meta": {"owner": "ops"},
        }
    }
    found = read(tmp_path, {"manifest.json": manifest(nodes, sources=raw)}, target="postgres://db1:5432")
    table = "host://db1:5432/dw/raw/ORDERS_V2"
    assert {name.lower() for _, name in found.edges(f"{ME}/model.p.a")} == {table.lower(), f"{ME}/seed.p.c"}
    assert found.edges(f"{ME}/model.p.b") == {("reads", f"{ME}/model.p.a")}
    assert [each.owner for each in found.descriptions] == ["ops"]


def test_an_exposure_reads_the_models_behind_its_metrics(tmp_path):
    parts = {
        "metrics": {"metric.p.m": {"depends_on": {"nodes": ["semantic_model.p.s"]}}},
        "semantic_models": {"semantic_model.p.s": {"depends_on": {"nodes": ["model.p.a"]}}},
        "exposures": {
            "exposure.p.board": {
                "name": "board",
                "type": "dashboard",
                "owner": {"email": "bi@x.example"},
                "depends_on": {"nodes": ["metric.p.m"]},
            }
        },
    }
    found = read(tmp_path, {"manifest.json": manifest(node("model.p.a"), **parts)})
    assert found.edges(f"{ME}/exposure.p.board") == {("reads", f"{ME}/model.p.a")}
    assert found.assets[f"{ME}/exposure.p.board"].owner == "bi@x.example"


def test_dependencies_that_go_round_end(tmp_path):
    parts = {"metrics": {f"metric.p.{a}": {"depends_on": {"nodes": [f"metric.p.{b}"]}} for a, b in ("xy", "yx")}}
    nodes = node("model.p.a", depends_on={"nodes": ["metric.p.x"]})
    assert not read(tmp_path, {"manifest.json": manifest(nodes, **parts)}).edges()


def test_tests_are_counted_on_what_they_test_and_are_no_assets(tmp_path):
    nodes = {
        **node("model.p.a"),
        **node("test.p.t1", depends_on={"nodes": ["model.p.a"]}),
        **node("test.p.t2", depends_on={"nodes": ["model.p.a"]}),
        **node("model.p.off", config={"enabled": False}),
    }
    found = read(tmp_path, {"manifest.json": manifest(nodes)})
    assert {key: each.facts["tests"] for key, each in found.assets.items()} == {f"{ME}/model.p.a": 2}


def test_of_several_manifests_of_a_project_each_node_is_read_from_the_newest_that_has_it(tmp_path):
    old = manifest({**node("model.p.a", description="old"), **node("model.p.gone")}, at="2025-01-01T00:00:00Z")
    new = manifest({**node("model.p.a", description="new")}, at="2026-01-01T00:00:00Z")
    found = read(tmp_path, {"z/manifest.json": old, "a/manifest_2.json": new, "b/manifest.json": old})
    assert {key: each.facts.get("description") for key, each in found.assets.items()} == {
        f"{ME}/model.p.a": "new",
        f"{ME}/model.p.gone": None,
    }
    assert found.taken["dbt.node"].slice.assets == 2


def test_other_files_are_left_aside_and_a_broken_manifest_is_named(tmp_path):
    other = {"manifest.json": '{"name": "a web app"}', "semantic_manifest.json": "{}", "x/manifest.json": "{broken"}
    found = read(tmp_path, {**other, "y/manifest.json": manifest(node("model.p.a"))})
    assert set(found.assets) == {f"{ME}/model.p.a"}
    assert found.status("dbt.node") == "partial"
    assert found.reason("dbt.node").startswith("x/manifest.json")
    assert found.status("dbt.catalog") == "complete"


def test_a_manifest_of_another_structure_than_it_promises_is_named(tmp_path):
    text = manifest(node("model.p.a", config="none"))
    assert read(tmp_path, {"manifest.json": text}).status("dbt.node") == "partial"


def test_a_run_says_when_a_model_was_built_and_a_skipped_one_says_nothing(tmp_path):
    metadata = {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
        "generated_at": "2026-02-02T00:00:00Z",
    }
    timing = [
        {"name": "execute", "completed_at": "2026-02-01T10:00:00.5Z"},
        {"name": "compile", "completed_at": "2026-02-01T09:00:00Z"},
    ]
    results = [
        {"unique_id": "model.p.a", "status": "error", "failures": 3, "timing": timing, "execution_time": 1.5},
        {"unique_id": "model.p.b", "status": "skipped", "timing": [], "execution_time": 0},
        {"unique_id": "test.p.t", "status": "pass", "timing": timing},
    ]
    found = read(tmp_path, {"run_results.json": json.dumps({"metadata": metadata, "results": results})})
    assert [(each.about, each.last_used, each.facts.get("failures")) for each in found.descriptions] == [
        (f"{ME}/model.p.a", "2026-02-01T10:00:00Z", 3),
        (f"{ME}/model.p.b", None, None),
    ]


def test_equal_sql_has_one_definition_however_it_is_laid_out(tmp_path):
    sql = {
        "a": "select ID from t -- all",
        "b": "SELECT\n  id\nFROM t",
        "c": "select id from t where k = 'x'",
        "d": "select id from t where k = 'y'",
    }
    nodes: dict[str, Any] = {}
    for name, code in sql.items():
        nodes |= node(f"model.p.{name}", compiled_code=code)
    found = read(tmp_path, {"manifest.json": manifest(nodes)})
    marks = {key[-1]: each.facts["definition"] for key, each in found.assets.items()}
    assert marks["a"] == marks["b"]
    assert len(set(marks.values())) == 3


def test_literals_and_comments_in_sql_never_come_out(tmp_path):
    code = "/* planted-1 */ select 'planted-2' as x from {{ source('raw', 't') }} -- planted-3"
    found = read(
        tmp_path,
        {"manifest.json": manifest({**node("model.p.a", raw_code=code), **node("model.p.b", compiled_code=code)})},
    )
    assert len(found.assets) == 2
    assert "planted" not in found.text()


@pytest.mark.parametrize("name", ["<img src=x>", "a/b", "q?#", "x" * 5000, "\u202eabc"])
def test_hostile_names_make_canonical_ids(tmp_path, name):
    found = read(
        tmp_path, {"manifest.json": manifest({f"model.p.{name}": {**node("model.p.a")["model.p.a"], "name": name}})}
    )
    (only,) = found.assets.values()
    assert only.name == name
    assert canonical(only.id) == only.id


def test_the_published_artifacts_are_read_whole(corpora):
    """Models, seeds and snapshots of all versions v1, v4 and v12, counted here without the collector."""
    expected = set()
    for file in (corpora / "dbt-artifacts").rglob("manifest*.json"):
        for key, each in json.loads(file.read_bytes())["nodes"].items():
            if each["resource_type"] in ("model", "seed", "snapshot") and each["config"].get("enabled", True):
                expected.add(f"{ME}/{key}")
    found = scanned("dbt", path=corpora / "dbt-artifacts")
    assert {found.status(each) for each in found.taken} == {"complete"}
    assert set(found.assets) == expected
    assert {name for _, name in found.edges() if "/relation/" not in name and "://t.example" in name} <= set(
        found.assets
    )
