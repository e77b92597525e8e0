"""Amazon S3: buckets, their place, tags and whom they notify.

Contract: Amazon S3 API Reference. Buckets are listed once an account; objects and policies are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from siloscope.collectors.aws.common import asset, listing, refer, rows, tags_of
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.model import Observation, Verb

# (list, ARN) in a notification configuration
_NOTIFIED = (
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "TopicArn"),
)


def buckets(document: Document, scope: Scope) -> Iterator[Observation]:
    """A bucket claims `s3://{bucket}` and triggers what it notifies."""
    name = document["Name"]
    me = f"arn:{scope.data.get('partition', 'aws')}:s3:::{name}"
    # GetBucketLocation: empty stands for us-east-1, EU for eu-west-1.
    place = document.get("BucketRegion") or document.get("LocationConstraint") or "us-east-1"
    notices = document.get("Notification") or {}
    yield asset(
        scope,
        me,
        "s3.bucket",
        name,
        names=(f"s3://{name}",),
        tags=tags_of(document.get("TagSet")),
        created=document.get("CreationDate"),
        facts={
            "region": "eu-west-1" if place == "EU" else place,
            "events_to_eventbridge": True if "EventBridgeConfiguration" in notices else None,
        },
    )
    for key, field in _NOTIFIED:
        for index, each in enumerate(rows(notices.get(key))):
            where = f"NotificationConfiguration.{key}[{index}].{field}"
            yield from refer(me, Verb.TRIGGERS, each.get(field), where, scope)


LISTINGS = (
    listing(
        "s3.bucket",
        Boto(
            "s3",
            "list_buckets",
            "Buckets",
            {"MaxBuckets": 1000},
            details=(
                BotoDetail(
                    "get_bucket_location",
                    lambda item: {"Bucket": item["Name"]},
                    when=lambda item: not item.get("BucketRegion"),
                ),
                BotoDetail("get_bucket_tagging", lambda item: {"Bucket": item["Name"]}, into="TagSet", items="TagSet"),
                BotoDetail(
                    "get_bucket_notification_configuration",
                    lambda item: {"Bucket": item["Name"]},
                    into="Notification",
                ),
            ),
        ),
        buckets,
        per="account",
    ),
)
