"""Backstage: components, resources and APIs of a software catalog, from the YAML files that describe them.

Contract: backstage.io/docs/features/software-catalog/descriptor-format and well-known-relations. An entity whose
annotations name one asset of another platform (an ARN, an ARM id, a table, a topic, or `siloscope/id`) is a description
of that asset; any other is `backstage://{instance}/{kind}/{namespace}/{name}`, an asset of the catalog's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from siloscope.collectors.backstage_files import FILES, CatalogClient
from siloscope.collectors.base import Client, Collector, Document, Listing, Scope
from siloscope.collectors.clients.files import place_of
from siloscope.config import Source
from siloscope.model import Asset, Description, Observation, Reference, Verb
from siloscope.names.parts import segment


def entity(document: Document, scope: Scope) -> Iterator[Observation]:
    """A component, resource or API, or what it says of the asset that it stands for; and its relations."""
    me = str(document["me"])
    facts = {
        "description": (document.get("description") or "").strip()[:200] or None,
        "domain": document.get("domain"),
        "path": document["path"],
        "stage": document.get("lifecycle"),
        "system": document.get("system"),
        "type": document.get("type"),
        **{f"tag.{each}": "true" for each in document["tags"]},
    }
    facts = {key: value for key, value in facts.items() if value is not None}
    owner, department = document.get("owner"), document.get("department")
    if document.get("stands_for") and not document.get("tool"):
        yield Description(me, owner=owner, department=department, facts=facts)
    else:
        exported = document.get("stands_for") and document.get("type")
        yield Asset(
            id=me,
            kind=str(exported or f"backstage.{document['kind']}"),
            name=str(document["name"]),
            tool=str(document.get("tool") or f"backstage:{scope.instance.partition('://')[2]}"),
            owner=owner,
            department=department,
            facts=facts,
        )
    for name in document["uses"]:
        yield Reference(me, Verb.USES, name, "metadata.annotations")
    for one, verb, other, where in document["relations"]:
        yield Reference(one, Verb(verb), other, where)


def connect(source: Source) -> Client:
    """A folder of catalog files, or one of them."""
    path = place_of(source, "a folder or file of catalog entities")
    return CatalogClient(path, [Scope(source.instance, instance=f"backstage://{segment(source.instance)}")])


COLLECTOR = Collector(
    type="backstage",
    title="Backstage catalogs",
    connect=connect,
    tested="the example catalog of Backstage, 37 files, and catalogs that siloscope exports",
    listings=(Listing("backstage.entity", FILES, entity, permission="read access to the files", precedence=5),),
)
