"""`siloscope why`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import dump, emit, place_options, plain, plan_option, store_of


@click.command("why")
@click.argument("subject")
@click.argument("other", required=False)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
@plan_option("Why this plan does with SUBJECT, a tool or a moved asset, what it does.")
@place_options
def command(
    subject: str, other: str | None, form: str, plan_file: Path | None, config_file: Path, store_url: str | None
) -> None:
    """Show the evidence for an asset, an edge between two, a tool, a finding, or a plan's decision.

    SUBJECT is an id, a name, or any part of an id that only one thing holds.

    \b
    Example:
      siloscope why isolated-tool-1a2b3c4d5e
      siloscope why churn s3://lake/churn
      siloscope why mlflow:mlflow.risk.example --plan plan/plan.json
    """
    from siloscope.explain import explain

    if plan_file:
        from siloscope.planning.tracking import read_plan
        from siloscope.planning.why import explain_plan

        answer = explain_plan(read_plan(plan_file), subject)
    else:
        with store_of(config_file, store_url) as (_, store):
            answer = explain(store, subject, other)
    if form == "json":
        emit(dump(answer), "-")
        return
    click.echo(plain(answer["title"]))
    for name, lines in answer["sections"].items():
        if lines:
            click.echo(f"\n{name}")
            for line in lines:
                click.echo(f"  {plain(line)}")
