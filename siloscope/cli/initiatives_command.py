"""`siloscope initiatives`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from siloscope.cli.common import at_option, format_option, graph_of, place_options, plain, show

STAGES = ("experiment", "pilot", "production", "dormant")


@click.command("initiatives")
@click.argument("which", metavar="[ID]", required=False)
@click.option("--department", metavar="D", help="Only those of this department.")
@click.option("--stage", type=click.Choice(STAGES), help="Only those at this stage.")
@at_option
@format_option
@place_options
def command(
    which: str | None,
    department: str | None,
    stage: str | None,
    at: str | None,
    form: str,
    config_file: Path,
    store_url: str | None,
) -> None:
    """List AI and automation initiatives: whose they are, how far they came, which controls they lack.

    With an ID (of the initiative or of any asset of it, or its name) every control is shown with its evidence and
    the clauses of the NIST AI RMF and ISO/IEC 42001 that ask for it.

    \b
    Example:
      siloscope initiatives --stage production
    """
    from siloscope.analysis.initiatives import profiles
    from siloscope.analysis.readiness import row_of

    with graph_of(config_file, store_url, at) as (_, _store, graph):
        found = [
            each
            for each in profiles(graph)
            if (not department or each.department == department)
            and (not stage or each.stage == stage)
            and (not which or which in (each.initiative.id, each.initiative.name, *each.initiative.members))
        ]
        rows = [row_of(graph, each) for each in found]
    rows.sort(key=lambda row: (STAGES.index(row["stage"]), str(row["department"]), row["name"], row["id"]))
    if which and not rows:
        from siloscope.errors import ConfigError, nearest

        names = {each.initiative.name for each in profiles(graph)}
        raise ConfigError(f'no initiative "{which}"{nearest(which, names)}; `siloscope initiatives` lists them')
    if which and form == "table":
        for row in rows:
            _told(row)
        return
    columns = ("id", "name", "stage", "department", "kind", "met", "missing", "unknown")
    document = {"schema": "siloscope/initiatives/1", "initiatives": rows}
    lines = [{**row, **{key: len(row[key]) for key in ("met", "missing", "unknown")}} for row in rows]
    show(form, document, lines if form == "table" else rows, columns, "no initiative found")


def _told(row: dict[str, Any]) -> None:
    """An initiative in full."""
    click.echo(plain(f"{row['name']}: {row['stage']}, {row['department']}, {row['id']}"))
    for line in row["because"]:
        click.echo(f"  {plain(line)}")
    click.echo("\nmembers")
    for role, keys in row["roles"].items():
        for key in keys:
            click.echo(f"  {role:11}{plain(key)}")
    click.echo("\ncontrols")
    for each in row["controls"]:
        click.echo(f"  {each['status']:8} {plain(each['name'])}: {plain(each['says'])}")
        click.echo(f"           {each['clauses']}")
    click.echo("")
