"""Puts the two AWS accounts of the estate into an emulator of AWS, secrets included."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from estate import aws
from estate.base import ANALYTICS, OPERATIONS, REGION, SECRETS, Item, by_kind, pick

Connect = Callable[[str], Any]
# The emulator makes up the middle of a database's address; the recordings get the company's.
MADE_UP = "aaaaaaaaaa"


def provision(endpoint: str) -> dict[str, str]:
    """Both accounts, each by a role in it; the estate's ids for those that the emulator drew."""
    renamed: dict[str, str] = {}
    for account, items in ((OPERATIONS, tuple(aws.operations())), (ANALYTICS, tuple(aws.analytics()))):
        connect = _connector(endpoint, account)
        _account(connect, account, items)
        for each in by_kind(items, "bedrock.agent"):
            agent = connect("bedrock-agent").create_agent(
                agentName=each.name,
                foundationModel=each.to("model"),
                agentResourceRoleArn=f"arn:aws:iam::{account}:role/ml",
                tags=each.tags,
            )
            renamed[agent["agent"]["agentId"]] = each.id.rpartition("/")[2]
    return renamed


def _connector(endpoint: str, account: str) -> Connect:
    import boto3
    from botocore.config import Config

    def client(service: str, keys: dict[str, str]) -> Any:
        return boto3.client(
            service, region_name=REGION, endpoint_url=endpoint,
            config=Config(inject_host_prefix=False, s3={"addressing_style": "path"}), **keys,
        )  # fmt: skip

    mine = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    role = f"arn:aws:iam::{account}:role/provisioning"
    found = client("sts", mine).assume_role(RoleArn=role, RoleSessionName="estate")["Credentials"]
    keys = {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }
    made: dict[str, Any] = {}
    return lambda service: (
        made.setdefault(service, None) or made.update({service: client(service, keys)}) or made[service]
    )


def _account(connect: Connect, account: str, items: tuple[Item, ...]) -> None:
    connect("iam").create_role(RoleName="ml", AssumeRolePolicyDocument="{}")
    for step in (_storage, _messaging, _functions, _glue, _learning, _notebooks, _orchestration):
        step(connect, f"arn:aws:iam::{account}:role/ml", items)


def _rows(item: Item, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in item.tags.items()]


def _storage(connect: Connect, _role: str, items: tuple[Item, ...]) -> None:
    for each in by_kind(items, "s3.bucket"):
        connect("s3").create_bucket(Bucket=each.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        connect("s3").put_bucket_tagging(Bucket=each.name, Tagging={"TagSet": _rows(each)})
    for each in by_kind(items, "rds.instance"):
        connect("rds").create_db_instance(
            DBInstanceIdentifier=each.name, Engine=each.more["engine"], DBInstanceClass="db.m6g.large", DBName=each.name.removesuffix("-db"),
            AllocatedStorage=200, MasterUsername="master", MasterUserPassword=SECRETS["rds"], Tags=_rows(each),
        )  # fmt: skip
    for each in by_kind(items, "redshift.cluster"):
        connect("redshift").create_cluster(
            ClusterIdentifier=each.name, NodeType="ra3.xlplus", DBName="dwh", ClusterType="single-node", MasterUsername="master", MasterUserPassword=SECRETS["rds"], Tags=_rows(each),
        )  # fmt: skip
    for each in by_kind(items, "dynamodb.table"):
        connect("dynamodb").create_table(
            TableName=each.name, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], Tags=_rows(each),
        )  # fmt: skip
    for each in by_kind(items, "ecr.repository"):
        connect("ecr").create_repository(repositoryName=each.name, tags=_rows(each))
    for each in by_kind(items, "athena.workgroup"):
        connect("athena").create_work_group(
            Name=each.name,
            Configuration={"ResultConfiguration": {"OutputLocation": each.to("output")}},
            Tags=_rows(each),
        )


