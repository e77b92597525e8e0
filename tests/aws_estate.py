"""A small invented AWS estate for an emulator: a few of every service, pointing at each other.

Two accounts, two regions. Orders arrive in S3, Glue prepares them, SageMaker trains and serves, Lambda
scores, Step Functions conducts. Some settings hold secrets (`PLANTED`) that must never come out.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

HOME = "123456789012"
OTHER = "210987654321"
REGIONS = ("eu-west-1", "us-east-1")
ROLE = f"arn:aws:iam::{OTHER}:role/inventory"
PLANTED = ("Tr0ub4dor-and-3", "hunter2-hunter2", "s3cr3t-of-the-warehouse", "glue-Passw0rd-9")
HOSTILE = "<img src=x onerror=alert(1)>\"'&\u202e"

Connect = Callable[..., Any]
"""(service, region=..., account=...) -> boto3 client."""


def connector(endpoint: str, assumed: Mapping[str, Any] | None = None) -> Connect:
    """Clients of an emulator; `assumed` are the credentials of another account's role."""
    import boto3
    from botocore.config import Config

    keys = assumed or {"AccessKeyId": "testing", "SecretAccessKey": "testing", "SessionToken": None}

    def connect(service: str, region: str = REGIONS[0]) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(
                inject_host_prefix=False,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
            ),
        )

    return connect


def seed(endpoint: str) -> None:
    """Provision the whole estate."""
    home = connector(endpoint)
    _roles(home)
    _storage(home)
    _databases(home)
    _glue(home)
    _sagemaker(home)
    _bedrock(home)
    _functions(home)
    _messaging(home)
    _orchestration(home)
    _streams(home)
    assumed = home("sts").assume_role(RoleArn=ROLE, RoleSessionName="seed")["Credentials"]
    other = connector(endpoint, assumed)
    other("s3", "us-east-1").create_bucket(Bucket="partner-drop")
    other("sqs", "us-east-1").create_queue(QueueName="partner-orders")
    other("glue", "us-east-1").create_job(
        Name="churn", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://lake/scripts/churn.py"}
    )


def _roles(connect: Connect) -> None:
    connect("iam").create_role(RoleName="ml", AssumeRolePolicyDocument="{}")


def _storage(connect: Connect) -> None:
    s3 = connect("s3")
    for name in ("lake", "models"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGIONS[0]})
    connect("s3", "us-east-1").create_bucket(Bucket="events-archive")
    s3.put_bucket_tagging(
        Bucket="lake",
        Tagging={
            "TagSet": [
                {"Key": "Owner", "Value": "data-platform"},
                {"Key": "cost-center", "Value": "cc-1701"},
                {"Key": "Environment", "Value": "Production"},
            ]
        },
    )
    ecr = connect("ecr")
    ecr.create_repository(repositoryName="ml/train")
    ecr.create_repository(repositoryName="ml/serve")
    connect("athena").create_work_group(
        Name="analysts",
        Configuration={"ResultConfiguration": {"OutputLocation": "s3://lake/athena/"}},
        Tags=[{"Key": "team", "Value": "bi"}],
    )
    connect("athena").create_data_catalog(
        Name="mongo",
        Type="LAMBDA",
        Parameters={"function": f"arn:aws:lambda:eu-west-1:{HOME}:function:score"},
    )


def _databases(connect: Connect) -> None:
    rds = connect("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders",
        Engine="postgres",
        DBInstanceClass="db.t3.medium",
        DBName="orders",
        AllocatedStorage=20,
        MasterUsername="admin1",
        MasterUserPassword=PLANTED[0],
        Tags=[{"Key": "env", "Value": "prd"}, {"Key": "owner", "Value": "shop"}],
    )
    rds.create_db_instance_read_replica(DBInstanceIdentifier="orders-replica", SourceDBInstanceIdentifier="orders")
    rds.create_db_cluster(
        DBClusterIdentifier="ledger",
        Engine="aurora-postgresql",
        DatabaseName="ledger",
        MasterUsername="admin1",
        MasterUserPassword=PLANTED[0],
    )
    connect("redshift").create_cluster(
        ClusterIdentifier="dwh",
        NodeType="ra3.xlplus",
        DBName="dw",
        ClusterType="single-node",
        MasterUsername="admin1",
        MasterUserPassword="Abcdef123",
    )
    connect("dynamodb").create_table(
        TableName="profiles",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        Tags=[{"Key": "owner", "Value": "shop"}],
    )


