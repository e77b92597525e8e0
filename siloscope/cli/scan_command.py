"""`siloscope scan`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from siloscope.cli.common import load_config, now, opened, place_options, plain

if TYPE_CHECKING:
    from siloscope.config import Config
    from siloscope.graph.store import Store
    from siloscope.graph.view import Graph
    from siloscope.scanner import Options, SourceReport


@click.command("scan")
@click.option("--only", "only", metavar="SOURCE", multiple=True, help="Scan this source only; may be repeated.")
@click.option(
    "--from",
    "replay",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Replay recordings instead of calling anybody.",
)
@click.option(
    "--record",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write redacted recordings of every answer.",
)
@click.option(
    "--confirm-retire",
    "confirm",
    metavar="[SLICE]",
    is_flag=False,
    flag_value="*",
    help="Apply held retirements (of SOURCE, LISTING or SOURCE/LISTING/SCOPE) without scanning.",
)
@click.option("--resume", is_flag=True, help="Go on with the scan that was interrupted last.")
@place_options
def command(
    only: tuple[str, ...],
    replay: Path | None,
    record: Path | None,
    confirm: str | None,
    resume: bool,
    config_file: Path,
    store_url: str | None,
) -> None:
    """Collect every configured source and publish the graph.

    One line a source, then the coverage. Exit code 3 when some slices were neither complete nor accepted
    gaps (everything obtained is kept), 4 when nothing could be collected. What an interrupted scan has
    collected is kept: `--resume` asks only for the rest.

    \b
    Example:
      siloscope scan --only risk-mlflow --record recordings/
      siloscope scan --resume
    """
    from siloscope.comparing import note
    from siloscope.scanner import Options

    if resume and (replay or record or confirm):
        raise click.UsageError("--resume goes on as the scan began: it takes no --from, --record or --confirm-retire")
    config = load_config(config_file, store_url)
    with opened(config) as store:
        if confirm:
            _confirm(config, store, confirm)
            return
        options = Options(at=now(), only=only, replay=replay, record=record, resume=resume)
        try:
            reports = _run(config, store, options)
        except KeyboardInterrupt:
            click.echo(
                "siloscope: interrupted; the last committed graph is whole, `siloscope scan --resume` goes on", err=True
            )
            sys.exit(130)
        graph = store.graph()
        note(store, graph)
    if not reports:
        click.echo("nothing was left to do: every source was committed, or has been scanned since", err=True)
    sys.exit(_summary(reports, graph))


def _run(config: Config, store: Store, options: Options) -> list[SourceReport]:
    from rich.console import Console

    from siloscope.scanner import run

    reports = []
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        for report in run(config, store, options):
            click.echo(_line(report))
            reports.append(report)
        return reports
    with console.status("scanning") as status:
        done = 0

        def progress(source: str, taken: object) -> None:
            nonlocal done
            done += 1
            row = taken.slice  # type: ignore[attr-defined]
            status.update(f"{done} slices  {plain(source)}  {row.listing}  {plain(row.scope)}")

        for report in run(config, store, options, progress):
            click.echo(_line(report))
            reports.append(report)
    return reports


def _line(report: SourceReport) -> str:
    from siloscope.model import Status

    good = sum(each.status is Status.COMPLETE for each in report.slices)
    held = sum(each.held for each in report.slices)
    parts = [f"{report.source}: {report.assets} assets", f"{good} of {len(report.slices)} slices complete"]
    if report.calls:
        parts.append(f"{report.calls} calls")
    if held:
        parts.append(f"{held} held")
    return ", ".join(parts)


def _summary(reports: list[SourceReport], graph: Graph) -> int:
    """Print the coverage and what to do next; the exit code."""
    from siloscope.model import Status

    scanned = {report.source for report in reports}
    open_slices = [each for each in graph.incomplete() if _of(each.source, scanned)]
    for each in open_slices:
        click.echo(f"  {each.status}: {each.source} {each.listing} {plain(each.scope)}: {plain(each.reason)}")
    held = [each for each in graph.slices if each.held and each.source in scanned]
    for each in held:
        slice_name = f"{each.source}/{each.listing}/{each.scope}"
        click.echo(f"  held: {plain(slice_name)}: {each.held} kept; {plain(each.reason)}")
        click.echo(f"    `siloscope scan --confirm-retire {plain(slice_name)}` retires them")
    met, mentions = graph.resolution
    rate = f"{100 * met / mentions:.1f} % of {mentions} dependencies resolved" if mentions else "no dependencies"
    click.echo(f"{len(graph.assets)} assets in {len(graph.tools)} tools; {rate}; {len(graph.outside)} outside")
    # What this scan asked, not what the ledger still knows from an earlier one.
    asked = [each for report in reports for each in report.slices]
    if asked and not any(each.status in (Status.COMPLETE, Status.PARTIAL) for each in asked):
        click.echo(
            "siloscope: nothing could be collected; `siloscope check` says which permissions are missing", err=True
        )
        return 4
    if open_slices:
        click.echo(f"siloscope: {len(open_slices)} slices are not complete; `siloscope coverage` shows all", err=True)
        return 3
    click.echo("next: siloscope findings, siloscope map -o silo-map.html, siloscope plan -o plan", err=True)
    return 0


def _of(source: str, scanned: set[str]) -> bool:
    """Whether a slice belongs to a scanned source: its own, or one it brought along as `source/theirs`."""
    return any(source == each or source.startswith(f"{each}/") for each in scanned)


def _confirm(config: Config, store: Store, which: str) -> None:
    from siloscope.scanner import confirm_held

    applied = confirm_held(config, store, which, now())
    for each in applied:
        click.echo(f"retired: {each.source} {each.listing} {plain(each.scope)}: {each.held} assets")
    if not applied:
        click.echo("nothing is held" + ("" if which == "*" else f" under {which}"), err=True)
