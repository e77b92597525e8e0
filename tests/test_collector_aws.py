"""What the readers of AWS say about single documents, about a recorded estate, and about answers of real AWS."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from siloscope.collectors.aws import COLLECTOR
from siloscope.collectors.aws.common import direction, said
from siloscope.collectors.base import Scope
from siloscope.model import Asset, Description, Observation, Reference, Verb
from siloscope.redact import scrub
from tests import golden
from tests.aws_estate import HOSTILE, PLANTED
from tests.record_aws import RECORDING

LISTINGS = {each.name: each for each in COLLECTOR.listings}
ACCOUNT = "123456789012"
SCOPE = Scope(
    f"{ACCOUNT}/eu-west-1", "region", ACCOUNT, ACCOUNT, "eu-west-1", {"partition": "aws", "glue_database": "sales"}
)


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{resource}"


def read(name: str, document: dict[str, Any], scope: Scope = SCOPE) -> list[Observation]:
    """What the listing reads in a document, scrubbed as it always is."""
    listing = LISTINGS[name]
    return list(listing.read(scrub(document, listing.opaque), scope))


def edges(found: Iterable[Observation]) -> list[tuple[str, str, str]]:
    """(verb, name, where) of every reference, in order."""
    return [(each.verb.value, each.name, each.where) for each in found if isinstance(each, Reference)]


def the_asset(found: Iterable[Observation]) -> Asset:
    (asset,) = [each for each in found if isinstance(each, Asset)]
    return asset


# Recording and golden file


def test_no_planted_secret_is_in_the_recording_or_in_what_is_read() -> None:
    texts = [each.read_text("utf-8") for each in sorted(RECORDING.rglob("*.json"))]
    texts.append(golden.text("aws"))
    assert not [secret for secret in PLANTED for text in texts if secret in text]


def test_a_hostile_name_is_kept_as_it_is_and_claims_nothing_wider() -> None:
    me = arn("glue", f"job/{HOSTILE}")
    job = golden.read("aws")[f"aws-prod/glue.job/{ACCOUNT}/eu-west-1"]["observations"][f"a:{me}"]
    assert (job["id"], job["name"]) == (me, HOSTILE)
    assert "names" not in job


# Glue


def test_a_glue_job_reads_inputs_writes_outputs_and_uses_the_rest() -> None:
    found = read(
        "glue.job",
        {
            "Name": "Daily load",
            "Command": {"Name": "glueetl", "ScriptLocation": "s3://lake/scripts/load.py"},
            "Connections": {"Connections": ["Orders DB"]},
            "DefaultArguments": {
                "--input": "s3://lake/raw/",
                "--target_table_path": "s3://lake/clean/",
                "--extra-py-files": "s3://lake/wheels/a.whl",
                "--password": "hunter2",
                "--job-language": "python",
            },
        },
    )
    assert edges(found) == [
        ("runs", "s3://lake/scripts/load.py", "Command.ScriptLocation"),
        ("uses", arn("glue", "connection/Orders DB"), "Connections.Connections"),
        ("reads", "s3://lake/raw", "DefaultArguments.--input"),
        ("writes", "s3://lake/clean", "DefaultArguments.--target_table_path"),
        ("uses", "s3://lake/wheels/a.whl", "DefaultArguments.--extra-py-files"),
    ]
    job = the_asset(found)
    assert (job.id, job.tool) == (arn("glue", "job/Daily load"), f"glue:{ACCOUNT}")
    assert job.names == ()
    assert "hunter2" not in str(found)


def test_glue_jobs_that_do_the_same_have_the_same_definition_whatever_their_names() -> None:
    command = {"Name": "glueetl", "ScriptLocation": "s3://lake/a.py"}
    one, two = (the_asset(read("glue.job", {"Name": name, "Command": command})) for name in ("a", "b"))
    other = the_asset(read("glue.job", {"Name": "a", "Command": {**command, "ScriptLocation": "s3://lake/b.py"}}))
    assert one.facts["definition"] == two.facts["definition"] != other.facts["definition"]
    assert one.shape == two.shape


def test_the_nodes_of_a_visual_glue_job_say_which_tables_it_reads_and_writes() -> None:
    nodes = {
        "node1": {"S3CatalogSource": {"Name": "in", "Database": "sales", "Table": "orders"}},
        "node2": {"S3DirectTarget": {"Name": "out", "Path": "s3://lake/out/", "Inputs": ["node1"]}},
    }
    found = read("glue.job", {"Name": "v", "Command": {}, "CodeGenConfigurationNodes": nodes})
    assert [(verb, name) for verb, name, _ in edges(found)] == [
        ("reads", arn("glue", "table/sales/orders")),
        ("writes", "s3://lake/out"),
    ]


def test_a_table_that_is_a_resource_link_uses_the_table_of_the_other_account() -> None:
    target = {"CatalogId": "210987654321", "DatabaseName": "shared", "Name": "customers"}
    found = read("glue.table", {"Name": "customers", "DatabaseName": "sales", "TargetTable": target})
    assert ("uses", "arn:aws:glue:eu-west-1:210987654321:table/shared/customers", "TargetTable") in edges(found)
    assert ("contains", arn("glue", "table/sales/customers"), "DatabaseName") in edges(found)


def test_a_database_opens_the_scope_of_its_tables() -> None:
    opens = LISTINGS["glue.database"].opens
    assert opens
    (scope,) = opens({"Name": "sales"}, SCOPE)
    assert (scope.path, scope.kind, scope.data["glue_database"]) == (
        f"{ACCOUNT}/eu-west-1/sales",
        "glue-database",
        "sales",
    )
    assert scope.kind == LISTINGS["glue.table"].per


# SageMaker


def test_an_endpoint_serves_the_models_of_its_variants() -> None:
    found = read(
        "sagemaker.endpoint",
        {
            "EndpointName": "Churn",
            "EndpointArn": arn("sagemaker", "endpoint/churn"),
            "EndpointConfigName": "v7",
            "Config": {
                "ProductionVariants": [{"ModelName": "Churn-A"}, {"ModelName": "churn-b"}],
                "DataCaptureConfig": {"EnableCapture": True, "DestinationS3Uri": "s3://lake/capture"},
            },
        },
    )
    assert edges(found) == [
        ("serves", arn("sagemaker", "model/churn-a"), "EndpointConfig.ProductionVariants[0].ModelName"),
        ("serves", arn("sagemaker", "model/churn-b"), "EndpointConfig.ProductionVariants[1].ModelName"),
        ("writes", "s3://lake/capture", "EndpointConfig.DataCaptureConfig.DestinationS3Uri"),
    ]


def test_a_sagemaker_asset_claims_its_arn_in_lower_case() -> None:
    """SageMaker's ARNs hold names in lower case; an emulator and old answers do not."""
    me = arn("sagemaker", "model/Churn")
    found = read("sagemaker.model", {"ModelName": "Churn", "ModelArn": me, "PrimaryContainer": {}})
    assert arn("sagemaker", "model/churn") in the_asset(found).names


