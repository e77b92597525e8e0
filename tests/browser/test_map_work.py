"""Working with the map: filters, traces, the plan wave by wave, what changed, links, notes, undo, the table, the keyboard."""

import copy

import pytest

from tests.viz_estate import estate


def chain():
    """A -> b -> c -> d in four tools of two departments, and e apart; each depends on the next."""
    tools = [
        {"id": f"airflow:t{i}", "product": f"Tool {i}", "department": "Left" if i < 2 else "Right"} for i in range(5)
    ]
    assets = [
        {
            "id": f"x://{name}",
            "name": f"asset-{name}",
            "kind": "airflow.dag",
            "tool": f"airflow:t{i}",
            "source": "s",
            "department": tools[i]["department"],
        }
        for i, name in enumerate("abcde")
    ]
    edges = [
        {"source": f"x://{a}", "target": f"x://{b}", "verb": "reads", "how": "exact", "name": b}
        for a, b in ("ab", "bc", "cd")
    ]
    return {"tools": tools, "assets": assets, "edges": edges}


def listed(view, heading):
    """Names in the list under a heading of the card that begins so."""
    return (
        view.page.locator("#evidence section", has=view.page.locator("h3", has_text=heading))
        .last.locator(".link .grow > bdi")
        .all_inner_texts()
    )


def test_a_filter_narrows_map_search_and_table(open_map):
    """Only tools of the chosen department stay, as many as the graph has, and the others fade."""
    documents = estate(assets=200)
    view = open_map(documents)
    view.page.select_option("#filter-department", "Finance")
    wanted = {row["id"] for row in documents[0]["tools"] if row["department"] == "Finance"}
    wanted |= {row["tool"] for row in documents[0]["assets"] if row["department"] == "Finance"}

    assert view.page.inner_text("#search-count").startswith(f"{len(wanted)} tools")
    view.page.click("#as-table")
    assert view.page.inner_text("#table-count") == f"{len(wanted)} tools match"
    vendor = next(row["vendor"] for row in documents[0]["tools"] if row["department"] == "Finance")
    view.page.select_option("#filter-vendor", vendor)
    vendors = view.page.locator("#table-body td:nth-child(4)").all_inner_texts()
    assert set(vendors) == {vendor}
    view.press("Escape")
    assert view.page.inner_text("#search-count") == ""
    view.silent()


def test_impact_follows_dependence_backwards_and_upstream_forwards(open_map):
    """Of b: a needs it; it needs c and d; two hops reach a, c and d; e is never there."""
    view = open_map((chain(), []), "#node=x://b")
    view.page.click("text=What needs it")
    assert listed(view, "Impact") == ["asset-b", "asset-a"]
    view.page.click("text=What it needs")
    assert listed(view, "Upstream") == ["asset-b", "asset-c", "asset-d"]
    view.page.click("text=1 hop")
    assert listed(view, "Neighbourhood") == ["asset-b", "asset-a", "asset-c"]
    view.page.click("text=2 hops")
    assert listed(view, "Neighbourhood") == ["asset-b", "asset-a", "asset-c", "asset-d"]
    view.silent()


def test_the_path_between_two_things_is_the_shortest(open_map):
    """From a to d through b and c; to e there is none."""
    view = open_map((chain(), []), "#node=x://a")
    view.page.click("text=Path to…")
    view.page.fill("#search", "asset-d")
    view.page.focus("#search")
    view.press("Enter")
    assert listed(view, "Path") == ["asset-a", "asset-b", "asset-c", "asset-d"]
    fragment = view.ask("location.hash")
    view.open(fragment)
    assert listed(view, "Path") == ["asset-a", "asset-b", "asset-c", "asset-d"]

    view.open("#node=x://a")
    view.page.click("text=Path to…")
    view.page.fill("#search", "asset-e")
    view.page.focus("#search")
    view.press("Enter")
    assert "No path between the two was seen." in view.card()
    view.silent()


def test_the_slider_walks_through_the_waves(open_map):
    """Before the plan nothing has moved; after wave one its moves have; at the end all that the plan moves."""
    documents = estate(assets=200, tools=20)
    plan = documents[2]
    view = open_map(documents, "#view=plan")

    def moved():
        return view.page.inner_text("#wave-text").split(", ")[1]

    assert moved() == f"{len(plan['moves'])} assets moved"
    view.page.click("#before")
    assert moved() == "0 assets moved"
    assert view.page.inner_text("#wave-text").startswith("before the plan: 20 tools left of 20")
    view.page.focus("#wave")
    view.press("ArrowRight")
    assert moved() == f"{sum(move['wave'] == 1 for move in plan['moves'])} assets moved"
    retire = sum(row["disposition"] == "retire" for row in plan["dispositions"])
    assert f"{retire} retire" in view.page.inner_text("#panel-story")
    assert "wave=1" in view.ask("location.hash")
    view.silent()


