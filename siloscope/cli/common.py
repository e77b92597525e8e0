"""What commands share: options, opening things, and one way to print a list."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from siloscope.config import Config
    from siloscope.graph.store import Store
    from siloscope.graph.view import Graph

Command = Callable[..., Any]


def place_options(command: Command) -> Command:
    """`--config` and `--store`, which every command takes."""
    command = click.option(
        "--store", "store_url", metavar="URL", help="Store: a path or neo4j://...; default from the configuration."
    )(command)
    return click.option(
        "--config",
        "config_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        default=Path("siloscope.toml"),
        show_default=True,
        help="Configuration file.",
    )(command)


def format_option(command: Command) -> Command:
    """`--format table|json|csv`, for every command that lists."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        help="How to print.",
    )(command)


def output_option(command: Command) -> Command:
    """`-o FILE`, where `-` is stdout."""
    return click.option(
        "-o", "--output", metavar="FILE", default="-", show_default=True, help="Where to write; - is stdout."
    )(command)


def at_option(command: Command) -> Command:
    """`--at SCAN`, for commands that can show the graph as it was."""
    return click.option(
        "--at",
        metavar="SCAN",
        help="As it was after this scan: an id, a date (the last scan up to it), or -1 (the one before the last).",
    )(command)


def plan_option(says: str) -> Callable[[Command], Command]:
    """`--plan PLAN.json`, for commands that show what a plan does."""
    return click.option(
        "--plan",
        "plan_file",
        metavar="PLAN.json",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help=says,
    )


def load_config(file: Path, store_url: str | None, *, required: bool = True) -> Config:
    """The configuration, with the store of `--store` if given. Without a file, a store alone may do."""
    from dataclasses import replace

    from siloscope.collectors import CONTRACT, types
    from siloscope.config import Config, load

    if not required and not file.exists():
        named = file != Path("siloscope.toml")
        if not store_url and (named or not Path("siloscope.db").exists()):
            from siloscope.errors import ConfigError

            beside = "" if named else ", and no siloscope.db here"
            raise ConfigError(f"{file}: no such file{beside}; `siloscope init` and `siloscope scan` make them")
        return Config(file=file, store=store_url or "siloscope.db")
    config = load(file, types(), CONTRACT)
    return replace(config, store=store_url) if store_url else config


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    """The store of the configuration, closed at the end."""
    from siloscope.graph.store import open_store

    store = open_store(config.store, config.password.reveal() if config.password else None)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def store_of(config_file: Path, store_url: str | None) -> Iterator[tuple[Config, Store]]:
    """Configuration and store, its graph built anew if the configuration changed since; something was scanned."""
    from siloscope.errors import StoreError
    from siloscope.scanner import refreshed

    config = load_config(config_file, store_url, required=False)
    with opened(config) as store:
        if config.file.exists():
            refreshed(config, store)
        if not store.scans() and not store.graph().scan_id:  # an estate of a release without history has no scan yet
            raise StoreError(f"{config.store}: nothing scanned yet; run `siloscope scan`")
        yield config, store


@contextmanager
def graph_of(config_file: Path, store_url: str | None, at: str | None = None) -> Iterator[tuple[Config, Store, Graph]]:
    """As `store_of`, with the published graph, or an earlier one."""
    with store_of(config_file, store_url) as (config, store):
        yield config, store, store.graph(at)


def sure(question: str, refusal: str) -> bool:
    """Whether a person wants it; where nobody can be asked, `--yes` has to say so.

    Raises:
        ConfigError: Nobody can be asked; the text is `refusal`.
    """
    from siloscope.errors import ConfigError

    if not sys.stdin.isatty():
        raise ConfigError(f"{refusal}; say --yes to do so")
    if click.confirm(question, err=True):
        return True
    click.echo(refusal, err=True)
    return False


def emit(text: str, output: str) -> None:
    """Write text to a file, or to stdout for `-`."""
    if output == "-":
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    file = Path(output)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")


def dump(document: Any) -> str:
    """A JSON document for people and programs: indented, in the order it was built, UTF-8."""
    return json.dumps(document, indent=1, ensure_ascii=False)


def show(
    form: str, document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str
) -> None:
    """Print a list: the whole contract document as JSON, or some columns of its rows as CSV or a table."""
    if form == "json":
        emit(dump(document), "-")
    elif form == "csv":
        from siloscope.tabular import as_csv

        emit(as_csv(rows, () if rows else columns), "-")
    elif not rows:
        click.echo(empty, err=True)
    else:
        table(rows, columns)


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """A table that fits the terminal; in a pipe, lines of full width without borders."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        for row in rows:
            click.echo("  ".join(plain(row.get(key)) for key in columns))
        return
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for key in columns:
        number = key in ("score", "assets", "held", "annual_saving", "confidence")
        whole = number or key in ("id", "status", "severity", "coverage", "state")
        grid.add_column(key.replace("_", " "), justify="right" if number else "left", overflow="fold", no_wrap=whole)
    for row in rows:
        grid.add_row(*(_text(row.get(key)) for key in columns))
    console.print(grid)


def _text(value: Any) -> Any:
    from rich.text import Text

    return Text(plain(value))


def plain(value: Any) -> str:
    """Any value on one line, without control characters that could steer a terminal or reorder text."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"
    if isinstance(value, list | tuple):
        value = ", ".join(str(each) for each in value)
    text = "".join(each if each.isprintable() else " " for each in str(value))
    return text if len(text) <= 400 else text[:399] + "…"


def now() -> str:
    """The time of a scan: ISO 8601 in UTC, to the second."""
    from datetime import UTC, datetime

    return datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
