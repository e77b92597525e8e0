"""What happens to a copy of a workflow: exported again, renamed, edited, moved to another instance, cut in two."""

from __future__ import annotations

import copy
import random
import re
from typing import Any

from benchmarks.accuracy.corpus import generic
from benchmarks.accuracy.flow import (
    Flow,
    cut,
    fresh,
    inserted,
    kind,
    made,
    renamed,
    starts,
    strings,
    token,
    wires,
    without,
    working,
)
from benchmarks.accuracy.wording import abbreviated, renamed_title, reworded, translated, with_synonyms
from benchmarks.accuracy.words import LANGUAGES

# Addresses of vendors, which are the same wherever a workflow runs.
_PUBLIC = re.compile(
    r"(googleapis|google|slack|openai|telegram|github|notion|airtable|hubapi|anthropic|microsoft|office|facebook|"
    r"twitter|linkedin|discord|stripe|twilio|wikipedia|reddit|youtube|serpapi|apify|w3|schema|n8n|\$env)[\w.]*",
    re.IGNORECASE,
)
_HOST = re.compile(r"(https?://)([\w-]+(?:\.[\w-]+)+)")
_ID_KEYS = frozenset(
    {"chatId", "channelId", "databaseId", "base", "folderId", "projectId", "boardId", "calendar", "list"}
)


def re_export(flow: Flow, rng: random.Random) -> Flow:
    """The same workflow imported elsewhere: only what n8n makes itself is new."""
    return fresh(flow, rng)


def rename(flow: Flow, rng: random.Random) -> Flow:
    """The workflow and most of its nodes under other names; nothing else changes."""
    result = renamed(flow, {each["name"]: _node_name(each, rng) for each in working(flow)})
    result["name"] = title(flow, rng)
    return fresh(result, rng)


def title(flow: Flow, rng: random.Random) -> str:
    """Another name for a workflow; a generic one is replaced by another generic one."""
    name = str(flow["name"])
    if generic(name):
        return rng.choice((f"My workflow {rng.randrange(2, 60)}", name, f"{name} copy"))
    return renamed_title(name, rng)


def _node_name(node: dict[str, Any], rng: random.Random) -> str:
    name, pick = node["name"], rng.random()
    if pick < 0.2:
        return str(name)
    if pick < 0.5:
        return with_synonyms(name, rng)
    if pick < 0.65:
        return abbreviated(name, rng)
    if pick < 0.8:
        return translated(name, rng.choice(sorted(LANGUAGES)), rng)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind(node))
    return words[:1].upper() + words[1:] + rng.choice(("", "1", "2", "3"))


def edit(flow: Flow, rng: random.Random) -> Flow:
    """One to three nodes added, removed or changed; a small workflow gets one edit."""
    size = len(working(flow))
    result = copy.deepcopy(flow)
    for _ in range(1 if size < 5 else rng.randrange(1, 4)):
        action = rng.choice(("add", "remove", "change") if size >= 5 else ("add", "change"))
        if action == "add":
            result = inserted(result, _extra(rng), rng)
        elif action == "remove":
            names = sorted(each["name"] for each in working(result) if not starts(each))
            result = without(result, [rng.choice(names)]) if len(names) > 3 else result
        else:
            result = _changed(result, rng)
    return fresh(result, rng)


def _extra(rng: random.Random) -> dict[str, Any]:
    """A node that somebody adds to a copy."""
    number = rng.randrange(100, 999)
    choices: list[tuple[str, str, dict[str, Any]]] = [
        ("Log result", "set", {"values": {"string": [{"name": f"stage{number}", "value": "done"}]}, "options": {}}),
        ("Wait a bit", "wait", {"amount": rng.randrange(1, 20), "unit": "seconds"}),
        ("Audit", "httpRequest", {"url": f"https://audit{number}.corp.example/log", "method": "POST", "options": {}}),
        (
            "Only if filled",
            "if",
            {"conditions": {"string": [{"value1": f"={{{{$json.key{number}}}}}", "operation": "isNotEmpty"}]}},
        ),
        ("Tidy up", "code", {"jsCode": f"return $input.all().slice(0, {number});"}),
        ("Deduplicate", "removeDuplicates", {"compare": "selectedFields", "fieldsToCompare": f"id{number}"}),
    ]
    name, what, parameters = rng.choice(choices)
    return made(rng, name, what, parameters)


