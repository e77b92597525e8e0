"""Entities of a Backstage catalog as read from YAML or JSON, and the departments that its groups and users stand for.

Contract: the descriptor format of catalog entities (backstage.io/docs/features/software-catalog/descriptor-format) and
its references, `[kind:][namespace/]name`. Every scalar is text: nothing here depends on what YAML takes for a date.

A group's department is the nearest group above it, or itself, whose type is `department`, `division` or
`business-unit`; where none is, the highest below the organisation. Owners are met by name, by entity reference and by
e-mail address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

Entity = Mapping[str, Any]
Reference = tuple[str, str, str]  # kind, namespace, name; in lower case

_DEPARTMENT = frozenset({"department", "division", "business-unit"})
_WHOLE = frozenset({"organization", "organisation", "company", "root"})


def entities(text: str) -> Iterator[Entity]:
    """The entities of a file, which may hold several documents; what is no entity is left aside.

    Raises:
        ValueError: What follows is neither YAML nor JSON; the text names the line.
    """
    for each in _documents(text):
        for one in each if isinstance(each, list) else [each]:
            if isinstance(one, Mapping) and one.get("kind") and name_of(one):
                yield one


def _documents(text: str) -> Iterator[Any]:
    """JSON as what it is, for YAML takes long over it; else YAML."""
    import yaml

    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError):
            yield json.loads(text)
            return  # a file in JSON holds one document
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # text, lists and tables only
    try:
        yield from yaml.load_all(text, Loader=loader)
    except yaml.YAMLError as error:
        raise ValueError(f"no YAML: {' '.join(str(error).split())[:200]}") from error


def name_of(entity: Entity) -> str:
    """Its name in lower case; empty when it has none."""
    metadata = entity.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return plain(name) if isinstance(name, str) else ""


def plain(reference: str) -> str:
    """The name in an entity reference, in lower case."""
    return reference.rpartition(":")[2].rpartition("/")[2].strip().lower()


def referred(text: str, kind: str, namespace: str = "default") -> Reference:
    """What an entity reference means, where kind and namespace are left out."""
    head, _, rest = text.strip().lower().rpartition(":")
    space, _, name = rest.rpartition("/")
    return head or kind, space or namespace, name


def key_of(entity: Entity) -> Reference:
    """The reference by which others mean this entity."""
    space = str(entity["metadata"].get("namespace") or "default").lower()
    return str(entity["kind"]).lower(), space, name_of(entity)


def spec(entity: Entity) -> Mapping[str, Any]:
    """What its kind defines."""
    return _table(entity, "spec")


def listed(entity: Entity, key: str) -> list[str]:
    """The texts in a list of its spec."""
    value = spec(entity).get(key)
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def departments(every: Sequence[Entity]) -> tuple[dict[str, str], dict[str, str]]:
    """(by owner, by group): the department of each group, and of each user by the groups; by every spelling."""
    groups = {name_of(each): each for each in every if each["kind"] == "Group"}
    parents = {plain(child): name for name, group in groups.items() for child in listed(group, "children")}
    home = {name: _department(name, groups, parents) for name in groups}
    teams: dict[str, str] = {}
    for name, group in sorted(groups.items()):
        teams.update(dict.fromkeys(_spellings(group), home[name]))
    owners = dict(teams)
    for user in sorted((each for each in every if each["kind"] == "User"), key=name_of):
        mine = [home[each] for each in map(plain, listed(user, "memberOf")) if each in home]
        for each in _spellings(user) if mine else ():
            owners.setdefault(each, mine[0])
    return owners, teams


def _spellings(entity: Entity) -> Iterable[str]:
    """How an owner may be written that means this group or user."""
    kind, space, name = key_of(entity)
    told = [name, f"{kind}:{name}", f"{space}/{name}", f"{kind}:{space}/{name}", _profile(entity).get("email")]
    return [str(each).lower() for each in told if each]


def _department(name: str, groups: Mapping[str, Entity], parents: Mapping[str, str]) -> str:
    """What to call the department that a group belongs to; `parents` are those that name it as a child."""
    chain = [name]
    while True:
        up = spec(groups[chain[-1]]).get("parent")
        above = plain(str(up)) if up else parents.get(chain[-1])
        if above is None or above not in groups or above in chain:
            break
        chain.append(above)
    kinds = [str(spec(groups[each]).get("type") or "").lower() for each in chain]
    nearest = next((each for each, kind in zip(chain, kinds, strict=True) if kind in _DEPARTMENT), None)
    if nearest is None:
        below = [each for each, kind in zip(chain, kinds, strict=True) if kind not in _WHOLE]
        nearest = below[-1] if below else chain[0]
    group = groups[nearest]
    return str(_profile(group).get("displayName") or group["metadata"].get("title") or group["metadata"]["name"])


def _profile(entity: Entity) -> Mapping[str, Any]:
    return _table(spec(entity), "profile")


def _table(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}
