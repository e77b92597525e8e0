"""UiPath Orchestrator: folders of departments, their robots, and the answers its API gives about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from estate.base import DEPARTMENTS, ORCHESTRATOR, SECRETS, Item, Point, day, person, pick, uuid

TOOL, BASE = f"uipath:{ORCHESTRATOR}", f"uipath://{ORCHESTRATOR}"
TMS = "postgresql://tms-db.tarnwick.internal:5432/tms"
# number -> full name, department; Treasury lets nobody from outside look in.
FOLDERS = {
    11: ("Claims", "clm"),
    12: ("Claims/Test", "clm"),
    21: ("Finance", "fin"),
    22: ("Finance/Treasury", "fin"),
    31: ("Operations", "ops"),
    41: ("HR", "hr"),
}
DENIED_FOLDER = 22
# Processes: folder, name, package, queue it works on ("" for none), cron or "" for queue triggers, addresses it is given.
_PROCESSES: tuple[tuple[int, str, str, str, str, tuple[str, ...]], ...] = (
    (11, "Claim intake", "ClaimIntake", "New claims", "", ("https://portal.tarnwick.example/claims",)),
    (11, "Claim registration", "ClaimRegistration", "Registered claims", "", (TMS,)),
    (11, "Payout letters", "PayoutLetters", "Payouts", "", ()),
    (11, "Repair quotes", "RepairQuotes", "", "0 0 7 ? * MON-FRI", ("https://api.salvage.example/lots",)),
    (11, "Recovery from carriers", "CarrierRecovery", "Recoveries", "", ("https://portal.carriers.example/claims",)),
    (11, "Claims statistics", "ClaimsStatistics", "", "0 0 5 1 * ?", ("s3://tarnwick-claims-documents/statistics",)),
    (12, "Claim intake", "ClaimIntake", "New claims (test)", "", ()),
    (12, "Photo upload trial", "PhotoUploadTrial", "", "", ()),
    (21, "Supplier invoices", "SupplierInvoices", "Invoices", "", ("s3://tarnwick-invoices/inbox",)),
    (21, "Bank statement download", "BankStatements", "", "0 30 5 ? * *", ("https://www.clearbank.example/statements",)),
    (21, "Payment run check", "PaymentRunCheck", "Payment runs", "", ()),
    (21, "Intercompany matching", "IntercompanyMatching", "", "0 0 6 1 * ?", ("mssql://tarnwick-fin-sql.database.windows.net:1433/ledger",)),
    (21, "VAT return draft", "VatReturn", "", "0 0 6 5 * ?", ()),
    (21, "Fuel card posting", "FuelCards", "Fuel cards", "", ()),
    (31, "Claim intake", "ClaimIntake", "Depot claims", "", ("https://portal.tarnwick.example/claims",)),
    (31, "Customs declaration", "CustomsDeclaration", "Declarations", "", ("s3://tarnwick-customs-forms/out", TMS)),
    (31, "Depot roster import", "RosterImport", "", "0 0 4 ? * *", ()),
    (31, "Vehicle inspection reminders", "InspectionReminders", "", "0 0 8 ? * MON", ()),
    (31, "Address repair", "AddressRepair", "Addresses", "", ("https://api.parcelgeo.example/v2/geocode",)),
    (31, "Pallet returns 2023", "PalletReturns", "", "", ()),
    (41, "Contract letters", "ContractLetters", "New hires", "", ("https://people.hrdocs.example/letters",)),
    (41, "Payslip archive", "PayslipArchive", "", "0 0 2 28 * ?", ()),
    (41, "Leave balance update", "LeaveBalance", "", "0 0 3 ? * SUN", ()),
)  # fmt: skip
_ROBOTS = {
    11: ("clm-bot-01", "clm-bot-02", "clm-bot-03"),
    12: ("clm-test-01",),
    21: ("fin-bot-01", "fin-bot-02"),
    31: ("ops-bot-01", "ops-bot-02", "ops-bot-03"),
    41: ("hr-bot-01",),
}
_BUCKETS = (
    (11, "claims-scans", "Amazon", "tarnwick-claims-documents", "clm"),
    (21, "statements", "Azure", "statements", "fin"),
    (31, "customs-forms", "Amazon", "tarnwick-customs-forms", "ops"),
    (41, "letters", "Orchestrator", "", "hr"),
)
_VALUES = (
    (11, "ClaimsDatabase", f"postgresql://robot:{SECRETS['uipath']}@tms-db.tarnwick.internal:5432/tms"), (11, "PortalUrl", "https://portal.tarnwick.example/claims"),
    (21, "LedgerPassword", SECRETS["uipath"]), (21, "BankPortal", "https://www.clearbank.example"), (31, "GeocoderUrl", "https://api.parcelgeo.example/v2/geocode"),
    (31, "CustomsOffice", "DE004851"), (41, "LetterTemplate", "standard-2026"),
)  # fmt: skip
_UNOWNED = ("Pallet returns 2023", "Photo upload trial", "Depot roster import", "Leave balance update")
LAST_RUN = {"Pallet returns 2023": "2025-12-03T07:15:00Z", "Photo upload trial": "2026-01-20T13:40:00Z"}
_USERS = {
    address: number
    for number, address in enumerate(
        sorted({person(code, str(n)) for code in DEPARTMENTS for n in range(40)}), start=501
    )
}


def _made(what: str, department: str, *, owned: bool = True) -> dict[str, Any]:
    found = {
        "CreationTime": f"{day(what)}T10:05:00.12Z",
        "LastModificationTime": f"{day(what, '2026-05-01', 150)}T10:05:00.12Z",
    }
    return {**found, "CreatorUserId": _USERS[person(department, what)]} if owned else found


def _number(*parts: str) -> int:
    return 10_000 + pick("/".join(parts), 80_000)


def _release(row: tuple[int, str, str, str, str, tuple[str, ...]]) -> dict[str, Any]:
    folder, name, package, queue, _, places = row
    arguments = {
        "Input": json.dumps(
            [
                {"name": "in_Config", "type": "System.String, mscorlib"},
                {"name": f"in_{package}", "type": "System.Int32, mscorlib"},
            ]
        ),
        "Output": json.dumps([{"name": "out_Status", "type": "System.String, mscorlib"}]),
    }
    given = {f"in_Place{n}": each for n, each in enumerate(places)}
    told = {"QueueName": queue} if queue else {}
    return {
        "Id": _number("release", str(folder), name), "Key": uuid("release", str(folder), name), "Name": name, "ProcessKey": package, "ProcessVersion": f"1.{pick(name, 9)}.0",
        "IsLatestVersion": True, "ProcessType": "Process", "TargetFramework": "Portable", "Arguments": arguments, "InputArguments": json.dumps({**told, **given}),
        "OrganizationUnitId": folder, "OrganizationUnitFullyQualifiedName": FOLDERS[folder][0], "Tags": [], **_made(f"{folder}{name}", FOLDERS[folder][1], owned=name not in _UNOWNED),
    }  # fmt: skip


def _queues(folder: int) -> Iterator[dict[str, Any]]:
    for row in _PROCESSES:
        if row[0] == folder and row[3]:
            yield {
                "Id": _number("queue", row[3]),
                "Key": uuid("queue", row[3]),
                "Name": row[3],
                "MaxNumberOfRetries": 2,
                "ReleaseId": _release(row)["Id"],
                "OrganizationUnitId": folder,
                "OrganizationUnitFullyQualifiedName": FOLDERS[folder][0],
                "Tags": [],
                **_made(row[3], FOLDERS[folder][1]),
            }


def _schedules(folder: int) -> Iterator[dict[str, Any]]:
    for row in _PROCESSES:
        if row[0] != folder or not (row[3] or row[4]):
            continue
        release = _release(row)
        watch = (
            {"QueueDefinitionId": _number("queue", row[3]), "QueueDefinitionName": row[3]}
            if row[3]
            else {"StartProcessCron": row[4]}
        )
        name = f"{row[1]} on {'new items' if row[3] else 'schedule'}"
        yield {
            "Id": _number("schedule", str(folder), name),
            "Key": uuid("schedule", str(folder), name),
            "Name": name,
            "Enabled": True,
            "ReleaseId": release["Id"],
            "ReleaseKey": release["Key"],
            "ReleaseName": row[1],
            "TimeZoneId": "W. Europe Standard Time",
            "MachineRobots": [],
            "Tags": [],
            **watch,
            "CreationTime": release["CreationTime"],
        }


def _robots(folder: int) -> Iterator[dict[str, Any]]:
    for name in _ROBOTS.get(folder, ()):
        machine = f"robot-host-{folder // 10}"
        kind = "NonProduction" if "test" in name else "Unattended"
        yield {
            "Id": _number("robot", name),
            "Name": name,
            "Type": kind,
            "HostingType": "Standard",
            "Enabled": True,
            "MachineId": _number("machine", machine),
            "MachineName": machine,
            "Username": f"tarnwick\\{name}",
        }


def _machines() -> Iterator[dict[str, Any]]:
    for number in sorted({each // 10 for each in FOLDERS}):
        name = f"robot-host-{number}"
        yield {
            "Id": _number("machine", name),
            "Key": uuid("machine", name),
            "Name": name,
            "Type": "Standard",
            "UnattendedSlots": 3,
            "NonProductionSlots": 0,
            "Tags": [],
        }


def _sessions(folder: int) -> Iterator[dict[str, Any]]:
    for robot in _robots(folder):
        yield {
            "Id": robot["Id"] + 1,
            "Robot": {"Id": robot["Id"], "Name": robot["Name"]},
            "MachineId": robot["MachineId"],
            "MachineName": robot["MachineName"],
            "HostMachineName": robot["MachineName"].upper(),
            "ReportingTime": "2026-11-02T05:55:12.4Z",
            "Version": "24.10.7",
        }


def _jobs(folder: int) -> Iterator[dict[str, Any]]:
    for row in _PROCESSES:
        if row[0] == folder:
            release, started = _release(row), LAST_RUN.get(row[1], f"2026-10-{20 + pick(row[1], 11):02d}T06:30:00.1Z")
            yield {
                "Id": _number("job", str(folder), row[1]),
                "Key": uuid("job", str(folder), row[1]),
                "State": "Successful",
                "StartTime": started,
                "CreationTime": started,
                "HostMachineName": f"ROBOT-HOST-{folder // 10}",
                "Release": {"Id": release["Id"], "Key": release["Key"], "Name": row[1]},
            }


def _buckets(folder: int) -> Iterator[dict[str, Any]]:
    for where, name, provider, container, _ in _BUCKETS:
        if where == folder:
            told: dict[str, Any] = (
                {} if provider == "Orchestrator" else {"StorageProvider": provider, "StorageContainer": container}
            )
            if provider == "Azure":
                told["StorageParameters"] = (
                    "DefaultEndpointsProtocol=https;AccountName=tarnwickfinance;EndpointSuffix=core.windows.net"
                )
            yield {"Id": _number("bucket", name), "Identifier": uuid("bucket", name), "Name": name, "Tags": [], **told}


def _values(folder: int) -> Iterator[dict[str, Any]]:
    for where, name, value in _VALUES:
        if where == folder:
            yield {
                "Id": _number("asset", name),
                "Key": uuid("asset", name),
                "Name": name,
                "ValueType": "Text",
                "ValueScope": "Global",
                "Value": value,
                "StringValue": value,
                "Tags": [],
                **_made(name, FOLDERS[folder][1]),
            }


def _packages() -> Iterator[dict[str, Any]]:
    for name in sorted({row[2] for row in _PROCESSES}):
        home = next(FOLDERS[row[0]][1] for row in _PROCESSES if row[2] == name)
        yield {
            "Id": name,
            "Key": f"{name}:1.{pick(name, 9)}.0",
            "Version": f"1.{pick(name, 9)}.0",
            "Title": name,
            "Authors": DEPARTMENTS[home].team,
            "IsActive": True,
            "Published": f"{day(name, '2025-01-10', 500)}T12:00:00Z",
        }


def answer(path: str, folder: int | None) -> list[dict[str, Any]]:
    """The `value` of one OData collection, in the folder that the request's header names."""
    tenant = {
        "/odata/Folders": _folders,
        "/odata/Users": _people,
        "/odata/Processes": _packages,
        "/odata/Machines": _machines,
        "/odata/Webhooks": lambda: iter(()),
    }
    if path in tenant:
        return list(tenant[path]())
    inside = {
        "/odata/Releases": lambda f: (_release(row) for row in _PROCESSES if row[0] == f), "/odata/Robots": _robots, "/odata/Sessions": _sessions,
        "/odata/QueueDefinitions": _queues, "/odata/ProcessSchedules": _schedules, "/odata/Buckets": _buckets, "/odata/Jobs": _jobs,
        "/odata/Assets/UiPath.Server.Configuration.OData.GetFiltered": _values,
    }  # fmt: skip
    return list(inside[path](folder or 0))


