"""Amazon Kinesis data streams and Amazon Data Firehose.

Contract: Amazon Kinesis Data Streams and Amazon Data Firehose API References.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.aws.common import asset, listing, refer, rows, section, within
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.errors import Unavailable
from siloscope.model import Observation, Verb


def kinesis_streams(document: Document, scope: Scope) -> Iterator[Observation]:
    """A data stream."""
    yield asset(
        scope,
        document["StreamARN"],
        "kinesis.stream",
        document["StreamName"],
        created=document.get("StreamCreationTimestamp"),
        facts={
            "status": document.get("StreamStatus"),
            "mode": section(document, "StreamModeDetails").get("StreamMode"),
        },
    )


def delivery_streams(document: Document, scope: Scope) -> Iterator[Observation]:
    """A delivery stream takes from its source, calls transforming functions and fills its destinations."""
    me = document["DeliveryStreamARN"]
    destinations = rows(document.get("Destinations"))
    kinds = sorted({key for each in destinations for key in each if key.endswith("Description")})
    yield asset(
        scope,
        me,
        "firehose.delivery-stream",
        document["DeliveryStreamName"],
        created=document.get("CreateTimestamp"),
        facts={
            "type": document.get("DeliveryStreamType"),
            "status": document.get("DeliveryStreamStatus"),
            "destinations": ", ".join(kind.removesuffix("DestinationDescription") for kind in kinds),
        },
    )
    source = section(document, "Source")
    yield from within(me, Verb.READS, _without_roles(source), "Source", scope)
    for index, each in enumerate(destinations):
        for kind, given in each.items():
            # The older description of an S3 destination repeats the extended one.
            repeated = kind == "S3DestinationDescription" and "ExtendedS3DestinationDescription" in each
            if isinstance(given, Mapping) and not repeated:
                yield from _destination(me, given, f"Destinations[{index}].{kind}", scope)


def _destination(me: str, given: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Observation]:
    """One destination: a bucket with its prefix, a warehouse, a domain, an address; backups count, too."""
    for key, part in given.items():
        spot = f"{where}.{key}"
        if key == "ProcessingConfiguration":
            yield from within(me, Verb.CALLS, part, spot, scope)
        elif key == "BucketARN":
            bucket = str(part).rpartition(":::")[2]
            uri = f"s3://{bucket}/{given.get('Prefix') or ''}"
            yield from refer(me, Verb.WRITES, uri, spot, scope)
        elif key in ("S3DestinationDescription", "S3BackupDescription") and isinstance(part, Mapping):
            yield from _destination(me, part, spot, scope)
        elif key not in ("Prefix", "ErrorOutputPrefix"):
            yield from within(me, Verb.WRITES, _without_roles(part), spot, scope)


def _without_roles(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_roles(each) for key, each in value.items() if not key.lower().startswith("role")}
    return value


def _following(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """ListDeliveryStreams has no token: the next page starts after the last name."""
    if not answer.get("HasMoreDeliveryStreams"):
        return None
    names = answer.get("DeliveryStreamNames")
    if not names:
        raise Unavailable("firehose:ListDeliveryStreams: more streams announced, none in the page")
    return {"ExclusiveStartDeliveryStreamName": names[-1]}


LISTINGS = (
    listing("kinesis.stream", Boto("kinesis", "list_streams", "StreamSummaries", {"Limit": 1000}), kinesis_streams),
    listing(
        "firehose.delivery-stream",
        Boto(
            "firehose",
            "list_delivery_streams",
            "DeliveryStreamNames",
            {"Limit": 100},
            item="DeliveryStreamName",
            following=_following,
            details=(
                BotoDetail(
                    "describe_delivery_stream",
                    lambda item: {"DeliveryStreamName": item["DeliveryStreamName"]},
                    items="DeliveryStreamDescription",
                ),
            ),
        ),
        delivery_streams,
    ),
)
