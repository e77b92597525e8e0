"""How the map looks: no label lies on another or is cut, nothing lies under a control, in every view, zoom and theme; axe-core agrees."""

from itertools import combinations

import pytest

from tests.viz_estate import estate

SIZES = {"small": (600, 40, 8), "middle": (5000, 400, 14)}
ZOOMS = (1.0, 3.0, 9.0)
COVERED = """() => {
  const map = document.getElementById("map").getBoundingClientRect();
  return ["zoom", "evidence", "caption"].map((id) => document.getElementById(id)).filter((node) => !node.hidden).map((node) => {
    const box = node.getBoundingClientRect();
    return [box.left - map.left, box.top - map.top, box.right - map.left, box.bottom - map.top];
  });
}"""


def meets(a, b):
    """Whether two boxes share more than a hair."""
    return a[0] < b[2] - 0.5 and a[2] > b[0] + 0.5 and a[1] < b[3] - 0.5 and a[3] > b[1] + 0.5


def faults(view):
    """Labels of the last frame that lie on another, stick out, or lie under a control."""
    view.ask("siloMap.paint()")
    labels = view.ask("siloMap.labels()")
    width, height = view.ask(
        "[document.getElementById('map').clientWidth, document.getElementById('map').clientHeight]"
    )
    controls = view.ask(COVERED)
    found = [("on each other", a["text"], b["text"]) for a, b in combinations(labels, 2) if meets(a["box"], b["box"])]
    found += [
        ("cut", row["text"])
        for row in labels
        if row["box"][0] < 0 or row["box"][1] < 0 or row["box"][2] > width or row["box"][3] > height
    ]
    found += [("covered", row["text"]) for row in labels if any(meets(row["box"], box) for box in controls)]
    return labels, found


def focus(documents):
    """The tool with most assets, to zoom in on."""
    counts = {}
    for row in documents[0]["assets"]:
        counts[row["tool"]] = counts.get(row["tool"], 0) + 1
    return max(sorted(counts), key=lambda name: counts[name])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_label_lies_on_another_is_cut_or_is_covered(open_map, size, scheme):
    """At three zooms, in every view and with every colour: labels keep apart and there are some."""
    assets, tools, departments = SIZES[size]
    documents = estate(assets=assets, tools=tools, departments=departments)
    view = open_map(documents, scheme=scheme)
    node = view.ask(f"siloMap.find({focus(documents)!r})")
    for zoom in ZOOMS:
        for fragment in ("", "#view=duplicates", "#view=plan", "#colour=capability", "#colour=use", "#size=cost"):
            view.open(fragment)
            x, y = view.ask(f"siloMap.place({node})")
            fit = view.ask("siloMap.fitted()")
            if zoom > 1:
                view.ask(f"siloMap.jump({{x: {x}, y: {y}, k: {fit['k'] * zoom}}})")
            labels, found = faults(view)
            assert found == [], (zoom, fragment)
            assert len(labels) > 5, (zoom, fragment)
    view.silent()


@pytest.mark.parametrize("fragment", ["#island=Finance", "#finding=dup-002", "#trace"])
def test_labels_keep_clear_of_the_card(open_map, fragment):
    """With something selected, at the place the map flies to, no label lies under the card."""
    documents = estate()
    view = open_map(documents, "" if fragment == "#trace" else fragment)
    if fragment == "#trace":
        view.open(f"#node={documents[0]['assets'][70]['id']}")
        view.page.click(".trace button >> nth=1")
    _, found = faults(view)

    assert found == []
    view.silent()


@pytest.mark.parametrize("size", [(1024, 768), (1440, 900), (1920, 1080)])
def test_nothing_covers_the_legend_and_no_part_sticks_out(open_map, browser_page, size):
    """At three sizes of window the legend is wholly visible and the page does not scroll."""
    browser_page.page.set_viewport_size({"width": size[0], "height": size[1]})
    view = open_map(estate(), "#island=Finance")
    covered = view.ask(
        """[...document.querySelectorAll("#legend .key, #top button, #top select, #top summary")].filter((key) => key.checkVisibility()).filter((key) => { const b = key.getBoundingClientRect();
        const top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2); return b.bottom > innerHeight || b.right > innerWidth || !key.contains(top); }).map((key) => key.textContent)"""
    )

    assert covered == []
    assert view.ask(
        "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    )
    assert faults(view)[1] == []
    view.silent()


def test_evidence_and_names_are_legible_in_a_small_window(open_map, browser_page):
    """No sentence of the evidence is cut, however long, and no name of the table is squeezed by the other columns."""
    browser_page.page.set_viewport_size({"width": 1280, "height": 800})
    graph, findings, plan = estate(assets=200)
    for row in findings:
        row["because"] = [{"says": "a reason in many words " * 20, "weight": -0.125}]
    for row in graph["tools"]:
        row["instance"] = f"{'very-long-name-of-an-instance.' * 2}{row['instance']}"
    view = open_map((graph, findings, plan), "#finding=dup-002")
    cut = """[...document.querySelectorAll(".because > li > *")].filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1).length"""

    assert view.page.locator(".because li").count() == 1
    assert view.ask(cut) == 0
    view.open("#table=1")
    assert view.ask("document.querySelector('#table-body th').clientWidth") >= 180
    view.silent()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(open_map, scheme):
    """On the overview, a finding, a tool, the plan, the table of each level, and while presenting."""
    documents = estate(assets=200)
    tool = documents[0]["tools"][3]["id"]
    view = open_map(documents, scheme=scheme)
    for fragment in ("", "#finding=dup-002", f"#node={tool}", "#view=plan", "#table=1", "#department=Finance"):
        view.open(fragment)
        assert view.axe() == [], fragment
    view.open("#table=1")
    for level in ("findings", "departments", "assets", "outside"):
        view.page.click(f"[data-level={level}]")
        assert view.axe() == [], level
    view.open()
    view.page.click("#present")
    assert view.axe() == []
    view.silent()


def test_a_frame_draws_no_more_than_its_budget(open_map):
    """However far one zooms, what is drawn one by one stays below the budget of assets with their tools."""
    documents = estate(assets=5000, tools=400, departments=14)
    view = open_map(documents)
    fit = view.ask("siloMap.fitted()")
    drawn = []
    for zoom in (1, 1.5, 2, 3, 4, 6, 9, 14, 25):
        view.ask(f"siloMap.jump({{...siloMap.fitted(), k: {fit['k'] * zoom}}})")
        view.ask("siloMap.paint()")
        drawn.append(view.ask("siloMap.drawn()"))

    assert max(drawn) <= 6000 + 400 + 240
    assert max(drawn) > 400
    view.silent()


def test_the_map_prints_with_its_legend_and_without_its_controls(open_map):
    """On paper: the map and the legend, no side bar and no buttons."""
    view = open_map(estate(assets=200))
    view.page.emulate_media(media="print")

    assert view.page.is_visible("#map")
    assert view.page.is_visible("#legend")
    assert not view.page.is_visible("#side")
    assert not view.page.is_visible("#zoom")
    assert not view.page.is_visible(".actions")
