"""`siloscope diff`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import format_option, graph_of, place_options, show


@click.command("diff")
@click.argument("before", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("after", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@format_option
@place_options
def command(before: Path, after: Path | None, form: str, config_file: Path, store_url: str | None) -> None:
    """Show what changed between two exported graphs, or between one and the store.

    \b
    Example:
      siloscope export --format json -o before.json && siloscope scan && siloscope diff before.json
    """
    from siloscope.comparing import compare, load

    old = load(before)
    if after:
        new = load(after)
    else:
        with graph_of(config_file, store_url) as (_, _, graph):
            new = graph.document()
    rows = compare(old, new)
    show(
        form, {"schema": "siloscope/diff/1", "changes": rows}, rows, ("what", "change", "id", "fields"), "no difference"
    )
