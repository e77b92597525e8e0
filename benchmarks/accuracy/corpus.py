"""The published n8n collection: read, cleaned of what its publisher added, grouped by natural likeness, split in two.

The publisher added an error node, boilerplate notes and settings to every workflow and turned AI nodes into `noOp`
(their notes still name the type). None of that is anybody's work, so it is taken away before copies are made;
`clean=False` leaves it in. A workflow belongs to the *dev* or the *held* split by a hash of its content, and with it
all that resemble it: nothing that tuning sees has a relative among what is reported.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accuracy.flow import Flow, kind, texts, working

CORPORA = Path(os.environ.get("SILOSCOPE_CORPORA", Path(__file__).resolve().parents[2] / "../shared/corpora"))
ARCHIVE = "n8n-workflows.tar.gz"
SPLITS = ("dev", "held")

_BOILERPLATE = re.compile(r"This (\w+) node performs automated tasks as part of the workflow\.")
_GENERIC = re.compile(r"^(?:\w+ workflow|my workflow ?\d*)$", re.IGNORECASE)
_LANGCHAIN = (
    "agent|chain|lm[A-Z]|lm$|memory|outputParser|embeddings|vectorStore|document|textSplitter|tool|retriever|"
    "chat|openAi$|information|sentiment|textClassifier|mcp|model|reranker|code$"
)
_INCIDENTAL = frozenset({"id", "cid", "webhookId", "cachedResultName", "cachedResultUrl", "position"})


@dataclass(frozen=True, slots=True)
class Base:
    """One workflow of the collection. `exact` is equal for natural exact duplicates, `group` for natural likeness."""

    path: str
    flow: Flow
    content: str
    exact: str
    group: str
    split: str


def read(folder: Path = CORPORA, *, clean: bool = True) -> list[Base]:
    """Every workflow of the collection, by path.

    Raises:
        FileNotFoundError: The collection is not where it is looked for.
    """
    flows: list[tuple[str, Flow]] = []
    with tarfile.open(folder / ARCHIVE) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            if file:
                flow = json.loads(file.read().decode("utf-8", "replace"))
                flows.append((member.name, cleaned(flow) if clean else flow))
    flows.sort(key=lambda each: each[0])
    keys = [_content(flow) for _, flow in flows]
    exact = [_exact(flow, key) for (_, flow), key in zip(flows, keys, strict=True)]
    groups = _groups([flow for _, flow in flows], keys)
    lead: dict[int, str] = {}
    for number, group in enumerate(groups):
        lead[group] = min(lead.get(group, "~"), exact[number])
    return [
        Base(path, flow, exact[n], exact[n], lead[groups[n]], SPLITS[int(lead[groups[n]][:6], 16) % 2])
        for n, (path, flow) in enumerate(flows)
    ]


def cleaned(flow: Flow) -> Flow:
    """A workflow as its author left it, as far as that can be told."""
    nodes = [_cleaned(each) for each in flow.get("nodes") or [] if not _added(each)]
    kept = {each["name"] for each in nodes}
    connections = {
        name: out for name, out in (flow.get("connections") or {}).items() if name in kept or _by_id(name, nodes)
    }
    by_id = {str(each.get("id")): each["name"] for each in nodes}
    result: Flow = {
        "name": flow.get("name") or "My workflow",
        "nodes": nodes,
        "connections": {by_id.get(name, name): _to_names(out, by_id) for name, out in connections.items()},
        "settings": {"executionOrder": "v1"},
    }
    return result


def _by_id(name: str, nodes: Iterable[dict[str, Any]]) -> bool:
    return any(each.get("id") == name for each in nodes)


def _to_names(value: Any, by_id: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [each for each in (_to_names(each, by_id) for each in value) if each is not None]
    if isinstance(value, dict):
        if isinstance(value.get("node"), str):
            name = by_id.get(value["node"], value["node"])
            return {**value, "node": name} if name in by_id.values() else None
        return {key: _to_names(each, by_id) for key, each in value.items()}
    return value


def _added(node: dict[str, Any]) -> bool:
    """Nodes of the publisher's own: the error handler and the note that repeats the workflow's settings."""
    name, parameters = str(node.get("name")), node.get("parameters") or {}
    return (
        (kind(node) == "stopAndError" and name.startswith("Error Handler"))
        or (kind(node) == "stickyNote" and "performs automated" in str(parameters.get("content")))
        or bool(re.match(r"(error-handler-|documentation-)", str(node.get("id")) + name.lower()))
    )


def _cleaned(node: dict[str, Any]) -> dict[str, Any]:
    result = dict(node)
    note = _BOILERPLATE.search(str(result.get("notes") or ""))
    if note:
        del result["notes"]
        if kind(result) == "noOp" and note[1] != "noOp":
            package = "@n8n/n8n-nodes-langchain" if re.match(_LANGCHAIN, note[1]) else "n8n-nodes-base"
            result["type"] = f"{package}.{note[1]}"
    result["parameters"] = result.get("parameters") if isinstance(result.get("parameters"), dict) else {}
    result["name"] = str(result.get("name") or kind(result))
    return result


def generic(name: str) -> bool:
    """Whether a name says nothing, as those that the publisher made of a node type."""
    return bool(_GENERIC.match(name.strip()))


def _content(flow: Flow) -> Counter[str]:
    """Hashes of what the working nodes are: type and parameters."""
    return Counter(
        _digest(json.dumps([kind(each), _bare(each.get("parameters"))], sort_keys=True, default=str))
        for each in working(flow)
    )


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items() if key not in _INCIDENTAL}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def _exact(flow: Flow, content: Counter[str]) -> str:
    """Equal for workflows of the same nodes; tiny ones only when their texts and names agree as well."""
    own = (
        ""
        if sum(content.values()) >= 3
        else json.dumps([flow.get("name"), sorted(each["name"] for each in flow["nodes"])])
    )
    return _digest(json.dumps(sorted(content.items())) + own)


def _groups(flows: list[Flow], keys: list[Counter[str]]) -> list[int]:
    """A number for each workflow, the same for those that resemble each other: unlabelled pairs, right or wrong.

    Two resemble each other when they have a telling name in common, when they share a third of the smaller one's
    telling nodes, or when their texts are alike (cosine of words >= 0.5).
    """
    leader = list(range(len(flows)))

    def top(each: int) -> int:
        while leader[each] != each:
            each = leader[each]
        return each

    def join(a: int, b: int) -> None:
        x, y = sorted((top(a), top(b)))
        leader[y] = x

    names: dict[str, int] = {}
    for n, flow in enumerate(flows):
        name = str(flow.get("name")).strip().lower()
        if not generic(name) and name in names:
            join(names[name], n)
        names.setdefault(name, n)
    for a, b in _sharing(keys):
        join(a, b)
    for a, b in _alike(flows):
        join(a, b)
    return [top(each) for each in range(len(flows))]


def _sharing(keys: list[Counter[str]]) -> list[tuple[int, int]]:
    """Pairs that have a third of the smaller one's nodes in common; nodes that many workflows have do not count."""
    holders: dict[str, list[int]] = defaultdict(list)
    for n, content in enumerate(keys):
        for key in content:
            holders[key].append(n)
    telling = [{key for key in content if len(holders[key]) <= 20} for content in keys]
    shared: Counter[tuple[int, int]] = Counter()
    for ids in holders.values():
        if 1 < len(ids) <= 20:
            shared.update((a, b) for i, a in enumerate(ids) for b in ids[i + 1 :])
    return [(a, b) for (a, b), count in shared.items() if count >= max(2, 0.34 * min(len(telling[a]), len(telling[b])))]


def _alike(flows: list[Flow]) -> list[tuple[int, int]]:
    """Pairs whose texts (names, parameters, notes) are alike as bags of words."""
    from benchmarks.accuracy.text import cosines, tfidf, word_counts

    matrix = tfidf([word_counts(document_text(flow)) for flow in flows])
    found = cosines(matrix, matrix, least=0.5)
    return [(int(a), int(b)) for a, b in zip(found.row, found.col, strict=True) if a < b]


def document_text(flow: Flow) -> str:
    """All that a workflow says: its name, its nodes' names and types, and every text in their parameters."""
    parts = [str(flow.get("name"))]
    for node in flow["nodes"]:
        parts += [str(node.get("name")), kind(node), *(text for _, text in texts(node.get("parameters") or {}))]
    return "\n".join(parts)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
