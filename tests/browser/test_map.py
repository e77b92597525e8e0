"""The silo map in a real browser: it shows what it should, asks for nothing, and obeys no name."""

import json
from xml.etree import ElementTree as ET

import pytest

from siloscope.viz import payload, silo_map_html
from siloscope.viz.layout import asset_offset
from siloscope.viz.network import network_html
from tests.test_viz_page import HOSTILE, hostile_estate
from tests.viz_estate import LONELY, estate


@pytest.fixture
def open_map(browser_page, tmp_path):
    """Open the map of some documents; returns the page, waited for until it was drawn."""

    def opened(documents, fragment="", **options):
        path = tmp_path / "silo-map.html"
        path.write_text(silo_map_html(payload(*documents, **options)), encoding="utf-8")
        browser_page.page.emulate_media(reduced_motion="reduce", color_scheme="light")
        browser_page.page.goto(path.as_uri() + fragment)
        browser_page.page.wait_for_selector("#legend .key")
        return browser_page.page

    return opened


def silent(recorded):
    """Nothing said, nothing thrown, nothing asked for but the file."""
    assert recorded.console == []
    assert recorded.errors == []
    assert recorded.dialogs == []
    assert recorded.outside == []


def pixels(page):
    """How many different colours a coarse sample of the canvas holds."""
    return page.evaluate(
        """() => { const c = document.getElementById("map"); const seen = new Set();
        const data = new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer);
        for (let i = 0; i < data.length; i += 61) seen.add(data[i]);
        return seen.size; }"""
    )


def test_the_map_opens_from_disk_silently_and_draws(open_map, browser_page):
    """One request, for the file itself; no message; and there is something to see."""
    page = open_map(estate(assets=120, tools=16), title="Map of Example")

    assert page.title() == "Map of Example"
    assert page.inner_text("#title") == "Map of Example"
    assert pixels(page) > 12
    assert [url for url in browser_page.requests if not url.startswith("data:")] == [page.url]
    silent(browser_page)


def test_no_hostile_name_runs_anywhere_on_the_map(open_map, browser_page):
    """Lists, cards, filters, tooltips and export are opened on names that are attacks; none takes effect."""
    documents = hostile_estate()
    page = open_map(documents, title=HOSTILE[0])
    for tab in ("#tab-findings", "#tab-list", "#tab-story"):
        page.click(tab)
    page.click("#tab-list")
    for row in range(0, 18, 3):
        page.click(f"#list > [role=option] >> nth={row}")
        page.mouse.move(700 + row, 400)
    page.click("#tab-findings")
    for row in range(4):
        page.click(f"#panel-findings .link >> nth={row}")
    for button in page.query_selector_all("#lenses button"):
        button.click()
    with page.expect_download():
        page.click("#save-svg")

    assert page.title() == HOSTILE[0]
    assert page.evaluate("window.__pwned") is None
    assert page.evaluate("document.querySelectorAll('img, iframe, object, script').length") == 2
    assert page.query_selector_all("a[href^='javascript']") == []
    silent(browser_page)


def test_search_by_keyboard_leads_to_the_evidence(open_map, browser_page):
    """`/`, a name, Enter: the card shows that asset, its tool and who it is for; Escape clears it."""
    documents = estate(assets=120, tools=16)
    asset = documents[0]["assets"][70]
    page = open_map(documents)
    page.keyboard.press("/")
    page.keyboard.type(asset["name"])
    page.keyboard.press("Enter")

    assert page.inner_text("#evidence-title") == asset["name"]
    assert asset["id"] in page.inner_text("#evidence")
    assert asset["department"] in page.inner_text("#evidence")
    assert page.get_attribute("#evidence a", "rel") == "noopener noreferrer"

    page.keyboard.press("Escape")
    assert page.is_hidden("#evidence")
    silent(browser_page)


def test_the_list_is_walked_by_arrow_keys(open_map, browser_page):
    """From the search field down into the list, on by arrows, chosen by Enter."""
    page = open_map(estate(assets=60, tools=14))
    page.focus("#search")
    for key in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    name = page.evaluate("document.activeElement.querySelector('bdi').textContent")
    page.keyboard.press("Enter")

    assert page.inner_text("#evidence-title") == name
    assert page.get_attribute("#list [aria-selected=true]", "role") == "option"
    silent(browser_page)


def test_a_finding_shows_its_reasons_with_their_weights(open_map, browser_page):
    """Every sentence of its evidence is on the card, with sign and weight, and its subjects as links."""
    documents = estate(assets=120, tools=16)
    finding = next(row for row in documents[1] if row["id"] == "dup-002")
    page = open_map(documents, f"#finding={finding['id']}")
    shown = page.inner_text("#evidence")

    assert finding["title"] in shown
    assert all(part["says"] in shown for part in finding["because"])
    assert "+1.9" in shown
    assert "−2.1" in shown
    assert page.locator("#evidence .link").count() == len(finding["subjects"])
    silent(browser_page)


def test_a_department_without_bridges_is_named_as_cut_off(open_map, browser_page):
    """The overview names it, and its card says why."""
    page = open_map(estate())
    section = page.locator("#panel-story section", has_text="Cut off").first

    assert section.locator(".link bdi").all_inner_texts() == [LONELY]
    section.locator(".link").first.click()
    assert "cut off: no bridge" in page.inner_text("#evidence")
    silent(browser_page)


def test_what_was_not_looked_at_is_listed_with_the_missing_permission(open_map, browser_page):
    """The card of a source in fog names the slice, how it ended and what it needs."""
    page = open_map(estate())
    page.locator("#panel-story section", has_text="Not looked at").last.locator(".link", has_text="risk").first.click()

    assert "folders.view" in page.inner_text("#evidence")
    assert "denied" in page.inner_text("#evidence")
    silent(browser_page)


