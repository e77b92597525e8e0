"""The commands end to end over two folders of exports: what they print, write and how they exit."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.commands import URLS, Shell, lay, workflow

PLANTED = "hunter2-Planted-91"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A folder with exports and a configuration."""
    return Shell(lay(tmp_path), capsys, monkeypatch)


@pytest.fixture
def scanned(shell: Shell) -> Shell:
    """The same, scanned."""
    assert shell("scan").code == 0
    return shell


def test_a_scan_prints_a_line_a_source_and_the_coverage(shell: Shell) -> None:
    """And leaves a store, no spool, nothing else."""
    done = shell("scan")
    assert done.code == 0
    assert done.out.splitlines()[:2] == [
        "flows: 2 assets, 1 of 1 slices complete",
        "copies: 1 assets, 1 of 1 slices complete",
    ]
    assert "3 assets in 2 tools" in done.out
    assert "dependencies resolved" in done.out
    assert "next: siloscope findings" in done.err
    assert sorted(each.name for each in shell.folder.iterdir() if not each.name.startswith((".", "siloscope.db"))) == ["exports", "siloscope.toml"]  # fmt: skip


def test_the_whole_way_from_scan_to_plan(scanned: Shell) -> None:
    """Every command that reads the store works on the folder it runs in."""
    (found,) = scanned("findings", "--rule", "duplicate-asset", "--format", "json").json["findings"]
    assert found["title"] == "Send invoices: the same workflow 2 times in 2 tools: n8n:copies, n8n:flows"
    why = scanned("why", found["id"])
    assert "their definitions are identical" in why.out
    assert "log-odds" in why.out
    edge = scanned("why", "w2", "https://crm.example")
    assert "which nobody scanned claims" in edge.out
    assert scanned("coverage", "--format", "json").json["slices"][0]["status"] == "complete"
    assert scanned("map", "-o", "m.html").code == 0
    assert "<html" in (scanned.folder / "m.html").read_text("utf-8").lower()
    assert scanned("plan", "-o", "p", "--retire", "n8n:copies").code == 0
    plan = json.loads((scanned.folder / "p" / "plan.json").read_text("utf-8"))
    assert [(each["from"], each["to"]) for each in plan["moves"]] == [("n8n:copies", "n8n:flows")]
    assert {each.name for each in (scanned.folder / "p").iterdir()} >= {"plan.json", "plan.md"}
    assert scanned("map", "--plan", "p/plan.json", "-o", "m2.html").code == 0
    rows = scanned(
        "query", "SELECT kind, count(*) AS n FROM asset WHERE kind <> 'outside' GROUP BY kind", "--format", "json"
    ).json["rows"]
    assert rows == [{"kind": "n8n.workflow", "n": 3}]
    assert scanned("check").code == 0
    assert scanned("permissions", "aws").out.count("glue:") > 3
    assert "n8n" in scanned("sources").out


def test_a_diff_names_what_changed(scanned: Shell) -> None:
    """Between an export and the store, and between two exports; a second scan of the same changes nothing."""
    scanned("export", "--format", "json", "-o", "before.json")
    assert scanned("scan").code == 0
    assert scanned("diff", "before.json", "--format", "json").json["changes"] == []
    (scanned.folder / "exports/flows/3.json").write_text(
        json.dumps(workflow("w3", "New", "https://x.example")), "utf-8"
    )
    scanned("scan")
    changes = scanned("diff", "before.json", "--format", "json").json["changes"]
    assert ("assets", "added") in {(each["what"], each["change"]) for each in changes}
    assert scanned("diff", "before.json", "before.json").code == 0
    (scanned.folder / "no.json").write_text("{}", "utf-8")
    assert scanned("diff", "no.json").code == 2


LISTS = [
    ("findings",), ("coverage",), ("check",), ("sources",), ("query", "SELECT id FROM asset"), ("diff", "g.json"),
    ("findings", "--rule", "single-bridge"), ("coverage", "--open"), ("query", "SELECT id FROM asset WHERE 0"),
]  # fmt: skip


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_a_list_as_json_is_one_document_and_nothing_else(scanned: Shell, command: tuple[str, ...]) -> None:
    """As csv a heading and rows; both parse, also when nothing is found."""
    scanned("export", "--format", "json", "-o", "g.json")
    document = scanned(*command, "--format", "json")
    assert isinstance(document.json, dict)
    assert document.err == ""
    heading, *_ = list(csv.reader(io.StringIO(scanned(*command, "--format", "csv").out)))
    assert heading


