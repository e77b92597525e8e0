"""The one shape of a collector, and the one place where a call may fail.

A *collector* is data: a table of *listings*, the options it understands and a way to connect. A
*listing* is one call that enumerates one kind of thing, the permission it needs, and a pure reader.
A *client* knows how to make calls of one sort (boto, REST, files, recordings): it pages, retries,
limits rates and pins hosts. `take` runs one listing in one scope and turns whatever happens into the
status of a slice; `scan` runs all of them, in bounded threads and in a fixed order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Protocol

from siloscope.config import Source
from siloscope.errors import CallError, Denied, Unavailable
from siloscope.model import Asset, Observation, Slice, Status, Visibility, digest, dumps
from siloscope.names import Context
from siloscope.redact import scrub, scrub_text

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a listing runs: `path` identifies it inside the source; `data` is what its client needs to get there.

    `instance` is the authority of the source's own names; `account` and `region` are filled for clouds.
    """

    path: str
    kind: str = "source"
    instance: str = ""
    account: str = ""
    region: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        """What names in this scope's documents are relative to."""
        return Context(
            instance=self.instance,
            account=self.account,
            region=self.region,
            partition=self.data.get("partition", "aws"),
            engine=self.data.get("engine", ""),
            database=self.data.get("database", ""),
        )


@dataclass(frozen=True, slots=True)
class Trouble:
    """A client's word, between documents, that something was not obtained; the rest goes on."""

    reason: str
    permission: str = ""
    where: str = ""


Reader = Callable[[Document, Scope], Iterable[Observation | Slice]]


@dataclass(frozen=True, slots=True)
class Listing:
    """One call that enumerates one kind of thing.

    `call` is for the client alone. `read` is pure. `per` is the kind of scope it runs in; `opens`
    yields the scopes that a document stands for (folders, accounts). `opaque` are paths whose values
    may hold secrets and yield only names. `precedence` orders observers of one asset: 0 for a tool's
    own inventory, 10 for sweeps and other tools' hearsay.
    """

    name: str
    call: Any
    read: Reader
    permission: str = ""
    per: str = "source"
    opens: Callable[[Document, Scope], Iterable[Scope]] | None = None
    opaque: tuple[str, ...] = ()
    precedence: int = 0


