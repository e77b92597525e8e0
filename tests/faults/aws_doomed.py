"""What gets deleted from the emulated AWS estate: one more of everything that is listed.

Names begin with `doomed`. moto cannot delete all of these, and what an account says after a deletion is what it
said before the creation; so the answers "after" are kept first, and these are created for the answers "before".
"""

from __future__ import annotations

import io
import json
import zipfile

from tests.aws_estate import HOME, ROLE, Connect

REGION = "eu-west-1"


def doom(connect: Connect) -> None:
    """One more of everything that is listed; names begin with `doomed`, so that a test can tell them."""
    role = f"arn:aws:iam::{HOME}:role/ml"
    connect("athena").create_work_group(Name="doomed")
    connect("athena").create_data_catalog(Name="doomed", Type="LAMBDA", Parameters={"function": "f"})
    agent = {"foundationModel": "anthropic.claude-v2", "agentResourceRoleArn": role}
    connect("bedrock-agent").create_agent(agentName="doomed", **agent)
    _doom_bedrock(connect, role)
    _doom_data(connect)
    _doom_glue(connect)
    _doom_events(connect, role)
    _doom_sagemaker(connect, role)


def _doom_bedrock(connect: Connect, role: str) -> None:
    found = connect("bedrock-agent").list_knowledge_bases()["knowledgeBaseSummaries"][0]["knowledgeBaseId"]
    there = connect("bedrock-agent").get_knowledge_base(knowledgeBaseId=found)["knowledgeBase"]
    connect("bedrock-agent").create_knowledge_base(
        name="doomed", roleArn=role, knowledgeBaseConfiguration=there["knowledgeBaseConfiguration"],
        storageConfiguration=there["storageConfiguration"],
    )  # fmt: skip
    customised(connect, "doomed", role)


def furnish(connect: Connect) -> None:
    """What stays, beside the estate: a customised model and a function from an image, which is described apart."""
    role = f"arn:aws:iam::{HOME}:role/ml"
    customised(connect, "house-style", role)
    image = {"ImageUri": f"{HOME}.dkr.ecr.{REGION}.amazonaws.com/ml/serve:7"}
    connect("lambda").create_function(FunctionName="serve", PackageType="Image", Role=role, Code=image)


def customised(connect: Connect, name: str, role: str) -> None:
    """A customised model of Bedrock."""
    connect("bedrock").create_model_customization_job(
        jobName=name, customModelName=name, roleArn=role, baseModelIdentifier="amazon.titan-text-express-v1",
        trainingDataConfig={"s3Uri": "s3://lake/train.jsonl"}, outputDataConfig={"s3Uri": "s3://models/custom"},
        hyperParameters={"epochCount": "1"},
    )  # fmt: skip


def _doom_data(connect: Connect) -> None:
    connect("s3").create_bucket(Bucket="doomed", CreateBucketConfiguration={"LocationConstraint": REGION})
    database = {"MasterUsername": "admin1", "MasterUserPassword": "Not-a-secret-1"}
    connect("rds").create_db_instance(
        DBInstanceIdentifier="doomed",
        Engine="postgres",
        DBInstanceClass="db.t3.medium",
        AllocatedStorage=20,
        **database,
    )
    connect("rds").create_db_cluster(DBClusterIdentifier="doomed", Engine="aurora-postgresql", **database)
    connect("redshift").create_cluster(
        ClusterIdentifier="doomed", NodeType="ra3.xlplus", DBName="dw", ClusterType="single-node", **database
    )
    key = [{"AttributeName": "id", "AttributeType": "S"}], [{"AttributeName": "id", "KeyType": "HASH"}]
    connect("dynamodb").create_table(
        TableName="doomed", AttributeDefinitions=key[0], KeySchema=key[1], BillingMode="PAY_PER_REQUEST"
    )
    connect("ecr").create_repository(repositoryName="doomed")
    connect("kinesis").create_stream(StreamName="doomed", ShardCount=1)
    connect("firehose").create_delivery_stream(
        DeliveryStreamName="doomed",
        ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake", "Prefix": "doomed/"},
    )
    tags = [{"Key": "Name", "Value": "doomed"}]
    connect("ec2").run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}]
    )


