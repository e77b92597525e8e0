"""What tests of REST collectors share: a scan of one source, and a small server that answers from a function."""

import json
from collections.abc import Callable
from typing import Any

from siloscope.collectors import collector
from siloscope.collectors.base import Taken, scan
from siloscope.config import Source
from siloscope.model import Asset, Description, Reference, to_json
from tests.servers.proxy import Answer, FaultProxy, Request

NOWHERE = "http://127.0.0.1:9"


class Scanned:
    """Everything one source gave, by listing."""

    def __init__(self, taken: list[Taken]) -> None:
        self.taken = {each.slice.listing: each for each in taken}
        self.observations = [each for one in taken for each in one.observations]

    @property
    def assets(self) -> dict[str, Asset]:
        """By id; the first observation of each."""
        found: dict[str, Asset] = {}
        for each in self.observations:
            if isinstance(each, Asset):
                found.setdefault(each.id, each)
        return found

    @property
    def descriptions(self) -> list[Description]:
        return [each for each in self.observations if isinstance(each, Description)]

    def edges(self, source: str = "") -> set[tuple[str, str]]:
        """(verb, name) of all references, or of those of one asset."""
        rows = (each for each in self.observations if isinstance(each, Reference))
        return {(str(each.verb), each.name) for each in rows if not source or each.source == source}

    def status(self, listing: str) -> str:
        return str(self.taken[listing].slice.status)

    def reason(self, listing: str) -> str:
        return self.taken[listing].slice.reason

    def text(self) -> str:
        """All that could reach the store or a recording."""
        kept = [each.documents for each in self.taken.values()] + [each.slice.reason for each in self.taken.values()]
        return json.dumps([[to_json(each) for each in self.observations], kept], default=str, ensure_ascii=False)


def scanned(kind: str, **settings: Any) -> Scanned:
    """Scan one source of `kind` in one thread, keeping its documents."""
    settings = {"name": "t", "instance": "t.example", **settings}
    source = Source(type=kind, **settings)
    found = collector(kind)
    client = found.connect(source)
    try:
        return Scanned(list(scan(found, source, client, threads=1, keep=True)))
    finally:
        client.close()


def answering(rule: Callable[[Request], Any]) -> FaultProxy:
    """A server that answers with the JSON `rule(request)` returns; None is 404, an `Answer` goes out as it is."""

    def answer(request: Request) -> Answer:
        value = rule(request)
        if isinstance(value, Answer):
            return value
        return Answer(404, b"{}") if value is None else Answer(200, json.dumps(value).encode())

    return FaultProxy(NOWHERE, answer)
