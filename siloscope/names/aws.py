"""Amazon Web Services: ARNs and service addresses.

ARN formats per service: "Service Authorization Reference", resource types; partitions: "AWS General Reference".
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from siloscope.names.context import Context, Parser
from siloscope.names.objects import bucket
from siloscope.names.parts import constant

_PARTITION = re.compile(r"aws(?:-[a-z]{1,8}){0,3}").fullmatch
_SERVICE = re.compile(r"[a-z0-9][a-z0-9-]{1,40}").fullmatch
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,10}){1,3}-\d").fullmatch
_ACCOUNT = re.compile(r"\d{12}|aws|aws-managed|cloudfront").fullmatch
# Types without an identifier of their own: what is left of `table/*` once the wildcard is cut.
_BARE = frozenset(
    "table function stream topic key secret job database cluster endpoint model role user policy stateMachine "
    "deliverystream repository parameter event-bus rule pipeline training-job workgroup crawler".split()
)
# Services whose resources are taken apart here, so that their form must hold.
_STRICT = {
    "s3": re.compile(r"accesspoint/[a-z0-9][a-z0-9-]{1,62}(?:/object/(?!/).*)?|(?!accesspoint)[^/].*").fullmatch,
    "sts": re.compile(r"(?!assumed-role/)[^/].*|assumed-role/[^/]+/.*").fullmatch,
    "glue": re.compile(r"[^/]+(?:/[^/]+)*").fullmatch,
    "sagemaker": re.compile(r"[^/]+(?:/[^/]+)*").fullmatch,
}
# Step Functions optimised integrations (`arn:aws:states:::lambda:invoke`) and AWS managed names have no account.
_GLOBAL = frozenset({"s3", "iam", "route53", "cloudfront", "bedrock", "sagemaker", "ecs", "rds", "aws-marketplace"})


def arn(_scheme: str, rest: str, context: Context) -> str | None:
    """An ARN in its one spelling: S3 as `s3://`, qualifiers and wildcards gone, else as it is."""
    fields = rest.split(":", 4)
    if len(fields) != 5:
        return None
    partition, service, region, account, resource = fields
    if not _PARTITION(partition) or not _SERVICE(service):
        return None
    if service == "s3" and not region and not account:
        name, _, key = resource.partition("/")
        return bucket("s3", name, key)
    # Account and region of a wrapped call come before the ARN inside it.
    if service == "apigateway" and ":function:" in resource:
        inner = resource.find("arn:")
        return arn("arn", resource[inner + 4 :].partition("/")[0], context) if inner >= 0 else None
    resource = _resource(service, resource)
    if service in _STRICT and not _STRICT[service](resource):
        return None
    if not resource or ("*" in rest and resource in _BARE) or "*" in region or "*" in account:
        return None
    if account and not _ACCOUNT(account):
        return None
    if region and not _REGION(region):
        return None
    if not account and service not in _GLOBAL and not region:
        return None
    if service == "sts" and resource.startswith("assumed-role/"):
        return f"arn:{partition}:iam::{account}:role/{resource.split('/')[1]}"
    return f"arn:{partition}:{service}:{region}:{account}:{resource}"


def _resource(service: str, resource: str) -> str:
    change = _RESOURCES.get(service)
    if change:
        resource = change(resource)
    resource = _before_wildcard(resource) if "*" in resource else constant(resource)
    return resource.partition(" ")[0].rstrip("/:")


def _before_wildcard(resource: str) -> str:
    """`table/*` -> `table`, `log-group:/x:*` -> `log-group:/x`: up to the last separator before the star."""
    head = resource[: resource.index("*")]
    at = max(head.rfind("/"), head.rfind(":"))
    return constant(head[:at]) if at >= 0 else ""


def _lambda(resource: str) -> str:
    # function:NAME[:QUALIFIER]; version, alias and $LATEST are attributes of the function.
    return ":".join(resource.split(":", 2)[:2]) if resource.startswith("function:") else resource


def _states(resource: str) -> str:
    # stateMachine:NAME[:VERSION or ALIAS] and stateMachine:NAME/LABEL (distributed map run); executions stay.
    if resource.startswith("stateMachine:"):
        return ":".join(resource.split(":", 2)[:2]).partition("/")[0]
    return resource


def _dynamodb(resource: str) -> str:
    # table/NAME/index/I and table/NAME/stream/LABEL are parts of one table.
    return "/".join(resource.split("/", 2)[:2]) if resource.startswith("table/") else resource


def _sns(resource: str) -> str:
    # TOPIC:SUBSCRIPTION-UUID; `app/` and `endpoint/` are mobile push.
    return resource.partition(":")[0]


def _execute_api(resource: str) -> str:
    # API-ID/STAGE/METHOD/PATH: the permission grain; the API is what one depends on.
    return resource.partition("/")[0]


def _kinesis(resource: str) -> str:
    return resource.partition("/consumer/")[0]


_RESOURCES: dict[str, Callable[[str], str]] = {
    "lambda": _lambda,
    "states": _states,
    "dynamodb": _dynamodb,
    "sns": _sns,
    "execute-api": _execute_api,
    "kinesis": _kinesis,
}


def region_of(labels: list[str], context: Context) -> str:
    """The region among host labels, else the context's; us-east-1 is what global endpoints stand for."""
    for label in labels:
        if _REGION(label):
            return label
    return context.region


