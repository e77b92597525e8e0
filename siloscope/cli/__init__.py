"""The command line: parses, calls, prints; no logic. One file a command, imported when it is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from siloscope.errors import SiloscopeError
from siloscope.version import __version__

# command -> what it does, so that `siloscope --help` imports none of them
COMMANDS = {
    "check": "Probe every source's permissions without scanning.",
    "copy": "Copy a store into another, empty one.",
    "coverage": "Show the ledger: what was looked at, and how each slice ended.",
    "demo": "Scan an invented example company, without any account.",
    "departments": "Explain whom assets work for, show conflicts, and suggest rules.",
    "diff": "Show what changed between two scans, or two exported graphs.",
    "doctor": "Examine the store and the ledger, and say what to do.",
    "export": "Write the graph for other tools.",
    "findings": "List what was found, most valuable first.",
    "forget": "Retire a source, or one scope of it, that is no longer configured or reachable.",
    "history": "Show how an asset, a tool, a finding or an edge changed from scan to scan.",
    "init": "Write a commented siloscope.toml from what can be detected.",
    "initiatives": "List AI and automation initiatives: stage, controls, evidence.",
    "learn": "Learn anew what evidence of duplicates weighs, from what was accepted and rejected.",
    "map": "Write the interactive silo map, one HTML file.",
    "permissions": "Print the least-privilege policy of a source.",
    "plan": "Write the consolidation plan.",
    "prune": "Forget scans before a time, and what only they knew.",
    "query": "Query the store, read-only: SQL, or Cypher on Neo4j.",
    "report": "Write the report for decision makers: HTML, Markdown or PDF.",
    "scan": "Collect every configured source and publish the graph.",
    "silos": "Show how well tools, departments and communities are integrated, and what would join them.",
    "serve": "Serve the silo map on this machine, read-only.",
    "sources": "List what can be collected, and against what it was tested.",
    "trend": "Show the headline figures from scan to scan.",
    "value": "Show what things cost a year and what initiatives return.",
    "why": "Show the evidence for an asset, an edge or a finding.",
}


class Commands(click.Group):
    """A group whose commands live in modules of their own, imported when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All command names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"siloscope.cli.{cmd_name}_command").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a reader of our output that went away (`| head`) is no failure."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            with suppress(OSError, ValueError):  # a stream of a test has no descriptor
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list in the help, from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when one is mistyped."""
        from siloscope.errors import nearest

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f'no command "{args[0]}"{nearest(args[0], COMMANDS)}', ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="siloscope")
def group() -> None:
    """See how fragmented ML platforms, RPA, data services and clouds are, what depends on what, what to merge first.

    \b
    Example:
      siloscope demo && cd siloscope-demo && siloscope findings
    """


def main(arguments: Sequence[str] | None = None) -> Any:
    """Run the command line; every problem is one clear line on stderr and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal of another encoding shows ? rather than failing on a name
            stream.reconfigure(errors="replace")
    try:
        return group.main(args=list(arguments) if arguments is not None else None, prog_name="siloscope")
    except SiloscopeError as error:
        click.echo(f"siloscope: {_shown(str(error))}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"siloscope: {_shown(f'{where}{error.strerror or error}')}", err=True)
        sys.exit(2)
    except Exception as error:  # the user gets a sentence; SILOSCOPE_DEBUG=1 shows the rest
        if os.environ.get("SILOSCOPE_DEBUG"):
            raise
        from siloscope.redact import scrub_text

        message = _shown(scrub_text(f"{type(error).__name__}: {error}"))
        click.echo(f"siloscope: internal fault, {message}\nSILOSCOPE_DEBUG=1 shows where; please report it.", err=True)
        sys.exit(2)


def _shown(text: str) -> str:
    """Names in error texts are hostile input: nothing that steers a terminal or reorders text."""
    return "".join(each if each.isprintable() or each == "\n" else " " for each in text)
