"""Node-RED: tabs and subflows, what their configuration nodes stand for, and links between tabs."""

import json
from pathlib import Path
from typing import Any

import pytest

from siloscope.config import Secret
from siloscope.names import canonical
from tests.served import Scanned, answering, scanned
from tests.servers.proxy import Answer

ME = "nodered://t.example"
SEEDS = Path(__file__).parent / "seeds" / "node-red" / "flows.json"


def tab(key: str = "t1", **changes: Any) -> dict[str, Any]:
    return {"id": key, "type": "tab", "label": key, **changes}


def node(kind: str, key: str = "n1", z: str = "t1", **changes: Any) -> dict[str, Any]:
    return {"id": key, "type": kind, "z": z, "x": 1, "y": 1, "wires": [], **changes}


def read(folder: Path, *rows: dict[str, Any], name: str = "flows.json", **settings: Any) -> Scanned:
    (folder / name).write_text(json.dumps(list(rows)))
    return scanned("node-red", path=folder, **settings)


def test_a_topic_lies_at_the_broker_of_its_configuration_node(tmp_path):
    broker = {"id": "b1", "type": "mqtt-broker", "broker": "mq.example", "port": "1883"}
    rows = [
        node("mqtt in", "a", topic="line/+/temp", broker="b1"),
        node("mqtt out", "b", topic="siren", broker="b1"),
        node("mqtt in", "c", topic="", broker="b1"),
    ]
    assert read(tmp_path, tab(), broker, *rows).edges(f"{ME}/flow/t1") == {
        ("reads", "mqtt://mq.example:1883/line"),
        ("writes", "mqtt://mq.example:1883/siren"),
        ("reads", "mqtt://mq.example:1883"),
    }


def test_sql_names_tables_of_the_database_behind_the_node(tmp_path):
    base = {"id": "p1", "type": "postgreSQLConfig", "host": "pg.example", "port": 5432, "database": "plant"}
    query = node("postgresql", query="insert into log select * from staging", postgreSQLConfig="p1")
    assert read(tmp_path, tab(), base, query).edges() == {
        ("writes", "host://pg.example:5432/plant/public/log"),
        ("reads", "host://pg.example:5432/plant/public/staging"),
    }


def test_a_database_without_a_query_is_used_and_a_host_from_the_environment_is_no_name(tmp_path):
    base = {"id": "m1", "type": "MySQLdatabase", "host": "my.example", "port": "3306", "db": "shop"}
    other = {"id": "m2", "type": "postgreSQLConfig", "host": "PG_HOST", "hostFieldType": "env", "port": "5432"}
    rows = [node("mysql", "a", mydb="m1"), node("postgresql", "b", postgreSQLConfig="m2")]
    assert read(tmp_path, tab(), base, other, *rows).edges() == {("uses", "host://my.example:3306/shop")}


def test_links_trigger_other_tabs_and_subflows_are_called(tmp_path):
    rows = [
        tab("t1"),
        tab("t2"),
        {"id": "s1", "type": "subflow", "name": "clean"},
        node("link out", "a", "t1", links=["b", "same"], mode="link"),
        node("link in", "same", "t1", links=["a"]),
        node("link in", "b", "t2", links=["a"]),
        node("link call", "c", "t2", links=["same"]),
        node("subflow:s1", "d", "t2"),
        node("function", "e", "s1", func="return msg;"),
    ]
    found = read(tmp_path, *rows)
    assert found.edges(f"{ME}/flow/t1") == {("triggers", f"{ME}/flow/t2")}
    assert found.edges(f"{ME}/flow/t2") == {("calls", f"{ME}/flow/t1"), ("calls", f"{ME}/subflow/s1")}
    assert {each.kind for each in found.assets.values()} == {"nodered.flow", "nodered.subflow"}


def test_disabled_nodes_and_tabs_reach_nothing(tmp_path):
    call = {"url": "https://erp.example/x"}
    found = read(
        tmp_path,
        tab(),
        node("http request", d=True, **call),
        tab("t2", disabled=True),
        node("http request", "b", "t2", **call),
    )
    assert found.edges() == set()
    assert found.assets[f"{ME}/flow/t2"].facts["disabled"] is True


