"""`siloscope query`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import format_option, load_config, opened, place_options, show


@click.command("query")
@click.argument("text")
@format_option
@place_options
def command(text: str, form: str, config_file: Path, store_url: str | None) -> None:
    """Query the store, read-only: SQL on the embedded store, Cypher on Neo4j.

    \b
    Example:
      siloscope query "SELECT kind, count(*) AS assets FROM asset GROUP BY kind ORDER BY 2 DESC"
    """
    with opened(load_config(config_file, store_url, required=False)) as store:
        answer = store.query(text)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    show(form, {"columns": list(answer.columns), "rows": rows}, rows, answer.columns, "no rows")
