"""`siloscope demo`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from siloscope.cli.common import place_options, plain

if TYPE_CHECKING:
    from siloscope.graph.view import Graph
    from siloscope.model import Finding


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made: the folder, the graph, its findings (most valuable first) and the plan."""

    folder: Path
    graph: Graph
    findings: tuple[Finding, ...]
    plan: Mapping[str, Any]


@click.command("demo")
@click.argument(
    "folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("siloscope-demo"), required=False
)
@place_options
def command(folder: Path, config_file: Path, store_url: str | None) -> None:  # noqa: ARG001 - every command takes them
    """Scan an invented parcel company from recordings: no account, no server, no network.

    Writes siloscope.toml, siloscope.db, silo-map.html and plan/ into DIR (default siloscope-demo); every
    other command run there then works on it. A folder of an earlier demo is written anew; any other
    folder that is not empty is left alone. --config and --store have no effect here.

    \b
    Example:
      siloscope demo && cd siloscope-demo && siloscope findings
    """
    from siloscope.demo import TITLE

    demo = build(folder)
    click.echo(f"{TITLE}, an invented company, scanned from recordings of {demo.graph.scan_at[:10]}")
    for line in _headline(demo):
        click.echo(line)
    _findings(demo)
    _next(folder)


def build(folder: Path) -> Demo:
    """Write configuration, recordings, store, map and plan of the example into `folder`.

    Raises:
        ConfigError: `folder` is a file, or holds something that no demo wrote.
    """
    from siloscope.analysis import findings
    from siloscope.demo import TITLE, prepare, scanned
    from siloscope.export.plans import write_plan
    from siloscope.planning.consolidation import plan_graph
    from siloscope.viz import render

    prepare(folder)
    graph = scanned(folder)
    found = tuple(findings(graph))
    plan = plan_graph(graph)
    write_plan(plan, graph, folder / "plan")
    page = render(graph, found, plan, title=TITLE)
    (folder / "silo-map.html").write_text(page, encoding="utf-8", newline="\n")
    return Demo(folder, graph, found, plan)


def _headline(demo: Demo) -> list[str]:
    from siloscope.analysis.silos import fragmentation

    graph, summary = demo.graph, demo.plan["summary"]
    met, mentions = graph.resolution
    spread = fragmentation(graph)
    departments = {each.department for each in graph.assets} - {None, "shared", "unassigned"}
    contested = f"{spread['contested_capabilities']} of {spread['capabilities']} capabilities"
    crossing = f"{100 * spread['crossing_share']:.1f} % of dependencies"
    now, after, once = (f"{summary[key]:,.0f}" for key in ("annual_cost_now", "annual_cost_after", "one_time_cost"))
    return [
        "",
        f"  {len(graph.assets)} assets in {len(graph.tools)} tools of {len(departments)} departments",
        f"  {100 * met / mentions:.1f} % of {mentions} dependencies resolved, {len(graph.outside)} places outside",
        f"  {contested} are served by several products; {crossing} cross departments",
        f"  {now} a year now, {after} after the plan, {once} once",
        *_unseen(graph),
    ]


def _unseen(graph: Graph) -> list[str]:
    """What nobody could look at, as the map shows it: fog, unless it is accepted."""
    open_slices = graph.incomplete()
    accepted = sum(bool(each.accepted) for each in graph.slices)
    lines = [
        f"  not seen: {each.source} {each.listing}, {each.status}; it stays fog on the map" for each in open_slices
    ]
    return [*lines, f"  {accepted} slices are accepted gaps"] if accepted else lines


def _findings(demo: Demo) -> None:
    from siloscope.demo import top

    passing = sum(each.score >= 0.5 for each in demo.findings)
    click.echo(f"\nMost valuable of {passing} findings, at most two of a rule:\n")
    for number, each in enumerate(top(demo.findings), start=1):
        click.echo("\n".join(_entry(number, each)))


def _entry(number: int, finding: Finding) -> list[str]:
    """A finding in a few lines: what, how sure, and the first reasons."""
    worth = f", {finding.annual_saving:,.0f} a year" if finding.annual_saving else ""
    rests = "" if finding.coverage == "complete" else f", rests on {finding.coverage} coverage"
    title = wrap(plain(finding.title), 96) or [""]
    head = [f"{number:3}. {title[0]}", *(f"     {line}" for line in title[1:])]
    return [*head, f"     {finding.rule}, score {finding.score:.2f}{worth}{rests}"]


def _next(folder: Path) -> None:
    shown = plain(folder)
    click.echo(f"\nWritten into {shown}: siloscope.toml, siloscope.db, silo-map.html, plan/, recordings/")
    click.echo(f"\nNext:\n  cd {shown}")
    for line in (
        "siloscope findings --rule duplicate-asset   every rule has its own list",
        "siloscope why FINDING                       the evidence behind a score",
        "siloscope coverage                          what was looked at, and what was not",
        "siloscope export --format json -o graph.json",
    ):
        click.echo(f"  {line}")
    click.echo("  and open silo-map.html in a browser")
