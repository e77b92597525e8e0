"""What fails between two scans deletes nothing: every listing, met by every way a call can fail."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from siloscope.collectors import collector
from siloscope.collectors.clients.boto_calls import whole_answer
from siloscope.config import Source
from siloscope.graph.commit import decide
from siloscope.model import Slice, Status
from tests.faults import aws, folders, rest, worlds
from tests.faults.ledger import HEAD, Cell, markdown, table
from tests.faults.matrix import DENIED, EMPTY, FAULTS, OTHER, SHORT, THROTTLED, TIMEOUT, TOKEN, Bench, Case
from tests.faults.served import in_front, made_once
from tests.servers import load
from tests.servers.fixtures import running
from tests.servers.moto import Moto

CELLS: list[Cell] = []
ORDER = tuple(dict.fromkeys((*FAULTS, *folders.FAULTS)))
DOCUMENT = Path(__file__).parents[1] / "docs" / "faults.md"
PARTS = tuple(each for each in FAULTS if each not in (TOKEN, EMPTY))  # what can happen to a describing call
TOGETHER = (DENIED, THROTTLED, TIMEOUT, SHORT, OTHER, EMPTY)
DESCRIBED = [key for key, each in aws.LISTINGS.items() if each.call.details]
# (what is met, by what), for every test; a cell each.
AWS = list(product(sorted(aws.LISTINGS), FAULTS))
AWS_PARTS = list(product(sorted(DESCRIBED), PARTS))
MLFLOW, AIRFLOW = list(product(rest.MLFLOW, FAULTS)), list(product(rest.AIRFLOW, FAULTS))
MLFLOW_PARTS = list(product(sorted(rest.MLFLOW.keys() & rest.DETAILS.keys()), PARTS))
AIRFLOW_PARTS = list(product(sorted(rest.AIRFLOW.keys() & rest.DETAILS.keys()), PARTS))
FILES = list(product(folders.FILES, folders.FAULTS))
EVERY = (*AWS, *AWS_PARTS, *MLFLOW, *MLFLOW_PARTS, *AIRFLOW, *AIRFLOW_PARTS, *FILES, *TOGETHER, *PARTS)


class Summary:
    """Prints the table at the end of the session."""

    @staticmethod
    def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
        """One line a fault."""
        terminalreporter.section("fault matrix")
        for row in table(CELLS, ORDER):
            shown = ", ".join(f"{name} {value}" for name, value in zip(HEAD[1:], row[1:], strict=True))
            terminalreporter.write_line(f"{row[0]}: {shown}")


@pytest.fixture(scope="module", autouse=True)
def summary(request: pytest.FixtureRequest) -> None:
    request.config.pluginmanager.register(Summary())


@pytest.fixture(scope="module", autouse=True)
def keys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", aws.REGION)
        patch.delenv("AWS_PROFILE", raising=False)
        made_once(patch)
        yield


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], Bench]:
    """The bench of a case; its clean scans are made once for all its cells."""
    made: dict[str, Bench] = {}

    def of(case: Case) -> Bench:
        name = f"{case.listing}{'-details' if case.apart else ''}"
        if name not in made:
            made.clear()  # cells come case by case
            made[name] = Bench(case, tmp_path_factory.mktemp(name))
        return made[name]

    return of


@pytest.fixture(scope="module")
def account(moto: Moto) -> Iterator[worlds.Front]:
    with worlds.account(moto) as front:
        yield front


@pytest.fixture(scope="module")
def registry() -> Iterator[worlds.Front]:
    for server in running(load("mlflow")()):
        with worlds.registry(server) as front:
            yield front


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[worlds.Front]:
    for server in running(load("airflow")(dags=worlds.dags(tmp_path_factory.mktemp("airflow")))):
        with worlds.scheduler(server) as front:
            yield front


def aws_case(name: str, front: worlds.Front, *, apart: bool = False) -> Case:
    """A listing of AWS, with the one that opens its scopes or whose scopes it opens, and another one that is well."""
    proxy, kept = front
    below = aws.OPENS.get(name, ())
    above = tuple(parent for parent, children in aws.OPENS.items() if name in children)
    other = "sqs.queue" if name != "sqs.queue" else "sns.topic"
    options = {
        "endpoint_url": proxy.url,
        "regions": [aws.REGION],
        "services": [name, *below, *above, other],
    }
    calls = aws.describing(name) if apart else aws.enumerating(name)
    return Case(
        "aws",
        name,
        (Source("aws", "aws", options=options),),
        partial(setattr, kept, "moment"),
        in_front(proxy, kept, calls),
        frozenset({name, *below}),
        apart,
    )


def held_true(bench: Bench, fault: str) -> None:
    """Run one cell, count it, and hold it to the figures."""
    lost = bench.before.things - bench.after.things
    assert bench.case.listing in {"*", "connect", *(listing for (_, listing, _), _ in lost)}, (
        "nothing of it was deleted"
    )
    assert not bench.after.things - bench.before.things
    cell = bench.cell(fault)
    CELLS.append(cell)
    assert (cell.wrong, cell.retired, cell.later, cell.recovered) == (0, cell.deleted, cell.kept, True)


@pytest.mark.server("moto")
@pytest.mark.parametrize(("name", "fault"), AWS)
def test_a_fault_in_a_listing_of_aws_deletes_nothing(
    name: str, fault: str, account: worlds.Front, benches: Callable[[Case], Bench]
) -> None:
    held_true(benches(aws_case(name, account)), fault)


@pytest.mark.server("moto")
@pytest.mark.parametrize(("name", "fault"), AWS_PARTS)
def test_a_fault_in_a_describing_call_of_aws_deletes_nothing(
    name: str, fault: str, account: worlds.Front, benches: Callable[[Case], Bench]
) -> None:
    held_true(benches(aws_case(name, account, apart=True)), fault)


def rest_case(name: str, source: Source, front: worlds.Front, *, apart: bool = False) -> Case:
    """A listing of a small REST source, the others of which are well."""
    proxy, kept = front
    calls = rest.DETAILS[name] if apart else [(rest.MLFLOW | rest.AIRFLOW)[name]]
    return Case(
        source.type,
        name,
        (source,),
        partial(setattr, kept, "moment"),
        in_front(proxy, kept, calls),
        frozenset({name}),
        apart,
    )


@pytest.mark.server("moto")
@pytest.mark.parametrize("fault", TOGETHER)
def test_a_fault_in_every_listing_of_aws_at_once_deletes_nothing(
    fault: str, account: worlds.Front, benches: Callable[[Case], Bench]
) -> None:
    proxy, kept = account
    calls = [call for name in aws.LISTINGS for call in aws.enumerating(name)]
    sources = (Source("aws", "aws", options={"endpoint_url": proxy.url, "regions": [aws.REGION]}),)
    moment = partial(setattr, kept, "moment")
    held_true(benches(Case("aws", "*", sources, moment, in_front(proxy, kept, calls), frozenset(aws.LISTINGS))), fault)


@pytest.mark.server("moto")
@pytest.mark.parametrize("fault", PARTS)
def test_a_fault_in_the_question_who_asks_deletes_nothing(
    fault: str, account: worlds.Front, benches: Callable[[Case], Bench]
) -> None:
    proxy, kept = account
    names = ["glue.database", "glue.table", "sqs.queue"]
    options = {"endpoint_url": proxy.url, "regions": [aws.REGION], "services": names}
    sources = (Source("aws", "aws", options=options),)
    moment = partial(setattr, kept, "moment")
    held_true(
        benches(Case("aws", "connect", sources, moment, in_front(proxy, kept, [aws.who()]), frozenset(names))), fault
    )


@pytest.mark.server("mlflow")
@pytest.mark.parametrize(("name", "fault"), MLFLOW)
def test_a_fault_in_a_listing_of_mlflow_deletes_nothing(
    name: str, fault: str, registry: worlds.Front, benches: Callable[[Case], Bench]
) -> None:
    held_true(benches(rest_case(name, worlds.mlflow_source(registry[0]), registry)), fault)


@pytest.mark.server("mlflow")
@pytest.mark.parametrize(("name", "fault"), MLFLOW_PARTS)
def test_a_fault_in_a_describing_call_of_mlflow_deletes_nothing(
    name: str, fault: str, registry: worlds.Front, benches: Callable[[Case], Bench]
) -> None:
    held_true(benches(rest_case(name, worlds.mlflow_source(registry[0]), registry, apart=True)), fault)


@pytest.mark.server("airflow")
@pytest.mark.parametrize(("name", "fault"), AIRFLOW)
def test_a_fault_in_a_listing_of_airflow_deletes_nothing(
    name: str, fault: str, scheduler: worlds.Front, benches: Callable[[Case], Bench]
) -> None:
    held_true(benches(rest_case(name, worlds.airflow_source(scheduler[0]), scheduler)), fault)


@pytest.mark.server("airflow")
@pytest.mark.parametrize(("name", "fault"), AIRFLOW_PARTS)
def test_a_fault_in_a_describing_call_of_airflow_deletes_nothing(
    name: str, fault: str, scheduler: worlds.Front, benches: Callable[[Case], Bench]
) -> None:
    held_true(benches(rest_case(name, worlds.airflow_source(scheduler[0]), scheduler, apart=True)), fault)


def folder_case(name: str, where: Path, fault: str) -> Case:
    """A listing of a folder of exports, beside another folder that is well and loses a file, too."""
    kind = folders.FILES[name][0]
    other = "n8n" if kind != "n8n" else "node-red"
    sources = tuple(
        Source(each, each, number, path=where / each, instance=each) for number, each in enumerate((kind, other))
    )

    def moment(at: str) -> None:
        for each in (kind, other):
            folders.fill(where / each, each, at)

    blind = {each.name for each in collector(kind).listings} if fault in folders.WHOLE else {name}
    return Case("files", name, sources, moment, folders.damaging(where / kind, name), frozenset(blind))


@pytest.mark.parametrize(("name", "fault"), FILES)
def test_a_fault_in_a_folder_of_exports_deletes_nothing(name: str, fault: str, tmp_path: Path) -> None:
    case = folder_case(name, tmp_path / "exports", fault)
    held_true(Bench(case, tmp_path), fault)


@pytest.mark.parametrize("body", [b'{"Jobs": [{"Name": "<html>"}]}', b"{}", b'{"NextToken": null}', b'{"Jobs": []}'])
def test_an_answer_that_mentions_a_web_page_or_holds_nothing_is_an_answer(body: bytes) -> None:
    """What refuses other documents does not refuse hostile names, nor an answer without content."""
    parsed = {key: value for key, value in json.loads(body).items() if value is not None}
    whole_answer({"body": body, "status_code": 200, "headers": {}}, parsed)


@pytest.mark.parametrize("fault", [DENIED, EMPTY])
def test_a_siloscope_that_takes_failure_for_absence_would_be_caught(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matrix has teeth: with the rule of retirement taken out, a cell fails."""

    def careless(known: Any, seen: Slice, *given: Any, confirm: bool, limits: Any) -> Any:
        return decide(known, replace(seen, status=Status.COMPLETE), *given, confirm=True, limits=limits)

    monkeypatch.setattr("siloscope.scanner.decide", careless)
    bench = Bench(folder_case("n8n.workflow", tmp_path / "exports", fault), tmp_path)
    with pytest.raises(AssertionError, match="retired without a look"):
        bench.cell(fault)


def test_the_documentation_shows_these_figures() -> None:
    """The table of docs/faults.md is what this run found; SILOSCOPE_WRITE_DOCS=1 writes it there."""
    if len(CELLS) != len(EVERY):
        pytest.skip(f"{len(CELLS)} of {len(EVERY)} cells ran")
    found = markdown(table(CELLS, ORDER))
    text = DOCUMENT.read_text("utf-8")
    if os.environ.get("SILOSCOPE_WRITE_DOCS") == "1":
        lines = text.splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("| fault |"))
        end = next(number for number in range(start, len(lines)) if not lines[number].startswith("| "))
        text = "\n".join([*lines[:start], found, *lines[end:], ""])
        DOCUMENT.write_text(text, encoding="utf-8")
    assert found in text
