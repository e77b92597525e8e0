"""Stores for the contract tests: each of them runs over the embedded one and over Neo4j."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from siloscope.graph.store import Store
from tests.contracts.kept import BOTH, Kept


@pytest.fixture(params=BOTH)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    server = request.getfixturevalue("neo4j") if request.param == "neo4j" else None
    place = Kept(request.param, tmp_path, server)
    yield place
    place.close()


@pytest.fixture
def store(kept: Kept) -> Store:
    return kept.open()
