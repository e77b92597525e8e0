"""Faults in folders of exports: files that cannot be opened, are cut, or say something else; folders that are gone."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.aws import HTML
from tests.faults.matrix import CUT, DENIED, EMPTY, ERROR, GARBAGE, OTHER, PAGE, RESET, TIMEOUT
from tests.faults.replay import BEFORE

FOLDER_DENIED, FOLDER_GONE, ZERO = "folder cannot be listed", "folder gone", "file of no bytes"
FAULTS = (DENIED, FOLDER_DENIED, ERROR, RESET, TIMEOUT, CUT, ZERO, GARBAGE, PAGE, OTHER, FOLDER_GONE, EMPTY)
# What meets everything in the folder, and so every listing of its source.
WHOLE = (FOLDER_DENIED, FOLDER_GONE)
# What a network share says: the counterparts of a server's errors.
_ERRORS = {DENIED: errno.EACCES, ERROR: errno.EIO, RESET: errno.ECONNRESET, TIMEOUT: errno.ETIMEDOUT}


def _flow(name: str, address: str) -> dict[str, Any]:
    node = {"name": "Ask", "type": "n8n-nodes-base.httpRequest", "parameters": {"url": address}}
    return {"id": name, "name": name, "nodes": [node], "connections": {}}


def _tab(name: str, address: str) -> list[dict[str, Any]]:
    request = {"id": f"{name}-1", "type": "http request", "z": name, "url": address, "wires": [[]], "x": 1, "y": 1}
    return [{"id": name, "type": "tab", "label": name}, request]


def _artifact(kind: str, **content: Any) -> dict[str, Any]:
    about = {
        "dbt_schema_version": f"https://schemas.getdbt.com/dbt/{kind}.json",
        "generated_at": "2026-05-01T04:00:00Z",
    }
    return {"metadata": {**about, "adapter_type": "postgres", "project_name": "shop"}, **content}


def _project(name: str) -> dict[str, Any]:
    """The three artifacts of a dbt project with two models, one reading the other."""
    ids = [f"model.{name}.{each}" for each in ("orders", "revenue")]
    common = {"resource_type": "model", "package_name": name, "database": "dwh", "schema": name, "language": "sql"}
    manifest = {
        key: {
            **common,
            "unique_id": key,
            "name": key.rpartition(".")[2],
            "config": {"materialized": "table"},
            "raw_code": "select 1 as one",
            "depends_on": {"nodes": ids[:1] if key == ids[1] else []},
        }
        for key in ids
    }
    tables = {key: {"metadata": {"type": "BASE TABLE", "owner": "loader"}, "columns": {"one": {}}} for key in ids}
    results = [{"unique_id": key, "status": "success", "timing": [], "execution_time": 1.5} for key in ids]
    return {
        f"{name}/manifest.json": _artifact("manifest/v12", nodes=manifest, sources={}, exposures={}),
        f"{name}/catalog.json": _artifact("catalog/v1", nodes=tables),
        f"{name}/run_results.json": _artifact("run-results/v6", results=results),
    }


def _event(name: str) -> dict[str, Any]:
    table = {"namespace": "postgres://dwh.shop.example:5432", "name": f"shop.public.{name}"}
    return {
        "eventType": "COMPLETE",
        "eventTime": "2026-05-01T04:00:00Z",
        "run": {"runId": "0190b0a0-0000-7000-8000-000000000001"},
        "job": {"namespace": "shop", "name": name},
        "inputs": [table],
        "outputs": [],
        "producer": "https://shop.example/loader",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    }


_NAMES = ("invoices", "team/orders", "doomed/doomed")
CONTENT: Mapping[str, Mapping[str, Any]] = {
    "n8n": {f"{name}.json": _flow(name[-6:], f"https://{name[-6:]}.shop.example/v1") for name in _NAMES},
    "node-red": {f"{name}.json": _tab(name[-6:], f"https://{name[-6:]}.plant.example/v1") for name in _NAMES},
    "openlineage": {f"{name}.json": _event(name[-6:]) for name in _NAMES},
    "dbt": _project("shop") | _project("doomed"),
}
"""What lies in the folder of each type; everything under `doomed` gets deleted."""
FILES = {
    "n8n.workflow": ("n8n", "team/orders.json"),
    "nodered.flow": ("node-red", "team/orders.json"),
    "openlineage.event": ("openlineage", "team/orders.json"),
    "dbt.node": ("dbt", "shop/manifest.json"),
    "dbt.catalog": ("dbt", "shop/catalog.json"),
    "dbt.run": ("dbt", "shop/run_results.json"),
}
"""Listing -> the type of its source, and the file that a fault meets."""
READ = {"dbt.node": "manifest.json", "dbt.catalog": "catalog.json", "dbt.run": "run_results.json"}
"""The files that a listing reads, where its folder holds those of others, too."""


def fill(folder: Path, kind: str, moment: str) -> None:
    """Bring a source's folder to what lies there at a moment."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, value in CONTENT[kind].items():
        if moment == BEFORE or not name.startswith("doomed/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps(value), encoding="utf-8")


def damaging(folder: Path, listing: str) -> Callable[[str], Any]:
    """How to do a fault, by name, to what a listing reads, and to mend it again."""
    kind, name = FILES[listing]
    victim = folder / name

    @contextmanager
    def fault(fault: str) -> Iterator[None]:
        whole = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
        mine = [each for each in whole if each.name == READ.get(listing, each.name)]
        with pytest.MonkeyPatch.context() as patch:
            if fault in _ERRORS:
                _unreadable(patch, victim, _ERRORS[fault])
            elif fault == FOLDER_DENIED:
                _unlistable(patch, victim.parent)
            elif fault == FOLDER_GONE:
                folder.rename(folder.with_name("elsewhere"))
            else:
                _rewrite(fault, victim, mine)
            try:
                yield
            finally:
                shutil.rmtree(folder.with_name("elsewhere"), ignore_errors=True)
                for file, data in whole.items():
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(data)

    assert kind in CONTENT
    return fault


def _rewrite(fault: str, victim: Path, mine: list[Path]) -> None:
    data = victim.read_bytes()
    if fault == EMPTY:
        for each in mine:
            each.unlink()
    elif fault == OTHER:
        for each in mine:
            each.write_bytes(b'{"message": "down for maintenance"}')
    else:
        victim.write_bytes({CUT: data[: len(data) // 2], ZERO: b"", GARBAGE: b"\x00\xff{[", PAGE: HTML}[fault])


def _unreadable(patch: pytest.MonkeyPatch, victim: Path, number: int) -> None:
    """Reading the file fails; by patching, since an administrator may read everything."""
    read = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self == victim:
            raise OSError(number, os.strerror(number), str(self))
        return read(self)

    patch.setattr(Path, "read_bytes", refuse)


def _unlistable(patch: pytest.MonkeyPatch, closed: Path) -> None:
    scandir = os.scandir

    def refuse(path: Any = ".") -> Any:
        if isinstance(path, str | Path) and Path(path) == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    patch.setattr(os, "scandir", refuse)
