"""A map opened from disk in Chromium, and what every test of it may ask."""

from pathlib import Path

import pytest

from siloscope.viz import payload, silo_map_html
from tests.servers.chromium import Recorded

AXE = Path(__file__).parents[2] / "viewer" / "node_modules" / "axe-core" / "axe.min.js"


class Map:
    """One opened map: the playwright page, and short ways to ask it."""

    def __init__(self, recorded: Recorded, path: Path) -> None:
        self.recorded, self.page, self.path = recorded, recorded.page, path

    def open(self, fragment: str = "") -> "Map":
        """Open the file again, at a deep link if given."""
        self.page.goto("about:blank")
        self.page.goto(self.path.as_uri() + fragment)
        self.page.wait_for_selector("html[data-ready]")
        return self

    def ask(self, code: str):
        """The value of an expression in the page."""
        return self.page.evaluate(code)

    def card(self) -> str:
        """The text of the evidence card; empty when it is closed."""
        return self.page.inner_text("#evidence") if self.page.is_visible("#evidence") else ""

    def title(self) -> str:
        """The heading of the evidence card."""
        return self.page.inner_text("#evidence-title")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def silent(self) -> None:
        """Nothing said, nothing thrown, nothing asked for but the file itself."""
        assert self.recorded.console == []
        assert self.recorded.errors == []
        assert self.recorded.dialogs == []
        assert self.recorded.outside == []

    def axe(self) -> list[str]:
        """What axe-core finds wrong, as `rule: where`."""
        if not AXE.exists():
            pytest.skip("axe-core is not installed: make viewer")
        # Through the debugger's console, which no content security policy of the page binds.
        self.page.context.new_cdp_session(self.page).send(
            "Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8"), "returnByValue": False}
        )
        found = self.page.evaluate("axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))")
        return [f"{rule}: {html[:160]}" for rule, nodes in found for html in nodes]


@pytest.fixture
def open_map(browser_page, tmp_path):
    """Write the map of some documents and open it; options are those of `payload`."""

    def opened(documents, fragment="", scheme="light", **options) -> Map:
        path = tmp_path / "silo-map.html"
        path.write_text(silo_map_html(payload(*documents, **options)), encoding="utf-8")
        browser_page.page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
        return Map(browser_page, path).open(fragment)

    return opened