def test_a_version_of_a_model_group_is_a_claim_of_the_group() -> None:
    me = arn("sagemaker", "model-package/registry/3")
    found = read(
        "sagemaker.model-package",
        {
            "ModelPackageArn": me,
            "ModelPackageGroupName": "registry",
            "ModelPackageVersion": 3,
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://models/3/model.tar.gz"}]},
        },
    )
    group = arn("sagemaker", "model-package-group/registry")
    (described,) = [each for each in found if isinstance(each, Description)]
    assert (described.about, described.names, described.facts) == (group, (me,), {"approval.3": "Approved"})
    assert [(each.source, each.name) for each in found if isinstance(each, Reference)] == [
        (group, "s3://models/3/model.tar.gz")
    ]


def test_a_feature_group_writes_its_offline_store() -> None:
    found = read(
        "sagemaker.feature-group",
        {
            "FeatureGroupName": "customers",
            "FeatureGroupArn": arn("sagemaker", "feature-group/customers"),
            "FeatureDefinitions": [{"FeatureName": "Age", "FeatureType": "Integral"}],
            "OfflineStoreConfig": {
                "S3StorageConfig": {"S3Uri": "s3://features/", "ResolvedOutputS3Uri": "s3://features/c/data"},
                "DataCatalogConfig": {"TableName": "customers_1", "Database": "sagemaker_featurestore"},
            },
        },
    )
    assert edges(found) == [
        ("writes", "s3://features/c/data", "OfflineStoreConfig.S3StorageConfig"),
        (
            "writes",
            arn("glue", "table/sagemaker_featurestore/customers_1"),
            "OfflineStoreConfig.DataCatalogConfig",
        ),
    ]
    assert the_asset(found).shape == {"v": 1, "column:age": 1}


