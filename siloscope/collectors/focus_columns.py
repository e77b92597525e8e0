"""FOCUS files by columns, through pyarrow: each batch is grouped before a row of it becomes a Python object."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siloscope.collectors import focus_bill as bill

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 1 << 25  # bytes of CSV a batch
_SCALE = 18
_FEW = 1 << 19  # groups that are held without another thought


def columnar(file: Path) -> Iterator[bill.Charge | str] | None:
    """The charges of a file, grouped within each batch; None where pyarrow is not installed or cannot tell its columns.

    Raises:
        ValueError: It is no FOCUS file, or cannot be read.
    """
    try:
        import pyarrow as pa
        import pyarrow.compute
    except ImportError:
        return None
    if file.suffix != ".parquet" and not _fits(file):
        return None
    return _told(_grouped(file, pa), pa.ArrowException)


def _told(found: Iterator[bill.Charge | str], failure: type[Exception]) -> Iterator[bill.Charge | str]:
    try:
        yield from found
    except failure as error:
        raise ValueError(f"not readable: {str(error)[:160]}") from error


def _fits(file: Path) -> bool:
    """Whether the header of a CSV file is one of FOCUS, so that the columns can be asked for."""
    names = bill.heading(file)
    return set(names) >= bill.NEEDED and len(names) == len(set(names))


def _grouped(file: Path, pa: Any) -> Iterator[bill.Charge | str]:
    """The charges of a file, those that agree added up; the groups at hand are grouped again whenever they doubled."""
    held: list[pa.Table] = []
    rows, limit = 0, _FEW
    for batch in _batches(file, pa):
        table = pa.Table.from_batches([batch])
        if not table.num_rows:
            continue
        month = pa.compute.utf8_slice_codeunits(table["ChargePeriodStart"], 0, 7)
        table = _with(table, "ChargePeriodStart", month)
        table = table.append_column("rows", pa.repeat(1, table.num_rows).cast(pa.int64()))
        try:
            exact = table["EffectiveCost"].cast(pa.decimal128(38, _SCALE))
        except pa.ArrowInvalid:  # more digits than that, or no number: row by row, which says which
            yield from _charges(table, file.name)
            continue
        held.append(_sums(_with(table, "EffectiveCost", exact)))
        rows += held[-1].num_rows
        if rows > limit:
            held = [_sums(pa.concat_tables(held))]
            rows = held[0].num_rows
            limit = max(_FEW, 2 * rows)
    if held:
        yield from _charges(_sums(pa.concat_tables(held)), file.name)


def _with(table: pa.Table, name: str, column: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)


def _sums(table: pa.Table) -> pa.Table:
    """Rows that agree in everything but the amount, as one; one thread, so that they come in the order of the file."""
    keys = list(bill.COLUMNS)
    sums = table.group_by(keys, use_threads=False).aggregate([("EffectiveCost", "sum"), ("rows", "sum")])
    return sums.select([*keys, "EffectiveCost_sum", "rows_sum"]).rename_columns([*keys, "EffectiveCost", "rows"])


def _charges(table: pa.Table, where: str) -> Iterator[bill.Charge | str]:
    for batch in table.to_batches(max_chunksize=1 << 16):
        columns = [batch.column(name).to_pylist() for name in (*bill.COLUMNS, "EffectiveCost", "rows")]
        for *told, cost, count in zip(*columns, strict=True):
            yield bill.charge((*(each or "" for each in told), cost, count), where)


def _batches(file: Path, pa: Any) -> Iterator[pa.RecordBatch]:
    if file.suffix == ".parquet":
        yield from _parquet(file, pa)
        return
    from pyarrow import csv

    with csv.open_csv(
        file,
        read_options=csv.ReadOptions(block_size=_BLOCK, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            include_columns=[*bill.COLUMNS, "EffectiveCost"],
            include_missing_columns=True,
            column_types=dict.fromkeys((*bill.COLUMNS, "EffectiveCost"), pa.string()),
            null_values=sorted(bill.NULLS),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    ) as reader:
        yield from reader


def _parquet(file: Path, pa: Any) -> Iterator[pa.RecordBatch]:
    from pyarrow.parquet import ParquetFile

    table = ParquetFile(file)
    names = set(table.schema_arrow.names)
    if missing := sorted(bill.NEEDED - names):
        raise ValueError(f"no FOCUS file: no column {', '.join(missing)}")
    wanted = [each for each in (*bill.COLUMNS, "EffectiveCost") if each in names]
    for batch in table.iter_batches(columns=wanted, batch_size=1 << 17):
        columns = [
            _text(batch.column(name), pa) if name in names else pa.nulls(batch.num_rows, pa.string())
            for name in bill.COLUMNS
        ]
        # By its text, also when it is a float: the shortest one that means it, not its 53 bits.
        cost = _text(batch.column("EffectiveCost"), pa)
        yield pa.RecordBatch.from_arrays([*columns, cost], [*bill.COLUMNS, "EffectiveCost"])


def _text(column: pa.Array, pa: Any) -> pa.Array:
    text = column.cast(pa.string())
    return pa.compute.if_else(pa.compute.is_in(text, pa.array(sorted(bill.NULLS))), None, text)
