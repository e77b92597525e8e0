"""The AWS client: botocore's paginators and adaptive retries, in several regions and accounts.

Details of items are asked for side by side, a bounded number at a time, and come back in order. A detail
that is denied or unavailable time after time is given up and said so, instead of asked ten thousand times.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.collectors.clients.boto_calls import (
    Boto,
    BotoDetail,
    Gone,
    action,
    dig,
    guarded,
    parsed,
    plain,
)
from siloscope.collectors.clients.boto_sessions import Sessions
from siloscope.config import Source
from siloscope.errors import CallError, Unavailable
from siloscope.model import Visibility

SIDE_BY_SIDE = 8
GIVE_UP = 10


class BotoClient:
    """Runs listings whose call is a `Boto`, in accounts and regions."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.sessions = Sessions(source)
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix=f"describe-{source.name}")

    @property
    def calls(self) -> int:
        """HTTP requests made so far, retries included; `sessions.asked` has them by operation."""
        return self.sessions.asked.total()

    def scopes(self) -> Iterable[Scope]:
        """One scope an account (for services without regions) and one an account and region."""
        home, arn = self.sessions.caller("")
        partition = arn.split(":")[1] if arn.startswith("arn:") else "aws"
        for account in self._accounts(home):
            data = {"partition": partition}
            if account == home:
                data["home"] = "yes"
            regions = self.source.options.get("regions") or [self.sessions.region]
            yield Scope(account, "account", account, account, regions[0], data)
            for region in regions:
                yield Scope(f"{account}/{region}", "region", account, account, region, data)

    def can(self, listing: Listing) -> bool:
        """Listings with a `Boto`."""
        return isinstance(listing.call, Boto)

    def identity(self, listing: Listing, scope: Scope) -> tuple[str, Visibility]:  # noqa: ARG002 - one an account
        """The caller's ARN. IAM denies rather than filters, so what is listed is all."""
        return self.sessions.caller(_account(scope))[1], Visibility.ALL

    def close(self) -> None:
        """Close the connections of all services."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.sessions.close()

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """Every item of every page, described where the listing says so."""
        call: Boto = listing.call
        client = self.sessions.client(call.service, _account(scope), scope.region)
        params = {key: _filled(value, scope.data) for key, value in call.params.items()}
        tally = _Tally()
        for items in _lists(client, call, params):
            for start in range(0, len(items), SIDE_BY_SIDE * 2):
                some = [
                    dict(each) if isinstance(each, Mapping) else {call.item: each}
                    for each in items[start : start + SIDE_BY_SIDE * 2]
                ]
                yield from self._described(client, call, some, tally)
        yield from tally.given_up()

    def _described(
        self, client: Any, call: Boto, items: list[dict[str, Any]], tally: _Tally
    ) -> Iterator[Document | Trouble]:
        if call.details:
            describe = _Describe(client, call.service, tally)
            for troubles in self._pool.map(lambda item: describe(call.details, item, {}), items):
                yield from troubles
        yield from (plain(parsed(item, call.texts)) for item in items)

    def _accounts(self, home: str) -> list[str]:
        accounts, role = self.source.options.get("accounts"), str(self.source.options.get("role_arn") or "")
        if accounts == "organization":
            client = self.sessions.client("organizations", "", "us-east-1")
            rows = _lists(client, Boto("organizations", "list_accounts", "Accounts"), {})
            return sorted(row["Id"] for page in rows for row in page if row.get("Status", "ACTIVE") == "ACTIVE")
        if accounts:
            return [str(each) for each in accounts]
        return [role.split(":")[4]] if role.startswith("arn:") else [home]


class _Describe:
    """Asks for the details of items of one service and puts them there."""

    def __init__(self, client: Any, service: str, tally: _Tally) -> None:
        self.client, self.service, self.tally = client, service, tally

    def __call__(self, details: Sequence[BotoDetail], item: dict[str, Any], above: Mapping[str, Any]) -> list[Trouble]:
        """Every detail of `item`, which lies inside `above`; what failed is named."""
        troubles: list[Trouble] = []
        for detail in details:
            whole = {**above, **item}
            if (detail.when and not detail.when(whole)) or self.tally.gave_up(detail.operation):
                continue
            try:
                found = self._answer(detail, whole)
            except Gone:
                continue
            except CallError as error:
                self.tally.failed(detail.operation)
                troubles.append(Trouble(str(error), getattr(error, "permission", "")))
                continue
            self.tally.answered(detail.operation)
            if detail.into:
                item[detail.into] = found
            elif isinstance(found, Mapping):
                item.update(found)
            for each in found if detail.many else ():
                troubles += self(detail.details, each, whole)
        return troubles

    def _answer(self, detail: BotoDetail, item: Mapping[str, Any]) -> Any:
        params = detail.params(item)
        if detail.many:
            call = Boto(self.service, detail.operation, detail.items)
            return [each for page in _lists(self.client, call, params) for each in page]
        operation = getattr(self.client, detail.operation)
        answer = guarded(action(self.service, detail.operation), lambda: operation(**params))
        answer.pop("ResponseMetadata", None)
        return dig(answer, detail.items) if detail.items else answer


class _Tally:
    """Which details of one slice never succeed, so that they are not asked for every item."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._answered: set[str] = set()

    def answered(self, operation: str) -> None:
        self._answered.add(operation)

    def failed(self, operation: str) -> None:
        with self._lock:
            self._failed[operation] += 1

    def gave_up(self, operation: str) -> bool:
        with self._lock:
            hopeless = operation not in self._answered and self._failed[operation] >= GIVE_UP
            self._skipped[operation] += hopeless
            return hopeless

    def given_up(self) -> Iterator[Trouble]:
        for operation, count in sorted(self._skipped.items()):
            if count:
                yield Trouble(f"{operation}: not asked for {count} more items after {GIVE_UP} failures")


def _lists(client: Any, call: Boto, params: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The list in each page.

    Raises:
        Denied: The principal lacks the permission.
        Unavailable: An answer is missing, malformed, or without the list.
    """
    permission = action(call.service, call.operation)
    if client.can_paginate(call.operation):
        pages = iter(client.get_paginator(call.operation).paginate(**params))
    else:
        pages = _by_token(client, call, params)
    while True:
        answer = guarded(permission, lambda: next(pages, None))
        if answer is None:
            return
        found = dig(answer, call.items)
        if found is None and not call.optional:
            raise Unavailable(f"{permission}: malformed answer, no list {call.items!r}")
        yield found or []


def _by_token(client: Any, call: Boto, params: Mapping[str, Any]) -> Iterator[Any]:
    """The pages of an operation that has no paginator."""
    following = dict(params)
    seen: set[str] = set()
    while True:
        answer = getattr(client, call.operation)(**following)
        yield answer
        if call.following:
            more = call.following(answer)
        else:
            more = {call.token: answer[call.token]} if answer.get(call.token) else None
        if not more:
            return
        if str(more) in seen:
            raise Unavailable("paging token repeats")
        seen.add(str(more))
        following.update(more)


def _account(scope: Scope) -> str:
    """The key of a scope's session: "" for the account that the configured credentials belong to."""
    return "" if scope.data.get("home") else scope.account


def _filled(value: Any, data: Mapping[str, str]) -> Any:
    """A text that is one `{name}` becomes the scope's own value; everything else stays."""
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return data[value[1:-1]]
    return value


__all__ = ["Boto", "BotoClient", "BotoDetail", "action"]
