"""Places and coasts of the silo map: nothing overlaps, nothing leaves its island, the same stays the same."""

import random
from itertools import combinations, pairwise
from math import hypot

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siloscope.viz.coast import coast
from siloscope.viz.layout import SPACING, arrange, asset_offset, tool_radius
from siloscope.viz.settle import enclose, settle


def overlap(a, b):
    """By how much two (x, y, r) run into each other; negative when they are apart."""
    return a[2] + b[2] - hypot(a[0] - b[0], a[1] - b[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(min_value=0.5, max_value=500), min_size=1, max_size=60), st.sampled_from([1.0, 1.6, 2.6]))
def test_settled_circles_never_overlap(radii, stretch):
    """Whatever the sizes, two circles touch at most."""
    placed = [(x, y, r) for (x, y), r in zip(settle(radii, stretch=stretch), radii, strict=True)]

    assert all(overlap(a, b) < 1e-6 * (a[2] + b[2]) for a, b in combinations(placed, 2))


def test_settled_circles_lie_close_together():
    """Two hundred equal circles cover more than half of the circle around them."""
    reach = enclose([(x, y, 1.0) for x, y in settle([1.0] * 200, closer=0.45)])[2]

    assert 200 / reach**2 > 0.5


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


@pytest.mark.parametrize(("departments", "tools", "assets"), [(8, 40, 600), (14, 400, 5000), (20, 2000, 60_000)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_percent_more_assets_leave_the_map_as_it_is(departments, tools, assets, seed):
    """No island's centre moves by more than 5 % of the map's width, half of them by less than 1 %."""
    rng = random.Random(seed)
    weights = [rng.paretovariate(1.2) for _ in range(tools)]
    before = [max(1, round(assets * weight / sum(weights))) for weight in weights]
    after = list(before)
    for tool in rng.choices(range(tools), weights=weights, k=assets // 100):
        after[tool] += 1

    def places(counts):
        homes = {f"dept-{d:02d}": {} for d in range(departments)}
        for tool, count in enumerate(counts):
            homes[f"dept-{tool * 7919 % departments:02d}"][f"tool-{tool:04d}"] = count
        return arrange(homes, apart=["dept-02"], adrift=["unseen"])

    old, new = places(before), places(after)
    width = old.bounds[2] - old.bounds[0]
    moves = sorted(
        hypot(old.islands[name].x - new.islands[name].x, old.islands[name].y - new.islands[name].y) / width
        for name in old.islands
    )
    assert moves[-1] < 0.05
    assert moves[len(moves) // 2] < 0.01


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_the_coast_goes_around_every_tool(count):
    """Each tool lies within the ring and apart from it, and the ring is no longer than it has to be."""
    discs = [
        (x, y, 200.0 + 10 * (i % 7)) for i, (x, y) in enumerate(settle([240.0 + 10 * (i % 7) for i in range(count)]))
    ]
    ring, shallows = coast(discs, [60, 140])

    def crossings(x, y):
        """How often a ray from (x, y) to the right meets the ring."""
        return sum(
            (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax
            for (ax, ay), (bx, by) in pairwise([*ring, ring[0]])
        )

    assert all(crossings(x, y) % 2 for x, y, _ in discs)
    assert all(min(hypot(x - px, y - py) for px, py in ring) > r for x, y, r in discs)
    assert all(min(hypot(x - px, y - py) for px, py in shallows) > r + 60 for x, y, r in discs)
    far = max(hypot(px, py) for px, py in ring)
    assert far < max(hypot(x, y) + r for x, y, r in discs) + 240


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