def partition_of(region: str) -> str:
    """The partition a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def address(name: str, path: str, _query: str, context: Context) -> str | None:
    """An `amazonaws.com` address: S3 in all its forms, SQS, Lambda, SageMaker, ECR; "" for the general rule."""
    labels = name.removesuffix(".cn").removesuffix(".amazonaws.com").split(".")
    for at in range(len(labels) - 1, -1, -1):
        label = labels[at]
        if label in _S3_LABELS or (label.startswith("s3-") and _s3_label(label)):
            return _s3_address(label, labels, at, path)
    service = _SERVICES.get(labels[0]) or (_SERVICES.get(labels[1]) if len(labels) > 1 else None)
    if service:
        return service(labels, path, context)
    if "ecr" in labels and "dkr" in labels:
        from siloscope.names.images import image

        return image(name + path)
    return ""


_S3_LABELS = frozenset({"s3", "s3-accelerate", "s3-website", "s3-fips", "s3-accesspoint", "s3-external-1"})


def _s3_label(label: str) -> bool:
    # Legacy dash regions: s3-eu-west-1, s3-website-us-east-1, s3-accesspoint-fips.
    rest = label.removeprefix("s3-").removeprefix("website-").removeprefix("fips-")
    return bool(_REGION(rest)) or label in {"s3-website", "s3-accesspoint-fips", "s3-control"}


def _s3_address(label: str, labels: list[str], at: int, path: str) -> str | None:
    """Virtual host, path style, dual stack, website, accelerate, access point (Amazon S3 User Guide, endpoints)."""
    key = unquote(constant(path))
    owner = labels[:at]
    if label.startswith("s3-accesspoint") and owner:
        # {name}-{account}.s3-accesspoint.{region}: the account is the last dash part.
        name, _, account = owner[-1].rpartition("-")
        region = region_of(labels[at:], Context())
        place = f"arn:{partition_of(region)}:s3:{region}:{account}:accesspoint/{name}"
        rest = constant(key.lstrip("/"))
        return arn("arn", place[4:] + (f"/object/{rest}" if rest else ""), Context())
    if not owner:
        name, _, key = key.lstrip("/").partition("/")
        return bucket("s3", name, key) if name else ""
    return bucket("s3", ".".join(owner), key)


def _sqs(labels: list[str], path: str, context: Context) -> str | None:
    # https://sqs.{region}.amazonaws.com/{account}/{queue}; legacy {region}.queue and queue (us-east-1).
    parts = constant(path).strip("/").split("/")
    region = region_of(labels, context if labels[0] != "queue" else Context()) or "us-east-1"
    if len(parts) < 2 or not _ACCOUNT(parts[0]):
        return ""
    return arn("arn", f"{partition_of(region)}:sqs:{region}:{parts[0]}:{parts[1]}", context)


def _lambda_url(_labels: list[str], path: str, context: Context) -> str | None:
    # /2015-03-31/functions/{name or ARN}/invocations
    function = unquote(constant(path).partition("/functions/")[2]).partition("/")[0]
    if function.startswith("arn:"):
        return arn("arn", function[4:], context)
    region = region_of(_labels, context)
    if function and context.account and region:
        return arn("arn", f"{partition_of(region)}:lambda:{region}:{context.account}:function:{function}", context)
    return ""


def _sagemaker(labels: list[str], path: str, context: Context) -> str | None:
    # https://runtime.sagemaker.{region}.amazonaws.com/endpoints/{name}/invocations
    parts = constant(path).strip("/").split("/")
    region = region_of(labels, context)
    if len(parts) < 2 or parts[0] != "endpoints" or not parts[1].strip():
        return ""
    if not context.account:
        return f"https://{'.'.join(labels)}.amazonaws.com/endpoints/{parts[1]}"
    return arn(
        "arn", f"{partition_of(region)}:sagemaker:{region}:{context.account}:endpoint/{parts[1].lower()}", context
    )


_SERVICES: dict[str, Callable[[list[str], str, Context], str | None]] = {
    "sqs": _sqs,
    "queue": _sqs,
    "lambda": _lambda_url,
    "runtime": _sagemaker,
}

SCHEMES: dict[str, Parser] = {"arn": arn}
