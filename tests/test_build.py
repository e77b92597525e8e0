"""From observations to the graph: who is believed, whose it is, what a tool is, and no dependence on order."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from siloscope.config import DepartmentRule, Gap
from siloscope.graph.build import Row, Settings, build
from siloscope.graph.view import Graph
from siloscope.model import Asset, Description, Reference, Slice, Status, Tool, Verb

AT = "2026-01-01T00:00:00Z"
S = Slice("s", "things", "x")


def graph(*items: Any, settings: Settings = Settings(), slices: tuple[Slice, ...] = (S,)) -> Graph:  # noqa: B008
    """The graph of observations; a pair is (slice, observation), anything else was seen by `S`."""
    rows = [Row(*each, AT, AT) if isinstance(each, tuple) else Row(S, each, AT, AT) for each in items]
    return build(rows, slices, settings, "scan", AT)


def thing(key: str = "a", **more: Any) -> Asset:
    return Asset(key, "toy.thing", more.pop("name", key), more.pop("tool", "toy:1"), **more)


def rules(*each: tuple[str, str, str, tuple[str, ...]]) -> Settings:
    return Settings(departments=tuple(DepartmentRule(*one) for one in each))


def test_nothing_observed_is_an_empty_graph() -> None:
    """Not an error: the first scan may find nothing."""
    empty = graph(slices=())
    assert (empty.assets, empty.tools, empty.edges, empty.outside) == ((), (), (), ())
    assert empty.resolution == (0, 0)


TAGGED = {"tag.team": "risk-eu", "account": "111122223333", "folder": "Finance/Invoices", "workspace": "ws-ml"}
DEPARTMENTS = {
    "tag": (("Risk", "tag", "team", ("risk*",)), "Risk", "tag team=risk-eu"),
    "account": (("Risk", "account", "", ("1111*",)), "Risk", "account 111122223333"),
    "folder": (("Risk", "folder", "", ("Finance/*",)), "Risk", "folder Finance/Invoices"),
    "workspace": (("Risk", "workspace", "", ("ws-??",)), "Risk", "workspace ws-ml"),
    "owner": (("Risk", "owner", "", ("*@risk.example",)), "Risk", "owner anna@risk.example"),
    "source": (("Risk", "source", "", ("s",)), "Risk", "source s"),
    "tool": (("Risk", "tool", "", ("toy:*",)), "Risk", "tool toy:1"),
    "name": (("Risk", "name", "", ("churn*",)), "Risk", "name churn model"),
    "another tag": (("Risk", "tag", "owner", ("*",)), "unassigned", "no rule matches"),
    "another case": (("Risk", "tag", "team", ("RISK*",)), "unassigned", "no rule matches"),
    "part of a value": (("Risk", "tag", "team", ("risk",)), "unassigned", "no rule matches"),
}


@pytest.mark.parametrize("case", DEPARTMENTS)
def test_a_department_comes_by_rule_with_its_reason(case: str) -> None:
    """By tag, account, folder, workspace, owner, source, tool or name; values are globs on the whole value."""
    rule, department, because = DEPARTMENTS[case]
    (asset,) = graph(thing(name="churn model", owner="anna@risk.example", facts=TAGGED), settings=rules(rule)).assets
    assert (asset.department, asset.facts["department_because"]) == (department, because)


def test_the_first_rule_wins_then_the_platform_then_the_default() -> None:
    """What is configured by rule is better than what a platform says, and that better than a source's default."""
    said = thing("said", department="Sales")
    first, second = ("Risk", "tag", "team", ("risk*",)), ("Ops", "tool", "", ("*",))
    defaults = Settings(defaults={"s": ("Data", "prod")})
    tagged = thing("tagged", facts=TAGGED, department="Sales", environment="dev")
    assert [each.department for each in graph(said, tagged, settings=rules(first, second)).assets] == ["Ops", "Risk"]
    assert [each.department for each in graph(said, tagged, settings=rules(second, first)).assets] == ["Ops", "Ops"]
    bare, *_ = graph(thing("bare"), said, tagged, settings=defaults).assets
    assert (bare.department, bare.environment) == ("Data", "prod")
    assert bare.facts["department_because"] == "default of source s"
    _, said_, tagged_ = graph(thing("bare"), said, tagged, settings=defaults).assets
    assert (said_.department, tagged_.environment) == ("Sales", "dev")


