"""The example company, scanned from recordings: Tarnwick Parcel Group, 9 departments, 44 tools.

Everything it needs is package data beside this module: `siloscope.toml`, `licences.graph.json` and
`recordings`, which `examples/company/record.py` made from running servers. Nothing here is contacted, no
account is needed, and the same version writes the same bytes.
"""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from siloscope.errors import ConfigError
from siloscope.graph.view import Graph
from siloscope.model import Finding

MARK = ".siloscope-demo"
TITLE = "Tarnwick Parcel Group"
_OURS = ("siloscope.toml", "licences.graph.json", "recordings")
_MADE = ("siloscope.db", "siloscope.db-wal", "siloscope.db-shm", "silo-map.html", "plan", "recordings")


def prepare(folder: Path) -> None:
    """Put configuration and recordings into `folder`, and take away what an earlier demo made there.

    Raises:
        ConfigError: `folder` is a file, or holds something that no demo wrote.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; name another folder: siloscope demo DIR")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ConfigError(f"{folder} is not empty and holds no demo; name another folder: siloscope demo DIR")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _MADE:
            _remove(folder / name)
        (folder / MARK).write_text("made by siloscope demo, which may write this folder anew\n", encoding="utf-8")
        with as_file(files("siloscope.demo")) as data:
            for name in _OURS:
                _copy(data / name, folder / name)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}") from error


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy contents only: package data may be read-only, the copy is the user's."""
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for each in sorted(source.iterdir()):
            _copy(each, target / each.name)
    else:
        target.write_bytes(source.read_bytes())


def scanned(folder: Path) -> Graph:
    """The graph of a scan that replays the recordings into the embedded store of `folder`."""
    from siloscope.collectors import CONTRACT, types
    from siloscope.comparing import note
    from siloscope.config import load
    from siloscope.graph.store import open_store
    from siloscope.scanner import Options, run

    config = load(folder / "siloscope.toml", types(), CONTRACT)
    store = open_store(config.store, None)
    try:
        # The time is that of the recordings; the one given here is never used.
        for _ in run(config, store, Options(at="", replay=folder / "recordings")):
            pass
        graph = store.graph()
        note(store, graph)
        return graph
    finally:
        store.close()


def top(found: tuple[Finding, ...], most: int = 10, of_a_rule: int = 2) -> list[Finding]:
    """The most valuable findings above the threshold, at most some of each rule, so that a list shows the range."""
    from siloscope.analysis import THRESHOLD

    shown: list[Finding] = []
    for each in found:
        if each.score >= THRESHOLD and sum(one.rule == each.rule for one in shown) < of_a_rule:
            shown.append(each)
    return shown[:most]


__all__ = ["TITLE", "prepare", "scanned", "top"]
