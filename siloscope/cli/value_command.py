"""`siloscope value`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from siloscope.cli.common import at_option, format_option, graph_of, place_options, plain, show

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


def _notes(form: str, currencies: Iterable[str], lost: Sequence[dict[str, Any]]) -> None:
    """What the figures do not hold, on stderr."""
    if form == "json":
        return
    from siloscope.analysis.common import listed

    names = list(currencies)
    said = [f"the figures mix {' and '.join(names)}: give the sources a currency and rates"] if len(names) > 1 else []
    said += [
        f"a benefit of {each['about']} is not counted: nothing inventoried is called so"
        for each in lost
        if each["what"] == "a benefit"
    ]
    if billed := [each["about"] for each in lost if each["what"] == "a cost"]:
        said.append(f"nothing inventoried is called {listed(billed, 3)}; what they cost counts in their tools")
    for each in said:
        click.echo(plain(each), err=True)
