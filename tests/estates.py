"""What tests of analyses, plans and exports share: small graphs made of a few words."""

from __future__ import annotations

from typing import Any

from siloscope.graph.build import Row, Settings, build
from siloscope.graph.view import Graph
from siloscope.model import Asset, Reference, Slice, Status, Verb, Visibility

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


def seen(*items: Any, source: str = "s", status: Status = Status.COMPLETE, visibility: Visibility = Visibility.ALL, first: str = "") -> list[Any]:  # fmt: skip
    """Observations of one source's one slice, which ended like this."""
    return [Slice(source, "things", "x", status, visibility=visibility), first or AT, *items]


def estate(*groups: list[Any], settings: Settings = Settings(), at: str = AT) -> Graph:  # noqa: B008
    """The graph of several sources' `seen`."""
    rows = [Row(group[0], item, group[1], at) for group in groups for item in group[2:]]
    return build(rows, list({group[0].key: group[0] for group in groups}.values()), settings, "scan1", at)


def company(*, reverse: bool = False) -> Graph:
    """An estate in which every rule finds something: two departments, six tools, one of them cut off."""
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
    groups = [seen(*risk, source="risk"), seen(*sales, source="sales"), seen(*alone, source="ops")]
    if reverse:
        groups = [[*group[:2], *reversed(group[2:])] for group in reversed(groups)]
    return estate(*groups)
