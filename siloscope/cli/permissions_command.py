"""`siloscope permissions`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import load_config, place_options


@click.command("permissions")
@click.argument("source")
@place_options
def command(source: str, config_file: Path, store_url: str | None) -> None:
    """Print the least-privilege policy of SOURCE (a configured name, or a type), generated from its listings.

    \b
    Example:
      siloscope permissions aws
    """
    from siloscope.collectors import collector, types
    from siloscope.errors import ConfigError, nearest

    kinds = types()
    named = {}
    if config_file.exists():
        named = {each.name: each.type for each in load_config(config_file, store_url).sources}
    kind = named.get(source, source)
    if kind not in kinds:
        raise ConfigError(f'no source and no type "{source}"{nearest(source, [*named, *kinds])}')
    click.echo(collector(kind).permissions())
