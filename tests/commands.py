"""What tests of commands share: a folder with two n8n exports, and commands run in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from siloscope.cli import main

CONFIG = """\
[[source]]
name = "flows"
type = "n8n"
path = "exports/flows"
department = "Risk"

[[source]]
name = "copies"
type = "n8n"
path = "exports/copies"
department = "Sales"
"""


class Answer(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands in a folder as `siloscope ...` would."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.capsys = folder, capsys
        monkeypatch.chdir(folder)

    def __call__(self, *arguments: str) -> Answer:
        self.capsys.readouterr()
        code = 0
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return Answer(code, out, err)


def workflow(key: str, name: str, *urls: str) -> dict[str, Any]:
    """An exported workflow that calls these URLs one after the other."""
    nodes = [
        {"id": f"{key}{n}", "name": f"call {n}", "type": "n8n-nodes-base.httpRequest", "typeVersion": 4, "position": [n, 0], "parameters": {"url": url, "method": "GET"}}
        for n, url in enumerate(urls)
    ]  # fmt: skip
    links = {
        f"call {n}": {"main": [[{"node": f"call {n + 1}", "type": "main", "index": 0}]]} for n in range(len(urls) - 1)
    }
    return {"id": key, "name": name, "nodes": nodes, "connections": links, "active": True}


URLS = tuple(f"https://erp.example/api/{n}" for n in range(6))


def lay(folder: Path, *, copies: int = 1) -> Path:
    """Two folders of exports: `flows` with two workflows, `copies` with copies of the first."""
    (folder / "siloscope.toml").write_text(CONFIG, encoding="utf-8")
    files = {
        "flows/1": workflow("w1", "Send invoices", *URLS),
        "flows/2": workflow("w2", "Other", "https://crm.example/x"),
    }
    files |= {f"copies/{n}": workflow(f"c{n}", "Send invoices", *URLS) for n in range(copies)}
    for name, document in files.items():
        file = folder / "exports" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document), encoding="utf-8")
    return folder
