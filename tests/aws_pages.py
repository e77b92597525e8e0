"""A small AWS in a rule of the fault proxy: answers one operation with as many pages as a test wants.

Emulators answer with everything at once, so pages are made here, in the wire format of each service:
moto's serializers turn data into JSON and XML; CBOR, which they lack, is written below (RFC 8949).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from siloscope.collectors.base import Listing
from tests.servers.proxy import Answer, Request

ACCOUNT, REGION = "123456789012", "eu-west-1"


def bare(listing: Listing) -> Listing:
    """The listing without its describing calls, for tests of the enumerating one alone."""
    return replace(listing, call=replace(listing.call, details=()), opens=None)


@cache
def client_of(service: str) -> Any:
    """A client that calls nothing, for what botocore knows about a service."""
    import boto3

    return boto3.client(service, region_name=REGION)


def operation_model(listing: Listing) -> Any:
    """The service model of the listing's call."""
    client = client_of(listing.call.service)
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[listing.call.operation])


def pages(listing: Listing, count: int, size: int = 2) -> list[Answer]:
    """`count` answers of `size` items each, linked by the paging fields of the operation."""
    model = operation_model(listing)
    return [encoded(model, _page(listing, model, number, number + 1 == count, size)) for number in range(count)]


def _page(listing: Listing, model: Any, number: int, last: bool, size: int) -> dict[str, Any]:
    """One answer as data: items `item-N`, and the token `page-N` unless it is the last."""
    call = listing.call
    items = model.output_shape.members[call.items].member
    found = [_item(items, number * size + each) for each in range(size)]
    answer: dict[str, Any] = {call.items: found}
    client = client_of(call.service)
    paging = client.can_paginate(call.operation) and client.get_paginator(call.operation)._pagination_cfg
    if "HasMoreDeliveryStreams" in model.output_shape.members:
        answer["HasMoreDeliveryStreams"] = not last
    else:
        token = paging["output_token"] if paging else call.token
        if not last:
            answer[token] = f"page-{number + 1}"
        if paging and "more_results" in paging:
            answer[paging["more_results"]] = not last
            answer.update({key: [] for key in model.output_shape.required_members if key not in answer})
    return answer


def _item(shape: Any, number: int) -> Any:
    if shape.type_name == "string":
        return f"item-{number}"
    return {name_field(shape): f"item-{number}"}


def name_field(shape: Any) -> str:
    """The first text of an item, which carries its number."""
    return next(name for name, member in shape.members.items() if member.type_name == "string" and not member.enum)


def encoded(model: Any, data: Mapping[str, Any]) -> Answer:
    """`data` as the service of `model` would send it."""
    from moto.core.model import ServiceModel
    from moto.core.serialize import get_serializer_class

    service = model.service_model
    protocol = service.resolved_protocol
    if protocol == "smithy-rpc-v2-cbor":
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Answer(200, cbor(data), headers)
    own = ServiceModel(service._service_description, service.service_name).operation_model(model.name)
    done = get_serializer_class(service.service_name, protocol)(own).serialize(data)
    body = done["body"]
    return Answer(200, body if isinstance(body, bytes) else body.encode(), dict(done["headers"]))


def cbor(value: Any) -> bytes:
    """CBOR of texts, flags, lists and mappings (RFC 8949, sections 3.1 and 3.3)."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(cbor, value))
    return _head(5, len(value)) + b"".join(cbor(part) for pair in value.items() for part in pair)


def _head(major: int, count: int) -> bytes:
    if count < 24:
        return bytes([major << 5 | count])
    return bytes([major << 5 | 25]) + count.to_bytes(2, "big")


def in_turn(answers: list[Answer]) -> Callable[[Request], Answer]:
    """A rule that gives one answer after the other, the last one for ever."""
    left = list(answers)

    def rule(_request: Request) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return rule
