"""`siloscope check`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from siloscope.cli.common import format_option, load_config, place_options, show


@click.command("check")
@click.option("--only", metavar="SOURCE", multiple=True, help="Check this source only; may be repeated.")
@format_option
@place_options
def command(only: tuple[str, ...], form: str, config_file: Path, store_url: str | None) -> None:
    """Probe every source's permissions without scanning: each listing is asked for its first answer only.

    Exit code 3 when something is missing.

    \b
    Example:
      siloscope check --only aws-prod
    """
    from siloscope.checking import probe
    from siloscope.scanner import chosen

    config = load_config(config_file, store_url)
    rows = [row for source in chosen(config, only) for row in probe(source)]
    bad = [row for row in rows if row["status"] != "ok"]
    shown = rows if form != "table" else bad
    show(
        form,
        {"schema": "siloscope/check/1", "probes": rows},
        shown,
        ("source", "listing", "scope", "status", "permission", "reason"),
        "all permissions are there",
    )
    if bad:
        sys.exit(3)