def _changed(flow: Flow, rng: random.Random) -> Flow:
    """One parameter of one node with another value."""
    result = copy.deepcopy(flow)
    nodes = [each for each in working(result) if each.get("parameters")]
    if not nodes:
        return result
    node = nodes[rng.randrange(len(nodes))]
    node["parameters"] = strings(node["parameters"], lambda _, text: reworded(text, rng, 0.5) if " " in text else text)
    key = sorted(node["parameters"])[rng.randrange(len(node["parameters"]))]
    value = node["parameters"][key]
    if isinstance(value, bool):
        node["parameters"][key] = not value
    elif isinstance(value, int | float):
        node["parameters"][key] = value + rng.randrange(1, 9)
    else:
        node["parameters"].setdefault("options", {"timeout": rng.randrange(1, 90) * 1000})
    return result


def rehost(flow: Flow, rng: random.Random) -> Flow:
    """The same flow in another instance: its own hosts, credentials, and mostly its own sheets, chats and folders."""
    hosts: dict[str, str] = {}
    ids: dict[str, str] = {}
    place = rng.choice(("emea", "apac", "us2", "internal", "b", "staging", "new"))
    swap_ids = rng.random() < 0.6

    def host(found: re.Match[str]) -> str:
        name = found[2]
        if _PUBLIC.search(name):
            return found[0]
        hosts.setdefault(
            name, rng.choice((f"{place}.{name}", f"{place}-{name}", f"{name.split('.')[0]}.{place}.corp.example"))
        )
        return found[1] + hosts[name]

    def change(key: str, text: str) -> str:
        text = _HOST.sub(host, text)
        if (
            swap_ids
            and (key in _ID_KEYS or (key == "value" and re.fullmatch(r"[\w-]{20,}", text)))
            and "{{" not in text
        ):
            ids.setdefault(text, token(rng, len(text)) if not text.lstrip("-").isdigit() else str(rng.getrandbits(40)))
            return ids[text]
        return text

    result = fresh(flow, rng)
    for node in result["nodes"]:
        node["parameters"] = strings(node.get("parameters") or {}, change)
        for name, held in (node.get("credentials") or {}).items():
            if isinstance(held, dict):
                node["credentials"][name] = {"id": token(rng), "name": f"{name} ({place})"}
    return result


def combined(flow: Flow, rng: random.Random) -> Flow:
    """Renamed, edited and moved to another instance."""
    return rehost(edit(rename(flow, rng), rng), rng)


def split(flow: Flow, rng: random.Random) -> tuple[Flow, Flow]:
    """The workflow cut in two along its flow: the first half runs the second."""
    order = _order(flow)
    middle = max(1, min(len(order) - 1, round(len(order) * rng.uniform(0.4, 0.6))))
    first, second = fresh(cut(flow, set(order[:middle])), rng), fresh(cut(flow, set(order[middle:])), rng)
    call = made(rng, "Run the rest", "executeWorkflow", {"workflowId": second["id"], "options": {}}, 900)
    begin = made(rng, "When called", "executeWorkflowTrigger", {}, -200)
    first["nodes"].append(call)
    first["connections"][order[middle - 1]] = {"main": [[{"node": call["name"], "type": "main", "index": 0}]]}
    second["nodes"].append(begin)
    second["connections"][begin["name"]] = {"main": [[{"node": order[middle], "type": "main", "index": 0}]]}
    one, two = rng.choice(((" - part 1", " - part 2"), (" (intake)", " (delivery)"), (" A", " B"), (" 1/2", " 2/2")))
    first["name"], second["name"] = f"{flow['name']}{one}", f"{flow['name']}{two}"
    return first, second


def _order(flow: Flow) -> list[str]:
    """Working nodes from the starts along the wires; what nothing leads to comes where it stands in the file."""
    after: dict[str, list[str]] = {}
    before: dict[str, list[str]] = {}
    for a, b in wires(flow):
        after.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    names = [each["name"] for each in working(flow)]
    first = [each["name"] for each in working(flow) if starts(each) or each["name"] not in before]
    queue, seen = list(dict.fromkeys(first)), dict.fromkeys(first)
    while queue:
        for other in after.get(queue.pop(0), []):
            if other not in seen and other in names:
                seen[other] = None
                queue.append(other)
    return [*seen, *(each for each in names if each not in seen)]