@pytest.mark.parametrize(
    "command", [("export", "--format", "json"), ("export", "--format", "ndjson"), ("map",)], ids=" ".join
)
def test_a_dash_is_stdout(scanned: Shell, command: tuple[str, ...]) -> None:
    """The same bytes as in a file, and nothing beside them."""
    scanned(*command, "-o", "file")
    out = scanned(*command, "-o", "-")
    assert out.out.rstrip("\n") == (scanned.folder / "file").read_text("utf-8").rstrip("\n")
    assert out.err == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--fail-on", "duplicate-asset"], 1), (["--fail-on", "duplicate-asset:1"], 0), (["--fail-on", "dormant"], 0), (["--fail-on", "duplicate-asset", "--rule", "unowned"], 1), (["--fail-on", "nonsense"], 2), (["--fail-on", "dormant:x"], 2), (["--min-score", "2"], 2), (["--fail-on", "duplicate-asset", "--min-score", "1"], 0)],
    ids=str,
)  # fmt: skip
def test_fail_on_counts_open_findings_over_the_threshold(scanned: Shell, arguments: list[str], code: int) -> None:
    """Exit 1 when crossed; an unknown rule or a wrong number is a usage error."""
    assert scanned("findings", *arguments).code == code


def test_a_verdict_survives_a_rescan_and_lets_a_gate_pass(scanned: Shell) -> None:
    """Accepted with a reason, shown with it, and open again when reopened."""

    def the_one() -> dict:
        return scanned("findings", "--rule", "duplicate-asset", "--format", "json").json["findings"][0]

    key = the_one()["id"]
    assert scanned("findings", "accept", key).code == 2  # a reason is needed
    assert scanned("findings", "accept", "duplicate-asset-0", "--reason", "x").code == 2
    assert scanned("findings", "accept", key, "--reason", "a demo copy").code == 0
    assert scanned("findings", "--fail-on", "duplicate-asset").code == 0
    assert scanned("scan").code == 0
    assert (the_one()["state"], the_one()["reason"]) == ("accepted", "a demo copy")
    assert scanned("findings", "reject", key, "--reason", "no", "--config", "siloscope.toml").code == 0
    assert the_one()["state"] == "rejected"
    assert scanned("findings", "reopen", key).code == 0
    assert the_one()["state"] == "open"


def test_broken_files_are_named_and_everything_else_is_kept(shell: Shell) -> None:
    """Exit 3, the reason in the ledger; an accepted gap makes it 0 again."""
    (shell.folder / "exports/flows/broken.json").write_text('{"nodes": [', "utf-8")
    done = shell("scan")
    assert done.code == 3
    assert "broken.json" in done.out
    assert "flows: 2 assets" in done.out
    (row,) = shell("coverage", "--open", "--format", "json").json["slices"]
    assert (row["status"], row["source"]) == ("partial", "flows")
    with (shell.folder / "siloscope.toml").open("a", encoding="utf-8") as out:
        out.write('[[accepted-gap]]\nsource = "flows"\nreason = "known"\n')
    assert shell("scan").code == 0
    assert shell("coverage", "--open", "--format", "json").json["slices"] == []


def test_a_source_that_cannot_be_reached_retires_nothing(scanned: Shell) -> None:
    """Exit 3 while others answer, 4 when none does; the graph keeps what it had."""
    (scanned.folder / "exports/flows").rename(scanned.folder / "exports/gone")
    assert scanned("scan").code == 3
    assert len(scanned("export", "--format", "json").json["assets"]) == 3
    assert scanned("scan", "--only", "flows").code == 4
    assert len(scanned("export", "--format", "json").json["assets"]) == 3


def test_a_source_whose_name_holds_a_slash_is_counted_like_any_other(shell: Shell) -> None:
    """Its open slices make the exit code too."""
    text = (shell.folder / "siloscope.toml").read_text("utf-8").replace('"flows"', '"team/flows"', 1)
    (shell.folder / "siloscope.toml").write_text(text, "utf-8")
    (shell.folder / "exports/flows/broken.json").write_text("{", "utf-8")
    assert shell("scan").code == 3


def test_losses_are_held_until_confirmed(shell: Shell) -> None:
    """A folder that is suddenly empty; `--confirm-retire` applies it without scanning again."""
    shell("scan")
    for file in (shell.folder / "exports/flows").iterdir():
        file.unlink()
    done = shell("scan")
    assert "held" in done.out
    assert len(shell("export", "--format", "json").json["assets"]) == 3
    assert "retired: flows" in shell("scan", "--confirm-retire", "flows").out
    assert [each["source"] for each in shell("export", "--format", "json").json["assets"]] == ["copies"]


def test_a_recording_replays_to_the_same_graph(scanned: Shell) -> None:
    """Byte for byte: also the time is that of the recording."""
    assert scanned("scan", "--record", "rec").code == 0
    first = scanned("export", "--format", "json").json
    assert scanned("scan", "--from", "rec", "--store", "other.db").code == 0
    second = scanned("export", "--format", "json", "--store", "other.db").json
    for document in (first, second):
        for row in document["assets"]:
            row.pop("first_seen")
    assert first == second


