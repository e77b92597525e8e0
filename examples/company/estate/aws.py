"""The two AWS accounts: parcel systems in one, the lake and most models in the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from estate.aws_tables import (
    CURATED,
    DATABASES,
    EXPORTS,
    EXTRA,
    FEATURES,
    FUNCTIONS,
    IMAGES,
    LAKE,
    LAKE_BUCKETS,
    MODELS,
    NIGHTS,
    OPS_BUCKETS,
    SUBJECTS,
    TABLES,
    TMS,
    TRAINED,
    arn,
    rds_host,
)
from estate.base import ANALYTICS, OPERATIONS, REGION, Item, Point, hexadecimal

# kind -> (ARN service, resource prefix, product)
_FORMS = {
    "s3.bucket": ("s3", "", "s3"),
    "glue.job": ("glue", "job/", "glue"),
    "glue.crawler": ("glue", "crawler/", "glue"),
    "glue.connection": ("glue", "connection/", "glue"),
    "glue.database": ("glue", "database/", "glue"),
    "glue.table": ("glue", "table/", "glue"),
    "lambda.function": ("lambda", "function:", "lambda"),
    "sqs.queue": ("sqs", "", "sqs"),
    "sns.topic": ("sns", "", "sns"),
    "dynamodb.table": ("dynamodb", "table/", "dynamodb"),
    "rds.instance": ("rds", "db:", "rds"),
    "redshift.cluster": ("redshift", "cluster:", "redshift"),
    "kinesis.stream": ("kinesis", "stream/", "kinesis"),
    "firehose.delivery-stream": ("firehose", "deliverystream/", "firehose"),
    "ecr.repository": ("ecr", "repository/", "ecr"),
    "eventbridge.rule": ("events", "rule/", "eventbridge"),
    "stepfunctions.state-machine": ("states", "stateMachine:", "stepfunctions"),
    "bedrock.agent": ("bedrock", "agent/", "bedrock"),
    "athena.workgroup": ("athena", "workgroup/", "athena"),
    "sagemaker.model": ("sagemaker", "model/", "sagemaker"),
    "sagemaker.endpoint": ("sagemaker", "endpoint/", "sagemaker"),
    "sagemaker.training-job": ("sagemaker", "training-job/", "sagemaker"),
    "sagemaker.pipeline": ("sagemaker", "pipeline/", "sagemaker"),
    "sagemaker.notebook-instance": ("sagemaker", "notebook-instance/", "sagemaker"),
    "sagemaker.model-package-group": ("sagemaker", "model-package-group/", "sagemaker"),
}


def item(account: str, kind: str, name: str, department: str, *points: tuple[str, str, str], **more: object) -> Item:
    """An item of an account; its claims are what its service lets others call it by."""
    service, prefix, product = _FORMS[kind]
    claims: tuple[str, ...] = ()
    if kind == "s3.bucket":
        claims = (f"s3://{name}",)
    elif kind == "rds.instance":
        port = 3306 if more.get("engine") == "mysql" else 5432
        claims = (f"host://{rds_host(name)}:{port}", f"host://{rds_host(name)}:{port}/{name.removesuffix('-db')}")
    elif kind == "ecr.repository":
        claims = (f"oci://{account}.dkr.ecr.{REGION}.amazonaws.com/{name}",)
    own = {key: more.pop(key) for key in ("environment", "owned") if key in more}
    return Item(
        kind, name, arn(service, account, prefix + name), f"{product}:{account}", department,
        tuple(Point(*each) for each in points), claims, more=more, **own,  # type: ignore[arg-type]
    )  # fmt: skip


def _spelled(target: str) -> tuple[str, str, str]:
    """A function's output variable: (slot, verb, target)."""
    kind, _, name = target.partition(":")
    if kind == "s3":
        return "OUTPUT_PREFIX", "writes", f"s3://{name}"
    if kind == "kinesis":
        return "OUTPUT_STREAM", "writes", arn("kinesis", OPERATIONS, f"stream/{name}")
    return "TARGET_ARN", "writes", arn(kind, OPERATIONS, name)


def operations() -> Iterator[Item]:
    """The account of the parcel systems."""
    yield from _parcel_data()
    yield from _parcel_events()
    yield from _nights()


def analytics() -> Iterator[Item]:
    """The account of the lake, the warehouse and most models."""
    yield from _lake()
    yield from _learning()
    yield from _platform()


