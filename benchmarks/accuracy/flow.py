"""Operations on an n8n workflow document that keep it whole: renaming, inserting, cutting, new identities.

Every function returns a new document; wiring and expressions that name a node follow it.
"""

from __future__ import annotations

import copy
import random
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Flow = dict[str, Any]
BASE = "n8n-nodes-base."
ALPHABET = string.ascii_letters + string.digits
EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_NAMED = re.compile(r"""(\$node\[|\$items\(|\$\(|\.first\(|\bnodeName:\s*)(["'])(.+?)\2""")


def kind(node: Mapping[str, Any]) -> str:
    """`n8n-nodes-base.httpRequest` -> `httpRequest`."""
    return str(node.get("type") or "?").rpartition(".")[2]


def working(flow: Flow) -> list[dict[str, Any]]:
    """The nodes that do something: no sticky notes."""
    return [each for each in flow["nodes"] if kind(each) != "stickyNote"]


def starts(node: Mapping[str, Any]) -> bool:
    """Whether a node starts a workflow."""
    name = kind(node)
    return name.endswith("Trigger") or name in ("webhook", "cron", "start", "interval", "emailReadImap")


def token(rng: random.Random, size: int = 16) -> str:
    """A random identifier as n8n makes them."""
    return "".join(rng.choice(ALPHABET) for _ in range(size))


def uuid(rng: random.Random) -> str:
    """A random UUID."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def made(rng: random.Random, name: str, what: str, parameters: dict[str, Any], x: int = 0) -> dict[str, Any]:
    """A new node of n8n's own package, `x` to the right of the origin."""
    return {
        "id": uuid(rng),
        "name": name,
        "type": f"{BASE}{what}",
        "typeVersion": 1,
        "position": [x, 0],
        "parameters": parameters,
    }


def strings(value: Any, change: Callable[[str, str], str], key: str = "") -> Any:
    """The same structure, every string replaced by `change(key, text)`; the key is that of the nearest mapping."""
    if isinstance(value, str):
        return change(key, value)
    if isinstance(value, Mapping):
        return {name: strings(each, change, str(name)) for name, each in value.items()}
    if isinstance(value, list):
        return [strings(each, change, key) for each in value]
    return value


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(key, text) of every string in a structure."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from texts(each, str(name))
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, key)


def renamed(flow: Flow, names: Mapping[str, str]) -> Flow:
    """The workflow with nodes called otherwise, in wiring and expressions too; collisions get a number."""
    taken: set[str] = set()
    final: dict[str, str] = {}
    for node in flow["nodes"]:
        wanted = (names.get(node["name"]) or node["name"]).strip() or node["name"]
        name, number = wanted, 1
        while name in taken:
            name, number = f"{wanted}{number}", number + 1
        taken.add(name)
        final[node["name"]] = name

    def follow(_: str, text: str) -> str:
        return _NAMED.sub(lambda m: f"{m[1]}{m[2]}{final.get(m[3], m[3])}{m[2]}", text) if "$" in text else text

    result = copy.deepcopy(flow)
    for node in result["nodes"]:
        node["name"] = final[node["name"]]
        node["parameters"] = strings(node.get("parameters") or {}, follow)
    result["connections"] = _rewired(flow.get("connections") or {}, final)
    return result


def _rewired(connections: Any, final: Mapping[str, str]) -> Any:
    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(each) for each in value]
        if isinstance(value, Mapping) and isinstance(value.get("node"), str):
            return {**value, "node": final.get(value["node"], value["node"])}
        if isinstance(value, Mapping):
            return {key: walk(each) for key, each in value.items()}
        return value

    return {final.get(name, name): walk(outputs) for name, outputs in connections.items()}


