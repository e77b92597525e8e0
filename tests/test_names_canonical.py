"""Spelling -> canonical name: the case file, line by line, and what holds for every string."""

from pathlib import Path

import pytest

from siloscope.names import Context, canonical

CASES = [
    line.split("\t")
    for line in (Path(__file__).parent / "names_cases.tsv").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("# ")
]


def context_of(text):
    return Context(**dict(pair.split("=", 1) for pair in text.split()))


@pytest.mark.parametrize(("spelling", "context", "expected"), CASES, ids=lambda value: value[:80] or "-")
def test_each_spelling_of_the_case_file_has_its_join_key(spelling, context, expected):
    assert (canonical(spelling, context_of(context)) or "-") == expected


def test_the_case_file_is_large_and_without_repetition():
    assert len(CASES) >= 350
    assert len({(spelling, context) for spelling, context, _ in CASES}) == len(CASES)
