"""What UiPath's documents say: processes, packages, robots, machines, queues, triggers, buckets, assets.

An asset's id has its key where the API gives one; the number, by which other entities refer to it, is a
name it claims. Arguments, environment variables and asset values are opaque: only names in them are seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.files import parse_json
from siloscope.collectors.shape import definition_hash, shape
from siloscope.collectors.uipath.common import (
    entity,
    fields,
    link,
    mapping,
    mentions,
    named,
    number,
    ports,
    signature,
    text,
    truth,
)
from siloscope.model import Description, Observation, Reference, Scalar, Verb
from siloscope.names import canonical, extract, root
from siloscope.times import normal

# What differs between copies of one Studio project.
_INCIDENTAL = ("name", "title", "path", "projectId", "projectVersion", "description")


def folders(_document: Document, _scope: Scope) -> Iterator[Observation]:
    """A folder is a scope, and a fact of what is in it."""
    return iter(())


def users(_document: Document, _scope: Scope) -> Iterator[Observation]:
    """Users are no assets; their names stand as owners in what they created."""
    return iter(())


def processes(document: Document, scope: Scope) -> Iterator[Observation]:
    """A process (release): which package it runs, with which signature, and what its settings mention."""
    package = str(document.get("ProcessKey") or "")
    arguments = signature(document.get("Arguments"))
    asset = entity(
        document,
        scope,
        "process",
        url=link(scope, f"processes/{document.get('Id')}"),
        shape=shape(
            [
                f"package:{package}",
                f"type:{document.get('ProcessType')}",
                f"framework:{document.get('TargetFramework')}",
                *arguments,
            ]
        ),
        facts={
            "package": package or None,
            "version": text(document.get("ProcessVersion")),
            "process_type": text(document.get("ProcessType")),
            "framework": text(document.get("TargetFramework")),
            "attended": truth(document.get("IsAttended")),
            "definition": definition_hash([package, document.get("EntryPointPath"), sorted(arguments)]),
        },
    )  # fmt: skip
    yield asset
    if package:
        yield Reference(asset.id, Verb.RUNS, named(scope, "package", package), "ProcessKey")
    for key in ("EnvironmentVariables", "InputArguments", "Description"):
        yield from mentions(asset, document.get(key), key, scope)
    idea = canonical(str(document.get("AutomationHubIdeaUrl") or ""))
    if idea:
        yield Reference(asset.id, Verb.USES, idea, "AutomationHubIdeaUrl")


def packages(document: Document, scope: Scope) -> Iterator[Observation]:
    """A package of the tenant's feed, or a Studio project from a folder (`project.json`)."""
    if "path" in document:
        yield from _project(document, scope)
        return
    native = str(document["Id"])
    key = str(document.get("Key") or "")
    asset = entity(
        {**document, "Name": native},
        scope,
        "package",
        native=native,
        names=[named(scope, "package", key)] if key else [],
        owner=text(document.get("Authors")),
        created=normal(document.get("Published")),
        facts={
            "version": text(document.get("Version")),
            "active": truth(document.get("IsActive")),
            "package_type": text(document.get("PackageType") or document.get("ProjectType")),
            "framework": text(document.get("TargetFramework")),
            "tags": text(document.get("Tags")),
        },
    )
    yield asset
    project = canonical(str(document.get("ProjectUrl") or ""))
    if project:
        yield Reference(asset.id, Verb.USES, project, "ProjectUrl")


