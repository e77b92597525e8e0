"""`siloscope history`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from siloscope.cli.common import format_option, place_options, show, store_of

if TYPE_CHECKING:
    from siloscope.graph.store import Store


@click.command("history")
@click.argument("asset")
@click.argument("other", required=False)
@format_option
@place_options
def command(asset: str, other: str | None, form: str, config_file: Path, store_url: str | None) -> None:
    """Show how an asset, a tool, a finding or an edge changed from scan to scan, field by field.

    ASSET is an id, or a name that only one asset has; with OTHER it is the edges between the two.

    \b
    Example:
      siloscope history "Send invoices"
      siloscope history churn-training s3://lake/churn
    """
    from siloscope.comparing import edge_story, story

    with store_of(config_file, store_url) as (_, store):
        scans = store.scans()
        if other is not None:
            asset, other = _meant(store, asset), _meant(store, other)
            rows = edge_story(store.links(asset, other), scans)
        else:
            versions = store.versions(asset)
            if not versions:
                asset = _meant(store, asset)
                versions = store.versions(asset)
            rows = story(versions, scans)
    document: dict[str, Any] = {"schema": "siloscope/history/1", "id": asset, "changes": rows}
    if other is not None:
        document["other"] = other
    columns = ("at", "scan", *(("edge",) if other is not None else ()), "change", "field", "before", "after")
    show(form, document, rows, columns, "no history")


def _meant(store: Store, text: str) -> str:
    """The id of what `text` names now, or named once."""
    from siloscope.errors import ConfigError

    found = store.find(text)
    if found.total == 1:
        return found.ids[0]
    if not found.total:
        if store.versions(text):
            return text
        raise ConfigError(f'nothing is or was called "{text}"')
    raise ConfigError(f'"{text}" may mean {found.total} things: {", ".join(found.ids)}')
