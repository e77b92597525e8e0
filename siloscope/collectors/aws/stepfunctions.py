"""AWS Step Functions: state machines, what their tasks run, and their shape.

Contract: Amazon States Language specification; Step Functions developer guide, "Service integrations".
A task names its target either as an ARN or, by an optimised integration, as a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.aws.common import arn, asset, data_of, listing, refer, rows, section, within
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.collectors.shape import definition_hash, graph_hash, shape
from siloscope.model import Observation, Verb
from siloscope.names import expressions, is_expression

# integration -> the parameter that names its target, the verb, and the target's ARN by bare name
_TARGETS: Mapping[str, tuple[str, Verb, str, str]] = {
    "lambda:invoke": ("FunctionName", Verb.CALLS, "lambda", "function:{}"),
    "glue:startJobRun": ("JobName", Verb.RUNS, "glue", "job/{}"),
    "glue:startCrawler": ("Name", Verb.RUNS, "glue", "crawler/{}"),
    "states:startExecution": ("StateMachineArn", Verb.CALLS, "states", "stateMachine:{}"),
    "dynamodb:getItem": ("TableName", Verb.READS, "dynamodb", "table/{}"),
    "dynamodb:query": ("TableName", Verb.READS, "dynamodb", "table/{}"),
    "dynamodb:scan": ("TableName", Verb.READS, "dynamodb", "table/{}"),
    "dynamodb:putItem": ("TableName", Verb.WRITES, "dynamodb", "table/{}"),
    "dynamodb:updateItem": ("TableName", Verb.WRITES, "dynamodb", "table/{}"),
    "dynamodb:deleteItem": ("TableName", Verb.WRITES, "dynamodb", "table/{}"),
    "sqs:sendMessage": ("QueueUrl", Verb.WRITES, "sqs", "{}"),
    "sns:publish": ("TopicArn", Verb.WRITES, "sns", "{}"),
    "kinesis:putRecord": ("StreamName", Verb.WRITES, "kinesis", "stream/{}"),
    "firehose:putRecord": ("DeliveryStreamName", Verb.WRITES, "firehose", "deliverystream/{}"),
    "athena:startQueryExecution": ("WorkGroup", Verb.USES, "athena", "workgroup/{}"),
    "codebuild:startBuild": ("ProjectName", Verb.RUNS, "codebuild", "project/{}"),
    "batch:submitJob": ("JobDefinition", Verb.RUNS, "batch", "job-definition/{}"),
    "ecs:runTask": ("TaskDefinition", Verb.RUNS, "ecs", "task-definition/{}"),
    "sagemaker:createTransformJob": ("ModelName", Verb.USES, "sagemaker", "model/{}"),
    "bedrock:invokeModel": ("ModelId", Verb.CALLS, "bedrock", "foundation-model/{}"),
    "http:invoke": ("ApiEndpoint", Verb.CALLS, "", ""),
}
# What names states, or holds states that count by themselves.
_NAMING = ("Comment", "Next", "Default", "StartAt", "Iterator", "ItemProcessor", "Branches")
_INTEGRATION = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:(?:aws-sdk:)?([\w-]+:[\w]+)")


def state_machines(document: Document, scope: Scope) -> Iterator[Observation]:
    """A state machine; tasks, also in maps and parallel branches, name what they run."""
    me = document["stateMachineArn"]
    definition = data_of(document.get("definition"))
    found = list(_states(definition, "definition"))
    yield asset(
        scope,
        me,
        "stepfunctions.state-machine",
        document["name"],
        created=document.get("creationDate"),
        shape=shape(_features(definition, found)),
        facts={
            "definition": _hash(found),
            "type": document.get("type"),
            "states": len(found),
            "expressions": expressions(definition) or None,
            "role": document.get("roleArn"),
            "status": document.get("status"),
        },
    )
    for where, _, state in found:
        yield from _task(me, state, where, scope)


def _states(machine: Mapping[str, Any], where: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(where, name, state) of every state, those inside maps and branches included."""
    for name, state in section(machine, "States").items():
        if not isinstance(state, Mapping):
            continue
        spot = f"{where}.States.{name}"
        yield spot, name, state
        for key in ("Iterator", "ItemProcessor"):
            yield from _states(section(state, key), f"{spot}.{key}")
        for index, branch in enumerate(rows(state.get("Branches"))):
            yield from _states(branch, f"{spot}.Branches[{index}]")


