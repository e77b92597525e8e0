"""Money: FOCUS bills, licence lists and measured benefits, from a folder of CSV and Parquet files.

Which file is which, its header says: `EffectiveCost` makes it a bill (`focus_bill`), `tool` or `asset` a list of
licences and estimates, `initiative` and `metric` a list of benefits. Nothing here is an asset: a bill describes the
assets that others inventory, and says what each tool costs in all, so that what it charges for things nobody
inventoried is not lost.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from siloscope.catalog import product
from siloscope.collectors import focus_bill
from siloscope.collectors.base import Client, Collector, Document, Listing, Scope, Trouble
from siloscope.collectors.clients.files import Files, FilesClient, files_of, place_of
from siloscope.config import Source
from siloscope.errors import ConfigError
from siloscope.model import Description, Observation, Tool
from siloscope.names import canonical
from siloscope.tabular import is_number, is_price
from siloscope.times import normal

BENEFIT = ("metric", "baseline", "current", "unit_value", "low", "high", "from", "to", "investment", "objective")
_NUMBERS = frozenset({"baseline", "current", "unit_value", "low", "high", "investment"})
_CHARGED = ("charged", "months", "from", "to", "rows", "corrections", "unused")
_CATEGORIES = ("usage", "purchase", "tax", "credit", "adjustment", "named")


def charged(document: Document, scope: Scope) -> Iterator[Observation]:  # noqa: ARG001 - a reader's signature
    """What a bill says of one resource or of one tool."""
    cost = float(document["cost"])
    facts = {f"cost.{key}": _number(document[key]) for key in (*_CHARGED, *_CATEGORIES) if key in document}
    facts |= {"cost.currency": document["currency"] or None, "cost.source": "billed"}
    facts = {key: value for key, value in facts.items() if value is not None}
    if "resource_id" in document:
        resource = document["resource_id"]
        yield Description(canonical(resource) or resource, annual_cost=cost, facts=facts)
        return
    slug, _, account = document["tool_id"].partition(":")
    known = product(slug)
    yield Tool(
        document["tool_id"],
        product=known.name if known else document["service"] or slug,
        vendor=known.vendor if known else document["provider"],
        instance=account,
        annual_cost=cost,
        cost_source="billed",
        facts=facts,
    )


def licence(document: Document, scope: Scope) -> Iterator[Observation]:  # noqa: ARG001 - a reader's signature
    """A row of a licence list: what a tool or an asset costs a year, its seats, its renewal; an estimate says so."""
    source = "assumed" if _yes(document.get("estimate")) else "licence"
    cost = None if document.get("annual_cost") in (None, "") else float(document["annual_cost"])
    facts = {"cost.currency": document.get("currency") or None, "cost.source": source if cost is not None else None}
    facts = {key: value for key, value in facts.items() if value is not None}
    if document.get("asset"):
        yield Description(canonical(document["asset"]) or document["asset"], annual_cost=cost, facts=facts)
        return
    seats, users = (int(document[key]) if document.get(key) else None for key in ("seats", "users"))
    yield Tool(
        document["tool"],
        annual_cost=cost,
        cost_source=source if cost is not None else None,
        renewal=document.get("renewal") or None,
        seats=seats,
        users=users,
        facts=facts,
    )


def benefit(document: Document, scope: Scope) -> Iterator[Observation]:  # noqa: ARG001 - a reader's signature
    """What is measured of one initiative: facts of the asset it is named after, one group of facts a metric."""
    facts: dict[str, Any] = {}
    for number, row in enumerate(document["rows"], start=1):
        facts |= {f"value.{number}.{key}": _value(key, row[key]) for key in BENEFIT if row.get(key) not in (None, "")}
    about = document["initiative"]
    yield Description(canonical(about) or about, facts=facts)


def _value(key: str, text: str) -> float | str:
    return float(text) if key in _NUMBERS else str(text)


def _number(value: Any) -> Any:
    """Amounts travel as text; facts hold them as numbers."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _yes(text: Any) -> bool:
    return str(text or "").strip().lower() in ("yes", "true", "1", "x", "estimate")


class MoneyClient(FilesClient):
    """Reads the files of a listing: those whose header is that of the listing."""

    def __init__(self, path: Path, scopes: list[Scope], currency: str, rates: Mapping[str, float]) -> None:
        super().__init__(path, scopes)
        self.currency, self.rates = currency, rates

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:  # noqa: ARG002 - one scope
        """The documents of the listing; a file of no kind is named by the listing of bills."""
        call = files_of(listing)
        found: list[tuple[Path, str]] = []
        for place in self._files(call) if call else ():
            if isinstance(place, Trouble):
                yield place
                continue
            file, relative = place
            try:
                kind = _kind(file)
            except focus_bill.BROKEN as error:
                kind, reason = "", f"cannot be read: {str(error)[:160]}"
            else:
                reason = "no bill, licence list or list of benefits: its header is none of theirs"
            if kind == listing.name:
                found.append((file, relative))
            elif not kind and listing.name == "focus.charge":
                yield Trouble(reason, where=relative)
        if listing.name == "focus.charge":
            yield from self._bill(found)
        elif listing.name == "focus.licence":
            yield from _licences(found)
        else:
            yield from _benefits(found)

    def _bill(self, files: list[tuple[Path, str]]) -> Iterator[Document | Trouble]:
        bill = focus_bill.Bill(self.currency, self.rates)
        for file, relative in files:
            before = len(bill.broken)
            try:
                bill.add(focus_bill.charges(file))
            except focus_bill.BROKEN as error:
                yield _cut(error, relative)
            if broken := bill.broken[before:]:
                yield Trouble(f"{len(broken)} rows are no charges, the first: {broken[0]}", where=relative)
        yield from bill.documents()
        for currency, (cost, rows) in sorted(bill.left.items()):
            told = f"{rows} rows of {focus_bill.plain(cost)} {currency or 'no currency'} are not counted"
            yield Trouble(f"{told}: the bill is in {bill.currency}, and there is no rate for {currency or 'them'}")


