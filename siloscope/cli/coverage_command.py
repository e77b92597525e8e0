"""`siloscope coverage`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import format_option, graph_of, place_options, show


@click.command("coverage")
@click.option("--open", "only_open", is_flag=True, help="Only slices that are neither complete nor accepted gaps.")
@format_option
@place_options
def command(only_open: bool, form: str, config_file: Path, store_url: str | None) -> None:
    """Show the ledger: every slice, its status, the reason, the missing permission, and what was retired.

    \b
    Example:
      siloscope coverage --open --format csv
    """
    from siloscope.graph.view import coverage_rows

    with graph_of(config_file, store_url) as (_, _, graph):
        rows = coverage_rows(graph.incomplete() if only_open else graph.slices)
    columns = ("source", "listing", "scope", "status", "assets", "retirement", "permission", "reason")
    show(form, {"schema": "siloscope/coverage/1", "slices": rows}, rows, columns, "every slice is complete")
