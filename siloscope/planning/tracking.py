"""How far a plan has come: what a later scan shows of its moves, its tools and its savings."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from siloscope.errors import ConfigError
from siloscope.graph.view import Graph
from siloscope.model import Asset

SCHEMA = "siloscope/progress/1"


def read_plan(file: Path) -> dict[str, Any]:
    """A plan as it was written.

    Raises:
        ConfigError: The file is no plan.
    """
    try:
        plan = json.loads(file.read_text("utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: no plan: {error}") from error
    if not isinstance(plan, dict) or plan.get("schema") != "siloscope/plan/1" or "assignments" in plan:
        raise ConfigError(f"{file}: no plan of an estate (siloscope/plan/1)")
    for key, columns in _ROWS.items():
        rows = plan.get(key)
        if not isinstance(rows, list) or not all(_is_row(each, columns) for each in rows):
            raise ConfigError(f"{file}: {key} is missing or not what a plan writes")
    if not _is_row(plan.get("scan", {}), {"at?": str}):
        raise ConfigError(f"{file}: scan is not what a plan writes")
    return plan


# What is read of a plan, by the type of each; `?` marks what may be missing or null.
_ROWS: Mapping[str, Mapping[str, Any]] = {
    "dispositions": {"tool": str, "disposition": str, "target?": str, "sources?": list},
    "moves": {"asset": str, "from": str, "to": str, "wave": int, "name?": str, "kind?": str},
    "money": {"tool": str, "kind": str, "amount": int | float},
}


def _is_row(row: Any, columns: Mapping[str, Any]) -> bool:
    if not isinstance(row, dict):
        return False
    for column, kind in columns.items():
        value = row.get(column.removesuffix("?"))
        if value is None and column.endswith("?"):
            continue
        if not isinstance(value, kind) or (isinstance(value, float) and not math.isfinite(value)):
            return False
    return True


def _no_number(word: str) -> NoReturn:
    """NaN and Infinity are what Python reads in JSON and no plan writes."""
    raise ValueError(f"{word} is no number")


def going(plan: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The dispositions of the tools that go, by tool."""
    return {each["tool"]: each for each in plan["dispositions"] if each["disposition"] in ("migrate", "retire")}


def track(plan: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    """A plan beside the graph of a later scan.

    A move is *done* when its asset is gone from its tool and something of its name is in the target, *gone* when
    only the first is true, *elsewhere* when a third tool now holds one of its name that the plan did not know
    there, and *open* otherwise. A tool is *dark* when a scan that could see it finds nothing in it.
    """
    moves = [_move(each, graph) for each in plan["moves"]]
    tools = [_tool(each, graph, plan) for each in going(plan).values()]
    drift = _drift(plan, graph)
    return {
        "schema": SCHEMA,
        "plan": plan.get("scan", {}),
        "scan": {"id": graph.scan_id, "at": graph.scan_at},
        "summary": {
            "moves": len(moves),
            "moved": sum(each["state"] == "done" for each in moves),
            "gone": sum(each["state"] == "gone" for each in moves),
            "drifted": sum(each["state"] == "elsewhere" for each in moves),
            "to_go": len(tools),
            "dark": sum(each["state"] == "dark" for each in tools),
            "promised": round(math.fsum(each["promised"] for each in tools), 2),
            "realised": round(math.fsum(each["realised"] for each in tools), 2),
            "new_in_tools_that_go": len(drift),
        },
        "moves": moves,
        "tools": tools,
        "drift": drift,
    }


def _alike(graph: Graph, kind: str, name: str) -> list[Asset]:
    last = kind.rpartition(".")[2]
    return [each for each in graph.assets if each.name == name and each.kind.rpartition(".")[2] == last]


def _move(move: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    there = graph.asset.get(move["asset"])
    row = {key: move[key] for key in ("asset", "from", "to", "wave")}
    name, kind = move.get("name"), move.get("kind", "")
    alike = _alike(graph, kind, name) if isinstance(name, str) else []
    arrived = [each for each in alike if each.tool == move["to"]]
    other = [each for each in alike if each.tool not in (move["from"], move["to"])]
    if there and there.tool == move["from"]:
        state = "open"
    elif arrived or (there and there.tool == move["to"]):
        state = "done"
    elif other or there:
        state = "elsewhere"
    else:
        state = "gone"
    found = arrived or other
    return {**row, "state": state, "now": found[0].id if found else None}


def _tool(disposition: Mapping[str, Any], graph: Graph, plan: Mapping[str, Any]) -> dict[str, Any]:
    tool = disposition["tool"]
    rows = [each for each in plan["money"] if each["tool"] == tool]
    promised = math.fsum(r["amount"] for r in rows if r["kind"] == "saving") - math.fsum(
        r["amount"] for r in rows if r["kind"] == "yearly"
    )
    before = math.fsum(r["amount"] for r in rows if r["kind"] == "saving")
    held = [each for each in graph.assets if each.tool == tool]
    found = graph.tool.get(tool)
    sources = set(disposition.get("sources") or ())
    blind = [each for each in graph.slices if each.unread and each.source in sources]
    looked = not sources or any(each.source in sources for each in graph.slices)
    state = "running" if held else "dark" if looked and not blind else "unknown"
    now = None if found is None else found.annual_cost
    # A tool that nobody bills any more costs nothing; one that is unseen has not been shown to be switched off.
    cost = now if now is not None else (0.0 if state == "dark" else before)
    return {
        "tool": tool,
        "state": state,
        "assets_left": len(held),
        "promised": round(promised, 2),
        "realised": round(max(0.0, min(before - cost, before)) * (promised / before if before else 0.0), 2),
        "unread": sorted(f"{each.source} {each.listing} {each.scope}" for each in blind),
    }


def _drift(plan: Mapping[str, Any], graph: Graph) -> list[dict[str, Any]]:
    """Assets that came into tools that are to go since the plan was made."""
    since = plan.get("scan", {}).get("at") or ""
    leaving = going(plan)
    known = {each["asset"] for each in plan["moves"]}
    return [
        {"asset": each.id, "tool": each.tool, "first_seen": each.first_seen}
        for each in graph.assets
        if each.tool in leaving and each.id not in known and (each.first_seen or "") > since
    ]
