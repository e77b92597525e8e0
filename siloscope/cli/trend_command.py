"""`siloscope trend`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from siloscope.cli.common import format_option, place_options, show, store_of

_COLUMNS = (
    "scan",
    "at",
    "assets",
    "tools",
    "resolution",
    "coverage",
    "fragmentation_index",
    "crossing_share",
    "effective_tools",
    "findings",
    "annual_cost",
)


@click.command("trend")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="How many scans to show, up to the latest.",
)
@format_option
@place_options
def command(last: int, form: str, config_file: Path, store_url: str | None) -> None:
    """Show the headline figures from scan to scan: size, resolution, coverage, fragmentation, findings and cost.

    Fragmentation is told by its index (docs/report.md) and two figures: the crossing share, the part of all
    dependencies that cross the border of a department, and the effective number of tools per capability.

    \b
    Example:
      siloscope trend --last 12
    """
    from siloscope.comparing import figures_of

    with store_of(config_file, store_url) as (_, store):
        rows = [
            {"scan": each.id, "at": each.at, "sources": list(each.sources), **figures_of(store, each)}
            for each in store.scans()[-last:]
        ]
    show(form, {"schema": "siloscope/trend/1", "scans": rows}, rows, _COLUMNS, "no scan yet")
    if form == "table" and sys.stdout.isatty():
        _plot(rows)


def _plot(rows: Sequence[Mapping[str, Any]]) -> None:
    """A line of bars a figure, each from its lowest to its highest value."""
    from siloscope.comparing import sparkline

    for name in _COLUMNS[2:]:
        click.echo(f"{name.replace('_', ' '):>15}  {sparkline([each.get(name) for each in rows])}")
