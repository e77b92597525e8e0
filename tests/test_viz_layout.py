"""Packing and layout of the silo map: nothing overlaps, nothing leaves its island, the same stays the same."""

from itertools import combinations, pairwise
from math import hypot

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siloscope.viz.layout import SPACING, arrange, asset_offset, tool_radius
from siloscope.viz.pack import enclose, pack_siblings


def overlap(a, b):
    """By how much two (x, y, r) run into each other; negative when they are apart."""
    return a[2] + b[2] - hypot(a[0] - b[0], a[1] - b[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(min_value=0.5, max_value=500), min_size=1, max_size=60), st.sampled_from([1.0, 1.6, 2.6]))
def test_packed_circles_never_overlap(radii, stretch):
    """Whatever the sizes, two circles touch at most."""
    placed = [(x, y, r) for (x, y), r in zip(pack_siblings(radii, stretch=stretch), radii, strict=True)]

    assert all(overlap(a, b) < 1e-3 for a, b in combinations(placed, 2))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900), st.floats(1, 90)), min_size=1, max_size=40))
def test_the_enclosing_circle_holds_every_circle(circles):
    """No rim sticks out."""
    cx, cy, r = enclose(circles)

    assert all(hypot(x - cx, y - cy) + own <= r + 1e-6 for x, y, own in circles)


def test_the_enclosing_circle_of_two_touches_both():
    """Two circles at (0, 0) and (10, 0) of radius 1 need a radius of 6 around (5, 0)."""
    cx, cy, r = enclose([(0, 0, 1), (10, 0, 1)])

    assert (cx, cy) == pytest.approx((5, 0), abs=0.1)
    assert r == pytest.approx(6, rel=0.02)


@pytest.mark.parametrize("count", [1, 2, 5, 64, 500])
def test_assets_lie_within_their_tool_and_apart(count):
    """Every asset is inside the tool's disc, and no two are closer than a symbol is wide."""
    places = [asset_offset(slot) for slot in range(count)]

    assert all(hypot(x, y) + 0.3 * SPACING < tool_radius(count) for x, y in places)
    assert all(hypot(a[0] - b[0], a[1] - b[1]) > 0.75 * SPACING for a, b in combinations(places[:200], 2))


def islands(seed=1, count=9):
    """Islands with tools of many sizes."""
    return {
        f"dept-{d}": {f"tool-{d}-{t}": (seed * 7 + d * 31 + t * t * 17) % 140 for t in range(1 + d * 2)}
        for d in range(count)
    }


def test_islands_keep_clear_of_each_other_and_hold_their_tools():
    """Land of two islands is apart by more than their shores, and every tool is on its island."""
    places = arrange(islands(), apart=["dept-2"], adrift=["unseen"])
    discs = {name: (d.x, d.y, d.r) for name, d in places.islands.items()}

    assert set(discs) == {*islands(), "unseen"}
    assert all(overlap(a, b) < -1.5 * places.shore for a, b in combinations(discs.values(), 2))
    for name, tools in islands().items():
        inside = [places.tools[tool] for tool in tools]
        assert all(hypot(t.x - discs[name][0], t.y - discs[name][1]) + t.r <= discs[name][2] + 2 for t in inside)
        assert all(overlap((a.x, a.y, a.r), (b.x, b.y, b.r)) < 0 for a, b in combinations(inside, 2))


def test_the_layout_does_not_depend_on_the_order_of_its_input():
    """Islands and tools given in reverse lie where they lay."""
    backwards = {name: dict(reversed(tools.items())) for name, tools in reversed(islands().items())}

    assert arrange(islands()) == arrange(backwards)


def test_one_asset_more_moves_nothing_within_a_step_of_size():
    """A tool has room in its step: the 33rd asset widens it, the 34th does not."""
    small = {"a": {"t": 33, "u": 5}, "b": {"v": 9}}
    large = {"a": {"t": 34, "u": 5}, "b": {"v": 9}}

    assert arrange(small) == arrange(large)


def test_a_tool_that_outgrows_its_step_leaves_other_islands_as_they_are_inside():
    """Other islands may be elsewhere, but their tools stand to each other as before."""
    before, after = islands(), islands()
    after["dept-3"]["tool-3-0"] += 400
    old, new = arrange(before), arrange(after)

    for name in set(before) - {"dept-3"}:
        for tool in before[name]:
            assert (old.tools[tool].x - old.islands[name].x, old.tools[tool].y - old.islands[name].y) == (
                new.tools[tool].x - new.islands[name].x,
                new.tools[tool].y - new.islands[name].y,
            )


def test_tools_grow_with_their_assets():
    """More assets never make a smaller tool."""
    sizes = [tool_radius(count) for count in range(3000)]

    assert all(a <= b for a, b in pairwise(sizes))


def test_an_island_apart_has_more_water_around_it():
    """The nearest other land is farther away than between islands that are linked."""
    same = {f"d{i}": {f"t{i}": 30} for i in range(7)}

    def nearest(places, name):
        mine = places.islands[name]
        return min(-overlap((mine.x, mine.y, mine.r), (o.x, o.y, o.r)) for n, o in places.islands.items() if n != name)

    together, apart = arrange(same), arrange(same, apart=["d3"])
    assert nearest(apart, "d3") > nearest(together, "d3") * 1.2