def test_the_last_use_of_a_training_job_is_its_end() -> None:
    me = arn("sagemaker", "training-job/t")
    document = {
        "TrainingJobName": "t",
        "TrainingJobArn": me,
        "CreationTime": "2026-01-01T00:00:00Z",
        "TrainingStartTime": "2026-01-01T01:00:00Z",
        "TrainingEndTime": "2026-01-01T02:00:00Z",
    }
    assert the_asset(read("sagemaker.training-job", document)).last_used == "2026-01-01T02:00:00Z"


# Bedrock


def test_an_agent_calls_its_model_its_functions_and_uses_its_knowledge_bases() -> None:
    found = read(
        "bedrock.agent",
        {
            "agentId": "A1",
            "agentArn": arn("bedrock", "agent/A1"),
            "agentName": "helper",
            "foundationModel": "anthropic.claude-v2",
            "actionGroups": [
                {
                    "actionGroupExecutor": {"lambda": arn("lambda", "function:orders:live")},
                    "apiSchema": {"s3": {"s3BucketName": "schemas", "s3ObjectKey": "orders.yaml"}},
                }
            ],
            "knowledgeBases": [{"knowledgeBaseId": "K1"}],
        },
    )
    assert edges(found) == [
        ("calls", "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-v2", "foundationModel"),
        ("calls", arn("lambda", "function:orders"), "actionGroups[0].actionGroupExecutor.lambda"),
        ("reads", "s3://schemas/orders.yaml", "actionGroups[0].apiSchema.s3"),
        ("uses", arn("bedrock", "knowledge-base/K1"), "knowledgeBases[0].knowledgeBaseId"),
    ]


def test_a_knowledge_base_reads_the_prefixes_of_its_data_sources() -> None:
    found = read(
        "bedrock.knowledge-base",
        {
            "knowledgeBaseId": "K1",
            "knowledgeBaseArn": arn("bedrock", "knowledge-base/K1"),
            "name": "policies",
            "dataSources": [
                {
                    "dataSourceConfiguration": {
                        "type": "S3",
                        "s3Configuration": {"bucketArn": "arn:aws:s3:::docs", "inclusionPrefixes": ["hr/", "it/"]},
                    }
                },
                {
                    "dataSourceConfiguration": {
                        "type": "CONFLUENCE",
                        "confluenceConfiguration": {"sourceConfiguration": {"hostUrl": "https://acme.atlassian.net"}},
                    }
                },
            ],
        },
    )
    assert [(verb, name) for verb, name, _ in edges(found)] == [
        ("reads", "s3://docs/hr"),
        ("reads", "s3://docs/it"),
        ("reads", "https://acme.atlassian.net"),
    ]


def test_a_custom_model_reads_its_training_data_and_writes_its_metrics() -> None:
    found = read(
        "bedrock.custom-model",
        {
            "modelArn": arn("bedrock", "custom-model/x/abc"),
            "modelName": "x",
            "baseModelArn": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-text-express-v1",
            "trainingDataConfig": {"s3Uri": "s3://train/data.jsonl"},
            "outputDataConfig": {"s3Uri": "s3://train/out/"},
        },
    )
    assert [verb for verb, _, _ in edges(found)] == ["uses", "reads", "writes"]


