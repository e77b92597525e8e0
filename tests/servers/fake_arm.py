"""An Azure Resource Manager on loopback that serves an invented estate the way ARM serves a real one.

An estate is plain data: `{"subscriptions": [...], "resourceGroups": [...], "resources": [...]}`, each entry the
full ARM document of one thing, at any depth. The server derives what ARM derives: lists of tracked resources
without their properties and with times only on `$expand`, a provider's lists with properties, children, pages
with `nextLink`, permissions of the caller, and errors in ARM's envelope. The official SDK reads it too.

    with FakeArm(estate, denied=["Microsoft.KeyVault/vaults/read"]) as arm:
        ResourceManagementClient(..., base_url=arm.url)
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

Document = dict[str, Any]
# What ARM keeps from the list of all resources: only `$expand` shows it, and properties never are.
_EXPANDED = ("createdTime", "changedTime", "provisioningState")
_LISTED = ("id", "name", "type", "location", "tags", "kind", "managedBy", "plan", "sku", "identity")


class FakeArm:
    """Serves `estate` in pages of `page_size`, to anyone with a bearer token.

    `denied` are actions answered with 403 as ARM words it; `busy` maps a path's end to the seconds of one
    `Retry-After`, given once; `change` may replace an answer's body (to lie, cut or loop); `actions` are
    what the permissions API says that the caller may do. `requests` holds the paths asked for.
    """

    def __init__(
        self,
        estate: Mapping[str, Any] | Path,
        *,
        page_size: int = 2,
        denied: Iterable[str] = (),
        busy: Mapping[str, int] | None = None,
        change: Callable[[str, bytes], bytes] | None = None,
        actions: Iterable[str] = ("*/read",),
    ) -> None:
        if isinstance(estate, Path):
            estate = json.loads(estate.read_text("utf-8"))
        self.subscriptions: list[Document] = list(estate.get("subscriptions", []))
        self.groups: list[Document] = list(estate.get("resourceGroups", []))
        self.resources: list[Document] = list(estate.get("resources", []))
        self.page_size, self.change = page_size, change
        self.denied = {each.lower() for each in denied}
        self.busy = dict(busy or {})
        self.actions = list(actions)
        self.requests: list[str] = []
        self.tokens: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and wait for the thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def answer(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Document]:
        """Status and body for one GET."""
        if "api-version" not in query:
            return _error(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        parts = [part for part in path.split("/") if part]
        lower = [part.lower() for part in parts]
        if lower == ["subscriptions"]:
            return self._list(path, query, self.subscriptions, "Microsoft.Resources/subscriptions/read")
        if lower[:1] != ["subscriptions"] or not self._subscription(lower[1]):
            return _error(404, "SubscriptionNotFound", f"The subscription '{parts[-1]}' could not be found.")
        here = [each for each in self.resources if each["id"].lower().split("/")[2] == lower[1]]
        if lower[2:] == ["resourcegroups"]:
            groups = [each for each in self.groups if each["id"].lower().split("/")[2] == lower[1]]
            action = "Microsoft.Resources/subscriptions/resourceGroups/read"
            return self._list(path, query, groups, action)
        if lower[2:] == ["resources"]:
            expand = {each.strip().lower() for each in query.get("$expand", [""])[0].split(",")}
            rows = [_listed(each, expand) for each in here if each.get("location")]
            return self._list(path, query, rows, "Microsoft.Resources/subscriptions/resources/read")
        if lower[-3:] == ["providers", "microsoft.authorization", "permissions"]:
            granted = {"actions": self.actions, "notActions": [], "dataActions": [], "notDataActions": []}
            return 200, {"value": [granted]}
        if "providers" not in lower:
            return _error(404, "ResourceGroupNotFound", f"Resource group '{parts[-1]}' could not be found.")
        return self._provider(path, query, here)

    def _provider(self, path: str, query: Mapping[str, list[str]], here: list[Document]) -> tuple[int, Document]:
        """One resource by its id, or a list of a type below a subscription or a resource."""
        parts = path.strip("/").split("/")
        at = len(parts) - 1 - [part.lower() for part in reversed(parts)].index("providers")
        tail = parts[at + 1 :]
        action = "/".join([tail[0], *tail[1::2], "read"])
        if len(tail) % 2:
            found = next((each for each in here if each["id"].lower() == path.lower()), None)
            if found is None:
                return _error(404, "ResourceNotFound", f"The Resource '{'/'.join(tail)}' was not found.")
            return self._forbidden(path, action) or (200, _told(found))
        above = "/".join(parts[:-1]).lower()
        kind = "/".join([tail[0], *tail[1::2]]).lower()
        rows = [_told(each) for each in here if _type(each) == kind]
        if len(tail) > 2:
            rows = [
                each
                for each in rows
                if each["id"].strip("/").lower().rpartition("/")[0] == f"{above}/{tail[-1].lower()}"
            ]
        return self._list(path, query, rows, action)

    def _list(
        self, path: str, query: Mapping[str, list[str]], rows: list[Document], action: str
    ) -> tuple[int, Document]:
        forbidden = self._forbidden(path, action)
        if forbidden:
            return forbidden
        start = int(query.get("$skiptoken", ["0"])[0])
        body: Document = {"value": rows[start : start + self.page_size]}
        if start + self.page_size < len(rows):
            kept = {key: value[0] for key, value in query.items() if key != "$skiptoken"}
            kept["$skiptoken"] = str(start + self.page_size)
            asked = "&".join(f"{key}={quote(value, safe='')}" for key, value in kept.items())
            body["nextLink"] = f"{self.url}{quote(path)}?{asked}"
        return 200, body

    def _forbidden(self, path: str, action: str) -> tuple[int, Document] | None:
        if action.lower() not in self.denied:
            return None
        text = (
            f"The client 'reader@contoso.example' with object id '00000000-0000-0000-0000-00000000000a' does not have "
            f"authorization to perform action '{action}' over scope '{path}' or the scope is invalid. If access was "
            "recently granted, please refresh your credentials."
        )
        return _error(403, "AuthorizationFailed", text)

    def _subscription(self, wanted: str) -> bool:
        return any(each["subscriptionId"].lower() == wanted for each in self.subscriptions)


def _told(document: Document) -> Document:
    """What a provider says: everything but the inventory's own times."""
    return {key: value for key, value in document.items() if key not in _EXPANDED}


