"""A read-only REST client: paging as data, Retry-After with a cap, declared rates, one host only.

The token is sent to the configured origin and nowhere else: a next-page link or a redirect to another
scheme, host or port ends the listing with an error instead of following it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx

from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.errors import CallError, Denied, Unavailable
from siloscope.model import Visibility
from siloscope.redact import scrub_text

ATTEMPTS = 4
LONGEST_WAIT = 30.0
MOST_PAGES = 100_000
_AGAIN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Get:
    """One enumerating request, as data.

    `path` and `headers` may hold `{name}` fields, filled from the scope's data (and, for a detail, from
    the item). `items` is the dotted path of the list in the answer; "" means the answer is the list or
    the one document. `optional` says that the vendor leaves the list out when it is empty, `single` that one object stands there. `page` turns
    an answer into the parameters of the next request. `details` are requests made for each item.
    """

    path: str
    items: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: Mapping[str, Any] | None = None
    page: Callable[[Turn], Next | None] | None = None
    optional: bool = False
    single: bool = False
    details: tuple[Detail, ...] = ()
    keep: Callable[[Document], bool] | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """A request for one item; its answer is put under `into` ("" merges it into the item)."""

    into: str
    call: Get
    permission: str = ""
    when: Callable[[Document], bool] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One answered request: what was asked and what came back."""

    call: Get
    url: str
    params: Mapping[str, Any]
    body: Mapping[str, Any] | None
    answer: Any
    items: int
    links: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Next:
    """What the next request changes: parameters, body fields or the whole URL."""

    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""


def cursor(answer_key: str, param: str, *, in_body: bool = False) -> Callable[[Turn], Next | None]:
    """Paging by an opaque token: `answer_key` (dotted) in the answer becomes `param` of the next request."""

    def following(turn: Turn) -> Next | None:
        token = dig(turn.answer, answer_key)
        if not token:
            return None
        return Next(body={param: token}) if in_body else Next(params={param: token})

    return following


def offset(
    limit: int, *, limit_param: str = "limit", offset_param: str = "offset", total: str = ""
) -> Callable[[Turn], Next | None]:
    """Paging by position. Ends at `total` where the answer has one, else at the first short page."""

    def following(turn: Turn) -> Next | None:
        start = int(turn.params.get(offset_param, 0)) + turn.items
        count = dig(turn.answer, total) if total else None
        more = start < count if isinstance(count, int) else turn.items >= limit
        return Next(params={limit_param: limit, offset_param: start}) if more and turn.items else None

    return following


def next_link(answer_key: str) -> Callable[[Turn], Next | None]:
    """Paging by a URL in the answer (`nextLink`, `@odata.nextLink`); the client refuses another host."""

    def following(turn: Turn) -> Next | None:
        link = turn.answer.get(answer_key) if isinstance(turn.answer, dict) else None
        return Next(url=str(link)) if link else None

    return following


def link_header() -> Callable[[Turn], Next | None]:
    """Paging by the HTTP Link header, `rel="next"` (RFC 8288)."""

    def following(turn: Turn) -> Next | None:
        link = turn.links.get("next", {}).get("url")
        return Next(url=link) if link else None

    return following


def dig(value: Any, dotted: str) -> Any:
    """The value at a dotted path, or None."""
    if isinstance(value, dict) and dotted in value:
        return value[dotted]
    for part in dotted.split(".") if dotted else ():
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


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
        self._http = httpx.Client(
            headers=dict(headers or {}), timeout=timeout, follow_redirects=False, verify=verify
        )
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
            if call.keep and not call.keep(item):
                continue
            if not call.details:
                yield item
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
            self.base + _fill(call.path, fields, quoted=True),
            dict(call.params),
            _filled(call.body, fields),
        )
        headers = {key: _fill(value, fields) for key, value in call.headers.items()}
        asked: set[str] = set()
        for _ in range(MOST_PAGES):
            mark = f"{url} {sorted(params.items(), key=str)} {body}"
            if mark in asked:
                raise Unavailable(
                    f"paging repeats at {_shown(url)}: the answer points back to a page already read"
                )
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
                url, params = self._pinned(urljoin(url, following.url)), {}
            params = {**params, **following.params}
            body = {**(body or {}), **following.body} if following.body else body

    def _pinned(self, url: str) -> str:
        try:
            origin = _origin(url)
        except ValueError:
            origin = ("", "", 0)
        if origin != self.origin:
            raise Unavailable(
                f"the next page lies on another host, {origin[1] or 'unreadable'}; not followed"
            )
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
                except CallError:
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


def get_of(listing: Listing) -> Get | None:
    """The REST way of a listing, if it has one."""
    call = getattr(listing.call, "rest", listing.call)
    return call if isinstance(call, Get) else None


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
    except ValueError as error:
        raise Unavailable(
            f"GET {_shown(str(response.url))}: the answer is not JSON ({len(response.content)} bytes)"
        ) from error


def _items(answer: Any, call: Get, url: str) -> list[Any]:
    found = dig(answer, call.items) if call.items else answer
    if found is None and call.optional and isinstance(answer, dict):
        return []
    if isinstance(found, dict) and (not call.items or call.single):
        return [found]
    if not isinstance(found, list):
        raise Unavailable(
            f"GET {_shown(url)}: malformed answer, no list under {call.items or 'the document'!r}"
        )
    return found


def _fill(template: str, fields: Mapping[str, str], *, quoted: bool = False) -> str:
    def value(match: re.Match[str]) -> str:
        text = str(fields.get(match.group(1), ""))
        return quote(text, safe="") if quoted else text

    return re.sub(r"\{(\w+)\}", value, template)


def _filled(value: Any, fields: Mapping[str, str]) -> Any:
    """A request body with its `{name}` fields filled."""
    if isinstance(value, str):
        return _fill(value, fields)
    if isinstance(value, Mapping):
        return {key: _filled(each, fields) for key, each in value.items()}
    return [_filled(each, fields) for each in value] if isinstance(value, list) else value


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
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return otherwise


def with_params(call: Get, **params: str | int) -> Get:
    """The same call with further parameters."""
    return replace(call, params={**call.params, **params})
