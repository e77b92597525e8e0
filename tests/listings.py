"""What tests of collecting share: a small collector over a client that answers from a table."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from siloscope.collectors.base import Collector, Listing, Scope
from siloscope.config import Source
from siloscope.model import Asset, Description, Reference, Verb, Visibility

Said = Any
SOURCE = Source("s", "toy", order=3)


def things(document: Any, scope: Scope) -> Iterator[Asset | Reference | Description]:
    """An asset a document, with what it reads and what is said about it."""
    me = f"toy://{scope.path}/{document['id']}"
    yield Asset(me, "toy.thing", document["name"], "toy:1")
    for each in document.get("reads", ()):
        yield Reference(me, Verb.READS, each, "reads")
    if "owner" in document:
        yield Description(me, owner=document["owner"])


def folders(document: Any, scope: Scope) -> Iterator[Scope]:
    """The scope a folder stands for."""
    yield Scope(f"{scope.path}/{document['id']}", "folder", scope.instance, data={"key": str(document["id"])})


THINGS = Listing("thing", "thing", things, permission="toy:ListThings", opaque=("env.*",))
OTHERS = Listing("other", "other", things, permission="toy:ListOthers", precedence=10)
FOLDERS = Listing("folder", "folder", things, permission="toy:ListFolders", opens=folders)
INSIDE = Listing("inside", "inside", things, permission="toy:ListInside", per="folder", opens=folders)


class Table:
    """Answers from `{(listing, scope): items}`; an exception among the items is raised there."""

    def __init__(
        self,
        table: Mapping[tuple[str, str], Iterable[Said]],
        scopes: Iterable[str] = ("a",),
        *,
        delay: Callable[[str, str], float] = lambda listing, scope: 0.0,
        who: tuple[str, Visibility] | Exception = ("bot", Visibility.ALL),
    ) -> None:
        self.table = table
        self.places = [Scope(path, instance="toy.example") for path in scopes]
        self.delay, self.who = delay, who
        self.asked: list[tuple[str, str]] = []
        self.closed = False
        self.lock = threading.Lock()

    def scopes(self) -> list[Scope]:
        return self.places

    def can(self, listing: Listing) -> bool:
        return True

    def identity(self, listing: Listing, scope: Scope) -> tuple[str, Visibility]:
        if isinstance(self.who, Exception):
            raise self.who
        return self.who

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Said]:
        with self.lock:
            self.asked.append((listing.name, scope.path))
        time.sleep(self.delay(listing.name, scope.path))
        for each in self.table.get((listing.name, scope.path), ()):
            if isinstance(each, BaseException):
                raise each
            yield each

    def close(self) -> None:
        self.closed = True


def toy(*listings: Listing, connect: Callable[[Source], Any] | None = None) -> Collector:
    """A collector of these listings."""
    return Collector("toy", "Toy", listings, connect or (lambda source: Table({})))


def doc(key: str, **more: Any) -> dict[str, Any]:
    """A document of the toy platform."""
    return {"id": key, "name": f"thing {key}", **more}
