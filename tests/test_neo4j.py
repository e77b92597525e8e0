"""The Neo4j store beyond the common contract: its URLs and errors, and what people see in Browser and Bloom."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siloscope.errors import StoreError
from siloscope.graph import neo4j_publish
from siloscope.graph.build import Settings, build
from siloscope.graph.commit import decide, texts
from siloscope.graph.neo4j import Neo4jStore, schema
from siloscope.graph.neo4j_link import Place, place
from siloscope.graph.neo4j_rows import DOMAINS, MAIN, checksum, clip, domain_of, facts_of, label_of, short
from siloscope.graph.store import open_store
from siloscope.model import Asset, Observation, Reference, Slice, Verb
from tests.processes import waiting

AT, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
ROW = Slice("s", "jobs", "x", config="c", principal="p")
SERVER = pytest.mark.server("neo4j")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("neo4j://host", Place("neo4j://host:7687", "neo4j", "neo4j", "default")),
        ("bolt+ssc://ann@host:17687/estates?estate=emea", Place("bolt+ssc://host:17687", "ann", "estates", "emea")),
        ("neo4j+s://a%40b.c@host/", Place("neo4j+s://host:7687", "a@b.c", "neo4j", "default")),
        ("bolt://[::1]:7688/x", Place("bolt://[::1]:7688", "neo4j", "x", "default")),
        ("bolt://host?estate=Ost%20West", Place("bolt://host:7687", "neo4j", "neo4j", "Ost West")),
    ],
)
def test_a_store_url_says_server_user_database_and_estate(url: str, expected: Place) -> None:
    """What is not said has a default."""
    assert place(url) == expected


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("bolt://host:99999", "malformed"),
        ("bolt://host:x", "malformed"),
        ("bolt:///neo4j", "malformed"),
        ("neo4j+sc://host", "malformed"),
        ("bolt://host?estates=x", 'option "estates"'),
        ("bolt://host?estate=", "1 to 100"),
        ("bolt://host?estate=" + "x" * 101, "1 to 100"),
        ("bolt://host?estate=a%0Ab", "printable"),
    ],
)
def test_a_store_url_that_makes_no_sense_is_refused(url: str, word: str) -> None:
    """Before any connection is made."""
    with pytest.raises(StoreError, match=word):
        place(url)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    """A URL ends up in shells, logs and configuration files."""
    with pytest.raises(StoreError, match="NEO4J_PASSWORD") as error:
        open_store("neo4j://neo4j:hunter2-hunter2@host:99999/")
    assert "hunter2" not in str(error.value)


def test_nothing_listens() -> None:
    """One line that says where, and that it cannot be reached."""
    with pytest.raises(StoreError, match="cannot be reached") as error:
        open_store("bolt://127.0.0.1:1/neo4j", "secret-secret")
    assert "\n" not in str(error.value)
    assert "secret-secret" not in str(error.value)


@pytest.mark.parametrize(
    ("agent", "good"),
    [
        ("Neo4j/4.4.40", False),
        ("Neo4j/5.22.0", False),
        ("Neo4j/5.23.0", True),
        ("Neo4j/5.26.30", True),
        ("Neo4j/2025.10.1", True),
        ("Memgraph/3.0", False),
    ],
)
def test_an_old_server_is_refused(agent: str, good: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """5.23 is the first that understands what we say; what is no Neo4j may not."""
    import neo4j

    closed = []
    driver = SimpleNamespace(get_server_info=lambda: SimpleNamespace(agent=agent), close=lambda: closed.append(1))
    monkeypatch.setattr(neo4j.GraphDatabase, "driver", lambda *_, **__: driver)
    monkeypatch.setattr(Neo4jStore, "_refuse_newer", lambda _self: None)
    if good:
        Neo4jStore("bolt://host")
        return
    with pytest.raises(StoreError, match=f"the server is {agent}; siloscope needs Neo4j 5.23 or later"):
        Neo4jStore("bolt://host")
    assert closed


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("glue.job", "GlueJob"),
        ("mlflow.model-version", "MlflowModelVersion"),
        ("s3.bucket", "S3Bucket"),
        ("asset", "AssetKind"),
        ("data", "DataKind"),
        ("siloscope.slice", "SiloscopeSliceKind"),
        ("2fast", "Kind2fast"),
        ("`) DETACH DELETE n //", "DETACHDELETEN"),
        ("模型", ""),
        ("", ""),
    ],
)
def test_a_kind_is_a_label(kind: str, label: str) -> None:
    """Readable, and never one that means something else here."""
    assert label_of(kind) == label


@given(st.text())
def test_a_label_cannot_break_out_of_a_statement(kind: str) -> None:
    """Letters and digits whatever a kind is called, and no label of ours."""
    label = label_of(kind)
    assert label == "" or (label.isascii() and label.isalnum() and not label[0].isdigit())
    assert label not in {*MAIN, *DOMAINS}
    assert not label.startswith("Siloscope") or label.endswith("Kind")
    assert len(label) <= 70


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.floats() | st.text() | st.booleans()))
def test_facts_are_properties_of_plain_names_and_bounded_values(facts: dict[str, Any]) -> None:
    """What Neo4j can hold and index: 64-bit integers, texts of bounded length."""
    for key, value in facts_of(facts).items():
        assert key.startswith("fact_")
        assert key.isascii()
        assert key.replace("_", "a").isalnum()
        assert value is not None
        assert not isinstance(value, int) or -(2**63) <= value < 2**63


def test_the_domain_of_a_tool_is_that_of_what_it_is_for() -> None:
    """From the catalog; a product nobody knows has none."""
    assert domain_of("mlflow:host") == "Ml"
    assert domain_of("uipath:tenant") == "Automation"
    assert domain_of("s3:1") == "Data"
    assert domain_of("homegrown:1") == ""


def test_long_ids_are_shortened_apart_and_short_ones_kept() -> None:
    """An index entry holds some 8,000 bytes; two ids that differ stay two."""
    assert short("arn:aws:s3:::lake") == "arn:aws:s3:::lake"
    one, two = short("模" * 5_000 + "a"), short("模" * 5_000 + "b")
    assert one != two
    assert len(one.encode()) < 4_000
    assert len(clip("x" * 5_000)) == 1_001
    assert clip(2**70) == str(2**70)


def test_a_checksum_does_not_depend_on_order_and_notices_what_is_missing() -> None:
    """What a reader compares."""
    marks = ["ffffffffffffffff", "0000000000000001", "00000000000000ff"]
    assert checksum(marks) == checksum(reversed(marks))
    assert checksum(marks) != checksum(marks[:2])


@pytest.fixture
def estate(neo4j: Any) -> Iterator[SimpleNamespace]:
    """A store with an estate of its own, and a driver to look at it as people do."""
    name = uuid4().hex
    url = f"bolt://{neo4j.user}@{neo4j.url.partition('://')[2]}/neo4j?estate={name}"
    store = open_store(url, neo4j.password)
    with neo4j.driver() as driver:

        def look(text: str, **values: Any) -> list[list[Any]]:
            found = driver.execute_query(text, {**values, "estate": name}).records
            return [list(each.values()) for each in found]

        yield SimpleNamespace(store=store, look=look, name=name, url=url, server=neo4j)
        store.close()
        look("MATCH (n {estate: $estate}) DETACH DELETE n")


ESTATE: list[Observation] = [
    Asset(
        "m1", "mlflow.model", "churn", "mlflow:risk", department="Risk", owner="ann", last_used=AT, annual_cost=5,
        facts={"stage": "prod", "tag.cost-center": "cc-17", "huge": 2**70},
    ),
    Asset("lake", "s3.bucket", "lake", "s3:1", names=("s3://lake",)),
    Reference("m1", Verb.READS, "s3://lake/churn", "run.input"),
    Reference("m1", Verb.WRITES, "s3://other/out", "run.output", 0.5),
]  # fmt: skip


def commit(store: Any, items: list[Observation], at: str = AT) -> None:
    with store.writing("s") as batch:
        known = store.known("s").get(ROW.key)
        batch.apply(decide(known, ROW, texts(items), at, confirm=True), at)
        batch.publish(build(batch.live(), batch.slices(), Settings(), at, at))


@SERVER
def test_people_see_assets_tools_departments_and_capabilities(estate: SimpleNamespace) -> None:
    """Kinds and domains are labels, verbs are types, facts and hot fields are properties."""
    commit(estate.store, ESTATE)
    (node,) = estate.look("MATCH (a:Asset:Ml:MlflowModel {estate: $estate}) RETURN properties(a)")
    shown = {key: value for key, value in node[0].items() if key not in ("batch", "body", "hash", "estate", "silo")}
    assert shown.pop("initiative").startswith("initiative-")
    assert shown == {
        "id": "m1", "kind": "mlflow.model", "name": "churn", "tool": "mlflow:risk", "source": "s", "sources": ["s"],
        "department": "Risk", "owner": "ann", "last_used": AT, "annual_cost": 5.0, "names": [],
        "fact_stage": "prod", "fact_tag_cost_center": "cc-17", "fact_huge": str(2**70),
        "fact_department_because": "said by the platform",
    }  # fmt: skip
    paths = estate.look(
        "MATCH (a {estate: $estate, id: 'm1'})-[r]->(b {estate: $estate}) "
        "RETURN type(r), b.name, r.how, r.where, r.confidence ORDER BY type(r)"
    )
    assert paths == [
        ["IN", "MLflow risk", None, None, None],
        ["READS", "lake", "inside", "run.input", 1.0],
        ["WORKS_FOR", "Risk", None, None, None],
        ["WRITES", "s3://other", "outside", "run.output", 0.5],
    ]
    offers = estate.look("MATCH (:Tool {estate: $estate, id: 's3:1'})-[:OFFERS]->(c:Capability:Capability) RETURN c.id")
    assert ["data-lake-storage"] in offers


@SERVER
def test_a_node_that_changes_loses_what_no_longer_holds(estate: SimpleNamespace) -> None:
    """Old kind, old domain, old facts and old tool go; what people added themselves stays."""
    commit(estate.store, ESTATE)
    estate.look("MATCH (a:Asset {estate: $estate, id: 'm1'}) SET a:Reviewed, a.note = 'ask ann'")
    moved = replace(ESTATE[0], kind="vertex.model", tool="s3:1", owner=None, facts={"stage": "dev"}, department=None)
    commit(estate.store, [moved, *ESTATE[1:]], LATER)
    ((labels, props),) = estate.look("MATCH (a:Asset {estate: $estate, id: 'm1'}) RETURN labels(a), properties(a)")
    assert sorted(labels) == ["Asset", "Data", "Reviewed", "VertexModel"]
    assert props["note"] == "ask ann"
    assert "owner" not in props
    assert sorted(key for key in props if key.startswith("fact_")) == ["fact_department_because", "fact_stage"]
    assert estate.look("MATCH ({estate: $estate, id: 'm1'})-[:IN|WORKS_FOR]->(b) RETURN b.id ORDER BY b.id") == [
        ["s3:1"],
        ["unassigned"],
    ]
    assert (
        estate.look("MATCH (n {estate: $estate}) WHERE n:Tool AND n.id = 'mlflow:risk' OR n.id = 'Risk' RETURN n") == []
    )


@SERVER
def test_what_other_people_keep_in_the_database_is_left_alone(estate: SimpleNamespace) -> None:
    """Nodes of the same labels without our estate, and relationships somebody drew between our nodes."""
    estate.look(
        "CREATE (:Asset {id: 'm1', owner_of_test: $estate})-[:READS]->(:Tool {id: 's3:1', owner_of_test: $estate})"
    )
    commit(estate.store, ESTATE)
    estate.look(
        "MATCH (a {estate: $estate, id: 'm1'}), (b {estate: $estate, id: 'lake'}) CREATE (b)-[:READS {mine: true}]->(a)"
    )
    before = estate.store.graph()
    commit(estate.store, ESTATE[:2], LATER)
    assert len(estate.store.graph().edges) == len(before.edges) - 2
    assert estate.look("MATCH ({estate: $estate})-[r:READS]->() RETURN r.mine") == [[True]]
    theirs = "MATCH (a:Asset {owner_of_test: $estate})-[r]->(b:Tool {owner_of_test: $estate})"
    assert estate.look(f"{theirs} RETURN properties(a), type(r)") == [
        [{"id": "m1", "owner_of_test": estate.name}, "READS"]
    ]
    estate.look(f"{theirs} DETACH DELETE a, b")


@SERVER
def test_a_graph_changed_by_hand_is_noticed_and_mended_by_the_next_scan(estate: SimpleNamespace) -> None:
    """A reader does not believe what does not add up; a scan that changes nothing writes what is missing."""
    commit(estate.store, ESTATE)
    before = estate.store.graph()
    estate.look("MATCH (a:Asset {estate: $estate, id: 'lake'}) DETACH DELETE a")
    with pytest.raises(StoreError, match="checksum"):
        estate.store.graph()
    commit(estate.store, ESTATE)
    assert estate.store.graph() == before


@SERVER
def test_findings_are_about_what_is_in_the_graph(estate: SimpleNamespace) -> None:
    """In the order of their subjects, with their sentences, and again after a scan."""
    commit(estate.store, ESTATE)
    row = {"id": "f1", "rule": "overlapping-tools", "severity": "high", "score": 0.5, "title": "t",
           "subjects": ["s3:1", "m1", "outside:s3://other", "nowhere"], "because": [{"says": "both", "weight": 1}]}  # fmt: skip
    for _ in range(2):
        estate.store.note_findings([row])
        about = estate.look("MATCH (f:Finding {estate: $estate})-[r:ABOUT]->(n) RETURN n.id, f.because ORDER BY r.rank")
        assert about == [["s3:1", ["both"]], ["m1", ["both"]], ["outside:s3://other", ["both"]]]
        commit(estate.store, ESTATE, LATER)


@SERVER
def test_a_query_gives_plain_values(estate: SimpleNamespace) -> None:
    """Nodes and relationships as maps, paths as lists, times in ISO 8601."""
    commit(estate.store, ESTATE)
    text = (
        "MATCH p = (a:Asset {estate: $estate, id: 'm1'})-[r:READS]->(b) "
        "RETURN a, r, p, datetime('2026-01-01T00:00:00Z') AS t, [1, null] AS l"
    )
    answer = estate.store.query(text)
    ((a, r, p, t, some),) = answer.rows
    assert answer.columns == ("a", "r", "p", "t", "l")
    assert (a["labels"], a["id"]) == (["Asset", "Ml", "MlflowModel"], "m1")
    assert (r["type"], r["where"]) == ("READS", "run.input")
    assert [each.get("id", each.get("type")) for each in p] == ["m1", "READS", "lake"]
    assert t.startswith("2026-01-01T00:00:00")
    assert some == [1, None]


@SERVER
def test_wrong_credentials_and_a_missing_database_are_one_line_without_the_password(estate: SimpleNamespace) -> None:
    """And the environment's password is used when none is given."""
    for url, password in (
        (estate.url, "wrong-password"),
        (estate.url.replace("/neo4j?", "/nowhere?"), estate.server.password),
    ):
        with pytest.raises(StoreError) as error:
            open_store(url, password)
        assert "\n" not in str(error.value)
        assert password not in str(error.value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEO4J_PASSWORD", estate.server.password)
        open_store(estate.url).close()


@SERVER
def test_a_store_of_a_newer_release_is_refused(estate: SimpleNamespace) -> None:
    """The text names both schema versions."""
    commit(estate.store, ESTATE)
    estate.look("MATCH (s:SiloscopeStore {estate: $estate}) SET s.schema = 99")
    with pytest.raises(StoreError, match=r"schema 99.*up to 2"):
        open_store(estate.url, estate.server.password)


@SERVER
def test_ids_are_unique_in_an_estate_and_lookups_use_an_index(estate: SimpleNamespace) -> None:
    """Two commits that would both create a node cannot; every statement of the schema can be run again."""
    from neo4j.exceptions import ConstraintError

    commit(estate.store, ESTATE)
    with pytest.raises(ConstraintError):
        estate.look("CREATE (:Asset {estate: $estate, id: 'm1'})")
    for text in schema():
        estate.look(text)


@SERVER
def test_a_commit_that_breaks_inside_a_statement_leaves_the_last_one(
    estate: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's complaint in the middle of publishing is a StoreError, and nothing of the commit is left."""
    commit(estate.store, ESTATE)
    before = estate.store.graph()
    monkeypatch.setattr(neo4j_publish, "_SAME", "r.hash = 1/0")
    with pytest.raises(StoreError):
        commit(estate.store, ESTATE[:3], LATER)
    monkeypatch.undo()
    assert estate.store.graph() == before
    commit(estate.store, ESTATE[:3], LATER)
    assert len(estate.store.graph().edges) == 1


KILLED = """
import sys
from tests.test_neo4j import ESTATE, ROW, AT, open_store, texts, decide
from tests.processes import waiting
store = open_store(sys.argv[1])
with store.writing("s") as batch:
    batch.apply(decide(None, ROW, texts(ESTATE[:1]), AT, confirm=True), AT)
    print("ready", flush=True)
    sys.stdin.read()
"""


@SERVER
def test_a_process_that_is_killed_in_a_commit_leaves_the_last_one_and_frees_the_lock(estate: SimpleNamespace) -> None:
    """After SIGKILL nothing of its commit is left, and the next writer does not wait for ever."""
    commit(estate.store, ESTATE)
    before = estate.store.graph()
    process = waiting(KILLED, estate.url, estate.server.password)
    process.kill()
    process.wait()
    assert estate.store.graph() == before
    commit(estate.store, ESTATE[:2], LATER)
    assert len(estate.store.graph().assets) == 2
