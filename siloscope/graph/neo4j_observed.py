"""The observed layer of Neo4j, the truth: applying a slice's change, and reading observations and the ledger back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from siloscope.graph.build import Row
from siloscope.graph.commit import Baseline, KnownSlice, SliceChange, SliceKey, observation_of
from siloscope.graph.neo4j_link import Cypher
from siloscope.graph.neo4j_publish import publish
from siloscope.graph.neo4j_rows import short
from siloscope.graph.view import Graph
from siloscope.model import Slice, Visibility, digest, dumps, from_json, to_json


class Neo4jBatch:
    """One source's commit: statements inside the open transaction."""

    def __init__(self, cypher: Cypher) -> None:
        self._cypher = cypher

    def apply(self, change: SliceChange, at: str) -> None:
        """Write one slice's change."""
        cypher, number = self._cypher, slice_number(change.slice)
        if change.drop:
            gone = "MATCH (o:SiloscopeObservation {estate: $estate, slice: $slice}) WHERE o.key IS NOT NULL DELETE o"
            cypher.run(gone, slice=number)
            cypher.run("MATCH (s:SiloscopeSlice {estate: $estate, slice: $slice}) DELETE s", slice=number)
            return
        text = "MATCH (s:SiloscopeSlice {estate: $estate, slice: $slice}) RETURN s.at"
        before = next((row[0] for row in cypher.rows(text, slice=number)), None)
        cypher.run(
            "MERGE (s:SiloscopeSlice {estate: $estate, slice: $slice}) SET s += $props",
            slice=number,
            props=slice_props(change, at),
        )
        rows = [
            {"key": short(key), "props": {"full": key if short(key) != key else None, "hash": mark,
             "body": dumps(to_json(item)), "last_seen": None, "gone_at": None}}
            for key, mark, item in change.put
        ]  # fmt: skip
        cypher.each(
            "UNWIND $rows AS row MERGE (o:SiloscopeObservation {estate: $estate, slice: $slice, key: row.key}) "
            "SET o.first_seen = CASE WHEN o.gone_at IS NULL THEN coalesce(o.first_seen, $at) ELSE $at END "
            "SET o += row.props",
            rows,
            slice=number,
            at=at,
        )
        for keys, props in (
            (change.back, {"last_seen": None}),
            (change.lost, {"last_seen": before or at}),
            (change.gone, {"gone_at": at}),
        ):
            cypher.each(
                "UNWIND $rows AS row MATCH (o:SiloscopeObservation {estate: $estate, slice: $slice, key: row.key}) "
                "SET o += $props",
                [{"key": short(key)} for key in keys],
                slice=number,
                props=props,
            )

    def live(self) -> Iterator[Row]:
        """Every live observation, this batch's changes included."""
        return live(self._cypher)

    def slices(self) -> Sequence[Slice]:
        """The ledger, this batch's changes included."""
        return slices(self._cypher)

    def publish(self, graph: Graph) -> None:
        """Write the rows of the graph that differ from what is published."""
        publish(self._cypher, graph)


def slice_number(row: Slice) -> str:
    """The number of a slice: one value for its key."""
    return digest(*row.key)


def slice_props(change: SliceChange, at: str) -> dict[str, Any]:
    """The properties of a slice's node."""
    row, base = change.slice, change.baseline
    return {
        "source": short(row.source),
        "listing": row.listing,
        "scope": row.scope,
        "status": row.status.value,
        "at": at,
        "body": dumps(to_json(row)),
        "baseline": dumps([base.config, base.principal, base.visibility]) if base else None,
    }


def known(cypher: Cypher, source: str) -> dict[SliceKey, KnownSlice]:
    """What is held of a source, by slice."""
    found: dict[str, tuple[Slice, Baseline | None, dict[str, str], set[str]]] = {}
    text = "MATCH (s:SiloscopeSlice {estate: $estate}) WHERE s.slice IS NOT NULL AND s.source = $source "
    for number, body, baseline in cypher.rows(text + "RETURN s.slice, s.body, s.baseline", source=short(source)):
        found[number] = (from_json(Slice, json.loads(body)), _baseline(baseline), {}, set())
    text = (
        "UNWIND $numbers AS number MATCH (o:SiloscopeObservation {estate: $estate, slice: number}) "
        "WHERE o.key IS NOT NULL AND o.gone_at IS NULL RETURN number, coalesce(o.full, o.key), o.hash, o.last_seen"
    )
    for number, key, mark, last in cypher.rows(text, numbers=sorted(found)):
        found[number][2][key] = mark
        if last is not None:
            found[number][3].add(key)
    return {row.key: KnownSlice(row, base, hashes, frozenset(missing)) for row, base, hashes, missing in found.values()}


def slices(cypher: Cypher) -> list[Slice]:
    """The ledger, sorted."""
    text = "MATCH (s:SiloscopeSlice {estate: $estate}) WHERE s.slice IS NOT NULL RETURN s.body"
    found = [from_json(Slice, json.loads(body)) for (body,) in cypher.rows(text)]
    return sorted(found, key=lambda each: each.key)


def live(cypher: Cypher) -> Iterator[Row]:
    """Every live observation."""
    text = "MATCH (s:SiloscopeSlice {estate: $estate}) WHERE s.slice IS NOT NULL RETURN s.slice, s.body, s.at"
    ledger = {number: (from_json(Slice, json.loads(body)), at) for number, body, at in cypher.rows(text)}
    text = (
        "MATCH (o:SiloscopeObservation {estate: $estate}) "
        "WHERE o.slice IS NOT NULL AND o.key IS NOT NULL AND o.gone_at IS NULL "
        "RETURN o.slice, coalesce(o.full, o.key), o.body, o.first_seen, o.last_seen"
    )
    for number, key, body, first, last in cypher.rows(text):
        if number in ledger:
            row, at = ledger[number]
            yield Row(row, observation_of(key, json.loads(body)), first, last or at)


def _baseline(text: str | None) -> Baseline | None:
    if not text:
        return None
    config, principal, visibility = json.loads(text)
    return Baseline(config, principal, Visibility(visibility))
