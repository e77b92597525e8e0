"""Amazon SageMaker jobs: training, processing, batch transform; what each read, wrote and ran on.

Contract: Amazon SageMaker API Reference. SageMaker keeps ended jobs for ever, so these listings can be long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.aws.common import arn, asset, listing, refer, rows, section, within
from siloscope.collectors.aws.sagemaker import named
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.collectors.shape import definition_hash, shape
from siloscope.model import Asset, Observation, Reference, Scalar, Verb
from siloscope.names import image


def _job(
    document: Document,
    scope: Scope,
    kind: str,
    features: Iterator[str],
    facts: Mapping[str, Scalar],
    definition: Any,
) -> Asset:
    """The asset of one job; its end, else its start, is its last use."""
    word = "".join(part.capitalize() for part in kind.split("-"))
    last = document.get(f"{word[:-3]}EndTime") or document.get(f"{word[:-3]}StartTime")
    return asset(
        scope,
        document[f"{word}Arn"],
        f"sagemaker.{kind}",
        document[f"{word}Name"],
        names=(named(scope, kind, document[f"{word}Name"]),),
        created=document.get("CreationTime"),
        last_used=last or document.get("LastModifiedTime") or document.get("CreationTime"),
        shape=shape(features),
        facts={
            "definition": definition_hash(definition),
            "status": document.get(f"{word}Status"),
            "role": document.get("RoleArn"),
            **facts,
        },
    )


def training_jobs(document: Document, scope: Scope) -> Iterator[Observation]:
    """A training job reads its channels and writes model artefacts."""
    me = document["TrainingJobArn"]
    algorithm, parameters = section(document, "AlgorithmSpecification"), section(document, "HyperParameters")
    channels = rows(document.get("InputDataConfig"))
    resources = section(document, "ResourceConfig")
    features = [f"parameter:{key}" for key in parameters]
    features += [f"channel:{each.get('ChannelName')}" for each in channels]
    facts = {
        "algorithm": algorithm.get("AlgorithmName"),
        "instance_type": resources.get("InstanceType"),
        "instances": resources.get("InstanceCount"),
        "billable_seconds": document.get("BillableTimeInSeconds"),
    }
    code = [algorithm.get("TrainingImage"), algorithm.get("AlgorithmName")]
    yield _job(document, scope, "training-job", iter(features), facts, [code, parameters, channels])
    repository = image(str(algorithm.get("TrainingImage") or ""))
    if repository:
        yield Reference(me, Verb.USES, repository, "AlgorithmSpecification.TrainingImage")
    yield from within(me, Verb.READS, document.get("InputDataConfig"), "InputDataConfig", scope)
    output = section(document, "OutputDataConfig").get("S3OutputPath")
    yield from refer(me, Verb.WRITES, output, "OutputDataConfig.S3OutputPath", scope)
    artefacts = section(document, "ModelArtifacts").get("S3ModelArtifacts")
    yield from refer(me, Verb.WRITES, artefacts, "ModelArtifacts.S3ModelArtifacts", scope)
    for key in ("CheckpointConfig", "TensorBoardOutputConfig"):
        yield from within(me, Verb.WRITES, document.get(key), key, scope)
    for key in ("HyperParameters", "Environment"):
        yield from within(me, None, document.get(key), key, scope)


def processing_jobs(document: Document, scope: Scope) -> Iterator[Observation]:
    """A processing job reads its inputs and writes its outputs, files or feature groups."""
    me = document["ProcessingJobArn"]
    application = section(document, "AppSpecification")
    inputs = rows(document.get("ProcessingInputs"))
    outputs = rows(section(document, "ProcessingOutputConfig").get("Outputs"))
    cluster = section(document, "ProcessingResources", "ClusterConfig")
    features = [f"input:{each.get('InputName')}" for each in inputs]
    features += [f"output:{each.get('OutputName')}" for each in outputs]
    facts = {"instance_type": cluster.get("InstanceType"), "instances": cluster.get("InstanceCount")}
    yield _job(document, scope, "processing-job", iter(features), facts, [application, inputs, outputs])
    repository = image(str(application.get("ImageUri") or ""))
    if repository:
        yield Reference(me, Verb.USES, repository, "AppSpecification.ImageUri")
    for index, each in enumerate(inputs):
        where = f"ProcessingInputs[{index}]"
        uri = section(each, "S3Input").get("S3Uri")
        yield from refer(me, Verb.READS, uri, f"{where}.S3Input.S3Uri", scope)
        yield from _dataset(me, section(each, "DatasetDefinition"), f"{where}.DatasetDefinition", scope)
    for index, each in enumerate(outputs):
        where = f"ProcessingOutputConfig.Outputs[{index}]"
        uri = section(each, "S3Output").get("S3Uri")
        yield from refer(me, Verb.WRITES, uri, f"{where}.S3Output.S3Uri", scope)
        group = section(each, "FeatureStoreOutput").get("FeatureGroupName")
        if group:
            yield Reference(me, Verb.WRITES, named(scope, "feature-group", group), f"{where}.FeatureStoreOutput")
    yield from within(me, None, document.get("Environment"), "Environment", scope)


def _dataset(me: str, given: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Observation]:
    """Inputs that are queries; what they leave in S3 is the job's own scratch."""
    athena, redshift = section(given, "AthenaDatasetDefinition"), section(given, "RedshiftDatasetDefinition")
    if athena.get("Database"):
        name = arn(scope, "glue", f"database/{athena['Database']}")
        yield Reference(me, Verb.READS, name, f"{where}.AthenaDatasetDefinition.Database")
    if redshift.get("ClusterId"):
        name = arn(scope, "redshift", f"cluster:{redshift['ClusterId']}")
        yield Reference(me, Verb.READS, name, f"{where}.RedshiftDatasetDefinition.ClusterId")