class Client(Protocol):
    """What makes calls of one sort. Safe to use from several threads."""

    def scopes(self) -> Iterable[Scope]:
        """The configured scopes, in a fixed order. Raises `CallError` when none can be reached."""
        ...

    def can(self, listing: Listing) -> bool:
        """Whether this client has a way to run the listing (an export folder has fewer than an API)."""
        ...

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """The documents, page by page. Raises `Denied` or `Unavailable`; what came before is kept."""
        ...

    def identity(self, listing: Listing, scope: Scope) -> tuple[str, Visibility]:
        """Who asks, and how much of the scope that principal may see. Raises `CallError`."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class NoClient:
    """Stands in for a client that could not be made; its source ends as one failed slice."""

    reason: str

    def scopes(self) -> Iterable[Scope]:
        """There is no way to any."""
        raise Unavailable(self.reason)

    def can(self, listing: Listing) -> bool:  # noqa: ARG002 - the protocol's signature
        """Nothing."""
        return False

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:  # noqa: ARG002
        """There are none."""
        raise Unavailable(self.reason)

    def identity(self, listing: Listing, scope: Scope) -> tuple[str, Visibility]:  # noqa: ARG002
        """Nobody asks."""
        raise Unavailable(self.reason)

    def close(self) -> None:
        """Nothing to release."""


@dataclass(frozen=True, slots=True)
class Collector:
    """The code for one system, as data.

    `options` are the configuration keys it understands beyond the common ones; `tested` says against
    what, in words a user may rely on; `policy` renders the least privilege from the listings.
    """

    type: str
    title: str
    listings: tuple[Listing, ...]
    connect: Callable[[Source], Client]
    options: frozenset[str] = frozenset()
    tested: str = ""
    policy: Callable[[Sequence[Listing]], str] | None = None

    def permissions(self) -> str:
        """The least-privilege policy: as the vendor writes it, or one permission a line."""
        if self.policy:
            return self.policy(self.listings)
        return "\n".join(sorted({each.permission for each in self.listings if each.permission}))


@dataclass(slots=True)
class Taken:
    """What one listing in one scope gave: its slice, its observations and the scopes it found.

    `brought` are slices of another estate, when its graph is read in as a source.
    """

    slice: Slice
    observations: list[Observation] = field(default_factory=list)
    brought: list[Slice] = field(default_factory=list)
    opened: list[Scope] = field(default_factory=list)
    documents: list[Document] | None = None


def take(
    client: Client, listing: Listing, scope: Scope, source: Source, *, parent: str = "", keep: bool = False
) -> Taken:
    """Run one listing in one scope. Never raises: whatever happens becomes the slice's status.

    `keep` keeps the scrubbed documents, for a recorder.
    """
    taken = Taken(Slice(source.name, listing.name, scope.path), documents=[] if keep else None)
    troubles: list[Trouble] = []
    status, ended = Status.COMPLETE, Trouble("")
    principal, visibility = "", Visibility.UNKNOWN
    seen = 0
    try:
        principal, visibility = client.identity(listing, scope)
        for item in client.pages(listing, scope):
            if isinstance(item, Trouble):
                troubles.append(item)
            else:
                seen += 1
                troubles.extend(_read(listing, scope, item, seen, taken))
    except Denied as error:
        status, ended = Status.DENIED, Trouble(str(error), error.permission or listing.permission)
    except CallError as error:
        status, ended = Status.FAILED, Trouble(str(error))
    except Exception as error:  # noqa: BLE001 - a client's own fault must not take the other slices with it
        status, ended = Status.FAILED, Trouble(f"{type(error).__name__}: {error}")
    if (status is not Status.COMPLETE and seen) or (status is Status.COMPLETE and troubles):
        status = Status.PARTIAL
    all_troubles = [*troubles, ended] if ended.reason else troubles
    taken.slice = Slice(
        source=source.name,
        listing=listing.name,
        scope=scope.path,
        status=status,
        reason=scrub_text(summary(all_troubles)),
        permission=next((each.permission for each in all_troubles if each.permission), ""),
        principal=principal,
        visibility=visibility,
        assets=len({each.id for each in taken.observations if isinstance(each, Asset)}),
        config=_config_digest(source, listing, scope),
        precedence=listing.precedence,
        parent=parent,
        order=source.order,
    )
    return taken


def _read(listing: Listing, scope: Scope, document: Document, number: int, taken: Taken) -> list[Trouble]:
    """Scrub and read one document; a document that cannot be read is named, the others are kept."""
    clean: Document = {}
    try:
        clean = scrub(document, listing.opaque)
        if taken.documents is not None:
            taken.documents.append(clean)
        observations = list(listing.read(clean, scope))
        opened = list(listing.opens(clean, scope)) if listing.opens else []
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        label = _label(clean)
        missing = f"no field {error}" if isinstance(error, KeyError) else f"{type(error).__name__}: {error}"
        return [Trouble(f"unreadable document {label or number}: {missing[:200]}", where=label)]
    for each in observations:
        if isinstance(each, Slice):
            taken.brought.append(each)
        else:
            taken.observations.append(each)
    taken.opened.extend(opened)
    return []


def _label(document: Any) -> str:
    """What a document calls itself, short; what is no object calls itself nothing."""
    if not isinstance(document, Mapping):
        return ""
    return next(
        (str(document[key])[:120] for key in ("path", "id", "name", "Id", "Name", "Arn") if document.get(key)), ""
    )


def summary(troubles: Sequence[Trouble]) -> str:
    """All troubles in one line, the first three in full."""
    texts = [
        f"{each.where}: {each.reason}" if each.where and each.where not in each.reason else each.reason
        for each in troubles
    ]
    more = len(texts) - 3
    return "; ".join(texts[:3]) + (f"; and {more} more" if more > 0 else "")


def _config_digest(source: Source, listing: Listing, scope: Scope) -> str:
    """A digest of the settings that decide what this slice can see and what its things are called.

    Secrets and the source's own name are no part of it. Under another `instance` everything has another id: what
    bore the former ones is held, as renamed things are not gone.
    """
    settings = {
        key: value for key, value in source.options.items() if key in ("columns", "endpoint_url", "filter", "target")
    }
    place = (source.type, source.url or "", str(source.path or ""), source.instance)
    return digest(*place, listing.name, scope.path, dumps(settings))


def scan(
    collector: Collector,
    source: Source,
    client: Client,
    *,
    threads: int = 8,
    keep: bool = False,
    done: Container[tuple[str, str, str]] = (),
    progress: Callable[[Taken], None] | None = None,
) -> Iterator[Taken]:
    """Run every listing of a source in every scope, scopes found on the way included.

    Calls run in at most `threads` threads; results come in the order of scopes and listings,
    whatever finished first. A scope is taken up once, even if several documents open it. Slices whose
    keys are in `done` were read before and are left out, unless scopes are found by them.
    """
    chosen = [each for each in collector.listings if client.can(each) and _wanted(source, each)]
    known: set[tuple[str, str]] = set()
    waiting: deque[tuple[Listing, Scope, str]] = deque()

    def plan(scope: Scope, parent: str) -> None:
        if (scope.kind, scope.path) not in known:
            known.add((scope.kind, scope.path))
            waiting.extend(
                (listing, scope, parent)
                for listing in chosen
                if listing.per == scope.kind and (listing.opens or (source.name, listing.name, scope.path) not in done)
            )

    try:
        for scope in client.scopes():
            plan(scope, "")
    except CallError as error:
        yield _unreachable(source, error)
        return
    except Exception as error:  # noqa: BLE001 - one source's own fault must not take the others with it
        yield _unreachable(source, Unavailable(f"{type(error).__name__}: {error}"))
        return
    running: deque[Future[Taken]] = deque()
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix=f"scan-{source.name}") as pool:
        try:
            while waiting or running:
                while waiting and len(running) < threads * 2:
                    listing, scope, parent = waiting.popleft()
                    running.append(pool.submit(take, client, listing, scope, source, parent=parent, keep=keep))
                taken = running.popleft().result()
                for scope in taken.opened:
                    plan(scope, taken.slice.listing + "@" + taken.slice.scope)
                if progress:
                    progress(taken)
                yield taken
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _unreachable(source: Source, error: CallError) -> Taken:
    """The one slice of a source that could not even say which scopes it has."""
    status = Status.DENIED if isinstance(error, Denied) else Status.FAILED
    permission = error.permission if isinstance(error, Denied) else ""
    return Taken(
        Slice(source.name, "connect", "", status, scrub_text(str(error)), permission, order=source.order)
    )  # fmt: skip


def _wanted(source: Source, listing: Listing) -> bool:
    services = source.options.get("services")
    if not services:
        return True
    return any(fnmatchcase(listing.name, pattern) or listing.name.startswith(f"{pattern}.") for pattern in services)