def rds_address(connect: Connect, name: str = "orders") -> str:
    """The address the emulator gave to a database instance."""
    found = connect("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return f"{found['Endpoint']['Address']}:{found['Endpoint']['Port']}"


def _glue(connect: Connect) -> None:
    glue = connect("glue")
    glue.create_connection(
        ConnectionInput={
            "Name": "orders-db",
            "ConnectionType": "JDBC",
            "ConnectionProperties": {
                "JDBC_CONNECTION_URL": f"jdbc:postgresql://{rds_address(connect)}/orders",
                "USERNAME": "etl",
                "PASSWORD": PLANTED[1],
            },
        }
    )
    glue.create_database(DatabaseInput={"Name": "sales", "LocationUri": "s3://lake/sales/"})
    glue.create_database(DatabaseInput={"Name": HOSTILE})
    glue.create_table(
        DatabaseName="sales",
        TableInput={
            "Name": "orders",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": {
                "Location": "s3://lake/sales/orders/",
                "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "amount", "Type": "decimal(9,2)"}],
            },
        },
    )
    glue.create_job(
        Name="churn",
        Role=f"arn:aws:iam::{HOME}:role/ml",
        Command={"Name": "glueetl", "ScriptLocation": "s3://lake/scripts/churn.py"},
        Connections={"Connections": ["orders-db"]},
        DefaultArguments={
            "--input": "s3://lake/sales/orders/",
            "--output_path": "s3://lake/churn/features/",
            "--TempDir": "s3://lake/tmp/",
            "--db_password": PLANTED[3],
            "--dsn": f"postgresql://etl:{PLANTED[1]}@reports.internal:5432/bi",
        },
        GlueVersion="4.0",
        Tags={"Owner": "risk-data", "Department": "Risk"},
    )
    glue.create_job(Name=HOSTILE, Role="r", Command={"Name": "pythonshell"})
    glue.create_crawler(
        Name="orders-crawler",
        Role="r",
        DatabaseName="sales",
        Targets={
            "S3Targets": [{"Path": "s3://lake/sales/"}],
            "JdbcTargets": [{"ConnectionName": "orders-db", "Path": "orders/%"}],
            "DynamoDBTargets": [{"Path": "profiles"}],
        },
    )


