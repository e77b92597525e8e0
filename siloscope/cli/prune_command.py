"""`siloscope prune`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from siloscope.cli.common import place_options, store_of, sure

if TYPE_CHECKING:
    from siloscope.graph.history import Pruned


@click.command("prune")
@click.option(
    "--keep",
    metavar="SPAN",
    default="24m",
    show_default=True,
    help="How far back to remember, from the last scan: 90d, 24m or 5y.",
)
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can be asked.")
@place_options
def command(keep: str, yes: bool, config_file: Path, store_url: str | None) -> None:
    """Forget scans before a time, and the versions and tombstones that only they knew.

    What is published now, and every scan that is kept, stays as it is. The span counts back from the last scan.

    \b
    Example:
      siloscope prune --keep 24m --yes
    """
    from siloscope.errors import ConfigError
    from siloscope.times import before

    with store_of(config_file, store_url) as (_, store):
        limit = before(store.scans()[-1].at, keep)
        if limit is None:
            raise ConfigError(f'--keep "{keep}": a number and d, m or y, such as 90d, 24m or 5y')
        would = store.prune(limit, apply=False)
        if not (would.forgotten or would.versions or would.observations or would.slices):
            click.echo(f"nothing is older than {limit}", err=True)
            return
        if not yes:
            click.echo(_sentence(would, "would go"), err=True)
            if not sure("Forget them?", "nothing was forgotten"):
                return
        done = store.prune(limit)
    click.echo(_sentence(done, "gone"))


def _sentence(told: Pruned, word: str) -> str:
    from siloscope.analysis.common import many

    first = f", the first of {told.kept[0].at}" if told.kept else ""
    gone = (
        many(len(told.forgotten), "scan"),
        many(told.versions, "version"),
        many(told.observations, "tombstone"),
        many(told.slices, "ended slice"),
    )
    return f"{', '.join(gone)} {word}; {many(len(told.kept), 'scan')} kept{first}"
