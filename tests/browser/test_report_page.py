"""The report in a real browser: it opens silently, obeys no name, fits the page, and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from siloscope.viz.printing import printed
from tests.estates import company
from tests.test_report import SECTIONS, hostile, page


@pytest.fixture
def opened(browser_page: Any, tmp_path: Path) -> Any:
    """Open the report of a graph; returns the page."""

    def show(html: str) -> Any:
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        return browser_page.open(file)

    return show


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("graph", [company, hostile])
def test_it_opens_silently_and_fits(opened: Any, browser_page: Any, graph: Any, scheme: str) -> None:
    """No message, no dialog, no request but for itself; nothing sticks out of the page; every section is seen."""
    browser_page.page.emulate_media(color_scheme=scheme)
    shown = opened(page(graph()))
    for key in SECTIONS:
        assert shown.locator(f"#{key} h2").is_visible()
    assert shown.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert (browser_page.console, browser_page.errors, browser_page.dialogs, browser_page.outside) == ([], [], [], [])


def test_no_text_of_a_plot_is_cut_off(opened: Any) -> None:
    """Every label lies within its drawing."""
    shown = opened(page(company()))
    outside = shown.evaluate(
        """() => [...document.querySelectorAll("svg")].flatMap(svg => {
            const frame = svg.getBoundingClientRect();
            return [...svg.querySelectorAll("text")].filter(each => {
                const box = each.getBoundingClientRect();
                return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
            }).map(each => each.textContent);
        })"""
    )
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_in_bars_can_be_read(opened: Any, browser_page: Any, scheme: str) -> None:
    """Contrast of text and bar by WCAG 2: at least 4.5 in both themes."""
    browser_page.page.emulate_media(color_scheme=scheme)
    shown = opened(page(company()))
    pairs = shown.evaluate(
        """() => [...document.querySelectorAll("svg .on")].map(each => {
            const kind = [...each.classList].find(name => name !== "on");
            const bar = each.ownerSVGElement.querySelector("rect." + kind);
            return [getComputedStyle(each).fill, getComputedStyle(bar).fill];
        })"""
    )
    assert pairs
    assert [pair for pair in pairs if contrast(*map(colour, pair)) < 4.5] == []


def colour(text: str) -> tuple[float, ...]:
    """`rgb(1, 2, 3)` as shares of light."""
    return tuple(int(each) / 255 for each in text[4:-1].split(","))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The contrast ratio of WCAG 2."""

    def light(rgb: tuple[float, ...]) -> float:
        red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in rgb)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_it_prints_to_pdf(tmp_path: Path, browser_page: Any) -> None:
    """The browser on PATH prints it; the file is a PDF of several pages."""
    assert browser_page
    size = printed(page(company()), tmp_path / "out" / "report.pdf")
    data = (tmp_path / "out" / "report.pdf").read_bytes()
    assert len(data) == size
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page/") + data.count(b"/Type /Page ") >= 4