def test_copies_of_an_export_do_not_hide_each_other(tmp_path):
    for name in ("a/flows.json", "b/flows.json"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(json.dumps([tab("same", label=name), node("debug", z="same")]))
    found = scanned("node-red", path=tmp_path)
    assert set(found.assets) == {f"{ME}/flow/a/flows.json", f"{ME}/flow/b/flows.json"}
    assert len({each.facts["definition"] for each in found.assets.values()}) == 1


def test_a_project_folder_holds_other_files_too(tmp_path):
    (tmp_path / "package.json").write_text('{"name": "plant"}')
    (tmp_path / "flows_cred.json").write_text('{"$": "deadbeef"}')
    (tmp_path / "one.json").write_text(
        json.dumps({"id": "t9", "label": "one", "nodes": [node("inject", z="t9")], "configs": []})
    )
    (tmp_path / "v2.json").write_text(json.dumps({"rev": "1", "flows": [tab("t8"), node("inject", z="t8")]}))
    found = scanned("node-red", path=tmp_path)
    assert set(found.assets) == {f"{ME}/flow/t8", f"{ME}/flow/t9"}
    assert found.status("nodered.flow") == "complete"


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "broken.json").write_text("[{")
    found = read(tmp_path, tab())
    assert (found.status("nodered.flow"), len(found.assets)) == ("partial", 1)
    assert "broken.json" in found.reason("nodered.flow")


def test_the_definition_does_not_depend_on_ids_names_or_places(tmp_path):
    def flow(mark: str) -> list[dict[str, Any]]:
        broker = {"id": f"b{mark}", "type": "mqtt-broker", "broker": "mq.example", "port": "1883"}
        first = node("mqtt in", f"x{mark}", f"t{mark}", topic="a", broker=f"b{mark}", wires=[[f"y{mark}"]], name=mark)
        return [tab(f"t{mark}"), broker, first, node("debug", f"y{mark}", f"t{mark}", x=ord(mark))]

    changed = flow("3")
    changed[2]["topic"] = "b"
    found = read(tmp_path, *flow("1"), *flow("2"), *changed)
    one, two, three = (found.assets[f"{ME}/flow/t{mark}"] for mark in "123")
    assert one.facts["definition"] == two.facts["definition"] != three.facts["definition"]
    assert one.shape == two.shape


def test_secrets_in_the_environment_credentials_and_urls_never_come_out(tmp_path):
    env = [{"name": "PLANT_KEY", "value": "planted-1", "type": "str"}]
    rows = [
        tab(env=env),
        node("http request", url="https://erp.example/x?apikey=planted-2", credentials={"password": "planted-3"}),
        node("subflow:s", "b", env=[{"name": "password", "value": "planted-4", "type": "cred"}]),
        {"id": "s", "type": "subflow", "name": "s", "env": env},
    ]
    found = read(tmp_path, *rows)
    assert ("calls", "https://erp.example/x") in found.edges()
    assert "planted" not in found.text()


@pytest.mark.parametrize("label", ["<script>x</script>", 'a"b', "x" * 5000, "\u202e", "line\nbreak", ""])
def test_hostile_labels_and_ids_are_kept_as_text(tmp_path, label):
    found = read(tmp_path, tab(f"id{label}", label=label), node("debug", z=f"id{label}"))
    (only,) = found.assets.values()
    assert only.name == (label or "id")
    assert canonical(only.id) == only.id


def test_a_user_logs_in_for_reading_only_and_a_wrong_password_is_denied():
    seen: list[dict[str, Any]] = []

    def rule(request):
        if request.path == "/auth/token":
            seen.append(json.loads(request.body))
            right = seen[-1]["password"] == "right"
            return {"access_token": "tok"} if right else Answer(401, b"{}")
        right = request.headers.get("authorization") == "Bearer tok"
        return {"rev": "1", "flows": [tab(), node("debug")]} if right else Answer(401, b"{}")

    with answering(rule) as server, pytest.MonkeyPatch.context() as patch:
        for word, status in (("right", "complete"), ("wrong", "denied")):
            patch.setenv("RED_PASSWORD", word)
            options = {"user": "reader", "password": Secret("env:RED_PASSWORD")}
            found = scanned("node-red", url=server.url, options=options)
            assert found.status("nodered.flow") == status
    assert {each["scope"] for each in seen} == {"flows.read"}


def test_an_answer_that_holds_no_flows_is_not_an_empty_server():
    with answering(lambda _: {"rev": "1"}) as server:
        assert scanned("node-red", url=server.url).status("nodered.flow") == "failed"


def test_a_real_server_gives_what_was_deployed(nodered):
    nodered.deploy(json.loads(SEEDS.read_text()))
    found = scanned("node-red", url=nodered.url)
    assert found.status("nodered.flow") == "complete"
    assert len(found.assets) == 4
    assert ("triggers", f"{ME}/flow/f2dash0000000002") in found.edges(f"{ME}/flow/f1line0000000001")
    assert canonical(f"{nodered.url}/alarms") in found.assets[f"{ME}/flow/f2dash0000000002"].names
    assert "planted" not in found.text()
