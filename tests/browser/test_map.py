"""The silo map in a real browser: it shows what it should, asks for nothing, and obeys no name."""

import json
from xml.etree import ElementTree as ET

import pytest

from siloscope.viz import payload
from siloscope.viz.layout import asset_offset
from siloscope.viz.network import network_html
from tests.test_viz_page import HOSTILE, hostile_estate
from tests.viz_estate import LONELY, estate


def pixels(page):
    """How many different colours a coarse sample of the canvas holds."""
    return page.evaluate(
        """() => { const c = document.getElementById("map"); const seen = new Set();
        const data = new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer);
        for (let i = 0; i < data.length; i += 61) seen.add(data[i]);
        return seen.size; }"""
    )


def test_the_map_opens_from_disk_silently_and_draws(open_map):
    """One request, for the file itself; no message; and there is something to see."""
    view = open_map(estate(assets=120, tools=16), title="Map of Example")

    assert view.page.title() == "Map of Example"
    assert view.page.inner_text("#title") == "Map of Example"
    assert pixels(view.page) > 12
    assert {url for url in view.recorded.requests if not url.startswith(("data:", "about:"))} == {view.page.url}
    view.silent()


def test_no_hostile_name_runs_anywhere_on_the_map(open_map, tmp_path):
    """Lists, cards, filters, table, search, tooltips and exports on names that are attacks; none takes effect."""
    view = open_map(hostile_estate(), title=HOSTILE[0])
    page = view.page
    page.click("#tab-findings")
    for row in range(4):
        page.click(f"#panel-findings .link >> nth={row}")
    page.fill("#search", "onerror")
    page.keyboard.press("Enter")
    page.fill("#search", "")
    for button in page.query_selector_all("[data-view]"):
        button.click()
    page.click("#as-table")
    for level in page.query_selector_all("[data-level]"):
        level.click()
        page.click("#table-body .link >> nth=0")
    page.fill("#note", HOSTILE[2])
    page.click("#as-table")
    for x in range(400, 1400, 90):
        page.mouse.move(x, 420)
    for name, button in (("map.svg", "#save-svg"), ("map.png", "#save-png"), ("map.html", "#save")):
        page.click("#menu summary")
        with page.expect_download() as download:
            page.click(button)
        download.value.save_as(tmp_path / name)
        assert not page.is_visible(button)
    view.path = tmp_path / "map.html"
    view.open()

    assert page.title() == HOSTILE[0]
    assert page.evaluate("window.__pwned") is None
    assert page.evaluate("document.querySelectorAll('img, iframe, object').length") == 0
    assert page.evaluate("document.querySelectorAll('script').length") == 3
    assert page.query_selector_all("a[href^='javascript']") == []
    view.silent()


def test_the_browser_refuses_markup_from_text(open_map):
    """Even code of the page cannot turn text into markup: the policy asks for trusted types and trusts none."""
    view = open_map(estate(assets=60, tools=14))

    assert (
        view.ask("(() => { try { document.body.innerHTML = '<b>'; return 'written'; } catch { return 'refused'; } })()")
        == "refused"
    )


def test_search_by_keyboard_leads_to_the_evidence(open_map):
    """`/`, a name, Enter: the card shows that asset, its tool and who it is for; Escape closes it."""
    documents = estate(assets=120, tools=16)
    asset = documents[0]["assets"][70]
    view = open_map(documents)
    view.press("/")
    view.page.keyboard.type(asset["name"])
    view.press("Enter")

    assert view.title() == asset["name"]
    assert asset["id"] in view.card()
    assert asset["department"] in view.card()
    assert view.page.get_attribute("#evidence a", "rel") == "noopener noreferrer"

    view.press("Escape")
    assert view.page.is_hidden("#evidence")
    view.silent()


def test_a_finding_shows_its_reasons_with_their_weights(open_map):
    """Every sentence of its evidence is on the card, with sign and weight, its subjects, and what the plan does with them."""
    documents = estate(assets=120, tools=16)
    finding = next(row for row in documents[1] if row["id"] == "dup-002")
    view = open_map(documents, f"#finding={finding['id']}")
    shown = view.card()

    assert finding["title"] in shown
    assert all(part["says"] in shown for part in finding["because"])
    assert "+1.9" in shown
    assert "−2.1" in shown
    assert view.page.locator("#evidence .link").count() == 2 * len(finding["subjects"])
    assert "What the plan does" in shown
    view.silent()


def test_a_department_without_bridges_is_named_as_cut_off(open_map):
    """The map and the overview name it, and its card says why."""
    view = open_map(estate())
    section = view.page.locator("#panel-story section", has_text="Cut off").first
    label = next(each["text"] for each in view.ask("siloMap.labels()") if each["text"].startswith(LONELY))

    assert "cut off: no bridge" in label
    assert section.locator(".link bdi").all_inner_texts() == [LONELY]
    section.locator(".link").first.click()
    assert "cut off: no bridge" in view.card()
    view.silent()


def test_what_was_not_looked_at_is_named_on_the_map_with_the_missing_permission_on_its_card(open_map):
    """Fog names its slices; the card says how each ended and what it needs."""
    view = open_map(estate())
    labels = [each["text"] for each in view.ask("siloMap.labels()")]

    assert any(text.startswith("Risk") and "not seen: connections" in text for text in labels)
    assert any(text.startswith("azure-emea") and "data.factory" in text for text in labels)
    view.page.locator("#panel-story section", has_text="Not looked at").last.locator(
        ".link", has_text="Risk"
    ).first.click()
    assert "folders.view" in view.card()
    assert "denied" in view.card()
    view.silent()


