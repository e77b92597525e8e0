"""`siloscope diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from siloscope.cli.common import format_option, place_options, show, store_of

if TYPE_CHECKING:
    from siloscope.graph.view import Graph


@click.command("diff", context_settings={"ignore_unknown_options": True})  # -1 is a scan, not an option
@click.argument("before", required=False)
@click.argument("after", required=False)
@format_option
@place_options
def command(before: str | None, after: str | None, form: str, config_file: Path, store_url: str | None) -> None:
    """Show what changed between two scans: tools, assets, edges, coverage, findings and figures.

    BEFORE and AFTER are each the id of a scan, a date (the last scan up to it), -1 (the one before the
    last), or a file written by `siloscope export --format json`. Without AFTER it is what is published
    now; without both, the last two scans are compared.

    \b
    Example:
      siloscope diff
      siloscope diff 2026-01-31 -1
      siloscope export --format json -o before.json && siloscope scan && siloscope diff before.json
    """
    from siloscope.comparing import figure_changes

    was, now, changes = _compared(before or "-1", after, config_file, store_url)
    document = {"schema": "siloscope/diff/1", "before": was, "after": now, "changes": changes}
    listed = [*changes, *figure_changes(was["figures"], now["figures"])]
    show(form, document, listed, ("what", "change", "id", "title", "fields"), "no difference")


def _compared(
    before: str, after: str | None, config_file: Path, store_url: str | None
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Both sides and what changed; the store is opened only when a side is in it."""
    from siloscope.comparing import changes, figures_in, figures_of, findings_changes, found_rows, scan_changes
    from siloscope.graph.history import chosen

    old = _exported(before)
    new = _exported(after) if after else None
    if not (old and new):
        with store_of(config_file, store_url) as (_, store):
            if not old and not new:
                first, last = (chosen(store.scans(), each) for each in (before, after or "-0"))
                sides = [_side(each.id, each.at, figures_of(store, each)) for each in (first, last)]
                return sides[0], sides[1], scan_changes(store, first, last)
            old, new = old or store.graph(before), new or store.graph(after)
    sides = [_side(each.scan_id, each.scan_at, figures_in(each)) for each in (old, new)]
    return sides[0], sides[1], [*changes(old, new), *findings_changes(found_rows(old), found_rows(new))]


def _side(scan: str, at: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {"scan": {"id": scan, "at": at}, "figures": figures}


def _exported(text: str) -> Graph | None:
    """The graph of a file; None when `text` names none."""
    from siloscope.comparing import load
    from siloscope.errors import ConfigError

    file = Path(text)
    if file.is_file():
        return load(file)
    if file.suffix or file.name != text:
        raise ConfigError(f"{text}: no such file")
    return None
