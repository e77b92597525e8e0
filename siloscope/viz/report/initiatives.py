"""The section on initiatives: how far they came, and what they lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from siloscope.analysis.common import many
from siloscope.analysis.controls import MET, MISSING, UNKNOWN, Check, checks, controls
from siloscope.analysis.initiatives import STAGES, Profile, funnel
from siloscope.graph.view import Graph
from siloscope.viz.report.blocks import Block, Cell, Plot, Section, Table, Text, percent
from siloscope.viz.report.charts import bars, grid

SHOWN = 30


def initiatives_section(graph: Graph, known: Sequence[Profile]) -> Section:
    """Funnel by department, readiness by initiative, and how each control stands in all of them."""
    if not known:
        return Section("initiatives", "From pilot to production", [Text("No model, endpoint or bot was found.")])
    stages = Counter(each.stage for each in known)
    slept = Counter(each.reached for each in known if each.stage == "dormant")
    passed = ", ".join(f"{stages[stage]} in {stage}" for stage in STAGES[:3])
    fell = ", ".join(f"{slept[stage]} after {stage}" for stage in STAGES[:3] if slept[stage])
    lead = f"{many(len(known), 'initiative')}: {passed}; {stages['dormant']} dormant" + (f" ({fell})." if fell else ".")
    checked = [(each, checks(graph, each)) for each in known]
    blocks: list[Block] = [Text(lead), _funnel(known), *_readiness(checked), _controls(checked)]
    return Section("initiatives", "From pilot to production", blocks)


def _funnel(known: Sequence[Profile]) -> Plot:
    rows = [(name, [float(counts[stage]) for stage in STAGES]) for name, counts in funnel(known).items()]
    rows.sort(key=lambda row: (-sum(row[1]), row[0]))
    svg = bars(rows, [(stage, stage) for stage in STAGES], "Initiatives by department and stage")
    lines = [(name, *(f"{count:.0f}" for count in counts)) for name, counts in rows]
    table = Table(("Department", *STAGES), lines, frozenset({1, 2, 3, 4}))
    return Plot(svg, "Initiatives by department and stage. Stages are read from evidence, not from names.", table)


def _readiness(checked: Sequence[tuple[Profile, tuple[Check, ...]]]) -> list[Block]:
    """The trained and hosted models that are on the way to production or in it, the least ready first."""
    wanted = [row for row in checked if row[0].kind != "bot" and row[0].reached != "experiment"]
    wanted.sort(key=lambda row: (-_count(row[1], MISSING), row[0].initiative.name, row[0].initiative.id))
    if not wanted:
        return []
    keys = [each.key for each in controls()]
    rows = []
    for profile, found in wanted[:SHOWN]:
        by_key = {each.control.key: each.status for each in found}
        rows.append((profile.initiative.name, profile.stage, [by_key.get(key) for key in keys]))
    svg = grid(rows, [each.name for each in controls()], STAGES[1:], "Controls by initiative")
    lines: list[Sequence[Cell]] = [
        (name, stage, *(sum(mark == status for mark in marks) for status in (MET, MISSING, UNKNOWN)))
        for name, stage, marks in rows
    ]
    table = Table(("Initiative", "Stage", "Met", "Missing", "Unknown"), lines, frozenset({2, 3, 4}))
    caption = "Controls of models: ● met, ✕ missing although something read could have shown it, ? unknown."
    more = len(wanted) - SHOWN
    rest = [Text(f"And {more} more; siloscope initiatives lists all.")] if more > 0 else []
    return [Plot(svg, caption, table), *rest]


def _count(found: Sequence[Check], status: str) -> int:
    return sum(each.status == status for each in found)


def _controls(checked: Sequence[tuple[Profile, tuple[Check, ...]]]) -> Table:
    """How each control stands in everything that is in production."""
    rows: list[Sequence[Cell]] = []
    running = [found for profile, found in checked if profile.stage == "production"]
    for control in controls():
        states = Counter(each.status for found in running for each in found if each.control.key == control.key)
        share = percent(states[MET] / states.total() if states.total() else None)
        rows.append((control.name, *(states[each] for each in (MET, MISSING, UNKNOWN)), share, control.clauses or "-"))
    columns = ("Control, in production", "Met", "Missing", "Unknown", "Share met", "Asked for by")
    return Table(columns, rows, frozenset({1, 2, 3, 4}))
