"""Waves: moves in the order of discovered dependencies, what pays most first, as much in each as people can do.

What others need moves first, or a temporary bridge is built to it where waiting would cost more; moves that depend on
each other in a circle go together. A tool is switched off in the wave of its last move or later, and saves from the end
of that wave, or from the end of a contract.
"""

from __future__ import annotations

from collections.abc import Sequence

from siloscope.errors import PlanError
from siloscope.graph.view import Graph
from siloscope.planning.assumptions import Assumptions
from siloscope.planning.moves import Leaving, Move, Schedule
from siloscope.planning.packing import too_many
from siloscope.planning.project import NoRoomError
from siloscope.planning.timetable import timetable
from siloscope.planning.work import CENT, Work, cents, off


class NoMoneyError(PlanError):
    """No order was found in which each tool that goes has a wave that can pay for it; `tools` are those in question.

    `proven` says that there is none, whatever else goes or stays.
    """

    def __init__(self, says: str, tools: Sequence[str], *, proven: bool) -> None:
        super().__init__(says)
        self.tools, self.proven = tuple(tools), proven


def schedule(
    graph: Graph,
    moves: Sequence[Move],
    leaving: Sequence[Leaving],
    assume: Assumptions,
    spare: float | None = None,
) -> Schedule:
    """Put every move, and the end of every tool, into a wave.

    The cost that is minimised is what tools cost until they are gone, and what temporary bridges cost, in money a month
    and wave. `spare` is the most that such bridges may cost, in money.

    Raises:
        NoMoneyError: No order was found in which a wave has the money for each tool.
    """
    work = Work.of(graph, moves, leaving, assume, spare)
    if not work.project.tasks:
        return Schedule({}, {}, 0, 0, 0, "optimal", {}, {})
    try:
        found = timetable(work.project, effort=2.0)
    except NoRoomError:
        raise _no_money(leaving, assume) from None
    wave = {asset: found.start[str(n)] + 1 for asset, n in work.group_of.items()}
    gone = {each.tool: found.start[off(each.tool)] + 1 for each in leaving}
    days = work.days(found.start)
    waits = work.waits(graph, found.start)
    return Schedule(wave, gone, max(days), found.cost, found.bound, found.status, days, waits, work.bridges(wave))


def _no_money(leaving: Sequence[Leaving], assume: Assumptions) -> NoMoneyError:
    """The tools that later waves cannot pay and earlier ones not together, where that is why there is no order."""
    budget = assume.periods.budget
    allowed = f"periods.budget allows {', '.join(f'{each:,.0f}' for each in budget)}, the last from then on"
    dear = {each.tool: cents(each.once) for each in leaving if cents(each.once) > cents(budget[-1])}
    tools = too_many(dear, [cents(each) for each in budget])
    lines = [f"  {each} takes {dear[each] / CENT:,.0f} once" for each in tools or sorted(dear)]
    says = (
        "no waves have the money for all of these" if tools else "no order was found that leaves money for all of these"
    )
    return NoMoneyError("\n".join([f"{says}; {allowed}:", *lines]), tools or sorted(dear), proven=bool(tools))
