"""The tagging sweep: owners, departments and tags of everything, and the existence of what nothing else lists.

Contract: Resource Groups Tagging API Reference, GetResources. It returns resources that are or were tagged,
so it completes the listings and replaces none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from siloscope.collectors.aws.common import asset, listing, said, tag_facts, tags_of
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto
from siloscope.model import Description, Observation

# ARN service -> resource types that listings of this collector yield as assets; "" is a bare resource name.
_LISTED = {
    "athena": {"workgroup", "datacatalog"},
    "bedrock": {"agent", "knowledge-base", "custom-model"},
    "dynamodb": {"table"},
    "ecr": {"repository"},
    "events": {"rule", "event-bus"},
    "firehose": {"deliverystream"},
    "glue": {"job", "crawler", "connection", "database", "table"},
    "kinesis": {"stream"},
    "lambda": {"function"},
    "rds": {"db", "cluster"},
    "redshift": {"cluster"},
    "s3": {""},
    "sagemaker": {
        "endpoint",
        "feature-group",
        "model",
        "model-package",
        "model-package-group",
        "notebook-instance",
        "pipeline",
        "processing-job",
        "training-job",
        "transform-job",
    },
    "scheduler": {"schedule"},
    "sns": {""},
    "sqs": {""},
    "states": {"stateMachine"},
}
# Parts of other things and of the network; tagged by the thousand, integrated with nothing by themselves.
_PARTS = {
    "ec2": "vpc subnet security-group security-group-rule route-table internet-gateway network-acl "
    "network-interface dhcp-options elastic-ip natgateway vpc-endpoint key-pair volume snapshot "
    "launch-template vpc-flow-log vpc-peering-connection transit-gateway-attachment".split(),
    "elasticloadbalancing": ["listener", "listener-rule", "targetgroup"],
    "kms": ["key", "alias"],
    "logs": ["log-group"],
    "sagemaker": ["endpoint-config"],
    "rds": ["subgrp", "pg", "cluster-pg", "og", "snapshot", "cluster-snapshot", "secgrp", "es"],
    "redshift": ["subnetgroup", "parametergroup", "snapshot", "securitygroup"],
}
# ARN service -> product, where the two are not spelled alike; what is in neither belongs to "aws".
_PRODUCTS = {
    "airflow": "mwaa",
    "apigateway": "apigateway",
    "batch": "batch",
    "cloudformation": "cloudformation",
    "cloudwatch": "cloudwatch",
    "codebuild": "codebuild",
    "dms": "dms",
    "ec2": "ec2",
    "ecs": "ecs",
    "eks": "eks",
    "elasticmapreduce": "emr",
    "emr-containers": "emr",
    "emr-serverless": "emr",
    "es": "opensearch",
    "aoss": "opensearch",
    "events": "eventbridge",
    "scheduler": "eventbridge",
    "pipes": "eventbridge",
    "execute-api": "apigateway",
    "iam": "iam",
    "kafka": "msk",
    "kms": "kms",
    "lakeformation": "lakeformation",
    "logs": "cloudwatch",
    "quicksight": "quicksight",
    "redshift-serverless": "redshift",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
    "states": "stepfunctions",
}
_TYPE = re.compile(r"/?([^/:]*)[/:]").match


def resources(document: Document, scope: Scope) -> Iterator[Observation]:
    """The tags of a resource; an asset of kind `{service}.{type}` where no other listing looks."""
    me = document["ResourceARN"]
    tags = tags_of(document.get("Tags"))
    parts = me.split(":", 5)
    service, resource = (parts[2], parts[5]) if len(parts) == 6 else ("", "")
    found = _TYPE(resource)
    kind = found[1] if found else ""
    if not service or kind in _LISTED.get(service, ()) or kind in _PARTS.get(service, ()):
        if tags:
            yield Description(about=me, facts=tag_facts(tags), **said(tags))
        return
    name = resource[found.end() :] if found else resource
    yield asset(
        scope,
        me,
        f"{service}.{kind}" if kind else "aws.resource",
        tags.get("Name") or name or me,
        product=service if service in _LISTED else _PRODUCTS.get(service, "aws"),
        tags=tags,
        facts={"service": service},
    )


LISTINGS = (
    listing(
        "tagging.resource",
        Boto(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList",
            {"ResourcesPerPage": 100},
        ),
        resources,
        precedence=10,
    ),
)
