"""Amazon Athena: workgroups with their output, data catalogs with their connector functions.

Contract: Amazon Athena API Reference. `AwsDataCatalog` is the Glue data catalog, which is inventoried as such.
"""

from __future__ import annotations

from collections.abc import Iterator

from siloscope.collectors.aws.common import arn, asset, listing, refer, section, within
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.model import Observation, Verb


def workgroups(document: Document, scope: Scope) -> Iterator[Observation]:
    """A workgroup writes results to its output location."""
    me, settings = arn(scope, "athena", f"workgroup/{document['Name']}"), section(document, "Configuration")
    yield asset(
        scope,
        me,
        "athena.workgroup",
        document["Name"],
        facts={
            "state": document.get("State"),
            "engine_version": section(settings, "EngineVersion").get("EffectiveEngineVersion"),
            "description": str(document.get("Description") or "")[:200] or None,
        },
    )
    location = section(settings, "ResultConfiguration").get("OutputLocation")
    yield from refer(me, Verb.WRITES, location, "Configuration.ResultConfiguration.OutputLocation", scope)


def data_catalogs(document: Document, scope: Scope) -> Iterator[Observation]:
    """A registered catalog: federated ones call their connector functions, shared ones use an account's."""
    name = document.get("Name") or document["CatalogName"]
    if name == "AwsDataCatalog":
        return
    me = arn(scope, "athena", f"datacatalog/{name}")
    parameters = section(document, "Parameters")
    yield asset(
        scope,
        me,
        "athena.data-catalog",
        name,
        facts={
            "type": document.get("Type"),
            "catalog_id": parameters.get("catalog-id"),
            "description": str(document.get("Description") or "")[:200] or None,
        },
    )
    yield from within(me, Verb.CALLS, parameters, "Parameters", scope)


LISTINGS = (
    listing(
        "athena.workgroup",
        Boto(
            "athena",
            "list_work_groups",
            "WorkGroups",
            {"MaxResults": 50},
            details=(BotoDetail("get_work_group", lambda item: {"WorkGroup": item["Name"]}, items="WorkGroup"),),
        ),
        workgroups,
    ),
    listing(
        "athena.data-catalog",
        Boto(
            "athena",
            "list_data_catalogs",
            "DataCatalogsSummary",
            {"MaxResults": 50},
            details=(
                BotoDetail(
                    "get_data_catalog",
                    lambda item: {"Name": item["CatalogName"]},
                    items="DataCatalog",
                    when=lambda item: item.get("CatalogName") != "AwsDataCatalog",
                ),
            ),
        ),
        data_catalogs,
    ),
)
