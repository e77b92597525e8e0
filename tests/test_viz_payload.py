"""What the map page is given: every node, every dependency, every gap, the same for the same graph."""

import json
import random
import sys
from pathlib import Path

import pytest

from siloscope.viz import payload
from siloscope.viz.columns import Strings, front, plain, runs, web_address
from siloscope.viz.estate import CHANGED, GONE, NEW
from siloscope.viz.payload import MEASURES, Atlas
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


def expand(column):
    """A column of numbers, whether as runs or not."""
    if isinstance(column, list):
        return column
    values = column["runs"]
    return [value for value, times in zip(values[::2], values[1::2], strict=True) for _ in range(times)]


def unfront(coded):
    """Front coding undone."""
    back, before = [], ""
    for keep, rest in zip(coded["shared"], coded["rest"].split("\n"), strict=True):
        before = before[:keep] + rest
        back.append(before)
    return back


GOLDEN = Path(__file__).parent / "golden"


def golden():
    """Payloads that are kept as files, by name."""
    return {"small": payload(small(), []), "planned": payload(*estate(assets=60, tools=14, departments=4))}


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
    assert by_name(page)["C"][3] == 1
    assert by_name(page)["A"][3] == 0


def test_an_island_costs_what_its_tools_cost_or_else_their_assets():
    """A's tool has a bill; B's has none, so its tables' 42 count."""
    islands = by_name(payload(small(), []))

    assert (islands["A"][2], islands["B"][2]) == (500, 42)


def test_what_was_not_looked_at_is_fog_at_its_source_and_accepted_gaps_are_not():
    """One slice of `s` was denied; one was accepted; `never` showed nothing and drifts alone."""
    page = payload(small(), [])
    strings = page["strings"]
    fogs = {strings[fog["source"]]: fog for fog in page["fog"]}

    assert {name: len(fog["missing"]) for name, fog in fogs.items()} == {"s": 1, "never": 1}
    assert [strings[cell] for cell in fogs["s"]["missing"][0]][:5] == ["queues", "x", "denied", "", "queues.read"]
    assert by_name(page)["never"][:2] == ["never", 3]
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


def test_a_tool_goes_in_the_wave_of_the_plan_also_after_its_last_move():
    """Where people or money are short it goes later than its assets; waves without moves count as well."""
    plan = {
        "dispositions": [{"tool": "airflow:a", "disposition": "migrate", "target": "uipath:c", "wave": 4}],
        "moves": [{"asset": "airflow://a/dag/one", "from": "airflow:a", "to": "uipath:c", "wave": 2}],
        "waves": [{"number": number} for number in range(1, 6)],
    }
    block = payload(small(), [], plan)["plan"]
    assert block["off"] == [4, 0, 0]
    assert block["last"] == 5


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
    assert expand(page["assets"]["to"]) == [2, -1, -1, -1]
    assert expand(page["assets"]["wave"]) == [2, 0, 0, 0]
    assert page["plan"]["steps"] == [[2, 1, 0], [], [2, 0, 1]]
    assert page["plan"]["last"] == 2
    assert page["plan"]["off"] == [0, 0, 0]
    assert [(names[a], names[b], there) for a, b, there, *_ in page["lenses"]["plan"]] == [("A", "C", 1)]
    assert "plan" not in payload(small(), [])["lenses"]


@pytest.mark.parametrize("measure", MEASURES)
def test_every_outside_node_lies_in_the_water(measure):
    """No diamond lies on a tool, and none on another, whatever the size of tools stands for."""
    layout = payload(estate()[0], [])["layouts"][measure]
    tools = list(zip(*layout["tools"], strict=True))
    spots = list(zip(*layout["outside"], strict=True))

    assert len(set(spots)) == len(spots)
    assert all((x - tx) ** 2 + (y - ty) ** 2 > r**2 for x, y in spots for tx, ty, r in tools)


def test_a_credit_does_not_blow_up_the_map():
    """Costs of 1,000 and -999 sum to nearly nothing; neither tool grows by a thousand for it, the credit is as small as any."""
    graph = small()
    graph["tools"] = [{**tool, "annual_cost": cost} for tool, cost in zip(graph["tools"], (1000, -999, 0), strict=True)]
    radii = payload(graph, [])["layouts"]["cost"]["tools"][2]

    assert radii[1] == radii[2] == min(radii)
    assert radii[0] < 3 * radii[2]


