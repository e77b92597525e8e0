"""What the map page is given: every node, every dependency, every gap, the same for the same graph."""

import json
import random

import pytest

from siloscope.viz import payload
from siloscope.viz.columns import Strings, front, plain, runs, web_address
from tests.viz_estate import estate


def shuffled(rows, seed=3):
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    return rows


def small():
    """Two linked departments, one alone; a job in A reads a table in B and writes to something outside."""
    asset = {"kind": "x.job", "source": "s", "sources": ["s"]}
    return {
        "tools": [
            {"id": "airflow:a", "product": "Airflow", "instance": "a", "department": "A", "annual_cost": 500.0},
            {"id": "postgres:b", "product": "PostgreSQL", "instance": "b", "department": "B"},
            {"id": "uipath:c", "product": "UiPath", "instance": "c", "department": "C"},
        ],
        "assets": [
            {**asset, "id": "airflow://a/dag/one", "name": "one", "tool": "airflow:a", "department": "A"},
            {
                **asset,
                "id": "postgres://b/t",
                "name": "t",
                "tool": "postgres:b",
                "department": "B",
                "annual_cost": 40.0,
                "kind": "postgres.table",
            },
            {
                **asset,
                "id": "postgres://b/u",
                "name": "u",
                "tool": "postgres:b",
                "department": "B",
                "annual_cost": 2.0,
                "kind": "postgres.table",
            },
            {**asset, "id": "uipath://c/p", "name": "p", "tool": "uipath:c", "department": "C"},
        ],
        "edges": [
            {"source": "airflow://a/dag/one", "target": "postgres://b/t", "verb": "reads", "how": "exact", "name": "t"},
            {
                "source": "airflow://a/dag/one",
                "target": "postgres://b/u",
                "verb": "writes",
                "how": "exact",
                "name": "u",
            },
            {"source": "airflow:a", "target": "uipath://c/p", "verb": "contains", "how": "exact", "name": "p"},
            {
                "source": "airflow://a/dag/one",
                "target": "outside:s3://lake",
                "verb": "writes",
                "how": "outside",
                "name": "s3://lake",
            },
        ],
        "outside": [{"id": "outside:s3://lake", "name": "s3://lake"}],
        "slices": [
            {"source": "s", "listing": "jobs", "scope": "x", "status": "complete"},
            {"source": "s", "listing": "queues", "scope": "x", "status": "denied", "permission": "queues.read"},
            {"source": "s", "listing": "old", "scope": "x", "status": "failed", "accepted": "not used"},
            {"source": "never", "listing": "bots", "scope": "y", "status": "failed", "reason": "refused"},
        ],
    }


def by_name(page):
    return {row[0]: row for row in page["islands"]}


def test_the_same_graph_gives_the_same_bytes_in_any_order():
    """Rows may come in any order; the payload is the same to the byte."""
    graph, findings, plan = estate(assets=200)
    mixed = {**graph, **{key: shuffled(graph[key]) for key in ("tools", "assets", "edges", "outside", "slices")}}
    mixed_plan = {**plan, "dispositions": shuffled(plan["dispositions"]), "moves": shuffled(plan["moves"])}

    assert json.dumps(payload(graph, findings, plan)) == json.dumps(payload(mixed, shuffled(findings), mixed_plan))


def test_bridges_count_dependencies_by_who_depends_and_leave_out_structure():
    """A reads from B and writes to B: one dependency each way. That A contains a thing of C is no bridge."""
    page = payload(small(), [])
    names = [row[0] for row in page["islands"]]
    found = {(names[a], names[b]): (there, back) for a, b, there, back, *_ in page["lenses"]["dependencies"]}

    assert found == {("A", "B"): (1, 1)}
    assert by_name(page)["C"][6] == 1
    assert by_name(page)["A"][6] == 0


def test_an_island_costs_what_its_tools_cost_or_else_their_assets():
    """A's tool has a bill; B's has none, so its tables' 42 count."""
    islands = by_name(payload(small(), []))

    assert (islands["A"][5], islands["B"][5]) == (500, 42)


def test_what_was_not_looked_at_is_fog_at_its_source_and_accepted_gaps_are_not():
    """One slice of `s` was denied; one was accepted; `never` showed nothing and drifts alone."""
    page = payload(small(), [])
    strings = page["strings"]
    fogs = {strings[fog["source"]]: fog for fog in page["fog"]}

    assert {name: len(fog["missing"]) for name, fog in fogs.items()} == {"s": 1, "never": 1}
    assert [strings[cell] for cell in fogs["s"]["missing"][0]][:5] == ["queues", "x", "denied", "", "queues.read"]
    assert by_name(page)["never"][1] == 3
    assert page["islands"][fogs["never"]["island"]][0] == "never"
    assert page["coverage"] == [4, 2]


