"""`siloscope value`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from siloscope.cli.common import at_option, format_option, graph_of, place_options, show

_COLUMNS = {
    "initiative": ("name", "department", "cost", "benefit", "net", "roi", "payback_months", "npv"),
    "department": ("name", "own", "shared", "assumed", "cost"),
    "capability": ("name", "own", "shared", "assumed", "cost"),
    "tool": ("name", "source", "own", "shared", "assumed", "cost"),
}


@click.command("value")
@click.option("--by", type=click.Choice(list(_COLUMNS)), default="initiative", show_default=True, help="What is told.")
@at_option
@format_option
@place_options
def command(by: str, at: str | None, form: str, config_file: Path, store_url: str | None) -> None:
    """Show what things cost a year and what initiatives return; what no source says is not made up.

    `own` is billed to the thing itself, `shared` its part of what tools cost, `assumed` an estimate. Figures of
    initiatives are those of the likely case; --format json has the lowest and the highest.

    \b
    Example:
      siloscope value --by department
    """
    from siloscope.analysis.accounts import told, waiting
    from siloscope.analysis.value_costs import costs

    with graph_of(config_file, store_url, at) as (_, store, graph):
        paid = costs(graph)
        rows = told(graph, paid, by)
        lost = [] if at else waiting(graph, (row.item for row in store.live()))
    document = {
        "schema": "siloscope/value/1",
        "by": by,
        "currencies": list(paid.currencies),
        "rows": rows,
        "unmet": lost,
    }
    show(form, document, rows, _COLUMNS[by], "no source says what anything costs")
    _notes(form, paid.currencies, lost)


def _notes(form: str, currencies: Iterable[str], lost: Iterable[dict[str, Any]]) -> None:
    """What the figures do not hold, on stderr."""
    if form == "json":
        return
    names = list(currencies)
    if len(names) > 1:
        click.echo(f"the figures mix {' and '.join(names)}: give the sources a currency and rates", err=True)
    told = list(lost)
    for each in [row for row in told if row["what"] == "a benefit"]:
        click.echo(f"a benefit of {each['about']} is not counted: nothing inventoried is called so", err=True)
    billed = [row for row in told if row["what"] == "a cost"]
    if billed:
        shown = ", ".join(row["about"] for row in billed[:3])
        more = f" and {len(billed) - 3} more" if len(billed) > 3 else ""
        click.echo(f"nothing inventoried is called {shown}{more}; what they cost counts in their tools", err=True)
