"""Another estate's graph as a source: ids stay, coverage comes along, what is broken is named."""

import json
from pathlib import Path

import pytest

from siloscope.model import Asset, Slice, Status, Tool
from tests.served import Scanned, scanned

SCHEMA = "siloscope/graph/1"
LISTING = "siloscope.graph"
ASSET = {"id": "mlflow://m/model/churn", "kind": "mlflow.model", "name": "churn", "tool": "mlflow:m", "source": "ml"}
SLICE = {
    "source": "ml",
    "listing": "mlflow.model",
    "scope": "m",
    "status": "denied",
    "reason": "HTTP 403",
    "permission": "READ",
    "visibility": "filtered",
    "last_complete": "2026-01-01T00:00:00Z",
}


def read(folder: Path, name: str, content: object) -> Scanned:
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return scanned("siloscope", path=folder / name, name="emea")


def test_ids_tools_and_edges_stay_what_they_are(tmp_path):
    graph = {
        "schema": SCHEMA,
        "tools": [{"id": "mlflow:m", "annual_cost": 12000.0, "cost_source": "licence", "seats": 7}],
        "assets": [
            {**ASSET, "owner": "dana", "annual_cost": 4.5, "facts": {"stage": "prod"}, "shape": {"v": 1, "p:x": 2}}
        ],
        "edges": [
            {
                "source": ASSET["id"],
                "target": "arn:aws:s3:::lake",
                "verb": "reads",
                "how": "inside",
                "name": "s3://lake/x",
                "where": "w",
            },
            {
                "source": ASSET["id"],
                "target": "outside:s3://other",
                "verb": "uses",
                "how": "outside",
                "name": "s3://other/y",
            },
            {"source": "outside:s3://z", "target": ASSET["id"], "verb": "copies", "confidence": 0.5},
        ],
    }
    found = read(tmp_path, "g.json", graph)
    assert found.assets[ASSET["id"]].owner == "dana"
    assert found.assets[ASSET["id"]].facts == {"stage": "prod", "estate_source": "ml"}
    assert [each.seats for each in found.observations if isinstance(each, Tool)] == [7]
    assert found.edges(ASSET["id"]) == {("reads", "arn:aws:s3:::lake"), ("uses", "s3://other/y")}
    assert found.edges("s3://z") == {("copies", ASSET["id"])}


def test_what_was_derived_there_is_derived_again_here(tmp_path):
    derived = {"silo": "s1", "initiative": "i1", "first_seen": "2020-01-01T00:00:00Z", "sources": ["a", "b"]}
    (only,) = read(tmp_path, "g.json", {"schema": SCHEMA, "assets": [{**ASSET, **derived}]}).assets.values()
    assert (only.silo, only.initiative, only.first_seen, only.sources) == (None, None, None, ())


def test_its_coverage_comes_along_under_both_names(tmp_path):
    found = read(tmp_path, "g.json", {"schema": SCHEMA, "slices": [SLICE]})
    (brought,) = found.taken[LISTING].brought
    assert isinstance(brought, Slice)
    assert (brought.source, brought.status, brought.permission) == ("emea/ml", Status.DENIED, "READ")
    assert (brought.visibility, brought.last_complete) == ("filtered", "2026-01-01T00:00:00Z")
    assert not found.observations


def test_only_five_fields_of_an_asset_are_needed(tmp_path):
    assert list(read(tmp_path, "g.json", {"schema": SCHEMA, "assets": [ASSET]}).assets) == [ASSET["id"]]


@pytest.mark.parametrize("missing", ["id", "kind", "name", "tool"])
def test_an_asset_without_what_identifies_it_is_named_and_the_rest_read(tmp_path, missing):
    broken = {key: value for key, value in ASSET.items() if key != missing}
    found = read(tmp_path, "g.json", {"schema": SCHEMA, "assets": [broken, ASSET]})
    assert list(found.assets) == [ASSET["id"]]
    assert found.status(LISTING) == "partial"
    assert "assets[0]" in found.reason(LISTING)
    assert missing in found.reason(LISTING)


def test_a_broken_line_or_an_unknown_verb_is_named_and_the_rest_read(tmp_path):
    lines = [
        {"schema": SCHEMA},
        {"asset": ASSET},
        {"edge": {"source": "a", "target": "b", "verb": "loves"}},
        {"slice": SLICE},
    ]
    text = "\n".join(map(json.dumps, lines[:2])) + "\n{cut\n\n" + "\n".join(map(json.dumps, lines[2:]))
    found = read(tmp_path, "g.graph.ndjson", text)
    assert list(found.assets) == [ASSET["id"]]
    assert len(found.taken[LISTING].brought) == 1
    assert found.status(LISTING) == "partial"
    assert "line 3" in found.reason(LISTING)
    assert "loves" in found.reason(LISTING)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"schema": "siloscope/graph/2", "assets": [ASSET]}, "siloscope/graph/2"),
        ({"assets": [ASSET]}, "no schema"),
        ({"schema": "siloscope/findings/1", "findings": []}, "no siloscope/graph/1 graph"),
        ("", "empty"),
        ('{"schema": "siloscope/graph/1", "assets": [', "not readable"),
        ('{"schema": "siloscope/graph/9"}\n{"asset": {}}', "siloscope/graph/9"),
    ],
)
def test_what_is_no_graph_of_this_version_fails_with_a_clear_word(tmp_path, content, says):
    found = read(tmp_path, "g.json", content)
    assert found.status(LISTING) == "failed"
    assert says in found.reason(LISTING)


