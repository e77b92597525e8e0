"""FOCUS bills, licences and benefits: what is added up, what is netted, what is not counted and says so."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from siloscope.collectors import focus_bill, focus_columns
from siloscope.collectors.base import scan
from siloscope.collectors.focus import COLLECTOR, connect
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Description, Status, Tool

SEEDS = Path(__file__).parent / "seeds" / "focus"
ENDPOINT = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn"


def taken(path: Path, **options: Any) -> dict[str, Any]:
    """What a scan of a path gives, by listing."""
    source = Source("money", "focus", path=path, instance="money", options=options)
    return {each.slice.listing: each for each in scan(COLLECTOR, source, connect(source), threads=1)}


def tools(found: Any) -> dict[str, Tool]:
    return {each.id: each for each in found.observations if isinstance(each, Tool)}


def described(found: Any) -> dict[str, Description]:
    return {each.about: each for each in found.observations if isinstance(each, Description)}


def bill(file: Path, *rows: dict[str, Any]) -> Path:
    """A bill of some rows; what a row leaves out is what most rows say."""
    usual = {"BillingCurrency": "EUR", "ChargePeriodStart": "2026-01-01T00:00:00Z", "ProviderName": "AWS", "SubAccountId": "1", "ServiceName": "Amazon SageMaker", "ResourceId": "arn:x", "ChargeCategory": "Usage", "ChargeClass": "", "ChargeFrequency": "Usage-Based", "CommitmentDiscountStatus": "", "EffectiveCost": "1"}  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(usual))
        writer.writeheader()
        writer.writerows({**usual, **each} for each in rows)
    return file


def figures(file: Path, found: Any = None) -> list[dict[str, Any]]:
    """The documents of one file's bill."""
    sums = focus_bill.Bill()
    sums.add(found if found is not None else focus_bill.charges(file))
    return list(sums.documents())


def test_twelve_months_are_a_year_and_fewer_are_scaled(tmp_path: Path) -> None:
    """14 months of 10: a year is 120. What began three months before the end is scaled, and says so; one-time is not."""
    months = [focus_bill.shifted("2025-01", each) for each in range(14)]
    rows = [{"ChargePeriodStart": f"{each}-01", "EffectiveCost": "10", "ResourceId": "arn:old"} for each in months]
    rows += [{"ChargePeriodStart": f"{each}-01", "EffectiveCost": "5", "ResourceId": "arn:new"} for each in months[-3:]]
    rows += [{"ChargePeriodStart": f"{months[-1]}-09", "EffectiveCost": "7", "ResourceId": "arn:once", "ChargeFrequency": "One-Time"}]  # fmt: skip
    found = described(taken(bill(tmp_path / "bill.csv", *rows))["focus.charge"])

    assert {about: each.annual_cost for about, each in found.items()} == {"arn:old": 120.0, "arn:new": 60.0, "arn:once": 7.0}  # fmt: skip
    assert [found[f"arn:{each}"].facts["cost.months"] for each in ("old", "new")] == [12, 3]


def test_corrections_and_credits_net_and_unused_commitment_is_told() -> None:
    """The seed's endpoint: 12 x 100.25 less a correction of 20.50; 18.75 of the reservation bought nothing."""
    found = taken(SEEDS)
    endpoint = described(found["focus.charge"])[ENDPOINT]
    assert endpoint.annual_cost == 12 * 100.25 - 20.5
    assert endpoint.facts["cost.corrections"] == -20.5
    sagemaker = tools(found["focus.charge"])["sagemaker:111122223333"]
    assert sagemaker.annual_cost == 12 * (100.25 + 7.125) - 20.5 - 50
    assert (sagemaker.facts["cost.tax"], sagemaker.facts["cost.credit"]) == (12 * 7.125, -50)
    assert tools(found["focus.charge"])["redshift:111122223333"].facts["cost.unused"] == 18.75


def test_a_bill_describes_what_others_inventory_by_its_canonical_name() -> None:
    """A bare bucket and an ARM id in mixed case meet the assets of those names; the rest of a bill is in its tools."""
    found = described(taken(SEEDS)["focus.charge"])
    assert "s3://lake-features" in found
    assert next(each for each in found if each.startswith("arm://")).endswith("workspaces/pricing")


def test_licences_and_estimates() -> None:
    """A renewal, seats and users; an estimate is assumed and says so."""
    found = tools(taken(SEEDS)["focus.licence"])
    robots, desk = found["uipath:robots.example/acme"], found["node-red:desk"]
    assert (robots.annual_cost, robots.cost_source, robots.renewal, robots.seats, robots.users) == (168000.0, "licence", "2027-03-31", 24, 61)  # fmt: skip
    assert (desk.annual_cost, desk.cost_source, desk.seats) == (2400.0, "assumed", None)


