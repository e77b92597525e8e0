"""Records the example company: starts the servers, provisions the estate, scans it with siloscope itself.

python examples/company/record.py                      # everything, a few minutes
python examples/company/record.py --only airflow       # one source anew
python examples/company/record.py --expected           # only the expected edges of tests/world
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

import money  # noqa: E402 - after the path above
import provision  # noqa: E402
import provision_aws  # noqa: E402
from estate import automations, azure, expected  # noqa: E402
from estate.base import ANALYTICS, ORCHESTRATOR, SCAN_AT  # noqa: E402
from licences import document as licences  # noqa: E402
from normalise import Normaliser  # noqa: E402
from orchestrator import Orchestrator  # noqa: E402

from siloscope.collectors import CONTRACT, types  # noqa: E402
from siloscope.config import Config, Secret, Source, load  # noqa: E402
from siloscope.graph.store import open_store  # noqa: E402
from siloscope.scanner import Options, run  # noqa: E402
from tests.servers import load as server  # noqa: E402
from tests.servers.fake_arm import FakeArm  # noqa: E402
from tests.servers.proxy import Answer, FaultProxy, Request  # noqa: E402

DEMO = ROOT / "siloscope" / "demo"
EDGES = ROOT / "tests" / "world" / "expected_edges.tsv"
TOKENS = {
    name: f"a-token-for-{name.lower()}"
    for name in ("RISK_MLFLOW_TOKEN", "PLATFORM_MLFLOW_TOKEN", "PEOPLE_FLOWS_TOKEN", "UIPATH_CLIENT_SECRET")
}
Served = tuple[Source, dict[str, str], dict[str, str]]
"""A source with its local address, addresses to put back, ids to rename."""


def unemulated(request: Request) -> Answer | None:
    """What the emulator cannot answer: agents have no parts; one account has no feature groups, one shows none."""
    for part, name in (("/actiongroups", "actionGroupSummaries"), ("/knowledgebases", "agentKnowledgeBaseSummaries")):
        if request.path.startswith("/agents/") and part in request.path:
            return Answer(200, json.dumps({name: []}).encode())
    if request.operation != "ListFeatureGroups":
        return None
    if ANALYTICS not in DENIED:
        return Answer(200, b'{"FeatureGroupSummaries": []}')
    told = {
        "__type": "AccessDeniedException",
        "Message": f"User: arn:aws:sts::{ANALYTICS}:assumed-role/inventory/siloscope is not authorized to perform: sagemaker:ListFeatureGroups because no identity-based policy allows the sagemaker:ListFeatureGroups action",
    }
    return Answer(400, json.dumps(told).encode())


DENIED: set[str] = set()


@contextmanager
def aws(source: Source) -> Iterator[Served]:
    """An account in the emulator, behind a proxy that denies one call."""
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_DEFAULT_REGION="eu-west-1")
    DENIED.clear()
    DENIED.update({ANALYTICS} if ANALYTICS in str(source.options["role_arn"]) else ())
    with server("moto")() as moto:
        renamed = provision_aws.provision(moto.url)
        with FaultProxy(moto.url, unemulated) as proxy:
            yield (
                replace(source, options={**source.options, "endpoint_url": proxy.url}),
                {proxy.url: "https://amazonaws.example"},
                renamed,
            )


@contextmanager
def mlflow(source: Source) -> Iterator[Served]:
    """One of the two tracking servers."""
    with server("mlflow")() as running:
        renamed = provision.models(running.post, source.instance)
        yield replace(source, url=running.url), {running.url: str(source.url)}, renamed


@contextmanager
def airflow(source: Source) -> Iterator[Served]:
    """The API server with the company's DAGs."""
    with (
        tempfile.TemporaryDirectory() as folder,
        server("airflow")(dags=provision.dag_files(Path(folder) / "dags")) as running,
    ):
        token = running.token()
        provision.airflow(running.url, token)
        os.environ["AIRFLOW_TOKEN"] = token
        from siloscope.model import digest

        names = {f"token {digest(token)[:6]}": f"token {digest('airflow')[:6]}", running.url: str(source.url)}
        yield replace(source, url=running.url), {**names, str(running.state): "/opt/airflow"}, {}