def test_size_stands_for_what_was_chosen():
    """By assets, cost or use: a tool that has more of it is never smaller; what others depend on is its use."""
    page = payload(estate()[0], [])
    for measure in MEASURES:
        rows = sorted(zip(page["tools"][measure], page["layouts"][measure]["tools"][2], strict=True))
        assert [radius for _, radius in rows] == sorted(radius for _, radius in rows)

    assert payload(small(), [])["tools"]["use"] == [2, 1, 0]


def test_colours_have_letters_of_their_own_and_unknown_is_no_category():
    """Stage, cost and last use by asset, capability and vendor by tool; what is not known is -1."""
    graph = small()
    graph["tools"][0] |= {"vendor": "Apache", "capabilities": ["orchestration"]}
    graph["scan"] = {"id": "1", "at": "2026-11-20T00:00:00Z"}
    graph["assets"][0] |= {"environment": "prod", "last_used": "2026-11-01T00:00:00Z", "annual_cost": 5000.0}
    graph["assets"][1] |= {"environment": "prod", "last_used": "2024-01-01"}
    page = payload(graph, [])
    modes = {mode["key"]: mode for mode in page["modes"]}

    assert list(modes) == ["finding", "capability", "vendor", "stage", "cost", "use"]
    assert modes["vendor"]["legend"] == [["A", "Apache"]]
    assert modes["vendor"]["tools"] == [0, -1, -1]
    assert expand(page["assets"]["stage"]) == [0, 0, -1, -1]
    assert expand(page["assets"]["usedClass"]) == [0, 4, -1, -1]
    assert expand(page["assets"]["costClass"]) == [2, 0, 0, -1]
    assert modes["stage"]["shares"] == [[0, 1], [0, 1], []]
    for mode in page["modes"]:
        assert len({letter for letter, _ in mode["legend"]}) == len(mode["legend"])


def test_what_is_new_gone_or_changed_since_an_earlier_graph():
    """Things gone stay on the map, marked; a thing whose owner changed is changed; links are compared by their ends."""
    before, now = small(), small()
    before["assets"].append({**before["assets"][0], "id": "airflow://a/dag/two", "name": "two"})
    before["edges"] = before["edges"][:1]
    now["assets"][3]["owner"] = "somebody"
    now["assets"].append({**now["assets"][0], "id": "postgres://b/v", "name": "v", "tool": "postgres:b"})
    page = payload(now, [], before=before)
    names = [row[0] for row in page["islands"]]

    assert expand(page["assets"]["change"]) == [0, GONE, 0, 0, NEW, CHANGED]
    assert [(names[a], names[b], new, gone) for a, b, new, gone in page["lenses"]["changes"]] == [("A", "B", 1, 0)]
    assert "changes" not in payload(now, [])["lenses"]


def test_a_served_page_gets_the_assets_of_one_tool_as_the_whole_page_has_them():
    """Names and ids of the tool's columns are those of its rows, and reading can begin at any tool."""
    atlas = Atlas(*estate(assets=200))
    starts = atlas.estate.starts
    for tool in (0, 7, 39):
        columns = atlas.assets(starts[tool], starts[tool + 1], Strings())
        rows = atlas.estate.assets[starts[tool] : starts[tool + 1]]
        assert unfront(columns["id"]) == [row["id"] for row in rows]
    whole = payload(*estate(assets=200))["assets"]["id"]
    assert all(whole["shared"][start] == 0 for start in starts[:-1])


@pytest.mark.parametrize("name", ["small", "planned"])
def test_the_payload_is_what_it_was(name):
    """The page's data for two small estates, as files to read and compare; `python -m tests.test_viz_payload` writes them."""
    kept = json.loads((GOLDEN / f"map-{name}.json").read_text(encoding="utf-8"))

    assert kept == json.loads(json.dumps(golden()[name]))


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

    assert unfront(front(texts)) == texts
    assert unfront(front(texts, starts=[2])) == texts
    assert front(texts, starts=[2])["shared"][2] == 0


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


if __name__ == "__main__":
    for key, page in golden().items():
        (GOLDEN / f"map-{key}.json").write_text(json.dumps(page, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.exit()
