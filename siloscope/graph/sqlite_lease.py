"""Leases of the embedded store: one lock file a source beside the database, freed by the kernel when its holder dies.

The lock is the operating system's on the open file; what the file says is only who holds it and since when.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from siloscope.errors import StoreError
from siloscope.model import digest

_AT = 1 << 20  # Windows locks bytes, not files: one far behind the text, so that others can read the text
_IN_MEMORY: dict[tuple[int, str], str] = {}
_GUARD = threading.Lock()


@contextmanager
def lease(file: str, store: int, source: str) -> Iterator[None]:
    """Hold the lease of `source` in the database at `file`; one without a file (in memory) is of this process only.

    Raises:
        StoreError: Somebody holds it; the text says who, and since when.
    """
    me = f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if not file:
        with _in_memory((store, source), me):
            yield
        return
    path = Path(f"{file}.lease-{digest(source)}")
    try:
        handle = _take(path)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    if handle is None:
        raise StoreError(_taken(source, _holder(path)))
    try:
        os.ftruncate(handle, 0)
        os.write(handle, me.encode())
        yield
    finally:
        _release(handle, path)


def _taken(source: str, holder: str) -> str:
    return f'source "{source}" is being scanned into this store by {holder or "somebody else"}'


@contextmanager
def _in_memory(key: tuple[int, str], me: str) -> Iterator[None]:
    with _GUARD:
        if key in _IN_MEMORY:
            raise StoreError(_taken(key[1], _IN_MEMORY[key]))
        _IN_MEMORY[key] = me
    try:
        yield
    finally:
        with _GUARD:
            del _IN_MEMORY[key]


def _holder(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _take(path: Path) -> int | None:
    """The locked file, or None when somebody else has it; a file that its holder removed meanwhile is no lock."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(handle):
            os.close(handle)
            return None
        try:
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        os.lseek(handle, _AT, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        return True

    def _release(handle: int, _path: Path) -> None:
        """An open file cannot be removed here, so it stays."""
        os.lseek(handle, _AT, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        os.close(handle)

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(handle: int, path: Path) -> None:
        """Remove the file while it is still locked: whoever opened it meanwhile sees that it is gone."""
        path.unlink(missing_ok=True)
        os.close(handle)