def test_a_tool_stands_until_the_wave_in_which_it_goes(open_map):
    """Also where its assets have moved before; what that wave saves is counted then."""
    graph, found, plan = estate(assets=80, tools=14)
    tool = graph["tools"][0]["id"]
    mine = [row for row in graph["assets"] if row["tool"] == tool]
    plan |= {
        "dispositions": [{"tool": tool, "disposition": "migrate", "target": None, "wave": 2, "because": []}],
        "moves": [{"asset": row["id"], "to": graph["tools"][1]["id"], "wave": 1} for row in mine],
        "waves": [{"number": 1, "annual_saving": 0}, {"number": 2, "annual_saving": 5000}],
    }
    view = open_map((graph, found, plan), "#view=plan&wave=1")
    assert view.page.inner_text("#wave-text") == f"after wave 1: 14 tools left of 14, {len(mine)} assets moved"
    view.page.click("#after")
    assert view.page.inner_text("#wave-text").startswith("after wave 2: 13 tools left of 14")
    assert view.page.inner_text("#wave-text").endswith("5k a year saved")
    view.silent()


def test_without_a_plan_there_is_no_plan_view(open_map):
    """The button is there only when there is something behind it."""
    view = open_map(estate(assets=80, tools=14)[:2])

    assert view.page.query_selector("[data-view=plan]") is None
    assert view.page.query_selector("[data-view=changes]") is None


def test_what_changed_between_two_scans_is_marked(open_map):
    """New, gone and changed are counted and named, and each card says so."""
    documents = estate(assets=120, tools=16)
    before = copy.deepcopy(documents[0])
    gone = {**before["assets"][5], "id": "x://gone", "name": "gone-one"}
    before["assets"].append(gone)
    new = before["assets"].pop(9)
    before["assets"][20]["owner"] = "somebody else"
    before["scan"] = {"id": "0", "at": "2026-10-01T00:00:00Z"}
    view = open_map(documents, "#view=changes", before=before)
    story = view.page.inner_text("#panel-story")

    assert "Since 2026-10-01" in story
    assert "1 new, 1 gone, 1 changed" in story
    assert {"gone-one", new["name"]} <= set(view.page.locator("#panel-story .link .grow > bdi").all_inner_texts())
    view.page.locator("#panel-story .link", has_text="gone-one").click()
    assert "gone" in view.card()
    view.silent()


def test_a_deep_link_brings_back_what_was_seen(open_map):
    """View, colour, size, filter, selection and camera are in the address; opening it shows the same picture."""
    documents = estate(assets=80, tools=14)
    view = open_map(documents)
    view.page.select_option("#colour", "vendor")
    view.page.select_option("#size", "cost")
    view.page.select_option("#filter-department", "Finance")
    view.page.locator("#panel-story .link").nth(1).click()
    view.page.mouse.move(700, 400)
    view.page.mouse.wheel(0, -300)
    view.page.wait_for_timeout(500)
    name, fragment = view.title(), view.ask("location.hash")
    view.page.mouse.move(5, 5)
    before = view.ask("(siloMap.paint(), siloMap.labels().map((l) => l.text))")
    view.open(fragment)

    assert "at=" in fragment
    assert view.title() == name
    assert view.page.input_value("#colour") == "vendor"
    assert view.page.input_value("#size") == "cost"
    assert view.ask("(siloMap.paint(), siloMap.labels().map((l) => l.text))") == before
    view.silent()


def test_steps_can_be_undone_and_done_again(open_map):
    """Undo goes back through selection, colour and view; Shift+U goes forth."""
    view = open_map(estate(assets=80, tools=14))
    view.page.select_option("#colour", "stage")
    view.page.click("[data-view=duplicates]")
    view.page.focus("#map")
    view.press("u")
    assert view.page.get_attribute("[data-view=dependencies]", "aria-pressed") == "true"
    assert view.page.input_value("#colour") == "stage"
    view.press("u")
    assert view.page.input_value("#colour") == "finding"
    assert view.page.is_disabled("#undo")
    view.press("U")
    assert view.page.input_value("#colour") == "stage"
    view.silent()


def test_notes_are_saved_in_the_file_of_the_map(open_map, tmp_path):
    """A note on a tool is in the saved page, which is otherwise the same; it opens, shows the note, and can be saved again."""
    documents = estate(assets=80, tools=14)
    view = open_map(documents, f"#node={documents[0]['tools'][2]['id']}")
    written = view.path.read_text(encoding="utf-8")
    assert view.ask("siloMap.page()") == written

    view.page.fill("#note", "ask <b>Ms Meyer</b> & co")
    view.page.click("#menu summary")
    with view.page.expect_download() as download:
        view.page.click("#save")
    download.value.save_as(tmp_path / "noted.html")
    view.path = tmp_path / "noted.html"
    view.open()

    assert "ask <b>Ms Meyer</b> & co" in view.page.inner_text("#panel-story")
    view.page.locator("#panel-story section", has_text="Notes").last.locator(".link").click()
    assert view.page.input_value("#note") == "ask <b>Ms Meyer</b> & co"
    assert view.ask("siloMap.page()") == view.path.read_text(encoding="utf-8")
    view.silent()