def test_paths_are_relative_to_the_configuration_whatever_folder_we_are_in(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Exports and store beside the file; `--store` and `-o` beside us."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    config = str(shell.folder / "siloscope.toml")
    assert shell("scan", "--config", config).code == 0
    assert (shell.folder / "siloscope.db").exists()
    assert shell("export", "--format", "json", "-o", "here.json", "--config", config).code == 0
    assert shell("scan", "--config", config, "--store", "mine.db").code == 0
    assert {each.name.partition("-")[0] for each in elsewhere.iterdir()} == {"here.json", "mine.db"}


WRONG = {
    "no configuration": (["scan", "--config", "none.toml"], "siloscope init"),
    "a mistyped configuration is not ignored": (["findings", "--config", "none.toml"], "none.toml: no such file"),
    "an unknown source": (["scan", "--only", "flow"], 'did you mean "flows"'),
    "an unknown command": (["finding"], 'did you mean "findings"'),
    "an unknown rule": (["findings", "--rule", "dorment"], 'did you mean "dormant"'),
    "an unknown tool": (["plan", "--keep", "n8n:flow"], 'did you mean "n8n:flows"'),
    "a contradiction": (["plan", "--keep", "n8n:flows", "--retire", "n8n:flows"], "kept and to be retired"),
    "a horizon of nothing": (["plan", "--horizon", "0m"], "36m"),
    "an unknown format": (["export", "--format", "xml"], "there are"),
    "an unknown store": (["findings", "--store", "mysql://x"], "no store of kind"),
    "nothing to explain": (["why", "no such thing at all"], "nothing is called"),
    "a query that writes": (["query", "DELETE FROM asset"], ""),
    "a query that is none": (["query", "SELEKT"], ""),
    "no recording": (["scan", "--from", "exports"], "no recording"),
    "a place that cannot be written": (["export", "--format", "json", "-o", "siloscope.toml/x"], "siloscope.toml"),
    "an existing configuration": (["init"], "exists already"),
    "an unknown type": (["permissions", "mlfow"], 'did you mean "mlflow"'),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_call_is_one_clear_line_and_exit_code_2(scanned: Shell, case: str) -> None:
    """Never a traceback, never an internal fault."""
    arguments, word = WRONG[case]
    done = scanned(*arguments)
    assert done.code == 2
    assert word in done.err
    assert "internal fault" not in done.err


def test_no_secret_and_no_hostile_name_reaches_the_terminal(shell: Shell) -> None:
    """Escape sequences, bidi marks and line ends in names cannot steer what is printed; secrets are nowhere."""
    hostile = workflow("h", f"\x1b[31m\u202e<b>\nfake line {PLANTED}"[:-len(PLANTED)], f"https://u:{PLANTED}@erp.example/?token={PLANTED}")  # fmt: skip
    hostile["nodes"][0]["parameters"]["password"] = PLANTED
    (shell.folder / "exports/flows/h.json").write_text(json.dumps(hostile), "utf-8")
    said = "".join(
        each.out + each.err
        for each in (shell("scan", "--record", "rec"), shell("findings", "--min-score", "0"), shell("why", "h"), shell("coverage"), shell("why", "fake line"))
    )  # fmt: skip
    assert not any(each in said for each in "\x1b\u202e")
    shell("map", "-o", "m.html")
    shell("export", "--format", "json", "-o", "g.json")
    content = said.encode() + b"".join(
        file.read_bytes() for file in shell.folder.rglob("*") if file.is_file() and "exports" not in file.parts
    )
    assert PLANTED.encode() not in content


def test_init_writes_what_it_detects_and_the_rest_as_comments(shell: Shell) -> None:
    """Exports in the folder become sources; what it writes can be scanned."""
    (shell.folder / "siloscope.toml").unlink()
    (shell.folder / "team").mkdir()
    (shell.folder / "team" / "catalog-info.yaml").write_text("kind: Group\nmetadata: {name: a}\n", encoding="utf-8")
    done = shell("init")
    assert done.code == 0
    assert "n8n exports in exports" in done.out
    assert "backstage exports in team" in done.out
    assert "[[department]]" in (shell.folder / "siloscope.toml").read_text("utf-8")
    assert shell("scan", "--only", "n8n-files").code == 0
    assert shell("init", "--force").code == 0


def test_before_the_first_scan_the_way_on_is_named(shell: Shell) -> None:
    """Not an empty list that reads like a clean bill of health."""
    for command in (["findings"], ["coverage"], ["map"], ["plan"], ["export", "--format", "json"]):
        done = shell(*command)
        assert done.code == 2
        assert "run `siloscope scan`" in done.err


def test_a_reference_between_the_folders_is_an_edge(shell: Shell) -> None:
    """Both mention the ERP, which nobody scanned: one outside node, one hidden share."""
    shell("scan")
    document = shell("export", "--format", "json").json
    assert {each["name"] for each in document["outside"]} == {"https://erp.example", "https://crm.example"}
    assert len([each for each in document["edges"] if each["target"] == "outside:https://erp.example"]) == 2 * len(URLS)
    (share,) = shell("findings", "--rule", "hidden-share", "--format", "json").json["findings"]
    assert share["subjects"] == ["outside:https://erp.example", "n8n:copies", "n8n:flows"]
