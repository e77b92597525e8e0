"""n8n: workflows from the API and from export folders, the products their nodes stand for, what they call."""

import json
from pathlib import Path
from typing import Any

import pytest

from siloscope.collectors.n8n import vendor, verb_of
from siloscope.config import Secret
from siloscope.names import canonical
from tests.served import Scanned, answering, scanned
from tests.servers.proxy import Answer

ME = "n8n://t.example"


def node(kind: str, name: str = "x", **parameters: Any) -> dict[str, Any]:
    return {"name": name, "type": f"n8n-nodes-base.{kind}", "parameters": parameters}


def workflow(*nodes: dict[str, Any], key: str | None = "w", **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"name": f"flow {key}", "nodes": list(nodes), "connections": {}}
    return {**base, **({"id": key} if key else {}), **changes}


def read(folder: Path, *flows: Any) -> Scanned:
    for number, flow in enumerate(flows):
        (folder / f"{number}.json").write_text(flow if isinstance(flow, str) else json.dumps(flow))
    return scanned("n8n", path=folder)


@pytest.mark.parametrize(
    ("kind", "operation", "verb", "host"),
    [
        ("slack", None, "writes", "https://slack.com"),
        ("googleSheets", "appendOrUpdate", "writes", "https://sheets.googleapis.com"),
        ("airtable", "search", "reads", "https://api.airtable.com"),
        ("telegramTrigger", None, "reads", "https://api.telegram.org"),
        ("gmailTool", "getAll", "reads", "https://gmail.googleapis.com"),
        ("lmChatOpenAi", None, "calls", "https://api.openai.com"),
        ("notion", None, "uses", "https://api.notion.com"),
    ],
)
def test_a_product_node_does_with_its_product_what_its_operation_says(tmp_path, kind, operation, verb, host):
    assert (verb_of(kind, operation), vendor(kind)) == (verb, host)
    parameters = {"operation": operation} if operation else {}
    assert read(tmp_path, workflow(node(kind, **parameters))).edges() == {(verb, host)}


@pytest.mark.parametrize("kind", ["postgres", "mySql", "if", "scheduleTrigger", "Trigger", "Tool", "set"])
def test_nodes_without_a_fixed_address_stand_for_none(kind):
    assert vendor(kind) is None


def test_an_address_with_an_expression_counts_as_far_as_it_is_constant(tmp_path):
    url = "=https://crm.example/api/{{ $json.id }}/x?key=planted"
    found = read(tmp_path, workflow(node("httpRequest", url=url), node("httpRequest", "y", url="={{ $env.URL }}")))
    assert found.edges() == {("calls", "https://crm.example/api")}
    assert found.assets[f"{ME}/workflow/w"].facts["expressions"] == 2


def test_notes_and_disabled_nodes_mention_nothing(tmp_path):
    note, off = node("stickyNote", content="https://docs.example"), {**node("slack"), "disabled": True}
    assert read(tmp_path, workflow(note, off)).edges() == set()


@pytest.mark.parametrize("called", ["other", {"__rl": True, "value": "other", "mode": "list"}])
def test_a_workflow_calls_another_and_its_errors_trigger_a_third(tmp_path, called):
    flow = workflow(node("executeWorkflow", workflowId=called), settings={"errorWorkflow": "third"})
    assert read(tmp_path, flow).edges() == {("calls", f"{ME}/workflow/other"), ("triggers", f"{ME}/workflow/third")}


def test_a_workflow_that_calls_itself_or_one_named_by_an_expression_has_no_edge(tmp_path):
    nodes = [node("executeWorkflow", workflowId="w"), node("executeWorkflow", "y", workflowId="={{ $json.id }}")]
    assert read(tmp_path, workflow(*nodes)).edges() == set()


def test_exports_of_every_wrapping_are_read(tmp_path):
    quoted = {'"nodes"': [node("slack")], "name": "quoted", '"connections"': {}}
    found = read(
        tmp_path,
        workflow(key="plain"),
        {"workflow": workflow(key="wrapped")},
        {"data": [workflow(key="listed 1"), workflow(key="listed 2")]},
        [workflow(key="array")],
        quoted,
        {"name": "package", "version": "1"},
    )
    assert {each.name.removeprefix("flow ") for each in found.assets.values()} == {
        "plain",
        "wrapped",
        "listed 1",
        "listed 2",
        "array",
        "quoted",
    }
    assert found.status("n8n.workflow") == "complete"


