"""`siloscope report`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import at_option, emit, graph_of, place_options


@click.command("report")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="report.html",
    show_default=True,
    help="Where to write: .html, .md or .pdf by the name; - is HTML on stdout.",
)
@click.option("--title", default="Estate report", show_default=True, help="The report's title.")
@at_option
@place_options
def command(output: str, title: str, at: str | None, config_file: Path, store_url: str | None) -> None:
    """Write the report for decision makers: one HTML file that asks no network, Markdown, or PDF.

    PDF is printed by a Chromium or Chrome on PATH.

    \b
    Example:
      siloscope report -o report.html
    """
    from siloscope.analysis import findings
    from siloscope.comparing import figures_of
    from siloscope.errors import ConfigError
    from siloscope.viz.printing import printed
    from siloscope.viz.report import as_html, as_markdown, report

    kind = Path(output).suffix.lower()
    if kind not in ("", ".html", ".htm", ".md", ".pdf"):
        raise ConfigError(f"{output}: a report is written as .html, .md or .pdf")
    with graph_of(config_file, store_url, at) as (_, store, graph):
        scans = [each for each in store.scans() if each.at <= graph.scan_at][-24:]
        trend = [{"at": each.at, **figures_of(store, each)} for each in scans] if len(scans) > 1 else []
        made = report(graph, findings(graph, store.verdicts()), trend, title)
    if kind == ".pdf":
        size = printed(as_html(made), Path(output))
    else:
        text = as_markdown(made) if kind == ".md" else as_html(made)
        emit(text, output)
        size = len(text.encode())
    if output != "-":
        click.echo(f"{output}: {len(made.sections)} sections, {size / 1024:,.0f} KiB", err=True)