def test_another_currency_is_never_added(tmp_path: Path) -> None:
    """Without a rate its rows are left out, and the slice is partial and says how much; with one they are converted."""
    file = bill(tmp_path / "b.csv", {"EffectiveCost": "10"}, {"EffectiveCost": "100", "BillingCurrency": "USD"})
    left = taken(file)["focus.charge"]
    assert left.slice.status is Status.PARTIAL
    assert "1 rows of 100 USD are not counted" in left.slice.reason
    assert described(left)["arn:x"].annual_cost == 120.0
    whole = taken(file, currency="EUR", rates={"USD": 0.9})["focus.charge"]
    assert whole.slice.status is Status.COMPLETE
    assert described(whole)["arn:x"].annual_cost == 12 * (10 + 90)


@pytest.mark.parametrize(
    ("options", "says"),
    [({"rates": {"USD": 1}}, "currency"), ({"currency": 3}, "currency"), ({"currency": "EUR", "rates": {"USD": "x"}}, "rates"), ({"currency": "EUR", "rates": {"USD": -1}}, "rates")],
)  # fmt: skip
def test_a_wrong_rate_is_a_configuration_error(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    """A rate without a currency to lead to, or that is no positive number."""
    with pytest.raises(ConfigError, match=says):
        connect(Source("m", "focus", path=tmp_path, options=options))


def test_broken_rows_are_named_and_the_rest_is_counted(tmp_path: Path) -> None:
    """No month, or no number; the file's other rows count, and the slice is partial."""
    file = bill(tmp_path / "b.csv", {}, {"EffectiveCost": "$1.00"}, {"ChargePeriodStart": "4/1/25"}, {"EffectiveCost": "NaN"})  # fmt: skip
    found = taken(file)["focus.charge"]
    assert found.slice.status is Status.PARTIAL
    assert "3 rows are no charges" in found.slice.reason
    assert tools(found)["sagemaker:1"].facts["cost.rows"] == 1


def test_files_of_no_kind_and_wrong_cells_are_named(tmp_path: Path) -> None:
    """A stray CSV, a cost that is no number, a benefit of nothing: each is named, nothing is guessed."""
    (tmp_path / "stray.csv").write_text("a,b\n1,2\n")
    (tmp_path / "l.csv").write_text("tool,annual_cost\nx:y,12k\n,3\nn8n:a,5\n")
    (tmp_path / "v.csv").write_text("initiative,metric,current\nm,minutes,many\n,minutes,1\nm,minutes,2\n")
    found = taken(tmp_path)
    assert "stray.csv" in found["focus.charge"].slice.reason
    assert "'12k'" in found["focus.licence"].slice.reason
    assert sorted(tools(found["focus.licence"])) == ["n8n:a"]
    assert "current 'many'" in found["focus.benefit"].slice.reason
    assert described(found["focus.benefit"])["m"].facts["value.1.current"] == 2.0


@pytest.mark.parametrize(
    "row", ["NaN,,,", "1e400,,,", "-1,,,", "1,12.5,,", "1,-2,,", "1,,²,", "1,,,31.12.2026", "1,,,2026-13-01"]
)
def test_a_licence_of_no_amount_count_or_date_is_named_and_the_rest_is_read(tmp_path: Path, row: str) -> None:
    """A renewal that nobody can read would be one that nobody is told of."""
    (tmp_path / "l.csv").write_text(f"tool,annual_cost,seats,users,renewal\nx:y,{row}\nn8n:a,5,3,2,2027-03-31\n")
    found = taken(tmp_path)["focus.licence"]
    assert found.slice.reason.startswith("l.csv: line 2: ")
    assert found.slice.reason.endswith(" is not usable")
    assert sorted(tools(found)) == ["n8n:a"]


def test_a_benefit_measured_from_no_date_or_to_infinity_is_named(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        "initiative,metric,current,from\na,minutes,1,yesterday\nb,minutes,inf,\nc,minutes,1,2026-01-01\n"
    )
    found = taken(tmp_path)["focus.benefit"]
    assert "line 2: from 'yesterday'" in found.slice.reason
    assert "line 3: current 'inf'" in found.slice.reason
    assert sorted(described(found)) == ["c"]


def test_a_broken_file_takes_no_other_with_it(tmp_path: Path) -> None:
    """Cut off, no gzip, no Parquet, a cell without end: each is named, and what the others say is counted."""
    bill(tmp_path / "good.csv", {})
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress((tmp_path / "good.csv").read_bytes() * 500)[:-20])
    (tmp_path / "plain.csv.gz").write_bytes(b"tool,annual_cost\nx:y,1\n")
    (tmp_path / "fake.parquet").write_bytes(b"nothing of the kind")
    (tmp_path / "cell.csv").write_text(f'tool,annual_cost\nn8n:a,5\n"{"x" * 200_000}",1\nn8n:b,5\n')
    found = taken(tmp_path)
    assert tools(found["focus.charge"])["sagemaker:1"].facts["cost.rows"] >= 1
    for name in ("cut.csv.gz", "plain.csv.gz", "fake.parquet"):
        assert f"{name}: " in found["focus.charge"].slice.reason
    assert found["focus.licence"].slice.reason.startswith("cell.csv: not read to its end: field larger")
    assert sorted(tools(found["focus.licence"])) == ["n8n:a"]


