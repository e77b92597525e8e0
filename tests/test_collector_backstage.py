"""Backstage catalogs: what an entity becomes, whose it is, what it depends on, and what is named as unread."""

from pathlib import Path

import pytest

from tests.served import Scanned, scanned

ME = "backstage://t.example"
COMPONENT = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}, annotations: {annotations}}}
spec: {{type: service, lifecycle: production, owner: {owner}, {more}}}
"""


def component(name: str = "bot", annotations: str = "{}", owner: str = "team-a", more: str = "") -> str:
    return COMPONENT.format(name=name, annotations=annotations, owner=owner, more=more)


def read(folder: Path, *documents: str, name: str = "catalog-info.yaml") -> Scanned:
    (folder / name).write_text("\n---\n".join(documents), encoding="utf-8")
    return scanned("backstage", path=folder)


def test_an_entity_that_names_one_asset_describes_it(tmp_path: Path) -> None:
    """By an annotation with its ARN, table or id; the catalog shows no second one."""
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:bot"
    found = read(tmp_path, component(annotations=f'{{aws/lambda: "{arn}"}}'))
    assert found.assets == {}
    (told,) = found.descriptions
    assert (told.about, told.owner, told.facts["stage"]) == (arn, "team-a", "production")


def test_an_entity_that_names_several_things_uses_them(tmp_path: Path) -> None:
    """And the repository of its code; how the catalog found it is no part of it."""
    where = '{github.com/project-slug: "a/b", "x/t": "s3://lake/t", "x/q": "s3://lake/q", "backstage.io/managed-by-location": "url:s3://no"}'  # fmt: skip
    found = read(tmp_path, component(annotations=where))
    assert list(found.assets) == [f"{ME}/component/default/bot"]
    assert found.edges() == {("uses", "git://github.com/a/b"), ("uses", "s3://lake/t"), ("uses", "s3://lake/q")}


@pytest.mark.parametrize(
    ("more", "edge"),
    [
        ("dependsOn: [resource:db]", ("bot", "uses", "resource/default/db")),
        ("dependsOn: [other]", ("bot", "uses", "component/default/other")),
        ("dependencyOf: [component:shop/other]", ("component/shop/other", "uses", "bot")),
        ("consumesApis: [orders]", ("bot", "calls", "api/default/orders")),
        ("providesApis: [orders]", ("api/default/orders", "uses", "bot")),
        ("implementsApis: [orders]", ("api/default/orders", "uses", "bot")),
        ("subcomponentOf: whole", ("component/default/whole", "contains", "bot")),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_relations_mean_what_the_system_model_says(tmp_path: Path, more: str, edge: tuple[str, str, str]) -> None:
    """Kinds and namespaces left out are those that the relation means."""
    found = read(tmp_path, component(more=more))
    one, verb, other = (f"{ME}/component/default/bot" if each == "bot" else each for each in edge)
    one, other = (each if each.startswith(ME) else f"{ME}/{each}" for each in (one, other))
    assert found.edges(one) == {(verb, other)}


def test_a_reference_to_an_entity_that_stands_for_an_asset_is_one_to_the_asset(tmp_path: Path) -> None:
    table = "kind: Resource\nmetadata: {name: db, annotations: {x/table: 's3://lake/churn'}}\nspec: {type: table}\n"
    found = read(tmp_path, component(more="dependsOn: [resource:db]"), table)
    assert found.edges() == {("uses", "s3://lake/churn")}


@pytest.mark.parametrize(
    "owner", ["team-a", "group:team-a", "group:default/team-a", "ann", "user:ann", "ann@x.example"]
)
def test_the_department_is_that_of_the_owners_group(tmp_path: Path, owner: str) -> None:
    """However the owner is spelled, and for people through the group they are in."""
    org = [
        "kind: Group\nmetadata: {name: crm, title: Customer relations}\nspec: {type: department, children: [team-a]}\n",
        "kind: Group\nmetadata: {name: team-a}\nspec: {type: team}\n",
        "kind: User\nmetadata: {name: ann}\nspec: {memberOf: [team-a], profile: {email: ann@x.example}}\n",
    ]
    (found,) = read(tmp_path, component(owner=owner), *org).assets.values()
    assert found.department == "Customer relations"
    assert found.owner == owner.rpartition(":")[2].rpartition("/")[2]


def test_the_domain_is_that_of_the_system(tmp_path: Path) -> None:
    system = "kind: System\nmetadata: {name: retention}\nspec: {domain: customers}\n"
    (found,) = read(tmp_path, component(more="system: retention"), system).assets.values()
    assert (found.facts["system"], found.facts["domain"]) == ("retention", "customers")


def test_targets_outside_the_folder_are_named_and_not_fetched(tmp_path: Path) -> None:
    """One whose address ends like a file that was read counts as read."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yaml").write_text(component(), encoding="utf-8")
    targets = "[./sub/a.yaml, https://git.example/x/blob/main/sub/a.yaml, ../b.yaml, https://git.example/x/b.yaml]"
    found = read(tmp_path, f"kind: Location\nmetadata: {{name: all}}\nspec: {{targets: {targets}}}\n")
    assert len(found.assets) == 1
    assert found.status("backstage.entity") == "partial"
    reason = found.reason("backstage.entity")
    assert "../b.yaml is not in the folder" in reason
    assert "https://git.example/x/b.yaml is not in the folder" in reason
    assert "sub/a.yaml" not in reason


