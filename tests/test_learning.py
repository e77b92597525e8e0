"""What is learned about the weights: only what labels say, close to what was shipped, and only when asked."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from siloscope.analysis.duplicates import shipped
from siloscope.analysis.feedback import WEIGHTS, Feedback, Label
from siloscope.analysis.learning import (
    ENOUGH,
    FACTORS,
    SHIFT,
    Learned,
    changed,
    estimate_prior,
    fingerprint,
    fit,
    in_force,
    keep,
    relearn,
)
from siloscope.graph.store import open_store
from siloscope.graph.view import Graph
from tests.estates import AT, asset, estate, seen


def labelled(
    count: int, factors: dict[str, float], shift: float
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Pairs whose terms are right after `factors` and `shift`: (terms, fixed, same)."""
    rng = np.random.default_rng(7)
    terms = {name: rng.normal(0, 3, count) for name in factors}
    fixed = np.full(count, -1.0)
    odds = fixed + shift + sum(factors[name] * values for name, values in terms.items())
    return terms, fixed, rng.random(count) < expit(odds)


def test_factors_are_found_that_labels_were_made_with() -> None:
    """Evidence that counts twice here is found to, evidence that says nothing here fades, the right one stays."""
    shift, factors = fit(*labelled(4000, {"names": 2.0, "noise": 0.3, "fine": 1.0}, 0.5))

    assert factors["names"] == pytest.approx(2.0, abs=0.3)
    assert factors["noise"] == pytest.approx(0.3, abs=0.1)
    assert factors["fine"] == pytest.approx(1.0, abs=0.2)
    assert shift == pytest.approx(0.5, abs=0.3)


def test_few_labels_move_little() -> None:
    """What was shipped is believed until labels insist, and is never left far behind."""
    few = fit(*labelled(6, {"names": 3.0}, 0.0))[1]["names"]
    many = fit(*labelled(3000, {"names": 3.0}, 0.0))[1]["names"]

    assert abs(few - 1) < abs(many - 1)
    assert FACTORS[0] <= many <= FACTORS[1]
    assert fit({"names": np.zeros(4)}, np.zeros(4), np.array([True, False, True, False])) == (0.0, {"names": 1.0})


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_the_prior_becomes_the_share_of_pairs_that_are_the_same(share: float) -> None:
    """With evidence that is right, expectation-maximisation finds how many of the pairs are the same."""
    rng = np.random.default_rng(7)
    same = rng.random(20_000) < share
    evidence = rng.normal(
        np.where(same, 3.0, -3.0), np.sqrt(6.0)
    )  # log-likelihood ratio of two normals 6 / sqrt(6) apart
    shift = estimate_prior(evidence + logit(0.05), 0.05)

    assert expit(logit(0.05) + shift) == pytest.approx(share, rel=0.1)


def test_the_prior_stays_in_sight_of_the_shipped_one() -> None:
    assert estimate_prior(np.full(100, 50.0)) == SHIFT
    assert estimate_prior(np.full(100, -50.0)) == -SHIFT


def flows(count: int) -> Graph:
    """Pairs of workflows of one name and definition in two tools, and as many pairs that only share the name."""
    items = []
    for n in range(count):
        shape = {"v": 1, f"node:a{n}": 3, f"node:b{n}": 4, "node:http": 2}
        items += [
            asset(f"a{n}", name=f"Invoice run {n}", shape=shape, facts={"definition": f"d{n}"}),
            asset(
                f"b{n}",
                "node-red:two",
                "node-red.flow",
                name=f"Invoice run {n}",
                shape=shape,
                facts={"definition": f"d{n}"},
            ),
        ]
    return estate(seen(*items))


def said(count: int, same: int) -> list[Label]:
    yes = [Label(f"a{n}", f"b{n}", True, "", AT) for n in range(same)]
    return [*yes, *(Label(f"a{n}", f"b{n + 1}", False, "", AT) for n in range(count - same))]


@pytest.mark.parametrize(("count", "same"), [(0, 0), (ENOUGH - 1, 10), (ENOUGH + 5, ENOUGH + 3)])
def test_with_few_labels_only_the_prior_is_learned(count: int, same: int) -> None:
    learned = relearn(flows(30), said(count, same))

    assert learned.factors == {}
    assert set(learned.shifts) <= set(shipped().scales)
    assert f"{count} labels, {same} of them the same" in learned.how


def test_with_enough_labels_factors_are_learned_and_the_labels_told_apart() -> None:
    learned = relearn(flows(30), said(40, 20))

    assert (learned.same, learned.different) == (20, 20)
    assert learned.how == "40 labels"
    assert learned.right[1] >= learned.right[0]
    assert relearn(flows(30), list(reversed(said(40, 20)))) == learned


def test_labels_of_assets_that_are_gone_do_not_count() -> None:
    gone = [Label(f"x{n}", f"y{n}", n % 2 == 0, "", AT) for n in range(50)]

    assert "0 labels" in relearn(flows(3), gone).how
    assert relearn(Graph(), gone).how.startswith("0 pairs without labels")


def test_what_was_learned_counts_until_it_is_forgotten(tmp_path) -> None:
    store = open_store(str(tmp_path / "s.db"))
    learned = Learned(fingerprint(shipped()), "40 labels", {"facts": 0.5}, {"name": 2.0}, 20, 20, (30, 38))
    keep(store, learned, AT)
    weights, told = in_force(Feedback.of(store.verdicts()))
    before = shipped()

    assert told == learned
    assert weights.scales["facts"].prior == pytest.approx(before.scales["facts"].prior + 0.5)
    assert weights.scales["definition"].prior == before.scales["definition"].prior
    assert list(weights.scales["facts"].terms["name"][1]) == pytest.approx([2 * each for each in before.scales["facts"].terms["name"][1]])  # fmt: skip
    assert weights.certain == before.certain
    keep(store, None, AT)
    assert WEIGHTS not in store.verdicts()
    assert in_force(Feedback.of(store.verdicts())) == (before, None)
    store.close()


def test_weights_learned_from_other_shipped_ones_do_not_count(tmp_path) -> None:
    """After an upgrade the shipped weights count until somebody learns again."""
    store = open_store(str(tmp_path / "s.db"))
    keep(store, Learned("of another version", "40 labels", {"facts": 0.5}, {"name": 2.0}), AT)

    weights, learned = in_force(Feedback.of(store.verdicts()))
    assert weights == shipped()
    assert learned is not None
    store.close()


def test_what_changed_is_told_the_most_first() -> None:
    learned = Learned(fingerprint(shipped()), "40 labels", {"facts": 0.5}, {"said": 1.1, "name": 2.0})
    rows = changed(shipped(), learned)

    assert [each["term"] for each in rows] == ["prior (facts)", "prior (definition)", "name", "said"]
    assert rows[2]["learned"] == pytest.approx(2 * rows[2]["shipped"])
