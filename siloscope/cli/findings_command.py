"""`siloscope findings`, `findings accept`, `findings reject`, `findings reopen`, `findings labels`."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from siloscope.cli.common import at_option, format_option, graph_of, now, place_options, show
from siloscope.cli.findings_labels import labels, place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from siloscope.errors import ConfigError
    from siloscope.graph.store import Store
    from siloscope.graph.view import Graph
    from siloscope.model import Finding


def _number(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """NaN passes every range: nothing is less than it."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is no number")
    return value


@click.group("findings", invoke_without_command=True)
@click.option("--rule", "rules", metavar="R", multiple=True, help="Only this rule; may be repeated.")
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
    callback=_number,
    default=None,
    help="Only findings that score at least this; 0 lists everything scored.  [default: 0.5]",
)
@click.option(
    "--fail-on",
    "limits",
    metavar="RULE[:N]",
    multiple=True,
    help="Exit 1 when more than N (default 0) unaccepted findings of RULE pass the threshold.",
)
@at_option
@format_option
@place_options
@click.pass_context
def command(
    ctx: click.Context,
    rules: tuple[str, ...],
    min_score: float | None,
    limits: tuple[str, ...],
    at: str | None,
    form: str,
    config_file: Path,
    store_url: str | None,
) -> None:
    """List what was found, most valuable first, with the evidence behind `siloscope why ID`.

    \b
    Example:
      siloscope findings --rule duplicate-asset --min-score 0.8
      siloscope findings accept duplicate-asset-1a2b3c4d5e --reason "a demo copy"

    What was accepted or rejected is listed whatever it scores, unless --min-score is given; rejected ones last.
    """
    ctx.obj = (config_file, store_url)
    if ctx.invoked_subcommand:
        return
    from siloscope.analysis import RULES, THRESHOLD, findings, rows
    from siloscope.errors import ConfigError, nearest

    crossed = _limits(limits)
    for name in (*rules, *crossed):
        if name not in RULES:
            raise ConfigError(f'no rule "{name}"{nearest(name, RULES)}; there are {", ".join(RULES)}')
    least = THRESHOLD if min_score is None else min_score
    with graph_of(config_file, store_url, at) as (_, store, graph):
        found = [
            each
            for each in findings(graph, store.verdicts(), {*rules, *crossed} if rules else None)
            if each.score >= least or (min_score is None and each.state != "open")
        ]
    shown = [each for each in found if not rules or each.rule in rules]
    listed = rows(shown)
    show(
        form,
        {"schema": "siloscope/findings/1", "findings": listed},
        listed,
        ("id", "severity", "score", "title", "annual_saving", "coverage", "state"),
        "nothing found",
    )
    over = [
        name
        for name, most in crossed.items()
        if sum(each.rule == name and each.state == "open" for each in found) > most
    ]
    if over:
        click.echo(f"siloscope: more findings than allowed of {', '.join(over)}", err=True)
        sys.exit(1)


def _limits(texts: tuple[str, ...]) -> dict[str, int]:
    limits = {}
    for text in texts:
        rule, _, most = text.partition(":")
        if most and not most.isdigit():
            raise click.BadParameter(f"{text}: write RULE or RULE:N", param_hint="--fail-on")
        limits[rule] = int(most or 0)
    return limits


def _verdict(state: str, example: str) -> click.Command:
    command = state.removesuffix("ed")

    @click.command(
        command,
        help=f"""Remember that a person {state} this finding, and why; it keeps its verdict over scans.

        A verdict on duplicates is kept for every pair of assets in it, so that it outlives changes of the cluster:
        a rejected pair is not proposed again and holds no cluster together.

        \b
        Example:
          siloscope findings {command} duplicate-asset-1a2b3c4d5e --reason "{example}"
        """,
    )
    @click.argument("finding")
    @click.option("--reason", required=True, help="Why; shown beside the finding from now on.")
    @click.option("--pair", nargs=2, metavar="A B", help="Only these two assets of a duplicate finding, by id.")
    @place_options
    @click.pass_context
    def verdict(
        ctx: click.Context,
        finding: str,
        reason: str,
        pair: tuple[str, str] | None,
        config_file: Path,
        store_url: str | None,
    ) -> None:
        from siloscope.analysis.feedback import remember, said
        from siloscope.graph.store import Verdict
        from siloscope.redact import scrub_text

        at, reason = now(), scrub_text(reason)
        with graph_of(*place(ctx, config_file, store_url)) as (_, store, graph):
            meant = known(store, graph, finding)
            remember(store, said(meant, state, reason, at, pair or ()))
            if not pair:
                store.set_verdict(finding, Verdict(state, reason, at))
        click.echo(f"{finding}: {state}" + (f" for {pair[0]} and {pair[1]}" if pair else ""), err=True)

    return verdict


command.add_command(_verdict("accepted", "agreed, to be merged in spring"), "accept")
command.add_command(_verdict("rejected", "same name, another purpose"), "reject")
command.add_command(labels, "labels")


@command.command("reopen")
@click.argument("finding")
@place_options
@click.pass_context
def reopen(ctx: click.Context, finding: str, config_file: Path, store_url: str | None) -> None:
    """Forget what was said about a finding, and about its pairs of assets.

    \b
    Example:
      siloscope findings reopen duplicate-asset-1a2b3c4d5e
    """
    from siloscope.analysis.feedback import Feedback, forget

    with graph_of(*place(ctx, config_file, store_url)) as (_, store, graph):
        found = _found(store, graph)
        # A finding that was judged may have gone since; what was said about it can still be forgotten.
        if finding not in found and not Feedback.of(store.verdicts()).judged(finding):
            raise _unknown(finding, found)
        forget(store, finding, found[finding].pairs if finding in found else ())
    click.echo(f"{finding}: open", err=True)


def known(store: Store, graph: Graph, finding: str) -> Finding:
    """The finding of that id; raises `ConfigError` that names the nearest."""
    found = _found(store, graph)
    if finding not in found:
        raise _unknown(finding, found)
    return found[finding]


def _found(store: Store, graph: Graph) -> dict[str, Finding]:
    from siloscope.analysis import findings

    return {each.id: each for each in findings(graph, store.verdicts())}


def _unknown(finding: str, found: Iterable[str]) -> ConfigError:
    from siloscope.errors import ConfigError, nearest

    return ConfigError(f'no finding "{finding}"{nearest(finding, found)}; `siloscope findings` lists them')
