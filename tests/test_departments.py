"""Whose is it: rules by file, domain, group and container, what disagrees, and what the command suggests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from siloscope.analysis.departments import explained, rule_of, suggestions
from siloscope.config import DepartmentRule
from siloscope.config.directory import rules_of
from siloscope.config.organisation import rules_of_catalog
from siloscope.errors import ConfigError
from siloscope.graph.build import Settings
from siloscope.graph.view import Graph
from siloscope.model import Asset, Reference, Tool, Verb
from tests.estates import asset, estate, seen


def whose(graph: Graph) -> dict[str, tuple[Any, Any, Any]]:
    return {
        each.id: (each.department, each.facts["department_because"], each.facts.get("department_conflict"))
        for each in graph.assets
    }


def ruled(*rules: DepartmentRule, items: list[Any], defaults: Any = None) -> dict[str, tuple[Any, Any, Any]]:
    return whose(estate(seen(*items), settings=Settings(departments=rules, defaults=defaults or {})))


def test_domain_and_group_are_rules_like_others() -> None:
    """The domain of the owner's address in any case; the group that a catalog gave."""
    domain = DepartmentRule("Risk", "domain", "", ("risk.example",))
    group = DepartmentRule("Ops", "group", "", ("ops-*",))
    items = [asset("a", owner="Anna@Risk.Example"), asset("b", facts={"group": "ops-east"}), asset("c", owner="anna")]
    found = ruled(domain, group, items=items)
    assert found["a"] == ("Risk", "domain risk.example", None)
    assert found["b"] == ("Ops", "group ops-east", None)
    assert found["c"][0] == "unassigned"


def test_a_container_lends_its_department_and_the_nearest_wins() -> None:
    """Down several levels; what is said of the asset itself is better; a circle of containers ends."""
    items = [
        asset("outer", department="Risk"), asset("inner"), asset("leaf"), asset("own", department="Sales"), asset("free"),
        Reference("outer", Verb.CONTAINS, "inner"), Reference("inner", Verb.CONTAINS, "leaf"),
        Reference("inner", Verb.OWNS, "own"), Reference("leaf", Verb.CONTAINS, "inner"),
        Reference("outer", Verb.READS, "free"),
    ]  # fmt: skip
    found = ruled(items=items)
    assert found["inner"][:2] == found["leaf"][:2] == ("Risk", "follows outer, said by the platform")
    assert found["own"][0] == "Sales"
    assert found["free"] == ("unassigned", "no rule matches", None)


def test_a_tool_lends_the_department_that_a_source_told_of_it() -> None:
    """Better than the default of the source; a shared tool lends nothing."""
    items = [asset("a"), asset("b", tool="mlflow:m"), Tool("n8n:one", department="Risk"), Tool("mlflow:m", department="shared")]  # fmt: skip
    found = ruled(items=items, defaults={"s": ("Data", None)})
    assert found["a"][:2] == ("Risk", "follows tool n8n:one")
    assert found["b"][:2] == ("Data", "default of source s")


def test_what_disagrees_is_shown_and_a_rule_about_the_place_is_overruled_in_silence() -> None:
    """The first rule wins; the others' departments stand beside it with their reasons."""
    rules = [
        DepartmentRule("Risk", "tag", "team", ("risk",)),
        DepartmentRule("Sales", "owner", "", ("sam",)),
        DepartmentRule("Data", "tool", "", ("n8n:*",)),
    ]
    both = asset("a", owner="sam", department="Legal", facts={"tag.team": "risk"})
    found = ruled(*rules, items=[both, asset("b", owner="sam", department="Sales")])
    assert found["a"] == ("Risk", "tag team=risk", "Sales by owner sam; Legal by said by the platform")
    assert found["b"] == ("Sales", "owner sam", None)


def test_another_estate_saying_unassigned_says_nothing() -> None:
    """A graph read in as a source brings the word along; the source's default is better than it."""
    assert ruled(items=[asset("a", department="unassigned")], defaults={"s": ("Data", None)})["a"][0] == "Data"


