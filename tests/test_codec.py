"""Records from and to text: the same as by way of plain data, for whatever a reader may have put into them."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siloscope.codec import from_data, from_text, loads, to_text
from siloscope.model import Asset, Edge, How, Reference, Slice, Tool, Verb, dumps, from_json, to_json

TEXT = st.text(max_size=8)  # surrogates not among them: no store takes those
SAID = st.text(min_size=1, max_size=8)
SCALAR = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_infinity=False, allow_nan=False) | TEXT
)
FACTS = st.dictionaries(TEXT, SCALAR, max_size=4)
ASSETS = st.builds(
    Asset, TEXT, TEXT, TEXT, TEXT, st.lists(TEXT, max_size=3).map(tuple), st.none() | SAID,
    annual_cost=st.none() | st.floats(allow_infinity=False, allow_nan=False), shape=FACTS, facts=FACTS,
)  # fmt: skip
RECORDS = (
    ASSETS
    | st.builds(Reference, TEXT, st.sampled_from(list(Verb)), TEXT, TEXT, st.sampled_from([0.0, 0.7, 1.0]))
    | st.builds(Edge, TEXT, TEXT, st.sampled_from(list(Verb)), st.sampled_from(list(How)), TEXT, TEXT)
    | st.builds(Tool, TEXT, TEXT, annual_cost=st.none() | st.just(0.0), seats=st.none() | st.integers(0, 9))
    | st.builds(Slice, TEXT, TEXT, TEXT, held=st.integers(0, 2))
)


@given(RECORDS)
def test_a_record_is_its_text(record: object) -> None:
    """There and back, by either way; the text is canonical."""
    text = to_text(record)
    assert text == dumps(to_json(record))
    assert dumps(loads(text)) == text
    assert from_text(type(record), text) == record
    assert from_json(type(record), json.loads(text)) == record
    assert from_data(type(record), json.loads(text)) == record


@pytest.mark.parametrize(
    "row",
    [
        {"facts": {"deep": [1, {"a": 2}]}},
        {"annual_cost": "12"},
        {"source": None, "facts": None},
        {"names": ["a", 1]},
        {"later": "a field of a newer release"},
        {"facts": {"big": 2**80}},
    ],
)
def test_what_is_not_of_the_declared_type_is_kept_as_before(row: dict[str, object]) -> None:
    """Readers of other people may err; the record is what plain data makes of it."""
    full = {"id": "a", "kind": "k", "name": "n", "tool": "t", **row}
    assert from_text(Asset, json.dumps(full)) == from_json(Asset, full)
    assert from_data(Asset, full) == from_json(Asset, full)


def test_what_no_json_has_is_written_all_the_same() -> None:
    """No number is null; a lone surrogate stays itself."""
    asset = Asset("a", "k", "\ud800", "t", facts={"x": math.nan})
    assert to_text(asset) == '{"facts":{"x":NaN},"id":"a","kind":"k","name":"\ud800","tool":"t"}'
    assert (
        to_text(Asset("a", "k", "n", "t", facts={"x": math.nan}))
        == '{"facts":{"x":null},"id":"a","kind":"k","name":"n","tool":"t"}'
    )
    assert from_text(Asset, to_text(asset)).name == "\ud800"
    assert math.isnan(loads('{"x":NaN}')["x"])
