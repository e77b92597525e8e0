"""docs/cypher.md: every question is asked of the example company in a real Neo4j; many answers are reckoned twice."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from siloscope.analysis import findings
from siloscope.catalog import capabilities
from siloscope.collectors import CONTRACT, types
from siloscope.comparing import note
from siloscope.config import load
from siloscope.demo import prepare, scanned
from siloscope.graph.build import Settings
from siloscope.graph.commit import decide, texts
from siloscope.graph.copying import copy
from siloscope.graph.neo4j_rows import domain_of
from siloscope.graph.store import Store, open_store
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Finding, How, Outside, Verb
from siloscope.scanner import publish
from tests.servers.neo4j import Neo4j

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "cypher.md").read_text("utf-8")
FOUND = re.findall(
    r"^### (\d+)\. ([^\n]+\?[^\n]*)\n\n```cypher\n([^`]*)```\n\n([^\n#][^\n]+)\n", PAGE, re.MULTILINE | re.DOTALL
)
QUERIES = {int(number): query for number, _, query, _ in FOUND}
LATER = "2026-11-09T06:00:00Z"
LAKE = "arn:aws:s3:::tarnwick-lake-curated"
UNASSIGNED = "unassigned"
Rows = Iterable[tuple[Any, ...]]


def test_the_page_asks_at_least_25_questions_each_with_a_query_and_how_to_read_it() -> None:
    """Numbered from 1; every query is of one estate, and says in which order its rows come."""
    assert list(QUERIES) == list(range(1, len(FOUND) + 1))
    assert len(FOUND) >= 25
    assert PAGE.count("\n### ") == PAGE.count("```cypher") == len(FOUND)
    for number, query in QUERIES.items():
        assert "{estate: $estate" in query, number
        assert "ORDER BY" in query, number


@pytest.fixture(scope="module")
def company(neo4j: Neo4j, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Graph, list[Finding]]]:
    """The example company in Neo4j, with a second scan a week later in which a bucket changed hands."""
    folder = tmp_path_factory.mktemp("questions") / "demo"
    prepare(folder)
    scanned(folder)
    estate = uuid4().hex
    url = f"bolt://{neo4j.user}@{neo4j.url.partition('://')[2]}/neo4j?estate={estate}"
    source, store = open_store(str(folder / "siloscope.db")), open_store(url, neo4j.password)
    copy(source, store)
    source.close()
    change(store, Settings.of(load(folder / "siloscope.toml", types(), CONTRACT)))
    graph = store.graph()
    found = list(findings(graph))
    note(store, graph)
    yield store, graph, found
    store.close()
    with neo4j.driver() as driver:
        driver.execute_query("MATCH (n {estate: $estate}) DETACH DELETE n", estate=estate)


def change(store: Store, settings: Settings) -> None:
    """A second scan of one source: the lake's owner is another, one bucket is gone, one is new."""
    rows = [row for row in store.live() if row.slice.listing == "s3.bucket" and row.slice.source == "aws-analytics"]
    lake = next(row.item for row in rows if isinstance(row.item, Asset) and row.item.id == LAKE)
    assert isinstance(lake, Asset)
    kept = [
        row.item for row in rows if getattr(row.item, "id", "") not in (LAKE, "arn:aws:s3:::tarnwick-athena-results")
    ]
    new = replace(lake, id="arn:aws:s3:::tarnwick-new", name="tarnwick-new", names=())
    shown = texts([*kept, replace(lake, owner="new.owner@tarnwick.example"), new])
    row = rows[0].slice
    with store.writing(row.source) as batch:
        batch.apply(decide(store.known(row.source)[row.key], row, shown, LATER), LATER)
        publish(batch, settings, LATER)


def ask(store: Store, number: int) -> list[tuple[Any, ...]]:
    return list(store.query(QUERIES[number]).rows)


@pytest.mark.server("neo4j")
@pytest.mark.parametrize("number", QUERIES, ids=lambda each: f"question {each}")
def test_a_question_has_an_answer(company: tuple[Store, Graph, list[Finding]], number: int) -> None:
    """The company has of everything that is asked about."""
    answer = ask(company[0], number)
    assert answer
    assert all(any(value not in (None, [], 0) for value in row) for row in answer)


def depends(edge: Edge) -> tuple[str, str]:
    """(who depends, on what)."""
    return (edge.source, edge.target) if edge.verb.depends > 0 else (edge.target, edge.source)


