"""The served map in a browser: the same viewer, which asks its own server for what comes into sight, and nobody else."""

import threading

import pytest

from siloscope.viz.payload import Atlas
from siloscope.viz.server import Live, serve
from tests.viz_estate import estate


@pytest.fixture
def served(chromium):
    """(page, requests, documents) of a served estate, opened."""
    documents = estate(assets=3000, tools=120)
    server = serve(Live(lambda: "1", lambda: Atlas(*documents)), "t0ken")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    context = chromium.browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    address = f"http://127.0.0.1:{server.server_address[1]}/t0ken/"
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached")
    yield page, asked, documents
    context.close()
    server.shutdown()
    server.server_close()
    thread.join()
    assert said == []
    assert all(url.startswith((address, "data:")) for url in asked)


def until(page, code):
    """Waits for an expression to be true; asked from outside, as the page's policy forbids evaluating strings in it."""
    for _ in range(200):
        if page.evaluate(code):
            return
        page.wait_for_timeout(50)
    raise AssertionError(code)


def test_the_overview_asks_for_no_asset(served):
    """At first there is only the page."""
    page, asked, _ = served

    assert [url for url in asked if not url.startswith("data:")] == [page.url]
    assert page.evaluate("siloMap.labels().length") > 8


def test_assets_are_fetched_when_they_come_into_sight(served):
    """Zoomed in, the tools in sight are asked for, and the names of their assets appear."""
    page, asked, documents = served
    x, y = page.evaluate("siloMap.place(0)")
    page.evaluate(f"siloMap.jump({{x: {x}, y: {y}, k: 0.7}})")
    first = min(documents[0]["assets"], key=lambda row: (row["tool"], row["id"]))
    until(page, f"(siloMap.paint(), siloMap.labels().some((l) => l.text === {first['name']!r}))")

    assert any("/0/tools/" in url for url in asked)
    assert len([url for url in asked if "/0/tools/" in url]) < 40


def test_search_finds_assets_that_are_not_loaded_and_shows_their_evidence(served):
    """The server is asked; Enter opens the asset; its card has its links with the names of their other ends."""
    page, _, documents = served
    edge = next(
        row for row in documents[0]["edges"] if row["verb"] == "reads" and not row["target"].startswith("outside:")
    )
    names = {row["id"]: row["name"] for row in documents[0]["assets"]}
    page.keyboard.press("/")
    with page.expect_response(
        lambda answer: "search.json" in answer.url and answer.url.endswith(names[edge["source"]])
    ):
        page.keyboard.type(names[edge["source"]])
    until(page, "document.getElementById('search-count').textContent.includes('1 asset')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#evidence >> text=Depends on")

    assert page.inner_text("#evidence-title") == names[edge["source"]]
    assert names[edge["target"]] in page.inner_text("#evidence")
    assert edge["source"] in page.inner_text("#evidence")


def test_a_tool_shows_its_partners_without_loading_them(served):
    """The overview brings the links between tools along."""
    page, _, documents = served
    linked = {edge["source"] for edge in documents[0]["edges"]}
    tool = next(row["tool"] for row in documents[0]["assets"] if row["id"] in linked)
    page.goto(f"{page.url}#node={tool}")
    page.reload()
    page.wait_for_selector("#evidence >> text=Needed by")

    assert page.locator("#evidence section", has_text="Depends on").count() >= 1


def test_what_is_not_answered_is_said_in_the_header(served):
    """A search whose answer is none ends in words, not in an error of the page."""
    page, _, _ = served
    page.route("**/search.json*", lambda route: route.fulfill(status=200, body="gone"))
    page.keyboard.press("/")
    page.keyboard.type("x")
    until(page, "document.getElementById('scan').textContent.includes('still running')")
