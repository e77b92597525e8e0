"""The map over HTTP on loopback, for estates too large for one file: read-only, assets sent when they come into sight.

The address holds a token; without it nothing is answered. Only GET is known, only names of this machine are
accepted as host, so that no page from elsewhere can reach it by a name of its own.
"""

from __future__ import annotations

import gzip
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from siloscope.errors import SiloscopeError
from siloscope.viz import inventory
from siloscope.viz.columns import Strings, plain
from siloscope.viz.payload import Atlas
from siloscope.viz.silo_map import json_text, silo_map_html

HOST = "127.0.0.1"
_FOUND_MOST = 300
_PARTNERS_MOST = 80
_FINDINGS_MOST = 3000
_HOSTS = {"127.0.0.1", "localhost"}
_HEADERS = (
    ("Content-Encoding", "gzip"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)
_KEPT = 256
"""Answers about tools that are kept compressed."""


class Feed:
    """What the page asks for: itself, the assets of one tool, and which assets match some words."""

    def __init__(self, atlas: Atlas, number: int = 0) -> None:
        self.atlas = atlas
        self.number = number
        self.tool = lru_cache(maxsize=_KEPT)(self._tool)

    @cached_property
    def page(self) -> str:
        """The page with the overview."""
        overview = self.atlas.overview()
        overview["partners"] = self._partners()
        overview["feed"] = self.number
        overview["findings"] = overview["findings"][:_FINDINGS_MOST]
        return silo_map_html(overview, served=True)

    @cached_property
    def _edges_at(self) -> list[list[int]]:
        """Per tool the positions of the edges that touch it or its assets."""
        atlas = self.atlas
        at: list[list[int]] = [[] for _ in atlas.estate.tools]
        for position, (source, target, _, _) in enumerate(atlas.estate.edges):
            for tool in {atlas.tool(source), atlas.tool(target)}:
                if tool is not None:
                    at[tool].append(position)
        return at

    def _partners(self) -> list[list[int]]:
        """Per tool (node, how often it depends on it, how often the other way) of its partners, the most first."""
        atlas, first = self.atlas, self.atlas.estate.first_tool
        counts: list[dict[int, list[int]]] = [{} for _ in atlas.estate.tools]
        for needs, needed in atlas.estate.dependencies:
            one, other = atlas.tool(needs), atlas.tool(needed)
            if one is not None and one != other:
                counts[one].setdefault(needed if other is None else first + other, [0, 0])[0] += 1
            if other is not None and one != other:
                counts[other].setdefault(needs if one is None else first + one, [0, 0])[1] += 1
        return [
            [
                number
                for node, (on, by) in sorted(row.items(), key=lambda item: (-sum(item[1]), item[0]))[:_PARTNERS_MOST]
                for number in (node, on, by)
            ]
            for row in counts
        ]

    def _tool(self, tool: int) -> bytes:
        """The assets of a tool with all edges that touch them, as gzip of JSON."""
        estate, strings = self.atlas.estate, Strings()
        first, last = estate.starts[tool], estate.starts[tool + 1]
        positions = self._edges_at[tool]
        ends = {end for at in positions for end in estate.edges[at][:2] if end < estate.first_tool}
        answer = {
            "assets": self.atlas.assets(first, last, strings),
            "edges": {**inventory.edges_of(estate, positions, strings), "at": positions},
            "names": {
                str(end): plain(estate.assets[end].get("name") or estate.assets[end]["id"])
                for end in sorted(ends)
                if not first <= end < last
            },
        }
        return gzip.compress(json_text({"strings": strings.rows, **answer}).encode(), 3, mtime=0)

    @cached_property
    def _names(self) -> list[str]:
        return [plain(row.get("name") or row["id"]).lower() for row in self.atlas.estate.assets]

    def search(self, words: str) -> dict[str, list[Any]]:
        """Up to 300 assets whose name holds all the words."""
        wanted = words.lower().split()[:12]
        if not wanted:
            return {"nodes": [], "names": []}
        nodes = []
        for node, name in enumerate(self._names):
            if all(word in name for word in wanted):
                nodes.append(node)
                if len(nodes) == _FOUND_MOST:
                    break
        rows = self.atlas.estate.assets
        return {"nodes": nodes, "names": [plain(rows[node].get("name") or rows[node]["id"]) for node in nodes]}

    def answer(self, path: str, query: Mapping[str, list[str]]) -> bytes | None:
        """The answer to `search.json` or `tools/N.json` as gzip of JSON, or nothing."""
        if path == "search.json":
            return gzip.compress(json.dumps(self.search(" ".join(query.get("q", [])))).encode(), 3, mtime=0)
        number = path.removeprefix("tools/").removesuffix(".json")
        if path == f"tools/{number}.json" and number.isascii() and number.isdigit() and len(number) < 9:
            return self.tool(int(number)) if int(number) < len(self.atlas.estate.tools) else None
        return None


class Live:
    """The feed of the latest scan: read anew when a page is asked for and `stamp` gives another value than before."""

    def __init__(self, stamp: Callable[[], str], read: Callable[[], Atlas]) -> None:
        self._stamp, self._read = stamp, read
        self._seen: str | None = None
        self._feed: Feed | None = None

    def latest(self) -> Feed:
        """The feed of what is there now."""
        stamp = self._stamp()
        if self._feed is None or stamp != self._seen:
            self._feed = Feed(self._read(), self._feed.number + 1 if self._feed else 0)
            self._seen = stamp
        return self._feed

    def answer(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, str, bytes]:
        """(status, content type, gzip) for a path behind the token; numbers of an earlier scan are answered by 410."""
        if path == "":
            return 200, "text/html; charset=utf-8", gzip.compress(self.latest().page.encode(), 3, mtime=0)
        number, _, rest = path.partition("/")
        if self._feed is None or number != str(self._feed.number):
            return 410, "text/plain", _line("There is a newer scan; reload the page.")
        found = self._feed.answer(rest, query)
        if found is None:
            return 404, "text/plain", _line("There is no such thing here.")
        return 200, "application/json", found


def _line(text: str) -> bytes:
    return gzip.compress(f"{text}\n".encode(), mtime=0)


def _host(header: str) -> str | None:
    """The host name of a `Host` header; nothing for what is none."""
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None


def serve(live: Live, token: str, port: int = 0) -> ThreadingHTTPServer:
    """A server on loopback, not yet running: `serve_forever` runs it, `shutdown` ends it.

    Args:
        live: what is shown.
        token: what the address must hold.
        port: 0 for a free one.
    """
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        server_version = "siloscope"
        sys_version = ""
        timeout = 30

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            given, slash, rest = path.removeprefix("/").partition("/")
            host = _host(self.headers.get("Host", ""))
            if host not in _HOSTS or not slash or not hmac.compare_digest(given.encode(), token.encode()):
                self._reply(403, "text/plain", _line("The address lacks its token."))
                return
            # One answer at a time: the work is short, and what is worked out once is kept.
            with lock:
                try:
                    found = live.answer(rest, parse_qs(query))
                except SiloscopeError as error:
                    found = 503, "text/plain", _line(f"The store could not be read: {plain(error)}")
            self._reply(*found)

        def _reply(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *_HEADERS):
                self.send_header(name, value)
            # A browser that left in the meantime is no fault of anybody's.
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the address holds the token."""

    return ThreadingHTTPServer((HOST, port), Handler)
