"""Prism: a mock of any OpenAPI document; it answers what the vendor's own specification gives as examples.

It checks requests against the specification: 401 without a bearer, 422 for a wrong parameter.
"""

import json
from pathlib import Path

import httpx

from tests.servers.base import HERE, Missing, Server
from tests.servers.install import need, node_modules


class Prism(Server):
    """`prism mock` of the document at `spec`."""

    name = "prism"

    def __init__(self, port: int | None = None, *, spec: Path = HERE / "npm" / "prism" / "example.yaml") -> None:
        super().__init__(port)
        self.spec = spec

    @classmethod
    def version(cls) -> str:
        package = node_modules("prism") / "@stoplight" / "prism-cli" / "package.json"
        return json.loads(package.read_text("utf-8"))["version"]

    @classmethod
    def ensure_installed(cls) -> None:
        node_modules("prism")

    def prepare(self) -> None:
        if not self.spec.exists():
            raise Missing(f"no OpenAPI document at {self.spec}")

    def command(self) -> list[str | Path]:
        program = node_modules("prism") / ".bin" / "prism"
        node = need("node", "Prism runs on it")
        return [node, program, "mock", "-h", "127.0.0.1", "-p", str(self.port), self.spec]

    def ready(self) -> bool:
        # Routes the document lacks answer 404; large documents take seconds before anything answers.
        try:
            return httpx.get(self.url, timeout=5).status_code < 600
        except httpx.TransportError:
            return False
