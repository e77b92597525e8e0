"""Departments, people, tags, and the one record in which the estate is written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

COMPANY = "Tarnwick Parcel Group"
SCAN_AT = "2026-11-02T06:00:00Z"
OPERATIONS = "118800004471"  # the AWS account of the parcel systems
ANALYTICS = "118800009926"  # the AWS account of the lake and the models
REGION = "eu-west-1"
CORPORATE = "5c1d0a11-77aa-4e4b-9c3e-40d2f1a80001"  # Azure: finance and sales
COUNSEL = "5c1d0a11-77aa-4e4b-9c3e-40d2f1a80002"  # Azure: legal
RISK_MLFLOW = "mlflow.risk.tarnwick.example"
PLATFORM_MLFLOW = "mlflow.platform.tarnwick.example"
AIRFLOW = "airflow.tarnwick.example"
NODE_RED = "people-flows.tarnwick.example"
ORCHESTRATOR = "cloud.robots.example/tarnwick/production"
WAREHOUSE = "host://dwh.tarnwick.internal:5439"


@dataclass(frozen=True)
class Department:
    """A department: its name, its cost centres, the team that signs as owner, its people."""

    name: str
    cost_center: str
    team: str
    people: tuple[str, ...]


DEPARTMENTS: Mapping[str, Department] = {
    "ops": Department("Operations", "cc-10", "network-operations", ("jorun.halse", "milo.verbeek", "tessa.okafor")),
    "clm": Department("Claims", "cc-20", "claims-desk", ("aino.lindqvist", "pavel.horak")),
    "rsk": Department("Risk", "cc-30", "risk-analytics", ("ines.aldaran", "bram.oostveen")),
    "sal": Department("Sales", "cc-40", "sales-engineering", ("lucie.marchand", "dario.benassi")),
    "mkt": Department("Marketing", "cc-50", "brand-digital", ("sanne.dekort", "otis.reil")),
    "fin": Department("Finance", "cc-60", "finance-automation", ("greta.vollan", "henk.dorsman")),
    "hr": Department("HR", "cc-70", "people-team", ("nuria.casals",)),
    "leg": Department("Legal", "cc-80", "legal-counsel", ("edda.brandt",)),
    "dp": Department("Data Platform", "cc-90", "data-platform", ("kofi.mensa", "runa.eldh", "yann.lecoz")),
}

# Planted in the provisioning, the way careless hands leave them; none may be in any recording.
SECRETS = {
    "glue": "Gl4cier-Kettle-77-ferry",
    "lambda": "Lantern+Quarry!91-moss",
    "n8n": "Harbour_Wick-2281-thistle",
    "node-red": "Pebble~Tallow-5530-finch",
    "airflow": "Cinder*Maple-6614-otter",
    "data-factory": "Saffron#Bolt-4402-heron",
    "uipath": "Juniper%Latch-3379-stoat",
    "sagemaker": "Walnut^Gauge-8846-robin",
    "rds": "Bramble-Socket-1095-wren",
}


@dataclass(frozen=True)
class Point:
    """Something an item points to: where it is written, with which verb it counts, and how it is spelled."""

    slot: str
    verb: str
    to: str


@dataclass(frozen=True)
class Item:
    """One thing of the estate. `id` is the asset's id, `claims` are further names it answers to."""

    kind: str
    name: str
    id: str
    tool: str
    department: str
    points: tuple[Point, ...] = ()
    claims: tuple[str, ...] = ()
    environment: str = "prod"
    owned: bool = True
    more: Mapping[str, object] = field(default_factory=dict)

    def to(self, slot: str) -> str | None:
        """What the item points to in `slot`."""
        return next((each.to for each in self.points if each.slot == slot), None)

    @property
    def owner(self) -> str:
        """A person of the department, the same for the same name; "" for what nobody owns."""
        return person(self.department, self.name) if self.owned else ""

    @property
    def tags(self) -> dict[str, str]:
        """Cost centre, owner and environment, as the company tags."""
        home = DEPARTMENTS[self.department]
        number = f"{home.cost_center}{pick(self.name, 4) + 1:02d}"
        owner = {"owner": self.owner} if self.owned else {}
        return {"cost-center": number, **owner, "environment": self.environment}


def pick(text: str, among: int) -> int:
    """A number below `among`, the same for the same text everywhere."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big") % among


def person(department: str, about: str) -> str:
    """The address of one of a department's people."""
    people = DEPARTMENTS[department].people
    return f"{people[pick(about, len(people))]}@tarnwick.example"


def hexadecimal(*parts: str, size: int = 16) -> str:
    """A stable id of `2 * size` hexadecimal digits."""
    return blake2b("\x1f".join(parts).encode(), digest_size=size).hexdigest()


def uuid(*parts: str) -> str:
    """A stable id in the form of a UUID."""
    text = hexadecimal(*parts)
    return "-".join((text[:8], text[8:12], "4" + text[13:16], "a" + text[17:20], text[20:]))


def day(text: str, first: str = "2024-01-15", days: int = 600) -> str:
    """A day within `days` after `first`, the same for the same text."""
    from datetime import date, timedelta

    return (date.fromisoformat(first) + timedelta(days=pick(text, days))).isoformat()


def by_kind(items: tuple[Item, ...], *kinds: str) -> Iterator[Item]:
    """The items of some kinds, in their order."""
    return (each for each in items if each.kind in kinds)
