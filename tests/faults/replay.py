"""Answers of a real server, kept as they were at two moments, so that hundreds of scans need not ask it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from siloscope.collectors import collector
from siloscope.collectors.base import scan
from siloscope.config import Source
from siloscope.model import Status
from tests.servers.proxy import Answer, FaultProxy, Request, passing

BEFORE, AFTER = "before", "after"
Key = tuple[str, str, str, str, bytes]


class Kept:
    """Takes the place of a proxy's upstream: asks the server while `keeping`, and repeats its answers later.

    `moment` says whether something is still there (`BEFORE`) or deleted (`AFTER`). A request that was never
    answered while keeping ends as a gateway error, so that no cell rests on what nobody said.
    """

    def __init__(self, proxy: FaultProxy, lacking: Callable[[Request], Answer | None] = passing) -> None:
        self.moment, self.keeping = BEFORE, True
        self._lacking = lacking
        self.answers: dict[Key, httpx.Response] = {}
        self._real = proxy.upstream
        proxy.upstream = self  # type: ignore[assignment]  # of a client, a proxy uses these two methods alone

    def request(self, method: str, path: str, *, headers: Mapping[str, str], content: bytes) -> Any:
        """The answer of the server at this moment."""
        key = (self.moment, method, path, _spoken_to(headers), content)
        if key not in self.answers:
            if not self.keeping:
                raise httpx.TransportError(f"{method} {path} was never asked {self.moment}")
            self.answers[key] = self._asked(method, path, headers, content)
        return self.answers[key]

    def _asked(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> httpx.Response:
        """What the server says, or for what it has no answer to, what is said in its place."""
        parts = urlsplit(path)
        own = self._lacking(Request(method, parts.path, parse_qs(parts.query), headers, content))
        if own:
            return httpx.Response(own.status, content=own.body, headers=dict(own.headers))
        return self._real.request(method, path, headers=dict(headers), content=content)

    def take(self, moment: str, source: Source) -> None:
        """Keep what the server says at this moment to a whole scan of `source`."""
        self.moment, self.keeping = moment, True
        found = collector(source.type)
        client = found.connect(source)
        bad = [each.slice for each in scan(found, source, client) if each.slice.status is not Status.COMPLETE]
        client.close()
        self.keeping = False
        assert not bad, bad

    def answer(self, request: Request) -> Answer:
        """The whole answer to `request` at this moment, for a rule that gives it, or a part of it, itself."""
        asked = (self.moment, request.method, request.path, _spoken_to(request.headers), request.body)
        for (moment, method, path, target, content), kept in sorted(self.answers.items()):
            if (moment, method, path.partition("?")[0], target, content) == asked:
                shown = ("content-type", "smithy-protocol")
                headers = {key: value for key, value in kept.headers.items() if key.lower() in shown}
                return Answer(kept.status_code, kept.content, headers)
        raise LookupError(f"{request.method} {request.path} was never asked {self.moment}")

    def close(self) -> None:
        """Close the connections to the server."""
        self._real.close()


def _spoken_to(headers: Mapping[str, str]) -> str:
    """The AWS service and operation that a request names in its headers."""
    scope = headers.get("authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
    return f"{scope[3] if len(scope) > 3 else ''} {headers.get('x-amz-target', '')}"