def test_a_byte_order_mark_is_no_obstacle(tmp_path):
    (tmp_path / "bom.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(workflow()).encode())
    (tmp_path / "wide.json").write_bytes(json.dumps(workflow(key="v")).encode("utf-16"))
    assert len(scanned("n8n", path=tmp_path).assets) == 2


def test_a_missing_or_repeated_id_becomes_the_path(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "copy of it.json").write_text(json.dumps(workflow(key="same")))
    found = read(tmp_path, workflow(key="same"), workflow(key=None))
    assert set(found.assets) == {f"{ME}/workflow/{path}" for path in ("0.json", "1.json", "sub/copy of it.json")}


def test_flags_may_be_words(tmp_path):
    found = read(tmp_path, workflow(key="a", active="false"), workflow(key="b", active=True), workflow(key="c"))
    assert [each.facts.get("active") for each in found.assets.values()] == [False, True, None]


def test_a_broken_export_is_named_and_the_others_are_read(tmp_path):
    found = read(tmp_path, workflow(), "{", workflow(key="v", nodes=[node("slack"), None, "x"], connections=[]))
    assert len(found.assets) == 2
    assert found.status("n8n.workflow") == "partial"
    assert "1.json" in found.reason("n8n.workflow")


def test_the_definition_does_not_depend_on_ids_names_notes_or_places(tmp_path):
    def flow(key: str, mark: str, channel: str = "#a") -> dict[str, Any]:
        nodes = [
            {**node("webhook", f"in {mark}", path="p"), "id": mark, "position": [len(mark), 2]},
            node("slack", f"out {mark}", channel=channel),
        ]
        wires = {f"in {mark}": {"main": [[{"node": f"out {mark}", "type": "main", "index": 0}]]}}
        return workflow(*nodes, node("stickyNote", mark, content=mark), key=key, connections=wires)

    found = read(tmp_path, flow("1", "a"), flow("2", "bb"), flow("3", "c", "#other"))
    one, two, three = (found.assets[f"{ME}/workflow/{key}"] for key in "123")
    assert one.facts["definition"] == two.facts["definition"] != three.facts["definition"]

    def built(shape: Any) -> dict[str, Any]:
        """What it is made of, without the words by which people describe and configure it."""
        return {key: value for key, value in shape.items() if not key.startswith(("text:", "hash:"))}

    assert built(one.shape) == built(two.shape) == built(three.shape) != {}


def test_settings_are_compared_by_hashes_and_notes_by_words(tmp_path):
    parts = [
        node("httpRequest", "Fetch overdue invoices", url="https://erp.example/v1/invoices/open"),
        node("code", "c", jsCode="const who = $json.customer.email; // marmalade"),
        node("stickyNote", "n", content="Reminds **customers** of what they owe, k3y9x7"),
    ]
    (only,) = read(tmp_path, workflow(*parts)).assets.values()
    assert {"text:overdue", "text:invoice", "text:customer", "field:email"} <= set(only.shape)
    assert sum(each.startswith("path:") for each in only.shape) == 1
    assert not [each for each in only.shape if "marmalade" in each or "k3y9x7" in each or "erp" in each]


def test_renamed_nodes_leave_the_definition_of_what_takes_from_them(tmp_path):
    def flow(key: str, first: str) -> dict[str, Any]:
        taken = f"={{{{ $('{first}').item.json.email }}}} and {{{{ $node[\"{first}\"].json.name }}}}"
        return workflow(node("webhook", first), node("slack", "out", text=taken), key=key)

    one, two = read(tmp_path, flow("1", "In"), flow("2", "Bestellung")).assets.values()
    assert one.facts["definition"] == two.facts["definition"]


def test_secrets_in_parameters_never_come_out(tmp_path):
    nodes = [
        node(
            "httpRequest",
            url="https://api.example/x?token=planted-1",
            headerParameters={"parameters": [{"name": "Authorization", "value": "Bearer planted-2"}]},
        ),
        node("code", "c", jsCode="const p = 'postgres://u:planted-3@db1/x'; const password = 'planted-4';"),
        node("set", "s", values={"string": [{"name": "apiKey", "value": "planted-5"}]}),
    ]
    found = read(tmp_path, workflow(*nodes))
    assert {name for _, name in found.edges()} == {"https://api.example/x", "host://db1:5432/x"}
    assert "planted" not in found.text()


@pytest.mark.parametrize("name", ["<b>x</b>", "a/b", "q?#%", "x" * 5000, "\u202e\n"])
def test_hostile_names_and_ids_are_kept_as_text(tmp_path, name):
    (only,) = read(tmp_path, workflow(key=f"k{name}", name=name)).assets.values()
    assert only.name == name
    assert canonical(only.id) == only.id


def api(**options: Any) -> dict[str, Any]:
    return {"options": {"api_key": Secret("env:N8N_KEY"), **options}}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("N8N_KEY", "planted-key")


def test_the_api_is_read_page_by_page_with_its_key_and_without_pinned_data():
    flows = [
        workflow(node("webhook", path="orders"), key=f"w{n}", createdAt="2026-01-02T03:04:05.000Z") for n in range(7)
    ]
    runs = [{"workflowId": f"w{n % 3}", "startedAt": f"2026-02-0{n + 1}T00:00:00.000Z"} for n in range(6)]

    def rule(request: Any) -> Any:
        assert request.headers["x-n8n-api-key"] == "planted-key"
        start = int(request.query.get("cursor", ["0"])[0])
        workflows = request.path.endswith("/workflows")
        assert not workflows or request.query["excludePinnedData"] == ["true"]
        rows = flows if workflows else runs
        return {"data": rows[start : start + 2], "nextCursor": str(start + 2) if start + 2 < len(rows) else None}

    with answering(rule) as server:
        found = scanned("n8n", url=server.url, **api())
        assert found.assets[f"{ME}/workflow/w0"].names == (canonical(f"{server.url}/webhook/orders"),)
    assert len(found.assets) == 7
    assert found.assets[f"{ME}/workflow/w0"].created == "2026-01-02T03:04:05Z"
    used = {each.about: each.last_used for each in sorted(found.descriptions, key=lambda each: each.last_used)}
    assert used == {f"{ME}/workflow/w{n}": f"2026-02-0{n + 4}T00:00:00Z" for n in range(3)}
    assert "planted-key" not in found.text()


def test_a_key_without_a_right_is_denied_for_that_listing_only():
    def rule(request: Any) -> Any:
        return {"data": [workflow()], "nextCursor": None} if "workflows" in request.path else Answer(403, b"{}")

    with answering(rule) as server:
        found = scanned("n8n", url=server.url, **api())
    assert (found.status("n8n.workflow"), found.status("n8n.execution")) == ("complete", "denied")
    assert found.taken["n8n.execution"].slice.permission == "execution:list"


def test_an_answer_without_its_list_or_a_cursor_that_leads_back_is_no_success():
    with answering(
        lambda request: {"data": [workflow()], "nextCursor": "x"} if "workflows" in request.path else {}
    ) as server:
        found = scanned("n8n", url=server.url, **api())
    assert (found.status("n8n.workflow"), found.status("n8n.execution")) == ("partial", "failed")


def test_every_workflow_of_a_published_collection_is_an_asset(corpora, tmp_path):
    """A hundred of 1,424 files, one an asset, their count taken without the collector."""
    import tarfile

    with tarfile.open(corpora / "n8n-workflows.tar.gz") as archive:
        members = [each for each in archive.getmembers() if each.name.endswith(".json")]
        for member in members[::15]:
            archive.extract(member, tmp_path, filter="data")
    flows = [json.loads(each.read_bytes()) for each in tmp_path.rglob("*.json")]
    found = scanned("n8n", path=tmp_path)
    assert found.status("n8n.workflow") == "complete"
    assert len(found.assets) == len(flows)
    assert sorted(each.facts["nodes"] for each in found.assets.values()) == sorted(len(each["nodes"]) for each in flows)