def test_a_tool_without_department_takes_that_of_most_assets_else_shared():
    """Two of three assets in Risk: Risk. One each: shared. None assigned: unassigned."""

    def graph(*departments):
        return {
            "assets": [
                {"id": f"a{i}", "kind": "k", "name": f"a{i}", "tool": "t:1", "source": "s", "department": d}
                for i, d in enumerate(departments)
            ]
        }

    assert payload(graph("Risk", "Risk", "Legal"), [])["islands"][0][:2] == ["Risk", 0]
    assert payload(graph("Risk", "Legal"), [])["islands"][0][:2] == ["shared", 1]
    assert payload(graph(None, None), [])["islands"][0][:2] == ["unassigned", 2]


def test_an_empty_graph_is_a_payload_too():
    """Nothing scanned: no islands, no failure."""
    page = payload({}, [])

    assert page["islands"] == []
    assert page["assets"]["count"] == 0


def test_findings_point_at_nodes_and_keep_the_keeper_first():
    """Subjects become node numbers in their order; what is not on the map stays as text."""
    row = {
        "id": "f",
        "rule": "duplicate-asset",
        "score": 0.9,
        "title": "t",
        "subjects": ["uipath://c/p", "airflow://a/dag/one", "gone"],
        "because": [{"says": "why", "weight": 1.5}],
    }
    page = payload(small(), [row, {**row, "id": "g", "state": "rejected"}])
    (finding,) = page["findings"]

    assert finding["subjects"] == [3, 0]
    assert [page["strings"][n] for n in finding["others"]] == ["gone"]
    assert page["signs"][finding["sign"]][0] == "D"
    assert page["strings"][finding["because"][0][0]] == "why"
    assert [row[2:4] for row in page["lenses"]["duplicates"]] == [[1, 0]]


def test_a_plan_adds_its_view():
    """Dispositions by tool, and the flow of moved assets between departments."""
    plan = {
        "summary": {"npv": 5, "status": "optimal"},
        "dispositions": [{"tool": "airflow:a", "disposition": "retire", "target": "uipath:c", "because": []}],
        "moves": [{"asset": "airflow://a/dag/one", "from": "airflow:a", "to": "uipath:c", "wave": 2}],
    }
    page = payload(small(), [], plan)
    names = [row[0] for row in page["islands"]]

    assert page["plan"]["disposition"] == [2, -1, -1]
    assert page["plan"]["moves"] == {"asset": [0], "to": [6], "wave": [2]}
    assert [(names[a], names[b], there) for a, b, there, *_ in page["lenses"]["plan"]] == [("A", "C", 1)]
    assert "plan" not in payload(small(), [])["lenses"]


def test_every_outside_node_lies_in_the_water():
    """No diamond lies on a tool, and none over the place of its island's title."""
    page = payload(estate()[0], [])
    tools = list(zip(page["tools"]["x"], page["tools"]["y"], page["tools"]["r"], strict=True))
    spots = list(zip(page["outside"]["x"], page["outside"]["y"], strict=True))

    assert len(set(spots)) == len(spots)
    assert all((x - tx) ** 2 + (y - ty) ** 2 > r**2 for x, y in spots for tx, ty, r in tools)


def test_five_thousand_assets_fit_in_a_small_page():
    """Text is stored once and ids by what differs: under 200 bytes an asset, findings and plan included."""
    page = payload(*estate(assets=5000, tools=400, departments=14))

    assert len(json.dumps(page, separators=(",", ":"))) < 200 * 5000


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\nb\t c", "a b c"),
        ("x\u202egpj", "x gpj"),
        ("  ", ""),
        (None, ""),
        ("é" * 400, "é" * 299 + "…"),
        ("\ud800ok", "ok"),
    ],
)
def test_names_become_one_plain_line(given, shown):
    """Control, direction and lone surrogate characters go; long names end in an ellipsis."""
    assert plain(given) == shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "http://a b", "//host", 'https://x"y', None, "ftp://x"]
)
def test_only_plain_web_addresses_become_links(url):
    """Anything but http(s), or with characters that could end an attribute, is dropped."""
    assert web_address(url) == ""


def test_web_addresses_stay():
    """An ordinary address is kept as it is."""
    assert web_address("https://tool.example/a?b=1#c") == "https://tool.example/a?b=1#c"


def test_front_coding_can_be_undone():
    """Shared length plus rest rebuilds every text, also around characters beyond the first plane."""
    texts = ["", "s3://lake/a", "s3://lake/b", "s3://😀/a", "s3://😀/b", "s3://😁/b", "s3"]
    coded, before, back = front(texts), "", []
    for keep, rest in zip(coded["shared"], coded["rest"], strict=True):
        before = before[:keep] + rest
        back.append(before)

    assert back == texts


def test_the_table_of_strings_numbers_a_text_once():
    """The same text has the same number; the empty text is 0."""
    table = Strings()

    assert [table("a"), table("b"), table("a"), table("")] == [1, 2, 1, 0]
    assert table.rows == ["", "a", "b"]


def test_a_column_is_coded_as_runs_only_where_that_is_shorter():
    """Four equal numbers are one run; four different ones stay as they are."""
    assert runs([7, 7, 7, 7]) == {"runs": [7, 4]}
    assert runs([1, 2, 3, 4]) == [1, 2, 3, 4]
    assert runs([]) == []
