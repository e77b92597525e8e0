"""Departments from Backstage catalog files: which groups there are, who belongs to them, and what they are part of.

Contract: the Backstage system model, kinds `Group` and `User` (backstage.io, descriptor format of catalog entities).
A group's department is the nearest group above it, or itself, whose type is `department`, `division` or
`business-unit`; where none is, the highest below the organisation. Owners are met by name, by entity reference and by
e-mail address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from siloscope.config.records import DepartmentRule
from siloscope.errors import ConfigError

SUFFIXES = (".yaml", ".yml")
_DEPARTMENT = frozenset({"department", "division", "business-unit"})
_WHOLE = frozenset({"organization", "organisation", "company", "root"})


def rules_of_catalog(place: Path) -> tuple[DepartmentRule, ...]:
    """Two rules, by owner and by group, from a catalog file or all YAML files of a folder.

    Raises:
        ConfigError: A file cannot be read or is no YAML, or no group is in any.
    """
    files = sorted(each for each in place.rglob("*") if each.suffix in SUFFIXES) if place.is_dir() else [place]
    entities = [each for file in files for each in _entities(file)]
    groups = {_name(each): each for each in entities if each.get("kind") == "Group"}
    if not groups:
        raise ConfigError(f"{place.name} holds no Backstage entity of kind Group")
    parents = {_plain(child): name for name, group in groups.items() for child in _listed(group, "children")}
    home = {name: _department(name, groups, parents) for name in groups}
    table: dict[str, str] = {}
    for name, group in sorted(groups.items()):
        table.update(dict.fromkeys(_spellings("group", group), home[name]))
    teams = dict(table)
    for user in sorted((each for each in entities if each.get("kind") == "User"), key=_name):
        department = next((home[each] for each in _members(user) if each in home), None)
        if department:
            for each in _spellings("user", user):
                table.setdefault(each, department)
    return tuple(
        DepartmentRule("", key, "", table=tuple(sorted(rows.items())))
        for key, rows in (("owner", table), ("group", teams))
    )


def _entities(file: Path) -> Iterator[Mapping[str, Any]]:
    """The entities of a file, which may hold several documents; what is no entity is left aside."""
    import yaml

    try:
        documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise ConfigError(f"{file.name} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:  # no text, a 13th month, lists without end
        raise ConfigError(f"{file.name} is no YAML: {' '.join(str(error).split())[:200]}") from error
    for each in documents:
        if isinstance(each, Mapping) and isinstance(each.get("metadata"), Mapping) and each["metadata"].get("name"):
            yield each


def _name(entity: Mapping[str, Any]) -> str:
    return _plain(str(entity["metadata"]["name"]))


def _plain(reference: str) -> str:
    """The name in an entity reference, `[kind:][namespace/]name`, in lower case."""
    return reference.rpartition(":")[2].rpartition("/")[2].lower()


def _spec(entity: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = entity.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _profile(entity: Mapping[str, Any]) -> Mapping[str, Any]:
    profile = _spec(entity).get("profile")
    return profile if isinstance(profile, Mapping) else {}


def _listed(entity: Mapping[str, Any], key: str) -> list[str]:
    value = _spec(entity).get(key)
    return [str(each) for each in value] if isinstance(value, list) else []


def _members(user: Mapping[str, Any]) -> Iterator[str]:
    yield from (_plain(each) for each in _listed(user, "memberOf"))


def _spellings(kind: str, entity: Mapping[str, Any]) -> Iterable[str]:
    """How an owner may be written that means this group or user."""
    name, space = _name(entity), str(entity["metadata"].get("namespace") or "default").lower()
    told = [name, f"{kind}:{name}", f"{space}/{name}", f"{kind}:{space}/{name}", _profile(entity).get("email")]
    return [str(each).lower() for each in told if each]


def _department(name: str, groups: Mapping[str, Mapping[str, Any]], parents: Mapping[str, str]) -> str:
    """What to call the department that a group belongs to; `parents` are those that name it as a child."""
    chain = [name]
    while True:
        up = _spec(groups[chain[-1]]).get("parent")
        above = _plain(str(up)) if up else parents.get(chain[-1])
        if above is None or above not in groups or above in chain:
            break
        chain.append(above)
    kinds = [str(_spec(groups[each]).get("type") or "").lower() for each in chain]
    nearest = next((each for each, kind in zip(chain, kinds, strict=True) if kind in _DEPARTMENT), None)
    if nearest is None:
        below = [each for each, kind in zip(chain, kinds, strict=True) if kind not in _WHOLE]
        nearest = below[-1] if below else chain[0]
    group = groups[nearest]
    return str(_profile(group).get("displayName") or group["metadata"].get("title") or group["metadata"]["name"])
