"""Take the picture of the silo map that the documentation shows, from the example company."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from siloscope.cli.demo_command import build

DOCS = Path(__file__).parents[1] / "docs"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    """Write docs/silo-map.png."""
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        build(Path(folder) / "demo")
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True).new_page()
        page.goto((Path(folder) / "demo" / "silo-map.html").as_uri())
        page.wait_for_timeout(1500)
        page.screenshot(path=DOCS / "silo-map.png")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
