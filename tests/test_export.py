"""The export formats one by one: what reads them finds what the graph holds."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from siloscope.errors import ConfigError
from siloscope.export import write
from siloscope.export.plans import markdown, write_plan
from siloscope.graph.view import Graph
from siloscope.model import Tool
from siloscope.planning.consolidation import plan_graph
from siloscope.tabular import as_csv, cell
from tests.contracts.test_exports import hostile, written
from tests.estates import HOSTILE, asset, company, estate, seen


@pytest.mark.parametrize("graph", [company, hostile, Graph], ids=["company", "hostile", "empty"])
def test_json_is_the_document_of_the_contract(tmp_path: Path, graph) -> None:
    """Strict JSON, one record a line, equal to what the graph says."""
    text = written(graph(), "json", tmp_path / "g.json")[""].decode()
    assert json.loads(text) == json.loads(json.dumps(graph().document()))
    assert text.count("\n") >= len(graph().assets)


def test_ndjson_says_the_same_line_by_line(tmp_path: Path) -> None:
    """A header, then one record a line of five kinds."""
    lines = written(hostile(), "ndjson", tmp_path / "g.ndjson")[""].decode().split("\n")
    header, *rest = [json.loads(each) for each in lines if each]
    document = json.loads(json.dumps(hostile().document()))
    assert header == {"schema": document["schema"], "scan": document["scan"]}
    for tag, key in (
        ("tool", "tools"),
        ("asset", "assets"),
        ("edge", "edges"),
        ("outside", "outside"),
        ("slice", "slices"),
    ):
        assert [each[tag] for each in rest if tag in each] == document[key]


@pytest.mark.parametrize("form", ["json", "ndjson", "graphml", "gexf"])
def test_a_document_can_go_to_stdout_and_nothing_else_does(form: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:  # fmt: skip
    """`-o -` is a pipe."""
    write(company(), form, "-")
    out = capsys.readouterr()
    assert out.out.encode() == written(company(), form, tmp_path / "x")[""]
    assert out.err == ""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_folder_does_not_go_to_stdout(form: str) -> None:
    """The complaint says what to do."""
    with pytest.raises(ConfigError, match="-o"):
        write(company(), form, "-")


def test_an_unknown_format_names_the_nearest() -> None:
    """And what there is."""
    with pytest.raises(ConfigError, match='did you mean "graphml"'):
        write(company(), "grapml", "-")


@pytest.mark.parametrize("graph", [company, hostile], ids=["company", "hostile"])
def test_graphml_and_gexf_hold_every_node_and_edge(tmp_path: Path, graph) -> None:
    """Read back by networkx, and plain XML; control characters of names become replacement characters."""
    import networkx as nx

    nodes, edges = len(graph().number), len(graph().edges)
    for form, reader in (("graphml", nx.read_graphml), ("gexf", nx.read_gexf)):
        file = tmp_path / f"g.{form}"
        write(graph(), form, str(file))
        ET.parse(file)
        back = reader(file)
        assert (back.number_of_nodes(), back.number_of_edges()) == (nodes, edges)
        labels = {str(data.get("label")) for _, data in back.nodes(data=True)}
        assert {each.name for each in graph().assets if each.name.isprintable()} <= labels


def test_gexf_carries_the_day_of_the_scan_not_of_the_export(tmp_path: Path) -> None:
    """No wall clock in an export."""
    assert b'lastmodifieddate="2026-06-01"' in written(company(), "gexf", tmp_path / "g.gexf")[""]


@pytest.mark.parametrize("graph", [company, hostile, Graph], ids=["company", "hostile", "empty"])
def test_parquet_comes_back_as_it_was(tmp_path: Path, graph) -> None:
    """Every row and field; the types of columns do not depend on the data."""
    pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    write(graph(), "parquet", str(tmp_path))
    document = graph().document()
    for name in ("tools", "assets", "edges", "outside", "slices"):
        table = pq.read_table(tmp_path / f"{name}.parquet")
        rows = table.to_pylist()
        for row in rows:
            for key in ("shape", "facts", "capabilities", "names", "sources"):
                if key in row:
                    row[key] = json.loads(row[key])
        assert rows == json.loads(json.dumps(document[name]))
        assert table.schema.metadata[b"schema"] == b"siloscope/graph/1"
        if name in ("tools", "assets"):
            assert str(table.schema.field("annual_cost").type) == "double"
            assert str(table.schema.field("department").type) == "string"


def test_csv_is_safe_to_open_in_a_spreadsheet(tmp_path: Path) -> None:
    """No cell begins as a formula; everything else comes back as it was."""
    files = written(hostile(), "csv", tmp_path / "out")
    assert set(files) == {"tools.csv", "assets.csv", "edges.csv", "outside.csv", "slices.csv"}
    rows = list(csv.DictReader(io.StringIO(files["assets.csv"].decode(), newline="")))
    assert [row["name"].removeprefix("'") for row in rows] == [name.removeprefix("'") for name in (each.name for each in hostile().assets)]  # fmt: skip
    for content in files.values():
        for line in csv.reader(io.StringIO(content.decode(), newline="")):
            assert not any(each[:1] in ("=", "+", "-", "@", "\t", "\r") for each in line)


@pytest.mark.parametrize(("value", "shown"), [("=1+1", "'=1+1"), ("\t=1", "'\t=1"), (-5.5, -5.5), (None, ""), (["a", "=b"], '["a", "=b"]'), ("a=b", "a=b"), (0, 0)])  # fmt: skip
def test_a_formula_is_defused_and_a_number_is_not(value, shown) -> None:
    """A negative amount stays an amount."""
    assert cell(value) == shown


def test_an_empty_table_keeps_its_heading() -> None:
    """A program that reads it finds the columns."""
    assert as_csv([], ("a", "b")) == "a,b\n"
    assert as_csv([{"b": 1, "c": 2}], ("a", "b")) == "a,b,c\n,1,2\n"


def test_a_plan_is_written_for_programs_and_for_people(tmp_path: Path) -> None:
    """plan.json is strict JSON, plan.csv has a row a move, plan.md names every tool."""
    graph = company()
    plan = plan_graph(graph)
    written_ = write_plan(plan, graph, tmp_path / "deep" / "plan")
    files = {each.name: each.read_text("utf-8") for each in written_ if each.suffix != ".xlsx"}
    assert json.loads(files["plan.json"]) == json.loads(json.dumps(plan))
    assert len(list(csv.reader(io.StringIO(files["plan.csv"])))) == len(plan["moves"]) + 1
    for tool in graph.tools:
        assert tool.id.replace("_", "\\_") in files["plan.md"]


def test_hostile_names_cannot_break_the_page_of_a_plan() -> None:
    """No markup, no table break, one line a move."""
    tools = [Tool("n8n:one", annual_cost=900_000.0), Tool("n8n:<b>|two", annual_cost=1.0)]
    items = [asset(f"n8n://one/{n}", name=name) for n, name in enumerate(HOSTILE)] + [asset(f"o{n}", "n8n:<b>|two") for n in range(len(HOSTILE))]  # fmt: skip
    graph = estate(seen(*items, *tools))
    plan = plan_graph(graph)
    assert len(plan["moves"]) == len(HOSTILE)
    page = markdown(plan, graph)
    assert "<script>" not in page
    assert "<b>" not in page
    assert "\u202e" not in page
    rows = page.partition("\n## Moves\n")[2].strip().split("\n")[2:]
    assert len(rows) == len(HOSTILE)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {9}
