"""Amazon EventBridge: buses, rules with their targets, schedules.

Contract: Amazon EventBridge and EventBridge Scheduler API References. Rules are listed once a bus, in a
scope that the bus opens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from siloscope.collectors.aws.common import arn, asset, data_of, listing, refer, rows, section, within
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.model import Observation, Reference, Verb
from siloscope.names import canonical, extract


def buses(document: Document, scope: Scope) -> Iterator[Observation]:
    """A custom bus; the default one is there in every account and says nothing."""
    if document["Name"] != "default":
        yield asset(
            scope,
            document["Arn"],
            "eventbridge.bus",
            document["Name"],
            created=document.get("CreationTime"),
        )


def open_bus(document: Document, scope: Scope) -> Iterable[Scope]:
    """The scope in which a bus's rules are listed."""
    name = str(document["Name"])
    data = {**scope.data, "event_bus": name}
    yield Scope(f"{scope.path}/{name}", "event-bus", scope.instance, scope.account, scope.region, data)


def rules(document: Document, scope: Scope) -> Iterator[Observation]:
    """A rule triggers its targets; what its pattern waits for triggers the rule."""
    me = document["Arn"]
    yield asset(
        scope,
        me,
        "eventbridge.rule",
        document["Name"],
        facts={
            "state": document.get("State"),
            "schedule": document.get("ScheduleExpression"),
            "managed_by": document.get("ManagedBy"),
            "targets": len(document.get("Targets") or []),
            "description": str(document.get("Description") or "")[:200] or None,
        },
    )
    bus = str(document.get("EventBusName") or "default")
    if bus != "default":
        name = bus if bus.startswith("arn:") else arn(scope, "events", f"event-bus/{bus}")
        yield Reference(name, Verb.TRIGGERS, me, "EventBusName")
    for source, where in _awaited(document.get("EventPattern"), scope):
        yield Reference(source, Verb.TRIGGERS, me, where)
    for index, target in enumerate(rows(document.get("Targets"))):
        where = f"Targets[{index}]"
        yield from refer(me, Verb.TRIGGERS, target.get("Arn"), f"{where}.Arn", scope)
        task = section(target, "EcsParameters").get("TaskDefinitionArn")
        yield from refer(me, Verb.TRIGGERS, task, f"{where}.EcsParameters.TaskDefinitionArn", scope)
        failed = section(target, "DeadLetterConfig").get("Arn")
        yield from refer(me, Verb.WRITES, failed, f"{where}.DeadLetterConfig.Arn", scope)


def _awaited(pattern: Any, scope: Scope) -> Iterator[tuple[str, str]]:
    """(name, where) of the buckets, Glue jobs and ARNs that an event pattern lets through."""
    wanted = data_of(pattern)
    sources, detail = wanted.get("source") or [], section(wanted, "detail")
    if "aws.s3" in sources:
        for bucket in section(detail, "bucket").get("name") or []:
            if isinstance(bucket, str) and (name := canonical(f"s3://{bucket}")):
                yield name, "EventPattern.detail.bucket.name"
    if "aws.glue" in sources:
        for job in detail.get("jobName") or []:
            if isinstance(job, str):
                yield arn(scope, "glue", f"job/{job}"), "EventPattern.detail.jobName"
    for mention in extract([wanted.get("resources"), detail], scope.context):
        if mention.name.startswith(("arn:", "s3:")):
            yield mention.name, "EventPattern"


def schedules(document: Document, scope: Scope) -> Iterator[Observation]:
    """A schedule of EventBridge Scheduler; universal targets name theirs in the input."""
    me, target = document["Arn"], section(document, "Target")
    yield asset(
        scope,
        me,
        "eventbridge.schedule",
        document["Name"],
        created=document.get("CreationDate"),
        facts={
            "state": document.get("State"),
            "schedule": document.get("ScheduleExpression"),
            "group": document.get("GroupName"),
        },
    )
    yield from refer(me, Verb.TRIGGERS, target.get("Arn"), "Target.Arn", scope)
    yield from within(me, Verb.TRIGGERS, target.get("Input"), "Target.Input", scope)
    failed = section(target, "DeadLetterConfig").get("Arn")
    yield from refer(me, Verb.WRITES, failed, "Target.DeadLetterConfig.Arn", scope)


LISTINGS = (
    listing(
        "eventbridge.bus",
        Boto("events", "list_event_buses", "EventBuses", {"Limit": 100}),
        buses,
        opens=open_bus,
    ),
    listing(
        "eventbridge.rule",
        Boto(
            "events",
            "list_rules",
            "Rules",
            {"EventBusName": "{event_bus}", "Limit": 100},
            texts=("EventPattern",),
            details=(
                BotoDetail(
                    "list_targets_by_rule",
                    lambda item: {
                        "Rule": item["Name"],
                        "EventBusName": item.get("EventBusName") or "default",
                        "Limit": 100,
                    },
                    into="Targets",
                    items="Targets",
                    many=True,
                ),
            ),
        ),
        rules,
        per="event-bus",
        opaque=("Targets.Input",),
    ),
    listing(
        "eventbridge.schedule",
        Boto(
            "scheduler",
            "list_schedules",
            "Schedules",
            {"MaxResults": 100},
            details=(
                BotoDetail(
                    "get_schedule",
                    lambda item: {"Name": item["Name"], "GroupName": item.get("GroupName") or "default"},
                ),
            ),
        ),
        schedules,
        opaque=("Target.Input",),
    ),
)