def written(folder: Path, text: str) -> Path:
    file = folder / "people.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_directory_export_is_a_rule_for_each_column(tmp_path: Path) -> None:
    """Addresses in any case, globs, a byte order mark, semicolons, columns nobody asked for."""
    file = written(tmp_path, "\ufeffdisplayName;mail;tag:cost-center;department\nAnna;Anna@x.example;;Risk\n;;cc-4*;Sales\nBob;;;\n")  # fmt: skip
    rules = rules_of(file)
    assert [(each.key, each.tag, each.table) for each in rules] == [
        ("owner", "", (("Anna@x.example", "Risk"),)),
        ("tag", "cost-center", (("cc-4*", "Sales"),)),
    ]
    found = ruled(*rules, items=[asset("a", owner="ANNA@x.example"), asset("b", facts={"tag.cost-center": "CC-42"}), asset("c")])  # fmt: skip
    assert [found[key][0] for key in "abc"] == ["Risk", "Sales", "unassigned"]
    assert found["a"][1] == "owner ANNA@x.example"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mail,name\na,b\n", 'a column "department"'),
        ("department\nRisk\n", "one of tag, account"),
        ("", 'a column "department"'),
        ("mail,department\na,Risk\na,Sales\n", "line 3: a is in Risk and in Sales"),
        (f"mail,department\n{'a' * 200_000},Risk\n", "is no table: field larger"),
    ],
)
def test_a_file_that_cannot_be_understood_says_what_it_lacks(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        rules_of(written(tmp_path, text))


def test_a_file_that_is_no_text_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="no UTF-8 text"):
        rules_of(tmp_path / "people.csv")
    with pytest.raises(ConfigError, match="No such file"):
        rules_of(tmp_path / "nobody.csv")


ORGANISATION = """\
kind: Group
metadata: {name: acme}
spec: {type: organization, children: [risk, sales]}
---
kind: Group
metadata: {name: risk}
spec: {type: department, profile: {displayName: Risk Management}, children: []}
---
kind: Group
metadata: {name: Team-A, namespace: emea}
spec: {type: team, parent: group:default/risk, profile: {email: A@acme.example}}
---
kind: Group
metadata: {name: deals, title: Deal desk}
spec: {type: team, parent: sales}
---
kind: Group
metadata: {name: sales}
spec: {type: unit}
---
kind: User
metadata: {name: anna}
spec: {profile: {email: anna@acme.example}, memberOf: [nobody, group:emea/team-a]}
---
just: a document
"""


def test_groups_and_users_of_a_catalog_file_are_rules_about_owners(tmp_path: Path) -> None:
    """By name, reference or address; the nearest department above, else the highest group below the organisation."""
    file = tmp_path / "org.yaml"
    file.write_text(ORGANISATION, encoding="utf-8")
    rules = rules_of_catalog(file)
    owners = ["team-a", "group:emea/team-a", "a@acme.example", "Anna@acme.example", "user:default/anna", "deals", "bob"]
    found = ruled(*rules, items=[asset(each, owner=each) for each in owners])
    assert [found[each][0] for each in owners] == ["Risk Management"] * 5 + ["sales", "unassigned"]
    grouped = ruled(*rules, items=[asset("x", facts={"group": "emea/Team-A"}), asset("y", facts={"group": "anna"})])
    assert (grouped["x"][0], grouped["y"][0]) == ("Risk Management", "unassigned")


