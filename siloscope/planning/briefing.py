"""A wave as people need to know it: work, money, who depends on what moves, the way back, checks, who has to agree."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siloscope.graph.view import Graph
from siloscope.planning.decision import Decision
from siloscope.planning.moves import Leaving, Move


@dataclass(frozen=True, slots=True)
class Reach:
    """Who depends on what, for the blast radius of a wave."""

    graph: Graph
    needing: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, graph: Graph) -> Reach:
        """Read the dependencies once."""
        found: dict[str, set[str]] = defaultdict(set)
        for edge in graph.dependencies:
            needing, needed = edge.ends
            found[needed].add(needing)
        return cls(graph, {key: sorted(each) for key, each in found.items()})

    def blast(self, assets: Sequence[str]) -> dict[str, Any]:
        """What depends on these, over any number of steps: how many assets, in production, of which departments."""
        seen, todo = set(assets), list(assets)
        while todo:
            for name in self.needing.get(todo.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    todo.append(name)
        hit = [self.graph.asset[each] for each in sorted(seen - set(assets)) if each in self.graph.asset]
        departments: dict[str, int] = defaultdict(int)
        for each in hit:
            departments[each.department or "unassigned"] += 1
        return {
            "assets": len(hit),
            "production": sum(each.environment == "prod" for each in hit),
            "departments": dict(sorted(departments.items())),
        }


def waves(decision: Decision) -> list[dict[str, Any]]:
    """Every wave as the contract spells it."""
    reach = Reach.of(decision.estate.graph)
    return [_wave(decision, reach, number) for number in range(1, decision.times.count + 1)]


def _wave(decision: Decision, reach: Reach, number: int) -> dict[str, Any]:
    """A wave with what people need to start, to stop and to end it."""
    estate, graph, times = decision.estate, reach.graph, decision.times
    assume, waits = estate.assume, times.waits
    moves = [each for each in decision.moves if times.wave[each.asset] == number]
    leaving = [each for each in decision.leaving if times.off[each.tool] == number]
    bridges = [each for each in times.bridges if each.wave == number]
    months = assume.months_per_wave
    start = (number - 1) * months
    ways = sum(each.count for each in bridges)
    built = math.fsum(round(item.money, 2) for each in bridges for item in estate.temporary(each))
    moving = {each.asset for each in moves}
    exposed = {
        end
        for edge in graph.dependencies
        if (edge.source in moving) != (edge.target in moving)
        for end in (edge.source, edge.target)
    } & moving
    tools = sorted({t for each in moves for t in (each.origin, each.target)} | {each.tool for each in leaving})
    savings = {each.tool: max(start + months, each.contract_months) for each in leaving}
    return {
        "number": number,
        "start_month": start,
        "months": months,
        "moves": len(moves),
        "effort_days": round(math.fsum(each.effort_days for each in moves), 2),
        "other_days": round(math.fsum(each.days for each in leaving) + ways * assume.bridge_days, 2),
        "work_days": round(times.days.get(number, 0.0), 2),
        "days_available": round(assume.days_of(number), 2),
        "one_time_cost": round(math.fsum(each.once for each in leaving) + built, 2),
        "budget": assume.budget_of(number),
        "annual_saving": round(math.fsum(each.saving for each in leaving), 2),
        "saving_from_month": dict(sorted(savings.items())),
        "risk": round(len(exposed) / len(moves), 2) if moves else 0.0,
        "blast_radius": reach.blast(sorted(moving)),
        "tools_gone": sorted(each.tool for each in leaving),
        "waits": [f"{each}: {waits[each]}" for each in sorted(one.tool for one in leaving) if each in waits],
        "temporary_bridges": [
            f"{each.count} from what left {each.tool} to what leaves {each.to} in wave {each.until}" for each in bridges
        ],
        "rollback": _rollback(moves, leaving),
        "entry": _entry(moves, graph, number),
        "exit": _exit(moves, leaving),
        "agree": _agree(moving, tools, graph),
    }


def _rollback(moves: Sequence[Move], leaving: Sequence[Leaving]) -> str:
    if not leaving:
        return "every tool of this wave still runs: point consumers back, nothing is lost"
    gone = ", ".join(sorted(each.tool for each in leaving))
    return f"until {gone} is switched off, the last step of the wave" + (
        ", consumers can be pointed back" if moves else ""
    )


def _entry(moves: Sequence[Move], graph: Graph, number: int) -> list[str]:
    targets = sorted({each.target for each in moves})
    owners = sum(not graph.asset[each.asset].owner for each in moves)
    checks = [f"the team may write to {each}" for each in targets]
    checks += [f"{owners} assets without an owner have been given one"] if owners else []
    checks += [f"wave {number - 1} has met its exit checks"] if number > 1 else []
    return checks


def _exit(moves: Sequence[Move], leaving: Sequence[Leaving]) -> list[str]:
    checks = []
    if moves:
        checks.append(f"a scan shows all {len(moves)} assets in their targets, and every consumer pointing there")
    checks += [f"a scan finds nothing used in {each.tool}; it is switched off" for each in leaving]
    return checks


def _agree(moving: set[str], tools: Sequence[str], graph: Graph) -> list[str]:
    departments = {graph.asset[each].department for each in moving}
    departments |= {graph.tool[each].department for each in tools if each in graph.tool}
    return sorted(each for each in departments if each and each not in ("shared", "unassigned"))
