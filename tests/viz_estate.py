"""An invented estate for tests of the map: departments, tools, assets, dependencies, findings, gaps.

`estate(assets=600)` gives (graph, findings rows, plan) as contract documents; the same arguments give
the same documents. Legal is cut off from everyone; Claims has bots copied from Finance; one source of
Risk could not be read in full, and one of Marketing could not be read at all.
"""

from __future__ import annotations

import random
from itertools import pairwise

PRODUCTS = {
    "mlflow": ("MLflow", "Databricks", ["experiment tracking", "model registry"], "mlflow.model"),
    "sagemaker": (
        "Amazon SageMaker",
        "AWS",
        ["model training", "model registry", "model serving"],
        "sagemaker.endpoint",
    ),
    "uipath": ("UiPath Orchestrator", "UiPath", ["attended RPA", "unattended RPA"], "uipath.process"),
    "blueprism": ("Blue Prism", "SS&C", ["unattended RPA"], "blueprism.process"),
    "power-platform": ("Power Automate", "Microsoft", ["attended RPA", "workflow automation"], "powerautomate.flow"),
    "n8n": ("n8n", "n8n", ["workflow automation"], "n8n.workflow"),
    "airflow": ("Apache Airflow", "Apache", ["workflow orchestration"], "airflow.dag"),
    "dagster": ("Dagster", "Dagster Labs", ["workflow orchestration"], "dagster.job"),
    "snowflake": ("Snowflake", "Snowflake", ["data warehouse"], "snowflake.table"),
    "postgres": ("PostgreSQL", "PostgreSQL", ["relational database"], "postgres.table"),
    "s3": ("Amazon S3", "AWS", ["object storage"], "s3.bucket"),
    "kafka": ("Apache Kafka", "Apache", ["event streaming"], "kafka.topic"),
    "databricks": ("Databricks", "Databricks", ["data warehouse", "model training"], "databricks.job"),
    "azureml": ("Azure Machine Learning", "Microsoft", ["model training", "model registry"], "azureml.model"),
    "dbt": ("dbt", "dbt Labs", ["data transformation"], "dbt.model"),
    "tableau": ("Tableau Server", "Salesforce", ["business intelligence"], "tableau.workbook"),
}
DEPARTMENTS = ["Claims", "Customer Service", "Finance", "Human Resources", "Legal", "Marketing", "Risk", "Supply Chain"]
MORE = ["Actuarial", "Data Office", "Internal Audit", "Procurement", "Research", "Sales Europe"]
WORDS = "invoice churn claim ledger customer payment fraud onboarding supplier forecast intake routing renewal payroll pricing".split()
DEEDS = "scoring match extract sync report check reconcile load classify".split()
LONELY = "Legal"


def estate(assets: int = 600, tools: int = 40, departments: int = 8, seed: int = 7):
    """Contract documents (graph, findings, plan) of an invented estate."""
    rng = random.Random(seed)
    names = (DEPARTMENTS + MORE)[:departments]
    tool_rows = _tools(rng, names, tools)
    asset_rows = _assets(rng, tool_rows, assets)
    edges, outside = _edges(rng, tool_rows, asset_rows)
    graph = {
        "schema": "siloscope/graph/1",
        "scan": {"id": "2026-11-20T06:00Z", "at": "2026-11-20T06:00:00Z"},
        "tools": tool_rows,
        "assets": asset_rows,
        "edges": edges,
        "outside": outside,
        "slices": _slices(tool_rows),
    }
    findings = _findings(rng, tool_rows, asset_rows)
    return graph, findings, _plan(rng, tool_rows, asset_rows)


def _tools(rng, names, count):
    rows, kinds = [], list(PRODUCTS)
    homes = [
        *names,
        *rng.choices(names, weights=[3 if n in ("Finance", "Risk") else 1 for n in names], k=count - len(names) - 4),
    ]
    homes += ["shared"] * 3 + ["unassigned"]
    for number, home in enumerate(homes):
        key = kinds[number % len(kinds)]
        product, vendor, capabilities, _ = PRODUCTS[key]
        instance = f"{key}-{number:02d}.{home.lower().replace(' ', '-')}.example"
        rows.append(
            {"id": f"{key}:{instance}", "product": product, "vendor": vendor, "instance": instance, "department": home,
             "capabilities": capabilities, "annual_cost": float(rng.randrange(8, 400) * 1000), "cost_source": rng.choice(["billed", "licence", "assumed"])}
        )  # fmt: skip
    return rows


