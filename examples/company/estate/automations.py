"""n8n and Node-RED: what the departments automated for themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from estate.base import NODE_RED, SECRETS, Item, Point, hexadecimal

GEOCODER = "https://api.parcelgeo.example/v2/geocode"
SNOWFLAKE = "jdbc:snowflake://tw88110.eu-central-1.snowflakecomputing.com/?db=COMMERCIAL"
BUCKET = "https://{}.s3.eu-west-1.amazonaws.com/{}".format

# n8n: name, department, the nodes between trigger and end.
# A node is (type, address, verb): `http` calls an address, `slack` and its like stand for their vendor.
_SLACK = ("slack", "https://slack.com", "writes")
_SHEET = ("googleSheets", "https://sheets.googleapis.com", "writes")
_GPT = ("openAi", "https://api.openai.com", "calls")
_CRM = ("hubspot", "https://api.hubapi.com", "writes")
_INVOICE = (
    ("http", BUCKET("tarnwick-invoices", "inbox"), "calls"), _GPT,
    ("http", "https://tarnwick-billing.azurewebsites.example/api/invoices", "calls"), _SLACK, _SHEET,
)  # fmt: skip
_N8N: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...] = (
    ("Invoice intake", "fin", _INVOICE),
    ("Invoice intake (copy)", "fin", _INVOICE),
    ("Dunning letters", "fin", (("http", BUCKET("tarnwick-payments", "overdue"), "calls"), _SLACK)),
    ("Fuel index alert", "fin", (("http", "https://api.fuelindex.example/v1/diesel", "calls"), _SLACK)),
    ("Supplier bank change check", "fin", (("http", "https://api.bankcheck.example/iban", "calls"), _SHEET)),
    ("Month end reminders", "fin", (_SHEET, _SLACK)),
    ("Lead enrichment", "sal", (("http", "https://api.firmgraph.example/company", "calls"), _CRM)),
    ("Quote follow-up", "sal", (("http", BUCKET("tarnwick-tariffs", "quotes"), "calls"), _CRM, _SLACK)),
    ("Won deals to warehouse", "sal", (_CRM, ("snowflake", SNOWFLAKE, "uses"))),
    ("Key account digest", "sal", (("snowflake", SNOWFLAKE, "uses"), _GPT, _SLACK)),
    ("Tariff page sync", "sal", (("http", BUCKET("tarnwick-tariffs", "public"), "calls"), _SHEET)),
    ("Campaign audience refresh", "mkt", (("http", BUCKET("tarnwick-crm-exports", "audience"), "calls"), ("mailchimp", "https://api.mailchimp.com", "writes"), _SLACK)),
    ("Newsletter assembly", "mkt", (("http", BUCKET("tarnwick-web-assets", "newsletter"), "calls"), _GPT)),
    ("Social listening", "mkt", (("http", "https://api.mentions.example/stream", "calls"), _GPT, _SLACK)),
    ("Voucher report", "mkt", (("http", BUCKET("tarnwick-web-assets", "vouchers"), "calls"), _SHEET)),
    ("Event leads import", "mkt", (_SHEET, ("http", "https://api.badgescan.example/leads", "calls"))),
    ("Landing page checks", "mkt", (("http", "https://www.tarnwick.example/offers", "calls"), _SLACK)),
    ("Damage mail triage", "clm", (_GPT, ("http", "https://sqs.eu-west-1.amazonaws.com/118800004471/clm-claims-new", "calls"))),
    ("Claim status answers", "clm", (("http", "https://api.parcelgeo.example/v2/track", "calls"), _GPT)),
    ("Expert appointments", "clm", (_SHEET, _SLACK)),
    ("Salvage auction listing", "clm", (("http", BUCKET("tarnwick-claims-photos", "scored"), "calls"), ("http", "https://api.salvage.example/lots", "calls"))),
    ("Courier feedback digest", "ops", (_SHEET, _GPT, _SLACK)),
    ("Customs holds board", "ops", (("http", BUCKET("tarnwick-customs-forms", "holds"), "calls"), _SHEET)),
    ("Tender radar", "sal", (("http", "https://api.tenders.example/feed", "calls"), _CRM)),
    ("Cash position mail", "fin", (("http", BUCKET("tarnwick-payments", "cash"), "calls"), _SLACK)),
    ("Storm warnings", "rsk", (("http", "https://api.weatherfield.example/alerts", "calls"), _SLACK)),
    ("Depot shift swap", "ops", (_SHEET, _SLACK)),
    ("Address exceptions desk", "ops", (("http", GEOCODER, "calls"), ("http", "https://sqs.eu-west-1.amazonaws.com/118800004471/ops-address-failures", "calls"), _SLACK)),
    ("Locker outage pager", "ops", (("http", "https://status.lockers.example/api", "calls"), _SLACK)),
    ("Carrier rate watch", "rsk", (("http", "https://portal.carriers.example/rates", "calls"), _SHEET)),
    ("Sanction list notes", "rsk", (("http", BUCKET("tarnwick-risk-feeds", "lists"), "calls"), _SLACK)),
)  # fmt: skip
N8N_OWNERS = {
    "fin": "Finance automation",
    "sal": "Sales engineering",
    "mkt": "Brand and digital",
    "clm": "Claims desk",
    "ops": "Network operations",
    "rsk": "Risk analytics",
}
_UNOWNED = ("Depot shift swap", "Invoice intake (copy)", "Event leads import", "Expert appointments")


def n8n() -> Iterator[Item]:
    """Workflows of the one n8n, by the project that owns them."""
    for name, department, nodes in _N8N:
        native = hexadecimal("n8n", name, size=8)
        points = tuple(Point(kind, verb, _place(address)) for kind, address, verb in nodes if verb)
        yield Item(
            "n8n.workflow",
            name,
            f"n8n://automation/workflow/{native}",
            "n8n:automation",
            department,
            points,
            owned=name not in _UNOWNED,
            more={"nodes": nodes, "native": native},
        )


def _place(address: str) -> str:
    """An address in the spelling that other parts of the estate use."""
    if found := re.fullmatch(r"https://([\w-]+)\.s3\.eu-west-1\.amazonaws\.com/(.*)", address):
        return f"s3://{found[1]}/{found[2]}"
    if found := re.fullmatch(r"https://sqs\.eu-west-1\.amazonaws\.com/(\d+)/(.*)", address):
        return f"arn:aws:sqs:eu-west-1:{found[1]}:{found[2]}"
    return "snowflake://tw88110.eu-central-1/COMMERCIAL" if address.startswith("jdbc:snowflake") else address


def n8n_export(workflow: Item) -> dict[str, Any]:
    """The workflow as n8n exports it, secrets and all."""
    copy = "(copy)" in workflow.name
    nodes: list[dict[str, Any]] = [
        {
            "id": hexadecimal(workflow.name, "0", size=4),
            "name": "Every morning",
            "type": "n8n-nodes-base.scheduleTrigger",
            "typeVersion": 1.2,
            "position": [0, 40 * copy],
            "parameters": {"rule": {"interval": [{"triggerAtHour": 6}]}},
        }
    ]
    for number, (kind, address, _) in enumerate(workflow.more["nodes"], start=1):  # type: ignore[arg-type, var-annotated]
        nodes.append({
            "id": hexadecimal(workflow.name, str(number), size=4), "name": f"Step {number}", "position": [220 * number, 40 * copy],
            "typeVersion": 2, **_n8n_node(kind, address, workflow),
        })  # fmt: skip
    names = [each["name"] for each in nodes]
    owner = (
        {}
        if not workflow.owned
        else {
            "shared": [{"role": "workflow:owner", "project": {"name": N8N_OWNERS[workflow.department], "type": "team"}}]
        }
    )
    wires = {a: {"main": [[{"node": b, "type": "main", "index": 0}]]} for a, b in pairwise(names)}
    return {
        "id": workflow.more["native"], "name": workflow.name, "active": not copy, "nodes": nodes, "connections": wires,
        "settings": {"executionOrder": "v1"}, "tags": [{"name": workflow.department}], "createdAt": f"2025-0{1 + len(workflow.name) % 9}-11T08:20:00.000Z", **owner,
    }  # fmt: skip


def _n8n_node(kind: str, address: str, workflow: Item) -> dict[str, Any]:
    if kind == "http":
        headers = {"parameters": [{"name": "Authorization", "value": f"Bearer {SECRETS['n8n']}"}]}
        return {
            "type": "n8n-nodes-base.httpRequest",
            "parameters": {"method": "POST", "url": address, "sendHeaders": True, "headerParameters": headers},
        }
    if kind == "snowflake":
        return {
            "type": "n8n-nodes-base.code",
            "parameters": {"jsCode": f"const url = '{address}';\nconst password = '{SECRETS['n8n']}';\nreturn items;"},
        }
    operation = {
        "slack": "post",
        "googleSheets": "append",
        "hubspot": "upsert",
        "openAi": "message",
        "mailchimp": "create",
    }[kind]
    about = workflow.name.removesuffix(" (copy)")
    told = {
        "slack": {"channelId": {"__rl": True, "mode": "name", "value": f"#{workflow.department}-desk"}, "text": f"{about}: {{{{ $json.count }}}} items"},
        "googleSheets": {"documentId": {"__rl": True, "mode": "name", "value": about}, "sheetName": workflow.department.upper()},
        "hubspot": {"resource": "company", "lookup": about}, "mailchimp": {"list": about},
        "openAi": {"resource": "text", "prompt": f"Summarise what matters for {about.lower()}."},
    }[kind]  # fmt: skip
    return {"type": f"n8n-nodes-base.{kind}", "parameters": {"operation": operation, **told}}


# Node-RED, on a small machine under a desk in HR: flow, what its nodes reach.
HR_API = "https://people.hrsuite.example"
_FLOWS = (
    ("Onboarding checklist", ("http", f"{HR_API}/employees")), ("Badge printing", ("mqtt", "badges/print")),
    ("Door access sync", ("mqtt", "doors/access")), ("Sick notes inbox", ("http", f"{HR_API}/absences")),
    ("Shift reminders", ("http", f"{HR_API}/shifts")), ("Leaver checklist", ("http", f"{HR_API}/leavers")),
    ("Canteen headcount", ("mqtt", "canteen/count")), ("Training due", ("http", f"{HR_API}/trainings")),
)  # fmt: skip


def node_red() -> Iterator[Item]:
    """Flows of HR's Node-RED."""
    for name, (kind, target) in _FLOWS:
        native = hexadecimal("node-red", name, size=8)
        verb, place = (
            ("writes", f"mqtt://doors.people.tarnwick.internal:1883/{target}") if kind == "mqtt" else ("calls", target)
        )
        yield Item(
            "nodered.flow",
            name,
            f"nodered://{NODE_RED}/flow/{native}",
            f"node-red:{NODE_RED}",
            "hr",
            (Point(kind, verb, place),),
            owned=False,
            more={"native": native, "topic": target},
        )


