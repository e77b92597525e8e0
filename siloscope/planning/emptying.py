"""What it takes to empty a tool into another: money once and by the year, days of work.

What does not depend on the target is counted once for each tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from siloscope.model import Asset, Tool
from siloscope.planning.estate import Estate, Item, slug, unit


@dataclass(frozen=True, slots=True)
class Emptying:
    """A tool to be emptied: what moves, in how many days to the same product and to another, links inside its cloud."""

    estate: Estate
    tool: Tool
    held: Sequence[Asset]
    moved: Sequence[Asset]
    entries: Sequence[str]
    days_same: float
    days_other: float
    inside: int

    @classmethod
    def of(cls, estate: Estate, tool: Tool) -> Emptying:
        """Count what any target would have to take over."""
        moved = estate.moved(tool)
        entries = sorted({entry for each in moved for entry in estate.assume.effort_entries(each)})
        same, other = (
            round(sum(estate.move_days(each, factor) for each in moved), 2)
            for factor in (estate.assume.same_product, 1.0)
        )
        held = estate.held.get(tool.id, [])
        return cls(estate, tool, held, moved, entries, same, other, estate.inside(tool))

    def days(self, target: Tool | None) -> float:
        """Days to empty the tool into another (None: nowhere) and to switch it off."""
        return round((self._move_days(target) if target else 0.0) + self.last_days(target), 2)

    def last_days(self, target: Tool | None) -> float:
        """Days to switch the tool off, and to bridge what then crosses clouds."""
        assume = self.estate.assume
        return assume.decommission_days + self._bridges(target) * assume.bridge_days

    def once(self, target: Tool | None) -> list[Item]:
        """What emptying the tool into another (None: nowhere) costs once, item by item."""
        assume = self.estate.assume
        items = list(self._moving(target)) if target and self.held else []
        if self.held and assume.dual_running_months:
            months = assume.dual_running_months
            dual = self.estate.cost(self.tool) * months / 12
            says, drivers = f"both tools run for {months:g} months", ("dual_running_months", f"cost {self.tool.id}")
            items.append(Item(says, dual, "assumed", ("dual_running_months",), drivers))
        says = f"switching it off takes {assume.decommission_days:g} days"
        rests = ("decommission_days", "day_rate")
        items.append(Item(says, assume.decommission_days * assume.day_rate, "assumed", rests, ("day_rate",)))
        return items

    def yearly(self, target: Tool | None) -> list[Item]:
        """What the work costs a year at a target (None: nowhere): what follows it, and its bridges."""
        if target is None or not self.held:
            return []
        estate, assume = self.estate, self.estate.assume
        share, entry = assume.share_that_follows(unit(self.tool))
        says, drivers = f"{share:.0%} of its cost goes along with the work", ("follows", f"cost {self.tool.id}")
        items = [Item(says, estate.follows(self.tool), "assumed", (entry,), drivers)]
        if count := self._bridges(target):
            says = f"{count} bridges between clouds run at {assume.bridge_annual:,.0f} a year"
            items.append(Item(says, count * assume.bridge_annual, "assumed", ("bridge_annual",)))
        return items

    def _same(self, target: Tool) -> bool:
        return slug(self.tool) == slug(target)

    def _move_days(self, target: Tool) -> float:
        return self.days_same if self._same(target) else self.days_other

    def _bridges(self, target: Tool | None) -> int:
        """Dependencies that stay within one cloud today and would cross clouds from a target."""
        zones = self.estate.zones
        return self.inside if target and zones.get(self.tool.id) != zones.get(target.id) else 0

    def _moving(self, target: Tool) -> Iterator[Item]:
        """Moves, bridges and training."""
        assume, rate, same = self.estate.assume, self.estate.assume.day_rate, self._same(target)
        days, archived = self._move_days(target), len(self.held) - len(self.moved)
        how = "to the same product" if same else "to another product"
        rest = f"; {archived} unused ones are archived" if archived else ""
        says = f"{len(self.moved)} assets move {how}{rest}: {days:g} days at {rate:,.0f}"
        more = (*(("same_product",) if same else ()), *(("dormant_days",) if rest else ()))
        yield Item(says, days * rate, "assumed", (*self.entries, *more, "day_rate"), ("effort_days", "day_rate"))
        if count := self._bridges(target):
            says = f"{count} dependencies would cross clouds: {assume.bridge_days:g} days each"
            rests = ("bridge_days", "day_rate")
            yield Item(says, count * assume.bridge_days * rate, "assumed", rests, rests)
        users, source = self.estate.users(self.tool)
        if not same and users:
            says = f"{users:g} users ({source}) learn another product: {assume.training_days:g} days each"
            assumed = ("training_days", "day_rate", *(("users",) if source == "assumed" else ()))
            yield Item(says, users * assume.training_days * rate, "assumed", assumed, ("training_days", "day_rate"))
