"""How well each tool, department and community is integrated: isolated, weakly linked, integrated, or unknown.

A link that was seen is there, whatever else was not read; that a link is missing rests on coverage. So *integrated* is
always said, while *isolated* and *weakly linked* become *unknown* where slices that were not read could refute them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from siloscope.analysis.common import Rests, many
from siloscope.analysis.silos.columns import UNITS, Columns, Units, columns
from siloscope.analysis.silos.isolation import linked
from siloscope.analysis.silos.organisation import Index, organisation
from siloscope.analysis.silos.structure import conductance, constraint, crossing, effective_size, undirected
from siloscope.graph.view import Graph
from siloscope.model import Slice

ISOLATED, WEAK, INTEGRATED, UNKNOWN = "isolated", "weakly linked", "integrated", "unknown"
FEW = 3  # links or partners: fewer are a weak link
THIN = 0.02  # a unit of which fewer of a hundred dependencies cross its border is weakly linked, whatever their number


@dataclass(frozen=True)
class Verdict:
    """What is said about one unit, and on what it rests.

    Attributes:
        kind: `tool`, `department` or `community`.
        name: Its id or name.
        verdict: `isolated`, `weakly linked`, `integrated` or `unknown`.
        because: Why, as a sentence.
        coverage: `complete`, `partial` or `unknown`.
        settle: The unread slices that would settle it; empty when it is settled.
        assets: Assets in it.
        inside: Dependencies between them.
        on_others: Its dependencies on other units.
        by_others: Dependencies of other units on it.
        partners: Number of other units it has a dependency with.
        e_i: (E - I) / (E + I) of its own dependencies; None without any.
        conductance: Share of its dependencies that cross its border, relative to the smaller side.
        constraint: Burt's constraint; None without ties, and for communities.
        effective_size: Borgatti's effective size; None likewise.
    """

    kind: str
    name: str
    verdict: str
    because: str
    coverage: str
    settle: tuple[Slice, ...]
    assets: int
    inside: int
    on_others: int
    by_others: int
    partners: int
    e_i: float | None
    conductance: float
    constraint: float | None
    effective_size: float | None


def verdicts(graph: Graph, kinds: Sequence[str] = UNITS) -> list[Verdict]:
    """A verdict for every tool, department and community that holds an asset, by kind and name."""
    rests, data = Rests(graph), columns(graph)
    return [each for kind in kinds for each in _verdicts(rests, data, data.units(kind))]


def _verdicts(rests: Rests, data: Columns, units: Units) -> list[Verdict]:
    import numpy as np

    links = data.links(units)
    ties = undirected(links)
    inner = links.diagonal()
    out, back = crossing(links)
    partners = np.diff(ties.indptr)
    holes = units.kind != "community"
    nothing = np.full(len(units.names), np.nan)
    tight, size = (constraint(ties), effective_size(ties)) if holes else (nothing, nothing)
    joined, border, sources = linked(data, units), conductance(links), data.sources(units)
    found = []
    for n in np.flatnonzero(units.sizes > 0).tolist():
        across = int(out[n] + back[n])
        verdict, because = _judged(bool(joined[n]), across, int(partners[n]), int(inner[n]), len(units.names))
        coverage, _ = rests.around(sources[n])
        settle: tuple[Slice, ...] = ()
        if verdict != INTEGRATED:
            settle = rests.settling(sources[n]) if coverage != "complete" else ()
            if coverage == "unknown":
                verdict, because = UNKNOWN, f"{because} so far, but not everything was looked at"
        whole = across + int(inner[n])
        found.append(
            Verdict(
                units.kind, units.names[n], verdict, because, coverage if verdict != INTEGRATED else "complete", settle,
                int(units.sizes[n]), int(inner[n]), int(out[n]), int(back[n]), int(partners[n]),
                round((across - int(inner[n])) / whole, 4) if whole else None, round(float(border[n]), 4),
                _number(tight[n]), _number(size[n]),
            )
        )  # fmt: skip
    return found


def _judged(joined: bool, crossing: int, partners: int, inside: int, units: int) -> tuple[str, str]:
    """The verdict and its reason, from what was seen."""
    if not joined:
        return ISOLATED, "no dependency joins it to any other"
    if not crossing:
        return WEAK, "it meets others only in something nobody scanned"
    links = many(crossing, "dependency", "dependencies")
    if crossing < FEW:
        return WEAK, f"only {links} with others"
    if partners == 1 and units > 2:
        return WEAK, f"all {links} are with one other"
    if crossing < THIN * (crossing + inside):
        return WEAK, f"{links} with others against {inside} inside"
    return INTEGRATED, f"{links} with {many(partners, 'other')}"


def _number(value: float) -> float | None:
    return None if value != value else round(float(value), 4)  # noqa: PLR0124 - NaN


def report(graph: Graph, kinds: Sequence[str] = UNITS) -> dict[str, Any]:
    """The document `siloscope/silos/1`: verdicts, and how far dependencies follow the organisation."""
    whole = organisation(graph)
    return {
        "schema": "siloscope/silos/1",
        "organisation": None
        if whole is None
        else {
            "ties": whole.ties,
            "departments": whole.departments,
            **{name: _index(getattr(whole, name)) for name in ("e_i", "assortativity", "modularity")},
        },
        "silos": [row(each) for each in verdicts(graph, kinds)],
    }


def _index(index: Index) -> dict[str, float]:
    return {"value": round(index.value, 4), "null": round(index.null, 4), "p": round(index.p, 4)}


def row(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON data; the slices that would settle it by source, listing and scope."""
    settle = [{"source": each.source, "listing": each.listing, "scope": each.scope} for each in verdict.settle]
    return {**vars(verdict), "settle": settle}
