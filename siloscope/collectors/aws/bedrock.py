"""Amazon Bedrock: agents with their action groups, knowledge bases with their data sources, custom models.

Contract: Amazon Bedrock and Agents for Amazon Bedrock API References. Action groups are those of the
working draft.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.aws.common import arn, asset, listing, refer, rows, section, within
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.collectors.shape import shape
from siloscope.model import Observation, Reference, Verb


def _model(spelled: Any, scope: Scope) -> str | None:
    """A foundation model by id or ARN; ids are regional, without account."""
    if not isinstance(spelled, str) or not spelled:
        return None
    if spelled.startswith("arn:"):
        return spelled
    partition = scope.data.get("partition", "aws")
    return f"arn:{partition}:bedrock:{scope.region}::foundation-model/{spelled}"


def agents(document: Document, scope: Scope) -> Iterator[Observation]:
    """An agent calls its model and the functions of its action groups, and uses knowledge bases."""
    me = document.get("agentArn") or arn(scope, "bedrock", f"agent/{document['agentId']}")
    groups, bases = rows(document.get("actionGroups")), rows(document.get("knowledgeBases"))
    functions = [
        str(function.get("name"))
        for group in groups
        for function in rows(section(group, "functionSchema").get("functions"))
    ]
    yield asset(
        scope,
        me,
        "bedrock.agent",
        document["agentName"],
        created=document.get("createdAt"),
        shape=shape([*(f"function:{each}" for each in functions), *("action-group" for _ in groups)]),
        facts={
            "status": document.get("agentStatus"),
            "model": document.get("foundationModel"),
            "action_groups": len(groups),
            "role": document.get("agentResourceRoleArn"),
            "updated": document.get("updatedAt"),
            "description": str(document.get("description") or "")[:200] or None,
        },
    )
    yield from refer(me, Verb.CALLS, _model(document.get("foundationModel"), scope), "foundationModel", scope)
    for index, group in enumerate(groups):
        where = f"actionGroups[{index}]"
        run = section(group, "actionGroupExecutor").get("lambda")
        yield from refer(me, Verb.CALLS, run, f"{where}.actionGroupExecutor.lambda", scope)
        schema = section(group, "apiSchema", "s3")
        if schema.get("s3BucketName"):
            uri = f"s3://{schema['s3BucketName']}/{schema.get('s3ObjectKey') or ''}"
            yield from refer(me, Verb.READS, uri, f"{where}.apiSchema.s3", scope)
    for index, base in enumerate(bases):
        name = arn(scope, "bedrock", f"knowledge-base/{base['knowledgeBaseId']}")
        yield Reference(me, Verb.USES, name, f"knowledgeBases[{index}].knowledgeBaseId")


def knowledge_bases(document: Document, scope: Scope) -> Iterator[Observation]:
    """A knowledge base reads its data sources, calls its embedding model and keeps vectors in a store."""
    me = document["knowledgeBaseArn"]
    sources = rows(document.get("dataSources"))
    storage = section(document, "storageConfiguration")
    settings = section(document, "knowledgeBaseConfiguration")
    yield asset(
        scope,
        me,
        "bedrock.knowledge-base",
        document["name"],
        created=document.get("createdAt"),
        facts={
            "status": document.get("status"),
            "type": settings.get("type"),
            "storage": storage.get("type"),
            "data_sources": len(sources),
            "role": document.get("roleArn"),
            "updated": document.get("updatedAt"),
            "description": str(document.get("description") or "")[:200] or None,
        },
    )
    embedding = section(settings, "vectorKnowledgeBaseConfiguration").get("embeddingModelArn")
    yield from refer(me, Verb.CALLS, embedding, "knowledgeBaseConfiguration.embeddingModelArn", scope)
    yield from within(me, Verb.USES, storage, "storageConfiguration", scope)
    for index, source in enumerate(sources):
        yield from _source(me, source, f"dataSources[{index}].dataSourceConfiguration", scope)


def _source(me: str, source: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Observation]:
    """A bucket narrowed to its prefixes, or the address of a wiki, site or CRM."""
    settings = section(source, "dataSourceConfiguration")
    s3 = section(settings, "s3Configuration")
    bucket = str(s3.get("bucketArn") or "").rpartition(":::")[2]
    for prefix in s3.get("inclusionPrefixes") or [""]:
        uri = f"s3://{bucket}/{prefix}" if bucket else None
        yield from refer(me, Verb.READS, uri, f"{where}.s3Configuration", scope)
    rest = {key: value for key, value in settings.items() if key != "s3Configuration"}
    yield from within(me, Verb.READS, rest, where, scope)


def custom_models(document: Document, scope: Scope) -> Iterator[Observation]:
    """A customised model: its base, its training data and where the metrics went."""
    me = document["modelArn"]
    yield asset(
        scope,
        me,
        "bedrock.custom-model",
        document["modelName"],
        created=document.get("creationTime"),
        facts={
            "customization": document.get("customizationType"),
            "status": document.get("modelStatus"),
            "base": document.get("baseModelArn"),
        },
    )
    yield from refer(me, Verb.USES, document.get("baseModelArn"), "baseModelArn", scope)
    for key, verb in (
        ("trainingDataConfig", Verb.READS),
        ("validationDataConfig", Verb.READS),
        ("outputDataConfig", Verb.WRITES),
    ):
        yield from within(me, verb, document.get(key), key, scope)


LISTINGS = (
    listing(
        "bedrock.agent",
        Boto(
            "bedrock-agent",
            "list_agents",
            "agentSummaries",
            {"maxResults": 100},
            details=(
                BotoDetail("get_agent", lambda item: {"agentId": item["agentId"]}, items="agent"),
                BotoDetail(
                    "list_agent_action_groups",
                    lambda item: {"agentId": item["agentId"], "agentVersion": "DRAFT"},
                    into="actionGroups",
                    items="actionGroupSummaries",
                    many=True,
                    details=(
                        BotoDetail(
                            "get_agent_action_group",
                            lambda item: {
                                "agentId": item["agentId"],
                                "agentVersion": "DRAFT",
                                "actionGroupId": item["actionGroupId"],
                            },
                            items="agentActionGroup",
                        ),
                    ),
                ),
                BotoDetail(
                    "list_agent_knowledge_bases",
                    lambda item: {"agentId": item["agentId"], "agentVersion": "DRAFT"},
                    into="knowledgeBases",
                    items="agentKnowledgeBaseSummaries",
                    many=True,
                ),
            ),
        ),
        agents,
    ),
    listing(
        "bedrock.knowledge-base",
        Boto(
            "bedrock-agent",
            "list_knowledge_bases",
            "knowledgeBaseSummaries",
            {"maxResults": 100},
            details=(
                BotoDetail(
                    "get_knowledge_base",
                    lambda item: {"knowledgeBaseId": item["knowledgeBaseId"]},
                    items="knowledgeBase",
                ),
                BotoDetail(
                    "list_data_sources",
                    lambda item: {"knowledgeBaseId": item["knowledgeBaseId"]},
                    into="dataSources",
                    items="dataSourceSummaries",
                    many=True,
                    details=(
                        BotoDetail(
                            "get_data_source",
                            lambda item: {
                                "knowledgeBaseId": item["knowledgeBaseId"],
                                "dataSourceId": item["dataSourceId"],
                            },
                            items="dataSource",
                        ),
                    ),
                ),
            ),
        ),
        knowledge_bases,
    ),
    listing(
        "bedrock.custom-model",
        Boto(
            "bedrock",
            "list_custom_models",
            "modelSummaries",
            {"maxResults": 100},
            details=(BotoDetail("get_custom_model", lambda item: {"modelIdentifier": item["modelArn"]}),),
        ),
        custom_models,
    ),
)
