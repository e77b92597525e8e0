"""`siloscope map`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import at_option, emit, graph_of, place_options, plan_option


@click.command("map")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="silo-map.html",
    show_default=True,
    help="Where to write; the ending says what: .html, .svg or .png. - is stdout.",
)
@plan_option("Show this plan's moves on the map, wave by wave.")
@click.option("--since", metavar="SCAN", help="Show what changed since this scan: an id, a date, or -1.")
@click.option(
    "--style",
    type=click.Choice(["archipelago", "network"]),
    default="archipelago",
    show_default=True,
    help="network: a small pyvis network for notebooks.",
)
@click.option("--title", default="Silo map", show_default=True, help="The map's title.")
@click.option("--redact", is_flag=True, help="Hash all names and keep the structure, for sharing outside.")
@click.option("--open", "show", is_flag=True, help="Open the map in the browser.")
@at_option
@place_options
def command(
    output: str,
    plan_file: Path | None,
    since: str | None,
    style: str,
    title: str,
    redact: bool,
    show: bool,
    at: str | None,
    config_file: Path,
    store_url: str | None,
) -> None:
    """Write the interactive silo map: one HTML file that opens from disk and asks no network.

    \b
    Example:
      siloscope map -o silo-map.html
      siloscope map -o silo-map.svg
    """
    from siloscope.analysis import findings
    from siloscope.planning.tracking import read_plan
    from siloscope.viz import draw, render

    form = _form(output, style, plan_file, since)
    plan = read_plan(plan_file) if plan_file else None
    with graph_of(config_file, store_url, at) as (_, store, graph):
        found = findings(graph, store.verdicts())
        if form != "html":
            data = draw(graph, found, form, title=title, redact=redact)
        else:
            before = store.graph(since) if since else None
            page = render(graph, found, plan, style=style, title=title, before=before, redact=redact)
            data = page.encode()
    _write(data, output)
    if output != "-":
        size = f"{len(graph.assets)} assets in {len(graph.tools)} tools, {len(data) / 1024:,.0f} KiB"
        click.echo(f"{output}: {size}", err=True)
        if show:
            click.launch(str(Path(output).resolve()))


def _form(output: str, style: str, plan_file: Path | None, since: str | None) -> str:
    """html, svg or png, by the ending; only the archipelago shows a plan or changes, and pictures show its overview."""
    from siloscope.errors import ConfigError

    form = Path(output).suffix.lower().lstrip(".")
    if form not in ("", "htm", "html", "svg", "png"):
        raise ConfigError(f"{output}: a map is written as .html, .svg or .png")
    if form in ("svg", "png") and (style != "archipelago" or plan_file or since):
        raise ConfigError(f"{output}: a picture shows the overview only; --plan, --since and --style need .html")
    if style == "network" and (plan_file or since):
        raise ConfigError("the network style shows neither a plan nor changes; use --style archipelago")
    return form if form in ("svg", "png") else "html"


def _write(data: bytes, output: str) -> None:
    if output == "-" or not output.lower().endswith(".png"):
        emit(data.decode(), output)
        return
    file = Path(output)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
