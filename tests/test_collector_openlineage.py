"""OpenLineage events: what becomes a job, a dataset, an edge, and what is left aside or named as unreadable."""

import gzip
import json
from pathlib import Path

import pytest

from siloscope.model import Asset
from siloscope.names import canonical
from tests.served import Scanned, scanned

ME = "openlineage://t.example"


def event(**changes: object) -> dict[str, object]:
    base = {
        "eventType": "COMPLETE",
        "eventTime": "2026-10-01T10:00:00Z",
        "run": {"runId": "r1"},
        "job": {"namespace": "ns", "name": "load"},
        "inputs": [{"namespace": "s3://lake", "name": "raw/orders"}],
        "outputs": [{"namespace": "postgres://db1:5432", "name": "x.public.orders"}],
    }
    return {**base, **changes}


def read(folder: Path, **files: str | bytes) -> Scanned:
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("__", ".")).write_bytes(data)
    return scanned("openlineage", path=folder)


def test_a_job_reads_its_inputs_and_writes_its_outputs_by_their_join_keys(tmp_path):
    found = read(tmp_path, a__json=json.dumps(event()))
    assert found.edges(f"{ME}/ns/load") == {
        ("reads", "s3://lake/raw/orders"),
        ("writes", "host://db1:5432/x/public/orders"),
    }


def test_many_runs_of_one_job_are_one_asset_last_used_at_the_latest_event(tmp_path):
    rows = [event(eventTime=f"2026-10-{day:02}T10:00:00Z", run={"runId": str(day)}) for day in (3, 9, 1)]
    found = read(tmp_path, runs__ndjson="\n".join(map(json.dumps, rows)))
    assert found.taken["openlineage.event"].slice.assets == 1
    assert max(each.last_used for each in found.assets.values()) == "2026-10-09T10:00:00Z"
    assert len(found.taken["openlineage.event"].documents) == 1


def test_arrays_lines_gzip_and_logs_are_read_alike(tmp_path):
    lines = "\n".join(json.dumps(event(job={"namespace": "ns", "name": name})) for name in "ab")
    found = read(
        tmp_path,
        array__json=json.dumps([event(job={"namespace": "ns", "name": "c"})]),
        lines__log=lines,
        zipped__json__gz=gzip.compress(json.dumps(event(job={"namespace": "ns", "name": "d"})).encode())
        + gzip.compress(b"\n" + json.dumps(event(job={"namespace": "ns", "name": "e"})).encode()),
    )
    assert {each.name for each in found.assets.values()} == set("abcde")
    assert found.status("openlineage.event") == "complete"


def test_json_that_is_no_event_is_left_aside_and_text_that_is_no_json_is_named(tmp_path):
    found = read(
        tmp_path,
        package__json='{"name": "x", "job": "y"}',
        facet__json='{"schema": {"fields": []}}',
        LICENSE="free",
        broken__json="{nope",
    )
    assert found.status("openlineage.event") == "partial"
    assert "broken.json" in found.reason("openlineage.event")
    assert "package.json" not in found.reason("openlineage.event")
    assert not found.observations


def test_a_broken_line_or_a_cut_gzip_file_costs_nothing_but_itself(tmp_path):
    whole = gzip.compress((json.dumps(event(job={"namespace": "ns", "name": "z"})) + "\n" + "x" * 9000).encode())
    found = read(tmp_path, a__ndjson=json.dumps(event()) + "\n{oops\n", cut__json__gz=whole[:-12])
    assert set(found.assets) == {f"{ME}/ns/load", f"{ME}/ns/z"}
    assert found.status("openlineage.event") == "partial"
    assert "line 2" in found.reason("openlineage.event")


def test_placeholders_of_templates_name_nothing(tmp_path):
    template = event(job={"namespace": "{NAMESPACE}", "name": "${json-unit.any-string}"}, inputs=[], outputs=[])
    assert not read(tmp_path, a__json=json.dumps(template)).assets


def test_the_integration_names_the_tool_and_anything_else_stays_with_the_source(tmp_path):
    facets = {"jobType": {"integration": "SPARK", "processingType": "BATCH"}}
    spark = event(job={"namespace": "prod", "name": "a", "facets": facets})
    other = event(job={"namespace": "prod", "name": "b", "facets": {"jobType": {"integration": "HOMEMADE"}}})
    found = read(tmp_path, a__json=json.dumps([spark, other]))
    assert {each.name: each.tool for each in found.assets.values()} == {
        "a": "spark:prod",
        "b": "openlineage:t.example",
    }


def test_an_engine_named_at_the_start_holds_for_all_events_of_the_job(tmp_path):
    run = {"runId": "r", "facets": {"processing_engine": {"name": "spark", "version": "3.5"}}}
    found = read(tmp_path, a__json=json.dumps([event(outputs=[]), event(run=run), event(inputs=[])]))
    tools = {each.tool for each in found.observations if isinstance(each, Asset)}
    assert tools == {"spark:ns"}


