"""A UiPath Orchestrator on loopback, true to the vendor's OpenAPI document: OData pages, folders by header."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from estate import uipath

PREFIX = "/tarnwick/production/orchestrator_"
CLOSED = {
    "message": "You are not authorized!",
    "errorCode": 0,
    "traceId": "00-0000000000000000-00",
    "resourceIds": None,
}


class Orchestrator:
    """Serves the estate's tenant; `url` is what a user would configure."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = self.base + PREFIX
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Orchestrator:
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Sign-in of an external application."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._send(200, {"access_token": "a-token-of-the-mock", "expires_in": 3600, "token_type": "Bearer"})

    def do_GET(self) -> None:
        """One page of a collection."""
        parts = urlsplit(self.path)
        query = {key: value[0] for key, value in parse_qs(parts.query).items()}
        folder = self.headers.get("X-UIPATH-OrganizationUnitId")
        if not self.headers.get("Authorization", "").startswith("Bearer "):
            self._send(401, CLOSED)
        elif folder and int(folder) == uipath.DENIED_FOLDER:
            self._send(403, CLOSED)
        else:
            path = parts.path.removeprefix(PREFIX)
            rows = uipath.answer(path, int(folder) if folder else None)
            skip, top = int(query.get("$skip", 0)), min(int(query.get("$top", 1000)), 1000)
            collection = path.split("/")[2]
            self._send(
                200,
                {
                    "@odata.context": f"https://cloud.robots.example{PREFIX}/odata/$metadata#{collection}",
                    "@odata.count": len(rows),
                    "value": rows[skip : skip + top],
                },
            )

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
