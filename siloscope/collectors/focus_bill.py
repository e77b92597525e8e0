"""A bill in FOCUS, row by row or batch by batch, added up: what each resource and each tool cost.

Contract: the FinOps Open Cost and Usage Specification 1.0, 1.1 and 1.2 (focus.finops.org), CSV (plain or gzipped) or
Parquet. Only `EffectiveCost` is money here: discounts and commitments are in it, what was paid up front is spread.
Corrections and credits are rows like any other, so they net. Amounts are decimals and are never rounded on the way.

A year's cost is what was charged in the last twelve months of the bill. What began later is scaled to a year by the
months since it began; charges that FOCUS calls one-time are not scaled.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation, localcontext
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from siloscope.catalog import find

COLUMNS = (
    "ResourceId", "SubAccountId", "ProviderName", "ServiceName", "BillingCurrency", "ChargePeriodStart",
    "ChargeCategory", "ChargeClass", "ChargeFrequency", "CommitmentDiscountStatus",
)  # fmt: skip
NEEDED = frozenset({"EffectiveCost", "ChargePeriodStart"})
NULLS = frozenset({"", "NULL", "null", "None"})
EXACT = Context(prec=76)
ZERO = Decimal(0)
WINDOW = 12
LARGEST = 30  # digits before the point: more than any money has, and few enough for every sum to be exact
BROKEN = (OSError, EOFError, ValueError, csv.Error, zlib.error)  # what files raise that are not what they are called
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class Charge(NamedTuple):
    """Some rows of a bill that agree in everything but the amount."""

    resource: str
    account: str
    provider: str
    service: str
    currency: str
    month: str
    category: str
    correction: bool
    once: bool
    unused: bool
    cost: Decimal
    rows: int


@dataclass(slots=True)
class Sum:
    """What one resource, or one tool, was charged.

    `months` are the recurring amounts by month (`2026-01`), `once` those of one-time charges, `parts` amounts by what
    they are about and month.
    """

    provider: str

    months: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    once: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    parts: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    rows: int = 0

    def add(self, charge: Charge, rate: Decimal, *labels: str) -> None:
        """Count a charge, in the bill's currency."""
        cost = charge.cost * rate
        (self.once if charge.once else self.months)[charge.month] += cost
        for label in labels:
            self.parts[label, charge.month] += cost
        self.rows += charge.rows

    def total(self) -> Decimal:
        """Everything ever charged."""
        return sum(self.months.values(), ZERO) + sum(self.once.values(), ZERO)

    def document(self, last: str) -> dict[str, Any]:
        """The figures of the twelve months up to `last`; amounts as text, so that nothing is lost."""
        first = shifted(last, 1 - WINDOW)
        recurring = {month: cost for month, cost in self.months.items() if month >= first}
        once = sum((cost for month, cost in self.once.items() if month >= first), ZERO)
        charged = sum(recurring.values(), ZERO)
        begun = min(recurring, default=last)
        months = distance(begun, last) + 1
        parts: dict[str, Decimal] = defaultdict(Decimal)
        for (label, month), cost in self.parts.items():
            if month >= first:
                parts[label] += cost
        return {
            **{label: plain(cost) for label, cost in sorted(parts.items()) if cost},
            "cost": plain(charged * WINDOW / months + once),
            "charged": plain(charged + once),
            "total": plain(self.total()),
            "months": months,
            "from": min([*recurring, *(month for month in self.once if month >= first)], default=last),
            "to": last,
            "rows": self.rows,
        }


class Bill:
    """The sums of one or more files in one currency; charges in a currency without a rate are counted apart."""

    def __init__(self, currency: str = "", rates: Mapping[str, float] | None = None) -> None:
        self.currency = currency
        self.rates = {name: Decimal(str(rate)) for name, rate in (rates or {}).items()}
        self.resources: dict[str, Sum] = {}
        self.tools: dict[tuple[str, str], Sum] = {}
        self.labels: dict[tuple[str, str], tuple[str, str, str]] = {}
        self.left: dict[str, tuple[Decimal, int]] = {}
        self.broken: list[str] = []
        self.last: dict[str, str] = {}

    def add(self, found: Iterable[Charge | str]) -> None:
        """Count charges; texts among them say what is none. Without a configured currency it is the first one met."""
        with localcontext(EXACT):
            for each in found:
                if isinstance(each, str):
                    self.broken.append(each)
                    continue
                self.currency = self.currency or each.currency
                rate = Decimal(1) if each.currency in (self.currency, "") else self.rates.get(each.currency)
                if rate is None:
                    cost, rows = self.left.get(each.currency, (ZERO, 0))
                    self.left[each.currency] = cost + each.cost, rows + each.rows
                    continue
                self._count(each, rate)

    def _count(self, each: Charge, rate: Decimal) -> None:
        # Providers bill at their own pace: the last month of one is not that of another.
        self.last[each.provider] = max(self.last.get(each.provider, ""), each.month)
        slug = tool_of(each.provider, each.service)
        key = slug, account_of(each.account)
        if key not in self.tools:
            self.tools[key] = Sum(each.provider)
            self.labels[key] = (each.service, each.provider, each.account)
        extra = [*(["corrections"] if each.correction else []), *(["unused"] if each.unused else [])]
        self.tools[key].add(each, rate, each.category.lower() or "usage", *extra, *(["named"] if each.resource else []))
        if each.resource:
            resource = identity(each.resource, slug)
            if resource not in self.resources:
                self.resources[resource] = Sum(each.provider)
            self.resources[resource].add(each, rate, *extra)

    def documents(self) -> Iterator[dict[str, Any]]:
        """One document a resource, then one a tool, sorted."""
        with localcontext(EXACT):
            for resource in sorted(self.resources):
                yield {"resource_id": resource, "currency": self.currency, **self._figures(self.resources[resource])}
            for key in sorted(self.tools):
                service, provider, account = self.labels[key]
                told = {"tool_id": ":".join(key), "service": service, "provider": provider, "account": account}
                yield {**told, "currency": self.currency, **self._figures(self.tools[key])}

    def _figures(self, sums: Sum) -> dict[str, Any]:
        return sums.document(self.last[sums.provider])