@pytest.mark.parametrize(("text", "said"), [("a: [", "is no YAML"), ("kind: User\nmetadata: {name: x}\n", "no Backstage entity"), ("- 1\n", "no Backstage entity"), ("a: 2020-13-45\n", "no Backstage entity"), ("[" * 5000, "is no YAML")])  # fmt: skip
def test_a_catalog_without_groups_is_a_clear_error(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "org.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        rules_of_catalog(file)


def test_children_that_are_no_list_are_nobodys(tmp_path: Path) -> None:
    """What a group says wrongly of its children is left aside, as all that is no entity; the group itself stays."""
    file = tmp_path / "org.yaml"
    file.write_text("kind: Group\nmetadata: {name: a}\nspec: {children: 5}\n---\nkind: Group\nmetadata: {name: b}\nspec: {children: a}\n")  # fmt: skip
    assert dict(rules_of_catalog(file)[1].table)["a"] == "a"


def test_groups_in_a_circle_have_a_department_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "org.yaml"
    file.write_text("kind: Group\nmetadata: {name: a}\nspec: {parent: b}\n---\nkind: Group\nmetadata: {name: b}\nspec: {parent: a}\n")  # fmt: skip
    assert dict(rules_of_catalog(file)[1].table)["a"] == "b"


@pytest.mark.corpora
def test_the_example_catalog_of_a_portal_is_read(corpora: Path) -> None:
    """A folder of a real repository: eight groups in three levels, seventeen users."""
    folder = corpora / "backstage-catalog" / "packages" / "catalog-model" / "examples" / "acme"
    if not folder.exists():
        pytest.skip("no Backstage catalog")
    owner, group = rules_of_catalog(folder)
    table = dict(owner.table)
    assert {table[each] for each in ("team-a", "team-d", "boxoffice", "devtools@example.com")} == {
        table["infrastructure"]
    }
    assert len({name for name in dict(group.table) if ":" not in name and "/" not in name and "@" not in name}) == 8
    assert table["user:default/breanna.davison"] == table["infrastructure"]


def test_attributing_does_not_depend_on_order() -> None:
    """The same facts in another order give the same departments."""
    items = [asset(f"a{n}", owner=f"o{n % 3}", facts={"group": f"g{n % 2}"}) for n in range(12)]
    items += [Reference(f"a{n}", Verb.CONTAINS, f"a{n + 1}") for n in range(11)]
    rules = [DepartmentRule("A", "owner", "", ("o1",)), DepartmentRule("B", "group", "", ("g1",))]
    assert ruled(*rules, items=items) == ruled(*rules, items=items[::-1])


def unruled() -> Graph:
    """Five assets of Risk in one account, four bare ones beside them, three with a team nobody knows."""
    known = [asset(f"k{n}", department="Risk", facts={"account": "1111"}) for n in range(5)]
    beside = [asset(f"b{n}", facts={"account": "1111"}, tool="glue:1111", kind="glue.job") for n in range(4)]
    team = [asset(f"t{n}", tool="mlflow:m", facts={"tag.team": 'we "are" *\n[x]'}) for n in range(3)]
    return estate(seen(*known, *beside, *team))


def test_rules_are_suggested_from_what_was_seen() -> None:
    """By a value that attributed assets share, and by tags that are about organisation; each asset once."""
    first, second = suggestions(unruled())
    assert (first.name, first.key, first.value, first.assets) == ("Risk", "account", "1111", 4)
    assert first.because == "5 of 5 attributed assets with account 1111 are of Risk"
    assert (second.name, second.tag, second.assets) == ("", "team", 3)


def test_a_suggested_rule_does_what_it_says(tmp_path: Path) -> None:
    """Written into the configuration, hostile values included, it attributes as many assets as promised."""
    import tomllib

    from siloscope.collectors import CONTRACT, types
    from siloscope.config import load

    graph = unruled()
    file = tmp_path / "siloscope.toml"
    file.write_text("\n".join(each.toml for each in suggestions(graph)), encoding="utf-8")
    assert [each["name"] for each in tomllib.loads(file.read_text("utf-8"))["department"]] == ["Risk", "?"]
    rules = load(file, types(), CONTRACT).departments
    bare = [each for each in graph.assets if each.department == "unassigned"]
    again = [Asset(each.id, each.kind, each.name, each.tool, facts={k: v for k, v in each.facts.items() if "department" not in k}) for each in bare]  # fmt: skip
    found = ruled(*rules, items=again)
    assert sorted(each[0] for each in found.values()) == ["?"] * 3 + ["Risk"] * 4


def test_a_mixed_value_suggests_nothing() -> None:
    """Half of the account is of Sales: an unassigned asset there could be anybody's."""
    mixed = [asset(f"k{n}", department="Risk" if n % 2 else "Sales", facts={"account": "1111"}) for n in range(8)]
    assert suggestions(estate(seen(*mixed, *(asset(f"b{n}", facts={"account": "1111"}) for n in range(4))))) == []


def test_the_document_tells_departments_conflicts_and_the_rest() -> None:
    """Every asset is in one department's count; JSON is whole."""
    document = json.loads(json.dumps(explained(unruled())))
    assert document["schema"] == "siloscope/departments/1"
    assert [(each["department"], each["assets"], each["because"]) for each in document["departments"]] == [
        ("Risk", 5, {"said by the platform": 5}),
        ("unassigned", 7, {"no rule matches": 7}),
    ]
    assert document["unassigned"][0] == {"tool": "glue:1111", "kind": "glue.job", "assets": 4}
    assert explained(Graph())["departments"] == []


@pytest.mark.parametrize(
    ("because", "rule"),
    [("tag team=a b", "tag team"), ("owner x", "owner"), ("follows a, tag b=c", "follows"), ("default of source s", "default of source"), ("said by the platform", "said by the platform")],
)  # fmt: skip
def test_reasons_are_counted_by_their_kind(because: str, rule: str) -> None:
    assert rule_of(because) == rule
