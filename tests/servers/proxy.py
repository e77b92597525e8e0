"""A proxy that misbehaves on demand, in front of any test server.

A *rule* looks at each request and returns what shall happen to it: `None` passes it on; otherwise one of
the faults below. What emulators never do of themselves (deny, throttle, cut, lie, page) is made here.

    def rule(request):
        return Answer(403, b'{"message": "no"}') if request.operation == "ListQueues" else None

    with FaultProxy(moto.url, rule) as proxy:
        moto.client("sqs", url=proxy.url)
"""

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "upgrade",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the client sent it; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The AWS operation by its target header or form field; empty for REST-style calls."""
        target = self.headers.get("x-amz-target", "")
        if target:
            return target.rpartition(".")[2]
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return parse_qs(self.body.decode("utf-8", "replace")).get("Action", [""])[0]
        return self.query.get("Action", [""])[0]

    @property
    def service(self) -> str:
        """The AWS service the request was signed for, such as `sqs`; empty when unsigned."""
        scope = self.headers.get("authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
        return scope[3] if len(scope) > 3 else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer in the server's place: denied, throttled, an empty page, nonsense with status 200."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(frozen=True, slots=True)
class Delay:
    """Pass on after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """Pass on, but break off after `keep` bytes of the body: promised length, missing rest.

    With `honest` the shorter length is announced: the client sees a whole answer that holds half a document.
    """

    keep: int
    honest: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """Close the connection with a TCP reset instead of answering."""


@dataclass(frozen=True, slots=True)
class Change:
    """Pass on, and let `change(body)` make another body of the answer."""

    change: Callable[[bytes], bytes]


Fault = Answer | Delay | Cut | Reset | Change
Rule = Callable[[Request], Fault | None]


def passing(_request: Request) -> None:
    """The rule that touches nothing."""
    return


class FaultProxy:
    """Listens on a free loopback port in front of `target`; `rule` may be replaced while it runs.

    `requests` holds everything that arrived, in order of arrival.
    """

    def __init__(self, target: str, rule: Rule = passing) -> None:
        self.rule = rule
        self.requests: list[Request] = []
        # No connection is reused: a fault on one request must not reach the next.
        self.upstream = httpx.Client(base_url=target, timeout=120, limits=httpx.Limits(max_keepalive_connections=0))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def count(self, matches: Callable[[Request], bool] = lambda _request: True) -> int:
        """How many requests arrived that match."""
        return sum(1 for request in list(self.requests) if matches(request))

    def __enter__(self) -> Self:
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and wait for the thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        self.upstream.close()


def _handler(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            request = self._request()
            proxy.requests.append(request)
            fault = proxy.rule(request)
            if isinstance(fault, Reset):
                self._reset()
                return
            if isinstance(fault, Delay):
                time.sleep(fault.seconds)
            if isinstance(fault, Answer):
                self._send(fault.status, fault.headers, fault.body)
                return
            with suppress(BrokenPipeError, ConnectionResetError):  # the client may have given up
                self._pass_on(request, fault)

        # http.server looks handlers up by these names.
        do_GET = do_HEAD = do_POST = handle_any  # noqa: N815
        do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any  # noqa: N815

        def _request(self) -> Request:
            parts = urlsplit(self.path)
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            return Request(self.command, parts.path, parse_qs(parts.query), headers, body)

        def _pass_on(self, request: Request, fault: Fault | None) -> None:
            headers = {key: value for key, value in request.headers.items() if key not in HOP_BY_HOP}
            try:
                answer = proxy.upstream.request(self.command, self.path, headers=headers, content=request.body)
            except httpx.TransportError as error:
                self._send(502, {"Content-Type": "text/plain"}, str(error).encode())
                return
            body = answer.content
            if isinstance(fault, Change):
                body = fault.change(body)
            promised = len(body)
            if isinstance(fault, Cut):
                body = body[: fault.keep]
                promised = len(body) if fault.honest else promised
            kept = {key: value for key, value in answer.headers.items() if key.lower() not in HOP_BY_HOP}
            self._send(answer.status_code, kept, body, promised)

        def _send(self, status: int, headers: Mapping[str, str], body: bytes, promised: int | None = None) -> None:
            self.send_response_only(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body) if promised is None else promised))
            self.send_header("Connection", "close")
            self.close_connection = True
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _reset(self) -> None:
            # Linger of zero seconds makes close send RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # Detached, because the server's own orderly shutdown would send a FIN first.
            os.close(self.connection.detach())
            self.close_connection = True

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing: what arrived is in `requests`."""

    return Handler
