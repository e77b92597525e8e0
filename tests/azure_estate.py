"""The invented Azure estate of the collector's tests: a bank's churn model, its data and its robots' inbox."""

from typing import Any

from tests.azure_rows import ADF, CONNECTION, LAKE, ML, RG, RG2, S2, SECRET, SYSTEM, S, ai, data, row, tracked


def _machine_learning() -> list[dict[str, Any]]:
    endpoint, batch = f"{ML}/onlineEndpoints/churn-online", f"{ML}/batchEndpoints/churn-batch"
    stores = [
        ("risk_lake", {"datastoreType": "AzureDataLakeGen2", "accountName": "risklake", "filesystem": "curated", "isDefault": True}),
        ("raw_blob", {"datastoreType": "AzureBlob", "accountName": "risklake", "containerName": "raw", "endpoint": "core.windows.net"}),
        ("archive", {"datastoreType": "AzureFile", "accountName": "oldfiles", "fileShareName": "archive"}),
    ]  # fmt: skip
    jobs = [
        {
            "jobType": "Command",
            "experimentName": "churn-training",
            "status": "Completed",
            "computeId": f"{ML}/computes/gpu-cluster",
            "command": f"python train.py --token {SECRET}",
            "environmentVariables": {"DB_PASSWORD": SECRET},
            "inputs": {
                "data": {"jobInputType": "uri_folder", "uri": "azureml://datastores/risk_lake/paths/churn/2025"}
            },
            "outputs": {
                "model": {"jobOutputType": "mlflow_model", "uri": "azureml://datastores/raw_blob/paths/models"}
            },
        }
        for _ in range(5)
    ]
    return [
        tracked(
            ML,
            kind="Default",
            sku={"name": "Basic", "tier": "Basic"},
            systemData=SYSTEM,
            tags={"owner": "risk-analytics", "cost-center": "cc-1701"},
            identity={"type": "UserAssigned", "userAssignedIdentities": {f"{RG}/Microsoft.ManagedIdentity/userAssignedIdentities/risk-id": {}}},
            properties={
                "friendlyName": "Risk ML",
                "storageAccount": LAKE,
                "keyVault": f"{RG}/Microsoft.KeyVault/vaults/risk-kv",
                "applicationInsights": f"{RG}/microsoft.insights/components/risk-ai",
                "containerRegistry": f"{RG}/Microsoft.ContainerRegistry/registries/riskacr",
                "mlFlowTrackingUri": f"azureml://westeurope.api.azureml.ms/mlflow/v1.0{ML}",
                "privateEndpointConnections": [{"id": f"{RG}/Microsoft.Network/privateEndpoints/pe"}],
            },
        ),
        tracked(
            endpoint,
            kind="Managed",
            systemData=SYSTEM,
            tags={"env": "Production"},
            properties={
                "authMode": "Key",
                "scoringUri": "https://churn-online.westeurope.inference.ml.azure.com/score",
                "traffic": {"blue": 90, "green": 10},
            },
        ),
        *(
            row(
                f"{endpoint}/deployments/{name}",
                properties={
                    "endpointComputeType": "Managed",
                    "model": f"{ML}/models/churn/versions/{version}",
                    "environmentId": f"azureml:/{ML[1:]}/environments/scoring/versions/2",
                    "environmentVariables": {"FEATURES_DB": f"Server=tcp:risk-sql.database.windows.net,1433;Database=features;User ID=svc;Password={SECRET}"},
                },
            )
            for name, version in (("blue", 1), ("green", 2), ("shadow", 3))
        ),
        tracked(batch, systemData=SYSTEM, properties={"authMode": "AADToken", "scoringUri": "https://churn-batch.westeurope.inference.ml.azure.com/jobs"}),
        row(f"{batch}/deployments/nightly", properties={"model": {"referenceType": "Id", "assetId": "azureml:churn:2"}}),
        row(f"{ML}/models/churn", properties={"latestVersion": "3", "isArchived": False, "tags": {"use-case": "churn"}}),
        *(
            row(
                f"{ML}/models/churn/versions/{number}",
                systemData=SYSTEM,
                properties={
                    "modelType": "mlflow_model",
                    "modelUri": f"azureml://subscriptions/{S}/resourceGroups/rg-risk-prod/workspaces/risk-ml/datastores/risk_lake/paths/models/churn/{number}",
                    "jobName": f"Brave_Fig_{number}",
                    "tags": {},
                },
            )
            for number in (1, 2, 3)
        ),
        row(f"{ML}/models/fraud", properties={"latestVersion": "1"}),
        row(f"{ML}/models/fraud/versions/1", properties={"modelType": "custom_model", "modelUri": "azureml://registries/azureml/models/fraud-base/versions/4"}),
        row(f"{ML}/models/empty", properties={}),
        *(row(f"{ML}/datastores/{name}", properties=told) for name, told in stores),
        *(
            row(
                f"{ML}/jobs/Brave_Fig_{number}",
                systemData={**SYSTEM, "createdAt": f"2025-06-0{number}T06:00:00Z"},
                properties=told,
            )
            for number, told in enumerate(jobs, start=1)
        ),
    ]  # fmt: skip


