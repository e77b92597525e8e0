"""Verdicts, labels and learning through the commands: what is said once counts at the next scan, and in a copy."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.commands import Shell, lay, workflow

STEPS = [f"https://rota.example/{each}" for each in ("drivers", "vehicles", "depots/open", "roster/draft", "absence")]
OTHERS = [f"https://vendors.example/{each}" for each in ("bank-details", "contracts", "tax-forms", "badges", "welcome")]


def write(folder: Path, source: str, *flows: dict[str, Any]) -> None:
    at = folder / "exports" / source
    at.mkdir(parents=True, exist_ok=True)
    for each in flows:
        (at / f"{each['id']}.json").write_text(json.dumps(each), "utf-8")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Two tools, the same workflow in both, and another pair; scanned."""
    made = Shell(lay(tmp_path), capsys, monkeypatch)
    write(tmp_path, "flows", workflow("x1", "Plan night shifts", *STEPS), workflow("y1", "Onboard suppliers", *OTHERS))  # fmt: skip
    write(tmp_path, "copies", workflow("x2", "Plan night shifts", *STEPS), workflow("y2", "Onboard suppliers", *OTHERS))  # fmt: skip
    assert made("scan").code == 0
    return made


def duplicates(shell: Shell, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shell("findings", "--rule", "duplicate-asset", "--format", "json", *more).json[
        "findings"
    ]
    return found


def about(shell: Shell, name: str, *more: str) -> dict[str, Any]:
    (found,) = [each for each in duplicates(shell, *more) if name in each["title"]]
    return found


def test_a_rejected_pair_ranks_last_and_is_not_proposed_again(shell: Shell) -> None:
    """The next scan keeps the finding, its id and the reason, with a score that a person's word made."""
    before = duplicates(shell)
    key = before[0]["id"]
    assert shell("findings", "reject", key, "--reason", "two countries").code == 0
    assert shell("scan").code == 0
    after = duplicates(shell)

    assert {each["id"] for each in after} == {each["id"] for each in before}
    assert (after[-1]["id"], after[-1]["state"], after[-1]["reason"]) == (key, "rejected", "two countries")
    assert after[-1]["score"] < 0.01
    assert all(each["state"] == "open" for each in after[:-1])
    assert [each["id"] for each in duplicates(shell, "--min-score", "0.5")] == [each["id"] for each in after[:-1]]
    why = shell("why", key).out
    assert "a person said on" in why
    assert "that they are different things: two countries" in why


def test_a_rejected_pair_holds_no_cluster_together(shell: Shell) -> None:
    """A third copy joins; of the three, two are judged apart and never stand in one open finding again."""
    write(shell.folder, "flows", workflow("x3", "Plan night shifts", *STEPS))
    assert shell("scan").code == 0
    found = about(shell, "Plan night shifts")
    assert len(found["subjects"]) == 3
    a, b, _ = found["subjects"]
    assert shell("findings", "reject", found["id"], "--pair", a, b, "--reason", "another one").code == 0

    for each in duplicates(shell):
        assert not {a, b} <= set(each["subjects"]) or each["state"] == "rejected"
    assert any(each["state"] == "open" and len(each["subjects"]) == 2 and "night shifts" in each["title"] for each in duplicates(shell))  # fmt: skip


def test_an_accepted_cluster_keeps_its_verdict_when_another_copy_joins(shell: Shell) -> None:
    key = about(shell, "Plan night shifts")["id"]
    assert shell("findings", "accept", key, "--reason", "known").code == 0
    write(shell.folder, "flows", workflow("x3", "Plan night shifts", *STEPS))
    assert shell("scan").code == 0
    found = about(shell, "Plan night shifts")

    assert (found["state"], len(found["subjects"])) == ("accepted", 3)
    assert found["reason"] == "known; 1 of 3 pairs were judged"


def test_pairs_a_person_accepted_are_found_whatever_they_look_like(shell: Shell) -> None:
    """Said by an imported label: the two were no finding before."""
    one, other = (each["subjects"][0] for each in (about(shell, "night shifts"), about(shell, "Onboard")))
    (shell.folder / "l.csv").write_text(f"a,b,same,reason\n{one},{other},yes,one process\n", "utf-8")
    assert not any({one, other} <= set(each["subjects"]) for each in duplicates(shell))
    done = shell("findings", "labels", "import", "l.csv")
    assert (done.code, done.err) == (0, "1 label\n")

    (found,) = [each for each in duplicates(shell) if {one, other} <= set(each["subjects"])]
    assert found["state"] == "accepted"
    assert any(pair["score"] > 0.99 for pair in found["pairs"] if {pair["a"], pair["b"]} == {one, other})


def test_what_was_said_goes_along_with_a_copy_of_the_store(shell: Shell) -> None:
    """And as CSV into another store, which then says the same."""
    shell("findings", "reject", duplicates(shell)[0]["id"], "--reason", "no")
    shell("findings", "accept", duplicates(shell)[0]["id"], "--reason", "yes")
    told = duplicates(shell)
    shutil.copy(shell.folder / "siloscope.db", shell.folder / "copy.db")
    assert duplicates(shell, "--store", "copy.db") == told
    exported = shell("findings", "labels", "export").out
    shell("findings", "labels", "export", "labels.csv")
    assert (shell.folder / "labels.csv").read_text("utf-8") == exported
    assert {row["same"] for row in csv.DictReader(io.StringIO(exported))} == {"yes", "no"}

    assert shell("scan", "--store", "fresh.db").code == 0
    assert {each["state"] for each in duplicates(shell, "--store", "fresh.db")} == {"open"}
    assert shell("findings", "labels", "import", "labels.csv", "--store", "fresh.db").code == 0
    assert [(each["id"], each["state"]) for each in duplicates(shell, "--store", "fresh.db")] == [(each["id"], each["state"]) for each in told]  # fmt: skip


def test_reopening_forgets_the_pairs_too(shell: Shell) -> None:
    before = duplicates(shell)
    for verdict in ("accept", "reject"):
        assert shell("findings", verdict, before[0]["id"], "--reason", "x").code == 0
        assert shell("findings", "reopen", before[0]["id"]).code == 0
        assert duplicates(shell) == before
    assert shell("findings", "labels", "export").out == "a,b,same,reason,at\n"


def test_wrong_labels_are_refused_and_nothing_is_kept(shell: Shell) -> None:
    (shell.folder / "l.csv").write_text("a,b,same\nx,y,yes\nx,z,perhaps\n", "utf-8")
    done = shell("findings", "labels", "import", "l.csv")
    assert (done.code, "line 3: same is yes or no" in done.err) == (2, True)
    (shell.folder / "l.csv").write_bytes(b"a,b,same\n\xff\xfe,y,yes\n")
    assert "not UTF-8" in shell("findings", "labels", "import", "l.csv").err
    assert "l.csv" in shell("findings", "labels", "import", "no/l.csv").err
    assert shell("findings", "labels", "export").out == "a,b,same,reason,at\n"
    key = duplicates(shell)[0]["id"]
    assert shell("findings", "reject", key, "--pair", "p", "q", "--reason", "x").code == 2


def test_labels_about_assets_nobody_scanned_are_kept_and_counted(shell: Shell) -> None:
    (shell.folder / "l.csv").write_text("a,b,same\nx,y,yes\n", "utf-8")
    done = shell("findings", "labels", "import", "l.csv")
    assert done.err == "1 label, 1 of them about assets not in the store\n"
    assert all(each["state"] == "open" for each in duplicates(shell))


def test_learning_says_what_changed_and_how_to_go_back(shell: Shell) -> None:
    """A dry run keeps nothing; what is kept changes scores; forgetting restores them to the last digit."""
    before = duplicates(shell, "--min-score", "0")
    dry = shell("learn", "--dry-run", "--format", "json")
    assert dry.json["schema"] == "siloscope/learned/1"
    assert dry.json["kept"] is False
    assert "0 labels" in dry.json["from"]
    assert duplicates(shell, "--min-score", "0") == before
    done = shell("learn")
    assert done.code == 0
    assert "prior" in done.out
    assert "to go back: siloscope learn --forget" in done.err
    assert duplicates(shell, "--min-score", "0") != before
    assert "count already" in shell("learn").err
    assert shell("learn", "--forget").code == 0
    assert duplicates(shell, "--min-score", "0") == before


def test_scans_never_learn(shell: Shell) -> None:
    """What people said changes their pairs, and no other pair's score."""
    other = about(shell, "Onboard")
    shell("findings", "reject", about(shell, "night shifts")["id"], "--reason", "x")
    shell("scan")
    assert about(shell, "Onboard") == other


def test_with_enough_labels_learning_uses_them(shell: Shell) -> None:
    """Twelve pairs of copies accepted, twelve pairs of strangers rejected: more of these are right than before."""
    rows = []
    for n in range(12):
        flow = workflow(f"p{n}", f"Process {n} of plant", *STEPS[: 2 + n % 3], f"https://plant.example/{n}")
        write(shell.folder, "flows", flow)
        write(shell.folder, "copies", {**flow, "id": f"q{n}"})
    shell("scan")
    graph = shell("export", "--format", "json").json
    ids = {each["id"].rpartition("/")[2]: each["id"] for each in graph["assets"]}
    for n in range(12):
        rows += [f"{ids[f'p{n}']},{ids[f'q{n}']},yes", f"{ids[f'p{n}']},{ids[f'q{(n + 1) % 12}']},no"]
    (shell.folder / "l.csv").write_text("\n".join(["a,b,same", *rows]) + "\n", "utf-8")
    shell("findings", "labels", "import", "l.csv")
    learned = shell("learn", "--format", "json").json

    assert (learned["from"], learned["same"], learned["different"]) == ("24 labels", 12, 12)
    assert learned["right_after"] >= learned["right_before"]
    assert learned["right_after"] >= 20
    assert shell("learn", "--format", "csv").out.splitlines()[0] == "term,shipped,learned,factor"


def test_a_secret_in_a_reason_is_not_kept(shell: Shell) -> None:
    """Neither in a verdict nor in an imported label: a reason is copied, exported and shown like any text."""
    key = duplicates(shell)[0]["id"]
    assert shell("findings", "accept", key, "--reason", "see postgres://reader:hunter2@dwh.example/db").code == 0
    (shell.folder / "labels.csv").write_text("a,b,same,reason\nx,y,no,api_key=hunter2hunter2\n", "utf-8")
    assert shell("findings", "labels", "import", "labels.csv").code == 0
    told = shell("findings", "labels", "export", "-").out + json.dumps(duplicates(shell))
    assert "dwh.example" in told
    assert "hunter2" not in told


def test_reopening_what_never_was_names_the_nearest_and_what_is_gone_can_be_forgotten(shell: Shell) -> None:
    key = duplicates(shell)[0]["id"]
    wrong = shell("findings", "reopen", f"{key}0")
    assert wrong.code == 2
    assert key in wrong.err
    assert shell("findings", "reject", key, "--reason", "two countries").code == 0
    shutil.rmtree(shell.folder / "exports" / "copies")
    write(shell.folder, "copies", workflow("z", "Sweep the yard", "https://yard.example/broom"))
    shell("scan")
    assert shell("scan", "--confirm-retire").code == 0
    assert key not in {each["id"] for each in duplicates(shell, "--min-score", "0")}
    assert shell("findings", "reopen", key).code == 0
    assert shell("findings", "reopen", key).code == 2


def test_a_threshold_that_is_no_number_is_refused(shell: Shell) -> None:
    assert shell("findings", "--min-score", "nan").code == 2


def test_forgetting_for_show_changes_nothing(shell: Shell) -> None:
    assert shell("learn").code == 0
    learned = duplicates(shell, "--min-score", "0")
    assert shell("learn", "--forget", "--dry-run").code == 0
    assert duplicates(shell, "--min-score", "0") == learned
    assert shell("learn", "--forget").code == 0
    assert duplicates(shell, "--min-score", "0") != learned