def test_the_products_that_integrations_stand_for_are_in_the_catalog():
    from siloscope.catalog import products
    from siloscope.collectors.openlineage import PRODUCTS

    assert set(PRODUCTS.values()) <= set(products())


def test_sql_names_tables_only_where_no_dataset_is_named(tmp_path):
    facets = {"sql": {"query": "insert into mart.day select * from mart.orders"}}
    silent = event(job={"namespace": "wh", "name": "a", "facets": facets}, inputs=[], outputs=[])
    spoken = event(job={"namespace": "wh", "name": "b", "facets": facets})
    found = read(tmp_path, a__json=json.dumps([silent, spoken]))
    assert found.edges(f"{ME}/wh/a") == {
        ("reads", f"{ME}/wh/dataset/mart.orders"),
        ("writes", f"{ME}/wh/dataset/mart.day"),
    }
    assert all("dataset" not in name for _, name in found.edges(f"{ME}/wh/b"))


def test_dataset_facets_describe_what_others_inventory(tmp_path):
    facets = {
        "ownership": {"owners": [{"name": "web"}]},
        "schema": {"fields": [{"name": "a"}, {"name": "b"}]},
        "symlinks": {
            "identifiers": [{"namespace": "arn:aws:glue:eu-west-1:111122223333", "name": "table/d/t", "type": "TABLE"}]
        },
    }
    dataset = {"namespace": "s3://lake", "name": "t", "facets": facets}
    said = {"eventTime": "2026-10-01T10:00:00Z", "dataset": dataset, "schemaURL": "x"}
    (only,) = read(tmp_path, a__json=json.dumps(said)).descriptions
    assert (only.about, only.owner, only.facts["columns"]) == ("s3://lake/t", "web", 2)
    assert only.names == ("arn:aws:glue:eu-west-1:111122223333:table/d/t",)


def test_the_parent_contains_the_job(tmp_path):
    parent = {"parent": {"run": {"runId": "p"}, "job": {"namespace": "airflow", "name": "dag"}}}
    found = read(tmp_path, a__json=json.dumps(event(run={"runId": "r", "facets": parent})))
    assert found.edges(f"{ME}/airflow/dag") == {("contains", f"{ME}/ns/load")}


def test_a_planned_job_was_not_used(tmp_path):
    planned = {key: value for key, value in event().items() if key not in ("run", "eventType")}
    (only,) = read(tmp_path, a__json=json.dumps(planned)).assets.values()
    assert only.last_used is None


def test_secrets_in_sql_and_in_environment_variables_never_come_out(tmp_path):
    facets = {"sql": {"query": "-- planted-1\nselect 1 from t where k = 'planted-2' and m = 'planted-''3'"}}
    run = {
        "runId": "r",
        "facets": {"environmentVariables": {"environmentVariables": [{"name": "A", "value": "planted-4"}]}},
    }
    found = read(tmp_path, a__json=json.dumps(event(job={"namespace": "n", "name": "j", "facets": facets}, run=run)))
    assert len(found.assets) == 1
    assert "planted" not in found.text()


@pytest.mark.parametrize("name", ["a/b c%", '<b>"x"</b>', "line\nbreak", "\u202etxt", "x" * 5000, "😀?#&"])
def test_hostile_names_stay_one_segment_of_a_canonical_id(tmp_path, name):
    found = read(tmp_path, a__json=json.dumps(event(job={"namespace": "n/s", "name": name})))
    (only,) = found.assets.values()
    assert only.name == name
    assert only.id.count("/") == 4
    assert canonical(only.id) == only.id


def test_malformed_members_do_not_hide_the_others(tmp_path):
    rows = [event(inputs=7, outputs="x"), event(inputs=[None, {"namespace": 1, "name": "x"}]), event(job=None), 5, "x"]
    found = read(tmp_path, a__json=json.dumps(rows))
    assert set(found.assets) == {f"{ME}/ns/load"}
    assert found.status("openlineage.event") == "complete"


@pytest.mark.parametrize("folder", ["openlineage-events", "marquez"])
def test_all_of_a_published_corpus_is_read(corpora, folder):
    """Every named job of the corpus is an asset, counted here without the collector."""
    expected = set()
    for file in (corpora / folder).rglob("*.json"):
        value = json.loads(file.read_bytes())
        for each in value if isinstance(value, list) else [value]:
            job = each.get("job") if isinstance(each, dict) else None
            if isinstance(job, dict) and isinstance(job.get("namespace"), str) and isinstance(job.get("name"), str):
                expected.add((job["namespace"], job["name"]))
    expected = {pair for pair in expected if "${" not in pair[1] and "{" not in pair[0]}
    found = scanned("openlineage", path=corpora / folder)
    assert found.status("openlineage.event") == "complete"
    assert {(each.facts["namespace"], each.name) for each in found.assets.values()} == expected
    names = {name for _, name in found.edges()}
    assert {name: canonical(name) for name in names if canonical(name) != name} == {}