def _assets(rng, tools, count):
    weights = [rng.paretovariate(1.3) for _ in tools]
    rows = []
    picks = [*range(len(tools)), *rng.choices(range(len(tools)), weights=weights, k=count - len(tools))]
    for number, at in enumerate(picks):
        tool = tools[at]
        key = tool["id"].split(":")[0]
        name = f"{rng.choice(WORDS)}-{rng.choice(DEEDS)}-{number}"
        home = tool["department"]
        department = rng.choice(["Finance", "Risk", "Marketing"]) if home == "shared" else home
        rows.append(
            {"id": f"{key}://{tool['instance']}/{PRODUCTS[key][3].split('.')[1]}/{name}", "kind": PRODUCTS[key][3], "name": name, "tool": tool["id"],
             "source": f"src-{tool['id'].split(':')[0]}-{home}".lower().replace(" ", "-"), "department": None if home == "unassigned" else department,
             "owner": rng.choice(["", "a.meyer@corp.example", "data-platform@corp.example", "rpa-coe@corp.example"]), "environment": rng.choice(["prod", "prod", "test"]),
             "url": f"https://{tool['instance']}/{name}", "last_used": f"2026-{rng.randrange(1, 12):02d}-15T00:00:00Z", "annual_cost": float(rng.randrange(0, 9000))}
        )  # fmt: skip
        rows[-1]["sources"] = [rows[-1]["source"]]
    return rows


def _edges(rng, tools, assets):
    home = {t["id"]: t["department"] for t in tools}
    linked = [a for a in assets if home[a["tool"]] != LONELY]
    lonely = [a for a in assets if home[a["tool"]] == LONELY]
    there = {}
    for asset in linked:
        there.setdefault(home[asset["tool"]], []).append(asset)
    friends = {}
    edges = []
    for asset in linked:
        mine = home[asset["tool"]]
        if mine not in friends:
            friends[mine] = rng.sample(sorted(set(there) - {mine}), k=min(2, len(there) - 1))
        for _ in range(rng.choice([1, 2, 2, 3])):
            pool = mine if rng.random() < 0.72 else rng.choice(friends[mine])
            other = rng.choice(there[pool])
            if other is not asset:
                edges.append(_edge(rng, asset["id"], other["id"]))
    edges += [_edge(rng, a["id"], b["id"]) for a, b in pairwise(lonely)]
    outside = [{"id": f"outside:s3://lake-{n}", "name": f"s3://lake-{n}"} for n in range(14)]
    for row in outside:
        for asset in rng.sample(linked, k=rng.choice([1, 1, 2, 3])):
            edges.append({**_edge(rng, asset["id"], row["id"]), "how": "outside"})
    return edges, outside


def _edge(rng, source, target):
    return {"source": source, "target": target, "verb": rng.choice(["reads", "writes", "calls", "triggers", "uses"]), "how": rng.choice(["exact", "exact", "inside"]),
            "name": target, "where": rng.choice(["DefaultArguments.--input", "connection.host", "nodes[3].parameters.url"]), "confidence": 1.0}  # fmt: skip


def _slices(tools):
    rows = []
    for source, home in sorted(
        {(f"src-{t['id'].split(':')[0]}-{t['department']}".lower().replace(" ", "-"), t["department"]) for t in tools}
    ):
        whole = {"status": "complete", "visibility": "all", "retirement": "applied", "held": 0, "assets": 10}
        listings = ("projects", "items", "connections")
        rows += [{"source": source, "listing": listing, "scope": "default", **whole} for listing in listings]
        if home in ("Risk", "Marketing"):
            rows[-1] |= {"status": "denied", "permission": "folders.view", "reason": "403 on GET /folders"}
    rows += [
        {
            "source": "azure-emea",
            "listing": f"{kind}",
            "scope": "tenant",
            "status": "failed",
            "reason": "connection refused",
        }
        for kind in ("ml.workspace", "logic.workflow", "data.factory")
    ]
    rows.append(
        {
            "source": "old-hub",
            "listing": "jobs",
            "scope": "default",
            "status": "denied",
            "accepted": "switched off in January",
        }
    )
    return rows


