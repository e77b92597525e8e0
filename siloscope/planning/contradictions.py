"""Why an estate has no plan: the smallest set of its rules that contradict each other, in words.

Rules are what people ask for and may take back: tools to retire, what may not move, seats, money, what a target has to
have shown. Without any of them everything may stay as it is, so that some of them contradict each other wherever there
is no plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from siloscope.planning.alternatives import solve_within
from siloscope.planning.estate import Estate
from siloscope.planning.smallest import headline, smallest
from siloscope.planning.solve import InfeasibleError
from siloscope.planning.state import Statement, state

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Case:
    """An estate and what is asked of its plan; `seated` are the tools whose seats count."""

    estate: Estate
    keep: frozenset[str]
    retire: frozenset[str]
    seated: frozenset[str]
    budget: float | None

    def stated(self) -> Statement:
        """Its problem, without the capacities of tools whose seats do not count."""
        found = state(self.estate, self.keep, self.retire)
        tools = [each if each.id in self.seated else replace(each, capacity=None) for each in found.problem.tools]
        return replace(found, problem=replace(found.problem, tools=tools))

    def possible(self, seconds: float) -> bool:
        """Whether there is any plan."""
        statement = self.stated()
        limits = statement.limits(self.budget, self.estate.assume.periods.budget)
        try:
            solve_within(statement.problem, limits, seconds)
        except InfeasibleError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as a sentence, and the case without it."""

    says: str
    dropped: Callable[[Case], Case]


def contradiction(
    estate: Estate, keep: Iterable[str], retire: Iterable[str], budget: float | None, seconds: float
) -> str:
    """The rules that contradict each other, a line each, and what stands against the places that are left."""
    seated = frozenset(each.id for each in estate.graph.tools if each.seats is not None)
    case = Case(estate, frozenset(keep), frozenset(retire), seated, budget)
    chosen, proven = _least(case, _rules(case), seconds)
    lines = [headline(proven), *(each.says for each in chosen)]
    return "\n  ".join([*lines, *_obstacles(case, chosen)])


def _rules(case: Case) -> list[Rule]:
    rules = case.estate.assume.rules
    found = [Rule(_retired(each), _without_retiring(each)) for each in sorted(case.retire)]
    if case.budget is not None:
        found.append(
            Rule(f"no more than {case.budget:,.0f} may be spent once", lambda each: replace(each, budget=None))
        )
    if waves := case.estate.assume.periods.budget:
        some = ", ".join(f"{each:,.0f}" for each in waves)
        found.append(Rule(f"waves may spend {some}, the last from then on (periods.budget)", _without_wave_money))
    found += [Rule(f"{each} has seats", _without_seats(each)) for each in sorted(case.seated)]
    found += [Rule(f"{each} may not move, by rule", _without("may_not_move", each)) for each in rules.may_not_move]
    found += [
        Rule(f"{each} stays apart, by rule", _without("departments_apart", each)) for each in rules.departments_apart
    ]
    found += [
        Rule(f"nothing moves into tools of {each}, by rule", _without("vendors_not_into", each))
        for each in rules.vendors_not_into
    ]
    if proven := case.estate.assume.proven:
        says = f"a target has carried at least {proven:g} of the assets it takes over (proven)"
        found.append(Rule(says, lambda each: _assuming(each, proven=0.0)))
    if where := rules.residency:
        found.append(Rule(f"what lies in {', '.join(where)} stays in it, by rule", _anywhere))
    entries = {each for tool in case.estate.graph.tools for each in case.estate.wanted(tool)}
    found += [
        Rule(f"a target of {each} offers {', '.join(case.estate.assume.features[each])} (features)", _featureless(each))
        for each in sorted(entries)
    ]
    return found


def _retired(tool: str) -> str:
    return f"{tool} is to be retired"


def _assuming(case: Case, **changes: object) -> Case:
    assume = replace(case.estate.assume, **changes)  # type: ignore[arg-type]  # entries by name
    return replace(case, estate=replace(case.estate, assume=assume))


def _without_retiring(tool: str) -> Callable[[Case], Case]:
    return lambda case: replace(case, retire=case.retire - {tool})


def _without_seats(tool: str) -> Callable[[Case], Case]:
    return lambda case: replace(case, seated=case.seated - {tool})


def _without_wave_money(case: Case) -> Case:
    return _assuming(case, periods=replace(case.estate.assume.periods, budget=()))


def _without(table: str, entry: str) -> Callable[[Case], Case]:
    def dropped(case: Case) -> Case:
        rules = case.estate.assume.rules
        left = tuple(each for each in getattr(rules, table) if each != entry)
        return _assuming(case, rules=replace(rules, **{table: left}))

    return dropped


def _anywhere(case: Case) -> Case:
    return _assuming(case, rules=replace(case.estate.assume.rules, residency=()))


def _featureless(entry: str) -> Callable[[Case], Case]:
    def dropped(case: Case) -> Case:
        return _assuming(case, features={k: v for k, v in case.estate.assume.features.items() if k != entry})

    return dropped


def _least(case: Case, rules: Sequence[Rule], seconds: float) -> tuple[list[Rule], bool]:
    """The fewest rules that leave no plan, as far as that was found out."""

    def impossible(some: Sequence[Rule]) -> bool:
        left = case
        for each in rules:
            if each not in some:
                left = each.dropped(left)
        return not left.possible(seconds)

    return smallest(rules, impossible)


def _obstacles(case: Case, chosen: Sequence[Rule]) -> list[str]:
    """For each tool of these rules that is to be retired: who may take over, and what stands against others."""
    statement, lines = case.stated(), []
    said = {each.says for each in chosen}
    chosen_to_go = [each for each in sorted(case.retire) if _retired(each) in said]
    for tool in chosen_to_go:
        what = ", ".join(sorted(case.estate.needed(case.estate.graph.tool[tool]))) or "what it does"
        against = {why.says for (a, _), why in statement.refused.items() if a == tool}
        near = sorted(each for each in against if "does not offer" not in each)
        open_ = {b: once.paid_once() for (a, b), once in statement.options.items() if a == tool}
        open_ = {b: money for b, money in open_.items() if b not in chosen_to_go}
        places = ", ".join(f"{b} for {money:,.0f} once" for b, money in sorted(open_.items())[:_SHOWN])
        says = f"may go to {places}" if open_ else "has nowhere to go"
        lines.append(f"({tool}, needed for {what}, {says}{': ' if near else ''}{'; '.join(near[:_SHOWN])})")
    return lines
