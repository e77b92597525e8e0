"""`siloscope export`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import at_option, graph_of, output_option, place_options


@click.command("export")
@click.option(
    "--format",
    "form",
    required=True,
    metavar="F",
    help="json, ndjson, csv, parquet, graphml, gexf, archimate, cyclonedx, backstage or openlineage.",
)
@output_option
@at_option
@place_options
def command(form: str, output: str, at: str | None, config_file: Path, store_url: str | None) -> None:
    """Write the graph for other tools; csv and parquet write a folder.

    \b
    Example:
      siloscope export --format json -o graph.json
    """
    from siloscope.export import write

    with graph_of(config_file, store_url, at) as (_, _, graph):
        write(graph, form, output)