def _parcel_data() -> Iterator[Item]:
    a = OPERATIONS
    for name, department in OPS_BUCKETS:
        yield item(a, "s3.bucket", f"tarnwick-{name}", department)
    for name, department, engine in DATABASES:
        yield item(a, "rds.instance", name, department, engine=engine)
        database = name.removesuffix("-db")
        scheme, port = ("mysql", 3306) if engine == "mysql" else ("postgresql", 5432)
        yield item(
            a, "glue.connection", name, department, ("JDBC", "uses", f"{scheme}://{rds_host(name)}:{port}/{database}")
        )
    yield item(a, "glue.connection", "tms", "ops", ("JDBC", "uses", TMS))
    for subject, department, connection in EXPORTS:
        name = f"{department}-{subject}-export"
        yield item(
            a, "glue.job", name, department,
            ("script", "runs", f"s3://tarnwick-glue-scripts/exports/{name}.py"),
            ("connection", "uses", arn("glue", a, f"connection/{connection}")),
            ("--output_path", "writes", f"{LAKE}/{subject}"),
            owned=subject not in ("dunning", "route", "quote"),
        )  # fmt: skip


def _parcel_events() -> Iterator[Item]:
    a = OPERATIONS
    for index, (name, department, queue, table, writes) in enumerate(FUNCTIONS):
        yield item(a, "sqs.queue", queue, department)
        points = [
            ("event-source", "triggers", arn("sqs", a, queue)),
            ("TABLE_ARN", "uses", arn("dynamodb", a, f"table/{table}")),
            _spelled(writes),
        ]
        points += EXTRA.get(name, ())
        yield item(a, "lambda.function", name, department, *points, owned=index % 7 != 5)
    for name, department in TABLES:
        yield item(a, "dynamodb.table", name, department)
    yield item(a, "sqs.queue", "ops-address-failures", "ops", owned=False)
    yield item(a, "sns.topic", "ops-parcel-status", "ops")
    yield item(a, "sns.topic", "ops-depot-alarms", "ops")
    for queue in ("clm-parcel-status", "ops-parcel-status-archive"):
        yield item(a, "sqs.queue", queue, queue[:3], ("subscription", "triggers", arn("sns", a, "ops-parcel-status")))
    yield item(a, "kinesis.stream", "parcel-scans", "ops")
    yield item(a, "kinesis.stream", "vehicle-positions", "ops")
    for stream, prefix in (("parcel-scans", "scan-stream"), ("vehicle-positions", "positions")):
        yield item(
            a, "firehose.delivery-stream", f"{stream}-to-lake", "ops",
            ("source", "reads", arn("kinesis", a, f"stream/{stream}")), ("bucket", "writes", f"{LAKE}/{prefix}"),
        )  # fmt: skip


def _nights() -> Iterator[Item]:
    a = OPERATIONS
    for name, department, job, function in NIGHTS:
        machine = arn("states", a, f"stateMachine:{name}")
        yield item(
            a,
            "stepfunctions.state-machine",
            name,
            department,
            ("glue", "runs", arn("glue", a, f"job/{job}")),
            ("lambda", "calls", arn("lambda", a, f"function:{function}")),
        )
        yield item(a, "eventbridge.rule", f"{name}-at-night", department, ("target", "triggers", machine))
    for name, function in (
        ("ops-eta-refresh", "ops-eta-predict"),
        ("fin-invoice-monday", "fin-invoice-render"),
        ("rsk-sanction-lists", "rsk-sanction-check"),
    ):
        yield item(
            a, "eventbridge.rule", name, name[:3], ("target", "triggers", arn("lambda", a, f"function:{function}"))
        )
    for name in ("depot-camera", "route-solver"):
        yield item(a, "ecr.repository", f"ops/{name}", "ops", owned=False)


def _lake() -> Iterator[Item]:
    a = ANALYTICS
    for name in LAKE_BUCKETS:
        yield item(a, "s3.bucket", f"tarnwick-{name}", "dp")
    yield item(a, "s3.bucket", "tarnwick-mlflow-risk", "rsk")
    yield item(a, "redshift.cluster", "tarnwick-dwh", "dp")
    for zone, bucket in (("raw", LAKE), ("curated", CURATED), ("features", FEATURES)):
        yield item(a, "glue.database", zone, "dp", ("location", "uses", f"{bucket}/"))
    for zone, bucket in (("raw", LAKE), ("curated", CURATED)):
        yield item(
            a,
            "glue.crawler",
            f"dp-{zone}-crawler",
            "dp",
            ("path", "reads", f"{bucket}/"),
            ("database", "writes", arn("glue", a, f"database/{zone}")),
        )
    for subject, department in SUBJECTS:
        name = f"{department}-{subject}-to-curated"
        yield item(
            a, "glue.job", name, department,
            ("script", "runs", f"s3://tarnwick-glue-scripts/curated/{subject}.py"),
            ("--input", "reads", f"{LAKE}/{subject}"), ("--output", "writes", f"{CURATED}/{subject}"),
            owned=subject not in ("address", "courier", "locker"),
        )  # fmt: skip
        table = subject.replace("-", "_")
        yield item(a, "glue.table", f"curated/{table}", department, ("location", "uses", f"{CURATED}/{subject}/"))
    for subject in ("parcel", "scan", "claim", "invoice", "customer"):
        yield item(a, "glue.table", f"raw/{subject}", "dp", ("location", "uses", f"{LAKE}/{subject}/"))
    yield item(
        a, "glue.job", "dp-volume-forecast-daily", "dp", ("script", "runs", "s3://tarnwick-glue-scripts/forecast/volume.py"),
        ("--input", "reads", f"{CURATED}/volume"), ("--input_calendar", "reads", f"{CURATED}/calendar"),
        ("--output", "writes", f"{FEATURES}/volume/forecast"),
    )  # fmt: skip


