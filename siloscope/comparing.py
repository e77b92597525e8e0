"""What changed between two graph documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siloscope.errors import ConfigError
from siloscope.graph.view import SCHEMA

# What every scan moves, without anything having changed.
_VOLATILE = frozenset({"last_seen", "first_seen", "last_complete", "last_used"})


def load(file: Path) -> dict[str, Any]:
    """An exported graph document.

    Raises:
        ConfigError: The file is no `siloscope/graph/1` document.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: not a JSON document: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ConfigError(f"{file}: not an exported graph ({SCHEMA}); `siloscope export --format json` writes one")
    return document


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows `{"what", "change": added|removed|changed, "id", "fields"}`, sorted."""
    rows: list[dict[str, Any]] = []
    for what in ("tools", "assets", "edges", "outside", "slices"):
        before = {_key(what, each): each for each in old.get(what, [])}
        after = {_key(what, each): each for each in new.get(what, [])}
        for key in sorted(before.keys() | after.keys()):
            if key not in before or key not in after:
                rows.append({"what": what, "change": "added" if key in after else "removed", "id": key, "fields": []})
                continue
            fields = sorted(
                name for name in after[key] if name not in _VOLATILE and after[key][name] != before[key].get(name)
            )
            if fields:
                rows.append({"what": what, "change": "changed", "id": key, "fields": fields})
    return rows


def _key(what: str, row: Mapping[str, Any]) -> str:
    if what == "edges":
        return f"{row['source']} {row['verb']} {row['target']} ({row.get('name', '')})"
    if what == "slices":
        return f"{row['source']}/{row['listing']}/{row['scope']}"
    return str(row["id"])