def test_duplicates_can_be_counted_from_the_overview(open_map):
    """Each island's label tells as many duplicates as its assets have, and the view of duplicates draws their bridges."""
    documents = estate()
    home = {row["id"]: row["department"] for row in documents[0]["tools"]}
    there = {row["id"]: home[row["tool"]] for row in documents[0]["assets"]}
    copies = {there[subject] for row in documents[1] if row["rule"] == "duplicate-asset" for subject in row["subjects"]}
    subjects = {s for row in documents[1] if row["rule"] == "duplicate-asset" for s in row["subjects"]}
    finance = sum(there[subject] == "Finance" for subject in subjects)
    view = open_map(documents)
    labels = {
        each["text"].split("\n")[0]: each["text"] for each in view.ask("siloMap.labels()") if "\n" in each["text"]
    }

    assert f"{finance} duplicates" in labels["Finance"]
    assert sum("duplicate" in text for text in labels.values()) >= len(copies - {"unassigned", "shared"})
    view.silent()


def test_the_svg_is_well_formed_and_holds_hostile_names_as_text(open_map, tmp_path):
    """The exported picture parses as XML and has only shapes and text."""
    view = open_map(hostile_estate(), title=HOSTILE[1])
    root = ET.fromstring(view.ask("siloMap.svg()"))
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}

    assert tags == {"svg", "path", "text"}
    assert any(node.text and "onerror" in node.text for node in root.iter())
    assert all(not name.startswith("on") for node in root.iter() for name in node.attrib)
    view.silent()


def test_the_png_is_twice_as_large_as_the_map(open_map, tmp_path):
    """A picture for slides: two pixels for one."""
    view = open_map(estate(assets=60, tools=14))
    view.page.click("#menu summary")
    with view.page.expect_download() as download:
        view.page.click("#save-png")
    download.value.save_as(tmp_path / "map.png")
    header = (tmp_path / "map.png").read_bytes()[:24]

    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(header[16:20]) == 2 * view.ask("document.getElementById('stage').clientWidth")
    view.silent()


def test_clicking_where_python_put_an_asset_selects_it(open_map):
    """The page puts assets where `layout.asset_offset` says: zoomed in on a tool, a click there finds them."""
    documents = estate(assets=80, tools=14)
    page_data = payload(*documents)
    tool = max(range(14), key=lambda t: page_data["tools"]["assets"][t])
    x, y, _ = (column[tool] for column in page_data["layouts"]["assets"]["tools"])
    first = sum(page_data["tools"]["assets"][:tool])
    assets = sorted(documents[0]["assets"], key=lambda row: (row["tool"], row["id"]))
    view = open_map(documents)
    view.ask(f"siloMap.jump({{x: {x}, y: {y}, k: 0.5}})")
    view.ask("siloMap.paint()")
    camera = view.ask("siloMap.camera()")
    box = view.page.locator("#map").bounding_box()
    dx, dy = asset_offset(3)
    view.page.mouse.click(
        box["x"] + (x + dx) * camera["k"] + camera["tx"], box["y"] + (y + dy) * camera["k"] + camera["ty"]
    )

    assert view.title() == assets[first + 3]["name"]
    view.silent()


def test_an_estate_of_nothing_still_opens(open_map):
    """An empty graph is a page with an empty sea, not a failure."""
    view = open_map(({}, []))

    assert view.page.is_visible("#panel-story")
    assert view.ask("siloMap.labels()") == []
    view.silent()


def test_the_network_page_opens_offline_and_obeys_no_name(browser_page, tmp_path):
    """The pyvis page on hostile names: nothing runs on load or on hover, nothing is asked for, nodes are there."""
    graph, findings, _ = hostile_estate()
    path = tmp_path / "network.html"
    path.write_text(network_html(graph, findings), encoding="utf-8")
    page = browser_page.open(path)
    page.wait_for_function("typeof network !== 'undefined' && typeof nodes !== 'undefined'")
    spots = json.loads(
        page.evaluate(
            "JSON.stringify(Object.values(network.getPositions()).slice(0, 25).map((p) => network.canvasToDOM(p)))"
        )
    )
    for spot in spots:
        page.mouse.move(spot["x"] + 8, spot["y"] + 8)
        page.wait_for_timeout(20)

    assert page.evaluate("nodes.length") == len(graph["assets"]) + len(graph["tools"]) + len(graph["outside"])
    assert page.evaluate("window.__pwned") is None
    assert browser_page.console == browser_page.errors == browser_page.dialogs == browser_page.outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_shows_in_a_notebook_frame(browser_page, tmp_path, scheme):
    """As notebooks put it: a sandboxed frame of another document, in which the map draws and asks for nothing."""
    from siloscope.viz import Page, silo_map_html

    frame = Page(silo_map_html(payload(*estate(assets=60, tools=14))))._repr_html_()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><title>notebook</title>{frame}", encoding="utf-8")
    browser_page.page.emulate_media(color_scheme=scheme)
    page = browser_page.open(path)
    inner = page.frame_locator("iframe")
    inner.locator("html[data-ready]").wait_for()

    assert inner.locator("#title").inner_text() == "Silo map"
    inner.locator("#panel-story .link").first.click()
    assert inner.locator("#evidence").is_visible()
    assert browser_page.errors == browser_page.outside == []
