"""Amazon SageMaker: models, endpoints, model groups and packages, feature groups, notebooks, pipelines.

Contract: Amazon SageMaker API Reference. SageMaker writes resource names in lower case into ARNs, so an
asset claims that spelling, too. Versions of a model group are claims of the group, not assets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siloscope.collectors.aws.common import arn, asset, data_of, listing, refer, rows, section, tags_of, within
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto, BotoDetail
from siloscope.collectors.shape import definition_hash, shape
from siloscope.model import Description, Observation, Reference, Verb
from siloscope.names import canonical, image


def named(scope: Scope, kind: str, name: Any) -> str:
    """The ARN that SageMaker itself gives to a resource of this name."""
    return arn(scope, "sagemaker", f"{kind}/{str(name).lower()}")


def container(me: str, given: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Observation]:
    """What a container is made of: image, model data, package, environment."""
    repository = image(str(given.get("Image") or ""))
    if repository:
        yield Reference(me, Verb.USES, repository, f"{where}.Image")
    yield from refer(me, Verb.READS, given.get("ModelDataUrl"), f"{where}.ModelDataUrl", scope)
    source = section(given, "ModelDataSource", "S3DataSource").get("S3Uri")
    if source != given.get("ModelDataUrl"):
        yield from refer(me, Verb.READS, source, f"{where}.ModelDataSource.S3DataSource.S3Uri", scope)
    package = given.get("ModelPackageName")
    if package and not str(package).startswith("arn:"):
        package = named(scope, "model-package", package)
    yield from refer(me, Verb.USES, package, f"{where}.ModelPackageName", scope)
    yield from within(me, Verb.USES, given.get("Environment"), f"{where}.Environment", scope)


def models(document: Document, scope: Scope) -> Iterator[Observation]:
    """A model: its images and its artefacts."""
    me, name = document["ModelArn"], document["ModelName"]
    several = rows(document.get("Containers"))
    containers = [section(document, "PrimaryContainer"), *several]
    images = sorted({image(str(each.get("Image") or "")) or "" for each in containers} - {""})
    yield asset(
        scope,
        me,
        "sagemaker.model",
        name,
        names=(named(scope, "model", name),),
        created=document.get("CreationTime"),
        shape=shape(f"image:{each}" for each in images),
        facts={"role": document.get("ExecutionRoleArn"), "containers": len(several) or 1},
    )
    yield from container(me, section(document, "PrimaryContainer"), "PrimaryContainer", scope)
    for index, each in enumerate(several):
        yield from container(me, each, f"Containers[{index}]", scope)


def endpoints(document: Document, scope: Scope) -> Iterator[Observation]:
    """An endpoint serves the models of its configuration's variants."""
    me, name = document["EndpointArn"], document["EndpointName"]
    config = section(document, "Config")
    variants = rows(config.get("ProductionVariants"))
    capture = section(config, "DataCaptureConfig")
    yield asset(
        scope,
        me,
        "sagemaker.endpoint",
        name,
        names=(named(scope, "endpoint", name),),
        created=document.get("CreationTime"),
        facts={
            "status": document.get("EndpointStatus"),
            "config": document.get("EndpointConfigName"),
            "instance_types": ", ".join(sorted({str(v["InstanceType"]) for v in variants if v.get("InstanceType")})),
            "instances": sum(int(v.get("InitialInstanceCount") or 0) for v in variants) or None,
            "serverless": any(v.get("ServerlessConfig") for v in variants) or None,
            "modified": document.get("LastModifiedTime"),
        },
    )  # fmt: skip
    for key in ("ProductionVariants", "ShadowProductionVariants"):
        for index, variant in enumerate(rows(config.get(key))):
            if variant.get("ModelName"):
                model = named(scope, "model", variant["ModelName"])
                yield Reference(me, Verb.SERVES, model, f"EndpointConfig.{key}[{index}].ModelName")
    if capture.get("EnableCapture"):
        where = "EndpointConfig.DataCaptureConfig.DestinationS3Uri"
        yield from refer(me, Verb.WRITES, capture.get("DestinationS3Uri"), where, scope)
    later = section(config, "AsyncInferenceConfig", "OutputConfig")
    yield from within(me, Verb.WRITES, later, "EndpointConfig.AsyncInferenceConfig.OutputConfig", scope)


