"""The report: what it holds, in HTML and Markdown, and that nothing in it can do harm."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from siloscope.analysis import findings
from siloscope.errors import ConfigError
from siloscope.graph.view import Graph
from siloscope.model import Status, Tool
from siloscope.viz import printing
from siloscope.viz.report import as_html, as_markdown, report
from siloscope.viz.report.charts import bars, grid, lines, matrix, ranges
from tests.commands import Shell, lay
from tests.estates import HOSTILE, asset, company, estate, reads, seen

SECTIONS = ["summary", "initiatives", "value", "fragmentation", "silos", "findings", "coverage"]
VOID = {"meta"}


def page(graph: Graph, **more: Any) -> str:
    return as_html(report(graph, findings(graph), **more))


class Checked(HTMLParser):
    """Fails on elements that do not close, and keeps what it met."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [str(value) for name, value in attrs if name in ("href", "src", "xlink:href", "srcset", "action")]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.text.append(data)


def checked(html: str) -> Checked:
    found = Checked()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


def hostile() -> Graph:
    """Every name is an attack, also those of departments, owners and tools."""
    items = [asset(f"mlflow://a/model/{n}", f"mlflow:{name or 'a'}", "mlflow.model", name=name, department=name, owner=name, annual_cost=10.0, facts={"aliases": "production=1"}) for n, name in enumerate(HOSTILE)]  # fmt: skip
    return estate(seen(*items, *(reads(f"mlflow://a/model/{n}", f"s3://{n}/{name}") for n, name in enumerate(HOSTILE))))


def test_it_has_its_sections_and_says_what_was_found() -> None:
    """One anchor a section, the headline figures, and the titles of findings in it."""
    graph = company()
    html = page(graph, title="Estate of Example")
    assert re.findall(r'<section id="(\w+)">', html) == SECTIONS
    text = " ".join(checked(html).text)
    for said in (
        "Estate of Example",
        "fragmentation index",
        "stalled pilots",
        "Letters costs more than it returns",
        "claims uipath.process",
    ):
        assert said.split(" uipath")[0] in text, said


@pytest.mark.parametrize("graph", [company, hostile, Graph, lambda: estate(seen(status=Status.DENIED))], ids=["company", "hostile", "empty", "denied"])  # fmt: skip
def test_it_is_well_formed_harmless_and_asks_no_network(graph: Any) -> None:
    """No script, no event, no link but to its own sections, whatever things are called; a policy forbids the rest."""
    html = page(graph())
    found = checked(html)
    assert not found.tags & {"script", "iframe", "object", "embed", "img", "link", "base", "form", "foreignobject"}
    assert all(link.startswith("#") for link in found.links)
    assert "default-src 'none'" in html
    for drawing in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        ET.fromstring(drawing)
    assert not re.search("[\u0000-\u0008\u000e-\u001f\u202a-\u202e]", html)


def test_it_is_the_same_bytes_every_time() -> None:
    """Also from observations that came in another order."""
    assert page(company()) == page(company()) == page(company(reverse=True))


def test_markdown_has_tables_where_the_page_has_plots_and_shows_names_as_they_are() -> None:
    """The same sections; a name of Markdown's own signs stays a name."""
    text = as_markdown(report(hostile(), ()))
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["In one page", "From pilot to production", "Cost and value", "Fragmentation", "Who depends on whom", "Findings", "Coverage"]  # fmt: skip
    assert "<svg" not in text
    assert "<script>" not in text.replace("\\<script\\>", "")
    width = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("| Control")}
    rows = [line for line in text.splitlines() if line.startswith("| owner ")]
    assert {row.replace("\\|", "").count("|") for row in rows} == width


def test_what_was_not_read_is_said_on_the_first_page_and_named_in_coverage() -> None:
    """One denied slice."""
    graph = estate(seen(asset("n8n://1")), seen(source="far", status=Status.DENIED))
    text = " ".join(checked(page(graph)).text)
    assert "1 slice could not be read" in text
    assert "far things" in text


def test_a_rejected_finding_is_left_out() -> None:
    """A person said it is none."""
    from dataclasses import replace

    graph = company()
    found = [replace(each, state="rejected") for each in findings(graph)]
    assert "Nothing was found." in as_html(report(graph, found))


def test_mixed_currencies_are_warned_of() -> None:
    """Their sum is no sum."""
    tools = [
        Tool("n8n:one", annual_cost=1.0, facts={"cost.currency": "EUR"}),
        Tool("n8n:two", annual_cost=1.0, facts={"cost.currency": "USD"}),
    ]
    assert "mix EUR and USD" in page(estate(seen(*tools, asset("n8n://1"))))


def test_the_trend_is_drawn_when_there_is_one() -> None:
    """Two scans make a line, one none."""
    rows = [{"at": f"2026-0{n}-01T00:00:00Z", "crossing_share": n / 10, "effective_tools": 1.5, "findings": n, "annual_cost": 1e6} for n in (1, 2)]  # fmt: skip
    assert "polyline" in page(company(), trend=rows)
    assert "polyline" not in page(company(), trend=rows[:1])


