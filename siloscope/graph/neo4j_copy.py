"""Everything the Neo4j store holds as records of `copying`, and an empty estate filled with such records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from siloscope.codec import loads, to_text
from siloscope.errors import StoreError
from siloscope.graph.copying import (
    CurrentRecord,
    EndedRecord,
    ObservationRecord,
    PublishedRecord,
    Record,
    ScanRecord,
    SliceRecord,
    VerdictRecord,
)
from siloscope.graph.history import Held, edge_id
from siloscope.graph.neo4j_commit import SCHEMA, Commit, seen
from siloscope.graph.neo4j_history import TIED, new_version, scan_figures, tie, version_props
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_observed import (
    NEW_OBSERVATION,
    NEW_SLICE,
    OBSERVATION,
    SLICE,
    SLICES,
    observation_row,
    slice_number,
)
from siloscope.graph.neo4j_past import past
from siloscope.graph.neo4j_read import links, nodes
from siloscope.graph.neo4j_rows import (
    Link,
    Node,
    NodeKey,
    about_links,
    asset_links,
    asset_node,
    capability_nodes,
    checksum,
    department_nodes,
    edge_link,
    finding_node,
    outside_node,
    short,
    tool_links,
    tool_node,
)
from siloscope.graph.neo4j_write import create_links, create_nodes
from siloscope.graph.seen import asset_of
from siloscope.model import Edge, Outside, Slice, Tool, dumps, from_json

_STORE = (
    "MATCH (s:SiloscopeStore {estate: $estate}) RETURN coalesce(s.schema, 0), s.checksum, "
    "[coalesce(s.scan_id, ''), coalesce(s.scan_at, ''), coalesce(s.ledger, '[]'), coalesce(s.seen, '{}')], "
    "coalesce(s.late, 0), coalesce(s.fingerprint, '')"
)
_VERDICTS = f"MATCH (v:SiloscopeVerdict {{estate: $estate}}) WHERE {seen('v')} RETURN v.full, v.state, v.reason, v.at"
_SCANS = (
    f"MATCH (s:Scan {{estate: $estate}}) WHERE s.n IS NOT NULL AND {seen('s')} "
    "RETURN s.n, s.id, s.at, s.sources, s.figures, s.ledger ORDER BY s.n"
)
_KINDS = {"tool": "Tool", "asset": "Asset", "outside": "Outside"}


def verdicts(cypher: Cypher) -> list[tuple[str, str, str, str]]:
    """What people said about findings: id, state, reason and time each, sorted."""
    return [(name, state, reason, at) for name, state, reason, at in sorted(cypher.rows(_VERDICTS))]


def is_empty(cypher: Cypher) -> bool:
    """Whether nothing was ever written into this estate."""
    told = next(cypher.rows(_STORE), None)
    return not (cypher.published or (told and (told[1] or told[4])) or verdicts(cypher))


def dump(cypher: Cypher) -> Iterator[Record]:
    """Everything, in the order of `copying`.

    Raises:
        StoreError: An earlier release wrote it, and no scan has been committed since.
    """
    if is_empty(cypher):
        return
    schema, checked, told, late, fingerprint = next(cypher.rows(_STORE), (SCHEMA, None, ["", "", "[]", "{}"], 0, ""))
    if schema < SCHEMA and checked:
        raise StoreError("an earlier release of siloscope wrote this estate; scan once, then copy")
    yield PublishedRecord(told[0], told[1], told[2], told[3], late, fingerprint)
    yield from _observed(cypher)
    for n, name, at, sources, figures, ledger in cypher.rows(_SCANS):
        yield ScanRecord(n, name, at, dumps(sources), figures, ledger)
    for kind, label in _KINDS.items():
        for each in nodes(cypher, label):
            yield CurrentRecord(kind, loads(each.body)["id"], each.body, each.since)
    for link in links(cypher):
        yield CurrentRecord("edge", edge_id(link.edge), to_text(link.edge), link.since)
    for each in nodes(cypher, "Finding"):
        yield CurrentRecord("finding", loads(each.body)["id"], each.body, each.since)
    for span in past(cypher, "true"):
        yield EndedRecord(span.kind, span.id, span.body, span.since, span.until or 0)
    yield from (VerdictRecord(*row) for row in verdicts(cypher))


def _observed(cypher: Cypher) -> Iterator[Record]:
    fields = ", ".join(SLICE.told(each) for each in ("body", "baseline", "at", "gone_at"))
    for number, body, baseline, at, gone in list(cypher.rows(f"{SLICES} RETURN s.slice, {fields}")):
        key = from_json(Slice, loads(body)).key
        yield SliceRecord(*key, body, baseline or None, at, gone or None)
        told = ", ".join(OBSERVATION.told(each) for each in OBSERVATION.fields)
        text = (
            "MATCH (o:SiloscopeObservation {estate: $estate, slice: $slice}) "
            f"WHERE o.key IS NOT NULL AND {seen('o')} RETURN coalesce(o.full, o.key), {told}"
        )
        for name, mark, item, first, last, ended in cypher.rows(text, slice=number):
            yield ObservationRecord(*key, name, mark, item, first, last or None, ended or None)


def load(commit: Commit, records: Iterable[Record]) -> None:
    """Fill an empty estate.

    Raises:
        StoreError: It holds something already.
    """
    with commit.reading() as cypher:
        if not is_empty(Cypher.like(cypher, commit.batch - 1)):
            raise StoreError(f"{commit.link.at}: holds something already; a copy goes into an empty store")
    loader = _Loader(commit)
    for each in records:
        loader.take(each)
    if commit.wrote:  # nothing of an empty store
        loader.finish()


class _Loader:
    """Takes records in the order of a dump."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._marks: list[str] = []
        self._times: dict[str, str] = {}
        self._published = False
        self._assets: list[tuple[str, str, str | None]] = []  # id, tool and department of each
        self._tools: list[Tool] = []
        self._places: dict[str, NodeKey] = {}
        self._outside: set[str] = set()
        self._versions: set[NodeKey] = set()
        self._tied = False

    def take(self, record: Record) -> None:
        """Write one record."""
        if isinstance(record, CurrentRecord):
            self._current(record)
        elif isinstance(record, ObservationRecord):
            self._observation(record)
        elif isinstance(record, SliceRecord):
            self._slice(record)
        elif isinstance(record, EndedRecord):
            self._ended(record)
        elif isinstance(record, ScanRecord):
            self._scan(record)
        elif isinstance(record, VerdictRecord):
            row = {"full": record.finding, "state": record.state, "reason": record.reason, "at": record.at}
            text = (
                "UNWIND $rows AS row CREATE (v:SiloscopeVerdict {estate: $estate, finding: row.id}) SET v += row.props"
            )
            self._commit.each(f"{text}, v.batch = $batch", [{"id": short(record.finding), "props": row}])
        else:
            self._start(record)

    def _start(self, record: PublishedRecord) -> None:
        self._times, self._published = loads(record.seen), bool(record.scan_id)
        self._commit.props["fingerprint"] = record.fingerprint or None
        if self._published:
            names = ("scan_id", "scan_at", "ledger", "seen", "late")
            self._commit.props |= {name: getattr(record, name) for name in names}

    def _slice(self, record: SliceRecord) -> None:
        row = from_json(Slice, loads(record.body))
        props = {
            "source": short(row.source),
            "listing": row.listing,
            "scope": row.scope,
            "status": row.status.value,
            **{name: getattr(record, name) for name in ("at", "gone_at", "body", "baseline")},
        }
        self._commit.each(NEW_SLICE, [{"slice": slice_number(row), "props": props}])

    def _observation(self, record: ObservationRecord) -> None:
        number = slice_number(Slice(record.source, record.listing, record.scope))
        told = (record.key, record.mark, record.body, record.first_seen, record.last_seen, record.gone_at)
        self._commit.each(NEW_OBSERVATION, [observation_row(number, *told)])

    def _scan(self, record: ScanRecord) -> None:
        told = scan_figures(loads(record.figures))
        props = {"id": record.id, "at": record.at, "sources": loads(record.sources), "ledger": record.ledger}
        text = "UNWIND $rows AS row CREATE (s:Scan {estate: $estate, n: row.n}) SET s += row.props, s.batch = $batch"
        self._commit.each(text, [{"n": record.number, "props": {**props, **told, "figures": record.figures}}])
        if record.ledger is not None:
            self._commit.flush()  # it may be as large as many rows

    def _current(self, record: CurrentRecord) -> None:
        row: dict[str, Any] = loads(record.body)
        if record.kind == "edge":
            self._structure()
            self._link(edge_link(from_json(Edge, row), self._outside), record.since)
        elif record.kind == "finding":
            self._structure()
            self._node(finding_node(row), record.since)
            for link in about_links(row, self._places):
                create_links(self._commit, [link], {})
        elif record.kind == "asset":
            asset = asset_of(row, self._times)
            self._assets.append((asset.id, asset.tool, asset.department))
            self._node(asset_node(asset, self._times), record.since)
        elif record.kind == "tool":
            tool = from_json(Tool, row)
            self._tools.append(tool)
            self._node(tool_node(tool), record.since)
        else:
            self._outside.add(record.id)
            self._node(outside_node(from_json(Outside, row)), record.since)

    def _node(self, node: Node, since: int) -> None:
        self._places.setdefault(node.id, node.key)
        if node.labels[0] != "Finding":
            self._marks.append(node.hash)
        create_nodes(self._commit, [node], {node.key: since})

    def _link(self, link: Link, since: int) -> None:
        self._marks.append(link.hash)
        create_links(self._commit, [link], {link.key: since})

    def _structure(self) -> None:
        """Departments, capabilities, and what ties assets and tools to them; once all of these are there."""
        if self._tied:
            return
        self._tied = True
        departments = {name for _, _, name in self._assets} | {each.department for each in self._tools}
        slugs = {slug for each in self._tools for slug in each.capabilities}
        for node in (*department_nodes(departments), *capability_nodes(slugs)):
            self._places.setdefault(node.id, node.key)
            create_nodes(self._commit, [node], {})
        self._commit.order()
        known = {each.id for each in self._tools}
        for identity, tool, department in self._assets:
            create_links(self._commit, asset_links(identity, tool if tool in known else None, department), {})
        for each in self._tools:
            create_links(self._commit, tool_links(each), {})

    def _ended(self, record: EndedRecord) -> None:
        label, key = record.kind.capitalize(), short(record.id)
        props = version_props(label, Held(record.body, record.since), record.until)
        self._commit.each(new_version(label), [{"id": key, "props": props}])
        if label in TIED:
            self._versions.add((label, key))

    def finish(self) -> None:
        """Make it all visible."""
        self._structure()
        self._commit.order()
        tie(self._commit, self._versions)
        if self._published:
            self._commit.props |= {"checksum": checksum(self._marks), "schema": SCHEMA}
        self._commit.publish()
        self._commit.end()
