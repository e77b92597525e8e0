"""`siloscope doctor`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from siloscope.cli.common import format_option, load_config, opened, place_options, show

COLUMNS = ("level", "check", "subject", "count", "says", "do")


@click.command("doctor")
@format_option
@place_options
def command(form: str, config_file: Path, store_url: str | None) -> None:
    """Examine the store and the ledger: what is broken, what waits for a decision, and what to do.

    Looks at the store's integrity, dangling dependencies, missing tools, held and stale slices, holes in the
    coverage, expired accepted gaps, wrong clocks, references that wait for a source, and unknown products.
    Changes nothing. Exit code 3 when something is broken or needs attention; notes do not count.

    \b
    Example:
      siloscope doctor --format json
    """
    from dataclasses import asdict

    from siloscope.doctor import examine

    config = load_config(config_file, store_url, required=False)
    with opened(config) as store:
        problems = examine(store, config)
    rows = [asdict(each) for each in problems]
    show(
        form,
        {"schema": "siloscope/doctor/1", "store": config.store, "problems": rows},
        rows,
        COLUMNS,
        "all is well",
    )
    if any(each.level != "note" for each in problems):
        sys.exit(3)
