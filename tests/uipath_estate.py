"""The invented Orchestrator tenant of the collector's tests: invoices and claims, robots and their machines."""

from typing import Any

SECRET = "Pl4nted-S3cret-0x5ca1ab1e"  # planted wherever a careless hand might leave one; must never come out
FINANCE, CLAIMS, PERSONAL = 11, 12, 13
HOSTILE = "<img src=x onerror=alert(1)>\n\u202e\"'" + "x" * 5000


def key(number: int) -> str:
    """A UUID that says which thing it is."""
    return f"00000000-0000-4000-8000-{number:012d}"


def _release(number: int, name: str, package: str, folder: str, **more: Any) -> dict[str, Any]:
    return {
        "Id": number,
        "Key": key(number),
        "Name": name,
        "ProcessKey": package,
        "ProcessVersion": "1.2.0",
        "IsLatestVersion": True,
        "ProcessType": "Process",
        "TargetFramework": "Windows",
        "OrganizationUnitFullyQualifiedName": folder,
        "CreationTime": "2025-02-01T08:00:00Z",
        "CreatorUserId": 501,
        "Arguments": {
            "Input": '[{"name": "in_Config", "type": "System.String, mscorlib", "required": true, "hasDefault": false}]',
            "Output": "[]",
        },
        **more,
    }


def tenant() -> dict[str, list[Any]]:
    """What belongs to the tenant as a whole."""
    folders = [
        (FINANCE, "Finance", "Finance/Production", "Standard", False),
        (CLAIMS, "Claims", "Claims/Test", "Standard", False),
        (PERSONAL, "mia.park's workspace", "mia.park's workspace", "Personal", True),
    ]
    return {
        "Folders": [
            {"Id": number, "Key": key(number), "DisplayName": name, "FullyQualifiedName": full, "FolderType": kind, "IsPersonal": personal}
            for number, name, full, kind, personal in folders
        ],
        "Users": [
            {"Id": 501, "UserName": "mia.park@acme.example", "FullName": "Mia Park", "Type": "User"},
            {"Id": 502, "UserName": "noor.aziz@acme.example", "FullName": "Noor Aziz", "Type": "User"},
            {"Id": 503, "UserName": "robots", "FullName": "Robots", "Type": "DirectoryGroup"},
        ],
        "Processes": [
            {"Id": name, "Key": f"{name}:{version}", "Title": name, "Version": version, "Authors": "Automation Centre", "Published": "2025-01-20T10:00:00Z", "IsActive": True, "PackageType": "Process", "TargetFramework": "Windows"}
            for name, version in (("Invoice.Reader", "1.2.0"), ("Claims.Triage", "3.0.1"), ("Shared.Login", "2.0.0"))
        ],
        "Machines": [
            {"Id": 61, "Key": key(61), "Name": "bots-prod", "Type": "Template", "UnattendedSlots": 4, "NonProductionSlots": 0, "LicenseKey": SECRET, "ClientSecret": SECRET},
            {"Id": 62, "Key": key(62), "Name": "bots-test", "Type": "Template", "UnattendedSlots": 0, "NonProductionSlots": 2},
            {"Id": 63, "Key": key(63), "Name": "desk-17", "Type": "Standard", "UnattendedSlots": 0, "NonProductionSlots": 0},
        ],
        "Webhooks": [
            {
                "Id": 71,
                "Key": key(71),
                "Name": "to n8n",
                "Url": f"https://n8n.acme.example/webhook/orchestrator?token={SECRET}",
                "Enabled": True,
                "Secret": SECRET,
                "SubscribeToAllEvents": False,
                "AllowInsecureSsl": False,
                "Events": [{"EventType": "job.faulted"}],
            },
        ],
    }  # fmt: skip