def within(graph: Graph, start: str, steps: int, *, upwards: bool) -> set[str]:
    """What depends on a node, or upwards what it depends on, within some steps."""
    near: dict[str, set[str]] = defaultdict(set)
    for edge in graph.dependencies:
        one, other = depends(edge)
        if upwards:
            near[one].add(other)
        elif one in graph.asset:
            near[other].add(one)
    found, edge_of_it = {start}, {start}
    for _ in range(steps):
        edge_of_it = {far for each in edge_of_it for far in near[each]} - found
        found |= edge_of_it
    return found - {start}


def tool_of(graph: Graph, key: str) -> str | None:
    return graph.asset[key].tool if key in graph.asset else None


def called(graph: Graph, tool: str) -> str:
    """A tool's name as people see it."""
    return f"{graph.tool[tool].product} {graph.tool[tool].instance}"


def who_is_at_the_lake(graph: Graph, _: list[Finding]) -> Rows:
    for each in graph.edges:
        if each.target == LAKE and each.source in graph.asset:
            start = graph.asset[each.source]
            yield start.name, start.department, each.verb.value.upper(), each.name, each.where


def breaks_with_the_lake(graph: Graph, _: list[Finding]) -> Rows:
    counts = Counter(graph.asset[each].department for each in within(graph, LAKE, 4, upwards=False))
    return counts.items()


def needed_by_the_load(graph: Graph, _: list[Finding]) -> Rows:
    for key in within(graph, "airflow://airflow.tarnwick.example/dag/warehouse_load", 4, upwards=True):
        asset = graph.asset.get(key)
        name = asset.name if asset else next(each.name for each in graph.outside if each.id == key)
        yield "Asset" if asset else "Outside", asset.kind if asset else "nobody scanned it", name


def meetings(graph: Graph, _: list[Finding]) -> Rows:
    pairs = Counter(
        (one, other)
        for each in graph.edges
        if (one := tool_of(graph, each.source)) and (other := tool_of(graph, each.target)) and one != other
    )
    return ((called(graph, one), called(graph, other), count) for (one, other), count in pairs.items())


def on_whom_departments_depend(graph: Graph, _: list[Finding]) -> Rows:
    users: dict[str, set[str]] = defaultdict(set)
    for each in graph.edges:
        if each.verb.depends > 0 and each.source in graph.asset and graph.asset[each.source].department != UNASSIGNED:
            users[each.target].add(each.source)
    outside = {each.id: each for each in graph.outside}
    for key, assets in users.items():
        departments = {graph.asset[each].department for each in assets}
        if len(departments) > 1:
            thing: Asset | Outside = graph.asset.get(key) or outside[key]
            yield thing.name, thing.kind if isinstance(thing, Asset) else "outside", len(departments), len(assets)


def tools_apart(graph: Graph, _: list[Finding]) -> Rows:
    met = {
        tool
        for each in graph.edges
        if (one := tool_of(graph, each.source)) and (other := tool_of(graph, each.target)) and one != other
        for tool in (one, other)
    }
    held = Counter(each.tool for each in graph.assets)
    return ((called(graph, each.id), each.department, held[each.id]) for each in graph.tools if each.id not in met)


def reads_across(graph: Graph, _: list[Finding]) -> Rows:
    pairs = Counter(
        (one.department, other.department)
        for each in graph.edges
        if each.verb is Verb.READS and (one := graph.asset.get(each.source)) and (other := graph.asset.get(each.target))
    )
    return ((one, other, count) for (one, other), count in pairs.items() if one != other)


def mentioned(graph: Graph, _: list[Finding]) -> Rows:
    counts = Counter(each.target for each in graph.edges if each.source in graph.asset)
    return ((each.name, counts[each.id]) for each in graph.outside)


def met(graph: Graph, _: list[Finding]) -> Rows:
    links, found = Counter[str](), Counter[str]()
    for each in graph.dependencies:
        if tool := tool_of(graph, each.source):
            links[tool] += 1
            found[tool] += each.how is not How.OUTSIDE
    return ((called(graph, tool), count, found[tool], round(found[tool] / count, 2)) for tool, count in links.items())


def purposes(graph: Graph, _: list[Finding]) -> Rows:
    for slug in {slug for each in graph.tools for slug in each.capabilities}:
        tools = [each for each in graph.tools if slug in each.capabilities]
        yield capabilities()[slug].name, len(tools), len({each.product for each in tools})


def built_twice(_: Graph, found: list[Finding]) -> Rows:
    return (
        (each.title, round(each.score, 2)) for each in found if each.rule == "duplicate-asset" and each.score >= 0.3
    )