def _sagemaker(connect: Connect) -> None:
    sagemaker = connect("sagemaker")
    role = f"arn:aws:iam::{HOME}:role/ml"
    registry = f"{HOME}.dkr.ecr.eu-west-1.amazonaws.com"
    artefact = "s3://models/churn-train/output/model.tar.gz"
    sagemaker.create_training_job(
        TrainingJobName="churn-train",
        AlgorithmSpecification={"TrainingImage": f"{registry}/ml/train:3", "TrainingInputMode": "File"},
        RoleArn=role,
        HyperParameters={"max_depth": "6", "sagemaker_submit_directory": "s3://lake/scripts/train.tar.gz"},
        InputDataConfig=[
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/churn/features/"}},
            }
        ],
        OutputDataConfig={"S3OutputPath": "s3://models/"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
        Environment={"WAREHOUSE": f"redshift://loader:{PLANTED[2]}@dwh.internal:5439/dw"},
    )
    sagemaker.create_processing_job(
        ProcessingJobName="churn-prepare",
        AppSpecification={"ImageUri": f"{registry}/ml/train:3"},
        RoleArn=role,
        ProcessingInputs=[
            {
                "InputName": "orders",
                "S3Input": {"S3Uri": "s3://lake/sales/orders/", "LocalPath": "/opt/ml/in", "S3DataType": "S3Prefix"},
            }
        ],
        ProcessingOutputConfig={
            "Outputs": [
                {
                    "OutputName": "features",
                    "S3Output": {
                        "S3Uri": "s3://lake/churn/features/",
                        "LocalPath": "/opt/ml/out",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        },
    )
    sagemaker.create_model(
        ModelName="churn",
        ExecutionRoleArn=role,
        PrimaryContainer={
            "Image": f"{registry}/ml/serve:7",
            "ModelDataUrl": artefact,
            "Environment": {"PROFILES": f"arn:aws:dynamodb:eu-west-1:{HOME}:table/profiles", "API_KEY": PLANTED[1]},
        },
        Tags=[{"Key": "owner", "Value": "risk-ml"}],
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName="churn-v7",
        ProductionVariants=[
            {
                "VariantName": "main",
                "ModelName": "churn",
                "InitialInstanceCount": 2,
                "InstanceType": "ml.c5.large",
                "InitialVariantWeight": 1.0,
            }
        ],
    )
    sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn-v7")
    sagemaker.create_transform_job(
        TransformJobName="churn-batch",
        ModelName="churn",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/churn/features/"}}
        },
        TransformOutput={"S3OutputPath": "s3://lake/churn/scores/"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    sagemaker.create_model_package_group(ModelPackageGroupName="churn-registry", ModelPackageGroupDescription="d")
    sagemaker.create_model_package(
        ModelPackageGroupName="churn-registry",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": f"{registry}/ml/serve:7", "ModelDataUrl": artefact}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    sagemaker.create_notebook_instance(
        NotebookInstanceName="explore",
        InstanceType="ml.t3.medium",
        RoleArn=role,
        DefaultCodeRepository="https://git.corp.example/ml/churn.git",
    )
    sagemaker.create_pipeline(
        PipelineName="churn-pipeline",
        RoleArn=role,
        PipelineDefinition=json.dumps(_pipeline(registry)),
    )


def _pipeline(registry: str) -> dict[str, Any]:
    return {
        "Version": "2020-12-01",
        "Steps": [
            {
                "Name": "prepare",
                "Type": "Processing",
                "Arguments": {
                    "AppSpecification": {"ImageUri": f"{registry}/ml/train:3"},
                    "ProcessingInputs": [{"InputName": "orders", "S3Input": {"S3Uri": "s3://lake/sales/orders/"}}],
                },
            },
            {
                "Name": "train",
                "Type": "Training",
                "DependsOn": ["prepare"],
                "Arguments": {"OutputDataConfig": {"S3OutputPath": "s3://models/"}},
            },
        ],
    }


def _bedrock(connect: Connect) -> None:
    bedrock = connect("bedrock-agent")
    bedrock.create_agent(
        agentName="orders-helper",
        foundationModel="anthropic.claude-v2",
        agentResourceRoleArn=f"arn:aws:iam::{HOME}:role/ml",
    )
    bedrock.create_knowledge_base(
        name="policies",
        roleArn=f"arn:aws:iam::{HOME}:role/ml",
        knowledgeBaseConfiguration={
            "type": "VECTOR",
            "vectorKnowledgeBaseConfiguration": {
                "embeddingModelArn": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v1"
            },
        },
        storageConfiguration={
            "type": "OPENSEARCH_SERVERLESS",
            "opensearchServerlessConfiguration": {
                "collectionArn": f"arn:aws:aoss:eu-west-1:{HOME}:collection/abc123",
                "vectorIndexName": "v",
                "fieldMapping": {"vectorField": "v", "textField": "t", "metadataField": "m"},
            },
        },
    )


def _functions(connect: Connect) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): pass")
    for region in REGIONS:
        connect("lambda", region).create_function(
            FunctionName="score",
            Runtime="python3.12",
            Role=f"arn:aws:iam::{HOME}:role/ml",
            Handler="app.handler",
            Code={"ZipFile": code.getvalue()},
            Environment={
                "Variables": {
                    "DATABASE_URL": f"postgresql://app:{PLANTED[0]}@reports.internal:5432/bi",
                    "QUEUE_URL": f"https://sqs.eu-west-1.amazonaws.com/{HOME}/orders",
                    "SOURCE_PREFIX": "s3://lake/churn/scores/",
                    "API_TOKEN": PLANTED[2],
                }
            },
            Tags={"Team": "risk-ml"},
        )


def _messaging(connect: Connect) -> None:
    sqs, sns = connect("sqs"), connect("sns")
    sqs.create_queue(QueueName="orders-dlq")
    dead = f"arn:aws:sqs:eu-west-1:{HOME}:orders-dlq"
    sqs.create_queue(
        QueueName="orders",
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 3})},
        tags={"owner": "shop"},
    )
    topic = sns.create_topic(Name="order-events")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:eu-west-1:{HOME}:orders")
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint="https://hooks.corp.example/orders?token=abc")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="someone@corp.example")
    connect("lambda").create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:eu-west-1:{HOME}:orders", FunctionName="score"
    )
    connect("s3").put_bucket_notification_configuration(
        Bucket="lake",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "LambdaFunctionArn": f"arn:aws:lambda:eu-west-1:{HOME}:function:score",
                    "Events": ["s3:ObjectCreated:*"],
                }
            ]
        },
    )