def model_groups(document: Document, scope: Scope) -> Iterator[Observation]:
    """A model package group: the registered model."""
    name = document["ModelPackageGroupName"]
    yield asset(
        scope,
        document["ModelPackageGroupArn"],
        "sagemaker.model-package-group",
        name,
        names=(named(scope, "model-package-group", name),),
        created=document.get("CreationTime"),
        facts={"description": str(document.get("ModelPackageGroupDescription") or "")[:200] or None},
    )


def model_packages(document: Document, scope: Scope) -> Iterator[Observation]:
    """A version, which its group claims; a package without a group is an asset of its own."""
    me, group = document["ModelPackageArn"], document.get("ModelPackageGroupName")
    version, status = document.get("ModelPackageVersion"), document.get("ModelApprovalStatus")
    if group:
        owner = named(scope, "model-package-group", group)
        yield Description(
            about=owner,
            names=(canonical(me) or me,),
            facts={f"approval.{version}": status} if status else {},
        )
    else:
        owner = me
        created = document.get("CreationTime")
        name = document.get("ModelPackageName") or me.rpartition("/")[2]
        yield asset(scope, me, "sagemaker.model-package", name, created=created, facts={"approval": status})
    where = f"ModelPackage[{version}]." if group else ""
    for index, each in enumerate(rows(section(document, "InferenceSpecification").get("Containers"))):
        yield from container(owner, each, f"{where}InferenceSpecification.Containers[{index}]", scope)
    yield from refer(owner, Verb.USES, document.get("SourceUri"), f"{where}SourceUri", scope)
    metrics = document.get("ModelMetrics")
    yield from within(owner, Verb.READS, metrics, f"{where}ModelMetrics", scope)


def feature_groups(document: Document, scope: Scope) -> Iterator[Observation]:
    """A feature group; its offline store is a prefix and a table of the data catalog."""
    me, name = document["FeatureGroupArn"], document["FeatureGroupName"]
    offline = section(document, "OfflineStoreConfig")
    storage, table = section(offline, "S3StorageConfig"), section(offline, "DataCatalogConfig")
    features = rows(document.get("FeatureDefinitions"))
    yield asset(
        scope,
        me,
        "sagemaker.feature-group",
        name,
        names=(named(scope, "feature-group", name),),
        created=document.get("CreationTime"),
        last_used=document.get("LastModifiedTime"),
        shape=shape(f"column:{str(each.get('FeatureName')).lower()}" for each in features),
        facts={
            "features": len(features),
            "online": section(document, "OnlineStoreConfig").get("EnableOnlineStore"),
            "status": document.get("FeatureGroupStatus"),
            "description": str(document.get("Description") or "")[:200] or None,
        },
    )
    uri = storage.get("ResolvedOutputS3Uri") or storage.get("S3Uri")
    yield from refer(me, Verb.WRITES, uri, "OfflineStoreConfig.S3StorageConfig", scope)
    if table.get("TableName"):
        target = arn(scope, "glue", f"table/{table.get('Database')}/{table['TableName']}")
        yield Reference(me, Verb.WRITES, target, "OfflineStoreConfig.DataCatalogConfig")


def notebooks(document: Document, scope: Scope) -> Iterator[Observation]:
    """A notebook instance and the repositories it clones."""
    me, name = document["NotebookInstanceArn"], document["NotebookInstanceName"]
    yield asset(
        scope,
        me,
        "sagemaker.notebook-instance",
        name,
        names=(named(scope, "notebook-instance", name),),
        created=document.get("CreationTime"),
        facts={
            "status": document.get("NotebookInstanceStatus"),
            "instance_type": document.get("InstanceType"),
            "modified": document.get("LastModifiedTime"),
        },
    )
    yield from refer(me, Verb.USES, document.get("DefaultCodeRepository"), "DefaultCodeRepository", scope)
    for each in document.get("AdditionalCodeRepositories") or []:
        yield from refer(me, Verb.USES, each, "AdditionalCodeRepositories", scope)


