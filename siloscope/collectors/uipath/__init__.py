"""UiPath Orchestrator by its OData API, or Studio projects from a folder.

Contract: the vendor's OpenAPI document "UiPath.WebApi 20.0". Folders are scopes: everything below them is
asked for once a folder, with the header X-UIPATH-OrganizationUnitId. In this API a *Release* is what the
user interface calls a process, and a *Process* is a package.
"""

from __future__ import annotations

from collections.abc import Iterator

from siloscope.collectors.base import Collector, Document, Listing, Reader, Scope
from siloscope.collectors.clients.files import Files, Ways
from siloscope.collectors.clients.rest import Get
from siloscope.collectors.uipath import readers as read
from siloscope.collectors.uipath.client import JOBS, PAGE, USERS, connect, paged

_FOLDER = {"X-UIPATH-OrganizationUnitId": "{folder}"}


def open_folder(document: Document, scope: Scope) -> Iterator[Scope]:
    """The scope of a folder, by its full name; personal workspaces of namesakes are told apart by number."""
    name = str(document.get("FullyQualifiedName") or document.get("DisplayName") or document["Id"])
    path = f"{name} [{document['Id']}]" if document.get("IsPersonal") else name
    data = {**scope.data, "folder": str(document["Id"]), "folder_name": name}
    yield Scope(path, "folder", scope.instance, data=data)


def _get(path: str, *, folder: bool = False, **params: str | int) -> Get:
    return Get(
        path,
        items="value",
        params={"$top": PAGE, "$count": "true", **params},
        headers=_FOLDER if folder else {},
        page=paged,
    )


def _in_folder(name: str, path: str, reader: Reader, permission: str, opaque: tuple[str, ...] = ()) -> Listing:
    return Listing(name, _get(path, folder=True), reader, permission, per="folder", opaque=opaque)


_LISTINGS = (
    Listing(
        "uipath.folder",
        _get("/odata/Folders"),
        read.folders,
        "OR.Folders.Read, Units.View",
        opens=open_folder,
    ),
    Listing("uipath.user", USERS, read.users, "OR.Users.Read, Users.View"),
    Listing(
        "uipath.package",
        Ways(
            rest=_get("/odata/Processes"),
            files=Files(("project.json",), read.parse_project, identity="name"),
        ),
        read.packages,
        "OR.Execution.Read, Packages.View",
    ),
    Listing("uipath.machine", _get("/odata/Machines"), read.machines, "OR.Machines.Read, Machines.View"),
    Listing("uipath.webhook", _get("/odata/Webhooks"), read.webhooks, "OR.Webhooks.Read, Webhooks.View"),
    _in_folder(
        "uipath.process",
        "/odata/Releases",
        read.processes,
        "OR.Execution.Read, Processes.View",
        ("InputArguments", "EnvironmentVariables", "EntryPoint.*Arguments"),
    ),
    _in_folder("uipath.robot", "/odata/Robots", read.robots, "OR.Robots.Read, Robots.View", ("ExecutionSettings.*",)),
    _in_folder("uipath.session", "/odata/Sessions", read.sessions, "OR.Robots.Read, Robots.View"),
    _in_folder("uipath.queue", "/odata/QueueDefinitions", read.queues, "OR.Queues.Read, Queues.View"),
    _in_folder(
        "uipath.trigger",
        "/odata/ProcessSchedules",
        read.triggers,
        "OR.Jobs.Read, Schedules.View",
        ("InputArguments",),
    ),
    _in_folder("uipath.bucket", "/odata/Buckets", read.buckets, "OR.Administration.Read, Buckets.View"),
    _in_folder(
        "uipath.asset",
        "/odata/Assets/UiPath.Server.Configuration.OData.GetFiltered",
        read.values,
        "OR.Assets.Read, Assets.View",
        ("Value", "StringValue", "KeyValueList.Value", "*Values.*Value", "*CredentialUsername"),
    ),
    Listing(
        "uipath.job",
        JOBS,
        read.jobs,
        "OR.Jobs.Read, Jobs.View",
        per="folder",
        opaque=("InputArguments", "OutputArguments", "EnvironmentVariables", "Release.*Arguments", "Info"),
    ),
)  # fmt: skip

COLLECTOR = Collector(
    type="uipath",
    title="UiPath Orchestrator",
    options=frozenset("client_id client_secret token identity_url scope user password tenant jobs_per_minute".split()),
    connect=connect,
    tested="a mock of the vendor's OpenAPI 20.0, a local server with its paging, and published Studio projects",
    listings=_LISTINGS,
)
