"""Makes the recordings and golden files of the azure and uipath collectors: `python -m tests.record_cloud`.

The recordings are scans of the local servers with the invented estates; what a port number left in them is
replaced. The golden files say what is read in the recordings.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from siloscope.collectors import collector
from siloscope.collectors.base import scan
from siloscope.collectors.clients.recorded import Recorder
from siloscope.config import Secret, Source
from tests import golden
from tests.azure_estate import estate
from tests.servers.fake_arm import FakeArm
from tests.servers.fake_orchestrator import FakeOrchestrator
from tests.uipath_estate import folders, tenant

HERE = Path(__file__).resolve().parent
TENANT = "https://cloud.uipath.com/acme/Production/orchestrator_"
AT = "2025-06-10T08:00:00Z"
PROJECT = {
    "name": "Invoice.Dispatcher",
    "projectId": "00000000-0000-4000-8000-0000000000aa",
    "main": "Main.xaml",
    "projectVersion": "1.4.0",
    "targetFramework": "Windows",
    "expressionLanguage": "VisualBasic",
    "designOptions": {"outputType": "Process"},
    "dependencies": {"UiPath.System.Activities": "[24.10.5]", "UiPath.Mail.Activities": "[1.23.1]"},
    "entryPoints": [{"filePath": "Main.xaml", "input": [{"name": "in_Queue", "type": "System.String"}], "output": []}],
}


def source(kind: str, name: str, **more: Any) -> Source:
    """A source with a static token, as the configuration file would give it."""
    os.environ.setdefault("SILOSCOPE_TEST_TOKEN", "granted-token")
    options = {"token": Secret("env:SILOSCOPE_TEST_TOKEN"), **more.pop("options", {})}
    return Source(name, kind, options=options, **{"instance": name, **more})


def record(one: Source, folder: Path, url: str = "") -> None:
    """Scan `one` and write its recording; `url` takes the place of a local address."""
    made = collector(one.type)
    client = made.connect(one)
    recorder = Recorder(folder, one.name)
    recorder.begin(client, AT)
    if url:
        file = recorder.folder / "source.json"
        file.write_text(file.read_text("utf-8").replace(str(one.url), url), encoding="utf-8")
    for taken in scan(made, one, client, keep=True):
        recorder.slice(taken)
    client.close()


def recordings() -> Iterator[tuple[str, Path]]:
    """Record every source again; yields the types with their folders."""
    for kind in ("azure", "uipath"):
        folder = HERE / "recordings" / kind
        shutil.rmtree(folder, ignore_errors=True)
        if kind == "azure":
            with FakeArm(estate(), page_size=50, denied=["Microsoft.Sql/servers/databases/read"]) as arm:
                record(source(kind, "contoso", options={"endpoint_url": arm.url}), folder)
        else:
            with FakeOrchestrator(tenant(), folders(), cap=50, denied=[("Robots", "12")]) as server:
                one = source(kind, "orchestrator", url=server.url, instance="cloud.uipath.com/acme/Production")
                record(replace(one, options={**one.options, "jobs_per_minute": 6000}), folder, TENANT)
            with tempfile.TemporaryDirectory() as place:
                project = Path(place) / "dispatcher" / "project.json"
                project.parent.mkdir()
                project.write_text(json.dumps(PROJECT), encoding="utf-8")
                record(source(kind, "studio", path=Path(place)), folder)
        yield kind, folder


if __name__ == "__main__":
    for kind, _ in recordings():
        (HERE / "golden" / f"{kind}.json").write_text(golden.text(kind), encoding="utf-8")