def _factory() -> list[dict[str, Any]]:
    services = {
        "lake": {"type": "AzureBlobFS", "typeProperties": {"url": "https://risklake.dfs.core.windows.net/", "encryptedCredential": SECRET}},
        "warehouse": {
            "type": "AzureSqlDatabase",
            "typeProperties": {
                "connectionString": f"Integrated Security=False;Data Source=risk-sql.database.windows.net;Initial Catalog=features;User ID=adf;Password={SECRET}",
            },
        },
        "vault": {"type": "AzureKeyVault", "typeProperties": {"baseUrl": "https://risk-kv.vault.azure.net/"}},
        "partner": {
            "type": "AmazonS3",
            "typeProperties": {
                "authenticationType": "AccessKey",
                "accessKeyId": "partner",
                "secretAccessKey": {"type": "AzureKeyVaultSecret", "store": {"referenceName": "vault", "type": "LinkedServiceReference"}, "secretName": "partner-s3"},
            },
        },
    }  # fmt: skip

    def dataset(kind: str, service: str, **told: Any) -> dict[str, Any]:
        linked = {"referenceName": service, "type": "LinkedServiceReference"}
        return {"type": kind, "linkedServiceName": linked, "typeProperties": told}

    def refers(name: str, kind: str) -> dict[str, Any]:
        return {"referenceName": name, "type": f"{kind}Reference"}

    datasets = {
        "raw_accounts": dataset("Parquet", "lake", location={"type": "AzureBlobFSLocation", "fileSystem": "raw", "folderPath": "accounts/daily"}),
        "features": dataset("AzureSqlTable", "warehouse", schema="dbo", table="churn_features"),
        "partner_scores": dataset("DelimitedText", "partner", location={"type": "AmazonS3Location", "bucketName": "partner-scores", "folderPath": {"value": "@dataset().day", "type": "Expression"}}),
    }  # fmt: skip
    copy = {
        "name": "Copy accounts",
        "type": "Copy",
        "inputs": [refers("raw_accounts", "Dataset")],
        "outputs": [refers("features", "Dataset")],
        "typeProperties": {"source": {"type": "ParquetSource"}, "sink": {"type": "AzureSqlSink"}},
    }
    score = {
        "name": "Score",
        "type": "WebActivity",
        "dependsOn": [{"activity": "Copy accounts", "dependencyConditions": ["Succeeded"]}],
        "typeProperties": {
            "method": "POST",
            "url": f"https://churn-online.westeurope.inference.ml.azure.com/score?code={SECRET}",
            "headers": {"x-functions-key": SECRET},
            "body": "@pipeline().parameters.body",
        },
    }
    each = {
        "name": "For each partner",
        "type": "ForEach",
        "typeProperties": {
            "items": {"value": "@pipeline().parameters.partners", "type": "Expression"},
            "activities": [
                {"name": "Look up", "type": "Lookup", "typeProperties": {"dataset": refers("partner_scores", "Dataset")}},
                {"name": "Run child", "type": "ExecutePipeline", "typeProperties": {"pipeline": refers("publish", "Pipeline")}},
            ],
        },
    }  # fmt: skip
    pipelines = {
        "churn_daily": {"activities": [copy, score, each], "folder": {"name": "risk/churn"}},
        "publish": {"activities": []},
        "idle": {"activities": []},
    }
    triggers = {
        "every_morning": {
            "type": "ScheduleTrigger",
            "runtimeState": "Started",
            "pipelines": [{"pipelineReference": refers("churn_daily", "Pipeline")}],
            "typeProperties": {"recurrence": {"frequency": "Day", "interval": 1, "startTime": "2025-01-01T05:00:00Z", "timeZone": "UTC"}},
        },
        "on_arrival": {
            "type": "BlobEventsTrigger",
            "runtimeState": "Stopped",
            "pipelines": [{"pipelineReference": refers("publish", "Pipeline")}],
            "typeProperties": {"scope": LAKE, "events": ["Microsoft.Storage.BlobCreated"], "blobPathBeginsWith": "/raw/blobs/"},
        },
    }  # fmt: skip
    rows = [tracked(ADF, properties={"repoConfiguration": {"type": "FactoryGitHubConfiguration", "accountName": "contoso", "repositoryName": "risk-adf", "collaborationBranch": "main", "rootFolder": "/"}})]  # fmt: skip
    for kind, items in (("linkedservices", services), ("datasets", datasets), ("pipelines", pipelines), ("triggers", triggers)):  # fmt: skip
        rows += [row(f"{ADF}/{kind}/{name}", properties=told) for name, told in items.items()]
    return rows


