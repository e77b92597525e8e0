"""What people say about duplicates: remembered for pairs, over scans, clusters and stores."""

from __future__ import annotations

from typing import Any

import pytest

from siloscope.analysis import feedback as module
from siloscope.analysis.feedback import Feedback, Label, forget, label_rows, read_labels, remember, said
from siloscope.analysis.learning import Learned, in_force, keep
from siloscope.errors import ConfigError
from siloscope.graph.store import Verdict, open_store
from siloscope.model import Finding, Pair
from siloscope.tabular import as_csv

AT = "2026-06-01T00:00:00Z"


def duplicate(*ids: str, score: float = 0.9, key: str = "duplicate-asset-1") -> Finding:
    """A finding that some assets are the same, every pair of them scored."""
    pairs = tuple(Pair(a, b, score) for n, a in enumerate(ids) for b in ids[n + 1 :])
    return Finding(key, "duplicate-asset", "high", score, "probability", "", ids, (), pairs)


def told(*labels: Label) -> Feedback:
    return Feedback.of({each.key: each.verdict for each in labels})


def test_a_label_is_one_thing_whichever_way_it_is_asked_for() -> None:
    label = Label("a", "b", same=True, reason="r", at=AT, finding="f")
    feedback = told(label)

    assert feedback.labels == (label,)
    assert feedback.label("b", "a") == feedback.label("a", "b") == label
    assert feedback.label("a", "c") is None


def test_a_verdict_on_a_cluster_is_one_on_its_likely_pairs() -> None:
    found = duplicate("b", "a", "c")
    unlikely = Finding(**{**vars_of(found), "pairs": (*found.pairs[:2], Pair("a", "c", 0.1))})

    assert [(each.a, each.b) for each in said(unlikely, "accepted", "r", AT)] == [("a", "b"), ("b", "c")]
    assert all(each.same and each.finding == found.id for each in said(found, "accepted", "r", AT))
    assert not any(each.same for each in said(found, "rejected", "r", AT))


def vars_of(found: Finding) -> dict:
    return {name: getattr(found, name) for name in found.__slots__}


def test_one_pair_of_a_cluster_may_be_judged_alone() -> None:
    (label,) = said(duplicate("a", "b", "c"), "rejected", "r", AT, ("c", "a"))

    assert (label.a, label.b, label.same) == ("a", "c", False)
    with pytest.raises(ConfigError, match="a and z: not two subjects"):
        said(duplicate("a", "b"), "rejected", "r", AT, ("a", "z"))
    with pytest.raises(ConfigError, match="a and a: not two subjects"):
        said(duplicate("a", "b"), "rejected", "r", AT, ("a", "a"))


def test_a_finding_of_another_rule_has_no_pairs_to_remember() -> None:
    other = Finding("o", "overlapping-tools", "high", 0.9, "points", "", ("a", "b"), (), (Pair("a", "b", 0.9),))

    assert said(other, "accepted", "r", AT) == []
    assert Feedback.of({"o": Verdict("rejected", "no", AT)}).stamped(other).state == "rejected"


@pytest.mark.parametrize(
    ("ids", "labels", "state"),
    [
        (("a", "b"), {("a", "b"): True}, "accepted"),
        (("a", "b"), {("a", "b"): False}, "rejected"),
        (("a", "b", "c"), {("a", "b"): True}, "accepted"),
        (("a", "b", "c"), {("a", "b"): False}, "open"),
        (("a", "b", "c"), {("a", "b"): True, ("a", "c"): False}, "open"),
        (("a", "d"), {("a", "b"): True}, "open"),
    ],
    ids=str,
)
def test_a_cluster_that_changes_keeps_what_was_said_about_its_pairs(
    ids: tuple[str, ...], labels: dict[tuple[str, str], bool], state: str
) -> None:
    """Whatever its id: a third member leaves a cluster accepted and says so, other pairs are another matter."""
    feedback = told(*(Label(a, b, same, "seen", AT, "duplicate-asset-1") for (a, b), same in labels.items()))
    feedback.verdicts["duplicate-asset-1"] = Verdict("accepted", "seen", AT)  # type: ignore[index]
    stamped = feedback.stamped(duplicate(*ids))

    assert stamped.state == state
    if state == "accepted" and len(ids) == 3:
        assert stamped.reason == "seen; 1 of 3 pairs were judged"


def test_a_verdict_from_before_there_were_labels_still_counts() -> None:
    feedback = Feedback.of({"duplicate-asset-1": Verdict("accepted", "old", AT)})

    assert feedback.stamped(duplicate("a", "b")).state == "accepted"


def test_labels_live_in_a_store_and_leave_with_their_finding(tmp_path) -> None:
    store = open_store(str(tmp_path / "s.db"))
    remember(store, [Label("a", "b", True, "r", AT, "f"), Label("c", "d", False, "", AT)])
    store.set_verdict("f", Verdict("accepted", "r", AT))

    assert len(Feedback.of(store.verdicts()).labels) == 2
    forget(store, "f", [Pair("d", "c", 0.9)])
    assert store.verdicts() == {}
    store.close()


def test_labels_go_out_as_csv_and_come_back_the_same() -> None:
    """Also with ids and reasons that a spreadsheet would take for formulas, and in any order."""
    labels = [Label("+a", "=b", True, 'says "so", twice', AT), Label("x\ny", "z", False, "@home", AT)]

    assert read_labels(as_csv(label_rows(labels), module.COLUMNS), "f", "later") == sorted(labels)
    assert read_labels("\ufeffb,a,same\nq,p,NO\n", "f", AT) == [Label("p", "q", False, "", AT)]
    assert read_labels("a,b,same\n", "f", AT) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", 'no column "a"'),
        ("a,b\n", 'no column "same"'),
        ("a,b,same\nx,y,maybe\n", 'line 2: same is yes or no, not "maybe"'),
        ("a,b,same\nx,x,yes\n", "line 2: a and b are two different"),
        ("a,b,same\nx,,yes\n", "line 2: a and b are two different"),
        ("a,b,same\nx,y,yes\ny,x,no\n", "line 3: y and x are the same on one line and different on another"),
    ],
    ids=str,
)
def test_a_file_that_is_no_table_of_labels_is_refused_by_its_line(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=f"^labels.csv.*{says}"):
        read_labels(text, "labels.csv", AT)


@pytest.mark.server("neo4j")
def test_labels_and_learned_weights_live_in_neo4j_as_well(neo4j: Any) -> None:
    """With ids longer than an index takes, and gone without a trace when forgotten."""
    url = f"bolt://{neo4j.user}@{neo4j.url.partition('://')[2]}/neo4j?estate=feedback-{neo4j.user}"
    store = open_store(url, neo4j.password)
    label = Label("a" * 9000, "b" * 9000, False, "r\u00e9ason", AT, "f")
    learned = Learned("base", "40 labels", {"facts": 0.5}, {"name": 2.0}, 20, 20, (30, 38))
    remember(store, [label])
    keep(store, learned, AT)

    feedback = Feedback.of(store.verdicts())
    assert feedback.labels == (label,)
    assert feedback.weights is not None
    assert in_force(feedback)[1] == learned
    forget(store, "f")
    keep(store, None, AT)
    assert store.verdicts() == {}
    store.close()
