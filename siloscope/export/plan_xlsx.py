"""The plan as a workbook: native tables, totals as formulas over them, charts; names can never become formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from siloscope.export.waves import facts
from siloscope.times import normal

_MOST = 32_000  # characters in a cell
_FIGURES = (
    "start_month",
    "months",
    "moves",
    "effort_days",
    "other_days",
    "work_days",
    "days_available",
    "one_time_cost",
    "budget",
    "annual_saving",
)
# What the sheet of waves tells in words, by the names `facts` has for it.
_TOLD = (
    "tools gone",
    "saving from month",
    "not before",
    "temporary bridges",
    "depends on it",
    "way back",
    "to start",
    "to end",
    "have to agree",
)


def workbook(plan: Mapping[str, Any], file: Path) -> None:
    """Write the workbook."""
    import xlsxwriter

    # Strings stay strings: no formula, no link, no number is made of a name.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(file), options) as book:
        at = normal(plan["scan"]["at"]) or "2000-01-01T00:00:00Z"
        book.set_properties({"title": "Consolidation plan", "created": datetime.fromisoformat(at).replace(tzinfo=None)})
        _Book(book, plan).write()


class _Book:
    """One workbook while it is written: its formats, and a sheet a table."""

    def __init__(self, book: Any, plan: Mapping[str, Any]) -> None:
        self.book, self.plan = book, plan
        self.money = book.add_format({"num_format": "#,##0.00"})
        self.bold = book.add_format({"bold": True, "font_size": 14})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})

    def write(self) -> None:
        summary = self.book.add_worksheet("Summary")
        self._decided()
        self._when()
        self._how_sure()
        self.summary(summary)

    def _decided(self) -> None:
        plan = self.plan
        self.table("Money", ("tool", "target", "wave", "kind", "amount", "says", "source", "assumes"), [
            (r["tool"], r["target"], r["wave"], r["kind"], r["amount"], r["says"], r["source"], ", ".join(r["assumes"]))
            for r in plan["money"]
        ], money=("amount",), wide={"tool": 40, "target": 40, "says": 60, "assumes": 40})  # fmt: skip
        self.table("Tools", ("tool", "disposition", "target", "TIME", "technical", "functional", "because"), [
            (d["tool"], d["disposition"], d["target"], d["time"]["quadrant"], d["time"]["technical"],
             d["time"]["functional"], "; ".join(one["says"] for one in d["because"]))
            for d in plan["dispositions"]
        ], wide={"tool": 45, "target": 45, "because": 100})  # fmt: skip
        self.table("Reasons", ("tool", "disposition", "worth now", "says", "source", "assumes"), [
            (d["tool"], d["disposition"], one["weight"] or None, one["says"], one.get("source"),
             ", ".join(one.get("assumes", ())))
            for d in plan["dispositions"] for one in (*d["because"], *d["waits"])
        ], money=("worth now",), wide={"tool": 45, "says": 90, "assumes": 40})  # fmt: skip

    def _when(self) -> None:
        plan = self.plan
        head = "wave asset kind from to how effort_days"
        self.table("Moves", [*head.split(), "because", "not before", "id"], [
            (m["wave"], m["name"], m["kind"], m["from"], m["to"], m["treatment"], m["effort_days"],
             "; ".join(one["says"] for one in m["because"]), m["waits"], m["asset"])
            for m in plan["moves"]
        ], wide={"asset": 35, "from": 40, "to": 40, "because": 40, "not before": 40, "id": 60})  # fmt: skip
        self.table("Waves", ["wave", *_FIGURES, "linked to what stays", *_TOLD], [
            (w["number"], *(w[each] for each in _FIGURES), w["risk"], *map(dict(facts(w)).get, _TOLD))
            for w in plan["waves"]
        ], money=("one_time_cost", "budget", "annual_saving"), wide=dict.fromkeys(_TOLD, 45))  # fmt: skip
        self.table("Cash", ("month", "flow", "running"), [
            (n + 1, flow, round(total, 2))
            for n, (flow, total) in enumerate(zip(plan["cash_flow"], accumulate(plan["cash_flow"]), strict=True))
        ], money=("flow", "running"))  # fmt: skip

    def _how_sure(self) -> None:
        tornado = self.plan.get("uncertainty", {}).get("tornado", [])
        self.table("Sensitivity", ("assumption", "low", "high", "npv_low", "npv_high"), [
            (t["name"], t["low"], t["high"], t["npv_low"], t["npv_high"]) for t in tornado
        ], money=("npv_low", "npv_high"), wide={"assumption": 25})  # fmt: skip
        self.table("Assumptions", ("name", "value", "source", "used for"), [
            (a["name"], a["value"], a["source"], a["used_for"]) for a in self.plan["assumptions"]
        ], wide={"name": 25, "used for": 50})  # fmt: skip

    def table(
        self,
        name: str,
        head: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        money: Sequence[str] = (),
        wide: Mapping[str, int] | None = None,
    ) -> None:
        """A sheet with one native table; an empty one keeps a blank row, which tables need."""
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        columns = [{"header": each, **({"format": self.money} if each in money else {})} for each in head]
        last = max(len(rows), 1)
        sheet.add_table(
            0, 0, last, len(head) - 1, {"name": f"T{name}", "columns": columns, "style": "Table Style Light 9"}
        )
        for y, row in enumerate(rows, start=1):
            for x, value in enumerate(row):
                self._cell(sheet, y, x, value, self.money if head[x] in money else None)
        for x, each in enumerate(head):
            sheet.set_column(x, x, (wide or {}).get(each, 14))

    @staticmethod
    def _cell(sheet: Any, y: int, x: int, value: Any, form: Any) -> None:
        if value is None:
            sheet.write_blank(y, x, None, form)
        elif isinstance(value, int | float) and math.isfinite(value):
            sheet.write_number(y, x, value, form)
        else:
            sheet.write_string(y, x, clean(str(value)), form)

    def summary(self, sheet: Any) -> None:
        """Totals as formulas over the tables, each with the value the plan states, and the charts."""
        s, plan = self.plan["summary"], self.plan
        last = max(len(plan["money"]), 1) + 1
        amounts, kinds = f"Money!$E$2:$E${last}", f"Money!$D$2:$D${last}"
        saving, yearly, once = (f'SUMIF({kinds},"{kind}",{amounts})' for kind in ("saving", "yearly", "once"))
        rows = [
            ("annual cost now", None, s["annual_cost_now"]),
            ("annual cost after", f"=B3-{saving}+{yearly}", s["annual_cost_after"]),
            ("one-time cost", f"={once}", s["one_time_cost"]),
            ("saved a year", f"={saving}-{yearly}", round(s["annual_cost_now"] - s["annual_cost_after"], 2)),
            ("effort in days", f"=SUM(Moves!$G$2:$G${max(len(plan['moves']), 1) + 1})", _days(plan)),
            ("net present value", None, s["npv"]),
            ("objective", None, s["objective"]),
            ("bound", None, s["bound"]),
        ]
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 2, 20)
        sheet.freeze_panes(2, 1)
        sheet.write_string(0, 0, "Consolidation plan", self.bold)
        sheet.write_string(0, 1, clean(f"scan of {plan['scan']['at']}, {s['horizon_months']} months, {s['status']}"))
        sheet.write_string(1, 1, "recalculated")
        sheet.write_string(1, 2, "as in plan.json")
        for y, (name, formula, value) in enumerate(rows, start=2):
            sheet.write_string(y, 0, name)
            if formula:
                sheet.write_formula(y, 1, formula, self.money, value)
            else:
                sheet.write_number(y, 1, value, self.money)
            sheet.write_number(y, 2, value, self.money)
        payback = s["payback_months"]
        sheet.write_string(len(rows) + 2, 0, "paid back after months")
        self._cell(sheet, len(rows) + 2, 1, "not within the horizon" if payback is None else payback, None)
        self._charts(sheet)

    def _charts(self, sheet: Any) -> None:
        months = max(len(self.plan["cash_flow"]), 1)
        line = self.book.add_chart({"type": "line"})
        line.add_series(
            {"name": "saved less paid", "categories": ["Cash", 1, 0, months, 0], "values": ["Cash", 1, 2, months, 2]}
        )
        line.set_title({"name": "Savings, added up by month"})
        sheet.insert_chart("E2", line)
        waves = max(len(self.plan["waves"]), 1)
        column = self.book.add_chart({"type": "column"})
        column.add_series(
            {"name": "days", "categories": ["Waves", 1, 0, waves, 0], "values": ["Waves", 1, 6, waves, 6]}
        )
        column.set_title({"name": "Days of work by wave"})
        sheet.insert_chart("E18", column)


def _days(plan: Mapping[str, Any]) -> float:
    return round(math.fsum(each["effort_days"] for each in plan["moves"]), 2)


def clean(value: str) -> str:
    """Text that a workbook may hold: no control characters, no half surrogates, not too long."""
    plain = "".join(each if each.isprintable() or each == "\n" else " " for each in value)
    return plain[:_MOST]