def transform_jobs(document: Document, scope: Scope) -> Iterator[Observation]:
    """A batch transform job applies a model."""
    me, model = document["TransformJobArn"], document.get("ModelName")
    given, output = section(document, "TransformInput"), section(document, "TransformOutput")
    resources = section(document, "TransformResources")
    facts = {"instance_type": resources.get("InstanceType"), "instances": resources.get("InstanceCount")}
    features = [f"{key}:{given[key]}" for key in ("ContentType", "SplitType") if given.get(key)]
    yield _job(document, scope, "transform-job", iter(features), facts, [model, given, output])
    if model:
        yield Reference(me, Verb.USES, named(scope, "model", model), "ModelName")
    yield from within(me, Verb.READS, given.get("DataSource"), "TransformInput.DataSource", scope)
    yield from refer(me, Verb.WRITES, output.get("S3OutputPath"), "TransformOutput.S3OutputPath", scope)
    yield from within(me, None, document.get("Environment"), "Environment", scope)


def _described(kind: str, items: str) -> Boto:
    word = "".join(part.capitalize() for part in kind.split("_"))
    return Boto(
        "sagemaker",
        f"list_{kind}s",
        items,
        {"MaxResults": 100},
        details=(BotoDetail(f"describe_{kind}", lambda item: {f"{word}Name": item[f"{word}Name"]}),),
    )


LISTINGS = (
    listing(
        "sagemaker.training-job",
        _described("training_job", "TrainingJobSummaries"),
        training_jobs,
        opaque=("Environment.*", "HyperParameters.*"),
    ),
    listing(
        "sagemaker.processing-job",
        _described("processing_job", "ProcessingJobSummaries"),
        processing_jobs,
        opaque=("Environment.*", "HyperParameters.*"),
    ),
    listing(
        "sagemaker.transform-job",
        _described("transform_job", "TransformJobSummaries"),
        transform_jobs,
        opaque=("Environment.*", "HyperParameters.*"),
    ),
)
