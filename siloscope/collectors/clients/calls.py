"""REST calls as data: what to ask, where the list stands, how the next page is found, which details follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from siloscope.collectors.base import Document, Listing
from siloscope.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Get:
    """One enumerating request, as data.

    `path` and `headers` may hold `{name}` fields, filled from the scope's data (and, for a detail, from
    the item). `items` is the dotted path of the list in the answer; "" means the answer is the list or
    the one document. `optional` says that the vendor leaves the list out when it is empty, `single` that one
    object stands there. `page` turns an answer into the parameters of the next request. `details` are
    requests made for each item.
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
    links: Mapping[Any, Mapping[str, str]]


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
    """Paging by position. Ends at `total` where the answer has one, else at the first short page.

    The turn raises `Unavailable` when a page comes empty before `total`: a list cut short is not complete.
    """

    def following(turn: Turn) -> Next | None:
        start = int(turn.params.get(offset_param, 0)) + turn.items
        count = dig(turn.answer, total) if total else None
        if isinstance(count, int) and start < count and not turn.items:
            raise Unavailable(f"an empty page at {start} of {count}: the list ends before its declared end")
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


def get_of(listing: Listing) -> Get | None:
    """The REST way of a listing, if it has one."""
    call = getattr(listing.call, "rest", listing.call)
    return call if isinstance(call, Get) else None


def with_params(call: Get, **params: str | int) -> Get:
    """The same call with further parameters."""
    return replace(call, params={**call.params, **params})


def fill(template: str, fields: Mapping[str, str], *, quoted: bool = False) -> str:
    """`template` with its `{name}` fields filled; a field that is not there becomes nothing."""

    def value(match: re.Match[str]) -> str:
        text = str(fields.get(match.group(1), ""))
        return quote(text, safe="") if quoted else text

    return re.sub(r"\{(\w+)\}", value, template)


def filled(value: Any, fields: Mapping[str, str]) -> Any:
    """A request body with its `{name}` fields filled."""
    if isinstance(value, str):
        return fill(value, fields)
    if isinstance(value, Mapping):
        return {key: filled(each, fields) for key, each in value.items()}
    return [filled(each, fields) for each in value] if isinstance(value, list) else value
