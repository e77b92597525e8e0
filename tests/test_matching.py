"""Records of two tables that are the same thing, without labels."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.accuracy import er_sets
from siloscope import match
from siloscope.analysis.similar import vectors

MAKERS = ["Bosk", "Ferrand", "Ostrava", "Kelvin", "Nordal", "Quillon"]
THINGS = ["pump", "valve", "sensor", "gearbox", "filter", "relay", "switch", "bearing"]
PLACES = ["Leeds", "Turin", "Graz", "Lyon", "Porto", "Gdansk", "Aarhus"]


def parts(count: int, seed: int = 7) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A catalogue and an inventory of the same `count` parts, row for row, written by different people."""
    rng = random.Random(seed)
    left, right = [], []
    for _ in range(count):
        maker, thing, place = rng.choice(MAKERS), rng.choice(THINGS), rng.choice(PLACES)
        code = f"{rng.choice('ABCDEFG')}{rng.choice('KLMNP')}-{rng.randrange(100, 9999)}"
        price = round(rng.uniform(10, 5000), 2)
        left.append({"title": f"{maker} {thing} {code}", "site": place, "price": f"${price:,.2f}"})
        right.append(
            {
                "title": f"{thing.title()} {code.replace('-', '')}BK by {maker.upper()}",
                "site": place,
                "price": price * 1.02,
            }
        )
    return left, right


def f1(found: list[Any], gold: set[tuple[int, int]]) -> float:
    right = len({(a, b) for a, b, _ in found} & gold)
    return 2 * right / (len(found) + len(gold))


def test_the_same_records_find_each_other() -> None:
    left, right = parts(300)

    found = match(left, right)

    assert f1(found, {(n, n) for n in range(300)}) >= 0.97
    assert all(0.5 <= each.score <= 1 for each in found)
    assert found == sorted(found)


def test_names_of_columns_do_not_matter() -> None:
    left, right = parts(200)
    renamed = [{"c": row["price"], "b": row["site"], "a": row["title"]} for row in right]

    assert f1(match(left, renamed), {(n, n) for n in range(200)}) >= 0.97


def test_columns_are_as_good_as_records() -> None:
    left, right = parts(120)
    columns = [{key: [row[key] for row in side] for key in side[0]} for side in (left, right)]

    assert match(*columns) == match(left, right)


def test_row_counters_say_nothing() -> None:
    """Ids that count rows are not compared, whatever order the rows have."""
    left, right = parts(150)
    counted = [{"id": n, **row} for n, row in enumerate(left)]
    shifted = [{"id": (n + 31) % 150, **row} for n, row in enumerate(right)]

    assert match(counted, shifted) == match(left, right)


def test_a_record_without_a_partner_stays_alone() -> None:
    """Of 300 and 300 records 150 are the same; the others find nothing, though something is always nearest."""
    left, right = parts(450)
    found = match(left[:300], right[150:])

    alone = [each for each in found if (each.left, each.right + 150) != (each.left, each.left)]
    assert len(alone) <= 5
    assert f1(found, {(n, n - 150) for n in range(150, 300)}) >= 0.95


def test_a_record_has_one_partner_where_tables_are_one_to_one() -> None:
    left, right = parts(250, seed=3)
    found = match(left, right)

    assert len({each.left for each in found}) == len({each.right for each in found}) == len(found)


def test_copies_within_a_table_give_several_partners() -> None:
    left, right = parts(200)
    twice = [*right, *({**row, "title": row["title"].replace(" by ", " from ")} for row in right)]
    gold = {(n, n) for n in range(200)} | {(n, n + 200) for n in range(200)}

    assert f1(match(left, twice), gold) >= 0.95
    assert f1(match(twice, left), {(b, a) for a, b in gold}) >= 0.95
    assert len(match(left, twice, one_to_one=True)) <= 200


def test_the_same_tables_give_the_same_pairs() -> None:
    left, right = parts(150)

    assert match(left, right) == match([dict(each) for each in left], [dict(each) for each in right])


def test_a_threshold_only_leaves_out() -> None:
    left, right = parts(150)
    everything, sure = match(left, right, threshold=0.2), match(left, right, threshold=0.95)

    assert set(sure) <= set(everything)
    assert all(each.score >= 0.95 for each in sure)


@pytest.mark.parametrize("empty", [[], {}, [{}], [{"a": None}, {"a": ""}], {"a": []}])
def test_nothing_matches_nothing(empty: Any) -> None:
    assert match(empty, [{"a": "x"}]) == []
    assert match([{"a": "x"}], empty) == []


def test_tables_of_one_row_and_of_odd_values() -> None:
    odd = [{"a": "\x00\ud800", "b": float("nan")}, {"a": ["x", "y"], 3: 7}, {"b": float("inf")}, {"a": "🤖" * 2000}]

    assert [each[:2] for each in match([{"a": "north pump"}], [{"a": "north pump"}])] == [(0, 0)]
    assert len(match(odd, odd)) <= len(odd)


@pytest.mark.parametrize(
    ("left", "says"),
    [("text", "left: a list"), (7, "left: a list"), ([1, 2], "left: every record"), ({"a": ["x"], "b": []}, "left: columns")],
)  # fmt: skip
def test_what_is_no_table_is_refused(left: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        match(left, [{"a": "x"}])
    with pytest.raises(ValueError, match="threshold 2"):
        match([], [], threshold=2)


def mutual_best(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[tuple[int, int, float]]:
    """The peer: character 3-grams of whole records, TF-IDF, pairs that are each other's best."""
    texts = [" ".join(str(value) for value in row.values() if value) for row in (*one, *other)]
    matrix = vectors(texts)
    alike = (matrix[: len(one)] @ matrix[len(one) :].T).toarray()
    best, back = alike.argmax(axis=1), alike.argmax(axis=0)
    return [(a, int(b), 1.0) for a, b in enumerate(best) if back[b] == a and alike[a, b] > 0]


@pytest.mark.corpora
def test_public_tables_are_matched_better_than_by_mutual_best(corpora: Path) -> None:
    """On every public pair of tables at least as good as TF-IDF with mutual best, and better on average."""
    gains = []
    for each in er_sets.tables(corpora):
        ours, peer = f1(match(each.left, each.right), each.gold), f1(mutual_best(each.left, each.right), each.gold)
        gains.append(ours - peer)
        assert ours >= peer, each.name
        assert ours >= {"Abt-Buy": 0.94, "DBLP-ACM": 0.985, "Fodors-Zagat": 0.98}.get(each.name, 0), each.name
    assert len(gains) >= 3
    assert np.mean(gains) > 0.02
