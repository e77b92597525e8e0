"""The Python API: the same objects as the command line, for notebooks and pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from siloscope import analysis, scanner
from siloscope.analysis.matching import Match, match
from siloscope.collectors import CONTRACT, types
from siloscope.comparing import note
from siloscope.config import Config, load
from siloscope.graph.store import Store, Verdict, open_store
from siloscope.graph.view import Graph
from siloscope.model import Finding
from siloscope.planning.consolidation import plan_graph
from siloscope.viz import Page, render


def configuration(file: str | Path = "siloscope.toml") -> Config:
    """The configuration in `file`; raises `ConfigError`."""
    return load(Path(file), types(), CONTRACT)


def scan(config: Config | str | Path = "siloscope.toml", store: Store | None = None, **options: Any) -> Graph:
    """Scan what is configured and return the published graph.

    `options` are the fields of `siloscope.scanner.Options`; without a `store` the configured one is used.
    """
    settings = config if isinstance(config, Config) else configuration(config)
    at = options.pop("at", None) or datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    password = settings.password.reveal() if settings.password else None
    into = store or open_store(settings.store, password)
    try:
        for _ in scanner.run(settings, into, scanner.Options(at=at, **options)):
            pass
        graph = into.graph()
        note(into, graph)
        return graph
    finally:
        if store is None:
            into.close()


def findings(
    graph: Graph, rules: Iterable[str] | None = None, verdicts: Mapping[str, Verdict] | None = None
) -> list[Finding]:
    """What the rules find in a graph, most valuable first; with a store's `verdicts()` what people said counts."""
    return analysis.findings(graph, verdicts, rules)


def plan(graph: Graph, **options: Any) -> dict[str, Any]:
    """The consolidation plan, `siloscope/plan/1`; options as in `plan_graph`."""
    return plan_graph(graph, **options)


def silo_map(
    graph: Graph,
    found: Iterable[Finding] | None = None,
    plan: dict[str, Any] | None = None,
    title: str = "Silo map",
    **options: Any,
) -> Page:
    """The interactive silo map as one HTML document, a text that notebooks show in place.

    `options` are those of `siloscope.viz.render`: `style`, `before`, `redact`.
    """
    return render(graph, list(found) if found is not None else findings(graph), plan, title=title, **options)


__all__ = ["Match", "configuration", "findings", "match", "open_store", "plan", "scan", "silo_map"]