@pytest.mark.parametrize(
    ("departments", "home"),
    [(["A", "A", "B"], "A"), (["A", "B"], "shared"), (["A", "A", "B", "B"], "shared"), ([None, None], "unassigned"), (["A", None, None], "unassigned"), (["A", "A", None], "A"), (["A", "B", None], "shared")],
)  # fmt: skip
def test_a_tool_belongs_to_most_of_its_assets_else_it_is_shared(departments: list[str | None], home: str) -> None:
    """Most means more than half; one attributed asset among many unassigned does not decide."""
    found = graph(*(thing(str(n), department=each) for n, each in enumerate(departments)))
    assert found.tools[0].department == home


def test_the_most_to_be_believed_observer_wins_field_by_field() -> None:
    """By declared precedence, then by the order of sources; what it does not know comes from the others."""
    own, sweep = Slice("b", "job", "x", precedence=0, order=5), Slice("a", "tagging", "x", precedence=10, order=0)
    hearsay = Slice("c", "job", "x", precedence=10, order=9)
    (asset,) = graph(
        (sweep, thing(name="from the sweep", owner="anna", facts={"tag.x": "1", "n": 1}, created="2025-02-01T00:00:00Z", last_used="2025-03-01T00:00:00Z", names=("s3://a",))),
        (own, thing(name="from itself", facts={"n": 2}, created="2025-01-01T00:00:00Z", names=("s3://b",))),
        (hearsay, thing(name="from others", owner="bob", last_used="2025-04-01T00:00:00Z")),
    ).assets  # fmt: skip
    assert (asset.name, asset.owner, asset.source, asset.sources) == ("from itself", "anna", "b", ("b", "a", "c"))
    assert (asset.created, asset.last_used) == ("2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z")
    assert asset.names == ("s3://a", "s3://b")
    assert (asset.facts["n"], asset.facts["tag.x"]) == (2, "1")


def test_a_description_meets_its_asset_by_id_or_by_any_name() -> None:
    """Tags, cost and owner from other calls; what the asset's own inventory says wins, and nobody's waits."""
    found = graph(
        thing(names=("s3://lake",), owner="anna"),
        Description("s3://lake", owner="bob", annual_cost=120.0, facts={"tag.team": "risk"}),
        Description("a", url="https://x.example"),
        Description("s3://nobody", owner="carl"),
        settings=rules(("Risk", "tag", "team", ("risk",))),
    )
    (asset,) = found.assets
    assert (asset.owner, asset.annual_cost, asset.url, asset.department) == ("anna", 120.0, "https://x.example", "Risk")


def test_a_description_follows_an_alias() -> None:
    """A cost row may use the name that DNS hides."""
    settings = Settings(aliases=(("host://a.example:1", "host://b.example:1"),))
    found = graph(
        thing(names=("host://b.example:1",)), Description("host://a.example:1", owner="anna"), settings=settings
    )
    assert found.assets[0].owner == "anna"


def test_a_tool_knows_its_product_and_what_its_assets_cost() -> None:
    """The catalog names it, a source's own word on money wins, and the cost says where it comes from."""
    items = [
        thing("m1", tool="mlflow:m.example", annual_cost=100.0),
        thing("m2", tool="mlflow:m.example", annual_cost=20.5),
    ]
    (tool,) = graph(*items).tools
    assert (tool.product, tool.instance) == ("MLflow", "m.example")
    assert tool.capabilities
    assert (tool.annual_cost, tool.cost_source) == (120.5, "assets")
    (told,) = graph(*items, Tool("mlflow:m.example", annual_cost=999.0, cost_source="licence", seats=7)).tools
    assert (told.annual_cost, told.cost_source, told.seats) == (999.0, "licence", 7)
    (unknown,) = graph(thing(tool="homegrown:x:y")).tools
    assert (unknown.product, unknown.instance, unknown.annual_cost) == ("homegrown", "x:y", None)


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), float("-inf")])
def test_a_cost_that_is_no_number_is_unknown(cost: float) -> None:
    """Another estate's NaN must not poison sums, nor make the export invalid JSON."""
    found = graph(thing(annual_cost=cost), thing("b", annual_cost=2.0), Tool("other:1", annual_cost=cost))
    json.dumps(found.document(), allow_nan=False)
    assert found.tool["toy:1"].annual_cost == 2.0


