"""A UiPath Orchestrator on loopback: OData pages, folders by header, two ways to sign in, denials, throttling.

What it serves is plain data: `{entity: [rows]}` for the tenant and `{entity: {folder id: [rows]}}` for folders,
by the last word of the path (`Releases`, `Assets`). Shapes are checked elsewhere, against the vendor's document.
"""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

PREFIX = "/acme/Production/orchestrator_"
_GET_FILTERED = "/UiPath.Server.Configuration.OData.GetFiltered"


class FakeOrchestrator:
    """Serves `tenant` and `folders` in pages of at most `cap` rows to whoever holds `token`.

    `denied` are entities, or (entity, folder) pairs, answered with 403; `busy` are entities answered once
    with 429 and `Retry-After`; `lost` maps an entity to a number of rows after which pages stay empty.
    """

    def __init__(
        self,
        tenant: Mapping[str, list[Any]],
        folders: Mapping[str, Mapping[int, list[Any]]],
        *,
        cap: int = 2,
        denied: Any = (),
        busy: Any = (),
        lost: Mapping[str, int] | None = None,
        token: str = "granted-token",
    ) -> None:
        self.tenant, self.folders, self.cap, self.token = tenant, folders, cap, token
        self.denied, self.busy, self.lost = set(denied), set(busy), dict(lost or {})
        self.requests: list[tuple[str, str, str]] = []  # (method, path with query, folder header)
        self.bodies: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address of the tenant's Orchestrator."""
        return self.root + PREFIX

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

    def answer(self, entity: str, query: Mapping[str, list[str]], folder: str) -> tuple[int, Any]:
        """Status and body of one list."""
        if entity in self.folders:
            if not folder.lstrip("-").isdigit():
                return 400, {"message": "A folder is required for this action.", "errorCode": 1101}
            rows = self.folders[entity].get(int(folder), [])
        elif entity in self.tenant:
            rows = self.tenant[entity]
        else:
            return 404, {"message": f"No HTTP resource was found that matches {entity}."}
        if entity in self.denied or (entity, folder) in self.denied:
            return 403, {"message": "You are not authorized!", "errorCode": 0}
        skip = int(query.get("$skip", ["0"])[0])
        top = min(self.cap, int(query.get("$top", ["1000"])[0]))
        shown = rows[skip : skip + top] if skip < self.lost.get(entity, len(rows) + 1) else []
        return 200, {
            "@odata.context": f"{self.url}/odata/$metadata#{entity}",
            "@odata.count": len(rows),
            "value": shown,
        }


def _handler(server: FakeOrchestrator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            folder = self.headers.get("X-UIPATH-OrganizationUnitId", "")
            server.requests.append(("GET", unquote(self.path), folder))
            entity = parts.path.removesuffix(_GET_FILTERED).rpartition("/")[2]
            if self.headers.get("Authorization") != f"Bearer {server.token}":
                self._send(401, {"message": "You are not authenticated!", "errorCode": 0})
            elif entity in server.busy:
                server.busy.discard(entity)
                self._send(429, {"message": "API calls quota exceeded"}, {"Retry-After": "0"})
            else:
                self._send(*server.answer(entity, parse_qs(parts.query), folder))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            server.requests.append(("POST", self.path, ""))
            server.bodies.append(body)
            if self.path == "/identity_/connect/token":
                good = parse_qs(body).get("client_secret") == ["right"]
                told = {"access_token": server.token, "expires_in": 3600, "token_type": "Bearer"}
                self._send(200, told) if good else self._send(400, {"error": "invalid_client"})
            elif self.path == f"{PREFIX}/api/Account/Authenticate":
                good = json.loads(body).get("password") == "right"
                self._send(200, {"result": server.token, "success": True}) if good else self._send(
                    401, {"message": "Invalid credentials"}
                )
            else:
                self._send(404, {})

        def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
            data = json.dumps(body).encode()
            self.send_response_only(status)
            for key, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing: what arrived is in `requests`."""

    return Handler
