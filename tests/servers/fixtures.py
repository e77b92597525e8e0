"""pytest fixtures for the real servers, and the count of tests that ran against each.

A server starts when the first test asks for it and stops at the end of the session. What this machine
lacks skips with one line, or fails when `SILOSCOPE_REQUIRE_SERVERS=1`. A server that is there and does
not come up is an error, never a skip. The end of the session prints one line a server.
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest

from tests.servers import SERVERS, Missing, Server, load
from tests.servers.base import HERE, ROOT
from tests.servers.chromium import Chromium, Recorded
from tests.servers.install import need, node_modules, python_environment
from tests.servers.libreoffice import LibreOffice
from tests.servers.proxy import FaultProxy

T = TypeVar("T")
# Fixtures that stand for a server, where the name differs from the server's.
FIXTURES = {"prism_uipath": "prism", "moto_iam": "moto"}
COUNTED = "server"  # key of the user property that carries the count, also from other processes


def _require(reason: str) -> NoReturn:
    if os.environ.get("SILOSCOPE_REQUIRE_SERVERS") == "1":
        pytest.fail(f"SILOSCOPE_REQUIRE_SERVERS=1, but: {reason}", pytrace=False)
    pytest.skip(reason)


def had(install: Callable[[], T]) -> T:
    """What an installation gives; skip or fail when this machine cannot have it."""
    try:
        return install()
    except Missing as missing:
        _require(str(missing))


def running(server: Server) -> Iterator[Server]:
    """Install when needed, start, yield, stop; skip or fail when this machine cannot."""
    try:
        server.ensure_installed()
        server.start()
    except Missing as missing:
        _require(str(missing))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of third-party data, which is no part of this project."""
    named = os.environ.get("SILOSCOPE_CORPORA")
    folder = Path(named) if named else ROOT.parent / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip(f"no third-party data: SILOSCOPE_CORPORA is not set and {folder} is not there")
    return folder


@pytest.fixture(scope="session")
def moto() -> Iterator[Server]:
    """Moto where any credentials pass; call `reset` before relying on an empty account."""
    yield from running(load("moto")())


@pytest.fixture
def moto_iam() -> Iterator[Server]:
    """A fresh moto that judges by IAM policies after its first three calls."""
    yield from running(load("moto")(no_auth_actions=3))


@pytest.fixture(scope="session")
def mlflow() -> Iterator[Server]:
    """MLflow's tracking server and registry."""
    yield from running(load("mlflow")())


@pytest.fixture(scope="session")
def airflow() -> Iterator[Server]:
    """Airflow's API server with the DAGs of `tests/servers/dags`."""
    yield from running(load("airflow")())


@pytest.fixture(scope="session")
def nodered() -> Iterator[Server]:
    """Node-RED's runtime and admin API."""
    yield from running(load("nodered")())


@pytest.fixture(scope="session")
def neo4j() -> Iterator[Server]:
    """A Neo4j with password authentication."""
    yield from running(load("neo4j")())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """PostgreSQL, superuser without password."""
    yield from running(load("postgres")())


@pytest.fixture(scope="session")
def prism_uipath(corpora: Path) -> Iterator[Server]:
    """A mock of UiPath Orchestrator from the vendor's own specification."""
    yield from running(load("prism")(spec=corpora / "uipath-openapi" / "definitions" / "orchestrator.yaml"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """A browser. By module, not session: while playwright lives, its event loop forbids `asyncio.run`."""
    yield from running(Chromium())


@pytest.fixture
def browser_page(chromium: Chromium) -> Iterator[Recorded]:
    """An offline page with lists of what it said and asked for."""
    with chromium.page() as recorded:
        yield recorded


@pytest.fixture(scope="session")
def mermaid_script() -> Path:
    """Mermaid as one script, for a page to draw diagrams with."""
    return had(lambda: node_modules("mermaid")) / "mermaid" / "dist" / "mermaid.min.js"


@pytest.fixture(scope="session")
def backstage_model() -> Callable[[list[dict[str, Any]]], list[str]]:
    """A function that gives what Backstage's own catalog model says against some entities."""
    modules, node = had(lambda: node_modules("backstage")), had(lambda: need("node", "Backstage's model runs on it"))
    script = HERE / "npm" / "backstage" / "check.cjs"

    def complaints(entities: list[dict[str, Any]]) -> list[str]:
        done = subprocess.run(
            [node, script],
            input=json.dumps(entities, default=str),
            env=os.environ | {"NODE_PATH": str(modules)},
            capture_output=True,
            text=True,
            check=True,
        )
        return [each for each in json.loads(done.stdout) if each]

    return complaints


_ARCHIMATE = """
import collections, json, sys
from pyArchimate import Model
model = Model("read")
model.read(sys.argv[1])
elements = collections.Counter(each.type for each in model.elements)
relations = collections.Counter(each.type for each in model.relationships)
print(json.dumps({"names": sorted(each.name for each in model.elements), "elements": elements, "relations": relations}))
"""


@pytest.fixture(scope="session")
def archimate_reader() -> Callable[[Path], dict[str, Any]]:
    """A function that gives what pyArchimate reads in an exchange file: names, elements and relations by type."""
    python = had(lambda: python_environment("pyarchimate")) / "python"

    def read(file: Path) -> dict[str, Any]:
        done = subprocess.run([python, "-c", _ARCHIMATE, file], capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    return read


@pytest.fixture
def page(browser_page: Recorded) -> object:
    """The bare playwright page of `browser_page`."""
    return browser_page.page


@pytest.fixture(scope="session")
def libreoffice() -> Iterator[LibreOffice]:
    """An office that opens workbooks. Nice to have: without it tests skip, whatever is required of servers."""
    try:
        LibreOffice.ensure_installed()
    except Missing as missing:
        pytest.skip(str(missing))
    yield from running(LibreOffice())


@pytest.fixture
def fault_proxy() -> Iterator[object]:
    """A function (url, rule) -> running `FaultProxy`; all of them stop after the test."""
    opened: list[FaultProxy] = []

    def put_in_front(url: str, *rule: object) -> FaultProxy:
        proxy = FaultProxy(url, *rule).__enter__()
        opened.append(proxy)
        return proxy

    yield put_in_front
    for proxy in opened:
        proxy.__exit__(None, None, None)


def _servers_of(item: pytest.Item) -> set[str]:
    """The servers a test uses, by its fixtures and by `@pytest.mark.server("name")`."""
    asked = set(getattr(item, "fixturenames", ()))
    named = {FIXTURES.get(name, name) for name in asked if FIXTURES.get(name, name) in SERVERS}
    return named | {mark.args[0] for mark in item.iter_markers("server") if mark.args}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note which servers a test ran against, and show their logs when it failed."""
    report = yield
    if report.when != "call" or report.skipped:
        return report
    for name in sorted(_servers_of(item)):
        report.user_properties.append((COUNTED, f"{name} {load(name).version()}"))
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Server) and not isinstance(value, Chromium):
                report.sections.append((f"end of the log of {value.name}", value.log_tail()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line a server: its version and how many tests ran against it, those that failed included."""
    counts: Counter[str] = Counter()
    for outcome in ("passed", "failed", "xfailed", "xpassed"):
        for report in terminalreporter.stats.get(outcome, []):
            if getattr(report, "when", None) == "call":
                counts.update(value for key, value in report.user_properties if key == COUNTED)
    if counts:
        terminalreporter.section("servers")
    for server, count in sorted(counts.items()):
        terminalreporter.write_line(f"{server}: {count} {'test' if count == 1 else 'tests'} ran against it")