def plain(amount: Decimal) -> str:
    """An amount as short text without an exponent."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def shifted(month: str, by: int) -> str:
    """The month so many months later: `2026-01`, -1 -> `2025-12`."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:7]) - 1 + by, 12)
    return f"{year:04d}-{number + 1:02d}"


def distance(first: str, last: str) -> int:
    """Months from one to another."""
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:7]) - int(first[5:7])


@cache
def tool_of(provider: str, service: str) -> str:
    """The slug of the catalog's product of that name, else one made of the service's own name."""
    known = find(service)
    return known.slug if known else _slug(service) or _slug(provider) or "unknown"


@cache
def account_of(account: str) -> str:
    """The last part of an account's id: Azure spells subscriptions as paths."""
    return account.rstrip("/").rpartition("/")[2].lower() or "unknown"


def identity(resource: str, product: str) -> str:
    """A resource's id as inventories spell it: Azure's in lower case, a bucket that goes by its bare name as an ARN."""
    if resource.startswith("/"):
        return resource.lower()
    bare = product == "s3" and not set(resource) & set(":/")
    return f"arn:aws:s3:::{resource}" if bare else resource


def _slug(text: str) -> str:
    words = "".join(each if each.isalnum() else " " for each in text.lower()).split()
    return "-".join(words)


def charges(file: Path) -> Iterator[Charge | str]:
    """The charges of a file: by columns where pyarrow is installed, else row by row; texts say which rows are none.

    Raises:
        ValueError: It is no FOCUS file.
    """
    from siloscope.collectors.focus_columns import columnar

    found = columnar(file)
    yield from rows(file) if found is None else found


def heading(file: Path) -> list[str]:
    """The first line of a CSV file, as column names."""
    with opened(file) as text:
        return [each.strip() for each in next(csv.reader(text), [])]


def opened(file: Path) -> io.TextIOWrapper:
    """A text file, gzipped or not, a byte order mark dropped."""
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return file.open(encoding="utf-8-sig", errors="replace", newline="")


def rows(file: Path) -> Iterator[Charge | str]:
    """The charges of a CSV file, one a row, with no other library than Python's own."""
    if file.suffix == ".parquet":
        raise ValueError("reading Parquet needs pyarrow: install siloscope[parquet]")
    with opened(file) as text:
        reader = csv.DictReader(text)
        missing = sorted(NEEDED - set(reader.fieldnames or ()))
        if missing:
            raise ValueError(f"no FOCUS file: no column {', '.join(missing)}")
        for number, row in enumerate(reader, start=2):
            told = [value if (value := row.get(name)) is not None and value not in NULLS else "" for name in COLUMNS]
            yield charge((*told, row["EffectiveCost"], 1), f"row {number}")


def charge(told: tuple[Any, ...], where: str) -> Charge | str:
    """A charge of the values of `COLUMNS`, the amount (text or decimal) and the number of rows; else what is wrong."""
    resource, account, provider, service, currency, start, category, kind, frequency, status, cost, count = told
    if not _MONTH.match(start):
        return f"{where}: ChargePeriodStart {start[:30]!r} is no time"
    if not isinstance(cost, Decimal):
        try:
            cost = ZERO if cost is None or cost in NULLS else Decimal(cost)
        except InvalidOperation:
            return f"{where}: EffectiveCost {cost[:30]!r} is no number"
    if not cost.is_finite():
        return f"{where}: EffectiveCost is not finite"
    if cost and cost.adjusted() >= LARGEST:
        return f"{where}: EffectiveCost {cost:.3g} is no amount"
    once, correction, unused = frequency == "One-Time", kind == "Correction", status == "Unused"
    return Charge(
        resource, account, provider, service, currency, start[:7], category, correction, once, unused, cost, count
    )
