"""`siloscope learn`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from siloscope.cli.common import format_option, graph_of, now, place_options, show

if TYPE_CHECKING:
    from siloscope.analysis.learning import Learned
    from siloscope.graph.store import Store
    from siloscope.graph.view import Graph

_BACK = "siloscope learn --forget"


@click.command("learn")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--forget", is_flag=True, help="Go back to the weights that came with siloscope.")
@format_option
@place_options
def command(dry_run: bool, forget: bool, form: str, config_file: Path, store_url: str | None) -> None:
    """Learn anew what evidence of duplicates weighs, from what was accepted and rejected.

    With fewer than 20 labels on pairs of assets, or fewer than 5 of either kind, only the prior is estimated, from
    the estate itself. Nothing else ever changes a weight: scores do not drift from scan to scan.

    \b
    Example:
      siloscope learn --dry-run
      siloscope learn
      siloscope learn --forget
    """
    from siloscope.analysis.duplicates import shipped
    from siloscope.analysis.feedback import Feedback
    from siloscope.analysis.learning import changed, in_force, keep, relearn

    with graph_of(config_file, store_url) as (_, store, graph):
        if forget:
            if not dry_run:
                keep(store, None, now())
            count = "would count again; nothing was changed (--dry-run)" if dry_run else "count again"
            click.echo(f"the weights that came with siloscope {count}", err=True)
            return
        feedback = Feedback.of(store.verdicts())
        learned = relearn(graph, feedback.labels)
        before = in_force(feedback)[0]
        listed = changed(shipped(), learned)
        moved = _moved(graph, store, learned)
        if not dry_run:
            keep(store, learned, now())
    document = {
        "schema": "siloscope/learned/1",
        "from": learned.how,
        "same": learned.same,
        "different": learned.different,
        "right_before": learned.right[0],
        "right_after": learned.right[1],
        "findings_before": moved[0],
        "findings_after": moved[1],
        "kept": not dry_run,
        "weights": listed,
    }
    show(form, document, listed, ("term", "shipped", "learned", "factor"), "nothing learned")
    click.echo(f"learned from {learned.how}", err=True)
    if learned.same:
        told = learned.same + learned.different
        click.echo(
            f"right on the labels themselves: {learned.right[0]} of {told} before, {learned.right[1]} after", err=True
        )
    click.echo(f"duplicate findings: {moved[0]} before, {moved[1]} after", err=True)
    if before == learned.weights(shipped()):
        click.echo("these weights count already", err=True)
    click.echo("nothing was kept (--dry-run)" if dry_run else f"kept in the store; to go back: {_BACK}", err=True)


def _moved(graph: Graph, store: Store, learned: Learned) -> tuple[int, int]:
    """How many duplicate findings pass the default threshold with the weights in force and with those learned."""
    from dataclasses import asdict, replace

    from siloscope.analysis import THRESHOLD, duplicate_findings
    from siloscope.analysis.feedback import Feedback
    from siloscope.model import dumps

    feedback = Feedback.of(store.verdicts())
    after = replace(feedback, weights=dumps(asdict(learned)))
    counts = [sum(each.score >= THRESHOLD for each in duplicate_findings(graph, one)) for one in (feedback, after)]
    return counts[0], counts[1]
