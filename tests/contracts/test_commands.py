"""What every command promises."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from siloscope.cli import COMMANDS, group

ROOT = Path(__file__).parents[2]


def walk(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command and subcommand."""
    found = [(path, command)] if path else []
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            found += walk(command.get_command(ctx, name), (*path, name))
    return found


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_holds_a_runnable_example(name: str) -> None:
    """`--help` says what the command does and shows how to call it."""
    answer = CliRunner().invoke(group, [name, "--help"])

    assert answer.exit_code == 0
    assert re.search(rf"Example:\n\s+siloscope .*{name}", answer.output)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_takes_config_and_store(name: str) -> None:
    """A command works on the folder it runs in, or where it is told to."""
    command = group.get_command(click.Context(group), name)
    options = {option for parameter in command.params for option in parameter.opts}

    assert {"--config", "--store"} <= options


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_reference_has_the_command(name: str) -> None:
    """docs/commands.md is generated and complete."""
    assert f"## siloscope {name}\n" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_the_command_table_says_what_the_commands_say() -> None:
    """The list in `siloscope --help` is written apart from the commands; it must not drift."""
    for path, command in walk(group):
        if len(path) == 1:
            first = " ".join((command.help or "").split("\n\n")[0].split())
            assert first.split(" ")[0] == COMMANDS[path[0]].split(" ")[0], path


@pytest.mark.parametrize(
    "name", ["coverage", "findings", "query", "sources", "check", "diff", "doctor", "history", "trend"]
)
def test_commands_that_list_take_a_format(name: str) -> None:
    """table, json or csv."""
    command = group.get_command(click.Context(group), name)
    (form,) = (each for each in command.params if each.name == "form")

    assert list(form.type.choices) == ["table", "json", "csv"]