def test_keys_zoom_the_map_and_zero_brings_it_back(open_map):
    """`+` changes the picture, `0` restores it to the pixel."""
    view = open_map(estate(assets=80, tools=14))
    shot = "(siloMap.paint(), document.getElementById('map').toDataURL())"
    view.page.focus("#map")
    view.press("0")
    before = view.ask(shot)
    view.press("+")
    nearer = view.ask(shot)
    view.press("0")

    assert nearer != before
    assert view.ask(shot) == before
    view.silent()


@pytest.mark.parametrize("level", ["findings", "departments", "tools", "assets", "outside"])
def test_the_table_holds_everything_and_sorts_by_every_column(open_map, level):
    """As many rows as there are things; each heading sorts, says so, and sorts the other way when pressed again."""
    documents = estate(assets=90, tools=16)
    graph = documents[0]
    homes = {row["department"] for row in graph["tools"]}
    size = {
        "findings": len(documents[1]),
        "departments": len(homes) + 1,
        "tools": 16,
        "assets": 90,
        "outside": len(graph["outside"]),
    }
    view = open_map(documents, "#table=1")
    page = view.page
    page.click(f"[data-level={level}]")
    assert page.inner_text("#table-count") == f"{size[level]} {level}"
    assert page.locator("#table-body tr").count() == min(100, size[level])
    for column in range(page.locator("#table-head th").count()):
        page.locator("#table-head button").nth(column).click()
        way = page.locator("#table-head th").nth(column).get_attribute("aria-sort")
        rows = page.locator(f"#table-body tr > :nth-child({column + 1})").all_inner_texts()
        page.locator("#table-head button").nth(column).click()
        back = page.locator(f"#table-body tr > :nth-child({column + 1})").all_inner_texts()
        assert {way, page.locator("#table-head th").nth(column).get_attribute("aria-sort")} == {
            "ascending",
            "descending",
        }
        if size[level] <= 100:
            assert [text for text in rows if text.strip()] == [text for text in reversed(back) if text.strip()]
    view.silent()


def test_the_whole_task_by_keyboard_alone(open_map):
    """Find the duplicate with the highest saving, read why, see what the plan does with it: no mouse."""
    documents = estate(assets=200)
    best = max((row for row in documents[1] if row["rule"] == "duplicate-asset"), key=lambda row: row["annual_saving"])
    view = open_map(documents)
    page = view.page

    def tab_to(test, most=80):
        for _ in range(most):
            view.press("Tab")
            if view.ask(f"(({test})(document.activeElement))"):
                return
        raise AssertionError(test)

    tab_to("(e) => e.id === 'as-table'")
    view.press("Enter")
    tab_to("(e) => e.id === 'filter-sign'")
    page.keyboard.type("D")  # the first finding whose entry begins so
    assert page.input_value("#filter-sign") == "D"
    tab_to("(e) => e.dataset.level === 'findings'")
    view.press("Enter")
    tab_to("(e) => e.closest('#table-body')")
    assert view.ask("document.activeElement.querySelector('bdi').textContent") == best["title"]
    view.press("Enter")

    assert view.title() == best["title"]
    assert all(part["says"] in view.card() for part in best["because"])
    assert "saves" in view.card()
    goes = {move["asset"]: move["to"] for move in documents[2]["moves"]}
    plan = view.page.locator("#evidence section", has_text="What the plan does").last.inner_text()
    assert plan.count("moves to") == sum(subject in goes for subject in best["subjects"])
    tab_to("(e) => e.closest('#evidence') && e.classList.contains('link')")
    view.press("Enter")
    assert view.title() in {row["name"] for row in documents[0]["assets"] if row["id"] in best["subjects"]}
    view.press("Escape")
    assert page.is_hidden("#evidence")
    assert view.ask("document.activeElement.id") == "table"
    view.silent()


def test_presenting_walks_through_what_the_map_has_to_say(open_map):
    """Arrow keys go from slide to slide; every one has words; Escape ends it and the side bar is back."""
    view = open_map(estate())
    view.page.click("#present")
    count = int(view.page.inner_text("#caption-count").split(" / ")[1])
    titles = []
    for _ in range(count):
        titles.append(view.page.inner_text("#caption-title"))
        assert not view.page.is_visible("#side")
        view.press("ArrowRight")

    assert "Legal is cut off" in titles
    assert {"Where duplicates are", "Before the plan", "After the plan"} <= set(titles)
    view.press("Escape")
    assert view.page.is_visible("#side")
    view.silent()


def test_after_presenting_steps_back_lead_to_where_it_began(open_map):
    """A slide is a step: two of them undone show what was shown before; accepted findings are no slide."""
    graph, findings, plan = estate(assets=200)
    best = max(findings, key=lambda row: row["annual_saving"] or 0)
    findings = [{**row, "state": "accepted"} if row is best else row for row in findings]
    view = open_map((graph, findings, plan), "#view=plan")
    view.page.click("#present")
    said = []
    while view.page.inner_text("#caption-title") not in said:
        said.append(view.page.inner_text("#caption-title"))
        view.press("ArrowRight")
    assert len(said) > 5
    assert best["title"] not in said
    view.press("Escape")
    for _ in said:
        view.press("u")

    assert view.page.url.endswith("#view=plan")
    view.silent()
