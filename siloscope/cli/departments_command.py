"""`siloscope departments`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from siloscope.cli.common import at_option, format_option, graph_of, place_options, show

_COLUMNS = {
    "departments": ("department", "assets", "tools", "own_tools", "conflicts", "because"),
    "conflicts": ("asset", "department", "because", "but"),
    "unassigned": ("tool", "kind", "assets"),
    "suggestions": ("name", "key", "tag", "value", "assets", "because"),
}


@click.command("departments")
@click.option("--conflicts", "part", flag_value="conflicts", help="Assets of which two rules say different things.")
@click.option("--unassigned", "part", flag_value="unassigned", help="What belongs to nobody, by tool and kind.")
@click.option("--suggest", "part", flag_value="suggestions", help="Rules for siloscope.toml, from what was seen.")
@at_option
@format_option
@place_options
def command(part: str | None, at: str | None, form: str, config_file: Path, store_url: str | None) -> None:
    """Explain whom assets work for: each department and the rules that made it, conflicts, and what is unassigned.

    With --suggest, rules are printed ready for siloscope.toml; a name of "?" is for you to fill in. The JSON document
    always holds everything.

    \b
    Example:
      siloscope departments --suggest
    """
    from siloscope.analysis.departments import explained

    with graph_of(config_file, store_url, at) as (_, _, graph):
        document = explained(graph)
    name = part or "departments"
    if name == "suggestions" and form == "table":
        for each in document[name]:
            click.echo(each["toml"] + "\n")
        if not document[name]:
            click.echo("nothing to suggest", err=True)
        return
    rows = [_flat(each) for each in document[name]]
    show(form, document, rows, _COLUMNS[name], {"conflicts": "no conflict"}.get(name, "nothing unassigned"))
    if not part and form == "table":
        _summary(document)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose reasons stand on one line."""
    because = row.get("because")
    if not isinstance(because, dict):
        return row
    return {**row, "because": ", ".join(f"{name} ({count})" for name, count in because.items())}


def _summary(document: dict[str, Any]) -> None:
    """What else there is to ask for."""
    from siloscope.analysis.common import many

    conflicts, rules = len(document["conflicts"]), len(document["suggestions"])
    bare = sum(each["assets"] for each in document["unassigned"])
    said = [
        f"{many(conflicts, 'conflict')} (--conflicts)" if conflicts else "",
        f"{bare} unassigned (--unassigned)" if bare else "",
        f"{many(rules, 'rule')} to suggest (--suggest)" if rules else "",
    ]
    if any(said):
        click.echo("; ".join(each for each in said if each), err=True)