def test_no_charge_is_beyond_money_or_the_calendar_and_no_category_is_taken_for_a_figure(tmp_path: Path) -> None:
    file = bill(
        tmp_path / "b.csv",
        {"ChargeCategory": "cost", "EffectiveCost": "7"},
        {"EffectiveCost": "1e400"},
        {"ChargePeriodStart": "2025-13-01"},
        {"ChargePeriodStart": "²²²²-01-01"},
    )
    found = taken(file)["focus.charge"]
    assert "3 rows are no charges" in found.slice.reason
    assert tools(found)["sagemaker:1"].annual_cost == 84.0


def test_by_columns_row_by_row_gzipped_and_as_parquet_a_bill_is_the_same(tmp_path: Path) -> None:
    """By columns is only a faster way to the same figures; Python alone is enough for CSV."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    file = SEEDS / "bill.csv"
    expected = figures(file, focus_bill.rows(file))
    assert focus_columns.columnar(file) is not None
    assert figures(file) == expected
    packed = tmp_path / "bill.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert figures(packed) == expected
    with file.open(encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    for kind in (pa.string(), pa.float64(), pa.decimal128(20, 9)):
        columns = {name: [None if row[name] == "NULL" else row[name] for row in rows] for name in rows[0]}
        columns["EffectiveCost"] = pa.array([str(each) for each in columns["EffectiveCost"]]).cast(kind)
        pq.write_table(pa.table(columns), tmp_path / "bill.parquet")
        assert figures(tmp_path / "bill.parquet") == expected


def test_more_digits_than_columns_hold_are_kept(tmp_path: Path) -> None:
    """An amount of 25 decimals goes row by row, exactly."""
    file = bill(tmp_path / "b.csv", {"EffectiveCost": "0.0000000000000000000000001"}, {"EffectiveCost": "1"})
    assert figures(file)[0]["total"] == "1.0000000000000000000000001"


def test_without_pyarrow_parquet_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; the CSV beside it is read."""
    monkeypatch.setattr(focus_columns, "columnar", lambda file: None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    bill(tmp_path / "b.csv", {})
    found = taken(tmp_path)["focus.charge"]
    assert "siloscope[parquet]" in found.slice.reason
    assert tools(found)


@pytest.mark.corpora
def test_real_rows_are_read_without_loss(corpora: Path) -> None:
    """1,000 anonymised rows with literal NULLs and a foreign column: the totals are those that DuckDB finds by itself."""
    duckdb = pytest.importorskip("duckdb")
    file = corpora / "focus-sample" / "FOCUS-1.0" / "focus_sample.csv"
    sums = focus_bill.Bill()
    sums.add(focus_bill.charges(file))
    table = f"read_csv('{file}', nullstr='NULL', all_varchar=true)"
    cost = "sum(EffectiveCost::decimal(38, 18))"

    (total, count), = duckdb.sql(f"select {cost}, count(*) from {table}").fetchall()  # fmt: skip
    assert sums.broken == []
    assert sums.left == {}
    assert sum(each.rows for each in sums.tools.values()) == count == 1000
    assert sum((each.total() for each in sums.tools.values()), Decimal(0)) == total

    resources = duckdb.sql(f"select lower(ResourceId), {cost} from {table} where ResourceId is not null group by all").fetchall()  # fmt: skip
    found: dict[str, Decimal] = {}
    for key, each in sums.resources.items():
        found[key.removeprefix("arn:aws:s3:::").lower()] = each.total()
    assert found == {key: each for key, each in resources if each is not None}

    accounts = duckdb.sql(f"select split_part(lower(SubAccountId), '/', -1), {cost} from {table} group by all").fetchall()  # fmt: skip
    by_account: dict[str, Decimal] = {}
    for (_, account), each in sums.tools.items():
        by_account[account] = by_account.get(account, Decimal(0)) + each.total()
    assert by_account == dict(accounts)


@pytest.mark.corpora
def test_the_specifications_examples_of_commitments_are_read(corpora: Path) -> None:
    """By columns and row by row they give the same; of a reservation that nobody used, every hour is unused."""
    folder = corpora / "focus-spec-examples" / "specification" / "data"
    files = sorted(folder.glob("commitment*/*.csv"))
    assert len(files) == 11
    for file in files:
        assert figures(file) == figures(file, focus_bill.rows(file)), file.name
    idle = next(each for each in files if each.name.startswith("zero_percent"))
    with idle.open(encoding="utf-8-sig") as text:
        unused = sum(Decimal(row["EffectiveCost"]) for row in csv.DictReader(text) if row["CommitmentDiscountStatus"] == "Unused")  # fmt: skip
    assert unused > 0
    assert Decimal(figures(idle)[-1]["unused"]) == unused