def test_an_empty_graph_is_complete(tmp_path):
    assert read(tmp_path, "g.json", {"schema": SCHEMA, "assets": []}).status(LISTING) == "complete"
    assert read(tmp_path, "h.ndjson", {"schema": SCHEMA}).status(LISTING) == "complete"


def test_other_documents_beside_a_graph_are_left_aside(tmp_path):
    (tmp_path / "findings.json").write_text('{"schema": "siloscope/findings/1", "findings": []}')
    (tmp_path / "g.json").write_text(json.dumps({"schema": SCHEMA, "assets": [ASSET]}))
    found = scanned("siloscope", path=tmp_path)
    assert found.status(LISTING) == "complete"
    assert len(found.assets) == 1


@pytest.mark.parametrize("nested", ["structures", "text"])
def test_parquet_tables_are_read_row_by_row(tmp_path, nested):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    whole = {**ASSET, "names": ["s3://lake/churn"], "facts": {"stage": "prod", "gone": None}, "annual_cost": 3.0}
    rows = [
        whole,
        {
            **ASSET,
            "id": "mlflow://m/model/b",
            "names": None,
            "facts": {"stage": None, "gone": "x"},
            "annual_cost": None,
        },
    ]
    if nested == "text":
        rows = [{**row, "names": json.dumps(row["names"] or []), "facts": json.dumps(row["facts"])} for row in rows]
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "assets.parquet")
    parquet.write_table(arrow.Table.from_pylist([SLICE]), tmp_path / "slices.parquet")
    parquet.write_table(arrow.Table.from_pylist([{"a": 1}]), tmp_path / "unrelated.parquet")
    found = scanned("siloscope", path=tmp_path, name="emea")
    first = found.assets[ASSET["id"]]
    assert (first.names, first.facts, first.annual_cost) == (
        ("s3://lake/churn",),
        {"stage": "prod", "estate_source": "ml"},
        3.0,
    )
    assert found.assets["mlflow://m/model/b"].facts == {"gone": "x", "estate_source": "ml"}
    assert [each.source for each in found.taken[LISTING].brought] == ["emea/ml"]
    assert found.status(LISTING) == "complete"


def test_a_broken_parquet_file_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "assets.parquet").write_bytes(b"PAR1 and no more")
    found = scanned("siloscope", path=tmp_path)
    assert found.status(LISTING) == "failed"
    assert "assets.parquet" in found.reason(LISTING)


def test_a_missing_path_is_said_before_anything_is_scanned(tmp_path):
    found = scanned("siloscope", path=tmp_path / "nowhere.json")
    assert found.status("connect") == "failed"


def test_an_estate_read_twice_is_the_same(tmp_path):
    first = read(tmp_path, "g.json", {"schema": SCHEMA, "assets": [ASSET]})
    again = read(tmp_path, "g.json", {"schema": SCHEMA, "assets": [ASSET]})
    assert first.observations == again.observations
    assert isinstance(first.observations[0], Asset)


def test_a_department_that_nobody_assigned_there_is_not_said_here(tmp_path):
    rows = [{**ASSET, "department": name, "id": f"mlflow://m/model/{name}"} for name in ("unassigned", "Risk")]
    found = read(tmp_path, "g.json", {"schema": SCHEMA, "assets": rows})
    assert [each.department for each in found.assets.values()] == [None, "Risk"]


@pytest.mark.parametrize("form", ["json", "ndjson", "parquet"])
def test_what_this_version_exports_it_reads_back_the_same(tmp_path, form):
    """The estate of the seeds, exported and read in as the only source of another estate."""
    if form == "parquet":
        pytest.importorskip("pyarrow")
    from siloscope import scan
    from siloscope.export import write

    seeds = Path(__file__).parent / "seeds"
    first = tmp_path / "a.toml"
    blocks = (("n8n", "n8n"), ("openlineage", "openlineage"), ("node-red", "node-red"), ("siloscope", "siloscope"))
    rows = [f'[[source]]\nname = "{name}"\ntype = "{kind}"\npath = "{seeds / name}"\n' for name, kind in blocks]
    first.write_text('[store]\nurl = "a.db"\n' + "".join(rows))
    before = scan(first, at="2026-11-01T00:00:00Z")
    target = tmp_path / f"graph.{form}"
    write(before, form, str(target))
    second = tmp_path / "b.toml"
    second.write_text(
        f'[store]\nurl = "b.db"\n[[source]]\nname = "other"\ntype = "siloscope"\npath = "{target.name}"\n'
    )
    after = scan(second, at="2026-11-01T00:00:00Z")

    def told(graph):
        document = graph.document()
        drop = ("source", "sources", "facts", "department")
        assets = [{key: value for key, value in row.items() if key not in drop} for row in document["assets"]]
        slices = {(row["source"], row["listing"], row["scope"], row["status"]) for row in document["slices"]}
        return assets, document["edges"], document["outside"], document["tools"], slices

    *old, old_slices = told(before)
    *new, new_slices = told(after)
    assert new == old
    assert {(f"other/{source}", *rest) for source, *rest in old_slices} < new_slices