# Lambda, Step Functions, EventBridge


def test_a_function_in_an_image_uses_its_repository() -> None:
    image = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/score:3"
    document = {
        "FunctionName": "score",
        "FunctionArn": arn("lambda", "function:score"),
        "PackageType": "Image",
        "Code": {"ImageUri": image},
    }
    assert edges(read("lambda.function", document)) == [
        ("uses", f"oci://{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/score", "Code.ImageUri")
    ]


def test_environment_variables_yield_names_and_no_values() -> None:
    variables = {
        "DSN": "postgresql://app:hunter2@db.corp:5432/x",
        "OUTPUT_PATH": "s3://lake/scores/",
        "GREETING": "hello world",
        "KEY": "AKIAABCDEFGHIJKLMNOP",
    }
    found = read(
        "lambda.function",
        {
            "FunctionName": "f",
            "FunctionArn": arn("lambda", "function:f"),
            "Environment": {"Variables": variables},
        },
    )
    assert edges(found) == [
        ("uses", "host://db.corp:5432/x", "Environment.Variables.DSN"),
        ("writes", "s3://lake/scores", "Environment.Variables.OUTPUT_PATH"),
    ]
    assert not [word for word in ("hunter2", "hello", "AKIA") if word in str(found)]


def test_an_event_source_triggers_the_function_whatever_its_qualifier() -> None:
    stream = arn("dynamodb", "table/profiles/stream/2026-01-01T00:00:00.000")
    document = {"EventSourceArn": stream, "FunctionArn": arn("lambda", "function:score:live"), "UUID": "u"}
    assert read("lambda.event-source", document) == [
        Reference(
            arn("dynamodb", "table/profiles"),
            Verb.TRIGGERS,
            arn("lambda", "function:score"),
            "EventSourceMapping.EventSourceArn",
        )
    ]


def machine(states: dict[str, Any], start: str) -> dict[str, Any]:
    return {
        "stateMachineArn": arn("states", "stateMachine:m"),
        "name": "m",
        "definition": json.dumps({"StartAt": start, "States": states}),
    }


@pytest.mark.parametrize(
    ("resource", "parameters", "expected"),
    [
        ("lambda:invoke", {"FunctionName": "score:live"}, ("calls", arn("lambda", "function:score"))),
        ("lambda:invoke.waitForTaskToken", {"FunctionName": arn("lambda", "function:a:7")}, ("calls", arn("lambda", "function:a"))),
        ("glue:startJobRun.sync", {"JobName": "Daily load"}, ("runs", arn("glue", "job/Daily load"))),
        ("glue:startJobRun.sync", {"JobName": "load"}, ("runs", arn("glue", "job/load"))),
        ("states:startExecution.sync:2", {"StateMachineArn": arn("states", "stateMachine:n")}, ("calls", arn("states", "stateMachine:n"))),
        ("dynamodb:getItem", {"TableName": "t"}, ("reads", arn("dynamodb", "table/t"))),
        ("aws-sdk:dynamodb:putItem", {"TableName": "t"}, ("writes", arn("dynamodb", "table/t"))),
        ("sqs:sendMessage", {"QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q"}, ("writes", arn("sqs", "q"))),
        ("http:invoke", {"ApiEndpoint": "https://api.vendor.example/v1/score?key=abc"}, ("calls", "https://api.vendor.example/v1/score")),
    ],
)  # fmt: skip
def test_an_integration_names_its_target_by_parameter(
    resource: str, parameters: dict[str, str], expected: tuple[str, str]
) -> None:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    found = edges(read("stepfunctions.state-machine", machine({"A": state}, "A")))
    assert [(verb, name) for verb, name, _ in found] == [expected]


