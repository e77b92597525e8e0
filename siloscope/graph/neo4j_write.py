"""Statements that write nodes and relationships of the published layer, grouped so that their texts are constant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from siloscope.graph.neo4j_commit import Commit
from siloscope.graph.neo4j_rows import VERBS, Link, LinkKey, Node, NodeKey


def since_of(number: int | None) -> dict[str, int | None]:
    """`since` as a property: the first scan is not said, so that an index finds what changed after it."""
    return {} if number is None else {"since": number if number > 1 else None}


def relabel(lost: Iterable[str], added: Iterable[str]) -> tuple[str, str]:
    """The clauses that take labels from a node and give it others."""
    away, more = ("".join(f":{each}" for each in names) for names in (lost, added))
    return f"REMOVE n{away} " if away else "", f"SET n{more} " if more else ""


def create_nodes(
    commit: Commit, nodes: Iterable[Node], since: Mapping[NodeKey, int], *, telling: bool = False
) -> list[tuple[NodeKey, list[str], int]]:
    """Create nodes, grouped by their labels; if `telling`, where the server's own id of each is found after a flush."""
    places: list[tuple[NodeKey, list[str], int]] = []
    for labels, members in grouped((each.labels, each) for each in nodes):
        text = (
            f"UNWIND $rows AS row CREATE (n:{':'.join(labels)} {{estate: $estate, id: row.id}}) "
            "SET n += row.props, n.batch = $batch"
        )
        rows = ({"id": each.id, "props": _there(each.props, since.get(each.key))} for each in members)
        if telling:
            found: list[str] = []
            commit.each(f"{text} RETURN elementId(n)", rows, told=found)
            places += [(each.key, found, number) for number, each in enumerate(members)]
        else:
            commit.each(text, rows)
    return places


def create_links(
    commit: Commit,
    links: Iterable[Link],
    since: Mapping[LinkKey, int],
    places: Mapping[NodeKey, str] = MappingProxyType({}),
) -> None:
    """Create relationships, grouped by type and how their ends are found: by label and id, or by `places`."""
    groups = (
        ((each.type, *(None if end in places else end[0] for end in (each.start, each.end))), each) for each in links
    )
    for (kind, start, end), members in grouped(groups, order=repr):
        names = ("hash", "since", *((*members[0].props, "name") if kind in VERBS else members[0].props))
        shown = ", ".join(f"{name}: row[{n}]" for n, name in enumerate(names, start=2))
        found = f"{_end('a', start)} {_end('b', end)}"
        text = f"UNWIND $rows AS row {found} CREATE (a)-[r:{kind} {{{shown}, batch: $batch}}]->(b)"
        rows = (
            [
                places.get(each.start, each.start[1]),
                places.get(each.end, each.end[1]),
                each.hash,
                _later(since.get(each.key)),
                *each.props.values(),
                each.name or None,
            ]
            for each in members
        )
        commit.each(text, rows, links=kind)


def _end(alias: str, label: str | None) -> str:
    row = f"row[{'ab'.index(alias)}]"
    if label is None:
        return f"MATCH ({alias}) WHERE elementId({alias}) = {row}"
    return f"MATCH ({alias}:{label} {{estate: $estate, id: {row}}})"


def _there(props: Mapping[str, Any], number: int | None) -> dict[str, Any]:
    """The properties that a new node has."""
    own = {name: value for name, value in props.items() if value is not None}
    if later := _later(number):
        own["since"] = later
    return own


def _later(number: int | None) -> int | None:
    return number if number is not None and number > 1 else None


def ends(start: str, end: str) -> str:
    """The clauses that find both ends of a row."""
    return f"MATCH (a:{start} {{estate: $estate, id: row.a}}) MATCH (b:{end} {{estate: $estate, id: row.b}})"


def grouped(
    pairs: Iterable[tuple[Any, Any]], order: Callable[[Any], Any] = lambda key: key
) -> list[tuple[Any, list[Any]]]:
    """Members by group, in the order of groups."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, member in pairs:
        groups[key].append(member)
    return sorted(groups.items(), key=lambda each: order(each[0]))
