"""What tests of analyses, plans and exports share: small graphs made of a few words."""

from __future__ import annotations

from typing import Any

from siloscope.graph.build import Row, Settings, build
from siloscope.graph.view import Graph
from siloscope.model import Asset, Reference, Slice, Status, Tool, Verb, Visibility

AT = "2026-06-01T00:00:00Z"
HOSTILE = [
    "<script>alert(1)</script>", '=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "\"quoted\" 'both' `tick`", "a\nb\r\nc\td",
    "\u202eright to left\u202c", "x" * 5000, "\x00\x01\x1b[31mred", "| pipe * star _ under", "ünïcödé 请求 🤖", "&amp; ]]> <!--", "a,b;c", '{"a": 1}',
]  # fmt: skip


def asset(key: str, tool: str = "n8n:one", kind: str = "n8n.workflow", **more: Any) -> Asset:
    """An asset named like its id."""
    return Asset(key, kind, more.pop("name", key), tool, **more)


def reads(source: str, name: str) -> Reference:
    return Reference(source, Verb.READS, name, "args")


def calls(source: str, name: str) -> Reference:
    return Reference(source, Verb.CALLS, name, "node")


def trains(source: str, name: str) -> Reference:
    return Reference(source, Verb.TRAINS, name, "run")


def seen(*items: Any, source: str = "s", status: Status = Status.COMPLETE, visibility: Visibility = Visibility.ALL, first: str = "", listing: str = "things") -> list[Any]:  # fmt: skip
    """Observations of one source's one slice, which ended like this."""
    return [Slice(source, listing, "x", status, visibility=visibility), first or AT, *items]


def estate(*groups: list[Any], settings: Settings = Settings(), at: str = AT) -> Graph:  # noqa: B008
    """The graph of several sources' `seen`."""
    rows = [Row(group[0], item, group[1], at) for group in groups for item in group[2:]]
    return build(rows, list({group[0].key: group[0] for group in groups}.values()), settings, "scan1", at)


LISTINGS = ("sagemaker.endpoint", "sagemaker.model-package", "uipath.process", "airflow.dag", "focus.benefit")
LOSS = {"value.1.metric": "letters a year", "value.1.baseline": 100.0, "value.1.current": 600.0, "value.1.unit_value": 2.0, "value.1.from": "2025-06-01", "value.1.to": "2026-05-31"}  # fmt: skip


def company(*, reverse: bool = False) -> Graph:
    """An estate in which every rule finds something: some departments and tools, one of them cut off."""
    shape = {"v": 1, "node:http": 3, "node:if": 4}
    same = {"definition": "d1"}
    risk = [
        asset("mlflow://a/model/churn", "mlflow:a", "mlflow.model", name="churn", department="Risk", created="2025-01-01T00:00:00Z", facts={"versions": 3}, annual_cost=10.0),
        asset("mlflow://a/model/fraud", "mlflow:a", "mlflow.model", name="fraud", department="Risk", owner="anna", last_used="2025-01-01T00:00:00Z"),
        asset("n8n://one/workflow/1", name="Send invoices", department="Risk", shape=shape, facts=same),
        asset("n8n://one/workflow/2", name="Other", department="Risk", names=("s3://shared/name",)),
        trains("airflow://z/dag/train", "mlflow://a/model/churn"),
        calls("n8n://one/workflow/1", "mlflow://a/model/fraud"),
        reads("n8n://one/workflow/1", "s3://outside/x"),
        reads("n8n://one/workflow/2", "https://erp.example/api"),
        reads("n8n://one/workflow/1", "https://erp.example/api"),
    ]  # fmt: skip
    sales = [
        asset("node-red://two/flow/1", "node-red:two", "node-red.flow", name="Send invoices", department="Sales", shape=shape, facts=same, names=("s3://shared/name",)),
        asset("airflow://z/dag/train", "airflow:z", "airflow.dag", name="train", department="Sales"),
        asset("airflow://z/dag/load", "airflow:z", "airflow.dag", name="load", department="Sales"),
        reads("airflow://z/dag/load", "s3://outside/y"),
        reads("airflow://z/dag/train", "airflow://z/dag/load"),
    ]  # fmt: skip
    alone = [asset(f"mlflow://b/model/m{n}", "mlflow:b", "mlflow.model", department="Ops") for n in range(5)]
    claims = [
        asset("sagemaker://c/endpoint/triage", "sagemaker:c", "sagemaker.endpoint", name="triage", department="Claims"),
        asset("sagemaker://c/model/triage", "sagemaker:c", "sagemaker.model", name="triage", department="Claims", owner="lena"),
        Reference("sagemaker://c/endpoint/triage", Verb.SERVES, "sagemaker://c/model/triage", "config"),
        calls("airflow://z/dag/load", "sagemaker://c/endpoint/triage"),
        asset("uipath://r/process/1", "uipath:r", "uipath.process", name="Pay out", department="Claims", last_used="2026-05-30T00:00:00Z"),
        asset("uipath://r/process/2", "uipath:r", "uipath.process", name="Letters", department="Claims", owner="lena", last_used="2026-05-30T00:00:00Z", annual_cost=9000.0, facts=LOSS),
        asset("uipath://r/process/3", "uipath:r", "uipath.process", name="Recover", department="Claims", owner="lena", last_used="2026-05-30T00:00:00Z", annual_cost=20000.0),
        calls("uipath://r/process/1", "https://api.openai.com/v1/chat"),
        calls("uipath://r/process/2", "https://api.openai.com/v1/chat"),
        Tool("n8n:one", annual_cost=500.0, renewal="2026-08-01"),
        Tool("node-red:two", annual_cost=300.0),
    ]  # fmt: skip
    groups = [seen(*claims, source="claims")] + [seen(source="claims", listing=each) for each in LISTINGS]
    groups += [seen(*risk, source="risk"), seen(*sales, source="sales"), seen(*alone, source="ops")]
    if reverse:
        groups = [[*group[:2], *reversed(group[2:])] for group in reversed(groups)]
    return estate(*groups)
