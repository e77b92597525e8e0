"""What people see in Neo4j: the published graph as labelled nodes and typed relationships. Pure.

Names come from the platforms and are hostile input. They appear in values only; labels, relationship
types and property keys are made of letters, digits and underscores, whatever a kind or a fact is called.
Indexed values are cut to what an index entry can hold; `body` keeps the record whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from siloscope.catalog import capabilities, product
from siloscope.codec import to_text
from siloscope.graph.history import lasting_finding
from siloscope.graph.seen import text_of
from siloscope.graph.view import Graph
from siloscope.model import Asset, Edge, Outside, Tool, Verb, digest, dumps

LAYOUT = "2"  # part of every hash: a release that writes rows differently writes them all anew
MAIN = ("Asset", "Tool", "Outside", "Department", "Capability", "Finding")
DOMAINS = ("Ml", "Automation", "Data", "Integration", "Cloud", "Governance")
VERBS = tuple(verb.value.upper() for verb in Verb)
STRUCTURE = ("IN", "OFFERS", "WORKS_FOR")
_RESERVED = frozenset({*MAIN, *DOMAINS})
_HOT = ("owner", "department", "environment", "created", "last_used", "url", "silo", "initiative", "source")
_LABEL_LIMIT, _TEXT_LIMIT, _ID_LIMIT, _FACT_LIMIT = 60, 1_000, 4_000, 100
LONG = 400  # an id longer than that may be a shortened one

NodeKey = tuple[str, str]
LinkKey = tuple[NodeKey, str, NodeKey, str]


@dataclass(frozen=True, slots=True)
class Node:
    """A node to be: labels, the main one first, id, properties; `lasting` is what history compares, if not the body."""

    labels: tuple[str, ...]
    id: str
    props: Mapping[str, Any]
    hash: str
    lasting: str = ""

    @property
    def key(self) -> NodeKey:
        """What makes it the same node in the next scan."""
        return self.labels[0], self.id


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship to be; `name` tells apart several of one type between two nodes. `edge` is what it is of."""

    start: NodeKey
    type: str
    end: NodeKey
    hash: str
    name: str = ""
    props: Mapping[str, Any] = field(default_factory=dict)
    edge: Edge | None = None

    @property
    def key(self) -> LinkKey:
        """What makes it the same relationship in the next scan."""
        return self.start, self.type, self.end, self.name


def label_of(kind: str) -> str:
    """The label of a kind: `glue.job` is `GlueJob`; letters and digits only, never one of ours; may be empty."""
    words = re.findall(r"[A-Za-z0-9]+", kind)
    label = "".join(word[0].upper() + word[1:] for word in words)[:_LABEL_LIMIT]
    if not label:
        return ""
    if label[0].isdigit():
        label = f"Kind{label}"
    return f"{label}Kind" if label in _RESERVED or label.startswith("Siloscope") else label


def domain_of(tool: str) -> str:
    """The domain label of a tool id, by the first capability of its product; empty when nobody knows."""
    known = product(tool.partition(":")[0])
    found = capabilities().get(known.capabilities[0]) if known and known.capabilities else None
    label = found.domain.capitalize() if found else ""
    return label if label in DOMAINS else ""


def short(identity: str) -> str:
    """An id that fits an index entry: itself, or its beginning and a digest."""
    if len(identity.encode("utf-8", "surrogatepass")) <= _ID_LIMIT:
        return identity
    return f"{identity[:LONG]}…{digest(identity)}"


def clip(value: Any) -> Any:
    """A value as a property: texts cut to what an index holds, integers beyond 64 bits as text."""
    if isinstance(value, str) and len(value) > _TEXT_LIMIT:
        return value[:_TEXT_LIMIT] + "…"
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return clip(str(value))
    return value


