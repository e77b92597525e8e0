"""`siloscope init`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import place_options


@click.command("init")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@place_options
def command(force: bool, config_file: Path, store_url: str | None) -> None:
    """Write a commented siloscope.toml from what can be detected: AWS profiles, environment variables, local exports.

    \b
    Example:
      siloscope init && siloscope check
    """
    import os

    from siloscope.detecting import draft
    from siloscope.errors import ConfigError

    if config_file.exists() and not force:
        raise ConfigError(f"{config_file}: exists already; --force overwrites it")
    text, found = draft(config_file.parent, os.environ, Path.home(), store_url)
    config_file.parent.mkdir(parents=True, exist_ok=True)
    config_file.write_text(text, encoding="utf-8")
    for line in found:
        click.echo(f"found {line}")
    click.echo(f"wrote {config_file}; next: look it through, then `siloscope check`", err=True)