def _listed(document: Document, expand: set[str]) -> Document:
    """A row of the list of all resources; a child's name is the path of names."""
    row = {key: document[key] for key in _LISTED if key in document}
    parts = document["id"].strip("/").split("/")
    at = [part.lower() for part in parts].index("providers")
    row["name"] = "/".join(parts[at + 3 :: 2])
    return row | {key: document[key] for key in _EXPANDED if key in document and key.lower() in expand}


def _type(document: Document) -> str:
    parts = document["id"].lower().strip("/").split("/")
    at = len(parts) - 1 - parts[::-1].index("providers")
    return "/".join([parts[at + 1], *parts[at + 2 :: 2]])


def _error(status: int, code: str, message: str) -> tuple[int, Document]:
    return status, {"error": {"code": code, "message": message}}


def _handler(arm: FakeArm) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            arm.requests.append(self.path)
            bearer = self.headers.get("Authorization", "")
            arm.tokens.add(bearer)
            wait = next((each for each in arm.busy if parts.path.lower().endswith(each.lower())), None)
            if not bearer.startswith("Bearer "):
                self._send(
                    *_error(
                        401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
                    )
                )
            elif wait is not None:
                seconds = arm.busy.pop(wait)
                self._send(
                    *_error(429, "TooManyRequests", "The request is being throttled."), {"Retry-After": str(seconds)}
                )
            else:
                self._send(*arm.answer(parts.path, parse_qs(parts.query)))

        def _send(self, status: int, body: Document, headers: Mapping[str, str] | None = None) -> None:
            data = json.dumps(body).encode()
            if arm.change and status == 200:
                data = arm.change(self.path, data)
            self.send_response_only(status)
            for key, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {})}.items():
                self.send_header(key, value)
            self.send_header("x-ms-ratelimit-remaining-subscription-reads", "11999")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing: what arrived is in `requests`."""

    return Handler
