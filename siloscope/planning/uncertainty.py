"""How sure a plan is: its worth when the assumptions are drawn from their ranges, and what matters most.

Every amount is a product of a few factors (`Item.moves_with`), so that a draw changes factors and nothing has to be
stated anew. Draws are seeded: the same graph gives the same figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from siloscope.planning import greedy
from siloscope.planning.arcs import Arcs, Bools, Floats, Ints
from siloscope.planning.decision import Decision
from siloscope.planning.estate import Item
from siloscope.planning.state import renewal_month

_SEED = 7


@dataclass(frozen=True, slots=True)
class Draws:
    """Factors by name, each of shape (draws,); the first draw is the plan's own, all ones."""

    factor: Mapping[str, Floats]
    count: int

    def of(self, names: Iterable[str]) -> Floats:
        """The product of some factors."""
        product: Floats = np.ones(self.count)
        for name in names:
            product = np.multiply(product, self.factor.get(name, 1.0))
        return product

    def worth(self, items: Iterable[Item]) -> Floats:
        """Shape (draws,): the money of some items."""
        total = np.zeros(self.count)
        for each in items:
            total = total + each.money * self.of(each.moves_with)
        return total


def drawn(decision: Decision, count: int) -> Draws:
    """Triangular draws between the factors of `range`, the value itself most likely; costs tool by tool."""
    draw = np.random.default_rng(_SEED)
    ranges = decision.estate.assume.range
    shared = [each for each in sorted(ranges) if each not in ("annual_cost", "known_cost")]
    factor = {name: _triangular(draw, ranges[name], count) for name in shared}
    for tool in decision.estate.graph.tools:
        name = "annual_cost" if tool.annual_cost is None else "known_cost"
        factor[f"cost {tool.id}"] = _triangular(draw, ranges[name], count)
    return Draws(factor, count + 1)


def _triangular(draw: np.random.Generator, between: tuple[float, float], count: int) -> Floats:
    low, high = between
    rest = draw.triangular(low, 1.0, high, count) if high > low else np.ones(count)
    return np.concatenate([np.ones(1), rest])


@dataclass(frozen=True, slots=True)
class Priced:
    """What a decision costs in each draw: tools (draws, n), and work at its options (draws, arcs)."""

    names: Sequence[str]
    fixed: Floats
    tool: Ints
    work: Ints
    cost: Floats
    kept: Bools

    def total(self, chosen: frozenset[str]) -> Floats:
        """Shape (draws,): the cost over the horizon when these tools are kept; infinite where work has no place."""
        keep = np.array([each in chosen for each in self.names])
        per_work = np.full((len(self.fixed), int(self.work.max(initial=-1)) + 1), np.inf)
        for arc in np.flatnonzero(keep[self.tool]):
            work = self.work[arc]
            per_work[:, work] = np.minimum(per_work[:, work], self.cost[:, arc])
        total: Floats = np.add(self.fixed[:, keep].sum(axis=1), per_work.sum(axis=1))
        return total

    def best(self, draw: int, start: frozenset[str]) -> frozenset[str]:
        """The tools that a search from `start` keeps in one draw."""
        order = np.lexsort((self.tool, self.cost[draw], self.work))
        many = int(self.work.max(initial=-1)) + 1
        arcs = Arcs(
            self.fixed[draw],
            np.full(len(self.names), np.inf),
            np.ones(many),
            self.tool[order],
            self.work[order],
            self.cost[draw][order],
            self.kept,
            whole=True,
        )
        kept = np.array([each in start for each in self.names])
        found = greedy.improve(arcs, kept)
        return frozenset(self.names[int(n)] for n in np.flatnonzero(found))


def priced(decision: Decision, draws: Draws) -> Priced:
    """The problem of a decision in every draw; options that seats do not allow are left out one by one."""
    estate, problem = decision.estate, decision.statement.problem
    names = [each.id for each in problem.tools]
    number = {each: n for n, each in enumerate(names)}
    graph, years = estate.graph, estate.years
    own: dict[str, tuple[Floats, Floats]] = {}
    for tool in graph.tools:
        cost = estate.cost(tool) * draws.of([f"cost {tool.id}"])
        share = min(1.0, estate.follows(tool) / estate.cost(tool)) if estate.cost(tool) else 0.0
        follows = cost * np.minimum(1.0, share * draws.of(["follows"]))
        left = years - estate.assume.annuity(min(renewal_month(estate, tool), estate.horizon))
        own[tool.id] = ((cost - follows) * max(0.0, left), follows * years)
    fixed = np.array([own[each][0] if each in own else np.zeros(draws.count) for each in names]).T
    room = {c.id: np.inf if c.capacity is None else c.capacity for c in problem.tools}
    demand = {each.id: each.demand for each in problem.workloads}
    tool_, work, cost_ = [], [], []
    for n, workload in enumerate(problem.workloads):
        for target, _ in workload.options:
            if target == workload.id:
                money = own[target][1]
            elif (
                room[target] < demand[workload.id] + demand.get(target, 0.0)
                and decision.goes.get(workload.id) != target
            ):
                continue
            else:
                option = decision.statement.options[workload.id, target]
                money = draws.worth(option.once) + draws.worth(option.yearly) * years
            tool_.append(number[target])
            work.append(n)
            cost_.append(money)
    must = {each.id: each.must for each in problem.tools}
    short = decision.short  # money and time are not drawn: what they keep stays in every draw
    open_ = np.array([must[names[t]] != "retire" for t in tool_], dtype=bool)
    return Priced(
        names,
        fixed,
        np.array(tool_, dtype=np.int64)[open_],
        np.array(work, dtype=np.int64)[open_],
        np.array(cost_).T.reshape(draws.count, -1)[:, open_],
        np.array([must[each] == "keep" or each in short for each in names], dtype=bool),
    )