def test_a_filter_narrows_list_and_count(open_map, browser_page):
    """Only tools of the chosen department stay in the list, as many as the graph has."""
    documents = estate(assets=200)
    page = open_map(documents)
    page.select_option("#department", "Finance")
    wanted = {row["id"] for row in documents[0]["tools"] if row["department"] == "Finance"}
    wanted |= {row["tool"] for row in documents[0]["assets"] if row["department"] == "Finance"}

    assert page.inner_text("#list-count").startswith(f"{len(wanted)} tools")
    silent(browser_page)


def test_a_deep_link_brings_back_what_was_selected(open_map, browser_page):
    """Selecting writes the address; opening that address selects the same again."""
    documents = estate(assets=80, tools=14)
    page = open_map(documents)
    page.click("#tab-list")
    page.click("#list > [data-node] >> nth=5")
    name, fragment = page.inner_text("#evidence-title"), page.evaluate("location.hash")
    page = open_map(documents, fragment)
    page.reload()

    assert page.inner_text("#evidence-title") == name
    silent(browser_page)


def test_keys_zoom_the_map_and_zero_brings_it_back(open_map, browser_page):
    """`+` changes the picture, `0` restores it to the pixel."""
    page = open_map(estate(assets=80, tools=14))

    def shot():
        return page.evaluate("document.getElementById('map').toDataURL()")

    page.focus("#map")
    page.keyboard.press("0")
    page.wait_for_timeout(400)
    before = shot()
    page.keyboard.press("+")
    page.wait_for_timeout(400)
    nearer = shot()
    page.keyboard.press("0")
    page.wait_for_timeout(400)

    assert nearer != before
    assert shot() == before
    silent(browser_page)


def test_the_plan_view_counts_dispositions(open_map, browser_page):
    """With a plan embedded its view tells how many tools stay and go; without one there is no such view."""
    documents = estate(assets=80, tools=14)
    page = open_map(documents)
    page.click("[data-lens=plan]")
    retire = sum(row["disposition"] == "retire" for row in documents[2]["dispositions"])

    assert f"{retire} retire" in page.inner_text("#panel-story")
    page = open_map(documents[:2])
    assert page.query_selector("[data-lens=plan]") is None
    silent(browser_page)


def test_the_svg_is_well_formed_and_holds_hostile_names_as_text(open_map, browser_page, tmp_path):
    """The exported picture parses as XML and has only shapes and text."""
    page = open_map(hostile_estate(), title=HOSTILE[1])
    with page.expect_download() as download:
        page.click("#save-svg")
    download.value.save_as(tmp_path / "map.svg")
    root = ET.parse(tmp_path / "map.svg").getroot()
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}

    assert tags == {"svg", "path", "text"}
    assert any(node.text and "onerror" in node.text for node in root.iter())
    silent(browser_page)


def test_the_png_is_twice_as_large_as_the_map(open_map, browser_page, tmp_path):
    """A picture for slides: two pixels for one."""
    page = open_map(estate(assets=60, tools=14))
    with page.expect_download() as download:
        page.click("#save-png")
    download.value.save_as(tmp_path / "map.png")
    header = (tmp_path / "map.png").read_bytes()[:24]
    width = page.evaluate("document.getElementById('stage').clientWidth")

    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(header[16:20]) == 2 * width
    silent(browser_page)


def test_clicking_where_python_put_an_asset_selects_it(open_map, browser_page):
    """The page puts assets where `layout.asset_offset` says: zoomed in on a tool, a click there finds them."""
    documents = estate(assets=80, tools=14)
    page_data = payload(*documents)
    tool = max(range(14), key=lambda t: page_data["tools"]["assets"][t])
    first = sum(page_data["tools"]["assets"][:tool])
    assets = sorted(documents[0]["assets"], key=lambda row: (row["tool"], row["id"]))
    page = open_map(documents, f"#node={page_data['tools']['id'][tool]}")
    page.wait_for_timeout(150)
    box = page.locator("#map").bounding_box()
    card = page.locator("#evidence").bounding_box()
    # The camera that `viewOf` asks for: the tool in the middle of what the card leaves free.
    free = box["width"] - card["width"] - 16
    scale = min(0.7, min(free, box["height"]) * 0.21 / page_data["tools"]["r"][tool])
    dx, dy = asset_offset(3)
    page.mouse.click(box["x"] + free / 2 + dx * scale, box["y"] + box["height"] / 2 + dy * scale)

    assert page.inner_text("#evidence-title") == assets[first + 3]["name"]
    silent(browser_page)


@pytest.mark.parametrize("size", [(1024, 768), (1440, 900), (1920, 1080)])
def test_nothing_covers_the_legend_and_no_part_sticks_out(open_map, browser_page, size):
    """At three sizes the legend is wholly visible and the page does not scroll."""
    browser_page.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = open_map(estate())
    page.click("#tab-list")
    page.click("#list > [data-node] >> nth=2")
    covered = page.evaluate(
        """() => [...document.querySelectorAll("#legend .key")].filter((key) => { const b = key.getBoundingClientRect();
        const top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2); return b.bottom > innerHeight || b.right > innerWidth || !key.contains(top); }).length"""
    )

    assert covered == 0
    assert page.evaluate(
        "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    )
    silent(browser_page)


def test_an_estate_of_nothing_still_opens(open_map, browser_page):
    """An empty graph is a page with an empty sea, not a failure."""
    page = open_map(({}, []))

    assert page.inner_text("#list-count") or page.is_visible("#panel-story")
    silent(browser_page)


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
    silent(browser_page)