def _kind(file: Path) -> str:
    """The listing that a file belongs to, by its header; empty when it is none."""
    if file.suffix == ".parquet":
        return "focus.charge"
    names = {each.lower() for each in focus_bill.heading(file)}
    if "effectivecost" in names:
        return "focus.charge"
    if {"initiative", "metric"} <= names:
        return "focus.benefit"
    return "focus.licence" if names & {"tool", "asset"} and names & {"annual_cost", "seats", "renewal"} else ""


def _cut(error: Exception, where: str) -> Trouble:
    return Trouble(f"not read to its end: {str(error)[:200]}", where=where)


def _rows(
    files: list[tuple[Path, str]], wrong: Callable[[dict[str, str]], str]
) -> Iterator[tuple[str, dict[str, str]] | Trouble]:
    """The rows of small CSV files by lower-case column, each with where it stands; `wrong` names a column, or none."""
    for file, relative in files:
        try:
            with focus_bill.opened(file) as text:
                reader = csv.DictReader(text)
                for told in reader:
                    row = {str(key).strip().lower(): (value or "").strip() for key, value in told.items() if key}
                    if key := wrong(row):
                        reason = f"line {reader.line_num}: {key} {row.get(key, '')[:60]!r} is not usable"
                        yield Trouble(reason, where=relative)
                    else:
                        yield f"{relative} line {reader.line_num}", row
        except focus_bill.BROKEN as error:
            yield _cut(error, relative)


def _licences(files: list[tuple[Path, str]]) -> Iterator[Document | Trouble]:
    def wrong(row: dict[str, str]) -> str:
        return _unfit(row, _LICENCE) if row.get("tool") or row.get("asset") else "tool"

    for each in _rows(files, wrong):
        yield each if isinstance(each, Trouble) else {**each[1], "path": each[0]}


def _benefits(files: list[tuple[Path, str]]) -> Iterator[Document | Trouble]:
    def wrong(row: dict[str, str]) -> str:
        return _unfit(row, _MEASURED) or next((key for key in ("initiative", "metric") if not row.get(key)), "")

    told: dict[str, list[dict[str, str]]] = defaultdict(list)
    for each in _rows(files, wrong):
        if isinstance(each, Trouble):
            yield each
        else:
            told[each[1]["initiative"]].append(each[1])
    for initiative in sorted(told):
        yield {"initiative": initiative, "rows": told[initiative], "path": initiative}


def _unfit(row: Mapping[str, str], fits: Mapping[str, Callable[[str], bool]]) -> str:
    """The first column whose value is none of its kind; an empty one is."""
    return next((key for key, fit in fits.items() if row.get(key) and not fit(row[key])), "")


def _is_count(text: str) -> bool:
    try:
        return int(text) >= 0
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    return normal(text) is not None


_LICENCE = {"annual_cost": is_price, "seats": _is_count, "users": _is_count, "renewal": _is_time}
_MEASURED = {**dict.fromkeys(sorted(_NUMBERS), is_number), "from": _is_time, "to": _is_time}


def connect(source: Source) -> Client:
    """A file, or a folder of them."""
    path = place_of(source, "a file or folder of CSV or Parquet files")
    currency, rates = source.options.get("currency", ""), source.options.get("rates", {})
    if not isinstance(currency, str):
        raise ConfigError(f'source "{source.name}": "currency" must be a code such as "EUR"')
    if not isinstance(rates, Mapping) or not all(
        isinstance(rate, int | float) and not isinstance(rate, bool) and 0 < rate < float("inf")
        for rate in rates.values()
    ):
        raise ConfigError(
            f'source "{source.name}": "rates" must map currencies to what one unit is worth: {{ USD = 0.92 }}'
        )
    if rates and not currency:
        raise ConfigError(f'source "{source.name}": "rates" need "currency", the one they lead to')
    return MoneyClient(path, [Scope(source.name, instance=source.instance)], currency, rates)


_FILES = Files(("*.csv", "*.csv.gz", "*.parquet"))
_READ = "read access to the files"

COLLECTOR = Collector(
    type="focus",
    title="FOCUS bills, licences and benefits",
    options=frozenset({"currency", "rates"}),
    connect=connect,
    tested="1,000 real anonymised FOCUS 1.0 rows, the examples of the FOCUS specification, and generated bills",
    listings=(
        Listing("focus.charge", _FILES, charged, permission=_READ, precedence=2),
        Listing("focus.licence", _FILES, licence, permission=_READ, precedence=3),
        Listing("focus.benefit", _FILES, benefit, permission=_READ, precedence=3),
    ),
)
