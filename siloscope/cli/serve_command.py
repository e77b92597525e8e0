"""`siloscope serve`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import place_options, plan_option


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port; 0 takes a free one.")
@plan_option("Show this plan's moves on the map, wave by wave.")
@click.option("--title", default="Silo map", show_default=True, help="The map's title.")
@click.option("--open", "show", is_flag=True, help="Open the map in the browser.")
@place_options
def command(
    port: int, plan_file: Path | None, title: str, show: bool, config_file: Path, store_url: str | None
) -> None:
    """Serve the silo map on this machine, read-only, for estates too large for one file.

    The address holds a token; who has it sees the map. A reload shows the latest scan.

    \b
    Example:
      siloscope serve --open
    """
    from secrets import token_urlsafe

    from siloscope.analysis import findings
    from siloscope.cli.common import graph_of, load_config, opened, store_of
    from siloscope.planning.tracking import read_plan
    from siloscope.viz.drawing import documents
    from siloscope.viz.payload import Atlas
    from siloscope.viz.server import HOST, Live, serve

    plan = read_plan(plan_file) if plan_file else None
    config = load_config(config_file, store_url, required=False)

    def stamp() -> str:
        with opened(config) as store:
            scans = store.scans()
            return f"{scans[-1].id if scans else ''} {store.fingerprint()}"

    def read() -> Atlas:
        with graph_of(config_file, store_url) as (_, store, graph):
            found, shown, goal, _ = documents(graph, findings(graph, store.verdicts()), plan)
        return Atlas(found, shown, goal, title=title)

    # A fault of the configuration or the store is told now, and not to the browser.
    with store_of(config_file, store_url):
        pass
    server = serve(Live(stamp, read), token := token_urlsafe(24), port)
    address = f"http://{HOST}:{server.server_address[1]}/{token}/"
    click.echo(address)
    click.echo("Ctrl-C ends it.", err=True)
    if show:
        click.launch(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("", err=True)
    finally:
        server.server_close()