def test_a_target_that_is_an_expression_is_counted_and_not_guessed() -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "{% $states.input.name %}"},
        "End": True,
    }
    found = read("stepfunctions.state-machine", machine({"A": state}, "A"))
    assert edges(found) == []
    assert the_asset(found).facts["expressions"] == 1


def test_machines_that_differ_in_state_names_only_have_the_same_definition() -> None:
    def flow(first: str, second: str) -> dict[str, Any]:
        return machine({first: {"Type": "Pass", "Next": second}, second: {"Type": "Succeed"}}, first)

    one, two = (the_asset(read("stepfunctions.state-machine", flow(*each))) for each in (("A", "B"), ("X", "Y")))
    assert one.facts["definition"] == two.facts["definition"]
    assert (
        one.shape == two.shape == {"v": 1, "start:Pass": 1, "flow:Pass>Succeed": 1, "state:Pass": 1, "state:Succeed": 1}
    )


def test_a_rule_is_triggered_by_its_pattern_and_triggers_its_targets() -> None:
    pattern = {"source": ["aws.glue"], "detail": {"jobName": ["load"], "state": ["FAILED"]}}
    found = read(
        "eventbridge.rule",
        {
            "Name": "r",
            "Arn": arn("events", "rule/r"),
            "EventBusName": "default",
            "EventPattern": json.dumps(pattern),
            "Targets": [{"Arn": arn("sns", "alarms"), "DeadLetterConfig": {"Arn": arn("sqs", "dead")}}],
        },
    )
    rule = arn("events", "rule/r")
    assert [(each.source, each.verb.value, each.name) for each in found if isinstance(each, Reference)] == [
        (arn("glue", "job/load"), "triggers", rule),
        (rule, "triggers", arn("sns", "alarms")),
        (rule, "writes", arn("sqs", "dead")),
    ]


def test_the_default_bus_is_no_asset_but_opens_its_rules() -> None:
    document = {"Name": "default", "Arn": arn("events", "event-bus/default")}
    opens = LISTINGS["eventbridge.bus"].opens
    assert read("eventbridge.bus", document) == []
    assert opens
    assert [each.kind for each in opens(document, SCOPE)] == [LISTINGS["eventbridge.rule"].per]


# Databases, streams, storage


def test_a_database_claims_its_host_with_and_without_port() -> None:
    address = "Orders.abc123.eu-west-1.rds.amazonaws.com"
    document = {
        "DBInstanceIdentifier": "orders",
        "DBInstanceArn": arn("rds", "db:orders"),
        "Engine": "postgres",
        "DBName": "shop",
        "Endpoint": {"Address": address, "Port": 5433},
    }
    assert the_asset(read("rds.instance", document)).names == (
        f"host://{address.lower()}",
        f"host://{address.lower()}:5433",
        f"host://{address.lower()}:5433/shop",
    )


def test_a_database_that_is_still_created_claims_nothing() -> None:
    document = {"DBInstanceIdentifier": "o", "DBInstanceArn": arn("rds", "db:o"), "Engine": "mysql"}
    assert the_asset(read("rds.instance", document)).names == ()


def test_a_redshift_cluster_claims_the_name_that_lineage_events_use() -> None:
    endpoint = {"Address": "dwh.abc123.eu-west-1.redshift.amazonaws.com", "Port": 5439}
    document = {"ClusterIdentifier": "dwh", "DBName": "dw", "Endpoint": endpoint}
    assert "host://dwh.eu-west-1.redshift.amazonaws.com:5439/dw" in the_asset(read("redshift.cluster", document)).names


