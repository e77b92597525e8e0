"""AWS calls as data, their IAM actions, and what an AWS error code means.

Error codes: "Common errors" of the AWS API references, and the exceptions of each service's own.
IAM actions: "Service Authorization Reference", tables of actions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from siloscope.errors import Denied, Unavailable
from siloscope.redact import scrub_text

DENIED = frozenset(
    "AccessDenied AccessDeniedException UnauthorizedOperation AuthFailure AuthorizationError NotAuthorized "
    "InvalidClientTokenId UnrecognizedClientException ExpiredToken ExpiredTokenException Forbidden 403 "
    "SignatureDoesNotMatch InvalidAccessKeyId UnauthorizedException AuthorizationErrorException "
    "KMSAccessDeniedException OptInRequired SubscriptionRequiredException InvalidSignatureException "
    "MissingAuthenticationToken AllAccessDisabled IncompleteSignature".split()
)
GONE = frozenset(
    "ResourceNotFoundException ResourceNotFound NotFoundException NoSuchEntity NoSuchBucket "
    "EntityNotFoundException NoSuchTagSet NoSuchTagSetError AWS.SimpleQueueService.NonExistentQueue "
    "QueueDoesNotExist NotFound StateMachineDoesNotExist DBInstanceNotFound ClusterNotFound 404".split()
)
# Where the IAM prefix or the action differs from the API's own spelling.
_PREFIXES = {"stepfunctions": "states", "resourcegroupstaggingapi": "tag", "bedrock-agent": "bedrock"}
_ACTIONS = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
}
_ACRONYMS = {"db": "DB"}


@dataclass(frozen=True, slots=True)
class Boto:
    """One enumerating operation, as data: `items` is the key of the list in the answer.

    Texts in `params` may hold one `{name}` field, filled from the scope's data. `optional` says that the
    vendor leaves the key out when the list is empty. Items that are plain strings become an object with
    the one field `item`. `details` describe each item. Operations without a paginator are followed by
    `token`, the name of their paging field, or by `following`, which turns an answer and the items in it
    into the parameters of the next call (None at the end). Fields named in `texts` hold JSON in a text; they
    are parsed here, since secrets are taken out of data by key, and out of a text only by force.
    """

    service: str
    operation: str
    items: str
    params: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False
    item: str = "value"
    details: tuple[BotoDetail, ...] = ()
    token: str = "NextToken"  # noqa: S105 - the name of a paging field
    following: Callable[[Mapping[str, Any]], Mapping[str, Any] | None] | None = None
    texts: tuple[str, ...] = ()

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions of the call and of its details."""
        operations = (self.operation, *_operations(self.details))
        return tuple(action(self.service, each) for each in operations)


@dataclass(frozen=True, slots=True)
class BotoDetail:
    """A describing call for one item, made `when` that holds.

    The answer, or the part at `items`, merges into the item or goes under `into`. With `many` all pages
    are read, the list at `items` goes under `into`, and `details` describe each of its items; their
    `params` see the fields of the item above, too.
    """

    operation: str
    params: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    into: str = ""
    items: str = ""
    when: Callable[[Mapping[str, Any]], bool] | None = None
    many: bool = False
    details: tuple[BotoDetail, ...] = ()


def _operations(details: tuple[BotoDetail, ...]) -> Iterator[str]:
    for each in details:
        yield each.operation
        yield from _operations(each.details)


def action(service: str, operation: str) -> str:
    """The IAM action of an API operation: `("glue", "get_jobs")` -> `glue:GetJobs`."""
    name = "".join(_ACRONYMS.get(part, part.capitalize()) for part in operation.split("_"))
    full = f"{_PREFIXES.get(service, service)}:{name}"
    return _ACTIONS.get(full, full)


def whole_answer(
    response_dict: Mapping[str, Any] | None = None,
    parsed_response: Mapping[str, Any] | None = None,
    *,
    protocol: str = "json",
    **_: Any,
) -> None:
    """Refuse what botocore would misread; made for its event `response-received`, `protocol` the service's own.

    botocore reads whatever has status 200 and holds nothing it knows as an empty answer without any error: a cut
    or malformed JSON body, a web page, another document. It retries an HTML page as if AWS itself had failed.

    Raises:
        Unavailable: The body is no whole answer of AWS.
    """
    body = (response_dict or {}).get("body")
    if not response_dict or not isinstance(body, bytes):
        return
    status, start = response_dict.get("status_code", 0), body[:400].lstrip().lower()
    page = start.startswith(b"<") and (b"<html" in start or b"<!doctype html" in start)
    if page and (status < 300 or (status >= 500 and status not in (502, 503, 504))):
        raise Unavailable(f"HTTP {status} with an HTML page, not an answer of AWS")
    if status != 200 or (parsed_response and parsed_response.keys() - {"ResponseMetadata"}):
        return
    if "cbor" in protocol:
        return  # botocore itself raises on malformed CBOR, and describes nothing by it
    if (_unread_xml if "json" not in protocol else _unread_json)(body):
        raise Unavailable(f"another document in place of the answer ({len(body)} bytes)")


def _unread_json(body: bytes) -> bool:
    """Whether an answer in which nothing was known says something all the same."""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise Unavailable(f"malformed or cut JSON answer ({len(body)} bytes)") from error
    return not isinstance(value, dict) or any(each not in (None, "", [], {}) for each in value.values())


def _unread_xml(body: bytes) -> bool:
    """The same for XML, which botocore has parsed; S3 gives some answers as the text of the outermost element."""
    return body.count(b"</") > 1


class Gone(Unavailable):
    """The item vanished between list and describe, or the described facet does not exist."""


def guarded(permission: str, ask: Callable[[], Any]) -> Any:
    """One call; every way it can fail becomes `Denied` or `Unavailable` with the IAM action."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    from botocore.parsers import ResponseParserError

    try:
        return ask()
    except ClientError as error:
        told = error.response.get("Error", {})
        code = str(told.get("Code", ""))
        http = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        text = scrub_text(f"{permission}: {code} {told.get('Message', '')}".strip()[:300])
        if code in DENIED or http in (401, 403):
            raise Denied(text, permission) from error
        raise (Gone if code in GONE else Unavailable)(text) from error
    except NoCredentialsError as error:
        raise Denied(f"{permission}: no AWS credentials found", permission) from error
    except (ResponseParserError, SyntaxError) as error:  # botocore reads some XML of S3 by hand: ParseError
        html = "an HTML page, " if "<html" in str(error).lower() else ""
        raise Unavailable(f"{permission}: malformed answer, {html}not one of AWS") from error
    except BotoCoreError as error:
        raise Unavailable(scrub_text(f"{permission}: {error}")[:300]) from error
    except Unavailable as error:
        text = str(error)
        raise Unavailable(text if text.startswith(permission) else f"{permission}: {text}") from error


def dig(answer: Any, key: str) -> Any:
    """The value at a dotted path, or None."""
    for part in key.split("."):
        if not isinstance(answer, Mapping):
            return None
        answer = answer.get(part)
    return answer


def parsed(item: dict[str, Any], texts: tuple[str, ...]) -> dict[str, Any]:
    """The item with the JSON in its fields `texts` as data; what is no JSON stays a text."""
    for key in texts:
        try:
            item[key] = json.loads(item[key])
        except (KeyError, TypeError, ValueError):
            continue
    return item


def plain(value: Any) -> Any:
    """An answer as plain JSON data: times in ISO 8601, bytes and streams left out."""
    if isinstance(value, str | int | float) or value is None:
        return value
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else None