def unowned(graph: Graph, _: list[Finding]) -> Rows:
    counts = Counter((each.tool, each.kind) for each in graph.assets if each.owner is None)
    return ((called(graph, tool), kind, count) for (tool, kind), count in counts.items())


def costs(graph: Graph, _: list[Finding]) -> Rows:
    for name in {each.department for each in graph.tools}:
        tools = [each for each in graph.tools if each.department == name]
        yield name, len(tools), float(round(sum(each.annual_cost or 0 for each in tools)))


def dormant(graph: Graph, _: list[Finding]) -> Rows:
    return (
        (each.kind, each.name, each.department)
        for each in graph.assets
        if each.last_used and each.last_used < "2026-05-13T06:00:00Z"
    )


def unread_slices(graph: Graph, _: list[Finding]) -> Rows:
    return ((each.source, each.listing, each.scope) for each in graph.slices if each.status.value != "complete")


def unread_data(graph: Graph, _: list[Finding]) -> Rows:
    inward, outward = (
        {Verb.READS, Verb.USES, Verb.RUNS, Verb.CALLS},
        {Verb.TRIGGERS, Verb.COPIES, Verb.SERVES, Verb.CONTAINS},
    )
    used = {each.target for each in graph.edges if each.verb in inward}
    used |= {each.source for each in graph.edges if each.verb in outward}
    return ((a.kind, a.name) for a in graph.assets if domain_of(a.tool) == "Data" and a.id not in used)


def changed(_: Graph, __: list[Finding]) -> Rows:
    return [
        ("changed", "asset", "tarnwick-lake-curated"),
        ("ended", "asset", "tarnwick-athena-results"),
        ("new", "asset", "tarnwick-new"),
    ]


# By question: what the answer is by the graph, and which columns of it are compared.
RECKONED: dict[int, tuple[Callable[[Graph, list[Finding]], Rows], tuple[int, ...]]] = {
    1: (who_is_at_the_lake, (0, 1, 2, 3, 4)),
    2: (breaks_with_the_lake, (0, 1)),
    3: (needed_by_the_load, (0, 1, 2)),
    5: (meetings, (0, 1, 3)),
    8: (tools_apart, (0, 1, 2)),
    10: (reads_across, (0, 1, 2)),
    12: (mentioned, (0, 1)),
    13: (met, (0, 1, 2, 3)),
    14: (purposes, (0, 1, 2)),
    17: (built_twice, (0, 1)),
    19: (unowned, (0, 1, 2)),
    20: (costs, (0, 1, 2)),
    21: (dormant, (0, 1, 2)),
    22: (unread_slices, (0, 1, 2)),
    23: (unread_data, (0, 1)),
}


@pytest.mark.server("neo4j")
@pytest.mark.parametrize("number", RECKONED, ids=lambda each: f"question {each}")
def test_an_answer_is_what_the_graph_says(company: tuple[Store, Graph, list[Finding]], number: int) -> None:
    """Neo4j's answer by Cypher, and the same reckoned from the graph in Python."""
    store, graph, found = company
    reckon, columns = RECKONED[number]
    answer = sorted(tuple(row[each] for each in columns) for row in ask(store, number))
    assert answer == sorted(map(tuple, reckon(graph, found)))


@pytest.mark.server("neo4j")
def test_what_most_departments_depend_on(company: tuple[Store, Graph, list[Finding]]) -> None:
    """Question 6, whose departments are a list."""
    store, graph, found = company
    answer = sorted((name, kind, len(departments), count) for name, kind, departments, count in ask(store, 6))
    assert answer == sorted(map(tuple, on_whom_departments_depend(graph, found)))


@pytest.mark.server("neo4j")
def test_the_last_scan_changed_what_it_changed(company: tuple[Store, Graph, list[Finding]]) -> None:
    """Questions 25 to 27: what changed, how the lake was before, and the figures of both scans."""
    store, graph, found = company
    answer = ask(store, 25)
    assert {row for row in answer if row[1] == "asset"} == set(changed(graph, found))
    ((until, name, owner, _),) = ask(store, 26)
    assert (until, name) == (LATER[:10], "tarnwick-lake-curated")
    assert owner != graph.asset[LAKE].owner == "new.owner@tarnwick.example"
    scans = ask(store, 27)
    assert [row[1] for row in scans] == ["2026-11-02", LATER[:10]]
    assert [row[4] for row in scans] == [len(graph.assets), len(graph.assets)]
