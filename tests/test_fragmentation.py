"""The fragmentation index: its parts by hand, and its null."""

from __future__ import annotations

import pytest

from siloscope.analysis.fragmentation import fragmentation_index
from siloscope.graph.view import Graph
from siloscope.model import Tool
from tests.estates import asset, estate, reads, seen


def workflows(*rows: tuple[str, str], links: tuple[tuple[int, int], ...] = ()) -> Graph:
    """Workflow assets of (tool, department), and who reads whom by position."""
    kinds = {"n8n:one": "n8n.workflow", "node-red:two": "nodered.flow"}
    items = [asset(f"x://{n}", tool, kinds[tool], department=home) for n, (tool, home) in enumerate(rows)]
    tools = [Tool(key, capabilities=("workflow-automation",)) for key in sorted({tool for tool, _ in rows})]
    return estate(seen(*tools, *items, *(reads(f"x://{a}", f"x://{b}") for a, b in links)))


A, B = "n8n:one", "node-red:two"


def test_one_product_is_not_dispersed_and_two_equal_ones_are_half() -> None:
    """1 - sum of squared shares; nothing linked leaves separation at nothing."""
    assert fragmentation_index(workflows((A, "HR"), (A, "IT"), (A, "IT"))).dispersion == 0  # type: ignore[union-attr]
    found = fragmentation_index(workflows((A, "HR"), (B, "IT"), (A, "HR"), (B, "IT")))
    assert found is not None
    assert (found.dispersion, found.separation, found.index) == (0.5, 0, 25.0)


def test_dispersion_falls_into_what_is_within_and_between_departments() -> None:
    """Each department with its own product: all between; both products in each: all within. They add up either way."""
    apart = fragmentation_index(workflows(*[(A, "HR"), (B, "IT")] * 10))
    mixed = fragmentation_index(workflows(*[(A, "HR"), (B, "HR"), (A, "IT"), (B, "IT")] * 5))
    assert apart is not None
    assert mixed is not None
    assert (apart.within, apart.between, apart.between_p) == (0, 0.5, 0.005)
    assert (mixed.within, mixed.between) == (0.5, 0)
    assert mixed.between_p == 1.0
    assert 0 < apart.between_null < 0.1


def test_separation_is_what_stays_inside_beyond_chance() -> None:
    """Two departments of two: by chance 1/3 of pairs are inside. All inside is 1, all across is 0 with an E-I index of 1."""
    homes = ((A, "HR"), (A, "HR"), (A, "IT"), (A, "IT"))
    inside = fragmentation_index(workflows(*homes, links=((0, 1), (2, 3))))
    across = fragmentation_index(workflows(*homes, links=((0, 2), (1, 3))))
    assert inside is not None
    assert across is not None
    assert (inside.inside, inside.inside_null, inside.separation, inside.e_i) == (
        1,
        pytest.approx(1 / 3, abs=1e-4),
        1,
        -1,
    )
    assert (across.inside, across.separation, across.e_i) == (0, 0, 1)
    assert inside.index == 50.0


def test_labels_dealt_at_random_are_no_separation() -> None:
    """A ring of 400 whose departments have nothing to do with it: close to nothing, and a p that says so."""
    homes = tuple((A, ("HR", "IT", "Ops", "Law")[n * 7919 % 10_007 % 4]) for n in range(400))
    found = fragmentation_index(
        workflows(*homes, links=tuple((n, (n * 31 + 7) % 400) for n in range(400) if n != (n * 31 + 7) % 400))
    )
    assert found is not None
    assert found.separation < 0.1
    assert found.inside_p is not None
    assert found.inside_p > 0.02


def test_it_is_the_same_every_time_and_none_of_nothing() -> None:
    """The permutations are seeded; an empty graph has no index."""
    graph = workflows(*[(A, "HR"), (B, "IT")] * 5, links=((0, 1), (2, 4)))
    assert fragmentation_index(graph) == fragmentation_index(graph)
    assert fragmentation_index(Graph()) is None