def _messaging(connect: Connect, role: str, items: tuple[Item, ...]) -> None:
    for each in by_kind(items, "sqs.queue"):
        connect("sqs").create_queue(QueueName=each.name, tags=each.tags)
    for each in by_kind(items, "sns.topic"):
        connect("sns").create_topic(Name=each.name, Tags=_rows(each))
    for each in by_kind(items, "sqs.queue"):
        if topic := each.to("subscription"):
            connect("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=each.id)
    for each in by_kind(items, "kinesis.stream"):
        connect("kinesis").create_stream(StreamName=each.name, ShardCount=2)
        connect("kinesis").add_tags_to_stream(StreamName=each.name, Tags=each.tags)
    for each in by_kind(items, "firehose.delivery-stream"):
        bucket, _, prefix = str(each.to("bucket")).removeprefix("s3://").partition("/")
        connect("firehose").create_delivery_stream(
            DeliveryStreamName=each.name, DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": each.to("source"), "RoleARN": role},
            ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": f"arn:aws:s3:::{bucket}", "Prefix": f"{prefix}/"},
            Tags=_rows(each),
        )  # fmt: skip


def _functions(connect: Connect, role: str, items: tuple[Item, ...]) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(
            zipfile.ZipInfo("app.py", (2024, 1, 1, 0, 0, 0)), "def handler(event, context):\n    return event\n"
        )
    for each in by_kind(items, "lambda.function"):
        variables = {point.slot: point.to for point in each.points if point.slot != "event-source"}
        if "DATABASE_URL" in variables:
            variables["DATABASE_URL"] = variables["DATABASE_URL"].replace("://", f"://claims:{SECRETS['lambda']}@")
        if pick(each.name, 3) == 0:
            variables["PARTNER_TOKEN"] = SECRETS["lambda"]
        connect("lambda").create_function(
            FunctionName=each.name, Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": code.getvalue()},
            MemorySize=256 * (1 + pick(each.name, 4)), Environment={"Variables": variables}, Tags=each.tags,
        )  # fmt: skip
        if queue := each.to("event-source"):
            connect("lambda").create_event_source_mapping(EventSourceArn=queue, FunctionName=each.name)


def _glue(connect: Connect, role: str, items: tuple[Item, ...]) -> None:
    glue = connect("glue")
    for each in by_kind(items, "glue.connection"):
        properties = {"JDBC_CONNECTION_URL": f"jdbc:{each.to('JDBC')}", "USERNAME": "etl", "PASSWORD": SECRETS["glue"]}
        properties["JDBC_CONNECTION_URL"] = properties["JDBC_CONNECTION_URL"].replace("c4tarnwick01", MADE_UP)
        glue.create_connection(
            ConnectionInput={"Name": each.name, "ConnectionType": "JDBC", "ConnectionProperties": properties}
        )
    for each in by_kind(items, "glue.database"):
        glue.create_database(DatabaseInput={"Name": each.name, "LocationUri": each.to("location")})
    for each in by_kind(items, "glue.table"):
        database, _, name = each.name.partition("/")
        columns = [
            {"Name": column, "Type": "string"}
            for column in ("id", f"{name}_at", "source", *(("depot",) if pick(name, 2) else ()))
        ]
        glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": "parquet"},
                "StorageDescriptor": {"Location": each.to("location"), "Columns": columns},
            },
        )
    for each in by_kind(items, "glue.job"):
        arguments = {point.slot: point.to for point in each.points if point.slot.startswith("--")}
        if pick(each.name, 4) == 0:
            arguments["--db_password"] = SECRETS["glue"]
        connection = str(each.to("connection") or "").rpartition("/")[2]
        glue.create_job(
            Name=each.name, Role=role, Command={"Name": "glueetl", "ScriptLocation": each.to("script")}, DefaultArguments=arguments, GlueVersion="4.0", Tags=each.tags,
            WorkerType="G.1X", NumberOfWorkers=2 + pick(each.name, 8), **({"Connections": {"Connections": [connection]}} if connection else {}),
        )  # fmt: skip
    for each in by_kind(items, "glue.crawler"):
        glue.create_crawler(
            Name=each.name,
            Role=role,
            DatabaseName=str(each.to("database")).rpartition("/")[2],
            Targets={"S3Targets": [{"Path": each.to("path")}]},
            Tags=each.tags,
        )


