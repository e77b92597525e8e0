"""What every rule promises, whatever it looks for."""

from __future__ import annotations

import json
import math
import re

import pytest

from siloscope.analysis import RULES, findings, rows
from siloscope.analysis.common import POINTS, PROBABILITY
from siloscope.graph.view import Graph
from tests.estates import HOSTILE, asset, company, estate, reads, seen

NAMES = sorted(RULES)


def hostile() -> Graph:
    """Every name of the company is as hostile as its neighbour."""
    first = [asset(f"n8n://one/{n}", name=name, facts={"definition": "d"}, shape={"v": 1, "x": 9}) for n, name in enumerate(HOSTILE)]  # fmt: skip
    second = [asset(f"node-red://two/{n}", "node-red:two", "node-red.flow", name=name, owner=name, department=name) for n, name in enumerate(HOSTILE)]  # fmt: skip
    links = [reads(f"n8n://one/{n}", f"s3://{n}/{name}") for n, name in enumerate(HOSTILE)]
    links += [reads(f"node-red://two/{n}", f"s3://{n}/{name}") for n, name in enumerate(HOSTILE)]
    return estate(seen(*first, *second, *links))


GRAPHS = {"company": company, "hostile": hostile, "empty": Graph}


@pytest.mark.parametrize("rule", NAMES)
def test_an_empty_graph_gives_nothing(rule: str) -> None:
    """Neither a finding nor an error, also when a scan found nothing at all."""
    assert list(RULES[rule](Graph())) == []
    assert list(RULES[rule](estate())) == []


@pytest.mark.parametrize("rule", NAMES)
def test_the_company_gives_every_rule_something_to_find(rule: str) -> None:
    """Without this the other promises would hold of nothing."""
    assert list(RULES[rule](company()))


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("rule", NAMES)
def test_a_finding_is_well_formed_and_its_score_is_its_evidence(rule: str, graph: str) -> None:
    """On both scales the score can be taken apart; subjects exist; words are of the vocabulary."""
    world = GRAPHS[graph]()
    nodes = {*world.number, *world.tool, *(each.department for each in world.assets)}
    found = list(RULES[rule](world))
    assert len({each.id for each in found}) == len(found)
    for each in found:
        assert each.rule == rule
        assert re.fullmatch(rf"{rule}-[0-9a-f]{{10}}", each.id)
        assert each.severity in ("high", "medium", "low", "info")
        assert each.coverage in ("complete", "partial", "unknown")
        assert 0 <= each.score <= 1
        assert each.because
        total = sum(one.weight for one in each.because)
        if each.scale == POINTS:
            assert each.score == pytest.approx(total, abs=1e-9)
        else:
            assert each.scale == PROBABILITY
            assert each.score == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-4)
        assert each.subjects
        assert set(each.subjects) <= nodes
        assert len(set(each.subjects)) == len(each.subjects)
        for pair in each.pairs:
            assert {pair.a, pair.b} <= set(each.subjects)
            assert 0 <= pair.score <= 1
        assert each.title
        assert each.annual_saving is None or each.annual_saving > 0


@pytest.mark.parametrize("rule", NAMES)
def test_a_rule_gives_the_same_findings_whatever_came_first(rule: str) -> None:
    """Twice over one graph, and over the same observations in another order."""
    one = json.dumps(rows(RULES[rule](company())))
    assert json.dumps(rows(RULES[rule](company()))) == one
    assert json.dumps(rows(RULES[rule](company(reverse=True)))) == one


def test_findings_come_most_valuable_first_and_only_of_the_chosen_rules() -> None:
    """Money, then severity, then score; the order is total."""
    found = findings(company())
    assert found == sorted(found, key=lambda each: (-(each.annual_saving or 0), ["high", "medium", "low", "info"].index(each.severity), -each.score, each.rule, each.id))  # fmt: skip
    assert {each.rule for each in findings(company(), rules=["unowned", "dormant"])} == {"unowned", "dormant"}
    assert {each.rule for each in found} == set(RULES)


def test_the_rows_have_every_key_of_the_contract() -> None:
    """`siloscope/findings/1`: absent values are null."""
    keys = "id rule severity score scale title subjects pairs because coverage annual_saving state".split()
    for row in json.loads(json.dumps(rows(findings(company())), allow_nan=False)):
        assert set(keys) <= set(row)
        assert all(set(each) == {"says", "weight"} for each in row["because"])
        assert all(set(each) == {"a", "b", "score"} for each in row["pairs"])
