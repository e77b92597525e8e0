"""`siloscope sources`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import format_option, place_options, show


@click.command("sources")
@format_option
@place_options
def command(form: str, config_file: Path, store_url: str | None) -> None:  # noqa: ARG001 - every command takes these
    """List what can be collected, and against what each collector was tested.

    \b
    Example:
      siloscope sources
    """
    from siloscope.collectors import collector, types

    rows = [
        {
            "type": kind,
            "title": found.title,
            "listings": len(found.listings),
            "options": sorted(found.options),
            "tested_against": found.tested,
        }
        for kind in types()
        if (found := collector(kind))
    ]
    show(
        form,
        {"schema": "siloscope/sources/1", "sources": rows},
        rows,
        ("type", "title", "listings", "tested_against"),
        "",
    )