def _learning() -> Iterator[Item]:
    a = ANALYTICS
    for name in ("ml/train", "ml/serve", "ml/vision"):
        yield item(a, "ecr.repository", name, "dp")
    for model, department, features, endpoint, registered in TRAINED:
        yield from _model(model, department, features, endpoint, registered)
    yield item(
        a,
        "sagemaker.model-package-group",
        "locker-vision",
        "ops",
        ("artefact", "reads", f"{MODELS}/locker-vision/2/model.tar.gz"),
        ("image", "uses", f"{IMAGES}/ml/vision:4"),
        owned=False,
        versions=2,
    )
    for name, department in (
        ("explore-parcels", "ops"),
        ("explore-claims", "clm"),
        ("explore-pricing", "sal"),
        ("pilot-lockers", "ops"),
    ):
        yield item(
            a,
            "sagemaker.notebook-instance",
            name,
            department,
            ("repository", "uses", f"https://git.tarnwick.example/{department}/{name}"),
            environment="dev",
            owned=name != "pilot-lockers",
        )
    for name, department in (("eta-retrain", "ops"), ("damage-retrain", "clm")):
        yield item(
            a,
            "sagemaker.pipeline",
            name,
            department,
            ("image", "uses", f"{IMAGES}/ml/train:9"),
            ("input", "reads", f"{FEATURES}/{name.split('-')[0]}"),
        )


def _platform() -> Iterator[Item]:
    a = ANALYTICS
    for name, department in (("dp-lake-quality", "dp"), ("dp-model-publish", "dp"), ("rsk-score-deliver", "rsk")):
        yield item(
            a,
            "lambda.function",
            name,
            department,
            (
                "INPUT_PREFIX",
                "reads",
                f"{CURATED}/quality"
                if "quality" in name
                else f"{MODELS}/approved"
                if "publish" in name
                else f"{FEATURES}/carriers/scores",
            ),
            *((("OUTPUT_PREFIX", "writes", "s3://tarnwick-risk-feeds/scores"),) if name.startswith("rsk") else ()),
        )
        yield item(
            a,
            "eventbridge.rule",
            f"{name}-hourly",
            department,
            ("target", "triggers", arn("lambda", a, f"function:{name}")),
        )
    yield item(
        a,
        "stepfunctions.state-machine",
        "dp-curated-refresh",
        "dp",
        ("glue", "runs", arn("glue", a, "job/dp-volume-to-curated")),
        ("lambda", "calls", arn("lambda", a, "function:dp-lake-quality")),
    )
    for name, department in (("claims-helper", "clm"), ("depot-helper", "ops")):
        agent = item(
            a,
            "bedrock.agent",
            name,
            department,
            ("model", "calls", "arn:aws:bedrock:eu-west-1::foundation-model/mistral.mistral-large-2402-v1:0"),
        )
        yield replace(agent, id=arn("bedrock", a, f"agent/{hexadecimal(name, size=5).upper()}"))
    yield item(a, "athena.workgroup", "analysts", "dp", ("output", "writes", "s3://tarnwick-athena-results/analysts/"))
    yield item(a, "athena.workgroup", "pricing", "sal", ("output", "writes", "s3://tarnwick-athena-results/pricing/"))


def _model(model: str, department: str, features: str, endpoint: str, registered: bool) -> Iterator[Item]:
    a = ANALYTICS
    artefact = f"{MODELS}/{model}-train/output/model.tar.gz"
    image = "ml/vision" if "photo" in model else "ml/serve"
    yield item(
        a, "sagemaker.training-job", f"{model}-train", department, ("image", "uses", f"{IMAGES}/ml/train:9"),
        ("input", "reads", f"{FEATURES}/{features}"), ("output", "writes", f"{MODELS}/"), ("artefacts", "writes", artefact),
    )  # fmt: skip
    yield item(
        a,
        "sagemaker.model",
        model,
        department,
        ("image", "uses", f"{IMAGES}/{image}:12"),
        ("artefact", "reads", artefact),
        owned=model != "sorter-jam",
    )
    if endpoint:
        yield item(
            a, "sagemaker.endpoint", endpoint, department, ("model", "serves", arn("sagemaker", a, f"model/{model}"))
        )
    if registered:
        yield item(
            a,
            "sagemaker.model-package-group",
            f"{model}-registry",
            department,
            ("artefact", "reads", artefact),
            ("image", "uses", f"{IMAGES}/{image}:12"),
            versions=3,
        )
