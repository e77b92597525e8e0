"""`siloscope map`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from siloscope.cli.common import at_option, emit, graph_of, place_options


@click.command("map")
@click.option(
    "-o", "--output", metavar="FILE", default="silo-map.html", show_default=True, help="Where to write; - is stdout."
)
@click.option(
    "--plan",
    "plan_file",
    metavar="PLAN.json",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Show this plan's moves on the map.",
)
@click.option(
    "--style",
    type=click.Choice(["archipelago", "network"]),
    default="archipelago",
    show_default=True,
    help="network: a small pyvis network for notebooks.",
)
@click.option("--title", default="Silo map", show_default=True, help="The map's title.")
@at_option
@place_options
def command(
    output: str,
    plan_file: Path | None,
    style: str,
    title: str,
    at: str | None,
    config_file: Path,
    store_url: str | None,
) -> None:
    """Write the interactive silo map: one HTML file that opens from disk and asks no network.

    \b
    Example:
      siloscope map -o silo-map.html
    """
    from siloscope.analysis import findings
    from siloscope.errors import ConfigError
    from siloscope.viz import render

    plan = None
    if plan_file:
        try:
            plan = json.loads(plan_file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ConfigError(f"{plan_file}: not JSON: {error}") from error
    with graph_of(config_file, store_url, at) as (_, store, graph):
        text = render(graph, findings(graph, store.verdicts()), plan, style=style, title=title)
    emit(text, output)
    if output != "-":
        click.echo(
            f"{output}: {len(graph.assets)} assets in {len(graph.tools)} tools, {len(text.encode()) / 1024:,.0f} KiB",
            err=True,
        )