def flows(decision: Decision, draws: Draws) -> Floats:
    """Shape (draws, months): what the plan pays and saves each month."""
    estate = decision.estate
    step = estate.assume.months_per_wave
    money = np.zeros((draws.count, estate.horizon))
    for tool in decision.goes:
        found = estate.graph.tool[tool]
        start = (decision.times.off[tool] - 1) * step
        for wave, each in decision.once(tool):
            if (wave - 1) * step < estate.horizon:
                money[:, (wave - 1) * step] -= draws.worth([each])
        saved = estate.cost(found) * draws.of([f"cost {tool}"]) - draws.worth(decision.yearly(tool))
        money[:, max(start + step, renewal_month(estate, found)) :] += saved[:, None] / 12
    return money


def uncertainty(decision: Decision, others: Sequence[frozenset[str]], count: int) -> dict[str, Any]:
    """Percentiles of worth and payback, what matters most, how stable each fate is, and the plan of least regret.

    `others` are the kept tools of alternatives, which stand for least regret beside the plan and what draws chose.
    """
    draws = drawn(decision, count)
    assume = decision.estate.assume
    money = flows(decision, draws)
    worth = money @ _worth_now(decision)
    after = decision.times.count * assume.months_per_wave
    paid = (np.cumsum(money, axis=1) >= 0) & (np.arange(money.shape[1]) >= after)
    months = (
        np.where(paid.any(axis=1), paid.argmax(axis=1) + 1.0, np.inf)
        if money.shape[1]
        else np.full(draws.count, np.inf)
    )
    prices = priced(decision, draws)
    chosen = [prices.best(n, decision.answer.kept) for n in range(1, draws.count)]
    return {
        "samples": count,
        "seed": _SEED,
        "npv": _percentiles(worth[1:]),
        "payback_months": _percentiles(months[1:]) if decision.goes else None,
        "never_paid_back": round(float(np.isinf(months[1:]).mean()), 4) if decision.goes else 0.0,
        "tornado": _tornado(decision),
        "stability": _stability(decision, chosen),
        "least_regret": _regret(decision, prices, others, chosen),
    }


def _worth_now(decision: Decision) -> Floats:
    """Shape (months,): what a unit of money in each month is worth now."""
    found: Floats = decision.estate.assume.monthly ** -np.arange(decision.estate.horizon, dtype=float)
    return found


def _percentiles(values: Floats) -> dict[str, float | None]:
    points = np.percentile(values, [10, 50, 90], method="nearest")
    return {
        name: round(float(v), 2) if np.isfinite(v) else None
        for name, v in zip(("p10", "p50", "p90"), points, strict=True)
    }


def _tornado(decision: Decision) -> list[dict[str, Any]]:
    """The plan's worth when one assumption is at an end of its range and all others as they are, widest first."""
    rows: list[dict[str, Any]] = []
    tools = decision.estate.graph.tools
    for name, (low, high) in sorted(decision.estate.assume.range.items()):
        known = name == "known_cost"
        costs = [f"cost {t.id}" for t in tools if (t.annual_cost is None) != known]
        names = costs if name in ("annual_cost", "known_cost") else [name]
        factor = {each: np.array([low, high]) for each in names}
        money = flows(decision, Draws(factor, 2))
        worth = money @ _worth_now(decision)
        rows.append(
            {
                "name": name,
                "low": low,
                "high": high,
                "npv_low": round(float(worth[0]), 2),
                "npv_high": round(float(worth[1]), 2),
            }
        )
    return sorted(rows, key=lambda row: (-abs(row["npv_high"] - row["npv_low"]), row["name"]))


def _stability(decision: Decision, chosen: Sequence[frozenset[str]]) -> dict[str, float]:
    """For each tool the share of draws in which it stays or goes as the plan says."""
    kept = decision.answer.kept
    return {
        each.id: round(sum((each.id in one) == (each.id in kept) for one in chosen) / max(len(chosen), 1), 4)
        for each in decision.estate.graph.tools
    }


def _regret(
    decision: Decision, prices: Priced, others: Sequence[frozenset[str]], chosen: Sequence[frozenset[str]]
) -> dict[str, Any]:
    """Among plan, alternatives and what draws chose most often, the one that is never far from the best of them."""
    ranked = sorted(Counter(chosen).items(), key=lambda each: (-each[1], sorted(each[0])))
    pool: list[frozenset[str]] = list({decision.answer.kept: 0, **dict.fromkeys(others), **dict(ranked[:10])})
    cost = np.array([prices.total(each) for each in pool])
    regret = cost - cost.min(axis=0)
    worst = regret.max(axis=1)
    best = int(worst.argmin())
    return {
        "is_the_plan": best == 0,
        "worst_regret_of_the_plan": round(float(worst[0]), 2),
        "worst_regret": round(float(worst[best]), 2),
        "keeps_besides": sorted(pool[best] - pool[0]),
        "lets_go_besides": sorted(pool[0] - pool[best]),
        "compared": len(pool),
    }


__all__ = ["Draws", "drawn", "flows", "priced", "uncertainty"]
