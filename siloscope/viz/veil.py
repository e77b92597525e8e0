"""An estate without its names: what is shared outside keeps structure, kinds, counts and money, and says no name.

Names become short keyed hashes. The key is made of the whole graph, so that the same graph gives the same
names, and nobody without that graph can try names until one fits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from siloscope import catalog
from siloscope.graph.departments import SHARED, UNASSIGNED

Row = Mapping[str, Any]
_KIND = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*", re.IGNORECASE)
_PERMISSION = re.compile(r"[A-Za-z]+[:.][A-Za-z.*]+")
_FINDING = ("rule", "severity", "score", "scale", "coverage", "annual_saving", "state")
_STAGES = {"prod", "production", "test", "staging", "dev", "development", "acceptance", "sandbox", "qa"}
"""Environments that say nothing about whose they are."""


class Veil:
    """Hides the names of one graph."""

    def __init__(self, graph: Row) -> None:
        text = json.dumps(graph, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
        self._key = blake2b(text, digest_size=32).digest()

    def hide(self, what: str, name: object) -> str:
        """`what` and a hash of the name; nothing for nothing."""
        if not name:
            return ""
        digest = blake2b(str(name).encode("utf-8", "surrogatepass"), key=self._key, digest_size=5).hexdigest()
        return f"{what} {digest}"

    def graph(self, graph: Row) -> dict[str, Any]:
        """A `siloscope/graph/1` document whose names, owners, addresses and places of references are hidden."""
        return {
            "schema": graph.get("schema"),
            "scan": {"id": "", "at": (graph.get("scan") or {}).get("at")},
            "tools": [self._tool(row) for row in graph.get("tools", ())],
            "assets": [self._asset(row) for row in graph.get("assets", ())],
            "edges": [
                {
                    "source": self.node(row["source"]),
                    "target": self.node(row["target"]),
                    **{key: row[key] for key in ("verb", "how", "confidence") if key in row},
                }
                for row in graph.get("edges", ())
            ],
            "outside": [
                {"id": self.node(row["id"]), "name": self.hide("outside", row.get("name") or row["id"])}
                for row in graph.get("outside", ())
            ],
            "slices": [self._slice(row) for row in graph.get("slices", ())],
        }

    def findings(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Findings with their rules, scores and weights; titles and sentences hold names, so they go."""
        return [
            {
                **{key: row.get(key) for key in _FINDING},
                "id": self.hide("finding", row.get("id")),
                "title": f"{str(row.get('rule')).replace('-', ' ')} of {len(row.get('subjects', ()))}",
                "subjects": [self.node(each) for each in row.get("subjects", ())],
                "because": [
                    {"says": f"reason {number}", "weight": part.get("weight")}
                    for number, part in enumerate(row.get("because", ()), start=1)
                ],
            }
            for row in rows
        ]

    def plan(self, plan: Row) -> dict[str, Any]:
        """A plan with its figures; reasons hold names, so they go."""
        return {
            "summary": plan.get("summary", {}),
            "waves": plan.get("waves", []),
            "dispositions": [
                {
                    "tool": self.node(row["tool"]),
                    "disposition": row.get("disposition"),
                    "target": self.node(row["target"]) if row.get("target") else None,
                    "wave": row.get("wave"),
                }
                for row in plan.get("dispositions", ())
            ],
            "moves": [
                {"asset": self.node(row["asset"]), "to": self.node(row.get("to")), "wave": row.get("wave")}
                for row in plan.get("moves", ())
            ],
        }

    def node(self, name: object) -> str:
        """The hidden id of an asset, a tool or something outside."""
        return self.hide("node", name)

    def _department(self, name: object) -> str | None:
        if name in (None, "", SHARED, UNASSIGNED):
            return None if name in (None, "") else str(name)
        return self.hide("Department", name)

    def _tool(self, row: Row) -> dict[str, Any]:
        kept = ("annual_cost", "cost_source", "renewal", "seats", "users")
        product = str(row.get("product") or "")
        known = catalog.find(product) if product else None
        return {
            "id": self.node(row["id"]),
            "product": known.name if known else self.hide("Product", product),
            "vendor": known.vendor if known else self.hide("Vendor", row.get("vendor")),
            "instance": self.hide("instance", row.get("instance")),
            "department": self._department(row.get("department")),
            "capabilities": [each for each in row.get("capabilities") or () if _public(each)],
            **{key: row.get(key) for key in kept},
        }

    def _asset(self, row: Row) -> dict[str, Any]:
        kind, stage = str(row.get("kind") or ""), str(row.get("environment") or "")
        sources = row.get("sources") or [row.get("source", "")]
        return {
            "id": self.node(row["id"]),
            "kind": kind if _KIND.fullmatch(kind) and len(kind) <= 40 else "other",
            "name": self.hide("asset", row["id"]),
            "tool": self.node(row.get("tool") or "unknown:"),
            "sources": [self.hide("source", each) for each in sources],
            "department": self._department(row.get("department")),
            "owner": self.hide("owner", row.get("owner")),
            "environment": stage if stage.lower() in _STAGES else self.hide("stage", stage),
            "last_used": row.get("last_used"),
            "annual_cost": row.get("annual_cost"),
        }

    def _slice(self, row: Row) -> dict[str, Any]:
        listing, permission = str(row.get("listing") or ""), str(row.get("permission") or "")
        return {
            "source": self.hide("source", row.get("source")),
            "listing": listing if _KIND.fullmatch(listing) else self.hide("listing", listing),
            "scope": self.hide("scope", row.get("scope")),
            "permission": permission if _PERMISSION.fullmatch(permission) else "",
            "accepted": "accepted" if row.get("accepted") else "",
            **{key: row.get(key) for key in ("status", "visibility", "last_complete")},
        }


def _public(capability: str) -> bool:
    """Whether a capability is one of the catalog, by slug or by label, and so no name of anybody's."""
    known = catalog.capabilities()
    return capability in known or capability in {each.name for each in known.values()}