def _orchestration(connect: Connect) -> None:
    function = f"arn:aws:lambda:eu-west-1:{HOME}:function:score"
    machine = {
        "Comment": "score all customers",
        "StartAt": "Prepare",
        "States": {
            "Prepare": {
                "Type": "Task",
                "Resource": "arn:aws:states:::glue:startJobRun.sync",
                "Parameters": {"JobName": "churn", "Arguments": {"--input": "s3://lake/sales/orders/"}},
                "Next": "Each",
            },
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "StartAt": "Score",
                    "States": {
                        "Score": {
                            "Type": "Task",
                            "Resource": "arn:aws:states:::lambda:invoke",
                            "Parameters": {"FunctionName": "score:live", "Payload.$": "$"},
                            "End": True,
                        }
                    },
                },
                "Next": "Tell",
            },
            "Tell": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sns:publish",
                "Parameters": {"TopicArn": f"arn:aws:sns:eu-west-1:{HOME}:order-events", "Message.$": "$"},
                "End": True,
            },
        },
    }
    created = connect("stepfunctions").create_state_machine(
        name="score-all", definition=json.dumps(machine), roleArn=f"arn:aws:iam::{HOME}:role/ml"
    )
    events = connect("events")
    events.create_event_bus(Name="shop")
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    events.put_targets(
        Rule="nightly",
        Targets=[{"Id": "1", "Arn": created["stateMachineArn"], "RoleArn": "arn:aws:iam::123456789012:role/ml"}],
    )
    events.put_rule(
        Name="new-orders",
        EventBusName="shop",
        EventPattern=json.dumps({"source": ["aws.s3"], "detail": {"bucket": {"name": ["lake"]}}}),
    )
    events.put_targets(Rule="new-orders", EventBusName="shop", Targets=[{"Id": "1", "Arn": function}])
    connect("scheduler").create_schedule(
        Name="hourly",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": function, "RoleArn": f"arn:aws:iam::{HOME}:role/ml"},
    )


def _streams(connect: Connect) -> None:
    connect("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    connect("firehose").create_delivery_stream(
        DeliveryStreamName="clicks-to-lake",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": f"arn:aws:kinesis:eu-west-1:{HOME}:stream/clicks",
            "RoleARN": f"arn:aws:iam::{HOME}:role/ml",
        },
        ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{HOME}:role/ml",
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": "clicks/",
        },
    )
    connect("ec2").run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": "Name", "Value": "rpa-runner"}, {"Key": "owner", "Value": "ops"}],
            }
        ],
    )