def _doom_glue(connect: Connect) -> None:
    glue = connect("glue")
    glue.create_job(
        Name="doomed", Role="r", Command={"Name": "pythonshell"}, DefaultArguments={"--input": "s3://lake/doomed/"}
    )
    glue.create_crawler(Name="doomed", Role="r", Targets={"S3Targets": [{"Path": "s3://lake/doomed/"}]})
    glue.create_connection(ConnectionInput={"Name": "doomed", "ConnectionType": "NETWORK", "ConnectionProperties": {}})
    glue.create_database(DatabaseInput={"Name": "doomed"})
    for database in ("sales", "doomed"):
        location = {"Location": f"s3://lake/{database}/doomed/"}
        glue.create_table(DatabaseName=database, TableInput={"Name": "doomed", "StorageDescriptor": location})


def _doom_events(connect: Connect, role: str) -> None:
    function = f"arn:aws:lambda:{REGION}:{HOME}:function:score"
    code = connect("lambda").get_function(FunctionName="score")["Configuration"]
    assert code["FunctionArn"] == function
    connect("lambda").create_function(
        FunctionName="doomed", Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": zipped()}
    )
    dead = connect("sqs").create_queue(QueueName="doomed")
    assert dead["QueueUrl"]
    topic = connect("sns").create_topic(Name="doomed")["TopicArn"]
    queue = f"arn:aws:sqs:{REGION}:{HOME}:doomed"
    connect("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    connect("lambda").create_event_source_mapping(EventSourceArn=queue, FunctionName="doomed")
    events = connect("events")
    events.create_event_bus(Name="doomed")
    for bus in ("default", "doomed"):
        events.put_rule(Name="doomed", EventBusName=bus, EventPattern=json.dumps({"source": ["doomed"]}))
    window = {"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": function, "RoleArn": role}}
    connect("scheduler").create_schedule(Name="doomed", ScheduleExpression="rate(1 hour)", **window)
    machine = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": function, "End": True}}}
    connect("stepfunctions").create_state_machine(name="doomed", definition=json.dumps(machine), roleArn=role)


def zipped() -> bytes:
    """The code of a function that does nothing."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): pass")
    return code.getvalue()


def _doom_sagemaker(connect: Connect, role: str) -> None:
    sagemaker = connect("sagemaker")
    image, data = f"{HOME}.dkr.ecr.{REGION}.amazonaws.com/doomed:1", "s3://models/doomed/model.tar.gz"
    sagemaker.create_model(
        ModelName="doomed", ExecutionRoleArn=role, PrimaryContainer={"Image": image, "ModelDataUrl": data}
    )
    sagemaker.create_endpoint(EndpointName="doomed", EndpointConfigName="churn-v7")
    sagemaker.create_model_package_group(ModelPackageGroupName="doomed", ModelPackageGroupDescription="d")
    containers = [{"Image": image, "ModelDataUrl": data}]
    kinds = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    sagemaker.create_model_package(
        ModelPackageGroupName="doomed", InferenceSpecification={"Containers": containers, **kinds}
    )
    machine = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
    sagemaker.create_notebook_instance(NotebookInstanceName="doomed", InstanceType="ml.t3.medium", RoleArn=role)
    step = {"Name": "train", "Type": "Training", "Arguments": {"OutputDataConfig": {"S3OutputPath": "s3://models/"}}}
    definition = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    sagemaker.create_pipeline(PipelineName="doomed", RoleArn=role, PipelineDefinition=definition)
    sagemaker.create_training_job(
        TrainingJobName="doomed", RoleArn=role, ResourceConfig={**machine, "VolumeSizeInGB": 10},
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": "s3://models/"}, StoppingCondition={"MaxRuntimeInSeconds": 600},
    )  # fmt: skip
    sagemaker.create_processing_job(
        ProcessingJobName="doomed", AppSpecification={"ImageUri": image}, RoleArn=role,
        ProcessingResources={"ClusterConfig": {**machine, "VolumeSizeInGB": 10}},
    )  # fmt: skip
    where = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/doomed/"}}
    sagemaker.create_transform_job(
        TransformJobName="doomed", ModelName="doomed", TransformInput={"DataSource": where},
        TransformOutput={"S3OutputPath": "s3://lake/doomed/"}, TransformResources=machine,
    )  # fmt: skip
