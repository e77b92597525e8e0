"""Node-RED: the real runtime with its admin API, without authentication."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.servers.base import Server
from tests.servers.install import need, node_modules

SETTINGS = {
    "uiHost": "127.0.0.1",
    "flowFile": "flows.json",
    "credentialSecret": "a secret of tests",
    "telemetry": {"enabled": False, "updateNotification": False},
    "editorTheme": {"tours": False, "projects": {"enabled": False}},
    "externalModules": {"autoInstall": False, "palette": {"allowInstall": False}},
}
HEADERS = {"Node-RED-API-Version": "v2"}


class NodeRed(Server):
    """`node red.js` with its own user folder."""

    name = "nodered"
    ready_path = "/flows"

    @classmethod
    def version(cls) -> str:
        package = node_modules("nodered") / "node-red" / "package.json"
        return json.loads(package.read_text("utf-8"))["version"]

    @classmethod
    def ensure_installed(cls) -> None:
        node_modules("nodered")

    def prepare(self) -> None:
        settings = SETTINGS | {"uiPort": self.port, "userDir": str(self.state)}
        (self.state / "settings.js").write_text(f"module.exports = {json.dumps(settings)};\n", "utf-8")

    def command(self) -> list[str | Path]:
        program = node_modules("nodered") / "node-red" / "red.js"
        where = ["--userDir", self.state, "--settings", self.state / "settings.js"]
        return [need("node", "Node-RED runs on it"), program, *where]

    def deploy(self, flows: list[dict[str, Any]]) -> str:
        """Replace all flows and return the new revision; raises on an error status."""
        answer = httpx.post(f"{self.url}/flows", json={"flows": flows}, headers=HEADERS, timeout=30)
        answer.raise_for_status()
        return answer.json()["rev"]
