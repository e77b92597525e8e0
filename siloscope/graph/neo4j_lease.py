"""Leases in Neo4j: who scans a source and who writes an estate, one node each, in the server's own clock.

A holder renews its lease as long as it lives. A lease is free when its time is over, or at once when its holder
was a process of this machine that is gone. Everything is compared and set by one statement: setting `lock` first
makes the server wait for whoever else is about to, so that what is read after it is what they left.
"""

from __future__ import annotations

import os
import platform
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siloscope.errors import StoreError
from siloscope.model import digest

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

    from siloscope.graph.neo4j_link import Cypher, Link

LASTS = 60_000  # milliseconds
RENEWED = 20.0  # seconds
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # seconds between two attempts of one who waits
_WRITER = "writer"

_TAKE = (
    "MERGE (l:SiloscopeLease {estate: $estate, name: $name}) SET l.lock = $nonce "
    "WITH l, coalesce(l.until, 0) > timestamp() AND NOT coalesce(l.nonce, '') IN $ended AS taken "
    "FOREACH (me IN CASE WHEN taken THEN [] ELSE [$me] END | "
    "SET l += me, l.until = timestamp() + $lasts, l.since = toString(datetime({epochMillis: timestamp()}))) "
    "RETURN taken, l.nonce, l.host, l.machine, l.pid, l.began, l.since"
)
_MINE = "MATCH (l:SiloscopeLease {estate: $estate, name: $name}) SET l.lock = $nonce WITH l WHERE l.nonce = $nonce"
_RENEW = f"{_MINE} SET l.until = timestamp() + $lasts RETURN 1"
_RELEASE = f"{_MINE} SET l.until = 0, l.nonce = ''"


class Lease:
    """A lease that is held; `nonce` tells it from every other."""

    def __init__(self, link: Link, estate: str, name: str) -> None:
        self._link, self._estate, self._name = link, estate, name
        self._nonce = uuid.uuid4().hex
        self._over = threading.Event()

    @property
    def values(self) -> dict[str, Any]:
        """What statements about it are given."""
        return {"estate": self._estate, "name": self._name, "nonce": self._nonce, "lasts": LASTS}

    def hold(self, cypher: Cypher) -> None:
        """Renew it within a transaction, which nobody can take it from until that ends.

        Raises:
            StoreError: Somebody else has it by now.
        """
        if not list(cypher.rows(_RENEW, **self.values)):
            raise StoreError(
                f"{self._link.at}: this process was away for so long that another one took over; nothing was published"
            )

    def take(self, *, wait: bool) -> dict[str, Any] | None:
        """Take it; None when done, else the holder, which without `wait` is what the first attempt finds."""
        ended: list[str] = []
        pauses = iter(_PAUSES)
        while True:
            holder = self._attempt(ended)
            if holder is None:
                threading.Thread(target=self._renew, daemon=True, name=f"lease-{self._name}").start()
                return None
            if _gone(holder):
                ended = [holder["nonce"]]
            elif not wait:
                return holder
            else:
                self._over.wait(next(pauses, _PAUSES[-1]))

    def _attempt(self, ended: list[str]) -> dict[str, Any] | None:
        me = {"nonce": self._nonce, **_me()}

        def unit(tx: ManagedTransaction) -> dict[str, Any] | None:
            found = tx.run(_TAKE, {**self.values, "me": me, "ended": ended}).single(strict=True)
            taken, *told = found.values()
            return (
                dict(zip(("nonce", "host", "machine", "pid", "began", "since"), told, strict=True)) if taken else None
            )

        with self._link.session(write=True) as session:
            return session.execute_write(unit)

    def _renew(self) -> None:
        from neo4j.exceptions import DriverError, Neo4jError

        while not self._over.wait(RENEWED):
            try:
                with self._link.session(write=True) as session:
                    session.execute_write(lambda tx: tx.run(_RENEW, self.values).consume())
            except (DriverError, Neo4jError):
                continue  # the next time, or `hold` says so

    def release(self) -> None:
        """Give it back; where the server cannot be told, it ends by itself."""
        from neo4j.exceptions import DriverError, Neo4jError

        self._over.set()
        try:
            with self._link.session(write=True) as session:
                session.execute_write(lambda tx: tx.run(_RELEASE, self.values).consume())
        except (DriverError, Neo4jError):
            return


@contextmanager
def writer(link: Link, estate: str) -> Iterator[Lease]:
    """Write an estate alone; waits for whoever writes it now."""
    lease = Lease(link, estate, _WRITER)
    lease.take(wait=True)
    try:
        yield lease
    finally:
        lease.release()


@contextmanager
def scanner(link: Link, estate: str, source: str) -> Iterator[None]:
    """Scan a source alone.

    Raises:
        StoreError: Somebody scans it now; the text says who, and since when.
    """
    lease = Lease(link, estate, f"source {digest(source)}")
    if holder := lease.take(wait=False):
        who = f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
        raise StoreError(f'source "{source}" is being scanned into this store by {who}')
    try:
        yield
    finally:
        lease.release()


def _me() -> dict[str, Any]:
    return {"host": platform.node(), "machine": _machine(), "pid": os.getpid(), "began": _began(os.getpid())}


@cache
def _machine() -> str:
    """Tells apart machines, their boots and their containers: a process number means something in one of these."""
    try:
        boot, space = Path("/proc/sys/kernel/random/boot_id").read_text("ascii"), Path("/proc/self/ns/pid").readlink()
    except OSError:
        return digest(platform.node(), str(uuid.getnode()))
    return digest(platform.node(), boot, str(space))


def _began(process: int) -> str:
    """When a process began, in its system's own count; empty where that is not told."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _gone(holder: dict[str, Any]) -> bool:
    """Whether a holder was a process of this machine and is no more; where that cannot be asked, it lives."""
    if os.name != "posix" or holder["machine"] != _machine():
        return False
    try:
        os.kill(holder["pid"], 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return bool(holder["began"] != _began(holder["pid"]))
