"""A Backstage catalog as small documents, one an entity: what it needs of the others is put beside it.

Which group an owner is part of, which domain a system belongs to and what a reference means (an entity may stand for
an asset of another platform) is only known when all files were read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.collectors.clients.files import Files, FilesClient, decode
from siloscope.config.entities import Entity, Reference, departments, entities, key_of, listed, referred, spec
from siloscope.names import canonical
from siloscope.names.parts import segment

THINGS = ("component", "resource", "api")
KINDS = frozenset({*THINGS, "system", "domain", "group", "user", "location", "template"})
IDENTITY, TOOL = "siloscope/id", "siloscope/tool"
# Annotations that say how the catalog itself came to know the entity, not what it is.
_BOOKKEEPING = ("backstage.io/managed-by", "backstage.io/origin", "backstage.io/view-url", "backstage.io/edit-url")
_CATALOG = re.compile(
    rf"^kind:\s*(?:{'|'.join(sorted(KINDS))})\s*$|^apiVersion:\s*backstage\.io/", re.IGNORECASE | re.MULTILINE
)
_SLUGS = {"github.com/project-slug": "github.com", "gitlab.com/project-slug": "gitlab.com"}
# Relations of a spec: which kind a reference without one means, what the one does with the other, and which way.
_RELATIONS: Mapping[str, tuple[str, str, bool]] = {
    "dependsOn": ("component", "uses", True),
    "dependencyOf": ("component", "uses", False),
    "consumesApis": ("api", "calls", True),
    "providesApis": ("api", "uses", False),
    "implementsApis": ("api", "uses", False),
    "subcomponentOf": ("component", "contains", False),
}


class CatalogClient(FilesClient):
    """A folder of catalog files, read as a whole."""

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """The components, resources and APIs, in the order of files."""
        catalog: list[dict[str, Any]] = []
        for each in super().pages(listing, scope):
            if isinstance(each, Trouble):
                yield each
            else:
                catalog.append(dict(each))
        yield from _elsewhere(catalog)
        whole = Catalog(catalog, scope.instance)
        yield from (whole.document(each) for each in catalog if key_of(each)[0] in THINGS)


FILES = Files(("*.yaml", "*.yml", "*.json"), lambda data, path: parse(decode(data), path))


def parse(text: str, path: str) -> Iterator[Any]:
    """The entities of a file; a `Trouble` where a catalog file breaks off. Other YAML and JSON is left aside."""
    if "kind" not in text:
        return  # other files of a repository may be long
    try:
        yield from (_picked(each) for each in entities(text) if str(each["kind"]).lower() in KINDS)
    except ValueError as error:
        if _CATALOG.search(text):
            yield Trouble(str(error), where=path)


def _picked(entity: Entity) -> dict[str, Any]:
    """What is read of an entity: texts and lists of texts."""
    about = entity["metadata"]
    annotations = about.get("annotations")
    tags = about.get("tags")
    return {
        "kind": str(entity["kind"]),
        "metadata": {key: about[key] for key in ("name", "namespace", "title", "description") if _text(about.get(key))},
        "annotations": {str(k): v for k, v in annotations.items() if _text(v)} if isinstance(annotations, dict) else {},
        "tags": [each for each in tags if _text(each)] if isinstance(tags, list) else [],
        "spec": {str(key): value for key, value in spec(entity).items() if _plain(value)},
    }


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _plain(value: Any) -> bool:
    """Texts, lists of texts, and tables of texts (a profile)."""
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return _text(value) or (isinstance(value, dict) and all(isinstance(each, str) for each in value.values()))


def _elsewhere(catalog: Sequence[Document]) -> Iterator[Trouble]:
    """Targets of locations that were not read: nothing is fetched, and what lies outside the folder stays unread."""
    read = {str(each["path"]).partition("#")[0] for each in catalog}
    for each in catalog:
        if key_of(each)[0] != "location":
            continue
        place = PurePosixPath(str(each["path"]).partition("#")[0]).parent
        for target in [*listed(each, "targets"), str(spec(each).get("target") or "")]:
            if target and "*" not in target and not _is_read(target, place, read):
                yield Trouble(f"its target {target} is not in the folder; it is not fetched", where=str(each["path"]))


def _is_read(target: str, place: PurePosixPath, read: set[str]) -> bool:
    """Whether a target is a file that was read, or the address of one whose path ends alike."""
    if "://" in target:
        parts = PurePosixPath(target.partition("://")[2]).parts
        return any("/".join(parts[n:]) in read for n in range(1, len(parts)))
    path: list[str] = []
    for part in (place / target).parts:
        path = path[:-1] if part == ".." else [*path, part]
    return "/".join(path) in read


class Catalog:
    """All entities of a folder, by reference."""

    def __init__(self, catalog: Sequence[Entity], instance: str) -> None:
        self._instance = instance
        self._known = {key_of(each): each for each in catalog}
        self._stands_for = {key: identity(each) for key, each in self._known.items()}
        self._owners, _ = departments(catalog)

    def document(self, entity: Entity) -> Document:
        """An entity with what is known of it through others."""
        says, me = spec(entity), key_of(entity)
        system, stands_for = self._spec_of(says.get("system"), "system", me), identity(entity)
        owner = str(says.get("owner") or "")
        return {
            "path": entity["path"],
            "kind": me[0],
            "name": str(entity["metadata"].get("title") or entity["metadata"]["name"]),
            "me": self.name_of(me),
            "stands_for": stands_for,
            "tool": entity["annotations"].get(TOOL),
            "type": says.get("type"),
            "lifecycle": says.get("lifecycle"),
            "owner": owner.removeprefix("group:").removeprefix("user:").removeprefix("default/") or None,
            "department": self._owners.get(owner.lower()) or self._owners.get(owner.rpartition("/")[2].lower()),
            "system": says.get("system"),
            "domain": (system or {}).get("domain") or says.get("domain"),
            "description": entity["metadata"].get("description"),
            "tags": entity["tags"],
            "uses": [each for each in named(entity) if each != stands_for],
            "relations": list(self._relations(entity)),
        }

    def name_of(self, reference: Reference) -> str:
        """What an entity is called: the thing that it stands for, else its place in this catalog."""
        return self._stands_for.get(reference) or "/".join([self._instance, *(segment(each) for each in reference)])

    def _relations(self, entity: Entity) -> Iterator[list[str]]:
        """[who, verb, whom, where], by the relations of the spec."""
        me = key_of(entity)
        for key, (kind, verb, forth) in _RELATIONS.items():
            told = spec(entity).get(key)
            for each in listed(entity, key) or ([told] if isinstance(told, str) else []):
                ends = [self.name_of(me), self.name_of(referred(each, kind, me[1]))]
                one, other = ends if forth else reversed(ends)
                yield [one, verb, other, f"spec.{key}"]

    def _spec_of(self, text: Any, kind: str, me: Reference) -> Mapping[str, Any] | None:
        found = self._known.get(referred(text, kind, me[1])) if isinstance(text, str) else None
        return spec(found) if found else None


def identity(entity: Entity) -> str | None:
    """The asset of another platform that an entity stands for, if its annotations name one and no other."""
    annotations = entity["annotations"]
    if annotations.get(IDENTITY):
        return canonical(annotations[IDENTITY]) or str(annotations[IDENTITY])
    things = [each for each in named(entity) if not each.startswith("git://")]
    return things[0] if len(things) == 1 else None


def named(entity: Entity) -> list[str]:
    """The things that its annotations name: resources of clouds, tables, topics, and the repository of its code."""
    found: dict[str, None] = {}
    for key, value in sorted(entity["annotations"].items()):
        if key.startswith(_BOOKKEEPING):
            continue
        text = f"https://{_SLUGS[key]}/{value}" if key in _SLUGS else value.removeprefix("url:")
        name = canonical(text)
        if name and not name.startswith(("http://", "https://")):
            found[name] = None
    return list(found)