def test_a_catalog_file_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    """And is named with its line; other YAML, broken or not, is nobody's business."""
    (tmp_path / "chart.yaml").write_text("kind: {{ .Values.kind }}\n", encoding="utf-8")
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", encoding="utf-8")
    found = read(tmp_path, component(), "\nkind: Component\nmetadata: [\n")
    assert len(found.assets) == 1
    assert found.status("backstage.entity") == "partial"
    assert found.reason("backstage.entity").startswith("catalog-info.yaml: no YAML: ")
    assert "line" in found.reason("backstage.entity")
    other = tmp_path / "other"
    other.mkdir()
    odd = read(other, "apiVersion: backstage.io/v1alpha1\nkind: [Component\nmetadata: {{{\n")
    assert odd.status("backstage.entity") == "partial"


@pytest.mark.parametrize(
    "text",
    [
        "kind: Component\nmetadata: {name: [1]}\n",
        "kind: Component\nmetadata: 5\n",
        "kind: Component\nmetadata: {name: a, annotations: [1], tags: {x: 1}}\nspec: 7\n",
        "kind: Component\nmetadata: {name: a}\nspec: {owner: [x], dependsOn: {a: 1}, system: {b: 2}, domain: 1}\n",
        "- kind: Component\n  metadata: {name: a, title: ''}\n",
        "",
        "null\n---\n---\n5\n",
    ],
)
def test_odd_entities_are_no_trouble(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).status("backstage.entity") == "complete"


def test_secrets_in_annotations_and_descriptions_stay_out(tmp_path: Path) -> None:
    where = "{x/password: hunter2hunter2, x/url: 'postgres://u:pw123456@db.example:5432/shop'}"
    found = read(tmp_path, component(annotations=where))
    assert "hunter2" not in found.text()
    assert "pw123456" not in found.text()


@pytest.mark.corpora
def test_the_example_catalog_is_read(corpora: Path) -> None:
    """Every component, API and resource of it; the addresses of its own repository count as read where they were."""
    found = scanned("backstage", path=corpora / "backstage-catalog")
    kinds = sorted(each.kind for each in found.assets.values())
    assert (kinds.count("backstage.component"), kinds.count("backstage.api")) == (13, 9)
    assert found.assets[f"{ME}/component/default/wayback-search"].department == "infrastructure"
    assert ("calls", f"{ME}/api/default/wayback-archive") in found.edges(f"{ME}/component/default/wayback-search")