def folders() -> dict[str, dict[int, list[Any]]]:
    """What belongs to folders, by entity and folder."""
    finance, claims = "Finance/Production", "Claims/Test"
    releases = [
        _release(
            21,
            "Read invoices",
            "Invoice.Reader",
            finance,
            EnvironmentVariables=f"SAP_DB=Server=tcp:erp-sql.acme.example,1433;Database=sap;User ID=svc;Password={SECRET}",
            InputArguments=f'{{"in_Config": "s3://acme-invoices/config.json", "in_ApiKey": "{SECRET}"}}',
            Tags=[{"Name": "owner", "DisplayName": "owner", "Value": "finance-automation", "DisplayValue": "finance-automation"}],
        ),
        _release(22, HOSTILE, "Invoice.Reader", finance, CreatorUserId=999),
        _release(23, "Score customer", "Claims.Triage", finance, InputArguments='{"url": "https://churn-online.westeurope.inference.ml.azure.com/score"}'),
    ]  # fmt: skip
    robot = {
        "HostingType": "Standard",
        "Type": "Unattended",
        "MachineName": "bots-prod",
        "MachineId": 61,
        "Enabled": True,
        "CreatorUserId": 502,
    }
    return {
        "Releases": {FINANCE: releases, CLAIMS: [_release(24, "Triage claims", "Claims.Triage", claims, CreatorUserId=502)]},
        "Robots": {
            FINANCE: [
                {"Id": 31, "Name": "bot-1", "Username": "ACME\\bot1", "LicenseKey": SECRET, **robot},
                {"Id": 32, "Name": "bot-2", "Username": "ACME\\bot2", "Password": SECRET, "ExecutionSettings": {"Login": {"password": SECRET}}, **robot},
                {"Id": 33, "Name": "bot-3", "Username": "ACME\\bot3", **robot, "Type": "NonProduction"},
            ],
        },
        "Sessions": {
            FINANCE: [
                {
                    "Id": number,
                    "Robot": {"Id": 30 + number, "Name": f"bot-{number}", **robot},
                    "HostMachineName": "WIN-PROD-1",
                    "MachineId": 61,
                    "State": "Available",
                    "ReportingTime": f"2025-06-0{number}T12:00:00.123Z",
                    "Version": "24.10.3",
                }
                for number in (1, 2, 3)
            ],
        },
        "QueueDefinitions": {
            FINANCE: [
                {
                    "Id": 41,
                    "Key": key(41),
                    "Name": "invoices",
                    "ReleaseId": 21,
                    "SpecificDataJsonSchema": '{"type": "object", "properties": {"supplier": {}, "amount": {}}}',
                    "SlaInMinutes": 60,
                    "MaxNumberOfRetries": 2,
                    "Encrypted": False,
                    "FoldersCount": 2,
                    "CreationTime": "2025-02-02T08:00:00Z",
                },
                {"Id": 42, "Key": key(42), "Name": "payments", "Encrypted": True},
                {"Id": 43, "Key": key(43), "Name": "broken schema", "SpecificDataJsonSchema": "{not json"},
            ],
            CLAIMS: [{"Id": 41, "Key": key(41), "Name": "invoices", "FoldersCount": 2}],
        },
        "ProcessSchedules": {
            FINANCE: [
                {
                    "Id": 51,
                    "Key": key(51),
                    "Name": "weekday mornings",
                    "Enabled": True,
                    "ReleaseId": 21,
                    "ReleaseKey": key(21),
                    "StartProcessCron": "0 0 6 ? * MON-FRI",
                    "TimeZoneId": "UTC",
                    "MachineRobots": [{"MachineId": 61, "RobotId": 31}],
                    "InputArguments": '{"in_Config": "s3://acme-invoices/weekday.json"}',
                },
                {"Id": 52, "Key": key(52), "Name": "on invoice", "Enabled": True, "ReleaseId": 21, "QueueDefinitionId": 41, "QueueDefinitionName": "invoices", "TimeZoneId": "UTC"},
                {"Id": 53, "Key": key(53), "Name": "off", "Enabled": False, "ReleaseId": 23, "TimeZoneId": "UTC"},
            ],
        },
        "Buckets": {
            FINANCE: [
                {"Id": 81, "Name": "scans", "Identifier": key(81), "StorageProvider": "Amazon", "StorageContainer": "acme-invoices", "StorageParameters": "EndpointRegion=eu-west-1;accesskey=AKIAIOSFODNN7EXAMPLE;secretkey=$Password", "Password": SECRET},
                {"Id": 82, "Name": "archive", "Identifier": key(82), "StorageProvider": "Azure", "StorageContainer": "curated", "StorageParameters": "DefaultEndpointsProtocol=https;AccountName=risklake;AccountKey=$Password;EndpointSuffix=core.windows.net"},
                {"Id": 83, "Name": "own", "Identifier": key(83)},
                {"Id": 84, "Name": "cellar", "Identifier": key(84), "StorageProvider": "Minio", "StorageContainer": "cellar", "StorageParameters": "host=https://minio.acme.example;accesskey=bots;secretkey=$Password"},
            ],
        },
        "Assets": {
            FINANCE: [
                {"Id": 91, "Key": key(91), "Name": "SapConnection", "ValueScope": "Global", "ValueType": "DBConnectionString", "Value": f"Server=tcp:erp-sql.acme.example,1433;Database=sap;User ID=svc;Password={SECRET}", "StringValue": f"Server=tcp:erp-sql.acme.example,1433;Database=sap;User ID=svc;Password={SECRET}", "CreatorUserId": 501},
                {"Id": 92, "Key": key(92), "Name": "Greeting", "ValueScope": "Global", "ValueType": "Text", "Value": f"hello {SECRET}", "StringValue": f"hello {SECRET}"},
                {"Id": 93, "Key": key(93), "Name": "SapLogin", "ValueScope": "PerRobot", "ValueType": "Credential", "CredentialUsername": SECRET, "CredentialPassword": SECRET, "RobotValues": [{"RobotId": 31, "RobotName": "bot-1", "ValueType": "Text", "StringValue": f"https://erp.acme.example/login?key={SECRET}"}]},
                {"Id": 94, "Key": key(94), "Name": "Endpoints", "ValueScope": "Global", "ValueType": "KeyValueList", "KeyValueList": [{"Key": "model", "Value": "https://risk-openai.openai.azure.com/openai/deployments/gpt-mail"}]},
            ],
        },
        "Jobs": {
            FINANCE: [
                {
                    "Id": number,
                    "Key": key(number),
                    "ReleaseName": "Read invoices",
                    "Release": {"Id": 21, "Key": key(21), "Name": "Read invoices", "ProcessKey": "Invoice.Reader"},
                    "State": "Successful",
                    "StartTime": f"2025-06-0{9 - number % 10}T06:00:00Z",
                    "HostMachineName": "WIN-PROD-1",
                    "InputArguments": f'{{"file": "s3://acme-invoices/2025/{number}.pdf", "pin": "{SECRET}"}}',
                }
                for number in (101, 102, 103)
            ],
        },
    }  # fmt: skip
