"""The connection to Neo4j: store URLs, the driver, statements of one estate, errors in one line.

The official driver is imported when a connection is made, so that nobody else pays for it. No error
text holds the password. Statements are constant texts; values travel as parameters.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from siloscope.errors import StoreError
from siloscope.version import __version__

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction, Session, Transaction

OLDEST = (5, 23)  # the first release with `CALL (x) { }`; the 5.26 LTS line and later are what we test
ROWS = 10_000  # of a transaction that writes: a row is a relationship or a node, which bounds the server's memory
FETCHED = 2_000  # rows that a reader has in flight
SCHEMES = frozenset(f"{scheme}{trust}" for scheme in ("neo4j", "bolt") for trust in ("", "+s", "+ssc"))
_ESTATE_LIMIT = 100  # part of every index entry, and those are limited to some 8,000 bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is: what a store URL says."""

    uri: str
    user: str
    database: str
    estate: str

    def __str__(self) -> str:
        """The place in messages; there is never a password in it."""
        return f"{self.uri}/{self.database} (estate {self.estate})"


def place(url: str) -> Place:
    """What `neo4j[+s|+ssc]://` or `bolt[+s|+ssc]://user@host:port/database?estate=name` says.

    Defaults: user and database `neo4j`, port 7687, estate `default`.

    Raises:
        StoreError: It is malformed, holds a password, or has options that do not exist.
    """
    malformed = StoreError("the store URL is malformed: neo4j://user@host:port/database?estate=name")
    try:
        parts = urlsplit(url)
        if parts.password is not None:
            raise StoreError("the store URL holds a password; set NEO4J_PASSWORD or [store] password instead")
        port = parts.port or 7687
    except ValueError:
        raise malformed from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise malformed
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - {"estate"}):
        raise StoreError(f'the store URL has an option "{unknown[0]}"; only estate is known')
    estate = options.get("estate", "default")
    if not estate or len(estate) > _ESTATE_LIMIT or not estate.isprintable():
        raise StoreError(f"an estate's name has 1 to {_ESTATE_LIMIT} printable characters")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user = unquote(parts.username or "") or "neo4j"
    database = unquote(parts.path.strip("/")) or "neo4j"
    return Place(f"{parts.scheme}://{host}:{port}", user, database, estate)


class Link:
    """A driver bound to one place."""

    def __init__(self, at: Place, password: str | None) -> None:
        from neo4j import GraphDatabase

        # What the driver logs besides raising would reach stderr; the errors below say it once.
        logging.getLogger("neo4j").addHandler(logging.NullHandler())
        self.at = at
        secret = password if password is not None else os.environ.get("NEO4J_PASSWORD")
        self._secret = secret or ""
        with self.errors():
            self.driver: Driver = GraphDatabase.driver(
                at.uri,
                auth=(at.user, secret) if secret else None,
                user_agent=f"siloscope/{__version__}",
                connection_timeout=10,
                connection_acquisition_timeout=30,
                notifications_min_severity="OFF",
                telemetry_disabled=True,
            )
        try:
            self._refuse_old()
        except BaseException:
            self.driver.close()
            raise

    def _refuse_old(self) -> None:
        with self.errors():
            agent = self.driver.get_server_info().agent
        found = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
        if not found or (int(found[1]), int(found[2])) < OLDEST:
            least = ".".join(map(str, OLDEST))
            raise StoreError(f"{self.at}: the server is {agent}; siloscope needs Neo4j {least} or later")

    def session(self, *, write: bool) -> Session:
        """A session; sessions of one link read what earlier ones wrote, also in a cluster."""
        return self.driver.session(
            database=self.at.database,
            default_access_mode="WRITE" if write else "READ",
            bookmark_manager=self.driver.execute_query_bookmark_manager,
            fetch_size=FETCHED,
        )

    @contextmanager
    def errors(self, doing: str = "") -> Iterator[None]:
        """Whatever the driver or the server complains about, as a `StoreError` of one line."""
        from neo4j.exceptions import DriverError, Neo4jError

        try:
            yield
        except (DriverError, Neo4jError) as error:
            raise StoreError(f"{doing or self.at}: {self._line(error)}") from None

    def _line(self, error: Exception) -> str:
        from neo4j import exceptions as known

        text = " ".join(str(getattr(error, "message", None) or error).split())
        if len(self._secret) >= 8:  # Neo4j's own least length; masking less would mangle words
            text = text.replace(self._secret, "***")
        if isinstance(error, known.CypherSyntaxError):
            return text.partition(" (line ")[0]  # the place would be off by what stands before the user's text
        if isinstance(error, known.AuthError):
            return f"user {self.at.user} is refused; set NEO4J_PASSWORD or [store] password ({text})"
        if isinstance(error, known.Forbidden):
            return f"user {self.at.user} may not do this ({text})"
        if isinstance(error, known.IncompleteCommit):
            return "the connection broke while committing; whether it was committed is not known, scan again"
        if isinstance(error, known.ServiceUnavailable | known.SessionExpired):
            return f"cannot be reached ({text})"
        return text

    def close(self) -> None:
        """Close all connections."""
        self.driver.close()


class Cypher:
    """Statements of one estate in one transaction; each may use `$estate` and `$published`, the batch it sees."""

    def __init__(
        self, tx: Transaction | ManagedTransaction, estate: str, published: int = 0, *, writing: bool = False
    ) -> None:
        self._tx = tx
        self.estate, self.published = estate, published
        self._writing = writing

    @classmethod
    def like(cls, other: Cypher, published: int) -> Cypher:
        """The same transaction, seeing another batch."""
        return cls(other._tx, other.estate, published)

    def early(self, where: str) -> tuple[str, ...]:
        """A condition that finds what an unpublished batch changed, while there is one."""
        return (where,) if self._writing else ()

    def rows(self, text: str, **values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement, as they arrive."""
        for record in self._tx.run(text, {**values, "estate": self.estate, "published": self.published}):
            yield tuple(record.values())

    def over(self, text: str, rows: Iterable[Any], **values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement that unwinds `$rows`, which it is given in portions."""
        waiting = iter(rows)
        while portion := list(islice(waiting, ROWS)):
            yield from self.rows(text, rows=portion, **values)

    def run(self, text: str, **values: Any) -> None:
        """A statement whose rows nobody wants."""
        self._tx.run(text, {**values, "estate": self.estate}).consume()

    def table(self, text: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Column names and all rows of a statement."""
        result = self._tx.run(text, estate=self.estate)
        return tuple(result.keys()), [tuple(record.values()) for record in result]

    def explain(self, text: str) -> tuple[str, Mapping[str, Any] | None]:
        """What a statement would do, without doing it: its type (`r`, `rw`, `w`, `s`) and its plan."""
        summary = self._tx.run(f"EXPLAIN {text}", estate=self.estate).consume()
        return summary.query_type or "", summary.plan