def _task(me: str, state: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Observation]:
    resource = str(state.get("Resource") or "")
    integration = _integration(resource)
    if resource and not integration:
        yield from refer(me, Verb.CALLS, resource, f"{where}.Resource", scope)
    parameter, verb, service, form = _TARGETS.get(integration, ("", None, "", ""))
    for key in ("Parameters", "Arguments", "ItemReader", "ResultWriter"):
        given = state.get(key)
        target = given.get(parameter) if isinstance(given, Mapping) else None
        rest = {k: v for k, v in given.items() if k != parameter} if isinstance(given, Mapping) else given
        if isinstance(target, str):
            if service and _bare(target):
                target = arn(scope, service, form.format(target))
            yield from refer(me, verb or Verb.USES, target, f"{where}.{key}.{parameter}", scope)
        direct = {"ItemReader": Verb.READS, "ResultWriter": Verb.WRITES}.get(key)
        yield from within(me, direct, rest, f"{where}.{key}", scope)
        if direct and isinstance(given, Mapping):
            bucket = section(given, "Parameters").get("Bucket") or section(given, "Arguments").get("Bucket")
            yield from refer(me, direct, f"s3://{bucket}" if bucket else None, f"{where}.{key}.Bucket", scope)


def _bare(target: str) -> bool:
    """Whether a text is a name as it stands: no ARN, address, path into the input or expression."""
    return not (target.startswith(("arn:", "$")) or "://" in target or is_expression(target))


def _integration(resource: str) -> str:
    """`arn:aws:states:::glue:startJobRun.sync` -> `glue:startJobRun`; "" for the ARN of a function or activity."""
    found = _INTEGRATION.match(resource)
    return found[1] if found and not found[1].startswith("activity:") else ""


def _next(state: Mapping[str, Any]) -> list[str]:
    """The names of the states that may follow."""
    following = [state.get("Next"), state.get("Default")]
    following += [each.get("Next") for each in (*rows(state.get("Choices")), *rows(state.get("Catch")))]
    return [each for each in following if isinstance(each, str)]


def _hash(found: list[tuple[str, str, Mapping[str, Any]]]) -> str:
    """Equal for machines that do the same, whatever their states are called."""
    parts = {name: definition_hash(state, _NAMING) for _, name, state in found}
    return graph_hash(parts, [(name, to) for _, name, state in found for to in _next(state)])


def _features(definition: Any, found: list[tuple[str, str, Mapping[str, Any]]]) -> Iterator[str]:
    kinds = {name: _kind(state) for _, name, state in found}
    for _, name, state in found:
        yield f"state:{kinds[name]}"
        yield from (f"flow:{kinds[name]}>{kinds[to]}" for to in _next(state) if to in kinds)
    if isinstance(definition, Mapping) and definition.get("StartAt") in kinds:
        yield f"start:{kinds[definition['StartAt']]}"


def _kind(state: Mapping[str, Any]) -> str:
    """`Task` with its integration, else the type of the state."""
    resource = str(state.get("Resource") or "")
    task = _integration(resource) or (resource.split(":")[2] if resource.count(":") > 4 else "")
    return task or str(state.get("Type"))


LISTINGS = (
    listing(
        "stepfunctions.state-machine",
        Boto(
            "stepfunctions",
            "list_state_machines",
            "stateMachines",
            {"maxResults": 1000},
            texts=("definition",),
            details=(BotoDetail("describe_state_machine", lambda item: {"stateMachineArn": item["stateMachineArn"]}),),
        ),
        state_machines,
    ),
)