@contextmanager
def nodered(source: Source) -> Iterator[Served]:
    """HR's Node-RED."""
    with server("nodered")() as running:
        running.deploy(automations.node_red_flows())
        yield replace(source, url=running.url), {running.url: str(source.url)}, {}


@contextmanager
def arm(source: Source) -> Iterator[Served]:
    """A local Resource Manager with the two subscriptions."""
    claims = (
        base64.urlsafe_b64encode(
            json.dumps({"appid": source.options["client_id"], "tid": source.options["tenant_id"]}).encode()
        )
        .decode()
        .rstrip("=")
    )
    os.environ["AZURE_TOKEN"] = f"e30.{claims}.c2ln"
    with FakeArm(azure.estate(), page_size=50) as running:
        options = {"token": Secret("env:AZURE_TOKEN"), "endpoint_url": running.url}
        yield replace(source, options=options), {running.url: "https://management.azure.com"}, {}


@contextmanager
def robots(source: Source) -> Iterator[Served]:
    """A local Orchestrator."""
    with Orchestrator() as running:
        options = {**source.options, "identity_url": f"{running.base}/identity_/connect/token", "jobs_per_minute": 6000}
        yield (
            replace(source, url=running.url, instance=ORCHESTRATOR, options=options),
            {running.url: str(source.url), running.base: "https://cloud.robots.example"},
            {},
        )


@contextmanager
def files(source: Source) -> Iterator[Served]:
    """Sources that are folders of exports need no server."""
    yield source, {}, {}


SERVERS: dict[str, Callable[[Source], Any]] = {
    "aws": aws,
    "azure": arm,
    "mlflow": mlflow,
    "airflow": airflow,
    "node-red": nodered,
    "uipath": robots,
}


def moments() -> dict[str, str]:
    """Documents whose time is part of the story."""
    return {
        "locker-vision": "2026-02-11",
        "locker-demand": "2026-02-24",
        "pilot-lockers": "2026-02-10",
        "sorter-jam-train": "2025-12-04",
        "sorter-jam": "2025-12-05",
    }


def record(config: Config, source: Source, exports: Path) -> None:
    """Record one source below the demo's recordings, normalised."""
    began = datetime.now(UTC) - timedelta(minutes=5)
    folder = DEMO / "recordings"
    with SERVERS.get(source.type, files)(source) as (local, addresses, renamed), tempfile.TemporaryDirectory() as work:
        if local.path:
            local = replace(local, path=exports / local.path.relative_to(config.folder))
        store = open_store(str(Path(work) / "record.db"))
        one = replace(config, file=Path(work) / "siloscope.toml", sources=(local,))
        shutil.rmtree(folder / source.name, ignore_errors=True)
        for report in run(one, store, Options(at=SCAN_AT, record=folder)):
            print(f"{report.source}: {report.assets} assets, {len(report.slices)} slices, {report.calls} calls")
            for each in report.slices:
                if each.status != "complete":
                    print(f"  {each.status}: {each.listing} {each.scope}: {each.reason}")
        store.close()
    Normaliser(began, renamed, addresses, moments()).folder(folder / source.name)


def write_expected() -> None:
    """The edges that cross tools, from the estate's tables."""
    rows = ["\t".join(edge) for edge in expected.edges(expected.everything())]
    EDGES.write_text("source\tverb\ttarget\thow\n" + "\n".join(rows) + "\n", encoding="utf-8")
    print(f"{EDGES.relative_to(ROOT)}: {len(rows)} edges")


def main() -> None:
    """Record what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="SOURCE")
    parser.add_argument("--expected", action="store_true")
    asked = parser.parse_args()
    write_expected()
    if asked.expected:
        return
    os.environ.update(TOKENS)
    config = load(DEMO / "siloscope.toml", types(), CONTRACT)
    with ExitStack() as stack:
        exports = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        provision.exports(exports / "exports")
        money.write(exports / "exports" / "money")
        (exports / "licences.graph.json").write_text(json.dumps(licences()), encoding="utf-8")
        for source in config.sources:
            if not asked.only or source.name in asked.only:
                record(config, source, exports)
    text = json.dumps(licences(), indent=1) + "\n"
    (DEMO / "licences.graph.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
