"""Chromium: Debian's browser driven by playwright, with no network to lean on.

`Chromium` launches it; `Recorded` is one offline page with everything it said and asked for.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.base import Missing, Server
from tests.servers.install import debian_package, version_of

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program() -> str | None:
    """The browser's path."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass(slots=True)
class Recorded:
    """One page and what happened on it.

    `console` holds `type: text` of every message, `errors` uncaught exceptions, `dialogs` the texts of
    alert, confirm and prompt (each dismissed), `requests` the URL of every request, the document's own
    among them; `outside` leaves out file:, data:, blob: and about:.
    """

    page: Any
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def outside(self) -> list[str]:
        """Requests that would have left the machine."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:", "about:"))]

    def open(self, path: Path) -> Any:
        """Open a file and return the page."""
        self.page.goto(path.resolve().as_uri())
        return self.page


class Chromium(Server):
    """A browser instead of a listening process: `start` launches it, `page` opens an offline page."""

    name = "chromium"

    def __init__(self, port: int | None = None) -> None:
        super().__init__(port)
        self.browser: Any = None
        self._playwright: Any = None

    @classmethod
    def version(cls) -> str:
        return version_of(program())

    @classmethod
    def ensure_installed(cls) -> None:
        try:
            import playwright.sync_api  # noqa: F401 - only whether it is there
        except ImportError as error:
            raise Missing("no playwright: install the development requirements (make venv)") from error
        debian_package("chromium", lambda: program() is not None)

    def start(self) -> str:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        try:
            self.browser = self._playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        except BaseException:
            self.stop()
            raise
        return f"chromium {self.browser.version}"

    def stop(self, *, keep: bool = False) -> None:
        browser, self.browser = self.browser, None
        playwright, self._playwright = self._playwright, None
        if browser is not None:
            browser.close()
        if playwright is not None:
            playwright.stop()
        super().stop(keep=keep)

    @contextmanager
    def page(self, **context: Any) -> Iterator[Recorded]:
        """A page in its own offline context; `context` are playwright's options, such as `color_scheme`."""
        options = {"offline": True, "viewport": {"width": 1440, "height": 900}} | context
        opened = self.browser.new_context(**options)
        try:
            yield record(opened.new_page())
        finally:
            opened.close()


def record(page: Any) -> Recorded:
    """Listen to everything `page` says and asks for from now on."""
    seen = Recorded(page)

    def dialog(found: Any) -> None:
        seen.dialogs.append(found.message)
        found.dismiss()

    page.on("console", lambda message: seen.console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("dialog", dialog)
    page.on("request", lambda request: seen.requests.append(request.url))
    return seen
