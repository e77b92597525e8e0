"""The REST client against a server that pages, throttles, lies and breaks off."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from siloscope.collectors.base import Listing, Scope, take
from siloscope.collectors.clients import rest
from siloscope.collectors.clients.rest import Detail, Get, RestClient, cursor, link_header, next_link, offset
from siloscope.config import Source
from siloscope.errors import Denied, Unavailable
from siloscope.model import Asset, Status, Visibility

TOKEN = "hunter2-Planted-91"
SCOPE = Scope("here")
Answer = tuple[int, dict[str, str], bytes]


class Server:
    """Answers from a function of (path, query, body); keeps what was asked."""

    def __init__(self, answer: Callable[[str, dict[str, str], Any], Any]) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.asked.append((parts.path, query, {key.lower(): value for key, value in self.headers.items()}))
                given = answer(parts.path, query, json.loads(body) if body else None)
                status, headers, data = given if isinstance(given, tuple) else (200, {}, json.dumps(given).encode())
                self.send_response_only(status)
                for key, value in {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(data)),
                    **headers,
                }.items():
                    self.send_header(key, value)
                self.send_header("Connection", "close")
                self.close_connection = True
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET  # noqa: N815 - http.server's name

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers; they stop with the test."""
    started: list[Server] = []

    def start(answer: Callable[[str, dict[str, str], Any], Any]) -> Server:
        started.append(Server(answer))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have slept; nothing really sleeps."""
    slept: list[float] = []
    monkeypatch.setattr(rest.time, "sleep", slept.append)
    return slept


def client(server: Server, **settings: Any) -> RestClient:
    return RestClient(server.url, [SCOPE], headers={"Authorization": f"Bearer {TOKEN}"}, **settings)


def items(server: Server, call: Get, **settings: Any) -> list[Any]:
    """Every item of `call`, asked with the token."""
    return list(client(server, **settings).items(call, {}))


def rows(start: int, stop: int) -> list[dict[str, int]]:
    return [{"id": n} for n in range(start, stop)]


ALL = rows(0, 25)


def by_cursor(path: str, query: dict[str, str], body: Any) -> Any:
    start = int((body or query).get("token", 0))
    found = {"data": {"rows": ALL[start : start + 7]}}
    return found | ({"data": {**found["data"], "next": str(start + 7)}} if start + 7 < 25 else {})


def by_offset(path: str, query: dict[str, str], body: Any) -> Any:
    start, size = int(query.get("offset", 0)), int(query["limit"])
    return {"rows": ALL[start : start + size], "total": 25}


def by_odata(path: str, query: dict[str, str], body: Any) -> Any:
    start = int(query.get("$skip", 0))
    more = {"@odata.nextLink": f"{path}?$skip={start + 7}"} if start + 7 < 25 else {}
    return {"value": ALL[start : start + 7], **more}


def by_header(path: str, query: dict[str, str], body: Any) -> Answer:
    page = int(query.get("page", 1))
    link = {"Link": f'<{path}?page={page + 1}>; rel="next", <{path}?page=9>; rel="last"'} if page < 4 else {}
    return 200, link, json.dumps(ALL[(page - 1) * 7 : page * 7]).encode()


PAGINGS = {
    "cursor": (by_cursor, Get("/x", "data.rows", page=cursor("data.next", "token"))),
    "cursor in the body": (by_cursor, Get("/x", "data.rows", method="POST", body={"size": 7}, page=cursor("data.next", "token", in_body=True))),
    "offset with a total": (by_offset, Get("/x", "rows", params={"limit": 7}, page=offset(7, total="total"))),
    "offset until a short page": (by_offset, Get("/x", "rows", params={"limit": 7}, page=offset(7))),
    "offset, last page full": (by_offset, Get("/x", "rows", params={"limit": 5}, page=offset(5))),
    "next link": (by_odata, Get("/x", "value", page=next_link("@odata.nextLink"))),
    "link header": (by_header, Get("/x", page=link_header())),
}  # fmt: skip


@pytest.mark.parametrize("kind", PAGINGS)
def test_every_kind_of_paging_gives_every_item_once(serve: Any, kind: str) -> None:
    """Over at least three pages, the last one short or full."""
    answer, call = PAGINGS[kind]
    server = serve(answer)
    assert items(server, call) == ALL
    assert len(server.asked) >= 4
    assert all(headers["authorization"] == f"Bearer {TOKEN}" for _, _, headers in server.asked)


def test_an_empty_page_with_a_token_is_not_the_end(serve: Any) -> None:
    """Filtering servers send empty pages on the way; the token decides."""
    pages = {"": ([1], "a"), "a": ([], "b"), "b": ([2], "")}

    def answer(path: str, query: dict[str, str], body: Any) -> Any:
        found, token = pages[query.get("t", "")]
        return {"rows": found, "next": token}

    assert items(serve(answer), Get("/x", "rows", page=cursor("next", "t"))) == [1, 2]


@pytest.mark.parametrize("loop", [{"": "a", "a": "a"}, {"": "a", "a": "b", "b": "a"}], ids=["same", "circle"])
def test_a_repeated_token_ends_with_an_error(serve: Any, loop: dict[str, str]) -> None:
    """A server that points back would otherwise be asked for ever."""
    server = serve(lambda path, query, body: {"rows": [1], "next": loop[query.get("t", "")]})
    with pytest.raises(Unavailable, match="paging repeats"):
        items(server, Get("/x", "rows", page=cursor("next", "t")))
    assert len(server.asked) == len(loop)


def test_paging_without_an_end_is_given_up(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """New tokens for ever: an error, not a list that is cut and called complete."""
    monkeypatch.setattr(rest, "MOST_PAGES", 5)
    server = serve(lambda path, query, body: {"rows": [1], "next": str(int(query.get("t", 0)) + 1)})
    with pytest.raises(Unavailable, match="more than 5 pages"):
        items(server, Get("/x", "rows", page=cursor("next", "t")))


def test_a_list_that_ends_before_its_total_is_not_complete(serve: Any) -> None:
    """An empty page at 10 of 25 is a fault, not the end."""
    server = serve(lambda path, query, body: {"rows": ALL[:10] if "offset" not in query else [], "total": 25})
    with pytest.raises(Unavailable, match="10 of 25"):
        items(server, Get("/x", "rows", params={"limit": 10}, page=offset(10, total="total")))


ELSEWHERE = {
    "another port": "{other}/x",
    "user info": "http://a:b@{other_host}/x",
    "without a scheme": "//{other_host}/x",
    "another scheme": "ftp://{own_host}/x",
    "https instead": "https://{own_host}/x",
    "host as user": "http://{own_host}@{other_host}/x",
    "broken": "http://[::1/x",
    "port out of range": "http://127.0.0.1:99999/x",
}


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_next_page_on_another_host_is_refused_and_the_token_stays_home(serve: Any, place: str) -> None:
    """Whoever controls an answer must not be able to collect the token."""
    other = serve(lambda path, query, body: {"value": []})
    home: dict[str, Server] = {}

    def answer(path: str, query: dict[str, str], body: Any) -> Any:
        hosts = {"other": other.url, "other_host": other.url[7:], "own_host": home["s"].url[7:]}
        return {"value": [1], "nextLink": ELSEWHERE[place].format(**hosts)}

    home["s"] = serve(answer)
    with pytest.raises(Unavailable, match="another host"):
        items(home["s"], Get("/x", "value", page=next_link("nextLink")))
    assert other.asked == []
    assert len(home["s"].asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve: Any, status: int) -> None:
    """Neither to another host nor at home: a login page is no answer."""
    other = serve(lambda path, query, body: [])
    server = serve(lambda path, query, body: (status, {"Location": f"{other.url}/x"}, b""))
    with pytest.raises(Unavailable, match=f"HTTP {status}"):
        items(server, Get("/x"))
    assert other.asked == []


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("86400", 30, 30), ("9" * 400, 30, 30), ("Fri, 31 Dec 2100 23:59:59 GMT", 30, 30), ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0), ("-5", 0, 30), ("soon", 0.1, 5), ("", 0.1, 5)],
)  # fmt: skip
def test_retry_after_is_obeyed_up_to_a_cap(
    serve: Any, waits: list[float], header: str, least: float, most: float
) -> None:
    """Seconds or a date; a day is not waited for, and nonsense means the usual growing wait."""
    state = {"left": 1}

    def answer(path: str, query: dict[str, str], body: Any) -> Any:
        state["left"] -= 1
        return (429, {"Retry-After": header} if header else {}, b"{}") if state["left"] >= 0 else [1]

    assert items(serve(answer), Get("/x")) == [1]
    assert len(waits) == 1
    assert least <= waits[0] <= most


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_throttling_to_exhaustion_is_unavailable(serve: Any, status: int) -> None:
    """A bounded number of attempts, then the status code in the reason."""
    server = serve(lambda path, query, body: (status, {}, b"{}"))
    with pytest.raises(Unavailable, match=f"HTTP {status} after {rest.ATTEMPTS} attempts"):
        items(server, Get("/x"))
    assert len(server.asked) == rest.ATTEMPTS


def test_an_internal_error_is_unavailable_at_once(serve: Any) -> None:
    """500 is not known to pass; the vendor's own text is told, without what looks like a secret."""
    text = json.dumps({"message": f"boom password={TOKEN}"}).encode()
    server = serve(lambda path, query, body: (500, {}, text))
    with pytest.raises(Unavailable, match=r"HTTP 500.*boom") as caught:
        items(server, Get("/x"))
    assert TOKEN not in str(caught.value)
    assert len(server.asked) == 1


