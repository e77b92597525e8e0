"""Amazon SQS queues, Amazon SNS topics and subscriptions.

Contract: Amazon SQS and Amazon SNS API References. Addresses of people (e-mail, SMS) are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from siloscope.collectors.aws.common import arn, asset, data_of, listing, refer
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.model import Observation, Verb
from siloscope.times import from_seconds

_ATTRIBUTES = ["QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages", "RedrivePolicy", "FifoQueue"]


def queues(document: Document, scope: Scope) -> Iterator[Observation]:
    """A queue; what it cannot deliver goes to its dead-letter queue."""
    name = str(document["QueueUrl"]).rpartition("/")[2]
    me = document.get("QueueArn") or arn(scope, "sqs", name)
    waiting = document.get("ApproximateNumberOfMessages")
    yield asset(
        scope,
        me,
        "sqs.queue",
        name,
        created=from_seconds(float(document.get("CreatedTimestamp") or 0)),
        facts={
            "messages": int(waiting) if waiting is not None else None,
            "fifo": True if document.get("FifoQueue") == "true" else None,
        },
    )
    target = data_of(document.get("RedrivePolicy")).get("deadLetterTargetArn")
    yield from refer(me, Verb.WRITES, target, "RedrivePolicy.deadLetterTargetArn", scope)


def topics(document: Document, scope: Scope) -> Iterator[Observation]:
    """A topic; its ARN is all that the listing says."""
    me = document["TopicArn"]
    yield asset(scope, me, "sns.topic", me.rpartition(":")[2])


def subscriptions(document: Document, scope: Scope) -> Iterator[Observation]:
    """What a topic triggers: functions, queues, streams and web addresses."""
    if document.get("Protocol") in ("lambda", "sqs", "firehose", "http", "https", "application"):
        where = f"Subscription[{document['Protocol']}].Endpoint"
        yield from refer(document["TopicArn"], Verb.TRIGGERS, document.get("Endpoint"), where, scope)


LISTINGS = (
    listing(
        "sqs.queue",
        Boto(
            "sqs",
            "list_queues",
            "QueueUrls",
            # Without MaxResults the answer ends at 1,000 and carries no token.
            {"MaxResults": 1000},
            optional=True,
            item="QueueUrl",
            texts=("RedrivePolicy",),
            details=(
                BotoDetail(
                    "get_queue_attributes",
                    lambda item: {"QueueUrl": item["QueueUrl"], "AttributeNames": _ATTRIBUTES},
                    items="Attributes",
                ),
            ),
        ),
        queues,
    ),
    listing("sns.topic", Boto("sns", "list_topics", "Topics"), topics),
    listing("sns.subscription", Boto("sns", "list_subscriptions", "Subscriptions"), subscriptions),
)
