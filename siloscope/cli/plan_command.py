"""`siloscope plan`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from siloscope.cli.common import graph_of, place_options, plain

if TYPE_CHECKING:
    from siloscope.graph.view import Graph

_FARTHEST = 1200  # months; cash flows hold each of them for each draw


def _number(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    """NaN compares with nothing, so that no range keeps it out."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is not a number")
    return value


def _months(_context: click.Context, _option: click.Parameter, text: str) -> int:
    """`36m`, `3y` or `36` as months."""
    found = re.fullmatch(r"([0-9]{1,9})([my]?)", text)
    months = int(found[1]) * (12 if found[2] == "y" else 1) if found else 0
    if not months:
        raise click.BadParameter(f"{text[:40]}: write months, as in 36m")
    if months > _FARTHEST:
        raise click.BadParameter(f"{text}: at most {_FARTHEST // 12} years")
    return months


@click.command("plan")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("plan"),
    show_default=True,
    help="Folder to write into.",
)
@click.option("--keep", metavar="TOOL", multiple=True, help="Keep this tool; may be repeated.")
@click.option("--retire", metavar="TOOL", multiple=True, help="Retire this tool; may be repeated.")
@click.option(
    "--horizon",
    metavar="MONTHS",
    callback=_months,
    default="36m",
    show_default=True,
    help="How far ahead costs and savings count, as in 36m.",
)
@click.option(
    "--problem",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Solve this stated problem instead of the graph.",
)
@click.option(
    "--budget",
    metavar="MONEY",
    type=click.FloatRange(min=0),
    callback=_number,
    help="The most that may be spent once.",
)
@click.option(
    "--people",
    metavar="N",
    type=click.FloatRange(min=0.1, max=1_000_000),
    callback=_number,
    help="Who migrate at the same time.",
)
@click.option(
    "--assume",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your assumptions (TOML), laid over the built-in ones.",
)
@click.option(
    "--alternatives",
    metavar="K",
    type=click.IntRange(min=0, max=20),
    default=3,
    show_default=True,
    help="How many next best plans to tell.",
)
@click.option(
    "--samples",
    metavar="N",
    type=click.IntRange(min=0, max=10_000),
    default=200,
    show_default=True,
    help="How many draws of the assumptions the figures on uncertainty rest on; 0 leaves them out.",
)
@click.option(
    "--against",
    metavar="PLAN.json",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Compare the last scan with this plan instead of making a new one.",
)
@click.option(
    "--time-limit",
    "seconds",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1),
    callback=_number,
    default=60.0,
    show_default=True,
    help="How long to look for a proof; then the best plan and bound found are told.",
)
@place_options
def command(
    output: Path,
    keep: tuple[str, ...],
    retire: tuple[str, ...],
    horizon: int,
    config_file: Path,
    store_url: str | None,
    **options: Any,
) -> None:
    """Write the consolidation plan: which tools to keep, what moves where, in which waves, for what money.

    \b
    Example:
      siloscope plan -o plan --keep mlflow:mlflow.risk.example
      siloscope plan -o what-if --budget 50000 --horizon 24m
      siloscope plan --against plan/plan.json
    """
    if options["problem"]:
        _stated(options["problem"], output, keep, retire, options["seconds"])
        return
    with graph_of(config_file, store_url) as (_, _, graph):
        if options["against"]:
            _against(graph, options["against"], output)
            return
        plan = _planned(graph, keep, retire, horizon, options)
    from siloscope.export.plans import write_plan
    from siloscope.planning.tracking import going

    files = write_plan(plan, graph, output)
    summary = plan["summary"]
    gone = len(going(plan))
    moves, waves = len(plan["moves"]), len(plan["waves"])
    click.echo(f"{gone} of {len(plan['dispositions'])} tools go, {moves} assets move in {waves} waves")
    now, after, once = (summary[key] for key in ("annual_cost_now", "annual_cost_after", "one_time_cost"))
    click.echo(f"a year now {now:,.0f}, after {after:,.0f}, once {once:,.0f}")
    most = summary["most_days"]
    size = "" if most is None else f" of plans of at most {most:g} days of work (more is worth less in the time)"
    click.echo(f"{summary['status']}, gap {summary['gap']:.2%}{size}; worth {summary['npv']:,.0f} now")
    click.echo("wrote " + ", ".join(str(each) for each in files), err=True)


def _planned(
    graph: Graph, keep: tuple[str, ...], retire: tuple[str, ...], horizon: int, options: Mapping[str, Any]
) -> dict[str, Any]:
    from dataclasses import replace

    from siloscope.planning.assumptions import defaults, load
    from siloscope.planning.consolidation import plan_graph

    assume = load(options["assume"]) if options["assume"] else defaults()
    if options["people"]:
        periods = replace(assume.periods, people=())
        assume = replace(assume, people=options["people"], periods=periods, given=assume.given | {"people"})
    return plan_graph(
        graph,
        keep=keep,
        retire=retire,
        horizon_months=horizon,
        assume=assume,
        budget=options["budget"],
        alternatives=options["alternatives"],
        samples=options["samples"],
        seconds=options["seconds"],
    )


def _against(graph: Graph, file: Path, output: Path) -> None:
    """Write how far the plan in `file` has come."""
    from siloscope.export.plans import write_progress
    from siloscope.planning.tracking import read_plan, track

    progress = track(read_plan(file), graph)
    files = write_progress(progress, output)
    s = progress["summary"]
    click.echo(f"{s['moved']} of {s['moves']} moves done, {s['drifted']} gone elsewhere")
    click.echo(f"{s['dark']} of {s['to_go']} tools that go are dark")
    click.echo(f"saved a year {s['realised']:,.0f} of {s['promised']:,.0f} promised")
    click.echo("wrote " + ", ".join(str(each) for each in files), err=True)


def _stated(file: Path, output: Path, keep: tuple[str, ...], retire: tuple[str, ...], seconds: float) -> None:
    """Solve the problem in `file` and write the answer."""
    from siloscope.export.plans import write_answer
    from siloscope.planning.problem import read
    from siloscope.planning.stated import plan_problem

    written = output / "plan.json"
    written.unlink(missing_ok=True)  # an older answer must not be taken for the one to this problem
    problem = read(file).ruled(keep, retire)
    for note in problem.notes:
        click.echo(f"note: {plain(note)}", err=True)
    answer = plan_problem(problem, seconds)
    write_answer(answer, output)
    summary = answer["summary"]
    click.echo(f"{summary['tools_kept']} of {summary['tools']} tools are kept for {summary['workloads']} workloads")
    click.echo(
        f"objective {summary['objective']:,.2f}, bound {summary['bound']:,.2f}, "
        f"gap {summary['gap']:.4%}, {summary['status']}"
    )
    click.echo(f"wrote {written}", err=True)
