"""`siloscope findings`, `findings accept`, `findings reject`, `findings reopen`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click.core import ParameterSource

from siloscope.cli.common import at_option, format_option, graph_of, now, place_options, show


@click.group("findings", invoke_without_command=True)
@click.option("--rule", "rules", metavar="R", multiple=True, help="Only this rule; may be repeated.")
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
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
      siloscope findings accept duplicate-asset-1a2b3c --reason "a demo copy"
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
            if each.score >= least
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


def _place(ctx: click.Context, config_file: Path, store_url: str | None) -> tuple[Path, str | None]:
    """`--config` and `--store` may stand before or after `accept`; the nearer one counts."""
    given = ctx.get_parameter_source("config_file") is ParameterSource.COMMANDLINE
    return config_file if given else ctx.obj[0], store_url or ctx.obj[1]


def _verdict(state: str) -> click.Command:
    @click.command(
        state.removesuffix("ed"),
        help=f"Remember that a person {state} this finding, and why; it keeps its verdict over scans.",
    )
    @click.argument("finding")
    @click.option("--reason", required=True, help="Why; shown beside the finding from now on.")
    @place_options
    @click.pass_context
    def verdict(ctx: click.Context, finding: str, reason: str, config_file: Path, store_url: str | None) -> None:
        from siloscope.analysis import findings
        from siloscope.errors import ConfigError, nearest
        from siloscope.graph.store import Verdict

        with graph_of(*_place(ctx, config_file, store_url)) as (_, store, graph):
            known = {each.id for each in findings(graph)}
            if finding not in known:
                raise ConfigError(f'no finding "{finding}"{nearest(finding, known)}; `siloscope findings` lists them')
            store.set_verdict(finding, Verdict(state, reason, now()))
        click.echo(f"{finding}: {state}", err=True)

    return verdict


command.add_command(_verdict("accepted"), "accept")
command.add_command(_verdict("rejected"), "reject")


@command.command("reopen")
@click.argument("finding")
@place_options
@click.pass_context
def reopen(ctx: click.Context, finding: str, config_file: Path, store_url: str | None) -> None:
    """Forget what was said about a finding."""
    with graph_of(*_place(ctx, config_file, store_url)) as (_, store, _graph):
        store.set_verdict(finding, None)
    click.echo(f"{finding}: open", err=True)