def test_a_delivery_stream_reads_its_source_and_fills_its_destinations() -> None:
    found = read(
        "firehose.delivery-stream",
        {
            "DeliveryStreamName": "f",
            "DeliveryStreamARN": arn("firehose", "deliverystream/f"),
            "Source": {
                "KinesisStreamSourceDescription": {
                    "KinesisStreamARN": arn("kinesis", "stream/clicks"),
                    "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/r",
                }
            },
            "Destinations": [
                {
                    "DestinationId": "1",
                    "RedshiftDestinationDescription": {
                        "ClusterJDBCURL": "jdbc:redshift://dwh.abc.eu-west-1.redshift.amazonaws.com:5439/dw",
                        "Username": "loader",
                        "S3DestinationDescription": {"BucketARN": "arn:aws:s3:::stage", "Prefix": "f/"},
                        "ProcessingConfiguration": {
                            "Processors": [
                                {
                                    "Type": "Lambda",
                                    "Parameters": [
                                        {
                                            "ParameterName": "LambdaArn",
                                            "ParameterValue": arn("lambda", "function:clean:1"),
                                        }
                                    ],
                                }
                            ]
                        },
                    },
                }
            ],
        },
    )
    assert [(verb, name) for verb, name, _ in edges(found)] == [
        ("reads", arn("kinesis", "stream/clicks")),
        ("writes", "host://dwh.abc.eu-west-1.redshift.amazonaws.com:5439/dw"),
        ("writes", "s3://stage/f"),
        ("calls", arn("lambda", "function:clean")),
    ]


