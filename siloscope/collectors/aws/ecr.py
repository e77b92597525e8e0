"""Amazon ECR: repositories, which claim the name that images are pulled by.

Contract: Amazon ECR API Reference. Images and tags are attributes of a repository and not listed.
"""

from __future__ import annotations

from collections.abc import Iterator

from siloscope.collectors.aws.common import asset, listing
from siloscope.collectors.base import Document, Scope
from siloscope.collectors.clients.boto_calls import Boto
from siloscope.model import Observation
from siloscope.names import image


def repositories(document: Document, scope: Scope) -> Iterator[Observation]:
    """A repository and its `oci://` name."""
    yield asset(
        scope,
        document["repositoryArn"],
        "ecr.repository",
        document["repositoryName"],
        names=(image(str(document.get("repositoryUri") or "")),),
        created=document.get("createdAt"),
        facts={"tag_mutability": document.get("imageTagMutability")},
    )


LISTINGS = (
    listing(
        "ecr.repository",
        Boto("ecr", "describe_repositories", "repositories", {"maxResults": 1000}),
        repositories,
    ),
)
