"""`siloscope copy`."""

from __future__ import annotations

from pathlib import Path

import click

from siloscope.cli.common import load_config, place_options, plain


@click.command("copy")
@click.argument("stores", metavar="[FROM] TO", nargs=-1, required=True)
@place_options
def command(stores: tuple[str, ...], config_file: Path, store_url: str | None) -> None:
    """Copy a store into another, empty one, lossless either way: observations, graph, history and verdicts.

    FROM and TO are store URLs; without FROM it is the configured store, or that of --store. What was written is read
    back and compared. A Neo4j store takes its password from `[store] password`, else from NEO4J_PASSWORD.

    \b
    Example:
      siloscope copy siloscope.db neo4j://neo4j@localhost:7687/neo4j?estate=emea
    """
    from siloscope.graph.copying import copy
    from siloscope.graph.store import open_store

    if len(stores) > 2 or (len(stores) == 2 and store_url):
        raise click.UsageError("name one store to copy from and one to copy into")
    config = load_config(config_file, store_url, required=False) if config_file.exists() or len(stores) == 1 else None
    password = config.password.reveal() if config and config.password else None
    origin = stores[0] if len(stores) == 2 else (config.store if config else "")
    source = open_store(_there(origin), password)
    try:
        target = open_store(stores[-1], password)
        try:
            told = copy(source, target)
        finally:
            target.close()
    finally:
        source.close()
    parts = [f"{number} {_word(name)}" for name, number in told.counts.items()]
    click.echo(f"{plain(stores[-1])}: {', '.join(parts) or 'nothing'} copied, read back and found equal")


def _there(url: str) -> str:
    """The store to copy from has to be there: opening a path would make an empty one."""
    from siloscope.errors import StoreError

    path = url.removeprefix("sqlite://")
    if "://" not in path and not Path(path).exists():
        raise StoreError(f"{url}: no such store")
    return url


def _word(name: str) -> str:
    return {"PublishedRecord": "graph", "CurrentRecord": "current rows", "EndedRecord": "ended versions"}.get(
        name, name.removesuffix("Record").lower() + "s"
    )
