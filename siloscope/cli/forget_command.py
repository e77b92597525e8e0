"""`siloscope forget`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from siloscope.cli.common import load_config, now, opened, place_options, plain, sure

if TYPE_CHECKING:
    from siloscope.forgetting import Forgotten


@click.command("forget")
@click.argument("source")
@click.argument("scope", required=False)
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@place_options
def command(source: str, scope: str | None, yes: bool, config_file: Path, store_url: str | None) -> None:
    """Retire a source, or one scope of it, that is no longer configured or reachable.

    A scan never removes what it could not look at: it stays, as stale, until it is forgotten here. Assets
    that other sources see as well stay. SCOPE is written as `siloscope coverage` prints it; scopes that
    were found in it go with it. The graph is published anew.

    \b
    Example:
      siloscope forget old-mlflow --yes
    """
    from siloscope.forgetting import forget

    config = load_config(config_file, store_url)
    with opened(config) as store:
        if not yes:
            click.echo(_sentence(forget(config, store, source, scope, now(), apply=False), "would go"), err=True)
            if not sure("Forget it?", "nothing was forgotten"):
                return
        done = forget(config, store, source, scope, now(), apply=True)
    click.echo(_sentence(done, "gone"))
    if any(each.name == source for each in config.sources):
        click.echo(f"{plain(source)} is still configured: the next scan that reaches it brings it back", err=True)


def _sentence(told: Forgotten, word: str) -> str:
    place = plain(told.source) + (f" {plain(told.scope)}" if told.scope is not None else "")
    stay = f"; {told.shared} stay, other slices show them too" if told.shared else ""
    return f"{place}: {told.slices} slices with {told.assets} assets {word}{stay}"