def pipelines(document: Document, scope: Scope) -> Iterator[Observation]:
    """A pipeline: its steps are its shape, its definition says what they read and write."""
    me, name = document["PipelineArn"], document["PipelineName"]
    steps = rows(data_of(document.get("PipelineDefinition")).get("Steps"))
    yield asset(
        scope,
        me,
        "sagemaker.pipeline",
        name,
        names=(named(scope, "pipeline", name),),
        tags=tags_of(document.get("Tags")),
        created=document.get("CreationTime"),
        last_used=document.get("LastRunTime") or document.get("LastExecutionTime"),
        shape=shape(_steps(steps)),
        facts={
            "definition": definition_hash(steps),
            "steps": len(steps),
            "role": document.get("RoleArn"),
            "status": document.get("PipelineStatus"),
        },
    )
    for index, step in enumerate(steps):
        yield from within(me, None, step.get("Arguments"), f"PipelineDefinition.Steps[{index}].Arguments", scope)


def _steps(steps: list[Mapping[str, Any]]) -> Iterator[str]:
    kinds = {str(each.get("Name")): str(each.get("Type")) for each in steps}
    for each in steps:
        yield f"step:{each.get('Type')}"
        yield from (f"flow:{kinds.get(str(a), '?')}>{each.get('Type')}" for a in each.get("DependsOn") or [])


_PAGE = {"MaxResults": 100}
_ENVIRONMENT = ("*Environment.*",)

LISTINGS = (
    listing(
        "sagemaker.model",
        Boto(
            "sagemaker",
            "list_models",
            "Models",
            _PAGE,
            details=(BotoDetail("describe_model", lambda item: {"ModelName": item["ModelName"]}),),
        ),
        models,
        opaque=_ENVIRONMENT,
    ),
    listing(
        "sagemaker.endpoint",
        Boto(
            "sagemaker",
            "list_endpoints",
            "Endpoints",
            _PAGE,
            details=(
                BotoDetail("describe_endpoint", lambda item: {"EndpointName": item["EndpointName"]}),
                BotoDetail(
                    "describe_endpoint_config",
                    lambda item: {"EndpointConfigName": item["EndpointConfigName"]},
                    into="Config",
                    when=lambda item: bool(item.get("EndpointConfigName")),
                ),
            ),
        ),
        endpoints,
    ),
    listing(
        "sagemaker.model-package-group",
        Boto("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList", _PAGE),
        model_groups,
    ),
    listing(
        "sagemaker.model-package",
        Boto(
            "sagemaker",
            "list_model_packages",
            "ModelPackageSummaryList",
            {**_PAGE, "ModelPackageType": "Both"},
            details=(BotoDetail("describe_model_package", lambda item: {"ModelPackageName": item["ModelPackageArn"]}),),
        ),
        model_packages,
        opaque=_ENVIRONMENT,
    ),
    listing(
        "sagemaker.feature-group",
        Boto(
            "sagemaker",
            "list_feature_groups",
            "FeatureGroupSummaries",
            _PAGE,
            details=(
                BotoDetail("describe_feature_group", lambda item: {"FeatureGroupName": item["FeatureGroupName"]}),
            ),
        ),
        feature_groups,
    ),
    listing(
        "sagemaker.notebook-instance",
        Boto("sagemaker", "list_notebook_instances", "NotebookInstances", _PAGE),
        notebooks,
    ),
    listing(
        "sagemaker.pipeline",
        Boto(
            "sagemaker",
            "list_pipelines",
            "PipelineSummaries",
            _PAGE,
            texts=("PipelineDefinition",),
            details=(BotoDetail("describe_pipeline", lambda item: {"PipelineName": item["PipelineName"]}),),
        ),
        pipelines,
    ),
)
