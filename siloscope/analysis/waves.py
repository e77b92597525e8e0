"""Waves: moves in the order of discovered dependencies, as much in each as the team can do.

What others need moves first; moves that depend on each other in a circle go together. A tool's saving
starts with the wave that moves its last asset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siloscope.graph.view import Graph


@dataclass(frozen=True, slots=True)
class Move:
    """One asset from one tool to another, and the days it takes."""

    asset: str
    origin: str
    target: str
    effort_days: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """Moves and waves as the contract `siloscope/plan/1` spells them."""

    moves: list[dict[str, Any]]
    waves: list[dict[str, Any]]


def schedule(
    graph: Graph, moves: Sequence[Move], days_per_wave: float, months_per_wave: int, savings: Mapping[str, float]
) -> Schedule:
    """Put every move into a wave. `savings` is the annual saving of each tool that goes."""
    order = _ordered(graph, moves)
    wave_of: dict[str, int] = {}
    number, used = 1, 0.0
    for group in order:
        effort = sum(each.effort_days for each in group)
        if used and used + effort > days_per_wave:
            number, used = number + 1, 0.0
        used += effort
        wave_of.update((each.asset, number) for each in group)
    last: dict[str, int] = dict.fromkeys(savings, 1)
    for each in moves:
        last[each.origin] = max(last.get(each.origin, 1), wave_of[each.asset])
    count = max([*wave_of.values(), *last.values()], default=0)
    return Schedule(
        [
            {"asset": m.asset, "from": m.origin, "to": m.target, "effort_days": m.effort_days, "wave": wave_of[m.asset]}
            for m in sorted(moves, key=lambda each: (wave_of[each.asset], each.asset))
        ],
        [
            _wave(n, [m for m in moves if wave_of[m.asset] == n], graph, months_per_wave, savings, last)
            for n in range(1, count + 1)
        ],
    )


def _ordered(graph: Graph, moves: Sequence[Move]) -> list[list[Move]]:
    """Groups of moves, needed ones first; a group is a circle of dependence, usually of one."""
    import networkx as nx

    by_asset = {each.asset: each for each in moves}
    needs = nx.DiGraph()
    needs.add_nodes_from(sorted(by_asset))
    for edge in graph.dependencies:
        if edge.source in by_asset and edge.target in by_asset:
            first, then = (edge.target, edge.source) if edge.verb.depends > 0 else (edge.source, edge.target)
            needs.add_edge(first, then)
    circles = nx.condensation(needs)
    members = circles.nodes(data="members")
    names = {node: min(group) for node, group in members}
    key = lambda node: (by_asset[names[node]].origin, names[node])  # noqa: E731 - the order of equals, used once
    return [
        [by_asset[asset] for asset in sorted(circles.nodes[node]["members"])]
        for node in nx.lexicographical_topological_sort(circles, key=key)
    ]


def _wave(
    number: int, moves: Sequence[Move], graph: Graph, months: int, savings: Mapping[str, float], last: Mapping[str, int]
) -> dict[str, Any]:
    touched: dict[str, int] = defaultdict(int)
    moving = {each.asset for each in moves}
    for edge in graph.dependencies:
        if (edge.source in moving) != (edge.target in moving):
            touched[edge.source if edge.source in moving else edge.target] += 1
    exposed = sum(touched[each] > 0 for each in moving)
    return {
        "number": number,
        "start_month": (number - 1) * months,
        "months": months,
        "moves": len(moves),
        "effort_days": round(sum(each.effort_days for each in moves), 2),
        "annual_saving": round(sum(saving for tool, saving in savings.items() if last[tool] == number), 2),
        "risk": round(exposed / len(moves), 2) if moves else 0.0,
        "tools_gone": sorted(tool for tool in savings if last[tool] == number),
    }