def _findings(rng, tools, assets):
    rows = []
    groups = [rng.sample(assets, k=rng.choice([2, 2, 3, 4])) for _ in range(max(6, len(assets) // 28))]
    finance = [a for a in assets if a["department"] == "Finance"]
    groups += [rng.sample(finance, k=2) for _ in range(10) if len(finance) > 2]
    for n, members in enumerate(groups):
        rows.append(_finding(f"dup-{n:03d}", "duplicate-asset", [m["id"] for m in members], f"{members[0]['name']} exists {len(members)} times",
                             [("names agree in 3 of 4 words", 1.9), ("both read s3://lake-2", 1.4), ("prior", -2.1)], score=0.77, saving=rng.randrange(1, 40) * 500.0))  # fmt: skip
    by_capability = {}
    for tool in tools:
        for capability in tool["capabilities"]:
            by_capability.setdefault(capability, []).append(tool["id"])
    overlaps = {
        name: ids
        for name, ids in by_capability.items()
        if name in ("workflow orchestration", "experiment tracking") and len(ids) > 1
    }
    because = [("4 of 4 capabilities shared", 0.5), ("same departments", 0.2)]
    rows += [
        _finding(
            f"over-{name}",
            "overlapping-tools",
            ids[:4],
            f"{len(ids)} tools for {name}",
            because,
            scale="points",
            score=0.7,
            saving=90_000.0,
        )
        for name, ids in sorted(overlaps.items())
    ]
    lonely = [t["id"] for t in tools if t["department"] == LONELY]
    rows.append(
        _finding(
            "closed-legal",
            "closed-silo",
            lonely,
            "Legal exchanges nothing with anyone",
            [("0 of 31 links leave the department", 3.2), ("all slices around it complete", 1.0), ("prior", -1.0)],
            score=0.96,
        )
    )
    rows += [
        _finding(
            f"unowned-{n}",
            "unowned",
            [a["id"]],
            f"nobody owns {a['name']}",
            [("no owner in any source", 0.8)],
            scale="points",
            score=0.8,
        )
        for n, a in enumerate([a for a in assets if not a["owner"]][: len(assets) // 10])
    ]
    rows += [
        _finding(
            f"dormant-{n}",
            "dormant",
            [a["id"]],
            f"{a['name']} has not run since spring",
            [("last run 210 days ago", 0.7)],
            scale="points",
            score=0.7,
        )
        for n, a in enumerate(rng.sample(assets, k=len(assets) // 25))
    ]
    rows.append(
        _finding(
            "hidden-lake",
            "hidden-share",
            ["outside:s3://lake-2", "outside:s3://lake-5"],
            "Three departments meet in s3://lake-2, which nobody scanned",
            [("3 departments", 0.6)],
            scale="points",
            score=0.6,
        )
    )
    return rows


def _finding(id_, rule, subjects, title, because, *, scale="probability", score, saving=None):
    return {"id": id_, "rule": rule, "severity": "high" if score > 0.75 else "medium", "score": score, "scale": scale, "title": title, "subjects": subjects,
            "because": [{"says": says, "weight": weight} for says, weight in because], "coverage": "complete", "annual_saving": saving, "state": "open"}  # fmt: skip


def _plan(rng, tools, assets):
    keep = {}
    for tool in tools:
        keep.setdefault(tool["product"], tool["id"])
    rows = [
        {"tool": t["id"], "disposition": "keep" if keep[t["product"]] == t["id"] else rng.choice(["retire", "retire", "migrate", "tolerate"]),
         "target": None if keep[t["product"]] == t["id"] else keep[t["product"]], "because": [{"says": "the larger of two with the same capabilities", "weight": 0.6}]}
        for t in tools
    ]  # fmt: skip
    goes = {r["tool"]: r["target"] for r in rows if r["disposition"] in ("retire", "migrate")}
    moves = [
        {"asset": a["id"], "from": a["tool"], "to": goes[a["tool"]], "effort_days": 2, "wave": 1 + n % 3}
        for n, a in enumerate(assets)
        if goes.get(a["tool"])
    ]
    summary = {
        "annual_cost_now": 7_900_000,
        "annual_cost_after": 5_100_000,
        "one_time_cost": 840_000,
        "npv": 4_700_000,
        "payback_months": 4,
        "objective": 1.0,
        "bound": 1.0,
        "status": "optimal",
    }
    return {
        "schema": "siloscope/plan/1",
        "summary": summary,
        "dispositions": rows,
        "moves": moves,
        "waves": [{"number": n} for n in (1, 2, 3)],
    }