def _logic() -> list[dict[str, Any]]:
    definition = {
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"$connections": {"defaultValue": {}, "type": "Object"}},
        "triggers": {"Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "Hour", "interval": 1}}},
        "actions": {
            "Ask_model": {
                "type": "Http",
                "runAfter": {},
                "inputs": {
                    "method": "POST",
                    "uri": f"https://risk-openai.openai.azure.com/openai/deployments/gpt-mail/chat/completions?api-version=2024-10-21&api-key={SECRET}",
                    "headers": {"api-key": SECRET, "x-custom": SECRET},
                    "body": "@triggerBody()",
                },
            },
            "If_urgent": {
                "type": "If",
                "runAfter": {"Ask_model": ["Succeeded"]},
                "expression": {},
                "actions": {
                    "Mail": {
                        "type": "ApiConnection",
                        "inputs": {"host": {"connection": {"name": "@parameters('$connections')['office365']['connectionId']"}}, "method": "post", "path": "/v2/Mail"},
                    },
                },
                "else": {
                    "actions": {
                        "Score": {"type": "Function", "inputs": {"function": {"id": f"{RG}/Microsoft.Web/sites/risk-fn/functions/score"}}},
                    },
                },
            },
        },
        "outputs": {},
    }  # fmt: skip
    api = f"/subscriptions/{S}/providers/Microsoft.Web/locations/westeurope/managedApis/office365"
    return [
        tracked(
            f"{RG}/Microsoft.Logic/workflows/triage-mail",
            tags={"createdBy": "noor@contoso.example"},
            properties={
                "state": "Enabled",
                "accessEndpoint": "https://prod-16.westeurope.logic.azure.com:443/workflows/3ed91368d274eab97afc83c7b54228b0",
                "definition": definition,
                "parameters": {"$connections": {"value": {"office365": {"connectionId": CONNECTION, "connectionName": "office365", "id": api}}}},
            },
        ),
        tracked(CONNECTION, properties={"displayName": "robots@contoso.example", "api": {"name": "office365", "id": api}, "parameterValues": {}}),
        tracked(
            f"{RG}/Microsoft.Web/sites/risk-fn",
            kind="functionapp,linux",
            properties={
                "state": "Running",
                "defaultHostName": "risk-fn.azurewebsites.net",
                "hostNames": ["risk-fn.azurewebsites.net", "score.contoso.example"],
                "serverFarmId": f"{RG}/Microsoft.Web/serverfarms/risk-plan",
                "siteConfig": {"linuxFxVersion": "DOCKER|riskacr.azurecr.io/score:7"},
            },
        ),
    ]  # fmt: skip


def estate() -> dict[str, Any]:
    """A fresh copy of the whole estate."""
    databricks = f"{RG2}/Microsoft.Databricks/workspaces/lab"
    managed = f"/subscriptions/{S2}/resourceGroups/databricks-rg-lab"
    return {
        "subscriptions": [
            {"id": f"/subscriptions/{each}", "subscriptionId": each, "tenantId": S, "displayName": name, "state": state}
            for each, name, state in ((S, "Risk Production", "Enabled"), (S2, "Lab", "Enabled"), (S.replace("aaaa-4", "bbbb-4"), "Closed", "Disabled"))
        ],
        "resourceGroups": [
            {"id": RG.removesuffix("/providers"), "name": "rg-risk-prod", "location": "westeurope", "tags": {"team": "Risk Engineering", "cost-center": "cc-17"}},
            {"id": RG2.removesuffix("/providers"), "name": "lab-dev", "location": "westeurope"},
            {"id": managed, "name": "databricks-rg-lab", "location": "westeurope", "managedBy": databricks},
        ],
        "resources": [
            *_machine_learning(),
            *_factory(),
            *_logic(),
            *data(),
            *ai(),
            tracked(databricks, sku={"name": "premium"}, properties={"workspaceUrl": "adb-123.4.azuredatabricks.net", "workspaceId": "123", "managedResourceGroupId": managed}),
            tracked(f"{managed}/providers/Microsoft.Storage/storageAccounts/dbstoragelab", sku={"name": "Standard_GRS"}, properties={"isHnsEnabled": True}),
            tracked(f"{RG2}/Microsoft.Quantum/workspaces/<script>alert(1)<-script>", properties={}, tags={"env": "x" * 300}),
        ],
    }  # fmt: skip
