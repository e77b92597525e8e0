"""Exports of the graph as models of other tools: valid by those tools' own rules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from siloscope.export.backstage import _title
from siloscope.graph.view import Graph
from siloscope.model import Asset, Reference
from siloscope.names import canonical
from tests.contracts.test_exports import hostile, written
from tests.estates import company
from tests.served import scanned

GRAPHS = pytest.mark.parametrize("graph", [company, hostile, Graph], ids=["company", "hostile", "empty"])
XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"
NS = {"a": "http://www.opengroup.org/xsd/archimate/3.0/"}


@GRAPHS
def test_the_archimate_file_keeps_to_the_exchange_format(tmp_path: Path, graph) -> None:
    """Parts in the order of the schema, unique identifiers that are XML names, references that lead somewhere."""
    root = ET.fromstring(written(graph(), "archimate", tmp_path / "x")[""])
    parts = [each.tag.rpartition("}")[2] for each in root]
    order = ["name", "elements", "relationships", "propertyDefinitions"]
    assert parts == [each for each in order if each in parts]
    named = [each.get("identifier") for each in root.iter() if each.get("identifier")]
    assert len(named) == len(set(named))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", each) for each in named)
    elements = {each.get("identifier"): each.get(XSI) for each in root.findall("a:elements/a:element", NS)}
    assert set(elements.values()) <= {"ApplicationComponent", "ApplicationFunction", "ApplicationService", "DataObject"}
    for each in root.findall("a:elements/a:element", NS):
        assert [child.tag.rpartition("}")[2] for child in each] == ["name", "properties"]
    for each in root.findall("a:relationships/a:relationship", NS):
        ends = elements[each.get("source")], elements[each.get("target")]
        allowed = {
            "Assignment": ends == ("ApplicationComponent", "ApplicationFunction"),
            "Access": ends[0] in ("ApplicationComponent", "ApplicationFunction") and ends[1] == "DataObject",
            "Flow": "DataObject" not in ends,
            "Association": True,
        }
        assert allowed[each.get(XSI)]
    for each in root.iter(f"{{{NS['a']}}}property"):
        assert each.get("propertyDefinitionRef") in named
    names = [each.find("a:name", NS).text for each in root.findall("a:elements/a:element", NS)]
    assert {each.name for each in graph().assets if each.name.isprintable()} <= set(names)


@GRAPHS
def test_the_bill_of_materials_is_valid(tmp_path: Path, graph) -> None:
    """By the validator of CycloneDX's own library, strictly; read back by its model, with as many components."""
    validation = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.model.bom import Bom
    from cyclonedx.schema import SchemaVersion

    text = written(graph(), "cyclonedx", tmp_path / "x")[""].decode()
    assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)
    assert len(document["components"]) == len(graph().tools) + len(graph().assets)
    refs = {each["bom-ref"] for each in document["components"]}
    assert all(set(each["dependsOn"]) <= refs and each["ref"] in refs for each in document["dependencies"])
    kinds = {each["type"] for each in document["components"]}
    assert ("machine-learning-model" in kinds) == any(each.kind.endswith(".model") for each in graph().assets)
    assert Bom is not None


@GRAPHS
def test_backstage_takes_every_entity(tmp_path: Path, graph) -> None:
    """Names by Backstage's own rule, unique by kind, owners and dependencies that exist."""
    entities = [each for each in yaml.safe_load_all(written(graph(), "backstage", tmp_path / "x")[""]) if each]
    refs = [f"{each['kind'].lower()}:default/{each['metadata']['name']}" for each in entities]
    assert len(refs) == len(set(refs))
    for each in entities:
        name = each["metadata"]["name"]
        assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name)
        assert len(name) <= 63
        assert each["apiVersion"] == "backstage.io/v1alpha1"
        needs = {
            "System": {"owner"},
            "Component": {"type", "lifecycle", "owner"},
            "Resource": {"type", "owner"},
            "Group": {"type", "children"},
        }
        assert needs[each["kind"]] <= each["spec"].keys()
        for ref in (each["spec"].get("owner"), *each["spec"].get("dependsOn", ())):
            assert ref is None or ref in refs
        if "system" in each["spec"]:
            assert f"system:default/{each['spec']['system']}" in refs
    assert len(entities) >= len(graph().assets) + len(graph().tools)


@GRAPHS
def test_backstage_s_own_model_has_nothing_against_the_entities(tmp_path: Path, graph, backstage_model) -> None:
    """Schema, field formats and kinds, by the package that Backstage itself reads catalogs with."""
    entities = [each for each in yaml.safe_load_all(written(graph(), "backstage", tmp_path / "x")[""]) if each]
    assert backstage_model(entities) == []
    if entities:
        assert backstage_model([{**entities[0], "metadata": {"name": "not a name!"}}]) != []


@GRAPHS
def test_a_catalog_that_was_exported_reads_as_the_same_estate(tmp_path: Path, graph) -> None:
    """The same things of the same kinds in the same tools and departments, and what depends on what."""
    written(graph(), "backstage", tmp_path / "catalog-info.yaml")
    found = scanned("backstage", path=tmp_path)
    assert found.status("backstage.entity") == "complete"

    def told(each: Asset) -> tuple[str, str, str]:
        return each.kind, each.tool, _title(each.department or "unassigned")

    assert {key: told(each) for key, each in found.assets.items()} == {each.id: told(each) for each in graph().assets}
    ends = {each.ends for each in graph().dependencies if {*each.ends} <= graph().asset.keys()}
    needs = {(each.source, each.name) for each in found.observations if isinstance(each, Reference)}
    assert needs == {(one, canonical(other) or other) for one, other in ends if one != other}


@GRAPHS
def test_openlineage_events_are_static_events(tmp_path: Path, graph) -> None:
    """One an asset, each a JobEvent or a DatasetEvent with what the specification requires of it."""
    lines = written(graph(), "openlineage", tmp_path / "x")[""].decode().split("\n")
    events = [json.loads(each) for each in lines if each]
    assert len(events) == len(graph().assets)
    for each in events:
        assert {"eventTime", "producer", "schemaURL"} <= each.keys()
        assert ("job" in each) != ("dataset" in each)
        assert each["schemaURL"].endswith("JobEvent" if "job" in each else "DatasetEvent")
        for thing in (each.get("job") or each["dataset"], *each.get("inputs", ()), *each.get("outputs", ())):
            assert thing["namespace"]
            assert thing["name"]
    if graph is company:
        reading = {i["name"] for each in events for i in each.get("inputs", ())}
        assert "s3://outside" in reading


@pytest.mark.corpora
@GRAPHS
def test_openlineage_events_are_valid_by_the_specification(corpora: Path, tmp_path: Path, graph) -> None:
    """Against the published schema, by the definition that each event names."""
    file = corpora / "openlineage-events" / "spec" / "OpenLineage.json"
    if not file.exists():
        pytest.skip("no OpenLineage specification")
    from jsonschema import Draft202012Validator

    schema = json.loads(file.read_text("utf-8"))
    for line in written(graph(), "openlineage", tmp_path / "x")[""].decode().split("\n"):
        if line:
            event = json.loads(line)
            kind = event["schemaURL"].rpartition("/")[2]
            check = Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{kind}"})
            assert [each.message for each in check.iter_errors(event)] == []