def test_the_resolution_rate_counts_dependencies_only() -> None:
    """Structure is no integration; a mention that somebody scanned is met."""
    found = graph(
        thing("a"),
        thing("b", names=("s3://b",)),
        Reference("a", Verb.READS, "s3://b/x"),
        Reference("a", Verb.WRITES, "s3://nobody"),
        Reference("a", Verb.CONTAINS, "b"),
        Reference("a", Verb.READS, "b"),
    )
    assert found.resolution == (2, 3)


def test_silos_are_what_dependencies_connect_also_through_the_outside() -> None:
    """Two assets that meet in an unscanned bucket are in one silo; containment alone does not join; one alone has none."""
    found = graph(
        *(thing(key) for key in "abcde"),
        Reference("a", Verb.READS, "s3://lake/x"),
        Reference("b", Verb.WRITES, "s3://lake/y"),
        Reference("c", Verb.CONTAINS, "d"),
    )
    silos = {each.id: each.silo for each in found.assets}
    assert silos["a"] == silos["b"] is not None
    assert silos["c"] is silos["d"] is silos["e"] is None


def test_an_accepted_gap_counts_until_its_day() -> None:
    """The ledger shows the reason; after that day the slice is open again."""
    denied = Slice("aws", "bedrock.agent", "x", Status.DENIED)
    for until, open_slices in (("2026-01-01", 0), ("2025-12-31", 1), (None, 0)):
        settings = Settings(gaps=(Gap("aws*", "bedrock.*", "*", "not used", until),))
        found = graph(slices=(denied,), settings=settings)
        assert len(found.incomplete()) == open_slices
        assert found.slices[0].accepted == (None if open_slices else "not used")


def test_the_order_of_observations_and_slices_does_not_matter() -> None:
    """Shuffled thirty times: the document is the same to the byte."""
    rng = random.Random(5)
    seers = [Slice(f"s{n}", "l", "x", precedence=10 * (n % 2), order=n) for n in range(4)]
    items: list[Any] = [
        (rng.choice(seers), thing(f"a{n % 20}", name=f"name {n}", owner=f"o{n % 3}", tool=f"toy:{n % 4}", names=(f"s3://b{n % 6}",)))
        for n in range(60)
    ]  # fmt: skip
    items = list({(row.key, item.id): (row, item) for row, item in items}.values())
    items += [(seers[n % 4], Description(f"s3://b{n % 8}", owner=f"d{n}", facts={f"f{n}": n})) for n in range(8)]
    items += [(seers[n % 4], Reference(f"a{n % 20}", Verb.READS, f"s3://b{n % 9}/x{n}", str(n))) for n in range(60)]
    first = json.dumps(graph(*items, slices=tuple(seers)).document())
    for _ in range(30):
        rng.shuffle(items)
        rng.shuffle(seers)
        assert json.dumps(graph(*items, slices=tuple(seers)).document()) == first


KEYS = {
    "tools": "id product vendor instance department capabilities annual_cost cost_source renewal seats users",
    "assets": "id kind name tool source sources department owner environment capabilities names url first_seen last_seen created last_used annual_cost silo initiative shape facts",
    "edges": "source target verb how name where confidence",
    "outside": "id name",
    "slices": "source listing scope status reason permission principal visibility retirement held assets last_complete accepted",
}


def test_the_document_has_every_key_of_the_contract() -> None:
    """Absent values are null, never left out; everything is sorted."""
    found = graph(thing("b"), thing("a"), Reference("b", Verb.READS, "s3://x"), Reference("a", Verb.READS, "s3://x"))
    document = json.loads(json.dumps(found.document()))
    assert document["schema"] == "siloscope/graph/1"
    assert document["scan"] == {"id": "scan", "at": AT}
    assert set(document) == {"schema", "scan", *KEYS}
    for name, keys in KEYS.items():
        assert document[name], name
        for row in document[name]:
            assert set(row) == set(keys.split()), name
        assert document[name] == sorted(document[name], key=lambda row: [str(row.get(key)) for key in ("id", "source", "target")])  # fmt: skip


def test_the_fingerprint_changes_with_what_needs_a_new_graph_and_with_nothing_else() -> None:
    """A new alias, department, default or gap; not the order in which defaults were read."""
    one = Settings(defaults={"a": ("X", None), "b": (None, None)})
    assert one.fingerprint == Settings(defaults={"b": (None, None), "a": ("X", None)}).fingerprint
    others = [Settings(aliases=(("a", "b"),)), rules(("R", "tag", "t", ("*",))), Settings(gaps=(Gap("a", "b", "c", "d", None),))]  # fmt: skip
    assert len({each.fingerprint for each in (one, *others)}) == 4