def test_a_topic_triggers_queues_and_addresses_but_no_people() -> None:
    topic = arn("sns", "events")
    rows = [
        ("sqs", arn("sqs", "q")),
        ("email", "someone@corp.example"),
        ("sms", "+1555010"),
        ("https", "https://x.example/h?t=1"),
    ]
    found = [
        edge
        for protocol, endpoint in rows
        for edge in edges(read("sns.subscription", {"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint}))
    ]
    assert [name for _, name, _ in found] == [arn("sqs", "q"), "https://x.example/h"]


def test_a_bucket_in_the_first_region_has_no_location_and_one_in_ireland_an_old_name() -> None:
    places = {None: "us-east-1", "EU": "eu-west-1", "eu-north-1": "eu-north-1"}
    found = {key: the_asset(read("s3.bucket", {"Name": "b", "LocationConstraint": key})) for key in places}
    assert {key: each.facts["region"] for key, each in found.items()} == places
    assert found["EU"].names == ("s3://b",)


def test_the_catalog_of_glue_is_no_second_asset_of_athena() -> None:
    assert read("athena.data-catalog", {"CatalogName": "AwsDataCatalog", "Type": "GLUE"}) == []


# Tags


def test_tags_of_what_a_listing_covers_only_describe_it() -> None:
    rows = [{"Key": "Owner", "Value": "risk"}, {"Key": "cost-center", "Value": "cc-1"}]
    (found,) = read("tagging.resource", {"ResourceARN": arn("lambda", "function:f"), "Tags": rows})
    assert isinstance(found, Description)
    assert (found.about, found.owner) == (arn("lambda", "function:f"), "risk")
    assert found.facts == {"tag.Owner": "risk", "tag.cost-center": "cc-1"}


@pytest.mark.parametrize(
    ("resource", "kind", "tool", "name"),
    [
        (arn("elasticmapreduce", "cluster/j-1"), "elasticmapreduce.cluster", "emr", "j-1"),
        (arn("airflow", "environment/etl"), "airflow.environment", "mwaa", "etl"),
        (arn("sagemaker", "domain/d-1"), "sagemaker.domain", "sagemaker", "d-1"),
        (arn("secretsmanager", "secret:db-AbCdEf"), "secretsmanager.secret", "secretsmanager", "db-AbCdEf"),
        (arn("appflow", "flow/crm"), "appflow.flow", "aws", "crm"),
        ("arn:aws:apigateway:eu-west-1::/restapis/abc", "apigateway.restapis", "apigateway", "abc"),
    ],
)
def test_what_no_listing_covers_becomes_an_asset_of_the_sweep(resource: str, kind: str, tool: str, name: str) -> None:
    (found,) = read("tagging.resource", {"ResourceARN": resource, "Tags": []})
    assert isinstance(found, Asset)
    assert (found.id, found.kind, found.tool, found.name) == (resource, kind, f"{tool}:{ACCOUNT}", name)


def test_parts_of_the_network_are_no_assets() -> None:
    assert read("tagging.resource", {"ResourceARN": arn("ec2", "subnet/s-1"), "Tags": []}) == []


def test_the_sweep_yields_to_the_services_own_listings() -> None:
    assert LISTINGS["tagging.resource"].precedence > max(
        each.precedence for name, each in LISTINGS.items() if name != "tagging.resource"
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [("Environment", "Production", "prod"), ("env", "PRD", "prod"), ("stage", "qa7", "qa7"), ("Env_", "x", None)],
)
def test_the_environment_of_tags_is_spelled_one_way(key: str, value: str, expected: str | None) -> None:
    assert said({key: value})["environment"] == expected


@pytest.mark.parametrize(
    ("path", "verb"),
    [
        ("DefaultArguments.--input", "reads"),
        ("DefaultArguments.--sourceTable", "reads"),
        ("DefaultArguments.--output_dir", "writes"),
        ("InputDataConfig.OutputPath", "writes"),
        ("DefaultArguments.--inventory", "uses"),
        ("Environment.Variables.TARGET_URL", "writes"),
        ("Environment.Variables.DSN", "uses"),
    ],
)
def test_the_last_word_that_says_a_direction_decides(path: str, verb: str) -> None:
    assert direction(path).value == verb


# Every reader, on what is odd


@pytest.mark.parametrize("name", sorted(LISTINGS))
def test_no_reader_refers_to_itself_or_leaves_a_scalar_unplain(name: str) -> None:
    folder = RECORDING / "aws-prod" / name
    for file in sorted(folder.glob("*.json")):
        for document in json.loads(file.read_text("utf-8"))["documents"]:
            for each in read(name, document):
                if isinstance(each, Reference):
                    assert each.source != each.name
                    assert each.where
                elif isinstance(each, Asset | Description):
                    assert all(isinstance(value, str | int | float | bool) for value in each.facts.values())


# Answers of AWS itself, recorded by a third party


def placebo(corpora: Path) -> Iterator[tuple[str, str, Any]]:
    """(service, operation, answer) of every recorded answer."""
    names = {"api.sagemaker": "sagemaker", "tagging": "resourcegroupstaggingapi"}
    for file in sorted((corpora / "aws-recorded-c7n").rglob("*.json")):
        service, operation = file.name.rpartition("_")[0].rsplit(".", 1)
        yield names.get(service, service), operation, json.loads(file.read_text("utf-8"))["data"]


def spelled(operation: str) -> str:
    """`list_models` -> `ListModels`."""
    return "".join(part.capitalize() for part in operation.split("_"))


def whole_items(corpora: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(listing, item) for every recorded answer that holds whole items: lists without details, and descriptions."""
    for service, operation, data in placebo(corpora):
        for listing in COLLECTOR.listings:
            call = listing.call
            if call.service != service:
                continue
            if spelled(call.operation) == operation and not call.details:
                yield from ((listing.name, item) for item in data[call.items])
            for detail in call.details:
                if spelled(detail.operation) == operation and not detail.into and service != "s3":
                    yield listing.name, data[detail.items] if detail.items else data


def test_recorded_answers_of_aws_are_read_without_error(corpora: Path) -> None:
    found = [(name, each) for name, item in whole_items(corpora) for each in read(name, item)]
    kinds = {each.kind for _, each in found if isinstance(each, Asset)}
    assert {"sagemaker.model", "sagemaker.endpoint", "sagemaker.notebook-instance", "glue.job"} <= kinds
    assert {"bedrock.agent", "bedrock.knowledge-base", "bedrock.custom-model"} <= kinds
    assert any(isinstance(each, Reference) for _, each in found)
    assert any(isinstance(each, Description) for name, each in found if name == "tagging.resource")
