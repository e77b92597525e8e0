"""`siloscope diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from siloscope.cli.common import format_option, graph_of, place_options, show

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
    from siloscope.comparing import changes, figure_changes, findings_changes

    old, new = _graphs(before or "-1", after, config_file, store_url)
    was, now = _figures(old), _figures(new)
    rows = [*changes(old, new), *findings_changes(_findings(old), _findings(new))]
    document = {
        "schema": "siloscope/diff/1",
        "before": {"scan": {"id": old.scan_id, "at": old.scan_at}, "figures": was},
        "after": {"scan": {"id": new.scan_id, "at": new.scan_at}, "figures": now},
        "changes": rows,
    }
    listed = [*rows, *figure_changes(was, now)]
    show(form, document, listed, ("what", "change", "id", "title", "fields"), "no difference")


def _graphs(before: str, after: str | None, config_file: Path, store_url: str | None) -> tuple[Graph, Graph]:
    """Both sides; the store is opened only when a side is in it."""
    old = _exported(before)
    new = _exported(after) if after else None
    if old and new:
        return old, new
    with graph_of(config_file, store_url) as (_, store, graph):
        return old or store.graph(before), new or (store.graph(after) if after else graph)


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


def _findings(graph: Graph) -> list[dict[str, Any]]:
    """What is found by what lasts: use, which history does not keep, counts on neither side."""
    from siloscope.analysis import THRESHOLD, findings, rows
    from siloscope.graph.history import lasting_graph

    return rows(each for each in findings(lasting_graph(graph)) if each.score >= THRESHOLD)


def _figures(graph: Graph) -> dict[str, Any]:
    from siloscope.analysis.silos import fragmentation
    from siloscope.graph.history import figures

    return {**figures(graph), **fragmentation(graph)}
