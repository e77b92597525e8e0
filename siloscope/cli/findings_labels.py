"""`siloscope findings labels export` and `import`: what people said about pairs of assets, as CSV."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from siloscope.cli.common import emit, graph_of, now, place_options


def place(ctx: click.Context, config_file: Path, store_url: str | None) -> tuple[Path, str | None]:
    """`--config` and `--store` may stand before or after the last word of a command; the nearer one counts."""
    given = ctx.get_parameter_source("config_file") is ParameterSource.COMMANDLINE
    return config_file if given else ctx.obj[0], store_url or ctx.obj[1]


@click.group("labels")
def labels() -> None:
    """Labels on pairs of assets, the same or different, as CSV: a, b, same (yes or no), reason, at.

    \b
    Example:
      siloscope findings labels export labels.csv
      siloscope findings labels import labels.csv
    """


@labels.command("export")
@click.argument("file", default="-")
@place_options
@click.pass_context
def export(ctx: click.Context, file: str, config_file: Path, store_url: str | None) -> None:
    """Write every label to FILE, or to stdout for -.

    \b
    Example:
      siloscope findings labels export labels.csv
    """
    from siloscope.analysis.common import many
    from siloscope.analysis.feedback import COLUMNS, Feedback, label_rows
    from siloscope.tabular import as_csv

    with graph_of(*place(ctx, config_file, store_url)) as (_, store, _graph):
        rows = label_rows(Feedback.of(store.verdicts()).labels)
    emit(as_csv(rows, COLUMNS), file)
    click.echo(many(len(rows), "label"), err=True)


@labels.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@place_options
@click.pass_context
def import_(ctx: click.Context, file: Path, config_file: Path, store_url: str | None) -> None:
    """Read labels from FILE; a label on a pair replaces an earlier one on the same pair.

    Assets that the store does not know are kept for a scan that finds them, and counted.

    \b
    Example:
      siloscope findings labels import labels.csv
    """
    from siloscope.analysis.common import many
    from siloscope.analysis.feedback import read_labels, remember
    from siloscope.errors import ConfigError

    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8: {error.reason} at byte {error.start}") from error
    found = read_labels(text, str(file), now())
    with graph_of(*place(ctx, config_file, store_url)) as (_, store, graph):
        remember(store, found)
        unknown = sum(each.a not in graph.asset or each.b not in graph.asset for each in found)
    click.echo(
        many(len(found), "label") + (f", {unknown} of them about assets not in the store" if unknown else ""), err=True
    )
