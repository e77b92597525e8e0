"""Inventories as CSV: what a row becomes, how headings are understood, and what is named as unreadable."""

from pathlib import Path

import pytest

from siloscope.collectors.base import Scope, _config_digest
from siloscope.collectors.sheets import COLLECTOR
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Tool
from tests.served import Scanned, scanned

ME = "csv://t.example"
ROW = "csv.row"


def read(folder: Path, text: str | bytes, columns: dict[str, str] | None = None, name: str = "a.csv") -> Scanned:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(data)
    return scanned("csv", path=folder, options={"columns": columns} if columns else {})


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_spreadsheets_write_is_read_alike(tmp_path: Path, mark: str, code: str) -> None:
    """Whatever parts the columns, whatever the encoding, in any order and case of headings."""
    rows = [["Owner", "NAME", "Platform", "Type"], ["Zoë", "Rechnung prüfen", "UiPath", "Bot"]]
    found = read(tmp_path, "\r\n".join(mark.join(each) for each in rows).encode(code))
    (each,) = found.assets.values()
    assert (each.name, each.owner, each.tool, each.kind) == ("Rechnung prüfen", "Zoë", "uipath:t.example", "csv.bot")
    assert each.id == f"{ME}/Rechnung prüfen"


def test_a_row_whose_id_names_something_elsewhere_describes_it(tmp_path: Path) -> None:
    """Unless kind and tool make it an asset; then it has that id."""
    text = "id,owner,kind,tool,name\ns3://lake/in,ann,,,\ns3://lake/out,bob,s3.prefix,s3:1,out\n"
    found = read(tmp_path, text)
    assert [(each.about, each.owner) for each in found.descriptions] == [("s3://lake/in", "ann")]
    (each,) = found.assets.values()
    assert (each.id, each.kind, each.tool, each.owner) == ("s3://lake/out", "s3.prefix", "s3:1", "bob")


def test_a_row_with_a_tool_and_no_thing_is_the_tool(tmp_path: Path) -> None:
    found = read(tmp_path, "tool,department,capability,cost,owner\nKNIME,Risk,Model training; ETL,1200,ann\n")
    (each,) = (one for one in found.observations if isinstance(one, Tool))
    assert (each.department, each.capabilities, each.annual_cost) == ("Risk", ("model-training", "etl"), 1200.0)
    assert (each.cost_source, each.facts["owner"]) == ("assumed", "ann")


def test_what_a_row_depends_on_is_met_by_name_or_id_of_another_row_or_by_its_own_name(tmp_path: Path) -> None:
    text = 'id,name,depends on\nB-1,Bot,"price LIST; s3://lake/x, T-9\nB-1"\nT-7,Price list,\n'
    assert read(tmp_path, text).edges(f"{ME}/B-1") == {
        ("uses", f"{ME}/T-7"),
        ("uses", "s3://lake/x"),
        ("uses", f"{ME}/T-9"),
    }


def test_columns_may_have_any_heading(tmp_path: Path) -> None:
    """The option says which; a heading it names and the sheet lacks is an error that says so."""
    text = "Lfd. Nr.;Bezeichnung;Verantwortlich\n7;Mahnlauf;Müller\n"
    columns = {"id": "Lfd. Nr.", "name": "Bezeichnung", "owner": "Verantwortlich"}
    (each,) = read(tmp_path, text, columns).assets.values()
    assert (each.id, each.name, each.owner) == (f"{ME}/7", "Mahnlauf", "Müller")
    found = read(tmp_path, text, {"name": "Titel"})
    assert found.status(ROW) == "partial"
    assert 'a.csv: not readable: no column "Titel"' in found.reason(ROW)


def test_other_columns_are_facts_and_secrets_among_them_are_masked(tmp_path: Path) -> None:
    found = read(tmp_path, "name,Floor,API key,Db password\nbot,2,s3cr3tV4lue99,hunter2hunter2\n")
    (each,) = found.assets.values()
    assert each.facts["floor"] == "2"
    assert "s3cr3t" not in found.text()
    assert "hunter2" not in found.text()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,-1,", "line 3: annual_cost '-1' is no amount"),
        ("a,nan,", "line 3: annual_cost 'nan' is no amount"),
        ("a,lots,", "line 3: annual_cost 'lots' is no amount"),
        ("a,,soon", "line 3: last_used 'soon' is no date"),
        (",5,", "line 3: neither id nor name nor tool"),
        ("first,,", "a.csv line 3: csv://t.example/first stands at a.csv line 2 already"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_with_its_line_and_the_others_stay(
    tmp_path: Path, row: str, said: str
) -> None:
    found = read(tmp_path, f"name,cost,last used\nfirst,10,2026-10-31\n{row}\nlast,,\n")
    assert [each.name for each in found.assets.values()] == ["first", "last"]
    assert found.status(ROW) == "partial"
    assert said in found.reason(ROW)


@pytest.mark.parametrize("text", ["", "\n\n", "x,y\n1,2\n", '"a\n', b"\x00\x01\x02"])
def test_what_is_no_inventory_is_named(tmp_path: Path, text: str | bytes) -> None:
    found = read(tmp_path, text)
    assert found.assets == {}
    assert "a.csv: not readable" in found.reason(ROW)


def test_a_sheet_that_another_one_was_exported_to_reads_as_it_was(tmp_path: Path) -> None:
    """The apostrophe that defuses a formula is no part of a name."""
    (each,) = read(tmp_path, "name\n'=SUM bot\n").assets.values()
    assert each.name == "=SUM bot"


def test_other_columns_make_another_configuration() -> None:
    """A field read from another column never looks like a deletion."""
    (listing,) = COLLECTOR.listings
    plain, mapped = (Source("s", "csv", options=each) for each in ({}, {"columns": {"id": "No."}}))
    scope = Scope("s")
    assert _config_digest(plain, listing, scope) != _config_digest(mapped, listing, scope)


@pytest.mark.parametrize("columns", ["id", {"id": 5}, {"id": " "}, {"ownr": "x"}])
def test_columns_that_make_no_sense_are_a_configuration_error(tmp_path: Path, columns: object) -> None:
    with pytest.raises(ConfigError, match=r'"columns" must map|no field "ownr"'):
        COLLECTOR.connect(Source("s", "csv", path=tmp_path, options={"columns": columns}))