def node_red_flows() -> list[dict[str, Any]]:
    """All flows as one deployment, with a broker they share and a secret in each tab's environment."""
    broker = hexadecimal("broker", size=8)
    nodes: list[dict[str, Any]] = [
        {
            "id": broker,
            "type": "mqtt-broker",
            "name": "doors",
            "broker": "doors.people.tarnwick.internal",
            "port": "1883",
        }
    ]
    for flow in node_red():
        nodes += _tab(flow, broker)
    return nodes


def _tab(flow: Item, broker: str) -> list[dict[str, Any]]:
    tab = flow.more["native"]
    ids = [hexadecimal(str(tab), str(n), size=8) for n in range(3)]
    last = (
        {"type": "mqtt out", "topic": flow.more["topic"], "broker": broker}
        if flow.points[0].slot == "mqtt"
        else {"type": "http request", "method": "GET", "url": flow.more["topic"]}
    )
    return [
        {
            "id": tab,
            "type": "tab",
            "label": flow.name,
            "disabled": False,
            "info": "",
            "env": [{"name": "HRSUITE_KEY", "value": SECRETS["node-red"], "type": "str"}],
        },
        {
            "id": ids[0],
            "type": "inject",
            "z": tab,
            "name": "",
            "repeat": "3600",
            "wires": [[ids[1]]],
            "x": 100,
            "y": 80,
        },
        {
            "id": ids[1],
            "type": "function",
            "z": tab,
            "name": flow.name,
            "func": f"msg.flow = '{flow.name}';\nreturn msg;",
            "outputs": 1,
            "wires": [[ids[2]]],
            "x": 280,
            "y": 80,
        },
        {
            "id": ids[2],
            **last,
            "z": tab,
            "name": "",
            "wires": [[]] if last["type"] != "mqtt out" else [],
            "x": 460,
            "y": 80,
        },
    ]