def numbers(svg: str, tag: str, name: str) -> list[float]:
    return [float(each.get(name, "nan")) for each in ET.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{tag}")]


def test_bars_are_as_long_as_their_figures() -> None:
    """Ten is twice as long as five, and zero is not drawn."""
    svg = bars([("a", [10.0, 0.0]), ("b", [0.0, 5.0])], (("x", "pilot"), ("y", "dormant")), "t")
    widths = numbers(svg, "rect", "width")[2:]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert len(widths) == 2


def test_a_credit_has_no_length_and_nothing_leaves_the_drawing() -> None:
    """The total holds it; a row of credits alone is drawn as no bar."""
    svg = bars([("a", [-900.0, 1000.0]), ("b", [-5.0, 0.0])], (("x", "pilot"), ("y", "dormant")), "t")
    left, widths = numbers(svg, "rect", "x")[2:], numbers(svg, "rect", "width")[2:]
    assert widths[0] == widths[2] == 0
    assert left[1] + widths[1] < 720
    assert ">100<" in svg
    assert ">-5<" in svg


def test_what_is_cut_is_said_and_no_table_stands_twice() -> None:
    """Of 25 departments 20 are drawn; products by capability are a table for readers of the page and of Markdown."""
    graph = estate(seen(
        *(asset(f"n8n://one/workflow/{n}", department=f"D{n}", annual_cost=10.0 + n) for n in range(25)),
        asset("node-red://two/flow/1", "node-red:two", "node-red.flow", department="D1"),
    ))  # fmt: skip
    text = as_markdown(report(graph, ()))
    assert "Cost a year by department. The first 20 of 25." in text
    assert "closed silo. The first 20 of 25." in text
    assert text.count("| Capability | Products |") == 1


def test_plots_stand_empty_huge_and_equal_values() -> None:
    """No row, one row, all the same, negative only, nothing known: valid drawings without a division by zero."""
    for svg in (
        bars([], (("x", "pilot"),), "t"), bars([("a", [0.0])], (("x", "pilot"),), "t"), bars([("a", [1e15])], (("x", "pilot"),), "t"),
        matrix([], {}, "t"), matrix(["a"], {("a", "a"): 1}, "t"), ranges([], "t"), ranges([("a", 0.0, 0.0, 0.0)], "t"),
        ranges([("a", -3.0, -2.0, -1.0)], "t"), grid([], [], (), "t"), lines([("a", [None, None], "-"), ("b", [1.0, 1.0], "1")], "t"),
    ):  # fmt: skip
        ET.fromstring(svg)
        assert "nan" not in svg


def test_a_loss_lies_left_of_zero() -> None:
    """The dot of a loss is left of the mark, that of a gain right of it."""
    svg = ranges([("loss", -20.0, -10.0, 5.0), ("gain", 1.0, 10.0, 20.0)], "t")
    zero = numbers(svg, "line", "x1")[0]
    loss, gain = numbers(svg, "circle", "cx")
    assert loss < zero < gain


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A folder with two scanned exports."""
    made = Shell(lay(tmp_path), capsys, monkeypatch)
    assert made("scan").code == 0
    return made


def test_the_command_writes_by_the_name_of_the_file(shell: Shell) -> None:
    """HTML, Markdown, or HTML on stdout and nothing else."""
    assert shell("report").code == 0
    assert (shell.folder / "report.html").read_text("utf-8").startswith("<!doctype html>")
    assert shell("report", "-o", "out/r.md", "--title", "Ours").code == 0
    assert (shell.folder / "out" / "r.md").read_text("utf-8").startswith("# Ours\n")
    wrong = shell("report", "-o", "r.docx")
    assert (wrong.code, ".html, .md or .pdf" in wrong.err) == (2, True)
    assert not (shell.folder / "r.docx").exists()
    out = shell("report", "-o", "-")
    assert (out.code, out.out.startswith("<!doctype html>"), out.err) == (0, True, "")


def test_pdf_without_a_browser_is_a_clear_error(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names what it looks for; a browser that prints nothing is one as well."""
    monkeypatch.setattr(printing.shutil, "which", lambda name: None)
    answer = shell("report", "-o", "r.pdf")
    assert answer.code == 2
    assert "chromium" in answer.err
    monkeypatch.setattr(printing.shutil, "which", lambda name: "/bin/true")
    with pytest.raises(ConfigError, match="printed nothing"):
        printing.printed("<p>", shell.folder / "r.pdf")


def test_initiatives_and_value_as_commands(shell: Shell) -> None:
    """Lists in every format; one initiative in full; a name that is none gets the nearest."""
    listed = shell("initiatives", "--format", "json").json["initiatives"]
    assert {each["stage"] for each in listed} == {"production"}
    assert all(
        len(each["controls"]) == len(each["met"]) + len(each["missing"]) + len(each["unknown"]) for each in listed
    )
    full = shell("initiatives", listed[0]["id"])
    assert (full.code, "owner" in full.out, "ISO/IEC 42001" in full.out) == (0, True, True)
    wrong = shell("initiatives", "Send invoice")
    assert (wrong.code, "Send invoices" in wrong.err) == (2, True)
    assert shell("initiatives", "--stage", "dormant", "--format", "csv").code == 0
    for by in ("initiative", "department", "capability", "tool"):
        assert shell("value", "--by", by, "--format", "json").json == {"schema": "siloscope/value/1", "by": by, "currencies": [], "rows": [], "unmet": []}  # fmt: skip
    assert "no source says" in shell("value").err


def test_a_name_in_a_list_of_benefits_cannot_steer_the_terminal(shell: Shell) -> None:
    """What met nothing is named on stderr: on one line, without marks that reorder it."""
    (shell.folder / "benefits.csv").write_text("initiative,metric\nevil\u202ename\x1b[2J,minutes\n", encoding="utf-8")
    config = shell.folder / "siloscope.toml"
    config.write_text(config.read_text("utf-8") + '\n[[source]]\nname = "m"\ntype = "focus"\npath = "benefits.csv"\n')
    assert shell("scan").code == 0
    told = shell("value").err
    assert "a benefit of evil name" in told
    assert not set("\u202e\x1b") & set(told)
