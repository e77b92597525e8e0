"""An initiative as a row of the document `siloscope/initiatives/1`."""

from __future__ import annotations

from typing import Any

from siloscope.analysis.controls import MET, MISSING, UNKNOWN, checks
from siloscope.analysis.initiatives import Profile
from siloscope.graph.view import Graph


def row_of(graph: Graph, profile: Profile) -> dict[str, Any]:
    """The row: members by role, stage with its evidence, controls with theirs."""
    found = checks(graph, profile)
    return {
        "id": profile.initiative.id,
        "name": profile.initiative.name,
        "anchor": profile.initiative.anchor,
        "kind": profile.kind,
        "department": profile.department,
        "owners": list(profile.owners),
        "stage": profile.stage,
        "reached": profile.reached,
        "because": list(profile.because),
        "last": profile.last,
        "users": [each.id for each in profile.users],
        "roles": {role: list(keys) for role, keys in profile.initiative.roles.items()},
        **{status: [each.control.key for each in found if each.status == status] for status in (MET, MISSING, UNKNOWN)},
        "controls": [
            {
                "key": each.control.key,
                "name": each.control.name,
                "status": each.status,
                "says": each.says,
                "nist": list(each.control.nist),
                "iso": list(each.control.iso),
                "clauses": each.control.clauses,
            }
            for each in found
        ],
    }
