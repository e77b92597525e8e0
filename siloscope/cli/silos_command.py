"""`siloscope silos`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from siloscope.cli.common import at_option, format_option, graph_of, place_options, show

_COLUMNS = ("kind", "name", "verdict", "because", "assets", "inside", "on_others", "by_others", "partners", "coverage")
_PAIR = ("a", "b", "a_on_b", "b_on_a", "common_count", "tools", "candidates")


@click.command("silos")
@click.option(
    "--by",
    type=click.Choice(["tool", "department", "community", "all"]),
    default="department",
    show_default=True,
    help="What to judge.",
)
@click.option("--pairs", is_flag=True, help="Instead, every pair: what flows, what both read, what would join them.")
@at_option
@format_option
@place_options
def command(by: str, pairs: bool, at: str | None, form: str, config_file: Path, store_url: str | None) -> None:
    """Show how well each tool, department or community is integrated, and what would join those that are not.

    The verdict is isolated, weakly linked, integrated, or unknown where slices that were not read could refute it; with
    --format json the answer names these, and tells how far dependencies follow the organisation.

    \b
    Example:
      siloscope silos --by tool
      siloscope silos --pairs --format json
    """
    from siloscope.analysis.silos.bridges import pair_row, pairings
    from siloscope.analysis.silos.columns import UNITS
    from siloscope.analysis.silos.verdicts import report
    from siloscope.errors import ConfigError

    if pairs and by not in ("department", "community"):
        raise ConfigError(f"--pairs are of departments or of communities, not --by {by}")
    with graph_of(config_file, store_url, at) as (_, _, graph):
        if pairs:
            rows: list[dict[str, Any]] = [pair_row(each) for each in pairings(graph, by)]
            document: dict[str, Any] = {"schema": "siloscope/pairs/1", "by": by, "pairs": rows}
            shown: list[dict[str, Any]] = [{**each, "candidates": _first(each["candidates"])} for each in rows]
            show(form, document, shown, _PAIR, "fewer than two silos")
            return
        document = report(graph, UNITS if by == "all" else (by,))
    show(form, document, document["silos"], _COLUMNS, "no asset yet")


def _first(candidates: list[dict[str, Any]]) -> str:
    """The best candidate on one line."""
    return f"{candidates[0]['a']} + {candidates[0]['b']}" if candidates else ""