def _folders() -> Iterator[dict[str, Any]]:
    for number, (name, _) in FOLDERS.items():
        yield {
            "Id": number,
            "Key": uuid("folder", name),
            "DisplayName": name.rpartition("/")[2],
            "FullyQualifiedName": name,
            "IsPersonal": False,
            "FolderType": "Standard",
        }


def _people() -> Iterator[dict[str, Any]]:
    for address, number in _USERS.items():
        yield {
            "Id": number,
            "UserName": address,
            "FullName": address.partition("@")[0].replace(".", " ").title(),
            "Type": "User",
        }


def items() -> Iterator[Item]:
    """What Orchestrator holds as items; the folder that is closed shows nothing."""

    def one(kind: str, native: str, name: str, department: str, *points: Point) -> Item:
        return Item(f"uipath.{kind}", name, f"{BASE}/{kind}/{native}", TOOL, department, points)

    for row in _PROCESSES:
        yield one(
            "process",
            _release(row)["Key"],
            row[1],
            FOLDERS[row[0]][1],
            *(Point("InputArguments", "uses", each) for each in row[5]),
        )
    for each in _packages():
        yield one("package", each["Id"], each["Id"], "")
    for each in _machines():
        yield one("machine", each["Key"], each["Name"], "")
    for folder, (_, department) in FOLDERS.items():
        for kind, rows, native in (
            ("robot", _robots(folder), "Id"),
            ("queue", _queues(folder), "Key"),
            ("trigger", _schedules(folder), "Key"),
        ):
            yield from (one(kind, str(each[native]), each["Name"], department) for each in rows)
    for _, name, provider, container, department in _BUCKETS:
        place = {"Amazon": f"s3://{container}", "Azure": f"azblob://tarnwickfinance/{container}"}.get(provider)
        yield one(
            "bucket",
            uuid("bucket", name),
            name,
            department,
            *((Point("StorageContainer", "uses", place),) if place else ()),
        )
    for folder, name, value in _VALUES:
        place = TMS if "tms-db" in value else value if value.startswith("https://") else None
        yield one(
            "asset", uuid("asset", name), name, FOLDERS[folder][1], *((Point("Value", "uses", place),) if place else ())
        )