BROKEN: dict[str, Answer] = {
    "cut body": (200, {"Content-Length": "500"}, b'{"rows": [1, 2'),
    "half a document": (200, {}, b'{"rows": [1, 2'),
    "HTML": (200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"),
    "nothing": (200, {}, b""),
    "too deep": (200, {}, b"[" * 100_000),
    "list missing": (200, {}, b'{"error": "not today"}'),
    "list is null": (200, {}, b'{"rows": null}'),
    "list is an object": (200, {}, b'{"rows": {"a": 1}}'),
    "list is text": (200, {}, b'{"rows": "none"}'),
    "a list instead": (200, {}, b"[]"),
    "broken compression": (200, {"Content-Encoding": "gzip"}, b"not gzip"),
    "404": (404, {}, b"{}"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_malformed_answer_is_unavailable_and_never_empty(serve: Any, fault: str) -> None:
    """Could not look is not the same as looked and found nothing."""
    server = serve(lambda path, query, body: BROKEN[fault])
    with pytest.raises(Unavailable):
        items(server, Get("/x", "rows"))


def test_a_list_that_the_vendor_leaves_out_when_empty_is_empty(serve: Any) -> None:
    """Only where the call says so."""
    server = serve(lambda path, query, body: {})
    assert items(server, Get("/x", "rows", optional=True)) == []


def test_an_unreachable_host_is_unavailable() -> None:
    """Nothing listens there."""
    with pytest.raises(Unavailable, match="attempts"):
        list(RestClient("http://127.0.0.1:9", [SCOPE]).items(Get("/x"), {}))


def reader(document: Any, scope: Scope) -> Iterator[Asset]:
    yield Asset(str(document["id"]), "t.thing", str(document.get("more", "-")), "t:1")


def taken(server: Server, call: Get, **settings: Any):
    """One listing through `take`, as a scan runs it."""
    listing = Listing("things", call, reader, permission="things:read")
    return take(client(server, **settings), listing, SCOPE, Source("s", "t"))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_call_is_denied_with_the_permission(serve: Any, status: int) -> None:
    """As the listing names it."""
    server = serve(lambda path, query, body: (status, {}, b'{"message": "no"}'))
    got = taken(server, Get("/x"))
    assert got.slice.status is Status.DENIED
    assert got.slice.permission == "things:read"
    assert f"HTTP {status}" in got.slice.reason
    assert len(server.asked) == 1


def test_what_came_before_a_fault_is_kept(serve: Any) -> None:
    """Two pages, then a refusal: partial, with all of the two pages."""

    def answer(path: str, query: dict[str, str], body: Any) -> Any:
        page = int(query.get("t", 0))
        return (403, {}, b"{}") if page == 2 else {"rows": rows(page * 3, page * 3 + 3), "next": str(page + 1)}

    got = taken(serve(answer), Get("/x", "rows", page=cursor("next", "t")))
    assert got.slice.status is Status.PARTIAL
    assert [each.id for each in got.observations] == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize(("status", "permission"), [(403, "things:detail"), (500, ""), (404, None)])
def test_a_denied_detail_costs_the_detail_only(serve: Any, status: int, permission: str | None) -> None:
    """The item is kept and the slice is partial; a detail that is gone (404) is no trouble."""

    def answer(path: str, query: dict[str, str], body: Any) -> Any:
        if path == "/x":
            return rows(0, 3)
        return (status, {}, b"{}") if path == "/x/1" else {"more": f"all of {path}"}

    call = Get("/x", details=(Detail("", Get("/x/{id}"), "things:detail"),))
    got = taken(serve(answer), call)
    assert [each.name for each in got.observations] == ["all of /x/0", "-", "all of /x/2"]
    assert got.slice.status is (Status.COMPLETE if permission is None else Status.PARTIAL)
    assert got.slice.permission == (permission or "")


def test_items_that_are_no_objects_are_named(serve: Any) -> None:
    """Also with details and a filter: one odd item costs itself."""
    server = serve(lambda path, query, body: [{"id": 1}, None, "text", {"id": 2}] if path == "/x" else {"more": "m"})
    call = Get("/x", keep=lambda item: bool(item["id"]), details=(Detail("", Get("/x/{id}")),))
    got = taken(server, call)
    assert [each.id for each in got.observations] == ["1", "2"]
    assert got.slice.status is Status.PARTIAL


def test_fields_of_a_path_are_quoted(serve: Any) -> None:
    """An id cannot leave its place in the path."""
    server = serve(lambda path, query, body: [])
    list(client(server).items(Get("/x/{id}/y"), {"id": "../../admin?x=1#"}))
    assert server.asked[0][0] == "/x/..%2F..%2Fadmin%3Fx%3D1%23/y"


def test_a_declared_rate_spaces_the_requests(serve: Any, waits: list[float]) -> None:
    """Ten requests at two a second: the last starts four and a half seconds after the first."""
    asking = client(serve(lambda path, query, body: []), rate=2.0)
    for _ in range(10):
        list(asking.items(Get("/x"), {}))
    assert asking.calls == 10
    assert len(waits) == 9
    assert 3.0 < waits[-1] <= 4.5


def test_the_login_is_asked_once_and_again_after_it_failed(serve: Any) -> None:
    """A refused login denies every listing; a login that answers nonsense does not pass for one."""
    seen: list[str] = []

    def login(asking: RestClient) -> dict[str, str]:
        seen.append("login")
        return {"X-Session": asking.request("POST", "/login").json()["session"]}

    server = serve(lambda path, query, body: {"session": "s1"} if path == "/login" else [1])
    asking = client(server, login=login)
    assert [list(asking.items(Get("/x"), {})) for _ in range(3)] == [[1], [1], [1]]
    assert seen == ["login"]
    assert [headers.get("x-session") for path, _, headers in server.asked] == [None, "s1", "s1", "s1"]
    broken = client(serve(lambda path, query, body: {}), login=login)
    for _ in range(2):
        with pytest.raises(KeyError):
            list(broken.items(Get("/x"), {}))
    refused = client(serve(lambda path, query, body: (401, {}, b"{}")), login=login)
    with pytest.raises(Denied):
        list(refused.items(Get("/x"), {}))


def test_who_asks_is_asked_once_also_when_that_is_refused(serve: Any) -> None:
    """One principal for all listings of a source."""
    server = serve(lambda path, query, body: (403, {}, b"{}") if path == "/me" else [{"id": 1}])

    def who(asking: RestClient) -> tuple[str, Visibility]:
        return asking.request("GET", "/me").text, Visibility.ALL

    asking = client(server, who=who)
    for _ in range(3):
        assert take(asking, Listing("t", Get("/x"), reader), SCOPE, Source("s", "t")).slice.status is Status.DENIED
    assert [path for path, _, _ in server.asked] == ["/me"]