def parse_project(data: bytes, path: str) -> list[Any]:
    """The project in a file; its name is kept beside the identity, which a copy elsewhere may take away.

    Raises:
        ValueError: The file is no JSON object.
    """
    project = parse_json(data, path)[0]
    if not isinstance(project, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - what parsers of files raise
    return [{**project, "title": project.get("name") or project.get("id")}]


def _project(document: Document, scope: Scope) -> Iterator[Observation]:
    design = mapping(document.get("designOptions"))
    dependencies = sorted(str(each) for each in mapping(document.get("dependencies")))
    entries = [mapping(each) for each in document.get("entryPoints") or []]
    arguments = [each for entry in entries for each in ports(entry)]
    native = str(document.get("name") or document["path"])
    asset = entity(
        {"Name": text(document.get("title")) or native},
        scope,
        "package",
        native=native,
        shape=shape([*(f"dependency:{each}" for each in dependencies), *arguments]),
        facts={
            "path": str(document["path"]),
            "project": text(document.get("projectId")),
            "version": text(document.get("projectVersion")),
            "package_type": text(design.get("outputType")),
            "framework": text(document.get("targetFramework")),
            "language": text(document.get("expressionLanguage")),
            "dependencies": len(dependencies),
            "definition": definition_hash(document, _INCIDENTAL),
        },
    )  # fmt: skip
    yield asset
    yield from mentions(asset, document.get("webServices"), "webServices", scope)


def machines(document: Document, scope: Scope) -> Iterator[Observation]:
    """A machine template or host with its slots; only non-production slots make it a test machine."""
    slots = {key: document.get(key) for key in ("UnattendedSlots", "NonProductionSlots", "HeadlessSlots")}
    only_test = bool(slots["NonProductionSlots"]) and not slots["UnattendedSlots"]
    facts: dict[str, Scalar] = {
        "machine_type": text(document.get("Type")),
        "unattended_slots": number(slots["UnattendedSlots"]),
        "non_production_slots": number(slots["NonProductionSlots"]),
    }
    yield entity(document, scope, "machine", environment="test" if only_test else None, facts=facts)


def webhooks(document: Document, scope: Scope) -> Iterator[Observation]:
    """A webhook: the address that Orchestrator calls."""
    asset = entity(document, scope, "webhook", facts={"enabled": truth(document.get("Enabled"))})
    yield asset
    yield from mentions(asset, document.get("Url"), "Url", scope, Verb.CALLS)


def robots(document: Document, scope: Scope) -> Iterator[Observation]:
    """A robot and the machine it runs on; its licence may say that it is for tests only."""
    asset = entity(
        document,
        scope,
        "robot",
        environment="test" if document.get("Type") in ("NonProduction", "TestAutomation") else None,
        facts={
            "robot_type": text(document.get("Type")),
            "hosting": text(document.get("HostingType")),
            "machine": text(document.get("MachineName")),
            "enabled": truth(document.get("Enabled")),
        },
    )
    yield asset
    if document.get("MachineId"):
        yield Reference(asset.id, Verb.USES, named(scope, "machine", document["MachineId"]), "MachineId")


def sessions(document: Document, scope: Scope) -> Iterator[Observation]:
    """A session: when a robot and its machine reported last."""
    seen = normal(document.get("ReportingTime"))
    robot, machine = mapping(document.get("Robot")).get("Id"), document.get("MachineId")
    for kind, native in (("robot", robot), ("machine", machine)):
        if native and seen:
            facts = {"host": text(document.get("HostMachineName")), "agent": text(document.get("Version"))}
            told = {key: value for key, value in facts.items() if value}
            yield Description(about=named(scope, kind, native), last_used=seen, facts=told)


def queues(document: Document, scope: Scope) -> Iterator[Observation]:
    """A queue, the fields of its items where a schema says them, and the process it is associated with."""
    asset = entity(
        document,
        scope,
        "queue",
        shape=shape(fields(document.get("SpecificDataJsonSchema"))),
        facts={
            "sla_minutes": number(document.get("SlaInMinutes")),
            "retries": number(document.get("MaxNumberOfRetries")),
            "encrypted": truth(document.get("Encrypted")),
            "folders": number(document.get("FoldersCount")),
        },
    )
    yield asset
    if document.get("ReleaseId"):
        process = named(scope, "process", document["ReleaseId"])
        yield Reference(process, Verb.USES, asset.id, "ReleaseId")


def triggers(document: Document, scope: Scope) -> Iterator[Observation]:
    """A time or queue trigger: what it starts, where, and which queue it watches."""
    queue = document.get("QueueDefinitionId")
    asset = entity(
        document,
        scope,
        "trigger",
        facts={
            "enabled": truth(document.get("Enabled")),
            "trigger": "queue" if queue else "time",
            "cron": None if queue else text(document.get("StartProcessCron")),
            "time_zone": text(document.get("TimeZoneIana") or document.get("TimeZoneId")),
        },
    )
    yield asset
    process = document.get("ReleaseKey") or document.get("ReleaseId")
    if process:
        yield Reference(asset.id, Verb.TRIGGERS, named(scope, "process", process), "ReleaseKey")
    if queue:
        yield Reference(asset.id, Verb.READS, named(scope, "queue", queue), "QueueDefinitionId")
    for index, each in enumerate(document.get("MachineRobots") or []):
        for key in ("Robot", "Machine"):
            native = mapping(each).get(f"{key}Id")
            if native:
                where = f"MachineRobots[{index}].{key}Id"
                yield Reference(asset.id, Verb.USES, named(scope, key.lower(), native), where)
    yield from mentions(asset, document.get("InputArguments"), "InputArguments", scope)


def buckets(document: Document, scope: Scope) -> Iterator[Observation]:
    """A storage bucket: the container behind it, where the provider is not Orchestrator itself."""
    provider = text(document.get("StorageProvider"))
    asset = entity(
        document,
        scope,
        "bucket",
        native=document.get("Identifier") or document["Id"],
        facts={"provider": provider or "Orchestrator", "options": text(document.get("Options"))},
    )
    yield asset
    parameters = str(document.get("StorageParameters") or "")
    place = _container(provider or "", parameters, str(document.get("StorageContainer") or ""))
    if place:
        yield Reference(asset.id, Verb.USES, place, "StorageContainer")
    for each in extract(parameters, scope.context, "StorageParameters"):
        if not (place and (place == each.name or place.startswith(f"{each.name}/"))):
            yield Reference(asset.id, Verb.USES, each.name, each.where)


def _container(provider: str, parameters: str, container: str) -> str | None:
    """The universal name of a container; Minio and S3-compatible buckets are not Amazon's and have none."""
    if provider == "Amazon" and container:
        return canonical(f"s3://{container}")
    account = re.search(r"(?i)\bAccountName=([a-z0-9]{3,24})\b", parameters)
    if provider == "Azure" and container and account:
        return canonical(f"azblob://{account[1].lower()}/{container}")
    return None


def values(document: Document, scope: Scope) -> Iterator[Observation]:
    """An asset in UiPath's sense, a named value that robots share: its type, and the names in its text."""
    asset = entity(
        document,
        scope,
        "asset",
        facts={
            "value_type": text(document.get("ValueType")),
            "value_scope": text(document.get("ValueScope")),
            "folders": number(document.get("FoldersCount")),
        },
    )
    yield asset
    told = {
        key: document.get(key)
        for key in ("Value", "StringValue", "KeyValueList", "RobotValues", "UserValues")
        if document.get(key)
    }
    seen: set[str] = set()
    for mention in mentions(asset, told, "", scope):
        if mention.name not in seen:
            seen.add(mention.name)
            yield mention


def jobs(document: Document, scope: Scope) -> Iterator[Observation]:
    """A job: when its process was last used, and what it was given.

    Jobs are handed one file each, so what they mention counts as its container: bucket, database, host.
    """
    release = mapping(document.get("Release"))
    native = release.get("Key") or release.get("Id")
    if not native:
        return
    name = named(scope, "process", native)
    started = normal(document.get("StartTime") or document.get("CreationTime"))
    if started:
        facts = {"host": text(document.get("HostMachineName")), "last_state": text(document.get("State"))}
        yield Description(about=name, last_used=started, facts={key: value for key, value in facts.items() if value})
    for key in ("InputArguments", "EnvironmentVariables"):
        for each in extract(document.get(key), scope.context, f"Jobs.{key}"):
            yield Reference(name, Verb.USES, root(each.name), each.where)
