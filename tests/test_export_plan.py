"""Every file of a plan: opened by what it is for, its totals recomputed to the cent."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from siloscope.export.gantt import gantt
from siloscope.export.plans import write_plan
from siloscope.graph.view import Graph
from siloscope.model import Tool
from siloscope.planning.consolidation import plan_graph
from tests.estates import HOSTILE, asset, company, estate, seen
from tests.test_plan import three

FILES = {
    "plan.json", "plan.md", "plan.html", "plan.csv", "plan.mmd", "plan.archimate.xml", "plan.cdx.json", "plan.xlsx",
}  # fmt: skip


def hostile() -> Graph:
    """A plan in which everything with a hostile name moves."""
    tools = [Tool("n8n:one", annual_cost=900_000.0), Tool("n8n:<b>|=two", annual_cost=1.0)]
    items = [asset(f"n8n://one/{n}", name=name, owner=name, department=name) for n, name in enumerate(HOSTILE)]
    items += [asset(f"o{n}", "n8n:<b>|=two") for n in range(len(HOSTILE))]
    return estate(seen(*items, *tools))


@pytest.fixture(params=[lambda: three(count=5), company, hostile, Graph], ids=["three", "company", "hostile", "empty"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, Any], Graph, Path]:
    """A plan, its graph and the folder it was written into."""
    graph = request.param()
    plan = plan_graph(graph, samples=40)
    files = write_plan(plan, graph, tmp_path)
    assert {each.name for each in files} == FILES == {each.name for each in tmp_path.iterdir()}
    return plan, graph, tmp_path


def cents(plan: dict[str, Any], kind: str) -> float:
    return round(math.fsum(row["amount"] for row in plan["money"] if row["kind"] == kind), 2)


def test_the_rows_of_plan_json_make_its_totals(made) -> None:
    """To the cent."""
    plan, _, folder = made
    read = json.loads((folder / "plan.json").read_text("utf-8"))
    assert read == json.loads(json.dumps(plan))
    s = read["summary"]
    assert s["one_time_cost"] == cents(read, "once")
    assert s["annual_cost_after"] == round(s["annual_cost_now"] - cents(read, "saving") + cents(read, "yearly"), 2)
    rate = (1.08) ** (1 / 12)
    assert s["npv"] == pytest.approx(sum(flow / rate**n for n, flow in enumerate(read["cash_flow"])), abs=0.2)


def test_the_workbook_says_the_same_to_another_library(made) -> None:
    """Tables, formulas recalculated here, cached values, frozen panes; no cell of text is a formula."""
    openpyxl = pytest.importorskip("openpyxl")
    plan, _, folder = made
    book, values = (openpyxl.load_workbook(folder / "plan.xlsx", data_only=only) for only in (False, True))
    sheets = "Summary Money Tools Reasons Moves Waves Cash Sensitivity Assumptions"
    assert book.sheetnames == sheets.split()
    head, *lines = book["Waves"].iter_rows(values_only=True)
    for wave, line in zip(plan["waves"], lines, strict=False):
        told = dict(zip(head, line, strict=True))
        assert all(tool in told["tools gone"] and tool in told["saving from month"] for tool in wave["tools_gone"])
        assert not wave["moves"] or told["depends on it"].startswith(f"{wave['blast_radius']['assets']} assets")
        assert (told["not before"] or "") == "; ".join(wave["waits"])
    gains = [row[2] for row in book["Reasons"].iter_rows(min_row=2, values_only=True) if row[2]]
    told = [one["weight"] for d in plan["dispositions"] for one in (*d["because"], *d["waits"])]
    assert math.fsum(gains) == pytest.approx(math.fsum(told), abs=0.01)
    rows = [each for each in book["Money"].iter_rows(min_row=2, values_only=True) if each[0] is not None]
    assert len(rows) == len(plan["money"])
    total = {kind: math.fsum(row[4] for row in rows if row[3] == kind) for kind in ("saving", "yearly", "once")}
    shown = {row[0]: row[1:3] for row in values["Summary"].iter_rows(min_row=3, max_row=10, values_only=True)}
    formulas = {row[0]: row[1] for row in book["Summary"].iter_rows(min_row=3, max_row=10, values_only=True)}
    s = plan["summary"]
    again = {
        "annual cost after": s["annual_cost_now"] - total["saving"] + total["yearly"],
        "one-time cost": total["once"],
        "saved a year": total["saving"] - total["yearly"],
        "effort in days": math.fsum(row[6] or 0 for row in book["Moves"].iter_rows(min_row=2, values_only=True)),
    }
    for name, value in again.items():
        assert str(formulas[name]).startswith("=SUM") or "SUMIF" in str(formulas[name])
        assert shown[name] == pytest.approx((value, value), abs=0.005)
    for name, key in (
        ("annual cost now", "annual_cost_now"),
        ("net present value", "npv"),
        ("objective", "objective"),
        ("bound", "bound"),
    ):
        assert shown[name] == (s[key], s[key])
    for sheet in book:
        assert sheet.freeze_panes
        for line in sheet.iter_rows():
            for cell in line:
                assert cell.data_type != "f" or sheet.title == "Summary"
    assert {name for sheet in book for name in sheet.tables} == {f"T{each}" for each in book.sheetnames[1:]}
    assert len(book["Tools"]._charts) == 0


def test_the_workbook_recalculates_in_libreoffice(made, libreoffice) -> None:
    """Saved anew without the values of its formulas, so that the office has to work them out: totals and rows agree."""
    openpyxl = pytest.importorskip("openpyxl")
    plan, _, folder = made
    bare = folder / "bare.xlsx"
    openpyxl.load_workbook(folder / "plan.xlsx").save(bare)
    sheets = libreoffice.sheets(bare)
    rows = {row[0]: row[1] for row in sheets["Summary"][2:]}
    s = plan["summary"]
    assert float(rows["annual cost after"]) == pytest.approx(s["annual_cost_after"], abs=0.005)
    assert float(rows["one-time cost"]) == pytest.approx(s["one_time_cost"], abs=0.005)
    assert float(rows["saved a year"]) == pytest.approx(s["annual_cost_now"] - s["annual_cost_after"], abs=0.005)
    assert float(rows["effort in days"]) == pytest.approx(sum(m["effort_days"] for m in plan["moves"]), abs=0.005)
    assert [row[-1] for row in sheets["Moves"][1:] if row[0]] == [each["asset"] for each in plan["moves"]]
    assert len([row for row in sheets["Money"][1:] if row[0]]) == len(plan["money"])


def test_the_page_holds_the_totals_and_asks_no_network(made) -> None:
    """No script, no link out, no markup from names; the figures are those of plan.json."""
    plan, graph, folder = made
    text = (folder / "plan.html").read_text("utf-8")

    class Reader(HTMLParser):
        tags: set[str] = set()  # noqa: RUF012 - one page a reader
        outward: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag, attrs) -> None:
            self.tags.add(tag)
            self.outward += [
                value for key, value in attrs if key in ("href", "src", "action") or (key or "").startswith("on")
            ]

    reader = Reader()
    reader.feed(text)
    assert not reader.tags & {"script", "iframe", "object", "img", "link", "b2"}
    assert reader.outward == []
    assert "<b>|" not in text
    for key in ("annual_cost_now", "annual_cost_after", "one_time_cost", "npv"):
        assert f"<dd>{plan['summary'][key]:,.0f}</dd>" in text
    assert text.count("<details") >= len(graph.tools)
    for each in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ET.fromstring(each)


def test_issues_are_a_row_a_move_with_the_days_of_the_plan(made) -> None:
    """Importable by name of column, formulas defused, effort adding up."""
    plan, _, folder = made
    rows = list(csv.DictReader(io.StringIO((folder / "plan.csv").read_text("utf-8"), newline="")))
    assert len(rows) == len(plan["moves"])
    assert math.fsum(float(row["effort_days"]) for row in rows) == pytest.approx(
        math.fsum(m["effort_days"] for m in plan["moves"])
    )
    for row in rows:
        assert row["Summary"].startswith("Wave ")
        assert not any(value[:1] in ("=", "+", "-", "@") for value in row.values())


def test_the_gantt_chart_has_a_section_a_wave(made) -> None:
    """Each line is one Mermaid knows; bars begin where waves do, and name all moves."""
    plan, _, folder = made
    lines = (folder / "plan.mmd").read_text("utf-8").splitlines()
    assert lines[0] == "gantt"
    assert [each.split()[-1] for each in lines if "section" in each] == [str(w["number"]) for w in plan["waves"]]
    bars = [each for each in lines[4:] if "section" not in each]
    assert all(
        re.fullmatch(r"    [^:;#,]+ : (milestone, )?\d{4}-\d\d-01, (\d{4}-\d\d-01|0d)", each)
        or re.fullmatch(r"    [^:;#,]+ : \d{4}-\d\d-\d\d, \d{4}-\d\d-\d\d", each)
        for each in bars
    )
    assert sum(int(n) for each in bars for n in re.findall(r"\((\d+) moves\)", each)) == len(plan["moves"])


def test_a_wave_beyond_the_calendar_ends_with_it() -> None:
    """Few people and many moves make waves that no date can name."""
    wave = {"number": 1, "start_month": 120_000, "months": 3, "work_days": 5.0, "tools_gone": ["a"]}
    lines = gantt({"scan": {"at": "2026-06-01T00:00:00Z"}, "waves": [wave], "moves": []}).splitlines()
    assert lines[-1] == "    a is switched off : milestone, 9999-09-01, 0d"


def test_another_program_reads_the_archimate_model(made, archimate_reader) -> None:
    """Every element and relation of the file, plateaus and work packages among them; names as they were."""
    plan, _, folder = made
    root = ET.parse(folder / "plan.archimate.xml").getroot()
    ns = {"a": "http://www.opengroup.org/xsd/archimate/3.0/"}
    found = archimate_reader(folder / "plan.archimate.xml")
    xsi = "{http://www.w3.org/2001/XMLSchema-instance}type"
    elements = root.findall("a:elements/a:element", ns)
    relations = root.findall("a:relationships/a:relationship", ns)
    assert found["names"] == sorted(each.findtext("a:name", "", ns) for each in elements)
    assert found["elements"] == Counter(each.get(xsi) for each in elements)
    assert found["relations"] == Counter(each.get(xsi) for each in relations)
    assert found["elements"].get("WorkPackage", 0) == len(plan["waves"])


def test_the_archimate_model_has_both_plateaus_and_their_cost(made) -> None:
    """As it is with all tools, the target without those that go; a gap a tool, a work package a wave."""
    plan, graph, folder = made
    ns = {"a": "http://www.opengroup.org/xsd/archimate/3.0/"}
    root = ET.parse(folder / "plan.archimate.xml").getroot()
    xsi = "{http://www.w3.org/2001/XMLSchema-instance}type"
    elements = {each.get("identifier"): each for each in root.findall("a:elements/a:element", ns)}
    kinds = {key: each.get(xsi) for key, each in elements.items()}
    gone = {d["tool"] for d in plan["dispositions"] if d["disposition"] in ("migrate", "retire")}
    assert list(kinds.values()).count("Gap") == len(gone)
    assert list(kinds.values()).count("WorkPackage") == len(plan["waves"])
    held = dict.fromkeys(("id-plateau-as-is", "id-plateau-target"), 0)
    for each in root.findall("a:relationships/a:relationship", ns):
        assert {each.get("source"), each.get("target")} <= elements.keys()
        if each.get(xsi) == "Aggregation":
            held[each.get("source")] += 1
    assert held == {"id-plateau-as-is": len(graph.tools), "id-plateau-target": len(graph.tools) - len(gone)}
    money = {
        key: {p.get("propertyDefinitionRef"): p[0].text for p in each.findall("a:properties/a:property", ns)}
        for key, each in elements.items()
    }
    names = {
        each.get("identifier"): each[0].text for each in root.findall("a:propertyDefinitions/a:propertyDefinition", ns)
    }
    cost = next(key for key, name in names.items() if name == "annual cost")
    assert float(money["id-plateau-as-is"][cost]) == plan["summary"]["annual_cost_now"]
    assert float(money["id-plateau-target"][cost]) == plan["summary"]["annual_cost_after"]


def test_the_bill_of_materials_is_of_the_kept_estate(made) -> None:
    """Valid CycloneDX 1.6; tools that go are not in it, their assets are where they went."""
    plan, graph, folder = made
    validation = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.schema import SchemaVersion

    text = (folder / "plan.cdx.json").read_text("utf-8")
    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    facts = [{p["name"]: p["value"] for p in each["properties"]} for each in json.loads(text)["components"]]
    gone = {d["tool"] for d in plan["dispositions"] if d["disposition"] in ("migrate", "retire")}
    kept = {each["siloscope:id"] for each in facts}
    assert kept == {t.id for t in graph.tools if t.id not in gone} | {
        a.id for a in graph.assets if a.tool not in gone
    } | {m["asset"] for m in plan["moves"]}
    place = {each["siloscope:id"]: each["siloscope:tool"] for each in facts if "siloscope:tool" in each}
    assert all(place[m["asset"]] == m["to"] for m in plan["moves"])


def test_two_writings_are_the_same_bytes(made, tmp_path: Path) -> None:
    """The workbook included."""
    plan, graph, folder = made
    write_plan(plan, graph, tmp_path / "again")
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
