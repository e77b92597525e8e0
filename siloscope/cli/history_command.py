"""`siloscope history`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import format_option, graph_of, place_options, show


@click.command("history")
@click.argument("asset")
@format_option
@place_options
def command(asset: str, form: str, config_file: Path, store_url: str | None) -> None:
    """Show how an asset or a tool changed from scan to scan, field by field.

    ASSET is an id, or a name that only one asset has.

    \b
    Example:
      siloscope history "Send invoices"
    """
    from siloscope.comparing import story
    from siloscope.errors import ConfigError, nearest

    with graph_of(config_file, store_url) as (_, store, graph):
        versions = store.versions(asset)
        named = [each.id for each in graph.assets if each.name == asset]
        if not versions and len(named) == 1:
            asset = named[0]
            versions = store.versions(asset)
        scans = store.scans()
    if not versions:
        if named:
            raise ConfigError(f'{len(named)} assets are called "{asset}": {", ".join(named[:5])}')
        known = [*(each.id for each in graph.assets), *(each.id for each in graph.tools)]
        raise ConfigError(f'nothing is or was called "{asset}"{nearest(asset, known)}')
    rows = story(versions, scans)
    document = {"schema": "siloscope/history/1", "id": asset, "changes": rows}
    show(form, document, rows, ("at", "scan", "change", "field", "before", "after"), "no history")
