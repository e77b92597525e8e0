"""AWS Lambda: functions and their event sources.

Contract: AWS Lambda API Reference. Environment variables are opaque: only names leave them. `LastModified`
is a deployment, not a use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.aws.common import asset, listing, refer, section, tags_of, within
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.collectors.shape import definition_hash, shape
from siloscope.model import Observation, Reference, Verb
from siloscope.names import canonical, image, kafka_aliases


def functions(document: Document, scope: Scope) -> Iterator[Observation]:
    """A function, what its variables mention, its image and where its failures go."""
    me = document["FunctionArn"]
    variables = section(document, "Environment", "Variables")
    yield asset(
        scope,
        me,
        "lambda.function",
        document["FunctionName"],
        tags=tags_of(document.get("Tags")),
        shape=shape(_features(document, variables)),
        facts={
            "definition": definition_hash([document.get("CodeSha256"), document.get("Handler")]),
            "runtime": document.get("Runtime"),
            "handler": document.get("Handler"),
            "package": document.get("PackageType"),
            "memory_mb": document.get("MemorySize"),
            "code_bytes": document.get("CodeSize"),
            "variables": len(variables),
            "layers": len(document.get("Layers") or []),
            "role": document.get("Role"),
            "modified": str(document.get("LastModified") or "")[:10] or None,
            "description": str(document.get("Description") or "")[:200] or None,
        },
    )
    yield from within(me, None, variables, "Environment.Variables", scope)
    repository = image(str(section(document, "Code").get("ImageUri") or ""))
    if repository:
        yield Reference(me, Verb.USES, repository, "Code.ImageUri")
    failed = section(document, "DeadLetterConfig").get("TargetArn")
    yield from refer(me, Verb.WRITES, failed, "DeadLetterConfig.TargetArn", scope)
    yield from within(me, Verb.USES, document.get("FileSystemConfigs"), "FileSystemConfigs", scope)


def _features(document: Document, variables: Mapping[str, Any]) -> Iterator[str]:
    """Runtime, handler and the names of variables; the code itself is a hash among the facts."""
    yield from (f"{key.lower()}:{document[key]}" for key in ("Runtime", "Handler") if document.get(key))
    yield from (f"variable:{key}" for key in variables)


def event_sources(document: Document, scope: Scope) -> Iterator[Observation]:
    """A queue, stream or topic that triggers a function."""
    function = canonical(str(document.get("FunctionArn") or ""))
    if not function:
        return
    origin = document.get("EventSourceArn")
    brokers = section(document, "SelfManagedEventSource", "Endpoints").get("KAFKA_BOOTSTRAP_SERVERS") or []
    where = "EventSourceMapping"
    for source in [origin] if origin else list(kafka_aliases(",".join(brokers)))[:1]:
        name = canonical(str(source), scope.context)
        if name:
            yield Reference(name, Verb.TRIGGERS, function, f"{where}.EventSourceArn")
    failed = section(document, "DestinationConfig", "OnFailure").get("Destination")
    yield from refer(function, Verb.WRITES, failed, f"{where}.DestinationConfig.OnFailure.Destination", scope)


LISTINGS = (
    listing(
        "lambda.function",
        Boto(
            "lambda",
            "list_functions",
            "Functions",
            {"MaxItems": 50},
            details=(
                BotoDetail(
                    "get_function",
                    lambda item: {"FunctionName": item["FunctionArn"]},
                    into="Code",
                    items="Code",
                    when=lambda item: item.get("PackageType") == "Image",
                ),
            ),
        ),
        functions,
        opaque=("Environment.Variables.*",),
    ),
    listing(
        "lambda.event-source",
        Boto("lambda", "list_event_source_mappings", "EventSourceMappings", {"MaxItems": 100}),
        event_sources,
    ),
)