def _learning(connect: Connect, role: str, items: tuple[Item, ...]) -> None:
    sagemaker = connect("sagemaker")
    for each in by_kind(items, "sagemaker.training-job"):
        sagemaker.create_training_job(
            TrainingJobName=each.name, RoleArn=role, AlgorithmSpecification={"TrainingImage": each.to("image"), "TrainingInputMode": "File"},
            InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": each.to("input")}}}],
            OutputDataConfig={"S3OutputPath": each.to("output")}, ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 50},
            StoppingCondition={"MaxRuntimeInSeconds": 7200}, HyperParameters={"max_depth": str(4 + pick(each.name, 5))}, Tags=_rows(each),
        )  # fmt: skip
    for each in by_kind(items, "sagemaker.model"):
        sagemaker.create_model(
            ModelName=each.name, ExecutionRoleArn=role, Tags=_rows(each),
            PrimaryContainer={"Image": each.to("image"), "ModelDataUrl": each.to("artefact"), "Environment": {"API_KEY": SECRETS["sagemaker"]}},
        )  # fmt: skip
    for each in by_kind(items, "sagemaker.endpoint"):
        variant = {
            "VariantName": "main",
            "ModelName": str(each.to("model")).rpartition("/")[2],
            "InitialInstanceCount": 1 + pick(each.name, 2),
            "InstanceType": "ml.c5.large",
            "InitialVariantWeight": 1.0,
        }
        sagemaker.create_endpoint_config(EndpointConfigName=f"{each.name}-2026", ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=each.name, EndpointConfigName=f"{each.name}-2026", Tags=_rows(each))
    for each in by_kind(items, "sagemaker.model-package-group"):
        sagemaker.create_model_package_group(
            ModelPackageGroupName=each.name, ModelPackageGroupDescription=f"Versions of {each.name}", Tags=_rows(each)
        )
        for _ in range(int(str(each.more["versions"]))):
            containers = [{"Image": each.to("image"), "ModelDataUrl": each.to("artefact")}]
            sagemaker.create_model_package(
                ModelPackageGroupName=each.name,
                ModelApprovalStatus="Approved",
                InferenceSpecification={
                    "Containers": containers,
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"],
                },
            )


def _notebooks(connect: Connect, role: str, items: tuple[Item, ...]) -> None:
    sagemaker = connect("sagemaker")
    for each in by_kind(items, "sagemaker.notebook-instance"):
        sagemaker.create_notebook_instance(
            NotebookInstanceName=each.name,
            InstanceType="ml.t3.large",
            RoleArn=role,
            DefaultCodeRepository=f"{each.to('repository')}.git",
            Tags=_rows(each),
        )
    for each in by_kind(items, "sagemaker.pipeline"):
        step = {
            "Name": "train",
            "Type": "Training",
            "Arguments": {
                "AlgorithmSpecification": {"TrainingImage": each.to("image")},
                "InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": each.to("input")}}}],
            },
        }
        sagemaker.create_pipeline(
            PipelineName=each.name,
            RoleArn=role,
            PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": [step]}),
            Tags=_rows(each),
        )


def _orchestration(connect: Connect, role: str, items: tuple[Item, ...]) -> None:
    for each in by_kind(items, "stepfunctions.state-machine"):
        job, function = str(each.to("glue")).rpartition("/")[2], str(each.to("lambda"))
        states = {
            "Export": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": job}, "Next": "Follow up"},
            "Follow up": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": function, "Payload.$": "$"}, "End": True},
        }  # fmt: skip
        connect("stepfunctions").create_state_machine(
            name=each.name,
            definition=json.dumps({"StartAt": "Export", "States": states}),
            roleArn=role,
            tags=_rows(each, "key", "value"),
        )
    for each in by_kind(items, "eventbridge.rule"):
        connect("events").put_rule(
            Name=each.name, ScheduleExpression=f"rate({1 + pick(each.name, 23)} hours)", Tags=_rows(each)
        )
        connect("events").put_targets(Rule=each.name, Targets=[{"Id": "1", "Arn": each.to("target"), "RoleArn": role}])
