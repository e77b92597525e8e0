"""Shapes and definition hashes of SQL and wired parts; times in their one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siloscope.collectors.shape import definition_hash, graph_hash, shape, sql_form, without_literals
from siloscope.times import days_between, from_millis, from_seconds, normal


def test_a_shape_counts_features_and_cuts_long_ones():
    assert shape(["b", "a", "b", "x" * 500]) == {"v": 1, "a": 1, "b": 2, "x" * 120: 1}


def test_dropped_keys_and_the_order_of_keys_do_not_count():
    assert definition_hash({"a": 1, "b": [{"id": 3, "c": 2}]}, ["id"]) == definition_hash({"b": [{"c": 2}], "a": 1})
    assert definition_hash({"a": 1}) != definition_hash({"a": "1"})


def test_wired_parts_are_equal_whatever_they_are_called_and_differ_by_their_wiring():
    one = graph_hash({"x": "P", "y": "Q"}, [("x", "y")])
    assert one == graph_hash({"b": "Q", "a": "P"}, [("a", "b")])
    assert one != graph_hash({"x": "P", "y": "Q"}, [("y", "x")])


@pytest.mark.parametrize("dialect", [None, "postgres", "no-such-dialect"])
def test_layout_and_comments_of_sql_do_not_count_but_literals_do(dialect):
    marks = [
        sql_form(text, dialect)[1]
        for text in ("select a from t where b = 1", "SELECT a\nFROM t -- x\nWHERE b = 1", "select a from t where b = 2")
    ]
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize("sql", ["select (((", "", "call x(", "(" * 5000, "merge nothing"])
def test_sql_that_cannot_be_parsed_has_a_form_too(sql):
    form, mark = sql_form(sql, "postgres")
    assert form["v"] == 1
    assert len(mark) == 16


@pytest.mark.parametrize(
    ("sql", "dialect", "kept"),
    [
        ("select 'it''s' -- x\n, \"Col\"", None, "select '?'  \n, \"Col\""),
        ('select "secret"', "bigquery", "select '?'"),
        ("copy t from 's3://b/k?X-Amz-Signature=1'", None, "copy t from 's3://b/k'"),
        ("select '--' /* 'x' */ as a", None, "select '?'   as a"),
    ],
)
def test_sql_keeps_names_and_no_other_strings(sql, dialect, kept):
    assert without_literals(sql, dialect) == kept


@given(st.text(max_size=60))
def test_no_text_in_quotes_survives(text):
    inner = text.replace("'", "''").replace("\\", "")
    marked = f"select 'QQ{inner}QQ' from t"
    assert "QQ" not in without_literals(marked)


@pytest.mark.parametrize(
    ("spelled", "time"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T14:00:00.123456789+02:00", "2026-01-31T12:00:00Z"),
        ("2026-01-31 12:00:00 UTC", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00", "2026-01-31T12:00:00Z"),
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("0001-01-01T00:00:00+10:00", None),
        ("${json-unit.any-string}", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_every_spelling_of_a_time_has_one_form(spelled, time):
    assert normal(spelled) == time


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (1785000000000, "2026-07-25T17:20:00Z"),
        ("1785000000000", "2026-07-25T17:20:00Z"),
        (0, None),
        (-5, None),
        ("x", None),
        (None, None),
        (float("inf"), None),
        (10**30, None),
    ],
)
def test_milliseconds_become_times_or_nothing(value, time):
    assert from_millis(value) == time


@given(st.integers(1, 4_000_000_000))
def test_a_normal_time_is_its_own_spelling(seconds):
    time = from_seconds(seconds)
    assert normal(time) == time
    assert days_between(time, time) == 0
