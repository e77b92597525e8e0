"""Amazon Web Services: one module a service, one listing an API call, accounts by role, regions by configuration.

Contracts: the API reference of each service, as botocore's service models hold it.
"""

from __future__ import annotations

from siloscope.collectors.aws import (
    athena,
    bedrock,
    databases,
    ecr,
    events,
    functions,
    glue,
    messaging,
    s3,
    sagemaker,
    sagemaker_jobs,
    stepfunctions,
    streams,
    tagging,
)
from siloscope.collectors.aws.policy import policy
from siloscope.collectors.base import Client, Collector
from siloscope.collectors.clients.boto import BotoClient
from siloscope.config import Source
from siloscope.errors import ConfigError

_MODULES = (
    athena, bedrock, databases, ecr, events, functions, glue, messaging, s3, sagemaker, sagemaker_jobs,
    stepfunctions, streams, tagging,
)  # fmt: skip


def connect(source: Source) -> Client:
    """Credentials as botocore finds them, or of `profile`; `role_arn` and `accounts` lead to other accounts.

    Raises:
        ConfigError: An option has the wrong form, or accounts are named without a role to reach them.
    """
    options = source.options
    for key in ("regions", "accounts", "services"):
        value = options.get(key)
        fine = isinstance(value, list) and all(isinstance(each, str) for each in value)
        if value is not None and not fine and not (key == "accounts" and value == "organization"):
            raise ConfigError(f'source "{source.name}": {key} must be a list of texts')
    if options.get("accounts") and not options.get("role_arn"):
        raise ConfigError(f'source "{source.name}": accounts need "role_arn", the role to assume in each')
    return BotoClient(source)


COLLECTOR = Collector(
    type="aws",
    title="Amazon Web Services",
    options=frozenset({"profile", "role_arn", "accounts", "regions", "services", "endpoint_url"}),
    connect=connect,
    policy=policy,
    tested="moto 5.2.5, an emulator; recorded answers of AWS for SageMaker, Glue, Bedrock, S3",
    listings=tuple(each for module in _MODULES for each in module.LISTINGS),
)
