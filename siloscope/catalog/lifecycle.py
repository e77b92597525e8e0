"""Until when what an asset runs on is supported by its vendor, as far as `lifecycle.toml` knows.

    lifecycle.support("lambda.function", {"runtime": "python3.8"})      # Support("python3.8", "2024-10-14", ...)
    lifecycle.support("lambda.function", {"runtime": "cobol"})          # None: nothing is claimed

The data are `lifecycle.toml` beside this module, read once, when first asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Support:
    """What an asset runs on, the day its vendor's support ends (None: no end announced), and the page that says so."""

    version: str
    ends: str | None
    page: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The versions of one thing: found in a fact of assets of a kind, where other facts are as `where` says."""

    kind: str
    fact: str
    page: str
    ends: Mapping[str, date]
    supported: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)

    def support(self, facts: Mapping[str, Any]) -> Support | None:
        """What the facts of an asset say; a longer version (8.0.35) is one of its shorter ones (8.0)."""
        version = facts.get(self.fact)
        if not isinstance(version, str) or any(facts.get(key) != value for key, value in self.where.items()):
            return None
        known = version
        while known not in self.ends and known not in self.supported:
            if not known.replace(".", "").isdecimal() or "." not in known:
                return None
            known = known.rpartition(".")[0]
        ends = self.ends.get(known)
        return Support(version, ends.isoformat() if ends else None, self.page)


@cache
def lifecycles() -> tuple[Lifecycle, ...]:
    """All that is known."""
    text = files("siloscope.catalog").joinpath("lifecycle.toml").read_text("utf-8")
    rows = tomllib.loads(text)["lifecycle"]
    return tuple(Lifecycle(**{**row, "supported": tuple(row.get("supported", ()))}) for row in rows)


def support(kind: str, facts: Mapping[str, Any]) -> Support | None:
    """What an asset of this kind runs on and until when; None where that is not known."""
    found = (each.support(facts) for each in lifecycles() if each.kind == kind)
    return next((each for each in found if each), None)
