"""Probing permissions: the first answer of each listing in each configured scope, and nothing kept."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from siloscope.collectors import collector
from siloscope.collectors.base import Client, Listing, Scope, Trouble, summary
from siloscope.config import Source
from siloscope.errors import CallError, Denied, SiloscopeError
from siloscope.redact import scrub_text


def probe(source: Source) -> Iterator[dict[str, Any]]:
    """One row a listing and scope: `ok`, `denied` with the permission, or `failed` with the reason.

    Scopes that only a listing can find (folders, subscriptions) are probed in the first one found.
    """
    found = collector(source.type)
    try:
        client = found.connect(source)
    except SiloscopeError as error:
        yield _row(source, "connect", "", "failed", "", str(error))
        return
    try:
        waiting = list(client.scopes())
        kinds: set[str] = set()
        while waiting:
            scope = waiting.pop(0)
            kinds.add(scope.kind)
            for listing in found.listings:
                if listing.per == scope.kind and client.can(listing):
                    opened = yield from _probe(client, source, listing, scope)
                    waiting += [each for each in opened if each.kind not in kinds][:1]
    except CallError as error:
        permission = error.permission if isinstance(error, Denied) else ""
        yield _row(source, "connect", "", "denied" if permission else "failed", permission, str(error))
    except Exception as error:  # noqa: BLE001 - one source's own fault must not hide what the others may
        yield _row(source, "connect", "", "failed", "", f"{type(error).__name__}: {error}")
    finally:
        client.close()


def _probe(
    client: Client, source: Source, listing: Listing, scope: Scope
) -> Generator[dict[str, Any], None, list[Scope]]:
    """The row of one listing in one scope; the scopes its first answer opens."""
    opened: list[Scope] = []
    try:
        client.identity(listing, scope)
        first = next(client.pages(listing, scope), None)
        if listing.opens and isinstance(first, dict):
            opened = list(listing.opens(first, scope))
        reason = summary([first]) if isinstance(first, Trouble) else ""
        permission = getattr(first, "permission", "")
        yield _row(
            source,
            listing.name,
            scope.path,
            "denied" if permission else "failed" if reason else "ok",
            permission,
            reason,
        )
    except Denied as error:
        yield _row(source, listing.name, scope.path, "denied", error.permission or listing.permission, str(error))
    except CallError as error:
        yield _row(source, listing.name, scope.path, "failed", "", str(error))
    except Exception as error:  # noqa: BLE001 - one listing's own fault must not hide what the others may
        yield _row(source, listing.name, scope.path, "failed", "", f"{type(error).__name__}: {error}")
    return opened


def _row(source: Source, listing: str, scope: str, status: str, permission: str, reason: str) -> dict[str, Any]:
    return {
        "source": source.name,
        "listing": listing,
        "scope": scope,
        "status": status,
        "permission": permission,
        "reason": scrub_text(reason),
    }