def wires(flow: Flow) -> list[tuple[str, str]]:
    """(from, to) for every wire."""
    found: list[tuple[str, str]] = []

    def walk(origin: str, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                walk(origin, each)
        elif isinstance(value, Mapping):
            if isinstance(value.get("node"), str):
                found.append((origin, value["node"]))
            else:
                for each in value.values():
                    walk(origin, each)

    for name, outputs in (flow.get("connections") or {}).items():
        walk(name, outputs)
    return found


def without(flow: Flow, gone: Iterable[str]) -> Flow:
    """The workflow without some nodes; what led to one now leads to what followed it."""
    result = copy.deepcopy(flow)
    for name in gone:
        after = [b for a, b in wires(result) if a == name]

        def bridge(value: Any, name: str = name, after: list[str] = after) -> Any:
            if isinstance(value, list):
                out: list[Any] = []
                for each in value:
                    if isinstance(each, Mapping) and each.get("node") == name:
                        out += [{**each, "node": other} for other in after[:1] if other != name]
                    else:
                        out.append(bridge(each))
                return out
            if isinstance(value, Mapping) and "node" not in value:
                return {key: bridge(each) for key, each in value.items()}
            return value

        result["connections"] = {
            key: bridge(each) for key, each in (result.get("connections") or {}).items() if key != name
        }
        result["nodes"] = [each for each in result["nodes"] if each["name"] != name]
    return result


def inserted(flow: Flow, node: dict[str, Any], rng: random.Random) -> Flow:
    """The workflow with one more node on a random wire, or hanging on its last node where there is no wire."""
    result = copy.deepcopy(flow)
    names = {each["name"] for each in result["nodes"]}
    base, number = node["name"], 1
    while node["name"] in names:
        node, number = {**node, "name": f"{base}{number}"}, number + 1
    result["nodes"].append(node)
    connections = result.setdefault("connections", {})
    mains = sorted(
        name for name, out in connections.items() if isinstance(out, Mapping) and _first(out.get("main")) is not None
    )
    if mains:
        row = _first(connections[rng.choice(mains)]["main"])
        place = rng.randrange(len(row))
        connections[node["name"]] = {"main": [[{"node": row[place]["node"], "type": "main", "index": 0}]]}
        row[place] = {"node": node["name"], "type": "main", "index": 0}
    elif others := working(flow):
        connections[others[-1]["name"]] = {"main": [[{"node": node["name"], "type": "main", "index": 0}]]}
    return result


def _first(outputs: Any) -> list[Any] | None:
    """The first output that leads somewhere."""
    for each in outputs or []:
        if isinstance(each, list) and each and isinstance(each[0], dict) and "node" in each[0]:
            return each
    return None


def cut(flow: Flow, names: set[str]) -> Flow:
    """The part of a workflow that consists of some nodes; wires that leave it are gone."""
    result = copy.deepcopy(flow)
    result["nodes"] = [each for each in result["nodes"] if each["name"] in names]

    def inside(value: Any) -> Any:
        if isinstance(value, list):
            return [
                inside(each)
                for each in value
                if not (isinstance(each, Mapping) and each.get("node", "") not in names | {""})
            ]
        if isinstance(value, Mapping) and "node" not in value:
            return {key: inside(each) for key, each in value.items()}
        return value

    result["connections"] = {
        key: inside(each) for key, each in (result.get("connections") or {}).items() if key in names
    }
    return result


def fresh(flow: Flow, rng: random.Random) -> Flow:
    """What every copy of a workflow has of its own: ids, positions, times, credentials' ids, the order of its nodes."""
    result = copy.deepcopy(flow)
    result["id"] = token(rng)
    result["versionId"] = uuid(rng)
    year, month, day = rng.randrange(2022, 2026), rng.randrange(1, 13), rng.randrange(1, 29)
    result["createdAt"] = f"{year}-{month:02}-{day:02}T{rng.randrange(24):02}:{rng.randrange(60):02}:00.000Z"
    result["updatedAt"] = f"2026-0{rng.randrange(1, 6)}-{rng.randrange(1, 29):02}T09:{rng.randrange(60):02}:11.000Z"
    result["meta"] = {"instanceId": f"{rng.getrandbits(256):064x}"}
    dx, dy, scale = rng.randrange(-900, 900), rng.randrange(-900, 900), rng.choice((0.8, 1.0, 1.2))
    for node in result["nodes"]:
        node["id"] = uuid(rng)
        if "webhookId" in node:
            node["webhookId"] = uuid(rng)
        x, y = [*(node.get("position") or []), 0, 0][:2] if isinstance(node.get("position"), list) else (0, 0)
        node["position"] = [round(_number(x) * scale + dx), round(_number(y) * scale + dy)]
        for name, held in (node.get("credentials") or {}).items() if isinstance(node.get("credentials"), dict) else ():
            if isinstance(held, dict):
                node["credentials"][name] = {**held, "id": token(rng)}
    rng.shuffle(result["nodes"])
    return result


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
