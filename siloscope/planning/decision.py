"""What goes where in an estate: stated, solved within rules and budget, or told to be impossible."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from siloscope.errors import ConfigError, PlanError, nearest
from siloscope.graph.view import Graph
from siloscope.planning.alternatives import Limit, solve_within
from siloscope.planning.assumptions import Assumptions
from siloscope.planning.conflicts import explain
from siloscope.planning.estate import Estate
from siloscope.planning.solve import Answer, InfeasibleError
from siloscope.planning.state import NOWHERE, Statement, state


@dataclass(frozen=True, slots=True)
class Decision:
    """An estate, its problem and the answer; `goes` is the target of each tool that goes (None: nowhere)."""

    estate: Estate
    statement: Statement
    limits: Sequence[Limit]
    answer: Answer
    goes: Mapping[str, str | None]


def decide(
    graph: Graph,
    keep: Iterable[str],
    retire: Iterable[str],
    horizon: int,
    assume: Assumptions,
    budget: float | None = None,
    seconds: float = 60.0,
) -> Decision:
    """What goes where, proven as far as time allows; raises as `plan_graph`."""
    must_stay = _tool_ids(graph, [*keep, *assume.rules.keep])
    must_go = _tool_ids(graph, [*retire, *assume.rules.retire])
    if both := sorted(must_stay & must_go):
        raise PlanError(f"{both[0]} is to be kept and to be retired; drop one of the two rules")
    estate = Estate.of(graph, assume, horizon)
    statement = state(estate, must_stay, must_go)
    limits = [] if budget is None else [statement.budget(budget)]
    try:
        answer = solve_within(statement.problem, [], seconds)
    except InfeasibleError:
        raise PlanError(_impossible(estate, statement, must_go)) from None
    if any(not each.holds(answer) for each in limits):
        try:
            answer = solve_within(statement.problem, limits, seconds)
        except InfeasibleError:
            raise PlanError(_too_dear(statement, must_go, limits[0].most)) from None
    goes = {
        workload: None if target == NOWHERE else target for workload, target, _ in answer.shares if workload != target
    }
    return Decision(estate, statement, limits, answer, goes)


def _tool_ids(graph: Graph, names: Iterable[str]) -> set[str]:
    found = set()
    for name in names:
        if name not in graph.tool:
            raise ConfigError(f'no tool "{name}"{nearest(name, graph.tool)}; tool ids stand in `siloscope export`')
        found.add(name)
    return found


def _impossible(estate: Estate, statement: Statement, must_go: Collection[str]) -> str:
    """Why there is no plan, with what stands against each other tool."""
    lines = []
    for tool in sorted(must_go):
        open_ = {b for a, b in statement.options if a == tool} - set(must_go)
        if not open_:
            what = ", ".join(sorted(estate.needed(estate.graph.tool[tool]))) or "what it does"
            lines.append(f"{tool} is to be retired, but no other tool may take over {what}")
            near = {why.says for (a, _), why in statement.refused.items() if a == tool}
            near = {each for each in near if "does not offer" not in each}
            lines += [f"  {each}" for each in sorted(near)]
    return "\n".join(lines) or explain(statement.problem)


def _too_dear(statement: Statement, must_go: Collection[str], budget: float) -> str:
    """By how much a budget misses what must be retired."""
    least = min((each.paid_once() for (a, _), each in statement.options.items() if a in must_go), default=0.0)
    return f"the budget of {budget:,.0f} does not reach for what must be retired; one of them alone takes {least:,.0f}"
