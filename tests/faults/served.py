"""Faults in front of a server: a proxy that remembers, and short waits for clients that would wait for long."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any, Protocol
from urllib.parse import parse_qs

import pytest

from tests.faults.matrix import CUT, RESET, SHORT, TIMEOUT, TOKEN
from tests.faults.replay import Kept
from tests.servers.proxy import Answer, Cut, FaultProxy, Request, Reset, Rule, passing
from tests.servers.proxy import Fault as Happens

PATIENCE = 0.3
"""Seconds a client waits for an answer while answers are held back."""


class Asked(Protocol):
    """One call of a listing, as a proxy sees it."""

    def asks(self, request: Request) -> bool:
        """Whether a request is this call."""
        ...

    def answer(self, fault: str) -> Answer:
        """What stands in the place of the real answer."""
        ...


def rule(fault: str, calls: Sequence[Asked], kept: Kept, over: threading.Event) -> Rule:
    """The proxy's rule for a fault on some calls; `over` ends answers that are held back."""
    firsts: list[Request] = []

    def act(request: Request) -> Happens | None:
        call = next((each for each in calls if each.asks(request)), None)
        if call is None:
            return None
        if fault == RESET:
            return Reset()
        if fault == TIMEOUT:
            over.wait(30)
            return Reset()
        if fault in (CUT, SHORT):
            return Cut(len(kept.answer(request).body) // 2, honest=fault == SHORT)
        if fault == TOKEN and b"page-1" in _whole(request):
            return kept.answer(next(each for each in firsts if _without_token(each) == _without_token(request)))
        firsts.append(request)
        return call.answer(fault)

    return act


def _whole(request: Request) -> bytes:
    return f"{request.path} {request.query}".encode() + request.body


def _without_token(request: Request) -> Any:
    """A request but for its paging token; of binary bodies, only where it went."""
    query = {key: value for key, value in request.query.items() if value != ["page-1"]}
    try:
        body: Any = json.loads(request.body or b"{}")
        body = {key: value for key, value in body.items() if value != "page-1"}
    except ValueError:
        body = parse_qs(request.body.decode("latin-1"))
        body = {} if "cbor" in request.headers.get("content-type", "") else {
            key: value for key, value in body.items() if value != ["page-1"]
        }  # fmt: skip
    return request.method, request.path, sorted((key, value) for key, value in query.items() if key != "x-id"), body


def in_front(proxy: FaultProxy, kept: Kept, calls: Sequence[Asked]) -> Callable[[str], Any]:
    """How to put a fault, by name, on some calls to a server, and to take it away again."""

    @contextmanager
    def fault(name: str) -> Iterator[None]:
        over = threading.Event()
        with pytest.MonkeyPatch.context() as patch:
            no_waits(patch)
            if name == TIMEOUT:
                impatient(patch)
            proxy.rule = rule(name, calls, kept, over)
            seen = proxy.count(lambda request: any(each.asks(request) for each in calls))
            try:
                yield
            finally:
                over.set()
                proxy.rule = passing
            asked = proxy.count(lambda request: any(each.asks(request) for each in calls))
            assert asked > seen, f"{name}: no request met the fault"

    return fault


def no_waits(patch: pytest.MonkeyPatch) -> None:
    """Retries follow each other at once, and a throttled client asks no slower than before."""
    quick = SimpleNamespace(sleep=lambda _seconds: None, time=time.time, monotonic=time.monotonic)
    patch.setattr("siloscope.collectors.clients.rest.time", quick)
    patch.setattr("botocore.endpoint.time", quick)
    patch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_arguments, **_named: True)


def made_once(patch: pytest.MonkeyPatch) -> None:
    """What makes clients of AWS (handlers, the class of a service) is made once and not for every scan."""
    from botocore.client import ClientCreator

    from siloscope.collectors.clients import boto_sessions

    make, made = ClientCreator._create_client_class, {}

    def once(self: Any, name: str, model: Any) -> Any:
        if name not in made:
            made[name] = make(self, name, model)
        return made[name]

    patch.setattr(ClientCreator, "_create_client_class", once)
    patch.setattr(boto_sessions, "_core", cache(boto_sessions._core))


def impatient(patch: pytest.MonkeyPatch) -> None:
    """Clients that give up soon: short read timeouts, two attempts."""
    from siloscope.collectors.clients import boto_sessions, rest

    patch.setattr(boto_sessions, "ATTEMPTS", 2)
    patch.setattr(rest, "ATTEMPTS", 2)
    config = boto_sessions.Sessions._config

    def short(self: Any) -> Any:
        from botocore.config import Config

        return config(self).merge(Config(read_timeout=PATIENCE))

    patch.setattr(boto_sessions.Sessions, "_config", short)
    defaults: Mapping[str, Any] = rest.RestClient.__init__.__kwdefaults__
    patch.setitem(defaults, "timeout", PATIENCE)
