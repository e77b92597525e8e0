"""Which edges cross tools, derived from the estate's tables alone: no line of siloscope runs here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from estate import automations, aws, azure_items, mlflow, pipelines, uipath
from estate.base import WAREHOUSE, Item

Edge = tuple[str, str, str, str]
_DATABASE = re.compile(r"^(?:postgresql|postgres|mysql|mssql|redshift)://")
_REVERSED = {"event-source": "triggers", "subscription": "triggers"}


def everything() -> tuple[Item, ...]:
    """All items of all sources."""
    return tuple(
        chain(
            aws.operations(), aws.analytics(), *(mlflow.items(server) for server, *_ in mlflow.SERVERS),
            pipelines.airflow(), pipelines.dbt(), pipelines.spark(), automations.n8n(), automations.node_red(),
            azure_items.items(), uipath.items(),
        )
    )  # fmt: skip


def edges(items: Iterable[Item]) -> list[Edge]:
    """(source, verb, target, how) of every edge between two tools, or from a tool to something outside."""
    items = tuple(items)
    tools = {each.id: each.tool for each in items}
    claims: dict[str, list[str]] = {}
    for each in items:
        for name in (
            each.id,
            *each.claims,
            *([WAREHOUSE, f"{WAREHOUSE}/dwh"] if each.kind == "redshift.cluster" else []),
        ):
            claims.setdefault(name, []).append(each.id)
    found = {
        edge
        for each in items
        for edge in _edges(each, claims)
        if tools.get(edge[0]) != tools.get(edge[2])
    }  # fmt: skip
    return sorted(found)


def _edges(item: Item, claims: dict[str, list[str]]) -> Iterator[Edge]:
    for point in item.points:
        how, targets = _meet(_spelling(point.to), claims)
        for target in targets:
            if point.slot in _REVERSED:
                yield target, _REVERSED[point.slot], item.id, "exact"
            elif point.verb == "trained by":
                yield target, "trains", item.id, "exact"
            else:
                yield item.id, point.verb, target, how


def _spelling(text: str) -> str:
    """The one spelling of a name: databases by host, images by registry, no slash at the end."""
    text = _DATABASE.sub("host://", text).rstrip("/")
    if re.match(r"^\d{12}\.dkr\.ecr\.", text):
        return f"oci://{text.rpartition(':')[0]}"
    if found := re.fullmatch(r"https://git\.tarnwick\.example/(.+)", text):
        return f"git://git.tarnwick.example/{found[1]}"
    return text


def _meet(name: str, claims: dict[str, list[str]]) -> tuple[str, list[str]]:
    if name in claims:
        return "exact", claims[name]
    wider = name
    while "/" in wider.partition("://")[2]:
        wider = wider.rpartition("/")[0]
        if wider in claims:
            return "inside", claims[wider]
    return "outside", [f"outside:{_container(name)}"]


def _container(name: str) -> str:
    """What stands for an outside name: the site, the bucket; a database, topic or repository as it is."""
    scheme, _, rest = name.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if scheme in ("https", "s3", "sftp") else name
