"""A read-only REST client: paging as data, Retry-After with a cap, declared rates, one host only.

The token is sent to the configured origin and nowhere else: a next-page link or a redirect to another
scheme, host or port ends the listing with an error instead of following it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.collectors.clients.calls import (
    Detail,
    Get,
    Next,
    Turn,
    cursor,
    dig,
    fill,
    filled,
    get_of,
    link_header,
    next_link,
    offset,
    with_params,
)
from siloscope.errors import CallError, Denied, Unavailable
from siloscope.model import Visibility
from siloscope.redact import scrub_text

__all__ = [
    "Detail",
    "Get",
    "Next",
    "RestClient",
    "Turn",
    "cursor",
    "dig",
    "link_header",
    "next_link",
    "offset",
    "with_params",
]

ATTEMPTS = 4
LONGEST_WAIT = 30.0
MOST_PAGES = 100_000
_AGAIN = frozenset({429, 502, 503, 504})


class RestClient:
    """Runs listings whose call is a `Get` against one origin.

    `login` is called once, before the first request, and returns headers (a bearer token, an API key).
    `rate` is the most requests a second that the vendor allows. `who` names the principal.
    """

    def __init__(
        self,
        base: str,
        scopes: Iterable[Scope],
        *,
        headers: Mapping[str, str] | None = None,
        login: Callable[[RestClient], Mapping[str, str]] | None = None,
        who: Callable[[RestClient], tuple[str, Visibility]] | None = None,
        rate: float = 0.0,
        timeout: float = 30.0,
        verify: bool | str = True,
    ) -> None:
        self.base = base.rstrip("/")
        self.origin = _origin(self.base)
        self.calls = 0
        self._scopes = tuple(scopes)
        self._login, self._who = login, who
        self._gap = 1.0 / rate if rate else 0.0
        self._next_slot = 0.0
        self._lock = threading.RLock()
        self._identity: tuple[str, Visibility] | CallError | None = None
        self._headers: dict[str, str] = {}
        self._http = httpx.Client(headers=dict(headers or {}), timeout=timeout, follow_redirects=False, verify=verify)
        self._logged_in = login is None

    def scopes(self) -> Iterable[Scope]:
        """The configured scopes."""
        return self._scopes

    def can(self, listing: Listing) -> bool:
        """Listings with a `Get`, alone or beside other ways."""
        return get_of(listing) is not None

    def identity(self, listing: Listing, scope: Scope) -> tuple[str, Visibility]:  # noqa: ARG002 - one principal
        """Who asks; asked once."""
        with self._lock:
            if self._identity is None:
                try:
                    self._identity = self._who(self) if self._who else ("", Visibility.UNKNOWN)
                except CallError as error:
                    self._identity = error
            if isinstance(self._identity, CallError):
                raise self._identity
            return self._identity

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """Every item of every page, with its details."""
        call = get_of(listing)
        assert call is not None  # noqa: S101 - `can` was asked before
        for item in self.items(call, {**scope.data, "instance": scope.instance}):
            if call.keep and isinstance(item, Mapping) and not call.keep(item):
                continue
            if not call.details:
                yield item
                continue
            if not isinstance(item, Mapping):
                yield item  # the reader says what is wrong with it
                continue
            whole = dict(item)
            for detail in call.details:
                trouble = self._detail(detail, whole, scope)
                if trouble:
                    yield trouble
            yield whole

    def _detail(self, detail: Detail, item: dict[str, Any], scope: Scope) -> Trouble | None:
        if detail.when and not detail.when(item):
            return None
        fields = {
            **scope.data,
            **{key: str(value) for key, value in item.items() if isinstance(value, str | int)},
        }
        try:
            answers = list(self.items(detail.call, fields))
        except Denied as error:
            return Trouble(str(error), detail.permission or error.permission)
        except Unavailable as error:
            return None if error.args and "HTTP 404" in str(error) else Trouble(str(error))
        if detail.into:
            item[detail.into] = answers
        elif answers:
            item.update(answers[0])
        return None

    def items(self, call: Get, fields: Mapping[str, str]) -> Iterator[Document]:
        """Every item of `call`, page after page.

        Raises:
            Denied: HTTP 401 or 403.
            Unavailable: Anything else that is not a well-formed answer.
        """
        url, params, body = (
            self.base + fill(call.path, fields, quoted=True),
            dict(call.params),
            filled(call.body, fields),
        )
        headers = {key: fill(value, fields) for key, value in call.headers.items()}
        asked: set[str] = set()
        for _ in range(MOST_PAGES):
            mark = f"{url} {sorted(params.items(), key=str)} {body}"
            if mark in asked:
                raise Unavailable(f"paging repeats at {_shown(url)}: the answer points back to a page already read")
            asked.add(mark)
            response = self.request(call.method, url, params=params, json=body, headers=headers)
            answer = _parsed(response)
            found = _items(answer, call, url)
            yield from found
            turn = Turn(call, url, params, body, answer, len(found), response.links)
            following = call.page(turn) if call.page else None
            if following is None:
                return
            if following.url:
                url, params = self._pinned(url, following.url), {}
            params = {**params, **following.params}
            body = {**(body or {}), **following.body} if following.body else body
        raise Unavailable(f"more than {MOST_PAGES} pages at {_shown(url)}: given up")

    def _pinned(self, url: str, link: str = "") -> str:
        """`url`, or what `link` means there, if it lies on the configured origin."""
        try:
            url = urljoin(url, link) if link else url
            origin = _origin(url)
        except ValueError:
            origin = ("", "", 0)
        if origin != self.origin:
            place = f"{origin[0]}://{origin[1]}:{origin[2]}" if origin[1] else "unreadable"
            raise Unavailable(f"the next page lies on another host, {place}; not followed")
        return url

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        """One request with retries; an answer below 400, or an error that says what came instead."""
        if not url.startswith(("http://", "https://")):
            url = self.base + url
        self._pinned(url)
        self._log_in()
        shown = f"{method} {_shown(url)}"
        response: httpx.Response | None = None
        problem = ""
        for attempt in range(ATTEMPTS):
            self._slot()
            try:
                response = self._http.request(method, url, **_clean(kwargs, self._headers))
            except httpx.HTTPError as error:
                response, problem = None, f"{type(error).__name__}: {error}"
                wait = 0.3 * 2**attempt
            else:
                if response.status_code not in _AGAIN:
                    return _accepted(response, shown)
                problem = f"HTTP {response.status_code}"
                wait = _retry_after(response, 0.3 * 2**attempt)
            if attempt + 1 < ATTEMPTS:
                time.sleep(min(wait, LONGEST_WAIT))
        raise Unavailable(f"{shown}: {problem} after {ATTEMPTS} attempts")

    def _log_in(self) -> None:
        with self._lock:
            if not self._logged_in and self._login:
                self._logged_in = True
                try:
                    self._headers = dict(self._login(self))
                except Exception:
                    self._logged_in = False
                    raise

    def _slot(self) -> None:
        """Wait for this request's place when the vendor's rate is declared."""
        with self._lock:
            self.calls += 1
            now = time.monotonic()
            start = max(now, self._next_slot)
            self._next_slot = start + self._gap
        if start > now:
            time.sleep(start - now)


def _clean(kwargs: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    out = {key: value for key, value in kwargs.items() if value}
    out["headers"] = {**headers, **kwargs.get("headers", {})}
    return out


def _accepted(response: httpx.Response, shown: str) -> httpx.Response:
    code = response.status_code
    if code in (401, 403):
        raise Denied(f"{shown}: HTTP {code}{_message(response)}")
    if code >= 300:
        raise Unavailable(f"{shown}: HTTP {code}{_message(response)}")
    return response


def _message(response: httpx.Response) -> str:
    """A short piece of the vendor's own error text, scrubbed."""
    kind = response.headers.get("content-type", "")
    if "json" not in kind:
        return ""
    text = re.sub(r"\s+", " ", response.text)[:200]
    return f" {scrub_text(text)}" if text else ""


def _parsed(response: httpx.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        raise Unavailable(
            f"GET {_shown(str(response.url))}: the answer is not JSON ({len(response.content)} bytes)"
        ) from error


def _items(answer: Any, call: Get, url: str) -> list[Any]:
    found = dig(answer, call.items) if call.items else answer
    if found is None and call.optional and isinstance(answer, dict) and not _says_more(answer):
        return []
    if isinstance(found, dict) and (not call.items or call.single):
        return [found]
    if not isinstance(found, list):
        raise Unavailable(f"GET {_shown(url)}: malformed answer, no list under {call.items or 'the document'!r}")
    return found


def _says_more(answer: Mapping[str, Any]) -> bool:
    """Whether an answer without its list holds anything but a paging token: then it is another document."""
    return any(value and "token" not in key for key, value in answer.items())


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return (
        parts.scheme,
        (parts.hostname or "").lower(),
        parts.port or (443 if parts.scheme == "https" else 80),
    )


def _shown(url: str) -> str:
    return urlsplit(url).path or "/"


def _retry_after(response: httpx.Response, otherwise: float) -> float:
    """Seconds to wait: Retry-After as seconds or as an HTTP date (RFC 9110), else exponential."""
    value = response.headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return otherwise
