"""Records that are neither store's own: what a store dumps and another one loads, lossless both ways.

Every field is text, a number or None, so that two dumps can be compared record by record, whatever holds them.
Bodies are canonical JSON (`model.dumps`). A dump is in the order of the classes here: first what is published,
then each slice with its observations after it, scans by number, current rows (tools, assets, outside nodes, edges,
findings), versions that ended, and verdicts. Within a class the order is the store's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from typing import TYPE_CHECKING

from siloscope.errors import StoreError

if TYPE_CHECKING:
    from siloscope.graph.store import Store

KINDS = ("tool", "asset", "outside", "edge", "finding")


@dataclass(frozen=True, slots=True)
class PublishedRecord:
    """What is published as a whole; the first record of a dump.

    `ledger` is the JSON array of its slices, `seen` the JSON object of `seen.implied`: when each source was last
    read; `late` what `seen.late` counted.
    """

    scan_id: str
    scan_at: str
    ledger: str
    seen: str
    late: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SliceRecord:
    """A slice as last read: `body` is the `Slice`, `baseline` the JSON array of its `Baseline`, if it has one."""

    source: str
    listing: str
    scope: str
    body: str
    baseline: str | None
    at: str
    gone_at: str | None


@dataclass(frozen=True, slots=True)
class ObservationRecord:
    """An observation, or its tombstone; `last_seen` is None while the slice shows it whenever it is read."""

    source: str
    listing: str
    scope: str
    key: str
    mark: str
    body: str
    first_seen: str
    last_seen: str | None
    gone_at: str | None


@dataclass(frozen=True, slots=True)
class ScanRecord:
    """A scan: `sources` and `figures` as JSON; `ledger` is None when it is that of the scan before."""

    number: int
    id: str
    at: str
    sources: str
    figures: str
    ledger: str | None


@dataclass(frozen=True, slots=True)
class CurrentRecord:
    """A published tool, asset (`seen.row_of`), outside node, edge (`history.edge_id`) or finding, as it now is."""

    kind: str
    id: str
    body: str
    since: int


@dataclass(frozen=True, slots=True)
class EndedRecord:
    """A version that ended: it held from scan `since` on, until scan `until`, which no longer shows it."""

    kind: str
    id: str
    body: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """What a person said about a finding."""

    finding: str
    state: str
    reason: str
    at: str


Record = PublishedRecord | SliceRecord | ObservationRecord | ScanRecord | CurrentRecord | EndedRecord | VerdictRecord


@dataclass(slots=True)
class Tally:
    """How many records of each class there were, and a sum over their content that no order changes."""

    counts: dict[str, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count one record."""
        name = type(record).__name__
        text = repr(tuple(getattr(record, each) for each in _names(type(record))))
        mark = int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")
        self.counts[name] = self.counts.get(name, 0) + 1
        self.sums[name] = (self.sums.get(name, 0) + mark) % (1 << 128)

    def over(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records, counted as they pass."""
        for each in records:
            self.add(each)
            yield each


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    if kind not in _NAMES:
        _NAMES[kind] = tuple(each.name for each in fields(kind))
    return _NAMES[kind]


def copy(source: Store, target: Store) -> Tally:
    """Copy everything from one store into another, empty one, and read it back to compare; what was copied.

    Raises:
        StoreError: The target holds something, or does not hold afterwards what the source does.
    """
    told, found = Tally(), Tally()
    target.load(told.over(source.dump()))
    for each in target.dump():
        found.add(each)
    if told != found:
        wrong = sorted(name for name in told.sums | found.sums if told.sums.get(name) != found.sums.get(name))
        raise StoreError(
            f"{target.url}: the copy is not what {source.url} holds ({', '.join(wrong)} differ): "
            "one of them was written meanwhile, or changed by hand"
        )
    return told
