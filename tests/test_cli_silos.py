"""`departments` and `silos` over two folders of exports: what they say, in every format, and a rule put into effect."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.commands import Shell, lay


@pytest.fixture
def scanned(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A folder with a store."""
    shell = Shell(lay(tmp_path), capsys, monkeypatch)
    assert shell("scan").code == 0
    return shell


def test_departments_are_explained_by_rule(scanned: Shell) -> None:
    """Everything by default; a file of people that is added needs no scan."""
    told = scanned("departments", "--format", "json").json
    assert [(each["department"], each["assets"], each["because"]) for each in told["departments"]] == [
        ("Risk", 2, {"default of source": 2}),
        ("Sales", 1, {"default of source": 1}),
    ]
    (scanned.folder / "rules.csv").write_text("name,department\nSend*,Finance\n", encoding="utf-8")
    config = scanned.folder / "siloscope.toml"
    config.write_text(config.read_text("utf-8") + '\n[[department]]\nfile = "rules.csv"\n', encoding="utf-8")
    told = scanned("departments", "--format", "json").json
    assert [(each["department"], each["because"]) for each in told["departments"]] == [
        ("Finance", {"name": 2}),
        ("Risk", {"default of source": 1}),
    ]
    (scanned.folder / "rules.csv").write_text("name,department\nSend*,Legal\n", encoding="utf-8")
    assert "Legal" in scanned("departments").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('file = "nobody.csv"', "nobody.csv cannot be read: No such file"),
        ('file = "rules.csv"\nname = "Risk"', 'only a "file"'),
        ("file = 3", 'only a "file"'),
        ('file = "rules.csv"', 'needs a column "department"'),
    ],
)
def test_a_wrong_file_of_departments_is_one_line_that_names_the_place(scanned: Shell, text: str, said: str) -> None:
    """File and line of the configuration, exit code 2."""
    config = scanned.folder / "siloscope.toml"
    (scanned.folder / "rules.csv").write_text("name\nx\n", encoding="utf-8")
    lines = config.read_text("utf-8").count("\n")
    config.write_text(config.read_text("utf-8") + "\n[[department]]\n" + text + "\n", encoding="utf-8")
    done = scanned("departments")
    assert done.code == 2
    assert said in done.err
    assert f"siloscope.toml:{lines + 3}: " in done.err


def test_every_part_of_departments_is_listed(scanned: Shell) -> None:
    """Conflicts, the unassigned and suggestions: empty ones say so on stderr."""
    assert scanned("departments", "--conflicts").err.strip() == "no conflict"
    assert scanned("departments", "--unassigned").err.strip() == "nothing unassigned"
    assert scanned("departments", "--suggest").err.strip() == "nothing to suggest"
    rows = list(csv.DictReader(io.StringIO(scanned("departments", "--format", "csv").out)))
    assert [each["because"] for each in rows] == ["default of source (2)", "default of source (1)"]


def test_silos_are_judged_and_paired(scanned: Shell) -> None:
    """Two folders of one company that meet in an ERP nobody scanned; their copies are what would join them."""
    told = scanned("silos", "--by", "all", "--format", "json").json
    assert told["schema"] == "siloscope/silos/1"
    assert {(each["kind"], each["name"]): each["verdict"] for each in told["silos"] if each["kind"] != "community"} == {
        ("tool", "n8n:copies"): "weakly linked", ("tool", "n8n:flows"): "weakly linked",
        ("department", "Risk"): "weakly linked", ("department", "Sales"): "weakly linked",
    }  # fmt: skip
    (pair,) = scanned("silos", "--pairs", "--format", "json").json["pairs"]
    assert (pair["a"], pair["b"], pair["a_on_b"], pair["common"]) == (
        "Risk",
        "Sales",
        0,
        ["outside:https://erp.example"],
    )
    assert pair["candidates"][0]["because"][0]["says"].startswith("Send invoices and Send invoices name the same thing")
    assert "weakly linked" in scanned("silos").out
    assert scanned("silos", "--pairs").out.startswith("Risk  Sales  0  0  1")
    wrong = scanned("silos", "--pairs", "--by", "tool")
    assert (wrong.code, "not --by tool" in wrong.err) == (2, True)


def test_what_is_found_about_silos_can_be_asked_why(scanned: Shell) -> None:
    """A bridge candidate, by its id; a department of a single asset has none."""
    assert scanned("findings", "--rule", "bridge-candidate", "--format", "json").json["findings"] == []
    lay(scanned.folder, copies=2)
    assert scanned("scan").code == 0
    (found,) = scanned("findings", "--rule", "bridge-candidate", "--format", "json", "--min-score", "0").json[
        "findings"
    ]
    told = scanned("why", found["id"])
    assert told.code == 0
    assert "no dependency between Risk and Sales so far" in told.out