def facts_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as properties `fact_...`; of several that are spelled alike the last one in order wins."""
    found = {
        "fact_" + re.sub(r"[^A-Za-z0-9_]", "_", key)[:_LABEL_LIMIT]: clip(value)
        for key, value in sorted(facts.items())
        if value is not None
    }
    return dict(list(found.items())[:_FACT_LIMIT])


def _node(labels: Iterable[str], identity: str, body: str = "", **props: Any) -> Node:
    named = tuple(each for each in labels if each)
    clipped = {key: clip(value) for key, value in sorted(props.items())}
    # What is shown follows from labels and body, where there is one, and from how this release lays it out.
    mark = digest(LAYOUT, *named, identity, body or dumps(clipped))
    own = {**clipped, "hash": mark, **({"body": body} if body else {})}
    return Node(named, short(identity), own, mark)


def asset_node(asset: Asset, times: Mapping[str, str]) -> Node:
    """An asset with its kind and domain as labels, its hot fields and facts as properties."""
    labels = ("Asset", domain_of(asset.tool), label_of(asset.kind))
    hot = {each: getattr(asset, each) for each in _HOT}
    lists = {"sources": list(asset.sources), "names": [clip(each) for each in asset.names]}
    cost = None if asset.annual_cost is None else float(asset.annual_cost)
    own = {"kind": asset.kind, "name": asset.name, "tool": asset.tool, "annual_cost": cost, **hot, **lists}
    return _node(dict.fromkeys(labels), asset.id, text_of(asset, times), **own, **facts_of(asset.facts))


def tool_node(tool: Tool) -> Node:
    """A tool; its `name` is what people call it: product and instance."""
    own = {each.name: getattr(tool, each.name) for each in fields(tool) if each.name not in ("id", "facts")}
    own["capabilities"] = list(tool.capabilities)
    own["name"] = f"{tool.product} {tool.instance}".strip() or tool.id
    return _node(("Tool", domain_of(tool.id)), tool.id, to_text(tool), **own)


def nodes_of(graph: Graph, times: Mapping[str, str]) -> Iterator[Node]:
    """Every node of a published graph; departments and capabilities are those that occur."""
    yield from (asset_node(each, times) for each in graph.assets)
    yield from (tool_node(each) for each in graph.tools)
    yield from map(outside_node, graph.outside)
    departments = {each.department for each in graph.assets} | {each.department for each in graph.tools}
    yield from department_nodes(departments)
    yield from capability_nodes({slug for each in graph.tools for slug in each.capabilities})


def outside_node(outside: Outside) -> Node:
    """A name that nobody scanned."""
    return _node(("Outside",), outside.id, to_text(outside), name=outside.name)


def department_nodes(names: Iterable[str | None]) -> Iterator[Node]:
    """Departments by name; none for no name."""
    for name in sorted(each for each in names if each):
        yield _node(("Department",), name, name=name)


def capability_nodes(slugs: Iterable[str]) -> Iterator[Node]:
    """Capabilities, as the catalog names them."""
    for slug in sorted(slugs):
        known = capabilities().get(slug)
        yield _node(("Capability",), slug, name=known.name if known else slug, domain=known.domain if known else None)


def links_of(graph: Graph) -> Iterator[Link]:
    """Every relationship of a published graph."""
    outside = {each.id for each in graph.outside}
    for edge in graph.edges:
        yield edge_link(edge, outside)
    for asset in graph.assets:
        yield from asset_links(asset.id, asset.tool if asset.tool in graph.tool else None, asset.department)
    for tool in graph.tools:
        yield from tool_links(tool)


def asset_links(identity: str, tool: str | None, department: str | None) -> Iterator[Link]:
    """What ties an asset to its tool and its department."""
    if tool is not None:
        yield _link(("Asset", identity), "IN", ("Tool", tool))
    if department:
        yield _link(("Asset", identity), "WORKS_FOR", ("Department", department))


def tool_links(tool: Tool) -> Iterator[Link]:
    """What ties a tool to its department and to what it is for."""
    if tool.department:
        yield _link(("Tool", tool.id), "WORKS_FOR", ("Department", tool.department))
    for slug in tool.capabilities:
        yield _link(("Tool", tool.id), "OFFERS", ("Capability", slug))


def _link(start: NodeKey, kind: str, end: NodeKey) -> Link:
    return Link((start[0], short(start[1])), kind, (end[0], short(end[1])), digest(LAYOUT, *start, kind, *end))


def edge_link(edge: Edge, outside: Iterable[str]) -> Link:
    """A dependency as a relationship of its verb's type."""
    ends = [("Outside" if each in outside else "Asset", short(each)) for each in (edge.source, edge.target)]
    confidence = float(edge.confidence)
    mark = digest(LAYOUT, edge.source, edge.verb, edge.target, edge.name, edge.how, edge.where, repr(confidence))
    props = {"how": edge.how.value, "where": edge.where, "confidence": confidence}
    return Link(ends[0], edge.verb.value.upper(), ends[1], mark, edge.name, props, edge)


def finding_node(row: Mapping[str, Any]) -> Node:
    """A row of `siloscope/findings/1` as a node; its sentences are a list."""
    plain = ("rule", "severity", "score", "scale", "title", "coverage", "annual_saving", "state", "reason")
    because = [clip(str(each.get("says", ""))) for each in row.get("because", ())]
    node = _node(("Finding",), str(row["id"]), dumps(row), because=because, **{each: row.get(each) for each in plain})
    return replace(node, lasting=dumps(lasting_finding(row)))


def about_links(row: Mapping[str, Any], places: Mapping[str, NodeKey]) -> Iterator[Link]:
    """What a finding is about, as far as it is in the graph; `rank` 0 is the subject named first."""
    for rank, subject in enumerate(dict.fromkeys(row.get("subjects", ()))):
        if end := places.get(short(subject)):
            start = ("Finding", short(str(row["id"])))
            yield Link(start, "ABOUT", end, digest(LAYOUT, *start, *end, str(rank)), props={"rank": rank})


def checksum(hashes: Iterable[str]) -> str:
    """One value for a set of rows, whatever their order: a reader that meets half a commit notices."""
    return f"{sum(int(each, 16) for each in hashes) % 2**64:016x}"
