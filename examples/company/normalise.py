"""Makes a recording the same bytes whenever it is made, by a stated rule.

Servers put in what no estate decides: the clock, and ids they draw. Here

- a time at or after the start of the recording becomes a day that a hash of the document's identity picks:
  creation between 2024-01-15 and 2025-09-06, anything later between 2026-08-01 and 2026-10-28, or what
  `moments` says about the document; a run happened on its logical date;
- an id that a server drew becomes the one that `renamed` gives, else one counted in the order of the documents;
- loopback addresses become the configured ones;
- documents are sorted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from estate.base import SCAN_AT, day, uuid

_TIME = re.compile(r"^20\d\d-\d\d-\d\d[T ]\d\d:\d\d")
_SECONDS = re.compile(r"^1\d{9}(?:\.\d+)?$")
_GROUP = re.compile(r"\bsg-[0-9a-f]{17}\b")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_DRAWN = re.compile(r"\b([a-z-]+)\.[0-9a-z]{10,12}\.(eu-west-1\.(?:rds|redshift)\.amazonaws)")
_NAMES = (
    "Name",
    "name",
    "ResourceARN",
    "ModelPackageArn",
    "dag_id",
    "FunctionName",
    "TrainingJobName",
    "DBInstanceIdentifier",
    "TableName",
    "run_name",
    "uri",
    "id",
    "QueueUrl",
    "EventSourceArn",
    "SubscriptionArn",
)
# Fields that change from server to server and that no reader looks at.
_DROPPED = frozenset(
    {
        "RevisionId",
        "CodeSha256",
        "VersionId",
        "ResponseMetadata",
        "etag",
        "bundle_version",
        "dag_version_id",
        "last_parse_duration",
        "latest_dag_version",
        "next_dagrun_data_interval_end",
        "next_dagrun_data_interval_start",
        "next_dagrun_logical_date",
        "next_dagrun_run_after",
    }
)


@dataclass
class Normaliser:
    """The rule with what it needs to know: when recording began, names that servers drew, addresses, moments."""

    began: datetime
    renamed: dict[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    moments: dict[str, str] = field(default_factory=dict)

    def folder(self, folder: Path) -> None:
        """Rewrite every recording below `folder`."""
        for file in sorted(folder.rglob("*.json")):
            text = file.read_text(encoding="utf-8")
            for found, instead in (*self.addresses.items(), *self.renamed.items()):
                text = text.replace(found, instead)
            value = json.loads(_GROUP.sub("sg-0c4a77e21b9d53f60", _DRAWN.sub(r"\1.c4tarnwick01.\2", text)))
            if "documents" in value:
                documents = [self._document(each) for each in value["documents"]]
                value["documents"] = _counted(
                    sorted(documents, key=_masked), f"{file.parent.parent.name}/{file.parent.name}"
                )
            file.write_text(_spelled(value), encoding="utf-8")

    def _document(self, document: Any) -> Any:
        identity = next((str(document[key]) for key in _NAMES if document.get(key)), "")
        return self._value(document, "", identity)

    def _value(self, value: Any, key: str, identity: str) -> Any:
        if isinstance(value, dict):
            inner = next((str(value[name]) for name in _NAMES if isinstance(value.get(name), str)), identity)
            if isinstance(
                value.get("logical_date"), str
            ):  # a run, of which the server knows only when it was asked for
                self.moments.setdefault(f"{identity}/run", value["logical_date"][:10])
                inner = f"{identity}/run"
            return {name: self._value(each, name, inner) for name, each in value.items() if name not in _DROPPED}
        if isinstance(value, list):
            return [self._value(each, key, identity) for each in value]
        if isinstance(value, str) and _TIME.match(value):
            return self._time(value, key, identity)
        if isinstance(value, str) and _SECONDS.match(value):
            return str(self._number(float(value), key, identity))
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 1_000_000_000:
            return self._number(value, key, identity)
        return value

    def _time(self, value: str, key: str, identity: str) -> str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return f"{self._day(key, identity)}T07:30:00Z" if moment >= self.began else value

    def _number(self, value: float, key: str, identity: str) -> float:
        scale = 1000 if value >= 1_000_000_000_000 else 1
        if value / scale < self.began.timestamp() or value / scale > self.began.timestamp() + 864_000:
            return value
        return int(datetime.fromisoformat(f"{self._day(key, identity)}T07:30:00+00:00").timestamp()) * scale

    def _day(self, key: str, identity: str) -> str:
        created = re.search(r"creat|(?<!last_)start", key, re.IGNORECASE)
        if identity in self.moments:
            return self.moments[identity]
        return day(identity) if created else day(identity, "2026-08-01", 88)


def _masked(document: Any) -> str:
    return _UUID.sub("", json.dumps(document, sort_keys=True))


def _counted(documents: list[Any], where: str) -> list[Any]:
    """UUIDs that nobody renamed, by the place where they first stand."""
    text, known = json.dumps(documents), dict[str, str]()
    if where.startswith(("aws", "airflow")):
        text = _UUID.sub(lambda found: known.setdefault(found[0], uuid(where, str(len(known)))), text)
    result: list[Any] = json.loads(text)
    return result


def _spelled(value: dict[str, Any]) -> str:
    """As the recorder writes it: one document a line."""

    def line(each: Any) -> str:
        return json.dumps(each, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    if "documents" in value:
        head = f'"schema":"{value["schema"]}","slice":{line(value["slice"])},"documents"'
        rows = value["documents"]
    else:
        head, rows = f'"schema":"{value["schema"]}","at":"{SCAN_AT}","scopes"', value["scopes"]
    return f"{{{head}:[\n " + ",\n ".join(line(each) for each in rows) + "\n]}\n"
